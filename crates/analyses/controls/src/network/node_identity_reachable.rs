//! `node-identity-reachable`

use model::control::{Check, Control, InventoryFindings, alias, complete_fixture, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;
use network::{Config, EndpointId, METADATA, Network};
use std::collections::BTreeMap;

/// The control.
pub static CONTROL: Control = Control {
    id: "node-identity-reachable",
    title: "Pods can reach the cloud metadata endpoint",
    severity: Severity::High,
    severity_reason: "node role credentials for any pod",
    rationale: "The metadata service gives the credentials of the machine to whoever asks from it. A pod that reaches it acts as the node in the cloud.",
    remediation: "Give workloads identities of their own, and keep pods from 169.254.169.254: Workload Identity on GKE, IMDSv2 with a hop limit of 1 on AWS, IMDS restriction on AKS, or a policy that denies egress there.",
    verify: "kubectl exec POD -- curl -s -m 2 http://169.254.169.254/",
    aliases: &[alias("kubescape", "C-0052"), alias("kubesplaining", "KUBE-CLOUD-IMDS")],
    mappings: &[
        maps("nsa-cisa", "network-separation"),
        maps("owasp-k8s-top10", "K08"),
        maps("nist-800-53", "SC-7"),
        maps("mitre", "T1552.007"),
    ],
    references: &[
        "https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity",
        "https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html",
    ],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[
        complete_fixture(
            "apiVersion: v1
kind: Node
metadata: {name: n1}
spec: {providerID: 'gce://project/zone/n1'}
---
apiVersion: v1
kind: Pod
metadata:
  name: app #~ high metadata.name: No policy keeps the pod from 169.254.169.254
  namespace: shop
spec:
  containers: [{name: app, image: 'app:1'}]
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Node
metadata: {name: n1}
spec: {providerID: 'gce://project/zone/n1'}
---
apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: shop
spec:
  containers: [{name: app, image: 'app:1'}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}]}]
",
        ),
        // The metadata server of GKE answers pods with their own identity; pods on the network of the node pass it by.
        complete_fixture(
            "apiVersion: v1
kind: Node
metadata: {name: n1}
spec: {providerID: 'gce://project/zone/n1'}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: gke-metadata-server, namespace: kube-system}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      hostNetwork: true
      containers: [{name: m, image: 'gke.gcr.io/gke-metadata-server:1'}]
---
apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: shop
spec:
  containers: [{name: app, image: 'app:1'}]
---
apiVersion: v1
kind: Pod
metadata:
  name: agent #~ high metadata.name: The pod is on the network
  namespace: shop
spec:
  hostNetwork: true
  containers: [{name: app, image: 'app:1'}]
",
        ),
        // What a machine of AWS answers is written on the machine.
        complete_fixture(
            "apiVersion: v1
kind: Node
metadata: {name: n1}
spec: {providerID: 'aws:///eu-central-1a/i-1'}
---
apiVersion: v1
kind: Pod
metadata:
  name: app #? info metadata.name: No policy keeps the pod
  namespace: shop
spec:
  containers: [{name: app, image: 'app:1'}]
",
        ),
        // Whose machines the nodes are is not known.
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: shop
spec:
  containers: [{name: app, image: 'app:1'}]
",
        ),
    ],
};

/// Who serves what a machine is, how that is called in `providerID`, and what of the provider keeps pods from it and is not
/// written in the cluster.
const PROVIDERS: &[(&str, Option<&str>)] = &[
    ("gce", None),
    ("aws", Some("the machines demand IMDSv2 with a hop limit of 1")),
    ("azure", Some("IMDS restriction is on")),
];

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let providers = inventory.facts.network.nodes.iter().map(|node| inventory.symbols.text(node.provider));
    let provider = providers.into_iter().find_map(|name| PROVIDERS.iter().find(|(known, _)| *known == name));
    let Some((_, elsewhere)) = provider else { return };
    let has_own_server = inventory.facts.workloads.iter().any(|workload| {
        let object = inventory.resource(workload.resource);
        [object.namespace, object.name].map(|symbol| inventory.symbols.text(symbol))
            == ["kube-system", "gke-metadata-server"]
    });
    let config = Config {
        dialect: network::detect(inventory).map(|plugin| plugin.dialect).unwrap_or_default(),
        ..Config::default()
    };
    let network = Network::shared(inventory, &config);
    let services: Vec<EndpointId> =
        METADATA.iter().filter_map(|address| network.outside_of(address.parse().ok()?)).take(1).collect();
    let mut reaching: BTreeMap<_, bool> = BTreeMap::new();
    let mut known: BTreeMap<u32, bool> = BTreeMap::new();
    for (endpoint, _) in network.endpoints() {
        let Some(workload) = network.workload_of(endpoint) else { continue };
        let reaches = *known.entry(network.group_of(endpoint)).or_insert_with(|| {
            let row = network.row(endpoint);
            services.iter().any(|service| row.reaches(*service))
        });
        *reaching.entry(workload.resource).or_default() |= reaches;
    }
    for workload in &inventory.facts.workloads {
        let resource = workload.resource;
        let Some(reaches) = reaching.get(&resource) else { continue };
        let finding = Finding::at_place(workload.place);
        // What belongs to the cluster works for the node.
        let is_system = inventory.symbols.text(inventory.namespace(resource)) == "kube-system";
        match (workload.network.host_network, reaches, elsewhere) {
            (true, ..) if is_system => {}
            (true, ..) => {
                let message = "The pod is on the network of its node: the metadata service takes it for the node";
                findings.report(resource, finding.message(message));
            }
            (false, false, _) => findings.looked_at(resource),
            (false, true, None) if has_own_server => findings.looked_at(resource),
            (false, true, None) if inventory.complete => {
                let message =
                    "No policy keeps the pod from 169.254.169.254, which gives it the credentials of its node";
                findings.report(resource, finding.message(message));
            }
            (false, true, None) => {
                let message = "No policy of the input keeps the pod from 169.254.169.254: whether something else does is not known";
                findings.report(resource, finding.message(message).severity(Severity::Info).skip());
            }
            (false, true, Some(elsewhere)) => {
                let message = format!(
                    "No policy keeps the pod from 169.254.169.254: whether {elsewhere} is not written in the cluster"
                );
                findings.report(resource, finding.message(message).severity(Severity::Info).skip());
            }
        }
    }
}
