//! Documents in literal blocks of other documents: values and patches that stand in an object as a text.

use std::ops::Range;

use model::document::{Kind, Value};

use crate::field::Step;

/// A document in a literal block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The steps to the block, from the root of the document that it is in.
    pub steps: Vec<Step>,
    /// The number of the document in its text.
    pub document: usize,
}

/// A literal block, line by line.
pub(crate) struct Literal {
    /// What it says.
    pub(crate) text: String,
    lines: Vec<Line>,
    indent: usize,
}

/// A line of a block.
struct Line {
    /// Its bytes in the document, with what it is indented by and without its line break.
    written: Range<usize>,
    /// Where what it says begins in the document, and in the text.
    start: usize,
    at: usize,
}

impl Literal {
    /// `None` if the value is no literal block, or its lines are not those of its text.
    pub(crate) fn new(value: Value<'_>) -> Option<Self> {
        let source = value.source();
        if value.kind() != Kind::Literal || !source.starts_with('|') {
            return None;
        }
        let text = value.text().into_owned();
        let mut begin = value.span().start as usize + source.find('\n')? + 1;
        let mut body = source[source.find('\n')? + 1..].split('\n');
        let (mut lines, mut indent, mut at) = (Vec::new(), None, 0);
        for says in text.strip_suffix('\n').unwrap_or(&text).split('\n') {
            let written = body.next()?;
            let line = written.strip_suffix('\r').unwrap_or(written);
            let own = line.len().checked_sub(says.len())?;
            let is_same = if says.is_empty() {
                line.trim().is_empty()
            } else {
                line.ends_with(says) && *indent.get_or_insert(own) == own
            };
            if !is_same {
                return None;
            }
            lines.push(Line { written: begin..begin + line.len(), start: begin + own, at });
            begin += written.len() + 1;
            at += says.len() + 1;
        }
        Some(Self { text, lines, indent: indent? })
    }

    /// The byte of the text that a byte of the document says.
    pub(crate) fn offset(&self, at: usize) -> Option<usize> {
        let after = self.lines.partition_point(|line| line.written.start <= at);
        let line = self.lines.get(after.checked_sub(1)?)?;
        Some((line.at + at.saturating_sub(line.start)).min(self.text.len()))
    }

    /// What takes the place of which bytes of the document, so that the block says `new`: the lines that change.
    pub(crate) fn rewritten(&self, new: &str, line_break: &str) -> Option<(Range<usize>, String)> {
        let lines = |text: &str| -> Vec<String> {
            text.strip_suffix('\n').unwrap_or(text).split('\n').map(str::to_owned).collect()
        };
        let (old, new) = (lines(&self.text), lines(new));
        let same = |pairs: &mut dyn Iterator<Item = (&String, &String)>| pairs.take_while(|(a, b)| a == b).count();
        let first = same(&mut old.iter().zip(&new));
        let rest = same(&mut old[first..].iter().rev().zip(new[first..].iter().rev()));
        let (gone, come) = (first..old.len() - rest, &new[first..new.len() - rest]);
        let pad = " ".repeat(self.indent);
        let indented = |line: &String| if line.is_empty() { String::new() } else { format!("{pad}{line}") };
        let mut text = come.iter().map(indented).collect::<Vec<_>>().join(line_break);
        let written = |at: usize| self.lines.get(at).map(|line| line.written.clone());
        if let Some(next) = written(gone.end) {
            // Whole lines, with their line breaks.
            if !come.is_empty() {
                text.push_str(line_break);
            }
            return Some((written(gone.start)?.start..next.start, text));
        }
        let before = written(gone.start.checked_sub(1)?)?.end;
        let end = self.lines.last()?.written.end;
        if !come.is_empty() {
            text.insert_str(0, line_break);
        }
        Some((before..end, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(block: &str, change: impl Fn(&str) -> String, expected: &str) {
        let text = format!("a:\n  b: {block}c: 1\n");
        let document = yaml::parse_document(&text).unwrap();
        let literal = Literal::new(document.root().at(&["a", "b"]).unwrap()).unwrap();
        let (range, new) = literal.rewritten(&change(&literal.text), "\n").unwrap();
        let mut after = text.clone();
        after.replace_range(range, &new);
        assert_eq!(after, format!("a:\n  b: {expected}c: 1\n"));
    }

    #[test]
    fn lines_that_stay_are_as_they_were() {
        check("|\n    x: 1\n\n    y: 2\n", |text| text.replace("y: 2", "y: 3"), "|\n    x: 1\n\n    y: 3\n");
        check("|-\n    x: 1\n", |text| format!("{text}\ny: 2"), "|-\n    x: 1\n    y: 2\n");
        check("|\n    x: 1\n    y: 2\n", |text| text.replace("y: 2\n", ""), "|\n    x: 1\n");
        check("|-\n    x: 1\n    y: 2\n", |text| text.replace("x: 1\n", ""), "|-\n    y: 2\n");
        check("|\n      x:\n        z: 1\n", |text| format!("w: 0\n{text}"), "|\n      w: 0\n      x:\n        z: 1\n");
    }

    #[test]
    fn bytes_of_the_document_are_bytes_of_the_text() {
        let text = "a: |\n  x: 1\n  y: 2\n";
        let document = yaml::parse_document(text).unwrap();
        let literal = Literal::new(document.root().get("a").unwrap()).unwrap();
        let offset = literal.offset(text.find("y:").unwrap()).unwrap();
        assert!(literal.text[offset..].starts_with("y: 2"));
    }
}
