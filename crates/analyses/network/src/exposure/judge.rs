//! What policies leave of ways in: on which ports, for which clients, and how sure that is.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::address::Block;
use model::inventory::{BlockReach, TrafficAction, Who};

use super::{Answer, Arrival, Entry, Reach, Sources};
use crate::addresses::{self, Range};
use crate::compile::Direction;
use crate::config::BlockMatching;
use crate::evaluate::Scratch;
use crate::network::{EndpointId, Identity, Isolation, Network};
use crate::ports::Ports;

/// Asks policies about ways in, each column of the matrix once.
pub(crate) struct Judge<'n, 'a> {
    network: &'n Network<'a>,
    scratch: Scratch,
    /// Who may connect to a group, page by page.
    columns: BTreeMap<u32, Vec<Vec<u64>>>,
    /// What holds of the ways in to controllers.
    fronts: BTreeMap<*const Entry, Judged>,
}

/// What policies leave of an entry.
#[derive(Clone)]
struct Judged {
    answer: Answer,
    reach: Reach,
    sources: Sources,
}

impl Judged {
    fn refused(entry: &Entry) -> Self {
        Self { answer: Answer::Refused, reach: entry.reach.clone(), sources: Sources::default() }
    }
}

impl<'n, 'a> Judge<'n, 'a> {
    pub(crate) fn new(network: &'n Network<'a>) -> Self {
        Self { network, scratch: Scratch::default(), columns: BTreeMap::new(), fronts: BTreeMap::new() }
    }

    /// The entry with what policies leave of it.
    pub(crate) fn judged(&mut self, entry: &Entry) -> Entry {
        let Judged { answer, reach, sources } = self.judge(entry);
        // Of addresses that a list or policies leave, nobody else is told to come in.
        let reach = match reach {
            Reach::Internet if !sources.possible.is_empty() && !addresses::is_most(&sources.possible) => {
                Reach::Listed(sources.possible.clone())
            }
            Reach::Listed(_) if !sources.possible.is_empty() => Reach::Listed(sources.possible.clone()),
            reach => reach,
        };
        Entry { answer, reach, sources, ..entry.clone() }
    }

    fn judge(&mut self, entry: &Entry) -> Judged {
        let ports = &entry.pod_ports;
        let listed = match &entry.reach {
            Reach::Listed(ranges) => addresses::union(ranges.clone()),
            Reach::Inside => Vec::new(),
            _ if !entry.limit.is_empty() => addresses::union(entry.limit.clone()),
            Reach::Internet | Reach::NodeNetwork | Reach::ProviderNetwork | Reach::Controller => {
                addresses::everything()
            }
        };
        let reach = entry.reach.clone();
        if entry.address.is_some() {
            let sources = Sources { certain: listed.clone(), possible: listed };
            return Judged { answer: Answer::Admitted(ports.clone()), reach, sources };
        }
        match &entry.arrival {
            Arrival::Unprotected => {
                let sources = Sources { certain: listed.clone(), possible: listed };
                Judged { answer: Answer::Admitted(ports.clone()), reach, sources }
            }
            Arrival::UnknownPods => {
                let answer = match self.network.isolation(entry.endpoint, Direction::Ingress) {
                    Isolation::Restricted => Answer::DependsOnController,
                    Isolation::Open | Isolation::NotApplicable => Answer::Admitted(ports.clone()),
                };
                Judged { answer, reach, sources: Sources { certain: Vec::new(), possible: listed } }
            }
            Arrival::Pods(pods) => self.through(entry, pods, &listed),
            Arrival::Client => {
                let (left, from) = self.clients(entry, &listed);
                let answer = if left.is_empty() { Answer::Refused } else { Answer::Admitted(left) };
                Judged { answer, reach, sources: Sources { certain: from.clone(), possible: from } }
            }
            Arrival::Node => self.behind_nodes(entry, listed),
        }
    }

    /// Where nodes bring the traffic, they may put their own address in place of the client's, or not.
    fn behind_nodes(&mut self, entry: &Entry, listed: Vec<Range>) -> Judged {
        let nodes = self.network.elsewhere(|identity| matches!(identity, Identity::Nodes(_)));
        let of_nodes = self.admitted(&nodes, entry);
        let (of_clients, from) = self.clients(entry, &listed);
        let reach = entry.reach.clone();
        match (of_nodes.is_empty(), of_clients.is_empty()) {
            (true, true) => Judged::refused(entry),
            (true, false) if self.may_be_nodes(entry) => {
                let sources = Sources { certain: Vec::new(), possible: listed };
                Judged { answer: Answer::DependsOnNodes(of_clients), reach, sources }
            }
            (true, false) => {
                let sources = Sources { certain: Vec::new(), possible: from };
                Judged { answer: Answer::DependsOnSource(of_clients), reach, sources }
            }
            (false, _) => {
                // A client of a family that policies say nothing of meets a node of that family.
                let has = |v4: bool| from.is_empty() || from.iter().any(|range| range.first.is_ipv4() == v4);
                let possible = listed.into_iter().filter(|range| has(range.first.is_ipv4())).collect();
                Judged { answer: Answer::Admitted(of_nodes), reach, sources: Sources { certain: from, possible } }
            }
        }
    }

