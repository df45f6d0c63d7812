//! `vars`: values of fields put where `$(NAME)` stands.

use crate::context::{Context, Error};
use crate::field_spec::{FieldSpec, Walk};
use crate::fields;
use crate::kustomization::Variable;
use crate::node::{Data, Kind, Node, Origin, Tag};
use crate::number;
use crate::resolve::{self, Json};
use crate::resource::{Id, Resources};

use super::follow_all;

/// Notes which objects hold the values of a kustomization's variables, and adds them to those that are known.
pub(crate) fn collect(
    resources: &mut Resources,
    known: &mut Vec<Variable>,
    variables: &[Variable],
    context: &Context<'_>,
) -> Result<(), Error> {
    for variable in variables {
        let gvk = variable.gvk.clone();
        let is_cluster_scoped = context.schema.is_cluster_scoped(&gvk.api_version(), &gvk.kind);
        let id = Id { gvk, name: variable.object.clone(), namespace: variable.namespace.clone(), is_cluster_scoped };
        let is_strict = !id.namespace.is_empty() || id.is_cluster_scoped;
        let matches = |other: &Id| if is_strict { id.equals(other) } else { id.has_name_and_kind_of(other) };
        let found = resources.with_any_id(&context.schema, &matches);
        if found.len() > 1 {
            let message = format!("the variable `{}` could mean {} objects", variable.name, found.len());
            return Err(context.error(variable.origin, message).hint("say which by `objref.namespace`"));
        }
        for at in found {
            resources.list[at].variables.push(variable.name.clone());
        }
        add(known, variable.clone(), context)?;
    }
    Ok(())
}

/// Adds a variable; two of one name are an error.
pub(crate) fn add(known: &mut Vec<Variable>, variable: Variable, context: &Context<'_>) -> Result<(), Error> {
    if known.iter().any(|other| other.name == variable.name) {
        return Err(context.error(variable.origin, format!("there is a second variable `{}`", variable.name)));
    }
    known.push(variable);
    Ok(())
}

/// The value of a variable.
#[derive(Clone, Debug)]
struct Value {
    name: String,
    node: Node,
    origin: Origin,
}

/// Puts the values where `$(NAME)` stands in the fields that may have one.
pub(crate) fn resolve(
    resources: &mut Resources,
    variables: &[Variable],
    specs: &[FieldSpec],
    context: &mut Context<'_>,
) -> Result<(), Error> {
    let mut values = Vec::new();
    for variable in variables {
        let holder = resources.list.iter().find(|resource| resource.variables.contains(&variable.name));
        let Some(holder) = holder else {
            let message = format!(
                "the variable `{}` takes its value from a {} `{}` that is not in this build",
                variable.name, variable.gvk.kind, variable.object
            );
            return Err(context.error(variable.origin, message));
        };
        let Some(node) = lookup(&holder.node, &variable.field_path) else {
            let message =
                format!("the variable `{}`: there is no `{}` in its object", variable.name, variable.field_path);
            return Err(context.error(variable.origin, message));
        };
        let node = node.clone();
        let origin = context.value(format!("vars.{}", variable.name), variable.origin);
        values.push(Value { name: variable.name.clone(), node, origin });
    }
    if values.is_empty() {
        return Ok(());
    }
    for resource in &mut resources.list {
        let mut set = |node: &mut Node| expand_node(node, &values);
        let mut walk = Walk { make: None, tag: Tag::Unset, origin: Origin::NONE, set: &mut set };
        follow_all(resource, specs, &mut walk, context)?;
    }
    Ok(())
}

/// The node that a path such as `spec.ports[0].port` leads to.
pub(crate) fn lookup<'n>(node: &'n Node, path: &str) -> Option<&'n Node> {
    let mut node = node;
    for part in fields::split_selector_path(path) {
        // `ports[0]` is `ports` and `0`.
        let (name, index) = match part.split_once('[') {
            Some((name, index)) if !name.is_empty() && !index.contains('=') => (name, index.strip_suffix(']')),
            _ => (part.as_str(), None),
        };
        node = step(node, name)?;
        if let Some(index) = index {
            node = step(node, index)?;
        }
    }
    Some(node)
}

