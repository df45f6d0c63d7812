//! `node-hosts`

use model::control::alias;

use crate::edge::{EdgeFixture, EdgeKind, SAME_NODE};
use crate::graph::Drafts;
use crate::placement::{self, On};
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "node-hosts",
    title: "takes over the pods of the node",
    rationale: "Root on a node is in all its pods, and has their tokens, Secrets and volumes.",
    conditions: "Pods that say their node run there; without pods, the Nodes of the input say which of them take a pod, by labels, affinity and taints. Where nothing is known a DaemonSet runs on every node, and other pods may run there: conditional on the same node. Tokens that are in no pod the kubelet is not given (from 1.33 on the API server looks for their audience in the pod).",
    remediation: "Keep powerful pods on nodes of their own.",
    verify: "kubectl get pods -A --field-selector spec.nodeName=NODE",
    techniques: &["T1609", "MS-TA9016"],
    aliases: &[alias("kubehound", "POD_ATTACH"), alias("icekube", "ACCESS_POD")],
    found_by: &[],
    difficulty: 1,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: apps/v1
kind: DaemonSet
metadata: {name: d, namespace: n}
spec: {template: {spec: {containers: [{name: a, image: i}]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  serviceAccountName: s
  containers: [{name: a, image: i}]
",
            edges: &["a node -> DaemonSet n/d", "a node -> Pod n/p if same-node"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Node
metadata: {name: one}
---
apiVersion: v1
kind: Node
metadata: {name: two}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec: {nodeName: one, containers: [{name: a, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: q, namespace: n}
spec: {containers: [{name: a, image: i}]}
",
            edges: &["Node one -> Pod n/p", "a node -> Pod n/q if same-node"],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let daemon_set = world.inventory.symbols.intern("DaemonSet");
    for (number, workload) in world.workloads() {
        if let On::Each(nodes) = placement::of(world, number) {
            for node in nodes {
                let draft = drafts.edge(Vertex::NamedNode(node), Vertex::Workload(number));
                draft.shown_by(workload.resource, workload.place, "its pods run there").file();
            }
            continue;
        }
        let draft = drafts.edge(Vertex::Node, Vertex::Workload(number));
        let draft = draft.shown_by(workload.resource, workload.place, "its pods run on nodes");
        let everywhere = world.inventory.resource(workload.resource).kind == daemon_set;
        if everywhere { draft.file() } else { draft.if_(&SAME_NODE).file() }
    }
}
