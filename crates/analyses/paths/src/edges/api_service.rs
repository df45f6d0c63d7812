//! `api-service`

use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::{World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "api-service",
    title: "serves a group of the API itself",
    rationale: "An APIService hands a group of the API to a server of choice, which is sent what is asked of it and by whom.",
    conditions: "`create`, `update` or `patch` on `apiservices`, in the whole cluster.",
    remediation: "Take the rule out.",
    verify: "kubectl auth can-i update apiservices --as SUBJECT",
    techniques: &["T1557", "T1546"],
    aliases: &[],
    found_by: &["api-service-writable"],
    difficulty: 10,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"apiregistration.k8s.io\"], resources: [apiservices], verbs: [update]}
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
  - {apiGroups: [\"apiregistration.k8s.io\"], resources: [apiservices], verbs: [list]}
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
    let all = ["create", "update", "patch"].map(|verb| wanted(verb, "apiregistration.k8s.io", "apiservices"));
    for (id, _, _) in world.rights_to(&all) {
        drafts.edge(Vertex::Right(id), Vertex::Traffic(None)).granted_by(id, &all).file();
    }
}
