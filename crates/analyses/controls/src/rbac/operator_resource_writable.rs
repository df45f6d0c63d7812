//! `operator-resource-writable`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;

use super::grants::{self, ALLOW_SUBJECTS};

/// The control.
pub static CONTROL: Control = Control {
    id: "operator-resource-writable",
    title: "Subject can drive a privileged operator",
    severity: Severity::High,
    severity_reason: "confused deputy: the operator acts with its own rights",
    rationale: "An operator does with its own rights what a custom resource asks for. Who may write the resource has what the operator may do, unless the operator impersonates somebody.",
    remediation: "Give the operator an account for each tenant (Flux: `--default-service-account`; Argo CD: impersonation and projects), or leave the resources to those who may do what it does.",
    verify: "plimsoll rbac who-can create kustomizations.kustomize.toolkit.fluxcd.io",
    aliases: &[alias("kubesplaining", "KUBE-CONFUSED-DEPUTY-001")],
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
  - {apiGroups: ['kustomize.toolkit.fluxcd.io'], resources: [kustomizations], verbs: [create]} #~ high rules[0]
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
  - {apiGroups: ['kustomize.toolkit.fluxcd.io'], resources: [kustomizations], verbs: [get]}
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
  - {apiGroups: ['kustomize.toolkit.fluxcd.io'], resources: [kustomizations], verbs: [create]} #~ medium rules[0]
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
  - {apiGroups: ['kustomize.toolkit.fluxcd.io'], resources: [kustomizations], verbs: [create]} #~ info rules[0]: Nobody is bound
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    grants::report(inventory, findings, &["confused-deputy"], grants::by_scope);
}
