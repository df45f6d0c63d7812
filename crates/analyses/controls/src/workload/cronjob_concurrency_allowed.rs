//! `cronjob-concurrency-allowed`

use model::control::{Check, Control, alias, fixture};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "cronjob-concurrency-allowed",
    title: "CronJob may run concurrently",
    severity: Severity::Info,
    severity_reason: "resource exhaustion",
    rationale: "When a run takes longer than the time to the next, runs pile up until they have taken what the namespace may use.",
    remediation: "Set `concurrencyPolicy: Forbid`, or `Replace` where the newest run counts.",
    verify: "kubectl get cronjob -A -o custom-columns=NAMESPACE:.metadata.namespace,NAME:.metadata.name,POLICY:.spec.concurrencyPolicy",
    aliases: &[alias("datree", "CRONJOB_MISSING_CONCURRENCYPOLICY_KEY")],
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
spec:
  schedule: '* * * * *'
  concurrencyPolicy: Allow #~ info spec.concurrencyPolicy: A run starts
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
  concurrencyPolicy: Forbid
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
spec: #~ info
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
    ],
};

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    if !object.is("batch", "CronJob") {
        return findings.not_applicable();
    }
    let Some(spec) = object.value.get("spec") else { return };
    let policy = spec.get("concurrencyPolicy");
    if policy.is_none_or(|policy| policy.text() == "Allow") {
        let finding = policy.map_or_else(|| Finding::missing(spec, "concurrencyPolicy"), Finding::at);
        findings.report(finding.message("A run starts though the one before it has not ended"));
    }
}
