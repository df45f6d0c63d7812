//! `request-limit-mismatch`

use model::control::{Check, Control, alias, fixture};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::parameter::{Default, ENABLED, Parameter, parameter};
use model::quantity;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "request-limit-mismatch",
    title: "Memory request differs from limit",
    severity: Severity::Info,
    severity_reason: "evicted first under pressure",
    rationale: "A pod that takes more than it asked for is the first to be evicted when its node runs out of memory.",
    remediation: "Set the request to what the limit is: then nothing is promised twice.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.containers[]; .resources.requests.memory != .resources.limits.memory)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("kube-score", "container-resource-requests-equal-limits"), alias("kube-score", "container-cpu-requests-equal-limits"), alias("kube-score", "container-memory-requests-equal-limits"), alias("datree", "EKS_INVALID_MEMORY_REQUEST_LIMIT"), alias("kyverno", "memory-requests-equal-limits"), alias("kyverno", "require-qos-guaranteed")],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[ENABLED, RESOURCES],
    check: Check::Workload(check),
    fixtures: &[fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      resources:
        requests:
          memory: 128Mi #~ info spec.containers[0].resources.requests.memory: Container `app` asks for 128Mi of memory and may take 1Gi
        limits:
          memory: 1Gi
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      resources:
        requests:
          memory: 1024Mi
        limits:
          memory: 1Gi
")],
};

const RESOURCES: Parameter =
    parameter("resources", Default::List(&["memory"]), "the resources whose request and limit must be the same");

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    for container in &workload.pod.containers {
        let Some(resources) = container.resources else { continue };
        for resource in findings.list(&RESOURCES).iter() {
            // A limit alone is its own request.
            let Some(request) = resources.at(&["requests", resource]) else { continue };
            let Some(limit) = resources.at(&["limits", resource]) else {
                let message =
                    format!("Container `{{container}}` asks for {{value}} of {resource} and may take all there is");
                findings.report(Finding::at(request).container(container).message(message));
                continue;
            };
            if quantity::parse(&request.text()) != quantity::parse(&limit.text()) {
                let message =
                    format!("Container `{{container}}` asks for {{value}} of {resource} and may take {}", limit.text());
                findings.report(Finding::at(request).container(container).message(message));
            }
        }
    }
}
