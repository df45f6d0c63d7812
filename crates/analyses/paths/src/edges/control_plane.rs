//! `control-plane`

use model::control::alias;

use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "control-plane",
    title: "reads the keys of the cluster",
    rationale: "A node of the control plane has the keys that sign certificates and tokens, the administrator's kubeconfig, and etcd.",
    conditions: "The node runs the control plane. The workers of managed clusters do not.",
    remediation: "Let no pods of others onto these nodes.",
    verify: "ls /etc/kubernetes/pki /etc/kubernetes/admin.conf",
    techniques: &["T1552.004"],
    aliases: &[alias("icekube", "IS_CLUSTER_ADMIN")],
    found_by: &[],
    difficulty: 1,
    find,
    fixtures: &[EdgeFixture {
        yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  serviceAccountName: s
  containers: [{name: a, image: i}]
",
        edges: &["a control-plane node -> cluster-admin"],
    }],
};

fn find(_: &World<'_>, drafts: &mut Drafts<'_>) {
    drafts.edge(Vertex::ControlPlaneNode, Vertex::ClusterAdmin).file();
}
