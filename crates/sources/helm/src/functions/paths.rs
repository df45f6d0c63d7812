//! Paths. Source: Go, package `path`.

use super::Answer;
use super::calls::text;
use crate::template::Machine;
use crate::value::Value;

/// The shortest path that names the same: `a/./b/../c` is `a/c`.
pub(crate) fn clean(path: &str) -> String {
    let is_rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(last) if *last != ".." => {
                    parts.pop();
                }
                _ if is_rooted => {}
                _ => parts.push(".."),
            },
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (is_rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// The last part of a path.
pub(crate) fn base(path: &str) -> &str {
    if path.is_empty() {
        return ".";
    }
    let trimmed = path.trim_end_matches('/');
    match trimmed.rsplit('/').next() {
        Some("") | None => "/",
        Some(name) => name,
    }
}

pub(super) fn base_function(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::text(base(&text(&values[0]))))
}

pub(super) fn dir(_: &mut Machine, values: Vec<Value>) -> Answer {
    let text = text(&values[0]);
    let folder = text.rfind('/').map_or("", |at| &text[..=at]);
    Ok(Value::text(clean(folder)))
}

pub(super) fn clean_function(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::text(clean(&text(&values[0]))))
}

pub(super) fn ext(_: &mut Machine, values: Vec<Value>) -> Answer {
    let text = text(&values[0]);
    let name = text.rsplit('/').next().unwrap_or(&text);
    Ok(Value::text(name.rfind('.').map_or("", |at| &name[at..])))
}

pub(super) fn is_abs(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::bool(text(&values[0]).starts_with('/')))
}
