//! `probe-timing-unset`

use model::control::{Check, Control, alias, fixture};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::parameter::ENABLED;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "probe-timing-unset",
    title: "Probe timing relies on defaults",
    severity: Severity::Info,
    severity_reason: "policy packs ask for explicit values",
    rationale: "The defaults are seldom right: a program that starts slowly is restarted before it is up, and one second is short for an answer under load.",
    remediation: "Write down `initialDelaySeconds`, `periodSeconds`, `timeoutSeconds`, `successThreshold` and `failureThreshold`.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.containers[]; .livenessProbe and .livenessProbe.timeoutSeconds == null)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("datree", "CONTAINERS_INCORRECT_INITIALDELAYSECONDS_VALUE"), alias("datree", "CONTAINERS_INCORRECT_PERIODSECONDS_VALUE"), alias("datree", "CONTAINERS_INCORRECT_TIMEOUTSECONDS_VALUE"), alias("datree", "CONTAINERS_INCORRECT_SUCCESSTHRESHOLD_VALUE"), alias("datree", "CONTAINERS_INCORRECT_FAILURETHRESHOLD_VALUE")],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[ENABLED],
    check: Check::Workload(check),
    fixtures: &[fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      livenessProbe: #~ info spec.containers[0].livenessProbe: A probe of container `app` leaves `initialDelaySeconds`, `successThreshold`
        httpGet:
          port: 80
        periodSeconds: 10
        timeoutSeconds: 2
        failureThreshold: 3
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      livenessProbe:
        httpGet:
          port: 80
        initialDelaySeconds: 5
        periodSeconds: 10
        timeoutSeconds: 2
        successThreshold: 1
        failureThreshold: 3
")],
};

const TIMING: [&str; 5] =
    ["initialDelaySeconds", "periodSeconds", "timeoutSeconds", "successThreshold", "failureThreshold"];

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    for container in &workload.pod.containers {
        let probes = [container.liveness_probe, container.readiness_probe, container.startup_probe];
        for probe in probes.into_iter().flatten() {
            let missing: Vec<&str> = TIMING.into_iter().filter(|key| probe.get(key).is_none()).collect();
            if !missing.is_empty() {
                let message = "A probe of container `{container}` leaves `{value}` to the defaults";
                let finding = Finding::at_key_of(probe).value(missing.join("`, `"));
                findings.report(finding.container(container).message(message));
            }
        }
    }
}
