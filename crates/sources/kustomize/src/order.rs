//! The order of the output: as the objects came, or by kind (`legacy`, the default).

use crate::resource::{Gvk, Id, Resource};
use crate::schema::Schema;

const FIRST: &[&str] = &[
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];
const LAST: &[&str] = &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// Where a kind stands; 0 for those that are not named.
pub(crate) fn rank(kind: &str) -> isize {
    position(kind, FIRST, LAST)
}

fn position(kind: &str, first: &[impl AsRef<str>], last: &[impl AsRef<str>]) -> isize {
    if let Some(at) = last.iter().rposition(|name| name.as_ref() == kind) {
        return at as isize + 1;
    }
    let at = first.iter().rposition(|name| name.as_ref() == kind);
    at.map_or(0, |at| at as isize - first.len() as isize)
}

/// How the output is ordered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Order {
    /// By kind, with the names of those that come first and last; `None` for kustomize's own choice.
    Legacy(Option<(Vec<String>, Vec<String>)>),
    /// As the objects came.
    #[default]
    Fifo,
}

/// Puts objects in order.
pub(crate) fn sort(list: &mut Vec<Resource>, order: &Order, schema: &Schema) {
    let Order::Legacy(named) = order else { return };
    let rank_of = |kind: &str| match named {
        Some((first, last)) => position(kind, first, last),
        None => rank(kind),
    };
    let mut keyed: Vec<_> = std::mem::take(list)
        .into_iter()
        .map(|resource| {
            let id = resource.id(schema);
            ((rank_of(&id.gvk.kind), kind_text(&id.gvk), id_text(&id)), resource)
        })
        .collect();
    keyed.sort_by(|(a, first), (b, second)| {
        let by_kind = a.0.cmp(&b.0).then_with(|| a.1.cmp(&b.1));
        // The Namespace of the core group comes before kinds of that name in other groups.
        let are_namespaces = first.kind() == "Namespace" && second.kind() == "Namespace";
        let by_kind = if are_namespaces && a.1 != b.1 { by_kind.reverse() } else { by_kind };
        by_kind.then_with(|| a.2.cmp(&b.2))
    });
    *list = keyed.into_iter().map(|(_, resource)| resource).collect();
}

fn or<'t>(text: &'t str, other: &'t str) -> &'t str {
    if text.is_empty() { other } else { text }
}

fn kind_text(gvk: &Gvk) -> String {
    format!("{}_{}_{}", or(&gvk.group, "~G"), or(&gvk.version, "~V"), or(&gvk.kind, "~K"))
}

fn id_text(id: &Id) -> String {
    let gvk = &id.gvk;
    let kind = format!("{}.{}.{}", or(&gvk.kind, "[noKind]"), or(&gvk.version, "[noVer]"), or(&gvk.group, "[noGrp]"));
    format!("{kind}|{}|{}", or(&id.namespace, "~X"), or(&id.name, "~N"))
}
