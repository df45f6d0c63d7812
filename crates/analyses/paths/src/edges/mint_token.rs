//! `mint-token`

use std::collections::BTreeSet;

use model::control::alias;

use super::granted;
use crate::edge::{ACCOUNT_EXISTS, EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::{World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "mint-token",
    title: "mints tokens of ServiceAccounts",
    rationale: "A token is minted for any account in the scope of the right, without a pod and without a Secret.",
    conditions: "`create` on `serviceaccounts/token`. A rule with names leads to these accounts alone, conditionally where one is not in the input and no workload uses it.",
    remediation: "Take the rule out, or name the accounts.",
    verify: "kubectl create token NAME -n NAMESPACE --as SUBJECT",
    techniques: &["T1528"],
    aliases: &[alias("icekube", "GENERATE_TOKEN")],
    found_by: &["service-account-tokens-creatable"],
    difficulty: 1,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [serviceaccounts/token], verbs: [create]}
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
  - {apiGroups: [\"\"], resources: [serviceaccounts/token], verbs: [create], resourceNames: [web]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["rule 1 of Role n/r in namespace n -> ServiceAccount n/web if account-exists"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: n}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [serviceaccounts/token], verbs: [create], resourceNames: [web]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["rule 1 of Role n/r in namespace n -> ServiceAccount n/web"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [serviceaccounts], verbs: [create]}
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
    let known: BTreeSet<Vertex> =
        world.accounts().map(|(namespace, name)| Vertex::Subject(world.account(namespace, name))).collect();
    let all = [wanted("create", "", "serviceaccounts/token")];
    for (id, right, names) in world.rights_to(&all) {
        let account = |namespace, name| Vertex::Subject(world.account(namespace, name));
        for (target, name) in granted::targets(world, right, names, Vertex::Accounts, account) {
            let draft = drafts.edge(Vertex::Right(id), target).granted_by(id, &all).by_name(id, name);
            match names.is_empty() || known.contains(&target) {
                true => draft.file(),
                false => draft.if_(&ACCOUNT_EXISTS).file(),
            }
        }
    }
}
