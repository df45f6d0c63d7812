//! Scalars of the general path: how they are written, and what their tags make of them.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{ScalarStyle, Tag};
use model::document::{Kind, Node, Resolution};
use model::scalar::{self, Scalar as Resolved, resolve_plain};

use super::owned;
use crate::arena::scalar as node_of;
use crate::parse::SyntaxError;

const MERGE: &str = "<<";

/// A scalar as the parser hands it over.
pub(super) struct Scalar<'e> {
    pub(super) text: Cow<'e, str>,
    pub(super) style: ScalarStyle,
    pub(super) tag: Option<&'e Tag>,
    pub(super) range: Range<usize>,
}

/// Where it stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'t> {
    /// The text of the document.
    pub(super) text: &'t str,
    /// One past the last byte of the node before.
    pub(super) end: usize,
    /// It is the value of a key.
    pub(super) after_key: bool,
}

/// The node of a scalar; texts that are not in the document as they are go to `texts`.
pub(super) fn node(written: Scalar<'_>, place: Place<'_>, texts: &mut Vec<String>) -> Result<Node, SyntaxError> {
    let is_empty = written.style == ScalarStyle::Plain && written.range.is_empty();
    let tag = written.tag;
    let start = written.range.start;
    let node = if is_empty {
        let at = place_of_nothing(&written, place);
        node_of(Kind::Plain, at, at)
    } else {
        match written.style {
            ScalarStyle::Plain => plain(written, place, texts),
            ScalarStyle::SingleQuoted => quoted(written, Kind::SingleQuoted, place, texts),
            ScalarStyle::DoubleQuoted => quoted(written, Kind::DoubleQuoted, place, texts),
            ScalarStyle::Literal => block(written, Kind::Literal, place, texts),
            ScalarStyle::Folded => block(written, Kind::Folded, place, texts),
        }
    };
    match tag {
        Some(tag) => tagged(node, tag, place.text, texts).map_err(|message| SyntaxError::new(start, message)),
        None => Ok(node),
    }
}

/// A value that is not there stands after the colon or dash that calls for it.
fn place_of_nothing(written: &Scalar<'_>, place: Place<'_>) -> usize {
    let at = written.range.start;
    let bytes = place.text.as_bytes();
    if place.after_key {
        return at + usize::from(bytes.get(at) == Some(&b':'));
    }
    dash(bytes, place.end, at).map_or(at, |dash| dash + 1)
}

/// The dash that comes next after `at`, before `limit`. White space, comments and colons may come before it.
pub(super) fn dash(bytes: &[u8], mut at: usize, limit: usize) -> Option<usize> {
    loop {
        match bytes.get(at)? {
            b'-' => return (at < limit).then_some(at),
            b':' | b' ' | b'\t' | b'\n' | b'\r' => at += 1,
            b'#' => at += memchr::memchr2(b'\n', b'\r', &bytes[at..])?,
            _ => return None,
        }
    }
}

fn plain(written: Scalar<'_>, place: Place<'_>, texts: &mut Vec<String>) -> Node {
    if place.text.get(written.range.clone()) == Some(&*written.text) {
        return node_of(Kind::Plain, written.range.start, written.range.end);
    }
    owned(written.text.into_owned(), written.range, Resolution::Plain, texts)
}

fn quoted(written: Scalar<'_>, kind: Kind, place: Place<'_>, texts: &mut Vec<String>) -> Node {
    let source = place.text.get(written.range.clone()).unwrap_or("");
    let inner = source.get(1..source.len().saturating_sub(1)).unwrap_or("");
    let node = node_of(kind, written.range.start, written.range.end);
    if inner == written.text {
        return node;
    }
    let decoded = match kind {
        Kind::SingleQuoted => scalar::unquote_single(source),
        _ => scalar::unquote_double(source),
    };
    if decoded == written.text {
        return Node { escaped: true, ..node };
    }
    owned(written.text.into_owned(), written.range, Resolution::Text, texts)
}

fn block(written: Scalar<'_>, kind: Kind, place: Place<'_>, texts: &mut Vec<String>) -> Node {
    let start = indicator(place.text, place.end).unwrap_or(written.range.start);
    let end = written.range.end.max(start);
    let source = &place.text[start..end];
    let header = source.split('\n').next().unwrap_or("");
    let is_own = header.bytes().take(3).any(|b| b.is_ascii_digit());
    if !is_own && scalar::block_text(source) == written.text {
        return node_of(kind, start, end);
    }
    owned(written.text.into_owned(), start..end, Resolution::Text, texts)
}

/// The `|` or `>` after `end`. Colons, dashes, comments, tags and anchors may come before it.
fn indicator(text: &str, end: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = end;
    loop {
        match bytes.get(at)? {
            b'|' | b'>' => return Some(at),
            b'#' => at += memchr::memchr2(b'\n', b'\r', &bytes[at..])?,
            b'!' | b'&' => at += bytes[at..].iter().position(u8::is_ascii_whitespace)?,
            _ => at += 1,
        }
    }
}

