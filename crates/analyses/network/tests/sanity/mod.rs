//! What is said of single rules, against an evaluator that is written straight from the specification: a rule that is said to
//! change nothing changes nothing when it is gone.

use network::{Config, Dialect, Network, Oddity, PROTOCOLS, Question};
use proptest::prelude::*;

use crate::naive::generate::cluster;
use crate::naive::{self, Cluster, Place, Rule};
use crate::support;

/// Ports on both sides of every boundary that the generator uses.
const PROBES: &[u16] = &[1, 52, 53, 54, 79, 80, 81, 90, 442, 443, 444, 8079, 8080, 8081, 65535];

/// Which rule an oddity is about: the policy, the direction, and its number from 0. None if it is of another kind.
fn rule_of(network: &Network<'_>, oddity: &Oddity) -> Option<(usize, bool, usize)> {
    let inventory = network.inventory();
    let name = inventory.symbols.text(inventory.resource(oddity.policy).name);
    let policy = name.strip_prefix('n')?.parse().ok()?;
    let mut words = oddity.message.split(' ').skip(1);
    let number: usize = words.next()?.parse().ok()?;
    let is_ingress = words.nth(1)? == "ingress";
    Some((policy, is_ingress, number - 1))
}

fn rules(cluster: &mut Cluster, policy: usize, is_ingress: bool) -> &mut Vec<Rule> {
    let policy = &mut cluster.policies[policy];
    // Without its last rule for what leaves, a policy without types would no longer restrict that.
    policy.types.get_or_insert((true, !policy.egress.is_empty()));
    if is_ingress { &mut policy.ingress } else { &mut policy.egress }
}

fn differs(before: &Cluster, after: &Cluster) -> Option<String> {
    let pods = (0..before.pods.len()).map(Place::Pod);
    let outside = naive::OUTSIDE.iter().map(|address| Place::Address(address.parse().unwrap()));
    let places: Vec<Place> = pods.chain(outside).collect();
    for &from in &places {
        for &to in &places {
            if from == to || !matches!((from, to), (Place::Pod(_), _) | (_, Place::Pod(_))) {
                continue;
            }
            for protocol in PROTOCOLS {
                for &port in PROBES {
                    let admits = |cluster: &Cluster| cluster.admits(from, to, protocol, port, Dialect::default());
                    if admits(before) != admits(after) {
                        return Some(format!("{from:?} -> {to:?} {protocol:?} {port}"));
                    }
                }
            }
        }
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, ..ProptestConfig::default() })]

    #[test]
    fn what_changes_nothing_can_be_deleted(cluster in cluster()) {
        let inventory = support::inventory(&cluster.yaml());
        let network = Network::new(&inventory, &Config::default());
        let sanity = network.sanity();
        let of = |question: Question| -> Vec<(usize, bool, usize)> {
            let all = sanity.oddities.iter().filter(|oddity| oddity.question == question);
            let mut found: Vec<_> = all.filter_map(|oddity| rule_of(&network, oddity)).collect();
            found.sort_unstable();
            found
        };
        // Those that are redundant can go together, from the last to the first so that numbers stay.
        let mut without = cluster.clone();
        for (policy, is_ingress, number) in of(Question::Redundant).into_iter().rev() {
            rules(&mut without, policy, is_ingress).remove(number);
        }
        prop_assert_eq!(differs(&cluster, &without), None, "{:?}\n{}", sanity.oddities, cluster.yaml());
        // The others one by one.
        for question in [Question::RefusedElsewhere, Question::MatchesNothing] {
            for (policy, is_ingress, number) in of(question) {
                let mut without = cluster.clone();
                rules(&mut without, policy, is_ingress).remove(number);
                prop_assert_eq!(differs(&cluster, &without), None, "{:?}\n{}", sanity.oddities, cluster.yaml());
            }
        }
    }

    #[test]
    fn where_nothing_is_said_every_rule_matters(cluster in cluster()) {
        let mut cluster = Cluster { admin: Vec::new(), ..cluster };
        cluster.policies.truncate(2);
        cluster.policies.iter_mut().for_each(|policy| policy.types = Some((true, true)));
        let inventory = support::inventory(&cluster.yaml());
        let network = Network::new(&inventory, &Config::default());
        let sanity = network.sanity();
        let speaks = |question: Question| question != Question::AdmitsEverything && question != Question::NoNameResolution;
        if sanity.oddities.iter().any(|oddity| speaks(oddity.question)) {
            return Ok(());
        }
        for policy in 0..cluster.policies.len() {
            for is_ingress in [true, false] {
                for number in 0..rules(&mut cluster.clone(), policy, is_ingress).len() {
                    let mut without = cluster.clone();
                    let gone = rules(&mut without, policy, is_ingress).remove(number);
                    let other = support::inventory(&without.yaml());
                    let difference = network::diff(&network, &Network::new(&other, &Config::default()));
                    prop_assert!(!difference.is_empty(), "{:?} changes nothing\n{}", gone, cluster.yaml());
                }
            }
        }
    }
}
