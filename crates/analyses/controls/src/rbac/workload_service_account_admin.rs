//! `workload-service-account-admin`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;

use super::accounts::Workloads;
use super::grants::ALLOW_SUBJECTS;

/// The control.
pub static CONTROL: Control = Control {
    id: "workload-service-account-admin",
    title: "Workload runs with cluster-admin rights",
    severity: Severity::Critical,
    severity_reason: "pod compromise = cluster compromise",
    rationale: "Whoever runs code in the pod holds its token, and with it everything: the cluster, or the namespace.",
    remediation: "Find out what the program uses (`plimsoll rbac least-privilege`), and bind a role that grants that.",
    verify: "plimsoll rbac subjects sa:NAMESPACE/NAME",
    aliases: &[
        alias("kubescape", "C-0272"),
        alias("rbac-police", "cluster_admin"),
        alias("kubesplaining", "KUBE-SA-PRIVILEGED-001"),
        alias("kubewarden", "high-risk-service-account-policy"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.1.1"),
        maps("owasp-k8s-top10", "K02"),
        maps("mitre", "T1078"),
        maps("nist-800-53", "AC-6"),
        maps("iso-27001", "A.5.3"),
        maps("iso-27001", "A.5.15"),
        maps("iso-27001", "A.5.18"),
    ],
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[ALLOW_SUBJECTS],
    check: Check::Inventory(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: shop
spec:
  serviceAccountName: robot #~ critical spec.serviceAccountName
  containers:
    - name: app
      image: app:1
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
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: shop
spec:
  serviceAccountName: robot
  containers:
    - name: app
      image: app:1
---
apiVersion: rbac.authorization.k8s.io/v1
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
            "apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: shop
spec:
  serviceAccountName: robot #~ critical
  containers:
    - name: app
      image: app:1
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: cluster-admin
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: shop
spec:
  serviceAccountName: robot
  containers:
    - name: app
      image: app:1
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: other
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: cluster-admin
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let workloads = Workloads::new(inventory, findings);
    for workload in &workloads.all {
        findings.looked_at(workload.fact.resource);
        let everything = workload.account.everything.and_then(|everything| workloads.describe(&everything));
        let Some(everything) = everything else { continue };
        let message =
            format!("The pod runs as `{{value}}`, which can do everything {}: {}", everything.scope, everything.chain);
        let finding = Finding::at_place(workload.fact.service_account_place).value(workload.account.name.clone());
        findings.report(workload.fact.resource, finding.message(message));
    }
}
