//! The functions that are part of Go's `text/template`.

use std::rc::Rc;

use super::Answer;
use super::calls::{items, text};
use crate::format;
use crate::template::{Failure, Machine};
use crate::value::{Kind, List, Object, Value};

/// `and` and `or` are evaluated where they are called, since they do not look at all arguments.
pub(super) fn short(_: &mut Machine, _: Vec<Value>) -> Answer {
    Ok(Value::NIL)
}

pub(super) fn not(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::bool(!values[0].truth()))
}

/// No function can be held by a value here.
pub(super) fn call(_: &mut Machine, values: Vec<Value>) -> Answer {
    if values[0].is_nil() {
        return Err(Failure::new("call of nil"));
    }
    let shown = format::display(&values[0]);
    Err(Failure::new(format!("non-function {shown} of type {}", values[0].type_name())))
}

pub(super) fn length(_: &mut Machine, values: Vec<Value>) -> Answer {
    let length = match &values[0].kind {
        Kind::Nil => return Err(Failure::new("reflect: call of reflect.Value.Type on zero Value")),
        Kind::Text(text) => crate::text::bytes(text).len(),
        Kind::Bytes(bytes) => bytes.len(),
        Kind::List(list) => list.items.len(),
        Kind::Map(map) => map.entries.borrow().len(),
        Kind::Object(object) => match &**object {
            Object::Files(files) => files.len(),
            Object::ApiVersions(versions) => versions.len(),
            _ => return Err(Failure::new(format!("len of type {}", values[0].type_name()))),
        },
        _ => return Err(Failure::new(format!("len of type {}", values[0].type_name()))),
    };
    Ok(Value::int(length as i64))
}

/// A position in something of this length, or one past its end.
fn position(index: &Value, length: usize) -> Result<usize, Failure> {
    let number = match index.kind {
        Kind::Int(number, _) => number,
        Kind::Nil => return Err(Failure::new("cannot index slice/array with nil")),
        _ => {
            let found = index.type_name();
            return Err(Failure::new(format!("cannot index slice/array with type {found}")));
        }
    };
    match usize::try_from(number) {
        Ok(at) if at <= length => Ok(at),
        _ => Err(Failure::new(format!("index out of range: {number}"))),
    }
}

pub(super) fn index(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let mut item = values[0].clone();
    if item.is_nil() {
        return Err(Failure::new("index of untyped nil"));
    }
    for index in &values[1..] {
        item = index_one(machine, &item, index)?;
    }
    Ok(item)
}

fn out_of_range(kind: &str) -> Failure {
    Failure::new(format!("reflect: {kind} index out of range"))
}

fn index_one(machine: &mut Machine, item: &Value, index: &Value) -> Answer {
    match &item.kind {
        Kind::Nil => Err(Failure::new("index of nil pointer")),
        Kind::Text(text) => {
            let bytes = crate::text::bytes(text);
            let at = position(index, bytes.len())?;
            let byte = *bytes.get(at).ok_or_else(|| out_of_range("string"))?;
            Ok(Value::tainted(Kind::Int(i64::from(byte), crate::value::Width::Uint8), item.taint))
        }
        Kind::List(_) | Kind::Bytes(_) => {
            let items = items(item).unwrap_or_default();
            let at = position(index, items.len())?;
            items.get(at).cloned().ok_or_else(|| out_of_range("slice"))
        }
        Kind::Map(map) => {
            let key = key(index)?;
            if let Some(value) = map.entries.borrow().get(&*key) {
                return Ok(value.clone());
            }
            let taint = if item.taint == 0 { 0 } else { machine.trace.missing(item.taint, &key) };
            let kind = if map.map_type.element() == "string" { Kind::Text("".into()) } else { Kind::Nil };
            Ok(Value::tainted(kind, taint))
        }
        Kind::Object(object) => match &**object {
            Object::Files(files) => {
                let key = key(index)?;
                Ok(Value::new(Kind::Bytes(files.get(&*key).cloned().unwrap_or_else(|| Rc::from([])))))
            }
            Object::ApiVersions(versions) => {
                let at = position(index, versions.len())?;
                versions.get(at).map(|name| Value::text(name.as_str())).ok_or_else(|| out_of_range("slice"))
            }
            _ => Err(Failure::new(format!("can't index item of type {}", item.type_name()))),
        },
        _ => Err(Failure::new(format!("can't index item of type {}", item.type_name()))),
    }
}

fn key(index: &Value) -> Result<crate::text::Text, Failure> {
    match &index.kind {
        Kind::Text(text) => Ok(text.clone()),
        Kind::Nil => Err(Failure::new("value is nil; should be of type string")),
        _ => Err(Failure::new(format!("value has type {}; should be string", index.type_name()))),
    }
}

pub(super) fn html(machine: &mut Machine, values: Vec<Value>) -> Answer {
    escaped(machine, &values, |c, out| match c {
        '"' => out.push_str("&#34;"),
        '\'' => out.push_str("&#39;"),
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '\0' => out.push('\u{FFFD}'),
        _ => out.push(c),
    })
}

pub(super) fn js(machine: &mut Machine, values: Vec<Value>) -> Answer {
    escaped(machine, &values, |c, out| match c {
        '\\' => out.push_str("\\\\"),
        '\'' => out.push_str("\\'"),
        '"' => out.push_str("\\\""),
        '<' => out.push_str("\\u003C"),
        '>' => out.push_str("\\u003E"),
        '&' => out.push_str("\\u0026"),
        '=' => out.push_str("\\u003D"),
        '\0'..' ' => out.push_str(&format!("\\u{:04X}", c as u32)),
        _ if format::is_printable(c) => out.push(c),
        _ => out.push_str(&format!("\\u{:04X}", c as u32)),
    })
}

pub(super) fn urlquery(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let joined = arguments(machine, &values);
    Ok(Value::text(super::urls::query_escape(&text(&joined))))
}

/// What is escaped, as one string. Source: Go, `text/template/funcs.go`, `evalArgs`: nothing has a name of its own there.
fn arguments(machine: &mut Machine, values: &[Value]) -> Value {
    let named = |value: &Value| match value.kind {
        Kind::Nil => Value { taint: value.taint, ..Value::text("<no value>") },
        _ => value.clone(),
    };
    let values: Vec<Value> = values.iter().map(named).collect();
    printed(machine, &values)
}

fn printed(machine: &mut Machine, values: &[Value]) -> Value {
    machine.build(|out| format::sprint(values, out))
}

fn escaped(machine: &mut Machine, values: &[Value], escape: impl Fn(char, &mut String)) -> Answer {
    let mut out = String::new();
    for c in text(&arguments(machine, values)).chars() {
        escape(c, &mut out);
    }
    Ok(Value::text(out))
}

pub(super) fn print(machine: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(printed(machine, &values))
}

pub(super) fn println(machine: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(machine.build(|out| format::sprintln(&values, out)))
}

pub(super) fn printf(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let format = text(&values[0]);
    let widest = values.len() as u64 * 4;
    machine.tick(widest)?;
    Ok(machine.build(|out| format::printf(&format, values[0].taint, &values[1..], out)))
}

/// A list of what is between two positions.
pub(super) fn sublist(list: &Rc<List>, start: usize, end: usize) -> Value {
    Value::list_of(list.items[start..end].to_vec(), list.element)
}
