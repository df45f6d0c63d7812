//! Questions about what leaves: whether names can be looked up, and whether IPv6 is left out.

use std::collections::BTreeSet;

use model::inventory::{PortReference, Protocol, TrafficPort, Who};

use super::{Asker, Question, Written, rule_name};
use crate::compile::{Direction, is_enforced};
use crate::network::EndpointId;

/// Where resolvers of names answer: CoreDNS, and that of OpenShift.
const DNS_PORTS: [u16; 2] = [53, 5353];

/// Values of `k8s-app`, `app.kubernetes.io/name` and `dns.operator.openshift.io/daemonset-dns` of pods that resolve names.
const RESOLVERS: &[(&str, &str)] = &[
    ("k8s-app", "kube-dns"),
    ("k8s-app", "coredns"),
    ("app.kubernetes.io/name", "coredns"),
    ("dns.operator.openshift.io/daemonset-dns", "default"),
];

impl Asker<'_, '_> {
    pub(super) fn names(&mut self) {
        self.resolution();
        self.forgotten_v6();
    }

    /// Policies that restrict what leaves, and let something out, of whose pods none reaches a resolver.
    fn resolution(&mut self) {
        let network = self.network;
        let resolvers = network.resolvers();
        let written = self.written();
        for policy in &network.inventory.facts.traffic.policies {
            let Some(egress) = policy.egress.as_ref().filter(|egress| egress.closes && !egress.rules.is_empty()) else {
                continue;
            };
            if !is_enforced(policy, &network.config) {
                continue;
            }
            let own = self.own(policy);
            let pods: Vec<EndpointId> = network
                .endpoints()
                .map(|(number, _)| number)
                .filter(|number| self.is_in(&policy.subject, own, network.class(*number)))
                .collect();
            let lost = pods.iter().find(|pod| !self.resolves(**pod, &resolvers, &written));
            let Some(lost) = lost else { continue };
            // A policy whose own rules let nothing out to names has no need of them.
            let is_block_alone = egress.rules.iter().all(|rule| {
                rule.peers.iter().flatten().all(|peer| matches!(peer.who, Who::Block { .. })) && rule.peers.is_some()
            });
            if is_block_alone {
                continue;
            }
            let message = format!(
                "it restricts what leaves {}, and nothing lets DNS out: no name is found",
                network.get(*lost).name
            );
            let advice = "admit UDP and TCP 53 to the pods that resolve names (`k8s-app: kube-dns` in `kube-system`; 5353 on OpenShift)";
            self.add(Question::NoNameResolution, policy, policy.subject_place, message, advice);
        }
    }

    fn resolves(&self, pod: EndpointId, resolvers: &[EndpointId], written: &[Written<'_>]) -> bool {
        let network = self.network;
        if !resolvers.is_empty() {
            let row = network.row(pod);
            let answers = |to: &EndpointId| {
                let ports = row.to(*to);
                DNS_PORTS
                    .iter()
                    .any(|port| ports.contains(Protocol::Udp, *port) || ports.contains(Protocol::Tcp, *port))
            };
            return resolvers.iter().any(answers);
        }
        // Who resolves names is not in the input: a rule that may mean them is taken to.
        let class = network.class(pod);
        written.iter().any(|written| {
            written.direction == Direction::Egress
                && self.is_in(&written.policy.subject, self.own(written.policy), class)
                && may_be_dns(written)
        })
    }

    /// Rules for all addresses of IPv4 alone, where there is IPv6.
    fn forgotten_v6(&mut self) {
        let Some(proof) = self.has_v6() else { return };
        for written in self.written() {
            let blocks = |v6: bool| {
                written.rule.peers.iter().flatten().find(|peer| {
                    matches!(&peer.who, Who::Block { block, .. } if block.is_everything() && block.is_v6() == v6)
                })
            };
            let other = |own: &Written<'_>| {
                own.at == written.at
                    && own.direction == written.direction
                    && own.rule.peers.as_deref().is_none_or(|peers| {
                        peers.iter().any(|peer| matches!(&peer.who, Who::Block { block, .. } if block.is_v6()))
                    })
            };
            let Some(block) = blocks(false).filter(|_| blocks(true).is_none()) else { continue };
            if self.written().iter().any(other) {
                continue;
            }
            let message = format!(
                "{} has all addresses of IPv4 and none of IPv6, and {proof}: over IPv6 it says nothing",
                rule_name(&written)
            );
            let advice = "add `ipBlock: {cidr: '::/0'}` beside it, with the exceptions that IPv6 needs";
            self.add(Question::Ipv6Forgotten, written.policy, block.place, message, advice);
        }
    }

    /// What shows that pods have addresses of both families.
    fn has_v6(&self) -> Option<&'static str> {
        let inventory = self.network.inventory;
        let is_v6 = |address: &model::symbols::Symbol| inventory.symbols.text(*address).contains(':');
        let traffic = &inventory.facts.traffic;
        if traffic.instances.iter().any(|pod| pod.addresses.iter().any(is_v6)) {
            return Some("pods have addresses of IPv6");
        }
        if traffic.services.iter().any(|service| service.addresses.iter().any(is_v6) || service.dual_stack) {
            return Some("Services have addresses of IPv6");
        }
        self.network.pod_blocks().iter().any(model::address::Block::is_v6).then_some("pods have a block of IPv6")
    }
}

/// Whether a rule may let DNS out: to its port by number, and not to the namespace of the policy alone.
fn may_be_dns(written: &Written<'_>) -> bool {
    let is_dns = |port: &TrafficPort| {
        let first = match port.port {
            None => return port.protocol != Some(Protocol::Sctp),
            Some(PortReference::Name(_)) => return true,
            Some(PortReference::Number(first)) => first,
        };
        let last = port.end.unwrap_or(first);
        port.protocol != Some(Protocol::Sctp) && DNS_PORTS.iter().any(|dns| (first..=last).contains(dns))
    };
    let is_elsewhere = |who: &Who| match who {
        Who::Pods(set) => set.namespaces.is_some(),
        Who::Block { .. }
        | Who::Everybody
        | Who::Inside
        | Who::Nodes(_)
        | Who::OwnNode
        | Who::OtherNodes
        | Who::Outside
        | Who::Names(_) => true,
    };
    let ports = written.rule.ports.as_deref();
    let peers = written.rule.peers.as_deref();
    ports.is_none_or(|ports| ports.iter().any(is_dns))
        && peers.is_none_or(|all| all.iter().any(|peer| is_elsewhere(&peer.who)))
}

impl crate::network::Network<'_> {
    /// The pods that resolve names: by their labels, or by their images.
    pub fn resolvers(&self) -> Vec<EndpointId> {
        let symbols = &self.inventory.symbols;
        let labels: BTreeSet<_> =
            RESOLVERS.iter().filter_map(|(key, value)| Some((symbols.find(key)?, symbols.find(value)?))).collect();
        let is = |number: &EndpointId| {
            let Some(workload) = self.workload_of(*number) else { return false };
            workload.members.iter().any(|member| {
                let fact = &self.inventory.facts.workloads[*member as usize];
                fact.labels.iter().any(|label| labels.contains(label))
                    || fact.images.iter().any(|used| symbols.text(used.image).contains("coredns"))
            })
        };
        self.endpoints().map(|(number, _)| number).filter(is).collect()
    }
}
