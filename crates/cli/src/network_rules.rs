//! Files of rules of the network: read, and described for editors.

use std::fs;
use std::path::Path;

use configuration::fields::Reader;
use configuration::network_rules;
use model::network_rule::Rule;

use crate::configuration::describe;
use crate::exit::UsageError;

/// Larger than anybody writes.
const LARGEST: u64 = 8 << 20;

/// Reads a file of rules.
///
/// # Errors
/// One that cannot be read, or that is not understood: with the place of everything that is wrong.
pub(crate) fn read(path: &Path) -> Result<Vec<Rule>, UsageError> {
    let shown = path.display();
    let failed = |error: std::io::Error| UsageError(format!("cannot read the rules `{shown}`: {error}"));
    if fs::metadata(path).map_err(failed)?.len() > LARGEST {
        return Err(UsageError(format!("`{shown}` is larger than a file of rules can be")));
    }
    let text = fs::read_to_string(path).map_err(failed)?;
    let document = yaml::parse_document(&text).map_err(|error| {
        let before = &text.as_bytes()[..(error.offset as usize).min(text.len())];
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        UsageError(format!("{shown}:{line}: {}", error.message))
    })?;
    let mut reader = Reader::new(document.root(), 1);
    let rules = network_rules::read(&mut reader);
    if reader.problems.is_empty() { Ok(rules) } else { Err(UsageError(describe(path, &reader.problems))) }
}

/// Whether a path is a file of rules: it has rules or zones, and no kind as objects have.
pub(crate) fn is_one(path: &Path) -> bool {
    let is_small = fs::metadata(path).is_ok_and(|data| data.is_file() && data.len() <= LARGEST);
    let Some(text) = is_small.then(|| fs::read_to_string(path).ok()).flatten() else { return false };
    yaml::parse_document(&text).is_ok_and(|document| {
        let root = document.root();
        root.get("kind").is_none() && (root.get("rules").is_some() || root.get("zones").is_some())
    })
}

/// The JSON Schema of the file, for editors.
pub(crate) fn schema() -> String {
    let texts = serde_json::json!({"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]});
    let port = serde_json::json!({"type": ["string", "integer"]});
    let labels = serde_json::json!({"type": "object", "minProperties": 1, "additionalProperties": texts});
    let choice = |key: &str, meaning: &str, form: &serde_json::Value| {
        let mut form = form.clone();
        form["description"] = meaning.into();
        (key.to_owned(), form)
    };
    let pods: serde_json::Map<String, serde_json::Value> = [
        choice("namespace", "Names of namespaces, with `*`", &texts),
        choice("namespace labels", "Labels of namespaces, each with its values, or `*` for any", &labels),
        choice("labels", "Labels of pods, each with its values, or `*` for any", &labels),
        choice("workloads", "`name`, `namespace/name` or `Kind/namespace/name`, with `*`", &texts),
    ]
    .into_iter()
    .collect();
    let cidrs = serde_json::json!({"type": "object", "additionalProperties": false, "required": ["cidrs"],
        "properties": {"cidrs": {"description": "Addresses outside the cluster", "oneOf": texts["oneOf"]}}});
    let pods =
        serde_json::json!({"type": "object", "additionalProperties": false, "minProperties": 1, "properties": pods});
    let names: Vec<&str> = network_rules::BUILT_IN.iter().map(|(name, _)| *name).collect();
    let part = serde_json::json!({"oneOf": [
        {"type": "string", "description": format!(
            "A zone, a workload as `namespace/name`, a block of addresses, or one of {}", names.join(", "))},
        {"$ref": "#/$defs/pods"}, {"$ref": "#/$defs/cidrs"},
    ]});
    let side = serde_json::json!({"oneOf": [{"$ref": "#/$defs/part"}, {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/part"}}]});
    let ports = serde_json::json!({
        "description": "`8080`, `8000-8100`, `udp/53`, `tcp`, or the name that the pods that are connected to give a port, as `http` or `udp/dns`; all ports where it is left out",
        "oneOf": [port, {"type": "array", "minItems": 1, "items": port}],
    });
    let connection = serde_json::json!({"type": "object", "additionalProperties": false, "required": ["from", "to"],
        "properties": {"from": {"$ref": "#/$defs/side"}, "to": {"$ref": "#/$defs/side"}, "ports": {"$ref": "#/$defs/ports"}}});
    let peer = serde_json::json!({"oneOf": [{"$ref": "#/$defs/part"}, {
        "type": "object", "additionalProperties": false, "required": ["zone"],
        "properties": {"zone": {"$ref": "#/$defs/side"}, "ports": {"$ref": "#/$defs/ports"}},
    }]});
    let peers =
        serde_json::json!({"oneOf": [{"$ref": "#/$defs/peer"}, {"type": "array", "items": {"$ref": "#/$defs/peer"}}]});
    let only = |subject: &str, other: &str| {
        serde_json::json!({"type": "object", "additionalProperties": false, "required": [subject, other],
            "properties": {subject: {"$ref": "#/$defs/side"}, other: peers}})
    };
    let rule = |key: &str, form: serde_json::Value| {
        serde_json::json!({"type": "object", "additionalProperties": false, "required": [key],
            "properties": {"name": {"type": "string"}, key: form}})
    };
    let schema = serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rules of the network for `plimsoll network check`",
        "type": "object", "additionalProperties": false, "required": ["rules"],
        "properties": {
            "zones": {"description": "Who has a name in the rules",
                "type": "object", "additionalProperties": {"oneOf": [{"$ref": "#/$defs/pods"}, {"$ref": "#/$defs/cidrs"}]}},
            "rules": {"type": "array", "minItems": 1, "items": {"oneOf": [
                rule("forbid", connection.clone()), rule("require", connection),
                rule("allow only", serde_json::json!({"oneOf": [only("into", "from"), only("out of", "to")]})),
            ]}},
        },
        "$defs": {"pods": pods, "cidrs": cidrs, "part": part, "side": side, "ports": ports, "peer": peer},
    });
    serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n"
}
