//! `gateway-open-to-all-namespaces`

use model::control::{Check, Control, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "gateway-open-to-all-namespaces",
    title: "Gateway listener accepts routes of every namespace",
    severity: Severity::Medium,
    severity_reason: "any tenant can publish hosts on it",
    rationale: "Whoever may create a route in any namespace publishes hosts on this listener: a tenant takes a name of another, or one that nobody has claimed yet, with the certificate of the gateway. A grant of all Secrets hands out every key of its namespace.",
    remediation: "Let `allowedRoutes.namespaces` select namespaces, and give the listener a hostname. In a ReferenceGrant name the Secret.",
    verify: "kubectl get gateways -A -o json | jq -r '.items[] | . as $g | .spec.listeners[] | select(.allowedRoutes.namespaces.from == \"All\") | \"\\($g.metadata.namespace)/\\($g.metadata.name) \\(.name)\"'",
    aliases: &[],
    mappings: &[maps("owasp-k8s-top10", "K05"), maps("owasp-k8s-top10", "K06"), maps("nist-800-53", "AC-4")],
    references: &["https://gateway-api.sigs.k8s.io/guides/multiple-ns/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[],
    check: Check::Object(check),
    fixtures: &[fixture(
"apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata:
  name: edge
spec:
  listeners:
    - name: https
      port: 443
      protocol: HTTPS
      allowedRoutes:
        namespaces:
          from: All #~ medium spec.listeners[0].allowedRoutes.namespaces.from: The listener takes routes of every namespace
"),
fixture(
"apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata:
  name: edge
spec:
  listeners:
    - name: https
      hostname: shop.example.com
      port: 443
      protocol: HTTPS
      allowedRoutes:
        namespaces:
          from: Selector
          selector: {matchLabels: {publishes: \"yes\"}}
"),
fixture(
"apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata:
  name: edge
spec:
  listeners:
    - name: wildcard
      hostname: \"*.example.com\"
      allowedRoutes: {namespaces: {from: All}} #~ medium spec.listeners[0]
    - name: host
      hostname: shop.example.com
      allowedRoutes: {namespaces: {from: All}}
    - name: same
      allowedRoutes: {namespaces: {from: Same}}
    - name: default
"),
fixture(
"apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata:
  name: certificates
spec:
  from:
    - {group: gateway.networking.k8s.io, kind: Gateway, namespace: edge}
    - {group: gateway.networking.k8s.io, kind: Gateway, namespace: \"*\"} #~ spec.from[1].namespace: The grant is for objects of any namespace
  to:
    - {group: \"\", kind: Secret} #~ medium spec.to[0].kind: The grant is for every Secret
    - {group: \"\", kind: Secret, name: shop-tls}
    - {group: \"\", kind: Service}
"),],
};

const GROUP: &str = "gateway.networking.k8s.io";

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    if object.is(GROUP, "Gateway") {
        check_gateway(object, findings);
    } else if object.is(GROUP, "ReferenceGrant") {
        check_grant(object, findings);
    } else {
        findings.not_applicable();
    }
}

fn check_gateway(object: &Object<'_>, findings: &mut Findings<'_>) {
    for listener in object.value.at(&["spec", "listeners"]).into_iter().flat_map(Value::items) {
        let Some(from) = listener.at(&["allowedRoutes", "namespaces", "from"]).filter(|from| from.text() == "All")
        else {
            continue;
        };
        let host = listener.get("hostname").map(Value::text).unwrap_or_default();
        if host.is_empty() || host.starts_with('*') {
            let message =
                "The listener takes routes of every namespace, for any host: each tenant may publish what it likes";
            findings.report(Finding::at(from).message(message));
        }
    }
}

fn check_grant(object: &Object<'_>, findings: &mut Findings<'_>) {
    let items = |key| object.value.at(&["spec", key]).into_iter().flat_map(Value::items);
    for target in items("to") {
        let Some(kind) = target.get("kind").filter(|kind| kind.text() == "Secret") else { continue };
        let is_core = target.get("group").is_none_or(|group| group.text().is_empty());
        if is_core && target.get("name").is_none_or(|name| name.text().is_empty()) {
            findings.report(
                Finding::at(kind).message("The grant is for every Secret of the namespace, not for one by name"),
            );
        }
    }
    for from in items("from") {
        let namespace = from.get("namespace");
        if namespace.is_none_or(|namespace| matches!(&*namespace.text(), "" | "*")) {
            let finding = namespace.map_or_else(|| Finding::missing(from, "namespace"), Finding::at);
            findings.report(finding.message("The grant is for objects of any namespace: each tenant may use it"));
        }
    }
}
