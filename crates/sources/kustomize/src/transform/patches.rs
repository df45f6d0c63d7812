//! `patches`, `patchesStrategicMerge` and `patchesJson6902`.

use crate::context::{Context, Error};
use crate::json_patch::{self, Operation};
use crate::kustomization::PatchSource;
use crate::merge;
use crate::node::{Data, Node, Origin, Tag};
use crate::read;
use crate::resource::{Id, Resource, Resources};
use crate::select::Matcher;

use super::at;

/// What a patch's text is.
pub(crate) enum Patch {
    /// Parts of objects.
    Strategic(Vec<Node>),
    /// Operations.
    Json(Vec<Operation>),
}

/// Whether an object may be missing because something was left out of the build.
fn is_forgiven(context: &Context<'_>) -> bool {
    !context.problems.is_empty()
}

/// Reads the documents of a patch.
pub(crate) fn read(documents: Vec<Node>, source: &PatchSource, context: &Context<'_>) -> Result<Patch, Error> {
    let is_list = documents.first().is_some_and(|document| matches!(document.data, Data::Sequence(_)));
    if is_list {
        return json_patch::read(&documents[0], context).map(Patch::Json);
    }
    read::without_lists(documents).map(Patch::Strategic).map_err(at(context, &source.field))
}

/// Applies an entry of `patches`.
pub(crate) fn apply(
    resources: &mut Resources,
    source: &PatchSource,
    patch: Patch,
    context: &mut Context<'_>,
) -> Result<(), Error> {
    match (patch, &source.target) {
        (Patch::Strategic(patches), Some(_)) if patches.len() > 1 => {
            let message = format!("`{}` has several patches and a target, which is for one patch only", source.field);
            Err(context.error(source.origin, message))
        }
        (Patch::Strategic(patches), Some(_)) => match patches.into_iter().next() {
            Some(patch) => apply_to_target(resources, source, &patch, context),
            None => Ok(()),
        },
        (Patch::Strategic(patches), None) => {
            for patch in patches {
                apply_by_name(resources, source, patch, context)?;
            }
            Ok(())
        }
        (Patch::Json(operations), Some(_)) => apply_operations(resources, source, &operations, Note::Name, context),
        (Patch::Json(_), None) => {
            let message = format!("`{}` is a JSON patch and has no `target`", source.field);
            Err(context.error(source.origin, message))
        }
    }
}

fn matcher(source: &PatchSource, context: &Context<'_>) -> Result<Matcher, Error> {
    let target = source.target.clone().unwrap_or_default();
    Matcher::new(&target)
        .map_err(|message| context.error(source.origin, format!("`{}.target`: {message}", source.field)))
}

/// A patch for one object, which is called as the patch says.
pub(crate) fn apply_by_name(
    resources: &mut Resources,
    source: &PatchSource,
    patch: Node,
    context: &mut Context<'_>,
) -> Result<(), Error> {
    let Some(found) = target_of(resources, source, &patch, context)? else { return Ok(()) };
    apply_one(&mut resources.list[found], source, patch, context)
}

/// As `apply_by_name`, for `patchesStrategicMerge`.
pub(crate) fn apply_strategic(
    resources: &mut Resources,
    source: &PatchSource,
    patch: Node,
    context: &mut Context<'_>,
) -> Result<(), Error> {
    let Some(found) = target_of(resources, source, &patch, context)? else { return Ok(()) };
    apply_copy(&mut resources.list[found], source, &patch, context)?;
    resources.drop_gone();
    check_names(resources, source, context)
}

fn target_of(
    resources: &Resources,
    source: &PatchSource,
    patch: &Node,
    context: &mut Context<'_>,
) -> Result<Option<usize>, Error> {
    let id = Resource::new(patch.clone()).id(&context.schema);
    let found = resources.with_any_id(&context.schema, &|other| id.equals(other));
    match found.as_slice() {
        [one] => Ok(Some(*one)),
        [] if is_forgiven(context) => {
            let message = format!("the patch for {id} was not applied: its object may be in what was left out");
            context.leave_out(patch.origin, source.field.clone(), message, None);
            Ok(None)
        }
        [] => {
            let message = format!("`{}` is a patch for {id}, which is not in this build", source.field);
            let error = context.error(patch.origin, message);
            Err(match nearest(resources, &id) {
                Some(name) => error.hint(format!("there is a {} `{name}`", id.gvk.kind)),
                None => error,
            })
        }
        _ => {
            let message = format!("`{}` is a patch for {id}, and {} objects are called so", source.field, found.len());
            Err(context.error(patch.origin, message))
        }
    }
}

fn nearest<'r>(resources: &'r Resources, id: &Id) -> Option<&'r str> {
    resources.list.iter().find(|resource| resource.kind() == id.gvk.kind).map(Resource::name)
}

