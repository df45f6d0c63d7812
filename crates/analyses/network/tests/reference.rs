//! The evaluator against one that is written straight from the specification, pair by pair and port by port, on clusters
//! that are generated.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

mod naive;
mod sanity;
mod support;

use std::collections::BTreeSet;

use model::inventory::ResourceId;
use naive::generate::cluster;
use naive::{Cluster, Place};
use network::{
    BlockMatching, Config, Dialect, EndpointId, HostNetwork, Network, PROTOCOLS, Pairs, PortRanges, Ports, diff,
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
