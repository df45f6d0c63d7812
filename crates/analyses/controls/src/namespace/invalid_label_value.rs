//! `invalid-label-value`

use super::validity;
use model::control::{Check, Control, alias, fixture};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "invalid-label-value",
    title: "Label or name is not valid",
    severity: Severity::Low,
    severity_reason: "object is rejected",
    rationale: "The API server refuses the object: what it would have protected or replaced stays as it is, and a pipeline that does not look at every answer calls that a success.",
    remediation: "Names are lower case letters, digits, `-` and, for most kinds, `.`. Label values have at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends.",
    verify: "kubectl apply --dry-run=server -f FILE",
    aliases: &[
        alias("kube-score", "label-values"),
        alias("datree", "WORKLOAD_INVALID_LABELS_VALUE"),
        alias("datree", "RESOURCE_MISSING_NAME"),
    ],
    mappings: &[],
    references: &[
        "https://kubernetes.io/docs/concepts/overview/working-with-objects/names/",
        "https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set",
    ],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::ObjectAndWorkload(check, check_template),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: ConfigMap
metadata:
  name: app
  labels:
    owner: Shop Team #~ low metadata.labels.owner: `Shop Team` is no value of a label
",
        ),
        fixture(
            "apiVersion: v1
kind: ConfigMap
metadata:
  name: app
  labels:
    owner: shop-team
",
        ),
        fixture(
            "apiVersion: v1
kind: ConfigMap
metadata:
  name: App_1 #~ low metadata.name: `App_1` is no name
  labels:
    a.b/c: \"\"
    /c: x #~ is no key of a label
    -c: x #~ is no key of a label
    a/b/c: x #~ is no key of a label
    UPPER.case/c: x #~ is no key of a label
    ok: Ab_1.x-Y
    bad: -x #~ is no value of a label
    long: a123456789012345678901234567890123456789012345678901234567890123 #~ is no value
    template: ${NAME}
",
        ),
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: 1st #~ low metadata.name: `1st` is no name
---
apiVersion: v1
kind: Service
metadata:
  name: a.b #~ low
---
apiVersion: v1
kind: Namespace
metadata:
  name: a.b #~ low
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a.b
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: system:node:Reader
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: a/b #~ low
---
apiVersion: v1
kind: Pod
metadata:
  generateName: app-
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata: #~ low metadata.name: The object has no name
  labels:
    app: x
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
        app: a b #~ low spec.template.metadata.labels.app
      annotations:
        a b: x #~ is no key of an annotation
    spec:
      containers:
        - name: app
          image: app:1
",
        ),
    ],
};

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    let Some(metadata) = object.metadata else {
        let message = "The object has no name: the API server refuses it";
        return findings.report(Finding::missing(object.value, "metadata.name").message(message));
    };
    match (metadata.get("name"), metadata.get("generateName")) {
        (Some(name), _) => {
            let text = name.text();
            if let Err(reason) = validity::name(object.group(), &object.kind, &text)
                && !validity::is_unrendered(&text)
            {
                findings.report(Finding::at(name).message(format!("`{{value}}` is no name for this kind: {reason}")));
            }
        }
        (None, Some(_)) => {}
        (None, None) => {
            let message = "The object has no name: the API server refuses it";
            findings.report(Finding::missing(object.value, "metadata.name").message(message));
        }
    }
    check_labels(metadata, findings);
}

fn check_template(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    match workload.pod.metadata {
        // A pod's own metadata is that of the object.
        Some(metadata) if workload.object.metadata.is_none_or(|own| own.id() != metadata.id()) => {
            check_labels(metadata, findings);
        }
        _ => {}
    }
}

fn check_labels(metadata: Value<'_>, findings: &mut Findings<'_>) {
    for (key, value) in metadata.get("labels").into_iter().flat_map(Value::entries) {
        if let Err(reason) = validity::label_key(&key.text()) {
            report_key(key, value, "label", reason, findings);
        }
        let text = value.text();
        if let Err(reason) = validity::label_value(&text)
            && !validity::is_unrendered(&text)
        {
            findings.report(Finding::at(value).message(format!("`{{value}}` is no value of a label: {reason}")));
        }
    }
    for (key, value) in metadata.get("annotations").into_iter().flat_map(Value::entries) {
        if let Err(reason) = validity::annotation_key(&key.text()) {
            report_key(key, value, "annotation", reason, findings);
        }
    }
}

fn report_key(key: Value<'_>, value: Value<'_>, what: &str, reason: &str, findings: &mut Findings<'_>) {
    let name = key.text();
    if !validity::is_unrendered(&name) {
        let message = format!("`{{value}}` is no key of {} {what}: {reason}", if what == "label" { "a" } else { "an" });
        findings.report(Finding::at_key_of(value).value(name).message(message));
    }
}
