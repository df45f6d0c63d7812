//! `in-pod`

use model::control::alias;

use crate::edge::{EdgeFixture, EdgeKind, INIT_TAKEN_OVER};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "in-pod",
    title: "is in each of its containers",
    rationale: "Who may run code in a pod chooses the container: rights over pods do not tell containers apart.",
    conditions: "The container is one of the pod's: ordinary, ephemeral, or a sidecar. Conditional for an init container, which ends before the others begin. Only containers that lead further are drawn.",
    remediation: "Nothing takes it away; what leads to the pod and out of the container does.",
    verify: "kubectl get pod POD -o jsonpath='{.spec.containers[*].name}'",
    techniques: &["T1609"],
    aliases: &[alias("kubehound", "CONTAINER_ATTACH")],
    found_by: &[],
    difficulty: 1,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers:
    - {name: a, image: i, securityContext: {privileged: true}}
    - {name: b, image: i}
",
            edges: &["Pod n/p -> Pod n/p, container a"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  initContainers:
    - {name: a, image: i, securityContext: {privileged: true}}
    - {name: s, image: i, restartPolicy: Always, securityContext: {privileged: true}}
  containers: [{name: b, image: i}]
",
            edges: &["Pod n/p -> Pod n/p, container a if init-taken-over", "Pod n/p -> Pod n/p, container s"],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for (number, pod) in world.unconfined() {
        for (at, container) in (0..).zip(&pod.containers) {
            let draft = drafts.edge(Vertex::Workload(number), Vertex::Container(number, at)).shown_by(
                pod.resource,
                container.place,
                "a container of the pod",
            );
            if container.stays { draft.file() } else { draft.if_(&INIT_TAKEN_OVER).file() }
        }
    }
}
