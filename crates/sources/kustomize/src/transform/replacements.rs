//! `replacements`: a value of one object put into fields of others.

mod embedded;
mod path;

use crate::context::{Context, Error};
use crate::fields;
use crate::kustomization::{Replacement, ReplacementSource, ReplacementTarget};
use crate::node::{Data, Kind, Node, Origin};
use crate::resource::{Id, Resource, Resources};
use crate::select::Matcher;

use super::variables::step;

/// Applies one replacement.
pub(crate) fn apply(
    resources: &mut Resources,
    replacement: &Replacement,
    context: &mut Context<'_>,
) -> Result<(), Error> {
    let fail = |message: String| context.error(replacement.origin, format!("`{}`: {message}", replacement.field));
    let Some(targets) = &replacement.targets else { return Err(fail("it has no `targets`".to_owned())) };
    let value = match (&replacement.source, &replacement.value) {
        (Some(_), Some(_)) => return Err(fail("it has both `source` and `sourceValue`".to_owned())),
        (None, None) => return Err(fail("it has no `source`".to_owned())),
        (None, Some(value)) => Node::scalar(value.text.clone(), value.origin),
        (Some(source), None) => match source_value(resources, source) {
            Ok(value) => value,
            // What it would take its value from may be in what could not be seen.
            Err(message) if !context.problems.is_empty() => {
                context.leave_out(replacement.origin, replacement.field.clone(), message, None);
                return Ok(());
            }
            Err(message) => return Err(fail(message)),
        },
    };
    let mut value = value;
    value.origin = context.value(replacement.field.clone(), value.origin);
    for target in targets {
        apply_to(resources, target, &value)
            .map_err(|message| context.error(target.origin, format!("`{}`: {message}", replacement.field)))?;
    }
    Ok(())
}

/// The present and former names of an object; none of them knows about scopes.
fn ids(resource: &Resource) -> Vec<Id> {
    let current = Id {
        gvk: resource.gvk(),
        name: resource.name().to_owned(),
        namespace: resource.namespace().to_owned(),
        is_cluster_scoped: false,
    };
    std::iter::once(current).chain(resource.former_ids()).collect()
}

fn source_value(resources: &Resources, source: &ReplacementSource) -> Result<Node, String> {
    let namespace = Id {
        gvk: source.gvk.clone(),
        name: String::new(),
        namespace: source.namespace.clone(),
        is_cluster_scoped: false,
    };
    let is_selected = |id: &Id| {
        (source.name.is_empty() || source.name == id.name)
            && (source.namespace.is_empty() || namespace.is_in_namespace_of(id))
            && id.gvk.is_selected(&source.gvk)
    };
    let mut found = resources.list.iter().filter(|resource| ids(resource).iter().any(is_selected));
    let described = format!("{} `{}`", source.gvk, source.name);
    let Some(resource) = found.next() else { return Err(format!("its source {described} is not in this build")) };
    if found.next().is_some() {
        return Err(format!("its source {described} could mean several objects"));
    }
    let path = if source.field_path.is_empty() { "metadata.name" } else { &source.field_path };
    let mut node = Some(&resource.node);
    for part in fields::split_selector_path(path) {
        node = node.and_then(|node| step(node, &part));
    }
    let Some(node) = node.filter(|node| !node.is_empty()) else {
        return Err(format!("its source {described} has no `{path}`"));
    };
    let options = &source.options;
    if options.delimiter.is_empty() {
        return Ok(node.clone());
    }
    if node.kind() != Kind::Scalar {
        return Err(format!("`{path}` of its source is {}, which has no delimiters", node.kind().name()));
    }
    let part = usize::try_from(options.index).ok().and_then(|at| node.as_written().split(&options.delimiter).nth(at));
    match part {
        Some(part) => Ok(Node { data: Data::Scalar(part.to_owned()), ..node.clone() }),
        None => Err(format!("`{path}` of its source has no part {} between `{}`", options.index, options.delimiter)),
    }
}

fn apply_to(resources: &mut Resources, target: &ReplacementTarget, value: &Node) -> Result<(), String> {
    let Some(select) = &target.select else { return Err("a target has no `select`".to_owned()) };
    let select = Matcher::new(select)?;
    let reject = target.reject.iter().map(Matcher::new).collect::<Result<Vec<_>, _>>()?;
    let default = ["metadata.name".to_owned()];
    let paths = if target.field_paths.is_empty() { &default[..] } else { &target.field_paths };
    for resource in &mut resources.list {
        let ids = ids(resource);
        let is = |matcher: &Matcher, id: &Id| {
            matcher.matches_gvk(&id.gvk) && matcher.matches_name(&id.name) && matcher.matches_namespace(&id.namespace)
        };
        let is_rejected = reject.iter().any(|matcher| {
            (matcher.asks_labels && matcher.matches_labels(resource))
                || (!matcher.names_nothing && ids.iter().any(|id| is(matcher, id)))
        });
        if is_rejected || !select.matches_labels(resource) || !ids.iter().any(|id| is(&select, id)) {
            continue;
        }
        for path in paths {
            set(&mut resource.node, path, target, value).map_err(|message| format!("{}: {message}", ids[0]))?;
        }
    }
    Ok(())
}

fn set(object: &mut Node, path: &str, target: &ReplacementTarget, value: &Node) -> Result<(), String> {
    let parts = fields::split_selector_path(path);
    let create = target.options.create.then(|| value.kind());
    if embedded::set(object, &parts, value, create) {
        return Ok(());
    }
    let mut put = |field: &mut Node| put(field, target, value);
    let count = path::visit(object, &parts, create, value.origin, &mut put)
        .map_err(|message| format!("`{path}`: {message}"))?;
    match (count, target.options.create) {
        (0, true) => Err(format!("the field `{path}` is not there and cannot be made")),
        (0, false) => Err(format!("there is no field `{path}`")),
        _ => Ok(()),
    }
}

fn put(field: &mut Node, target: &ReplacementTarget, value: &Node) -> Result<(), String> {
    let mut text = value.as_written().to_owned();
    let options = &target.options;
    if !options.delimiter.is_empty() {
        if field.kind() != Kind::Scalar {
            return Err(format!("the field is {}, which has no delimiters", field.kind().name()));
        }
        let mut parts: Vec<&str> = field.as_written().split(&options.delimiter).collect();
        match usize::try_from(options.index) {
            Err(_) => parts.insert(0, value.as_written()),
            Ok(at) if at >= parts.len() => parts.push(value.as_written()),
            Ok(at) => parts[at] = value.as_written(),
        }
        text = parts.join(&options.delimiter);
    }
    // A single value keeps its tag and its quotes.
    if field.kind() == Kind::Scalar {
        field.data = Data::Scalar(text);
        field.origin = value.origin;
    } else {
        *field = Node { data: value.data.clone(), ..value.clone() };
    }
    Ok(())
}

/// A node that is made on the way.
fn made(kind: Kind, origin: Origin) -> Node {
    match kind {
        Kind::Scalar => Node::scalar("", origin),
        Kind::Mapping => Node::mapping(origin),
        Kind::Sequence => Node::sequence(origin),
    }
}
