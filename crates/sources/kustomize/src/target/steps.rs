//! The transformations of a kustomization, in their order.

use super::{Accumulator, Way, built_in, load};
use crate::context::{Context, Error};
use crate::field_spec::Conflict;
use crate::fields::Fields;
use crate::kustomization::{Kustomization, PatchSource, Replacement, read_replacement};
use crate::node::{Data, Node};
use crate::read::Dialect;
use crate::resource::Resources;
use crate::transform::names::Side;
use crate::transform::namespace::{Namespace, Subjects};
use crate::transform::patches::{self, Note, Patch};
use crate::transform::{images, labels, names, namespace, plugins, replacements, replicas};

pub(super) fn run(
    kustomization: &Kustomization,
    way: &Way,
    all: &mut Accumulator,
    context: &mut Context<'_>,
) -> Result<(), Error> {
    strategic(kustomization, way, all, context)?;
    for source in &kustomization.patches {
        let documents = documents(source, kustomization, context)?;
        let patch = patches::read(documents, source, context)?;
        patches::apply(&mut all.resources, source, patch, context)?;
        done(kustomization, way, "PatchTransformer", all, context);
    }
    named(kustomization, way, all, context)?;
    labelled(kustomization, way, all, context)?;
    for source in &kustomization.patches_json {
        json(source, kustomization, all, context)?;
        done(kustomization, way, "PatchJson6902Transformer", all, context);
    }
    counted(kustomization, way, all, context)?;
    for image in &kustomization.images {
        images::apply(&mut all.resources, image, &all.config.images, context)?;
        done(kustomization, way, "ImageTagTransformer", all, context);
    }
    if !kustomization.replacements.is_empty() {
        for replacement in loaded_replacements(kustomization, context)? {
            replacements::apply(&mut all.resources, &replacement, context)?;
        }
        done(kustomization, way, "ReplacementTransformer", all, context);
    }
    for transformer in plugins::load(kustomization, &kustomization.transformers, way, context)? {
        plugins::transform(&transformer, &mut all.resources, kustomization, context)?;
        if context.keeps_origins {
            let provenance = plugins::provenance(&transformer);
            note(&mut all.resources, &provenance);
        }
        all.resources.drop_gone();
    }
    Ok(())
}

/// Ends a transformation: what is empty goes, and the rest remembers it if it has to.
fn done(kustomization: &Kustomization, way: &Way, kind: &str, all: &mut Accumulator, context: &Context<'_>) {
    if context.keeps_origins {
        note(&mut all.resources, &built_in(kustomization, way, kind));
    }
    all.resources.drop_gone();
}

fn note(resources: &mut Resources, provenance: &crate::resource::Provenance) {
    for resource in &mut resources.list {
        match resource.provenance {
            Some(_) => resource.transformations.push(provenance.clone()),
            None => resource.provenance = Some(provenance.clone()),
        }
    }
}

fn strategic(
    kustomization: &Kustomization,
    way: &Way,
    all: &mut Accumulator,
    context: &mut Context<'_>,
) -> Result<(), Error> {
    for (named, node) in &kustomization.patches_strategic {
        let source = PatchSource {
            origin: named.origin,
            field: named.field.clone(),
            path: Some(named.clone()),
            patch: None,
            target: None,
            may_change_name: false,
            may_change_kind: false,
        };
        // The text may be the patch itself.
        let inline = context
            .parse_inline(node, Dialect::Tree)
            .ok()
            .and_then(|documents| crate::read::without_lists(documents).ok());
        let patches = match inline {
            Some(patches) => patches,
            None => {
                let (path, bytes) = load(&kustomization.folder, named, context)?;
                let documents = context.parse_file(&path, &bytes, Dialect::Tree)?;
                crate::read::without_lists(documents).map_err(|(origin, message)| context.error(origin, message))?
            }
        };
        for patch in patches {
            patches::apply_strategic(&mut all.resources, &source, patch, context)?;
        }
    }
    if !kustomization.patches_strategic.is_empty() {
        done(kustomization, way, "PatchStrategicMergeTransformer", all, context);
    }
    Ok(())
}

/// The documents of a patch: of its file, or in line. Operations are read as kubectl reads them.
pub(crate) fn documents(
    source: &PatchSource,
    kustomization: &Kustomization,
    context: &mut Context<'_>,
) -> Result<Vec<Node>, Error> {
    let is_list = |documents: &[Node]| documents.first().is_some_and(|first| matches!(first.data, Data::Sequence(_)));
    if let Some(path) = &source.path {
        let (path, bytes) = load(&kustomization.folder, path, context)?;
        let documents = context.parse_file(&path, &bytes, Dialect::Tree)?;
        return if is_list(&documents) { context.parse_file(&path, &bytes, Dialect::Kubectl) } else { Ok(documents) };
    }
    let Some(patch) = &source.patch else { return Ok(Vec::new()) };
    let parse = |dialect: Dialect| {
        context.parse_inline(patch, dialect).map_err(|trouble| {
            context.error(patch.origin, format!("`{}` is not valid YAML: {}", source.field, trouble.message))
        })
    };
    let documents = parse(Dialect::Tree)?;
    if is_list(&documents) { parse(Dialect::Kubectl) } else { Ok(documents) }
}

