//! `crds`: OpenAPI definitions of custom resources, whose marks say which fields are names, labels and annotations.

use std::path::Path;

use crate::context::{Context, Error};
use crate::field_spec::{Config, FieldSpec, NameReference};
use crate::kustomization::Setting;
use crate::node::Node;
use crate::read::Dialect;
use crate::resource::Gvk;

/// Definitions that name each other are followed to this depth.
const DEEPEST: usize = 32;

pub(super) fn load_into(document: &Node, config: &mut Config) {
    for entry in document.entries() {
        let Some(properties) = entry.value.at(&["Schema", "properties"]) else { continue };
        if ["kind", "apiVersion", "metadata"].iter().any(|name| properties.get(name).is_none()) {
            continue;
        }
        let kind = entry.key.rsplit('.').next().unwrap_or_default().to_owned();
        let gvk = Gvk { kind, ..Gvk::default() };
        Walk { document, gvk: &gvk, config }.definition(&entry.key, &[], 0);
    }
}

pub(super) fn load_file(documents: Vec<Node>) -> Config {
    let mut config = Config::default();
    for document in documents {
        load_into(&document, &mut config);
    }
    config
}

pub(super) fn load(folder: &Path, named: &Setting, context: &mut Context<'_>) -> Result<Config, Error> {
    let (path, bytes) = super::load(folder, named, context)?;
    Ok(load_file(context.parse_file(&path, &bytes, Dialect::Tree)?))
}

struct Walk<'w> {
    document: &'w Node,
    gvk: &'w Gvk,
    config: &'w mut Config,
}

impl Walk<'_> {
    fn definition(&mut self, name: &str, path: &[&str], depth: usize) {
        let properties = self.document.get(name).and_then(|definition| definition.at(&["Schema", "properties"]));
        let Some(properties) = properties.filter(|_| depth < DEEPEST) else { return };
        for entry in properties.entries() {
            let mut path = path.to_vec();
            path.push(&entry.key);
            self.property(&entry.value, &path);
            if let Some(reference) = entry.value.get("$ref") {
                self.definition(reference.as_written(), &path, depth + 1);
            }
        }
    }

    fn property(&mut self, property: &Node, path: &[&str]) {
        let spec = |path: &[&str]| FieldSpec { gvk: self.gvk.clone(), path: path.join("/"), create: false };
        let mark = |name: &str| property.get(name).map(Node::as_written);
        if mark("x-kubernetes-annotation").is_some() {
            self.config.common_annotations.push(spec(path));
        }
        if mark("x-kubernetes-label-selector").is_some() {
            self.config.common_labels.push(spec(path));
        }
        if mark("x-kubernetes-identity").is_some() {
            self.config.name_prefix.push(spec(path));
        }
        let target = mark("x-kubernetes-object-ref-api-version").zip(mark("x-kubernetes-object-ref-kind"));
        if let Some((version, kind)) = target {
            let mut path = path.to_vec();
            path.push(mark("x-kubernetes-object-ref-name-key").unwrap_or("name"));
            let gvk = Gvk { group: String::new(), version: version.to_owned(), kind: kind.to_owned() };
            self.config.name_reference.push(NameReference { gvk, referrers: vec![spec(&path)] });
        }
    }
}
