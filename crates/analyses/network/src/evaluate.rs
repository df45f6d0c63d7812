//! Rows: what one behaviour may send to every other, as masks of ports.

use model::inventory::TrafficAction;

use crate::census::Family;
use crate::compile::{Compiled, Direction, Side};
use crate::sets::EVERYBODY;

/// What a row needs besides its result, kept between rows.
#[derive(Default)]
pub(crate) struct Scratch {
    rules: Vec<u32>,
    ingress: Vec<u64>,
    open: Vec<u64>,
    passed: Vec<u64>,
}

impl Compiled {
    /// Fills `row` with what `source` may send to every behaviour on the ports of a page.
    pub(crate) fn row(&self, source: u32, page: usize, scratch: &mut Scratch, row: &mut Vec<u64>) {
        let own = &self.behaviours[source as usize];
        let mut ingress = std::mem::take(&mut scratch.ingress);
        self.egress(source, page, scratch, row);
        self.ingress(source, page, scratch, &mut ingress);
        for ((mask, into), other) in row.iter_mut().zip(&ingress).zip(&self.behaviours) {
            *mask &= into;
            if !(own.is_workload || other.is_workload) || !compatible(own.family, other.family) {
                *mask = 0;
            }
        }
        scratch.ingress = ingress;
    }

    fn egress(&self, source: u32, page: usize, scratch: &mut Scratch, row: &mut Vec<u64>) {
        let all = self.atoms.all(page);
        reset(row, self.behaviours.len(), 0);
        if !self.behaviours[source as usize].is_pod {
            row.fill(all);
            return;
        }
        let mut open = std::mem::take(&mut scratch.open);
        reset(&mut open, row.len(), all);
        for stage in &self.stages {
            let side = stage.side(Direction::Egress);
            self.rules_of_subject(side, source, &mut scratch.rules);
            let closes = side.closed.contains(source);
            if !closes && scratch.rules.is_empty() {
                continue;
            }
            if closes && side.admits_only {
                for rule in scratch.rules.iter().map(|rule| &side.rules[*rule as usize]) {
                    let mask = rule.masks[page];
                    let members = &self.sets[rule.peers as usize];
                    members.iter().for_each(|to| row[*to as usize] |= open[*to as usize] & mask);
                }
                open.fill(0);
                break;
            }
            reset(&mut scratch.passed, row.len(), 0);
            for rule in scratch.rules.iter().map(|rule| &side.rules[*rule as usize]) {
                let members = &self.sets[rule.peers as usize];
                apply(rule.action, rule.masks[page], members, &mut open, row, &mut scratch.passed);
            }
            if closes {
                open.fill(0);
            }
            open.iter_mut().zip(&scratch.passed).for_each(|(open, passed)| *open |= passed);
        }
        row.iter_mut().zip(&open).for_each(|(mask, open)| *mask |= open);
        scratch.open = open;
    }

    fn ingress(&self, source: u32, page: usize, scratch: &mut Scratch, row: &mut Vec<u64>) {
        let all = self.atoms.all(page);
        reset(row, self.behaviours.len(), 0);
        let mut open = std::mem::take(&mut scratch.open);
        reset(&mut open, row.len(), all);
        let is_one_stage = self.stages.len() == 1;
        for stage in &self.stages {
            let side = stage.side(Direction::Ingress);
            self.rules_of_peer(side, source, &mut scratch.rules);
            if is_one_stage && side.admits_only {
                self.admit(side, page, &scratch.rules, row);
            } else {
                reset(&mut scratch.passed, row.len(), 0);
                for rule in scratch.rules.iter().map(|rule| &side.rules[*rule as usize]) {
                    let members = &self.sets[rule.subject as usize];
                    apply(rule.action, rule.masks[page], members, &mut open, row, &mut scratch.passed);
                }
            }
            side.closed.iter().for_each(|to| open[to as usize] = 0);
            if !(is_one_stage && side.admits_only) {
                open.iter_mut().zip(&scratch.passed).for_each(|(open, passed)| *open |= passed);
            }
        }
        for ((mask, open), behaviour) in row.iter_mut().zip(&open).zip(&self.behaviours) {
            *mask |= open;
            if !behaviour.is_pod {
                *mask = all;
            }
        }
        scratch.open = open;
    }

    fn admit(&self, side: &Side, page: usize, rules: &[u32], row: &mut [u64]) {
        for rule in rules.iter().map(|rule| &side.rules[*rule as usize]) {
            let mask = rule.masks[page];
            self.sets[rule.subject as usize].iter().for_each(|to| row[*to as usize] |= mask);
        }
    }

    /// Whether some policy refuses what no rule admits, for a behaviour and a direction.
    pub(crate) fn is_closed(&self, behaviour: u32, direction: Direction) -> bool {
        self.behaviours[behaviour as usize].is_pod
            && self.stages.iter().any(|stage| stage.side(direction).closed.contains(behaviour))
    }

    /// Whether a behaviour is in a set.
    pub(crate) fn is_in(&self, behaviour: u32, set: u32) -> bool {
        set == EVERYBODY || self.sets[set as usize].binary_search(&behaviour).is_ok()
    }
}

fn apply(action: TrafficAction, mask: u64, members: &[u32], open: &mut [u64], row: &mut [u64], passed: &mut [u64]) {
    for &to in members {
        let hit = open[to as usize] & mask;
        open[to as usize] &= !mask;
        match action {
            TrafficAction::Allow => row[to as usize] |= hit,
            TrafficAction::Deny => {}
            TrafficAction::Pass => passed[to as usize] |= hit,
        }
    }
}

fn reset(row: &mut Vec<u64>, length: usize, value: u64) {
    row.clear();
    row.resize(length, value);
}

/// Whether there are connections between them at all: what has addresses of one family does not reach the other.
pub(crate) fn compatible(left: Family, right: Family) -> bool {
    !matches!((left, right), (Family::V4, Family::V6) | (Family::V6, Family::V4))
}
