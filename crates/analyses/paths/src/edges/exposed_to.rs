//! `exposed-to`

use std::collections::BTreeMap;

use model::inventory::ResourceId;
use network::{Answer, Entry, Range, Reach, Way};

use crate::edge::{Assumptions, CONTROLLER_OPEN, EdgeFixture, EdgeKind, LISTED_SOURCES, NODE_PORTS_OPEN};
use crate::graph::{Action, Drafts, FixKey};
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "exposed-to",
    title: "comes in from outside",
    rationale: "A load balancer, a port of the nodes, an Ingress or a Gateway leads from outside to a pod: whoever is there may try.",
    conditions: "An entry point leads to a port of a pod, and policies do not refuse whom the pod sees. A ClusterIP Service is none. Conditional where ports of nodes, listed addresses or a controller that is not in the input stand between.",
    remediation: "Close the entry point, limit who may use it, or put authentication before it.",
    verify: "plimsoll network exposure",
    techniques: &["T1133", "MS-TA9005"],
    aliases: &[],
    found_by: &["service-load-balancer-public", "service-node-port", "service-external-ips", "host-port"],
    difficulty: 1,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Service
metadata: {name: s, namespace: n}
spec: {type: LoadBalancer, selector: {app: a}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: n, labels: {app: a}}
spec: {containers: [{name: c, image: i}]}
",
            edges: &["the internet -> Service n/s"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Service
metadata: {name: s, namespace: n}
spec: {type: NodePort, selector: {app: a}, ports: [{port: 80, nodePort: 30080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: n, labels: {app: a}}
spec: {containers: [{name: c, image: i}]}
",
            edges: &["the internet -> Service n/s if node-ports-open"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Service
metadata: {name: s, namespace: n}
spec: {selector: {app: a}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: n, labels: {app: a}}
spec: {containers: [{name: c, image: i}]}
",
            edges: &[],
        },
    ],
};

/// What must hold for somebody on the internet to come in; `None` if nothing lets him.
pub(crate) fn assumed(entry: &Entry) -> Option<Assumptions> {
    let none = Assumptions::NONE;
    if entry.answer == Answer::Refused {
        return None;
    }
    match &entry.reach {
        Reach::Internet => Some(none),
        Reach::Listed(ranges) if ranges.iter().any(Range::is_everything) => Some(none),
        Reach::Listed(_) => Some(none.and(&LISTED_SOURCES)),
        Reach::NodeNetwork => Some(none.and(&NODE_PORTS_OPEN)),
        Reach::Controller => Some(none.and(&CONTROLLER_OPEN)),
        Reach::ProviderNetwork | Reach::Inside => None,
    }
}

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    // A load balancer has ports on the nodes too: the way that asks for least is told.
    let mut easiest: BTreeMap<ResourceId, (usize, Assumptions, &Entry)> = BTreeMap::new();
    for entry in world.entries() {
        let Some(assumptions) = assumed(entry) else { continue };
        let count = assumptions.iter().count();
        let known = easiest.entry(entry.opened_by).or_insert((count, assumptions, entry));
        if count < known.0 {
            *known = (count, assumptions, entry);
        }
    }
    for (_, assumptions, entry) in easiest.into_values() {
        let (resource, place) = (entry.opened_by, entry.place);
        let draft = drafts.edge(Vertex::Internet, Vertex::EntryPoint(resource)).assuming(assumptions).shown_by(
            resource,
            place,
            &format!("it opens {}", entry.door),
        );
        match entry.way {
            Way::LoadBalancer | Way::NodePort => draft.cut_by(
                FixKey { resource, place, action: Action::Replace("ClusterIP") },
                60,
                "make it a Service of type `ClusterIP`",
            ),
            Way::HostPort => draft.cut_by_removing(resource, place, 40, "take the `hostPort` out"),
            Way::HostNetwork => draft.cut_by_removing(resource, place, 50, "take `hostNetwork` out"),
            Way::ExternalAddress => draft.cut_by_removing(resource, place, 40, "take the external address out"),
            Way::Ingress | Way::Gateway | Way::OpenShiftRoute => {
                draft.cut_by(FixKey { resource, place, action: Action::Delete }, 70, "take the way in away")
            }
        }
        .file();
    }
}
