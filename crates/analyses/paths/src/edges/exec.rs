//! `exec`

use model::control::alias;

use super::granted;
use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::world::{World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "exec",
    title: "runs commands in running pods",
    rationale: "Who may exec into a pod is in it: with its account, its files, its network and its rights over the node.",
    conditions: "`create` on `pods/exec` or `pods/attach`; or `get` on them while the server is older than 1.35 (over a websocket `get` sufficed). The right to get the pod is not needed. A rule with names leads to these pods alone: those of the input, those that a StatefulSet numbers, and, conditionally, those that begin with the name of their controller.",
    remediation: "Take the rule out, or name the pods.",
    verify: "kubectl auth can-i create pods/exec -n NAMESPACE --as SUBJECT",
    techniques: &["T1609", "MS-TA9006", "MS-TA9041"],
    aliases: &[alias("kubehound", "POD_EXEC"), alias("icekube", "EXEC_INTO")],
    found_by: &["pod-exec-allowed"],
    difficulty: 1,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [pods/exec], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["rule 1 of Role n/r in namespace n -> all pods of namespace n"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [pods/*], verbs: [create]}
  - {apiGroups: [\"\"], resources: [pods], verbs: [create]}
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
  - {apiGroups: [\"\"], resources: [pods/attach], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["rule 1 of ClusterRole r in the cluster -> all pods of the cluster"],
        },
        // A StatefulSet numbers its pods; those of others have names that begin so.
        EdgeFixture {
            yaml: "apiVersion: apps/v1
kind: StatefulSet
metadata: {name: d, namespace: n}
spec: {replicas: 2, template: {spec: {containers: [{name: a, image: i}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: n}
spec: {template: {spec: {containers: [{name: a, image: i}]}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [pods/exec], verbs: [create], resourceNames: [d-1]}
  - {apiGroups: [\"\"], resources: [pods/exec], verbs: [create], resourceNames: [d-2, d-x]}
  - {apiGroups: [\"\"], resources: [pods/exec], verbs: [create], resourceNames: [web-5d9c7-x2x4z]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[
                "rule 1 of Role n/r in namespace n -> StatefulSet n/d",
                "rule 3 of Role n/r in namespace n -> Deployment n/web if object-exists",
            ],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let create = [wanted("create", "", "pods/exec"), wanted("create", "", "pods/attach")];
    granted::over_pods(world, drafts, &create);
    // Source: the feature gate `AuthorizePodWebsocketUpgradeCreatePermission`, on from 1.35.
    if world.rbac.kubernetes_minor() < 35 {
        granted::over_pods(world, drafts, &[wanted("get", "", "pods/exec"), wanted("get", "", "pods/attach")]);
    }
}
