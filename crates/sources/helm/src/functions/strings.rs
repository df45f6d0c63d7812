//! Strings. Where a function keeps parts of its argument, those parts keep what made them.

use super::Answer;
use super::calls::{int, text};
use crate::format::{quoted, stringify};
use crate::template::{Failure, Machine};
use crate::text::{Builder, NOWHERE, Text, bytes, from_bytes, has_bytes};
use crate::value::{Kind, Value};

/// A part of a string, cut where Go counts bytes.
fn cut(machine: &mut Machine, value: &Value, start: usize, end: usize) -> Value {
    let text = text(value);
    if text.is_char_boundary(start) && text.is_char_boundary(end) && !has_bytes(&text) {
        return machine.build(|out| out.push_range(&text, start..end, value.taint, NOWHERE));
    }
    let all = bytes(&text);
    Value { taint: value.taint, ..Value::text(&*from_bytes(&all[start..end])) }
}

/// The bytes of a string, as Go counts them.
fn byte_length(text: &str) -> usize {
    if has_bytes(text) { bytes(text).len() } else { text.len() }
}

fn sub(machine: &mut Machine, value: &Value, part: &str) -> Value {
    let text = text(value);
    let start = part.as_ptr() as usize - text.as_ptr() as usize;
    machine.build(|out| out.push_range(&text, start..start + part.len(), value.taint, NOWHERE))
}

pub(super) fn trunc(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let (count, length) = (int(&values[0]), byte_length(&text(&values[1])));
    let (start, end) = match count {
        _ if count < 0 && (length as i64) + count > 0 => ((length as i64 + count) as usize, length),
        _ if count >= 0 && (length as i64) > count => (0, count as usize),
        _ => return Ok(values[1].clone()),
    };
    Ok(cut(machine, &values[1], start, end))
}

pub(super) fn substr(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let (start, end) = (int(&values[0]), int(&values[1]));
    let length = byte_length(&text(&values[2])) as i64;
    let (start, end) = match () {
        () if start < 0 => (0, end),
        () if end < 0 || end > length => (start, length),
        () => (start, end),
    };
    if start < 0 || end < start || end > length {
        let message = if end > length || end < 0 {
            format!("runtime error: slice bounds out of range [:{end}] with length {length}")
        } else {
            format!("runtime error: slice bounds out of range [{start}:{end}]")
        };
        return Err(Failure::new(message));
    }
    Ok(cut(machine, &values[2], start as usize, end as usize))
}

pub(super) fn trim(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let text = text(&values[0]);
    Ok(sub(machine, &Value { kind: Kind::Text(text.clone()), ..values[0].clone() }, text.trim_matches(is_space)))
}

/// What `unicode.IsSpace` takes for a space.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, '\t'..='\r' | ' ' | '\u{85}' | '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{2028}' | '\u{2029}' | '\u{202F}' | '\u{205F}' | '\u{3000}')
}

pub(super) fn trim_all(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let (set, text) = (text(&values[0]), text(&values[1]));
    Ok(sub(machine, &values[1], text.trim_matches(|c| set.contains(c))))
}

pub(super) fn trim_suffix(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let (end, text) = (text(&values[0]), text(&values[1]));
    Ok(sub(machine, &values[1], text.strip_suffix(&*end).unwrap_or(&text)))
}

pub(super) fn trim_prefix(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let (start, text) = (text(&values[0]), text(&values[1]));
    Ok(sub(machine, &values[1], text.strip_prefix(&*start).unwrap_or(&text)))
}

/// Changes each stretch of one origin on its own: for what looks at one character at a time.
fn each(machine: &mut Machine, value: &Value, change: impl Fn(&str) -> String) -> Value {
    let text = text(value);
    let pieces = text.pieces();
    if pieces.is_empty() {
        return Value { taint: value.taint, ..Value::text(change(&text)) };
    }
    machine.build(|out| {
        for (index, piece) in pieces.iter().enumerate() {
            let end = pieces.get(index + 1).map_or(text.len(), |next| next.start as usize);
            let mut origin = piece.origin;
            origin.verbatim = false;
            out.push(&change(&text[piece.start as usize..end]), origin, piece.taint);
        }
    })
}

