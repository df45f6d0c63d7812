//! Who is meant by the sides of a rule that people wrote: endpoints, and of those outside the addresses.

pub(crate) mod ports;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use model::address::Block;
use model::exception::glob;
use model::inventory::{InstanceFact, NodeFact, ResourceId};
use model::network_rule::{Part, Party, PodChoice, Rule, Side};
use model::symbols::{Symbol, Symbols};

use crate::addresses::{Range, common, merge, public};
use crate::census::{Kind, Map, Workload};
use crate::network::{Endpoint, EndpointId, Identity, Network};

/// Endpoints; of those outside the addresses that are meant.
#[derive(Clone, Default)]
pub(crate) struct Chosen {
    pub(crate) endpoints: BTreeMap<EndpointId, Vec<Range>>,
}

/// The labels of pods by which rules tell them apart.
pub fn labels(rules: &[Rule], symbols: &Symbols) -> BTreeSet<Symbol> {
    let parts = rules.iter().flat_map(|rule| rule.demand.sides()).flat_map(|side| &side.parts);
    let choices = parts.filter_map(|part| match &part.who {
        Party::Pods(choice) => Some(choice),
        _ => None,
    });
    choices.flat_map(|choice| &choice.labels).map(|(key, _)| symbols.intern(key)).collect()
}

impl Network<'_> {
    /// Whoever a side means, and the parts of it that mean nobody.
    pub(crate) fn choose<'s>(&self, side: &'s Side) -> (Chosen, Vec<&'s Part>) {
        let mut chosen = Chosen::default();
        let mut empty = Vec::new();
        for part in &side.parts {
            let found = self.choose_part(&part.who);
            if found.endpoints.is_empty() {
                empty.push(part);
            }
            for (endpoint, ranges) in found.endpoints {
                let known = chosen.endpoints.entry(endpoint).or_default();
                known.extend(ranges);
                merge(known);
            }
        }
        (chosen, empty)
    }

    fn choose_part(&self, who: &Party) -> Chosen {
        let outside: Vec<Range> = match who {
            Party::Blocks(blocks) => blocks.iter().map(Range::of).collect(),
            Party::Internet => public(),
            _ => Vec::new(),
        };
        let mut chosen = Chosen::default();
        let instances: Map<ResourceId, &InstanceFact> = match who {
            Party::Blocks(_) => {
                let instances = self.inventory.facts.traffic.instances.iter();
                instances.map(|instance| (instance.resource, instance)).collect()
            }
            _ => Map::default(),
        };
        for (number, endpoint) in self.endpoints() {
            let ranges = match (&endpoint.identity, who) {
                // What has one of the addresses is meant, wherever it is.
                (Identity::Workload { .. } | Identity::Nodes(_), Party::Blocks(blocks)) => {
                    if self.has_address(number, blocks, &instances) {
                        chosen.endpoints.insert(number, Vec::new());
                    }
                    continue;
                }
                (Identity::Outside(own), Party::Blocks(_) | Party::Internet) => common(own, &outside),
                (Identity::Outside(own), Party::Outside | Party::Everybody) => own.clone(),
                (Identity::Outside(_), _) => Vec::new(),
                (Identity::Nodes(_), Party::Nodes | Party::Everybody) => {
                    chosen.endpoints.insert(number, Vec::new());
                    continue;
                }
                (Identity::Nodes(_), _) => Vec::new(),
                (Identity::Workload { workload, .. }, _) => {
                    if self.is_chosen(number, endpoint, &self.workloads()[*workload as usize], who) {
                        chosen.endpoints.insert(number, Vec::new());
                    }
                    continue;
                }
            };
            if !ranges.is_empty() {
                chosen.endpoints.insert(number, ranges);
            }
        }
        chosen
    }

    /// Whether pods, or nodes, are known to have an address in some blocks; of pods with addresses of both families each is
    /// held against its own.
    fn has_address(&self, number: EndpointId, blocks: &[Block], instances: &Map<ResourceId, &InstanceFact>) -> bool {
        let family = self.class(number).family;
        let is_in = |address: &Symbol| {
            let Ok(address) = self.inventory.symbols.text(*address).parse::<IpAddr>() else { return false };
            family.has(&address) && blocks.iter().any(|block| block.contains(address))
        };
        if let Identity::Nodes(names) = &self.get(number).identity {
            let nodes = self.inventory.facts.network.nodes.iter();
            let is_own = |node: &&NodeFact| {
                let name = self.inventory.symbols.text(self.inventory.resource(node.resource).name);
                names.contains(&name) && !self.config.without.contains(&node.resource)
            };
            return nodes.filter(is_own).flat_map(|node| &node.addresses).any(is_in);
        }
        let members = self.workload_of(number).map_or(&[][..], |workload| &workload.members);
        let of = |member: &u32| instances.get(&self.inventory.facts.workloads[*member as usize].resource);
        members.iter().filter_map(of).flat_map(|instance| &instance.addresses).any(is_in)
    }

    fn is_chosen(&self, number: EndpointId, endpoint: &Endpoint, workload: &Workload, who: &Party) -> bool {
        match who {
            Party::Cluster | Party::Everybody => true,
            Party::Nodes => endpoint.host_network,
            Party::Blocks(_) | Party::Internet | Party::Outside => false,
            Party::Pods(choice) => self.fits(number, workload, choice),
        }
    }

    fn fits(&self, number: EndpointId, workload: &Workload, choice: &PodChoice) -> bool {
        let text = |symbol| self.inventory.symbols.text(symbol);
        let namespace = text(workload.namespace);
        if !choice.namespaces.is_empty() && !choice.namespaces.iter().any(|pattern| glob(pattern, &namespace)) {
            return false;
        }
        if !choice.workloads.is_empty() {
            let (kind, name) = (text(workload.kind), text(workload.name));
            let names = [name.clone(), format!("{namespace}/{name}"), format!("{kind}/{namespace}/{name}")];
            if !choice.workloads.iter().any(|pattern| names.iter().any(|name| glob(pattern, name))) {
                return false;
            }
        }
        if !choice.namespace_labels.is_empty() {
            let known = self.census.namespace_index.get(&workload.namespace);
            let labels = known.map_or(&[][..], |number| &self.census.namespaces[*number as usize].labels);
            if !self.has(labels, &choice.namespace_labels) {
                return false;
            }
        }
        let class = self.class(number);
        match class.kind {
            _ if choice.labels.is_empty() => true,
            Kind::Pod => self.has(&class.labels, &choice.labels),
            // Pods on the network of their node are one class, whatever their labels are.
            Kind::HostPod | Kind::Node | Kind::OwnNode | Kind::Outside => workload.members.iter().any(|member| {
                let fact = &self.inventory.facts.workloads[*member as usize];
                fact.network.host_network && self.has(&fact.labels, &choice.labels)
            }),
        }
    }

    fn has(&self, labels: &[(Symbol, Symbol)], wanted: &[(String, Vec<String>)]) -> bool {
        let symbols = &self.inventory.symbols;
        wanted.iter().all(|(key, values)| {
            let Some(key) = symbols.find(key) else { return false };
            // A key that stands twice: the last one wins.
            let value = labels.iter().rev().find(|(own, _)| *own == key).map(|(_, value)| symbols.text(*value));
            value.is_some_and(|value| values.is_empty() || values.contains(&value))
        })
    }
}
