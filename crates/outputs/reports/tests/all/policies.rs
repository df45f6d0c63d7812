//! Generated policies, evaluated again, give exactly the promised connectivity: what was seen, names, and nothing else.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::IpAddr;

use model::finding::Origin;
use model::flow::{Flow, FlowEnd};
use model::inventory::{Inventory, Part, Protocol, ResourceId};
use model::object::Object;
use model::place::LineIndex;
use network::{Config, EndpointId, Network, Wish, certify, generate};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use reports::network::generate::{RefusalKind, files, stream};

const NAMESPACES: &[&str] = &["a", "b", "c"];
const OUTSIDE: &[&str] = &["203.0.113.7", "203.0.113.8", "2001:db8::1", "2001:db8::2", "198.51.100.1"];
const PORTS: &[u16] = &[53, 80, 443, 5432, 8080, 65535];
const PROTOCOLS: [Protocol; 3] = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp];

/// A workload: its namespace, and labels that others may have as well. Its name is its own.
#[derive(Clone, Debug)]
struct Workload {
    namespace: &'static str,
    tier: Option<&'static str>,
    named: bool,
}

/// Who a flow is of: one of the workloads, or an address.
type End = Result<usize, &'static str>;

#[derive(Clone, Debug)]
struct Cluster {
    workloads: Vec<Workload>,
    flows: Vec<(End, End, Protocol, u16, u64)>,
}

fn cluster() -> impl Strategy<Value = Cluster> {
    let workload = (select(NAMESPACES), option::of(select(&["x", "y"][..])), any::<bool>())
        .prop_map(|(namespace, tier, named)| Workload { namespace, tier, named });
    vec(workload, 1..7).prop_flat_map(|workloads| {
        let count = workloads.len();
        let inside = move || (0..count).prop_map(Ok);
        let any_end = move || prop_oneof![3 => inside(), 1 => select(OUTSIDE).prop_map(Err)];
        let protocol = prop_oneof![4 => Just(Protocol::Tcp), 2 => Just(Protocol::Udp), 1 => Just(Protocol::Sctp)];
        let flow = (any_end(), any_end(), protocol, select(PORTS), 1u64..4)
            .prop_filter("somebody is inside", |(from, to, ..)| from.is_ok() || to.is_ok());
        (Just(workloads), vec(flow, 0..12)).prop_map(|(workloads, flows)| Cluster { workloads, flows })
    })
}

impl Cluster {
    fn yaml(&self) -> String {
        let mut text = String::from(
            "apiVersion: v1\nkind: Pod\nmetadata: {name: dns, namespace: kube-system, labels: {k8s-app: kube-dns}}\nspec: {containers: []}\n",
        );
        for (number, workload) in self.workloads.iter().enumerate() {
            // Two labels tell some of them apart, one the others; those of versions and hashes change.
            let own = match workload.named {
                true => format!("app: w{number}"),
                false => format!("app: shared, instance: i{number}"),
            };
            let tier = workload.tier.map(|tier| format!(", tier: {tier}")).unwrap_or_default();
            let namespace = workload.namespace;
            let _ = write!(
                text,
                "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: w{number}, namespace: {namespace}}}\nspec: {{template: {{metadata: {{labels: {{pod-template-hash: h{number}, version: v{number}, {own}{tier}}}}}, spec: {{containers: []}}}}}}\n"
            );
        }
        text
    }

    fn end(&self, end: End) -> FlowEnd {
        match end {
            Ok(number) => FlowEnd {
                namespace: self.workloads[number].namespace.to_owned(),
                workload: format!("w{number}"),
                ..FlowEnd::default()
            },
            Err(address) => FlowEnd { address: address.parse::<IpAddr>().ok(), ..FlowEnd::default() },
        }
    }

    fn flows(&self) -> Vec<Flow> {
        let flow = |&(from, to, protocol, port, count): &(End, End, Protocol, u16, u64)| Flow {
            from: self.end(from),
            to: self.end(to),
            protocol,
            port,
            count,
            first: String::new(),
            last: String::new(),
            line: 1,
        };
        self.flows.iter().map(flow).collect()
    }

