//! `escape-dac-read-search`

use model::control::alias;

use super::confined;
use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "escape-dac-read-search",
    title: "opens files of the node by their handles",
    rationale: "`DAC_READ_SEARCH` opens any file of a mounted file system by its handle, whatever directory the container sees: keys and tokens of the node are read.",
    conditions: "The container adds `DAC_READ_SEARCH` or `ALL`. Gives reading; writing needs `DAC_OVERRIDE`, which containers have unless they drop it, and is not claimed.",
    remediation: "Take `DAC_READ_SEARCH` out.",
    verify: "kubectl exec POD -c CONTAINER -- grep CapEff /proc/self/status",
    techniques: &["T1611"],
    aliases: &[alias("icekube", "CAN_ACCESS_HOST_FD")],
    found_by: &["dangerous-capability-added"],
    difficulty: 15,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers:
    - {name: a, image: i, securityContext: {capabilities: {add: [DAC_READ_SEARCH]}}}
",
            edges: &["Pod n/p, container a -> files of a node"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers:
    - {name: a, image: i, securityContext: {capabilities: {add: [DAC_OVERRIDE]}}}
",
            edges: &[],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for container in confined::containers(world) {
        let Some(place) = container.capability(world, "DAC_READ_SEARCH") else { continue };
        let resource = container.pod.resource;
        drafts
            .edge(container.vertex, Vertex::NodeFiles)
            .assuming(container.as_root())
            .shown_by(resource, place, "`DAC_READ_SEARCH` is added")
            .cut_by_removing(resource, place, 8, "take `DAC_READ_SEARCH` out of `capabilities.add`")
            .file();
    }
}
