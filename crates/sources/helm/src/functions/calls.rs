//! Arguments as functions want them: their types were checked before.

use std::rc::Rc;

use crate::text::Text;
use crate::value::{Element, Entries, Kind, Map, Object, Value};

/// The text of an argument that is text.
pub(super) fn text(value: &Value) -> Text {
    match &value.kind {
        Kind::Text(text) => text.clone(),
        _ => Text::from(""),
    }
}

/// The number of an argument that is one.
pub(super) fn int(value: &Value) -> i64 {
    match value.kind {
        Kind::Int(number, _) => number,
        _ => 0,
    }
}

/// The mapping of an argument that is one; `None` for nil.
pub(super) fn map(value: &Value) -> Option<&Rc<Map>> {
    match &value.kind {
        Kind::Map(map) => Some(map),
        _ => None,
    }
}

/// A copy of the entries of a mapping; none for nil.
pub(super) fn entries(value: &Value) -> Entries {
    map(value).map(|map| map.entries.borrow().clone()).unwrap_or_default()
}

/// The items of a list of any type; `None` for what is no list.
pub(super) fn items(value: &Value) -> Option<Vec<Value>> {
    match &value.kind {
        Kind::List(list) => Some(list.items.clone()),
        Kind::Bytes(bytes) => {
            let byte = |byte: &u8| Value::new(Kind::Int(i64::from(*byte), crate::value::Width::Uint8));
            Some(bytes.iter().map(byte).collect())
        }
        Kind::Object(object) => match &**object {
            Object::ApiVersions(versions) => Some(versions.iter().map(|name| Value::text(name.as_str())).collect()),
            _ => None,
        },
        _ => None,
    }
}

/// The type of what is in a list.
pub(super) fn element(value: &Value) -> Element {
    match &value.kind {
        Kind::List(list) => list.element,
        _ => Element::Any,
    }
}
