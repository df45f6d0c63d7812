//! Which ports a rule that people wrote means, at each of those that are connected to: names are what their pods call them.

use model::inventory::Protocol;
use model::network_rule::PortSet;

use crate::census::Map;
use crate::check::Unfounded;
use crate::network::{EndpointId, Network};
use crate::ports::Ports;

/// The ports that a rule asks for.
pub(crate) struct Asked {
    /// Those by number, or all.
    numbers: Ports,
    /// What names mean, for those that are connected to and have them: with the numbers, of any of their pods, and of all.
    named: Map<EndpointId, (u32, Ports, Ports)>,
    /// Names that none of them has.
    nowhere: Vec<Unfounded>,
}

impl Asked {
    /// The ports at a destination.
    pub(crate) fn at(&self, to: EndpointId) -> &Ports {
        self.named.get(&to).map_or(&self.numbers, |(_, any, _)| any)
    }

    /// Those that all pods of a destination mean: what one calls so is no leave for the same number of another.
    pub(crate) fn shared_at(&self, to: EndpointId) -> &Ports {
        self.named.get(&to).map_or(&self.numbers, |(_, _, all)| all)
    }

    /// Destinations of one kind have the same ports.
    pub(crate) fn kind(&self, to: EndpointId) -> u32 {
        self.named.get(&to).map_or(0, |(kind, ..)| *kind)
    }

    /// Whether all ports of all protocols are meant.
    pub(crate) fn is_all(&self) -> bool {
        self.numbers.is_all()
    }

    /// Names that none of the destinations has.
    pub(crate) fn nowhere(&self) -> impl Iterator<Item = Unfounded> {
        self.nowhere.iter().cloned()
    }
}

impl Network<'_> {
    /// The ports that are meant at each of those that are connected to.
    pub(crate) fn ports_at<'e>(&self, ports: &PortSet, to: impl Iterator<Item = &'e EndpointId>) -> Asked {
        let mut numbers = if ports.is_all() { Ports::all() } else { Ports::none() };
        ports.ranges.iter().for_each(|range| numbers.insert(range.protocol, range.first, range.last));
        let mut asked = Asked { numbers, named: Map::default(), nowhere: Vec::new() };
        if ports.names.is_empty() {
            return asked;
        }
        let mut kinds: Map<(Ports, Ports), u32> = Map::default();
        let mut is_somewhere = vec![false; ports.names.len()];
        for &to in to {
            let Some(workload) = self.workload_of(to) else { continue };
            let mut any = asked.numbers.clone();
            let mut all: Option<Ports> = None;
            for member in &workload.members {
                let mut own = asked.numbers.clone();
                for (name, is_somewhere) in ports.names.iter().zip(&mut is_somewhere) {
                    for (protocol, number) in self.named(*member, &name.name) {
                        if name.protocol.is_none_or(|wanted| wanted == protocol) {
                            own.insert(protocol, number, number);
                            *is_somewhere = true;
                        }
                    }
                }
                any = any.union(&own);
                all = Some(all.map_or_else(|| own.clone(), |all| all.intersection(&own)));
            }
            let all = all.unwrap_or_default();
            let next = kinds.len() as u32 + 1;
            let kind = *kinds.entry((any.clone(), all.clone())).or_insert(next);
            asked.named.insert(to, (kind, any, all));
        }
        let missing = ports.names.iter().zip(is_somewhere).filter(|(_, is_somewhere)| !is_somewhere);
        asked.nowhere =
            missing.map(|(name, _)| Unfounded { name: format!("the port {}", name.name), line: name.line }).collect();
        asked
    }

    /// What containers of a pod that stay call so.
    fn named<'n>(&'n self, member: u32, name: &str) -> impl Iterator<Item = (Protocol, u16)> + 'n {
        let name = self.inventory.symbols.find(name);
        let ports = self.inventory.facts.workloads[member as usize].network.ports.iter();
        let named = ports.filter(move |port| port.stays && Some(port.name) == name);
        named.filter_map(|port| Some((port.protocol, port.number?)))
    }
}
