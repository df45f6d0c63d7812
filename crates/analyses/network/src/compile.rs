//! Policies become rules between sets of classes, in stages; classes that are in the same sets become one behaviour.
//!
//! Policies that are not there, and may come, are compiled as well where that is asked for: then a change of policies is a
//! change of a few bits.

use std::sync::Arc;

use model::inventory::{
    Inventory, PortReference, Stage, TrafficAction, TrafficDirection, TrafficPolicy, TrafficPolicyKind, TrafficPort,
};
use model::symbols::Symbol;

use crate::bits::Bits;
use crate::census::{Asked, Census, Family, Kind, Map, namespace_of};
use crate::config::{AdminTiers, Config, Enforcement, OwnKinds, PortRanges};
use crate::ports::{Atoms, Cuts};
use crate::sets::{EVERYBODY, SetId, Sets};

/// A direction, seen from the pods that a policy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// To the pods.
    Ingress,
    /// From the pods.
    Egress,
}

/// A rule between two sets.
pub(crate) struct Rule {
    /// The policy, among the facts.
    pub(crate) policy: u32,
    /// Which of the policy's rules of that direction.
    pub(crate) number: u32,
    pub(crate) action: TrafficAction,
    /// Policies of equal priority, whose order nobody knows, have one number; 0 where the order is known.
    pub(crate) rivals: u32,
    pub(crate) subject: SetId,
    pub(crate) peers: SetId,
    /// The ports, a mask for each page.
    pub(crate) masks: Box<[u64]>,
}

/// What is judged together, of one direction.
#[derive(Clone, Default)]
pub(crate) struct Side {
    /// In the order in which they are judged. Those of policies that are not there are among them.
    pub(crate) rules: Arc<Vec<Rule>>,
    /// The sets of pods for which what no rule decides is refused, each with the policy that says so.
    pub(crate) closing: Arc<Vec<(SetId, u32)>>,
    /// The same as behaviours, of the policies that are there.
    pub(crate) closed: Bits,
    /// Whether all rules admit, so that their order does not matter.
    pub(crate) admits_only: bool,
    /// Rules by their subject.
    by_subject: Arc<Vec<Vec<u32>>>,
    /// Rules by their peers.
    by_peers: Arc<Vec<Vec<u32>>>,
}

/// The same while policies are added.
#[derive(Default)]
struct Draft {
    rules: Vec<Rule>,
    closing: Vec<(SetId, u32)>,
}

/// A stage: what it leaves open is for the next.
#[derive(Clone)]
pub(crate) struct CompiledStage {
    pub(crate) ingress: Side,
    pub(crate) egress: Side,
}

impl CompiledStage {
    pub(crate) fn side(&self, direction: Direction) -> &Side {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }
}

/// Endpoints that all rules treat alike.
pub(crate) struct Behaviour {
    /// Whether policies apply to it.
    pub(crate) is_pod: bool,
    /// Whether it is of a workload: pods, on the network of their node or not.
    pub(crate) is_workload: bool,
    pub(crate) family: Family,
    /// The sets that it is in, without that of everybody.
    pub(crate) sets: Box<[SetId]>,
}

/// Numbers that follow one another: the first, and the one after the last.
type Run = (u32, u32);

/// Everything that is needed to say who reaches whom. A copy shares all but which policies are there.
#[derive(Clone)]
pub(crate) struct Compiled {
    pub(crate) stages: Vec<CompiledStage>,
    pub(crate) atoms: Arc<Atoms>,
    pub(crate) behaviours: Arc<Vec<Behaviour>>,
    /// The behaviour of each class.
    pub(crate) of_class: Arc<Vec<u32>>,
    /// The behaviours in each set, sorted.
    pub(crate) sets: Arc<Vec<Box<[u32]>>>,
    /// The same as runs.
    pub(crate) runs: Arc<Vec<Box<[Run]>>>,
    /// The policies, among the facts, that are compiled and not there.
    pub(crate) absent: Bits,
    /// Whether there are policies whose order nobody knows.
    pub(crate) has_rivals: bool,
    /// What is taken to hold where such policies contradict each other.
    pub(crate) doubtful: Doubtful,
}

