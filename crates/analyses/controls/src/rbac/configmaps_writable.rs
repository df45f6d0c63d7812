//! `configmaps-writable`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;

use super::grants::{self, ALLOW_SUBJECTS, Situation};

/// The control.
pub static CONTROL: Control = Control {
    id: "configmaps-writable",
    title: "Subject can change ConfigMaps",
    severity: Severity::Low,
    severity_reason: "configuration tampering",
    rationale: "Programs do what their configuration says.",
    remediation: "Name the ConfigMaps that are needed in `resourceNames`.",
    verify: "plimsoll rbac who-can update configmaps",
    aliases: &[alias("trivy", "KSV-0049")],
    mappings: &[maps("owasp-k8s-top10", "K02")],
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
  - {apiGroups: [''], resources: [configmaps], verbs: [update]} #~ medium rules[0]
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
  - {apiGroups: [''], resources: [configmaps], verbs: [get]}
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
  - {apiGroups: [''], resources: [configmaps], verbs: [update]} #~ low rules[0]
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
  - {apiGroups: [''], resources: [configmaps], verbs: [update]} #~ info rules[0]: Nobody is bound
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: ['no.such.group'], resources: [configmaps], verbs: [update]}
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
    grants::report(inventory, findings, &["write-configmaps"], grade);
}

fn grade(situation: &Situation) -> Severity {
    match situation {
        Situation { everywhere: true, .. } | Situation { in_system: true, .. } => Severity::Medium,
        _ => situation.base,
    }
}
