//! `node-identity-reachable`

use model::control::{Check, Control, InventoryFindings, alias, complete_fixture, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::{Inventory, ResourceId};
use model::severity::Severity;
use network::{Config, FamilyKnown, Network};
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
        // Over IPv6 there is another address: a policy that leaves that out lets those pods through that speak it.
        complete_fixture(
            "apiVersion: v1
kind: Node
metadata: {name: n1}
spec: {providerID: 'gce://project/zone/n1'}
---
apiVersion: v1
kind: Pod
metadata:
  name: app #~ high metadata.name: No policy keeps the pod from fd20:ce::254,
  namespace: shop
spec:
  containers: [{name: app, image: 'app:1'}]
status: {podIPs: [{ip: 10.0.0.1}, {ip: 'fd00::1'}]}
---
apiVersion: v1
kind: Pod
metadata:
  name: old
  namespace: shop
spec:
  containers: [{name: app, image: 'app:1'}]
status: {podIPs: [{ip: 10.0.0.2}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}, {ipBlock: {cidr: '::/0'}}]}]
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
  name: app #? info metadata.name: No policy keeps the pod from fd20:ce::254: whether
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
  egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}, {ipBlock: {cidr: '::/0'}}]}]
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
    let known = providers.into_iter().find_map(|name| PROVIDERS.iter().find(|(known, _)| *known == name));
    let Some((provider, elsewhere)) = known else { return };
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
    let mut reaching: BTreeMap<ResourceId, BTreeMap<&str, FamilyKnown>> = BTreeMap::new();
    for (_, workload) in
        network.endpoints().filter_map(|(endpoint, _)| Some((endpoint, network.workload_of(endpoint)?)))
    {
        reaching.entry(workload.resource).or_default();
    }
    for (endpoint, services) in network.metadata_reached() {
        let Some(workload) = network.workload_of(endpoint) else { continue };
        let found = reaching.entry(workload.resource).or_default();
        for reached in services.iter().filter(|reached| reached.service.is_of(provider)) {
            let known = found.entry(reached.service.address).or_insert(reached.family);
            *known = (*known).min(reached.family);
        }
    }
    for workload in &inventory.facts.workloads {
        let resource = workload.resource;
        let Some(reached) = reaching.get(&resource) else { continue };
        let for_certain = reached.values().any(|family| *family == FamilyKnown::Yes);
        let services = reached.iter().filter(|(_, family)| !for_certain || **family == FamilyKnown::Yes);
        let services = services.map(|(address, _)| *address).collect::<Vec<_>>().join(" and ");
        let finding = Finding::at_place(workload.place);
        let unsure =
            |message: String| Finding::at_place(workload.place).message(message).severity(Severity::Info).skip();
        // What belongs to the cluster works for the node.
        let is_system = inventory.symbols.text(inventory.namespace(resource)) == "kube-system";
        if workload.network.host_network {
            if !is_system {
                let message = "The pod is on the network of its node: the metadata service takes it for the node";
                findings.report(resource, finding.message(message));
            }
            continue;
        }
        match elsewhere {
            _ if reached.is_empty() => findings.looked_at(resource),
            None if has_own_server => findings.looked_at(resource),
            _ if !for_certain => {
                let message =
                    format!("No policy keeps the pod from {services}: whether it has an address of IPv6 is not known");
                findings.report(resource, unsure(message));
            }
            None if inventory.complete => {
                let message =
                    format!("No policy keeps the pod from {services}, which gives it the credentials of its node");
                findings.report(resource, finding.message(message));
            }
            None => {
                let message = format!(
                    "No policy of the input keeps the pod from {services}: whether something else does is not known"
                );
                findings.report(resource, unsure(message));
            }
            Some(elsewhere) => {
                let message = format!(
                    "No policy keeps the pod from {services}: whether {elsewhere} is not written in the cluster"
                );
                findings.report(resource, unsure(message));
            }
        }
    }
}