/// What a tag makes of a scalar, or why kubectl refuses it.
fn tagged(node: Node, tag: &Tag, text: &str, texts: &mut Vec<String>) -> Result<Node, String> {
    // `!` alone makes text of everything but the merge key.
    if tag.handle().is_empty() && tag.suffix() == "!" && is_merge_key(&node, text, texts) {
        return Ok(node);
    }
    let name = match (tag.handle(), tag.suffix()) {
        ("tag:yaml.org,2002:", name) => name,
        ("", name) => name.strip_prefix("tag:yaml.org,2002:").unwrap_or(""),
        _ => "",
    };
    let value = text_of(&node, text, texts).into_owned();
    let fits = match (name, resolve_plain(Cow::Borrowed(&value))) {
        ("null", Resolved::Null) | ("bool", Resolved::Bool(_)) | ("float", Resolved::Float(_) | Resolved::Int(_)) => {
            true
        }
        ("int", Resolved::Int(_) | Resolved::Float(_)) => scalar::is_whole_number(&value),
        ("null" | "bool" | "float" | "int", _) => false,
        ("merge", _) => value == MERGE,
        ("binary", _) => {
            let range = node.start as usize..node.end as usize;
            let bytes = base64(&value).ok_or("`!!binary` needs base64")?;
            return Ok(owned(String::from_utf8_lossy(&bytes).into_owned(), range, Resolution::Text, texts));
        }
        _ => return Ok(Node { resolution: Resolution::Text, ..node }),
    };
    if fits { Ok(Node { resolution: Resolution::Plain, ..node }) } else { Err(format!("this value is no `!!{name}`")) }
}

/// Whether the text can be something else than text.
fn is_resolved(node: &Node) -> bool {
    match node.resolution {
        Resolution::ByStyle => node.kind == Kind::Plain,
        Resolution::Plain => true,
        Resolution::Text => false,
    }
}

/// Whether a key is the merge key: `<<` without quotes.
pub(super) fn is_merge_key(node: &Node, text: &str, texts: &[String]) -> bool {
    is_resolved(node) && text_of(node, text, texts) == MERGE
}

/// Refuses a colon that YAML 1.2 takes for the end of a key and kubectl for a part of it: `{a:, b}`.
pub(super) fn check_colon(node: &Node, text: &str) -> Result<(), SyntaxError> {
    let after = text.as_bytes().get(node.end as usize..).unwrap_or(&[]);
    if node.kind == Kind::Plain && matches!(after, [b':', b',' | b'[' | b']' | b'{' | b'}', ..]) {
        let message = "a space is missing after `:`: without it kubectl takes the colon for a part of the text";
        return Err(SyntaxError::new(node.end as usize, message));
    }
    Ok(())
}

/// A key, with the name that kubectl gives to the field.
pub(super) fn key(node: Node, text: &str, texts: &mut Vec<String>) -> Result<Node, SyntaxError> {
    if !is_resolved(&node) {
        return Ok(node);
    }
    let value = text_of(&node, text, texts);
    let name = match scalar::resolve_key(&value) {
        Some(name) if name == value => return Ok(node),
        Some(name) => name.into_owned(),
        None if value.starts_with(|c: char| c.is_ascii_digit()) => {
            return Err(SyntaxError::new(
                node.start as usize,
                "a number that is too large for a key: put it in quotes",
            ));
        }
        None => {
            return Err(SyntaxError::new(node.start as usize, "a key is null: give it a name, or put it in quotes"));
        }
    };
    Ok(owned(name, node.start as usize..node.end as usize, Resolution::Text, texts))
}

/// The text of a scalar node.
pub(super) fn text_of<'a>(node: &Node, text: &'a str, texts: &'a [String]) -> Cow<'a, str> {
    let source = text.get(node.start as usize..node.end as usize).unwrap_or("");
    match node.kind {
        Kind::Owned => Cow::Borrowed(&texts[node.link as usize]),
        Kind::SingleQuoted => Cow::Owned(scalar::unquote_single(source)),
        Kind::DoubleQuoted => Cow::Owned(scalar::unquote_double(source)),
        Kind::Literal | Kind::Folded => scalar::block_text(source),
        Kind::Plain | Kind::Mapping | Kind::Sequence => Cow::Borrowed(source),
    }
}

/// Base64 with padding; line breaks are skipped, as Go does.
fn base64(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|b| !matches!(b, b'\n' | b'\r')).collect();
    if !digits.len().is_multiple_of(4) {
        return None;
    }
    let padding = digits.iter().rev().take_while(|&&b| b == b'=').count();
    if padding > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0);
    for digit in &digits[..digits.len() - padding] {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    Some(bytes)
}
