//! `destroy`

use std::sync::LazyLock;

use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::{Wanted, World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "destroy",
    title: "deletes what is there",
    rationale: "What is deleted is gone, and with volumes what was on them.",
    conditions: "`delete` or `deletecollection` on Namespaces, PersistentVolumes, claims, Secrets, ConfigMaps, Pods or workloads. A rule with names only deletes these: not drawn.",
    remediation: "Take the rule out, or name what may be deleted.",
    verify: "kubectl auth can-i delete persistentvolumeclaims -n NAMESPACE --as SUBJECT",
    techniques: &["T1485", "MS-TA9038"],
    aliases: &[],
    found_by: &["workload-deletable"],
    difficulty: 1,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [persistentvolumeclaims], verbs: [delete]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["rule 1 of Role n/r in namespace n -> data of namespace n"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"\"], resources: [namespaces], verbs: [deletecollection]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["rule 1 of ClusterRole r in the cluster -> data of the cluster"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [persistentvolumeclaims], verbs: [delete], resourceNames: [a]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [persistentvolumeclaims], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[],
        },
    ],
};

const DELETED: [(&str, &str); 8] = [
    ("", "namespaces"),
    ("", "persistentvolumes"),
    ("", "persistentvolumeclaims"),
    ("", "secrets"),
    ("", "configmaps"),
    ("apps", "statefulsets"),
    ("apps", "deployments"),
    ("", "pods"),
];

static ALL: LazyLock<Vec<Wanted>> = LazyLock::new(|| {
    let verbs = ["delete", "deletecollection"];
    let of_kind = |(group, resource)| verbs.map(|verb| wanted(verb, group, resource));
    DELETED.into_iter().flat_map(of_kind).collect()
});

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for (id, right, names) in world.rights_to(&ALL) {
        if names.is_empty() {
            drafts.edge(Vertex::Right(id), Vertex::Data(right.scope)).granted_by(id, &ALL).file();
        }
    }
}
