//! `replace-image`

use model::control::alias;

use super::granted;
use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::world::{World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "replace-image",
    title: "has running pods run another image",
    rationale: "The image of a running pod may be changed: its containers start anew with the code of the attacker, and with the account and volumes of the pod.",
    conditions: "`update` or `patch` on `pods`.",
    remediation: "Take the rule out.",
    verify: "kubectl auth can-i patch pods -n NAMESPACE --as SUBJECT",
    techniques: &["T1610", "MS-TA9012"],
    aliases: &[alias("kubehound", "POD_PATCH"), alias("icekube", "REPLACE_IMAGE")],
    found_by: &["pods-creatable"],
    difficulty: 2,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [pods], verbs: [patch], resourceNames: [db-0]}
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
  - {apiGroups: [\"\"], resources: [pods], verbs: [update]}
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
  - {apiGroups: [\"apps\"], resources: [pods], verbs: [patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[],
        },
        // Pod Security looks at a changed pod again, and refuses what the level forbids.
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
  - {apiGroups: [\"\"], resources: [pods], verbs: [patch]}
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
    granted::over_changed_pods(world, drafts, &[wanted("update", "", "pods"), wanted("patch", "", "pods")]);
}
