//! Questions about the peers and ports of single rules.

use model::inventory::{
    Expression, PodSet, PortReference, TrafficAction, TrafficPeer, TrafficPolicyKind, TrafficPort, Who,
};

use super::{Asker, Question, Written, pods_of, rule_name};
use crate::addresses::Range;
use crate::census::Kind;
use crate::compile::Direction;

/// What a peer finds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Finds {
    Somebody,
    Nobody,
    /// Its namespaces are not in the input.
    NotSeen,
}

impl Asker<'_, '_> {
    /// Asks the questions of every rule.
    pub(super) fn rules(&mut self) {
        for written in self.written() {
            let own = self.own(written.policy);
            let selects = self.has_any(&written.policy.subject, own);
            // What is said of a policy that selects nobody is said of its rules.
            if selects {
                self.matches(&written);
                self.ports(&written);
            }
            self.split(&written);
            self.everything(&written);
            self.exceptions(&written);
        }
    }

    fn finds(&mut self, peer: &TrafficPeer, written: &Written<'_>) -> Finds {
        let own = self.own(written.policy);
        match &peer.who {
            Who::Pods(set) if self.has_any(set, own) => Finds::Somebody,
            Who::Pods(set) if self.has_namespace(set, own) => Finds::Nobody,
            Who::Pods(_) => Finds::NotSeen,
            _ => Finds::Somebody,
        }
    }

    fn matches(&mut self, written: &Written<'_>) {
        let Some(peers) = &written.rule.peers else { return };
        let found: Vec<Finds> = peers.iter().map(|peer| self.finds(peer, written)).collect();
        let rule = rule_name(written);
        if found.iter().all(|finds| *finds == Finds::Nobody) {
            let (what, fits) = match written.direction {
                Direction::Ingress => ("from", "comes from"),
                Direction::Egress => ("to", "goes to"),
            };
            let message =
                format!("{rule} matches nothing: no pod fits its `{what}`, so nothing that it is for {fits} anybody");
            let near = peers.iter().find_map(|peer| self.nearest(pods_of(&peer.who)?, self.own(written.policy)));
            let advice = advice(near, "correct the selectors, or delete the rule");
            self.add(Question::MatchesNothing, written.policy, written.rule.place, message, advice);
            return;
        }
        for (peer, finds) in peers.iter().zip(found) {
            let Some(set) = pods_of(&peer.who) else { continue };
            match finds {
                Finds::Somebody => {}
                Finds::Nobody => {
                    let near = self.nearest(set, self.own(written.policy));
                    let message = format!("a peer of {rule} matches no pods");
                    let advice = advice(near, "correct the selector, or delete the peer");
                    self.add(Question::PeerMatchesNothing, written.policy, peer.place, message, advice);
                }
                Finds::NotSeen => {
                    let message = format!("no namespace here fits a peer of {rule}: who it means is not known");
                    let advice = "read the namespaces and workloads that it means as well";
                    self.add(Question::NotSeen, written.policy, peer.place, message, advice);
                }
            }
        }
    }

    /// Names of ports that no destination has.
    fn ports(&mut self, written: &Written<'_>) {
        let network = self.network;
        let own = self.own(written.policy);
        for port in written.rule.ports.iter().flatten() {
            let Some(PortReference::Name(name)) = port.port else { continue };
            let is_destination = |class: &crate::census::Class| match written.direction {
                Direction::Ingress => self.is_in(&written.policy.subject, own, class),
                Direction::Egress => match &written.rule.peers {
                    None => class.kind == Kind::Pod,
                    Some(peers) => peers.iter().any(|peer| match &peer.who {
                        Who::Pods(set) => self.is_in(set, own, class),
                        Who::Everybody | Who::Inside => class.kind == Kind::Pod,
                        _ => false,
                    }),
                },
            };
            let has = |class: &crate::census::Class| {
                let fits = |protocol| port.protocol.is_none_or(|wanted| wanted == protocol);
                class.ports.iter().any(|(known, protocol, _)| *known == name && fits(*protocol))
            };
            let are_blocks = |peers: &[TrafficPeer]| {
                !peers.is_empty() && peers.iter().all(|peer| matches!(peer.who, Who::Block { .. }))
            };
            if written.direction == Direction::Egress
                && written.policy.kind != TrafficPolicyKind::Calico
                && written.rule.peers.as_deref().is_some_and(are_blocks)
            {
                let message = format!(
                    "{} leads to addresses, at which no port has a name: the entry `{}` admits nothing",
                    rule_name(written),
                    self.text(name)
                );
                let advice = "write the number of the port";
                self.add(Question::PortResolvesNowhere, written.policy, port.place, message, advice);
                continue;
            }
            let mut destinations = network.census.classes.iter().filter(|class| is_destination(class)).peekable();
            if destinations.peek().is_none() || destinations.any(has) {
                continue;
            }
            let protocol = port.protocol.map(crate::ports::protocol_name).unwrap_or_default();
            let name = self.text(name);
            let message = format!(
                "no pod that {} leads to has a {protocol} port named `{name}`, so the entry admits nothing",
                rule_name(written)
            );
            let advice = "give the port of the container that name, or write its number";
            self.add(Question::PortResolvesNowhere, written.policy, port.place, message, advice);
        }
    }

