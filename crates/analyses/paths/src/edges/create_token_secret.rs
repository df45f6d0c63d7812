//! `create-token-secret`

use model::control::alias;

use super::combined;
use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::{World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "create-token-secret",
    title: "has a token of any account of the namespace written into a Secret",
    rationale: "A Secret of type `kubernetes.io/service-account-token` is filled by the cluster with a token that does not end.",
    conditions: "`create` on `secrets` and `get`, `list` or `watch` on them, or the right to start pods that mount it, in the same namespace.",
    remediation: "Take one of the rules out.",
    verify: "kubectl auth can-i create secrets -n NAMESPACE --as SUBJECT",
    techniques: &["T1528"],
    aliases: &[alias("icekube", "CREATE_SECRET_WITH_TOKEN")],
    found_by: &["secrets-mintable"],
    difficulty: 2,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [secrets], verbs: [create, get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["ServiceAccount n/s -> all ServiceAccounts of namespace n"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [secrets], verbs: [create]}
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
  - {apiGroups: [\"\"], resources: [secrets], verbs: [get]}
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

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let create = [wanted("create", "", "secrets")];
    let read = [wanted("get", "", "secrets"), wanted("list", "", "secrets"), wanted("watch", "", "secrets")];
    for combination in combined::holders(world, &[&create, &read]) {
        let to = Vertex::Accounts(combination.scope);
        combined::file(drafts, &combination, to);
    }
}
