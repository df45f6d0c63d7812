//! `node-network-position`

use model::control::alias;

use super::confined;
use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "node-network-position",
    title: "listens on the network of the node",
    rationale: "On the network of the node, with the capability for raw packets, a container sees and answers what the pods of the node send.",
    conditions: "The pod has `hostNetwork: true`, and the container adds `NET_ADMIN` or `NET_RAW` (or is privileged).",
    remediation: "Take `hostNetwork` or the capability out.",
    verify: "kubectl exec POD -c CONTAINER -- ip link",
    techniques: &["T1557", "MS-TA9036"],
    aliases: &[alias("kubehound", "CE_NET_MITM")],
    found_by: &["host-network-namespace", "dangerous-capability-added"],
    difficulty: 10,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec: {hostNetwork: true, containers: [{name: c, image: i, securityContext: {capabilities: {add: [NET_ADMIN]}}}]}
",
            edges: &["Pod n/p, container c -> traffic of the cluster"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec: {containers: [{name: c, image: i, securityContext: {capabilities: {add: [NET_ADMIN]}}}]}
",
            edges: &[],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec: {hostNetwork: true, containers: [{name: c, image: i}]}
",
            edges: &[],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for container in confined::containers(world) {
        let Some(host_network) = container.pod.host_network else { continue };
        let added = ["NET_ADMIN", "NET_RAW"].iter().find_map(|name| container.capability(world, name));
        let Some(shown) = added.or(container.container.privileged) else { continue };
        let resource = container.pod.resource;
        drafts
            .edge(container.vertex, Vertex::Traffic(None))
            .shown_by(resource, host_network, "it is on the network of the node")
            .shown_by(resource, shown, "it may send and read raw packets")
            .cut_by_removing(resource, host_network, 40, "take `hostNetwork: true` out")
            .file();
    }
}
