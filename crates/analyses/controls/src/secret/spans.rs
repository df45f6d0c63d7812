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