pub(super) fn upper(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let map = |text: &str| text.chars().map(super::words::to_upper).collect();
    Ok(each(machine, &values[0], map))
}

pub(super) fn lower(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let map = |text: &str| text.chars().map(super::words::to_lower).collect();
    Ok(each(machine, &values[0], map))
}

pub(super) fn repeat(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let (count, text) = (int(&values[0]), text(&values[1]));
    let Ok(count) = usize::try_from(count) else { return Err(Failure::new("strings: negative Repeat count")) };
    machine.check_size(text.len().saturating_mul(count))?;
    if text.pieces().is_empty() {
        return Ok(Value { taint: values[1].taint, ..Value::text(text.repeat(count)) });
    }
    Ok(machine.build(|out| (0..count).for_each(|_| out.push_text(&text, values[1].taint, NOWHERE))))
}

pub(super) fn contains(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::bool(text(&values[1]).contains(&*text(&values[0]))))
}

pub(super) fn has_prefix(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::bool(text(&values[1]).starts_with(&*text(&values[0]))))
}

pub(super) fn has_suffix(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::bool(text(&values[1]).ends_with(&*text(&values[0]))))
}

pub(super) fn quote(machine: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(join_quoted(machine, &values, |value, out| {
        let text = stringify(value);
        if text.pieces().is_empty() {
            return out.push(&quoted(&text), NOWHERE, value.taint);
        }
        out.push("\"", NOWHERE, 0);
        let pieces = text.pieces();
        for (index, piece) in pieces.iter().enumerate() {
            let end = pieces.get(index + 1).map_or(text.len(), |next| next.start as usize);
            let whole = quoted(&text[piece.start as usize..end]);
            let mut origin = piece.origin;
            origin.verbatim &= whole.len() == end - piece.start as usize + 2;
            out.push(&whole[1..whole.len() - 1], origin, piece.taint);
        }
        out.push("\"", NOWHERE, 0);
    }))
}

pub(super) fn squote(machine: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(join_quoted(machine, &values, |value, out| {
        out.push("'", NOWHERE, value.taint);
        crate::format::display_into(value, out, NOWHERE);
        out.push("'", NOWHERE, value.taint);
    }))
}

fn join_quoted(machine: &mut Machine, values: &[Value], push: impl Fn(&Value, &mut Builder)) -> Value {
    machine.build(|out| {
        for (index, value) in values.iter().filter(|value| !value.is_nil()).enumerate() {
            if index > 0 {
                out.push(" ", NOWHERE, 0);
            }
            push(value, out);
        }
    })
}

pub(super) fn cat(machine: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(join_quoted(machine, &values, |value, out| crate::format::display_into(value, out, NOWHERE)))
}

fn indented(machine: &mut Machine, before: &str, spaces: i64, value: &Value) -> Answer {
    let Ok(spaces) = usize::try_from(spaces) else { return Err(Failure::new("strings: negative Repeat count")) };
    let text = text(value);
    let lines = memchr::memchr_iter(b'\n', text.as_bytes()).count() + 1;
    machine.check_size(text.len().saturating_add(spaces.saturating_mul(lines)))?;
    let pad = " ".repeat(spaces);
    Ok(machine.build(|out| {
        out.push(before, NOWHERE, 0);
        out.push(&pad, NOWHERE, 0);
        let mut from = 0;
        for end in memchr::memchr_iter(b'\n', text.as_bytes()) {
            out.push_range(&text, from..end + 1, value.taint, NOWHERE);
            out.push(&pad, NOWHERE, 0);
            from = end + 1;
        }
        out.push_range(&text, from..text.len(), value.taint, NOWHERE);
    }))
}

pub(super) fn indent(machine: &mut Machine, values: Vec<Value>) -> Answer {
    indented(machine, "", int(&values[0]), &values[1])
}

pub(super) fn nindent(machine: &mut Machine, values: Vec<Value>) -> Answer {
    indented(machine, "\n", int(&values[0]), &values[1])
}

