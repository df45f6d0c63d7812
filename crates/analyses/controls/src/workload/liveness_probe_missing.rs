//! `liveness-probe-missing`

use super::probes;
use model::control::{Check, Control, alias, fixture};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::pod::ContainerList;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "liveness-probe-missing",
    title: "Container has no liveness probe",
    severity: Severity::Low,
    severity_reason: "hangs stay unnoticed",
    rationale: "A program that hangs keeps its place: the pod looks well, requests go to it, and nobody restarts it.",
    remediation: "Add a `livenessProbe` that asks the program itself, and not what it depends on.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.containers[]; .livenessProbe == null)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("kubescape", "C-0056"),
        alias("polaris", "livenessProbeMissing"),
        alias("kube-linter", "no-liveness-probe"),
        alias("kube-score", "pod-probes"),
        alias("checkov", "CKV_K8S_8"),
        alias("datree", "CONTAINERS_MISSING_LIVENESSPROBE_KEY"),
        alias("gatekeeper", "K8sRequiredProbes"),
        alias("kyverno", "require-pod-probes"),
        alias("kubewarden", "probes-policy"),
        alias("prowler", "core_liveness_probe_configured"),
    ],
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
    - name: app #~ low spec.containers[0].livenessProbe: Container `app` is not restarted
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
      livenessProbe:
        httpGet:
          path: /live
          port: 8080
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  initContainers:
    - name: init
      image: app:1
    - name: side #~ info spec.initContainers[1].livenessProbe
      image: app:1
      restartPolicy: Always
  containers:
    - name: app
      image: app:1
      livenessProbe: {} #~ low spec.containers[0].livenessProbe
",
        ),
        fixture(
            "apiVersion: batch/v1
kind: Job
metadata:
  name: app
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: app
          image: app:1
---
apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  restartPolicy: OnFailure
  containers:
    - name: app
      image: app:1
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    if !probes::is_long_running(workload) {
        return findings.not_applicable();
    }
    for container in &workload.pod.containers {
        let is_sidecar = container.restart_policy.is_some_and(|policy: Value<'_>| policy.text() == "Always");
        let severity = match container.list {
            ContainerList::Main => Severity::Low,
            ContainerList::Init if is_sidecar => Severity::Info,
            ContainerList::Init | ContainerList::Ephemeral => continue,
        };
        if probes::is_probe(container.liveness_probe) {
            continue;
        }
        let message = "Container `{container}` is not restarted when its program hangs";
        let finding = match container.liveness_probe {
            Some(probe) => Finding::at_key_of(probe),
            None => Finding::missing(container.value, "livenessProbe"),
        };
        findings.report(finding.container(container).severity(severity).message(message));
    }
}
