//! The same objects under other assumptions: where the answer depends on the plugin, it says on what.

use model::inventory::{BlockReach, Inventory, TrafficPolicyKind, Who};

use crate::config::{AdminTiers, Alternative, BlockMatching, Config, Enforcement};
use crate::network::{EndpointId, Identity, Network};
use crate::ports::Ports;

/// A network, and what it would be under other assumptions.
pub struct Worlds<'a> {
    /// As assumed.
    pub base: Network<'a>,
    /// Under one assumption changed, with what that is.
    pub others: Vec<(&'static str, Network<'a>)>,
    /// What is certain of the base, where policies of equal priority contradict each other.
    pub certain: Option<Network<'a>>,
}

/// Another answer, and the condition under which it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependence {
    /// The condition, as a clause.
    pub condition: &'static str,
    /// The ports that are admitted then.
    pub ports: Ports,
}

impl<'a> Worlds<'a> {
    /// The network as assumed, and under each assumption changed that may matter for these objects.
    pub fn new(inventory: &'a Inventory, config: &Config) -> Self {
        let matters = relevant(inventory, config);
        let alternatives = config.alternatives().into_iter().zip(matters).filter(|(_, matters)| *matters);
        let others = alternatives.map(|(Alternative { condition, config }, _)| {
            let network = Network::new(inventory, &config);
            (condition, network)
        });
        Self { others: others.collect(), ..Self::assumed(inventory, config) }
    }

    /// The network as assumed, of a plugin that is known: addresses that nobody knows may still be anywhere.
    pub fn known(inventory: &'a Inventory, config: &Config) -> Self {
        let assumed = Self::assumed(inventory, config);
        let [.., matters] = relevant(inventory, config);
        let [.., Alternative { condition, config }] = config.alternatives();
        let is_open = matters && assumed.base.has_unknown_addresses();
        let others = is_open.then(|| (condition, Network::new(inventory, &config)));
        Self { others: others.into_iter().collect(), ..assumed }
    }

    /// The network as assumed alone.
    pub fn assumed(inventory: &'a Inventory, config: &Config) -> Self {
        let base = Network::new(inventory, config);
        Self { certain: base.without_doubts(), base, others: Vec::new() }
    }

    /// Calls `see` with every pair of which policies of equal priority decide, and the ports that are in doubt.
    pub fn doubts(&self, see: &mut dyn FnMut(EndpointId, EndpointId, &Ports)) {
        let Some(certain) = &self.certain else { return };
        self.base.rows(&mut |from, row| {
            let sure = certain.row(from);
            for (to, _) in self.base.endpoints() {
                if row.differs(&sure, to) && self.base.exempt(from, to).is_none() {
                    see(from, to, &row.to(to).without(&sure.to(to)));
                }
            }
        });
    }

    /// The answers that differ from the base.
    pub fn dependences(&self, from: EndpointId, to: EndpointId) -> Vec<Dependence> {
        let base = self.base.connections(from, to);
        let others = self.others.iter().filter_map(|(condition, network)| {
            let (from, to) = (self.same(network, from)?, self.same(network, to)?);
            let ports = network.connections(from, to);
            (ports != base).then_some(Dependence { condition, ports })
        });
        others.collect()
    }

    /// The endpoint of another world that an endpoint is there.
    pub fn same(&self, other: &Network<'_>, endpoint: EndpointId) -> Option<EndpointId> {
        same(&self.base, other, endpoint)
    }
}

/// The endpoint of another network that an endpoint is there: by name, or by one of its addresses.
pub(crate) fn same(own: &Network<'_>, other: &Network<'_>, endpoint: EndpointId) -> Option<EndpointId> {
    let known = own.get(endpoint);
    if let Identity::Outside(ranges) = &known.identity {
        return other.outside_of(ranges.first()?.first);
    }
    // The same place is right nearly always.
    let near = other.endpoints.get(endpoint.0 as usize).filter(|near| near.name == known.name);
    near.map(|_| endpoint).or_else(|| other.endpoints().find(|(_, found)| found.name == known.name).map(|(id, _)| id))
}

/// Which of the alternatives of a configuration may change anything.
fn relevant(inventory: &Inventory, config: &Config) -> [bool; 5] {
    let policies = &inventory.facts.traffic.policies;
    if config.dialect.enforcement == Enforcement::Absent {
        return [false; 5];
    }
    let mut found = [false; 5];
    let host = inventory.facts.workloads.iter().any(|workload| workload.network.host_network);
    found[1] = host && !policies.is_empty();
    for policy in policies {
        found[3] |= config.dialect.admin != AdminTiers::Ignored
            && matches!(policy.kind, TrafficPolicyKind::AdminNetworkPolicy | TrafficPolicyKind::ClusterNetworkPolicy);
        for rule in [&policy.ingress, &policy.egress].into_iter().flatten().flat_map(|direction| &direction.rules) {
            found[2] |= rule.ports.iter().flatten().any(|port| port.end.is_some());
            for peer in rule.peers.iter().flatten() {
                let Who::Block { block, except, reach } = &peer.who else { continue };
                found[0] |= *reach == BlockReach::Plugin && config.dialect.blocks == BlockMatching::Anything;
                let partial = !block.is_everything() || !except.is_empty();
                found[4] |= partial
                    && (*reach == BlockReach::Anything
                        || *reach == BlockReach::Plugin && config.dialect.blocks != BlockMatching::OutsideOnly);
            }
        }
    }
    found
}
