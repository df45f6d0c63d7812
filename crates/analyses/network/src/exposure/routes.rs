//! Entries that Ingresses, routes of the Gateway API and Routes of OpenShift open.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::address::Block;
use model::inventory::{
    AllowList, BackendFact, DoorFact, GatewayFact, ListenerFact, PortReference, Protocol, ResourceId, RouteFact,
    RoutesFrom, ServiceFact, ServicePortFact,
};
use model::place::Place;
use model::symbols::Symbol;

use super::controllers::{Controller, limited};
use super::services::Backend;
use super::{Answer, Entry, Reach, Sources, Tls, Way, WorkloadIndex};
use crate::addresses::Range;
use crate::census::namespace_of;
use crate::network::Network;

/// What leads to Services, found once.
struct Doors<'a> {
    services: BTreeMap<(Symbol, Symbol), &'a ServiceFact>,
    doors: BTreeMap<ResourceId, &'a DoorFact>,
}

/// Where an entry comes from.
struct Opening {
    way: Way,
    opened_by: ResourceId,
    place: Place,
    door: String,
    tls: Tls,
    controller: Controller,
}

/// A listener that takes a route, or a Gateway that is not known.
struct Attached {
    door: String,
    tls: Tls,
    controller: Controller,
}

impl Network<'_> {
    pub(super) fn add_routes(&self, index: &WorkloadIndex, entries: &mut Vec<Entry>) {
        let network = &self.inventory.facts.network;
        let named = |service: &ServiceFact| {
            (namespace_of(self.inventory, service.resource), self.inventory.resource(service.resource).name)
        };
        let present = |resource: &ResourceId| !self.config.without.contains(resource);
        let services = network.services.iter().filter(|service| present(&service.resource));
        let doors = Doors {
            services: services.map(|service| (named(service), service)).collect(),
            doors: self.inventory.facts.traffic.doors.iter().map(|door| (door.resource, door)).collect(),
        };
        self.add_ingresses(&doors, index, entries);
        let gateways: Vec<&GatewayFact> =
            network.gateways.iter().filter(|gateway| present(&gateway.resource)).collect();
        for route in network.routes.iter().filter(|route| present(&route.resource)) {
            self.add_route(route, &gateways, &doors, index, entries);
        }
        for route in network.openshift_routes.iter().filter(|route| present(&route.resource)) {
            let door = doors.doors.get(&route.resource);
            let opening = |network: &Self| Opening {
                way: Way::OpenShiftRoute,
                opened_by: route.resource,
                place: route.place,
                door: network.host(route.host),
                tls: if door.is_some_and(|door| !door.tls.is_empty()) { Tls::Yes } else { Tls::No },
                controller: network.routers(index),
            };
            let namespace = namespace_of(self.inventory, route.resource);
            let target = door.and_then(|door| door.target);
            let read =
                door.into_iter().flat_map(|door| &door.allowed).filter(|(list, _)| *list == AllowList::OpenShift);
            let listed = self.listed(&read.map(|(_, block)| *block).collect::<Vec<_>>());
            for backend in &route.backends {
                let Some(service) = doors.services.get(&(namespace, backend.name)) else { continue };
                let ports = service.ports.iter().filter(|port| target.is_none_or(|target| is_target(port, target)));
                for port in ports {
                    self.enter(opening(self), service, Some(port), &listed, index, entries);
                }
            }
        }
    }

    fn host(&self, host: Symbol) -> String {
        if host.is_empty() { "every host".to_owned() } else { self.inventory.symbols.text(host) }
    }

    fn add_ingresses(&self, doors: &Doors<'_>, index: &WorkloadIndex, entries: &mut Vec<Entry>) {
        let ingresses = self.inventory.facts.network.ingresses.iter();
        for ingress in ingresses.filter(|ingress| !self.config.without.contains(&ingress.resource)) {
            let Some(door) = doors.doors.get(&ingress.resource) else { continue };
            let class = self.inventory.symbols.text(ingress.class);
            let namespace = namespace_of(self.inventory, ingress.resource);
            let controller = self.ingress_controller(&class, index);
            let read = door.allowed.iter().filter(|(list, _)| self.reads(*list, &class, &controller));
            let listed = self.listed(&read.map(|(_, block)| *block).collect::<Vec<_>>());
            let mut add = |backend: &BackendFact, host: Symbol, path: Symbol| {
                let Some(service) = doors.services.get(&(namespace, backend.name)) else { return };
                let is_tls = door.tls.iter().any(|own| own.is_empty() || *own == host);
                let opening = Opening {
                    way: Way::Ingress,
                    opened_by: ingress.resource,
                    place: backend.place,
                    door: format!("{}{}", self.host(host), self.inventory.symbols.text(path)),
                    tls: if is_tls { Tls::Yes } else { Tls::No },
                    controller: controller.clone(),
                };
                let port = backend.port.and_then(|port| service.ports.iter().find(|own| is_port(own, port)));
                if port.is_some() || backend.port.is_none() {
                    self.enter(opening, service, port, &listed, index, entries);
                }
            };
            for rule in &ingress.rules {
                for path in &rule.paths {
                    path.backend.iter().for_each(|backend| add(backend, rule.host, path.path));
                }
                // A rule without paths leads to the default backend.
                if rule.paths.is_empty() {
                    ingress.default_backend.iter().for_each(|backend| add(backend, rule.host, Symbol::EMPTY));
                }
            }
            ingress.default_backend.iter().for_each(|backend| add(backend, Symbol::EMPTY, Symbol::EMPTY));
        }
    }

    fn listed(&self, allowed: &[Symbol]) -> Vec<Range> {
        let blocks = allowed.iter().filter_map(|text| Block::parse(&self.inventory.symbols.text(*text)));
        blocks.map(|block| Range::of(&block)).collect()
    }

    fn add_route(
        &self,
        route: &RouteFact,
        gateways: &[&GatewayFact],
        doors: &Doors<'_>,
        index: &WorkloadIndex,
        entries: &mut Vec<Entry>,
    ) {
        let kind = self.inventory.symbols.text(self.inventory.resource(route.resource).kind);
        let mut attached: Vec<Attached> = Vec::new();
        for (gateway, listener) in self.listeners(route, gateways) {
            let Some(hosts) = self.shared_hosts(route, listener) else { continue };
            let tls = match &*self.inventory.symbols.text(listener.protocol) {
                "HTTPS" => Tls::Yes,
                "TLS" => Tls::PassedThrough,
                _ => Tls::No,
            };
            let number = listener.port.map_or_else(String::new, |port| format!(" on {port}"));
            let controller = self.gateway_pods(gateway.resource, index);
            attached.push(Attached { door: format!("{}{number}", hosts.join(", ")), tls, controller });
        }
        // A Gateway that is not in the input is taken to be there, and open.
        if self.asks_elsewhere(route, gateways) {
            let hosts = self.hosts_of(route, Symbol::EMPTY);
            let tls = if kind == "TLSRoute" { Tls::PassedThrough } else { Tls::No };
            attached.push(Attached { door: hosts.join(", "), tls, controller: Self::unknown_controller() });
        }
        let protocol = if kind == "UDPRoute" { Protocol::Udp } else { Protocol::Tcp };
        for Attached { door, tls, controller } in attached {
            for backend in route.rules.iter().flat_map(|rule| rule.backends.iter().chain(&rule.mirrors)) {
                let own = namespace_of(self.inventory, route.resource);
                let namespace = if backend.namespace.is_empty() { own } else { backend.namespace };
                if namespace != own && !self.is_granted(route, namespace, backend.name) {
                    continue;
                }
                let Some(service) = doors.services.get(&(namespace, backend.name)) else { continue };
                let mut ports = service.ports.iter().filter(|port| port.protocol == protocol);
                let port = backend.port.and_then(|port| ports.find(|own| is_port(own, port)));
                let Some(port) = port else { continue };
                let opening = Opening {
                    way: Way::Gateway,
                    opened_by: route.resource,
                    place: backend.place,
                    door: door.clone(),
                    tls,
                    controller: controller.clone(),
                };
                self.enter(opening, service, Some(port), &[], index, entries);
            }
        }
    }

    fn hosts_of(&self, route: &RouteFact, otherwise: Symbol) -> Vec<String> {
        match route.hosts.is_empty() {
            true => vec![self.host(otherwise)],
            false => route.hosts.iter().map(|(host, _)| self.host(*host)).collect(),
        }
    }

    /// The hosts of a route that a listener is for; none if it is for others.
    fn shared_hosts(&self, route: &RouteFact, listener: &ListenerFact) -> Option<Vec<String>> {
        let hosts = self.hosts_of(route, listener.hostname);
        if route.hosts.is_empty() || listener.hostname.is_empty() {
            return Some(hosts);
        }
        let own = self.inventory.symbols.text(listener.hostname);
        let shared: Vec<String> = hosts.into_iter().filter_map(|host| shared_host(&own, &host)).collect();
        (!shared.is_empty()).then_some(shared)
    }

    /// Whether a route asks for a Gateway that is not in the input.
    fn asks_elsewhere(&self, route: &RouteFact, gateways: &[&GatewayFact]) -> bool {
        let own = namespace_of(self.inventory, route.resource);
        route.parents.iter().any(|parent| {
            let namespace = if parent.namespace.is_empty() { own } else { parent.namespace };
            !gateways.iter().any(|gateway| {
                let is_named = self.inventory.resource(gateway.resource).name == parent.name;
                is_named && namespace_of(self.inventory, gateway.resource) == namespace
            })
        })
    }

    /// The listeners that take a route. Source: the Gateway API, `allowedRoutes` and `parentRefs`.
    fn listeners<'g>(
        &self,
        route: &RouteFact,
        gateways: &[&'g GatewayFact],
    ) -> Vec<(&'g GatewayFact, &'g ListenerFact)> {
        let own = namespace_of(self.inventory, route.resource);
        let mut found: Vec<(&GatewayFact, &ListenerFact)> = Vec::new();
        for parent in &route.parents {
            let namespace = if parent.namespace.is_empty() { own } else { parent.namespace };
            for gateway in gateways {
                let object = self.inventory.resource(gateway.resource);
                let of_gateway = namespace_of(self.inventory, gateway.resource);
                if object.name != parent.name || of_gateway != namespace {
                    continue;
                }
                let takes = |listener: &&ListenerFact| {
                    let is_meant = parent.section.is_empty() || parent.section == listener.name;
                    let is_on_port = parent.port.is_none_or(|port| listener.port == Some(port));
                    is_meant && is_on_port && self.is_for(listener, route) && self.takes(listener, of_gateway, own)
                };
                for listener in gateway.listeners.iter().filter(takes) {
                    if !found.iter().any(|(_, known)| std::ptr::eq(*known, listener)) {
                        found.push((gateway, listener));
                    }
                }
            }
        }
        found
    }

    /// Whether a listener is for a kind of route. Source: the Gateway API, `allowedRoutes.kinds`, and the kinds that are
    /// for a protocol where none are written.
    fn is_for(&self, listener: &ListenerFact, route: &RouteFact) -> bool {
        let kind = self.inventory.resource(route.resource).kind;
        if !listener.kinds.is_empty() {
            return listener.kinds.contains(&kind);
        }
        let kind = self.inventory.symbols.text(kind);
        match &*self.inventory.symbols.text(listener.protocol) {
            "HTTP" | "HTTPS" => matches!(&*kind, "HTTPRoute" | "GRPCRoute"),
            "TLS" => matches!(&*kind, "TLSRoute" | "TCPRoute"),
            "TCP" => kind == "TCPRoute",
            "UDP" => kind == "UDPRoute",
            // Implementations may have protocols of their own.
            _ => true,
        }
    }

    fn takes(&self, listener: &ListenerFact, of_gateway: Symbol, of_route: Symbol) -> bool {
        match &listener.routes_from {
            RoutesFrom::Same => of_gateway == of_route,
            RoutesFrom::All => true,
            RoutesFrom::None => false,
            RoutesFrom::Selected(selector) => {
                let namespace = self.census.namespace_index.get(&of_route);
                namespace.is_some_and(|at| selector.matches(&self.census.namespaces[*at as usize].labels))
            }
        }
    }

    /// Whether a ReferenceGrant lets the route lead into another namespace.
    fn is_granted(&self, route: &RouteFact, namespace: Symbol, service: Symbol) -> bool {
        let kind = self.inventory.resource(route.resource).kind;
        let own = namespace_of(self.inventory, route.resource);
        let grants = self.inventory.facts.network.grants.iter();
        let mut there = grants.filter(|grant| {
            namespace_of(self.inventory, grant.resource) == namespace && !self.config.without.contains(&grant.resource)
        });
        there.any(|grant| {
            let text = |symbol| self.inventory.symbols.text(symbol);
            grant.from.iter().any(|(of, from)| *of == kind && *from == own)
                && grant.to.iter().any(|(of, name)| text(*of) == "Service" && (name.is_empty() || *name == service))
        })
    }

    fn enter(
        &self,
        opening: Opening,
        service: &ServiceFact,
        port: Option<&ServicePortFact>,
        listed: &[Range],
        index: &WorkloadIndex,
        entries: &mut Vec<Entry>,
    ) {
        let Opening { way, opened_by, place, door, tls, controller } = opening;
        let Controller { arrival, reach, front } = controller;
        let reach: Reach = limited(reach, listed);
        for Backend { endpoint, address, ports } in self.backends(service, port, index) {
            entries.push(Entry {
                endpoint,
                address,
                way,
                opened_by,
                place,
                door: door.clone(),
                answer: Answer::Refused,
                sources: Sources::default(),
                front: Arc::clone(&front),
                rivals: Vec::new(),
                pod_ports: ports,
                reach: reach.clone(),
                limit: Vec::new(),
                arrival: arrival.clone(),
                tls,
            });
        }
    }
}

fn is_port(own: &ServicePortFact, wanted: PortReference) -> bool {
    match wanted {
        PortReference::Number(number) => own.port == Some(number),
        PortReference::Name(name) => own.name == name,
    }
}

/// The host that two names mean, of which each may begin with `*.`.
fn shared_host(left: &str, right: &str) -> Option<String> {
    let (left, right) = (left.to_ascii_lowercase(), right.to_ascii_lowercase());
    let is_in = |name: &str, wildcard: &str| wildcard.strip_prefix('*').is_some_and(|suffix| name.ends_with(suffix));
    match () {
        () if left == right || is_in(&left, &right) => Some(left),
        () if is_in(&right, &left) => Some(right),
        () => None,
    }
}

/// Whether a port of a Service is the one that a Route of OpenShift means by its target: by number or by name.
fn is_target(own: &ServicePortFact, wanted: PortReference) -> bool {
    own.target == Some(wanted) || matches!(wanted, PortReference::Name(name) if own.name == name)
}
