//! `webhook-configuration-writable`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;

use super::grants::{self, ALLOW_SUBJECTS, Situation};

/// The control.
pub static CONTROL: Control = Control {
    id: "webhook-configuration-writable",
    title: "Subject can change admission webhooks",
    severity: Severity::Critical,
    severity_reason: "reads and mutates every object, or disables policy",
    rationale: "A mutating webhook changes every object on its way in; a validating one reads it, Secrets among them; and who deletes one takes a guard away.",
    remediation: "Leave webhook configurations to those who administer the cluster; name the one that a program keeps in `resourceNames`.",
    verify: "plimsoll rbac who-can patch mutatingwebhookconfigurations",
    aliases: &[alias("kubescape", "C-0281"), alias("trivy", "KSV-0114"), alias("checkov", "CKV_K8S_155"), alias("kyverno", "restrict-clusterrole-mutating-validating-admission-webhooks"), alias("rbac-police", "control_webhooks"), alias("prowler", "rbac_minimize_webhook_config_access")],
    mappings: &[maps("cis-kubernetes", "5.1.12"), maps("mitre", "T1562.001"), maps("owasp-k8s-top10", "K02"), maps("owasp-k8s-top10", "K04"), maps("nist-800-53", "AC-6"), maps("nist-800-53", "CM-5"), maps("cis-aks", "4.1.11"), maps("cis-eks", "4.1.11"), maps("iso-27001", "A.5.3"), maps("iso-27001", "A.8.2"), maps("iso-27001", "A.8.3"), maps("iso-27001", "A.8.14")],
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
  - {apiGroups: ['admissionregistration.k8s.io'], resources: [mutatingwebhookconfigurations], verbs: [patch]} #~ critical rules[0]
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
  - {apiGroups: ['admissionregistration.k8s.io'], resources: [mutatingwebhookconfigurations], verbs: [get, list, watch]}
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
  - {apiGroups: ['admissionregistration.k8s.io'], resources: [mutatingwebhookconfigurations], verbs: [patch]} #~ info rules[0]: Nobody is bound
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: ['admissionregistration.k8s.io'], resources: [validatingwebhookconfigurations], verbs: [delete]} #~ high
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
    grants::report(inventory, findings, &["mutating-webhooks", "validating-webhooks"], grade);
}

fn grade(situation: &Situation) -> Severity {
    match situation {
        Situation { danger: "validating-webhooks", .. } => Severity::High,
        _ => situation.base,
    }
}
