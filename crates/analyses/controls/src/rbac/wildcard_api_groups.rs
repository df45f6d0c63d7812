//! `wildcard-api-groups`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;
use rbac::{Evaluator, Rule};

use super::grants::ALLOW_SUBJECTS;
use super::wildcards;

/// The control.
pub static CONTROL: Control = Control {
    id: "wildcard-api-groups",
    title: "Role grants every API group",
    severity: Severity::Medium,
    severity_reason: "covers groups installed later",
    rationale: "`*` grants resources of that name in groups that are installed later.",
    remediation: "Write the groups in the place of `*`; the core group is `\"\"`.",
    verify: "kubectl get clusterroles,roles -A -o yaml | grep -n \"'\\*'\"",
    aliases: &[alias("kube-linter", "wildcard-in-rules")],
    mappings: &[
        maps("cis-kubernetes", "5.1.3"),
        maps("owasp-k8s-top10", "K02"),
        maps("nist-800-53", "AC-6"),
        maps("pci-dss-4", "7.2.3"),
        maps("iso-27001", "A.5.3"),
        maps("iso-27001", "A.8.2"),
    ],
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
  - {apiGroups: ['*'], resources: [deployments], verbs: [get]} #~ medium rules[0]
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
  - {apiGroups: ['apps'], resources: [deployments], verbs: [get]}
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
  - {apiGroups: ['*'], resources: ['*'], verbs: [get]}
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
    wildcards::report(inventory, findings, judge);
}

fn judge(evaluator: &Evaluator<'_>, rule: &Rule) -> Option<(Severity, String)> {
    let grants = rule.has_every_group() && !rule.has_every_resource() && !rule.words.resources.is_empty();
    let text = || format!("{} of every API group", wildcards::resources(evaluator, rule));
    (grants && !rule.words.verbs.is_empty()).then(|| (Severity::Medium, text()))
}
