//! `escape-sys-admin`

use model::control::alias;

use super::confined;
use crate::edge::{CGROUP_V1, EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "escape-sys-admin",
    title: "mounts what belongs to the node",
    rationale: "`SYS_ADMIN` mounts file systems and cgroups: a release agent of a cgroup of version 1 is run by the node as root.",
    conditions: "The container adds `SYS_ADMIN` or `ALL`. Conditional on cgroups of version 1 and on no profile of seccomp or AppArmor that forbids mounts.",
    remediation: "Take `SYS_ADMIN` out.",
    verify: "kubectl exec POD -c CONTAINER -- sh -c 'stat -fc %T /sys/fs/cgroup; grep Seccomp /proc/self/status'",
    techniques: &["T1611"],
    aliases: &[alias("icekube", "CAN_CGROUP_BREAKOUT")],
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
    - {name: a, image: i, securityContext: {capabilities: {add: [SYS_ADMIN]}}}
",
            edges: &["Pod n/p, container a -> a node if cgroup-v1"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers:
    - {name: a, image: i, securityContext: {capabilities: {add: [SYS_TIME]}}}
",
            edges: &[],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for container in confined::containers(world) {
        let Some(place) = container.capability(world, "SYS_ADMIN") else { continue };
        let resource = container.pod.resource;
        drafts
            .edge(container.vertex, Vertex::Node)
            .assuming(container.as_root())
            .if_(&CGROUP_V1)
            .shown_by(resource, place, "`SYS_ADMIN` is added")
            .cut_by_removing(resource, place, 10, "take `SYS_ADMIN` out of `capabilities.add`")
            .file();
    }
}
