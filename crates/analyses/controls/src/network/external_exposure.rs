//! `external-exposure`

use std::collections::{BTreeMap, BTreeSet};

use model::control::{Check, Control, InventoryFindings, alias, complete_fixture, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::{Inventory, ResourceId, WorkloadFact};
use model::severity::Severity;
use network::{Answer, Config, Entry, Network, Reach, Way, sensitive};

/// The control.
pub static CONTROL: Control = Control {
    id: "external-exposure",
    title: "Workload is reachable from outside the cluster",
    severity: Severity::Info,
    severity_reason: "attack surface inventory; multiplies other findings",
    rationale: "What everybody can connect to is tried by everybody: each weakness of such a workload is worth more than the same one behind a policy.",
    remediation: "Keep the entries that are meant to be there, give them TLS and authentication, and take the others away. A store or an interface for administration has no entry from outside.",
    verify: "plimsoll network exposure DIR",
    aliases: &[alias("kubescape", "C-0256"), alias("kubescape", "C-0266"), alias("kube-linter", "exposed-services")],
    mappings: &[
        maps("owasp-k8s-top10", "K06"),
        maps("nist-800-190", "4.4.2"),
        maps("mitre", "T1133"),
        maps("mitre", "T1190"),
        maps("nist-800-53", "SC-7"),
    ],
    references: &["https://kubernetes.io/docs/concepts/services-networking/service/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[
        complete_fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: web #~ info metadata.name: The internet reaches it through Service `web`
  namespace: shop
  labels: {app: web}
spec:
  containers:
    - name: web
      image: web:1
---
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
spec:
  type: LoadBalancer
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  labels: {app: web}
spec:
  containers:
    - name: web
      image: web:1
---
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
",
        ),
        // A store is more than an inventory line.
        complete_fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: db #~ high metadata.name: The internet reaches it through Service `db` (TCP 5432): PostgreSQL answers there
  namespace: shop
  labels: {app: db}
spec:
  containers:
    - name: db
      image: db:1
---
apiVersion: v1
kind: Service
metadata:
  name: db
  namespace: shop
spec:
  type: LoadBalancer
  selector: {app: db}
  ports: [{port: 5432}]
",
        ),
        // A policy stands between: the load balancer sends what comes on as a node.
        complete_fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  labels: {app: web}
spec:
  containers:
    - name: web
      image: web:1
---
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
spec:
  type: LoadBalancer
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: own
  namespace: shop
spec:
  podSelector: {}
  policyTypes: [Ingress]
  ingress: [{from: [{podSelector: {}}]}]
",
        ),
        // The provider's own network is not outside.
        complete_fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  labels: {app: web}
spec:
  containers:
    - name: web
      image: web:1
---
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
  annotations: {networking.gke.io/load-balancer-type: Internal}
spec:
  type: LoadBalancer
  allocateLoadBalancerNodePorts: false
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: web #~ info metadata.name: Whoever reaches the nodes reaches it through Service `web`
  namespace: shop
  labels: {app: web}
spec:
  containers:
    - name: web
      image: web:1
---
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
spec:
  type: NodePort
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080, nodePort: 30080}]
",
        ),
        // A port of the node is outside if the node is.
        complete_fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: web #~ info metadata.name: Whoever reaches the nodes reaches it through a port of its node
  namespace: shop
spec:
  containers:
    - name: web
      image: web:1
      ports: [{containerPort: 80, hostPort: 80}]
---
apiVersion: v1
kind: Node
metadata:
  name: n1
status:
  addresses: [{type: ExternalIP, address: 203.0.113.9}]
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
spec:
  containers:
    - name: web
      image: web:1
      ports: [{containerPort: 80, hostPort: 80}]
---
apiVersion: v1
kind: Node
metadata:
  name: n1
status:
  addresses: [{type: InternalIP, address: 10.0.0.9}]
",
        ),
        // What is bound to the loopback of the node is not outside, whatever address the node has.
        complete_fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
spec:
  containers:
    - name: web
      image: web:1
      ports: [{containerPort: 80, hostPort: 80, hostIP: 127.0.0.1}, {containerPort: 81, hostPort: 81, hostIP: '::1'}]
---
apiVersion: v1
kind: Node
metadata:
  name: n1
status:
  addresses: [{type: ExternalIP, address: 203.0.113.9}]
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: web #? info metadata.name: Whether its node has a public address is not known
  namespace: shop
