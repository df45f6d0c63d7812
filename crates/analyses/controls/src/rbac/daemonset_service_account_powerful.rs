//! `daemonset-service-account-powerful`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;

use super::accounts::Workloads;
use super::grants::ALLOW_SUBJECTS;
use crate::secret::service_accounts::Accounts;

/// The control.
pub static CONTROL: Control = Control {
    id: "daemonset-service-account-powerful",
    title: "A token on every node carries high rights",
    severity: Severity::High,
    severity_reason: "any node compromise yields it",
    rationale: "A DaemonSet has its token on every node: whoever owns one node owns what the account may do.",
    remediation: "Split the program: what needs the right runs once, and what runs on every node has an account of its own without it.",
    verify: "plimsoll rbac subjects sa:NAMESPACE/NAME",
    aliases: &[alias("kubesplaining", "KUBE-SA-DAEMONSET-001")],
    mappings: &[maps("owasp-k8s-top10", "K02"), maps("nist-800-190", "4.3.5"), maps("nist-800-53", "AC-6")],
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[ALLOW_SUBJECTS],
    check: Check::Inventory(check),
    fixtures: &[
        fixture(
            "apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: app
  namespace: shop
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      serviceAccountName: robot #~ high spec.template.spec.serviceAccountName
      containers:
        - name: app
          image: app:1
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [secrets], verbs: [list]}
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
            "apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: app
  namespace: shop
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
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
  - {apiGroups: [''], resources: [nodes], verbs: [list]}
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
            "apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: app
  namespace: shop
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      serviceAccountName: robot
      automountServiceAccountToken: false
      containers:
        - name: app
          image: app:1
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [secrets], verbs: [list]}
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
  - {apiGroups: [''], resources: [secrets], verbs: [list]}
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
    let daemon_set = inventory.symbols.intern("DaemonSet");
    let accounts = Accounts::new(inventory);
    let workloads = Workloads::new(inventory, findings);
    for workload in &workloads.all {
        let fact = workload.fact;
        if inventory.resource(fact.resource).kind != daemon_set {
            continue;
        }
        findings.looked_at(fact.resource);
        let has_token = accounts.is_automounted(fact) || fact.projected_token.is_some();
        let worst = workload.account.worst.filter(|worst| has_token && worst.severity >= Severity::High);
        let Some(worst) = worst.and_then(|worst| workloads.describe(&worst)) else { continue };
        let message = format!(
            "The token of `{{value}}` is on every node, and can {} {}: {}; {}",
            worst.title, worst.scope, worst.chain, worst.why
        );
        let finding = Finding::at_place(fact.service_account_place).value(workload.account.name.clone());
        findings.report(fact.resource, finding.message(message));
    }
}
