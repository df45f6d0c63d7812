//! `crd-conversion`

use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::{World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "crd-conversion",
    title: "is sent every object of a kind and gives it back",
    rationale: "The webhook that converts objects of a custom kind between versions is sent all of them, and what it gives back is what is stored: a controller then does what the attacker wrote.",
    conditions: "`update` or `patch` on `customresourcedefinitions`, in the whole cluster.",
    remediation: "Take the rule out.",
    verify: "kubectl auth can-i update customresourcedefinitions --as SUBJECT",
    techniques: &["T1546"],
    aliases: &[],
    found_by: &["crd-writable"],
    difficulty: 12,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"apiextensions.k8s.io\"], resources: [customresourcedefinitions], verbs: [patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["rule 1 of ClusterRole r in the cluster -> traffic of the cluster"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"apiextensions.k8s.io\"], resources: [customresourcedefinitions], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let all = ["update", "patch"].map(|verb| wanted(verb, "apiextensions.k8s.io", "customresourcedefinitions"));
    for (id, _, _) in world.rights_to(&all) {
        drafts.edge(Vertex::Right(id), Vertex::Traffic(None)).granted_by(id, &all).file();
    }
}
