//! What people demand of the network, held against its policies.
//!
//! A demand that means nobody is never kept, and one that depends on what is not known is neither kept nor broken.

mod classes;

use std::collections::{BTreeMap, BTreeSet};

use model::inventory::{ResourceId, UnmodelledPolicy};
use model::network_rule::{Connection, Demand, Part, Party, Rule, Side, Towards};
use model::place::Place;

use crate::addresses::{Range, common, union, without};
use crate::census::Map;
use crate::choose::Chosen;
pub use crate::choose::labels;
use crate::choose::ports::Asked;
use crate::compile::Direction;
use crate::config::FIRST_PORT_ONLY;
use crate::exposure::{Answer, Entry, Reach, Way};
use crate::network::{EndpointId, Identity, Network};
use crate::ports::Ports;
use crate::worlds::Worlds;
use classes::{Judged, OwnPairs, classes, each_pair};

/// What is true of a demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It is kept.
    Kept,
    /// What is not known decides.
    Undecidable,
    /// It is not kept.
    Broken,
    /// A part of it means nobody, so that it says nothing.
    Unfounded,
}

/// A demand, and what is true of it.
pub struct Outcome {
    /// What.
    pub verdict: Verdict,
    /// How many pairs were looked at.
    pub pairs: u64,
    /// How many of them are not as demanded.
    pub broken: u64,
    /// The first of those.
    pub witnesses: Vec<Witness>,
    /// Why it cannot be decided.
    pub doubts: Vec<Doubt>,
    /// What means nobody.
    pub unfounded: Vec<Unfounded>,
    /// Conditions, against the words of the API, under which it is otherwise.
    pub notes: Vec<&'static str>,
}

/// A pair that is not as demanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Who connects.
    pub from: EndpointId,
    /// Who is connected to.
    pub to: EndpointId,
    /// The addresses outside that are meant; none if both are inside.
    pub addresses: Vec<Range>,
    /// The ports that are admitted and ought not to be, or the other way.
    pub ports: Ports,
    /// The way in that leads there, if it is not the connection itself.
    pub through: Option<(Way, ResourceId, Place)>,
}

/// Why something cannot be decided.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// It is so only under a condition.
    Condition(&'static str),
    /// Two policies of equal priority contradict each other.
    Rivals(ResourceId, ResourceId),
    /// A policy is not evaluated.
    Unmodelled(ResourceId),
    /// A way in whose controller is not in the input.
    Controller(ResourceId),
    /// A way in of which it is not known whether pods see the client or a node.
    Source(ResourceId),
    /// A way in that is open to whoever reaches a node.
    Nodes(ResourceId),
    /// A way in that is open if policies admit the addresses of nodes, which are not known.
    NodeAddresses(ResourceId),
}

/// A part of a rule that means nobody, or a port that nobody has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfounded {
    /// Its name, as written.
    pub name: String,
    /// The line on which that stands.
    pub line: u32,
}

/// How many pairs are kept that are not as demanded.
const MOST: usize = 50;

/// Holds rules against a network, and against what it would be under other assumptions.
pub fn check(worlds: &Worlds<'_>, rules: &[Rule]) -> Vec<Outcome> {
    let judge = |network: &Network<'_>| -> Vec<Outcome> {
        let mut judge = Judge { network, entries: None };
        rules.iter().map(|rule| judge.rule(rule)).collect()
    };
    let mut outcomes = judge(&worlds.base);
    for (condition, network) in &worlds.others {
        for (outcome, other) in outcomes.iter_mut().zip(judge(network)) {
            if (outcome.broken > 0) != (other.broken > 0) {
                // What the API says of ranges is plain: that old plugins do otherwise is said, and decides nothing.
                match *condition == FIRST_PORT_ONLY {
                    true => outcome.notes.push(condition),
                    false => outcome.doubts.push(Doubt::Condition(condition)),
                }
            }
        }
    }
    if let Some(certain) = &worlds.certain {
        for (outcome, other) in outcomes.iter_mut().zip(judge(certain)) {
            if (outcome.broken > 0) != (other.broken > 0) {
                outcome.doubts.extend(rivals(&worlds.base, outcome.witnesses.iter().chain(&other.witnesses)));
            }
        }
    }
    for outcome in &mut outcomes {
        let depends = outcome.doubts.iter().any(|doubt| matches!(doubt, Doubt::Condition(_) | Doubt::Rivals(..)));
        outcome.verdict = if !outcome.unfounded.is_empty() {
            Verdict::Unfounded
        } else if outcome.broken > 0 && !depends {
            Verdict::Broken
        } else if !outcome.doubts.is_empty() {
            Verdict::Undecidable
        } else {
            Verdict::Kept
        };
    }
    outcomes
}

