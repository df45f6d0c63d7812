//! `reach-metadata`

use model::control::alias;
use network::{FamilyKnown, Reached};

use crate::edge::{CLOUD_METADATA_OPEN, EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "reach-metadata",
    title: "asks the metadata service of the cloud for the identity of the node",
    rationale: "The metadata service gives credentials of the node to whoever asks from it, and a pod asks from it.",
    conditions: "Policies let the pod connect to 169.254.169.254, or to the address that its cloud has for it over IPv6. Always conditional: providers can keep pods from it, and not every cluster is in a cloud.",
    remediation: "Deny pods the way to 169.254.169.254 (and to fd00:ec2::254 or fd20:ce::254 over IPv6), and give workloads identities of their own.",
    verify: "kubectl exec POD -- curl -m 2 http://169.254.169.254/",
    techniques: &["T1552.005", "MS-TA9033", "MS-TA9028"],
    aliases: &[alias("kubehound", "IDENTITY_ASSUME")],
    found_by: &["node-identity-reachable", "pod-not-isolated-egress"],
    difficulty: 5,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: a, namespace: n}
spec: {containers: [{name: c, image: i}]}
",
            edges: &["Pod n/a -> the cloud identity of a node if cloud-metadata-open"],
        },
        // Over IPv6 it has another address.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Node
metadata: {name: n1}
spec: {providerID: 'aws:///eu-central-1a/i-1'}
---
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: n}
spec: {containers: [{name: c, image: i}]}
status: {podIPs: [{ip: 10.0.0.1}, {ip: 'fd00::1'}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: n}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}, {ipBlock: {cidr: '::/0'}}]}]
",
            edges: &["Pod n/a -> the cloud identity of a node if cloud-metadata-open"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: a, namespace: n}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: n}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}]}]
",
            edges: &[],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let here = world.network.metadata_services();
    let is_here = |reached: &&Reached| reached.family == FamilyKnown::Yes && here.contains(&reached.service);
    let found = world.network.metadata_reached();
    for (endpoint, workloads) in world.endpoints() {
        let services = found.get(&endpoint).map_or(&[][..], Vec::as_slice);
        let addresses: Vec<&str> = services.iter().filter(is_here).map(|reached| reached.service.address).collect();
        if addresses.is_empty() {
            continue;
        }
        let note = format!("no policy keeps it from {}", addresses.join(" and "));
        for workload in workloads {
            let fact = &world.inventory.facts.workloads[workload as usize];
            drafts
                .edge(Vertex::Workload(workload), Vertex::NodeCloudIdentity)
                .if_(&CLOUD_METADATA_OPEN)
                .shown_by(fact.resource, fact.place, &note)
                .file();
        }
    }
}
