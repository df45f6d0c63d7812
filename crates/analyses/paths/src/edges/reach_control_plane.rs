//! `reach-control-plane`

use crate::edge::{CONTROL_PLANE_SCHEDULABLE, EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "reach-control-plane",
    title: "comes to a node of the control plane",
    rationale: "Root on one node becomes root on another where its pods, its kubelet or its network lead there.",
    conditions: "Conditional: the pod of the attacker comes to a node of the control plane, which needs a cluster that runs its own control plane and pods that are let onto it. Where Nodes are in the input it is not there: their labels and taints say which pods come to which of them.",
    remediation: "Keep taints `NoSchedule` and `NoExecute` on these nodes.",
    verify: "kubectl get nodes -l node-role.kubernetes.io/control-plane -o custom-columns=NAME:.metadata.name,TAINTS:.spec.taints",
    techniques: &["T1611"],
    aliases: &[],
    found_by: &["control-plane-toleration"],
    difficulty: 30,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  serviceAccountName: s
  containers: [{name: a, image: i}]
",
            edges: &["a node -> a control-plane node if control-plane-schedulable"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Node
metadata: {name: a}
",
            edges: &[],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    // Where Nodes are in the input each pod says whether it comes there.
    if world.placement().has_control_plane().is_some() {
        return;
    }
    drafts.edge(Vertex::Node, Vertex::ControlPlaneNode).if_(&CONTROL_PLANE_SCHEDULABLE).file();
}
