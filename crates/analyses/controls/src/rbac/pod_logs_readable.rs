//! `pod-logs-readable`

use model::control::{Check, Control, InventoryFindings, fixture, maps};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;
use model::symbols::Symbol;
use rbac::capability::Capabilities;
use rbac::proof::Proof;

use super::grants::{self, ALLOW_SUBJECTS, PRIVILEGED_NAMESPACES, Situation};

/// The control.
pub static CONTROL: Control = Control {
    id: "pod-logs-readable",
    title: "Subject can read all pod logs",
    severity: Severity::Low,
    severity_reason: "logs contain secrets",
    rationale: "Logs often have credentials and personal data in them, and a link in a log directory makes the kubelet serve other files of the node.",
    remediation: "Grant it in the namespaces where it is needed.",
    verify: "plimsoll rbac who-can get pods/log",
    aliases: &[],
    mappings: &[maps("owasp-k8s-top10", "K03"), maps("nist-800-53", "AC-6")],
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[ALLOW_SUBJECTS, PRIVILEGED_NAMESPACES],
    check: Check::Inventory(check),
    fixtures: &[
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [pods/log], verbs: [get]} #~ low rules[0]
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
  - {apiGroups: [''], resources: [pods], verbs: [get]}
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
  - {apiGroups: ['no.such.group'], resources: [pods/log], verbs: [get]}
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
  - {apiGroups: [''], resources: [nodes/log], verbs: [get]} #~ medium
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
  - {apiGroups: [''], resources: [pods/log], verbs: [get]}
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
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let privileged: Vec<Symbol> =
        findings.findings.list(&PRIVILEGED_NAMESPACES).iter().map(|name| inventory.symbols.intern(name)).collect();
    let counts =
        |_: &Capabilities<'_>, proof: &Proof| proof.namespace.is_none_or(|namespace| privileged.contains(&namespace));
    grants::report_where(inventory, findings, &["read-logs", "read-node-logs"], grade, &counts);
}

fn grade(situation: &Situation) -> Severity {
    if situation.danger == "read-node-logs" { Severity::Medium } else { Severity::Low }
}
