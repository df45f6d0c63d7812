//! Documents as JSON, for comparing.

use model::document::{Document, Value};
use model::scalar::Scalar;
use serde_json::{Map, Number, json};

/// The document as kubectl would write it.
pub(crate) fn of(document: &Document<'_>) -> serde_json::Value {
    of_value(document.root())
}

fn of_value(value: Value<'_>) -> serde_json::Value {
    match value.scalar() {
        Scalar::Null => serde_json::Value::Null,
        Scalar::Bool(value) => json!(value),
        Scalar::Int(value) => json!(value),
        Scalar::Float(value) => {
            Number::from_f64(value).map_or_else(|| json!(value.to_string()), |number| json!(number))
        }
        Scalar::String(text) => json!(text),
        Scalar::Collection if value.is_mapping() => {
            let entry = |(key, value): (Value<'_>, Value<'_>)| (key.text().into_owned(), of_value(value));
            value.entries().map(entry).collect::<Map<_, _>>().into()
        }
        Scalar::Collection => value.items().map(of_value).collect(),
    }
}
