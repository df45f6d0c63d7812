//! `impersonate`

use model::control::alias;
use model::symbols::Symbol;
use rbac::SubjectKey;

use super::combined::{self, Combination};
use super::granted;
use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::{Wanted, World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "impersonate",
    title: "acts as somebody else",
    rationale: "The API server takes the word of who may impersonate: whatever the other may do, is done.",
    conditions: "`impersonate` on `serviceaccounts` (in the scope of the right), on `users` or on `groups` (in the whole cluster: a RoleBinding does not give them). Names narrow it to these. The name of a ServiceAccount is asked for as one, and not as a user; it need not exist. Groups need a user or account beside them, by the same rule or another; the right to all groups, or to `system:masters`, is the cluster.",
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
            edges: &[
                "rule 1 of Role n/r in namespace n -> all ServiceAccounts of namespace n",
                // Its account is not in the input, and need not exist.
                "rule 1 of Role n/r in namespace n -> ServiceAccount n/s",
            ],
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
            edges: &["ServiceAccount n/s -> cluster-admin"],
        },
        // A group by its name, with somebody beside it by another rule; an account that is not in the input.
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"\"], resources: [groups], verbs: [impersonate], resourceNames: [\"system:masters\", ops]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}, {kind: ServiceAccount, namespace: m, name: t}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: a, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [serviceaccounts], verbs: [impersonate]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: a, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: a}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[
                "rule 1 of Role n/a in namespace n -> all ServiceAccounts of namespace n",
                "rule 1 of Role n/a in namespace n -> ServiceAccount n/s",
                "ServiceAccount n/s -> cluster-admin",
                "ServiceAccount n/s -> Group ops",
            ],
        },
        // The only user that may be named is a ServiceAccount: there is nobody whom the group could be beside.
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"\"], resources: [groups], verbs: [impersonate]}
  - {apiGroups: [\"\"], resources: [users], verbs: [impersonate], resourceNames: [\"system:serviceaccount:n:web\"]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[],
        },
    ],
};

const ACCOUNTS: Wanted = wanted("impersonate", "", "serviceaccounts");
const USERS: Wanted = wanted("impersonate", "", "users");
const GROUPS: Wanted = wanted("impersonate", "", "groups");

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    accounts(world, drafts);
    users(world, drafts);
    groups(world, drafts);
}

/// The API server does not ask whether an account exists: what bindings give to one that is not there is given too.
fn accounts(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let absent: Vec<((Symbol, Symbol), SubjectKey)> = world.accounts_only_bound().collect();
    for (id, right, names) in world.rights_to(&[ACCOUNTS]) {
        let account = |namespace, name| Vertex::Subject(world.account(namespace, name));
        for (target, name) in granted::targets(world, right, names, Vertex::Accounts, account) {
            drafts.edge(Vertex::Right(id), target).granted_by(id, &[ACCOUNTS]).by_name(id, name).file();
        }
        if names.is_empty() {
            let within =
                absent.iter().filter(|((namespace, _), _)| right.scope.is_none_or(|scope| scope == *namespace));
            for (_, account) in within {
                drafts.edge(Vertex::Right(id), Vertex::Subject(*account)).granted_by(id, &[ACCOUNTS]).file();
            }
        }
    }
}

fn users(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let subjects = || world.holders().map(|(subject, _)| subject);
    let people: Vec<SubjectKey> = subjects().filter(|subject| granted::is_person(world, *subject)).collect();
    for (id, _, names) in world.rights_to(&[USERS]) {
        let named: Vec<SubjectKey> = usable(world, names).collect();
        for user in if names.is_empty() { &people } else { &named } {
            let SubjectKey::User(name) = *user else { continue };
            let draft = drafts.edge(Vertex::Right(id), Vertex::Subject(*user)).granted_by(id, &[USERS]);
            draft.by_name(id, Some(name)).file();
        }
    }
}

/// The users of these names. The API server asks for `serviceaccounts` where the name is one of theirs.
fn usable(world: &World<'_>, names: &[Symbol]) -> impl Iterator<Item = SubjectKey> {
    let users = names.iter().copied().map(SubjectKey::User);
    users.filter(|user| world.namespace_and_name(*user).is_none())
}

/// A group is impersonated beside somebody.
fn groups(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let masters = world.inventory.symbols.intern("system:masters");
    let has_user = |combination: &Combination| {
        combination.names[0].iter().any(|names| names.is_empty() || usable(world, names).next().is_some())
    };
    let beside_users = combined::holders(world, &[&[USERS], &[GROUPS]]).into_iter().filter(has_user);
    for combination in beside_users.chain(combined::holders(world, &[&[ACCOUNTS], &[GROUPS]])) {
        let all = &combination.names[1];
        if all.iter().any(|names| names.is_empty() || names.contains(&masters)) {
            combined::file(drafts, &combination, Vertex::ClusterAdmin);
        }
        for group in all.iter().flatten().filter(|name| **name != masters) {
            combined::file(drafts, &combination, Vertex::Subject(SubjectKey::Group(*group)));
        }
    }
}
