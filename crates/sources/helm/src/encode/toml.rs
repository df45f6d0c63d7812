//! TOML. Source: `github.com/BurntSushi/toml`, which Helm uses.

use std::fmt::Write as _;
use std::rc::Rc;

pub(crate) use super::toml_read::read;

use super::json::{self, DEEPEST, Plain};
use crate::format::float_g;
use crate::template::{Failure, Machine};
use crate::value::{Kind, Value};

type Entry = (Rc<str>, Value);

/// Writes a value; the inner error is what the library says.
pub(crate) fn write(machine: &mut Machine, value: &Value) -> Result<Result<String, String>, Failure> {
    let mut out = String::new();
    let Some(entries) = entries(value) else {
        let message = match value.kind {
            Kind::Nil => "toml: cannot encode a nil value",
            _ => "toml: top-level values must be Go maps or structs",
        };
        return Ok(Err(message.to_owned()));
    };
    let result = table(machine, &entries, &mut Vec::new(), &mut out)?;
    machine.check_size(out.len())?;
    Ok(result.map(|()| out))
}

/// The entries of a mapping or an object; `None` of anything else.
fn entries(value: &Value) -> Option<Vec<Entry>> {
    match &value.kind {
        Kind::Map(map) => {
            Some(map.entries.borrow().iter().map(|(key, value)| (Rc::clone(key), value.clone())).collect())
        }
        Kind::Object(object) => match json::plain(object) {
            Plain::Fields(fields) => Some(fields),
            Plain::Value(value) => entries(&value),
        },
        _ => None,
    }
}

/// A list of which every item is a table, and there is one.
fn tables(value: &Value) -> Option<Vec<Vec<Entry>>> {
    match &value.kind {
        Kind::List(list) if !list.items.is_empty() => list.items.iter().map(entries).collect(),
        _ => None,
    }
}

fn table(
    machine: &mut Machine,
    all: &[Entry],
    path: &mut Vec<Rc<str>>,
    out: &mut String,
) -> Result<Result<(), String>, Failure> {
    machine.tick(all.len() as u64 + 1)?;
    if path.len() > DEEPEST {
        return Ok(Err("toml: the value is nested too deep".to_owned()));
    }
    let is_table = |value: &Value| entries(value).is_some() || tables(value).is_some();
    let indent = "  ".repeat(path.len().saturating_sub(1));
    let direct_indent = if path.is_empty() { "" } else { "  " };
    for (name, value) in all.iter().filter(|(_, value)| !is_table(value) && !value.is_nil()) {
        let _ = write!(out, "{indent}{direct_indent}{} = ", key(name));
        if let Err(message) = inline(value, out, 0) {
            return Ok(Err(message));
        }
        out.push('\n');
    }
    for (name, value) in all.iter().filter(|(_, value)| is_table(value)) {
        path.push(Rc::clone(name));
        let header = path.iter().map(|name| key(name)).collect::<Vec<_>>().join(".");
        let indent = "  ".repeat(path.len() - 1);
        let result = match tables(value) {
            Some(items) => {
                for item in items {
                    push_header(&format!("{indent}[[{header}]]"), out);
                    if let Err(message) = table(machine, &item, path, out)? {
                        return Ok(Err(message));
                    }
                }
                Ok(())
            }
            None => {
                if path.len() == 1 && !out.is_empty() {
                    out.push('\n');
                }
                let _ = writeln!(out, "{indent}[{header}]");
                table(machine, &entries(value).unwrap_or_default(), path, out)?
            }
        };
        path.pop();
        if result.is_err() {
            return Ok(result);
        }
    }
    Ok(Ok(()))
}

fn push_header(header: &str, out: &mut String) {
    if !out.is_empty() {
        out.push('\n');
    }
    let _ = writeln!(out, "{header}");
}

fn key(name: &str) -> String {
    let is_bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if is_bare { name.to_owned() } else { quoted(name) }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\x08' => out.push_str("\\b"),
            '\x0C' => out.push_str("\\f"),
            '\0'..' ' | '\x7F' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

fn inline(value: &Value, out: &mut String, depth: usize) -> Result<(), String> {
    if depth > DEEPEST {
        return Err("toml: the value is nested too deep".to_owned());
    }
    match &value.kind {
        Kind::Nil => return Err("toml: cannot encode array with nil element".to_owned()),
        Kind::Bool(truth) => out.push_str(&truth.to_string()),
        Kind::Int(number, _) => out.push_str(&number.to_string()),
        Kind::Float(number) => out.push_str(&float(*number)),
        Kind::Text(text) => out.push_str(&quoted(text)),
        Kind::List(list) => {
            out.push('[');
            for (index, item) in list.items.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                inline(item, out, depth + 1)?;
            }
            out.push(']');
        }
        Kind::Bytes(bytes) => {
            let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
            let _ = write!(out, "[{}]", numbers.join(", "));
        }
        _ => match entries(value) {
            Some(all) => {
                out.push('{');
                for (index, (name, value)) in all.iter().filter(|(_, value)| !value.is_nil()).enumerate() {
                    if index > 0 {
                        out.push_str(", ");
                    }
                    let _ = write!(out, "{} = ", key(name));
                    inline(value, out, depth + 1)?;
                }
                out.push('}');
            }
            None => out.push_str(&quoted(&crate::format::display(value))),
        },
    }
    Ok(())
}

fn float(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let text = float_g(number);
    if text.contains(['.', 'e']) { text } else { format!("{text}.0") }
}
