//! `wildcard-non-resource-urls`

use model::control::{Check, Control, InventoryFindings, fixture, maps};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;
use rbac::{Evaluator, Rule};

use super::grants::ALLOW_SUBJECTS;
use super::wildcards;

/// The control.
pub static CONTROL: Control = Control {
    id: "wildcard-non-resource-urls",
    title: "Role grants every API server URL",
    severity: Severity::Medium,
    severity_reason: "/metrics, /debug/pprof, /logs, /configz",
    rationale: "Paths of the API server beside its resources are metrics, profiles of the process and logs.",
    remediation: "Write the paths that are used, such as `/metrics` or `/healthz`, in the place of the wildcard.",
    verify: "kubectl get clusterroles,roles -A -o yaml | grep -n \"'\\*'\"",
    aliases: &[],
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
  - {nonResourceURLs: ['*'], verbs: [get]} #~ medium rules[0]
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
  - {nonResourceURLs: [/healthz], verbs: [get]}
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
  - {nonResourceURLs: ['/*'], verbs: [get]}
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
  - {nonResourceURLs: ['/debug/pprof/*'], verbs: [get]} #~ medium
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
    let urls = rule.words.urls.iter().map(|url| evaluator.text(*url));
    let is_wide = |url: &String| matches!(&**url, "*" | "/*") || url.starts_with("/debug/") || url.starts_with("/logs");
    let wide = urls.into_iter().find(is_wide)?;
    Some((Severity::Medium, format!("the URLs `{wide}`")))
}
