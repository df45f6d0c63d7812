//! The items of a large JSON list, found by their brackets whatever the layout: what `kubectl get --raw`, `jq` and
//! programs write as well as what `kubectl get -o json` does.

use std::ops::Range;

use memchr::memchr2;

/// How deep a value may be nested that stands before the items.
const DEEPEST: usize = 64;

/// What lists that say their kind first hold: `apiVersion` and `kind` of items that do not say their own.
pub(super) type Types = Option<(String, String)>;

/// Where the first item of a list begins, and of what type its items are unless they say so.
pub(super) struct Head {
    pub(super) at: usize,
    pub(super) types: Types,
}

/// Recognises a list in the beginning of a JSON document: an object whose `items` are objects. What says before them
/// that it is no list is none.
pub(super) fn head(text: &[u8]) -> Option<Head> {
    let mut at = after_space(text, 0);
    let (mut api_version, mut kind) = (None, None);
    if text.get(at) != Some(&b'{') {
        return None;
    }
    loop {
        at = after_space(text, at + 1);
        let key = string(text, at)?;
        at = after_space(text, key.end);
        if text.get(at) != Some(&b':') {
            return None;
        }
        at = after_space(text, at + 1);
        let value = text.get(at)?;
        match (&text[key.start + 1..key.end - 1], value) {
            (b"items", b'[') => {
                at = after_space(text, at + 1);
                if text.get(at) != Some(&b'{') {
                    return None;
                }
                return of_items(text, at, api_version, kind);
            }
            (name, b'"') => {
                let value = string(text, at)?;
                at = value.end;
                let value = std::str::from_utf8(&text[value.start + 1..value.end - 1]).ok()?;
                match name {
                    b"apiVersion" => api_version = Some(value.to_owned()),
                    b"kind" => kind = Some(value.to_owned()),
                    _ => {}
                }
            }
            (_, b'{' | b'[') => at = end_of_value(text, at).filter(|end| end.1 <= DEEPEST)?.0,
            _ => at += text[at..].iter().position(|byte| matches!(byte, b',' | b'}'))?,
        }
        at = after_space(text, at);
        if text.get(at) != Some(&b',') {
            return None;
        }
    }
}

fn of_items(text: &[u8], at: usize, api_version: Option<String>, kind: Option<String>) -> Option<Head> {
    let Some(kind) = kind else {
        // The type of the items may stand after them: then the list is read at once.
        let Next::Item(first) = next(text, at) else { return None };
        return says_kind(&text[first]).then_some(Head { at, types: None });
    };
    let item = kind.strip_suffix("List")?;
    let types = api_version.filter(|_| !item.is_empty()).map(|api_version| (api_version, item.to_owned()));
    Some(Head { at, types })
}

/// Whether an object has a key `kind` of its own.
fn says_kind(object: &[u8]) -> bool {
    let mut at = after_space(object, 1);
    while let Some(key) = string(object, at) {
        if object[key.clone()] == *b"\"kind\"" {
            return true;
        }
        at = after_space(object, after_space(object, key.end) + 1);
        at = match object.get(at) {
            Some(b'{' | b'[') => end_of_value(object, at).map_or(object.len(), |end| end.0),
            Some(b'"') => string(object, at).map_or(object.len(), |value| value.end),
            _ => at + object[at.min(object.len())..].iter().position(|byte| *byte == b',').unwrap_or(object.len()),
        };
        at = after_space(object, after_space(object, at) + 1);
    }
    false
}

/// What stands next in a run of items.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// An item.
    Item(Range<usize>),
    /// The end of the list, and what comes after its bracket.
    End(usize),
    /// More has to be read: from here on nothing is whole.
    Open(usize),
    /// Something that is neither.
    Other(usize),
}

/// What stands at `at` in a run of items, or after the comma there.
pub(super) fn next(text: &[u8], at: usize) -> Next {
    let mut start = after_space(text, at);
    if text.get(start) == Some(&b',') {
        start = after_space(text, start + 1);
    }
    match text.get(start) {
        None => Next::Open(at),
        Some(b']') => Next::End(start + 1),
        Some(b'{') => match end_of_value(text, start) {
            Some((end, _)) => Next::Item(start..end),
            None => Next::Open(at),
        },
        Some(_) => Next::Other(start),
    }
}

fn after_space(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).unwrap_or(rest.len())
}

/// The string that begins at `at`, with its quotes.
fn string(text: &[u8], at: usize) -> Option<Range<usize>> {
    (text.get(at) == Some(&b'"')).then_some(())?;
    let mut end = at + 1;
    loop {
        end += memchr2(b'"', b'\\', text.get(end..)?)?;
        if text[end] == b'"' {
            return Some(at..end + 1);
        }
        end += 2;
    }
}

/// Where the object or array that begins at `at` ends, and how deep it is. Whether it is right is for the parser.
fn end_of_value(text: &[u8], at: usize) -> Option<(usize, usize)> {
    let (mut open, mut deepest, mut at) = (0, 0, at);
    loop {
        match text.get(at)? {
            b'{' | b'[' => {
                open += 1;
                deepest = deepest.max(open);
            }
            b'}' | b']' => {
                open -= 1;
                if open == 0 {
                    return Some((at + 1, deepest));
                }
            }
            b'"' => at = string(text, at)?.end - 1,
            _ => {}
        }
        at += 1;
    }
}
