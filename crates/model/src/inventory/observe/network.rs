//! What is kept of Services, and of what leads to them.

use std::fmt::Write as _;
use std::net::IpAddr;

use super::Observer;
use crate::document::Value;
use crate::inventory::{
    BackendFact, ContainerPortFact, EndpointsFact, GatewayFact, GrantFact, IngressFact, IngressPathFact,
    IngressRuleFact, ListenerFact, NetworkFacts, NodeFact, OpenShiftRouteFact, ParentFact, PodNetworkFact,
    PortReference, Protocol, RouteFact, RouteRuleFact, RoutesFrom, ServiceFact, ServiceKind, ServicePortFact,
    SnippetSettingFact,
};
use crate::labels::{Selector, labels};
use crate::load_balancer;
use crate::object::Object;
use crate::pod::{Container, ContainerList, Pod};
use crate::symbols::Symbol;

const GATEWAY: &str = "gateway.networking.k8s.io";

impl Observer<'_> {
    pub(super) fn network(&self, object: &Object<'_>, facts: &mut NetworkFacts) {
        match (object.group(), &*object.kind) {
            ("", "Service") => facts.services.push(self.service(object)),
            ("", "Endpoints") | ("discovery.k8s.io", "EndpointSlice") => facts.endpoints.push(self.endpoints(object)),
            ("", "Node") => facts.nodes.push(self.node(object)),
            ("", "ConfigMap") => facts.snippet_settings.extend(self.snippet_setting(object)),
            ("networking.k8s.io" | "extensions", "Ingress") => facts.ingresses.push(self.ingress(object)),
            ("route.openshift.io" | "", "Route") => facts.openshift_routes.push(self.openshift_route(object)),
            (GATEWAY, "Gateway") => facts.gateways.push(self.gateway(object)),
            (GATEWAY, "HTTPRoute" | "GRPCRoute" | "TLSRoute" | "TCPRoute" | "UDPRoute") => {
                facts.routes.push(self.route(object));
            }
            (GATEWAY, "ReferenceGrant") => facts.grants.push(self.grant(object)),
            _ => {}
        }
    }

    pub(super) fn pod_network(&self, pod: &Pod<'_>) -> PodNetworkFact {
        let containers = pod.containers.iter();
        let ports = containers.flat_map(|container| {
            let ports = container.ports.into_iter().flat_map(Value::items);
            ports.map(|port| ContainerPortFact {
                container: self.symbols.intern(&container.name()),
                name: self.symbol(port.get("name")),
                number: port.get("containerPort").and_then(port_number),
                protocol: protocol(port),
                host_port: port.get("hostPort").and_then(port_number),
                host_address: port.get("hostIP").and_then(host_address),
                stays: stays(container),
            })
        });
        PodNetworkFact {
            host_network: pod.host_network.and_then(Value::as_bool) == Some(true),
            ports: ports.collect(),
            mesh: self.mesh_settings(pod.metadata),
            enforces_policies: pod.containers.iter().find_map(enforces_policies),
        }
    }

    fn service(&self, object: &Object<'_>) -> ServiceFact {
        let spec = |key| object.value.at(&["spec", key]);
        let ports = spec("ports").into_iter().flat_map(Value::items);
        let selector = spec("selector");
        let has_items = |key| spec(key).is_some_and(|list| list.items().next().is_some());
        ServiceFact {
            resource: self.resource,
            labels: labels(object.metadata.and_then(|metadata| metadata.get("labels")), self.symbols),
            kind: match spec("type").map(Value::text).as_deref() {
                Some("NodePort") => ServiceKind::NodePort,
                Some("LoadBalancer") => ServiceKind::LoadBalancer,
                Some("ExternalName") => ServiceKind::ExternalName,
                _ => ServiceKind::ClusterIp,
            },
            headless: spec("clusterIP").is_some_and(|address| address.text() == "None"),
            internal: load_balancer::is_internal(object),
            external_ips: has_items("externalIPs"),
            selector: Selector::from_labels(selector, self.symbols),
            selector_place: self.place_or_missing(selector, object.value, "spec.selector"),
            ports: ports.map(|port| self.service_port(port)).collect(),
        }
    }

    fn service_port(&self, port: Value<'_>) -> ServicePortFact {
        let target = port.get("targetPort").or_else(|| port.get("port"));
        ServicePortFact {
            name: self.symbol(port.get("name")),
            protocol: protocol(port),
            port: port.get("port").and_then(port_number),
            target: target.and_then(|target| self.port_reference(target)),
            target_place: self.place(target.unwrap_or(port)),
            node_port: port.get("nodePort").and_then(port_number),
        }
    }

    /// A number, or what is no number and so a name.
    pub(super) fn port_reference(&self, value: Value<'_>) -> Option<PortReference> {
        if let Some(number) = port_number(value) {
            return Some(PortReference::Number(number));
        }
        let is_name = value.as_int().is_none() && value.is_scalar() && !value.text().is_empty();
        is_name.then(|| PortReference::Name(self.symbol(Some(value))))
    }

    /// Names of hosts are compared without regard to case.
    fn host(&self, value: Option<Value<'_>>) -> Symbol {
        let text = value.map(Value::text).unwrap_or_default();
        self.symbols.intern(&text.to_ascii_lowercase())
    }

    fn endpoints(&self, object: &Object<'_>) -> EndpointsFact {
        let label = |name: &str| {
            object.metadata.and_then(|metadata| metadata.get("labels")?.get(name)).map(Value::text).unwrap_or_default()
        };
        let is_slice = object.kind == "EndpointSlice";
        let owners = object.metadata.and_then(|metadata| metadata.get("ownerReferences"));
        let mut owners = items(owners);
        let of_service = owners.any(|owner| owner.get("kind").is_some_and(|kind| kind.text() == "Service"));
        let controlled = if is_slice {
            label("endpointslice.kubernetes.io/managed-by") == "endpointslice-controller.k8s.io" && of_service
        } else {
            label("endpoints.kubernetes.io/managed-by") == "endpoint-controller"
                || object.annotation("endpoints.kubernetes.io/last-change-trigger-time").is_some()
        };
        let mut addresses = Vec::new();
        let mut keep = |address: Value<'_>| addresses.push((self.symbol(Some(address)), self.place(address)));
        items(object.value.get("endpoints")).flat_map(|endpoint| items(endpoint.get("addresses"))).for_each(&mut keep);
        for subset in items(object.value.get("subsets")) {
            let both = items(subset.get("addresses")).chain(items(subset.get("notReadyAddresses")));
            both.filter_map(|address| address.get("ip")).for_each(&mut keep);
        }
        let of_subsets = items(object.value.get("subsets")).flat_map(|subset| items(subset.get("ports")));
        let of_slice = if is_slice { object.value.get("ports") } else { None };
        let ports = items(of_slice).chain(of_subsets).filter_map(|port| {
            let number = port.get("port")?.text().parse().ok().filter(|number| *number > 0)?;
            Some((self.symbol(port.get("name")), protocol(port), number))
        });
        EndpointsFact {
            ports: ports.collect(),
            resource: self.resource,
            service: match is_slice {
                true => self.symbols.intern(&label("kubernetes.io/service-name")),
                false => self.symbols.intern(&object.name()),
            },
            controlled,
            addresses: addresses.into(),
        }
    }

    fn node(&self, object: &Object<'_>) -> NodeFact {
        let addresses = object.value.at(&["status", "addresses"]).into_iter().flat_map(Value::items);
        let addresses = addresses.filter_map(|address| address.get("address"));
        let provider = object.value.at(&["spec", "providerID"]).map(Value::text).unwrap_or_default();
        NodeFact {
            resource: self.resource,
            addresses: addresses.map(|address| self.symbol(Some(address))).collect(),
            provider: self.symbols.intern(provider.split_once(':').map_or("", |(provider, _)| provider)),
            labels: labels(object.metadata.and_then(|metadata| metadata.get("labels")), self.symbols),
            taints: self.taints(object),
        }
    }

    fn snippet_setting(&self, object: &Object<'_>) -> Option<SnippetSettingFact> {
        let setting = object.value.get("data")?.get("allow-snippet-annotations")?;
        Some(SnippetSettingFact { resource: self.resource, allows: setting.text() == "true" })
    }

    fn ingress(&self, object: &Object<'_>) -> IngressFact {
        let spec = |key| object.value.at(&["spec", key]);
        let class = object.annotation("kubernetes.io/ingress.class").or_else(|| spec("ingressClassName"));
        let rules = spec("rules").into_iter().flat_map(Value::items);
        let default = spec("defaultBackend").or_else(|| spec("backend"));
        IngressFact {
            resource: self.resource,
            class: self.symbol(class),
            rules: rules.map(|rule| self.ingress_rule(rule)).collect(),
            default_backend: default.and_then(|backend| self.ingress_backend(backend)),
        }
    }

    fn ingress_rule(&self, rule: Value<'_>) -> IngressRuleFact {
        let paths = rule.at(&["http", "paths"]).into_iter().flat_map(Value::items);
        let paths = paths.map(|path| IngressPathFact {
            path: self.symbol(path.get("path")),
            kind: self.symbol(path.get("pathType")),
            place: self.place_or_missing(path.get("path"), path, "path"),
            backend: path.get("backend").and_then(|backend| self.ingress_backend(backend)),
        });
        IngressRuleFact { host: self.host(rule.get("host")), paths: paths.collect() }
    }

    /// A backend of networking/v1, or of the versions before it.
    fn ingress_backend(&self, backend: Value<'_>) -> Option<BackendFact> {
        let (name, port) = match backend.get("service") {
            Some(service) => {
                let port = service.get("port");
                (service.get("name")?, port.and_then(|port| port.get("name").or_else(|| port.get("number"))))
            }
            None => (backend.get("serviceName")?, backend.get("servicePort")),
        };
        Some(self.backend(name, None, port))
    }

    fn backend(&self, name: Value<'_>, namespace: Option<Value<'_>>, port: Option<Value<'_>>) -> BackendFact {
        BackendFact {
            namespace: self.symbol(namespace),
            name: self.symbol(Some(name)),
            place: self.place(name),
            port: port.and_then(|port| self.port_reference(port)),
            port_place: self.place(port.unwrap_or(name)),
        }
    }

    fn gateway(&self, object: &Object<'_>) -> GatewayFact {
        let listeners = object.value.at(&["spec", "listeners"]).into_iter().flat_map(Value::items);
        let listeners = listeners.map(|listener| ListenerFact {
            name: self.symbol(listener.get("name")),
            port: listener.get("port").and_then(port_number),
            protocol: self.symbol(listener.get("protocol")),
            protocol_place: self.place_or_missing(listener.get("protocol"), listener, "protocol"),
            hostname: self.host(listener.get("hostname")),
            routes_from: self.routes_from(listener),
            kinds: items(listener.at(&["allowedRoutes", "kinds"])).map(|kind| self.symbol(kind.get("kind"))).collect(),
        });
        GatewayFact { resource: self.resource, listeners: listeners.collect() }
    }

    fn routes_from(&self, listener: Value<'_>) -> RoutesFrom {
        let Some(namespaces) = listener.at(&["allowedRoutes", "namespaces"]) else { return RoutesFrom::Same };
        match namespaces.get("from").map(Value::text).as_deref() {
            Some("All") => RoutesFrom::All,
            Some("None") => RoutesFrom::None,
            Some("Selector") => match namespaces.get("selector") {
                Some(selector) => RoutesFrom::Selected(Selector::new(selector, self.symbols)),
                None => RoutesFrom::None,
            },
            _ => RoutesFrom::Same,
        }
    }

    fn route(&self, object: &Object<'_>) -> RouteFact {
        let spec = |key| object.value.at(&["spec", key]);
        let items = |key| spec(key).into_iter().flat_map(Value::items);
        let hosts = items("hostnames").map(|host| (self.host(Some(host)), self.place(host)));
        let parents = items("parentRefs").filter(|parent| is_of(*parent, GATEWAY, "Gateway"));
        let parents = parents.map(|parent| ParentFact {
            namespace: self.symbol(parent.get("namespace")),
            name: self.symbol(parent.get("name")),
            section: self.symbol(parent.get("sectionName")),
            port: parent.get("port").and_then(port_number),
        });
        RouteFact {
            resource: self.resource,
            hosts: hosts.collect(),
            hosts_place: self.place_or_missing(spec("hostnames"), object.value, "spec.hostnames"),
            parents: parents.collect(),
            rules: items("rules").map(|rule| self.route_rule(rule)).collect(),
        }
    }

    fn route_rule(&self, rule: Value<'_>) -> RouteRuleFact {
        let items = |key| rule.get(key).into_iter().flat_map(Value::items);
        let backends = items("backendRefs").filter(|backend| {
            is_of(*backend, "", "Service") && backend.get("weight").and_then(Value::as_int) != Some(0)
        });
        let backends = backends.filter_map(|backend| {
            Some(self.backend(backend.get("name")?, backend.get("namespace"), backend.get("port")))
        });
        let backends: Box<[BackendFact]> = backends.collect();
        let of_backends = items("backendRefs").flat_map(|backend| backend.get("filters")).flat_map(Value::items);
        let mirrors =
            items("filters").chain(of_backends).filter_map(|filter| filter.at(&["requestMirror", "backendRef"]));
        let mirrors = mirrors.filter(|backend| is_of(*backend, "", "Service")).filter_map(|backend| {
            Some(self.backend(backend.get("name")?, backend.get("namespace"), backend.get("port")))
        });
        let mirrors: Box<[BackendFact]> = mirrors.collect();
        let redirects = items("filters").any(|filter| {
            filter.at(&["requestRedirect", "scheme"]).is_some_and(|scheme| scheme.text().eq_ignore_ascii_case("https"))
        });
        let mut matches: Vec<_> = items("matches")
            .map(|condition| (self.symbols.intern(&describe_match(condition)), self.place(condition)))
            .collect();
        if matches.is_empty() {
            matches.push((self.symbols.intern("PathPrefix /"), self.place(rule)));
        }
        RouteRuleFact { matches: matches.into(), redirects: redirects && backends.is_empty(), backends, mirrors }
    }

    fn grant(&self, object: &Object<'_>) -> GrantFact {
        let items = |key| object.value.at(&["spec", key]).into_iter().flat_map(Value::items);
        let pair = |item: Value<'_>, second| (self.symbol(item.get("kind")), self.symbol(item.get(second)));
        GrantFact {
            resource: self.resource,
            from: items("from").map(|from| pair(from, "namespace")).collect(),
            to: items("to").map(|to| pair(to, "name")).collect(),
        }
    }

    fn openshift_route(&self, object: &Object<'_>) -> OpenShiftRouteFact {
        let spec = |key| object.value.at(&["spec", key]);
        let backends = spec("to").into_iter().chain(spec("alternateBackends").into_iter().flat_map(Value::items));
        let backends = backends.filter(|backend| {
            let is_service = backend.get("kind").is_none_or(|kind| kind.text() == "Service");
            is_service && backend.get("weight").and_then(Value::as_int) != Some(0)
        });
        OpenShiftRouteFact {
            resource: self.resource,
            host: self.host(spec("host")),
            path: self.symbol(spec("path")),
            place: self.place_or_missing(spec("host"), object.value, "spec.host"),
            backends: backends.filter_map(|backend| Some(self.backend(backend.get("name")?, None, None))).collect(),
        }
    }
}

