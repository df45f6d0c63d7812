//! `node-cloud-identity`

use crate::edge::{CLOUD_NODES, EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "node-cloud-identity",
    title: "uses the identity of the node at the cloud",
    rationale: "Root on a machine of a cloud asks its metadata service for the identity that the cloud gives the machine, whatever pods are kept from.",
    conditions: "The nodes are machines of AWS, Azure, Google Cloud, Alibaba Cloud or Oracle Cloud, as `providerID` says. Conditional where no Node that says so is in the input; not there where the Nodes say otherwise.",
    remediation: "Give nodes an identity with no more rights than the kubelet needs.",
    verify: "kubectl get nodes -o custom-columns=NAME:.metadata.name,PROVIDER:.spec.providerID",
    techniques: &["T1552.005", "MS-TA9028"],
    aliases: &[],
    found_by: &[],
    difficulty: 2,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Node
metadata: {name: a}
spec: {providerID: 'aws:///eu-central-1a/i-0123'}
",
            edges: &["a node -> the cloud identity of a node"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Node
metadata: {name: a}
spec: {providerID: 'kind://docker/kind/a'}
",
            edges: &[],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {containers: [{name: a, image: i}]}
",
            edges: &["a node -> the cloud identity of a node if cloud-nodes"],
        },
    ],
};

/// Clouds that give machines an identity, as `providerID` begins.
const CLOUDS: &[&str] = &["alicloud", "aws", "azure", "gce", "oci"];

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let providers = world.inventory.facts.network.nodes.iter().map(|node| world.text(node.provider));
    let said: Vec<String> = providers.filter(|provider| !provider.is_empty()).collect();
    let draft = drafts.edge(Vertex::Node, Vertex::NodeCloudIdentity);
    if said.is_empty() {
        draft.if_(&CLOUD_NODES).file();
    } else if said.iter().any(|provider| CLOUDS.contains(&&**provider)) {
        draft.file();
    }
}
