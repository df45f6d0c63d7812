//! `single-replica`

use super::scaling::{self, Autoscalers};
use model::control::{Check, Control, InventoryFindings, alias, fixture, fixture_with};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "single-replica",
    title: "Workload has one replica",
    severity: Severity::Low,
    severity_reason: "no availability during eviction",
    rationale: "While the one pod is moved, updated or restarted, nobody answers. A node that is drained takes the service with it.",
    remediation: "Set `replicas` to 2 or more, or let a HorizontalPodAutoscaler with such a `minReplicas` scale the workload.",
    verify: "kubectl get deploy,sts -A -o json | jq -r '.items[] | select(.spec.replicas == 1) | \"\\(.kind)/\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("polaris", "deploymentMissingReplicas"),
        alias("kube-score", "deployment-replicas"),
        alias("kube-linter", "minimum-three-replicas"),
        alias("datree", "DEPLOYMENT_INCORRECT_REPLICAS_VALUE"),
        alias("gatekeeper", "K8sReplicaLimits"),
        alias("kyverno", "deployment-has-multiple-replicas"),
    ],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#replicas"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[MIN],
    check: Check::Inventory(check),
    fixtures: &[
        fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  replicas: 1 #~ low spec.replicas: The workload has 1 replica
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
        fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app #~ low metadata.name: The workload has 1 replica
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
    name: app
  minReplicas: 2
  maxReplicas: 5
---
apiVersion: apps/v1
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
        fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  replicas: 0
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
        fixture_with(
            &[("min", "3")],
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  replicas: 2 #~ which is fewer
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

const MIN: Parameter = parameter("min", Default::Number(Some(2)), "the fewest replicas that are enough");

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let min = findings.findings.number(&MIN).unwrap_or(0);
    let autoscalers = Autoscalers::new(inventory);
    for workload in &inventory.facts.workloads {
        let kind = inventory.symbols.text(inventory.resource(workload.resource).kind);
        // A ReplicaSet is most often the work of a Deployment.
        if !scaling::is_scalable(&kind) || kind == "ReplicaSet" {
            continue;
        }
        findings.looked_at(workload.resource);
        let fewest = autoscalers.fewest(workload);
        if workload.replicas == Some(0) || fewest >= min {
            continue;
        }
        let place = workload.replicas_place.unwrap_or(workload.place);
        let message = "The workload has {value} replica: nobody answers while its pod is moved";
        let message =
            if fewest == 1 { message } else { "The workload has {value} replicas, which is fewer than asked for" };
        findings.report(workload.resource, Finding::at_place(place).value(fewest.to_string()).message(message));
    }
}
