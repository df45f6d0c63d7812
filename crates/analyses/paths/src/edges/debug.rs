//! `debug`

use model::control::alias;

use super::granted;
use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::world::{World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "debug",
    title: "adds a container of its own to running pods",
    rationale: "An ephemeral container shares the pod: its network, its volumes as far as they are mounted again, and its account.",
    conditions: "`update` or `patch` on `pods/ephemeralcontainers`. What the container may be, admission decides.",
    remediation: "Take the rule out.",
    verify: "kubectl auth can-i patch pods/ephemeralcontainers -n NAMESPACE --as SUBJECT",
    techniques: &["T1609"],
    aliases: &[alias("icekube", "DEBUG_POD")],
    found_by: &["ephemeral-containers-addable"],
    difficulty: 2,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [pods/ephemeralcontainers], verbs: [patch]}
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
  - {apiGroups: [\"\"], resources: [pods], verbs: [patch]}
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
            yaml: "apiVersion: v1
kind: Namespace
metadata: {name: n, labels: {pod-security.kubernetes.io/enforce: restricted}}
---
apiVersion: v1
kind: Pod
metadata: {name: old, namespace: n}
spec: {containers: [{name: a, image: i, securityContext: {privileged: true}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec: {containers: [{name: a, image: i}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [pods/ephemeralcontainers], verbs: [patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["rule 1 of Role n/r in namespace n -> Pod n/p"],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let all = [wanted("update", "", "pods/ephemeralcontainers"), wanted("patch", "", "pods/ephemeralcontainers")];
    granted::over_changed_pods(world, drafts, &all);
}
