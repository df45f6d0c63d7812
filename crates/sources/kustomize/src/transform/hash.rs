//! The suffix of generated names: a digest of what the object holds.

use crate::context::{Context, Error};
use crate::digest;
use crate::encoding;
use crate::node::{Data, Node, Origin};
use crate::resource::{Resource, Resources};

/// Appends the digest to the names of generated objects.
pub(crate) fn apply(resources: &mut Resources, context: &Context<'_>) -> Result<(), Error> {
    for resource in resources.list.iter_mut().filter(|resource| resource.needs_hash) {
        let Some(encoded) = encode(resource) else {
            let id = resource.id(&context.schema);
            return Err(context.error(resource.node.origin, format!("{id} holds a value that JSON cannot")));
        };
        let suffix = suffix(&digest::sha256(encoded.as_bytes()));
        resource.remember_name(&context.schema);
        let name = format!("{}-{suffix}", resource.name());
        let origin = resource.node.at(&["metadata", "name"]).map_or(Origin::NONE, |name| name.origin);
        resource.set_name(&name, origin);
    }
    Ok(())
}

/// Ten digits, without those that could spell something.
fn suffix(digits: &str) -> String {
    let letter = |c: char| match c {
        '0' => 'g',
        '1' => 'h',
        '3' => 'k',
        'a' => 'm',
        'e' => 't',
        c => c,
    };
    digits.chars().take(10).map(letter).collect()
}

/// What the digest is of. `metadata/name` is looked up as one key, and so never found.
fn encode(resource: &Resource) -> Option<String> {
    let is_secret = resource.kind() == "Secret";
    if !is_secret && resource.kind() != "ConfigMap" {
        let mut text = String::new();
        encoding::push_json(&resource.node, &mut text).ok()?;
        return Some(text);
    }
    let mut text = String::from("{");
    let optional = if is_secret { "stringData" } else { "binaryData" };
    if !is_secret {
        push_optional(&resource.node, optional, &mut text)?;
    }
    text.push_str("\"data\":");
    push_field(resource.node.get("data"), &mut text)?;
    text.push_str(if is_secret {
        ",\"kind\":\"Secret\",\"name\":\"\""
    } else {
        ",\"kind\":\"ConfigMap\",\"name\":\"\""
    });
    if is_secret {
        if resource.node.get(optional).is_some_and(|data| matches!(data.data, Data::Mapping(_))) {
            text.push(',');
            push_optional(&resource.node, optional, &mut text)?;
            text.pop();
        }
        text.push_str(",\"type\":");
        push_field(resource.node.get("type"), &mut text)?;
    }
    text.push('}');
    Some(text)
}

fn push_optional(node: &Node, name: &str, text: &mut String) -> Option<()> {
    let Some(data) = node.get(name).filter(|data| matches!(data.data, Data::Mapping(_))) else { return Some(()) };
    text.push_str(&format!("\"{name}\":"));
    encoding::push_json(data, text).ok()?;
    text.push(',');
    Some(())
}

fn push_field(node: Option<&Node>, text: &mut String) -> Option<()> {
    match node {
        None => text.push_str("\"\""),
        Some(node) if matches!(node.data, Data::Scalar(_)) => encoding::push_json_text(node.as_written(), text),
        Some(node) if matches!(node.data, Data::Sequence(_)) => text.push_str("null"),
        Some(node) => encoding::push_json(node, text).ok()?,
    }
    Some(())
}
