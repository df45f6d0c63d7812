//! `probes-identical`

use super::probes;
use model::control::{Check, Control, alias, fixture};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "probes-identical",
    title: "Liveness and readiness probes are the same",
    severity: Severity::Info,
    severity_reason: "restart loops under load",
    rationale: "A pod that is too busy to answer ought to get no more requests. With one question for both it is restarted instead, the others get its load, and they go the same way.",
    remediation: "Let liveness ask less than readiness, or wait longer: a higher `failureThreshold` or `periodSeconds`.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.containers[]; .livenessProbe and .livenessProbe == .readinessProbe)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("kube-score", "pod-probes-identical"), alias("kyverno", "validate-probes")],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
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
      livenessProbe: #~ info spec.containers[0].livenessProbe: Container `app` is restarted by the same question
        httpGet:
          path: /
          port: 80
      readinessProbe:
        httpGet:
          port: 80
          path: /
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
      livenessProbe:
        httpGet:
          path: /
          port: 80
        failureThreshold: 10
      readinessProbe:
        httpGet:
          port: 80
          path: /
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
        let (Some(live), Some(ready)) = (container.liveness_probe, container.readiness_probe) else { continue };
        if probes::is_probe(Some(live)) && probes::is_equal(live, ready) {
            let message = "Container `{container}` is restarted by the same question that takes it out of its Service";
            findings.report(Finding::at_key_of(live).container(container).message(message));
        }
    }
}
