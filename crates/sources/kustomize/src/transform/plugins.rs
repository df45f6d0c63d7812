//! `transformers`, `generators` and `validators`: built-in ones with a configuration of their own. Programs and
//! containers are never run.

use crate::context::{Context, Error};
use crate::field_spec::{self, FieldSpec, Walk};
use crate::fields::Fields;
use crate::generate;
use crate::kustomization::{
    self, GeneratorKind, Kustomization, Setting, read_chart, read_generator, read_image, read_patch, read_replacement,
    read_replicas,
};
use crate::node::{Data, Kind, Node, Tag};
use crate::order;
use crate::read::{self, Dialect};
use crate::resource::{Gvk, Provenance, Resource, Resources};
use crate::target::{self, Accumulator, Way};

use super::names::Side;
use super::namespace::{Namespace, Subjects};
use super::patches::{self, Note, Patch};
use super::{at, hash, images, labels, names, namespace, replacements, replicas};

/// The configurations that a list names or holds in line, in its order.
pub(crate) fn load(
    kustomization: &Kustomization,
    list: &[(Setting, Node)],
    way: &Way,
    context: &mut Context<'_>,
) -> Result<Vec<Resource>, Error> {
    let mut inline = Vec::new();
    let mut named = Accumulator::default();
    for (setting, node) in list {
        let documents =
            context.parse_inline(node, Dialect::Tree).ok().and_then(|documents| read::without_lists(documents).ok());
        match documents {
            Some(documents) => {
                let name = kustomization.file.file_name().map(|name| name.to_string_lossy().into_owned());
                for document in documents {
                    let mut resource = Resource::new(document);
                    resource.provenance = context.keeps_origins.then(|| Provenance {
                        path: target::joined(&way.origin, &name.clone().unwrap_or_default()),
                        ..Provenance::default()
                    });
                    inline.push(resource);
                }
            }
            None => target::add_resource(kustomization, setting, way, &mut named, context)?,
        }
    }
    inline.extend(named.resources.list);
    Ok(inline)
}

/// What `buildMetadata` writes for a plugin.
pub(crate) fn provenance(plugin: &Resource) -> Provenance {
    let by = (
        plugin.api_version().to_owned(),
        plugin.kind().to_owned(),
        plugin.name().to_owned(),
        plugin.namespace().to_owned(),
    );
    let path = plugin.provenance.as_ref().map(|provenance| provenance.path.clone()).unwrap_or_default();
    Provenance { path: String::new(), configured_in: path, configured_by: Some(by) }
}

fn is_program(plugin: &Resource) -> bool {
    let names = ["config.kubernetes.io/function", "config.k8s.io/function"];
    plugin.texts("annotations").iter().any(|(name, _)| names.contains(name)) || plugin.api_version() != "builtin"
}

fn leave_out(plugin: &Resource, what: &str, context: &mut Context<'_>) {
    let message = format!("the {what} {} `{}` is a program of its own, and is not run", plugin.kind(), plugin.name());
    context.leave_out(plugin.node.origin, what.to_owned() + "s", message, None);
}

/// The configuration without what makes an object of it.
fn configuration(plugin: &Resource) -> Node {
    let mut node = plugin.node.clone();
    for field in ["apiVersion", "kind", "metadata"] {
        node.clear(field);
    }
    node
}

/// What a generator makes.
pub(crate) fn generate(
    plugin: &Resource,
    kustomization: &Kustomization,
    way: &Way,
    context: &mut Context<'_>,
) -> Result<Vec<Resource>, Error> {
    if is_program(plugin) {
        leave_out(plugin, "generator", context);
        return Ok(Vec::new());
    }
    let kind = match plugin.kind() {
        "ConfigMapGenerator" => GeneratorKind::ConfigMap,
        "SecretGenerator" => GeneratorKind::Secret,
        "HelmChartInflationGenerator" => {
            let node = configuration(plugin);
            let fields = Fields::new(&node, "generators", context)?;
            let mut chart = read_chart(&fields)?;
            if let Some(home) = fields.text("chartHome")? {
                chart.home = kustomization.folder.join(home);
            }
            return target::inflate(&chart, kustomization, way, context);
        }
        _ => {
            leave_out(plugin, "generator", context);
            return Ok(Vec::new());
        }
    };
    let mut node = configuration(plugin);
    for field in ["name", "namespace"] {
        if let Some(value) = plugin.node.at(&["metadata", field]) {
            node.set(field, value.clone());
        }
    }
    let arguments = read_generator(&Fields::new(&node, "", context)?, kind)?;
    Ok(vec![generate::generate(&arguments, &kustomization.folder, context)?])
}

