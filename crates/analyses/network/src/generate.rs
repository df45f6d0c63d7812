//! Policies that admit what is needed and refuse the rest, made from what objects declare, what was seen, and what a cluster
//! cannot do without. Each rule says what it was made from, and what was only guessed is kept apart.
//!
//! What is needed is a list of `Need`s: the certificate holds the policies against the same list.

mod certify;
mod declared;
mod emit;
mod observed;
mod platform;
mod selectors;
mod services;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use model::address::Block;
use model::flow::Flow;
use model::inventory::{Protocol, ResourceId};
use model::place::Place;

use crate::addresses::Range;
use crate::network::Network;
pub use certify::{Certificate, Extra, Missing, certify};
pub use emit::{GeneratedPolicy, GeneratedRule, Peer, Purpose};

/// What is asked for, and what is known besides the objects.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// The namespaces that get policies; none means all but those of the platform.
    pub namespaces: Vec<String>,
    /// Where the API server answers, and on which port.
    pub api_servers: Vec<(IpAddr, u16)>,
    /// The blocks that nodes have their addresses from.
    pub nodes: Vec<Block>,
    /// The namespace of the controller of Ingresses, if that is not in the input.
    pub ingress_namespace: Option<String>,
}

/// One end of a connection that is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// A workload, among those of the network.
    Workload(u32),
    /// Pods that are not in the input, and are taken to be there.
    Assumed(u32),
    /// Addresses.
    Addresses(Range),
}

/// Pods that are not in the input, and are taken to be there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Assumed {
    /// Their namespace.
    pub namespace: String,
    /// Their labels; none means all pods of the namespace.
    pub labels: Vec<(String, String)>,
    /// What they are.
    pub what: String,
}

/// A connection that is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Need {
    /// Who connects.
    pub from: End,
    /// Who is connected to.
    pub to: End,
    /// The protocol.
    pub protocol: Protocol,
    /// The port at the destination, which is that of the pod.
    pub port: u16,
}

/// Why a connection is needed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// It was seen.
    Observed {
        /// How often.
        count: u64,
        /// When first; empty if that is not known.
        first: String,
        /// When last.
        last: String,
    },
    /// The cluster cannot do without it.
    Platform {
        /// What for.
        what: String,
        /// The object that shows it, and where.
        at: Option<(ResourceId, Place)>,
    },
    /// An object says so.
    Declared {
        /// How.
        what: String,
        /// The object, and where.
        at: (ResourceId, Place),
    },
}

/// How sure a need is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// It was seen more than once.
    Observed,
    /// The cluster cannot do without it.
    Platform,
    /// It is declared alone, or was seen once.
    Guessed,
}

/// How sure a need with this evidence is.
pub fn confidence(evidence: &[Evidence]) -> Confidence {
    let seen: u64 = evidence
        .iter()
        .map(|evidence| match evidence {
            Evidence::Observed { count, .. } => *count,
            Evidence::Platform { .. } | Evidence::Declared { .. } => 0,
        })
        .fold(0, u64::saturating_add);
    let is_platform = evidence.iter().any(|evidence| matches!(evidence, Evidence::Platform { .. }));
    match (seen, is_platform) {
        (2.., _) => Confidence::Observed,
        (_, true) => Confidence::Platform,
        _ => Confidence::Guessed,
    }
}

/// Something that may be needed and could not be written as a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unresolved {
    /// What, and why not.
    pub what: String,
    /// What to do about it.
    pub advice: String,
    /// How many connections that were seen it stands for.
    pub observed: u64,
    /// Where it is declared, if it is.
    pub at: Option<(ResourceId, Place)>,
}

/// Policies, and what they were made from.
#[derive(Debug, Default)]
pub struct Generated {
    /// The policies, by namespace and name.
    pub policies: Vec<GeneratedPolicy>,
    /// What is needed, and why.
    pub needs: BTreeMap<Need, Vec<Evidence>>,
    /// Pods that are taken to be there.
    pub assumed: Vec<Assumed>,
    /// What could not be written.
    pub unresolved: Vec<Unresolved>,
    /// Workloads for which nothing was seen, though something was seen of others.
    pub unseen: Vec<u32>,
    /// The workloads that the policies are for.
    pub covered: BTreeSet<u32>,
    /// The names of all workloads, by their numbers.
    pub names: Vec<String>,
}

/// What is gathered.
struct Gathering<'n, 'a> {
    network: &'n Network<'a>,
    wish: &'n Wish,
    services: services::Services<'a>,
    covered: BTreeSet<u32>,
    needs: BTreeMap<Need, Vec<Evidence>>,
    assumed: Vec<Assumed>,
    unresolved: BTreeSet<Unresolved>,
    node_ranges: Vec<Range>,
}

/// Namespaces of the platform, which get no policies unless they are asked for.
fn is_platform(namespace: &str) -> bool {
    namespace.starts_with("kube-") || namespace.starts_with("openshift")
}

