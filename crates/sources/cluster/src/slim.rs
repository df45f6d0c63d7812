//! Objects of the API server with what nobody needs left out, while they are still text: bookkeeping of the server,
//! copies of the object in annotations, most of its status, and every value of a Secret.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A page of a list.
#[derive(serde::Deserialize)]
pub(crate) struct Page<'a> {
    /// `null` is a list without items; what has no such key is no list.
    #[serde(borrow, default, deserialize_with = "present")]
    pub(crate) items: Option<Option<Vec<&'a RawValue>>>,
    /// Of a table.
    #[serde(borrow, default, deserialize_with = "present")]
    pub(crate) rows: Option<Option<Vec<Row<'a>>>>,
    #[serde(default, rename = "columnDefinitions")]
    pub(crate) columns: Vec<Column>,
}

fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// What a page says of the list.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub(crate) struct PageMetadata {
    pub(crate) r#continue: String,
    #[serde(rename = "resourceVersion")]
    pub(crate) resource_version: String,
}

/// A row of a table.
#[derive(serde::Deserialize)]
pub(crate) struct Row<'a> {
    #[serde(borrow)]
    pub(crate) cells: Vec<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) object: &'a RawValue,
}

/// A column of a table.
#[derive(serde::Deserialize)]
pub(crate) struct Column {
    pub(crate) name: String,
}

/// The entries of an object in their order, each value as text.
struct Entries<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some((Key(key), value)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
                    entries.push((key, value));
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Each)
    }
}

/// A key, borrowed where it has no escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

fn entries(raw: &RawValue) -> Option<Entries<'_>> {
    serde_json::from_str(raw.get()).ok()
}

/// What of the status is kept, by kind; of all others nothing is.
fn kept_status(kind: &str) -> Kept {
    match kind {
        "Service" | "Ingress" | "Gateway" | "Job" => Kept::All,
        "Pod" => Kept::Fields(&["phase", "containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"]),
        "Node" => Kept::Fields(&["nodeInfo", "addresses"]),
        "Namespace" | "PersistentVolume" | "PersistentVolumeClaim" => Kept::Fields(&["phase"]),
        _ => Kept::Fields(&[]),
    }
}

enum Kept {
    All,
    Fields(&'static [&'static str]),
}

/// Bookkeeping of the server.
const DROPPED_METADATA: &[&str] = &["managedFields", "selfLink", "resourceVersion"];

/// Copies of the object, with all that is secret in it.
const DROPPED_ANNOTATIONS: &[&str] = &["kubectl.kubernetes.io/last-applied-configuration"];

/// Writes an object of the list of `kind` slim, as one line of JSON. False if it is no object.
pub(crate) fn object(raw: &RawValue, api_version: &str, kind: &str, out: &mut String) -> bool {
    let Some(Entries(fields)) = entries(raw) else { return false };
    out.clear();
    let mut writer = Writer::new(out);
    writer.text("apiVersion", api_version);
    writer.text("kind", kind);
    let is_secret = kind == "Secret" && api_version == "v1";
    for (key, value) in fields {
        match &*key {
            "apiVersion" | "kind" => {}
            "metadata" => writer.nested(&key, value, &metadata),
            "status" => match kept_status(kind) {
                Kept::All => writer.raw(&key, value),
                Kept::Fields([]) => {}
                Kept::Fields(kept) => writer.nested(&key, value, &|name, value, out| {
                    if kept.contains(&name) {
                        out.raw(name, value);
                    }
                }),
            },
            // Names of keys say what is there; values are dropped unread.
            "data" | "stringData" if is_secret => writer.nested(&key, value, &|name, _, out| out.text(name, "")),
            _ => writer.raw(&key, value),
        }
    }
    writer.end();
    true
}

