//! What attackers look for beside workloads: the metadata services of clouds, and the kubelets of nodes.
//!
//! One place says where they answer, and who reaches them, over IPv4 and over IPv6.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use model::address::Block;
use model::inventory::{Protocol, ResourceId};
use model::symbols::Symbol;

use crate::census::Kind;
use crate::compile::Direction;
use crate::evaluate::Scratch;
use crate::network::{EndpointId, Identity, Network};

/// A service of a cloud that answers whoever asks from a machine of it.
#[derive(Debug, PartialEq, Eq)]
pub struct MetadataService {
    /// Its address.
    pub address: &'static str,
    /// Whose it is, as `providerID` of a node calls them; none means that many have it.
    pub providers: &'static [&'static str],
    /// What it gives.
    pub gives: &'static str,
}

/// Where clouds hand out what a machine is, and its credentials. Sources: the documentation of the providers.
pub static METADATA_SERVICES: &[MetadataService] = &[
    MetadataService { address: "169.254.169.254", providers: &[], gives: "credentials of the node" },
    MetadataService { address: "fd00:ec2::254", providers: &["aws"], gives: "credentials of the node" },
    MetadataService { address: "fd20:ce::254", providers: &["gce"], gives: "credentials of the node" },
    MetadataService { address: "fd00:c1::a9fe:a9fe", providers: &["oci"], gives: "credentials of the node" },
    MetadataService {
        address: "168.63.129.16",
        providers: &["azure"],
        gives: "settings of the node, secrets among them",
    },
    MetadataService { address: "100.100.100.200", providers: &["alicloud"], gives: "credentials of the node" },
    MetadataService { address: "fd00:42::42", providers: &["scaleway"], gives: "data of the node" },
    MetadataService { address: "169.254.42.42", providers: &["scaleway"], gives: "data of the node" },
];

/// The port on which they answer.
pub const METADATA_PORT: u16 = 80;

/// Where kubelets answer: with authentication, and the old port without.
pub const KUBELET_PORTS: [u16; 2] = [10250, 10255];

/// A metadata service that pods reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Which.
    pub service: &'static MetadataService,
    /// Whether the pods have an address of its family; not known where nothing shows any.
    pub family: FamilyKnown,
}

/// Whether pods are known to have addresses of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FamilyKnown {
    /// They have.
    Yes,
    /// Nothing says so, or the opposite.
    Unknown,
}

impl MetadataService {
    /// Whether machines of a provider have it.
    pub fn is_of(&self, provider: &str) -> bool {
        self.providers.is_empty() || self.providers.contains(&provider)
    }

    /// Its address.
    pub fn ip(&self) -> Option<IpAddr> {
        self.address.parse().ok()
    }
}

