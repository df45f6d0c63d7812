//! `one-of-nodes`

use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "one-of-nodes",
    title: "is root on one of the nodes",
    rationale: "A node that is known by its name is a node; one that runs the control plane is the cluster.",
    conditions: "The Node is in the input, or a pod says that it runs there. It runs the control plane where it has the label or the taint of that, or runs an API server as a static pod.",
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
            edges: &["Node there -> a node", "every node -> Node there"],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for &node in world.placement().nodes() {
        drafts.edge(Vertex::EveryNode, Vertex::NamedNode(node)).file();
        drafts.edge(Vertex::NamedNode(node), Vertex::Node).file();
        if world.placement().is_control_plane(node) {
            drafts.edge(Vertex::NamedNode(node), Vertex::ControlPlaneNode).file();
        }
    }
}
