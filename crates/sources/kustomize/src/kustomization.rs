//! The kustomization file: found in its folder, read strictly, and old fields put where the new ones are.

mod generators;
mod helm;
mod transformations;

use std::path::{Path, PathBuf};

use crate::context::{Context, Error};
use crate::fields::Fields;
use crate::files::Location;
use crate::node::{Node, Origin};
use crate::order::Order;
use crate::read::Dialect;

pub(crate) use generators::{GeneratorArguments, GeneratorKind, read_generator};
pub use helm::{HelmChart, Written};
pub(crate) use helm::{HelmGlobals, read_chart};
pub(crate) use transformations::{
    Image, Labels, PatchSource, Replacement, ReplacementSource, ReplacementTarget, Replicas, Selector, Variable,
    read_image, read_patch, read_replacement, read_replicas, read_selector,
};

/// The names that a kustomization file may have.
pub(crate) const NAMES: &[&str] = &["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// A text, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub text: String,
    pub origin: Origin,
    /// Its field, such as `resources[0]`.
    pub field: String,
}

/// A kustomization, read.
#[derive(Debug)]
pub(crate) struct Kustomization {
    pub file: PathBuf,
    pub folder: PathBuf,
    pub is_component: bool,
    pub resources: Vec<Setting>,
    pub components: Vec<Setting>,
    pub configurations: Vec<Setting>,
    pub crds: Vec<Setting>,
    pub generators: Vec<(Setting, Node)>,
    pub transformers: Vec<(Setting, Node)>,
    pub validators: Vec<(Setting, Node)>,
    pub open_api: Option<Setting>,
    pub generated: Vec<GeneratorArguments>,
    pub charts: Vec<HelmChart>,
    pub helm_globals: HelmGlobals,
    pub patches_strategic: Vec<(Setting, Node)>,
    pub patches: Vec<PatchSource>,
    pub patches_json: Vec<PatchSource>,
    pub namespace: Option<Setting>,
    pub name_prefix: Option<Setting>,
    pub name_suffix: Option<Setting>,
    pub labels: Vec<Labels>,
    pub common_labels: Vec<Setting2>,
    pub common_annotations: Vec<Setting2>,
    pub replicas: Vec<Replicas>,
    pub images: Vec<Image>,
    pub replacements: Vec<Replacement>,
    pub variables: Vec<Variable>,
    pub order: Option<Order>,
    pub build_metadata: Vec<String>,
}

/// A name and its text, and where the text stands.
pub(crate) type Setting2 = (String, Setting);

const FIELDS: &[&str] = &[
    "apiVersion",
    "kind",
    "metadata",
    "openapi",
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "commonAnnotations",
    "patchesStrategicMerge",
    "patchesJson6902",
    "patches",
    "images",
    "imageTags",
    "replacements",
    "replicas",
    "vars",
    "sortOptions",
    "resources",
    "components",
    "crds",
    "bases",
    "configMapGenerator",
    "secretGenerator",
    "helmGlobals",
    "helmCharts",
    "helmChartInflationGenerator",
    "generatorOptions",
    "configurations",
    "generators",
    "transformers",
    "validators",
    "buildMetadata",
];

/// The kustomization file of a folder; `None` if there is none.
pub(crate) fn find(folder: &Path, context: &Context<'_>) -> Result<Option<PathBuf>, Error> {
    let located = NAMES.iter().filter_map(|name| match context.files.locate(&folder.join(name)) {
        Ok(Location::File(path)) => Some(path),
        _ => None,
    });
    let found: Vec<PathBuf> = located.collect();
    match found.as_slice() {
        [] => Ok(None),
        [file] => Ok(Some(file.clone())),
        [first, second, ..] => {
            let name =
                |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let message = format!("the folder has both `{}` and `{}`", name(first), name(second));
            Err(Error::new(&context.files.shown(folder), message).hint("keep one of them"))
        }
    }
}

/// Reads the kustomization of a folder.
pub(crate) fn load(folder: &Path, context: &mut Context<'_>) -> Result<Kustomization, Error> {
    let Some(file) = find(folder, context)? else {
        let message =
            "the folder has no kustomization: no `kustomization.yaml`, `kustomization.yml` or `Kustomization`";
        return Err(Error::new(&context.files.shown(folder), message));
    };
    let shown = context.files.shown(&file);
    let bytes = context.read(&file).map_err(|error| Error::new(&shown, format!("it cannot be read: {error}")))?;
    let document = context.parse_file(&file, &bytes, Dialect::Kubectl)?.into_iter().next();
    let Some(document) = document else {
        return Err(Error::new(&shown, "the kustomization is empty"));
    };
    read(&document, &file, folder, context)
}

