//! `ingress-wildcard-host`

use super::ingresses;
use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::inventory::{GatewayFact, Inventory, ListenerFact, ParentFact};
use model::object::Object;
use model::severity::Severity;
use model::symbols::Symbol;
use std::collections::BTreeMap;

/// The control.
pub static CONTROL: Control = Control {
    id: "ingress-wildcard-host",
    title: "Ingress or route matches every host",
    severity: Severity::Low,
    severity_reason: "catches traffic of other teams",
    rationale: "A rule for every host gets what no other rule takes: requests for names that another team has not published yet, or has just deleted, with the cookies of their users.",
    remediation: "Name the host. Leave the catch-all to the default backend of the controller.",
    verify: "kubectl get ingress -A -o json | jq -r '.items[] | select(any(.spec.rules[]?; (.host // \"*\") | test(\"\\\\*\"))) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("gatekeeper", "K8sBlockWildcardIngress"),
        alias("kyverno", "restrict-ingress-wildcard"),
        alias("kyverno", "disallow-empty-ingress-host"),
        alias("kyverno", "restrict-ingress-defaultbackend"),
        alias("kyverno", "restrict-virtual-service-wildcard"),
        alias("datree", "INGRESS_INCORRECT_HOST_VALUE_PERMISSIVE"),
        alias("kubewarden", "IstioGatewayHosts"),
    ],
    mappings: &[maps("owasp-k8s-top10", "K06")],
    references: &["https://kubernetes.io/docs/concepts/services-networking/ingress/#hostname-wildcards"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[],
    check: Check::ObjectAndInventory(check_object, check_routes),
    fixtures: &[
        fixture(
            "apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
spec:
  rules:
    - host: \"*.example.com\" #~ low spec.rules[0].host: The host is `*.example.com`
",
        ),
        fixture(
            "apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
spec:
  rules:
    - host: \"shop.example.com\"
",
        ),
        fixture(
            "apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: a}
spec:
  rules:
    - http: {paths: []} #~ low spec.rules[0].host: The rule names no host
    - host: \"\" #~ spec.rules[1].host
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: b}
spec:
  defaultBackend: {service: {name: web}} #~ spec.defaultBackend: The Ingress has a default backend and no rules
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: c}
spec:
  defaultBackend: {service: {name: web}}
  rules: [{host: shop.example.com}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: d}
spec:
  hosts: [shop.example.com, \"*\"] #~ spec.hosts[1]
",
        ),
        fixture(
            "apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: infra}
spec:
  listeners:
    - name: all #~ spec.listeners[0].hostname: The listener names no host
      port: 443
      allowedRoutes: {namespaces: {from: All}}
    - name: shop
      port: 8443
      hostname: shop.example.com
      allowedRoutes: {namespaces: {from: All}}
    - name: same
      port: 9443
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: a, namespace: infra}
spec: #~ spec.hostnames: The route names no host, nor does its listener of Gateway `edge`
  parentRefs: [{name: edge}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: b, namespace: shop}
spec:
  parentRefs: [{name: edge, namespace: infra, sectionName: shop}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: c, namespace: shop}
spec:
  parentRefs: [{name: edge, namespace: infra}]
  hostnames: [\"*.example.com\"] #~ spec.hostnames[0]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: d, namespace: shop}
spec: #? Gateway `unknown` is not in the input
  parentRefs: [{name: unknown}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: e, namespace: infra}
spec:
  parentRefs: [{name: edge, port: 8443}, {name: service, kind: Service, group: ''}]
",
        ),
    ],
};

const GATEWAY: &str = "gateway.networking.k8s.io";

fn check_object(object: &Object<'_>, findings: &mut Findings<'_>) {
    match (object.group(), &*object.kind) {
        (GATEWAY, "HTTPRoute") => check_hosts(object, "hostnames", findings),
        ("networking.istio.io", "VirtualService") => check_hosts(object, "hosts", findings),
        (GATEWAY, "Gateway") => check_gateway(object, findings),
        _ if ingresses::is_ingress(object) => check_ingress(object, findings),
        _ => findings.not_applicable(),
    }
}

