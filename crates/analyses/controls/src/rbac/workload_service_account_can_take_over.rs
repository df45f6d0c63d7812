//! `workload-service-account-can-take-over`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;

use super::accounts::Workloads;
use super::grants::ALLOW_SUBJECTS;

/// The control.
pub static CONTROL: Control = Control {
    id: "workload-service-account-can-take-over",
    title: "Workload can take over the cluster",
    severity: Severity::High,
    severity_reason: "one of the escalation paths starts at a pod",
    rationale: "From the pod it is one step, or a few, to everything: a right that mints tokens, binds roles, or runs pods on any node is as good as `cluster-admin`.",
    remediation: "Take the right out of the role, or bind it in a namespace that holds nothing powerful.",
    verify: "plimsoll rbac subjects sa:NAMESPACE/NAME",
    aliases: &[alias("kubescape", "C-0267"), alias("kubesplaining", "KUBE-SA-PRIVILEGED-002")],
    mappings: &[
        maps("owasp-k8s-top10", "K02"),
        maps("mitre", "T1078"),
        maps("mitre", "T1098.006"),
        maps("nist-800-53", "AC-6"),
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
  serviceAccountName: robot #~ high spec.serviceAccountName
  containers:
    - name: app
      image: app:1
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [serviceaccounts/token], verbs: [create]}
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
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [serviceaccounts/token], verbs: [create]}
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
        if workload.account.everything.is_some() {
            continue;
        }
        let worst = workload.account.worst.filter(|worst| worst.severity == Severity::Critical);
        let Some(worst) = worst.and_then(|worst| workloads.describe(&worst)) else { continue };
        let message = format!(
            "The pod runs as `{{value}}`, which can {} {}: {}; {}",
            worst.title, worst.scope, worst.chain, worst.why
        );
        let finding = Finding::at_place(workload.fact.service_account_place).value(workload.account.name.clone());
        findings.report(workload.fact.resource, finding.message(message));
    }
}
