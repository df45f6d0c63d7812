//! `cpu-limit-set`

use model::control::{Check, Control, alias, fixture};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::parameter::ENABLED;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "cpu-limit-set",
    title: "CPU limit throttles the container",
    severity: Severity::Info,
    severity_reason: "opposite school: CPU limits cause throttling",
    rationale: "A container that has used up its share of a period waits for the next one, though processors are idle: answers take longer, and probes fail under load.",
    remediation: "Take `resources.limits.cpu` out, and let requests share the processors.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.containers[]; .resources.limits.cpu)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("datree", "EKS_INVALID_CPU_LIMIT"), alias("kyverno", "forbid-cpu-limits")],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[ENABLED],
    check: Check::Workload(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      resources:
        limits:
          cpu: 500m #~ info spec.containers[0].resources.limits.cpu: Container `app` is held at 500m CPU
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
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    for container in &workload.pod.containers {
        let limit = container.resources.and_then(|resources| resources.at(&["limits", "cpu"]));
        if let Some(limit) = limit {
            let message = "Container `{container}` is held at {value} CPU though others may be idle";
            findings.report(Finding::at(limit).container(container).message(message).remove());
        }
    }
}
