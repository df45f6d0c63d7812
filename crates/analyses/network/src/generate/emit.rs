//! Policies from needs: one for each workload, what is guessed in one of its own, names and refusal once a namespace.

use std::collections::{BTreeMap, BTreeSet};

use model::inventory::Protocol;

use super::selectors::{Selected, Selectors};
use super::{Confidence, End, Evidence, Gathering, Need, Unresolved, confidence};
use crate::compile::Direction;
use crate::network::Network;

/// What a policy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// It admits what was seen, and what the cluster cannot do without.
    Needed,
    /// It admits what is declared alone, or was seen once.
    Guessed,
    /// It lets all pods of its namespace look up names.
    Names,
    /// It refuses what no other policy of its namespace admits.
    Refusal,
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedPolicy {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub purpose: Purpose,
    /// The labels of the pods that it is for; none means all of the namespace.
    pub selector: Vec<(String, String)>,
    /// What it admits to the pods.
    pub ingress: Vec<GeneratedRule>,
    /// What it admits from the pods.
    pub egress: Vec<GeneratedRule>,
}

/// A rule of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedRule {
    /// Who is at the other end; never empty.
    pub peers: Vec<Peer>,
    /// The ports; never empty.
    pub ports: Vec<(Protocol, u16)>,
    /// Why, each reason once.
    pub evidence: Vec<Evidence>,
}

/// Who is at the other end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// Pods.
    Pods {
        /// Their namespace; none means that of the policy.
        namespace: Option<String>,
        /// Their labels; none means all of the namespace.
        labels: Vec<(String, String)>,
    },
    /// A block of addresses.
    Block(String),
}

/// The evidence that all pods of a namespace have alike.
fn is_of_names(evidence: &[Evidence]) -> bool {
    let names = |evidence: &Evidence| matches!(evidence, Evidence::Platform { at: None, .. });
    evidence.iter().any(names)
}

/// Whose policy lets pods look up names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    /// One for all pods of the namespace.
    OfNamespace,
    /// That of the workload itself.
    Own,
}

type Grouped = BTreeMap<Peer, (BTreeSet<(Protocol, u16)>, BTreeSet<Evidence>)>;

impl Gathering<'_, '_> {
    pub(super) fn emit(&mut self) -> Vec<GeneratedPolicy> {
        let selectors = Selectors::new(self.network);
        let mut policies: Vec<GeneratedPolicy> = Vec::new();
        let mut selected: BTreeMap<u32, Vec<(String, String)>> = BTreeMap::new();
        let mut open: BTreeSet<String> = BTreeSet::new();
        for workload in (0..self.network.workloads().len() as u32).collect::<Vec<_>>() {
            match selectors.of(workload) {
                Selected::Exactly(labels) => {
                    selected.insert(workload, labels);
                }
                Selected::Also(labels) => {
                    if self.is_used(workload) {
                        let what = format!(
                            "no stable labels tell {} from others: policies for it are for those too",
                            self.name(workload)
                        );
                        self.say(what, "give its pods a label of their own, such as `app.kubernetes.io/name`");
                    }
                    selected.insert(workload, labels);
                }
                Selected::Nothing => {
                    let is_covered = self.covered.contains(&workload);
                    if is_covered {
                        open.insert(self.namespace(workload));
                    }
                    if self.is_used(workload) {
                        let no_policy = if is_covered { "no policy can be for it, and " } else { "" };
                        let what = format!(
                            "{} has no stable label: {no_policy}rules that mean it mean all pods of its namespace",
                            self.name(workload)
                        );
                        self.say(what, "give its pods a label of their own, such as `app.kubernetes.io/name`");
                    }
                }
            }
        }
        for workload in self.covered.clone() {
            let Some(selector) = selected.get(&workload) else { continue };
            for purpose in [Purpose::Needed, Purpose::Guessed] {
                let names = if open.contains(&self.namespace(workload)) { Names::Own } else { Names::OfNamespace };
                policies.extend(self.policy((workload, selector), purpose, names, &selected));
            }
        }
        let namespaces: BTreeSet<String> = self.covered.iter().map(|workload| self.namespace(*workload)).collect();
        for namespace in namespaces {
            // Where a workload has no label, a policy for all pods would cut it off for good.
            if !open.contains(&namespace) {
                policies.extend(self.names_policy(&namespace, &selected));
                policies.push(refusal(namespace));
            }
        }
        merge_equal(&mut policies);
        policies.sort_by(|left, right| {
            (&left.namespace, left.purpose, &left.name).cmp(&(&right.namespace, right.purpose, &right.name))
        });
        policies
    }

