//! `cronjob-schedule-invalid`

use super::schedule;
use model::control::{Check, Control, alias, fixture};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "cronjob-schedule-invalid",
    title: "CronJob schedule is invalid",
    severity: Severity::Low,
    severity_reason: "never runs",
    rationale: "The API server refuses the CronJob, or it never runs: backups, clean-ups and renewals do not happen, and nobody is told.",
    remediation: "Write five fields (minute, hour, day, month, weekday) or a word such as `@daily`; name the time zone in `timeZone`.",
    verify: "kubectl get cronjob -A",
    aliases: &[alias("datree", "CRONJOB_INVALID_SCHEDULE_VALUE"), alias("kyverno", "validate-cron-schedule")],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: batch/v1
kind: CronJob
metadata:
  name: app
spec:
  schedule: '* * * *' #~ low spec.schedule: `* * * *` is no schedule
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
  schedule: '*/5 0-6,12 * JAN-MAR,7 mon-FRI/2'
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
  schedule: '@daily'
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: app
              image: app:1
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: app
spec:
  schedule: '@every 1h30m'
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: app
              image: app:1
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: app
spec:
  schedule: '60 * * * *' #~ is no schedule
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: app
              image: app:1
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: app
spec:
  schedule: '0 24 * * *' #~ is no schedule
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: app
              image: app:1
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: app
spec:
  schedule: '0 0 0 * *' #~ is no schedule
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: app
              image: app:1
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: app
spec:
  schedule: '0 0 5-2 * *' #~ is no schedule
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: app
              image: app:1
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: app
spec:
  schedule: 'CRON_TZ=UTC 0 0 * * *' #~ which belongs in `timeZone`
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: app
              image: app:1
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: app
spec:
  schedule: '@never' #~ is no schedule
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: app
              image: app:1
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: app
spec:
  schedule: '*/0 * * * *' #~ is no schedule
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: app
              image: app:1
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: app
spec:
  schedule: '0 0 ? * 7' #~ is no schedule
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
    let Some(schedule) = spec.get("schedule") else {
        let message = "The CronJob has no schedule: the API server refuses it";
        return findings.report(Finding::missing(spec, "schedule").message(message));
    };
    let text = schedule.text();
    if text.contains("{{") || text.contains("${") {
        return;
    }
    if text.starts_with("TZ=") || text.starts_with("CRON_TZ=") {
        let message = "`{value}` names a time zone, which belongs in `timeZone`: the API server refuses it here";
        findings.report(Finding::at(schedule).message(message));
    } else if let Err(reason) = schedule::check(&text) {
        findings.report(Finding::at(schedule).message(format!("`{{value}}` is no schedule: {reason}")));
    }
}