/// What is taken to hold where policies of equal priority contradict each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Doubtful {
    /// Whatever one of them lets through may connect.
    #[default]
    Admitted,
    /// Only what all of them let through may.
    Refused,
}

/// Whether the policy is there, and somebody enforces it.
pub(crate) fn is_enforced(policy: &TrafficPolicy, config: &Config) -> bool {
    !config.without.contains(&policy.resource) && would_be_enforced(policy, config)
}

/// Whether the policy is there, or may come, and somebody enforces it then.
pub(crate) fn is_compiled(policy: &TrafficPolicy, config: &Config) -> bool {
    let is_meant = !config.without.contains(&policy.resource) || config.prepared.contains(&policy.resource);
    is_meant && would_be_enforced(policy, config)
}

fn would_be_enforced(policy: &TrafficPolicy, config: &Config) -> bool {
    let dialect = &config.dialect;
    if dialect.enforcement == Enforcement::Absent {
        return false;
    }
    match policy.kind {
        TrafficPolicyKind::NetworkPolicy => true,
        TrafficPolicyKind::AdminNetworkPolicy => matches!(dialect.admin, AdminTiers::All | AdminTiers::Alpha1),
        TrafficPolicyKind::ClusterNetworkPolicy => matches!(dialect.admin, AdminTiers::All | AdminTiers::Alpha2),
        TrafficPolicyKind::Cilium => matches!(dialect.own_kinds, OwnKinds::All | OwnKinds::Cilium),
        TrafficPolicyKind::Calico => matches!(dialect.own_kinds, OwnKinds::All | OwnKinds::Calico),
    }
}

/// The policies that are compiled, in the order of their stages, and the number of the stage of each.
fn staged<'a>(inventory: &'a Inventory, config: &Config) -> Vec<(u32, &'a TrafficPolicy, (f64, f64))> {
    let traffic = &inventory.facts.traffic;
    let default = inventory.symbols.find("default");
    let tier_order = |name: Symbol| match Some(name) == default {
        true => DEFAULT_TIER,
        false => traffic.tiers.iter().rev().find(|tier| tier.name == name).and_then(|tier| tier.order).unwrap_or(LAST),
    };
    let mut staged: Vec<_> = (0..)
        .zip(&traffic.policies)
        .filter(|(_, policy)| is_compiled(policy, config))
        .map(|(number, policy)| {
            let order = match policy.stage {
                Stage::First => (f64::NEG_INFINITY, 0.0),
                Stage::Admin(priority) => (ADMIN_TIER, priority as f64),
                Stage::Tier { name, order } => (tier_order(name), order.unwrap_or(f64::INFINITY)),
                Stage::Policies => (DEFAULT_TIER, NETWORK_POLICY_ORDER),
                Stage::Baseline(priority) => (BASELINE_TIER, priority as f64),
            };
            (number, policy, order)
        })
        .collect();
    // Equal orders: by name, so that the answer does not depend on the order of the input.
    let needs_name = |policy: &TrafficPolicy| policy.stage != Stage::Policies;
    staged.sort_by_cached_key(|(_, policy, order)| {
        let resource = inventory.resource(policy.resource);
        let name = if needs_name(policy) { inventory.symbols.text(resource.name) } else { String::new() };
        (Total(order.0), Total(order.1), name)
    });
    staged
}

/// For each policy the number of those of its priority, where there are several. Calico's of equal order go by their names.
fn rivals(staged: &[(u32, &TrafficPolicy, (f64, f64))]) -> Vec<u32> {
    let is_admin = |policy: &TrafficPolicy| matches!(policy.stage, Stage::Admin(_) | Stage::Baseline(_));
    let runs = staged.chunk_by(|(_, left, own), (_, right, other)| own == other && is_admin(left) && is_admin(right));
    let mut rivals = Vec::with_capacity(staged.len());
    for (number, run) in (1..).zip(runs) {
        rivals.extend(run.iter().map(|_| if run.len() > 1 { number } else { 0 }));
    }
    rivals
}

