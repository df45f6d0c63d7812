//! `wildcard-resources`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;
use rbac::{Evaluator, Rule};

use super::grants::ALLOW_SUBJECTS;
use super::wildcards;

/// The control.
pub static CONTROL: Control = Control {
    id: "wildcard-resources",
    title: "Role grants every resource",
    severity: Severity::High,
    severity_reason: "covers Secrets, pods/exec and new CRDs",
    rationale: "`*` grants Secrets and `pods/exec` as well, and whatever kind is installed later.",
    remediation: "Write the resources that are used in the place of `*`.",
    verify: "kubectl get clusterroles,roles -A -o yaml | grep -n \"'\\*'\"",
    aliases: &[
        alias("kubescape", "C-0187"),
        alias("trivy", "KSV-0046"),
        alias("trivy", "KSV-0112"),
        alias("trivy", "KSV-0044"),
        alias("kube-linter", "wildcard-in-rules"),
        alias("checkov", "CKV_K8S_49"),
        alias("datree", "CIS_INVALID_WILDCARD_ROLE"),
        alias("kyverno", "restrict-wildcard-resources"),
        alias("kubewarden", "RBACProhibitWildcardsOnPolicyRuleResources"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.1.3"),
        maps("nsa-cisa", "rbac"),
        maps("owasp-k8s-top10", "K02"),
        maps("nist-800-190", "4.3.1"),
        maps("nist-800-53", "AC-6"),
        maps("cis-gke", "4.1.3"),
        maps("cis-aks", "4.1.3"),
        maps("cis-eks", "4.1.3"),
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
  - {apiGroups: ['*'], resources: ['*'], verbs: [get, list]} #~ high rules[0]: `r` grants `get, list` on every resource
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
  - {apiGroups: [''], resources: [pods], verbs: [get, list]}
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
  - {apiGroups: ['*'], resources: ['*/scale'], verbs: [get]} #~ medium
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
  - {apiGroups: [''], resources: ['pods/*'], verbs: [get]}
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
    if rule.words.verbs.is_empty() {
        return None;
    }
    let verbs = wildcards::verbs(evaluator, rule);
    if rule.has_every_resource() {
        return Some((Severity::High, format!("{verbs} on every resource")));
    }
    let texts = rule.words.resources.iter().map(|resource| evaluator.text(*resource));
    let wild = texts.into_iter().find(|resource| resource.starts_with("*/"))?;
    Some((Severity::Medium, format!("{verbs} on `{wild}`, a subresource of every resource")))
}
