//! An object on its way through a build: its node, the names it had before, and what a build notes about it.

use crate::node::{Data, Node, Origin};
use crate::schema::Schema;

/// Group, version and kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Gvk {
    pub group: String,
    pub version: String,
    pub kind: String,
}

impl Gvk {
    pub(crate) fn new(api_version: &str, kind: &str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() }
    }

    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Whether what `selector` names is equal here.
    pub(crate) fn is_selected(&self, selector: &Gvk) -> bool {
        (selector.group.is_empty() || selector.group == self.group)
            && (selector.version.is_empty() || selector.version == self.version)
            && (selector.kind.is_empty() || selector.kind == self.kind)
    }
}

impl Gvk {
    /// Whether what this names is equal in an object of that API version and kind.
    pub(crate) fn selects(&self, api_version: &str, kind: &str) -> bool {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        (self.kind.is_empty() || self.kind == kind)
            && (self.group.is_empty() || self.group == group)
            && (self.version.is_empty() || self.version == version)
    }
}

impl std::fmt::Display for Gvk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.group.is_empty() && self.version.is_empty() {
            true => write!(f, "{}", self.kind),
            false => write!(f, "{} {}", self.api_version(), self.kind),
        }
    }
}

/// Who an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Id {
    pub gvk: Gvk,
    pub name: String,
    pub namespace: String,
    pub is_cluster_scoped: bool,
}

/// The namespace of what is in none.
pub(crate) const NO_NAMESPACE: &str = "_non_namespaceable_";

impl Id {
    pub(crate) fn effective_namespace(&self) -> &str {
        match self.namespace.as_str() {
            _ if self.is_cluster_scoped => NO_NAMESPACE,
            "" => "default",
            namespace => namespace,
        }
    }

    pub(crate) fn is_in_namespace_of(&self, other: &Id) -> bool {
        self.effective_namespace() == other.effective_namespace()
    }

    pub(crate) fn has_name_and_kind_of(&self, other: &Id) -> bool {
        self.name == other.name && self.gvk == other.gvk
    }

    pub(crate) fn equals(&self, other: &Id) -> bool {
        self.has_name_and_kind_of(other) && self.is_in_namespace_of(other)
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} `{}`", self.gvk, self.name)?;
        if self.namespace.is_empty() { Ok(()) } else { write!(f, " in `{}`", self.namespace) }
    }
}

/// A name that an object had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Former {
    pub kind: String,
    pub name: String,
    pub namespace: String,
}

/// What a generator does where its object exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Behavior {
    #[default]
    Unspecified,
    Create,
    Replace,
    Merge,
}

/// Where an object comes from, as `buildMetadata` writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Provenance {
    pub path: String,
    pub configured_in: String,
    /// API version, kind, name and namespace of the generator or transformer.
    pub configured_by: Option<(String, String, String, String)>,
}

/// An object on its way through a build.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub node: Node,
    /// The names it had, oldest first.
    pub former: Vec<Former>,
    pub prefixes: Vec<String>,
    pub suffixes: Vec<String>,
    pub needs_hash: bool,
    pub behavior: Behavior,
    pub is_from_helm: bool,
    /// The variables whose value it holds.
    pub variables: Vec<String>,
    pub provenance: Option<Provenance>,
    pub transformations: Vec<Provenance>,
    /// A patch has deleted it.
    pub is_deleted: bool,
}

impl Resource {
    pub(crate) fn new(node: Node) -> Self {
        Self {
            node,
            former: Vec::new(),
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            needs_hash: false,
            behavior: Behavior::Unspecified,
            is_from_helm: false,
            variables: Vec::new(),
            provenance: None,
            transformations: Vec::new(),
            is_deleted: false,
        }
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.is_deleted || self.node.is_empty()
    }

    pub(crate) fn kind(&self) -> &str {
        self.node.get("kind").map(Node::as_written).unwrap_or_default()
    }

    pub(crate) fn api_version(&self) -> &str {
        self.node.get("apiVersion").map(Node::as_written).unwrap_or_default()
    }

    pub(crate) fn gvk(&self) -> Gvk {
        Gvk::new(self.api_version(), self.kind())
    }

    fn metadata(&self, field: &str) -> &str {
        let value = self.node.get("metadata").and_then(|metadata| metadata.get(field));
        value.filter(|value| !value.is_empty()).map(Node::as_written).unwrap_or_default()
    }

    pub(crate) fn name(&self) -> &str {
        self.metadata("name")
    }

    pub(crate) fn namespace(&self) -> &str {
        self.metadata("namespace")
    }

    /// Who it is now.
    pub(crate) fn id(&self, schema: &Schema) -> Id {
        let gvk = self.gvk();
        let is_cluster_scoped = schema.is_cluster_scoped(self.api_version(), self.kind());
        Id { gvk, name: self.name().to_owned(), namespace: self.namespace().to_owned(), is_cluster_scoped }
    }

    /// Whether this is who it is now.
    pub(crate) fn is(&self, id: &Id, schema: &Schema) -> bool {
        let (api_version, kind) = (self.api_version(), self.kind());
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        self.name() == id.name
            && kind == id.gvk.kind
            && version == id.gvk.version
            && group == id.gvk.group
            && match (schema.is_cluster_scoped(api_version, kind), self.namespace()) {
                (true, _) => NO_NAMESPACE,
                (false, "") => "default",
                (false, namespace) => namespace,
            } == id.effective_namespace()
    }

