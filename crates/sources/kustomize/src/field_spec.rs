//! Which fields of which kinds a transformation changes: kustomize's own choice and what `configurations` and `crds`
//! add, and the way along a path into an object.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::{Arc, OnceLock};

use crate::context::{Context, Error};
use crate::fields::{self, Fields};
use crate::node::{Data, Kind, Node, Origin, Tag};
use crate::resource::Gvk;

/// A field of a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldSpec {
    pub gvk: Gvk,
    pub path: String,
    pub create: bool,
}

/// The fields that hold names of a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NameReference {
    pub gvk: Gvk,
    pub referrers: Vec<FieldSpec>,
}

/// The fields of all transformations.
#[derive(Clone, Debug, Default)]
pub(crate) struct Config {
    pub name_prefix: Vec<FieldSpec>,
    pub name_suffix: Vec<FieldSpec>,
    pub namespace: Vec<FieldSpec>,
    pub common_labels: Vec<FieldSpec>,
    pub labels: Vec<FieldSpec>,
    pub template_labels: Vec<FieldSpec>,
    pub common_annotations: Vec<FieldSpec>,
    pub name_reference: Vec<NameReference>,
    pub var_reference: Vec<FieldSpec>,
    pub images: Vec<FieldSpec>,
    pub replicas: Vec<FieldSpec>,
}

/// Two entries for one field differ in whether to create it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conflict(pub String);

/// Adds fields that are not there.
pub(crate) fn merge(specs: &mut Vec<FieldSpec>, more: &[FieldSpec]) -> Result<(), Conflict> {
    for spec in more {
        let known = specs.iter().find(|known| known.path == spec.path && known.gvk.is_selected(&spec.gvk));
        match known {
            Some(known) if known.create != spec.create => return Err(Conflict(spec.path.clone())),
            Some(_) => {}
            None => specs.push(spec.clone()),
        }
    }
    Ok(())
}

impl Config {
    /// kustomize's own choice.
    pub(crate) fn built_in() -> &'static Config {
        static CONFIG: OnceLock<Config> = OnceLock::new();
        CONFIG.get_or_init(|| parse(include_str!("../field_specs.txt")))
    }

    /// What comes of merging kustomize's own choice alone: a configuration that nearly every kustomization has.
    pub(crate) fn usual() -> &'static Arc<Config> {
        static CONFIG: OnceLock<Arc<Config>> = OnceLock::new();
        CONFIG.get_or_init(|| {
            let mut config = Config::default();
            // It is in conflict with nothing.
            config.merge(Config::built_in()).unwrap_or_default();
            Arc::new(config)
        })
    }

    /// Merges `more` into a configuration that others may have too. The usual one brings nothing to itself.
    pub(crate) fn merge_shared(all: &mut Arc<Config>, more: &Arc<Config>) -> Result<(), Conflict> {
        if Arc::ptr_eq(all, more) {
            return Ok(());
        }
        if all.is_empty() && Arc::ptr_eq(more, Config::usual()) {
            *all = Arc::clone(more);
            return Ok(());
        }
        Arc::make_mut(all).merge(more)
    }

    fn is_empty(&self) -> bool {
        self.name_reference.is_empty() && LISTS.iter().all(|name| self.list(name).is_empty())
    }

    pub(crate) fn merge(&mut self, more: &Config) -> Result<(), Conflict> {
        for name in LISTS {
            let specs = more.list(name).to_vec();
            merge(self.list_mut(name), &specs)?;
        }
        for reference in &more.name_reference {
            match self.name_reference.iter_mut().find(|known| known.gvk == reference.gvk) {
                Some(known) => merge(&mut known.referrers, &reference.referrers)?,
                None => self.name_reference.push(reference.clone()),
            }
        }
        self.sort();
        Ok(())
    }

    fn sort(&mut self) {
        for name in LISTS {
            self.list_mut(name).sort_by(|a, b| compare(&a.gvk, &b.gvk));
        }
        self.name_reference.sort_by(|a, b| compare(&a.gvk, &b.gvk));
    }

    fn list(&self, name: &str) -> &[FieldSpec] {
        match name {
            "namePrefix" => &self.name_prefix,
            "nameSuffix" => &self.name_suffix,
            "namespace" => &self.namespace,
            "commonLabels" => &self.common_labels,
            "labels" => &self.labels,
            "templateLabels" => &self.template_labels,
            "commonAnnotations" => &self.common_annotations,
            "varReference" => &self.var_reference,
            "images" => &self.images,
            _ => &self.replicas,
        }
    }

    fn list_mut(&mut self, name: &str) -> &mut Vec<FieldSpec> {
        match name {
            "namePrefix" => &mut self.name_prefix,
            "nameSuffix" => &mut self.name_suffix,
            "namespace" => &mut self.namespace,
            "commonLabels" => &mut self.common_labels,
            "labels" => &mut self.labels,
            "templateLabels" => &mut self.template_labels,
            "commonAnnotations" => &mut self.common_annotations,
            "varReference" => &mut self.var_reference,
            "images" => &mut self.images,
            _ => &mut self.replicas,
        }
    }

    /// A file that `configurations` names.
    pub(crate) fn read(document: &Node, context: &Context<'_>) -> Result<Config, Error> {
        let mut config = Config::default();
        let fields = Fields::new(document, "", context)?;
        let mut known: Vec<&str> = LISTS.to_vec();
        known.push("nameReference");
        fields.only(&known)?;
        for name in LISTS {
            *config.list_mut(name) = read_specs(&fields, name)?;
        }
        for reference in fields.mappings("nameReference")? {
            let referrers = read_specs(&reference, "fieldSpecs")?;
            config.name_reference.push(NameReference { gvk: reference.gvk()?, referrers });
        }
        config.sort();
        Ok(config)
    }
}

