//! Where a part of the text of a scalar stands in the document.

use std::ops::Range;

use memchr::memmem;
use model::document::{Kind, Span, Value};

/// The bytes of the document in which bytes `range` of `text`, the text of `value`, are written. The whole value
/// where they are not written as they are (escapes, folding, aliases).
pub(super) fn locate(value: Value<'_>, text: &str, range: Range<usize>) -> Span {
    let source = value.source();
    let found = match value.kind() {
        Kind::Literal => in_lines(source, text, &range),
        _ => in_one_piece(source, text, &range),
    };
    let span = value.span();
    match found.or_else(|| by_search(source, text, &range)) {
        Some(found) => Span { start: span.start + found.start as u32, end: span.start + found.end as u32 },
        None => span,
    }
}

/// As `locate`, but only the first line, for pointing at.
pub(super) fn first_line(value: Value<'_>, text: &str, range: Range<usize>) -> Span {
    let length = text[range.clone()].find('\n').unwrap_or(range.len());
    locate(value, text, range.start..range.start + length)
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

/// A literal block: its first line is the indicator, and every other line stands as it is behind its indentation.
fn in_lines(source: &str, text: &str, range: &Range<usize>) -> Option<Range<usize>> {
    let start = in_line(source, text, range.start)?;
    // A hit that ends with its line ends before the newline.
    let end = range.end - usize::from(range.end > range.start && text.as_bytes().get(range.end - 1) == Some(&b'\n'));
    Some(start..in_line(source, text, end)?)
}

fn in_line(source: &str, text: &str, at: usize) -> Option<usize> {
    let before = text.as_bytes().get(..at)?;
    let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    let line = text[line_start..].lines().next().unwrap_or("");
    let number = memchr::memchr_iter(b'\n', before).count();
    let source_start = memchr::memchr_iter(b'\n', source.as_bytes()).nth(number)? + 1;
    let source_line = source[source_start..].lines().next().unwrap_or("");
    let indentation = source_line.len().checked_sub(line.len())?;
    source_line.ends_with(line).then_some(source_start + indentation + (at - line_start))
}

/// The same bytes somewhere in the source: if they stand more than once, as many from the beginning as in the text.
fn by_search(source: &str, text: &str, range: &Range<usize>) -> Option<Range<usize>> {
    let needle = text.get(range.clone()).filter(|needle| !needle.is_empty())?.as_bytes();
    let earlier = memmem::find_iter(&text.as_bytes()[..range.start], needle).count();
    let start = memmem::find_iter(source.as_bytes(), needle).nth(earlier)?;
    Some(start..start + needle.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where `needle` in the text of `a` is found in `yaml`.
    fn found<'y>(yaml: &'y str, needle: &str) -> &'y str {
        let document = manifests::parse_document(yaml).unwrap();
        let value = document.root().get("a").unwrap();
        let text = value.text();
        let start = text.rfind(needle).unwrap();
        let span = locate(value, &text, start..start + needle.len());
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
        let document = manifests::parse_document(yaml).unwrap();
        let value = document.root().get("a").unwrap();
        assert_eq!(locate(value, "two\none two\n", 8..11).start as usize, yaml.rfind("two").unwrap());
        assert_eq!(locate(value, "two\none two\n", 0..3).start as usize, yaml.find("two").unwrap());
    }

    #[test]
    fn several_lines_are_one_span_and_pointing_takes_the_first() {
        let yaml = "a: |\n  zero\n  one\n  two\n  three\n";
        assert_eq!(found(yaml, "one\ntwo"), "one\n  two");
        assert_eq!(found(yaml, "one\ntwo\n"), "one\n  two");
        let document = manifests::parse_document(yaml).unwrap();
        let value = document.root().get("a").unwrap();
        let text = value.text();
        let span = first_line(value, &text, text.find("one").unwrap()..text.len());
        assert_eq!(&yaml[span.start as usize..span.end as usize], "one");
    }

    #[test]
    fn what_is_written_otherwise_is_the_whole_value() {
        assert_eq!(found("a: \"one\\ttwo\"\n", "one\ttwo"), "\"one\\ttwo\"");
    }
}