// Source: Calico's tiers, in which the policies of administrators and NetworkPolicies have orders of their own.
const ADMIN_TIER: f64 = 1_000.0;
const DEFAULT_TIER: f64 = 1_000_000.0;
const BASELINE_TIER: f64 = 10_000_000.0;
const NETWORK_POLICY_ORDER: f64 = 1_000.0;

/// A tier without an order comes last.
const LAST: f64 = 100_000_000.0;

#[derive(PartialEq)]
struct Total(f64);

impl Eq for Total {}

impl PartialOrd for Total {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Total {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// What the policies that are enforced ask for.
pub(crate) fn asked(inventory: &Inventory, config: &Config) -> (Asked, Vec<crate::addresses::Range>) {
    use model::inventory::{BlockReach, Who};
    let mut asked = Asked { labels: config.labels.iter().copied().collect(), ..Asked::default() };
    let mut ranges = Vec::new();
    let mut labels = |expression: &model::inventory::Expression| {
        expression.selectors(&mut |selector| asked.labels.extend(selector.requirements.iter().map(|r| r.key)));
    };
    let traffic = &inventory.facts.traffic;
    traffic.unmodelled.iter().filter_map(|policy| policy.subject.as_ref()).for_each(|set| labels(&set.pods));
    let mut by_address = false;
    let mut ports = crate::census::Map::<Symbol, ()>::default();
    for policy in traffic.policies.iter().filter(|policy| is_compiled(policy, config)) {
        labels(&policy.subject.pods);
        for rule in [&policy.ingress, &policy.egress].into_iter().flatten().flat_map(|direction| &direction.rules) {
            if let Some(only) = &rule.only {
                labels(&only.pods);
            }
            for peer in rule.peers.iter().flatten() {
                match &peer.who {
                    Who::Pods(set) => labels(&set.pods),
                    Who::Nodes(selector) => labels(&model::inventory::Expression::Labels(selector.clone())),
                    Who::Block { reach, .. } => {
                        ranges.extend(crate::sets::ranges_of(&peer.who));
                        by_address |= match reach {
                            BlockReach::Anything => true,
                            // Pods on the network of a node are found where pods are not.
                            BlockReach::Plugin => config.dialect.blocks != crate::config::BlockMatching::OutsideOnly,
                            BlockReach::Outside => false,
                        };
                    }
                    _ => {}
                }
            }
            for port in rule.ports.iter().flatten() {
                if let Some(PortReference::Name(name)) = port.port {
                    ports.insert(name, ());
                }
            }
        }
    }
    asked.addresses = by_address;
    asked.ports = ports.into_keys().collect();
    (asked, ranges)
}

/// Where ports are cut: at the ends of what rules name, and at the ports that have a name that rules ask for.
pub(crate) fn cuts(inventory: &Inventory, config: &Config, census: &Census) -> Cuts {
    let mut cuts = config.cuts.clone();
    for policy in inventory.facts.traffic.policies.iter().filter(|policy| is_compiled(policy, config)) {
        for rule in [&policy.ingress, &policy.egress].into_iter().flatten().flat_map(|direction| &direction.rules) {
            for port in rule.ports.iter().flatten() {
                if let Some((first, last)) = range(port, config) {
                    cuts.add(port.protocol, first, last);
                }
            }
        }
    }
    for &(_, protocol, number) in census.classes.iter().flat_map(|class| &class.ports) {
        cuts.add(Some(protocol), number, number);
    }
    cuts
}

/// The numbers of an entry that has no name.
fn range(port: &TrafficPort, config: &Config) -> Option<(u16, u16)> {
    match (port.port, port.end) {
        (None, _) => Some((1, u16::MAX)),
        (Some(PortReference::Number(first)), Some(last)) if config.dialect.ranges == PortRanges::Enforced => {
            Some((first, last))
        }
        (Some(PortReference::Number(first)), _) => Some((first, first)),
        (Some(PortReference::Name(_)), _) => None,
    }
}

pub(crate) fn compile(inventory: &Inventory, config: &Config, census: &Census) -> Compiled {
    let atoms = Atoms::new(&cuts(inventory, config, census));
    let mut compiler = Compiler { inventory, config, census, atoms: &atoms, sets: Sets::new(census, config) };
    let mut drafts: Vec<(f64, [Draft; 2])> = Vec::new();
    let staged = staged(inventory, config);
    let rivals = rivals(&staged);
    for ((number, policy, (stage, _)), rivals) in staged.into_iter().zip(&rivals) {
        if drafts.last().is_none_or(|(known, _)| *known != stage) {
            drafts.push((stage, <[Draft; 2]>::default()));
        }
        let Some((_, last)) = drafts.last_mut() else { continue };
        compiler.add(number, policy, *rivals, last);
    }
    let sets = compiler.sets.into_sets();
    let (behaviours, of_class, sets) = behaviours(census, &sets);
    let stages = drafts.into_iter().map(|(_, [ingress, egress])| CompiledStage {
        ingress: finish(ingress, sets.len()),
        egress: finish(egress, sets.len()),
    });
    let compiled = Compiled {
        stages: stages.collect(),
        atoms: atoms.into(),
        behaviours: behaviours.into(),
        of_class: of_class.into(),
        runs: sets.iter().map(|set| runs(set)).collect::<Vec<_>>().into(),
        sets: sets.into(),
        absent: Bits::default(),
        has_rivals: rivals.iter().any(|rivals| *rivals > 0),
        doubtful: Doubtful::default(),
    };
    compiled.of_present(inventory, config)
}

struct Compiler<'a> {
    inventory: &'a Inventory,
    config: &'a Config,
    census: &'a Census,
    atoms: &'a Atoms,
    sets: Sets<'a>,
}

impl Compiler<'_> {
    fn add(&mut self, number: u32, policy: &TrafficPolicy, rivals: u32, [ingress, egress]: &mut [Draft; 2]) {
        let own = namespace_of(self.inventory, policy.resource);
        let own = self.census.namespace_index.get(&own).copied();
        let subject = self.sets.pods(&policy.subject, own, policy.kind);
        let passes_on = match policy.stage {
            Stage::Tier { name, .. } => {
                self.inventory.facts.traffic.tiers.iter().any(|tier| tier.name == name && tier.passes)
            }
            Stage::First | Stage::Admin(_) | Stage::Policies | Stage::Baseline(_) => false,
        };
        let sides = [(Direction::Ingress, &policy.ingress, ingress), (Direction::Egress, &policy.egress, egress)];
        for (direction, written, side) in sides {
            let Some(TrafficDirection { closes, rules }) = written else { continue };
            if *closes && !passes_on {
                side.closing.push((subject, number));
            }
            for (at, rule) in (0..).zip(rules) {
                let peers = self.sets.peers(rule.peers.as_deref(), own, policy.kind);
                let subject = match &rule.only {
                    Some(only) => {
                        let only = self.sets.pods(only, own, policy.kind);
                        self.intersect(subject, only)
                    }
                    None => subject,
                };
                let (action, masks) = (rule.action, Box::default());
                let template = Rule { policy: number, number: at, action, rivals, subject, peers, masks };
                // A port has no name at an address, whoever has that.
                let has_names = direction == Direction::Egress && policy.kind != TrafficPolicyKind::Calico;
                let named = match rule.peers.as_deref().filter(|_| has_names) {
                    Some(all) => self.sets.named_peers(all, own, policy.kind),
                    None => peers,
                };
                self.add_rule(template, rule.ports.as_deref(), (direction, named), side);
            }
        }
    }

