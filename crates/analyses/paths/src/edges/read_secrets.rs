//! `read-secrets`

use model::control::alias;

use super::granted;
use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::{World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "read-secrets",
    title: "reads Secrets",
    rationale: "`get`, `list` and `watch` return whole objects, values included.",
    conditions: "`get`, `list` or `watch` on `secrets`. With names `get` leads to these Secrets alone; `list` and `watch` with names lead to those asked for by name.",
    remediation: "Take the rule out, or name the Secrets.",
    verify: "kubectl auth can-i get secrets -n NAMESPACE --as SUBJECT",
    techniques: &["T1552.007", "MS-TA9025"],
    aliases: &[alias("icekube", "ACCESS_SECRET")],
    found_by: &["secrets-readable"],
    difficulty: 1,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [secrets], verbs: [list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["rule 1 of Role n/r in namespace n -> all Secrets of namespace n"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [secrets], verbs: [get], resourceNames: [db]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["rule 1 of Role n/r in namespace n -> Secret n/db"],
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
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let all = [wanted("get", "", "secrets"), wanted("list", "", "secrets"), wanted("watch", "", "secrets")];
    for (id, right, names) in world.rights_to(&all) {
        for (target, name) in granted::targets(world, right, names, Vertex::Secrets, Vertex::Secret) {
            drafts.edge(Vertex::Right(id), target).granted_by(id, &all).by_name(id, name).file();
        }
    }
}
