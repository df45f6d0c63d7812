//! `escape-bpf-perfmon`

use super::confined;
use crate::edge::{EdgeFixture, EdgeKind, PROFILES_ALLOW_BPF};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "escape-bpf-perfmon",
    title: "reads and alters other processes with BPF",
    rationale: "Programs of BPF see the memory of all processes of the node and may change what system calls return.",
    conditions: "The container adds `BPF` and `PERFMON`, or `SYS_ADMIN` (or `ALL`), and the pod has `hostPID: true`. Conditional on profiles of seccomp and AppArmor that allow it.",
    remediation: "Take the capabilities or `hostPID` out.",
    verify: "kubectl exec POD -c CONTAINER -- sh -c 'grep CapEff /proc/self/status; cat /proc/sys/kernel/unprivileged_bpf_disabled'",
    techniques: &["T1611"],
    aliases: &[],
    found_by: &["dangerous-capability-added"],
    difficulty: 25,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  hostPID: true
  containers:
    - {name: a, image: i, securityContext: {capabilities: {add: [BPF, PERFMON]}}}
",
            edges: &["Pod n/p, container a -> a node if profiles-allow-bpf"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  hostPID: true
  containers:
    - {name: a, image: i, securityContext: {capabilities: {add: [SYS_ADMIN]}}}
",
            edges: &["Pod n/p, container a -> a node if profiles-allow-bpf"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  hostPID: true
  containers:
    - {name: a, image: i, securityContext: {capabilities: {add: [BPF]}}}
",
            edges: &[],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers:
    - {name: a, image: i, securityContext: {capabilities: {add: [BPF, PERFMON]}}}
",
            edges: &[],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for container in confined::containers(world) {
        let Some(host_pid) = container.pod.host_pid else { continue };
        let both = container.capability(world, "BPF").zip(container.capability(world, "PERFMON"));
        let Some(place) = both.map(|(bpf, _)| bpf).or_else(|| container.capability(world, "SYS_ADMIN")) else {
            continue;
        };
        let resource = container.pod.resource;
        drafts
            .edge(container.vertex, Vertex::Node)
            .assuming(container.as_root())
            .if_(&PROFILES_ALLOW_BPF)
            .shown_by(resource, place, "the capability is added")
            .shown_by(resource, host_pid, "`hostPID: true`")
            .cut_by_removing(resource, host_pid, 5, "take `hostPID: true` out")
            .file();
    }
}
