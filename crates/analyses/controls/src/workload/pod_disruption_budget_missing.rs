//! `pod-disruption-budget-missing`

use super::scaling::{self, Autoscalers};
use model::control::{Check, Control, InventoryFindings, alias, complete_fixture, fixture};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "pod-disruption-budget-missing",
    title: "No PodDisruptionBudget protects the workload",
    severity: Severity::Low,
    severity_reason: "drain kills all pods",
    rationale: "When nodes are drained, all pods of the workload may be evicted at once: an upgrade of the cluster is an outage.",
    remediation: "Add a PodDisruptionBudget whose selector matches the labels of the template, with `maxUnavailable: 1`.",
    verify: "kubectl get pdb -A",
    aliases: &[
        alias("polaris", "missingPodDisruptionBudget"),
        alias("kube-score", "deployment-has-poddisruptionbudget"),
        alias("kube-score", "statefulset-has-poddisruptionbudget"),
        alias("kyverno", "require-pdb"),
    ],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/workloads/pods/disruptions/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[
        complete_fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app #~ low metadata.name: No PodDisruptionBudget keeps
spec:
  replicas: 2
  template:
    metadata:
      labels:
        app: app
    spec:
      containers:
        - name: app
          image: app:1
",
        ),
        complete_fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  replicas: 2
  template:
    metadata:
      labels:
        app: app
    spec:
      containers:
        - name: app
          image: app:1
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: app
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app: app
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app #~ info
spec:
  replicas: 2
  template:
    metadata:
      labels:
        app: app
    spec:
      containers:
        - name: app
          image: app:1
",
        ),
        complete_fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app #~ low
spec:
  replicas: 2
  template:
    metadata:
      labels:
        app: app
    spec:
      containers:
        - name: app
          image: app:1
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: app
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app: other
",
        ),
        complete_fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  replicas: 2
  template:
    metadata:
      labels:
        app: app
    spec:
      containers:
        - name: app
          image: app:1
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: app
spec:
  maxUnavailable: 1
  selector: {}
",
        ),
        complete_fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  replicas: 1
  template:
    metadata:
      labels:
        app: app
    spec:
      containers:
        - name: app
          image: app:1
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    // Without a selector a budget is for no pod, with an empty one for all.
    let selectors = inventory.facts.budgets.iter().filter_map(|budget| {
        let selector = budget.selector.as_ref()?;
        Some((inventory.namespace(budget.resource), selector))
    });
    let protected = inventory.selected_by_any(selectors);
    let autoscalers = Autoscalers::new(inventory);
    for (workload, is_protected) in inventory.facts.workloads.iter().zip(protected) {
        let kind = inventory.symbols.text(inventory.resource(workload.resource).kind);
        if !scaling::is_scalable(&kind) || kind == "ReplicaSet" {
            continue;
        }
        findings.looked_at(workload.resource);
        if is_protected || autoscalers.fewest(workload) <= 1 {
            continue;
        }
        // The budget may be in a file that was not looked at.
        let severity = if inventory.complete { Severity::Low } else { Severity::Info };
        let message = "No PodDisruptionBudget keeps the pods from being evicted all at once";
        findings.report(workload.resource, Finding::at_place(workload.place).severity(severity).message(message));
    }
}
