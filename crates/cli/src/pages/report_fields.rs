//! The page of all fields of the JSON report, made from its schema.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use super::NOTE;

/// The page.
pub(super) fn page() -> String {
    let schema: Value = serde_json::from_str(&reports::json::schema()).unwrap_or_default();
    let mut page = format!(
        "{NOTE}# The fields of the JSON report\n\n[reports.md](reports.md#json) says what they are for, and \
         [the schema](report.schema.json) is for programs. What may be null or absent says so.\n"
    );
    let mut known: BTreeSet<String> = BTreeSet::new();
    let mut waiting = vec![("the report".to_owned(), schema.clone())];
    while let Some((name, object)) = waiting.pop() {
        let _ = write!(page, "\n## {}\n\n{}\n\n", heading(&name), description(&object));
        if let Some(properties) = object["properties"].as_object() {
            page.push_str("| field | what it is | kind |\n|---|---|---|\n");
            for (field, property) in properties {
                let _ = writeln!(page, "| `{field}` | {} | {} |", description(property), kind(property));
            }
        } else {
            page.push_str("| value | when |\n|---|---|\n");
            for (value, when) in values(&object) {
                let _ = writeln!(page, "| `{value}` | {when} |");
            }
        }
        let mut next: Vec<String> = Vec::new();
        references(&object, &mut next);
        for name in next.into_iter().rev() {
            if known.insert(name.clone()) {
                waiting.push((name.clone(), schema["$defs"][&name].clone()));
            }
        }
    }
    page
}

/// A name of the schema as people say it: `JsonExceptionProblem` is `exception problem`.
fn heading(name: &str) -> String {
    let mut text = String::new();
    for c in name.strip_prefix("Json").unwrap_or(name).chars() {
        if c.is_ascii_uppercase() && !text.is_empty() {
            text.push(' ');
        }
        text.push(c.to_ascii_lowercase());
    }
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn anchor(name: &str) -> String {
    format!("[{}](#{})", heading(name).to_lowercase(), heading(name).to_lowercase().replace(' ', "-"))
}

fn description(value: &Value) -> String {
    let text = value["description"].as_str().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// The words of an enumeration, each with what it means.
fn values(object: &Value) -> Vec<(String, String)> {
    let several = object["oneOf"].as_array().cloned().unwrap_or_else(|| vec![object.clone()]);
    let words = |one: &Value| {
        let of_list = one["enum"].as_array().cloned().unwrap_or_default();
        let all = one["const"].as_str().map(Value::from).into_iter().chain(of_list);
        let when = description(one);
        all.filter_map(|word| Some((word.as_str()?.to_owned(), when.clone()))).collect::<Vec<_>>()
    };
    several.iter().flat_map(words).collect()
}

/// The kind of a field: of a list, that of its items.
fn kind(property: &Value) -> String {
    if let Some(name) = property["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return anchor(name);
    }
    let several = property["anyOf"].as_array().or_else(|| property["oneOf"].as_array());
    if let Some(all) = several {
        return all.iter().map(kind).filter(|kind| !kind.is_empty()).collect::<Vec<_>>().join(" or ");
    }
    if property["items"].is_object() {
        return format!("list of {}", kind(&property["items"]));
    }
    if property["additionalProperties"].is_object() {
        return format!("mapping to {}", kind(&property["additionalProperties"]));
    }
    match &property["type"] {
        Value::String(name) => name.clone(),
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => String::new(),
    }
}

/// The objects that an object names, in their order.
fn references(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(entries) => {
            for (key, inner) in entries.iter().filter(|(key, _)| *key != "$defs") {
                match inner.as_str().filter(|_| key == "$ref").and_then(|path| path.rsplit('/').next()) {
                    Some(name) => out.push(name.to_owned()),
                    None => references(inner, out),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, out)),
        _ => {}
    }
}
