//! `ingress-host-collision`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::{Inventory, ResourceId};
use model::place::Place;
use model::severity::Severity;
use model::symbols::Symbol;
use std::collections::BTreeMap;

/// The control.
pub static CONTROL: Control = Control {
    id: "ingress-host-collision",
    title: "Two Ingresses claim the same host and path",
    severity: Severity::Medium,
    severity_reason: "traffic hijack between namespaces",
    rationale: "Controllers give a host and path to one of those who claim it. Who claims the name of another team gets its requests, with the passwords and cookies in them, and the others see that something broke at the most.",
    remediation: "Let one object claim a host and path. Say who may claim which hosts: by a listener for each team, or at admission.",
    verify: "kubectl get ingress -A -o json | jq -r '.items[] | . as $i | .spec.rules[]? | .host as $h | .http.paths[]? | \"\\($h) \\(.path) \\($i.metadata.namespace)/\\($i.metadata.name)\"' | sort",
    aliases: &[alias("gatekeeper", "K8sUniqueIngressHost"), alias("kyverno", "unique-ingress-host"), alias("kyverno", "unique-ingress-path"), alias("kyverno", "unique-ingress-host-and-path"), alias("kyverno", "unique-routes"), alias("kyverno", "unique-external-dns"), alias("kubewarden", "unique-ingress-policy")],
    mappings: &[maps("owasp-k8s-top10", "K05")],
    references: &["https://kubernetes.io/docs/concepts/services-networking/ingress/", "https://gateway-api.sigs.k8s.io/reference/spec/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[fixture(
"apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: a}
spec:
  rules:
    - host: shop.example.com
      http:
        paths:
          - path: / #~ medium spec.rules[0].http.paths[0].path: `b/shop` of another namespace claims the same host and path
            pathType: Prefix
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: b}
spec:
  rules:
    - host: shop.example.com
      http:
        paths:
          - path: / #~ `a/shop` of another namespace
            pathType: Prefix
"),
fixture(
"apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: a}
spec:
  rules:
    - host: shop.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: b}
spec:
  rules:
    - host: other.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
"),
fixture(
"apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: one, namespace: a}
spec:
  ingressClassName: public
  rules:
    - host: Shop.example.com
      http:
        paths:
          - path: /a #~ low spec.rules[0].http.paths[0].path: `a/two` claims the same
            pathType: Prefix
          - path: /b
            pathType: Prefix
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: two, namespace: a}
spec:
  rules:
    - host: shop.example.com
      http:
        paths:
          - path: /a #~ low
            pathType: Prefix
          - path: /b
            pathType: Exact
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: two, namespace: a}
spec:
  rules:
    - host: shop.example.com
      http:
        paths:
          - path: /c
            pathType: Prefix
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: internal, namespace: c}
spec:
  ingressClassName: internal
  rules:
    - host: only.example.com
      http: {paths: [{path: /, pathType: Prefix}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: public, namespace: d}
spec:
  ingressClassName: public
  rules:
    - host: only.example.com
      http: {paths: [{path: /, pathType: Prefix}]}
"),
fixture(
"apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: all, namespace: a}
spec:
  rules:
    - host: \"*.example.com\"
      http:
        paths:
          - path: / #~ medium
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: one, namespace: b}
spec:
  rules:
    - host: one.example.com
      http:
        paths:
          - {} #~ `a/all` of another namespace
    - host: one.two.example.com
      http: {paths: [{path: /}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: unsaid}
spec:
  rules:
    - host: x.example.org
      http:
        paths:
          - path: / #~ low
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: said, namespace: a}
spec:
  rules:
    - host: x.example.org
      http:
        paths:
          - path: / #~ low spec.rules[0].http.paths[0].path: `unsaid` claims
"),
fixture(
"apiVersion: route.openshift.io/v1
kind: Route
metadata: {name: a, namespace: a}
spec:
  host: shop.example.com #~ medium spec.host
---
apiVersion: route.openshift.io/v1
kind: Route
metadata: {name: b, namespace: b}
spec:
  host: shop.example.com #~ medium spec.host
---
apiVersion: route.openshift.io/v1
kind: Route
metadata: {name: c, namespace: b}
spec: {host: shop.example.com, path: /c}
"),
fixture(
"apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: a, namespace: a}
spec:
  parentRefs: [{name: edge, namespace: infra, sectionName: https}]
  hostnames: [shop.example.com]
  rules:
    - matches:
        - path: {type: PathPrefix, value: /} #~ medium spec.rules[0].matches[0]: `b/b` of another namespace
        - path: {value: /a}
          headers: [{name: x, value: \"1\"}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: b, namespace: b}
spec:
  parentRefs: [{name: edge, namespace: infra}]
  hostnames: [shop.example.com]
  rules:
    - backendRefs: [] #~ `a/a` of another namespace
    - matches:
        - path: {value: /a}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: c, namespace: b}
spec:
  parentRefs: [{name: other, namespace: infra}]
  hostnames: [shop.example.com]
  rules: [{backendRefs: []}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: d, namespace: b}
spec:
  parentRefs: [{name: edge, namespace: infra}]
  hostnames: [\"*.example.com\"]
  rules: [{backendRefs: []}]
"),],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let claims = claims(inventory);
    let mut known = Claims::default();
    claims.iter().for_each(|claim| known.add(inventory, claim));
    for claim in &claims {
        findings.looked_at(claim.object);
        let Some((namespace, name)) = known.other(inventory, claim) else { continue };
        let own = inventory.namespace(claim.object);
        let text = |symbol| inventory.symbols.text(symbol);
        let is_elsewhere = namespace != own && !namespace.is_empty() && !own.is_empty();
        let other = if namespace.is_empty() { text(name) } else { format!("{}/{}", text(namespace), text(name)) };
        let finding = Finding::at_place(claim.place).value(other);
        findings.report(
            claim.object,
            match is_elsewhere {
                true => finding.message(
                    "`{value}` of another namespace claims the same host and path: one of the two gets the requests",
                ),
                false => finding
                    .severity(Severity::Low)
                    .message("`{value}` claims the same host and path: one of the two gets the requests"),
            },
        );
    }
}

/// Who decides between claims; those of different ones do not meet.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Arbiter {
    /// A controller of Ingresses.
    Ingress,
    /// The router of OpenShift.
    OpenShift,
    /// A Gateway, by namespace and name.
    Gateway(Symbol, Symbol),
}

/// A host and path that an object claims.
struct Claim {
    object: ResourceId,
    arbiter: Arbiter,
    host: Symbol,
    /// Path and other conditions, equal where they match the same.
    condition: Symbol,
    /// The class or the listener; empty for whichever there is.
    scope: Symbol,
    place: Place,
}

fn claims(inventory: &Inventory) -> Vec<Claim> {
    let facts = &inventory.facts.network;
    let mut claims = Vec::new();
    for ingress in &facts.ingresses {
        for rule in &ingress.rules {
            claims.extend(rule.paths.iter().map(|path| Claim {
                object: ingress.resource,
                arbiter: Arbiter::Ingress,
                host: rule.host,
                condition: condition(inventory, path.kind, path.path),
                scope: ingress.class,
                place: path.place,
            }));
        }
    }
    for route in facts.openshift_routes.iter().filter(|route| !route.host.is_empty()) {
        claims.push(Claim {
            object: route.resource,
            arbiter: Arbiter::OpenShift,
            host: route.host,
            condition: condition(inventory, Symbol::EMPTY, route.path),
            scope: Symbol::EMPTY,
            place: route.place,
        });
    }
    let kind = inventory.symbols.intern("HTTPRoute");
    for route in facts.routes.iter().filter(|route| inventory.resource(route.resource).kind == kind) {
        let own = inventory.namespace(route.resource);
        let hosts: Vec<Symbol> = match route.hosts.is_empty() {
            true => vec![Symbol::EMPTY],
            false => route.hosts.iter().map(|(host, _)| *host).take(MOST).collect(),
        };
        for parent in route.parents.iter().take(MOST) {
            let namespace = if parent.namespace.is_empty() { own } else { parent.namespace };
            for (condition, place) in route.rules.iter().flat_map(|rule| &rule.matches).take(MOST * MOST) {
                claims.extend(hosts.iter().map(|host| Claim {
                    object: route.resource,
                    arbiter: Arbiter::Gateway(namespace, parent.name),
                    host: *host,
                    condition: *condition,
                    scope: parent.section,
                    place: *place,
                }));
            }
        }
    }
    claims
}

/// The API takes no more hosts and parents of a route.
const MOST: usize = 16;

fn condition(inventory: &Inventory, kind: Symbol, path: Symbol) -> Symbol {
    let (kind, path) = (inventory.symbols.text(kind), inventory.symbols.text(path));
    inventory.symbols.intern(&format!("{kind} {}", if path.is_empty() { "/" } else { &path }))
}

/// What a claim is found by. Without a scope: whatever its scope.
type Key = (Arbiter, Symbol, Symbol, Option<Symbol>, Whose);

/// Whether a claim is filed under its own host, or under the wildcard that has it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    Own,
    Below,
}

/// Objects by namespace: two names at the most of each, which is enough to find another one.
#[derive(Default)]
struct Claims {
    by_key: BTreeMap<Key, Claimants>,
}

/// The first two namespaces, and names of objects by namespace.
#[derive(Default)]
struct Claimants {
    first: Vec<Symbol>,
    names: BTreeMap<Symbol, Vec<Symbol>>,
}

impl Claims {
    fn add(&mut self, inventory: &Inventory, claim: &Claim) {
        let resource = inventory.resource(claim.object);
        let mut file = |host, whose| {
            for scope in [None, Some(claim.scope)] {
                let key = (claim.arbiter, host, claim.condition, scope, whose);
                let claimants = self.by_key.entry(key).or_default();
                if claimants.first.len() < 2 && !claimants.first.contains(&resource.namespace) {
                    claimants.first.push(resource.namespace);
                }
                let names = claimants.names.entry(resource.namespace).or_default();
                if names.len() < 2 && !names.contains(&resource.name) {
                    names.push(resource.name);
                }
            }
        };
        file(claim.host, Whose::Own);
        if let Some(wildcard) = wildcard(inventory, claim) {
            file(wildcard, Whose::Below);
        }
    }

    /// Another object that claims the same, in another namespace if there is one.
    fn other(&self, inventory: &Inventory, claim: &Claim) -> Option<(Symbol, Symbol)> {
        let resource = inventory.resource(claim.object);
        // What names no class or listener may meet all of them.
        let scopes = match claim.scope.is_empty() {
            true => [None, None],
            false => [Some(claim.scope), Some(Symbol::EMPTY)],
        };
        let mut hosts = vec![(claim.host, Whose::Own), (claim.host, Whose::Below)];
        hosts.extend(wildcard(inventory, claim).map(|wildcard| (wildcard, Whose::Own)));
        let found: Vec<_> = hosts
            .into_iter()
            .flat_map(|(host, whose)| scopes.map(|scope| (claim.arbiter, host, claim.condition, scope, whose)))
            .filter_map(|key| self.by_key.get(&key))
            .collect();
        let elsewhere = found.iter().find_map(|claimants| {
            let namespace = claimants.first.iter().find(|namespace| **namespace != resource.namespace)?;
            Some((*namespace, *claimants.names.get(namespace)?.first()?))
        });
        elsewhere.or_else(|| {
            found.iter().find_map(|claimants| {
                let names = claimants.names.get(&resource.namespace)?;
                Some((resource.namespace, *names.iter().find(|name| **name != resource.name)?))
            })
        })
    }
}

/// The wildcard that has the host of a claim. Gateways prefer the longer name, so that the two do not meet there.
fn wildcard(inventory: &Inventory, claim: &Claim) -> Option<Symbol> {
    if matches!(claim.arbiter, Arbiter::Gateway(..)) {
        return None;
    }
    let host = inventory.symbols.text(claim.host);
    let (first, rest) = host.split_once('.')?;
    (first != "*").then(|| inventory.symbols.intern(&format!("*.{rest}")))
}
