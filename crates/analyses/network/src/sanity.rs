//! Whether policies do what whoever wrote them may have meant: rules that match nothing, change nothing, or more than
//! was intended. Each question is asked of the evaluator, so that what is said of a rule is true of connections.

mod admin;
mod egress;
mod peers;
mod redundant;

use model::inventory::{Inventory, PodSet, ResourceId, TrafficPolicy, TrafficPolicyKind, TrafficRule, Who};
use model::labels::Selector;
use model::place::Place;
use model::severity::Severity;
use model::symbols::Symbol;

use crate::census::{Kind, Map, namespace_of};
use crate::compile::{Direction, is_enforced};
use crate::config::Enforcement;
use crate::network::Network;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Question {
    /// Does anything enforce the policy?
    NotEnforced,
    /// Do two list items stand where one was meant?
    SplitPeer,
    /// Do policies whose order nobody knows say different things?
    EqualPriority,
    /// Does a block of all addresses cut pods off?
    BlockCutsPods,
    /// Are there rules for a direction that the policy does not have?
    IdleDirection,
    /// Does the policy select anybody?
    SelectsNothing,
    /// Does the rule match anything?
    MatchesNothing,
    /// Does the peer match anybody?
    PeerMatchesNothing,
    /// Does the name of a port mean a port of anybody?
    PortResolvesNowhere,
    /// Can pods that may connect somewhere look up names?
    NoNameResolution,
    /// Is IPv6 left out?
    Ipv6Forgotten,
    /// Does an exception take anything out?
    ExceptionWithoutEffect,
    /// Is the rule ever asked?
    Shadowed,
    /// Does the rule let everything through?
    AdmitsEverything,
    /// Would nothing change without the rule?
    Redundant,
    /// Does the other side refuse all that the rule admits?
    RefusedElsewhere,
    /// Does the namespace have pods?
    EmptyNamespace,
    /// Is whom the rule means not in the input?
    NotSeen,
}

impl Question {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::NotEnforced,
        Self::SplitPeer,
        Self::EqualPriority,
        Self::BlockCutsPods,
        Self::IdleDirection,
        Self::SelectsNothing,
        Self::MatchesNothing,
        Self::PeerMatchesNothing,
        Self::PortResolvesNowhere,
        Self::NoNameResolution,
        Self::Ipv6Forgotten,
        Self::ExceptionWithoutEffect,
        Self::Shadowed,
        Self::AdmitsEverything,
        Self::Redundant,
        Self::RefusedElsewhere,
        Self::EmptyNamespace,
        Self::NotSeen,
    ];

    /// Its identifier.
    pub fn id(self) -> &'static str {
        match self {
            Self::NotEnforced => "not-enforced",
            Self::SplitPeer => "split-peer",
            Self::EqualPriority => "equal-priority",
            Self::BlockCutsPods => "block-cuts-pods",
            Self::IdleDirection => "idle-direction",
            Self::SelectsNothing => "selects-nothing",
            Self::MatchesNothing => "matches-nothing",
            Self::PeerMatchesNothing => "peer-matches-nothing",
            Self::PortResolvesNowhere => "port-resolves-nowhere",
            Self::NoNameResolution => "no-name-resolution",
            Self::Ipv6Forgotten => "ipv6-forgotten",
            Self::ExceptionWithoutEffect => "exception-without-effect",
            Self::Shadowed => "shadowed",
            Self::AdmitsEverything => "admits-everything",
            Self::Redundant => "redundant",
            Self::RefusedElsewhere => "refused-elsewhere",
            Self::EmptyNamespace => "empty-namespace",
            Self::NotSeen => "not-seen",
        }
    }

    /// How much it matters.
    pub fn severity(self) -> Severity {
        match self {
            Self::NotEnforced | Self::SplitPeer | Self::EqualPriority => Severity::High,
            Self::BlockCutsPods
            | Self::IdleDirection
            | Self::SelectsNothing
            | Self::MatchesNothing
            | Self::PeerMatchesNothing
            | Self::PortResolvesNowhere
            | Self::NoNameResolution
            | Self::Ipv6Forgotten
            | Self::ExceptionWithoutEffect
            | Self::Shadowed => Severity::Medium,
            Self::AdmitsEverything | Self::Redundant | Self::RefusedElsewhere => Severity::Low,
            Self::EmptyNamespace | Self::NotSeen => Severity::Info,
        }
    }
}

/// Something that may not be as it was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oddity {
    /// What.
    pub question: Question,
    /// The policy.
    pub policy: ResourceId,
    /// Where.
    pub place: Place,
    /// What holds.
    pub message: String,
    /// What to do.
    pub advice: String,
}

/// What is odd about the policies of a network.
#[derive(Debug, Default)]
pub struct Sanity {
    /// What is odd, by place.
    pub oddities: Vec<Oddity>,
    /// Whether there were too many pairs to ask the questions that take every pair.
    pub cut_short: bool,
}