fn items(list: Option<Value<'_>>) -> impl Iterator<Item = Value<'_>> {
    list.into_iter().flat_map(Value::items)
}

/// Whether the last of its arguments that says so turns policies on.
fn enforces_policies(container: &Container<'_>) -> Option<bool> {
    let words = container.command.into_iter().chain(container.args).flat_map(Value::items);
    let says = |word: Value<'_>| match word.text().trim_start_matches('-').split_once('=') {
        Some(("enable-network-policy", value)) => Some(value.eq_ignore_ascii_case("true")),
        Some(_) => None,
        None => (word.text().trim_start_matches('-') == "enable-network-policy").then_some(true),
    };
    words.filter_map(says).last()
}

/// The one address of the node at which a port is open; the unspecified address stands for all.
fn host_address(value: Value<'_>) -> Option<IpAddr> {
    let address: IpAddr = value.text().parse().ok()?;
    Some(address.to_canonical()).filter(|address| !address.is_unspecified())
}

pub(super) fn port_number(value: Value<'_>) -> Option<u16> {
    value.as_int().and_then(|number| u16::try_from(number).ok()).filter(|number| *number > 0)
}

pub(super) fn protocol(port: Value<'_>) -> Protocol {
    match port.get("protocol").map(Value::text).as_deref() {
        Some("UDP") => Protocol::Udp,
        Some("SCTP") => Protocol::Sctp,
        _ => Protocol::Tcp,
    }
}

