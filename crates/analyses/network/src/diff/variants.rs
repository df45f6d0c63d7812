//! What changes between two networks that differ in policies alone: the rows and columns of whoever those are for.

use std::collections::BTreeSet;

use super::{Changes, Difference, Party, Turn, doors, turned};
use crate::bits::Bits;
use crate::census::Map;
use crate::compile::Direction;
use crate::evaluate::Scratch;
use crate::exposure::{Arrival, Entry, Judge};
use crate::network::{EndpointId, Network};

/// Whose rows and columns may differ.
struct Touched {
    egress: Bits,
    ingress: Bits,
}

impl Touched {
    fn of(&self, direction: Direction) -> &Bits {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }
}

pub(super) fn diff(before: &Network<'_>, after: &Network<'_>) -> Difference {
    let changed = before.compiled.absent.difference(&after.compiled.absent);
    let subjects = |direction| before.compiled.subjects_of(direction, &changed);
    let touched = Touched { egress: subjects(Direction::Egress), ingress: subjects(Direction::Ingress) };
    let mut difference = Difference::default();
    connections(before, after, &touched, &mut difference);
    ways_in(before, after, &touched, &mut difference);
    for direction in [Direction::Ingress, Direction::Egress] {
        let endpoints = touched.of(direction).iter().flat_map(|behaviour| &before.of_behaviour[behaviour as usize]);
        for &endpoint in endpoints {
            let opened = turned(before.isolation(endpoint, direction), after.isolation(endpoint, direction));
            let workload = || before.get(endpoint).name.clone();
            difference.turned.extend(opened.map(|opened| Turn { workload: workload(), direction, opened }));
        }
    }
    difference.turned.sort();
    difference
}

/// A connection changes where the side of one of its ends does: only there both sides are asked.
fn connections(before: &Network<'_>, after: &Network<'_>, touched: &Touched, difference: &mut Difference) {
    let mut scratch = Scratch::default();
    let (mut gained, mut lost) = (Changes::default(), Changes::default());
    let count = before.compiled.behaviours.len();
    let parties = |behaviour: u32| -> Vec<(EndpointId, Party)> {
        let endpoints = &before.of_behaviour[behaviour as usize];
        endpoints.iter().map(|endpoint| (*endpoint, Party::of(before, *endpoint))).collect()
    };
    let mut known: Map<u32, Bits> = Map::default();
    for direction in [Direction::Egress, Direction::Ingress] {
        for own in touched.of(direction).iter() {
            let old = before.compiled.own_sides(direction, own, &mut scratch);
            let new = after.compiled.own_sides(direction, own, &mut scratch);
            let mut others = differing(&old, &new, count);
            if direction == Direction::Ingress {
                let is_known = |other: &u32| known.get(other).is_some_and(|row| row.contains(own));
                let seen: Vec<u32> = others.iter().filter(is_known).collect();
                seen.into_iter().for_each(|other| others.remove(other));
            }
            if others.is_empty() {
                continue;
            }
            let old = before.compiled.lines(direction, own, &mut scratch);
            let new = after.compiled.lines(direction, own, &mut scratch);
            let own_parties = parties(own);
            for other in others.iter() {
                let ports = |one: &[Vec<u64>], besides: &[Vec<u64>]| {
                    let pages = one.iter().zip(besides);
                    let masks: Vec<u64> =
                        pages.map(|(one, besides)| one[other as usize] & !besides[other as usize]).collect();
                    before.compiled.atoms.ports(&masks)
                };
                let (more, less) = (ports(&new, &old), ports(&old, &new));
                if more.is_empty() && less.is_empty() {
                    continue;
                }
                let other_parties = parties(other);
                let pairs = own_parties.iter().flat_map(|own| other_parties.iter().map(move |to| (own, to)));
                let pairs = pairs.filter(|((own, _), (other, _))| own != other || before.exempt(*own, *own).is_none());
                for ((_, own), (_, other)) in pairs {
                    let (from, to) = match direction {
                        Direction::Egress => (own, other),
                        Direction::Ingress => (other, own),
                    };
                    gained.add(from, to, &more);
                    lost.add(from, to, &less);
                }
            }
            if direction == Direction::Egress {
                known.insert(own, others);
            }
        }
    }
    difference.gained = gained.finish();
    difference.lost = lost.finish();
}

/// The behaviours for which two lines differ on some page.
fn differing(old: &[Vec<u64>], new: &[Vec<u64>], count: usize) -> Bits {
    let mut differing = Bits::new(count);
    for (old, new) in old.iter().zip(new) {
        let pairs = (0..).zip(old.iter().zip(new));
        pairs.filter(|(_, (old, new))| old != new).for_each(|(other, _)| differing.insert(other));
    }
    differing
}

fn ways_in(before: &Network<'_>, after: &Network<'_>, touched: &Touched, difference: &mut Difference) {
    let is_touched = |entry: &&Entry| {
        let comes_from_touched = match &entry.arrival {
            Arrival::Pods(pods) => pods.iter().any(|pod| touched.egress.contains(before.group_of(*pod))),
            Arrival::Client | Arrival::Node | Arrival::UnknownPods | Arrival::Unprotected => false,
        };
        let mut behind = entry.front.iter().map(|front| front.endpoint).chain([entry.endpoint]);
        comes_from_touched || behind.any(|endpoint| touched.ingress.contains(before.group_of(endpoint)))
    };
    let endpoints: BTreeSet<EndpointId> =
        before.openings().iter().filter(is_touched).map(|entry| entry.endpoint).collect();
    let entries: Vec<&Entry> = before.openings().iter().filter(|entry| endpoints.contains(&entry.endpoint)).collect();
    doors::compare(judged(before, &entries), judged(after, &entries), (before, after), difference);
}

fn judged(network: &Network<'_>, entries: &[&Entry]) -> Vec<Entry> {
    let mut judge = Judge::new(network);
    entries.iter().map(|entry| judge.judged(entry)).collect()
}
