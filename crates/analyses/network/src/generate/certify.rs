//! The certificate: policies are evaluated, and held against what they were made from.

use std::collections::{BTreeMap, BTreeSet};

use model::inventory::{Protocol, ResourceId};

use super::{End, Generated, Need};
use crate::addresses::Range;
use crate::explain::Word;
use crate::network::{EndpointId, Identity, Network, Row};
use crate::pairs::Pairs;
use crate::ports::Ports;

/// A connection that is needed and refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The connection.
    pub need: Need,
    /// Who of them connects.
    pub from: String,
    /// Who of them is connected to.
    pub to: String,
    /// What refuses it, as far as a policy does.
    pub refused_by: Vec<ResourceId>,
}

/// Connections that nobody needs, and that are admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extra {
    /// Who connects.
    pub from: EndpointId,
    /// Who is connected to.
    pub to: EndpointId,
    /// The ports.
    pub ports: Ports,
    /// The rules that admit it, each with its policy and number; none where no policy restricts it.
    pub because: Vec<(ResourceId, u32)>,
}

/// What a set of policies does, held against what it was made from.
#[derive(Debug, Default)]
pub struct Certificate {
    /// How many needs were looked at.
    pub needs: usize,
    /// Those that are refused.
    pub missing: Vec<Missing>,
    /// Pairs that may connect on ports that nobody needs: the first of them.
    pub extras: Vec<Extra>,
    /// How many such pairs there are.
    pub extra_pairs: u64,
    /// How many ports they have together.
    pub extra_ports: u64,
    /// How many pairs may connect without the policies, of those of which one is what the policies are for. The outside is
    /// cut alike for both.
    pub before: Pairs,
    /// And how many with them.
    pub after: Pairs,
}

/// How many extras are kept.
const MOST: usize = 1_000;

/// Evaluates policies: `after` is the network with them, `before` the one that they were made from.
pub fn certify(before: &Network<'_>, after: &Network<'_>, generated: &Generated) -> Certificate {
    let ends = Ends::new(before, after, generated);
    let mut certificate = Certificate { needs: generated.needs.len(), ..Certificate::default() };
    let mut wanted: BTreeMap<(EndpointId, EndpointId), Vec<&Need>> = BTreeMap::new();
    for need in generated.needs.keys() {
        let (from, to) = (ends.of(need.from), ends.of(need.to));
        // Addresses of different families do not meet.
        let pairs = from.iter().flat_map(|from| to.iter().map(|to| (*from, *to)));
        let mut pairs = pairs.filter(|(from, to)| after.can_meet(*from, *to)).peekable();
        if pairs.peek().is_none() {
            certificate.missing.push(missing(after, need, None));
        }
        for pair in pairs {
            wanted.entry(pair).or_default().push(need);
        }
    }
    for_each_missing(after, &wanted, &mut |need, pair| certificate.missing.push(missing(after, need, Some(pair))));
    let kinds = kinds(&ends, before, &ends.covered(generated));
    let mut kept: BTreeMap<(EndpointId, EndpointId), Ports> = BTreeMap::new();
    for from in &kinds {
        let Some(&first) = from.members.first() else { continue };
        let row = after.row(first);
        let former = ends.former[first.0 as usize].map(|from| before.row(from));
        for to in kinds.iter().filter(|to| from.covered || to.covered) {
            let Some(&target) = to.members.first() else { continue };
            // A pod reaches itself, and nobody is asked.
            let of_itself = |endpoint: &&EndpointId| after.exempt(**endpoint, **endpoint).is_some();
            let own = if first == target { from.members.iter().filter(of_itself).count() } else { 0 };
            let pairs = from.members.len() as u64 * to.members.len() as u64 - own as u64;
            if let (Some(former), Some(other)) = (&former, ends.former[target.0 as usize]) {
                count(former, other, pairs, &mut certificate.before);
            }
            if !row.reaches(target) {
                continue;
            }
            count(&row, target, pairs, &mut certificate.after);
            let admitted = row.to(target);
            for &source in &from.members {
                let is_judged = |target: &&EndpointId| **target != source || after.exempt(source, source).is_none();
                for &target in to.members.iter().filter(is_judged) {
                    let pair = (source, target);
                    let needs = wanted.get(&pair).map_or(&[][..], Vec::as_slice);
                    let rest = unneeded(after, pair, &admitted, needs);
                    if rest.is_empty() {
                        continue;
                    }
                    certificate.extra_pairs += 1;
                    certificate.extra_ports += u64::from(rest.count());
                    keep(&mut kept, pair, &rest);
                }
            }
        }
    }
    certificate.extras = kept.into_iter().map(|(pair, rest)| extra(after, pair, rest)).collect();
    certificate
}

