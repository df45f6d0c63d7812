//! `use-node-credentials`

use crate::edge::{CREDENTIALS_LIE_THERE, EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "use-node-credentials",
    title: "uses credentials that lie in files of the node",
    rationale: "A key or kubeconfig of the node is used from anywhere.",
    conditions: "Conditional: a credential that is good for the node or the cluster must lie where the attacker reads.",
    remediation: "Let no files of the node be read.",
    verify: "find / -name '*.conf' -path '*kube*' -o -name id_rsa",
    techniques: &["T1552.001", "MS-TA9003"],
    aliases: &[],
    found_by: &[],
    difficulty: 20,
    find,
    fixtures: &[EdgeFixture {
        yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  serviceAccountName: s
  containers: [{name: a, image: i}]
",
        edges: &["files of a node -> a node if credentials-lie-there"],
    }],
};

fn find(_: &World<'_>, drafts: &mut Drafts<'_>) {
    drafts.edge(Vertex::NodeFiles, Vertex::Node).if_(&CREDENTIALS_LIE_THERE).file();
}
