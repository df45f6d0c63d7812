//! Rules without which every connection would be as it is: covered by others, never asked, or refused by the other side.

use std::cell::Cell;

use model::inventory::{TrafficAction, TrafficPolicyKind};

use super::{Asker, Question, Written, rule_name};
use crate::census::Map;
use crate::compile::{Compiled, Direction, Rule};
use crate::evaluate::Scratch;
use crate::halves::{Halves, RuleKey};

/// How many pairs are asked for, of all rules together.
const MOST_PAIRS: u64 = 100_000_000;

/// What becomes of connections without a rule.
enum Without {
    /// Something changes.
    Changed,
    /// It is for nobody but a pod and itself, or the node that it runs on.
    Exempt,
    /// Its own side stays the same.
    SideSame,
    /// The other side refuses the difference.
    Refused,
    /// There were too many pairs.
    NotAsked,
}

impl Asker<'_, '_> {
    pub(super) fn redundant(&mut self) {
        let network = self.network;
        let compiled = &network.compiled;
        let mut halves = Halves::new(network);
        let mut pairs = 0;
        let index = index(compiled);
        // The last first, so that of two that are alike the one that was written first stays.
        for written in self.written().into_iter().rev() {
            let key = (written.direction, written.at, written.number);
            let parts = parts(compiled, &index, key);
            if parts.is_empty() || written.rule.narrowed {
                continue;
            }
            match without(compiled, &parts, key, &mut halves, &mut pairs) {
                Without::Changed => {}
                Without::NotAsked => self.found.cut_short = true,
                Without::Exempt => {
                    let advice = deletion(&written, &halves);
                    halves.removed.insert(key);
                    let message = format!(
                        "{} is for a pod and itself, or the node that it runs on, alone: no rule is asked for those",
                        rule_name(&written)
                    );
                    self.add(Question::Redundant, written.policy, written.rule.place, message, advice);
                }
                Without::SideSame => {
                    let cover = cover(compiled, &parts, key, &halves).map(|rule| self.name_of(rule, key.0));
                    let advice = deletion(&written, &halves);
                    halves.removed.insert(key);
                    let is_ordered = parts.iter().any(|(stage, _)| !compiled.stages[*stage].side(key.0).admits_only);
                    // Where the order is not known, what comes before is not either.
                    let has_rival = self.found.oddities.iter().any(|oddity| {
                        oddity.question == Question::EqualPriority && oddity.policy == written.policy.resource
                    });
                    if is_ordered && has_rival {
                        continue;
                    }
                    let (question, what) = match is_ordered {
                        true => (Question::Shadowed, "is never asked"),
                        false => (Question::Redundant, "admits nothing more"),
                    };
                    let why = match cover {
                        Some(other) if is_ordered => format!("{other} decides all of it before, or alike"),
                        Some(other) => format!("{other} admits all of it"),
                        None if is_ordered => "other rules decide all of it".to_owned(),
                        None => "other rules admit all of it".to_owned(),
                    };
                    let message = format!("{} {what}: {why}", rule_name(&written));
                    self.add(question, written.policy, written.rule.place, message, advice);
                }
                Without::Refused if written.rule.action == TrafficAction::Allow => {
                    let side = written.direction.opposite().word();
                    let message =
                        format!("{} has no effect: the {side} of the other end refuses all of it", rule_name(&written));
                    let deletion = deletion(&written, &halves);
                    let advice = format!("admit it in the policies of the other end, for {side}, or {deletion}");
                    self.add(Question::RefusedElsewhere, written.policy, written.rule.place, message, advice);
                }
                Without::Refused => {}
            }
        }
    }

    fn name_of(&self, rule: &Rule, direction: Direction) -> String {
        let inventory = self.network.inventory;
        let policy = self.network.policy(rule.policy);
        let object = inventory.resource(policy.resource);
        let place = match direction {
            Direction::Ingress => &policy.ingress,
            Direction::Egress => &policy.egress,
        };
        let place = place.as_ref().and_then(|written| written.rules.get(rule.number as usize));
        let line = place.map_or(object.line, |rule| rule.place.line);
        let number = place.map_or(rule.number, |rule| rule.number);
        let file = inventory.files.get(object.file as usize).map(|path| path.display().to_string());
        let name = self.text(object.name);
        format!("rule {} of `{name}` ({}:{line})", number + 1, file.unwrap_or_default())
    }
}

/// How to delete a rule so that what is refused stays so: a direction without rules may be none of the policy's.
fn deletion(written: &Written<'_>, halves: &Halves<'_>) -> String {
    let side = match written.direction {
        Direction::Ingress => &written.policy.ingress,
        Direction::Egress => &written.policy.egress,
    };
    let count = side.as_ref().map_or(0, |side| side.rules.len() as u32);
    let is_other =
        |number: &u32| *number != written.number && !halves.removed.contains(&(written.direction, written.at, *number));
    let closes = side.as_ref().is_some_and(|side| side.closes);
    if !closes || (0..count).any(|number| is_other(&number)) {
        return "delete the rule".to_owned();
    }
    let types = if written.direction == Direction::Ingress { "Ingress" } else { "Egress" };
    let rest = "without it the policy would no longer refuse the rest";
    match written.policy.kind {
        TrafficPolicyKind::Cilium => format!("put the empty rule `{{}}` in its place: {rest}"),
        TrafficPolicyKind::Calico => format!("delete the rule, and keep `{types}` in `types`: {rest}"),
        TrafficPolicyKind::NetworkPolicy if written.direction == Direction::Egress => {
            format!("delete the rule, and keep `{types}` in `policyTypes`: {rest}")
        }
        TrafficPolicyKind::NetworkPolicy
        | TrafficPolicyKind::AdminNetworkPolicy
        | TrafficPolicyKind::ClusterNetworkPolicy => {
            "delete the rule, and keep the policy: it refuses the rest".to_owned()
        }
    }
}

