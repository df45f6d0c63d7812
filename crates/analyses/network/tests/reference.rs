//! The evaluator against one that is written straight from the specification, pair by pair and port by port, on clusters
//! that are generated.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

mod naive;
mod sanity;
mod support;

use std::collections::BTreeSet;

use model::inventory::{Protocol, ResourceId};
use model::network_rule::{Connection, Demand, Part, Party, PodChoice, PortRange, PortSet, Rule, Side, Towards};
use naive::generate::cluster;
use naive::{Cluster, Place};
use network::{
    BlockMatching, Config, Dialect, EndpointId, HostNetwork, Identity, Network, PROTOCOLS, Pairs, PortRanges, Ports,
    Worlds, check, diff,
};
use proptest::prelude::*;

/// Ports on both sides of every boundary that the generator uses.
const PROBES: &[u16] = &[1, 52, 53, 54, 79, 80, 81, 82, 89, 90, 91, 442, 443, 444, 8079, 8080, 8081, 65535];

fn endpoints(network: &Network<'_>, cluster: &Cluster) -> Vec<(Place, EndpointId)> {
    let pods = (0..cluster.pods.len()).map(|pod| {
        let name = format!("{}/{}", cluster.pods[pod].namespace, cluster.pods[pod].name);
        (Place::Pod(pod), support::endpoint(network, &name))
    });
    let outside = naive::OUTSIDE
        .iter()
        .map(|address| (Place::Address(address.parse().unwrap()), support::endpoint(network, address)));
    pods.chain(outside).collect()
}

fn agree(cluster: &Cluster, dialect: Dialect) -> Result<u64, TestCaseError> {
    let yaml = cluster.yaml();
    let inventory = support::inventory(&yaml);
    let refused: Vec<String> =
        inventory.facts.traffic.refused.iter().map(|refused| inventory.symbols.text(refused.reason)).collect();
    prop_assert!(refused.is_empty(), "{refused:?}\n{yaml}");
    let network = Network::new(&inventory, &Config { dialect, ..Config::default() });
    let endpoints = endpoints(&network, cluster);
    let certain = network.without_doubts();
    let mut compared = 0;
    for &(from, from_id) in &endpoints {
        let row = network.row(from_id);
        // A pod reaches itself, whatever policies say.
        if matches!(from, Place::Pod(_)) {
            prop_assert!(network.connections(from_id, from_id).is_all());
            prop_assert!(network.explain(from_id, from_id, Ports::all()).admitted.is_all());
        }
        for &(to, to_id) in &endpoints {
            if from == to || !matches!((from, to), (Place::Pod(_), _) | (_, Place::Pod(_))) {
                continue;
            }
            let listed = row.to(to_id);
            prop_assert_eq!(&listed, &network.connections(from_id, to_id));
            let explained = network.explain(from_id, to_id, Ports::all());
            prop_assert_eq!(&listed, &explained.admitted, "{}", yaml);
            let sure = certain.as_ref().map(|certain| certain.connections(from_id, to_id));
            let undecided = sure.as_ref().map_or_else(Ports::none, |sure| listed.without(sure));
            prop_assert_eq!(&explained.undecided, &undecided, "{}", yaml);
            for protocol in PROTOCOLS {
                for &port in PROBES {
                    let expected = cluster.admits(from, to, protocol, port, dialect);
                    let found = listed.contains(protocol, port);
                    compared += 1;
                    prop_assert_eq!(found, expected, "{:?} -> {:?} {:?} {}\n{}", from, to, protocol, port, yaml);
                    let sure = sure.as_ref().map_or(found, |sure| sure.contains(protocol, port));
                    let expected = cluster.may(from, to, protocol, port, dialect, false);
                    prop_assert_eq!(sure, expected, "{:?} -> {:?} {:?} {}\n{}", from, to, protocol, port, yaml);
                }
            }
        }
    }
    Ok(compared)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn the_evaluator_agrees_with_the_specification(cluster in cluster(), dialect in dialect()) {
        agree(&cluster, dialect)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]

    /// Policies come and go: what is changed by a few bits is what is compiled from the beginning.
    #[test]
    fn a_change_of_policies_is_as_compiled_from_the_beginning(
        cluster in cluster(),
        dialect in dialect(),
        changes in proptest::collection::vec(proptest::collection::vec(any::<bool>(), 12), 1..4),
    ) {
        let inventory = support::inventory(&cluster.yaml());
        let policies: BTreeSet<ResourceId> =
            inventory.facts.traffic.policies.iter().map(|policy| policy.resource).collect();
        let absent = |gone: &[bool]| -> BTreeSet<ResourceId> {
            policies.iter().zip(gone).filter(|(_, gone)| **gone).map(|(policy, _)| *policy).collect()
        };
        let all = Config { dialect, prepared: policies.clone(), ..Config::default() };
        let mut resident = Network::new(&inventory, &all);
        let mut known = BTreeSet::new();
        for without in changes.iter().map(|gone| absent(gone)) {
            let next = resident.with(&without).unwrap();
            let fresh = |without: &BTreeSet<ResourceId>, prepared: BTreeSet<ResourceId>| {
                Network::new(&inventory, &Config { dialect, without: without.clone(), prepared, ..Config::default() })
            };
            let expected = fresh(&without, BTreeSet::new());
            prop_assert_eq!(next.adjacency().pairs, one_by_one(&next));
            let (ours, theirs) = (endpoints(&next, &cluster), endpoints(&expected, &cluster));
            for (&(_, from), &(_, their_from)) in ours.iter().zip(&theirs) {
                for (&(_, to), &(_, their_to)) in ours.iter().zip(&theirs) {
                    let found = next.connections(from, to);
                    prop_assert_eq!(&found, &expected.connections(their_from, their_to));
                    prop_assert_eq!(&found, &next.explain(from, to, Ports::all()).admitted);
                }
            }
            // Of those that are in neither, nothing is told apart in the slow comparison.
            let both: BTreeSet<ResourceId> = known.intersection(&without).copied().collect();
            let in_play: BTreeSet<ResourceId> = policies.difference(&both).copied().collect();
            let (old, new) = (fresh(&known, in_play.clone()), fresh(&without, in_play));
            prop_assert_eq!(diff(&resident, &next), diff(&old, &new));
            (resident, known) = (next, without);
        }
    }

    /// All pairs at once are the pairs one by one.
    #[test]
    fn all_pairs_are_the_pairs_one_by_one(mut cluster in cluster(), dialect in dialect(), with_admin in any::<bool>()) {
        if !with_admin {
            cluster.admin.clear();
        }
        let inventory = support::inventory(&cluster.yaml());
        let network = Network::new(&inventory, &Config { dialect, ..Config::default() });
        let adjacency = network.adjacency();
        prop_assert_eq!(adjacency.pairs, one_by_one(&network));
        let closure = network.closure_of(&adjacency);
        for (from, _) in network.endpoints() {
            let ways = network.ways(&[from]);
            for (to, _) in network.endpoints().filter(|(to, _)| *to != from) {
                let walked = ways.iter().any(|step| step.endpoint == to);
                prop_assert_eq!(closure.reaches(&network, from, to), walked, "{:?} {:?}", from, to);
            }
        }
    }
}