fn apply_to_target(
    resources: &mut Resources,
    source: &PatchSource,
    patch: &Node,
    context: &mut Context<'_>,
) -> Result<(), Error> {
    let matcher = matcher(source, context)?;
    let selected: Vec<usize> =
        (0..resources.list.len()).filter(|&at| matcher.selects(&resources.list[at], &context.schema)).collect();
    for at in selected {
        apply_copy(&mut resources.list[at], source, patch, context)?;
    }
    resources.drop_gone();
    check_names(resources, source, context)
}

/// Applies a patch whose labels and annotations have become text, and whose API version is the object's.
fn apply_copy(resource: &mut Resource, source: &PatchSource, patch: &Node, context: &Context<'_>) -> Result<(), Error> {
    let mut copy = patch.clone();
    if let Some(metadata) = copy.get_mut("metadata") {
        for field in ["labels", "annotations"] {
            as_texts(metadata, field);
        }
        if metadata.get("namespace").is_some_and(|namespace| namespace.as_written().is_empty() || namespace.is_null()) {
            metadata.clear("namespace");
        }
    }
    let origin = copy.get("apiVersion").map_or(copy.origin, |version| version.origin);
    copy.set("apiVersion", Node::scalar(resource.api_version(), origin));
    apply_one(resource, source, copy, context)
}

fn as_texts(metadata: &mut Node, field: &str) {
    let Some(texts) = metadata.get_mut(field) else { return };
    let is_empty = texts.entries().is_empty();
    for entry in texts.entries_mut().into_iter().flatten() {
        let text = entry.value.as_written().to_owned();
        entry.value = Node::fresh_text(text, entry.value.origin);
    }
    if is_empty {
        metadata.clear(field);
    }
}

fn apply_one(resource: &mut Resource, source: &PatchSource, patch: Node, context: &Context<'_>) -> Result<(), Error> {
    let schema = &context.schema;
    let text = |node: Option<&Node>| node.map(|node| (node.as_written().to_owned(), node.origin));
    let kind = text(resource.node.get("kind"));
    let name = text(resource.node.at(&["metadata", "name"]));
    let namespace = text(resource.node.at(&["metadata", "namespace"]));
    let origin = patch.origin;
    if source.may_change_name || source.may_change_kind {
        resource.remember_name(schema);
    }
    let shape = schema.kind(resource.api_version(), resource.kind());
    let object = std::mem::replace(&mut resource.node, Node::mapping(Origin::NONE));
    let id = kind.as_ref().map(|(kind, _)| kind.clone()).unwrap_or_default();
    let merged = merge::apply(object, patch, shape).map_err(|message| {
        let name = name.as_ref().map(|(name, _)| name.as_str()).unwrap_or_default();
        context.error(origin, format!("`{}` does not fit {id} `{name}`: {message}", source.field))
    })?;
    match merged {
        Some(node) if !node.is_empty() => resource.node = node,
        _ => {
            resource.is_deleted = true;
            return Ok(());
        }
    }
    if let (Some((kind, origin)), false) = (kind, source.may_change_kind) {
        resource.node.set("kind", Node::scalar(kind, origin));
    }
    if let (Some((name, origin)), false) = (name, source.may_change_name) {
        resource.set_name(&name, origin);
    }
    let (namespace, origin) = namespace.unwrap_or((String::new(), Origin::NONE));
    resource.set_namespace(&namespace, origin);
    Ok(())
}

fn check_names(resources: &mut Resources, source: &PatchSource, context: &Context<'_>) -> Result<(), Error> {
    if !source.may_change_name && !source.may_change_kind {
        return Ok(());
    }
    let mut checked = Resources::default();
    for resource in std::mem::take(&mut resources.list) {
        checked.add(resource, &context.schema).map_err(at(context, &source.field))?;
    }
    *resources = checked;
    Ok(())
}

/// Whether the name that an object had is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    Name,
    Nothing,
}

/// Applies the operations of a JSON patch to all objects of the target.
pub(crate) fn apply_operations(
    resources: &mut Resources,
    source: &PatchSource,
    operations: &[Operation],
    note: Note,
    context: &mut Context<'_>,
) -> Result<(), Error> {
    let matcher = matcher(source, context)?;
    for resource in &mut resources.list {
        if !matcher.selects(resource, &context.schema) {
            continue;
        }
        if note == Note::Name {
            resource.remember_name(&context.schema);
        }
        if resource.has_notes() {
            with_annotations(resource);
        }
        let id = resource.id(&context.schema);
        json_patch::apply(&mut resource.node, operations)
            .map_err(|(origin, message)| context.error(origin, format!("for {id}, {message}")))?;
    }
    Ok(())
}

/// kustomize keeps notes in the annotations, and so a patch finds them where the object has none.
fn with_annotations(resource: &mut Resource) {
    let Some(metadata) = resource.node.get_mut("metadata") else { return };
    let origin = metadata.origin;
    if metadata.get("annotations").is_none_or(Node::is_null) {
        metadata.clear("annotations");
        metadata.get_or_insert("annotations", || Node::mapping(origin));
    }
    for entry in metadata.get_mut("annotations").and_then(Node::entries_mut).into_iter().flatten() {
        entry.value.tag = Tag::Text;
    }
}
