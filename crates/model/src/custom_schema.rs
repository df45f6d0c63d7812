//! The schemas that CustomResourceDefinitions give to custom resources, read once and kept small.
//!
//! What is read is what a structural schema says of fields and types, and of validation what can be held without
//! evaluating anything: enumerations and bounds. Patterns, `anyOf` and its like, and CEL rules are left to the API
//! server: a resource that fits here may be refused there.

use std::collections::BTreeMap;

use crate::document::Value;
use crate::object::Object;
use crate::scalar::Scalar;

/// A version of a kind that a CustomResourceDefinition defines.
#[derive(Clone, Debug)]
pub struct CustomKind {
    /// The group.
    pub group: Box<str>,
    /// The kind.
    pub kind: Box<str>,
    /// The version.
    pub version: Box<str>,
    /// Its schema; `None` if the definition has none that says anything.
    pub schema: Option<CustomSchema>,
}

/// A schema: its nodes, of which the first is the whole resource.
#[derive(Clone, Debug, Default)]
pub struct CustomSchema {
    nodes: Vec<Node>,
}

/// The index of a node in its schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeId(u32);

/// What a value has to be.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// Its type; `None` if it may be anything.
    pub kind: Option<NodeKind>,
    /// Whether it may be null, or is replaced by a default if it is.
    pub nullable: bool,
    /// Whether fields that are not named here are kept.
    pub preserves_unknown: bool,
    /// Whether it is an object with `apiVersion`, `kind` and `metadata` of its own.
    pub embedded: bool,
    /// The fields of a mapping.
    pub fields: BTreeMap<Box<str>, NodeId>,
    /// The values of a mapping with any keys.
    pub values: Option<NodeId>,
    /// The items of a sequence.
    pub items: Option<NodeId>,
    /// The fields that have to be there.
    pub required: Vec<Box<str>>,
    /// What it may be, if that is listed.
    pub choices: Vec<Choice>,
    /// The smallest number, and whether that itself is allowed.
    pub minimum: Option<(f64, bool)>,
    /// The largest number, and whether that itself is allowed.
    pub maximum: Option<(f64, bool)>,
    /// The least and most letters, items or entries.
    pub length: (Option<u64>, Option<u64>),
}

/// The types of JSON schemas, as far as structural schemas have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A mapping.
    Mapping,
    /// A sequence.
    Sequence,
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A whole number or text.
    IntOrText,
}

/// A value of an enumeration.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// Text.
    Text(Box<str>),
    /// A number.
    Number(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// Null.
    Null,
    /// A mapping or a list, which is not compared.
    Other,
}

impl CustomSchema {
    /// The node of the whole resource.
    pub fn root(&self) -> NodeId {
        NodeId(0)
    }

    /// The node of that index.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    fn read(value: Value<'_>) -> Self {
        let mut schema = Self::default();
        schema.add(value);
        schema
    }

    fn add(&mut self, value: Value<'_>) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(Node::default());
        let mut node = scalars(value);
        for (key, property) in value.get("properties").into_iter().flat_map(Value::entries) {
            let inner = self.add(property);
            node.fields.insert(key.text().into(), inner);
        }
        // `true` is everything, `false` is no further key: then no values are known either.
        node.values = match value.get("additionalProperties") {
            Some(values) if values.is_mapping() => Some(self.add(values)),
            Some(values) if values.as_bool() == Some(true) => {
                node.preserves_unknown = true;
                None
            }
            _ => None,
        };
        node.items = value.get("items").filter(|items| items.is_mapping()).map(|items| self.add(items));
        self.nodes[id.0 as usize] = node;
        id
    }
}

/// What a schema says beside the schemas in it.
fn scalars(value: Value<'_>) -> Node {
    let is = |key: &str| value.get(key).and_then(Value::as_bool) == Some(true);
    let number = |key: &str| match value.get(key)?.scalar() {
        Scalar::Int(number) => Some(number as f64),
        Scalar::Float(number) => Some(number),
        _ => None,
    };
    let count = |key: &str| value.get(key).and_then(Value::as_int).and_then(|count| u64::try_from(count).ok());
    let kind = value.get("type").map(Value::text);
    let kind = match kind.as_deref() {
        _ if is("x-kubernetes-int-or-string") => Some(NodeKind::IntOrText),
        Some("object") => Some(NodeKind::Mapping),
        Some("array") => Some(NodeKind::Sequence),
        Some("string") => Some(NodeKind::Text),
        Some("integer") => Some(NodeKind::Integer),
        Some("number") => Some(NodeKind::Number),
        Some("boolean") => Some(NodeKind::Boolean),
        _ => None,
    };
    let (least, most) = match kind {
        Some(NodeKind::Mapping) => ("minProperties", "maxProperties"),
        Some(NodeKind::Sequence) => ("minItems", "maxItems"),
        _ => ("minLength", "maxLength"),
    };
    let required = value.get("required").into_iter().flat_map(Value::items).map(|name| name.text().into());
    let choices = value.get("enum").into_iter().flat_map(Value::items).map(choice);
    Node {
        kind,
        nullable: is("nullable") || value.get("default").is_some(),
        preserves_unknown: is("x-kubernetes-preserve-unknown-fields"),
        embedded: is("x-kubernetes-embedded-resource"),
        required: required.collect(),
        choices: choices.collect(),
        minimum: number("minimum").map(|bound| (bound, !is("exclusiveMinimum"))),
        maximum: number("maximum").map(|bound| (bound, !is("exclusiveMaximum"))),
        length: (count(least), count(most)),
        ..Node::default()
    }
}

fn choice(value: Value<'_>) -> Choice {
    match value.scalar() {
        Scalar::Null => Choice::Null,
        Scalar::Bool(truth) => Choice::Boolean(truth),
        Scalar::Int(number) => Choice::Number(number as f64),
        Scalar::Float(number) => Choice::Number(number),
        Scalar::String(text) => Choice::Text(text.into()),
        Scalar::Collection => Choice::Other,
    }
}

/// The kinds that a CustomResourceDefinition of version `v1` defines.
pub fn custom_kinds(definition: &Object<'_>) -> Vec<CustomKind> {
    let Some(spec) = definition.value.get("spec").filter(|_| definition.api_version == "apiextensions.k8s.io/v1")
    else {
        return Vec::new();
    };
    let text = |path: &[&str]| spec.at(path).map(Value::text).unwrap_or_default();
    let (group, kind) = (text(&["group"]), text(&["names", "kind"]));
    if group.is_empty() || kind.is_empty() {
        return Vec::new();
    }
    let versions = spec.get("versions").into_iter().flat_map(Value::items);
    let served = versions.filter(|version| version.get("served").and_then(Value::as_bool) != Some(false));
    let kinds = served.filter_map(|version| {
        let schema = version.at(&["schema", "openAPIV3Schema"]).filter(|schema| schema.is_mapping());
        Some(CustomKind {
            group: (&*group).into(),
            kind: (&*kind).into(),
            version: version.get("name")?.text().into(),
            schema: schema.map(CustomSchema::read),
        })
    });
    kinds.collect()
}