/// The policies of equal priority that decide of pairs.
fn rivals<'w>(network: &Network<'_>, pairs: impl Iterator<Item = &'w Witness>) -> BTreeSet<Doubt> {
    let mut found = BTreeSet::new();
    for pair in pairs {
        let explanation = network.explain(pair.from, pair.to, pair.ports.clone());
        let halves = [&explanation.egress, &explanation.ingress];
        let rivals = halves.into_iter().flat_map(|half| &half.rivals);
        found.extend(rivals.map(|(own, other)| Doubt::Rivals(*own, *other)));
    }
    found
}

/// Policies that are not evaluated, by those whose connections they may change: with anybody, or with the outside alone.
#[derive(Default)]
struct Doubts {
    anybody: BTreeMap<EndpointId, ResourceId>,
    outside: BTreeMap<EndpointId, ResourceId>,
}

impl Doubts {
    /// What may change what an endpoint does.
    fn of(&self, endpoint: EndpointId) -> [Option<ResourceId>; 2] {
        [&self.anybody, &self.outside].map(|policies| policies.get(&endpoint).copied())
    }
}

struct Judge<'n, 'a> {
    network: &'n Network<'a>,
    /// Ways in, if somebody asked for them.
    entries: Option<Vec<Entry>>,
}

/// What is found out about a rule.
#[derive(Default)]
struct Found {
    pairs: u64,
    broken: u64,
    witnesses: Vec<Witness>,
    doubts: BTreeSet<Doubt>,
}

impl Found {
    fn add(&mut self, witness: impl FnOnce() -> Witness) {
        self.broken += 1;
        if self.witnesses.len() < MOST {
            self.witnesses.push(witness());
        }
    }
}

impl Judge<'_, '_> {
    fn rule(&mut self, rule: &Rule) -> Outcome {
        let mut found = Found::default();
        let mut empty: Vec<&Part> = Vec::new();
        let mut nowhere: Vec<Unfounded> = Vec::new();
        match &rule.demand {
            Demand::Forbid(connection) | Demand::Require(connection) => {
                let (from, nobody) = self.network.choose(&connection.from);
                empty.extend(nobody);
                let (to, nobody) = self.network.choose(&connection.to);
                empty.extend(nobody);
                let is_forbidden = matches!(rule.demand, Demand::Forbid(_));
                let asked = self.network.ports_at(&connection.ports, to.endpoints.keys());
                nowhere.extend(asked.nowhere());
                self.connection(connection, (&from, &to), &asked, is_forbidden, &mut found);
            }
            Demand::AllowOnly { subject, towards, peers } => {
                let (subject, nobody) = self.network.choose(subject);
                empty.extend(nobody);
                let mut allowed = Vec::new();
                for (side, ports) in peers {
                    let (peer, nobody) = self.network.choose(side);
                    empty.extend(nobody);
                    let destinations = if *towards == Towards::Into { &subject } else { &peer };
                    let ports = self.network.ports_at(ports, destinations.endpoints.keys());
                    nowhere.extend(ports.nowhere());
                    allowed.push((peer, ports));
                }
                self.allow_only(&subject, *towards, &allowed, &mut found);
            }
        }
        let mut unfounded: Vec<Unfounded> = Vec::new();
        let nobody = empty.into_iter().map(|part| Unfounded { name: part.name.clone(), line: part.line });
        for part in nobody.chain(nowhere) {
            if !unfounded.contains(&part) {
                unfounded.push(part);
            }
        }
        let Found { pairs, broken, witnesses, doubts } = found;
        let doubts = doubts.into_iter().collect();
        Outcome { verdict: Verdict::Kept, pairs, broken, witnesses, doubts, unfounded, notes: Vec::new() }
    }

    /// The policies that are not evaluated and may change what an endpoint does in a direction.
    fn doubts(&self, endpoints: &BTreeSet<EndpointId>, direction: Direction) -> Doubts {
        let mut doubts = Doubts::default();
        if self.network.inventory.facts.traffic.unmodelled.is_empty() {
            return doubts;
        }
        for &endpoint in endpoints {
            let policies = self.network.unmodelled(endpoint, direction);
            let first =
                |of: &dyn Fn(&&&UnmodelledPolicy) -> bool| policies.iter().find(of).map(|policy| policy.resource);
            doubts.anybody.extend(first(&|policy| !policy.outside).map(|policy| (endpoint, policy)));
            doubts.outside.extend(first(&|policy| policy.outside).map(|policy| (endpoint, policy)));
        }
        doubts
    }