/// Makes policies.
pub fn generate(network: &Network<'_>, flows: &[Flow], wish: &Wish) -> Generated {
    let mut gathering = Gathering::new(network, wish);
    gathering.declared();
    gathering.platform();
    let seen = gathering.observed(flows);
    let unseen = match flows.is_empty() {
        true => Vec::new(),
        false => gathering.covered.iter().copied().filter(|workload| !seen.contains(workload)).collect(),
    };
    let policies = gathering.emit();
    let Gathering { needs, assumed, unresolved, covered, .. } = gathering;
    let unresolved = unresolved.into_iter().collect();
    let names = network.workloads().iter().map(|workload| network.workload_name(workload)).collect();
    Generated { policies, needs, assumed, unresolved, unseen, covered, names }
}

impl<'n, 'a> Gathering<'n, 'a> {
    fn new(network: &'n Network<'a>, wish: &'n Wish) -> Self {
        let symbols = &network.inventory.symbols;
        let is_covered = |(number, workload): (u32, &crate::census::Workload)| {
            let namespace = symbols.text(workload.namespace);
            let is_asked = match wish.namespaces.is_empty() {
                true => !is_platform(&namespace),
                false => wish.namespaces.contains(&namespace),
            };
            (is_asked && !is_host(network, workload)).then_some(number)
        };
        let covered = (0..).zip(network.workloads()).filter_map(is_covered).collect();
        let nodes = network.inventory.facts.network.nodes.iter();
        let addresses = nodes.flat_map(|node| node.addresses.iter());
        let addresses = addresses.filter_map(|address| symbols.text(*address).parse().ok());
        let mut node_ranges: Vec<Range> =
            addresses.map(|address: IpAddr| Range { first: address, last: address }).collect();
        node_ranges.extend(wish.nodes.iter().map(Range::of));
        node_ranges.sort_unstable();
        node_ranges.dedup();
        Self {
            network,
            wish,
            services: services::Services::new(network),
            covered,
            needs: BTreeMap::new(),
            assumed: Vec::new(),
            unresolved: BTreeSet::new(),
            node_ranges,
        }
    }

    fn text(&self, symbol: model::symbols::Symbol) -> String {
        self.network.inventory.symbols.text(symbol)
    }

    /// The ends that a workload is: itself, or the addresses of nodes where its pods have those.
    fn ends(&self, workload: u32) -> Vec<End> {
        match is_host(self.network, &self.network.workloads()[workload as usize]) {
            true => self.node_ranges.iter().map(|range| End::Addresses(*range)).collect(),
            false => vec![End::Workload(workload)],
        }
    }

    /// Adds a need, unless it is none of what the policies are for.
    fn need(&mut self, (from, to): (End, End), protocol: Protocol, port: u16, evidence: &Evidence) {
        let is_covered = |end: End| matches!(end, End::Workload(workload) if self.covered.contains(&workload));
        if !is_covered(from) && !is_covered(to) {
            return;
        }
        let known = self.needs.entry(Need { from, to, protocol, port }).or_default();
        if !known.contains(evidence) {
            known.push(evidence.clone());
        }
    }

    /// Adds what is needed between all of some and all of others.
    fn need_all(&mut self, from: &[End], to: &[End], ports: &crate::ports::Ports, evidence: &Evidence) {
        /// More are a range, which stands for something else than single services.
        const MOST: u32 = 1_000;
        if ports.count() > MOST {
            let what = format!("{ports} are too many ports for single rules");
            self.unresolved(what, "write a rule with a range of ports by hand", None);
            return;
        }
        for protocol in crate::ports::PROTOCOLS {
            for port in ports.ranges(protocol).iter().flat_map(|(first, last)| *first..=*last) {
                for &from in from {
                    to.iter().for_each(|to| self.need((from, *to), protocol, port, evidence));
                }
            }
        }
    }

    fn unresolved(&mut self, what: String, advice: &str, at: Option<(ResourceId, Place)>) {
        self.unresolved.insert(Unresolved { what, advice: advice.to_owned(), observed: 0, at });
    }

    /// The number of pods that are taken to be there.
    fn assume(&mut self, assumed: Assumed) -> End {
        let at = self.assumed.iter().position(|known| *known == assumed).unwrap_or_else(|| {
            self.assumed.push(assumed);
            self.assumed.len() - 1
        });
        End::Assumed(at as u32)
    }

    fn name(&self, workload: u32) -> String {
        self.network.workload_name(&self.network.workloads()[workload as usize])
    }
}

/// Whether all pods of a workload are on the network of their node.
fn is_host(network: &Network<'_>, workload: &crate::census::Workload) -> bool {
    let facts = &network.inventory.facts.workloads;
    workload.members.iter().all(|member| facts[*member as usize].network.host_network)
}
