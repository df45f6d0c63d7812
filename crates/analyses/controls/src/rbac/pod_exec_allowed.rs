//! `pod-exec-allowed`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;

use super::grants::{self, ALLOW_SUBJECTS};

/// The control.
pub static CONTROL: Control = Control {
    id: "pod-exec-allowed",
    title: "Subject can execute commands in pods",
    severity: Severity::High,
    severity_reason: "code in every pod, outside image and manifest review",
    rationale: "Commands in pods run with their token, their Secrets and their place in the network, past the review of images and manifests. A name of a pod is enough: reading pods is not needed.",
    remediation: "Grant `pods/exec` for a time and in a namespace, to people and not to programs; debug with ephemeral containers that admission sees.",
    verify: "plimsoll rbac who-can create pods/exec",
    aliases: &[
        alias("kubescape", "C-0002"),
        alias("trivy", "KSV-0053"),
        alias("trivy", "KSV-0054"),
        alias("polaris", "clusterrolePodExecAttach"),
        alias("polaris", "rolePodExecAttach"),
        alias("polaris", "clusterrolebindingPodExecAttach"),
        alias("polaris", "rolebindingClusterRolePodExecAttach"),
        alias("polaris", "rolebindingRolePodExecAttach"),
        alias("checkov", "CKV2_K8S_2"),
        alias("datree", "CONTAINERS_INCORRECT_RESOURCES_VERBS_VALUE"),
        alias("rbac-police", "pods_exec"),
        alias("rbac-police", "rce_weak_ns"),
        alias("kubesplaining", "KUBE-PRIVESC-004"),
        alias("kyverno", "deny-exec-by-namespace-label"),
        alias("kyverno", "deny-exec-by-namespace-name"),
        alias("kyverno", "deny-exec-by-pod-and-container"),
        alias("kyverno", "deny-exec-by-pod-label"),
        alias("kyverno", "deny-exec-by-pod-name"),
        alias("kyverno", "block-kubectl-cp"),
        alias("kyverno", "block-kubectl-cp-by-pod-label"),
    ],
    mappings: &[
        maps("nsa-cisa", "rbac"),
        maps("mitre", "T1059.013"),
        maps("mitre", "T1609"),
        maps("owasp-k8s-top10", "K02"),
        maps("nist-800-190", "4.3.1"),
        maps("nist-800-53", "AC-6"),
        maps("stig", "V-242396"),
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
  - {apiGroups: [''], resources: [pods/exec], verbs: [create]} #~ high rules[0]
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
  - {apiGroups: [''], resources: ['pods/*'], verbs: [create]}
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
  - {apiGroups: [''], resources: [pods/exec], verbs: [create]} #~ medium rules[0]
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
  - {apiGroups: [''], resources: [pods/exec], verbs: [create]} #~ info rules[0]: Nobody is bound
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: ['no.such.group'], resources: [pods/exec], verbs: [create]}
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
  - {apiGroups: [''], resources: ['*/attach'], verbs: [create]} #~ high
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
  - {apiGroups: [''], resources: [pods/exec], verbs: [get]}
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
    grants::report(inventory, findings, &["exec-pods"], grants::by_scope);
}
