//! `escape-module-load`

use model::control::alias;

use super::confined;
use crate::edge::{EdgeFixture, EdgeKind, KERNEL_TAKES_MODULES};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "escape-module-load",
    title: "loads a module into the kernel of the node",
    rationale: "`SYS_MODULE` loads code into the kernel that all containers of the node share.",
    conditions: "The container adds `SYS_MODULE` or `ALL`. Conditional on a kernel that takes modules nobody signed (no lockdown, no enforced signatures). A privileged container has the capability too and needs no module: `escape-privileged` is easier.",
    remediation: "Take `SYS_MODULE` out; let the node load the module.",
    verify: "kubectl exec POD -c CONTAINER -- sh -c 'cat /sys/kernel/security/lockdown /sys/module/module/parameters/sig_enforce'",
    techniques: &["T1611"],
    aliases: &[alias("kubehound", "CE_MODULE_LOAD")],
    found_by: &["dangerous-capability-added"],
    difficulty: 10,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers:
    - {name: a, image: i, securityContext: {capabilities: {add: [CAP_SYS_MODULE]}}}
    - {name: b, image: i, securityContext: {capabilities: {add: [all]}}}
",
            edges: &[
                "Pod n/p, container a -> a node if kernel-takes-modules",
                "Pod n/p, container b -> a node if kernel-takes-modules",
            ],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers:
    - {name: a, image: i, securityContext: {capabilities: {add: [SYS_ADMIN], drop: [SYS_MODULE]}}}
",
            edges: &[],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for container in confined::containers(world) {
        let Some(place) = container.capability(world, "SYS_MODULE") else { continue };
        let resource = container.pod.resource;
        drafts
            .edge(container.vertex, Vertex::Node)
            .assuming(container.as_root())
            .if_(&KERNEL_TAKES_MODULES)
            .shown_by(resource, place, "`SYS_MODULE` is added")
            .cut_by_removing(resource, place, 10, "take `SYS_MODULE` out of `capabilities.add`")
            .file();
    }
}
