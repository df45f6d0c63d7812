//! `cronjob-inventory`

use model::control::{Check, Control, alias, fixture, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "cronjob-inventory",
    title: "CronJob exists",
    severity: Severity::Info,
    severity_reason: "scheduled code is a persistence technique",
    rationale: "This is an inventory: code that runs on a schedule comes back after everything else was cleaned up, and is where somebody who wants to stay puts theirs.",
    remediation: "Nothing has to change. Know who made the CronJob, and what it runs.",
    verify: "kubectl get cronjob -A",
    aliases: &[alias("kubescape", "C-0026")],
    mappings: &[maps("mitre", "T1053.007"), maps("owasp-k8s-top10", "K10")],
    references: &["https://attack.mitre.org/techniques/T1053/007/"],
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
  schedule: '* * * * *' #~ info spec.schedule: Code runs on the schedule `* * * * *`
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

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    if !object.is("batch", "CronJob") {
        return findings.not_applicable();
    }
    let Some(spec) = object.value.get("spec") else { return };
    let schedule = spec.get("schedule").unwrap_or(spec);
    findings.report(Finding::at(schedule).message("Code runs on the schedule `{value}`"));
}