spec:
  hostNetwork: true
  containers:
    - name: web
      image: web:1
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let facts = &inventory.facts;
    if facts.workloads.is_empty() {
        return;
    }
    let mut config = Config::default();
    if let Some(plugin) = network::detect(inventory) {
        config.dialect = plugin.dialect;
    }
    let network = Network::shared(inventory, &config);
    let mut entries: BTreeMap<ResourceId, Vec<Entry>> = BTreeMap::new();
    for entry in network.exposure() {
        if let Some(workload) = network.workload_of(entry.endpoint) {
            entries.entry(workload.resource).or_default().push(entry);
        }
    }
    let nodes = Nodes::of(inventory);
    // Pods whose owner is here are looked at there.
    let own: BTreeSet<ResourceId> = network.workloads().iter().map(|workload| workload.resource).collect();
    for workload in facts.workloads.iter().filter(|workload| own.contains(&workload.resource)) {
        let known = entries.get(&workload.resource).map_or(&[][..], Vec::as_slice);
        let outside: Vec<&Entry> = known.iter().filter(|entry| is_outside(entry, nodes)).collect();
        let unknown = known.iter().any(|entry| is_of_node(entry) && entry.answer != Answer::Refused);
        match outside.split_first() {
            Some((first, others)) => report(inventory, workload, first, others.len(), findings),
            None if unknown && nodes == Nodes::Unknown => {
                let message = "Whether its node has a public address is not known: it listens on ports of the node";
                findings.report(workload.resource, Finding::at_place(workload.place).message(message).skip());
            }
            // What is not here may open it.
            None if inventory.complete => findings.looked_at(workload.resource),
            None => {}
        }
    }
}

/// What is known of the addresses of nodes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nodes {
    Unknown,
    Public,
    Private,
}

impl Nodes {
    fn of(inventory: &Inventory) -> Self {
        let nodes = &inventory.facts.network.nodes;
        let addresses = nodes.iter().flat_map(|node| &node.addresses).map(|address| inventory.symbols.text(*address));
        let is_public = |address: &str| address.parse().is_ok_and(model::address::is_public);
        match (nodes.is_empty(), addresses.into_iter().any(|address| is_public(&address))) {
            (true, _) => Self::Unknown,
            (false, true) => Self::Public,
            (false, false) => Self::Private,
        }
    }
}

fn is_of_node(entry: &Entry) -> bool {
    matches!(entry.way, Way::HostPort | Way::HostNetwork)
}

fn is_outside(entry: &Entry, nodes: Nodes) -> bool {
    let is_near = entry.reach == Reach::ProviderNetwork || (is_of_node(entry) && nodes != Nodes::Public);
    !is_near && entry.is_open()
}

fn report(
    inventory: &Inventory,
    workload: &WorkloadFact,
    entry: &Entry,
    others: usize,
    findings: &mut InventoryFindings<'_>,
) {
    let who = match entry.reach {
        Reach::Internet => "The internet",
        Reach::Listed(_) => "Whoever has an address that is let in",
        Reach::NodeNetwork | Reach::ProviderNetwork => "Whoever reaches the nodes",
        Reach::Controller | Reach::Inside => "Whoever reaches its controller",
    };
    let opened_by = inventory.resource(entry.opened_by);
    let [kind, name] = [opened_by.kind, opened_by.name].map(|symbol| inventory.symbols.text(symbol));
    let through = match entry.way {
        Way::HostPort => "a port of its node".to_owned(),
        Way::HostNetwork => "the network of its node".to_owned(),
        _ => format!("{kind} `{name}`"),
    };
    let mut message = format!("{who} reaches it through {through} ({})", entry.door);
    if entry.answer == Answer::DependsOnController {
        message.push_str(", if policies admit the controller, which is not in the input");
    }
    let store = sensitive(&entry.pod_ports);
    if let Some(store) = store {
        message.push_str(&format!(": {store} answers there"));
    }
    if others > 0 {
        let ways = if others == 1 { "way leads" } else { "ways lead" };
        message.push_str(&format!("; {others} more {ways} in"));
    }
    let severity = if store.is_some() { Severity::High } else { Severity::Info };
    findings.report(workload.resource, Finding::at_place(workload.place).message(message).severity(severity));
}
