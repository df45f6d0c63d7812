//! Endpoints by the names that users give them.

use std::net::IpAddr;

use model::address::Block;
use model::inventory::Protocol;
use model::symbols::Symbol;

use crate::addresses::Range;
use crate::census::Family;
use crate::network::{EndpointId, Identity, Network};
use crate::ports::Ports;

/// Why a name means no endpoint, or too many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FindError {
    /// Nobody has that name. Those that have one like it.
    Nobody(Vec<String>),
    /// Several have it.
    Several(Vec<String>),
}

/// An address of IPv4 and one of IPv6 that belong to nobody's own network, and stand for the internet.
pub const INTERNET: [&str; 2] = ["1.1.1.1", "2606:4700:4700::1111"];

impl Network<'_> {
    /// The endpoints that a name means: `namespace/name`, `namespace/name[Kind]`, `Kind/namespace/name`, a name that one
    /// workload has, an address, a block of them, `internet`, `nodes` or `node NAME`. Those of one workload that policies tell apart are
    /// all meant, unless the name has their note.
    ///
    /// # Errors
    /// A name that nobody or more than one has.
    pub fn find(&self, name: &str) -> Result<Vec<EndpointId>, FindError> {
        if name == "internet" {
            return Ok(self.internet());
        }
        if let Ok(address) = name.parse() {
            let pods = self.at_address(address);
            return Ok(if pods.is_empty() { self.outside_of(address).into_iter().collect() } else { pods });
        }
        if let Some(block) = Block::parse(name).filter(|_| name.contains('/')) {
            return Ok(self.outside_in(Range::of(&block)));
        }
        let exact: Vec<EndpointId> =
            self.endpoints().filter(|(_, endpoint)| endpoint.name == name).map(|(number, _)| number).collect();
        if !exact.is_empty() {
            return Ok(exact);
        }
        let found: Vec<(EndpointId, u32)> = self
            .endpoints()
            .filter_map(|(number, endpoint)| match endpoint.identity {
                Identity::Workload { workload, .. } => self.is_named(workload, name).then_some((number, workload)),
                Identity::Nodes(ref names) => {
                    (name == "nodes" || names.iter().any(|node| node == name)).then_some((number, u32::MAX))
                }
                Identity::Outside(_) => None,
            })
            .collect();
        let mut meant: Vec<u32> = found.iter().map(|(_, workload)| *workload).collect();
        meant.dedup();
        match meant.len() {
            0 => Err(FindError::Nobody(self.like(name))),
            1 => Ok(found.into_iter().map(|(number, _)| number).collect()),
            _ => Err(FindError::Several(found.iter().map(|(number, _)| self.get(*number).name.clone()).collect())),
        }
    }

    /// The pods or nodes that are known to have an address.
    fn at_address(&self, address: IpAddr) -> Vec<EndpointId> {
        let facts = &self.inventory().facts;
        let has = |addresses: &[Symbol]| {
            addresses.iter().any(|own| self.inventory().symbols.text(*own).parse() == Ok(address))
        };
        let instances = facts.traffic.instances.iter().filter(|instance| !instance.ended && has(&instance.addresses));
        let is_of_family = |endpoint: &EndpointId| match self.class(*endpoint).family {
            Family::Any => true,
            Family::V4 => address.is_ipv4(),
            Family::V6 => address.is_ipv6(),
        };
        let pods = instances.flat_map(|instance| self.endpoints_of(instance.resource)).filter(is_of_family);
        let mut found: Vec<EndpointId> = pods.collect();
        if let Some(node) = facts.network.nodes.iter().find(|node| found.is_empty() && has(&node.addresses)) {
            let name = self.inventory().symbols.text(self.inventory().resource(node.resource).name);
            let is = |identity: &Identity| matches!(identity, Identity::Nodes(names) if names.contains(&name));
            found.extend(self.endpoints().filter(|(_, endpoint)| is(&endpoint.identity)).map(|(number, _)| number));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The endpoints outside that have addresses of a range.
    fn outside_in(&self, range: Range) -> Vec<EndpointId> {
        let is_in = |identity: &Identity| match identity {
            Identity::Outside(ranges) => ranges.iter().any(|own| own.overlaps(&range)),
            Identity::Workload { .. } | Identity::Nodes(_) => false,
        };
        self.endpoints().filter(|(_, endpoint)| is_in(&endpoint.identity)).map(|(number, _)| number).collect()
    }

    /// The ports that containers of pods call by a name.
    pub fn ports_named(&self, endpoint: EndpointId, name: &str, protocol: Option<Protocol>) -> Ports {
        let mut ports = Ports::none();
        let members = self.workload_of(endpoint).map_or(&[][..], |workload| &workload.members);
        for member in members {
            let own = self.inventory().facts.workloads[*member as usize].network.ports.iter().filter(|port| port.stays);
            for port in own.filter(|port| protocol.is_none_or(|wanted| wanted == port.protocol)) {
                if let Some(number) = port.number.filter(|_| self.inventory().symbols.text(port.name) == name) {
                    ports.insert(port.protocol, number, number);
                }
            }
        }
        ports
    }

    /// The endpoints outside that public addresses are in.
    pub fn internet(&self) -> Vec<EndpointId> {
        let addresses = INTERNET.iter().filter_map(|address| address.parse().ok());
        let mut found: Vec<EndpointId> = addresses.filter_map(|address| self.outside_of(address)).collect();
        found.dedup();
        found
    }

    fn is_named(&self, workload: u32, name: &str) -> bool {
        let workload = &self.workloads()[workload as usize];
        let text = |symbol| self.inventory().symbols.text(symbol);
        let (kind, namespace, own) = (text(workload.kind), text(workload.namespace), text(workload.name));
        let parts: Vec<&str> = name.split('/').collect();
        match *parts {
            [only] => only == own,
            [first, second] => {
                let is_kind = first.eq_ignore_ascii_case(&kind) && second == own;
                let bare = second.split('[').next().unwrap_or(second);
                let named = second == own || (bare == own && second == format!("{own}[{kind}]"));
                is_kind || (first == namespace && named)
            }
            [first, second, third] => first.eq_ignore_ascii_case(&kind) && second == namespace && third == own,
            _ => false,
        }
    }

    /// Names that share a part with a name that nobody has.
    fn like(&self, name: &str) -> Vec<String> {
        let wanted = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
        let near = |candidate: &str| {
            let own = candidate.rsplit('/').next().unwrap_or(candidate).split('[').next().unwrap_or(candidate);
            own.contains(&*wanted)
                || wanted.contains(own)
                || model::nearest::nearest(&wanted, [own].into_iter()).is_some()
        };
        let pods = self.endpoints().filter(|(number, _)| self.is_pod(*number));
        let names = pods.map(|(_, endpoint)| endpoint.name.clone()).filter(|candidate| near(candidate));
        names.take(5).collect()
    }
}
