//! `impersonate`

use model::control::alias;
use model::symbols::Symbol;
use rbac::SubjectKey;

use super::granted;
use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::{RightId, World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "impersonate",
    title: "acts as somebody else",
    rationale: "The API server takes the word of who may impersonate: whatever the other may do, is done.",
    conditions: "`impersonate` on `serviceaccounts` (in the scope of the right), on `users` or on `groups` (in the whole cluster: a RoleBinding does not give them). Names narrow it to these. The name of a ServiceAccount is asked for as one, and not as a user. Groups need a user or account beside them; the right to all users and all groups is `system:masters`.",
    remediation: "Take the rule out, or name whom.",
    verify: "kubectl get pods --as SUBJECT",
    techniques: &["T1078"],
    aliases: &[alias("icekube", "CAN_IMPERSONATE")],
    found_by: &["impersonation-allowed"],
    difficulty: 1,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [serviceaccounts], verbs: [impersonate]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["rule 1 of Role n/r in namespace n -> all ServiceAccounts of namespace n"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [users], verbs: [impersonate]}
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
  - {apiGroups: [\"\"], resources: [users], verbs: [impersonate], resourceNames: [jane, \"system:serviceaccount:n:web\"]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["rule 1 of ClusterRole r in the cluster -> User jane"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"\"], resources: [users, groups], verbs: [impersonate]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["rule 1 of ClusterRole r in the cluster -> cluster-admin"],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for (id, right, names) in world.rights_to(&[wanted("impersonate", "", "serviceaccounts")]) {
        let account = |namespace, name| Vertex::Subject(world.account(namespace, name));
        for target in granted::targets(world, right, names, Vertex::Accounts, account) {
            drafts.edge(Vertex::Right(id), target).by_right(id).file();
        }
    }
    let of = |resource| -> Vec<(RightId, Vec<Symbol>)> {
        let all = [wanted("impersonate", "", resource)];
        world.rights_to(&all).map(|(id, _, names)| (id, names.to_vec())).collect()
    };
    let groups = of("groups");
    for (id, names) in of("users") {
        if !names.is_empty() {
            // The API server asks for `serviceaccounts` where the name is one of theirs.
            let users = names.into_iter().map(SubjectKey::User);
            for user in users.filter(|user| world.namespace_and_name(*user).is_none()) {
                drafts.edge(Vertex::Right(id), Vertex::Subject(user)).by_right(id).file();
            }
        } else if groups.iter().any(|(other, names)| *other == id && names.is_empty()) {
            drafts.edge(Vertex::Right(id), Vertex::ClusterAdmin).by_right(id).file();
        } else {
            let users =
                world.holders().map(|(subject, _)| subject).filter(|subject| granted::is_person(world, *subject));
            for subject in users.collect::<Vec<_>>() {
                drafts.edge(Vertex::Right(id), Vertex::Subject(subject)).by_right(id).file();
            }
        }
    }
}