/// Writes a Secret from its row in a table, which has its metadata and its type and nothing else of it.
pub(crate) fn secret(row: &Row<'_>, columns: &[Column], out: &mut String) -> bool {
    let Some(Entries(fields)) = entries(row.object) else { return false };
    out.clear();
    let mut writer = Writer::new(out);
    writer.text("apiVersion", "v1");
    writer.text("kind", "Secret");
    for (key, value) in fields.iter().filter(|(key, _)| key == "metadata") {
        writer.nested(key, value, &metadata);
    }
    let kind = columns.iter().position(|column| column.name == "Type").and_then(|at| row.cells.get(at));
    if let Some(kind) = kind {
        writer.raw("type", kind);
    }
    writer.end();
    true
}

fn metadata(name: &str, value: &RawValue, out: &mut Writer<'_>) {
    if DROPPED_METADATA.contains(&name) {
        return;
    }
    if name == "annotations" {
        return out.nested(name, value, &|name, value, out| {
            if !DROPPED_ANNOTATIONS.contains(&name) {
                out.raw(name, value);
            }
        });
    }
    out.raw(name, value);
}

/// Called for each entry of an object.
type OnEntry<'a> = &'a dyn Fn(&str, &RawValue, &mut Writer<'_>);

/// Writes one object of JSON.
struct Writer<'a> {
    out: &'a mut String,
    first: bool,
}

impl<'a> Writer<'a> {
    fn new(out: &'a mut String) -> Self {
        out.push('{');
        Self { out, first: true }
    }

    fn key(&mut self, key: &str) {
        if !self.first {
            self.out.push(',');
        }
        self.first = false;
        self.out.push_str(&quoted(key));
        self.out.push(':');
    }

    fn raw(&mut self, key: &str, value: &RawValue) {
        self.key(key);
        self.out.push_str(value.get());
    }

    fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        self.out.push_str(&quoted(value));
    }

    /// An object whose entries `on` chooses; what is none is written as it is.
    fn nested(&mut self, key: &str, value: &RawValue, on: OnEntry<'_>) {
        let Some(Entries(fields)) = entries(value) else {
            self.text(key, "");
            return;
        };
        self.key(key);
        let mut inner = Writer::new(self.out);
        for (name, value) in fields {
            on(&name, value, &mut inner);
        }
        inner.end();
    }

    fn end(self) {
        self.out.push('}');
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string is JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slim(text: &str, kind: &str) -> String {
        let raw: &RawValue = serde_json::from_str(text).unwrap();
        let mut out = String::new();
        assert!(object(raw, "v1", kind, &mut out));
        out
    }

    #[test]
    fn bookkeeping_and_most_of_the_status_are_left_out() {
        let text = r#"{"metadata":{"name":"a","resourceVersion":"1","managedFields":[{"a":1}],"annotations":
            {"kubectl.kubernetes.io/last-applied-configuration":"{}","b":"c"}},"spec":{"x":[1, 2]},"status":{"y":1}}"#;
        let expected = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","annotations":{"b":"c"}},"spec":{"x":[1, 2]}}"#;
        assert_eq!(slim(text, "ConfigMap"), expected);
    }

    #[test]
    fn no_value_of_a_secret_survives_in_any_of_its_places() {
        let text = r#"{"kind":"x","data":{"a":"czNjcjN0","b":{"c":"czNjcjN0"}},"data":"czNjcjN0","stringData":{"d":"s3cr3t"},
            "metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"s3cr3t"}},"type":"Opaque"}"#;
        let slim = slim(text, "Secret");
        assert!(!slim.contains("czNjcjN0") && !slim.contains("s3cr3t"), "{slim}");
        assert!(slim.contains(r#""data":{"a":"","b":""}"#) && slim.contains(r#""type":"Opaque""#), "{slim}");
    }

    #[test]
    fn a_row_of_a_table_becomes_a_secret_without_values() {
        let text = r#"{"columnDefinitions":[{"name":"Name"},{"name":"Type"}],"metadata":{"continue":"next"},
            "rows":[{"cells":["a","kubernetes.io/tls"],"object":{"kind":"PartialObjectMetadata","metadata":{"name":"a"}}}]}"#;
        let page: Page<'_> = serde_json::from_str(text).unwrap();
        let mut out = String::new();
        assert!(secret(&page.rows.flatten().unwrap()[0], &page.columns, &mut out));
        assert_eq!(out, r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"},"type":"kubernetes.io/tls"}"#);
    }
}