pub(super) fn replace(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let (old, new, text) = (text(&values[0]), text(&values[1]), text(&values[2]));
    if old.is_empty() {
        let count = text.chars().count() + 1;
        machine.check_size(text.len() + new.len().saturating_mul(count))?;
        return Ok(Value { taint: values[2].taint, ..Value::text(text.replace("", &new)) });
    }
    let count = memchr::memmem::find_iter(text.as_bytes(), old.as_bytes()).count();
    machine.check_size(text.len() + new.len().saturating_mul(count))?;
    Ok(machine.build(|out| {
        let mut from = 0;
        for at in memchr::memmem::find_iter(text.as_bytes(), old.as_bytes()) {
            out.push_range(&text, from..at, values[2].taint, NOWHERE);
            out.push_text(&new, values[1].taint, NOWHERE);
            from = at + old.len();
        }
        out.push_range(&text, from..text.len(), values[2].taint, NOWHERE);
    }))
}

fn parts<'t>(text: &'t Text, separator: &str, limit: Option<usize>) -> Vec<&'t str> {
    match (separator.is_empty(), limit) {
        // Go splits into characters.
        (true, None) => text.char_indices().map(|(at, c)| &text[at..at + c.len_utf8()]).collect(),
        (true, Some(limit)) => {
            let mut ends: Vec<usize> = text.char_indices().map(|(at, _)| at).take(limit).collect();
            ends.push(text.len());
            ends.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect()
        }
        (false, None) => text.split(separator).collect(),
        (false, Some(limit)) => text.splitn(limit, separator).collect(),
    }
}

fn split_values(machine: &mut Machine, value: &Value, separator: &str, limit: i64) -> Result<Vec<Value>, Failure> {
    let text = text(value);
    if limit == 0 {
        return Ok(Vec::new());
    }
    let parts = parts(&text, separator, usize::try_from(limit).ok());
    machine.tick(parts.len() as u64 * 8)?;
    Ok(parts.into_iter().map(|part| sub(machine, value, part)).collect())
}

fn numbered(parts: Vec<Value>) -> Value {
    let named = parts.into_iter().enumerate().map(|(index, part)| (std::rc::Rc::from(format!("_{index}")), part));
    Value::map_of(named.collect(), crate::value::MapType::Text)
}

pub(super) fn split(machine: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(numbered(split_values(machine, &values[1], &text(&values[0]), -1)?))
}

pub(super) fn splitn(machine: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(numbered(split_values(machine, &values[2], &text(&values[0]), int(&values[1]))?))
}

pub(super) fn split_list(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let parts = split_values(machine, &values[1], &text(&values[0]), -1)?;
    Ok(Value::list_of(parts, crate::value::Element::Text))
}

/// Cuts by bytes and puts an ellipsis where something is missing.
fn abbreviate(text: &str, offset: usize, width: usize) -> String {
    let all = bytes(text);
    let length = all.len();
    let part = |start: usize, end: usize| from_bytes(&all[start..end]).into_owned();
    if text.is_empty() || width < 4 {
        return String::new();
    }
    if length <= width {
        return text.to_owned();
    }
    let mut offset = offset.min(length);
    if length - offset < width - 3 {
        offset = length - (width - 3);
    }
    if offset <= 4 {
        return part(0, width - 3) + "...";
    }
    if width < 7 {
        return String::new();
    }
    if offset + width - 3 < length {
        return format!("...{}", abbreviate(&part(offset, length), 0, width - 3));
    }
    format!("...{}", part(length - (width - 3), length))
}

pub(super) fn abbrev(_: &mut Machine, values: Vec<Value>) -> Answer {
    let (width, text) = (int(&values[0]), text(&values[1]));
    if width < 4 {
        return Ok(values[1].clone());
    }
    Ok(Value::text(abbreviate(&text, 0, width as usize)))
}

pub(super) fn abbrevboth(_: &mut Machine, values: Vec<Value>) -> Answer {
    let (left, right, text) = (int(&values[0]), int(&values[1]), text(&values[2]));
    if right < 4 || (left > 0 && right < 7) {
        return Ok(values[2].clone());
    }
    Ok(Value::text(abbreviate(&text, usize::try_from(left).unwrap_or(0), right as usize)))
}
