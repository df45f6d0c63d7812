//! `pod-security-audit-warn-missing`

use super::enforcement::label;
use crate::pod_security::Level;
use model::control::{Check, Control, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "pod-security-audit-warn-missing",
    title: "Namespace has no audit or warn level",
    severity: Severity::Info,
    severity_reason: "violations are invisible before enforcing",
    rationale: "Without a stricter level to warn at or to log, nobody learns which pods stand in the way of it, and the namespace stays where it is.",
    remediation: "Add the labels `pod-security.kubernetes.io/warn: restricted` and `pod-security.kubernetes.io/audit: restricted`. They refuse nothing.",
    verify: "kubectl get namespaces -L pod-security.kubernetes.io/warn,pod-security.kubernetes.io/audit",
    aliases: &[],
    mappings: &[maps("owasp-k8s-top10", "K04"), maps("owasp-k8s-top10", "K10")],
    references: &[
        "https://kubernetes.io/docs/concepts/security/pod-security-admission/#pod-security-admission-labels-for-namespaces",
    ],
    umbrella: false,
    fix: FixClass::Safe,
    parameters: &[],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: #~ info metadata.labels: Neither `warn` nor `audit`
    pod-security.kubernetes.io/enforce: baseline
",
        ),
        fixture(
            "apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: baseline
    pod-security.kubernetes.io/warn: restricted
",
        ),
        fixture(
            "apiVersion: v1
kind: Namespace
metadata: #~ info metadata.labels
  name: bare
---
apiVersion: v1
kind: Namespace
metadata: {name: audit, labels: {pod-security.kubernetes.io/audit: baseline}}
---
apiVersion: v1
kind: Namespace
metadata: {name: restricted, labels: {pod-security.kubernetes.io/enforce: restricted}}
---
apiVersion: v1
kind: Namespace
metadata:
  name: same
  labels: #~ Neither
    pod-security.kubernetes.io/enforce: baseline
    pod-security.kubernetes.io/warn: baseline
---
apiVersion: v1
kind: Namespace
metadata:
  name: invalid
  labels: 
    pod-security.kubernetes.io/enforce: baseline
    pod-security.kubernetes.io/warn: restricted
    pod-security.kubernetes.io/audit: strict #~ Level `strict` does not exist
",
        ),
    ],
};

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    if !object.is("", "Namespace") {
        return findings.not_applicable();
    }
    let level = |value: Option<Value<'_>>| value.map(|value| Level::from_name(&value.text()));
    let enforce = label(object, "pod-security.kubernetes.io/enforce");
    // A level that does not exist is enforced as the strictest, and not looked at elsewhere.
    let enforced = level(enforce).map_or(Level::Privileged, |level| level.unwrap_or(Level::Restricted));
    let mut is_stricter = enforced == Level::Restricted;
    for name in ["pod-security.kubernetes.io/warn", "pod-security.kubernetes.io/audit"] {
        let Some(value) = label(object, name) else { continue };
        match Level::from_name(&value.text()) {
            Some(level) => is_stricter |= level > enforced,
            None => {
                let message = "Level `{value}` does not exist: nothing is warned of or logged";
                findings.report(Finding::at(value).message(message).replace("restricted"));
            }
        }
    }
    if !is_stricter {
        let message =
            "Neither `warn` nor `audit` is stricter than what is enforced: what stands in the way of more is not seen";
        let finding = match object.metadata.and_then(|metadata| metadata.get("labels")) {
            Some(labels) => {
                let written = |name: &str| labels.entries().any(|(key, _)| key.is_key(name));
                let missing = LABELS.lines().skip(1).filter(|line| {
                    let (name, _) = line.trim().split_once(':').unwrap_or_default();
                    !written(name)
                });
                let missing: Vec<&str> = missing.map(str::trim).collect();
                let finding = Finding::at_key_of(labels);
                if missing.is_empty() {
                    finding.class(FixClass::Manual)
                } else {
                    finding.set(labels, missing.join("\n"))
                }
            }
            None => Finding::missing(object.value, "metadata.labels").insert(LABELS),
        };
        findings.report(finding.message(message));
    }
}

const LABELS: &str =
    "labels:\n  pod-security.kubernetes.io/warn: restricted\n  pod-security.kubernetes.io/audit: restricted";