    /// The dash that turns one peer into two.
    fn split(&mut self, written: &Written<'_>) {
        let Some(peers) = &written.rule.peers else { return };
        let own = self.own(written.policy);
        for pair in peers.windows(2) {
            let [first, second] = pair else { continue };
            let (Some(left), Some(right)) = (pods_of(&first.who), pods_of(&second.who)) else { continue };
            let (spaces, pods) = match (is_whole_namespaces(left), is_own_pods(left)) {
                (true, _) if is_own_pods(right) => (left, right),
                (_, true) if is_whole_namespaces(right) => (right, left),
                _ => continue,
            };
            let both = PodSet { namespaces: spaces.namespaces.clone(), pods: pods.pods.clone() };
            // Whoever meant the own namespace as well has pods there; the others had one peer in mind.
            let (here, there) = (self.has_any(pods, own), self.has_any(&both, own));
            let question = if here && !there { continue } else { Question::SplitPeer };
            let message = format!(
                "a namespace and pods are two items of {}: all pods of those namespaces are meant, and pods of `{}`",
                rule_name(written),
                self.text(own)
            );
            let advice =
                "take the dash before the second selector away, if only those pods of those namespaces are meant";
            self.add(question, written.policy, second.place, message, advice);
        }
    }

    /// Rules that let everything through.
    fn everything(&mut self, written: &Written<'_>) {
        let is_everybody = match &written.rule.peers {
            None => true,
            Some(peers) => {
                let is_block = |v6: bool| {
                    peers.iter().any(|peer| match &peer.who {
                        Who::Block { block, except, .. } => {
                            block.is_everything() && block.is_v6() == v6 && except.is_empty()
                        }
                        _ => false,
                    })
                };
                peers.iter().any(|peer| peer.who == Who::Everybody)
                    || is_block(false) && is_block(true) && peers.iter().any(|peer| self.is_all_pods(&peer.who))
            }
        };
        let all_ports = |ports: &[TrafficPort]| {
            ports.iter().any(|port| port.protocol.is_none() && port.port.is_none())
                || crate::ports::PROTOCOLS
                    .iter()
                    .all(|protocol| ports.iter().any(|port| port.protocol == Some(*protocol) && port.port.is_none()))
        };
        let is_all = written.rule.ports.as_deref().is_none_or(all_ports);
        if is_everybody && is_all && written.rule.action == TrafficAction::Allow && !written.rule.narrowed {
            let word = written.direction.word();
            let message = match written.policy.kind {
                TrafficPolicyKind::NetworkPolicy => {
                    format!("{} admits everything, so no policy restricts the {word} of these pods", rule_name(written))
                }
                _ => format!("{} admits everything: nothing after it is asked", rule_name(written)),
            };
            let advice = format!("say who and which ports are meant, or leave {word} out of the policy");
            self.add(Question::AdmitsEverything, written.policy, written.rule.place, message, advice);
        }
    }

    fn is_all_pods(&self, who: &Who) -> bool {
        pods_of(who).is_some_and(|set| {
            set.pods.is_everything() && set.namespaces.as_ref().is_some_and(Expression::is_everything)
        })
    }

    /// Exceptions from a block that another peer of the rule takes back.
    fn exceptions(&mut self, written: &Written<'_>) {
        let Some(peers) = &written.rule.peers else { return };
        for (at, peer) in peers.iter().enumerate() {
            let Who::Block { except, .. } = &peer.who else { continue };
            let others = peers.iter().enumerate().filter(|(other, _)| *other != at);
            let mut admitted: Vec<Range> = Vec::new();
            for (_, other) in others {
                if let Who::Block { block, except, .. } = &other.who {
                    let inner: Vec<Range> = except.iter().map(Range::of).collect();
                    admitted.extend(crate::addresses::without(&[Range::of(block)], &inner));
                }
            }
            for inner in except {
                if crate::addresses::without(&[Range::of(inner)], &admitted).is_empty() {
                    let block = Range::of(inner).text();
                    let message = format!("the exception `{block}` takes nothing out: another peer of the rule has it");
                    let advice = "delete the exception, or take the block out of the other peer";
                    self.add(Question::ExceptionWithoutEffect, written.policy, peer.place, message, advice);
                }
            }
        }
    }
}

fn advice(near: Option<(String, String)>, otherwise: &str) -> String {
    match near {
        Some((pods, missing)) => format!("the nearest pods are those of {pods}: they lack {missing}"),
        None => otherwise.to_owned(),
    }
}

fn is_whole_namespaces(set: &PodSet) -> bool {
    set.pods.is_everything() && set.namespaces.as_ref().is_some_and(|spaces| !spaces.is_everything())
}

fn is_own_pods(set: &PodSet) -> bool {
    set.namespaces.is_none() && !set.pods.is_everything()
}
