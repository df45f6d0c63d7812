//! Texts: parts, places, changes. Places are counted in characters, as cel-go does.

use super::no_signature;
use crate::cel::evaluate::{Answer, Context};
use crate::cel::value::{error, no_overload};
use crate::cel::{Halt, Value};

/// `contains`, `startsWith`, `endsWith`.
pub(crate) fn search(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [Value::String(text), Value::String(part)] = values else { return no_overload() };
    context.budget.spend_text(text.len().max(part.len()))?;
    Ok(Value::Bool(match name {
        "contains" => text.contains(&**part),
        "startsWith" => text.starts_with(&**part),
        _ => text.ends_with(&**part),
    }))
}

fn out_of_range<T>(index: i64) -> Result<T, Halt> {
    error(format!("index out of range: {index}"))
}

fn counted(count: usize) -> Value {
    Value::Int(i64::try_from(count).unwrap_or(i64::MAX))
}

pub(crate) fn char_at(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [Value::String(text), Value::Int(index)] = values else { return no_signature(name, values) };
    context.budget.spend_text(text.len())?;
    let Ok(at) = usize::try_from(*index) else { return out_of_range(*index) };
    let mut letters = text.chars().skip(at);
    match letters.next() {
        Some(letter) => Ok(Value::from(letter.to_string())),
        None if text.chars().count() == at => Ok(Value::from("")),
        None => out_of_range(*index),
    }
}

pub(crate) fn index_of(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let (text, part, offset) = match values {
        [Value::String(text), Value::String(part)] => (text, part, None),
        [Value::String(text), Value::String(part), Value::Int(offset)] => (text, part, Some(*offset)),
        [Value::List(items), item] => return super::lists::index_of(context, name, items, item),
        _ => return no_signature(name, values),
    };
    context.budget.spend_text(text.len().saturating_add(part.len()))?;
    let length = text.chars().count();
    let Ok(offset) = offset.map(usize::try_from).transpose() else {
        return out_of_range(if let [_, _, Value::Int(offset)] = values { *offset } else { 0 });
    };
    if part.is_empty() {
        return Ok(counted(offset.unwrap_or(if name == "indexOf" { 0 } else { length }).min(length)));
    }
    // The place of a byte that begins a character, as a count of characters.
    let place = |at: usize| counted(text.get(..at).unwrap_or_default().chars().count());
    let nothing = Ok(Value::Int(-1));
    if offset.is_some_and(|offset| offset >= length) {
        return nothing;
    }
    let byte_of = |count: usize| text.char_indices().nth(count).map_or(text.len(), |(at, _)| at);
    if name == "indexOf" {
        let from = byte_of(offset.unwrap_or(0));
        let found = text.get(from..).unwrap_or_default().find(&**part);
        return found.map_or(nothing, |at| Ok(place(from + at)));
    }
    let end = match offset {
        None => text.len(),
        Some(offset) => byte_of(offset).saturating_add(part.len()).min(text.len()),
    };
    let mut end = end;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().rfind(&**part).map_or(nothing, |at| Ok(place(at)))
}

pub(crate) fn transform(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [Value::String(text)] = values else { return no_signature(name, values) };
    context.budget.spend_text(text.len())?;
    Ok(match name {
        "lowerAscii" => Value::from(text.to_ascii_lowercase()),
        "upperAscii" => Value::from(text.to_ascii_uppercase()),
        _ => Value::from(text.trim_matches(is_space)),
    })
}

/// `unicode.IsSpace` of Go.
fn is_space(letter: char) -> bool {
    letter.is_whitespace()
}

pub(crate) fn replace(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let (text, old, new, most) = match values {
        [Value::String(text), Value::String(old), Value::String(new)] => (text, old, new, -1),
        [Value::String(text), Value::String(old), Value::String(new), Value::Int(most)] => (text, old, new, *most),
        _ => return no_signature(name, values),
    };
    context.budget.spend_text(text.len())?;
    let found = text.matches(&**old).count();
    let count = usize::try_from(most).map_or(found, |most| most.min(found));
    context.budget.spend_text(count.saturating_mul(new.len()))?;
    Ok(Value::from(text.replacen(&**old, new, count)))
}

pub(crate) fn split(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let (text, separator, most) = match values {
        [Value::String(text), Value::String(separator)] => (text, separator, -1),
        [Value::String(text), Value::String(separator), Value::Int(most)] => (text, separator, *most),
        _ => return no_signature(name, values),
    };
    context.budget.spend_text(text.len())?;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    if most == 0 {
        return Ok(Value::from(Vec::new()));
    }
    let mut parts = Vec::new();
    if separator.is_empty() {
        for (at, letter) in text.char_indices() {
            context.budget.spend(1)?;
            if parts.len() + 1 == most {
                parts.push(Value::from(text.get(at..).unwrap_or_default()));
                break;
            }
            parts.push(Value::from(letter.to_string()));
        }
        return Ok(Value::from(parts));
    }
    for part in text.splitn(most, &**separator) {
        context.budget.spend(1)?;
        parts.push(Value::from(part));
    }
    Ok(Value::from(parts))
}

pub(crate) fn substring(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let (text, start, end) = match values {
        [Value::String(text), Value::Int(start)] => (text, *start, None),
        [Value::String(text), Value::Int(start), Value::Int(end)] => (text, *start, Some(*end)),
        _ => return no_signature(name, values),
    };
    context.budget.spend_text(text.len())?;
    let length = text.chars().count();
    if let Some(end) = end.filter(|end| start > *end) {
        return error(format!("invalid substring range. start: {start}, end: {end}"));
    }
    let within = |index: i64| usize::try_from(index).ok().filter(|index| *index <= length);
    let Some(from) = within(start) else { return out_of_range(start) };
    let to = match end {
        None => length,
        Some(end) => match within(end) {
            Some(to) => to,
            None => return out_of_range(end),
        },
    };
    Ok(Value::from(text.chars().skip(from).take(to - from).collect::<String>()))
}

pub(crate) fn join(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let (items, separator) = match values {
        [Value::List(items)] => (items, ""),
        [Value::List(items), Value::String(separator)] => (items, &**separator),
        _ => return no_signature(name, values),
    };
    if let Some(first) = items.first() {
        match first {
            Value::String(_) => {}
            Value::Unknown(on) => return Err(Halt::Unknown(on.clone())),
            _ => return no_signature(name, values),
        }
    }
    let mut joined = String::new();
    for (at, item) in items.iter().enumerate() {
        let text = match item {
            Value::String(text) => text,
            Value::Unknown(on) => return Err(Halt::Unknown(on.clone())),
            other => return error(format!("join: invalid input: {}", shown(other))),
        };
        context.budget.spend_text(text.len() + separator.len() + 10)?;
        if at > 0 {
            joined.push_str(separator);
        }
        joined.push_str(text);
    }
    Ok(Value::from(joined))
}

/// A value that does not belong where it is, as Go prints it.
fn shown(value: &Value) -> String {
    match value {
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Double(value) => crate::cel::number::double(*value),
        Value::Null => "NULL_VALUE".to_owned(),
        other => other.type_name().to_owned(),
    }
}

pub(crate) fn quote(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [Value::String(text)] = values else { return no_signature(name, values) };
    context.budget.spend_text(text.len().saturating_mul(2))?;
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            letter => out.push(letter),
        }
    }
    out.push('"');
    Ok(Value::from(out))
}

/// A text as Go's `%q` writes it.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            letter if u32::from(letter) < 0x20 || letter == '\u{7f}' => {
                out.push_str(&format!("\\x{:02x}", u32::from(letter)));
            }
            letter if letter.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(letter))),
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}