    /// A policy that is not evaluated and may change a connection.
    fn doubt(
        &self,
        (source, target): (EndpointId, EndpointId),
        leaving: &Doubts,
        arriving: &Doubts,
    ) -> Option<ResourceId> {
        let is_outside = |endpoint| matches!(self.network.get(endpoint).identity, Identity::Outside(_));
        let of = |doubts: &Doubts, own, other| {
            let outside = || doubts.outside.get(&own).filter(|_| is_outside(other)).copied();
            doubts.anybody.get(&own).copied().or_else(outside)
        };
        of(leaving, source, target).or_else(|| of(arriving, target, source))
    }

    fn connection(
        &mut self,
        connection: &Connection,
        (from, to): (&Chosen, &Chosen),
        asked: &Asked,
        is_forbidden: bool,
        found: &mut Found,
    ) {
        let is_own = self.is_one_workload(from) && self.is_one_workload(to);
        let with_own = is_own && from.endpoints.keys().eq(to.endpoints.keys());
        let own = if with_own { OwnPairs::Judged } else { OwnPairs::LeftOut };
        let leaving = self.doubts(&from.endpoints.keys().copied().collect(), Direction::Egress);
        let arriving = self.doubts(&to.endpoints.keys().copied().collect(), Direction::Ingress);
        let network = self.network;
        let sources =
            classes(network, from.endpoints.keys().copied(), |source| (leaving.of(source), self.outside(source)));
        let targets = classes(network, to.endpoints.keys().copied(), |target| {
            (asked.kind(target), arriving.of(target), self.outside(target))
        });
        // Few sets of ports are let through: each is held against what is asked once.
        let mut known: Map<Box<[u64]>, Ports> = Map::default();
        let mut key = Vec::new();
        each_pair(network, (&sources, &targets), own, found, &mut |row, source, target| {
            if let Some(policy) = self.doubt((source, target), &leaving, &arriving) {
                return Judged::Doubtful(Doubt::Unmodelled(policy));
            }
            if is_forbidden && !row.reaches(target) {
                return Judged::Fine;
            }
            key.clear();
            key.extend(row.masks(network.group_of(target)));
            key.push(u64::from(asked.kind(target)));
            let wrong = match known.get(&*key) {
                Some(known) => known,
                None => {
                    let admitted = row.to(target);
                    let asked = asked.at(target);
                    let wrong = if is_forbidden { admitted.intersection(asked) } else { asked.without(&admitted) };
                    known.entry(key.as_slice().into()).or_insert(wrong)
                }
            };
            if wrong.is_empty() {
                return Judged::Fine;
            }
            let ranges = |chosen: &Chosen, endpoint| chosen.endpoints.get(&endpoint).cloned().unwrap_or_default();
            Judged::Wrong([ranges(from, source), ranges(to, target)].concat(), wrong.clone())
        });
        if is_forbidden && means_internet(&connection.from) {
            self.ways_in(from, to, asked, found);
        }
    }

    /// Ways in from the internet whose traffic arrives as that of somebody else.
    fn ways_in(&mut self, from: &Chosen, to: &Chosen, asked: &Asked, found: &mut Found) {
        let network = self.network;
        let is_outside = |endpoint: &&EndpointId| matches!(network.get(**endpoint).identity, Identity::Outside(_));
        let Some(&internet) = from.endpoints.keys().find(is_outside) else { return };
        let meant = union(from.endpoints.values().flatten().copied().collect());
        let entries = self.entries.get_or_insert_with(|| network.exposure());
        for entry in entries.iter().filter(|entry| entry.is_open() && to.endpoints.contains_key(&entry.endpoint)) {
            let asked = asked.at(entry.endpoint);
            let addresses = common(&entry.sources.possible, &meant);
            let ports = entry.open_ports().intersection(asked);
            if addresses.is_empty() || ports.is_empty() {
                continue;
            }
            let own = entry.opened_by;
            let doubt = match (&entry.answer, entry.widest()) {
                (Answer::Refused, _) | (_, Reach::Inside | Reach::ProviderNetwork) => continue,
                (Answer::DependsOnController, _) | (_, Reach::Controller) => Doubt::Controller(own),
                (Answer::DependsOnSource(_), _) => Doubt::Source(own),
                (Answer::DependsOnNodes(_), _) => Doubt::NodeAddresses(own),
                (Answer::Admitted(_), Reach::NodeNetwork) => Doubt::Nodes(own),
                (Answer::Admitted(_), reach @ (Reach::Internet | Reach::Listed(_))) => {
                    // Of everybody no addresses are told.
                    let addresses = if *reach == Reach::Internet { Vec::new() } else { addresses };
                    let through = Some((entry.way, own, entry.place));
                    found.add(|| Witness { from: internet, to: entry.endpoint, addresses, ports, through });
                    continue;
                }
            };
            found.doubts.insert(doubt);
        }
    }

