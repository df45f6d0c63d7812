//! Whole objects inside another: what a controller makes of a bundle, such as the `objects` of an OpenShift Template, the
//! manifests of a ManifestWork, or the `manifest` of a Crossplane Object.

use std::borrow::Cow;

use super::{KNOWN, NOT_WORKLOADS, custom};
use crate::document::Value;
use crate::object::Object;

/// Groups whose objects hold values of charts, which are rendered, and patches, which are no objects.
const VALUES: &[&str] = &["argoproj.io", "helm.cattle.io", "helm.toolkit.fluxcd.io", "kustomize.toolkit.fluxcd.io"];

/// The whole objects in an object, in the order of its text. Those inside of these are theirs.
pub fn embedded<'d>(object: &Object<'d>) -> Vec<Value<'d>> {
    let mut found = Vec::new();
    if !may_hold(object) {
        return found;
    }
    let written = children(object.value).filter(|(key, _)| key != "status");
    let mut open: Vec<Value<'d>> = written.map(|(_, child)| child).collect();
    while let Some(value) = open.pop() {
        if is_whole(value) {
            found.push(value);
            continue;
        }
        open.extend(value.items().filter(|item| !item.is_scalar()));
        open.extend(children(value).map(|(_, child)| child));
    }
    found.sort_by_key(|value| value.id());
    found
}

fn children<'d>(value: Value<'d>) -> impl Iterator<Item = (Cow<'d, str>, Value<'d>)> {
    value.entries().filter(|(_, child)| !child.is_scalar()).map(|(key, child)| (key.text(), child))
}

fn may_hold(object: &Object<'_>) -> bool {
    let group = object.group();
    let is_template = object.kind == "Template" && (group.is_empty() || group == "template.openshift.io");
    let is_custom = group.contains('.') && (!group.ends_with(".k8s.io") || group.ends_with(".x-k8s.io"));
    (is_template || is_custom)
        && !VALUES.contains(&group)
        && !NOT_WORKLOADS.contains(&group)
        && !KNOWN.iter().any(|known| known.group == group && known.kind == object.kind)
        && !custom::is_known(group, &object.kind)
        // Its own, and at least one more.
        && memchr::memmem::find_iter(object.value.source().as_bytes(), b"apiVersion").nth(1).is_some()
}

/// Whether it is an object and not the name of one: it has metadata of its own and something beside them, or a spec.
fn is_whole(value: Value<'_>) -> bool {
    value.is_mapping()
        && value.get("kind").is_some_and(Value::is_text)
        && value.get("apiVersion").is_some_and(Value::is_text)
        && (value.get("spec").is_some_and(Value::is_mapping)
            || value.get("metadata").is_some_and(Value::is_mapping) && value.entries().count() > 3)
}
