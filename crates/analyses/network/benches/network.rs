//! `cargo bench -p network`: all pairs, ways in and the closure of generated clusters, beside an evaluator that asks pair
//! by pair, in the same run and on one thread.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "what is measured is time")]

use std::hint::black_box;
use std::io::Write as _;
use std::time::{Duration, Instant};

use model::finding::Origin;
use model::inventory::{Inventory, Part, TrafficDirection, TrafficPolicy, Who, WorkloadFact};
use model::object::Object;
use model::place::LineIndex;
use model::workload::workloads;
use network::{Config, Network, diff};

fn say(line: std::fmt::Arguments<'_>) {
    writeln!(std::io::stdout(), "{line}").ok();
}

/// Clusters that are measured: pods, workloads, policies.
const CLUSTERS: &[(usize, usize, usize)] = &[(1_000, 1_000, 1_000), (10_000, 2_000, 2_000), (100_000, 5_000, 5_000)];

/// How many workloads share a namespace.
const IN_NAMESPACE: usize = 50;

/// How many pairs the slow evaluator is asked for.
const SAMPLE: usize = 200_000;

fn main() {
    say(format_args!(
        "pods     workloads policies  compile  pairs    closure  ways in  all      explain  one policy  slowest (changes)  naive a pair  admitted pairs"
    ));
    for &(pods, workloads, policies) in CLUSTERS {
        let inventory = cluster(pods, workloads, policies);
        measure(&inventory, (pods, workloads, policies));
    }
    if let Ok(status) = std::fs::read_to_string("/proc/self/status")
        && let Some(peak) = status.lines().find(|line| line.starts_with("VmHWM"))
    {
        say(format_args!("peak of memory, the inventory included: {}", peak.trim_start_matches("VmHWM:").trim()));
    }
}

fn measure(inventory: &Inventory, (pods, workloads, policies): (usize, usize, usize)) {
    let (network, compile) = time(|| Network::new(inventory, &Config::default()));
    let (adjacency, all_pairs) = time(|| network.adjacency());
    let (_, closure) = time(|| network.closure_of(&adjacency));
    let (_, ways_in) = time(|| network.exposure());
    let ends: Vec<_> = network.endpoints().map(|(number, _)| number).take(2).collect();
    let (_, explain) = time(|| network.explain(ends[0], ends[1], network::Ports::all()));
    let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
    // One of every kind: policies of single workloads, of a tier of a namespace, and one that is for all of a namespace.
    let last = inventory.facts.traffic.policies.iter().rev().take(50);
    let changes = last.map(|policy| {
        let without = [policy.resource].into_iter().collect();
        let change = || network.with(&without).map(|after| diff(&network, &after));
        let (difference, change) = time(change);
        let difference = difference.expect("the policy is known");
        let connections = difference.gained.len() + difference.lost.len();
        (change, connections)
    });
    let mut changes: Vec<(Duration, usize)> = changes.collect();
    changes.sort();
    let (change, (slowest, most)) = (changes[changes.len() / 2].0, changes[changes.len() - 1]);
    let slowest = format!("{} ({most})", ms(slowest));
    let naive = naive(inventory);
    let total = compile + all_pairs + closure + ways_in;
    say(format_args!(
        "{pods:<8} {workloads:<9} {policies:<9} {:<8} {:<8} {:<8} {:<8} {:<8} {:<8} {:<11} {:<18} {:<13} {}",
        ms(compile),
        ms(all_pairs),
        ms(closure),
        ms(ways_in),
        ms(total),
        ms(explain),
        ms(change),
        slowest,
        format!("{naive:.0} ns"),
        adjacency.pairs.some
    ));
}

fn time<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = black_box(work());
    (result, start.elapsed())
}

/// A cluster whose policies are written as people write them: a default, who may come from where, who may go where.
fn cluster(pods: usize, workload_count: usize, policy_count: usize) -> Inventory {
    let mut inventory = Inventory::default();
    let mut part = Part::default();
    for workload in 0..workload_count {
        let namespace = workload / IN_NAMESPACE;
        for pod in 0..(pods / workload_count).max(1) {
            let text = format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: w{workload}-{pod}, namespace: n{namespace}, labels: {{app: w{workload}, tier: t{}, pod-template-hash: h{workload}, index: '{pod}'}}, ownerReferences: [{{kind: ReplicaSet, name: w{workload}-h{workload}, controller: true}}]}}\nspec: {{nodeName: node-{}, containers: [{{name: c, image: app, ports: [{{name: http, containerPort: {}}}]}}]}}\nstatus: {{phase: Running}}\n",
                workload % 5,
                pod % 100,
                8000 + workload % 20
            );
            observe(&text, &mut part, &inventory);
        }
        let service = format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: w{workload}, namespace: n{namespace}}}\nspec: {{type: {}, selector: {{app: w{workload}}}, ports: [{{port: 80, targetPort: http}}]}}\n",
            if workload.is_multiple_of(10) { "NodePort" } else { "ClusterIP" }
        );
        observe(&service, &mut part, &inventory);
    }
    for namespace in 0..workload_count.div_ceil(IN_NAMESPACE) {
        observe(
            &format!(
                "apiVersion: v1\nkind: Namespace\nmetadata: {{name: n{namespace}, labels: {{team: t{}}}}}\n",
                namespace % 10
            ),
            &mut part,
            &inventory,
        );
    }
    for policy in 0..policy_count {
        observe(&policy_text(policy, workload_count), &mut part, &inventory);
    }
    inventory.append(part);
    inventory
}

