//! `role-bindings-writable`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;
use rbac::capability::Capabilities;
use rbac::catalogue;
use rbac::proof::Proof;

use super::grants::{self, ALLOW_SUBJECTS};

/// The control.
pub static CONTROL: Control = Control {
    id: "role-bindings-writable",
    title: "Subject can create or change bindings",
    severity: Severity::Medium,
    severity_reason: "passes its own rights to others; persistence",
    rationale: "Without `bind` a binding hands on no more than its writer holds. That is enough to keep rights under another name when the account is taken away.",
    remediation: "Leave bindings to those who administer the namespace, and watch who is named in them.",
    verify: "plimsoll rbac who-can create rolebindings",
    aliases: &[alias("trivy", "KSV-0055"), alias("trivy", "KSV-0051"), alias("trivy", "KSV-0052"), alias("checkov", "CKV2_K8S_1"), alias("kubesplaining", "KUBE-PRIVESC-010")],
    mappings: &[maps("cis-kubernetes", "5.1.8"), maps("mitre", "T1098.006"), maps("owasp-k8s-top10", "K02"), maps("nist-800-53", "AC-6")],
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[ALLOW_SUBJECTS],
    check: Check::Inventory(check),
    fixtures: &[
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [rolebindings], verbs: [create]} #~ medium rules[0]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: r
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [rolebindings], verbs: [list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: r
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [rolebindings], verbs: [create]} #~ low rules[0]
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
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [rolebindings], verbs: [create]} #~ info rules[0]: Nobody is bound
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let bind = catalogue::index("bind-roles").unwrap_or_default();
    let is_checked =
        |capabilities: &Capabilities<'_>, proof: &Proof| !capabilities.of(proof.subject, proof.namespace).0.has(bind);
    grants::report_those(inventory, findings, &["pass-on-own-rights"], grants::by_scope, &is_checked);
}
