//! `cloud-identity-on-broad-service-account`

use std::collections::BTreeSet;

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::{Inventory, ResourceId, ServiceAccountFact};
use model::parameter::{Default, Parameter, parameter};
use model::place::Place;
use model::severity::Severity;
use rbac::capability::Capabilities;
use rbac::catalogue;

use super::grants;
use crate::secret::service_accounts::Accounts;

/// The control.
pub static CONTROL: Control = Control {
    id: "cloud-identity-on-broad-service-account",
    title: "ServiceAccount maps to a cloud role",
    severity: Severity::Medium,
    severity_reason: "pod compromise moves to the cloud account",
    rationale: "A pod that runs as the account gets credentials of the role in the cloud. The more pods and people may be that account, the more of them have the role.",
    remediation: "Give each workload an account and a role of its own, trust the role to that account alone, and let nobody else run pods in the namespace.",
    verify: "kubectl get serviceaccounts -A -o yaml | grep -n role-arn",
    aliases: &[alias("rbac-police", "providerIAM"), alias("kubesplaining", "KUBE-CLOUD-IRSA")],
    mappings: &[maps("owasp-k8s-top10", "K08"), maps("nist-800-53", "AC-6"), maps("mitre", "T1078")],
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[MAX_WORKLOADS],
    check: Check::Inventory(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: ServiceAccount
metadata:
  name: default #~ medium metadata.annotations
  namespace: shop
  annotations:
    eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/app
",
        ),
        fixture(
            "apiVersion: v1
kind: ServiceAccount
metadata:
  name: app
  namespace: shop
  annotations:
    eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/app
",
        ),
        fixture(
            "apiVersion: v1
kind: ServiceAccount
metadata:
  name: robot #~ medium
  namespace: shop
  annotations:
    eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/app
---
apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: shop
spec:
  serviceAccountName: robot
  containers:
    - name: app
      image: app:1
---
apiVersion: v1
kind: Pod
metadata:
  name: app-2
  namespace: shop
spec:
  serviceAccountName: robot
  containers:
    - name: app
      image: app:1
",
        ),
        fixture(
            "apiVersion: v1
kind: ServiceAccount
metadata:
  name: robot #~ medium metadata.annotations: The account is an identity
  namespace: shop
  annotations:
    eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/app
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [pods], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: r
subjects:
  - {kind: User, name: 'jane', apiGroup: rbac.authorization.k8s.io}
",
        ),
    ],
};

const MAX_WORKLOADS: Parameter = parameter(
    "max_workloads",
    Default::Number(Some(1)),
    "how many workloads may share an account that has a role in the cloud",
);

/// Annotations that map an account to an identity of a cloud.
const ANNOTATIONS: [&str; 3] =
    ["eks.amazonaws.com/role-arn", "iam.gke.io/gcp-service-account", "azure.workload.identity/client-id"];

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    if inventory.facts.service_accounts.is_empty() {
        return;
    }
    let is_annotated = |account: &ServiceAccountFact| {
        account.annotations.iter().any(|key| ANNOTATIONS.contains(&&*inventory.symbols.text(*key)))
    };
    if !inventory.facts.service_accounts.iter().any(is_annotated) {
        // Who may do what costs more to work out than this.
        inventory.facts.service_accounts.iter().for_each(|account| findings.looked_at(account.resource));
        return;
    }
    let capabilities = grants::judged(inventory, findings);
    let evaluator = capabilities.evaluator();
    let accounts = Accounts::new(inventory);
    // Pods that are not what their owners say are told apart from them, and are the same workload.
    let drifted: BTreeSet<ResourceId> = inventory.facts.live.drifts.iter().map(|drift| drift.resource).collect();
    let max = findings.findings.number(&MAX_WORKLOADS).unwrap_or(1);
    for account in &inventory.facts.service_accounts {
        findings.looked_at(account.resource);
        let text = |annotation: &model::symbols::Symbol| inventory.symbols.text(*annotation);
        let Some(annotation) = account.annotations.iter().map(text).find(|key| ANNOTATIONS.contains(&&**key)) else {
            continue;
        };
        let resource = inventory.resource(account.resource);
        let key = (resource.namespace, resource.name);
        let users = inventory.facts.workloads.iter().filter(|workload| accounts.name_of(workload) == key);
        let users = users.filter(|workload| !drifted.contains(&workload.resource)).count();
        let runner = || runs_pods(&capabilities, evaluator.namespace_of(resource.namespace));
        let why = if inventory.symbols.text(resource.name) == "default" {
            "and is the account of every pod that names none".to_owned()
        } else if users as i64 > max {
            format!("and {users} workloads run as it")
        } else if let Some(subject) = runner() {
            format!("and `{subject}` can run pods or issue tokens in its namespace")
        } else {
            continue;
        };
        let place = Place { field: inventory.symbols.intern("metadata.annotations"), ..account.place };
        let message = format!("The account is an identity of the cloud by `{{value}}`, {why}");
        findings.report(account.resource, Finding::at_place(place).value(annotation).message(message));
    }
}

/// Somebody, administrators of the cluster apart, who can be any account of the namespace.
fn runs_pods(capabilities: &Capabilities<'_>, namespace: model::symbols::Symbol) -> Option<String> {
    let evaluator = capabilities.evaluator();
    let indexes = |ids: &[&str]| ids.iter().filter_map(|id| catalogue::index(id)).collect::<Vec<_>>();
    let (wanted, everything) =
        (indexes(&["run-pods", "mint-service-account-tokens"]), indexes(&["cluster-admin-grant"]));
    let holding = capabilities.holdings().iter().find(|holding| {
        holding.namespace.is_none_or(|own| own == namespace)
            && wanted.iter().any(|danger| holding.dangers.has(*danger))
            && !everything.iter().any(|danger| holding.dangers.has(*danger) && holding.namespace.is_none())
            && !grants::is_default_subject(evaluator, holding.subject)
    })?;
    Some(grants::named(evaluator, holding.subject))
}
