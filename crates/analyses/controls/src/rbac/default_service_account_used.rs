//! `default-service-account-used`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;

use crate::secret::service_accounts::Accounts;

/// The control.
pub static CONTROL: Control = Control {
    id: "default-service-account-used",
    title: "Workload runs as the default ServiceAccount",
    severity: Severity::Medium,
    severity_reason: "any grant to it hits every careless pod of the namespace",
    rationale: "Whatever is granted to the account `default` of a namespace reaches every pod that names none, and nobody sees from the pod that it needs it.",
    remediation: "Give the workload a ServiceAccount of its own and name it in `serviceAccountName`; set `automountServiceAccountToken: false` on the account `default`.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(.spec.serviceAccountName == \"default\") | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("kubescape", "C-0189"),
        alias("kubescape", "C-0225"),
        alias("kubescape", "C-0239"),
        alias("kube-linter", "default-service-account"),
        alias("checkov", "CKV_K8S_41"),
        alias("checkov", "CKV_K8S_42"),
        alias("kubesec", "ServiceAccountName"),
        alias("datree", "CIS_INVALID_VALUE_AUTOMOUNTSERVICEACCOUNTTOKEN"),
        alias("kyverno", "restrict-service-account"),
        alias("kyverno", "check-sa"),
        alias("kubewarden", "high-risk-service-account-policy"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.1.5"),
        maps("nsa-cisa", "pod-security"),
        maps("owasp-k8s-top10", "K09"),
        maps("nist-800-53", "AC-2"),
        maps("nist-800-53", "AC-6"),
        maps("cis-gke", "4.1.4"),
        maps("cis-gke", "5.2.2"),
        maps("cis-aks", "4.1.5"),
        maps("cis-aks", "5.2.1"),
        maps("cis-eks", "4.1.5"),
        maps("cis-eks", "5.2.1"),
    ],
    references: &["https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec: #~ medium spec.serviceAccountName
  containers:
    - name: app
      image: app:1
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  serviceAccountName: robot
  containers:
    - name: app
      image: app:1
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  serviceAccountName: default #~ medium
  containers:
    - name: app
      image: app:1
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  serviceAccountName: default #~ info
  automountServiceAccountToken: false
  containers:
    - name: app
      image: app:1
",
        ),
        fixture(
            "apiVersion: v1
kind: ServiceAccount
metadata:
  name: default #~ medium automountServiceAccountToken: The account `default`
",
        ),
        fixture(
            "apiVersion: v1
kind: ServiceAccount
metadata:
  name: default
automountServiceAccountToken: false
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let accounts = Accounts::new(inventory);
    let default = inventory.symbols.intern("default");
    for workload in &inventory.facts.workloads {
        if accounts.is_said_elsewhere(workload) {
            continue;
        }
        findings.looked_at(workload.resource);
        if accounts.name_of(workload).1 != default {
            continue;
        }
        let has_token = accounts.is_automounted(workload) || workload.projected_token.is_some();
        let (severity, message) = match has_token {
            true => (
                Severity::Medium,
                "The pod runs as `{value}` and has its token: whatever is granted to that account reaches it",
            ),
            false => (Severity::Info, "The pod runs as `{value}`, without its token"),
        };
        let finding = Finding::at_place(workload.service_account_place).value("default").severity(severity);
        findings.report(workload.resource, finding.message(message));
    }
    for account in &inventory.facts.service_accounts {
        findings.looked_at(account.resource);
        if inventory.resource(account.resource).name == default && account.automount != Some(false) {
            let message = "The account `{value}` gives its token to every pod that names no account";
            let finding = Finding::at_place(account.place).value("default");
            findings.report(account.resource, finding.message(message));
        }
    }
}