fn policy_text(policy: usize, workload_count: usize) -> String {
    let own = policy % workload_count;
    let namespace = own / IN_NAMESPACE;
    let other = (own * 7 + 3) % workload_count;
    let mut text = format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p{policy}, namespace: n{namespace}}}\nspec:\n"
    );
    let rules = match policy % 5 {
        0 if policy.is_multiple_of(50) => "  podSelector: {}\n  policyTypes: [Ingress, Egress]\n".to_owned(),
        0 => format!(
            "  podSelector: {{matchLabels: {{app: w{own}}}}}\n  ingress: [{{from: [{{namespaceSelector: {{matchLabels: {{team: t{}}}}}}}], ports: [{{port: http}}]}}]\n",
            own % 10
        ),
        1 => format!(
            "  podSelector: {{matchLabels: {{app: w{own}}}}}\n  policyTypes: [Egress]\n  egress: [{{to: [{{namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: n{}}}}}, podSelector: {{matchLabels: {{app: w{other}}}}}}}], ports: [{{port: 8080}}, {{port: 9000, endPort: 9010}}]}}, {{ports: [{{port: 53, protocol: UDP}}]}}]\n",
            other / IN_NAMESPACE
        ),
        2 => format!(
            "  podSelector: {{matchExpressions: [{{key: tier, operator: In, values: [t{}]}}]}}\n  ingress: [{{from: [{{podSelector: {{}}}}]}}, {{from: [{{ipBlock: {{cidr: 10.{}.0.0/16}}}}], ports: [{{port: 443}}]}}]\n",
            policy % 5,
            policy % 200
        ),
        3 => format!(
            "  podSelector: {{matchLabels: {{app: w{own}}}}}\n  ingress: [{{from: [{{podSelector: {{matchLabels: {{tier: t{}}}}}}}]}}]\n",
            policy % 3
        ),
        _ => format!(
            "  podSelector: {{matchLabels: {{app: w{own}}}}}\n  policyTypes: [Ingress, Egress]\n  ingress: [{{ports: [{{port: {}}}]}}]\n  egress: [{{to: [{{ipBlock: {{cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}}}], ports: [{{port: 443}}]}}, {{to: [{{namespaceSelector: {{}}}}], ports: [{{port: 53, protocol: UDP}}]}}]\n",
            8000 + policy % 20
        ),
    };
    text.push_str(&rules);
    text
}

fn observe(text: &str, part: &mut Part, inventory: &Inventory) {
    let document = yaml::parse_document(text).expect("what is generated is YAML");
    let lines = LineIndex::new(1);
    let object = Object::new(document.root()).expect("what is generated is an object");
    let origin = Origin { root: object.value, lines: &lines };
    part.observe(&object, &workloads(&object), 0, origin, &inventory.symbols);
}

/// Nanoseconds a pair of pods costs an evaluator that reads the policies of both namespaces for every pair.
fn naive(inventory: &Inventory) -> f64 {
    let facts = &inventory.facts.workloads;
    let policies = &inventory.facts.traffic.policies;
    let mut admitted = 0u64;
    let start = Instant::now();
    let mut from = 7usize;
    for step in 0..SAMPLE {
        from = (from * 31 + 17) % facts.len();
        let to = (step * 131) % facts.len();
        let (source, target) = (&facts[from], &facts[to]);
        let out = side(inventory, policies, source, target, |policy| policy.egress.as_ref());
        let into = side(inventory, policies, target, source, |policy| policy.ingress.as_ref());
        admitted += u64::from(out && into);
    }
    black_box(admitted);
    start.elapsed().as_secs_f64() * 1e9 / SAMPLE as f64
}

fn side<'p>(
    inventory: &Inventory,
    policies: &'p [TrafficPolicy],
    own: &WorkloadFact,
    other: &WorkloadFact,
    direction: impl Fn(&'p TrafficPolicy) -> Option<&'p TrafficDirection>,
) -> bool {
    let (here, there) = (inventory.namespace(own.resource), inventory.namespace(other.resource));
    let mut isolated = false;
    for policy in policies.iter().filter(|policy| inventory.namespace(policy.resource) == here) {
        let Some(written) = direction(policy).filter(|_| policy.subject.pods.matches(&own.labels)) else { continue };
        isolated = true;
        for rule in &written.rules {
            let peer = rule.peers.as_ref().is_none_or(|peers| {
                peers.iter().any(|peer| match &peer.who {
                    Who::Pods(set) => {
                        let in_namespace = set.namespaces.as_ref().map_or(there == here, |_| true);
                        in_namespace && set.pods.matches(&other.labels)
                    }
                    _ => false,
                })
            });
            if peer {
                return true;
            }
        }
    }
    !isolated
}
