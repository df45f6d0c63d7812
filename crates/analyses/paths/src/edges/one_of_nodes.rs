//! `one-of-nodes`

use std::collections::BTreeSet;

use model::symbols::Symbol;

use crate::edge::{EdgeFixture, EdgeKind, SAME_NODE};
use crate::graph::Drafts;
use crate::placement::{self, OUTSIDE, On, UNKNOWN};
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "one-of-nodes",
    title: "is root on one of the nodes",
    rationale: "A node that is known by its name is a node; one that runs the control plane is the cluster.",
    conditions: "The Node is in the input, or a pod says that it runs there. It runs the control plane where it has the label or the taint of that, or runs an API server as a static pod. Conditional where a pod may be on one of several nodes: that it is this one.",
    remediation: "Nothing takes it away; what leads to the node does.",
    verify: "kubectl get nodes -o wide",
    techniques: &["T1613"],
    aliases: &[],
    found_by: &[],
    difficulty: 1,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Node
metadata: {name: worker}
---
apiVersion: v1
kind: Node
metadata: {name: main, labels: {node-role.kubernetes.io/control-plane: ''}}
---
apiVersion: v1
kind: Pod
metadata: {name: kube-apiserver-other, namespace: kube-system, labels: {component: kube-apiserver}, annotations: {kubernetes.io/config.mirror: x}}
spec: {nodeName: other, containers: [{name: a, image: i}]}
",
            edges: &[
                "Node worker -> a node",
                "Node main -> a node",
                "Node main -> a control-plane node",
                "Node other -> a node",
                "Node other -> a control-plane node",
                "every node -> Node worker",
                "every node -> Node main",
                "every node -> Node other",
            ],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {containers: [{name: a, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: placed}
spec: {nodeName: there, containers: [{name: a, image: i}]}
",
            edges: &[
                "Node there -> a node",
                "every node -> Node there",
                "a node that is not known -> a node",
                "a node that is not known -> Node there if same-node",
            ],
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
metadata: {name: p}
spec: {containers: [{name: a, image: i}]}
",
            edges: &[
                "Node one -> a node",
                "Node two -> a node",
                "every node -> Node one",
                "every node -> Node two",
                "one of the nodes one, two -> a node",
                "one of the nodes one, two -> Node one if same-node",
                "one of the nodes one, two -> Node two if same-node",
            ],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let named = world.placement().nodes();
    for &node in named {
        drafts.edge(Vertex::EveryNode, Vertex::NamedNode(node)).file();
        drafts.edge(Vertex::NamedNode(node), Vertex::Node).file();
        if world.placement().is_control_plane(node) {
            drafts.edge(Vertex::NamedNode(node), Vertex::ControlPlaneNode).file();
        }
    }
    if named.is_empty() {
        return;
    }
    let unknown: Vec<Symbol> = named.iter().copied().collect();
    let outside = Vec::new();
    let sets = (0..).zip(&world.node_sets().all).chain([(UNKNOWN, &unknown), (OUTSIDE, &outside)]);
    let is_used: BTreeSet<u32> = world
        .workloads()
        .filter(|(workload, _)| !matches!(placement::of(world, *workload), On::Each(_)))
        .map(|(workload, _)| placement::set_of(world, workload))
        .collect();
    for (set, nodes) in sets.filter(|(set, _)| is_used.contains(set)) {
        drafts.edge(Vertex::OneOfNodes(set), Vertex::Node).file();
        for &node in nodes {
            drafts.edge(Vertex::OneOfNodes(set), Vertex::NamedNode(node)).if_(&SAME_NODE).file();
        }
    }
}
