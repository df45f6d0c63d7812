//! `default-service-account-bound`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;
use rbac::SubjectKey;

use super::grants::{self, Expected, shipped};

/// The control.
pub static CONTROL: Control = Control {
    id: "default-service-account-bound",
    title: "Default ServiceAccount has permissions",
    severity: Severity::High,
    severity_reason: "every pod without its own SA inherits them",
    rationale: "Pods that name no ServiceAccount run as `default`. What is granted to it is granted to every one of them, also to those that nobody thought of.",
    remediation: "Bind a ServiceAccount of its own, and name it in the pods that need it.",
    verify: "plimsoll rbac subjects sa:NAMESPACE/default",
    aliases: &[
        alias("kubescape", "C-0189"),
        alias("kubescape", "C-0225"),
        alias("kubescape", "C-0239"),
        alias("checkov", "CKV_K8S_42"),
        alias("kubesplaining", "KUBE-SA-DEFAULT-002"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.1.5"),
        maps("owasp-k8s-top10", "K02"),
        maps("nist-800-53", "AC-6"),
        maps("mitre", "T1078.001"),
        maps("cis-gke", "4.1.4"),
        maps("cis-gke", "5.2.2"),
        maps("cis-aks", "4.1.5"),
        maps("cis-aks", "5.2.1"),
        maps("cis-eks", "4.1.5"),
        maps("cis-eks", "5.2.1"),
    ],
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - {kind: ServiceAccount, name: default, namespace: shop} #~ high subjects[0].name
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - {kind: User, name: 'system:serviceaccount:shop:default', apiGroup: rbac.authorization.k8s.io} #~ high
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - {kind: Group, name: 'system:serviceaccounts:shop', apiGroup: rbac.authorization.k8s.io} #~ high
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:service-account-issuer-discovery
subjects:
  - {kind: Group, name: 'system:serviceaccounts', apiGroup: rbac.authorization.k8s.io}
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let Some(capabilities) = grants::judged_rights(inventory, findings) else { return };
    let evaluator = capabilities.evaluator();
    grants::look_at_all(inventory, findings);
    for subject in grants::subjects_of_input(evaluator) {
        let is_default = match subject.key {
            SubjectKey::User(name) => {
                let name = evaluator.text(name);
                name.starts_with("system:serviceaccount:") && name.ends_with(":default")
            }
            SubjectKey::Group(name) => {
                let name = evaluator.text(name);
                name == "system:serviceaccounts" || name.starts_with("system:serviceaccounts:")
            }
            SubjectKey::Nobody => false,
        };
        if !is_default || grants::is_expected(evaluator, subject.binding, &EXPECTED) {
            continue;
        }
        let message = format!("`{{value}}` is given `{}`: every pod that names no account has it", subject.role);
        let finding = Finding::at_place(subject.place).value(grants::named(evaluator, subject.key));
        findings.report(subject.resource, finding.message(message));
    }
}

/// What tells no more than what the server can do.
const EXPECTED: [Expected; 4] = [
    shipped("system:basic-user"),
    shipped("system:discovery"),
    shipped("system:public-info-viewer"),
    shipped("system:service-account-issuer-discovery"),
];
