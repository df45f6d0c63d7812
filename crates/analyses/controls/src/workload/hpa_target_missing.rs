//! `hpa-target-missing`

use super::scaling::{self, Autoscalers};
use model::control::{Check, Control, InventoryFindings, alias, complete_fixture, fixture};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;
use std::collections::BTreeSet;

/// The control.
pub static CONTROL: Control = Control {
    id: "hpa-target-missing",
    title: "HorizontalPodAutoscaler targets a missing object",
    severity: Severity::Low,
    severity_reason: "no scaling",
    rationale: "The autoscaler scales nothing: under load nothing is added, and everybody believes that it would be.",
    remediation: "Write kind and name of the workload into `scaleTargetRef`, and let one autoscaler alone scale it.",
    verify: "kubectl get hpa -A -o custom-columns=NAMESPACE:.metadata.namespace,NAME:.metadata.name,TARGET:.spec.scaleTargetRef.name",
    aliases: &[
        alias("kubescape", "C-0300"),
        alias("kube-linter", "dangling-horizontalpodautoscaler"),
        alias("kube-score", "horizontalpodautoscaler-has-target"),
        alias("kyverno", "check-hpa-exists"),
        alias("kyverno", "prevent-duplicate-hpa"),
        alias("kyverno", "prevent-duplicate-vpa"),
        alias("kyverno", "verify-vpa-target"),
        alias("kyverno", "check-vpa-configuration"),
    ],
    mappings: &[],
    references: &["https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[
        complete_fixture(
            "apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: app
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: app #~ low spec.scaleTargetRef.name: There is no `app` to scale
",
        ),
        complete_fixture(
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
            "apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: app
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: app #? was not seen
",
        ),
        // There is no Deployment in the core group.
        complete_fixture(
            "apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: app
spec:
  scaleTargetRef:
    apiVersion: v1
    kind: Deployment
    name: app #~ low spec.scaleTargetRef.name
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
            "apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: app
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: app #~ Another autoscaler scales `app`
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: two
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: app #~ Another autoscaler
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
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    if inventory.facts.autoscalers.is_empty() {
        return;
    }
    let group = |version| {
        inventory.symbols.text(version).rsplit_once('/').map_or_else(String::new, |(group, _)| group.to_owned())
    };
    let known: BTreeSet<_> = inventory
        .resources
        .iter()
        .map(|resource| (resource.namespace, resource.kind, resource.name, group(resource.api_version)))
        .collect();
    for autoscaler in &inventory.facts.autoscalers {
        findings.looked_at(autoscaler.resource);
        let namespace = inventory.namespace(autoscaler.resource);
        let target = (namespace, autoscaler.target_kind, autoscaler.target_name, group(autoscaler.target_version));
        if known.contains(&target) {
            continue;
        }
        let finding = Finding::at_place(autoscaler.place).value(inventory.symbols.text(autoscaler.target_name));
        // What a custom resource scales, its controller knows.
        let is_built_in = scaling::is_scalable(&inventory.symbols.text(autoscaler.target_kind));
        let finding = if inventory.complete && is_built_in {
            finding.message("There is no `{value}` to scale in the namespace")
        } else {
            finding.message("Whether there is a `{value}` to scale was not seen").skip()
        };
        findings.report(autoscaler.resource, finding);
    }
    for group in Autoscalers::new(inventory).groups().filter(|group| group.len() > 1) {
        for autoscaler in group {
            let finding = Finding::at_place(autoscaler.place).value(inventory.symbols.text(autoscaler.target_name));
            let message = "Another autoscaler scales `{value}` as well: they undo each other's work";
            findings.report(autoscaler.resource, finding.message(message));
        }
    }
}
