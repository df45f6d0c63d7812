//! `secret-in-metadata`

use model::control::{Check, Control, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::severity::Severity;

use super::spans::Locator;
use super::{detector, mask};

/// The control.
pub static CONTROL: Control = Control {
    id: "secret-in-metadata",
    title: "Secret value is stored in a label, annotation or last-applied configuration",
    severity: Severity::High,
    severity_reason: "metadata is never encrypted and shown everywhere",
    rationale: "Labels and annotations are never encrypted, are copied into events, metrics and logs, and are shown by \
                every tool that lists objects. `kubectl apply` writes the whole Secret into an annotation of it, where \
                it outlives the change of the value itself.",
    remediation: "Take the label or annotation out and issue a new value. For Secrets use `kubectl apply \
                  --server-side`, `kubectl create` or `kubectl replace`, which keep no copy.",
    verify: "kubectl get secrets -A -o json | jq -r '.items[] | \
             select(.metadata.annotations[\"kubectl.kubernetes.io/last-applied-configuration\"]) | \
             \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[],
    mappings: &[maps("mitre", "T1552.001"), maps("owasp-k8s-top10", "K03"), maps("nist-800-53", "IA-5")],
    references: &["https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Secret
metadata:
  name: app
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: | #~ high metadata.annotations[\"kubectl.kubernetes.io/last-applied-configuration\"]: The annotation holds the data of the Secret
      {\"apiVersion\":\"v1\",\"data\":{\"password\":\"czNjcjN0\"},\"kind\":\"Secret\",\"metadata\":{\"name\":\"app\"}}
",
        ),
        fixture(
            "apiVersion: v1
kind: Secret
metadata:
  name: app
",
        ),
        fixture(
            "apiVersion: v1
kind: Secret
metadata:
  name: app
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{\"kind\":\"Secret\",\"stringData\":{\"password\":\"x\"}}' #~ The annotation holds the data of the Secret
---
apiVersion: v1
kind: Secret
metadata:
  name: app
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{\"kind\":\"Secret\",\"data\":{},\"stringData\": null,\"metadata\":{\"name\":\"data\"}}'
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: app
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{\"kind\":\"ConfigMap\",\"data\":{\"a\":\"b\"}}'
",
        ),
        fixture(
            "apiVersion: example.com/v1
kind: Anything
metadata:
  name: app
  labels:
    key: AKIAIOSFODNN7FIXTURE #~ high metadata.labels.key: The label contains a secret (AWS access key id)
  annotations:
    url: https://app:s3cr3t@host #~ high metadata.annotations.url: The annotation contains a secret (password in a URL)
    config: |
      user: app
      url: https://app:s3cr3t@host #~ high metadata.annotations.config
    password: s3cr3t
    checksum/secret: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
",
        ),
        fixture(
            "apiVersion: batch/v1
kind: CronJob
metadata:
  name: app
spec:
  jobTemplate:
    metadata:
      annotations:
        url: https://app:s3cr3t@host #~ high spec.jobTemplate.metadata.annotations.url
    spec:
      template:
        metadata:
          annotations:
            url: https://app:s3cr3t@host #~ high spec.jobTemplate.spec.template.metadata.annotations.url
",
        ),
    ],
};

/// Where objects keep the metadata of the objects that are made from them.
const TEMPLATES: &[&[&str]] = &[
    &["spec", "template", "metadata"],
    &["spec", "jobTemplate", "metadata"],
    &["spec", "jobTemplate", "spec", "template", "metadata"],
    &["template", "metadata"],
];

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    let of_templates = TEMPLATES.iter().filter_map(|path| object.value.at(path));
    for metadata in object.metadata.into_iter().chain(of_templates) {
        let entries = |field| metadata.get(field).into_iter().flat_map(Value::entries);
        entries("labels").for_each(|(_, value)| check_text("label", value, findings));
        for (key, value) in entries("annotations") {
            if object.is("", "Secret") && key.is_key(mask::LAST_APPLIED) && holds_data(&value.text()) {
                let message =
                    "The annotation holds the data of the Secret: metadata is not encrypted and shown everywhere";
                findings.report(Finding::at(value).message(message).secret());
            } else {
                check_text("annotation", value, findings);
            }
        }
    }
}

/// Whether a text is one short word: no token is so short, and what is said in less has a sign in it
/// (`://`, `password=…`, `Basic …`). Most labels and annotations are such words.
fn is_harmless_word(text: &[u8]) -> bool {
    /// The length of the shortest token, an AWS access key id.
    const SHORTEST: usize = 20;
    text.len() < SHORTEST && !text.iter().any(|byte| matches!(byte, b'=' | b' ' | b':' | b'\n' | b'\t'))
}

fn check_text(what: &str, value: Value<'_>, findings: &mut Findings<'_>) {
    let text = value.text();
    if is_harmless_word(text.as_bytes()) {
        return;
    }
    for hit in detector::find(&text) {
        let locator = Locator::new(value, &text);
        let span = locator.first_line(hit.start..hit.end);
        let message =
            format!("The {what} contains a secret ({}): metadata is not encrypted and shown everywhere", hit.name);
        findings.report(Finding::at_part(value, span).message(message).secret());
    }
}

/// Whether an object in JSON has a member `data` or `stringData` that is an object and not empty.
fn holds_data(json: &str) -> bool {
    ["\"data\"", "\"stringData\""].iter().any(|key| {
        json.match_indices(key).any(|(at, _)| {
            let after = json[at + key.len()..].trim_start().strip_prefix(':').map(str::trim_start);
            let inner = after.and_then(|after| after.strip_prefix('{')).map(str::trim_start);
            inner.is_some_and(|inner| !inner.starts_with('}'))
        })
    })
}