/// Keeps the first pairs, in the order of the endpoints.
fn keep(kept: &mut BTreeMap<(EndpointId, EndpointId), Ports>, pair: (EndpointId, EndpointId), rest: &Ports) {
    if kept.len() == MOST {
        match kept.last_key_value() {
            Some((last, _)) if *last < pair => return,
            _ => kept.pop_last(),
        };
    }
    kept.insert(pair, rest.clone());
}

/// The needs that are refused, each with the pair that has it.
fn for_each_missing<'g>(
    after: &Network<'_>,
    wanted: &BTreeMap<(EndpointId, EndpointId), Vec<&'g Need>>,
    see: &mut dyn FnMut(&'g Need, (EndpointId, EndpointId)),
) {
    let mut known: Option<(EndpointId, Row<'_>)> = None;
    for (&(from, to), needs) in wanted {
        if from == to && after.exempt(from, from).is_some() {
            continue;
        }
        if known.as_ref().is_none_or(|(own, _)| *own != from) {
            known = Some((from, after.row(from)));
        }
        let Some((_, row)) = &known else { continue };
        let admitted = row.to(to);
        let refused = needs.iter().filter(|need| !admitted.contains(need.protocol, need.port));
        refused.for_each(|need| see(need, (from, to)));
    }
}

/// Endpoints that neither set of policies tells apart, and whether the policies are for them.
struct KindOf {
    covered: bool,
    members: Vec<EndpointId>,
}

fn kinds(ends: &Ends<'_, '_>, before: &Network<'_>, covered: &BTreeSet<EndpointId>) -> Vec<KindOf> {
    let mut found: BTreeMap<(u32, Option<u32>, bool), Vec<EndpointId>> = BTreeMap::new();
    for (endpoint, _) in ends.after.endpoints() {
        let former = ends.former[endpoint.0 as usize].map(|former| before.group_of(former));
        let key = (ends.after.group_of(endpoint), former, covered.contains(&endpoint));
        found.entry(key).or_default().push(endpoint);
    }
    found.into_iter().map(|((.., covered), members)| KindOf { covered, members }).collect()
}

fn count(row: &Row<'_>, to: EndpointId, pairs: u64, counted: &mut Pairs) {
    if row.reaches(to) {
        counted.some += pairs;
        counted.all += if row.reaches_all(to) { pairs } else { 0 };
    }
}

fn missing(after: &Network<'_>, need: &Need, pair: Option<(EndpointId, EndpointId)>) -> Missing {
    let Some((from, to)) = pair else {
        let nobody = "somebody who is not in the input".to_owned();
        return Missing { need: *need, from: nobody.clone(), to: nobody, refused_by: Vec::new() };
    };
    let explanation = after.explain(from, to, Ports::one(need.protocol, need.port));
    let mut refused_by = Vec::new();
    for half in [&explanation.egress, &explanation.ingress] {
        if half.admitted.contains(need.protocol, need.port) {
            continue;
        }
        let denies = half.steps.iter().filter(|step| step.word == Word::Denies).map(|step| step.policy);
        refused_by.extend(denies.chain(half.isolated_by.iter().copied()));
    }
    refused_by.dedup();
    let name = |endpoint| after.get(endpoint).name.clone();
    Missing { need: *need, from: name(from), to: name(to), refused_by }
}

/// The ports on which a pair may connect and has no need to.
fn unneeded(after: &Network<'_>, (from, to): (EndpointId, EndpointId), admitted: &Ports, needs: &[&Need]) -> Ports {
    if needs.is_empty() {
        return admitted.clone();
    }
    let mut rest = Ports::none();
    // What is outside is cut where needs begin and end: what one address needs another may not.
    let ranges = |endpoint: EndpointId| match &after.get(endpoint).identity {
        Identity::Outside(ranges) => ranges.clone(),
        Identity::Workload { .. } | Identity::Nodes(_) => Vec::new(),
    };
    let (sources, targets) = (ranges(from), ranges(to));
    let whole = if sources.is_empty() { targets } else { sources };
    let named = needs.iter().flat_map(|need| [need.from, need.to]).filter_map(|end| match end {
        End::Addresses(range) => Some(range),
        End::Workload(_) | End::Assumed(_) => None,
    });
    let pieces = if whole.is_empty() { whole } else { crate::addresses::common(&whole, &crate::addresses::cut(named)) };
    let covers = |end: End, piece: Option<&Range>| match (end, piece) {
        (End::Addresses(own), Some(piece)) => {
            own.first.is_ipv4() == piece.first.is_ipv4() && own.first <= piece.first && piece.last <= own.last
        }
        _ => true,
    };
    let without = |piece: Option<&Range>| {
        let mut left = admitted.clone();
        for need in needs.iter().filter(|need| covers(need.from, piece) && covers(need.to, piece)) {
            left = left.without(&Ports::one(need.protocol, need.port));
        }
        left
    };
    match pieces.is_empty() {
        true => rest = without(None),
        false => pieces.iter().for_each(|piece| rest = rest.union(&without(Some(piece)))),
    }
    rest
}

fn extra(after: &Network<'_>, (from, to): (EndpointId, EndpointId), ports: Ports) -> Extra {
    let port = crate::ports::PROTOCOLS
        .into_iter()
        .find_map(|protocol: Protocol| ports.ranges(protocol).first().map(|(first, _)| (protocol, *first)));
    let asked = port.map_or_else(Ports::all, |(protocol, port)| Ports::one(protocol, port));
    let explanation = after.explain(from, to, asked);
    let steps = [&explanation.egress, &explanation.ingress].into_iter().flat_map(|half| &half.steps);
    let admits = steps.filter(|step| step.word == Word::Admits);
    let because = admits.filter_map(|step| Some((step.policy, step.rule?))).collect();
    Extra { from, to, ports, because }
}

/// The endpoints of the network with the policies that ends are.
struct Ends<'n, 'a> {
    after: &'n Network<'a>,
    of_workload: BTreeMap<u32, Vec<EndpointId>>,
    of_assumed: Vec<Vec<EndpointId>>,
    /// Who each endpoint is in the network without the policies.
    former: Vec<Option<EndpointId>>,
}

/// The name of the pod that stands for pods that are taken to be there.
pub(super) fn assumed_name(number: usize) -> String {
    format!("assumed-{number}")
}

impl<'n, 'a> Ends<'n, 'a> {
    fn new(before: &Network<'_>, after: &'n Network<'a>, generated: &Generated) -> Self {
        let mut named: BTreeMap<String, Vec<EndpointId>> = BTreeMap::new();
        for (number, _) in after.endpoints() {
            if let Some(workload) = after.workload_of(number) {
                named.entry(after.workload_name(workload)).or_default().push(number);
            }
        }
        let of_workload =
            (0..).zip(&generated.names).map(|(number, name)| (number, named.get(name).cloned().unwrap_or_default()));
        let of_assumed = generated.assumed.iter().enumerate().map(|(number, assumed)| {
            let name = format!("{}/{}[Pod]", assumed.namespace, assumed_name(number));
            named.get(&name).cloned().unwrap_or_default()
        });
        let former = crate::worlds::Same::new(before);
        let former = after.endpoints().map(|(number, _)| former.of(after, number)).collect();
        Self { after, of_workload: of_workload.collect(), of_assumed: of_assumed.collect(), former }
    }

    fn of(&self, end: End) -> Vec<EndpointId> {
        match end {
            End::Workload(workload) => self.of_workload.get(&workload).cloned().unwrap_or_default(),
            End::Assumed(number) => self.of_assumed.get(number as usize).cloned().unwrap_or_default(),
            End::Addresses(range) => {
                let is_in = |(number, endpoint): &(EndpointId, &crate::network::Endpoint)| match &endpoint.identity {
                    Identity::Outside(ranges) => !crate::addresses::common(ranges, &[range]).is_empty(),
                    // A node is met at its addresses.
                    Identity::Nodes(_) => self.after.class(*number).atoms.iter().any(|atom| {
                        let own = self.after.census.ranges[*atom as usize];
                        crate::addresses::without(&[own], &[range]).is_empty()
                    }),
                    Identity::Workload { .. } => false,
                };
                self.after.endpoints().filter(is_in).map(|(number, _)| number).collect()
            }
        }
    }

    fn covered(&self, generated: &Generated) -> BTreeSet<EndpointId> {
        generated.covered.iter().flat_map(|workload| self.of(End::Workload(*workload))).collect()
    }
}

impl Generated {
    /// The names of the pods that stand for those that are taken to be there.
    pub fn assumed_pods(&self) -> impl Iterator<Item = (String, &super::Assumed)> {
        self.assumed.iter().enumerate().map(|(number, assumed)| (assumed_name(number), assumed))
    }
}