    /// What may connect, from what was seen alone; the resolver is number `workloads.len()`.
    fn promised(&self) -> BTreeSet<(End, End, Protocol, u16)> {
        let dns = self.workloads.len();
        let mut promised: BTreeSet<_> =
            self.flows.iter().map(|(from, to, protocol, port, _)| (*from, *to, *protocol, *port)).collect();
        for number in 0..dns {
            promised.insert((Ok(number), Ok(dns), Protocol::Udp, 53));
            promised.insert((Ok(number), Ok(dns), Protocol::Tcp, 53));
        }
        promised
    }
}

fn add(inventory: &mut Inventory, text: &str) {
    let mut part = Part::default();
    for range in yaml::separate::documents(text) {
        let document = yaml::parse_document(&text[range]).unwrap();
        let lines = LineIndex::new(1);
        let Some(object) = Object::new(document.root()) else { continue };
        let origin = Origin { root: object.value, lines: &lines };
        part.observe(&object, &model::workload::workloads(&object), 0, origin, &inventory.symbols);
    }
    inventory.append(part);
}

fn find(network: &Network<'_>, cluster: &Cluster, end: End) -> EndpointId {
    let name = match end {
        Err(address) => return network.outside_of(address.parse().unwrap()).unwrap(),
        Ok(number) if number == cluster.workloads.len() => "kube-system/dns[Pod]".to_owned(),
        Ok(number) => format!("{}/w{number}[Deployment]", cluster.workloads[number].namespace),
    };
    network.endpoints().find(|(_, endpoint)| endpoint.name == name).unwrap().0
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn policies_admit_what_was_promised_and_nothing_else(cluster in cluster()) {
        let mut inventory = Inventory::default();
        inventory.files.push("all.yaml".into());
        add(&mut inventory, &cluster.yaml());
        let (generated, text) = {
            let network = Network::new(&inventory, &Config::default());
            let generated = generate(&network, &cluster.flows(), &Wish::default());
            let text = stream(&files(&network, &generated, RefusalKind::NetworkPolicy));
            (generated, text)
        };
        prop_assert_eq!(&generated.unresolved, &[]);
        let first = inventory.resources.len() as u32;
        add(&mut inventory, &text);
        prop_assert!(inventory.facts.traffic.refused.is_empty(), "{}", text);
        let written = (first..inventory.resources.len() as u32).map(ResourceId).collect();
        let before = Network::new(&inventory, &Config { without: written, ..Config::default() });
        let after = Network::new(&inventory, &Config::default());
        let certificate = certify(&before, &after, &generated);
        prop_assert!(certificate.missing.is_empty(), "{:?}\n{}", certificate.missing, text);
        prop_assert_eq!(certificate.extra_pairs, 0, "{:?}\n{}", certificate.extras, text);
        prop_assert!(certificate.after.some <= certificate.before.some);

        let promised = cluster.promised();
        let ends: Vec<End> = (0..=cluster.workloads.len()).map(Ok).chain(OUTSIDE.iter().map(|address| Err(*address))).collect();
        for &from in &ends {
            for &to in &ends {
                let dns = cluster.workloads.len();
                let is_covered = |end: End| end.is_ok_and(|number| number < dns);
                if !is_covered(from) && !is_covered(to) {
                    continue;
                }
                let admitted = after.connections(find(&after, &cluster, from), find(&after, &cluster, to));
                for protocol in PROTOCOLS {
                    for &port in PORTS.iter().chain(&[1, 8081]) {
                        let expected = promised.contains(&(from, to, protocol, port));
                        let found = admitted.contains(protocol, port);
                        prop_assert_eq!(found, expected, "{:?} {:?} {:?} {}\n{}\n{}", from, to, protocol, port, cluster.yaml(), text);
                    }
                }
            }
        }
    }
}
