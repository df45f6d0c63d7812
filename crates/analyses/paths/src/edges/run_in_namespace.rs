//! `run-in-namespace`

use super::granted;
use crate::edge::{EdgeFixture, EdgeKind, NOTHING_ENFORCED};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "run-in-namespace",
    title: "runs a privileged pod there",
    rationale: "Who may do everything in a namespace starts pods there, and a privileged pod is its node where nothing forbids it.",
    conditions: "The namespace enforces no level of Pod Security that forbids privileged pods. Conditional where the Namespace is not in the input.",
    remediation: "Enforce `baseline` or `restricted` on the namespace.",
    verify: "kubectl get namespace NAMESPACE -o jsonpath='{.metadata.labels}'",
    techniques: &["T1610", "T1611"],
    aliases: &[],
    found_by: &["pod-security-not-enforced"],
    difficulty: 2,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Namespace
metadata: {name: n}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: s, namespace: n}
",
            edges: &["all of namespace n -> a node"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Namespace
metadata: {name: n, labels: {pod-security.kubernetes.io/enforce: baseline}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: s, namespace: n}
",
            edges: &[],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec: {containers: [{name: a, image: i}]}
",
            edges: &["all of namespace n -> a node if nothing-enforced"],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for &namespace in world.namespaces() {
        let draft = drafts.edge(Vertex::Namespace(namespace), Vertex::Node);
        let draft = draft.assuming(granted::guards(world, Some(namespace)));
        match granted::permits_privileged(world, namespace) {
            granted::Permits::No => {}
            granted::Permits::NotKnown => draft.if_(&NOTHING_ENFORCED).file(),
            granted::Permits::Yes => draft.file(),
        }
    }
}
