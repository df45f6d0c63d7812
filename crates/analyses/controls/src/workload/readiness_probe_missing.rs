//! `readiness-probe-missing`

use super::probes;
use model::control::{Check, Control, InventoryFindings, alias, fixture};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::pod::ContainerList;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "readiness-probe-missing",
    title: "Container has no readiness probe",
    severity: Severity::Low,
    severity_reason: "traffic reaches pods that are not ready",
    rationale: "A Service sends requests to the pod from the moment it starts, and goes on when it can no longer answer.",
    remediation: "Add a `readinessProbe` that says whether the program can answer now.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.containers[]; .readinessProbe == null)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("kubescape", "C-0018"),
        alias("polaris", "readinessProbeMissing"),
        alias("kube-linter", "no-readiness-probe"),
        alias("kube-score", "pod-probes"),
        alias("checkov", "CKV_K8S_9"),
        alias("datree", "CONTAINERS_MISSING_READINESSPROBE_KEY"),
        alias("gatekeeper", "K8sRequiredProbes"),
        alias("kyverno", "require-pod-probes"),
        alias("kubewarden", "probes-policy"),
        alias("prowler", "core_readiness_probe_configured"),
    ],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[],
    check: Check::WorkloadAndInventory(check, check_services),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app #~ low spec.containers[0].readinessProbe: Container `app` gets requests
      image: app:1
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      readinessProbe:
        httpGet:
          path: /ready
          port: 8080
",
        ),
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: app
spec:
  selector:
    app: app
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
        - name: app #~ medium spec.template.spec.containers[0].readinessProbe
          image: app:1
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  template:
    metadata:
      labels:
        app: other
    spec:
      containers:
        - name: app #~ low
          image: app:1
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      readinessProbe: {} #~ low
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    if !probes::is_long_running(workload) {
        return findings.not_applicable();
    }
    for container in workload.pod.containers_of(ContainerList::Main) {
        if probes::is_probe(container.readiness_probe) {
            continue;
        }
        let message = "Container `{container}` gets requests whether it can answer or not";
        let finding = match container.readiness_probe {
            Some(probe) => Finding::at_key_of(probe),
            None => Finding::missing(container.value, "readinessProbe"),
        };
        findings.report(finding.container(container).message(message));
    }
}

/// It matters where a Service sends requests.
fn check_services(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    // Without a selector a Service finds no pods by itself.
    let services = inventory.facts.network.services.iter().filter(|service| !service.selector.is_empty());
    let selectors = services.map(|service| (inventory.namespace(service.resource), &service.selector));
    let selected = inventory.selected_by_any(selectors);
    for (workload, is_selected) in inventory.facts.workloads.iter().zip(selected) {
        if is_selected {
            findings.raise(workload.resource, Severity::Medium);
        }
    }
}
