//! `pod-disruption-budget-missing`

use super::scaling::{self, Autoscalers};
use model::control::{Check, Control, InventoryFindings, alias, complete_fixture, fixture};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::labels::Selector;
use model::severity::Severity;
use model::symbols::Symbol;
use std::collections::BTreeMap;

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
    let mut budgets: BTreeMap<Symbol, Vec<&Selector>> = BTreeMap::new();
    for budget in &inventory.facts.budgets {
        // Without a selector a budget is for no pod, with an empty one for all.
        if let Some(selector) = &budget.selector {
            budgets.entry(inventory.namespace(budget.resource)).or_default().push(selector);
        }
    }
    let autoscalers = Autoscalers::new(inventory);
    for workload in &inventory.facts.workloads {
        let kind = inventory.symbols.text(inventory.resource(workload.resource).kind);
        if !scaling::is_scalable(&kind) || kind == "ReplicaSet" {
            continue;
        }
        findings.looked_at(workload.resource);
        let of_namespace = budgets.get(&inventory.namespace(workload.resource)).map_or(&[][..], Vec::as_slice);
        let is_protected = of_namespace.iter().any(|selector| selector.matches(&workload.labels));
        if autoscalers.fewest(workload) <= 1 || is_protected {
            continue;
        }
        // The budget may be in a file that was not looked at.
        let severity = if inventory.complete { Severity::Low } else { Severity::Info };
        let message = "No PodDisruptionBudget keeps the pods from being evicted all at once";
        findings.report(workload.resource, Finding::at_place(workload.place).severity(severity).message(message));
    }
}
