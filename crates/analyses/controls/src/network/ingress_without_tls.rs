//! `ingress-without-tls`

use super::ingresses;
use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::inventory::{GatewayFact, Inventory, ListenerFact, ParentFact, RouteFact, RoutesFrom};
use model::object::Object;
use model::severity::Severity;
use model::symbols::Symbol;
use std::collections::BTreeMap;

/// The control.
pub static CONTROL: Control = Control {
    id: "ingress-without-tls",
    title: "Ingress or route accepts plain HTTP",
    severity: Severity::Medium,
    severity_reason: "credentials in clear text",
    rationale: "What is sent over plain HTTP can be read and changed by everybody on the way: passwords, session cookies, the page itself.",
    remediation: "List the host under `tls` with the Secret of its certificate, and let plain HTTP only lead to HTTPS.",
    verify: "kubectl get ingress -A -o json | jq -r '.items[] | select((.spec.tls // []) == []) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("kubescape", "C-0263"), alias("kubescape", "C-0245"), alias("polaris", "tlsSettingsMissing"), alias("gatekeeper", "K8sHttpsOnly"), alias("kyverno", "require-ingress-https"), alias("kyverno", "ingress-host-match-tls"), alias("kyverno", "check-routes"), alias("kubewarden", "ingress-policy")],
    mappings: &[maps("owasp-k8s-top10", "K06"), maps("nist-800-53", "SC-8"), maps("nsa-cisa", "network-separation"), maps("cis-aks", "5.4.5")],
    references: &["https://kubernetes.io/docs/concepts/services-networking/ingress/#tls"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[],
    check: Check::ObjectAndInventory(check_object, check_gateways),
    fixtures: &[fixture(
"apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
spec: #~ medium spec.tls: The Ingress has no `tls`
  rules:
    - host: shop.example.com
"),
fixture(
"apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
spec:
  tls:
    - hosts: [shop.example.com]
      secretName: shop-tls
  rules:
    - host: shop.example.com
"),
fixture(
"apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: a}
spec:
  tls:
    - hosts: [\"*.example.com\", Other.example.org]
      secretName: t
  rules:
    - host: shop.example.com
    - host: \"*.example.com\"
    - host: a.b.example.com #~ medium spec.rules[2].host: No `tls` is for `a.b.example.com`
    - host: example.com #~ spec.rules[3].host
    - host: other.example.org
    - http: {paths: []} #~ medium spec.rules[5].host: No `tls` is for every host
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: b}
spec:
  tls:
    - secretName: t
  rules:
    - host: shop.example.com #~ low spec.rules[0].host: No `tls` names the host
"),
fixture(
"apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: a
  annotations:
    nginx.ingress.kubernetes.io/ssl-redirect: \"false\" #~ metadata.annotations[\"nginx.ingress.kubernetes.io/ssl-redirect\"]: Clients are not sent
spec:
  tls: [{hosts: [shop.example.com], secretName: t}]
  rules: [{host: shop.example.com}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: b
  annotations:
    alb.ingress.kubernetes.io/certificate-arn: arn:aws:acm:eu-central-1:1:certificate/c
spec:
  rules: [{host: shop.example.com}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: c
  annotations: #~ The load balancer takes plain HTTP too
    kubernetes.io/ingress.class: gce
spec:
  tls: [{hosts: [shop.example.com], secretName: t}]
  rules: [{host: shop.example.com}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: d
  annotations:
    kubernetes.io/ingress.class: gce
    kubernetes.io/ingress.allow-http: \"false\"
spec:
  tls: [{hosts: [shop.example.com], secretName: t}]
  rules: [{host: shop.example.com}]
"),
fixture(
"apiVersion: route.openshift.io/v1
kind: Route
metadata: {name: a}
spec: #~ medium spec.tls: The Route has no `tls`
  host: shop.example.com
---
apiVersion: route.openshift.io/v1
kind: Route
metadata: {name: b}
spec:
  tls:
    termination: edge
    insecureEdgeTerminationPolicy: Allow #~ spec.tls.insecureEdgeTerminationPolicy
---
apiVersion: route.openshift.io/v1
kind: Route
metadata: {name: c}
spec:
  tls:
    termination: edge
    insecureEdgeTerminationPolicy: Redirect
"),
fixture(
"apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: infra}
spec:
  listeners:
    - name: http
      port: 80
      protocol: HTTP #~ medium spec.listeners[0].protocol: The listener takes plain HTTP for route `web`
      allowedRoutes: {namespaces: {from: All}}
    - name: redirect
      port: 81
      protocol: HTTP
      allowedRoutes: {namespaces: {from: All}}
    - name: nobody
      port: 82
      protocol: HTTP #? info spec.listeners[2].protocol: The listener takes plain HTTP, and no route
    - name: https
      port: 443
      protocol: HTTPS
      allowedRoutes: {namespaces: {from: All}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
    - {name: edge, namespace: infra, sectionName: http}
    - {name: edge, namespace: infra, sectionName: nobody}
    - {name: edge, namespace: infra, sectionName: https}
  rules: [{backendRefs: [{name: web, port: 80}]}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: redirect, namespace: shop}
spec:
  parentRefs: [{name: edge, namespace: infra, sectionName: redirect}]
  rules: [{filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]}]
"),],
};

/// Annotations that turn off sending clients from HTTP to HTTPS.
const REDIRECTS: &[&str] = &[
    "nginx.ingress.kubernetes.io/ssl-redirect",
    "ingress.kubernetes.io/ssl-redirect",
    "haproxy-ingress.github.io/ssl-redirect",
    "haproxy.org/ssl-redirect",
];

/// Annotations that name a certificate for all hosts of the Ingress, for controllers that do not read `tls`.
const CERTIFICATES: &[&str] = &[
    "alb.ingress.kubernetes.io/certificate-arn",
    "networking.gke.io/managed-certificates",
    "ingress.gcp.kubernetes.io/pre-shared-cert",
    "appgw.ingress.kubernetes.io/appgw-ssl-certificate",
];

fn check_object(object: &Object<'_>, findings: &mut Findings<'_>) {
    if ingresses::is_ingress(object) {
        check_ingress(object, findings);
    } else if object.kind == "Route" && matches!(object.group(), "route.openshift.io" | "") {
        check_openshift_route(object, findings);
    } else {
        findings.not_applicable();
    }
}

fn check_ingress(object: &Object<'_>, findings: &mut Findings<'_>) {
    let has_certificate =
        CERTIFICATES.iter().any(|name| object.annotation(name).is_some_and(|value| !value.text().is_empty()));
    if !has_certificate {
        check_tls(object, findings);
    }
    for value in REDIRECTS.iter().filter_map(|name| object.annotation(name)).filter(|value| value.text() == "false") {
        let message = "Clients are not sent from HTTP to HTTPS: who starts with HTTP stays there";
        findings.report(Finding::at(value).message(message).replace("\"true\""));
    }
    let class = object.annotation(ingresses::CLASS).or_else(|| object.value.at(&["spec", "ingressClassName"]));
    let is_google = class.is_some_and(|class| matches!(&*class.text(), "gce" | "gce-internal"));
    // A FrontendConfig sends clients to HTTPS.
    let redirects = object.annotation("networking.gke.io/v1beta1.FrontendConfig").is_some();
    let allow = object.annotation("kubernetes.io/ingress.allow-http");
    if is_google && !redirects && allow.is_none_or(|allow| allow.text() != "false") {
        let message = "The load balancer takes plain HTTP too: `kubernetes.io/ingress.allow-http` is not `false`";
        let finding = allow.map_or_else(|| Finding::missing(object.value, "metadata.annotations"), Finding::at);
        findings.report(finding.message(message));
    }
}

fn check_tls(object: &Object<'_>, findings: &mut Findings<'_>) {
    let items = |key| object.value.at(&["spec", key]).into_iter().flat_map(Value::items);
    if items("tls").next().is_none() {
        let message = "The Ingress has no `tls`: what is sent to its hosts can be read on the way";
        return findings.report(Finding::missing(object.value, "spec.tls").message(message));
    }
    let hosts_of = |entry: Value<'_>| entry.get("hosts").is_some_and(|hosts| hosts.items().next().is_some());
    let has_default = items("tls").any(|entry| !hosts_of(entry));
    let covered: Vec<String> = items("tls")
        .filter_map(|entry| entry.get("hosts"))
        .flat_map(Value::items)
        .map(|host| host.text().to_ascii_lowercase())
        .collect();
    for rule in items("rules") {
        let host = rule.get("host").filter(|host| !host.text().is_empty());
        let name = host.map(|host| host.text().to_ascii_lowercase()).unwrap_or_default();
        if host.is_some() && is_covered(&name, &covered) {
            continue;
        }
        let finding = host.map_or_else(|| Finding::missing(rule, "host"), Finding::at);
        findings.report(match (has_default, host) {
            (true, _) => finding
                .severity(Severity::Low)
                .message("No `tls` names the host: it has whatever certificate the controller has by default"),
            (false, Some(_)) => finding.message("No `tls` is for `{value}`: what is sent there can be read on the way"),
            (false, None) => {
                finding.message("No `tls` is for every host: what is sent to others can be read on the way")
            }
        });
    }
}

/// A wildcard is for one label.
fn is_covered(host: &str, covered: &[String]) -> bool {
    let wildcard = host.split_once('.').map(|(_, rest)| format!("*.{rest}"));
    covered.iter().any(|known| known == host || Some(known) == wildcard.as_ref())
}

fn check_openshift_route(object: &Object<'_>, findings: &mut Findings<'_>) {
    let Some(tls) = object.value.at(&["spec", "tls"]) else {
        let message = "The Route has no `tls`: what is sent to it can be read on the way";
        return findings.report(Finding::missing(object.value, "spec.tls").message(message));
    };
    let policy = tls.get("insecureEdgeTerminationPolicy").filter(|policy| policy.text() == "Allow");
    if let Some(policy) = policy {
        let message = "The Route takes plain HTTP too: who starts with it stays there";
        findings.report(Finding::at(policy).message(message).replace("Redirect"));
    }
}

/// What the routes of a Gateway do.
#[derive(Clone, Copy, Default)]
struct Attached {
    serves: Option<Symbol>,
    redirects: bool,
}

/// A route that asks to be attached to a Gateway.
struct Wish<'i> {
    route: &'i RouteFact,
    parent: &'i ParentFact,
}

/// The API takes no more of them.
const MOST_LISTENERS: usize = 64;

fn check_gateways(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let facts = &inventory.facts.network;
    if facts.gateways.is_empty() {
        return;
    }
    let mut routes: BTreeMap<(Symbol, Symbol), Vec<Wish<'_>>> = BTreeMap::new();
    for route in &facts.routes {
        for parent in &route.parents {
            let namespace =
                if parent.namespace.is_empty() { inventory.namespace(route.resource) } else { parent.namespace };
            routes.entry((namespace, parent.name)).or_default().push(Wish { route, parent });
        }
    }
    let http = inventory.symbols.intern("HTTP");
    for gateway in &facts.gateways {
        findings.looked_at(gateway.resource);
        let resource = inventory.resource(gateway.resource);
        let routes = routes.get(&(resource.namespace, resource.name)).map_or(&[][..], Vec::as_slice);
        for listener in gateway.listeners.iter().take(MOST_LISTENERS).filter(|listener| listener.protocol == http) {
            let finding = Finding::at_place(listener.protocol_place);
            let finding = match attached(inventory, gateway, listener, routes) {
                Attached { serves: Some(route), .. } => finding
                    .value(inventory.symbols.text(route))
                    .message("The listener takes plain HTTP for route `{value}`: what is sent to it can be read on the way"),
                Attached { redirects, .. } if redirects || inventory.complete => continue,
                Attached { .. } => finding
                    .severity(Severity::Info)
                    .message("The listener takes plain HTTP, and no route of the input is for it: what it serves is not known")
                    .skip(),
            };
            findings.report(gateway.resource, finding);
        }
    }
}

fn attached(inventory: &Inventory, gateway: &GatewayFact, listener: &ListenerFact, routes: &[Wish<'_>]) -> Attached {
    let mut attached = Attached::default();
    for Wish { route, parent } in routes {
        let is_meant = (parent.section.is_empty() || parent.section == listener.name)
            && parent.port.is_none_or(|port| listener.port == Some(port));
        let namespace = inventory.namespace(route.resource);
        let is_taken = match &listener.routes_from {
            RoutesFrom::All => true,
            RoutesFrom::None => false,
            RoutesFrom::Same => namespace == inventory.namespace(gateway.resource),
            RoutesFrom::Selected(selector) => {
                // What labels a namespace has that is not in the input is not known: its routes may be taken.
                inventory.namespace_named(namespace).is_none_or(|namespace| selector.matches(&namespace.labels))
            }
        };
        if !is_meant || !is_taken {
            continue;
        }
        if !route.rules.is_empty() && route.rules.iter().all(|rule| rule.redirects) {
            attached.redirects = true;
        } else {
            attached.serves = attached.serves.or(Some(inventory.resource(route.resource).name));
        }
    }
    attached
}