/// Applies a transformer.
pub(crate) fn transform(
    plugin: &Resource,
    resources: &mut Resources,
    kustomization: &Kustomization,
    context: &mut Context<'_>,
) -> Result<(), Error> {
    if is_program(plugin) {
        leave_out(plugin, "transformer", context);
        return Ok(());
    }
    let node = configuration(plugin);
    let path = plugin.kind().to_owned();
    match plugin.kind() {
        "PatchTransformer" | "PatchJson6902Transformer" => patch(plugin, &node, resources, kustomization, context),
        "PatchStrategicMergeTransformer" => strategic(&node, resources, kustomization, context),
        "HashTransformer" => hash::apply(resources, context),
        "SortOrderTransformer" => {
            let order = kustomization::read_order(&Fields::new(&node, path, context)?)?.unwrap_or_default();
            order::sort(&mut resources.list, &order, &context.schema);
            Ok(())
        }
        "ReplacementTransformer" => {
            let fields = Fields::new(&node, path, context)?;
            let listed =
                fields.mappings("replacements")?.iter().map(read_replacement).collect::<Result<Vec<_>, _>>()?;
            for replacement in crate::target::load_replacements(&listed, kustomization, context)? {
                replacements::apply(resources, &replacement, context)?;
            }
            Ok(())
        }
        _ => by_fields(plugin, &node, resources, context),
    }
}

/// Transformers that set fields of their own choice.
fn by_fields(
    plugin: &Resource,
    node: &Node,
    resources: &mut Resources,
    context: &mut Context<'_>,
) -> Result<(), Error> {
    let fields = Fields::new(node, plugin.kind(), context)?;
    let specs = field_spec::read_specs(&fields, "fieldSpecs")?;
    match plugin.kind() {
        "LabelTransformer" => {
            let pairs = kustomization::setting_map(&fields, "labels")?;
            labels::apply(resources, &pairs, &specs, context)
        }
        "AnnotationsTransformer" => {
            let pairs = kustomization::setting_map(&fields, "annotations")?;
            labels::apply(resources, &pairs, &specs, context)
        }
        "PrefixTransformer" | "SuffixTransformer" => {
            let (name, side) =
                if plugin.kind() == "PrefixTransformer" { ("prefix", Side::Before) } else { ("suffix", Side::After) };
            let text = kustomization::setting(&fields, name)?.unwrap_or_else(|| target::nowhere("", name));
            names::apply(resources, &text, side, &specs, context)
        }
        "NamespaceTransformer" => set_namespace(plugin, node, &specs, resources, context),
        "ImageTagTransformer" => {
            let image = fields.mapping("imageTag")?.map(|fields| read_image(&fields)).transpose()?;
            image.map_or(Ok(()), |image| images::apply(resources, &image, &specs, context))
        }
        "ReplicaCountTransformer" => {
            let replicas = fields.mapping("replica")?.map(|fields| read_replicas(&fields)).transpose()?;
            let Some(replicas) = replicas else { return Ok(()) };
            if replicas::apply(resources, &replicas, &specs, context)? {
                return Ok(());
            }
            let message = format!("there is nothing called `{}` that has replicas", replicas.name);
            Err(context.error(plugin.node.origin, message))
        }
        "ValueAddTransformer" => add_value(node, resources, context),
        _ => {
            leave_out(plugin, "transformer", context);
            Ok(())
        }
    }
}

fn set_namespace(
    plugin: &Resource,
    node: &Node,
    specs: &[FieldSpec],
    resources: &mut Resources,
    context: &mut Context<'_>,
) -> Result<(), Error> {
    let Some(namespace) = plugin.node.at(&["metadata", "namespace"]) else { return Ok(()) };
    let fields = Fields::new(node, plugin.kind(), context)?;
    let text = Setting {
        text: namespace.as_written().to_owned(),
        origin: namespace.origin,
        field: "metadata.namespace".to_owned(),
    };
    let subjects = match fields.text("setRoleBindingSubjects")?.unwrap_or_default().as_str() {
        "" | "defaultOnly" => Subjects::Default,
        "allServiceAccounts" => Subjects::ServiceAccounts,
        "none" => Subjects::None,
        other => {
            let message = format!(
                "`setRoleBindingSubjects` is `{other}`, and has to be `defaultOnly`, `allServiceAccounts` or `none`"
            );
            return Err(fields.error(message));
        }
    };
    let unset_only = fields.is_true("unsetOnly")?;
    let how = Namespace { text: &text, specs, subjects, unset_only };
    namespace::apply(resources, &how, context)
}

