//! Ways in that are gained and lost, and those that more or fewer may use than before.

use std::collections::BTreeMap;

use super::Difference;
use crate::addresses::{self, Range};
use crate::exposure::{Answer, Entry, Reach, Tls, Way};
use crate::network::Network;
use crate::ports::Ports;

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

/// A way in that others may use than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Width {
    /// The way in.
    pub door: Door,
    /// What it was: the most open of several that have the same name.
    pub before: Entry,
    /// What it is now.
    pub after: Entry,
}

/// Ways in of one name, taken together.
struct Opening {
    widest: Entry,
    /// How far whoever uses it may be away.
    distance: u8,
    certain: Vec<Range>,
    possible: Vec<Range>,
    is_sure: bool,
    is_plain: bool,
}

impl Opening {
    fn new(entry: Entry) -> Self {
        Self {
            distance: distance(&entry.reach),
            certain: entry.sources.certain.clone(),
            possible: entry.sources.possible.clone(),
            is_sure: matches!(entry.answer, Answer::Admitted(_)),
            is_plain: entry.tls == Tls::No,
            widest: entry,
        }
    }

    fn join(&mut self, other: Self) {
        let Self { widest, distance, certain, possible, is_sure, is_plain } = other;
        let union = |left: &mut Vec<Range>, right: Vec<Range>| {
            left.extend(right);
            *left = addresses::union(std::mem::take(left));
        };
        union(&mut self.certain, certain);
        union(&mut self.possible, possible);
        self.distance = self.distance.max(distance);
        self.is_sure |= is_sure;
        self.is_plain |= is_plain;
        if widest.rank() < self.widest.rank() {
            self.widest = widest;
        }
    }

    /// Whether somebody may use it who may not use the other, or without TLS.
    fn exceeds(&self, other: &Self) -> bool {
        let has_more = |own: &[Range], other: &[Range]| !addresses::without(own, other).is_empty();
        self.distance > other.distance
            || has_more(&self.possible, &other.possible)
            || has_more(&self.certain, &other.certain)
            || self.is_sure && !other.is_sure
            || self.is_plain && !other.is_plain
    }
}

fn distance(reach: &Reach) -> u8 {
    match reach {
        Reach::Inside => 0,
        Reach::ProviderNetwork => 1,
        Reach::NodeNetwork => 2,
        Reach::Controller => 3,
        Reach::Listed(_) | Reach::Internet => 4,
    }
}

/// Says how the ways in differ.
pub(super) fn compare(
    before: Vec<Entry>,
    after: Vec<Entry>,
    networks: (&Network<'_>, &Network<'_>),
    difference: &mut Difference,
) {
    let (mut old, new) = (openings(before, networks.0), openings(after, networks.1));
    for (door, opening) in new {
        let Some(known) = old.remove(&door) else {
            difference.doors_gained.push(door);
            continue;
        };
        let list = match (opening.exceeds(&known), known.exceeds(&opening)) {
            (true, _) => &mut difference.doors_wider,
            (false, true) => &mut difference.doors_narrower,
            (false, false) => continue,
        };
        list.push(Width { door, before: known.widest, after: opening.widest });
    }
    difference.doors_lost = old.into_keys().collect();
}

/// What is open, by its name.
fn openings(entries: Vec<Entry>, network: &Network<'_>) -> BTreeMap<Door, Opening> {
    let mut found: BTreeMap<Door, Opening> = BTreeMap::new();
    for entry in entries {
        let Some(door) = door(network, &entry) else { continue };
        let opening = Opening::new(entry);
        match found.get_mut(&door) {
            Some(known) => known.join(opening),
            None => {
                found.insert(door, opening);
            }
        }
    }
    found
}

/// What an entry opens, if it opens something.
fn door(network: &Network<'_>, entry: &Entry) -> Option<Door> {
    if !entry.is_open() {
        return None;
    }
    let workload = entry.behind(network);
    Some(Door { workload, way: entry.way, door: entry.door.clone(), ports: entry.open_ports().clone() })
}
