//! `escape-nsenter`

use model::control::alias;

use super::confined;
use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "escape-nsenter",
    title: "enters the namespaces of the node's first process",
    rationale: "A privileged container that sees the processes of the node enters the mount namespace of process 1 with one command.",
    conditions: "The container is privileged and the pod has `hostPID: true`.",
    remediation: "Take either out.",
    verify: "kubectl exec POD -c CONTAINER -- nsenter -t 1 -m -- id",
    techniques: &["T1611"],
    aliases: &[alias("kubehound", "CE_NSENTER")],
    found_by: &["host-pid-namespace", "dangerous-capability-added", "privileged-container"],
    difficulty: 1,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  hostPID: true
  containers:
    - {name: a, image: i, securityContext: {privileged: true}}
",
            edges: &["Pod n/p, container a -> a node"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers:
    - {name: a, image: i, securityContext: {privileged: true}}
",
            edges: &[],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  hostPID: true
  containers:
    - {name: a, image: i, securityContext: {capabilities: {add: [SYS_PTRACE]}}}
",
            edges: &[],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for container in confined::containers(world) {
        let Some((privileged, host_pid)) = container.container.privileged.zip(container.pod.host_pid) else { continue };
        let resource = container.pod.resource;
        drafts
            .edge(container.vertex, Vertex::Node)
            .assuming(container.as_root())
            .shown_by(resource, privileged, "`privileged: true`")
            .shown_by(resource, host_pid, "`hostPID: true`")
            .cut_by_removing(resource, privileged, 5, "take `privileged: true` out")
            .cut_by_removing(resource, host_pid, 5, "take `hostPID: true` out")
            .file();
    }
}
