//! `pods-creatable`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;

use super::grants::{self, ALLOW_SUBJECTS, Situation};

/// The control.
pub static CONTROL: Control = Control {
    id: "pods-creatable",
    title: "Subject can create pods or workloads",
    severity: Severity::Medium,
    severity_reason: "runs as any ServiceAccount and mounts any Secret and PVC of the namespace; no admission = node",
    rationale: "Who runs a pod chooses its ServiceAccount and mounts any Secret, ConfigMap and volume of the namespace, without a right to read them. Where admission takes privileged pods, the node is theirs as well.",
    remediation: "Grant it in the namespaces where it is needed, enforce Pod Security there, and keep powerful ServiceAccounts out of them.",
    verify: "plimsoll rbac who-can create pods",
    aliases: &[
        alias("kubescape", "C-0188"),
        alias("trivy", "KSV-0048"),
        alias("kube-linter", "access-to-create-pods"),
        alias("datree", "CIS_INVALID_VALUE_CREATE_POD"),
        alias("rbac-police", "assign_sa"),
        alias("rbac-police", "modify_pods"),
        alias("kubesplaining", "KUBE-PRIVESC-001"),
        alias("kubesplaining", "KUBE-PRIVESC-003"),
        alias("kyverno", "restrict-pod-controller-serviceaccount-updates"),
        alias("gatekeeper", "NoUpdateServiceAccount"),
        alias("prowler", "rbac_minimize_pod_creation_access"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.1.4"),
        maps("nsa-cisa", "rbac"),
        maps("mitre", "T1053.007"),
        maps("mitre", "T1610"),
        maps("owasp-k8s-top10", "K02"),
        maps("nist-800-53", "AC-6"),
        maps("cis-aks", "4.1.4"),
        maps("cis-eks", "4.1.4"),
        maps("iso-27001", "A.5.3"),
        maps("iso-27001", "A.8.2"),
        maps("iso-27001", "A.8.3"),
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
  - {apiGroups: [''], resources: [pods], verbs: [create]} #~ critical rules[0]
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
  - {apiGroups: [''], resources: [pods], verbs: [create]} #~ medium rules[0]
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
  - {apiGroups: [''], resources: [pods], verbs: [create]} #~ info rules[0]: Nobody is bound
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: ['no.such.group'], resources: [pods], verbs: [create]}
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
  - {apiGroups: ['apps'], resources: [deployments], verbs: [patch]} #~ high
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
---
apiVersion: v1
kind: Namespace
metadata:
  name: shop
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: ['apps'], resources: [deployments], verbs: [patch]} #~ medium
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
---
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: restricted
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [deployments], verbs: [create]}
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
    grants::report(inventory, findings, &["run-pods", "edit-workloads"], grade);
}

fn grade(situation: &Situation) -> Severity {
    match situation {
        Situation { everywhere: true, .. } | Situation { in_system: true, .. } => Severity::Critical,
        Situation { leads_to_cluster: true, .. } | Situation { takes_any_pod: true, .. } => Severity::High,
        _ => situation.base,
    }
}
