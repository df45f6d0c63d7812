//! What changes between two networks: connections, restrictions and ways in that are gained and lost.
//!
//! Here are two that may have nothing in common; `variants` compares two that differ in policies alone.

mod doors;
mod variants;

use std::collections::BTreeMap;

use crate::addresses::Range;
use crate::compile::Direction;
use crate::network::{EndpointId, Identity, Isolation, Network};
use crate::ports::Ports;
pub use doors::{Door, Width};

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
    /// Ways in that more may use, or that no longer speak TLS.
    pub doors_wider: Vec<Width>,
    /// Ways in that fewer may use, or that speak TLS now.
    pub doors_narrower: Vec<Width>,
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

    /// Whether something is open that was not, or to more than before.
    pub fn opens(&self) -> bool {
        !self.gained.is_empty() || !self.doors_gained.is_empty() || !self.doors_wider.is_empty()
    }
}

/// Who is at one end of a change.
#[derive(Clone)]
enum Party {
    /// Somebody with a name.
    Named(String),
    /// Addresses outside.
    Outside(Vec<Range>),
}

impl Party {
    fn of(network: &Network<'_>, endpoint: EndpointId) -> Self {
        let known = network.get(endpoint);
        match &known.identity {
            Identity::Outside(ranges) => Self::Outside(ranges.clone()),
            Identity::Workload { .. } | Identity::Nodes(_) => Self::Named(known.name.clone()),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Named(name) => name.clone(),
            Self::Outside(ranges) => outside(ranges),
        }
    }
}

fn outside(ranges: &[Range]) -> String {
    format!("outside {}", ranges.iter().map(Range::text).collect::<Vec<_>>().join(", "))
}

/// Connections that are gained, or lost. What changes alike for several parts of the outside is one change.
#[derive(Default)]
struct Changes {
    named: Vec<Change>,
    from_outside: BTreeMap<(String, Ports), Vec<Range>>,
    to_outside: BTreeMap<(String, Ports), Vec<Range>>,
}

impl Changes {
    fn add(&mut self, from: &Party, to: &Party, ports: &Ports) {
        if ports.is_empty() {
            return;
        }
        match (from, to) {
            (Party::Outside(ranges), Party::Named(name)) => {
                self.from_outside.entry((name.clone(), ports.clone())).or_default().extend(ranges);
            }
            (Party::Named(name), Party::Outside(ranges)) => {
                self.to_outside.entry((name.clone(), ports.clone())).or_default().extend(ranges);
            }
            _ => self.named.push(Change { from: from.name(), to: to.name(), ports: ports.clone() }),
        }
    }

    fn finish(self) -> Vec<Change> {
        let Self { named: mut all, from_outside, to_outside } = self;
        let name = |mut ranges: Vec<Range>| {
            crate::addresses::merge(&mut ranges);
            outside(&ranges)
        };
        all.extend(from_outside.into_iter().map(|((to, ports), ranges)| Change { from: name(ranges), to, ports }));
        all.extend(to_outside.into_iter().map(|((from, ports), ranges)| Change { from, to: name(ranges), ports }));
        all.sort();
        all
    }
}

/// An endpoint of one or both networks.
struct Both {
    party: Party,
    before: Option<EndpointId>,
    after: Option<EndpointId>,
}

impl Both {
    /// Whether the other is the same single pod, which reaches itself whatever policies say.
    fn is_itself(&self, other: &Self, before: &Network<'_>, after: &Network<'_>) -> bool {
        let is_free = |network: &Network<'_>, endpoint: Option<EndpointId>| {
            endpoint.is_none_or(|endpoint| network.exempt(endpoint, endpoint).is_some())
        };
        (self.before, self.after) == (other.before, other.after)
            && is_free(before, self.before)
            && is_free(after, self.after)
    }
}

/// What changes from one network to another. Of two that differ in policies alone, only what those are for is looked at.
pub fn diff(before: &Network<'_>, after: &Network<'_>) -> Difference {
    match after.is_variant_of(before) {
        true => variants::diff(before, after),
        false => of_strangers(before, after),
    }
}

fn of_strangers(before: &Network<'_>, after: &Network<'_>) -> Difference {
    let all = matched(before, after);
    let mut difference = Difference::default();
    connections(before, after, &all, &mut difference);
    doors::compare(before.exposure(), after.exposure(), (before, after), &mut difference);
    for both in &all {
        match (both.before, both.after) {
            (Some(old), Some(new)) => {
                for direction in [Direction::Ingress, Direction::Egress] {
                    let turned = turned(before.isolation(old, direction), after.isolation(new, direction));
                    let turn = |opened| Turn { workload: both.party.name(), direction, opened };
                    difference.turned.extend(turned.map(turn));
                }
            }
            (Some(old), None) if before.is_pod(old) => difference.vanished.push(both.party.name()),
            (None, Some(new)) if after.is_pod(new) => difference.appeared.push(both.party.name()),
            _ => {}
        }
    }
    difference
}

fn turned(before: Isolation, after: Isolation) -> Option<Opened> {
    match (before, after) {
        (Isolation::Restricted, Isolation::Open) => Some(Opened::Yes),
        (Isolation::Open, Isolation::Restricted) => Some(Opened::No),
        _ => None,
    }
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
                party: Party::Named(endpoint.name.clone()),
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
        Both { party: Party::Outside(ranges), before: Some(old), after: Some(new) }
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
    let (mut all_gained, mut all_lost) = (Changes::default(), Changes::default());
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
                for to in targets.iter().filter(|to| !from.is_itself(to, before, after)) {
                    all_gained.add(&from.party, &to.party, &gained);
                    all_lost.add(&from.party, &to.party, &lost);
                }
            }
        }
    }
    difference.gained = all_gained.finish();
    difference.lost = all_lost.finish();
}
