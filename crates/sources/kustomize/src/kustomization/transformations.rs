//! The fields that change objects: patches, images, replicas, labels, replacements, variables.

use super::{Setting, Setting2, setting, setting_map, settings};
use crate::context::Error;
use crate::field_spec::{self, FieldSpec};
use crate::fields::Fields;
use crate::node::{Node, Origin};
use crate::resource::Gvk;

/// Which objects are meant. Group, version, kind, name and namespace are regular expressions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selector {
    pub gvk: Gvk,
    pub name: String,
    pub namespace: String,
    pub annotations: String,
    pub labels: String,
}

/// An entry of `patches` or `patchesJson6902`.
#[derive(Clone, Debug)]
pub(crate) struct PatchSource {
    pub origin: Origin,
    pub field: String,
    pub path: Option<Setting>,
    /// The patch itself, where it stands in line.
    pub patch: Option<Node>,
    pub target: Option<Selector>,
    pub may_change_name: bool,
    pub may_change_kind: bool,
}

/// An entry of `images`.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    pub origin: Origin,
    pub name: String,
    pub new_name: Option<Setting>,
    pub tag_suffix: Option<Setting>,
    pub new_tag: Option<Setting>,
    pub digest: Option<Setting>,
}

/// An entry of `replicas`.
#[derive(Clone, Debug)]
pub(crate) struct Replicas {
    pub origin: Origin,
    pub field: String,
    pub name: String,
    pub count: i64,
}

/// An entry of `labels`.
#[derive(Clone, Debug)]
pub(crate) struct Labels {
    pub pairs: Vec<Setting2>,
    pub include_selectors: bool,
    pub include_templates: bool,
    pub specs: Vec<FieldSpec>,
}

/// An entry of `replacements`: itself, or the file that it is in.
#[derive(Clone, Debug)]
pub(crate) struct Replacement {
    pub origin: Origin,
    pub field: String,
    pub path: Option<Setting>,
    pub source: Option<ReplacementSource>,
    pub value: Option<Setting>,
    pub targets: Option<Vec<ReplacementTarget>>,
}

/// Where a replacement takes its value.
#[derive(Clone, Debug)]
pub(crate) struct ReplacementSource {
    pub gvk: Gvk,
    pub name: String,
    pub namespace: String,
    pub field_path: String,
    pub options: Cut,
}

/// A part of a text between delimiters.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cut {
    pub delimiter: String,
    pub index: i64,
    pub create: bool,
}

/// Where a replacement puts its value.
#[derive(Clone, Debug)]
pub(crate) struct ReplacementTarget {
    pub origin: Origin,
    pub select: Option<Selector>,
    pub reject: Vec<Selector>,
    pub field_paths: Vec<String>,
    pub options: Cut,
}

/// An entry of `vars`.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub origin: Origin,
    pub name: String,
    pub gvk: Gvk,
    pub object: String,
    pub namespace: String,
    pub field_path: String,
}

const SELECTOR: &[&str] = &["group", "version", "kind", "name", "namespace", "annotationSelector", "labelSelector"];

/// A selector, or the fields of one.
pub(crate) fn read_selector(fields: &Fields<'_, '_>) -> Result<Selector, Error> {
    fields.only(SELECTOR)?;
    let text = |name: &str| -> Result<String, Error> { Ok(fields.text(name)?.unwrap_or_default()) };
    Ok(Selector {
        gvk: fields.gvk()?,
        name: text("name")?,
        namespace: text("namespace")?,
        annotations: text("annotationSelector")?,
        labels: text("labelSelector")?,
    })
}

pub(super) fn read_patches(fields: &Fields<'_, '_>, name: &str) -> Result<Vec<PatchSource>, Error> {
    let mut patches = Vec::new();
    for entry in fields.mappings(name)? {
        entry.only(&["path", "patch", "target", "options"])?;
        patches.push(read_patch(&entry, "patch")?);
    }
    Ok(patches)
}

/// A patch, from a kustomization or from a transformer's file, where the text is called otherwise.
pub(crate) fn read_patch(fields: &Fields<'_, '_>, text: &str) -> Result<PatchSource, Error> {
    let target = fields.mapping("target")?.map(|target| read_selector(&target)).transpose()?;
    let (mut may_change_name, mut may_change_kind) = (false, false);
    if let Some(options) = fields.mapping("options")? {
        options.only(&["allowNameChange", "allowKindChange"])?;
        may_change_name = options.is_true("allowNameChange")?;
        may_change_kind = options.is_true("allowKindChange")?;
    }
    let patch = fields.text(text)?.filter(|text| !text.trim().is_empty()).and(fields.get(text)).cloned();
    let path = setting(fields, "path")?;
    match (&path, &patch) {
        (Some(_), Some(_)) => Err(fields.error("a patch has both `path` and `patch`").hint("leave one of them out")),
        (None, None) => Err(fields.error("a patch has neither `path` nor `patch`")),
        _ => Ok(PatchSource {
            origin: fields.node.origin,
            field: fields.path.clone(),
            path,
            patch,
            target,
            may_change_name,
            may_change_kind,
        }),
    }
}

pub(super) fn read_images(fields: &Fields<'_, '_>, name: &str) -> Result<Vec<Image>, Error> {
    let mut images = Vec::new();
    for entry in fields.mappings(name)? {
        entry.only(&["name", "newName", "tagSuffix", "newTag", "digest"])?;
        images.push(read_image(&entry)?);
    }
    Ok(images)
}