/// Where questions find what they need.
struct Asker<'n, 'a> {
    network: &'n Network<'a>,
    found: Sanity,
    known: Map<(Option<Symbol>, PodSet), bool>,
}

/// A rule, and where it is.
#[derive(Clone, Copy)]
struct Written<'p> {
    policy: &'p TrafficPolicy,
    /// Which of the policies it is of.
    at: u32,
    number: u32,
    direction: Direction,
    rule: &'p TrafficRule,
}

impl Network<'_> {
    /// What of the policies may not be as it was meant.
    pub fn sanity(&self) -> Sanity {
        let mut asker = Asker { network: self, found: Sanity::default(), known: Map::default() };
        asker.enforcement();
        asker.subjects();
        asker.idle();
        if self.config.dialect.enforcement == Enforcement::Present {
            asker.rules();
            asker.names();
            asker.admins();
            asker.redundant();
        }
        let mut found = asker.found;
        let file = |oddity: &Oddity| self.inventory.resource(oddity.policy).file;
        found.oddities.sort_by_cached_key(|oddity| {
            (
                std::cmp::Reverse(oddity.question.severity()),
                oddity.question,
                file(oddity),
                oddity.place.line,
                oddity.place,
            )
        });
        found.oddities.dedup();
        found
    }
}

impl<'a> Asker<'_, 'a> {
    fn add(
        &mut self,
        question: Question,
        policy: &TrafficPolicy,
        place: Place,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) {
        let (policy, message, advice) = (policy.resource, message.into(), advice.into());
        self.found.oddities.push(Oddity { question, policy, place, message, advice });
    }

    fn text(&self, symbol: Symbol) -> String {
        self.network.inventory.symbols.text(symbol)
    }

    fn own(&self, policy: &TrafficPolicy) -> Symbol {
        namespace_of(self.network.inventory, policy.resource)
    }

    /// The policies that are there, enforced or not.
    fn present(&self) -> Vec<&'a TrafficPolicy> {
        let inventory: &'a Inventory = self.network.inventory;
        let all = inventory.facts.traffic.policies.iter();
        all.filter(|policy| !self.network.config.without.contains(&policy.resource)).collect()
    }

    /// The rules that are enforced.
    fn written(&self) -> Vec<Written<'a>> {
        let mut all = Vec::new();
        let inventory: &'a Inventory = self.network.inventory;
        for (at, policy) in (0..).zip(&inventory.facts.traffic.policies) {
            if !is_enforced(policy, &self.network.config) {
                continue;
            }
            let directions = [(Direction::Ingress, &policy.ingress), (Direction::Egress, &policy.egress)];
            for (direction, written) in directions {
                let rules = (0..).zip(written.iter().flat_map(|written| &written.rules));
                all.extend(rules.map(|(number, rule)| Written { policy, at, number, direction, rule }));
            }
        }
        all
    }

    /// Kinds that nothing enforces: each once, for its first policy.
    fn enforcement(&mut self) {
        let network = self.network;
        let mut counted: Vec<(TrafficPolicyKind, &TrafficPolicy, usize)> = Vec::new();
        for policy in self.present() {
            if is_enforced(policy, &network.config) {
                continue;
            }
            match counted.iter_mut().find(|(kind, _, _)| *kind == policy.kind) {
                Some((_, _, count)) => *count += 1,
                None => counted.push((policy.kind, policy, 1)),
            }
        }
        for (_, policy, count) in counted {
            let kind = self.text(network.inventory.resource(policy.resource).kind);
            let all = if count == 1 { "it has no effect".to_owned() } else { format!("none of {count} has an effect") };
            let message = format!("the network plugin does not enforce {kind}: {all}");
            let advice = match network.config.dialect.enforcement {
                Enforcement::Absent => "install a plugin that enforces policies",
                Enforcement::Present => "write it as a kind that the plugin enforces",
            };
            self.add(Question::NotEnforced, policy, policy.place, message, advice);
        }
    }

    /// Whether a set of pods has anybody.
    fn has_any(&mut self, set: &PodSet, own: Symbol) -> bool {
        let key = (set.namespaces.is_none().then_some(own), set.clone());
        if let Some(&known) = self.known.get(&key) {
            return known;
        }
        let found = self.network.census.classes.iter().any(|class| self.is_in(set, own, class));
        self.known.insert(key, found);
        found
    }

    fn is_in(&self, set: &PodSet, own: Symbol, class: &crate::census::Class) -> bool {
        let census = &self.network.census;
        let Some(namespace) = census.namespaces.get(class.namespace as usize) else { return false };
        let in_namespace = match &set.namespaces {
            None => namespace.name == own,
            Some(expression) => expression.matches(&namespace.labels),
        };
        class.kind == Kind::Pod && in_namespace && set.pods.matches(&class.labels)
    }

    /// Whether a namespace of the input is among those of a set.
    fn has_namespace(&self, set: &PodSet, own: Symbol) -> bool {
        self.network.census.namespaces.iter().any(|namespace| match &set.namespaces {
            None => namespace.name == own,
            Some(expression) => expression.matches(&namespace.labels),
        })
    }

    /// Policies that select nobody.
    fn subjects(&mut self) {
        let network = self.network;
        // Labels are told apart for what is enforced alone.
        let enforced = |policy: &&TrafficPolicy| is_enforced(policy, &network.config);
        for policy in self.present().into_iter().filter(enforced) {
            let own = self.own(policy);
            if self.has_any(&policy.subject, own) {
                continue;
            }
            let has_pods = |census: &crate::census::Census| {
                let index = census.namespace_index.get(&own);
                census.classes.iter().any(|class| class.kind == Kind::Pod && Some(&class.namespace) == index)
            };
            if policy.subject.namespaces.is_none() && !has_pods(&network.census) {
                let message = format!("there are no pods in the namespace `{}`", self.text(own));
                let advice = "delete the policy, or read the workloads of the namespace with it";
                self.add(Question::EmptyNamespace, policy, policy.subject_place, message, advice);
                continue;
            }
            let near = self.nearest(&policy.subject, own);
            let message = "it selects no pods, so it protects nobody";
            let advice = match near {
                Some((pods, missing)) => format!("the nearest pods are those of {pods}: they lack {missing}"),
                None => "correct the selector, or delete the policy".to_owned(),
            };
            self.add(Question::SelectsNothing, policy, policy.subject_place, message, advice);
        }
    }

    /// The pods that lack the fewest labels to be in a set, if some lack one alone.
    fn nearest(&self, set: &PodSet, own: Symbol) -> Option<(String, String)> {
        let model::inventory::Expression::Labels(selector) = &set.pods else { return None };
        let network = self.network;
        for (number, endpoint) in network.endpoints() {
            let class = network.class(number);
            let everyone = PodSet { namespaces: set.namespaces.clone(), pods: model::inventory::Expression::All };
            if !self.is_in(&everyone, own, class) {
                continue;
            }
            let fails = |requirement: &&model::labels::Requirement| {
                let only = Selector { requirements: vec![(*requirement).clone()].into(), invalid: selector.invalid };
                !only.matches(&class.labels)
            };
            let failing = selector.requirements.iter().filter(fails).count();
            if failing == 1 && (selector.requirements.len() > 1 || self.is_misspelt(selector, number)) {
                return Some((endpoint.name.clone(), network.missing_of(&set.pods, &class.labels)));
            }
        }
        None
    }

    /// Whether pods have the one label of a selector with a value like it, or a key like it with its value.
    fn is_misspelt(&self, selector: &Selector, number: crate::network::EndpointId) -> bool {
        let Some((key, value)) = selector.single_label() else { return false };
        let Some(workload) = self.network.workload_of(number) else { return false };
        let facts = workload.members.iter().map(|member| &self.network.inventory.facts.workloads[*member as usize]);
        let (key_text, value_text) = (self.text(key), self.text(value));
        let near = |wanted: &str, found: &str| model::nearest::nearest(wanted, std::iter::once(found)).is_some();
        facts.into_iter().flat_map(|fact| fact.labels.iter()).any(|(own_key, own_value)| {
            (*own_key == key && near(&value_text, &self.text(*own_value)))
                || (*own_value == value && near(&key_text, &self.text(*own_key)))
        })
    }

    /// Rules for directions that a policy does not have.
    fn idle(&mut self) {
        let network = self.network;
        for idle in &network.inventory.facts.traffic.idle {
            if network.config.without.contains(&idle.resource) {
                continue;
            }
            let word = if idle.egress { "egress" } else { "ingress" };
            let kind = if idle.egress { "Egress" } else { "Ingress" };
            let (message, advice) = match idle.empty {
                true => (
                    format!("`{word}: []` without `policyTypes` restricts no {word}"),
                    format!("write `policyTypes: [Ingress, {kind}]` to refuse it, or leave the list out"),
                ),
                false => (
                    format!("the rules for {word} have no effect: `policyTypes` does not list `{kind}`"),
                    format!("add `{kind}` to `policyTypes`, or delete the rules"),
                ),
            };
            let question = Question::IdleDirection;
            self.found.oddities.push(Oddity { question, policy: idle.resource, place: idle.place, message, advice });
        }
    }
}

/// How a rule is called: by its number, from 1.
fn rule_name(written: &Written<'_>) -> String {
    format!("rule {} of {}", written.rule.number + 1, written.direction.word())
}

/// Whether a peer is pods.
fn pods_of(who: &Who) -> Option<&PodSet> {
    match who {
        Who::Pods(set) => Some(set),
        _ => None,
    }
}
