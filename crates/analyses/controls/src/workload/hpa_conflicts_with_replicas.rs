//! `hpa-conflicts-with-replicas`

use super::scaling::Autoscalers;
use model::control::{Check, Control, InventoryFindings, alias, fixture};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "hpa-conflicts-with-replicas",
    title: "Deployment sets replicas although an HPA scales it",
    severity: Severity::Info,
    severity_reason: "apply resets the scale",
    rationale: "Each time the manifest is applied, the number of pods falls back to what is written there: under load that is an outage.",
    remediation: "Take `replicas` out of the manifest; the autoscaler sets it.",
    verify: "kubectl get hpa -A",
    aliases: &[alias("kube-score", "deployment-targeted-by-hpa-does-not-have-replicas-configured")],
    mappings: &[],
    references: &[
        "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#migrating-deployments-and-statefulsets-to-horizontal-autoscaling",
    ],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[
        fixture(
            "apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: app
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: app
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  replicas: 2 #~ info spec.replicas: An autoscaler sets the replicas
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
        fixture(
            "apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: app
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: app
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
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
        fixture(
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
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    if inventory.facts.autoscalers.is_empty() {
        return;
    }
    let autoscalers = Autoscalers::new(inventory);
    for workload in &inventory.facts.workloads {
        findings.looked_at(workload.resource);
        let (Some(place), [_, ..]) = (workload.replicas_place, autoscalers.of(workload)) else { continue };
        let message = "An autoscaler sets the replicas, and applying the manifest sets them back";
        findings.report(workload.resource, Finding::at_place(place).message(message).remove());
    }
}
