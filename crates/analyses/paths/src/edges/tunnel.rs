//! `tunnel`

use super::granted;
use crate::edge::{Assumptions, EdgeFixture, EdgeKind, SERVICE_EXPLOITABLE};
use crate::graph::Drafts;
use crate::world::{Wanted, World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "tunnel",
    title: "connects to pods past every policy",
    rationale: "Who may forward ports or use the proxy of the API server connects to any port of a pod: the connection comes from the node or the API server, and policies are not asked.",
    conditions: "A right to `create` `pods/portforward` (before 1.35 `get` too), or one on `pods/proxy` or `services/proxy`. Always conditional: whether what listens there can be broken into is not in the objects. A rule with names leads to the pods of these names.",
    remediation: "Take the rule out of the role.",
    verify: "kubectl auth can-i create pods --subresource=portforward -n NAMESPACE --as SUBJECT",
    techniques: &["T1090", "MS-TA9024"],
    aliases: &[],
    found_by: &["pod-port-forward-allowed"],
    difficulty: 20,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [pods/portforward], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["rule 1 of Role n/r in namespace n -> all pods of namespace n if service-exploitable"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"\"], resources: [services/proxy], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["rule 1 of ClusterRole r in the cluster -> all pods of the cluster if service-exploitable"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [pods/portforward], verbs: [get]}
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
  - {apiGroups: [\"\"], resources: [pods], verbs: [get]}
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

const OPENS: &[Wanted] = &[
    wanted("create", "", "pods/portforward"),
    wanted("get", "", "pods/proxy"),
    wanted("create", "", "pods/proxy"),
    wanted("get", "", "services/proxy"),
    wanted("create", "", "services/proxy"),
];
/// Through a websocket, for which the server asked for `get` alone.
const BEFORE_1_35: &[Wanted] = &[wanted("get", "", "pods/portforward")];

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let assumed = Assumptions::NONE.and(&SERVICE_EXPLOITABLE);
    granted::over_pods_if(world, drafts, OPENS, assumed);
    if world.rbac.kubernetes_minor() < 35 {
        granted::over_pods_if(world, drafts, BEFORE_1_35, assumed);
    }
}
