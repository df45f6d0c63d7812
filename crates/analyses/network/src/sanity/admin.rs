//! Questions about the policies of administrators: orders that nobody knows, and blocks that cut pods off.

use model::inventory::{Stage, TrafficAction, TrafficPolicy, TrafficPolicyKind, Who};

use super::{Asker, Question, rule_name};
use crate::compile::{Direction, Rule, Side, is_enforced};
use crate::evaluate::slot;

/// How many pairs are looked at for each question.
const MOST_PAIRS: u64 = 5_000_000;

/// What a policy alone decides of ports: admitted, denied, passed.
type Decided = [u64; 3];

impl Asker<'_, '_> {
    pub(super) fn admins(&mut self) {
        self.equal_priorities();
        self.cut_pods();
    }

    /// Two policies of one priority that decide otherwise for some pods, peer and port.
    fn equal_priorities(&mut self) {
        let network = self.network;
        let policies = &network.inventory.facts.traffic.policies;
        let priority = |policy: &TrafficPolicy| match policy.stage {
            Stage::Admin(priority) => Some((false, priority)),
            Stage::Baseline(priority) => Some((true, priority)),
            Stage::First | Stage::Tier { .. } | Stage::Policies => None,
        };
        let ordered: Vec<(u32, &TrafficPolicy, (bool, i64))> = (0..)
            .zip(policies)
            .filter(|(_, policy)| is_enforced(policy, &network.config))
            .filter_map(|(number, policy)| Some((number, policy, priority(policy)?)))
            .collect();
        let mut pairs = 0;
        for (at, &(left, first, own)) in ordered.iter().enumerate() {
            for &(right, second, other) in &ordered[at + 1..] {
                if own != other {
                    continue;
                }
                match self.differ(left, right, &mut pairs) {
                    None => self.found.cut_short = true,
                    Some(None) => {}
                    Some(Some((direction, subject, peer))) => {
                        let name = |policy: &TrafficPolicy| self.text(network.inventory.resource(policy.resource).name);
                        let message = format!(
                            "it has the priority of `{}`, and they decide otherwise for {} of {subject} and {peer}: which \
                             counts is not known",
                            name(first),
                            direction.word()
                        );
                        let advice = "give them different priorities";
                        self.add(Question::EqualPriority, second, second.place, message, advice);
                    }
                }
            }
        }
    }

    /// A subject and a peer for which two policies alone decide otherwise; none of all if there are too many pairs.
    #[expect(clippy::option_option, reason = "not asked is not the same as nothing found")]
    fn differ(&self, left: u32, right: u32, pairs: &mut u64) -> Option<Option<(Direction, String, String)>> {
        let compiled = &self.network.compiled;
        for direction in [Direction::Ingress, Direction::Egress] {
            for stage in &compiled.stages {
                let side = stage.side(direction);
                let of = |policy| side.rules.iter().filter(move |rule| rule.policy == policy);
                for one in of(left) {
                    for other in of(right).filter(|other| other.action != one.action) {
                        let subjects =
                            common(&compiled.sets[one.subject as usize], &compiled.sets[other.subject as usize]);
                        let peers = common(&compiled.sets[one.peers as usize], &compiled.sets[other.peers as usize]);
                        for &subject in &subjects {
                            for &peer in &peers {
                                *pairs += 1;
                                if *pairs > MOST_PAIRS {
                                    return None;
                                }
                                let decide = |policy| self.decided(side, policy, subject, peer);
                                if contradict(&decide(left), &decide(right)) {
                                    return Some(Some((direction, self.somebody(subject), self.somebody(peer))));
                                }
                            }
                        }
                    }
                }
            }
        }
        Some(None)
    }

    /// What one policy alone decides for a pair, on each page.
    fn decided(&self, side: &Side, policy: u32, subject: u32, peer: u32) -> Vec<Decided> {
        let compiled = &self.network.compiled;
        let mut pages = vec![[0; 3]; compiled.atoms.pages()];
        let applies = |rule: &&Rule| {
            rule.policy == policy && compiled.is_in(subject, rule.subject) && compiled.is_in(peer, rule.peers)
        };
        for rule in side.rules.iter().filter(applies) {
            for (decided, mask) in pages.iter_mut().zip(&rule.masks) {
                let open = mask & !(decided[0] | decided[1] | decided[2]);
                decided[slot(rule.action)] |= open;
            }
        }
        pages
    }

    /// The first of those that a behaviour stands for.
    fn somebody(&self, behaviour: u32) -> String {
        let of = &self.network.of_behaviour[behaviour as usize];
        of.first().map_or_else(|| "somebody".to_owned(), |endpoint| self.network.get(*endpoint).name.clone())
    }

    /// A ClusterNetworkPolicy that denies all addresses, and with them pods.
    fn cut_pods(&mut self) {
        let network = self.network;
        let compiled = &network.compiled;
        let mut halves = crate::halves::Halves::new(network);
        let mut pairs = 0;
        for written in self.written() {
            let is_block = |who: &Who| matches!(who, Who::Block { block, .. } if block.is_everything());
            if written.policy.kind != TrafficPolicyKind::ClusterNetworkPolicy
                || written.rule.action != TrafficAction::Deny
                || !written.rule.peers.iter().flatten().any(|peer| is_block(&peer.who))
            {
                continue;
            }
            let key = (written.direction, written.at, written.number);
            let mut cut: Vec<u32> = Vec::new();
            for stage in &compiled.stages {
                let own = stage.side(written.direction).rules.iter();
                for rule in own.filter(|rule| rule.policy == key.1 && rule.number == key.2) {
                    let pods = compiled.sets[rule.peers as usize].iter();
                    for &peer in pods.filter(|peer| compiled.behaviours[**peer as usize].is_pod) {
                        for &subject in &compiled.sets[rule.subject as usize] {
                            pairs += 1;
                            if pairs > MOST_PAIRS {
                                self.found.cut_short = true;
                                return;
                            }
                            let side = (written.direction, subject);
                            let is_cut = (0..compiled.atoms.pages()).any(|page| {
                                halves.mask(side, peer, page, None) != halves.mask(side, peer, page, Some(key))
                            });
                            if is_cut && !cut.contains(&peer) {
                                cut.push(peer);
                            }
                        }
                    }
                }
            }
            let Some(&first) = cut.first() else { continue };
            let count: usize = cut.iter().map(|behaviour| network.of_behaviour[*behaviour as usize].len()).sum();
            let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
            let message = format!(
                "{} denies all addresses, and pods are among them: it cuts off {}{more}",
                rule_name(&written),
                self.somebody(first)
            );
            let advice = "pass the traffic to pods in a rule before it: `action: Pass` with `to: [{namespaces: {}}]`";
            self.add(Question::BlockCutsPods, written.policy, written.rule.place, message, advice);
        }
    }
}

fn common(left: &[u32], right: &[u32]) -> Vec<u32> {
    left.iter().filter(|member| right.binary_search(member).is_ok()).copied().collect()
}

/// Whether two policies decide a port otherwise.
fn contradict(left: &[Decided], right: &[Decided]) -> bool {
    left.iter().zip(right).any(|(left, right)| {
        let both = (left[0] | left[1] | left[2]) & (right[0] | right[1] | right[2]);
        (0..3).any(|action| (left[action] ^ right[action]) & both != 0)
    })
}