/// One entry of `images`.
pub(crate) fn read_image(fields: &Fields<'_, '_>) -> Result<Image, Error> {
    Ok(Image {
        origin: fields.node.origin,
        name: fields.text("name")?.unwrap_or_default(),
        new_name: setting(fields, "newName")?,
        tag_suffix: setting(fields, "tagSuffix")?,
        new_tag: setting(fields, "newTag")?,
        digest: setting(fields, "digest")?,
    })
}

/// One entry of `replicas`.
pub(crate) fn read_replicas(fields: &Fields<'_, '_>) -> Result<Replicas, Error> {
    fields.only(&["name", "count"])?;
    let origin = fields.get("count").map_or(fields.node.origin, |node| node.origin);
    Ok(Replicas {
        origin,
        field: format!("{}.count", fields.path),
        name: fields.text("name")?.unwrap_or_default(),
        count: fields.number("count")?.unwrap_or_default(),
    })
}

pub(super) fn read_labels(fields: &Fields<'_, '_>) -> Result<Vec<Labels>, Error> {
    let mut labels = Vec::new();
    for entry in fields.mappings("labels")? {
        entry.only(&["pairs", "includeSelectors", "includeTemplates", "fields"])?;
        labels.push(Labels {
            pairs: setting_map(&entry, "pairs")?,
            include_selectors: entry.is_true("includeSelectors")?,
            include_templates: entry.is_true("includeTemplates")?,
            specs: field_spec::read_specs(&entry, "fields")?,
        });
    }
    Ok(labels)
}

pub(super) fn read_replacements(fields: &Fields<'_, '_>) -> Result<Vec<Replacement>, Error> {
    fields.mappings("replacements")?.iter().map(read_replacement).collect()
}

/// One replacement, from a kustomization or from a file of its own.
pub(crate) fn read_replacement(fields: &Fields<'_, '_>) -> Result<Replacement, Error> {
    fields.only(&["source", "targets", "sourceValue", "path"])?;
    let source = fields.mapping("source")?.map(|source| read_source(&source)).transpose()?;
    let value = match fields.text("sourceValue")? {
        Some(text) => {
            let origin = fields.get("sourceValue").map_or(fields.node.origin, |node| node.origin);
            Some(Setting { text, origin, field: format!("{}.sourceValue", fields.path) })
        }
        None => None,
    };
    let targets = match fields.get("targets") {
        Some(_) => Some(fields.mappings("targets")?.iter().map(read_target).collect::<Result<_, _>>()?),
        None => None,
    };
    let origin = fields.node.origin;
    Ok(Replacement { origin, field: fields.path.clone(), path: setting(fields, "path")?, source, value, targets })
}

fn read_source(fields: &Fields<'_, '_>) -> Result<ReplacementSource, Error> {
    fields.only(&["group", "version", "kind", "name", "namespace", "fieldPath", "options"])?;
    Ok(ReplacementSource {
        gvk: fields.gvk()?,
        name: fields.text("name")?.unwrap_or_default(),
        namespace: fields.text("namespace")?.unwrap_or_default(),
        field_path: fields.text("fieldPath")?.unwrap_or_default(),
        options: read_cut(fields)?,
    })
}

fn read_cut(fields: &Fields<'_, '_>) -> Result<Cut, Error> {
    let Some(options) = fields.mapping("options")? else { return Ok(Cut::default()) };
    options.only(&["delimiter", "index", "encoding", "create"])?;
    Ok(Cut {
        delimiter: options.text("delimiter")?.unwrap_or_default(),
        index: options.number("index")?.unwrap_or_default(),
        create: options.is_true("create")?,
    })
}

fn read_target(fields: &Fields<'_, '_>) -> Result<ReplacementTarget, Error> {
    fields.only(&["select", "reject", "fieldPaths", "options"])?;
    Ok(ReplacementTarget {
        origin: fields.node.origin,
        select: fields.mapping("select")?.map(|select| read_selector(&select)).transpose()?,
        reject: fields.mappings("reject")?.iter().map(read_selector).collect::<Result<_, _>>()?,
        field_paths: settings(fields, "fieldPaths")?.into_iter().map(|setting| setting.text).collect(),
        options: read_cut(fields)?,
    })
}

pub(super) fn read_variables(fields: &Fields<'_, '_>) -> Result<Vec<Variable>, Error> {
    let mut variables = Vec::new();
    for entry in fields.mappings("vars")? {
        entry.only(&["name", "objref", "fieldref"])?;
        let mut variable = Variable {
            origin: entry.node.origin,
            name: entry.text("name")?.unwrap_or_default(),
            gvk: Gvk::default(),
            object: String::new(),
            namespace: String::new(),
            field_path: "metadata.name".to_owned(),
        };
        if let Some(object) = entry.mapping("objref")? {
            object.only(&["apiVersion", "group", "version", "kind", "name", "namespace"])?;
            variable.gvk = object.gvk()?;
            if let Some(version) = object.text("apiVersion")?.filter(|version| !version.is_empty()) {
                let named = Gvk::new(&version, "");
                if version.contains('/') {
                    variable.gvk.group = named.group;
                }
                variable.gvk.version = named.version;
            }
            variable.object = object.text("name")?.unwrap_or_default();
            variable.namespace = object.text("namespace")?.unwrap_or_default();
        }
        if let Some(field) = entry.mapping("fieldref")? {
            field.only(&["fieldPath"])?;
            if let Some(path) = field.text("fieldPath")?.filter(|path| !path.is_empty()) {
                variable.field_path = path;
            }
        }
        variables.push(variable);
    }
    Ok(variables)
}
