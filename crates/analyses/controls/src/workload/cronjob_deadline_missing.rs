//! `cronjob-deadline-missing`

use model::control::{Check, Control, alias, fixture};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "cronjob-deadline-missing",
    title: "CronJob has no starting deadline",
    severity: Severity::Info,
    severity_reason: "missed runs pile up",
    rationale: "Runs that were missed while the controller was away are made up for, and after a hundred of them the CronJob does nothing any more.",
    remediation: "Set `startingDeadlineSeconds` to how late a run may start.",
    verify: "kubectl get cronjob -A -o json | jq -r '.items[] | select(.spec.startingDeadlineSeconds == null) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("kube-score", "cronjob-has-deadline"),
        alias("datree", "CRONJOB_MISSING_STARTINGDEADLINESECOND_KEY"),
    ],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: batch/v1
kind: CronJob
metadata:
  name: app
spec: #~ info spec.startingDeadlineSeconds: A run that was missed
  schedule: '* * * * *'
  jobTemplate:
    spec:
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
  schedule: '* * * * *'
  startingDeadlineSeconds: 60
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: app
              image: app:1
",
        ),
    ],
};

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    if !object.is("batch", "CronJob") {
        return findings.not_applicable();
    }
    let Some(spec) = object.value.get("spec") else { return };
    if spec.get("startingDeadlineSeconds").is_none() {
        let message = "A run that was missed may start at any time later";
        findings.report(Finding::missing(spec, "startingDeadlineSeconds").message(message));
    }
}
