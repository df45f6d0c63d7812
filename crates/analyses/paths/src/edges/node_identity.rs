//! `node-identity`

use model::control::alias;
use rbac::SubjectKey;

use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "node-identity",
    title: "is the kubelet to the API server",
    rationale: "The credentials of the kubelet lie on the node: whoever is root there is a member of `system:nodes`, with all that is bound to that group.",
    conditions: "A binding names the group `system:nodes`. What the Node authorizer gives without a binding is told by other edges.",
    remediation: "Bind nothing to `system:nodes`.",
    verify: "kubectl get clusterrolebindings,rolebindings -A -o wide | grep system:nodes",
    techniques: &["T1078"],
    aliases: &[alias("kubehound", "IDENTITY_ASSUME")],
    found_by: &["system-nodes-group-bound"],
    difficulty: 1,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: Group, apiGroup: rbac.authorization.k8s.io, name: \"system:nodes\"}]
",
            edges: &["a node -> Group system:nodes"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"\"], resources: [pods], verbs: [get]}
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
    let nodes = SubjectKey::Group(world.inventory.symbols.intern("system:nodes"));
    if world.holders().any(|(subject, _)| subject == nodes) {
        drafts.edge(Vertex::Node, Vertex::Subject(nodes)).file();
    }
}
