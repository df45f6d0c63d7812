//! `steal-pods`

use model::control::alias;

use super::combined;
use crate::edge::{EdgeFixture, EdgeKind, NODE_HELD};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::{World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "steal-pods",
    title: "drives pods of others onto its own node",
    rationale: "Who may delete or evict pods and change nodes makes all other nodes refuse them: they come to the node that the attacker holds.",
    conditions: "`delete` on `pods` or `create` on `pods/eviction`, and `update` or `patch` on `nodes` or `nodes/status`, in the whole cluster. Conditional: the attacker holds a node.",
    remediation: "Take one of the rules out.",
    verify: "kubectl auth can-i patch nodes --as SUBJECT",
    techniques: &["T1528"],
    aliases: &[alias("kubesplaining", "node_drain_migrate")],
    found_by: &["pods-stealable"],
    difficulty: 8,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"\"], resources: [pods/eviction], verbs: [create]}
  - {apiGroups: [\"\"], resources: [nodes], verbs: [patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["ServiceAccount n/s -> all pods of the cluster if node-held"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"\"], resources: [nodes], verbs: [patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"\"], resources: [pods], verbs: [delete]}
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
    let away =
        [wanted("delete", "", "pods"), wanted("deletecollection", "", "pods"), wanted("create", "", "pods/eviction")];
    let nodes = [
        wanted("update", "", "nodes"),
        wanted("patch", "", "nodes"),
        wanted("update", "", "nodes/status"),
        wanted("patch", "", "nodes/status"),
    ];
    for combination in combined::holders(world, &[&away, &nodes]) {
        if combination.scope.is_none() {
            combined::file_if(drafts, &combination, Vertex::Pods(None), &NODE_HELD);
        }
    }
}