    fn allow_only(&self, subject: &Chosen, towards: Towards, allowed: &[(Chosen, Asked)], found: &mut Found) {
        let network = self.network;
        let everybody: BTreeSet<EndpointId> = network.endpoints().map(|(number, _)| number).collect();
        let subjects: BTreeSet<EndpointId> = subject.endpoints.keys().copied().collect();
        let (sources, targets) = match towards {
            Towards::Into => (&everybody, &subjects),
            Towards::OutOf => (&subjects, &everybody),
        };
        let leaving = self.doubts(sources, Direction::Egress);
        let arriving = self.doubts(targets, Direction::Ingress);
        let kinds = |endpoint| -> Vec<(u32, bool)> {
            let of =
                |(chosen, ports): &(Chosen, Asked)| (ports.kind(endpoint), chosen.endpoints.contains_key(&endpoint));
            allowed.iter().map(of).collect()
        };
        let key = |endpoint, doubts: &Doubts| (kinds(endpoint), doubts.of(endpoint), self.outside(endpoint));
        let of_sources = classes(network, sources.iter().copied(), |source| key(source, &leaving));
        let of_targets = classes(network, targets.iter().copied(), |target| key(target, &arriving));
        let sides = (&*of_sources, &*of_targets);
        each_pair(network, sides, OwnPairs::LeftOut, found, &mut |row, source, target| {
            let other = if towards == Towards::Into { source } else { target };
            let doubtful = self.doubt((source, target), &leaving, &arriving);
            if let (Some(policy), false) = (doubtful, allows_all(allowed, other)) {
                return Judged::Doubtful(Doubt::Unmodelled(policy));
            }
            if !row.reaches(target) || allows_all(allowed, other) {
                return Judged::Fine;
            }
            match self.beyond((other, target), &row.to(target), allowed) {
                Some((addresses, ports)) => Judged::Wrong(addresses, ports),
                None => Judged::Fine,
            }
        });
    }

    /// The ports on which somebody connects and may not, and of what is outside the addresses.
    fn beyond(
        &self,
        (other, target): (EndpointId, EndpointId),
        admitted: &Ports,
        allowed: &[(Chosen, Asked)],
    ) -> Option<(Vec<Range>, Ports)> {
        let Identity::Outside(own) = &self.network.get(other).identity else {
            let mut rest = admitted.clone();
            let fitting = allowed.iter().filter(|(chosen, _)| chosen.endpoints.contains_key(&other));
            fitting.for_each(|(_, ports)| rest = rest.without(ports.shared_at(target)));
            return (!rest.is_empty()).then_some((Vec::new(), rest));
        };
        // Addresses that the same parts of the rule mean have the same ports left over.
        let mut pieces: Vec<(Vec<Range>, Ports)> = vec![(own.clone(), admitted.clone())];
        for (chosen, ports) in allowed {
            let Some(ranges) = chosen.endpoints.get(&other) else { continue };
            let mut next = Vec::with_capacity(pieces.len() + 1);
            for (piece, rest) in pieces {
                let (inside, beyond) = (common(&piece, ranges), without(&piece, ranges));
                next.push((inside, rest.without(ports.shared_at(target))));
                next.push((beyond, rest));
            }
            next.retain(|(ranges, rest)| !ranges.is_empty() && !rest.is_empty());
            pieces = next;
        }
        pieces.into_iter().next_back()
    }

    /// What is outside is cut by its addresses, and each part is judged by itself.
    fn outside(&self, endpoint: EndpointId) -> Option<EndpointId> {
        matches!(self.network.get(endpoint).identity, Identity::Outside(_)).then_some(endpoint)
    }

    fn is_own(&self, from: EndpointId, to: EndpointId) -> bool {
        let workload = |endpoint| match self.network.get(endpoint).identity {
            Identity::Workload { workload, .. } => Some(workload),
            Identity::Nodes(_) | Identity::Outside(_) => None,
        };
        workload(from).is_some() && workload(from) == workload(to)
    }

    fn is_one_workload(&self, chosen: &Chosen) -> bool {
        let mut endpoints = chosen.endpoints.keys();
        let Some(first) = endpoints.next() else { return false };
        self.is_own(*first, *first) && endpoints.all(|endpoint| self.is_own(*first, *endpoint))
    }
}

fn means_internet(side: &Side) -> bool {
    side.parts.iter().any(|part| matches!(part.who, Party::Internet | Party::Outside | Party::Everybody))
}

fn allows_all(allowed: &[(Chosen, Asked)], other: EndpointId) -> bool {
    let whole = |ranges: &Vec<Range>| ranges.is_empty();
    allowed.iter().any(|(chosen, ports)| ports.is_all() && chosen.endpoints.get(&other).is_some_and(whole))
}
