//! `pod-not-isolated-ingress` and `-egress` say of generated clusters what the evaluator of the network says.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use std::collections::BTreeMap;

use controls::engine::{Engine, Passed};
use model::finding::{Origin, Status};
use model::inventory::{Inventory, Observed, Part};
use model::object::Object;
use model::parameter::Settings;
use model::place::LineIndex;
use model::workload::workloads;
use network::{Config, Direction, Isolation, Network, Ports};
use proptest::prelude::*;

fn judged(yaml: &str) -> Inventory {
    let wanted = ["pod-not-isolated-egress", "pod-not-isolated-ingress"];
    let selected = controls::all().filter(|known| wanted.contains(&known.control.id)).collect();
    let engine = Engine::new(selected, Passed::Drop, Settings::default());
    let mut inventory = Inventory { complete: true, ..Inventory::default() };
    let mut part = Part::default();
    for range in yaml::separate::documents(yaml) {
        let line = 1 + yaml[..range.start].matches('\n').count() as u32;
        let document = yaml::parse_document(&yaml[range]).unwrap();
        let lines = LineIndex::new(line);
        let object = Object::new(document.root()).unwrap();
        let origin = Origin { root: object.value, lines: &lines };
        let workloads = workloads(&object);
        let resource = part.observe(&object, &workloads, 0, origin, &inventory.symbols);
        let observed =
            Observed { resource, object: &object, workloads: &workloads, origin, path: std::path::Path::new("") };
        engine.judge(observed, &inventory.symbols, &mut part.verdicts);
    }
    inventory.append(part);
    engine.judge_inventory(&mut inventory, &controls::engine::one_by_one);
    inventory
}

/// What the evaluator says: whether nothing restricts the pods, or whoever is outside may connect as he likes, there or
/// from there, over one family of addresses at least.
fn open(inventory: &Inventory, direction: Direction) -> BTreeMap<String, bool> {
    let network = Network::new(inventory, &Config::default());
    let outside = |v6: bool| -> Vec<_> {
        let is_of = |endpoint: &network::Endpoint| match &endpoint.identity {
            network::Identity::Outside(ranges) => ranges.iter().any(|range| range.first.is_ipv6() == v6),
            network::Identity::Workload { .. } | network::Identity::Nodes(_) => false,
        };
        network.endpoints().filter(|(_, endpoint)| is_of(endpoint)).map(|(number, _)| number).collect()
    };
    let families = [outside(false), outside(true)];
    let mut found = BTreeMap::new();
    for (number, _) in network.endpoints() {
        let Some(workload) = network.workload_of(number) else { continue };
        let all = families.iter().any(|outside| {
            outside.iter().all(|outside| {
                let ports = match direction {
                    Direction::Ingress => network.connections(*outside, number),
                    Direction::Egress => network.connections(number, *outside),
                };
                ports == Ports::all()
            })
        });
        let is_open = network.isolation(number, direction) == Isolation::Open || all;
        found.insert(inventory.symbols.text(workload.name), is_open);
    }
    found
}

fn failed(inventory: &Inventory, control: &str) -> BTreeMap<String, bool> {
    let mut found: BTreeMap<String, bool> = inventory
        .facts
        .workloads
        .iter()
        .map(|workload| (inventory.symbols.text(inventory.resource(workload.resource).name), false))
        .collect();
    for occurrence in &inventory.occurrences {
        if controls::by_id(occurrence.control).control.id == control && occurrence.status == Status::Fail {
            found.insert(inventory.symbols.text(inventory.resource(occurrence.resource).name), true);
        }
    }
    found
}

fn policy() -> impl Strategy<Value = String> {
    let selector = prop_oneof![
        Just("{}"),
        Just("{matchLabels: {app: a}}"),
        Just("{matchLabels: {app: b}}"),
        Just("{matchExpressions: [{key: app, operator: NotIn, values: [a]}]}"),
        Just("{matchExpressions: [{key: tier, operator: Exists}]}"),
    ];
    let types = prop_oneof![
        Just(""),
        Just("policyTypes: [Ingress], "),
        Just("policyTypes: [Egress], "),
        Just("policyTypes: [Ingress, Egress], "),
    ];
    let rules = || {
        prop_oneof![
            Just(None),
            Just(Some("")),
            Just(Some("{}")),
            Just(Some("{PEER: [{podSelector: {}}]}")),
            Just(Some("{PEER: [{namespaceSelector: {}}]}")),
            Just(Some("{PEER: [{ipBlock: {cidr: 0.0.0.0/0}}]}")),
            Just(Some("{PEER: [{ipBlock: {cidr: '::/0'}}]}")),
            Just(Some("{PEER: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 80}]}")),
            Just(Some("{PEER: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}]}")),
            Just(Some("{PEER: [{ipBlock: {cidr: 192.0.2.0/24}}]}, {PEER: [{podSelector: {}}]}")),
            Just(Some("{PEER: [], ports: [{port: 80}]}")),
            Just(Some("{ports: []}")),
            Just(Some("{ports: [{protocol: UDP}]}, {PEER: []}")),
        ]
    };
    (selector, types, rules(), rules(), prop_oneof![Just("n"), Just("m")]).prop_map(
        |(selector, types, ingress, egress, namespace)| {
            let of = |name: &str, peer: &str, rules: Option<&str>| {
                rules.map(|rules| format!("{name}: [{}], ", rules.replace("PEER", peer))).unwrap_or_default()
            };
            format!(
                "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: NAME, namespace: {namespace}}}\n\
                 spec: {{{types}{}{}podSelector: {selector}}}\n",
                of("ingress", "from", ingress),
                of("egress", "to", egress),
            )
        },
    )
}

proptest! {
    #[test]
    fn the_controls_agree_with_the_evaluator(policies in proptest::collection::vec(policy(), 0..5)) {
        let pod = |name: &str, namespace: &str, labels: &str| format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: {namespace}, labels: {{{labels}}}}}\nspec: {{containers: [{{name: c, image: i}}]}}\n"
        );
        let mut documents = vec![
            pod("one", "n", "app: a, tier: x"),
            pod("two", "n", "app: b"),
            pod("three", "n", ""),
            pod("four", "m", "app: a"),
        ];
        documents.extend(policies.iter().enumerate().map(|(at, policy)| policy.replace("NAME", &format!("p{at}"))));
        let text = documents.join("---\n");
        let inventory = judged(&text);
        for (control, direction) in
            [("pod-not-isolated-ingress", Direction::Ingress), ("pod-not-isolated-egress", Direction::Egress)]
        {
            prop_assert_eq!(failed(&inventory, control), open(&inventory, direction), "{} of\n{}", control, text);
        }
    }
}
