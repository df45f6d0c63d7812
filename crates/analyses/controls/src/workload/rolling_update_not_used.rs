//! `rolling-update-not-used`

use model::control::{Check, Control, alias, fixture};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "rolling-update-not-used",
    title: "Deployment replaces all pods at once",
    severity: Severity::Low,
    severity_reason: "downtime",
    rationale: "All pods are stopped before the first new one starts: every update is an outage, and one that fails stays one.",
    remediation: "Set `strategy.type: RollingUpdate`, unless two versions must never run side by side.",
    verify: "kubectl get deploy -A -o json | jq -r '.items[] | select(.spec.strategy.type == \"Recreate\") | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("kubescape", "C-0305"),
        alias("kube-linter", "no-rolling-update-strategy"),
        alias("kube-score", "deployment-strategy"),
    ],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#strategy"],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[],
    check: Check::Workload(check),
    fixtures: &[
        fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  strategy:
    type: Recreate #~ low spec.strategy.type: An update stops all pods
  template:
    metadata:
      labels:
        app: app
    spec:
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
  strategy:
    type: RollingUpdate
  template:
    metadata:
      labels:
        app: app
    spec:
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
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  strategy:
    type: Recreate #~ info
  template:
    metadata:
      labels:
        app: app
    spec:
      containers:
        - name: app
          image: app:1
      volumes:
        - name: d
          persistentVolumeClaim:
            claimName: d
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    if workload.object.kind != "Deployment" {
        return findings.not_applicable();
    }
    let Some(kind) = workload.object.value.at(&["spec", "strategy", "type"]).filter(|kind| kind.text() == "Recreate")
    else {
        return;
    };
    // A volume that one node may mount leaves no choice.
    let has_claim = workload.pod.volumes.iter().any(|volume| volume.source_of("persistentVolumeClaim").is_some());
    let finding = Finding::at(kind).message("An update stops all pods before the first new one starts");
    findings.report(match has_claim {
        true => finding.severity(Severity::Info).class(FixClass::Manual),
        false => finding.replace("RollingUpdate"),
    });
}
