//! One OpenAPI document into definitions of fields, without all that only people read.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// What one version of Kubernetes accepts.
#[derive(Default)]
pub(crate) struct Distilled {
    /// By short name: the fields of every definition that a kind leads to.
    pub(crate) definitions: BTreeMap<String, BTreeMap<String, Field>>,
    /// By API version and kind: the name of the definition.
    pub(crate) kinds: BTreeMap<(String, String), String>,
}

/// One field of a definition.
pub(crate) struct Field {
    /// Its type, as the file has it.
    pub(crate) shape: String,
    /// Whether it has to be there.
    pub(crate) required: bool,
}

/// Definitions that unmarshal themselves, and what they take.
const SPECIAL: &[(&str, &str)] = &[
    ("resource.Quantity", "quantity"),
    ("intstr.IntOrString", "int-or-text"),
    ("meta.v1.Time", "time"),
    ("meta.v1.MicroTime", "time"),
    ("meta.v1.FieldsV1", "any"),
    ("meta.v1.Patch", "any"),
    ("runtime.RawExtension", "any"),
    ("apiextensions.v1.JSON", "any"),
    ("apiextensions.v1.JSONSchemaPropsOrArray", "lenient(apiextensions.v1.JSONSchemaProps)"),
    ("apiextensions.v1.JSONSchemaPropsOrBool", "lenient-or-bool(apiextensions.v1.JSONSchemaProps)"),
    ("apiextensions.v1.JSONSchemaPropsOrStringArray", "lenient(apiextensions.v1.JSONSchemaProps)"),
];

/// Kinds that nobody writes into a manifest and that stand in every group.
const OF_EVERY_GROUP: &[&str] = &["DeleteOptions", "WatchEvent"];

/// Distils the document.
pub(crate) fn distil(swagger: &Value) -> Result<Distilled> {
    let all = swagger["definitions"].as_object().context("the document has no definitions")?;
    let by_name: BTreeMap<String, &Value> = all.iter().map(|(name, schema)| (short(name), schema)).collect();
    let mut distilled = Distilled::default();
    let mut wanted = BTreeSet::new();
    for (name, schema) in &by_name {
        for kind in schema["x-kubernetes-group-version-kind"].as_array().into_iter().flatten() {
            let text = |key: &str| kind[key].as_str().unwrap_or_default();
            if OF_EVERY_GROUP.contains(&text("kind")) || is_list(text("kind"), schema) {
                continue;
            }
            let api_version = match text("group") {
                "" => text("version").to_owned(),
                group => format!("{group}/{}", text("version")),
            };
            distilled.kinds.insert((api_version, text("kind").to_owned()), name.clone());
            wanted.insert(name.clone());
        }
    }
    while let Some(name) = wanted.pop_first() {
        let schema = by_name.get(&name).with_context(|| format!("there is no definition `{name}`"))?;
        let fields = fields(schema).with_context(|| format!("in `{name}`"))?;
        for field in fields.values() {
            let inner = innermost(&field.shape);
            if inner.contains('.') && !distilled.definitions.contains_key(inner) && inner != name {
                wanted.insert(inner.to_owned());
            }
        }
        distilled.definitions.insert(name, fields);
    }
    Ok(distilled)
}

/// Lists are read item by item.
fn is_list(kind: &str, schema: &Value) -> bool {
    kind.ends_with("List") && schema["properties"]["items"].is_object()
}

/// `io.k8s.api.core.v1.Pod` is `core.v1.Pod`: the last three parts name it.
fn short(name: &str) -> String {
    let parts: Vec<&str> = name.split('.').collect();
    let kept = match parts.as_slice() {
        [.., "util" | "api" | "pkg", group, kind] => vec![*group, *kind],
        [.., group, version, kind] => vec![*group, *version, *kind],
        _ => parts,
    };
    kept.join(".")
}

/// The name in a type such as `list(map(core.v1.Pod))`.
fn innermost(shape: &str) -> &str {
    shape.rsplit('(').next().unwrap_or(shape).trim_end_matches(')')
}

fn fields(schema: &Value) -> Result<BTreeMap<String, Field>> {
    let required: BTreeSet<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties
        .map(|(name, property)| {
            let shape = shape(property).with_context(|| format!("in `{name}`"))?;
            Ok((name.clone(), Field { shape, required: required.contains(name.as_str()) }))
        })
        .collect()
}

fn shape(schema: &Value) -> Result<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = short(reference.trim_start_matches("#/definitions/"));
        let special = SPECIAL.iter().find(|(special, _)| *special == name);
        return Ok(special.map_or(name, |(_, shape)| (*shape).to_owned()));
    }
    Ok(match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("string"), Some("byte")) => "bytes".to_owned(),
        (Some("string"), Some("date-time")) => "time".to_owned(),
        (Some("string"), Some("int-or-string")) => "int-or-text".to_owned(),
        (Some("string"), _) => "text".to_owned(),
        (Some("boolean"), _) => "bool".to_owned(),
        (Some("integer"), Some("int32")) => "int32".to_owned(),
        (Some("integer"), _) => "int64".to_owned(),
        (Some("number"), _) => "number".to_owned(),
        (Some("array"), _) => format!("list({})", shape(&schema["items"])?),
        (Some("object"), _) if schema["additionalProperties"].is_object() => {
            format!("map({})", shape(&schema["additionalProperties"])?)
        }
        (Some("object"), _) => "map(any)".to_owned(),
        (None, _) => "any".to_owned(),
        (Some(other), _) => bail!("`{other}` is a type that is not known here"),
    })
}
