//! New values as text, in the style of their place.

use model::scalar::{Scalar, resolve_plain};

use super::layout::Layout;
use crate::tree::Tree;

/// How new values are written.
pub(super) struct Style {
    /// Spaces from a key to those in it.
    pub(super) unit: usize,
    /// Spaces from a key to the dashes under it.
    pub(super) dash: usize,
    /// Lists of words stand in brackets.
    pub(super) lists_in_flow: bool,
}

impl Style {
    /// That of the text near the byte at `near`.
    pub(super) fn near(layout: &Layout<'_>, near: usize) -> Self {
        Self { unit: layout.unit(near), dash: layout.dash_unit(near), lists_in_flow: layout.lists_in_flow() }
    }
}

/// The lines of an entry, without their indentation by `column` but with that below it.
pub(super) fn entry(key: &str, value: &Tree, style: &Style) -> Vec<String> {
    let key = key_text(key);
    match value {
        Tree::Mapping(entries) if !entries.is_empty() => {
            let pad = " ".repeat(style.unit);
            let inner = entries.iter().flat_map(|(key, value)| entry(key, value, style));
            std::iter::once(format!("{key}:")).chain(inner.map(|line| format!("{pad}{line}"))).collect()
        }
        Tree::Sequence(items) if !(items.is_empty() || style.lists_in_flow && items.iter().all(Tree::is_scalar)) => {
            let pad = " ".repeat(style.dash);
            let inner = items.iter().flat_map(|value| item(value, style));
            std::iter::once(format!("{key}:")).chain(inner.map(|line| format!("{pad}{line}"))).collect()
        }
        value => vec![format!("{key}: {}", flow(value))],
    }
}

/// The lines of an item of a list, from its dash on.
pub(super) fn item(value: &Tree, style: &Style) -> Vec<String> {
    match value {
        Tree::Mapping(entries) if !entries.is_empty() => {
            let inner = entries.iter().flat_map(|(key, value)| entry(key, value, style));
            inner.enumerate().map(|(at, line)| format!("{} {line}", if at == 0 { "-" } else { " " })).collect()
        }
        value => vec![format!("- {}", flow(value))],
    }
}

/// A value in brackets, on one line.
pub(super) fn flow(value: &Tree) -> String {
    match value {
        Tree::Sequence(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Tree::Mapping(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{}: {}", key_text(key), flow(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        scalar => plain(scalar),
    }
}

/// A value as JSON: on one line, or spread over lines that begin with `indent`, `unit` deeper each level.
pub(super) fn json(value: &Tree, space: &str, spread: Option<(&str, &str)>) -> String {
    let deeper = spread.map(|(indent, unit)| (format!("{indent}{unit}"), unit));
    let deeper = deeper.as_ref().map(|(indent, unit)| (indent.as_str(), *unit));
    let join = |open: char, parts: Vec<String>, close: char| match (spread, deeper) {
        _ if parts.is_empty() => format!("{open}{close}"),
        (Some((indent, _)), Some((inner, _))) => {
            format!("{open}\n{inner}{}\n{indent}{close}", parts.join(&format!(",\n{inner}")))
        }
        _ => format!("{open}{}{close}", parts.join(&format!(",{space}"))),
    };
    match value {
        Tree::Sequence(items) => join('[', items.iter().map(|item| json(item, space, deeper)).collect(), ']'),
        Tree::Mapping(entries) => {
            let entry = |(key, value): &(String, Tree)| {
                let space = if spread.is_some() { " " } else { space };
                format!("{}:{space}{}", quote(key), json(value, space, deeper))
            };
            join('{', entries.iter().map(entry).collect(), '}')
        }
        scalar => json_scalar(scalar),
    }
}

/// A scalar as JSON.
pub(super) fn json_scalar(value: &Tree) -> String {
    match value {
        Tree::Text(text) => quote(text),
        other => other.to_json().to_string(),
    }
}

/// A scalar as YAML: without quotes where it means the same without.
pub(super) fn plain(value: &Tree) -> String {
    match value {
        Tree::Null => "null".to_owned(),
        Tree::Bool(value) => value.to_string(),
        Tree::Number(text) => text.clone(),
        Tree::Text(text) if is_plain(text) => text.clone(),
        Tree::Text(text) => quote(text),
        Tree::Sequence(_) | Tree::Mapping(_) => flow(value),
    }
}

/// A key.
pub(super) fn key_text(key: &str) -> String {
    if is_plain(key) { key.to_owned() } else { quote(key) }
}

/// Text in double quotes, for YAML and JSON alike.
pub(super) fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Whether a text means itself without quotes, in brackets too.
fn is_plain(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphanumeric() || matches!(first, b'/' | b'_' | b'.'))
        && bytes
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'.' | b'-' | b':' | b'@' | b'+'))
        && !text.ends_with(':')
        && !text.starts_with("...")
        && matches!(resolve_plain(text.into()), Scalar::String(_))
}
