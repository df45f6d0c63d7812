//! `everything`

use model::control::alias;
use rbac::SubjectKey;

use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "everything",
    title: "may do everything",
    rationale: "Every verb on every resource of every group in the whole cluster: nothing is left to gain.",
    conditions: "A rule with `*` as verb, group and resource, without names, that holds in the whole cluster. In a namespace: all of it. The group `system:masters`, whatever is bound: no authorizer is asked about it.",
    remediation: "Bind a role that says what is needed.",
    verify: "kubectl auth can-i '*' '*' -A --as SUBJECT",
    techniques: &["T1078", "MS-TA9019"],
    aliases: &[alias("icekube", "IS_CLUSTER_ADMIN")],
    found_by: &["cluster-admin-bound", "wildcard-resources"],
    difficulty: 1,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"*\"], resources: [\"*\"], verbs: [\"*\"]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[
                "rule 1 of ClusterRole r in the cluster -> cluster-admin",
                "Group system:masters -> cluster-admin",
            ],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"*\"], resources: [\"*\"], verbs: [\"*\"]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[
                "rule 1 of Role n/r in namespace n -> all of namespace n",
                "Group system:masters -> cluster-admin",
            ],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"\"], resources: [\"*\"], verbs: [\"*\"]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["Group system:masters -> cluster-admin"],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    // The API server asks no authorizer about this group.
    let masters = SubjectKey::Group(world.inventory.symbols.intern("system:masters"));
    drafts.edge(Vertex::Subject(masters), Vertex::ClusterAdmin).file();
    for (id, right) in world.rights().filter(|(_, right)| world.rbac.rules()[right.rule.rule as usize].is_everything())
    {
        let to = right.scope.map_or(Vertex::ClusterAdmin, Vertex::Namespace);
        drafts.edge(Vertex::Right(id), to).by_right(id).file();
    }
}
