//! `probe-port-undeclared`

use model::control::{Check, Control, alias, fixture};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "probe-port-undeclared",
    title: "Probe targets a port the container does not declare",
    severity: Severity::Info,
    severity_reason: "probe likely wrong",
    rationale: "A probe that asks a port that is not there fails for ever, and one that asks another container's port says nothing of this one.",
    remediation: "Declare the port in `ports`, and let the probe name it.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.containers[]; .ports as $p | .livenessProbe.httpGet.port as $q | $q and ([$p[]?.containerPort, $p[]?.name] | index($q) | not))) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("kube-linter", "liveness-port"), alias("kube-linter", "readiness-port"), alias("kube-linter", "startup-port")],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[],
    check: Check::Workload(check),
    fixtures: &[fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      ports:
        - name: http
          containerPort: 8080
      livenessProbe:
        httpGet:
          port: web #~ info spec.containers[0].livenessProbe.httpGet.port: A probe of container `app` asks the port `web`
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      ports:
        - name: http
          containerPort: 8080
      livenessProbe:
        httpGet:
          port: http
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      ports:
        - name: http
          containerPort: 8080
      readinessProbe:
        tcpSocket:
          port: 8081 #~ asks port 8081
      startupProbe:
        grpc:
          port: 8080
")],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    for container in &workload.pod.containers {
        let declared = |key: &str, text: &str| {
            let mut ports = container.ports.into_iter().flat_map(Value::items);
            ports.any(|port| port.get(key).is_some_and(|value| value.text() == text))
        };
        let probes = [container.liveness_probe, container.readiness_probe, container.startup_probe];
        for probe in probes.into_iter().flatten() {
            let handlers = ["httpGet", "tcpSocket", "grpc"].into_iter();
            for port in handlers.filter_map(|handler| probe.at(&[handler, "port"])) {
                let text = port.text();
                let is_number = text.parse::<u16>().is_ok();
                if declared(if is_number { "containerPort" } else { "name" }, &text) {
                    continue;
                }
                let message = if is_number {
                    "A probe of container `{container}` asks port {value}, which it does not declare"
                } else {
                    "A probe of container `{container}` asks the port `{value}`, which it does not have: the probe fails"
                };
                findings.report(Finding::at(port).container(container).message(message));
            }
        }
    }
}
