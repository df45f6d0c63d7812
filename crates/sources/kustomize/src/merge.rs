//! Strategic merge patches, as `kyaml` applies them (which is not in all corners as the API server does).
//!
//! Lists are merged where the schema names keys for them, and replaced elsewhere. What the patch adds stands first.

mod list;

use crate::node::{Data, Entry, Kind, Node};
use crate::schema::Shape;

/// Collections in collections; the reader lets through less.
const DEEPEST: usize = 2_000;

/// What a place becomes.
pub(crate) enum Outcome {
    /// It goes.
    Gone,
    /// It is this. `from_patch` says that it is the patch's own node and not the object's.
    Is { node: Node, from_patch: bool },
}

/// What is merged.
pub(crate) enum Sides {
    /// The object's node and the patch's, where they are there.
    Both(Option<Node>, Option<Node>),
    /// A node of the patch that the object does not have: merged with itself, so that its directives are obeyed.
    Patch(Node),
}

/// What a patch says to do with a place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Directive {
    Merge,
    Replace,
    Delete,
}

/// Merges a patch into an object; `None` if nothing is left of it.
///
/// # Errors
/// The patch has another kind of node than the object somewhere, or an unknown directive.
pub(crate) fn apply(object: Node, patch: Node, shape: Option<Shape<'_>>) -> Result<Option<Node>, String> {
    match merge(Sides::Both(Some(object), Some(patch)), shape, 0)? {
        Outcome::Gone => Ok(None),
        Outcome::Is { node, .. } => Ok(Some(node)),
    }
}

pub(crate) fn merge(sides: Sides, shape: Option<Shape<'_>>, depth: usize) -> Result<Outcome, String> {
    if depth > DEEPEST {
        return Err("it is nested too deep".to_owned());
    }
    match sides {
        Sides::Patch(node) => merge_patch(node, shape, depth),
        Sides::Both(object, patch) => merge_both(object, patch, shape, depth),
    }
}

fn merge_both(
    object: Option<Node>,
    patch: Option<Node>,
    shape: Option<Shape<'_>>,
    depth: usize,
) -> Result<Outcome, String> {
    let kinds = [&object, &patch].map(|node| node.as_ref().filter(|node| !node.is_null()).map(Node::kind));
    let kind = match kinds {
        [Some(kind), Some(other)] if kind != other => {
            return Err(format!("the object has {} where the patch has {}", kind.name(), other.name()));
        }
        [Some(kind), _] | [None, Some(kind)] => kind,
        [None, None] => return Ok(neither(object, patch)),
    };
    let keys = shape.and_then(Shape::merge_keys);
    match (kind, keys) {
        (Kind::Mapping, _) => mapping(object, patch, shape, depth),
        (Kind::Sequence, Some(keys)) => list::merge(object, patch, shape.map(Shape::items), keys, depth),
        _ => Ok(match (patch, object) {
            (Some(node), _) if node.is_null() => Outcome::Gone,
            (Some(node), _) => Outcome::Is { node, from_patch: true },
            (None, Some(node)) => Outcome::Is { node, from_patch: false },
            (None, None) => Outcome::Gone,
        }),
    }
}

/// Neither side has more than null. A null that is written out stays where the patch does not mention it.
fn neither(object: Option<Node>, patch: Option<Node>) -> Outcome {
    match (object, patch) {
        (Some(node), None) if !node.as_written().is_empty() => Outcome::Is { node, from_patch: false },
        _ => Outcome::Gone,
    }
}

fn merge_patch(node: Node, shape: Option<Shape<'_>>, depth: usize) -> Result<Outcome, String> {
    if node.is_null() {
        return Ok(Outcome::Gone);
    }
    let keys = shape.and_then(Shape::merge_keys);
    match (node.kind(), keys) {
        (Kind::Mapping, _) => added_mapping(node, shape, depth),
        (Kind::Sequence, Some(keys)) => list::merge_patch(node, shape.map(Shape::items), keys, depth),
        _ => Ok(Outcome::Is { node, from_patch: true }),
    }
}