    /// Who it was, oldest first. Former names do not know about scopes.
    pub(crate) fn former_ids(&self) -> Vec<Id> {
        let gvk = self.gvk();
        let former = self.former.iter().map(|former| Id {
            gvk: Gvk { kind: former.kind.clone(), ..gvk.clone() },
            name: former.name.clone(),
            namespace: former.namespace.clone(),
            is_cluster_scoped: false,
        });
        former.collect()
    }

    /// Who it was at first.
    pub(crate) fn original_id(&self, schema: &Schema) -> Id {
        self.former_ids().into_iter().next().unwrap_or_else(|| self.id(schema))
    }

    /// Notes the present name as a former one.
    pub(crate) fn remember_name(&mut self, schema: &Schema) {
        let id = self.id(schema);
        let namespace = id.effective_namespace().to_owned();
        self.former.push(Former { kind: id.gvk.kind, name: id.name, namespace });
    }

    pub(crate) fn set_name(&mut self, name: &str, origin: Origin) {
        self.set_metadata("name", name, origin);
    }

    /// An empty namespace removes the field.
    pub(crate) fn set_namespace(&mut self, namespace: &str, origin: Origin) {
        if !namespace.is_empty() {
            self.set_metadata("namespace", namespace, origin);
        } else if let Some(metadata) = self.node.get_mut("metadata") {
            metadata.clear("namespace");
        }
    }

    fn set_metadata(&mut self, field: &str, text: &str, origin: Origin) {
        if let Some(metadata) = self.node.get_or_insert("metadata", || Node::mapping(origin)) {
            metadata.set(field, Node::scalar(text, origin));
        }
    }

    /// Labels or annotations: names and texts.
    pub(crate) fn texts(&self, field: &str) -> Vec<(&str, &str)> {
        let Some(node) = self.node.get("metadata").and_then(|metadata| metadata.get(field)) else { return Vec::new() };
        node.entries().iter().map(|entry| (entry.key.as_str(), entry.value.as_written())).collect()
    }

    /// Whether kustomize would carry notes of its own in the annotations of the object.
    pub(crate) fn has_notes(&self) -> bool {
        !self.former.is_empty()
            || !self.prefixes.is_empty()
            || !self.suffixes.is_empty()
            || self.needs_hash
            || self.behavior != Behavior::Unspecified
            || self.provenance.is_some()
    }

    /// The annotations as kustomize leaves them: all of them text, in the order of their names, none if empty.
    pub(crate) fn tidy_annotations(&mut self) {
        let Some(metadata) = self.node.get_mut("metadata") else { return };
        let Some(annotations) = metadata.get_mut("annotations") else { return };
        let Some(entries) = annotations.entries_mut() else {
            metadata.clear("annotations");
            return;
        };
        entries.retain(|entry| !NOTES.contains(&entry.key.as_str()));
        for entry in entries.iter_mut() {
            let text = entry.value.as_written().to_owned();
            let quoted = entry.value.quoted;
            entry.value = Node { quoted, ..Node::text(text, entry.value.origin) };
        }
        if entries.is_empty() {
            metadata.clear("annotations");
        }
    }
}

/// Annotations that kustomize takes for its own and removes.
const NOTES: &[&str] = &[
    "internal.config.kubernetes.io/previousKinds",
    "internal.config.kubernetes.io/previousNames",
    "internal.config.kubernetes.io/prefixes",
    "internal.config.kubernetes.io/suffixes",
    "internal.config.kubernetes.io/previousNamespaces",
    "internal.config.kubernetes.io/allowNameChange",
    "internal.config.kubernetes.io/allowKindChange",
    "internal.config.kubernetes.io/refBy",
    "internal.config.kubernetes.io/generatorBehavior",
    "internal.config.kubernetes.io/needsHashSuffix",
    "internal.config.kubernetes.io/path",
    "internal.config.kubernetes.io/index",
    "internal.config.kubernetes.io/seqindent",
    "internal.config.kubernetes.io/id",
    "internal.config.kubernetes.io/annotations-migration-resource-id",
    "config.kubernetes.io/path",
    "config.kubernetes.io/index",
    "config.k8s.io/id",
    "internal.config.kubernetes.io/helm-generated",
    "config.kubernetes.io/origin",
    "alpha.config.kubernetes.io/transformations",
];

/// The objects of a build, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resources {
    pub list: Vec<Resource>,
}

impl Resources {
    /// Adds an object.
    ///
    /// # Errors
    /// There is one of that name.
    pub(crate) fn add(&mut self, resource: Resource, schema: &Schema) -> Result<(), (Origin, String)> {
        let id = resource.id(schema);
        let is_known = self.list.iter().any(|known| known.is(&id, schema));
        if is_known {
            return Err((resource.node.origin, format!("there is a second {id} in this build")));
        }
        self.list.push(resource);
        Ok(())
    }

    /// The objects that are or were called `matches`.
    pub(crate) fn with_any_id(&self, schema: &Schema, matches: &dyn Fn(&Id) -> bool) -> Vec<usize> {
        let is_match = |resource: &Resource| {
            !resource.is_gone() && (matches(&resource.id(schema)) || resource.former_ids().iter().any(matches))
        };
        (0..self.list.len()).filter(|&at| is_match(&self.list[at])).collect()
    }

    pub(crate) fn drop_gone(&mut self) {
        self.list.retain(|resource| !resource.is_gone());
    }
}

/// Whether a node is a mapping.
pub(crate) fn is_mapping(node: &Node) -> bool {
    matches!(node.data, Data::Mapping(_))
}
