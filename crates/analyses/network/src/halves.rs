//! One side of connections, pair by pair and with some rules taken out: for questions about single rules.

use std::collections::BTreeSet;
use std::rc::Rc;

use model::inventory::TrafficAction;

use crate::bits::Bits;
use crate::census::Map;
use crate::compile::{Compiled, Direction, Rule};
use crate::network::Network;

/// A rule as it is written: a direction, the policy among the facts, and its number.
pub(crate) type RuleKey = (Direction, u32, u32);

/// What a behaviour's side is made of, stage by stage.
struct Side<'c> {
    is_pod: bool,
    stages: Vec<(bool, Vec<&'c Rule>)>,
}

/// The sides of behaviours, each made once.
pub(crate) struct Halves<'c> {
    compiled: &'c Compiled,
    /// The behaviours that are one pod, which reaches itself whatever rules say.
    single: Bits,
    /// That of the node that pods run on, and the directions in which no rule is asked for it.
    own_node: (u32, [bool; 2]),
    known: Map<(Direction, u32), Rc<Side<'c>>>,
    /// Rules that are taken not to be there.
    pub(crate) removed: BTreeSet<RuleKey>,
}

impl<'c> Halves<'c> {
    pub(crate) fn new(network: &'c Network<'_>) -> Self {
        let compiled = &*network.compiled;
        let mut single = Bits::new(compiled.behaviours.len());
        for (behaviour, endpoints) in (0..).zip(network.of_behaviour.iter()) {
            if matches!(&**endpoints, [only] if network.exempt(*only, *only).is_some()) {
                single.insert(behaviour);
            }
        }
        let free = [Direction::Ingress, Direction::Egress].map(|direction| network.is_free(direction));
        let own_node = (compiled.of_class[network.census.own_node as usize], free);
        Self { compiled, single, own_node, known: Map::default(), removed: BTreeSet::new() }
    }

    fn side(&mut self, direction: Direction, own: u32) -> Rc<Side<'c>> {
        let compiled = self.compiled;
        let make = || {
            let mut numbers = Vec::new();
            let stages = compiled.stages.iter().map(|stage| {
                let side = stage.side(direction);
                compiled.rules_of_subject(side, own, &mut numbers);
                let rules = numbers.iter().map(|number| &side.rules[*number as usize]).collect();
                (side.closed.contains(own), rules)
            });
            Rc::new(Side { is_pod: compiled.behaviours[own as usize].is_pod, stages: stages.collect() })
        };
        self.known.entry((direction, own)).or_insert_with(make).clone()
    }

    /// The ports of a page that the side of `own` lets through to or from `other`; without the rule `besides` as well.
    pub(crate) fn mask(
        &mut self,
        (direction, own): (Direction, u32),
        other: u32,
        page: usize,
        besides: Option<RuleKey>,
    ) -> u64 {
        let side = self.side(direction, own);
        let all = self.compiled.atoms.all(page);
        if !side.is_pod {
            return all;
        }
        let (mut open, mut admitted) = (all, 0);
        for (closes, rules) in &side.stages {
            let mut passed = 0;
            for rule in rules {
                let key = (direction, rule.policy, rule.number);
                if besides == Some(key) || self.removed.contains(&key) || !self.compiled.is_in(other, rule.peers) {
                    continue;
                }
                let hit = open & rule.masks[page];
                open &= !rule.masks[page];
                match rule.action {
                    TrafficAction::Allow => admitted |= hit,
                    TrafficAction::Deny => {}
                    TrafficAction::Pass => passed |= hit,
                }
            }
            if *closes {
                open = 0;
            }
            open |= passed;
        }
        admitted | open
    }

    /// Whether a connection between two is another without a rule, both sides asked.
    pub(crate) fn changes(&mut self, key: RuleKey, own: u32, other: u32) -> bool {
        let direction = key.0;
        (0..self.compiled.atoms.pages()).any(|page| {
            let with = self.mask((direction, own), other, page, None);
            let changed = with ^ self.mask((direction, own), other, page, Some(key));
            changed != 0 && changed & self.mask((direction.opposite(), other), own, page, None) != 0
        })
    }

    /// What the side of `own` lets through to or from every other without a rule, page by page.
    pub(crate) fn line(&mut self, besides: RuleKey, own: u32) -> Vec<Vec<u64>> {
        let direction = besides.0;
        let side = self.side(direction, own);
        let count = self.compiled.behaviours.len();
        let page_of = |page: usize| {
            let all = self.compiled.atoms.all(page);
            if !side.is_pod {
                return vec![all; count];
            }
            let (mut open, mut admitted, mut passed) = (vec![all; count], vec![0; count], vec![0; count]);
            for (closes, rules) in &side.stages {
                passed.fill(0);
                for rule in rules {
                    let key = (direction, rule.policy, rule.number);
                    if besides == key || self.removed.contains(&key) {
                        continue;
                    }
                    let mask = rule.masks[page];
                    for other in self.compiled.sets[rule.peers as usize].iter().map(|other| *other as usize) {
                        let hit = open[other] & mask;
                        open[other] &= !mask;
                        match rule.action {
                            TrafficAction::Allow => admitted[other] |= hit,
                            TrafficAction::Deny => {}
                            TrafficAction::Pass => passed[other] |= hit,
                        }
                    }
                }
                if *closes {
                    open.fill(0);
                }
                open.iter_mut().zip(&passed).for_each(|(open, passed)| *open |= passed);
            }
            admitted.iter_mut().zip(&open).for_each(|(admitted, open)| *admitted |= open);
            admitted
        };
        (0..self.compiled.atoms.pages()).map(page_of).collect()
    }

    /// Whether rules of a direction are asked for connections between pods and another at all.
    pub(crate) fn connects(&self, direction: Direction, own: u32, other: u32) -> bool {
        let of = |behaviour: u32| &self.compiled.behaviours[behaviour as usize];
        !self.is_exempt(direction, own, other) && of(own).connects(of(other))
    }

    /// Whether it is a pod and itself, or the node that it runs on.
    pub(crate) fn is_exempt(&self, direction: Direction, own: u32, other: u32) -> bool {
        let (own_node, [ingress, egress]) = self.own_node;
        let is_free = if direction == Direction::Ingress { ingress } else { egress };
        other == own_node && is_free || own == other && self.single.contains(own)
    }
}

impl Direction {
    /// The other one.
    pub(crate) fn opposite(self) -> Self {
        match self {
            Self::Ingress => Self::Egress,
            Self::Egress => Self::Ingress,
        }
    }

    /// As policies write it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }
}