fn check_ingress(object: &Object<'_>, findings: &mut Findings<'_>) {
    let spec = |key| object.value.at(&["spec", key]);
    let mut rules = spec("rules").into_iter().flat_map(Value::items).peekable();
    if let Some(backend) = spec("defaultBackend").or_else(|| spec("backend")).filter(|_| rules.peek().is_none()) {
        let message = "The Ingress has a default backend and no rules: it takes requests for every host";
        findings.report(Finding::at_key_of(backend).message(message));
    }
    for rule in rules {
        let Some(host) = rule.get("host").filter(|host| !host.text().is_empty()) else {
            let message = "The rule names no host: it takes requests for every one";
            findings.report(Finding::missing(rule, "host").message(message));
            continue;
        };
        check_host(host, findings);
    }
}

fn check_hosts(object: &Object<'_>, key: &str, findings: &mut Findings<'_>) {
    let hosts = object.value.at(&["spec", key]).into_iter().flat_map(Value::items);
    hosts.for_each(|host| check_host(host, findings));
}

fn check_host(host: Value<'_>, findings: &mut Findings<'_>) {
    if host.text().contains('*') {
        let message = "The host is `{value}`: requests for names of other teams come here too";
        findings.report(Finding::at(host).message(message));
    }
}

fn check_gateway(object: &Object<'_>, findings: &mut Findings<'_>) {
    for listener in object.value.at(&["spec", "listeners"]).into_iter().flat_map(Value::items) {
        let from_all = listener.at(&["allowedRoutes", "namespaces", "from"]).is_some_and(|from| from.text() == "All");
        if from_all && listener.get("hostname").is_none_or(|host| host.text().is_empty()) {
            let message = "The listener names no host and takes routes of every namespace: each may claim every name";
            findings.report(Finding::missing(listener, "hostname").message(message));
        }
    }
}

/// A route without hosts has those of its listeners.
fn check_routes(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let facts = &inventory.facts.network;
    let name =
        |gateway: &GatewayFact| (inventory.namespace(gateway.resource), inventory.resource(gateway.resource).name);
    let gateways: BTreeMap<(Symbol, Symbol), &GatewayFact> =
        facts.gateways.iter().map(|gateway| (name(gateway), gateway)).collect();
    let kind = inventory.symbols.intern("HTTPRoute");
    for route in
        facts.routes.iter().filter(|route| route.hosts.is_empty() && inventory.resource(route.resource).kind == kind)
    {
        findings.looked_at(route.resource);
        let own = inventory.namespace(route.resource);
        for parent in route.parents.iter().take(MOST_PARENTS) {
            let namespace = if parent.namespace.is_empty() { own } else { parent.namespace };
            let finding = Finding::at_place(route.hosts_place).value(inventory.symbols.text(parent.name));
            let finding = match gateways.get(&(namespace, parent.name)) {
                Some(gateway) if takes_every_host(inventory, gateway, parent) => {
                    finding.message("The route names no host, nor does its listener of Gateway `{value}`: it takes requests for every one")
                }
                None if !inventory.complete => finding
                    .severity(Severity::Info)
                    .message("The route names no host, and Gateway `{value}` is not in the input: which hosts it is for is not known")
                    .skip(),
                _ => continue,
            };
            findings.report(route.resource, finding);
        }
    }
}

/// The API takes no more of them.
const MOST_PARENTS: usize = 32;
const MOST_LISTENERS: usize = 64;

fn takes_every_host(inventory: &Inventory, gateway: &GatewayFact, parent: &ParentFact) -> bool {
    let is_meant = |listener: &&ListenerFact| {
        (parent.section.is_empty() || parent.section == listener.name)
            && parent.port.is_none_or(|port| listener.port == Some(port))
    };
    gateway
        .listeners
        .iter()
        .take(MOST_LISTENERS)
        .filter(is_meant)
        .any(|listener| listener.hostname.is_empty() || inventory.symbols.text(listener.hostname).starts_with('*'))
}
