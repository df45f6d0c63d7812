//! `duplicate-environment-variable`

use model::control::{Check, Control, alias, fixture};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "duplicate-environment-variable",
    title: "Environment variable is set twice",
    severity: Severity::Low,
    severity_reason: "last one wins silently",
    rationale: "The last value wins, silently: what somebody reads and reviews further up is not what the program gets.",
    remediation: "Keep one entry for each name, the one that is meant.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.containers[]; [.env[]?.name] | length != (unique | length))) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("kubescape", "C-0295"),
        alias("kube-linter", "duplicate-env-var"),
        alias("kube-score", "environment-variable-key-duplication"),
    ],
    mappings: &[],
    references: &["https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/"],
    umbrella: false,
    fix: FixClass::Manual,
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
    - name: app
      image: app:1
      env:
        - name: MODE
          value: safe
        - name: MODE #~ low spec.containers[0].env[1].name: Container `app` sets the environment variable `MODE` again
          value: fast
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
      env:
        - name: MODE
          value: safe
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
      env:
        - name: A
          value: x
        - name: B
          value: x
        - name: A #~ low
          value: y
        - name: A #~ low
          value: z
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    for container in &workload.pod.containers {
        let names = || container.env.into_iter().flat_map(Value::items).filter_map(|entry| entry.get("name"));
        let mut sorted: Vec<_> = names().map(|name| (name.text(), name.id())).collect();
        if sorted.len() < 2 {
            continue;
        }
        sorted.sort_unstable();
        let mut repeated: Vec<_> =
            sorted.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[1].1).collect();
        repeated.sort_unstable();
        for name in names().filter(|name| repeated.binary_search(&name.id()).is_ok()) {
            let message = "Container `{container}` sets the environment variable `{value}` again: the last one wins";
            findings.report(Finding::at(name).container(container).message(message));
        }
    }
}
