//! `ingress-class-not-allowed`

use super::ingresses;
use model::control::{Check, Control, alias, fixture, fixture_with};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::parameter::{Default, Parameter, required};
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "ingress-class-not-allowed",
    title: "Ingress uses a class that is not allowed",
    severity: Severity::Low,
    severity_reason: "wrong exposure",
    rationale: "The class decides which controller publishes the Ingress, and with it who can reach it: one class may be for the office, another for the Internet. An Ingress of the wrong one is open to the wrong people.",
    remediation: "Set `ingressClassName` to a class of the list.",
    verify: "kubectl get ingress -A -o custom-columns=NAMESPACE:.metadata.namespace,NAME:.metadata.name,CLASS:.spec.ingressClassName",
    aliases: &[alias("kyverno", "restrict-ingress-classes")],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/services-networking/ingress/#ingress-class"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[ALLOWED],
    check: Check::Object(check),
    fixtures: &[
        fixture_with(
            &[("allowed", "internal")],
            "apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
spec:
  ingressClassName: public #~ low spec.ingressClassName: The Ingress is of class `public`
",
        ),
        fixture_with(
            &[("allowed", "internal")],
            "apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
spec:
  ingressClassName: internal
",
        ),
        fixture_with(
            &[("allowed", "internal")],
            "apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  annotations:
    kubernetes.io/ingress.class: nginx #~ metadata.annotations[\"kubernetes.io/ingress.class\"]
---
apiVersion: extensions/v1beta1
kind: Ingress
metadata:
  name: web
spec: #~ names no class
  rules: []
",
        ),
        fixture(
            "apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
spec:
  ingressClassName: public
",
        ),
    ],
};

const ALLOWED: Parameter = required("allowed", Default::List(&[]), "classes that an Ingress may have");

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    if !ingresses::is_ingress(object) {
        return findings.not_applicable();
    }
    let allowed = findings.list(&ALLOWED);
    let field = object.value.at(&["spec", "ingressClassName"]);
    let Some(class) = object.annotation(ingresses::CLASS).or(field) else {
        let message = "The Ingress names no class: the default of the cluster decides who publishes it";
        return findings.report(Finding::missing(object.value, "spec.ingressClassName").message(message));
    };
    if !allowed.contains(&class.text()) {
        let message = "The Ingress is of class `{value}`, which is not allowed: its controller decides who reaches it";
        findings.report(Finding::at(class).message(message));
    }
}
