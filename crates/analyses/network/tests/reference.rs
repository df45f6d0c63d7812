//! The evaluator against one that is written straight from the specification, pair by pair and port by port, on clusters
//! that are generated.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

mod naive;
mod sanity;
mod support;

use naive::generate::cluster;
use naive::{Cluster, Place};
use network::{BlockMatching, Config, Dialect, EndpointId, HostNetwork, Network, PROTOCOLS, PortRanges};
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
    let mut compared = 0;
    for &(from, from_id) in &endpoints {
        let row = network.row(from_id);
        for &(to, to_id) in &endpoints {
            if from == to || !matches!((from, to), (Place::Pod(_), _) | (_, Place::Pod(_))) {
                continue;
            }
            let listed = row.to(to_id);
            prop_assert_eq!(&listed, &network.connections(from_id, to_id));
            let explained = network.explain(from_id, to_id, None);
            prop_assert_eq!(&listed, &explained.admitted, "{}", yaml);
            for protocol in PROTOCOLS {
                for &port in PROBES {
                    let expected = cluster.admits(from, to, protocol, port, dialect);
                    let found = listed.contains(protocol, port);
                    compared += 1;
                    prop_assert_eq!(found, expected, "{:?} -> {:?} {:?} {}\n{}", from, to, protocol, port, yaml);
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
