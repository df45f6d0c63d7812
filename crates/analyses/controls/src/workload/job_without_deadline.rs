//! `job-without-deadline`

use model::control::{Check, Control, alias, fixture};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "job-without-deadline",
    title: "Job can run forever",
    severity: Severity::Info,
    severity_reason: "resource hijack",
    rationale: "A Job that hangs, or that somebody has turned to other work, runs until a person notices.",
    remediation: "Set `activeDeadlineSeconds` to more than the Job ever needs.",
    verify: "kubectl get job -A -o json | jq -r '.items[] | select(.spec.activeDeadlineSeconds == null) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("kyverno", "pod-lifetime")],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: batch/v1
kind: Job
metadata:
  name: app
spec: #~ info spec.activeDeadlineSeconds: The Job may run for ever
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: app
          image: app:1
",
        ),
        fixture(
            "apiVersion: batch/v1
kind: Job
metadata:
  name: app
spec:
  activeDeadlineSeconds: 600
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: app
          image: app:1
",
        ),
        fixture(
            "apiVersion: batch/v1
kind: CronJob
metadata:
  name: app
spec:
  schedule: '@daily'
  jobTemplate:
    spec: #~ info spec.jobTemplate.spec.activeDeadlineSeconds
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: app
              image: app:1
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
      activeDeadlineSeconds: 60
      restartPolicy: Never
      containers:
        - name: app
          image: app:1
",
        ),
    ],
};

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    let spec = object.value.get("spec");
    let job = match () {
        () if object.is("batch", "Job") => spec,
        () if object.is("batch", "CronJob") => spec.and_then(|spec| spec.at(&["jobTemplate", "spec"])),
        () => return findings.not_applicable(),
    };
    let Some(job) = job else { return };
    let of_pod = job.at(&["template", "spec", "activeDeadlineSeconds"]);
    if job.get("activeDeadlineSeconds").or(of_pod).is_none() {
        let message = "The Job may run for ever";
        findings.report(Finding::missing(job, "activeDeadlineSeconds").message(message));
    }
}
