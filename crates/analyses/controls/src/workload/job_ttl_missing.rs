//! `job-ttl-missing`

use model::control::{Check, Control, alias, fixture};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "job-ttl-missing",
    title: "Finished Job is never cleaned up",
    severity: Severity::Info,
    severity_reason: "etcd growth",
    rationale: "Jobs that are done stay for ever, with their pods and logs: they fill the store of the cluster, and whoever may read logs reads old ones.",
    remediation: "Set `ttlSecondsAfterFinished` on Jobs; a CronJob cleans up by its history limits.",
    verify: "kubectl get job -A -o json | jq -r '.items[] | select(.metadata.ownerReferences == null and .spec.ttlSecondsAfterFinished == null) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("kube-linter", "job-ttl-seconds-after-finished"), alias("kyverno", "restrict-jobs")],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/"],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: batch/v1
kind: Job
metadata:
  name: app
spec: #~ info spec.ttlSecondsAfterFinished: The Job stays for ever
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
  ttlSecondsAfterFinished: 3600
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
  ownerReferences:
    - kind: CronJob
      name: x
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
kind: Job
metadata:
  name: app
  annotations:
    helm.sh/hook-delete-policy: hook-succeeded
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
      ttlSecondsAfterFinished: 60 #~ info spec.jobTemplate.spec.ttlSecondsAfterFinished
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
    let spec = object.value.get("spec");
    if object.is("batch", "Job") {
        let owners = object.metadata.and_then(|metadata| metadata.get("ownerReferences"));
        let is_owned = owners.is_some_and(|owners: Value<'_>| owners.items().next().is_some());
        // Helm takes its hooks away as it is told.
        let is_hook = object.annotation("helm.sh/hook-delete-policy").is_some();
        if let Some(spec) = spec.filter(|spec| !is_owned && !is_hook && spec.get("ttlSecondsAfterFinished").is_none()) {
            let message = "The Job stays for ever when it is done, with its pods and logs";
            let finding = Finding::missing(spec, "ttlSecondsAfterFinished").message(message);
            // A day: long enough to read the logs.
            findings.report(finding.insert("ttlSecondsAfterFinished: 86400"));
        }
    } else if object.is("batch", "CronJob") {
        let ttl = spec.and_then(|spec| spec.at(&["jobTemplate", "spec", "ttlSecondsAfterFinished"]));
        if let Some(ttl) = ttl {
            let message = "Jobs go {value} seconds after they are done, whatever the history limits of the CronJob say";
            findings.report(Finding::at(ttl).message(message).class(FixClass::Manual));
        }
    } else {
        findings.not_applicable();
    }
}
