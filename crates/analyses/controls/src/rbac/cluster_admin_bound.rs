//! `cluster-admin-bound`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;

use super::grants::{self, ALLOW_SUBJECTS, Situation};

/// The control.
pub static CONTROL: Control = Control {
    id: "cluster-admin-bound",
    title: "Subject is bound to cluster-admin",
    severity: Severity::Critical,
    severity_reason: "unlimited rights",
    rationale: "Every verb on every resource is everything that the other controls of rights look for at once: Secrets, pods on any node, roles, tokens. Bound in a namespace it is all of the namespace.",
    remediation: "Find out what is used (`plimsoll rbac least-privilege`), and bind a role that grants that, in the namespaces where it is needed.",
    verify: "plimsoll rbac who-can '*' '*'",
    aliases: &[
        alias("kubescape", "C-0035"),
        alias("kubescape", "C-0185"),
        alias("kubescape", "C-0187"),
        alias("trivy", "KSV-0111"),
        alias("kube-linter", "cluster-admin-role-binding"),
        alias("polaris", "clusterrolebindingClusterAdmin"),
        alias("polaris", "rolebindingClusterAdminClusterRole"),
        alias("polaris", "rolebindingClusterAdminRole"),
        alias("datree", "CIS_INVALID_ROLE_CLUSTER_ADMIN"),
        alias("kyverno", "restrict-binding-clusteradmin"),
        alias("kyverno", "block-cluster-admin-from-ns"),
        alias("rbac-police", "cluster_admin"),
        alias("kubesplaining", "KUBE-RBAC-OVERBROAD-001"),
        alias("prowler", "rbac_cluster_admin_usage"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.1.1"),
        maps("nsa-cisa", "rbac"),
        maps("mitre", "T1078"),
        maps("mitre", "T1098.006"),
        maps("owasp-k8s-top10", "K02"),
        maps("nist-800-190", "4.3.1"),
        maps("nist-800-53", "AC-2"),
        maps("nist-800-53", "AC-6"),
        maps("cis-gke", "4.1.1"),
        maps("cis-gke", "4.1.3"),
        maps("cis-aks", "4.1.1"),
        maps("cis-aks", "4.1.3"),
        maps("cis-eks", "4.1.1"),
        maps("cis-eks", "4.1.3"),
        maps("iso-27001", "A.5.3"),
        maps("iso-27001", "A.5.15"),
        maps("iso-27001", "A.5.18"),
        maps("cis-aks", "4.1.10"),
        maps("cis-aks", "4.1.11"),
        maps("cis-aks", "4.1.12"),
        maps("cis-aks", "4.1.2"),
        maps("cis-aks", "4.1.4"),
        maps("cis-aks", "4.1.9"),
        maps("cis-eks", "4.1.10"),
        maps("cis-eks", "4.1.11"),
        maps("cis-eks", "4.1.12"),
        maps("cis-eks", "4.1.2"),
        maps("cis-eks", "4.1.4"),
        maps("cis-eks", "4.1.8"),
        maps("cis-eks", "4.1.9"),
        maps("cis-gke", "4.1.2"),
        maps("cis-gke", "4.1.7"),
        maps("cis-kubernetes", "5.1.10"),
        maps("cis-kubernetes", "5.1.11"),
        maps("cis-kubernetes", "5.1.12"),
        maps("cis-kubernetes", "5.1.13"),
        maps("cis-kubernetes", "5.1.2"),
        maps("cis-kubernetes", "5.1.3"),
        maps("cis-kubernetes", "5.1.4"),
        maps("cis-kubernetes", "5.1.8"),
        maps("cis-kubernetes", "5.1.9"),
        maps("pci-dss-4", "7.2.3"),
        maps("iso-27001", "A.8.14"),
        maps("iso-27001", "A.8.16"),
        maps("iso-27001", "A.8.2"),
        maps("iso-27001", "A.8.3"),
        maps("iso-27001", "A.8.5"),
        maps("mitre", "T1053.007"),
        maps("mitre", "T1059.013"),
        maps("mitre", "T1070"),
        maps("mitre", "T1098"),
        maps("mitre", "T1485"),
        maps("mitre", "T1528"),
        maps("mitre", "T1550.001"),
        maps("mitre", "T1552.007"),
        maps("mitre", "T1562.001"),
        maps("mitre", "T1609"),
        maps("mitre", "T1610"),
        maps("mitre", "T1611"),
        maps("nist-800-53", "AU-9"),
        maps("nist-800-53", "CM-5"),
        maps("nist-800-53", "IA-5"),
        maps("nist-800-53", "SC-12"),
        maps("nist-800-53", "SC-7"),
        maps("owasp-k8s-top10", "K03"),
        maps("owasp-k8s-top10", "K04"),
        maps("owasp-k8s-top10", "K05"),
        maps("owasp-k8s-top10", "K09"),
        maps("owasp-k8s-top10", "K10"),
        maps("pci-dss-4", "3.5.1.1"),
        maps("pci-dss-4", "3.6.1"),
        maps("pci-dss-4", "3.6.1.4"),
        maps("pci-dss-4", "3.7.2"),
        maps("pci-dss-4", "3.7.6"),
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
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: cluster-admin #~ critical roleRef.name
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: cluster-admin #~ high roleRef.name: `ServiceAccount shop/robot` can do everything in namespace `shop`
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
  - {apiGroups: ['*'], resources: ['*'], verbs: ['*']} #~ critical rules[0]
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
  - {apiGroups: ['*'], resources: ['*'], verbs: ['*']} #~ info
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: cluster-admin
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: cluster-admin
subjects:
  - {kind: Group, name: 'system:masters', apiGroup: rbac.authorization.k8s.io}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: ['*'], resources: ['*'], verbs: ['*']} #~ critical rules[0]: `Group system:kube-scheduler` can do everything
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
  - {kind: Group, name: 'system:kube-scheduler', apiGroup: rbac.authorization.k8s.io}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: ['*'], resources: ['*'], verbs: ['*']}
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
  - {kind: User, name: 'system:kube-scheduler', apiGroup: rbac.authorization.k8s.io}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: cluster-admin
rules:
  - {apiGroups: [''], resources: [pods], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: cluster-admin #~ critical
subjects:
  - {kind: User, name: eve, apiGroup: rbac.authorization.k8s.io}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: cluster-admin
  annotations: {rbac.authorization.kubernetes.io/autoupdate: 'false'}
rules:
  - {apiGroups: [''], resources: [pods], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: cluster-admin
subjects:
  - {kind: User, name: eve, apiGroup: rbac.authorization.k8s.io}
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    grants::report(inventory, findings, &["cluster-admin-grant"], grade);
}

fn grade(situation: &Situation) -> Severity {
    if situation.everywhere { Severity::Critical } else { Severity::High }
}
