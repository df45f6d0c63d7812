//! Where a part of the text of a scalar stands in the document.

use std::cell::{Cell, OnceCell};
use std::ops::Range;

use memchr::memmem;
use model::document::{Kind, Span, Value};

/// How often a text is searched for its parts before the whole value is meant: hostile texts have many parts.
const MOST_SEARCHES: u32 = 500;

/// Finds parts of the text of one scalar in the document.
pub(super) struct Locator<'t, 'd> {
    value: Value<'d>,
    text: &'t str,
    /// Where each line begins in the text, and where its content begins in the source.
    lines: OnceCell<Vec<(usize, usize)>>,
    searches: Cell<u32>,
}

impl<'t, 'd> Locator<'t, 'd> {
    /// For parts of `text`, the text of `value`.
    pub(super) fn new(value: Value<'d>, text: &'t str) -> Self {
        Self { value, text, lines: OnceCell::new(), searches: Cell::new(0) }
    }

    /// The bytes of the document in which bytes `range` of the text are written. The whole value where they are not
    /// written as they are (escapes, folding, aliases).
    pub(super) fn locate(&self, range: Range<usize>) -> Span {
        let source = self.value.source();
        let found = match self.value.kind() {
            Kind::Literal => self.in_lines(source, &range),
            _ => in_one_piece(source, self.text, &range),
        };
        let span = self.value.span();
        match found.or_else(|| self.by_search(source, &range)) {
            Some(found) => Span { start: span.start + found.start as u32, end: span.start + found.end as u32 },
            None => span,
        }
    }

    /// As `locate`, but only the first line, for pointing at.
    pub(super) fn first_line(&self, range: Range<usize>) -> Span {
        let length = self.text[range.clone()].find('\n').unwrap_or(range.len());
        self.locate(range.start..range.start + length)
    }

    /// A literal block: its first line is the indicator, and every other line stands as it is behind its indentation.
    fn in_lines(&self, source: &str, range: &Range<usize>) -> Option<Range<usize>> {
        let start = self.in_line(source, range.start)?;
        // A part that ends with its line ends before the newline.
        let ends_line = range.end > range.start && self.text.as_bytes().get(range.end - 1) == Some(&b'\n');
        Some(start..self.in_line(source, range.end - usize::from(ends_line))?)
    }

    fn in_line(&self, source: &str, at: usize) -> Option<usize> {
        let lines = self.lines.get_or_init(|| lines(self.text, source));
        let number = lines.partition_point(|&(start, _)| start <= at).checked_sub(1)?;
        let (start, source_start) = lines[number];
        let found = source_start + (at - start);
        let same = self.text.as_bytes().get(start..at)? == source.as_bytes().get(source_start..found)?;
        same.then_some(found)
    }

    /// The same bytes somewhere in the source: if they stand more than once, as many from the beginning as in the
    /// text.
    fn by_search(&self, source: &str, range: &Range<usize>) -> Option<Range<usize>> {
        self.searches.set(self.searches.get() + 1);
        if self.searches.get() > MOST_SEARCHES {
            return None;
        }
        let needle = self.text.get(range.clone()).filter(|needle| !needle.is_empty())?.as_bytes();
        let earlier = memmem::find_iter(&self.text.as_bytes()[..range.start], needle).count();
        let start = memmem::find_iter(source.as_bytes(), needle).nth(earlier)?;
        Some(start..start + needle.len())
    }
}

/// Where the lines of a literal block begin: in its text, and behind their indentation in the source.
fn lines(text: &str, source: &str) -> Vec<(usize, usize)> {
    let starts =
        |text: &str| std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1)).collect();
    let (in_text, in_source): (Vec<usize>, Vec<usize>) = (starts(text), starts(source));
    let line = |text: &str, start: usize| text[start..].lines().next().unwrap_or("").len();
    in_text
        .into_iter()
        .zip(in_source.into_iter().skip(1))
        .map(|(start, source_start)| {
            let indentation = line(source, source_start).saturating_sub(line(text, start));
            (start, source_start + indentation)
        })
        .collect()
}

/// Plain text, or quoted text without escapes.
fn in_one_piece(source: &str, text: &str, range: &Range<usize>) -> Option<Range<usize>> {
    let quote = match source {
        _ if source == text => 0,
        _ if source.get(1..source.len().saturating_sub(1)) == Some(text) => 1,
        _ => return None,
    };
    Some(range.start + quote..range.end + quote)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where `needle` in the text of `a` is found in `yaml`.
    fn found<'y>(yaml: &'y str, needle: &str) -> &'y str {
        let document = yaml::parse_document(yaml).unwrap();
        let value = document.root().get("a").unwrap();
        let text = value.text();
        let start = text.rfind(needle).unwrap();
        let span = Locator::new(value, &text).locate(start..start + needle.len());
        &yaml[span.start as usize..span.end as usize]
    }

    #[test]
    fn finds_what_is_written_as_it_is_read() {
        for yaml in [
            "a: one two three\n",
            "a: 'one two three'\n",
            "a: \"one two three\"\n",
            "a: |\n  one\n  two\n",
            "a: |2-\n   zero\n\n   one two\n",
            "a: |\r\n  one\r\n  two\r\n",
            "a: >\n  one\n  two\n",
            "a: \"one\\n\\\n  two\"\n",
            "a: one\n  two\n",
        ] {
            assert_eq!(found(yaml, "two"), "two", "{yaml}");
        }
    }

    #[test]
    fn finds_the_same_text_at_the_right_place() {
        let yaml = "a: |\n  two\n  one two\n";
        let document = yaml::parse_document(yaml).unwrap();
        let value = document.root().get("a").unwrap();
        let locator = Locator::new(value, "two\none two\n");
        assert_eq!(locator.locate(8..11).start as usize, yaml.rfind("two").unwrap());
        assert_eq!(locator.locate(0..3).start as usize, yaml.find("two").unwrap());
    }

    #[test]
    fn several_lines_are_one_span_and_pointing_takes_the_first() {
        let yaml = "a: |\n  zero\n  one\n  two\n  three\n";
        assert_eq!(found(yaml, "one\ntwo"), "one\n  two");
        assert_eq!(found(yaml, "one\ntwo\n"), "one\n  two");
        let document = yaml::parse_document(yaml).unwrap();
        let value = document.root().get("a").unwrap();
        let text = value.text();
        let span = Locator::new(value, &text).first_line(text.find("one").unwrap()..text.len());
        assert_eq!(&yaml[span.start as usize..span.end as usize], "one");
    }

    #[test]
    fn what_is_written_otherwise_is_the_whole_value() {
        assert_eq!(found("a: \"one\\ttwo\"\n", "one\ttwo"), "\"one\\ttwo\"");
    }
}
