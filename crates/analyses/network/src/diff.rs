//! What changes between two networks: connections, restrictions and ways in that are gained and lost.

use std::collections::BTreeMap;

use crate::addresses::Range;
use crate::compile::Direction;
use crate::exposure::{Answer, Entry, Way};
use crate::network::{EndpointId, Identity, Isolation, Network};
use crate::ports::Ports;

/// Ports on which one may connect to the other, gained or lost.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Who connects.
    pub from: String,
    /// Who is connected to.
    pub to: String,
    /// The ports.
    pub ports: Ports,
}

/// A way in that is gained or lost.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Door {
    /// The workload.
    pub workload: String,
    /// How.
    pub way: Way,
    /// What is connected to.
    pub door: String,
    /// The ports at the pods.
    pub ports: Ports,
}

/// Pods that were restricted and are open, or the other way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Turn {
    /// The workload.
    pub workload: String,
    /// Which direction.
    pub direction: Direction,
    /// Whether it is open now.
    pub opened: Opened,
}

/// What became of a restriction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Opened {
    /// It is gone.
    Yes,
    /// It is new.
    No,
}

/// What changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Connections that are possible now.
    pub gained: Vec<Change>,
    /// Connections that no longer are.
    pub lost: Vec<Change>,
    /// Ways in that are open now.
    pub doors_gained: Vec<Door>,
    /// Ways in that no longer are.
    pub doors_lost: Vec<Door>,
    /// Pods whose restriction came or went.
    pub turned: Vec<Turn>,
    /// Workloads that are new.
    pub appeared: Vec<String>,
    /// Workloads that are gone.
    pub vanished: Vec<String>,
}

impl Difference {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether something is open that was not.
    pub fn opens(&self) -> bool {
        !self.gained.is_empty() || !self.doors_gained.is_empty()
    }
}

/// An endpoint of one or both networks.
struct Both {
    name: String,
    before: Option<EndpointId>,
    after: Option<EndpointId>,
}

/// What changes from one network to another.
pub fn diff(before: &Network<'_>, after: &Network<'_>) -> Difference {
    let all = matched(before, after);
    let mut difference = Difference::default();
    connections(before, after, &all, &mut difference);
    doors(before, after, &mut difference);
    for both in &all {
        match (both.before, both.after) {
            (Some(old), Some(new)) => {
                for direction in [Direction::Ingress, Direction::Egress] {
                    let opened = match (before.isolation(old, direction), after.isolation(new, direction)) {
                        (Isolation::Restricted, Isolation::Open) => Opened::Yes,
                        (Isolation::Open, Isolation::Restricted) => Opened::No,
                        _ => continue,
                    };
                    difference.turned.push(Turn { workload: both.name.clone(), direction, opened });
                }
            }
            (Some(old), None) if before.is_pod(old) => difference.vanished.push(both.name.clone()),
            (None, Some(new)) if after.is_pod(new) => difference.appeared.push(both.name.clone()),
            _ => {}
        }
    }
    difference
}

/// Endpoints with their counterparts. The outside is cut so that each part is one endpoint in both.
fn matched(before: &Network<'_>, after: &Network<'_>) -> Vec<Both> {
    let mut named: BTreeMap<String, Both> = BTreeMap::new();
    let mut add = |network: &Network<'_>, is_after: bool| {
        for (number, endpoint) in network.endpoints() {
            if matches!(endpoint.identity, Identity::Outside(_)) {
                continue;
            }
            let both = named.entry(endpoint.name.clone()).or_insert_with(|| Both {
                name: endpoint.name.clone(),
                before: None,
                after: None,
            });
            let slot = if is_after { &mut both.after } else { &mut both.before };
            *slot = Some(number);
        }
    };
    add(before, false);
    add(after, true);
    let mut all: Vec<Both> = named.into_values().collect();
    let mut outside: BTreeMap<(EndpointId, EndpointId), Vec<Range>> = BTreeMap::new();
    for (old, endpoint) in before.endpoints() {
        let Identity::Outside(old_ranges) = &endpoint.identity else { continue };
        for (new, other) in after.endpoints() {
            let Identity::Outside(new_ranges) = &other.identity else { continue };
            let common = old_ranges.iter().flat_map(|left| new_ranges.iter().filter_map(|right| common(left, right)));
            let common: Vec<Range> = common.collect();
            if !common.is_empty() {
                outside.entry((old, new)).or_default().extend(common);
            }
        }
    }
    all.extend(outside.into_iter().map(|((old, new), mut ranges)| {
        crate::addresses::merge(&mut ranges);
        let name = ranges.iter().map(Range::text).collect::<Vec<_>>().join(", ");
        Both { name: format!("outside {name}"), before: Some(old), after: Some(new) }
    }));
    all
}

fn common(left: &Range, right: &Range) -> Option<Range> {
    if left.first.is_ipv4() != right.first.is_ipv4() {
        return None;
    }
    let (first, last) = (left.first.max(right.first), left.last.min(right.last));
    (first <= last).then_some(Range { first, last })
}

/// Endpoints that are alike in both networks are compared once.
fn connections(before: &Network<'_>, after: &Network<'_>, all: &[Both], difference: &mut Difference) {
    type Key = (Option<u32>, Option<u32>);
    let key = |both: &Both| -> Key {
        (both.before.map(|old| before.group_of(old)), both.after.map(|new| after.group_of(new)))
    };
    let mut groups: BTreeMap<Key, Vec<&Both>> = BTreeMap::new();
    all.iter().for_each(|both| groups.entry(key(both)).or_default().push(both));
    for sources in groups.values() {
        let Some(source) = sources.first() else { continue };
        let rows = (source.before.map(|old| before.row(old)), source.after.map(|new| after.row(new)));
        for targets in groups.values() {
            let Some(target) = targets.first() else { continue };
            let old = rows.0.as_ref().zip(target.before).map_or_else(Ports::none, |(row, to)| row.to(to));
            let new = rows.1.as_ref().zip(target.after).map_or_else(Ports::none, |(row, to)| row.to(to));
            if old == new {
                continue;
            }
            let (gained, lost) = (new.without(&old), old.without(&new));
            for from in sources {
                for to in targets {
                    let change =
                        |ports: &Ports| Change { from: from.name.clone(), to: to.name.clone(), ports: ports.clone() };
                    if !gained.is_empty() {
                        difference.gained.push(change(&gained));
                    }
                    if !lost.is_empty() {
                        difference.lost.push(change(&lost));
                    }
                }
            }
        }
    }
    difference.gained.sort();
    difference.lost.sort();
}

fn doors(before: &Network<'_>, after: &Network<'_>, difference: &mut Difference) {
    let open = |network: &Network<'_>| -> Vec<Door> {
        let entries = network.exposure();
        let open = entries.into_iter().filter(|entry| entry.answer != Answer::Refused);
        let mut doors: Vec<Door> = open
            .map(|Entry { endpoint, way, door, pod_ports, answer, .. }| Door {
                workload: network.get(endpoint).name.clone(),
                way,
                door,
                ports: if let Answer::Admitted(ports) = answer { ports } else { pod_ports },
            })
            .collect();
        doors.sort();
        doors.dedup();
        doors
    };
    let (old, new) = (open(before), open(after));
    difference.doors_gained = new.iter().filter(|door| old.binary_search(door).is_err()).cloned().collect();
    difference.doors_lost = old.into_iter().filter(|door| new.binary_search(door).is_err()).collect();
}
