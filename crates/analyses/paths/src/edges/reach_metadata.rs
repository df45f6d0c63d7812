//! `reach-metadata`

use model::control::alias;

use crate::edge::{CLOUD_METADATA_OPEN, EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "reach-metadata",
    title: "asks the metadata service of the cloud for the identity of the node",
    rationale: "The metadata service gives credentials of the node to whoever asks from it, and a pod asks from it.",
    conditions: "Policies let the pod connect to 169.254.169.254. Always conditional: providers can keep pods from it, and not every cluster is in a cloud.",
    remediation: "Deny pods the way to 169.254.169.254, and give workloads identities of their own.",
    verify: "kubectl exec POD -- curl -m 2 http://169.254.169.254/",
    techniques: &["T1552.005", "MS-TA9033", "MS-TA9028"],
    aliases: &[alias("kubehound", "IDENTITY_ASSUME")],
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
    let addresses = network::METADATA.iter().filter_map(|address| address.parse().ok());
    let services: Vec<network::EndpointId> =
        addresses.filter_map(|address| world.network.outside_of(address)).take(1).collect();
    let mut known = std::collections::BTreeMap::new();
    for (endpoint, workloads) in world.endpoints() {
        let reaches = *known.entry(world.network.group_of(endpoint)).or_insert_with(|| {
            let row = world.network.row(endpoint);
            services.iter().any(|service| row.reaches(*service))
        });
        for workload in workloads.into_iter().filter(|_| reaches) {
            let fact = &world.inventory.facts.workloads[workload as usize];
            drafts
                .edge(Vertex::Workload(workload), Vertex::NodeCloudIdentity)
                .if_(&CLOUD_METADATA_OPEN)
                .shown_by(fact.resource, fact.place, "no policy keeps it from 169.254.169.254")
                .file();
        }
    }
}
