//! The enumerations of Go's types, from the Go source that OpenAPI documents are made of: the published documents
//! leave them out.

use std::collections::BTreeMap;

/// By definition and field: the texts that it may be.
pub(crate) type Enumerations = BTreeMap<(String, String), Vec<String>>;

/// How deep the name of a field stands in the source.
const FIELD: &str = "\t\t\t\t\t\"";

/// Reads the source.
pub(crate) fn parse(source: &str) -> Enumerations {
    let mut found = Enumerations::new();
    let (mut definition, mut field) = (String::new(), String::new());
    for line in source.lines() {
        if let Some(rest) = line.strip_prefix("func schema_") {
            definition = name(rest.split('(').next().unwrap_or(rest));
        } else if let Some(rest) = line.strip_prefix(FIELD)
            && let Some((before, _)) = rest.split_once("\": {")
        {
            before.clone_into(&mut field);
        } else if let Some(rest) = line.trim_start().strip_prefix("Enum:") {
            let values = rest.split('"').skip(1).step_by(2).filter(|value| !value.is_empty()).map(str::to_owned);
            found.insert((definition.clone(), field.clone()), values.collect());
        }
    }
    found
}

/// `k8sio_api_core_v1_Container` is `core.v1.Container`.
fn name(function: &str) -> String {
    let parts: Vec<&str> = function.split('_').collect();
    parts[parts.len().saturating_sub(3)..].join(".")
}
