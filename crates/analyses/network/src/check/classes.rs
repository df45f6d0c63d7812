//! Pairs of endpoints, class by class: those that a rule does not tell apart are judged once, however many there are.

use std::collections::BTreeMap;

use super::{Found, MOST, Witness};
use crate::addresses::Range;
use crate::census::Map;
use crate::network::{EndpointId, Identity, Network, Row};
use crate::ports::Ports;

/// Endpoints that are judged alike.
pub(super) struct Class {
    pub(super) members: Vec<EndpointId>,
}

impl Class {
    /// One that stands for all.
    pub(super) fn first(&self) -> Option<EndpointId> {
        self.members.first().copied()
    }
}

/// What is true of a pair.
pub(super) enum Judged {
    /// It is as demanded.
    Fine,
    /// What is not known decides.
    Doubtful(super::Doubt),
    /// It is not as demanded: on these ports, of what is outside at these addresses.
    Wrong(Vec<Range>, Ports),
}

/// Which pairs of one workload are judged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OwnPairs {
    /// None.
    LeftOut,
    /// Those of different pods.
    Judged,
}

/// Endpoints by what tells them apart, the classes of one group of the network one after another.
pub(super) fn classes<K: Ord>(
    network: &Network<'_>,
    endpoints: impl Iterator<Item = EndpointId>,
    key: impl Fn(EndpointId) -> K,
) -> Vec<Class> {
    let mut found: BTreeMap<(u32, K), Vec<EndpointId>> = BTreeMap::new();
    for endpoint in endpoints {
        found.entry((network.group_of(endpoint), key(endpoint))).or_default().push(endpoint);
    }
    found.into_values().map(|members| Class { members }).collect()
}

/// Judges every pair of sources and targets, those of two classes at once.
pub(super) fn each_pair(
    network: &Network<'_>,
    (sources, targets): (&[Class], &[Class]),
    own: OwnPairs,
    found: &mut Found,
    judge: &mut dyn FnMut(&Row<'_>, EndpointId, EndpointId) -> Judged,
) {
    let mut of_workload: Map<u32, Vec<(usize, EndpointId)>> = Map::default();
    for (at, class) in targets.iter().enumerate() {
        for &target in &class.members {
            if let Identity::Workload { workload, .. } = network.get(target).identity {
                of_workload.entry(workload).or_default().push((at, target));
            }
        }
    }
    let mut excluded = vec![0u64; targets.len()];
    let mut wrong = Wrong::default();
    let mut known: Option<(u32, Row<'_>)> = None;
    for class in sources {
        let Some(source) = class.first() else { continue };
        let group = network.group_of(source);
        if known.as_ref().is_none_or(|(own, _)| *own != group) {
            known = Some((group, network.row(source)));
        }
        let Some((_, row)) = &known else { continue };
        let is_left_out = |from: EndpointId, to: EndpointId| match own {
            OwnPairs::LeftOut => true,
            OwnPairs::Judged => from == to && network.exempt(from, to).is_some(),
        };
        let own_targets = |from: EndpointId| -> &[(usize, EndpointId)] {
            let Identity::Workload { workload, .. } = network.get(from).identity else { return &[] };
            of_workload.get(&workload).map_or(&[], Vec::as_slice)
        };
        let mut touched = Vec::new();
        for &from in &class.members {
            for &(at, _) in own_targets(from).iter().filter(|(_, to)| is_left_out(from, *to)) {
                excluded[at] += 1;
                touched.push(at);
            }
        }
        for (at, other) in targets.iter().enumerate() {
            let Some(target) = other.first().filter(|target| network.can_meet(source, *target)) else { continue };
            let count = class.members.len() as u64 * other.members.len() as u64 - excluded[at];
            if count == 0 {
                continue;
            }
            found.pairs += count;
            match judge(row, source, target) {
                Judged::Fine => {}
                Judged::Doubtful(doubt) => {
                    found.doubts.insert(doubt);
                }
                Judged::Wrong(addresses, ports) => {
                    found.broken += count;
                    let all = class.members.iter().flat_map(|from| other.members.iter().map(|to| (*from, *to)));
                    let is_own = |(from, to): &(EndpointId, EndpointId)| {
                        own_targets(*from).iter().any(|(_, own)| own == to) && is_left_out(*from, *to)
                    };
                    wrong.add(all.filter(|pair| !is_own(pair)), &addresses, &ports);
                }
            }
        }
        touched.into_iter().for_each(|at| excluded[at] = 0);
    }
    let pairs = wrong.first.into_iter().map(|((from, to), (addresses, ports))| Witness {
        from,
        to,
        addresses,
        ports,
        through: None,
    });
    found.witnesses.extend(pairs);
}

/// The first pairs that are not as demanded, in the order of the endpoints.
#[derive(Default)]
struct Wrong {
    first: BTreeMap<(EndpointId, EndpointId), (Vec<Range>, Ports)>,
}

impl Wrong {
    /// Of pairs of two classes, which are in order, no more than are kept at all are looked at.
    fn add(&mut self, pairs: impl Iterator<Item = (EndpointId, EndpointId)>, addresses: &[Range], ports: &Ports) {
        for pair in pairs.take(MOST) {
            if self.first.len() == MOST {
                match self.first.last_key_value() {
                    Some((last, _)) if *last < pair => return,
                    _ => self.first.pop_last(),
                };
            }
            self.first.insert(pair, (addresses.to_vec(), ports.clone()));
        }
    }
}