/// The two ends of a rule: pods of a namespace, all pods, nodes or the outside.
fn side(cluster: &Cluster, which: usize) -> Side {
    let who = match which.checked_sub(3) {
        None => [Party::Cluster, Party::Nodes, Party::Outside][which].clone(),
        Some(namespace) => {
            let (name, _) = cluster.namespaces[namespace % cluster.namespaces.len()];
            Party::Pods(PodChoice { namespaces: vec![name.to_owned()], ..PodChoice::default() })
        }
    };
    Side { parts: vec![Part { name: "side".to_owned(), line: 1, who }] }
}

/// Whether a side means an endpoint.
fn means(network: &Network<'_>, side: &Side, endpoint: EndpointId) -> bool {
    let known = network.get(endpoint);
    let namespace =
        network.workload_of(endpoint).map(|workload| network.inventory().symbols.text(workload.namespace).to_string());
    match (&side.parts[0].who, &known.identity) {
        (Party::Cluster, identity) => matches!(identity, Identity::Workload { .. }),
        (Party::Nodes, identity) => matches!(identity, Identity::Nodes(_)) || known.host_network,
        (Party::Outside, identity) => matches!(identity, Identity::Outside(_)),
        (Party::Pods(choice), _) => namespace.is_some_and(|namespace| choice.namespaces.contains(&namespace)),
        _ => false,
    }
}

