//! The same objects under other assumptions: where the answer depends on the plugin, it says on what.

use std::collections::BTreeMap;

use model::inventory::{BlockReach, Inventory, ResourceId, TrafficPolicyKind, Who};

use model::symbols::Symbol;

use crate::census::{Map, namespace_of};
use crate::compile::is_enforced;
use crate::config::{AdminTiers, Alternative, BlockMatching, Config, Enforcement, LAST_ONE_STAYS};
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
        let others = others.chain(replaced(inventory, config));
        Self { others: others.collect(), ..Self::assumed(inventory, config) }
    }

    /// The network as assumed, of a plugin that is known: addresses that nobody knows may still be anywhere.
    pub fn known(inventory: &'a Inventory, config: &Config) -> Self {
        let assumed = Self::assumed(inventory, config);
        let [.., matters] = relevant(inventory, config);
        let [.., Alternative { condition, config }] = config.alternatives();
        let is_open = matters && assumed.base.has_unknown_addresses();
        let others = is_open.then(|| (condition, Network::new(inventory, &config)));
        let others = others.into_iter().chain(replaced(inventory, &assumed.base.config));
        Self { others: others.collect(), ..assumed }
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

    /// Calls `see` with every pair of which the answer is another under a condition, and the ports then. Pairs that are
    /// alike are compared once.
    pub fn each_dependence(&self, see: &mut dyn FnMut(EndpointId, EndpointId, &Dependence)) {
        let mut found: Vec<(EndpointId, usize, EndpointId, Dependence)> = Vec::new();
        for (number, (condition, other)) in self.others.iter().enumerate() {
            let same = Same::new(other);
            let mut classes: BTreeMap<(u32, u32), (EndpointId, Vec<EndpointId>)> = BTreeMap::new();
            for (own, _) in self.base.endpoints() {
                let Some(there) = same.of(&self.base, own) else { continue };
                let key = (self.base.group_of(own), other.group_of(there));
                classes.entry(key).or_insert_with(|| (there, Vec::new())).1.push(own);
            }
            let mut known: Map<Box<[u64]>, Option<Ports>> = Map::default();
            let mut key = Vec::new();
            for (there, sources) in classes.values() {
                let Some(&source) = sources.first() else { continue };
                let (row, row_there) = (self.base.row(source), other.row(*there));
                for (&(group, group_there), (to_there, targets)) in &classes {
                    key.clear();
                    key.extend(row.masks(group));
                    key.extend(row_there.masks(group_there));
                    let ports = match known.get(&*key) {
                        Some(known) => known,
                        None => {
                            let ports = row_there.to(*to_there);
                            let is_same = targets.first().is_none_or(|target| row.to(*target) == ports);
                            known.entry(key.as_slice().into()).or_insert((!is_same).then_some(ports))
                        }
                    };
                    let Some(ports) = ports else { continue };
                    for &from in sources {
                        let dependence =
                            |to: &EndpointId| (from, number, *to, Dependence { condition, ports: ports.clone() });
                        found.extend(targets.iter().map(dependence));
                    }
                }
            }
        }
        found.sort_by_key(|(from, number, to, _)| (*from, *number, *to));
        found.iter().for_each(|(from, _, to, dependence)| see(*from, *to, dependence));
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

/// The endpoints of a network by their names: for whoever asks for many of another.
pub(crate) struct Same<'n, 'a> {
    network: &'n Network<'a>,
    named: Map<&'n str, EndpointId>,
}

impl<'n, 'a> Same<'n, 'a> {
    pub(crate) fn new(network: &'n Network<'a>) -> Self {
        let named = network.endpoints().map(|(number, endpoint)| (endpoint.name.as_str(), number));
        Self { network, named: named.collect() }
    }

    /// The endpoint that one of another network is here: by name, or by one of its addresses.
    pub(crate) fn of(&self, other: &Network<'_>, endpoint: EndpointId) -> Option<EndpointId> {
        let known = other.get(endpoint);
        match &known.identity {
            Identity::Outside(ranges) => self.network.outside_of(ranges.first()?.first),
            Identity::Workload { .. } | Identity::Nodes(_) => self.named.get(known.name.as_str()).copied(),
        }
    }
}

/// The network without those of several policies with one name that come before the last, if there are such.
fn replaced<'a>(inventory: &'a Inventory, config: &Config) -> Option<(&'static str, Network<'a>)> {
    let mut last: BTreeMap<(Symbol, Symbol, Symbol), ResourceId> = BTreeMap::new();
    let mut without = config.without.clone();
    for policy in inventory.facts.traffic.policies.iter().filter(|policy| is_enforced(policy, config)) {
        let object = inventory.resource(policy.resource);
        let key = (object.kind, namespace_of(inventory, policy.resource), object.name);
        without.extend(last.insert(key, policy.resource).filter(|before| *before != policy.resource));
    }
    let is_more = without.len() > config.without.len();
    is_more.then(|| (LAST_ONE_STAYS, Network::new(inventory, &Config { without, ..config.clone() })))
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