fn patch(
    plugin: &Resource,
    node: &Node,
    resources: &mut Resources,
    kustomization: &Kustomization,
    context: &mut Context<'_>,
) -> Result<(), Error> {
    let is_json = plugin.kind() == "PatchJson6902Transformer";
    let fields = Fields::new(node, plugin.kind(), context)?;
    let source = read_patch(&fields, if is_json { "jsonOp" } else { "patch" })?;
    let documents = crate::target::documents(&source, kustomization, context)?;
    match patches::read(documents, &source, context)? {
        Patch::Json(operations) if is_json => {
            patches::apply_operations(resources, &source, &operations, Note::Nothing, context)
        }
        patch => patches::apply(resources, &source, patch, context),
    }
}

fn strategic(
    node: &Node,
    resources: &mut Resources,
    kustomization: &Kustomization,
    context: &mut Context<'_>,
) -> Result<(), Error> {
    let fields = Fields::new(node, "PatchStrategicMergeTransformer", context)?;
    let source = |setting: &Setting| kustomization::PatchSource {
        origin: setting.origin,
        field: setting.field.clone(),
        path: Some(setting.clone()),
        patch: None,
        target: None,
        may_change_name: false,
        may_change_kind: false,
    };
    let mut all = Vec::new();
    let names: Vec<(Setting, Node)> =
        kustomization::settings(&fields, "paths")?.into_iter().zip(fields.items("paths")?.iter().cloned()).collect();
    let inline = fields.get("patches").cloned();
    for (setting, text) in names {
        let parsed =
            context.parse_inline(&text, Dialect::Tree).ok().and_then(|documents| read::without_lists(documents).ok());
        let documents = match parsed {
            Some(documents) => documents,
            None => {
                let (path, bytes) = target::load(&kustomization.folder, &setting, context)?;
                read::without_lists(context.parse_file(&path, &bytes, Dialect::Tree)?)
                    .map_err(at(context, &setting.field))?
            }
        };
        all.extend(documents.into_iter().map(|document| (setting.clone(), document)));
    }
    if let Some(text) = inline {
        let setting = Setting { text: String::new(), origin: text.origin, field: "patches".to_owned() };
        let documents = context.parse_inline(&text, Dialect::Tree).map_err(|trouble| {
            context.error(text.origin, format!("`patches` is not valid YAML: {}", trouble.message))
        })?;
        let documents = read::without_lists(documents).map_err(at(context, "patches"))?;
        all.extend(documents.into_iter().map(|document| (setting.clone(), document)));
    }
    for (setting, patch) in all {
        patches::apply_strategic(resources, &source(&setting), patch, context)?;
    }
    Ok(())
}

/// `ValueAddTransformer`: a value set, or added to a path, in fields of selected objects.
fn add_value(node: &Node, resources: &mut Resources, context: &mut Context<'_>) -> Result<(), Error> {
    let fields = Fields::new(node, "ValueAddTransformer", context)?;
    let value = kustomization::setting(&fields, "value")?.unwrap_or_else(|| target::nowhere("", "value"));
    let mut targets = Vec::new();
    for target in fields.mappings("targets")? {
        let selector =
            target.mapping("selector")?.map(|selector| kustomization::read_selector(&selector)).transpose()?;
        let matcher =
            crate::select::Matcher::new(&selector.unwrap_or_default()).map_err(|message| target.error(message))?;
        let path = target.text("fieldPath")?.unwrap_or_else(|| "metadata/namespace".to_owned());
        let position = target.number("filePathPosition")?.unwrap_or_default();
        targets.push((matcher, FieldSpec { gvk: Gvk::default(), path, create: true }, position));
    }
    for (matcher, spec, position) in targets {
        for resource in &mut resources.list {
            if !matcher.selects(resource, &context.schema) {
                continue;
            }
            let mut set = |node: &mut Node| {
                if node.kind() != Kind::Scalar {
                    return Err(format!("a single value is expected, and this is {}", node.kind().name()));
                }
                let text = placed(node.as_written(), &value.text, position);
                *node = Node { quoted: node.quoted, data: Data::Scalar(text), ..Node::scalar("", value.origin) };
                Ok(())
            };
            let mut walk = Walk { make: Some(Kind::Scalar), tag: Tag::Text, origin: value.origin, set: &mut set };
            super::follow_all(resource, std::slice::from_ref(&spec), &mut walk, context)?;
        }
    }
    Ok(())
}

/// The value in place of the text, or as a part of the path that the text is.
fn placed(text: &str, value: &str, position: i64) -> String {
    let Ok(position) = usize::try_from(position) else { return value.to_owned() };
    if position == 0 {
        return value.to_owned();
    }
    let is_absolute = text.starts_with('/');
    let mut parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
    parts.insert((position - 1).min(parts.len()), value);
    format!("{}{}", if is_absolute { "/" } else { "" }, parts.join("/"))
}
