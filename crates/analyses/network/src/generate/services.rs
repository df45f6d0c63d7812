//! Services by their names and addresses, and the pods and ports behind them.

use std::collections::BTreeMap;
use std::net::IpAddr;

use model::inventory::{Protocol, ServiceFact, ServiceKind};
use model::symbols::Symbol;

use crate::addresses::Range;
use crate::census::namespace_of;
use crate::exposure::target_ports;
use crate::network::Network;
use crate::ports::Ports;

/// Services, found once.
pub(super) struct Services<'a> {
    by_name: BTreeMap<(Symbol, Symbol), &'a ServiceFact>,
    by_address: BTreeMap<IpAddr, (Symbol, Symbol)>,
    workloads: BTreeMap<Symbol, Vec<u32>>,
    /// The addresses that objects list for Services.
    endpoints: BTreeMap<(Symbol, Symbol), Vec<Range>>,
}

/// What is behind a port of a Service.
#[derive(Debug, Default)]
pub(super) struct Behind {
    /// Workloads, each with the ports of its pods.
    pub(super) workloads: Vec<(u32, Ports)>,
    /// Addresses that no selector finds, with their ports.
    pub(super) addresses: Vec<(Range, Ports)>,
}

impl<'a> Services<'a> {
    pub(super) fn new(network: &Network<'a>) -> Self {
        let inventory = network.inventory;
        let mut services = Self {
            by_name: BTreeMap::new(),
            by_address: BTreeMap::new(),
            workloads: BTreeMap::new(),
            endpoints: BTreeMap::new(),
        };
        for (number, workload) in (0..).zip(network.workloads()) {
            services.workloads.entry(workload.namespace).or_default().push(number);
        }
        for service in &inventory.facts.network.services {
            let key = (namespace_of(inventory, service.resource), inventory.resource(service.resource).name);
            services.by_name.insert(key, service);
        }
        for reach in &inventory.facts.traffic.services {
            let key = (namespace_of(inventory, reach.resource), inventory.resource(reach.resource).name);
            let addresses = reach.addresses.iter().filter_map(|address| inventory.symbols.text(*address).parse().ok());
            addresses.for_each(|address| {
                services.by_address.insert(address, key);
            });
        }
        for endpoints in &inventory.facts.network.endpoints {
            let key = (namespace_of(inventory, endpoints.resource), endpoints.service);
            let addresses = endpoints.addresses.iter();
            let parsed = addresses.filter_map(|(address, _)| inventory.symbols.text(*address).parse::<IpAddr>().ok());
            let ranges = parsed.map(|address| Range { first: address, last: address });
            services.endpoints.entry(key).or_default().extend(ranges);
        }
        services
    }

    pub(super) fn named(&self, namespace: Symbol, name: Symbol) -> Option<&'a ServiceFact> {
        self.by_name.get(&(namespace, name)).copied()
    }

    pub(super) fn at(&self, address: IpAddr) -> Option<&'a ServiceFact> {
        let (namespace, name) = *self.by_address.get(&address)?;
        self.named(namespace, name)
    }

    /// The addresses that are listed for a Service.
    pub(super) fn addresses(&self, namespace: Symbol, name: Symbol) -> &[Range] {
        self.endpoints.get(&(namespace, name)).map_or(&[], Vec::as_slice)
    }

    /// What is behind a port of a Service, or behind all of them. Behind a headless one that has no such port the port is
    /// that of the pods.
    pub(super) fn behind(&self, network: &Network<'_>, service: &ServiceFact, port: Option<(Protocol, u16)>) -> Behind {
        let mut behind = Behind::default();
        if service.kind == ServiceKind::ExternalName {
            return behind;
        }
        let is_meant = |own: &&model::inventory::ServicePortFact| {
            port.is_none_or(|(protocol, number)| own.protocol == protocol && own.port == Some(number))
        };
        let own: Vec<_> = service.ports.iter().filter(is_meant).collect();
        let direct =
            port.filter(|_| own.is_empty() && service.headless).map(|(protocol, port)| Ports::one(protocol, port));
        let namespace = namespace_of(network.inventory, service.resource);
        if service.selector.is_empty() {
            let name = network.inventory.resource(service.resource).name;
            let mut ports = direct.unwrap_or_default();
            for own in &own {
                if let Some(model::inventory::PortReference::Number(number)) = own.target {
                    ports.insert(own.protocol, number, number);
                }
            }
            behind.addresses.extend(self.addresses(namespace, name).iter().map(|range| (*range, ports.clone())));
            behind.addresses.retain(|(_, ports)| !ports.is_empty());
            return behind;
        }
        for &workload in self.workloads.get(&namespace).map_or(&[][..], Vec::as_slice) {
            let mut ports = Ports::none();
            for member in &network.workloads()[workload as usize].members {
                let fact = &network.inventory.facts.workloads[*member as usize];
                if !service.selector.matches(&fact.labels) {
                    continue;
                }
                for own in &own {
                    if let Some(target) = own.target {
                        ports = ports.union(&target_ports(fact, own.protocol, target));
                    }
                }
                if let Some(direct) = &direct {
                    ports = ports.union(direct);
                }
            }
            if !ports.is_empty() {
                behind.workloads.push((workload, ports));
            }
        }
        behind
    }
}