/// The rules of every stage that a written rule became, by stage and place.
type Index = Map<RuleKey, Vec<(usize, u32)>>;

fn index(compiled: &Compiled) -> Index {
    let mut index = Index::default();
    for (stage, compiled_stage) in compiled.stages.iter().enumerate() {
        for direction in [Direction::Ingress, Direction::Egress] {
            for (number, rule) in (0..).zip(compiled_stage.side(direction).rules.iter()) {
                index.entry((direction, rule.policy, rule.number)).or_default().push((stage, number));
            }
        }
    }
    index
}

/// What a rule became, each with its stage. What matches nobody is left out.
fn parts<'c>(compiled: &'c Compiled, index: &Index, key: RuleKey) -> Vec<(usize, &'c Rule)> {
    let places = index.get(&key).map_or(&[][..], Vec::as_slice).iter();
    let rules = places.map(|(stage, number)| (*stage, &compiled.stages[*stage].side(key.0).rules[*number as usize]));
    let is_nobody = |set: u32| compiled.sets[set as usize].is_empty();
    let is_meant = |(_, rule): &(usize, &Rule)| {
        !is_nobody(rule.subject) && !is_nobody(rule.peers) && rule.masks.iter().any(|mask| *mask != 0)
    };
    rules.filter(is_meant).collect()
}

fn without(
    compiled: &Compiled,
    parts: &[(usize, &Rule)],
    key: RuleKey,
    halves: &mut Halves<'_>,
    pairs: &mut u64,
) -> Without {
    /// So many pairs are asked for one by one before whole lines are: most rules change the first.
    const FEW: usize = 8;
    let direction = key.0;
    let (mut side_same, is_asked, mut is_exempt) = (true, Cell::new(false), false);
    let mut look = |halves: &Halves<'_>, own: u32, other: u32| {
        is_exempt |= halves.is_exempt(direction, own, other);
        let connects = halves.connects(direction, own, other);
        is_asked.set(is_asked.get() || connects);
        connects
    };
    for (_, rule) in parts {
        let (subject, peers) = (&compiled.sets[rule.subject as usize], &compiled.sets[rule.peers as usize]);
        for (&own, &other) in subject.iter().take(FEW).flat_map(|own| peers.iter().take(FEW).map(move |to| (own, to))) {
            if look(halves, own, other) && halves.changes(key, own, other) {
                return Without::Changed;
            }
        }
    }
    let mut scratch = Scratch::default();
    let is_covered = cover(compiled, parts, key, halves).is_some()
        && matches!(&*compiled.stages, [only] if only.side(direction).admits_only);
    for (_, rule) in parts {
        let peers = &compiled.sets[rule.peers as usize];
        for &own in &compiled.sets[rule.subject as usize] {
            if is_covered && is_asked.get() {
                break;
            }
            *pairs += peers.len() as u64;
            if *pairs > MOST_PAIRS {
                return Without::NotAsked;
            }
            let asked: Vec<u32> = peers.iter().copied().filter(|other| look(halves, own, *other)).collect();
            if is_covered || asked.is_empty() {
                continue;
            }
            // What was found to change nothing is taken out already, and still nothing is changed.
            let with = compiled.own_sides(direction, own, &mut scratch);
            let without = halves.line(key, own);
            let theirs = compiled.their_sides(direction.opposite(), own, &mut scratch);
            for ((with, without), theirs) in with.iter().zip(&without).zip(&theirs) {
                for other in asked.iter().map(|other| *other as usize) {
                    let changed = with[other] ^ without[other];
                    side_same &= changed == 0;
                    if changed & theirs[other] != 0 {
                        return Without::Changed;
                    }
                }
            }
        }
    }
    match side_same {
        true if is_exempt && !is_asked.get() => Without::Exempt,
        true => Without::SideSame,
        false => Without::Refused,
    }
}

/// A rule of the same side that is for everything that all parts are for.
fn cover<'c>(
    compiled: &'c Compiled,
    parts: &[(usize, &Rule)],
    (direction, policy, number): RuleKey,
    halves: &Halves<'_>,
) -> Option<&'c Rule> {
    let [(stage, rule)] = parts else { return None };
    let side = compiled.stages[*stage].side(direction);
    let first = *compiled.sets[rule.subject as usize].first()?;
    let mut candidates = Vec::new();
    compiled.rules_of_subject(side, first, &mut candidates);
    let is_part = |inner: u32, outer: u32| {
        let outer = &compiled.sets[outer as usize];
        compiled.sets[inner as usize].iter().all(|member| outer.binary_search(member).is_ok())
    };
    candidates.into_iter().map(|number| &side.rules[number as usize]).find(|other| {
        let is_itself = other.policy == policy && other.number == number;
        !is_itself
            && !halves.removed.contains(&(direction, other.policy, other.number))
            && is_part(rule.subject, other.subject)
            && is_part(rule.peers, other.peers)
            && rule.masks.iter().zip(&other.masks).all(|(inner, outer)| inner & !outer == 0)
    })
}
