//! `pre-stop-hook-missing`

use super::probes;
use model::control::{Check, Control, alias, fixture};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::parameter::ENABLED;
use model::pod::ContainerList;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "pre-stop-hook-missing",
    title: "Container has no preStop hook",
    severity: Severity::Info,
    severity_reason: "connections cut",
    rationale: "The pod is told to end while requests are still sent to it: connections are cut before load balancers have noticed.",
    remediation: "Add `lifecycle.preStop` with a short `sleep`, or let the program wait when it gets the signal.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.containers[]; .lifecycle.preStop == null)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("datree", "CONTAINERS_MISSING_PRESTOP_KEY")],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
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
    - name: app #~ info spec.containers[0].lifecycle.preStop: Container `app` is ended
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
      lifecycle:
        preStop:
          sleep:
            seconds: 5
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    if !probes::is_long_running(workload) {
        return findings.not_applicable();
    }
    for container in workload.pod.containers_of(ContainerList::Main) {
        if container.lifecycle.and_then(|lifecycle| lifecycle.get("preStop")).is_none() {
            let message = "Container `{container}` is ended while requests may still be on their way to it";
            let finding = Finding::missing(container.value, "lifecycle.preStop");
            findings.report(finding.container(container).message(message));
        }
    }
}
