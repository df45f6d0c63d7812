//! `belongs-to`

use crate::analysis::NAMELESS;
use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "belongs-to",
    title: "is in the group",
    rationale: "The API server puts every ServiceAccount into three groups, and everybody who has shown who it is into one.",
    conditions: "ServiceAccounts are in `system:serviceaccounts`, in that of their namespace and in `system:authenticated`; users in `system:authenticated`. Only groups that a binding names are drawn.",
    remediation: "Bind accounts and not groups.",
    verify: "kubectl auth whoami --as SUBJECT",
    techniques: &["T1069"],
    aliases: &[],
    found_by: &[],
    difficulty: 1,
    find,
    fixtures: &[
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
subjects: [{kind: Group, name: system:serviceaccounts:n}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: s, namespace: n}
",
            edges: &["ServiceAccount n/s -> Group system:serviceaccounts:n"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: User, apiGroup: rbac.authorization.k8s.io, name: system:anonymous}]
",
            edges: &["Group system:unauthenticated -> User system:anonymous"],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let groups: std::collections::BTreeSet<rbac::SubjectKey> = world
        .holders()
        .map(|(subject, _)| subject)
        .filter(|subject| matches!(subject, rbac::SubjectKey::Group(_)))
        .collect();
    let accounts = world.accounts().map(|(namespace, name)| world.account(namespace, name));
    let users =
        world.holders().map(|(subject, _)| subject).filter(|subject| matches!(subject, rbac::SubjectKey::User(_)));
    let all: std::collections::BTreeSet<rbac::SubjectKey> = accounts.chain(users).collect();
    // Whoever talks to the API server without a name is that user and in that group, and nobody else is either.
    let anonymous = rbac::SubjectKey::User(world.inventory.symbols.intern("system:anonymous"));
    if all.contains(&anonymous) {
        let nameless = rbac::SubjectKey::Group(world.inventory.symbols.intern(NAMELESS));
        drafts.edge(Vertex::Subject(nameless), Vertex::Subject(anonymous)).file();
    }
    for subject in all {
        for group in world.rbac.identity(subject).groups {
            let group = rbac::SubjectKey::Group(world.inventory.symbols.intern(&group));
            if groups.contains(&group) {
                drafts.edge(Vertex::Subject(subject), Vertex::Subject(group)).file();
            }
        }
    }
}