fn read(document: &Node, file: &Path, folder: &Path, context: &mut Context<'_>) -> Result<Kustomization, Error> {
    let fields = Fields::new(document, "", context)?;
    fields.only(FIELDS)?;
    let is_component = check_version(&fields)?;
    if document
        .entries()
        .iter()
        .all(|entry| matches!(entry.key.as_str(), "apiVersion" | "kind") || entry.value.is_empty())
    {
        return Err(fields.error("the kustomization is empty: it names nothing to build"));
    }
    let mut resources = settings(&fields, "resources")?;
    resources.extend(settings(&fields, "bases")?);
    let mut images = transformations::read_images(&fields, "images")?;
    images.extend(transformations::read_images(&fields, "imageTags")?);
    let open_api = match fields.mapping("openapi")? {
        Some(fields) => setting(&fields, "path")?,
        None => None,
    };
    let (charts, helm_globals) = helm::read_all(&fields)?;
    Ok(Kustomization {
        file: file.to_path_buf(),
        folder: folder.to_path_buf(),
        is_component,
        resources,
        components: settings(&fields, "components")?,
        configurations: settings(&fields, "configurations")?,
        crds: settings(&fields, "crds")?,
        generators: settings_with_nodes(&fields, "generators")?,
        transformers: settings_with_nodes(&fields, "transformers")?,
        validators: settings_with_nodes(&fields, "validators")?,
        open_api,
        generated: generators::read_all(&fields)?,
        charts,
        helm_globals,
        patches_strategic: settings_with_nodes(&fields, "patchesStrategicMerge")?,
        patches: transformations::read_patches(&fields, "patches")?,
        patches_json: transformations::read_patches(&fields, "patchesJson6902")?,
        namespace: setting(&fields, "namespace")?,
        name_prefix: setting(&fields, "namePrefix")?,
        name_suffix: setting(&fields, "nameSuffix")?,
        labels: transformations::read_labels(&fields)?,
        common_labels: setting_map(&fields, "commonLabels")?,
        common_annotations: setting_map(&fields, "commonAnnotations")?,
        replicas: fields.mappings("replicas")?.iter().map(read_replicas).collect::<Result<_, _>>()?,
        images,
        replacements: transformations::read_replacements(&fields)?,
        variables: transformations::read_variables(&fields)?,
        order: read_order(&fields)?,
        build_metadata: fields.texts("buildMetadata")?.into_iter().map(|(text, _)| text).collect(),
    })
}

fn check_version(fields: &Fields<'_, '_>) -> Result<bool, Error> {
    let kind = fields.text("kind")?.unwrap_or_default();
    let is_component = match kind.as_str() {
        "" | "Kustomization" => false,
        "Component" => true,
        _ => return Err(fields.error(format!("the kind is `{kind}`, and should be `Kustomization` or `Component`"))),
    };
    let expected = if is_component { "kustomize.config.k8s.io/v1alpha1" } else { "kustomize.config.k8s.io/v1beta1" };
    let version = fields.text("apiVersion")?.unwrap_or_default();
    if !version.is_empty() && version != expected {
        return Err(fields.error(format!("the apiVersion is `{version}`, and should be `{expected}`")));
    }
    Ok(is_component)
}

/// A text that is not empty.
pub(crate) fn setting(fields: &Fields<'_, '_>, name: &str) -> Result<Option<Setting>, Error> {
    let Some(text) = fields.text(name)?.filter(|text| !text.is_empty()) else { return Ok(None) };
    let origin = fields.get(name).map_or(Origin::NONE, |node| node.origin);
    let field = if fields.path.is_empty() { name.to_owned() } else { format!("{}.{name}", fields.path) };
    Ok(Some(Setting { text, origin, field }))
}

pub(crate) fn settings(fields: &Fields<'_, '_>, name: &str) -> Result<Vec<Setting>, Error> {
    Ok(settings_with_nodes(fields, name)?.into_iter().map(|(setting, _)| setting).collect())
}

fn settings_with_nodes(fields: &Fields<'_, '_>, name: &str) -> Result<Vec<(Setting, Node)>, Error> {
    let prefix = if fields.path.is_empty() { String::new() } else { format!("{}.", fields.path) };
    let texts = fields.texts(name)?.into_iter().enumerate();
    let with_nodes = texts.map(|(at, (text, node))| {
        (Setting { text, origin: node.origin, field: format!("{prefix}{name}[{at}]") }, node.clone())
    });
    Ok(with_nodes.collect())
}

pub(crate) fn setting_map(fields: &Fields<'_, '_>, name: &str) -> Result<Vec<Setting2>, Error> {
    let prefix = if fields.path.is_empty() { String::new() } else { format!("{}.", fields.path) };
    let pairs = fields.text_map(name)?.into_iter().map(|(key, node)| {
        let text = if node.is_null() { String::new() } else { node.as_written().to_owned() };
        let mut field = format!("{prefix}{name}");
        model::document::push_key(&key, &mut field);
        (key, Setting { text, origin: node.origin, field })
    });
    Ok(pairs.collect())
}

/// `sortOptions`.
pub(crate) fn read_order(fields: &Fields<'_, '_>) -> Result<Option<Order>, Error> {
    let Some(options) = fields.mapping("sortOptions")? else { return Ok(None) };
    options.only(&["order", "legacySortOptions"])?;
    let names = |legacy: &Fields<'_, '_>, name: &str| -> Result<Vec<String>, Error> {
        Ok(legacy.texts(name)?.into_iter().map(|(text, _)| text).collect())
    };
    let legacy = options.mapping("legacySortOptions")?;
    match (options.text("order")?.unwrap_or_default().as_str(), legacy) {
        ("fifo", None) => Ok(Some(Order::Fifo)),
        ("fifo", Some(legacy)) => Err(legacy.error("`legacySortOptions` has no meaning where the order is `fifo`")),
        ("legacy", None) => Ok(Some(Order::Legacy(None))),
        ("legacy", Some(legacy)) => {
            legacy.only(&["orderFirst", "orderLast"])?;
            Ok(Some(Order::Legacy(Some((names(&legacy, "orderFirst")?, names(&legacy, "orderLast")?)))))
        }
        (order, _) => Err(options.error(format!("the order is `{order}`, and has to be `fifo` or `legacy`"))),
    }
}
