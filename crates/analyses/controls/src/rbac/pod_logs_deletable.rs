//! `pod-logs-deletable`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;
use rbac::{Evaluator, Rule};

use super::grants::ALLOW_SUBJECTS;
use super::wildcards;

/// The control.
pub static CONTROL: Control = Control {
    id: "pod-logs-deletable",
    title: "Subject can delete pod logs",
    severity: Severity::Low,
    severity_reason: "hides traces",
    rationale: "There is no such operation: logs are files of the node. A rule that grants it shows that somebody wanted it, and what is missing of it may be granted elsewhere.",
    remediation: "Take the rule out: it grants nothing, and shows a right that is not there.",
    verify: "kubectl get clusterroles,roles -A -o yaml | grep -n pods/log",
    aliases: &[alias("trivy", "KSV-0042")],
    mappings: &[maps("owasp-k8s-top10", "K10"), maps("nist-800-53", "AU-9")],
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
  - {apiGroups: [''], resources: [pods/log], verbs: [delete]} #~ low rules[0]
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
  - {apiGroups: [''], resources: [pods], verbs: [delete]}
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
    let has = |words: &[model::symbols::Symbol], wanted: &[&str]| {
        words.iter().any(|word| wanted.contains(&&*evaluator.text(*word)))
    };
    let deletes = has(&rule.words.verbs, &["delete", "deletecollection", "*"]);
    let text = || "the deleting of `pods/log`, which is no operation of the API: it has no effect".to_owned();
    (deletes && has(&rule.words.resources, &["pods/log", "*/log"])).then(|| (Severity::Low, text()))
}
