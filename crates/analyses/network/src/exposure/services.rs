//! Entries that Services, ports of nodes and the network of nodes open.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use model::address::Block;
use model::inventory::{ResourceId, ServiceFact, ServiceKind, ServicePortFact, ServiceReachFact, WorkloadFact};

use super::{Answer, Arrival, Entry, Reach, Sources, Tls, Way, WorkloadIndex, target_ports};
use crate::addresses::Range;
use crate::census::namespace_of;
use crate::network::{EndpointId, Identity, Network};
use crate::ports::{Ports, protocol_name};

/// The pods behind a Service, or an address, and which of its ports.
pub(super) struct Backend {
    pub(super) endpoint: EndpointId,
    /// The address, if it is none of a pod.
    pub(super) address: Option<IpAddr>,
    pub(super) ports: Ports,
}

impl Network<'_> {
    pub(super) fn add_services(&self, index: &WorkloadIndex, entries: &mut Vec<Entry>) {
        let traffic = &self.inventory.facts.traffic;
        let reach: BTreeMap<ResourceId, &ServiceReachFact> =
            traffic.services.iter().map(|service| (service.resource, service)).collect();
        let services = self.inventory.facts.network.services.iter();
        for service in services.filter(|service| !self.config.without.contains(&service.resource)) {
            let Some(reach) = reach.get(&service.resource) else { continue };
            for port in &service.ports {
                self.add_service_port(service, reach, port, index, entries);
            }
        }
    }

    pub(super) fn add_service_port(
        &self,
        service: &ServiceFact,
        reach: &ServiceReachFact,
        port: &ServicePortFact,
        index: &WorkloadIndex,
        entries: &mut Vec<Entry>,
    ) {
        let ways = ways(service, reach);
        if ways.is_empty() {
            return;
        }
        let blocks = reach.source_ranges.iter().filter_map(|text| Block::parse(&self.inventory.symbols.text(*text)));
        let listed: Vec<Range> = blocks.map(|block| Range::of(&block)).collect();
        let protocol = protocol_name(port.protocol);
        for Backend { endpoint, address, ports } in self.backends(service, Some(port), index) {
            for &way in &ways {
                let (number, reach_of) = match way {
                    Way::NodePort => (port.node_port, Reach::NodeNetwork),
                    Way::LoadBalancer if service.internal => (port.port, Reach::ProviderNetwork),
                    Way::LoadBalancer if !listed.is_empty() => (port.port, Reach::Listed(listed.clone())),
                    _ => (port.port, Reach::Internet),
                };
                let number = number.map_or_else(|| "a port that is chosen".to_owned(), |number| number.to_string());
                let arrival = if reach.keeps_client { Arrival::Client } else { Arrival::Node };
                entries.push(Entry {
                    endpoint,
                    address,
                    way,
                    opened_by: service.resource,
                    place: reach.place,
                    door: format!("{protocol} {number}"),
                    answer: Answer::Refused,
                    sources: Sources::default(),
                    front: Arc::default(),
                    rivals: Vec::new(),
                    pod_ports: ports.clone(),
                    reach: reach_of,
                    limit: if way == Way::LoadBalancer && service.internal { listed.clone() } else { Vec::new() },
                    arrival,
                    tls: if reach.certificate && way == Way::LoadBalancer { Tls::Yes } else { Tls::No },
                });
            }
        }
    }

    /// The pods behind a Service, and their ports; of one of its ports, or of all.
    pub(super) fn backends(
        &self,
        service: &ServiceFact,
        port: Option<&ServicePortFact>,
        index: &WorkloadIndex,
    ) -> Vec<Backend> {
        let namespace = namespace_of(self.inventory, service.resource);
        let mut backends: Vec<Backend> = Vec::new();
        if service.kind == ServiceKind::ExternalName {
            return backends;
        }
        // Without a selector, others say what is behind it.
        if service.selector.is_empty() {
            return self.listed_backends(service, port, index);
        }
        for (workload, endpoints) in index.of(namespace) {
            for member in &self.workloads()[*workload as usize].members {
                let fact = &self.inventory.facts.workloads[*member as usize];
                if !self.inventory.selects(&service.selector, fact) {
                    continue;
                }
                let mut ports = Ports::none();
                for own in port.into_iter().chain(service.ports.iter().filter(|_| port.is_none())) {
                    if let Some(target) = own.target {
                        ports = ports.union(&target_ports(fact, own.protocol, target));
                    }
                }
                for &endpoint in endpoints {
                    match backends.iter_mut().find(|backend| backend.endpoint == endpoint) {
                        Some(known) => known.ports = known.ports.union(&ports),
                        None => backends.push(Backend { endpoint, address: None, ports: ports.clone() }),
                    }
                }
            }
        }
        backends.retain(|backend| !backend.ports.is_empty());
        backends
    }

    /// What Endpoints and EndpointSlices list for a Service: addresses of pods, or others. Their ports are those with the
    /// names of the ports of the Service.
    fn listed_backends(
        &self,
        service: &ServiceFact,
        port: Option<&ServicePortFact>,
        index: &WorkloadIndex,
    ) -> Vec<Backend> {
        /// A list that is longer says nothing more to anybody.
        const MOST: usize = 1_000;
        let key = (namespace_of(self.inventory, service.resource), self.inventory.resource(service.resource).name);
        let mut found: BTreeMap<(EndpointId, Option<IpAddr>), Ports> = BTreeMap::new();
        for &number in index.listed.get(&key).map_or(&[][..], Vec::as_slice) {
            let fact = &self.inventory.facts.network.endpoints[number as usize];
            let mut ports = Ports::none();
            let is_meant = |name, protocol| port.is_none_or(|own| own.name == name && own.protocol == protocol);
            for &(_, protocol, number) in fact.ports.iter().filter(|(name, protocol, _)| is_meant(*name, *protocol)) {
                ports.insert(protocol, number, number);
            }
            let texts = fact.addresses.iter().take(MOST).map(|(address, _)| self.inventory.symbols.text(*address));
            for address in texts.filter_map(|text| text.parse::<IpAddr>().ok()) {
                let ends: Vec<(EndpointId, Option<IpAddr>)> = match index.by_address.get(&address) {
                    Some(pods) => pods.iter().map(|pod| (*pod, None)).collect(),
                    None => self.outside_of(address).map(|outside| (outside, Some(address))).into_iter().collect(),
                };
                for end in ends {
                    let known = found.entry(end).or_default();
                    *known = known.union(&ports);
                }
            }
        }
        let found = found.into_iter().filter(|(_, ports)| !ports.is_empty());
        found.map(|((endpoint, address), ports)| Backend { endpoint, address, ports }).collect()
    }

    pub(super) fn add_hosts(&self, entries: &mut Vec<Entry>) {
        self.endpoints().for_each(|(endpoint, _)| self.add_host_of(endpoint, entries));
    }

    /// What pods open on their node.
    pub(super) fn add_host_of(&self, endpoint: EndpointId, entries: &mut Vec<Entry>) {
        let known = self.get(endpoint);
        let Identity::Workload { workload, .. } = known.identity else { return };
        for member in &self.workloads()[workload as usize].members {
            let fact = &self.inventory.facts.workloads[*member as usize];
            if fact.network.host_network != known.host_network {
                continue;
            }
            let mut ports = Ports::none();
            if fact.network.host_network {
                let declared = fact.network.ports.iter().filter(|port| port.stays);
                for port in declared {
                    port.number.into_iter().for_each(|number| ports.insert(port.protocol, number, number));
                }
                let door = match ports.is_empty() {
                    true => "whatever it listens on".to_owned(),
                    false => format!("{ports}, and whatever else it listens on"),
                };
                entries.push(host_entry(endpoint, fact, Way::HostNetwork, door, ports));
                continue;
            }
            for port in &fact.network.ports {
                let (Some(host), Some(number)) = (port.open_host_port(), port.number) else { continue };
                let ports = Ports::one(port.protocol, number);
                let at = port.host_address.map_or_else(String::new, |address| format!(" at {address} alone"));
                let door = format!("{} {host}{at}", protocol_name(port.protocol));
                entries.push(host_entry(endpoint, fact, Way::HostPort, door, ports));
            }
        }
    }
}

