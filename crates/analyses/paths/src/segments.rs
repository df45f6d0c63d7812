//! Who may connect to what, in sets: workloads that policies do not tell apart share one, and what nothing protects is
//! one that all others point to. Pair by pair there would be as many edges as there are pairs.

use std::collections::{BTreeMap, BTreeSet};

use network::{Direction, EndpointId, Isolation, Network, Row};

use crate::vertex::Vertex;
use crate::world::World;

/// Something that a set holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listener {
    /// The number of the workload.
    pub workload: u32,
    /// Where it is likely connected to, such as `TCP 8080`; empty if it declares no port that is admitted.
    pub port: String,
}

/// A set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    /// The numbers of the workloads that may connect to all of it, in order.
    pub members: Vec<u32>,
    /// What it holds, beside what is in the open.
    pub listeners: Vec<Listener>,
    /// Whether what is in the open is a part of it.
    pub holds_open: bool,
    /// Whether policies limit what its members send.
    pub is_limited: bool,
}

/// All sets.
#[derive(Debug, Default)]
pub struct Segments {
    /// What no policy protects.
    pub open: Vec<Listener>,
    /// The others.
    pub all: Vec<Segment>,
}

/// Endpoints that policies do not tell apart.
struct Group {
    /// Each with its workloads; at least one.
    members: Vec<(EndpointId, Vec<u32>)>,
    /// Whether no policy protects them.
    in_the_open: bool,
}

impl Group {
    /// What it holds, and where it is likely connected to by the one whose row that is.
    fn listeners(&self, network: &Network<'_>, row: &Row<'_>) -> Vec<Listener> {
        let of_endpoint = |(endpoint, workloads): &(EndpointId, Vec<u32>)| {
            let port = port(network, *endpoint, &row.to(*endpoint));
            workloads.iter().map(move |&workload| Listener { workload, port: port.clone() }).collect::<Vec<_>>()
        };
        self.members.iter().flat_map(of_endpoint).collect()
    }
}

/// What groups hold on the ports on which somebody may connect to them, each with a number: few differ.
#[derive(Default)]
struct Heard {
    all: Vec<Vec<Listener>>,
    numbers: BTreeMap<Vec<Listener>, u32>,
    of_group: Vec<BTreeMap<Vec<u64>, u32>>,
    masks: Vec<u64>,
}

impl Heard {
    fn number(
        &mut self,
        group: usize,
        masks: impl Iterator<Item = u64>,
        listeners: impl FnOnce() -> Vec<Listener>,
    ) -> u32 {
        self.masks.clear();
        self.masks.extend(masks);
        if let Some(known) = self.of_group[group].get(&self.masks) {
            return *known;
        }
        let listeners = listeners();
        let number = *self.numbers.entry(listeners.clone()).or_insert_with(|| {
            self.all.push(listeners);
            self.all.len() as u32 - 1
        });
        self.of_group[group].insert(self.masks.clone(), number);
        number
    }
}

/// The number of what is in the open among the segments.
pub const OPEN: u32 = u32::MAX;

impl Segments {
    /// Finds them.
    pub(crate) fn new(world: &World<'_>) -> Self {
        let network = &world.network;
        let mut by_group: BTreeMap<u32, Vec<(EndpointId, Vec<u32>)>> = BTreeMap::new();
        for (endpoint, workloads) in world.endpoints() {
            by_group.entry(network.group_of(endpoint)).or_default().push((endpoint, workloads));
        }
        let is_open = |endpoint: EndpointId, direction| network.isolation(endpoint, direction) == Isolation::Open;
        let mut number_of: Vec<Option<u32>> = vec![None; network.behaviours()];
        for (group, number) in by_group.keys().zip(0..) {
            number_of[*group as usize] = Some(number);
        }
        // Every group asks of every other: what is asked of each is one look at a row.
        let groups: Vec<Group> = by_group
            .into_values()
            .map(|members| Group { in_the_open: is_open(members[0].0, Direction::Ingress), members })
            .collect();
        let in_the_open = groups.iter().filter(|group| group.in_the_open).count();
        let mut segments: BTreeMap<(bool, bool, Vec<u32>), Segment> = BTreeMap::new();
        let mut heard = Heard { of_group: groups.iter().map(|_| BTreeMap::new()).collect(), ..Heard::default() };
        let mut open: BTreeSet<Listener> = BTreeSet::new();
        for own in &groups {
            let source = own.members[0].0;
            let row = network.row(source);
            let reached =
                row.groups().filter_map(|behaviour| Some((behaviour, number_of[behaviour as usize]? as usize)));
            let reached: Vec<(u32, usize)> = reached.collect();
            let of_open = reached.iter().filter(|(_, group)| groups[*group].in_the_open).count();
            let holds_open = in_the_open > 0 && of_open == in_the_open;
            let is_hub = |(_, group): &&(u32, usize)| holds_open && groups[*group].in_the_open;
            if open.is_empty() {
                open.extend(
                    reached.iter().filter(is_hub).flat_map(|(_, group)| groups[*group].listeners(network, &row)),
                );
            }
            let rest = reached.iter().filter(|group| !is_hub(group));
            let mut held: Vec<u32> = rest
                .map(|(behaviour, group)| {
                    heard.number(*group, row.masks(*behaviour), || groups[*group].listeners(network, &row))
                })
                .collect();
            held.sort_unstable();
            let is_limited = !is_open(source, Direction::Egress);
            let segment = segments.entry((holds_open, is_limited, held)).or_insert_with_key(|(_, _, held)| {
                let listeners = held.iter().flat_map(|number| &heard.all[*number as usize]);
                let mut listeners: Vec<Listener> = listeners.cloned().collect();
                listeners.sort_unstable();
                Segment { members: Vec::new(), listeners, holds_open, is_limited }
            });
            segment.members.extend(own.members.iter().flat_map(|(_, workloads)| workloads));
        }
        let mut all: Vec<Segment> = segments.into_values().collect();
        for segment in &mut all {
            segment.members.sort_unstable();
            segment.members.dedup();
        }
        all.sort_by(|a, b| a.members.cmp(&b.members));
        Self { open: open.into_iter().collect(), all }
    }

    /// What it is called.
    pub(crate) fn name(&self, world: &World<'_>, number: u32) -> String {
        if number == OPEN {
            return "pods that no policy protects".to_owned();
        }
        let members = self.all.get(number as usize).map_or(&[][..], |segment| &segment.members);
        let Some((first, others)) = members.split_first() else { return String::new() };
        let first = Vertex::Workload(*first).name(world);
        match others.len() {
            0 => format!("what {first} may connect to"),
            others => format!("what {first} and {others} more may connect to"),
        }
    }
}

/// Where it is likely connected to.
fn port(network: &Network<'_>, to: EndpointId, admitted: &network::Ports) -> String {
    let likely = network.likely_port(to, admitted);
    likely.map(|(protocol, port)| format!("{} {port}", network::protocol_name(protocol))).unwrap_or_default()
}