impl Network<'_> {
    /// The metadata services that there may be: the address that many clouds have, and those of the clouds whose machines
    /// the nodes are.
    pub fn metadata_services(&self) -> Vec<&'static MetadataService> {
        let nodes = self.inventory.facts.network.nodes.iter();
        let providers: BTreeSet<String> = nodes.map(|node| self.inventory.symbols.text(node.provider)).collect();
        let is_here = |service: &&MetadataService| {
            service.providers.is_empty() || providers.iter().any(|provider| service.is_of(provider))
        };
        METADATA_SERVICES.iter().filter(is_here).collect()
    }

    /// The metadata services that pods reach, as far as policies go: over IPv4, and over IPv6 unless they have no address
    /// of that. Of pods that reach none nothing is said.
    pub fn metadata_reached(&self) -> BTreeMap<EndpointId, Vec<Reached>> {
        let families = Families::new(self);
        let mut found: BTreeMap<EndpointId, Vec<Reached>> = BTreeMap::new();
        for service in METADATA_SERVICES {
            let Some(address) = service.ip() else { continue };
            let Some(outside) = self.outside_of(address) else { continue };
            for endpoint in self.reaching(outside, &[METADATA_PORT]) {
                let family = match address.is_ipv4() {
                    true => Some(FamilyKnown::Yes),
                    false => families.of(self, endpoint),
                };
                if let Some(family) = family {
                    found.entry(endpoint).or_default().push(Reached { service, family });
                }
            }
        }
        found
    }

    /// The pods that reach the kubelet of some node.
    pub fn kubelets_reached(&self) -> Vec<EndpointId> {
        let nodes = self.endpoints().filter(|(_, endpoint)| matches!(endpoint.identity, Identity::Nodes(_)));
        let mut found: Vec<EndpointId> = nodes.flat_map(|(node, _)| self.reaching(node, &KUBELET_PORTS)).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The pods that reach the kubelet of the node that they run on: where the plugin follows the API, all of them.
    pub fn own_kubelets_reached(&self) -> Vec<EndpointId> {
        let pods = self.endpoints().map(|(number, _)| number);
        let pods = pods.filter(|number| self.class(*number).kind == Kind::Pod);
        pods.filter(|pod| {
            let ports = self.own_node_ports(*pod, Direction::Egress);
            KUBELET_PORTS.iter().any(|port| ports.contains(Protocol::Tcp, *port))
        })
        .collect()
    }

    /// The pods that may connect to somebody on one of some ports of TCP.
    fn reaching(&self, to: EndpointId, ports: &[u16]) -> Vec<EndpointId> {
        let column = self.compiled.lines(Direction::Ingress, self.group_of(to), &mut Scratch::default());
        let atoms: Vec<(usize, u64)> =
            ports.iter().filter_map(|port| self.compiled.atoms.atom_of(Protocol::Tcp, *port)).collect();
        let reaches = |endpoint: &EndpointId| {
            let group = self.group_of(*endpoint) as usize;
            atoms.iter().any(|(page, bit)| column[*page][group] & bit != 0)
        };
        let pods = self.endpoints().map(|(number, _)| number).filter(|number| self.is_pod(*number));
        pods.filter(reaches).collect()
    }
}

/// Who has addresses of IPv6, as far as addresses are known.
struct Families {
    /// Of pods whose addresses are known, whether one is of IPv6.
    pods: BTreeMap<ResourceId, bool>,
    /// The same of the cluster.
    cluster: Option<bool>,
}

impl Families {
    fn new(network: &Network<'_>) -> Self {
        let facts = &network.inventory.facts;
        let of = |addresses: &[Symbol]| {
            let parsed = addresses.iter().filter_map(|address| network.inventory.symbols.text(*address).parse().ok());
            any_v6(parsed.map(|address: IpAddr| address.is_ipv6()))
        };
        let instances = facts.traffic.instances.iter();
        let pods: BTreeMap<ResourceId, bool> =
            instances.filter_map(|instance| Some((instance.resource, of(&instance.addresses)?))).collect();
        let of_nodes = facts.network.nodes.iter().filter_map(|node| of(&node.addresses));
        let blocks = network.config.pod_blocks.iter().map(Block::is_v6);
        let cluster = any_v6(pods.values().copied().chain(of_nodes).chain(blocks));
        Self { pods, cluster }
    }

    /// Whether pods have addresses of IPv6: their own say so, or else those of others. None if they have not.
    fn of(&self, network: &Network<'_>, endpoint: EndpointId) -> Option<FamilyKnown> {
        let members = network.workload_of(endpoint).map_or(&[][..], |workload| &workload.members);
        let resources = members.iter().map(|member| network.inventory.facts.workloads[*member as usize].resource);
        let own = any_v6(resources.filter_map(|resource| self.pods.get(&resource).copied()));
        match own.or(self.cluster) {
            Some(true) => Some(FamilyKnown::Yes),
            Some(false) => None,
            None => Some(FamilyKnown::Unknown),
        }
    }
}

/// Whether some are of IPv6; none if there are none.
fn any_v6(mut are_v6: impl Iterator<Item = bool>) -> Option<bool> {
    let first = are_v6.next()?;
    Some(first || are_v6.any(|is_v6| is_v6))
}
