//! `exec-through-kubelet`

use model::control::alias;

use crate::edge::{EdgeFixture, EdgeKind, SAME_NODE};
use crate::graph::Drafts;
use crate::placement;
use crate::vertex::Vertex;
use crate::world::{Wanted, World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "exec-through-kubelet",
    title: "runs commands in every pod through the kubelets",
    rationale: "The proxy to a node reaches its kubelet, which runs commands in all pods of the node; the API server records no exec.",
    conditions: "`get` or `create` on `nodes/proxy`, bound in the whole cluster: a RoleBinding does not give it. A rule with names is for the pods of these nodes: those that name one as theirs, and conditionally those of which the node is not known.",
    remediation: "Grant `nodes/metrics`, `nodes/stats` or `nodes/log` instead.",
    verify: "kubectl auth can-i get nodes/proxy --as SUBJECT",
    techniques: &["T1609", "MS-TA9030"],
    aliases: &[alias("icekube", "CAN_EXEC_THROUGH_KUBELET")],
    found_by: &["nodes-proxy-allowed"],
    difficulty: 3,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"\"], resources: [nodes/proxy], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["rule 1 of ClusterRole r in the cluster -> all pods of the cluster"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [nodes/proxy], verbs: [get]}
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
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"\"], resources: [nodes], verbs: [get]}
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
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: here, namespace: n}
spec: {nodeName: node1, containers: [{name: a, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: there, namespace: n}
spec: {nodeName: node2, containers: [{name: a, image: i}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: n}
spec: {template: {spec: {containers: [{name: a, image: i}]}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"\"], resources: [nodes/proxy], verbs: [get], resourceNames: [node1]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[
                "rule 1 of ClusterRole r in the cluster -> Pod n/here",
                "rule 1 of ClusterRole r in the cluster -> Deployment n/web if same-node",
            ],
        },
    ],
};

const PROXY: &[Wanted] = &[wanted("get", "", "nodes/proxy"), wanted("create", "", "nodes/proxy")];

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for (id, _, names) in world.rights_to(PROXY) {
        if names.is_empty() {
            drafts.edge(Vertex::Right(id), Vertex::Pods(None)).granted_by(id, PROXY).file();
            continue;
        }
        // A rule with names is for the pods of these nodes.
        for (number, _) in world.workloads() {
            let draft = drafts.edge(Vertex::Right(id), Vertex::Workload(number));
            match placement::runs_on(world, number, names) {
                Some(true) => draft.granted_by(id, PROXY).file(),
                Some(false) => {}
                None => draft.if_(&SAME_NODE).granted_by(id, PROXY).file(),
            }
        }
    }
}
