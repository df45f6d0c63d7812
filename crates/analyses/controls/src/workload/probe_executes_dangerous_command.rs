//! `probe-executes-dangerous-command`

use model::control::{Check, Control, alias, fixture};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "probe-executes-dangerous-command",
    title: "Exec probe runs a disallowed command",
    severity: Severity::Low,
    severity_reason: "kubelet runs it often, hides abuse",
    rationale: "The kubelet runs the command again and again, in every pod: tools that load debuggers or fetch from the network hide there, and cost more than the program.",
    remediation: "Ask over `httpGet`, `tcpSocket` or `grpc`, or with a small program of the image.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.containers[]; .livenessProbe.exec or .readinessProbe.exec)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("kyverno", "deny-commands-in-exec-probe")],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[DENIED],
    check: Check::Workload(check),
    fixtures: &[fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      livenessProbe:
        exec:
          command: [/usr/bin/curl, localhost] #~ low spec.containers[0].livenessProbe.exec.command[0]: A probe of container `app` runs `/usr/bin/curl`
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      livenessProbe:
        exec:
          command: [/bin/healthy]
")],
};

const DENIED: Parameter =
    parameter("denied", Default::List(&["jcmd", "ps", "ls", "curl"]), "programs that a probe must not run");

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let denied = findings.list(&DENIED);
    for container in &workload.pod.containers {
        let probes = [container.liveness_probe, container.readiness_probe, container.startup_probe];
        for probe in probes.into_iter().flatten() {
            let Some(program) = probe.at(&["exec", "command"]).and_then(|command| command.items().next()) else {
                continue;
            };
            let text = Value::text(program);
            let name = text.rsplit('/').next().unwrap_or(&text);
            if denied.contains(name) {
                let message = "A probe of container `{container}` runs `{value}`";
                findings.report(Finding::at(program).container(container).message(message));
            }
        }
    }
}
