//! A Kubernetes object in a document: who it is.

use std::borrow::Cow;

use crate::document::Value;

/// An object: a mapping with `apiVersion`, `kind` and usually `metadata`.
#[derive(Clone, Debug)]
pub struct Object<'d> {
    /// The object's mapping.
    pub value: Value<'d>,
    /// Group and version, as written.
    pub api_version: Cow<'d, str>,
    /// The kind.
    pub kind: Cow<'d, str>,
    /// `metadata`, if it is a mapping.
    pub metadata: Option<Value<'d>>,
    /// How many bytes of `api_version` are the group: every check asks for it.
    group: usize,
}

/// The length of the group in an API version.
fn group_length(api_version: &str) -> usize {
    api_version.find('/').unwrap_or(0)
}

impl<'d> Object<'d> {
    /// The object at `value`, if it is one: both `apiVersion` and `kind` are texts that are not empty.
    pub fn new(value: Value<'d>) -> Option<Self> {
        let (mut api_version, mut kind, mut metadata) = (None, None, None);
        for (key, child) in value.entries() {
            match &*key.text() {
                "apiVersion" => api_version = child.as_str(),
                "kind" => kind = child.as_str(),
                "metadata" => metadata = Some(child).filter(|child| child.is_mapping()),
                _ => {}
            }
        }
        let api_version = api_version.filter(|text| !text.is_empty())?;
        let kind = kind.filter(|text| !text.is_empty())?;
        let group = group_length(&api_version);
        Some(Self { value, api_version, kind, metadata, group })
    }

    /// An item of a list whose kind says what its items are, so that they need not say it themselves.
    pub fn of_type(value: Value<'d>, api_version: Cow<'d, str>, kind: Cow<'d, str>) -> Self {
        let metadata = value.get("metadata").filter(|metadata| metadata.is_mapping());
        let group = group_length(&api_version);
        Self { value, api_version, kind, metadata, group }
    }

    /// The API group; empty for the core group.
    pub fn group(&self) -> &str {
        &self.api_version[..self.group]
    }

    /// `metadata.name`, or `metadata.generateName`, or nothing.
    pub fn name(&self) -> Cow<'d, str> {
        let named = |key| self.metadata.and_then(|metadata| metadata.get(key)).map(Value::text);
        named("name").or_else(|| named("generateName")).unwrap_or_default()
    }

    /// `metadata.namespace` as written; empty if it is not.
    pub fn namespace(&self) -> Cow<'d, str> {
        self.metadata.and_then(|metadata| metadata.get("namespace")).map(Value::text).unwrap_or_default()
    }

    /// `metadata.labels`.
    pub fn labels(&self) -> impl Iterator<Item = (Value<'d>, Value<'d>)> + use<'d> {
        self.metadata.and_then(|metadata| metadata.get("labels")).into_iter().flat_map(Value::entries)
    }

    /// `metadata.annotations`.
    pub fn annotations(&self) -> impl Iterator<Item = (Value<'d>, Value<'d>)> + use<'d> {
        self.metadata.and_then(|metadata| metadata.get("annotations")).into_iter().flat_map(Value::entries)
    }

    /// The value of one annotation.
    pub fn annotation(&self, name: &str) -> Option<Value<'d>> {
        self.metadata?.get("annotations")?.get(name)
    }

    /// Whether this is `kind` of `group`, in any version.
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.kind == kind && self.group() == group
    }
}
