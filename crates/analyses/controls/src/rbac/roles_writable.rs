//! `roles-writable`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;
use rbac::capability::Capabilities;
use rbac::catalogue;
use rbac::proof::Proof;

use super::grants::{self, ALLOW_SUBJECTS, Situation};

/// The control.
pub static CONTROL: Control = Control {
    id: "roles-writable",
    title: "Subject can create or change roles",
    severity: Severity::Low,
    severity_reason: "limited by the escalation check; watch with aggregation labels",
    rationale: "New rules of a role must be held by the writer. A label all the same adds them to `view`, `edit` and `admin`, and with them to all who are bound to these.",
    remediation: "Leave roles to those who administer the cluster.",
    verify: "plimsoll rbac who-can update clusterroles",
    aliases: &[alias("trivy", "KSV-0050")],
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
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [clusterroles], verbs: [update]} #~ medium rules[0]
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
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [clusterroles], verbs: [get]}
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
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [clusterroles], verbs: [update]} #~ info rules[0]: Nobody is bound
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [roles], verbs: [update]} #~ low rules[0]
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
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [clusterroles], verbs: [update], resourceNames: [mine]} #~ low
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
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [clusterroles], verbs: [patch], resourceNames: ['system:aggregate-to-view']} #~ medium
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
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [clusterroles], verbs: [update, escalate]}
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
    let escalate = catalogue::index("escalate-roles").unwrap_or_default();
    let is_checked = |capabilities: &Capabilities<'_>, proof: &Proof| {
        !capabilities.of(proof.subject, proof.namespace).0.has(escalate)
    };
    grants::report_those(inventory, findings, &["aggregate-into-default-roles"], grade, &is_checked);
}

fn grade(situation: &Situation) -> Severity {
    if situation.aggregates { Severity::Medium } else { Severity::Low }
}
