//! Values in text that is itself YAML or JSON, such as a file in a ConfigMap.

use super::path;
use crate::encoding;
use crate::node::{Data, Kind, Node, Origin};
use crate::read;

/// Sets a value in the text that the beginning of the path leads to. False if there is no such text or place.
pub(super) fn set(object: &mut Node, parts: &[String], value: &Node, create: Option<Kind>) -> bool {
    for length in 1..parts.len() {
        let Some(field) = lookup(object, &parts[..length]) else { return false };
        if field.kind() != Kind::Scalar {
            continue;
        }
        if field.as_written().trim().is_empty() {
            return false;
        }
        let Some(text) = edited(field.as_written(), &parts[length..], value, create) else { return false };
        field.data = Data::Scalar(text);
        field.origin = Origin { value: value.origin.value, ..field.origin };
        return true;
    }
    false
}

fn lookup<'n>(node: &'n mut Node, parts: &[String]) -> Option<&'n mut Node> {
    let mut node = node;
    for part in parts {
        node = match (&mut node.data, part.parse::<usize>()) {
            (Data::Sequence(items), Ok(at)) => items.get_mut(at)?,
            (Data::Sequence(items), Err(_)) => {
                let (name, value) = part.strip_prefix('[')?.strip_suffix(']')?.split_once('=')?;
                items.iter_mut().find(|item| item.get(name).is_some_and(|found| found.as_written() == value))?
            }
            (Data::Mapping(entries), _) => &mut entries.iter_mut().find(|entry| entry.key == *part)?.value,
            (Data::Scalar(_), _) => return None,
        };
    }
    Some(node)
}

fn edited(text: &str, path: &[String], value: &Node, create: Option<Kind>) -> Option<String> {
    let file = Origin { file: 0, ..Origin::NONE };
    let mut document = read::documents(text, file, read::Dialect::Tree).ok()?.into_iter().next()?;
    let mut places: Vec<Origin> = Vec::new();
    let mut is_scalar = true;
    let mut put = |field: &mut Node| {
        is_scalar &= field.kind() == Kind::Scalar && value.kind() == Kind::Scalar && field.origin.file == 0;
        places.push(field.origin);
        if field.kind() == Kind::Scalar {
            field.data = Data::Scalar(value.as_written().to_owned());
        } else {
            *field = value.clone();
        }
        Ok(())
    };
    let count = path::visit(&mut document, path, create, Origin::NONE, &mut put).ok()?;
    if count == 0 {
        return None;
    }
    if text.trim_start().starts_with(['{', '[']) {
        return json(&document, text);
    }
    // The rest of the text stays as it is.
    is_scalar.then(|| replaced(text, places, value.as_written()))
}

fn replaced(text: &str, mut places: Vec<Origin>, value: &str) -> String {
    places.sort_by_key(|place| std::cmp::Reverse(place.start));
    let mut text = text.to_owned();
    for place in places {
        let range = place.start as usize..place.end as usize;
        let written = text.get(range.clone()).unwrap_or_default();
        let new = match written.chars().next() {
            Some('"') => {
                let mut quoted = String::new();
                encoding::push_json_text(value, &mut quoted);
                quoted
            }
            Some('\'') => format!("'{}'", value.replace('\'', "''")),
            _ => value.to_owned(),
        };
        text.replace_range(range, &new);
    }
    text.trim().to_owned()
}

fn json(document: &Node, original: &str) -> Option<String> {
    let mut compact = String::new();
    encoding::push_json(document, &mut compact).ok()?;
    let is_pretty = original.contains('\n') && original.contains("  ");
    Some(if is_pretty { encoding::pretty_json(&compact) } else { compact })
}
