//! `role-escalate-allowed`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;

use super::grants::{self, ALLOW_SUBJECTS};

/// The control.
pub static CONTROL: Control = Control {
    id: "role-escalate-allowed",
    title: "Subject can raise the rules of roles",
    severity: Severity::Critical,
    severity_reason: "adds any rule to a role it is bound to",
    rationale: "The verb `escalate` lets rules into roles that the writer does not hold. Written into a role that is bound to the writer, they are the writer's.",
    remediation: "Take `escalate` out of the role: what the writer holds can be written into roles without it.",
    verify: "plimsoll rbac who-can escalate clusterroles",
    aliases: &[alias("kubescape", "C-0191"), alias("trivy", "KSV-0050"), alias("checkov", "CKV_K8S_158"), alias("kyverno", "restrict-escalation-verbs-roles"), alias("rbac-police", "escalate_roles"), alias("kubesplaining", "KUBE-PRIVESC-009"), alias("datree", "CIS_INVALID_VALUE_BIND_IMPERSONATE_ESCALATE")],
    mappings: &[maps("cis-kubernetes", "5.1.8"), maps("mitre", "T1098.006"), maps("owasp-k8s-top10", "K02"), maps("nist-800-53", "AC-6"), maps("cis-gke", "4.1.7"), maps("cis-eks", "4.1.8")],
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
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [clusterroles], verbs: [escalate, update]} #~ critical rules[0]
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
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [clusterroles], verbs: [escalate]}
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
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [clusterroles], verbs: [escalate, update]} #~ info rules[0]: Nobody is bound
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [roles], verbs: [escalate, patch]} #~ high
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
    grants::report(inventory, findings, &["escalate-roles"], grants::by_scope);
}
