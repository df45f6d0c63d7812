//! `csr-signing-allowed`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;

use super::grants::{self, ALLOW_SUBJECTS};

/// The control.
pub static CONTROL: Control = Control {
    id: "csr-signing-allowed",
    title: "Subject can sign certificates",
    severity: Severity::High,
    severity_reason: "with CA access issues any identity",
    rationale: "Who may write the certificate into a request and has the key of a trusted signer issues any identity.",
    remediation: "Leave signing to the controllers that have the keys.",
    verify: "plimsoll rbac who-can sign signers",
    aliases: &[alias("kubesplaining", "KUBE-PRIVESC-024")],
    mappings: &[maps("owasp-k8s-top10", "K02"), maps("nist-800-53", "AC-6")],
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
  - {apiGroups: ['certificates.k8s.io'], resources: [signers], verbs: [sign]} #~ high rules[0]
  - {apiGroups: ['certificates.k8s.io'], resources: [certificatesigningrequests/status], verbs: [update]}
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
  - {apiGroups: ['certificates.k8s.io'], resources: [signers], verbs: [sign]}
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
  - {apiGroups: ['certificates.k8s.io'], resources: [signers], verbs: [sign]} #~ info rules[0]: Nobody is bound
  - {apiGroups: ['certificates.k8s.io'], resources: [certificatesigningrequests/status], verbs: [update]}
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    grants::report(inventory, findings, &["sign-certificates"], grants::always);
}