    /// Whether policies that admit clients by their addresses may admit nodes by theirs, which are not known. Nodes are
    /// taken to have private ones.
    fn may_be_nodes(&self, entry: &Entry) -> bool {
        let network = self.network;
        let is_unknown = |(_, class): &(_, u32)| network.census.classes[*class as usize].atoms.is_empty();
        if !network.census.nodes.iter().any(is_unknown) {
            return false;
        }
        let reaches_nodes = |reach: BlockReach| match reach {
            BlockReach::Anything => true,
            BlockReach::Plugin => network.config.dialect.blocks != BlockMatching::OutsideOnly,
            BlockReach::Outside => false,
        };
        let (compiled, own) = (&network.compiled, network.group_of(entry.endpoint));
        let mut rules = Vec::new();
        compiled.stages.iter().any(|stage| {
            compiled.rules_of_subject(&stage.ingress, own, &mut rules);
            let written = rules.iter().map(|rule| &stage.ingress.rules[*rule as usize]);
            let mut written = written.filter_map(|rule| {
                let ingress = network.policy(rule.policy).ingress.as_ref()?;
                ingress.rules.get(rule.number as usize)
            });
            written.any(|rule| {
                let mut peers = rule.peers.iter().flatten();
                rule.action == TrafficAction::Allow
                    && peers.any(|peer| match &peer.who {
                        Who::Block { block, reach, .. } => reaches_nodes(*reach) && has_private(block),
                        _ => false,
                    })
            })
        })
    }

    /// Where a controller brings the traffic, whoever reaches that comes in.
    fn through(&mut self, entry: &Entry, pods: &[EndpointId], listed: &[Range]) -> Judged {
        let left = self.admitted(pods, entry);
        if left.is_empty() {
            return Judged::refused(entry);
        }
        if entry.front.is_empty() {
            let sources = Sources { certain: Vec::new(), possible: listed.to_vec() };
            return Judged { answer: Answer::Admitted(left), reach: entry.reach.clone(), sources };
        }
        let front = self.front(&entry.front);
        let both = |ranges: &[Range]| addresses::common(ranges, listed);
        let sources = Sources { certain: both(&front.sources.certain), possible: both(&front.sources.possible) };
        let answer = match front.answer {
            Answer::Refused => return Judged::refused(entry),
            _ if sources.possible.is_empty() => return Judged::refused(entry),
            Answer::DependsOnSource(_) => Answer::DependsOnSource(left),
            Answer::DependsOnNodes(_) => Answer::DependsOnNodes(left),
            Answer::Admitted(_) | Answer::DependsOnController => Answer::Admitted(left),
        };
        let reach = match &entry.reach {
            Reach::Listed(_) => Reach::Listed(sources.possible.clone()),
            _ => front.reach,
        };
        Judged { answer, reach, sources }
    }

    /// The ways in to a controller, taken together.
    fn front(&mut self, front: &Arc<[Entry]>) -> Judged {
        let key = front.as_ptr();
        if let Some(known) = self.fronts.get(&key) {
            return known.clone();
        }
        let mut all: Vec<Judged> = front.iter().map(|entry| self.judge(entry)).collect();
        all.retain(|judged| judged.answer != Answer::Refused);
        let is_doubtful = |answer: &Answer| matches!(answer, Answer::DependsOnSource(_) | Answer::DependsOnNodes(_));
        let rank = |judged: &Judged| (is_doubtful(&judged.answer), rank(&judged.reach));
        let union = |of: fn(&Judged) -> &Vec<Range>| addresses::union(all.iter().flat_map(of).copied().collect());
        let sources =
            Sources { certain: union(|one| &one.sources.certain), possible: union(|one| &one.sources.possible) };
        let best = all.iter().min_by_key(|judged| rank(judged)).cloned();
        let judged = match (best, front.first()) {
            (Some(best), _) => Judged { sources, ..best },
            (None, Some(first)) => Judged::refused(first),
            (None, None) => Judged { answer: Answer::Refused, reach: Reach::Inside, sources },
        };
        self.fronts.insert(key, judged.clone());
        judged
    }

    /// What policies admit of the clients that may use an entry, and of which of them.
    fn clients(&mut self, entry: &Entry, listed: &[Range]) -> (Ports, Vec<Range>) {
        let network = self.network;
        let (mut left, mut from) = (Ports::none(), Vec::new());
        for outside in network.elsewhere(|identity| matches!(identity, Identity::Outside(_))) {
            let Identity::Outside(ranges) = &network.get(outside).identity else { continue };
            let meant = addresses::common(ranges, listed);
            let ports = if meant.is_empty() { Ports::none() } else { self.connection(outside, entry.endpoint) };
            let ports = ports.intersection(&entry.pod_ports);
            if !ports.is_empty() {
                left = left.union(&ports);
                from.extend(meant);
            }
        }
        (left, addresses::union(from))
    }

    fn admitted(&mut self, sources: &[EndpointId], entry: &Entry) -> Ports {
        let mut left = Ports::none();
        for &from in sources {
            left = left.union(&self.connection(from, entry.endpoint).intersection(&entry.pod_ports));
            if left == entry.pod_ports {
                break;
            }
        }
        left
    }

    fn connection(&mut self, from: EndpointId, to: EndpointId) -> Ports {
        let network = self.network;
        let own = network.group_of(to);
        let column = self
            .columns
            .entry(own)
            .or_insert_with(|| network.compiled.lines(Direction::Ingress, own, &mut self.scratch));
        let from = network.group_of(from) as usize;
        let masks: Vec<u64> = column.iter().map(|page| page[from]).collect();
        network.compiled.atoms.ports(&masks)
    }
}

/// Whether some addresses of a block are private.
fn has_private(block: &Block) -> bool {
    !addresses::without(&[Range::of(block)], &addresses::public()).is_empty()
}

/// The widest first.
fn rank(reach: &Reach) -> u8 {
    match reach {
        Reach::Internet => 0,
        Reach::NodeNetwork => 1,
        Reach::ProviderNetwork => 2,
        Reach::Listed(_) => 3,
        Reach::Controller => 4,
        Reach::Inside => 5,
    }
}
