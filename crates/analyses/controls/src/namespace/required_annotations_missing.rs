//! `required-annotations-missing`

use super::super::patterns::{self, Wanted};
use model::control::{Check, Control, alias, fixture_with};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::parameter::{Default, Parameter, required};
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "required-annotations-missing",
    title: "Required annotations are missing or forbidden ones present",
    severity: Severity::Info,
    severity_reason: "contact unknown",
    rationale: "An annotation that the organisation asks for says whom to call, or what a controller is to do. One that it forbids switches something off that others rely on.",
    remediation: "Add the annotations that are asked for, and take out those that are forbidden.",
    verify: "kubectl get deploy,sts,ds,ns -A -o json | jq -r '.items[] | \"\\(.kind)/\\(.metadata.name) \\(.metadata.annotations // {} | keys)\"'",
    aliases: &[alias("kube-linter", "required-annotation-email"), alias("gatekeeper", "K8sRequiredAnnotations"), alias("kyverno", "require-annotations"), alias("kyverno", "allowed-annotations"), alias("kubewarden", "annotations-policy"), alias("kubewarden", "safe-annotations-policy")],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[REQUIRED, FORBIDDEN],
    check: Check::Object(check),
    fixtures: &[fixture_with(&[("required", "owner=.+@example\\.com")], "apiVersion: v1
kind: ConfigMap
metadata:
  name: app
  annotations:
    owner: nobody #~ info metadata.annotations.owner: The annotation `owner` is not what is asked for
"), fixture_with(&[("required", "owner=.+@example\\.com")], "apiVersion: v1
kind: ConfigMap
metadata:
  name: app
  annotations:
    owner: shop@example.com
"), fixture_with(&[("required", "owner")], "apiVersion: v1
kind: ConfigMap
metadata: #~ info metadata.annotations: The annotation `owner` is missing
  name: app
"), fixture_with(&[("forbidden", "sidecar.istio.io/inject=false")], "apiVersion: v1
kind: ConfigMap
metadata:
  name: app
  annotations:
    sidecar.istio.io/inject: \"false\" #~ info metadata.annotations[\"sidecar.istio.io/inject\"]: The annotation `sidecar.istio.io/inject` is forbidden
"), fixture_with(&[("forbidden", "sidecar.istio.io/inject=false")], "apiVersion: v1
kind: ConfigMap
metadata:
  name: app
  annotations:
    sidecar.istio.io/inject: \"true\"
")],
};

const REQUIRED: Parameter = required(
    "required",
    Default::List(&[]),
    "annotations that must be there: `key`, or `key=regular expression` for the whole value",
);
const FORBIDDEN: Parameter = required(
    "forbidden",
    Default::List(&[]),
    "annotations that must not be there: `key`, or `key=regular expression` for the whole value",
);

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    let Some(metadata) = object.metadata else { return };
    for word in findings.list(&REQUIRED).iter() {
        match patterns::find(metadata.get("annotations"), word) {
            Wanted::Found(_) => {}
            Wanted::Differs(value) => {
                let message = format!("The annotation `{}` is not what is asked for", patterns::key(word));
                findings.report(Finding::at(value).message(message));
            }
            Wanted::Missing => {
                let message = format!("The annotation `{}` is missing", patterns::key(word));
                findings.report(Finding::missing(metadata, "annotations").message(message));
            }
        }
    }
    for word in findings.list(&FORBIDDEN).iter() {
        if let Wanted::Found(value) = patterns::find(metadata.get("annotations"), word) {
            let message = format!("The annotation `{}` is forbidden", patterns::key(word));
            findings.report(Finding::at_key_of(value).message(message).remove());
        }
    }
}