/// How many pairs a rule is for, and those that are not as demanded, pair by pair.
fn judged(network: &Network<'_>, rule: &Rule) -> (u64, Vec<(EndpointId, EndpointId, Ports)>) {
    let port = |set: &PortSet| {
        let mut ports = if set.is_all() { Ports::all() } else { Ports::none() };
        set.ranges.iter().for_each(|range| ports.insert(range.protocol, range.first, range.last));
        ports
    };
    let all: Vec<EndpointId> = network.endpoints().map(|(number, _)| number).collect();
    let of = |side: &Side| -> Vec<EndpointId> {
        all.iter().copied().filter(|endpoint| means(network, side, *endpoint)).collect()
    };
    let workload = |endpoint| network.workload_of(endpoint).map(|workload| workload.resource);
    let (from, to) = match &rule.demand {
        Demand::Forbid(connection) | Demand::Require(connection) => (of(&connection.from), of(&connection.to)),
        Demand::AllowOnly { subject, .. } => (all.clone(), of(subject)),
    };
    let is_one = |ends: &[EndpointId]| {
        ends.first()
            .and_then(|first| workload(*first))
            .is_some_and(|own| ends.iter().all(|end| workload(*end) == Some(own)))
    };
    let with_own = !matches!(rule.demand, Demand::AllowOnly { .. }) && from == to && is_one(&from);
    let (mut pairs, mut wrong) = (0, Vec::new());
    for &source in &from {
        for &target in &to {
            let is_own = workload(source).is_some() && workload(source) == workload(target);
            let is_itself = source == target && network.exempt(source, target).is_some();
            if !network.can_meet(source, target) || is_itself || is_own && !with_own {
                continue;
            }
            pairs += 1;
            let admitted = network.row(source).to(target);
            let ports = match &rule.demand {
                Demand::Forbid(connection) => admitted.intersection(&port(&connection.ports)),
                Demand::Require(connection) => port(&connection.ports).without(&admitted),
                Demand::AllowOnly { peers, .. } => peers
                    .iter()
                    .filter(|(side, _)| means(network, side, source))
                    .fold(admitted, |rest, (_, ports)| rest.without(&port(ports))),
            };
            if !ports.is_empty() {
                wrong.push((source, target, ports));
            }
        }
    }
    (pairs, wrong)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]

    /// What rules say of classes of endpoints is what they say of pairs, one by one.
    #[test]
    fn rules_are_judged_class_by_class_as_pair_by_pair(
        cluster in cluster(),
        dialect in dialect(),
        ends in (0..6usize, 0..6usize),
        port in prop_oneof![Just(None), Just(Some(80)), Just(Some(8080)), Just(Some(53))],
        kind in 0..3,
    ) {
        let inventory = support::inventory(&cluster.yaml());
        let ports = || PortSet {
            ranges: port.into_iter().map(|port| PortRange { protocol: Protocol::Tcp, first: port, last: port }).collect(),
            names: Vec::new(),
        };
        let (from, to) = (side(&cluster, ends.0), side(&cluster, ends.1));
        let demand = match kind {
            0 => Demand::Forbid(Connection { from, to, ports: ports() }),
            1 => Demand::Require(Connection { from, to, ports: ports() }),
            _ => Demand::AllowOnly { subject: to, towards: Towards::Into, peers: vec![(from, ports())] },
        };
        let rule = Rule { name: String::new(), line: 1, demand };
        let worlds = Worlds::assumed(&inventory, &Config { dialect, ..Config::default() });
        let outcome = check(&worlds, std::slice::from_ref(&rule)).remove(0);
        let (pairs, wrong) = judged(&worlds.base, &rule);
        let told = outcome.witnesses.iter().filter(|witness| witness.through.is_none());
        let told: Vec<_> = told.map(|witness| (witness.from, witness.to, witness.ports.clone())).collect();
        prop_assert_eq!((outcome.pairs, outcome.broken), (pairs, wrong.len() as u64), "{:?}", rule);
        prop_assert_eq!(&told[..], &wrong[..wrong.len().min(50)]);
    }
}

fn one_by_one(network: &Network<'_>) -> Pairs {
    let mut pairs = Pairs::default();
    network.rows(&mut |_, row| {
        for (to, _) in network.endpoints() {
            let ports = row.to(to);
            pairs.some += u64::from(!ports.is_empty());
            pairs.all += u64::from(ports.is_all());
        }
    });
    pairs
}

fn dialect() -> impl Strategy<Value = Dialect> {
    let blocks =
        prop_oneof![Just(BlockMatching::Anything), Just(BlockMatching::NoPods), Just(BlockMatching::OutsideOnly)];
    let host = prop_oneof![Just(HostNetwork::Node), Just(HostNetwork::Pod)];
    let ranges = prop_oneof![3 => Just(PortRanges::Enforced), 1 => Just(PortRanges::FirstOnly)];
    (blocks, host, ranges).prop_map(|(blocks, host_network, ranges)| Dialect {
        blocks,
        host_network,
        ranges,
        ..Dialect::default()
    })
}
