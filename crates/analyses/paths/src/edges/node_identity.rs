//! `node-identity`

use model::control::alias;
use rbac::SubjectKey;

use crate::edge::{EdgeFixture, EdgeKind, THAT_NODE};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "node-identity",
    title: "is the kubelet to the API server",
    rationale: "The credentials of the kubelet lie on the node: whoever is root there is the user `system:node:NAME` and a member of `system:nodes`, with all that is bound to them.",
    conditions: "A binding names the group `system:nodes`, or the user `system:node:NAME` of that node; of a node whose name is not known it is assumed. What the Node authorizer gives without a binding is told by other edges.",
    remediation: "Bind nothing to `system:nodes` or to a `system:node:NAME`.",
    verify: "kubectl get clusterrolebindings,rolebindings -A -o wide | grep system:node",
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
            yaml: "apiVersion: v1
kind: Node
metadata: {name: n1}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects:
  - {kind: User, apiGroup: rbac.authorization.k8s.io, name: \"system:node:n1\"}
  - {kind: User, apiGroup: rbac.authorization.k8s.io, name: \"system:node:n2\"}
",
            edges: &[
                "Node n1 -> User system:node:n1",
                "a node -> User system:node:n1 if that-node",
                "a node -> User system:node:n2 if that-node",
            ],
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
    for (subject, _) in world.holders() {
        let SubjectKey::User(user) = subject else { continue };
        let user = world.text(user);
        let Some(name) = user.strip_prefix("system:node:").filter(|name| !name.is_empty()) else { continue };
        let node = world.inventory.symbols.intern(name);
        if world.placement().nodes().contains(&node) {
            drafts.edge(Vertex::NamedNode(node), Vertex::Subject(subject)).file();
        }
        drafts.edge(Vertex::Node, Vertex::Subject(subject)).if_(&THAT_NODE).file();
    }
}