    fn intersect(&mut self, left: SetId, right: SetId) -> SetId {
        let right = self.sets.members(right);
        let both = self.sets.members(left).iter().filter(|member| right.binary_search(member).is_ok());
        let both: Vec<u32> = both.copied().collect();
        self.sets.intern(both)
    }

    /// Adds a rule; one with named ports becomes one for each set of numbers that the names mean at the destination.
    fn add_rule(
        &mut self,
        rule: Rule,
        ports: Option<&[TrafficPort]>,
        (direction, named): (Direction, SetId),
        side: &mut Draft,
    ) {
        let pages = self.atoms.pages();
        let Some(ports) = ports else {
            let masks = (0..pages).map(|page| self.atoms.all(page)).collect();
            side.rules.push(Rule { masks, ..rule });
            return;
        };
        let mut masks = vec![0; pages];
        let mut names: Vec<&TrafficPort> = Vec::new();
        for port in ports {
            match range(port, self.config) {
                Some((first, last)) => self.atoms.add(&mut masks, port.protocol, first, last),
                None => names.push(port),
            }
        }
        if names.is_empty() {
            side.rules.push(Rule { masks: masks.into(), ..rule });
            return;
        }
        let destinations = match direction {
            Direction::Ingress => rule.subject,
            Direction::Egress => rule.peers,
        };
        let mut found: Vec<(Box<[u64]>, Vec<u32>)> = Vec::new();
        let mut index: Map<Box<[u64]>, usize> = Map::default();
        for &class in self.sets.members(destinations) {
            let mut masks = masks.clone();
            let has_names = direction == Direction::Ingress || self.sets.members(named).binary_search(&class).is_ok();
            for port in names.iter().filter(|_| has_names) {
                self.resolve(port, class, &mut masks);
            }
            let masks = masks.into_boxed_slice();
            let at = *index.entry(masks.clone()).or_insert_with(|| {
                found.push((masks, Vec::new()));
                found.len() - 1
            });
            found[at].1.push(class);
        }
        for (masks, members) in found {
            let part = self.sets.intern(members);
            let (subject, peers) = match direction {
                Direction::Ingress => (part, rule.peers),
                Direction::Egress => (rule.subject, part),
            };
            side.rules.push(Rule { subject, peers, masks, ..rule });
        }
    }

