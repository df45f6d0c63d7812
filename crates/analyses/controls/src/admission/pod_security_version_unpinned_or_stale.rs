//! `pod-security-version-unpinned-or-stale`

use super::enforcement::label;
use crate::pod_security::{NEWEST, Version};
use model::control::{Check, Control, fixture, fixture_with, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "pod-security-version-unpinned-or-stale",
    title: "Pod Security level is pinned to an old version",
    severity: Severity::Low,
    severity_reason: "newer checks are not applied",
    rationale: "Every version of Kubernetes adds checks for what attackers found since. A namespace that is held at an old one takes pods that today's level refuses.",
    remediation: "Set `enforce-version` to `latest`, or to the minor version of the cluster, and raise it with each upgrade.",
    verify: "kubectl get namespaces -L pod-security.kubernetes.io/enforce-version",
    aliases: &[],
    mappings: &[maps("owasp-k8s-top10", "K04"), maps("nist-800-53", "CM-6")],
    references: &["https://kubernetes.io/docs/concepts/security/pod-security-admission/#pod-security-admission-labels-for-namespaces"],
    umbrella: false,
    fix: FixClass::Safe,
    parameters: &[MAX_SKEW, SERVER],
    check: Check::Object(check),
    fixtures: &[fixture(
"apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce-version: v1.24 #~ low metadata.labels[\"pod-security.kubernetes.io/enforce-version\"]: Pods are held to the checks of `v1.24`
"),
fixture(
"apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce-version: latest
"),
fixture(
"apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce-version: \"1.30\" #~ Version `1.30` does not exist
---
apiVersion: v1
kind: Namespace
metadata: {name: unset}
"),
fixture_with(&[("server_minor", "30"), ("max_skew", "2")],
"apiVersion: v1
kind: Namespace
metadata: {name: a, labels: {pod-security.kubernetes.io/enforce-version: v1.28}}
---
apiVersion: v1
kind: Namespace
metadata:
  name: b
  labels:
    pod-security.kubernetes.io/enforce-version: v1.27 #~ `v1.27`, the server may be 1.30
"),],
};

const MAX_SKEW: Parameter =
    parameter("max_skew", Default::Number(Some(3)), "minor versions that a namespace may be behind the server");

const SERVER: Parameter = parameter(
    "server_minor",
    Default::Number(None),
    "the minor version of the server, such as 34; not set: the newest that is known",
);

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    if !object.is("", "Namespace") {
        return findings.not_applicable();
    }
    let Some(version) = label(object, "pod-security.kubernetes.io/enforce-version") else { return };
    let Ok(parsed) = version.text().parse::<Version>() else {
        let message = "Version `{value}` does not exist: pods are held to the latest, and who wrote it meant another";
        return findings.report(Finding::at(version).message(message).replace("latest"));
    };
    let server = findings.number(&SERVER).or(NEWEST.number()).unwrap_or(i64::MAX);
    let skew = findings.number(&MAX_SKEW).unwrap_or(0);
    if parsed.number().is_some_and(|minor| minor < server.saturating_sub(skew)) {
        let message = format!(
            "Pods are held to the checks of `{{value}}`, the server may be 1.{server}: newer ones are not made"
        );
        findings.report(Finding::at(version).message(message).replace("latest"));
    }
}