pub(super) fn stays(container: &Container<'_>) -> bool {
    match container.list {
        ContainerList::Main => true,
        ContainerList::Init => container.restart_policy.is_some_and(|policy| policy.text() == "Always"),
        ContainerList::Ephemeral => false,
    }
}

/// Whether a reference is to a kind, which is also what it is to where nothing is written.
fn is_of(reference: Value<'_>, group: &str, kind: &str) -> bool {
    reference.get("group").is_none_or(|written| written.text() == group)
        && reference.get("kind").is_none_or(|written| written.text() == kind)
}

/// The conditions of a match in one form: what matches the same has the same text.
fn describe_match(condition: Value<'_>) -> String {
    let text = |keys: &[&str], default: &str| {
        condition.at(keys).map_or_else(|| default.to_owned(), |value| value.text().into_owned())
    };
    let mut out = format!("{} {}", text(&["path", "type"], "PathPrefix"), text(&["path", "value"], "/"));
    if let Some(method) = condition.get("method") {
        let of = |key| method.get(key).map(Value::text).unwrap_or_default();
        // A word in HTTP, a mapping in gRPC.
        let _ = write!(out, "\n{}{}/{}", method.text(), of("service"), of("method"));
    }
    for list in ["headers", "queryParams"] {
        let items = condition.get(list).into_iter().flat_map(Value::items);
        let mut lines: Vec<String> = items
            .map(|item| {
                let of = |key| item.get(key).map(Value::text).unwrap_or_default();
                format!("\n{list} {} {} {}", of("type"), of("name"), of("value"))
            })
            .collect();
        lines.sort_unstable();
        lines.iter().for_each(|line| out.push_str(line));
    }
    out
}