/// The field specs in a list of a mapping.
pub(crate) fn read_specs(fields: &Fields<'_, '_>, name: &str) -> Result<Vec<FieldSpec>, Error> {
    let mut specs = Vec::new();
    for spec in fields.mappings(name)? {
        spec.only(&["group", "version", "kind", "path", "create"])?;
        let path = spec.text("path")?.unwrap_or_default();
        specs.push(FieldSpec { gvk: spec.gvk()?, path, create: spec.is_true("create")? });
    }
    Ok(specs)
}

const LISTS: &[&str] = &[
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "templateLabels",
    "commonAnnotations",
    "varReference",
    "images",
    "replicas",
];

fn parse(text: &str) -> Config {
    let mut config = Config::default();
    let mut list = "";
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let parts: Vec<&str> = line.split('\t').collect();
        let word =
            |at: usize| parts.get(at).filter(|word| **word != "*").map(|word| (*word).to_owned()).unwrap_or_default();
        let gvk = Gvk { group: word(1), version: word(2), kind: word(3) };
        if !parts[0].is_empty() {
            list = parts[0];
            if list == "nameReference" {
                config.name_reference.push(NameReference { gvk, referrers: Vec::new() });
            }
            continue;
        }
        let spec = FieldSpec { gvk, path: word(4), create: parts.len() > 5 };
        match (list, config.name_reference.last_mut()) {
            ("nameReference", Some(reference)) => reference.referrers.push(spec),
            _ => config.list_mut(list).push(spec),
        }
    }
    config.sort();
    config
}

/// kustomize's order of kinds.
fn compare(a: &Gvk, b: &Gvk) -> Ordering {
    crate::order::rank(&a.kind).cmp(&crate::order::rank(&b.kind)).then_with(|| sort_text(a).cmp(&sort_text(b)))
}

fn sort_text(gvk: &Gvk) -> String {
    let or = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
    format!("{}_{}_{}", or(&gvk.group, "~G"), or(&gvk.version, "~V"), or(&gvk.kind, "~K"))
}

/// What to do where a path ends.
pub(crate) struct Walk<'w> {
    /// What a missing field is made as, if the field spec allows it.
    pub make: Option<Kind>,
    pub tag: Tag,
    pub origin: Origin,
    pub set: &'w mut dyn FnMut(&mut Node) -> Result<(), String>,
}

/// Follows the path of a field spec into an object that it selects.
///
/// # Errors
/// Something on the way is neither a mapping nor a list, or `set` fails.
pub(crate) fn follow(node: &mut Node, spec: &FieldSpec, walk: &mut Walk<'_>) -> Result<(), String> {
    let text = |field: &str| node.get(field).map(Node::as_written).unwrap_or_default();
    if !spec.gvk.selects(text("apiVersion"), text("kind")) {
        return Ok(());
    }
    let path = fields::split_path(&spec.path, '/');
    step(node, &path, spec.create, walk).map_err(|message| format!("`{}`: {message}", spec.path))
}

fn step(node: &mut Node, path: &[Cow<'_, str>], create: bool, walk: &mut Walk<'_>) -> Result<(), String> {
    let Some((name, rest)) = path.split_first() else { return (walk.set)(node) };
    if node.is_null() {
        return Ok(());
    }
    if let Data::Sequence(items) = &mut node.data {
        return items.iter_mut().try_for_each(|item| step(item, path, create, walk));
    }
    if node.kind() == Kind::Scalar {
        return Err(format!("`{name}` is looked for in a single value"));
    }
    let (name, is_list) = match name.strip_suffix("[]") {
        Some(name) => (name, true),
        None => (&**name, false),
    };
    if name.is_empty() {
        return Err("a field has no name".to_owned());
    }
    let made = match (create && !is_list, walk.make) {
        (true, Some(kind)) => Some(if rest.is_empty() { kind } else { Kind::Mapping }),
        _ => None,
    };
    let hint = if is_list { Some(Kind::Sequence) } else { made };
    let origin = walk.origin;
    let field = match made {
        Some(kind) => node.get_or_insert(name, || empty(kind, origin)),
        None => node.get_mut(name),
    };
    let Some(field) = field else { return Ok(()) };
    if let (true, Some(kind)) = (field.is_null(), hint) {
        *field = empty(kind, origin);
        if kind == Kind::Scalar {
            field.tag = walk.tag;
        }
    }
    step(field, rest, create, walk)
}

fn empty(kind: Kind, origin: Origin) -> Node {
    match kind {
        Kind::Scalar => Node::scalar("", origin),
        Kind::Mapping => Node::mapping(origin),
        Kind::Sequence => Node::sequence(origin),
    }
}
