//! `wildcard-verbs`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;
use rbac::{Evaluator, Rule};

use super::grants::ALLOW_SUBJECTS;
use super::wildcards;

/// The control.
pub static CONTROL: Control = Control {
    id: "wildcard-verbs",
    title: "Role grants every verb",
    severity: Severity::High,
    severity_reason: "includes escalate, bind, impersonate, approve and future verbs",
    rationale: "`*` grants verbs that nobody thought of: `escalate`, `bind`, `impersonate`, `approve`, and those that are added later.",
    remediation: "Write the verbs that are used in the place of `*`.",
    verify: "kubectl get clusterroles,roles -A -o yaml | grep -n \"'\\*'\"",
    aliases: &[alias("kubescape", "C-0187"), alias("trivy", "KSV-0045"), alias("trivy", "KSV-0044"), alias("kube-linter", "wildcard-in-rules"), alias("checkov", "CKV_K8S_49"), alias("datree", "CIS_INVALID_WILDCARD_ROLE"), alias("kyverno", "restrict-wildcard-verbs"), alias("kubewarden", "RBACProhibitWildcardsOnPolicyRuleVerbs"), alias("prowler", "rbac_minimize_wildcard_use_roles")],
    mappings: &[maps("cis-kubernetes", "5.1.3"), maps("nsa-cisa", "rbac"), maps("owasp-k8s-top10", "K02"), maps("nist-800-190", "4.3.1"), maps("nist-800-53", "AC-6"), maps("cis-gke", "4.1.3"), maps("cis-aks", "4.1.3"), maps("cis-eks", "4.1.3"), maps("pci-dss-4", "7.2.3"), maps("iso-27001", "A.5.3"), maps("iso-27001", "A.8.2")],
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
  - {apiGroups: [''], resources: [configmaps], verbs: ['*']} #~ high rules[0]: `r` grants every verb on `configmaps` to ServiceAccount shop/robot
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
  - {apiGroups: [''], resources: [configmaps], verbs: ['*']} #~ medium
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
  - {apiGroups: [''], resources: [configmaps], verbs: ['*']} #~ info
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {nonResourceURLs: [/metrics], verbs: ['*']}
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
    let grants = rule.has_every_verb() && !rule.words.resources.is_empty();
    grants.then(|| (Severity::High, format!("every verb on {}", wildcards::resources(evaluator, rule))))
}
