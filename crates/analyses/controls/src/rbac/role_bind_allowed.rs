//! `role-bind-allowed`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;

use super::grants::{self, ALLOW_SUBJECTS, Situation};

/// The control.
pub static CONTROL: Control = Control {
    id: "role-bind-allowed",
    title: "Subject can bind roles it does not hold",
    severity: Severity::Critical,
    severity_reason: "binds cluster-admin to itself",
    rationale: "The verb `bind` on roles lets bindings to roles through that the writer does not hold: `cluster-admin` in the whole cluster, or in the namespace.",
    remediation: "Name the roles that may be bound in `resourceNames`, and leave those out that are powerful.",
    verify: "plimsoll rbac who-can bind clusterroles",
    aliases: &[alias("kubescape", "C-0191"), alias("trivy", "KSV-0050"), alias("trivy", "KSV-0051"), alias("trivy", "KSV-0052"), alias("checkov", "CKV_K8S_157"), alias("checkov", "CKV2_K8S_1"), alias("kyverno", "restrict-escalation-verbs-roles"), alias("rbac-police", "bind_roles"), alias("kubesplaining", "KUBE-PRIVESC-009"), alias("datree", "CIS_INVALID_VALUE_BIND_IMPERSONATE_ESCALATE")],
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
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [clusterroles], verbs: [bind]} #~ critical rules[0]
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [clusterrolebindings], verbs: [create]}
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
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [clusterrolebindings], verbs: [bind, create]}
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
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [clusterroles], verbs: [bind], resourceNames: [view, cluster-admin]} #~ critical
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [clusterrolebindings], verbs: [create]}
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
  name: own
rules:
  - {apiGroups: [''], resources: [secrets], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [clusterroles], verbs: [bind], resourceNames: [own]} #~ critical
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [clusterrolebindings], verbs: [create]}
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
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [clusterroles], verbs: [bind]} #~ info rules[0]: Nobody is bound
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [clusterrolebindings], verbs: [create]}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [clusterroles], verbs: [bind], resourceNames: [view]} #~ low
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [rolebindings], verbs: [create]}
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
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [clusterroles], verbs: [bind]} #~ high
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [rolebindings], verbs: [create]}
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
kind: Role
metadata:
  name: r
  namespace: x
rules:
  - {apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [bind]} #~ low rules[0]: `User eve` can bind Roles in namespace `x`
  - {apiGroups: [rbac.authorization.k8s.io], resources: [rolebindings], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: x
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: r
subjects:
  - {kind: User, name: eve, apiGroup: rbac.authorization.k8s.io}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [bind], resourceNames: [big]} #~ high
  - {apiGroups: [rbac.authorization.k8s.io], resources: [rolebindings], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: x
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: r
subjects:
  - {kind: User, name: eve, apiGroup: rbac.authorization.k8s.io}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: big
  namespace: x
rules:
  - {apiGroups: ['*'], resources: ['*'], verbs: ['*']}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: small
  namespace: x
rules:
  - {apiGroups: [''], resources: [pods], verbs: [get]}
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    grants::report(inventory, findings, &["bind-roles", "bind-namespace-roles"], grade);
}

fn grade(situation: &Situation) -> Severity {
    if situation.danger == "bind-namespace-roles" {
        // As bad as the worst Role that is there.
        return situation.worst_target.unwrap_or(Severity::Low).max(Severity::Low);
    }
    // Roles that are worth much make it whole: what is limited is harmless.
    if situation.limited { Severity::Low } else { grants::by_scope(situation) }
}
