//! `selector-mismatch`

use model::control::{Check, Control, alias, fixture};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::labels::{Selector, labels};
use model::object::Object;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "selector-mismatch",
    title: "Selector does not match its own template",
    severity: Severity::Medium,
    severity_reason: "controller rejected or orphans pods",
    rationale: "The API refuses a controller whose selector does not match its own template, or the controller never counts the pods that it makes. What was meant to run, be updated or be removed does not.",
    remediation: "Give the template the labels that the selector asks for.",
    verify: "kubectl apply --dry-run=server -f FILE",
    aliases: &[
        alias("kubescape", "C-0296"),
        alias("kube-linter", "mismatching-selector"),
        alias("kube-score", "deployment-pod-selector-labels-match-template-metadata-labels"),
        alias("kube-score", "statefulset-pod-selector-labels-match-template-metadata-labels"),
    ],
    mappings: &[],
    references: &[],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: d
spec:
  selector: #~ medium spec.selector: The selector does not match
    matchLabels: {app: a}
  template:
    metadata:
      labels: {app: b}
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: d
spec:
  selector:
    matchLabels: {app: a}
  template:
    metadata:
      labels: {app: a}
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: d
spec:
  selector: {} #~ is empty
  template:
    metadata:
      labels: {app: a}
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: ReplicaSet
metadata:
  name: d
spec: #~ There is no selector
  template: {}
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: d
spec:
  selector:
    matchExpressions:
      - {key: app, operator: In, values: [a, b]}
      - {key: x, operator: DoesNotExist}
  template:
    metadata:
      labels: {app: b}
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: d
spec:
  selector: #~ does not match
    matchExpressions:
      - {key: app, operator: NotIn, values: [a, b]}
  template:
    metadata:
      labels: {app: b}
",
        ),
        fixture(
            "apiVersion: v1
kind: ReplicationController
metadata:
  name: d
spec:
  selector: {app: a} #~ does not match
  template:
    metadata:
      labels: {app: b}
",
        ),
        fixture(
            "apiVersion: batch/v1
kind: Job
metadata:
  name: d
spec:
  template: {}
",
        ),
        fixture(
            "apiVersion: batch/v1
kind: Job
metadata:
  name: d
spec:
  selector: {}
  template:
    metadata:
      labels: {app: b}
",
        ),
        fixture(
            "apiVersion: batch/v1
kind: Job
metadata:
  name: d
spec:
  manualSelector: true
  selector: {} #~ every pod of its namespace
  template:
    metadata:
      labels: {app: b}
",
        ),
        fixture(
            "apiVersion: batch/v1
kind: Job
metadata:
  name: d
spec:
  manualSelector: true
  selector: #~ does not match
    matchLabels: {app: a}
  template:
    metadata:
      labels: {app: b}
",
        ),
        fixture(
            "apiVersion: v1
kind: ReplicationController
metadata:
  name: d
spec:
  template:
    metadata:
      labels: {app: b}
",
        ),
        fixture(
            "apiVersion: v1
kind: ReplicationController
metadata:
  name: d
spec: #~ There is no selector
  template:
    spec: {}
",
        ),
    ],
};

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    let is_kind = |group: &str, kinds: &[&str]| object.group() == group && kinds.contains(&&*object.kind);
    let is_plain = is_kind("", &["ReplicationController"]);
    let is_job = is_kind("batch", &["Job"]);
    let is_apps = is_kind("apps", &["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"]);
    let Some(spec) = object.value.get("spec").filter(|_| is_plain || is_job || is_apps) else {
        return findings.not_applicable();
    };
    let template_labels = spec.at(&["template", "metadata", "labels"]);
    let Some(selector) = spec.get("selector") else {
        // A Job makes its selector, and a ReplicationController takes it from the labels of the template.
        if is_apps || (is_plain && template_labels.and_then(|labels| labels.entries().next()).is_none()) {
            let message = "There is no selector: the API refuses the object";
            findings.report(Finding::missing(spec, "selector").message(message));
        }
        return;
    };
    let parsed = match is_plain {
        true => Selector::from_labels(Some(selector), findings.symbols),
        false => Selector::new(selector, findings.symbols),
    };
    if parsed.is_empty() {
        let is_manual = || spec.get("manualSelector").and_then(Value::as_bool) == Some(true);
        let message = if is_apps {
            "The selector is empty: the API refuses the object"
        } else if is_job && is_manual() {
            "The selector is empty: the Job takes every pod of its namespace for its own"
        } else {
            // It is filled in: from the template, or with the id of the Job.
            return;
        };
        return findings.report(Finding::at_key_of(selector).message(message));
    }
    let labels = labels(template_labels, findings.symbols);
    if !parsed.matches(&labels) {
        let message = "The selector does not match the labels of the template: the API refuses the object";
        findings.report(Finding::at_key_of(selector).message(message));
    }
}
