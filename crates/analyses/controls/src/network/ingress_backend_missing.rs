//! `ingress-backend-missing`

use model::control::{Check, Control, InventoryFindings, alias, complete_fixture, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::{BackendFact, Inventory, PortReference, ResourceId, ServiceFact, ServiceKind};
use model::severity::Severity;
use model::symbols::Symbol;
use std::collections::{BTreeMap, BTreeSet};

/// The control.
pub static CONTROL: Control = Control {
    id: "ingress-backend-missing",
    title: "Ingress or route points to a missing Service",
    severity: Severity::Low,
    severity_reason: "dangling backend can be taken over",
    rationale: "What leads to a Service that is not there waits for it: whoever creates a Service of that name in the namespace gets the traffic of the host, under its certificate.",
    remediation: "Correct the name or the port, or delete the rule. For a Service of another namespace, write a ReferenceGrant there.",
    verify: "kubectl get ingress -A -o json | jq -r '.items[] | \"\\(.metadata.namespace)/\\(.metadata.name) \\([.spec.rules[]?.http.paths[]?.backend.service.name] | unique)\"'",
    aliases: &[alias("kubescape", "C-0298"), alias("kubescape", "C-0302"), alias("kube-linter", "dangling-ingress"), alias("kube-score", "ingress-targets-service")],
    mappings: &[maps("owasp-k8s-top10", "K06")],
    references: &["https://kubernetes.io/docs/concepts/services-networking/ingress/", "https://gateway-api.sigs.k8s.io/api-types/referencegrant/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[complete_fixture(
"apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
spec:
  rules:
    - host: shop.example.com
      http:
        paths:
          - path: /
            backend:
              service:
                name: wbe #~ low spec.rules[0].http.paths[0].backend.service.name: There is no Service `wbe`
                port: {number: 80}
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  ports: [{port: 80}]
"),
complete_fixture(
"apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
spec:
  rules:
    - host: shop.example.com
      http:
        paths:
          - path: /
            backend:
              service:
                name: web
                port: {number: 80}
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  ports: [{port: 80}]
"),
fixture(
"apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
spec:
  defaultBackend:
    service:
      name: web #? info spec.defaultBackend.service.name: Service `web` is not in the input
  rules:
    - http:
        paths:
          - path: /
            backend:
              service:
                name: known
                port:
                  number: 81 #~ low spec.rules[0].http.paths[0].backend.service.port.number: Service `known` has no port `81`
          - path: /a
            backend:
              service: {name: known, port: {name: http}}
          - path: /b
            backend:
              service: {name: known, port: {name: https}} #~ has no port `https`
          - path: /c
            backend:
              service: {name: alias, port: {number: 443}}
          - path: /d
            backend:
              resource: {kind: StorageBucket, name: b}
    - host: without-http.example.com
---
apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: older}
spec:
  backend: {serviceName: known, servicePort: 82} #~ has no port `82`
---
apiVersion: v1
kind: Service
metadata: {name: known}
spec:
  ports: [{name: http, port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: alias}
spec: {type: ExternalName, externalName: example.com}
"),
complete_fixture(
"apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r, namespace: a}
spec:
  rules:
    - backendRefs:
        - {name: web, port: 80} #~ There is no Service `web`
        - {name: web, namespace: b, port: 80}
        - {name: other, namespace: b, port: 80} #~ no ReferenceGrant there
        - {name: none, weight: 0}
        - {name: bucket, kind: Bucket, group: example.com}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: b}
spec:
  ports: [{port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: other, namespace: b}
spec:
  ports: [{port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: g, namespace: b}
spec:
  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: a}]
  to: [{group: \"\", kind: Service, name: web}]
"),
fixture(
"apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: r, namespace: a}
spec:
  rules:
    - backendRefs:
        - {name: other, namespace: b, port: 80} #? whether a ReferenceGrant allows it is not known
---
apiVersion: v1
kind: Service
metadata: {name: other, namespace: b}
spec:
  ports: [{port: 80}]
"),],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let facts = &inventory.facts.network;
    let known = Known::new(inventory);
    for ingress in &facts.ingresses {
        findings.looked_at(ingress.resource);
        let paths = ingress.rules.iter().flat_map(|rule| &rule.paths).filter_map(|path| path.backend.as_ref());
        for backend in paths.chain(&ingress.default_backend) {
            known.check(ingress.resource, backend, findings);
        }
    }
    for route in &facts.routes {
        findings.looked_at(route.resource);
        for backend in route.rules.iter().flat_map(|rule| &rule.backends) {
            known.check(route.resource, backend, findings);
        }
    }
}

struct Known<'i> {
    inventory: &'i Inventory,
    /// Services by namespace and name. There are several of one name where folders stand for several clusters.
    services: BTreeMap<(Symbol, Symbol), Vec<&'i ServiceFact>>,
    /// Namespace of the grant, kind and namespace of who may refer, name of the Service or nothing for all.
    grants: BTreeSet<(Symbol, Symbol, Symbol, Symbol)>,
}

impl<'i> Known<'i> {
    fn new(inventory: &'i Inventory) -> Self {
        let mut known = Self { inventory, services: BTreeMap::new(), grants: BTreeSet::new() };
        for service in &inventory.facts.network.services {
            let resource = inventory.resource(service.resource);
            known.services.entry((resource.namespace, resource.name)).or_default().push(service);
        }
        let service = inventory.symbols.intern("Service");
        for grant in &inventory.facts.network.grants {
            let own = inventory.namespace(grant.resource);
            for (kind, namespace) in &grant.from {
                let targets = grant.to.iter().filter(|(kind, _)| *kind == service);
                known.grants.extend(targets.map(|(_, name)| (own, *kind, *namespace, *name)));
            }
        }
        known
    }

    fn check(&self, from: ResourceId, backend: &BackendFact, findings: &mut InventoryFindings<'_>) {
        let inventory = self.inventory;
        let resource = inventory.resource(from);
        let namespace = if backend.namespace.is_empty() { resource.namespace } else { backend.namespace };
        let is_granted = || {
            let grant = |name| self.grants.contains(&(namespace, resource.kind, resource.namespace, name));
            namespace == resource.namespace || grant(backend.name) || grant(Symbol::EMPTY)
        };
        let named = Finding::at_place(backend.place).value(inventory.symbols.text(backend.name));
        let Some(services) = self.services.get(&(namespace, backend.name)) else {
            findings.report(
                from,
                match inventory.complete {
                    true => named.message("There is no Service `{value}`: whoever creates it gets what is sent here"),
                    false => unknown(named, "Service `{value}` is not in the input: whether it exists is not known"),
                },
            );
            return;
        };
        if !is_granted() {
            findings.report(
                from,
                match inventory.complete {
                    true => named
                        .message("Service `{value}` is in another namespace, and no ReferenceGrant there allows it"),
                    false => unknown(
                        named,
                        "Service `{value}` is in another namespace: whether a ReferenceGrant allows it is not known",
                    ),
                },
            );
        } else if let Some(port) = backend.port.filter(|port| !services.iter().any(|service| has_port(service, *port)))
        {
            let shown = match port {
                PortReference::Number(number) => number.to_string(),
                PortReference::Name(name) => inventory.symbols.text(name),
            };
            let message = format!(
                "Service `{}` has no port `{{value}}`: nothing gets there",
                inventory.symbols.text(backend.name)
            );
            findings.report(from, Finding::at_place(backend.port_place).value(shown).message(message));
        }
    }
}

fn unknown(finding: Finding<'static>, message: &'static str) -> Finding<'static> {
    finding.severity(Severity::Info).message(message).skip()
}

/// A mere name has the ports of what it leads to.
fn has_port(service: &ServiceFact, wanted: PortReference) -> bool {
    service.kind == ServiceKind::ExternalName
        || service.ports.iter().any(|port| match wanted {
            PortReference::Number(number) => port.port == Some(number),
            PortReference::Name(name) => port.name == name,
        })
}
