//! `interactive-tty`

use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::pod::ContainerList;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "interactive-tty",
    title: "Container keeps an interactive terminal",
    severity: Severity::Info,
    severity_reason: "debug settings left in production",
    rationale: "A terminal that is kept open is what somebody left from debugging: whoever may attach to the container has a shell in it at once.",
    remediation: "Take `stdin` and `tty` out; `kubectl debug` gives a terminal when one is needed.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.containers[]; .stdin == true or .tty == true)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("gatekeeper", "K8sDisallowInteractiveTTY")],
    mappings: &[maps("owasp-k8s-top10", "K01")],
    references: &["https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#debugging"],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[],
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
      stdin: true #~ info spec.containers[0].stdin: Container `app` keeps
      tty: true #~ info spec.containers[0].tty
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
      tty: false
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
  ephemeralContainers:
    - name: debug
      image: debug:1
      stdin: true
      tty: true
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    for container in workload.pod.containers.iter().filter(|container| container.list != ContainerList::Ephemeral) {
        for key in ["stdin", "tty"] {
            if let Some(value) = container.value.get(key).filter(|value| Value::as_bool(*value) == Some(true)) {
                let message = "Container `{container}` keeps an interactive terminal open";
                findings.report(Finding::at(value).container(container).message(message).remove());
            }
        }
    }
}