fn json(
    source: &PatchSource,
    kustomization: &Kustomization,
    all: &mut Accumulator,
    context: &mut Context<'_>,
) -> Result<(), Error> {
    if source.target.as_ref().is_none_or(|target| target.name.is_empty()) {
        return Err(context.error(source.origin, format!("`{}` needs `target.name`", source.field)));
    }
    let documents = documents(source, kustomization, context)?;
    match documents.first() {
        Some(document) if matches!(document.data, Data::Sequence(_)) => {}
        _ => return Err(context.error(source.origin, format!("`{}` is not a list of operations", source.field))),
    }
    let Patch::Json(operations) = patches::read(documents, source, context)? else { return Ok(()) };
    patches::apply_operations(&mut all.resources, source, &operations, Note::Nothing, context)
}

fn named(
    kustomization: &Kustomization,
    way: &Way,
    all: &mut Accumulator,
    context: &mut Context<'_>,
) -> Result<(), Error> {
    if let Some(text) = &kustomization.namespace {
        let how = Namespace { text, specs: &all.config.namespace, subjects: Subjects::Default, unset_only: false };
        namespace::apply(&mut all.resources, &how, context)?;
        done(kustomization, way, "NamespaceTransformer", all, context);
    }
    if let Some(text) = &kustomization.name_prefix {
        names::apply(&mut all.resources, text, Side::Before, &all.config.name_prefix, context)?;
        done(kustomization, way, "PrefixTransformer", all, context);
    }
    if let Some(text) = &kustomization.name_suffix {
        names::apply(&mut all.resources, text, Side::After, &all.config.name_suffix, context)?;
        done(kustomization, way, "SuffixTransformer", all, context);
    }
    Ok(())
}

fn labelled(
    kustomization: &Kustomization,
    way: &Way,
    all: &mut Accumulator,
    context: &mut Context<'_>,
) -> Result<(), Error> {
    for entry in &kustomization.labels {
        let specs = labels::specs(entry, &all.config).map_err(|Conflict(path)| {
            let shown = context.files.shown(&kustomization.file);
            Error::new(&shown, format!("two entries for labels at `{path}` differ in `create`"))
        })?;
        labels::apply(&mut all.resources, &entry.pairs, &specs, context)?;
        done(kustomization, way, "LabelTransformer", all, context);
    }
    if !kustomization.labels.is_empty() || !kustomization.common_labels.is_empty() {
        labels::apply(&mut all.resources, &kustomization.common_labels, &all.config.common_labels, context)?;
        done(kustomization, way, "LabelTransformer", all, context);
    }
    if !kustomization.common_annotations.is_empty() {
        labels::apply(&mut all.resources, &kustomization.common_annotations, &all.config.common_annotations, context)?;
        done(kustomization, way, "AnnotationsTransformer", all, context);
    }
    Ok(())
}

fn counted(
    kustomization: &Kustomization,
    way: &Way,
    all: &mut Accumulator,
    context: &mut Context<'_>,
) -> Result<(), Error> {
    for entry in &kustomization.replicas {
        let is_found = replicas::apply(&mut all.resources, entry, &all.config.replicas, context)?;
        if !is_found {
            let message = format!("`{}`: there is nothing called `{}` that has replicas", entry.field, entry.name);
            if context.problems.is_empty() {
                return Err(context.error(entry.origin, message));
            }
            context.leave_out(entry.origin, entry.field.clone(), message, None);
        }
        done(kustomization, way, "ReplicaCountTransformer", all, context);
    }
    Ok(())
}

/// The replacements of a kustomization, with those that are in files of their own.
fn loaded_replacements(kustomization: &Kustomization, context: &mut Context<'_>) -> Result<Vec<Replacement>, Error> {
    load_replacements(&kustomization.replacements, kustomization, context)
}

/// As they are, or from the files that they name.
pub(crate) fn load_replacements(
    replacements: &[Replacement],
    kustomization: &Kustomization,
    context: &mut Context<'_>,
) -> Result<Vec<Replacement>, Error> {
    let mut all = Vec::new();
    for replacement in replacements {
        let Some(named) = &replacement.path else {
            all.push(replacement.clone());
            continue;
        };
        if replacement.source.is_some() || replacement.targets.is_some() {
            let message = format!("`{}` has both `path` and a replacement", replacement.field);
            return Err(context.error(replacement.origin, message));
        }
        let (path, bytes) = load(&kustomization.folder, named, context)?;
        for document in context.parse_file(&path, &bytes, Dialect::Kubectl)? {
            let items = match &document.data {
                Data::Sequence(items) => items.clone(),
                _ => vec![document],
            };
            for item in &items {
                let fields = Fields::new(item, replacement.field.clone(), context)?;
                all.push(read_replacement(&fields)?);
            }
        }
    }
    Ok(all)
}
