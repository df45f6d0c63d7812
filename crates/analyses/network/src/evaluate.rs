//! Rows and columns: what one behaviour may send to every other, or every other to it, as masks of ports.

use model::inventory::TrafficAction;

use crate::census::Family;
use crate::compile::{Behaviour, Compiled, Direction, Doubtful, Rule, Side};
use crate::sets::{EVERYBODY, SetId};

/// What a row needs besides its result, kept between rows.
#[derive(Default)]
pub(crate) struct Scratch {
    rules: Vec<u32>,
    theirs: Vec<u64>,
    open: Vec<u64>,
    passed: Vec<u64>,
    rivals: Rivals,
}

/// What policies of equal priority decide, each for itself.
#[derive(Default)]
struct Rivals {
    /// What the policy that is asked has decided.
    own: Vec<u64>,
    touched: Vec<u32>,
    /// What any of them admits, denies and passes.
    decided: [Vec<u64>; 3],
    all_touched: Vec<u32>,
}

impl Compiled {
    /// Fills `row` with what `source` may send to every behaviour on the ports of a page.
    pub(crate) fn row(&self, source: u32, page: usize, scratch: &mut Scratch, row: &mut Vec<u64>) {
        self.line(Direction::Egress, source, page, scratch, row);
    }

    /// Fills `line` with what goes from `own` to every behaviour on the ports of a page, or comes from every behaviour
    /// to it: a row or a column of all pairs.
    pub(crate) fn line(&self, direction: Direction, own: u32, page: usize, scratch: &mut Scratch, line: &mut Vec<u64>) {
        let known = &self.behaviours[own as usize];
        let mut theirs = std::mem::take(&mut scratch.theirs);
        self.own_side(direction, own, page, scratch, line);
        self.their_side(direction.opposite(), own, page, scratch, &mut theirs);
        for ((mask, theirs), other) in line.iter_mut().zip(&theirs).zip(self.behaviours.iter()) {
            *mask &= theirs;
            if !known.connects(other) {
                *mask = 0;
            }
        }
        scratch.theirs = theirs;
    }

    /// What goes from a behaviour to every other, or comes from every other to it: the masks of every page.
    pub(crate) fn lines(&self, direction: Direction, own: u32, scratch: &mut Scratch) -> Vec<Vec<u64>> {
        self.pages(&mut |page, line| self.line(direction, own, page, scratch, line))
    }

    /// The same, of what its own policies let through alone.
    pub(crate) fn own_sides(&self, direction: Direction, own: u32, scratch: &mut Scratch) -> Vec<Vec<u64>> {
        self.pages(&mut |page, line| self.own_side(direction, own, page, scratch, line))
    }

    /// The same, of what the policies of every other let through alone.
    pub(crate) fn their_sides(&self, direction: Direction, own: u32, scratch: &mut Scratch) -> Vec<Vec<u64>> {
        self.pages(&mut |page, line| self.their_side(direction, own, page, scratch, line))
    }

    fn pages(&self, fill: &mut dyn FnMut(usize, &mut Vec<u64>)) -> Vec<Vec<u64>> {
        let pages = (0..self.atoms.pages()).map(|page| {
            let mut line = Vec::new();
            fill(page, &mut line);
            line
        });
        pages.collect()
    }

    /// What the policies of `own` let through, to or from every other.
    fn own_side(&self, direction: Direction, own: u32, page: usize, scratch: &mut Scratch, row: &mut Vec<u64>) {
        let all = self.atoms.all(page);
        reset(row, self.behaviours.len(), 0);
        if !self.behaviours[own as usize].is_pod {
            row.fill(all);
            return;
        }
        let mut open = std::mem::take(&mut scratch.open);
        reset(&mut open, row.len(), all);
        for stage in &self.stages {
            let side = stage.side(direction);
            self.rules_of_subject(side, own, &mut scratch.rules);
            let closes = side.closed.contains(own);
            if !closes && scratch.rules.is_empty() {
                continue;
            }
            if closes && side.admits_only {
                for rule in scratch.rules.iter().map(|rule| &side.rules[*rule as usize]) {
                    let mask = rule.masks[page];
                    for &(first, end) in &self.runs[rule.peers as usize] {
                        let run = first as usize..end as usize;
                        row[run.clone()].iter_mut().zip(&open[run]).for_each(|(row, open)| *row |= open & mask);
                    }
                }
                open.fill(0);
                break;
            }
            reset(&mut scratch.passed, row.len(), 0);
            self.ordered(side, page, |rule| rule.peers, scratch, (&mut open, row));
            if closes {
                open.fill(0);
            }
            open.iter_mut().zip(&scratch.passed).for_each(|(open, passed)| *open |= passed);
        }
        row.iter_mut().zip(&open).for_each(|(mask, open)| *mask |= open);
        scratch.open = open;
    }