    fn say(&mut self, what: String, advice: &str) {
        self.unresolved.insert(Unresolved { what, advice: advice.to_owned(), observed: 0, at: None });
    }

    fn is_used(&self, workload: u32) -> bool {
        let end = End::Workload(workload);
        self.covered.contains(&workload) || self.needs.keys().any(|need| need.from == end || need.to == end)
    }

    fn namespace(&self, workload: u32) -> String {
        self.text(self.network.workloads()[workload as usize].namespace)
    }

    fn policy(
        &self,
        (workload, selector): (u32, &[(String, String)]),
        purpose: Purpose,
        names: Names,
        selected: &BTreeMap<u32, Vec<(String, String)>>,
    ) -> Option<GeneratedPolicy> {
        let end = End::Workload(workload);
        let own = self.namespace(workload);
        let mut grouped: [Grouped; 2] = [Grouped::new(), Grouped::new()];
        for (need, evidence) in &self.needs {
            let is_guessed = confidence(evidence) == Confidence::Guessed;
            if is_guessed != (purpose == Purpose::Guessed) {
                continue;
            }
            for (slot, (subject, peer)) in [(need.to, need.from), (need.from, need.to)].into_iter().enumerate() {
                let direction = if slot == 0 { Direction::Ingress } else { Direction::Egress };
                let is_elsewhere = names == Names::OfNamespace && is_of_names(evidence);
                if subject != end || direction == Direction::Egress && is_elsewhere {
                    continue;
                }
                let Some(peer) = self.peer(peer, &own, selected) else { continue };
                let known = grouped[slot].entry(peer).or_default();
                known.0.insert((need.protocol, need.port));
                known.1.extend(evidence.iter().cloned());
            }
        }
        let [ingress, egress] = grouped.map(rules);
        if ingress.is_empty() && egress.is_empty() {
            return None;
        }
        let name = self.text(self.network.workloads()[workload as usize].name);
        let suffix = if purpose == Purpose::Guessed { "-guessed" } else { "" };
        Some(GeneratedPolicy {
            namespace: own,
            name: policy_name(&name, suffix),
            purpose,
            selector: selector.to_vec(),
            ingress,
            egress,
        })
    }

    /// All pods of a namespace may look up names.
    fn names_policy(
        &self,
        namespace: &str,
        selected: &BTreeMap<u32, Vec<(String, String)>>,
    ) -> Option<GeneratedPolicy> {
        let mut grouped = Grouped::new();
        let of_names = self.needs.iter().filter(|(_, evidence)| is_of_names(evidence));
        for (Need { from, to, protocol, port }, evidence) in of_names {
            let End::Workload(workload) = from else { continue };
            if self.namespace(*workload) != namespace {
                continue;
            }
            let Some(peer) = self.peer(*to, namespace, selected) else { continue };
            let known = grouped.entry(peer).or_default();
            known.0.insert((*protocol, *port));
            known.1.extend(
                evidence.iter().filter(|evidence| matches!(evidence, Evidence::Platform { at: None, .. })).cloned(),
            );
        }
        let egress = rules(grouped);
        (!egress.is_empty()).then(|| GeneratedPolicy {
            namespace: namespace.to_owned(),
            name: "allow-dns".to_owned(),
            purpose: Purpose::Names,
            selector: Vec::new(),
            ingress: Vec::new(),
            egress,
        })
    }

