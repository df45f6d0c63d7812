//! `restart-policy-invalid`

use model::control::{Check, Control, alias, fixture};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "restart-policy-invalid",
    title: "restartPolicy does not fit the kind",
    severity: Severity::Low,
    severity_reason: "rejected or loops",
    rationale: "The API server refuses the object: what it would have replaced stays as it is.",
    remediation: "Jobs have `Never` or `OnFailure`; Deployments, StatefulSets and DaemonSets have `Always`, which is the default.",
    verify: "kubectl apply --dry-run=server -f FILE",
    aliases: &[
        alias("kube-linter", "restart-policy"),
        alias("kube-score", "cronjob-restartpolicy"),
        alias("datree", "WORKLOAD_INCORRECT_RESTARTPOLICY_VALUE_ALWAYS"),
    ],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy"],
    umbrella: false,
    fix: FixClass::Safe,
    parameters: &[],
    check: Check::Workload(check),
    fixtures: &[
        fixture(
            "apiVersion: batch/v1
kind: Job
metadata:
  name: app
spec:
  template:
    spec:
      restartPolicy: Always #~ low spec.template.spec.restartPolicy: A Job cannot restart
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
    spec: #~ A Job needs
      containers:
        - name: app
          image: app:1
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  template:
    metadata:
      labels:
        app: app
    spec:
      containers:
        - name: app
          image: app:1
      restartPolicy: OnFailure #~ low spec.template.spec.restartPolicy: Pods of this kind always restart
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  template:
    metadata:
      labels:
        app: app
    spec:
      containers:
        - name: app
          image: app:1
      restartPolicy: Always
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

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let policy = workload.pod.restart_policy;
    let text = policy.map(Value::text).unwrap_or_default();
    match (workload.object.group(), &*workload.object.kind) {
        ("batch", "Job" | "CronJob") => match policy {
            Some(policy) if text == "Always" => {
                let message = "A Job cannot restart its pods `Always`: the API server refuses it";
                findings.report(Finding::at(policy).message(message).replace("OnFailure"));
            }
            None => {
                let message = "A Job needs a restart policy, `Never` or `OnFailure`: the API server refuses it";
                let finding = Finding::missing(workload.pod.spec, "restartPolicy").message(message);
                findings.report(finding.insert("restartPolicy: OnFailure"));
            }
            Some(_) => {}
        },
        ("apps", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet") | ("", "ReplicationController") => {
            if let Some(policy) = policy.filter(|_| text != "Always") {
                let message = "Pods of this kind always restart: the API server refuses `{value}`";
                findings.report(Finding::at(policy).message(message).replace("Always"));
            }
        }
        _ => findings.not_applicable(),
    }
}