    fn resolve(&self, port: &TrafficPort, class: u32, masks: &mut [u64]) {
        let Some(PortReference::Name(name)) = port.port else { return };
        for &(known, protocol, number) in &self.census.classes[class as usize].ports {
            if known == name && port.protocol.is_none_or(|wanted| wanted == protocol) {
                self.atoms.add(masks, Some(protocol), number, number);
            }
        }
    }
}

type Grouped = (Vec<Behaviour>, Vec<u32>, Vec<Box<[u32]>>);

/// Classes that are in the same sets are one behaviour.
fn behaviours(census: &Census, sets: &[Box<[u32]>]) -> Grouped {
    let mut memberships: Vec<Vec<SetId>> = vec![Vec::new(); census.classes.len()];
    for (number, members) in (0..).zip(sets).skip(1) {
        members.iter().for_each(|class| memberships[*class as usize].push(number));
    }
    let mut known: Map<(Kind, Family, Box<[SetId]>), u32> = Map::default();
    let mut behaviours: Vec<Behaviour> = Vec::new();
    let mut of_class = Vec::with_capacity(memberships.len());
    for (class, sets) in census.classes.iter().zip(memberships) {
        let (kind, family) = (class.kind, class.family);
        let sets = sets.into_boxed_slice();
        let number = *known.entry((kind, family, sets.clone())).or_insert_with(|| {
            let is_workload = matches!(kind, Kind::Pod | Kind::HostPod);
            behaviours.push(Behaviour { is_pod: kind == Kind::Pod, is_workload, family, sets });
            behaviours.len() as u32 - 1
        });
        of_class.push(number);
    }
    let remapped = sets.iter().map(|members| {
        let mut members: Vec<u32> = members.iter().map(|class| of_class[*class as usize]).collect();
        members.sort_unstable();
        members.dedup();
        members.into_boxed_slice()
    });
    let sets = remapped.collect();
    (behaviours, of_class, sets)
}

fn runs(set: &[u32]) -> Box<[Run]> {
    set.chunk_by(|left, right| left + 1 == *right).map(|run| (run[0], run[0] + run.len() as u32)).collect()
}

