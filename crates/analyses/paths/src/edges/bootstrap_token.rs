//! `bootstrap-token`

use model::symbols::Symbol;
use std::collections::BTreeMap;

use super::granted;
use crate::edge::{BOOTSTRAP_TOKENS_TAKEN, EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::{Right, RightId, Wanted, World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "bootstrap-token",
    title: "joins as a node",
    rationale: "A Secret of type `bootstrap.kubernetes.io/token` in `kube-system` is a token with which a node joins: it is given a certificate of a name of choice, and may make tokens for the accounts of the pods of that node.",
    conditions: "`create`, `update` or `patch` on `secrets` in `kube-system`, or a Secret of that type that is there and read. Conditional: the API server takes bootstrap tokens and signs certificates for those who come with them, as kubeadm sets it up.",
    remediation: "Take the rule out, or switch bootstrap tokens off.",
    verify: "kubectl auth can-i create secrets -n kube-system --as SUBJECT",
    techniques: &["T1078", "T1528"],
    aliases: &[],
    found_by: &["bootstrap-tokens-in-use"],
    difficulty: 12,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: kube-system}
rules:
  - {apiGroups: [\"\"], resources: [secrets], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: kube-system}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[
                "all of namespace kube-system -> all ServiceAccounts of the cluster if bootstrap-tokens-taken",
                "rule 1 of Role kube-system/r in namespace kube-system -> all ServiceAccounts of the cluster if bootstrap-tokens-taken",
            ],
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
metadata: {name: r, namespace: kube-system}
rules:
  - {apiGroups: [\"\"], resources: [secrets], verbs: [update], resourceNames: [other]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: kube-system}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["all of namespace kube-system -> all ServiceAccounts of the cluster if bootstrap-tokens-taken"],
        },
        // Whoever reads one has it.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Secret
metadata: {name: bootstrap-token-abcdef, namespace: kube-system}
type: bootstrap.kubernetes.io/token
---
apiVersion: v1
kind: Secret
metadata: {name: bootstrap-token-abcdef, namespace: other}
type: bootstrap.kubernetes.io/token
",
            edges: &[
                "Secret kube-system/bootstrap-token-abcdef -> all ServiceAccounts of the cluster if bootstrap-tokens-taken",
            ],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    // What is created has no name yet for the authorizer: names do not narrow `create`, they end it.
    let create = [wanted("create", "", "secrets")];
    let change = ["update", "patch"].map(|verb| wanted(verb, "", "secrets"));
    let is_for_tokens = |name: &Symbol| world.text(*name).starts_with("bootstrap-token-");
    let created = world.rights_to(&create).filter(|(_, _, names)| names.is_empty());
    let changed = world.rights_to(&change).filter(|(_, _, names)| names.is_empty() || names.iter().any(is_for_tokens));
    for secret in &world.inventory.facts.secrets {
        let (namespace, name) = (world.namespace(secret.resource), world.inventory.resource(secret.resource).name);
        if world.text(secret.kind) == "bootstrap.kubernetes.io/token" && world.text(namespace) == "kube-system" {
            let draft = drafts.edge(Vertex::Secret(namespace, name), Vertex::Accounts(None));
            draft
                .shown_by(secret.resource, secret.place, "the Secret is such a token")
                .if_(&BOOTSTRAP_TOKENS_TAKEN)
                .file();
        }
    }
    if let Some(&system) = world.namespaces().iter().find(|namespace| world.text(**namespace) == "kube-system") {
        drafts.edge(Vertex::Namespace(system), Vertex::Accounts(None)).if_(&BOOTSTRAP_TOKENS_TAKEN).file();
    }
    let rights: BTreeMap<RightId, &Right> = created.chain(changed).map(|(id, right, _)| (id, right)).collect();
    let all: Vec<Wanted> = create.into_iter().chain(change).collect();
    for (id, right) in rights {
        if granted::reaches(world, right, "kube-system") {
            let draft = drafts.edge(Vertex::Right(id), Vertex::Accounts(None)).if_(&BOOTSTRAP_TOKENS_TAKEN);
            draft.granted_by(id, &all).file();
        }
    }
}