    /// What the policies of every other let through, of that direction, with `own` on the other side.
    fn their_side(&self, direction: Direction, own: u32, page: usize, scratch: &mut Scratch, row: &mut Vec<u64>) {
        let all = self.atoms.all(page);
        reset(row, self.behaviours.len(), 0);
        let mut open = std::mem::take(&mut scratch.open);
        reset(&mut open, row.len(), all);
        let is_one_stage = self.stages.len() == 1;
        for stage in &self.stages {
            let side = stage.side(direction);
            self.rules_of_peer(side, own, &mut scratch.rules);
            if is_one_stage && side.admits_only {
                self.admit(side, page, &scratch.rules, row);
            } else {
                reset(&mut scratch.passed, row.len(), 0);
                self.ordered(side, page, |rule| rule.subject, scratch, (&mut open, row));
            }
            side.closed.iter().for_each(|other| open[other as usize] = 0);
            if !(is_one_stage && side.admits_only) {
                open.iter_mut().zip(&scratch.passed).for_each(|(open, passed)| *open |= passed);
            }
        }
        for ((mask, open), behaviour) in row.iter_mut().zip(&open).zip(self.behaviours.iter()) {
            *mask |= open;
            if !behaviour.is_pod {
                *mask = all;
            }
        }
        scratch.open = open;
    }

    /// Asks the rules in their order, for the members of a set of each; those of equal priority all at once.
    fn ordered(
        &self,
        side: &Side,
        page: usize,
        set: impl Fn(&Rule) -> SetId,
        scratch: &mut Scratch,
        (open, row): (&mut [u64], &mut [u64]),
    ) {
        let Scratch { rules, passed, rivals, theirs: _, open: _ } = scratch;
        let rules = rules.iter().map(|rule| &side.rules[*rule as usize]);
        let rules: Vec<&Rule> = rules.collect();
        for run in rules.chunk_by(|left, right| left.rivals > 0 && left.rivals == right.rivals) {
            match run {
                [rule] => apply(rule.action, rule.masks[page], &self.sets[set(rule) as usize], open, row, passed),
                run => {
                    let asked = run.iter().map(|rule| (*rule, rule.masks[page], &*self.sets[set(rule) as usize]));
                    rivals.apply(asked, self.doubtful, open, row, passed);
                }
            }
        }
    }

    fn admit(&self, side: &Side, page: usize, rules: &[u32], row: &mut [u64]) {
        for rule in rules.iter().map(|rule| &side.rules[*rule as usize]) {
            let mask = rule.masks[page];
            for &(first, end) in &self.runs[rule.subject as usize] {
                row[first as usize..end as usize].iter_mut().for_each(|row| *row |= mask);
            }
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

impl Rivals {
    /// What is decided where the order of policies is not known: each decides for itself, and then the most or the least
    /// that any of them lets through.
    fn apply<'r>(
        &mut self,
        rules: impl Iterator<Item = (&'r Rule, u64, &'r [u32])>,
        doubtful: Doubtful,
        open: &mut [u64],
        row: &mut [u64],
        passed: &mut [u64],
    ) {
        self.decided.iter_mut().chain([&mut self.own]).for_each(|masks| masks.resize(open.len(), 0));
        let mut policy = None;
        for (rule, mask, members) in rules {
            if policy.replace(rule.policy).is_some_and(|before| before != rule.policy) {
                self.touched.drain(..).for_each(|to| self.own[to as usize] = 0);
            }
            for &to in members {
                let hit = open[to as usize] & mask & !self.own[to as usize];
                self.own[to as usize] |= hit;
                self.decided[slot(rule.action)][to as usize] |= hit;
                self.touched.push(to);
                self.all_touched.push(to);
            }
        }
        self.touched.drain(..).for_each(|to| self.own[to as usize] = 0);
        for to in self.all_touched.drain(..).map(|to| to as usize) {
            let decided = self.decided.each_mut().map(|masks| std::mem::take(&mut masks[to]));
            let [admitted, left] = combined(decided, doubtful);
            open[to] &= !(decided[0] | decided[1] | decided[2]);
            row[to] |= admitted;
            passed[to] |= left;
        }
    }
}

/// What is admitted and what is passed on, of what policies of equal priority admit, deny and pass.
pub(crate) fn combined([admitted, denied, passed]: [u64; 3], doubtful: Doubtful) -> [u64; 2] {
    match doubtful {
        Doubtful::Admitted => [admitted, passed & !admitted],
        Doubtful::Refused => [admitted & !denied & !passed, passed & !denied],
    }
}

/// The place of an action among what is admitted, denied and passed.
pub(crate) fn slot(action: TrafficAction) -> usize {
    match action {
        TrafficAction::Allow => 0,
        TrafficAction::Deny => 1,
        TrafficAction::Pass => 2,
    }
}

fn reset(row: &mut Vec<u64>, length: usize, value: u64) {
    row.clear();
    row.resize(length, value);
}

impl Behaviour {
    /// Whether there are connections between the two at all: one has to be of a workload, and what has addresses of one
    /// family does not reach the other.
    pub(crate) fn connects(&self, other: &Self) -> bool {
        (self.is_workload || other.is_workload) && compatible(self.family, other.family)
    }
}

fn compatible(left: Family, right: Family) -> bool {
    !matches!((left, right), (Family::V4, Family::V6) | (Family::V6, Family::V4))
}