fn finish(draft: Draft, sets: usize) -> Side {
    let Draft { rules, closing } = draft;
    let (mut by_subject, mut by_peers) = (vec![Vec::new(); sets], vec![Vec::new(); sets]);
    for (number, rule) in (0..).zip(&rules) {
        by_subject[rule.subject as usize].push(number);
        by_peers[rule.peers as usize].push(number);
    }
    Side {
        admits_only: rules.iter().all(|rule| rule.action == TrafficAction::Allow),
        rules: rules.into(),
        closing: closing.into(),
        closed: Bits::default(),
        by_subject: by_subject.into(),
        by_peers: by_peers.into(),
    }
}

impl Compiled {
    /// The same rules, of the policies that `config` says are there.
    pub(crate) fn of_present(&self, inventory: &Inventory, config: &Config) -> Self {
        let mut present = self.clone();
        let policies = &inventory.facts.traffic.policies;
        present.absent = Bits::new(policies.len());
        let absent = (0..).zip(policies).filter(|(_, policy)| config.without.contains(&policy.resource));
        absent.for_each(|(number, _)| present.absent.insert(number));
        for side in present.stages.iter_mut().flat_map(|stage| [&mut stage.ingress, &mut stage.egress]) {
            side.closed = Bits::new(self.behaviours.len());
            for (set, _) in side.closing.iter().filter(|(_, policy)| !present.absent.contains(*policy)) {
                self.sets[*set as usize].iter().for_each(|behaviour| side.closed.insert(*behaviour));
            }
        }
        present
    }

    /// Whether the policy is there.
    pub(crate) fn is_present(&self, policy: u32) -> bool {
        !self.absent.contains(policy)
    }

    /// The behaviours that policies select, for a direction.
    pub(crate) fn subjects_of(&self, direction: Direction, policies: &Bits) -> Bits {
        let mut subjects = Bits::new(self.behaviours.len());
        for side in self.stages.iter().map(|stage| stage.side(direction)) {
            let of_rules = side.rules.iter().filter(|rule| policies.contains(rule.policy)).map(|rule| rule.subject);
            let closing = side.closing.iter().filter(|(_, policy)| policies.contains(*policy)).map(|(set, _)| *set);
            for set in of_rules.chain(closing) {
                self.sets[set as usize].iter().for_each(|behaviour| subjects.insert(*behaviour));
            }
        }
        subjects
    }

    /// The rules whose peers a behaviour is among, in order.
    pub(crate) fn rules_of_peer<'a>(&'a self, side: &'a Side, behaviour: u32, rules: &mut Vec<u32>) {
        rules.clear();
        rules.extend(&side.by_peers[EVERYBODY as usize]);
        let sets = &self.behaviours[behaviour as usize].sets;
        sets.iter().for_each(|set| rules.extend(&side.by_peers[*set as usize]));
        self.keep_present(side, rules);
        rules.sort_unstable();
    }

    /// The rules that are for a behaviour, in order.
    pub(crate) fn rules_of_subject<'a>(&'a self, side: &'a Side, behaviour: u32, rules: &mut Vec<u32>) {
        rules.clear();
        rules.extend(&side.by_subject[EVERYBODY as usize]);
        let sets = &self.behaviours[behaviour as usize].sets;
        sets.iter().for_each(|set| rules.extend(&side.by_subject[*set as usize]));
        self.keep_present(side, rules);
        rules.sort_unstable();
    }

    /// The rules whose peers are a set, in no order.
    pub(crate) fn rules_with_peers<'a>(&'a self, side: &'a Side, set: SetId) -> impl Iterator<Item = &'a Rule> {
        let rules = side.by_peers[set as usize].iter().map(|rule| &side.rules[*rule as usize]);
        rules.filter(|rule| self.is_present(rule.policy))
    }

    /// The rules whose subject is a set, in no order.
    pub(crate) fn rules_with_subject<'a>(&'a self, side: &'a Side, set: SetId) -> impl Iterator<Item = &'a Rule> {
        let rules = side.by_subject[set as usize].iter().map(|rule| &side.rules[*rule as usize]);
        rules.filter(|rule| self.is_present(rule.policy))
    }

    fn keep_present(&self, side: &Side, rules: &mut Vec<u32>) {
        if !self.absent.is_empty() {
            rules.retain(|rule| self.is_present(side.rules[*rule as usize].policy));
        }
    }
}
