//! `workload-deletable`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;

use super::grants::{self, ALLOW_SUBJECTS, Situation};

/// The control.
pub static CONTROL: Control = Control {
    id: "workload-deletable",
    title: "Subject can delete workloads or data",
    severity: Severity::Medium,
    severity_reason: "destruction and denial of service",
    rationale: "Data is lost with the objects that hold it, and services stop with their pods.",
    remediation: "Grant `delete` on the kinds that the program makes, in its namespace, and `deletecollection` to nobody.",
    verify: "plimsoll rbac who-can delete pods",
    aliases: &[alias("kubescape", "C-0007"), alias("trivy", "KSV-0048")],
    mappings: &[maps("mitre", "T1485"), maps("owasp-k8s-top10", "K02"), maps("nist-800-53", "AC-6")],
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
  - {apiGroups: [''], resources: [pods], verbs: [delete]} #~ medium rules[0]
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
  - {apiGroups: [''], resources: [pods], verbs: [delete]} #~ low rules[0]
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
  - {apiGroups: [''], resources: [pods], verbs: [delete]} #~ info rules[0]: Nobody is bound
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: ['no.such.group'], resources: [pods], verbs: [delete]}
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
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    grants::report(inventory, findings, &["delete-workloads", "delete-namespaces"], grade);
}

fn grade(situation: &Situation) -> Severity {
    match situation {
        Situation { danger: "delete-namespaces", .. } => Severity::High,
        Situation { limited: true, .. } => Severity::Low,
        Situation { everywhere: true, .. } | Situation { in_system: true, .. } => situation.base,
        _ => Severity::Low,
    }
}