fn mapping(
    object: Option<Node>,
    patch: Option<Node>,
    shape: Option<Shape<'_>>,
    depth: usize,
) -> Result<Outcome, String> {
    let (object, patch) = match (object.filter(|node| !node.is_null()), patch) {
        (None, Some(patch)) => return added_mapping(patch, shape, depth),
        (None, None) => return Ok(Outcome::Gone),
        (Some(_), Some(patch)) if patch.is_null() => return Ok(Outcome::Gone),
        (Some(object), patch) => (object, patch),
    };
    let Some(mut patch) = patch else { return each_field(object, None, shape, depth) };
    match take_directive(&mut patch)? {
        Directive::Delete => Ok(Outcome::Gone),
        Directive::Replace => added_fields(patch, shape, depth),
        Directive::Merge => each_field(object, Some(patch), shape, depth),
    }
}

/// A mapping that only the patch has.
fn added_mapping(mut patch: Node, shape: Option<Shape<'_>>, depth: usize) -> Result<Outcome, String> {
    if take_directive(&mut patch)? == Directive::Delete {
        return Ok(Outcome::Gone);
    }
    added_fields(patch, shape, depth)
}

fn added_fields(mut patch: Node, shape: Option<Shape<'_>>, depth: usize) -> Result<Outcome, String> {
    let Data::Mapping(entries) = &mut patch.data else { return Ok(Outcome::Is { node: patch, from_patch: true }) };
    let mut kept = Vec::with_capacity(entries.len());
    for mut entry in entries.drain(..) {
        let field = shape.and_then(|shape| shape.field(&entry.key));
        let outcome = merge(Sides::Patch(entry.value), field, depth + 1).map_err(|error| below(&entry.key, &error))?;
        if let Outcome::Is { node, .. } = outcome {
            entry.value = node;
            kept.push(entry);
        }
    }
    *entries = kept;
    Ok(Outcome::Is { node: patch, from_patch: true })
}

fn each_field(
    mut object: Node,
    patch: Option<Node>,
    shape: Option<Shape<'_>>,
    depth: usize,
) -> Result<Outcome, String> {
    let mut patched = match patch.map(|patch| patch.data) {
        Some(Data::Mapping(entries)) => entries,
        _ => Vec::new(),
    };
    let Data::Mapping(entries) = &mut object.data else { return Ok(Outcome::Is { node: object, from_patch: false }) };
    let mut kept = Vec::with_capacity(entries.len() + patched.len());
    for mut entry in entries.drain(..) {
        let field = shape.and_then(|shape| shape.field(&entry.key));
        let at = patched.iter().position(|other| other.key == entry.key);
        let other = at.map(|at| patched.remove(at).value);
        let quoted = entry.value.quoted;
        let outcome = merge(Sides::Both(Some(entry.value), other), field, depth + 1);
        if let Outcome::Is { mut node, .. } = outcome.map_err(|error| below(&entry.key, &error))? {
            // A null of the patch removes; one of the object has been decided about.
            node.quoted = quoted;
            entry.value = node;
            kept.push(entry);
        }
    }
    for entry in patched {
        let field = shape.and_then(|shape| shape.field(&entry.key));
        let outcome = merge(Sides::Both(None, Some(entry.value)), field, depth + 1);
        if let Outcome::Is { mut node, .. } = outcome.map_err(|error| below(&entry.key, &error))? {
            if node.is_null() {
                continue;
            }
            node.quote_ambiguous();
            kept.push(Entry { key: entry.key, key_origin: entry.key_origin, value: node });
        }
    }
    *entries = kept;
    Ok(Outcome::Is { node: object, from_patch: false })
}

fn below(key: &str, error: &str) -> String {
    match error.strip_prefix('`') {
        Some(rest) => format!("`{key}.{rest}"),
        None => format!("`{key}`: {error}"),
    }
}

/// Takes `$patch` out of a mapping.
fn take_directive(patch: &mut Node) -> Result<Directive, String> {
    let Some(directive) = patch.get("$patch") else { return Ok(Directive::Merge) };
    let directive = directive_of(directive.as_written())?;
    patch.clear("$patch");
    Ok(directive)
}

fn directive_of(text: &str) -> Result<Directive, String> {
    match text {
        "merge" => Ok(Directive::Merge),
        "replace" => Ok(Directive::Replace),
        "delete" => Ok(Directive::Delete),
        _ => Err(format!("`$patch: {text}` is not known; it can be `merge`, `replace` or `delete`")),
    }
}