fn host_entry(endpoint: EndpointId, fact: &WorkloadFact, way: Way, door: String, pod_ports: Ports) -> Entry {
    Entry {
        endpoint,
        address: None,
        way,
        opened_by: fact.resource,
        place: fact.place,
        door,
        pod_ports,
        reach: Reach::NodeNetwork,
        limit: Vec::new(),
        arrival: if way == Way::HostNetwork { Arrival::Unprotected } else { Arrival::Client },
        tls: Tls::No,
        answer: Answer::Refused,
        sources: Sources::default(),
        front: Arc::default(),
        rivals: Vec::new(),
    }
}

/// The ways in from outside that a Service opens.
fn ways(service: &ServiceFact, reach: &ServiceReachFact) -> Vec<Way> {
    let mut ways = Vec::new();
    match service.kind {
        ServiceKind::LoadBalancer => {
            ways.push(Way::LoadBalancer);
            if reach.node_ports {
                ways.push(Way::NodePort);
            }
        }
        ServiceKind::NodePort => ways.push(Way::NodePort),
        ServiceKind::ClusterIp | ServiceKind::ExternalName => {}
    }
    if !reach.external_addresses.is_empty() && service.kind != ServiceKind::ExternalName {
        ways.push(Way::ExternalAddress);
    }
    ways
}