/// One part of a path: a key, an index, `-` for the last item, or `[name=value]`.
pub(crate) fn step<'n>(node: &'n Node, part: &str) -> Option<&'n Node> {
    let part = part.trim();
    if part.is_empty() {
        return Some(node);
    }
    if let Some(choice) = part.strip_prefix('[').and_then(|part| part.strip_suffix(']')) {
        let (name, value) = choice.split_once('=')?;
        return node.items().iter().find(|item| match name {
            "" => item.as_written() == value,
            name => item.get(name).is_some_and(|found| found.as_written() == value),
        });
    }
    if let Ok(index) = part.parse::<usize>() {
        return node.items().get(index);
    }
    if part == "-" && node.kind() == Kind::Sequence {
        return node.items().last();
    }
    node.get(part)
}

fn expand_node(node: &mut Node, values: &[Value]) -> Result<(), String> {
    if node.is_null() {
        return Ok(());
    }
    match &mut node.data {
        Data::Scalar(_) => {
            if node.is_text_like() {
                expand(node, values);
            }
        }
        Data::Mapping(entries) => {
            for entry in entries.iter_mut().filter(|entry| entry.value.is_text_like()) {
                expand(&mut entry.value, values);
            }
        }
        Data::Sequence(items) => {
            for item in items {
                if !item.is_text_like() {
                    return Err("only text is expected in this list".to_owned());
                }
                expand(item, values);
            }
        }
    }
    Ok(())
}

/// Replaces a scalar by its text with the values in it. A text that is nothing but a variable takes its type, too.
fn expand(node: &mut Node, values: &[Value]) {
    let input = node.as_written().to_owned();
    let mut output = String::new();
    let mut origin = node.origin;
    let mut rest = input.as_str();
    while let Some(at) = rest.find('$').filter(|&at| at + 1 < rest.len()) {
        output.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let Some((name, length)) = variable(after) else {
            // `$$` is one `$`; anything else stays.
            let next = after.chars().next().map_or(0, char::len_utf8);
            if !after.starts_with('$') {
                output.push('$');
            }
            output.push_str(&after[..next]);
            rest = &after[next..];
            continue;
        };
        rest = &after[length..];
        let found = values.iter().find(|value| value.name == name);
        let text = found.and_then(|value| text_of(&value.node));
        if let Some(value) = found.filter(|_| text.is_some()) {
            origin = Origin { value: value.origin.value, ..origin };
            if input.len() == length + 1 {
                take(node, &value.node, origin);
                return;
            }
        }
        match text {
            Some(text) => output.push_str(&text),
            None => output.push_str(&format!("$({name})")),
        }
    }
    output.push_str(rest);
    *node = Node::text(output, origin);
}

/// The name in `(NAME)`, and how long that is.
fn variable(text: &str) -> Option<(&str, usize)> {
    let name = text.strip_prefix('(')?;
    let end = name.find(')')?;
    Some((&name[..end], end + 2))
}

fn text_of(node: &Node) -> Option<String> {
    if node.kind() != Kind::Scalar {
        return None;
    }
    match resolve::value_of(node).ok()? {
        Json::Null => None,
        Json::Bool(value) => Some(value.to_string()),
        Json::Int(value) => Some(value.to_string()),
        Json::Float(value) => Some(number::format_value(value)),
        Json::Text(text) => Some(text.into_owned()),
    }
}

fn take(node: &mut Node, value: &Node, origin: Origin) {
    let (text, tag) = match resolve::value_of(value) {
        Ok(Json::Bool(value)) => (value.to_string(), Tag::Bool),
        Ok(Json::Int(value)) => (value.to_string(), Tag::Int),
        Ok(Json::Float(value)) => (value.to_string(), Tag::Float),
        Ok(Json::Text(text)) => (text.into_owned(), Tag::Text),
        _ => return,
    };
    *node = Node { tag, ..Node::scalar(text, origin) };
}
