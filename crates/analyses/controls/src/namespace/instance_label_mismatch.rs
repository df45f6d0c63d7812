//! `instance-label-mismatch`

use super::namespaces;
use model::control::{Check, Control, alias, fixture};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::parameter::ENABLED;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "instance-label-mismatch",
    title: "app.kubernetes.io/instance differs from the name",
    severity: Severity::Info,
    severity_reason: "convention",
    rationale: "Tools that group objects by the label `app.kubernetes.io/instance` put this one with another instance: what is stopped, scaled or deleted with it is another than people think.",
    remediation: "Write the name of the object into the label, or leave the label out.",
    verify: "kubectl get deploy,sts,ds -A -o json | jq -r '.items[] | select(.metadata.labels[\"app.kubernetes.io/instance\"] // .metadata.name | . != $n) | .metadata.name'",
    aliases: &[alias("polaris", "metadataAndInstanceMismatched")],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[ENABLED],
    check: Check::Object(check),
    fixtures: &[fixture("apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels:
    app.kubernetes.io/instance: api #~ info metadata.labels[\"app.kubernetes.io/instance\"]: The label says that the instance is `api`
"), fixture("apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels:
    app.kubernetes.io/instance: web
"), fixture("apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
")],
};

/// The label that names the instance.
const INSTANCE: &str = "app.kubernetes.io/instance";

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    if !namespaces::holds_a_pod(object) {
        return findings.not_applicable();
    }
    let Some((_, instance)) = object.labels().find(|(key, _)| key.is_key(INSTANCE)) else { return };
    let name = object.name();
    if instance.text() != name {
        let message = "The label says that the instance is `{value}`, and the object has another name";
        findings.report(Finding::at(instance).message(message));
    }
}
