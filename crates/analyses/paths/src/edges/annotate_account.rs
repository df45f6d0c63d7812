//! `annotate-account`

use model::control::alias;

use super::combined;
use super::granted;
use crate::edge::{EdgeFixture, EdgeKind, IDENTITY_TRUSTS_OTHERS};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::{World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "annotate-account",
    title: "gives an account of its own an identity of the cloud",
    rationale: "Who may annotate a ServiceAccount and run a pod with it asks the cloud for the identity that it wrote there.",
    conditions: "`update` or `patch` on `serviceaccounts`, and a right to run pods, in one scope. Leads to the identities that ServiceAccounts of the input name. Conditional: the cloud has to trust other accounts of the cluster with them.",
    remediation: "Take the rule out, and let the cloud trust one namespace and name for each identity.",
    verify: "kubectl auth can-i patch serviceaccounts -n NAMESPACE --as SUBJECT",
    techniques: &["T1078.004"],
    aliases: &[alias("k8scout", "PATCH-SA")],
    found_by: &[],
    difficulty: 10,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: ServiceAccount
metadata: {name: s, namespace: n, annotations: {eks.amazonaws.com/role-arn: 'arn:a'}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: m}
rules:
  - {apiGroups: [\"\"], resources: [serviceaccounts], verbs: [patch]}
  - {apiGroups: [\"\"], resources: [pods], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: m}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[
                "ServiceAccount n/s -> cloud identity arn:a if identity-trusts-others",
                "all of namespace m -> cloud identity arn:a if identity-trusts-others",
                "cluster-admin -> cloud identity arn:a if identity-trusts-others",
            ],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: ServiceAccount
metadata: {name: s, namespace: n, annotations: {eks.amazonaws.com/role-arn: 'arn:a'}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: m}
rules:
  - {apiGroups: [\"\"], resources: [serviceaccounts], verbs: [patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: m}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[
                "all of namespace m -> cloud identity arn:a if identity-trusts-others",
                "cluster-admin -> cloud identity arn:a if identity-trusts-others",
            ],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let accounts = world.inventory.facts.service_accounts.iter();
    let identities: std::collections::BTreeSet<model::symbols::Symbol> =
        accounts.filter_map(|account| Some(account.cloud_identity?.1)).collect();
    if identities.is_empty() {
        return;
    }
    let annotate = ["update", "patch"].map(|verb| wanted(verb, "", "serviceaccounts"));
    let all_of = world.namespaces().iter().map(|&namespace| Vertex::Namespace(namespace));
    for from in all_of.chain([Vertex::ClusterAdmin]) {
        for &identity in &identities {
            drafts.edge(from, Vertex::CloudIdentity(identity)).if_(&IDENTITY_TRUSTS_OTHERS).file();
        }
    }
    for combination in combined::holders(world, &[&annotate, &granted::RUNS_PODS]) {
        if !granted::runs_pods(world, &combination, 1) {
            continue;
        }
        for &identity in &identities {
            combined::file_if(drafts, &combination, Vertex::CloudIdentity(identity), &IDENTITY_TRUSTS_OTHERS);
        }
    }
}