    fn peer(&self, end: End, own: &str, selected: &BTreeMap<u32, Vec<(String, String)>>) -> Option<Peer> {
        let elsewhere = |namespace: String| (namespace != own).then_some(namespace);
        match end {
            End::Workload(workload) => {
                // Without a label, all of the namespace: what is needed is admitted, and what else is comes to light as more
                // than is needed.
                let labels = selected.get(&workload).cloned().unwrap_or_default();
                Some(Peer::Pods { namespace: elsewhere(self.namespace(workload)), labels })
            }
            End::Assumed(number) => {
                let assumed = self.assumed.get(number as usize)?;
                // Of another namespace, even if it is the own one: it is named either way.
                Some(Peer::Pods { namespace: Some(assumed.namespace.clone()), labels: assumed.labels.clone() })
            }
            End::Addresses(range) => Some(Peer::Block(range.text())),
        }
    }
}

/// Peers that have their ports in common, and why.
type Shared = (Vec<Peer>, BTreeSet<Evidence>);

/// Peers with equal ports are one rule.
fn rules(grouped: Grouped) -> Vec<GeneratedRule> {
    let mut by_ports: BTreeMap<Vec<(Protocol, u16)>, Shared> = BTreeMap::new();
    for (peer, (ports, evidence)) in grouped {
        let known = by_ports.entry(ports.into_iter().collect()).or_default();
        known.0.push(peer);
        known.1.extend(evidence);
    }
    let mut rules: Vec<GeneratedRule> = by_ports
        .into_iter()
        .map(|(ports, (peers, evidence))| GeneratedRule { peers, ports, evidence: evidence.into_iter().collect() })
        .collect();
    rules.sort_by(|left, right| (&left.peers, &left.ports).cmp(&(&right.peers, &right.ports)));
    rules
}

fn refusal(namespace: String) -> GeneratedPolicy {
    GeneratedPolicy {
        namespace,
        name: "default-deny".to_owned(),
        purpose: Purpose::Refusal,
        selector: Vec::new(),
        ingress: Vec::new(),
        egress: Vec::new(),
    }
}

/// The name of an object has an end.
fn policy_name(name: &str, suffix: &str) -> String {
    const LONGEST: usize = 253;
    let mut end = name.len().min(LONGEST - suffix.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{suffix}", &name[..end])
}

/// Workloads of one name and of several kinds have policies of several names.
fn merge_equal(policies: &mut [GeneratedPolicy]) {
    let mut taken: BTreeSet<(String, String)> = BTreeSet::new();
    for policy in policies {
        let stem = policy.name.clone();
        let mut number = 2;
        while !taken.insert((policy.namespace.clone(), policy.name.clone())) {
            policy.name = policy_name(&stem, &format!("-{number}"));
            number += 1;
        }
    }
}

impl Network<'_> {
    /// The object of each policy that one of these takes the place of: it has the same namespace and name.
    pub fn replaced(&self, policies: &[GeneratedPolicy]) -> Vec<model::inventory::ResourceId> {
        let names: BTreeSet<(&str, &str)> =
            policies.iter().map(|policy| (policy.namespace.as_str(), policy.name.as_str())).collect();
        let inventory = self.inventory;
        let present = inventory
            .facts
            .traffic
            .policies
            .iter()
            .filter(|policy| policy.kind == model::inventory::TrafficPolicyKind::NetworkPolicy);
        let is_replaced = |policy: &&model::inventory::TrafficPolicy| {
            let namespace = inventory.symbols.text(crate::census::namespace_of(inventory, policy.resource));
            let name = inventory.symbols.text(inventory.resource(policy.resource).name);
            names.contains(&(namespace.as_str(), name.as_str()))
        };
        present.filter(is_replaced).map(|policy| policy.resource).collect()
    }
}
