//! `share-process-namespace`

use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "share-process-namespace",
    title: "Containers of the pod share one process namespace",
    severity: Severity::Low,
    severity_reason: "a sidecar reads environment and files of the others through /proc",
    rationale: "A container that shares processes with the others reads their environment and files through `/proc`, secrets among them, and can send them signals.",
    remediation: "Take `shareProcessNamespace` out; attach a debug container when one is needed.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(.spec.shareProcessNamespace == true) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("kubewarden", "share-pid-namespace-policy")],
    mappings: &[maps("owasp-k8s-top10", "K01"), maps("nist-800-190", "4.4.3")],
    references: &["https://kubernetes.io/docs/tasks/configure-pod-container/share-process-namespace/"],
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
  shareProcessNamespace: true #~ low spec.shareProcessNamespace: Containers of the pod
  containers:
    - name: app
      image: app:1
    - name: side
      image: side:1
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
    - name: side
      image: side:1
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  shareProcessNamespace: true
  containers:
    - name: app
      image: app:1
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  shareProcessNamespace: true #~ low
  containers:
    - name: app
      image: app:1
  initContainers:
    - name: init
      image: side:1
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let pod = &workload.pod;
    let Some(value) = pod.share_process_namespace.filter(|value| value.as_bool() == Some(true)) else { return };
    if pod.containers.len() > 1 {
        let message = "Containers of the pod read environment and files of each other through `/proc`";
        findings.report(Finding::at(value).value(Value::text(value)).message(message).remove());
    }
}
