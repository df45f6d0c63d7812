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
    /// Which of what is in the open is a part of it.
    pub open: Option<u32>,
    /// Whether policies limit what its members send.
    pub is_limited: bool,
}

/// All sets.
#[derive(Debug, Default)]
pub struct Segments {
    /// What no policy protects: all of it first, then as much as those may connect to whose policies admit some ports.
    pub open: Vec<Vec<Listener>>,
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
            let admitted = row.to(*endpoint);
            let port = port(network, *endpoint, &admitted);
            // Nobody has said that something else listens there than what it declares.
            let is_missed = self.in_the_open && port.is_empty() && !admitted.is_all() && declares(network, *endpoint);
            let workloads = if is_missed { &[][..] } else { workloads };
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

/// What tells segments apart: the numbers of what is held in the open, none of them for all of it; whether what is sent is
/// limited; and the numbers of what else is held.
type Key = (Option<Vec<u32>>, bool, Vec<u32>);

/// Parts of what is in the open, each once.
#[derive(Default)]
struct Parts {
    all: Vec<Vec<Listener>>,
    numbers: BTreeMap<Vec<Listener>, u32>,
}

impl Parts {
    /// The number of a part; the whole has the first.
    fn insert_full(&mut self, part: Vec<Listener>) -> u32 {
        *self.numbers.entry(part).or_insert_with_key(|part| {
            self.all.push(part.clone());
            self.all.len() as u32
        })
    }
}

impl Heard {
    /// All that sets of these numbers hold, in order.
    fn listeners(&self, numbers: &[u32]) -> Vec<Listener> {
        let all: BTreeSet<&Listener> = numbers.iter().flat_map(|number| &self.all[*number as usize]).collect();
        all.into_iter().cloned().collect()
    }

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

/// The number of all that is in the open among the segments; parts of it have the numbers below.
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
        let mut segments: BTreeMap<Key, Segment> = BTreeMap::new();
        let mut heard = Heard { of_group: groups.iter().map(|_| BTreeMap::new()).collect(), ..Heard::default() };
        let mut open: BTreeSet<Listener> = BTreeSet::new();
        let mut parts = Parts::default();
        for own in &groups {
            let source = own.members[0].0;
            let row = network.row(source);
            let reached =
                row.groups().filter_map(|behaviour| Some((behaviour, number_of[behaviour as usize]? as usize)));
            let reached: Vec<(u32, usize)> = reached.collect();
            let is_limited = !is_open(source, Direction::Egress);
            let (of_open, rest): (Vec<_>, Vec<_>) = reached.iter().partition(|(_, group)| groups[*group].in_the_open);
            // Who sends what it likes reaches the open on every port; others on what their policies let out.
            let is_whole = in_the_open > 0
                && of_open.len() == in_the_open
                && (!is_limited || of_open.iter().all(|(_, group)| row.to(groups[*group].members[0].0).is_all()));
            if is_whole && open.is_empty() {
                open.extend(of_open.iter().flat_map(|(_, group)| groups[*group].listeners(network, &row)));
            }
            let mut numbers = |of: &[(u32, usize)]| {
                let number = |(behaviour, group): &(u32, usize)| {
                    heard.number(*group, row.masks(*behaviour), || groups[*group].listeners(network, &row))
                };
                let mut numbers: Vec<u32> = of.iter().map(number).collect();
                numbers.sort_unstable();
                numbers.dedup();
                numbers
            };
            let open_part =
                if is_whole { Some(Vec::new()) } else { Some(numbers(&of_open)).filter(|all| !all.is_empty()) };
            let held = numbers(&rest);
            let segment = segments.entry((open_part, is_limited, held)).or_insert_with_key(|(open_part, _, held)| {
                let open = open_part
                    .as_ref()
                    .map(|part| if part.is_empty() { 0 } else { parts.insert_full(heard.listeners(part)) });
                Segment { members: Vec::new(), listeners: heard.listeners(held), open, is_limited }
            });
            segment.members.extend(own.members.iter().flat_map(|(_, workloads)| workloads));
        }
        let mut all: Vec<Segment> = segments.into_values().collect();
        let mut open = vec![open.into_iter().collect::<Vec<_>>()];
        open.extend(parts.all);
        for segment in &mut all {
            segment.members.sort_unstable();
            segment.members.dedup();
        }
        all.sort_by(|a, b| a.members.cmp(&b.members));
        Self { open, all }
    }

    /// What it is called.
    pub(crate) fn name(&self, world: &World<'_>, number: u32) -> String {
        if number == OPEN {
            return "pods that no policy protects".to_owned();
        }
        if OPEN - number < self.open.len() as u32 {
            return "pods that no policy protects, on ports that are let out".to_owned();
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

/// Whether it says on which ports it listens.
fn declares(network: &Network<'_>, endpoint: EndpointId) -> bool {
    network.likely_port(endpoint, &network::Ports::all()).is_some()
}

/// Where it is likely connected to.
fn port(network: &Network<'_>, to: EndpointId, admitted: &network::Ports) -> String {
    let likely = network.likely_port(to, admitted);
    likely.map(|(protocol, port)| format!("{} {port}", network::protocol_name(protocol))).unwrap_or_default()
}
