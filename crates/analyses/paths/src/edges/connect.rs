//! `connect`

use model::control::alias;

use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::segments::OPEN;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "connect",
    title: "looks for what listens around it",
    rationale: "Pods may connect to each other unless policies forbid it: whoever runs code in one can knock at the others.",
    conditions: "The policies of both sides admit the connection on a port. What no policy protects is one set for all that send what they like; where policies limit what is sent, it is what listens on the ports that they let out.",
    remediation: "Deny all traffic in the namespace by default, and admit what is used (`plimsoll network generate`).",
    verify: "plimsoll network explain FROM TO PORT",
    techniques: &["T1046", "MS-TA9031"],
    aliases: &[alias("kubehound", "ENDPOINT_EXPLOIT")],
    found_by: &["pod-not-isolated-egress"],
    difficulty: 2,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: a, namespace: n}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: b, namespace: n}
spec: {containers: [{name: c, image: i}]}
",
            edges: &[
                "Pod n/a -> what Pod n/a and 1 more may connect to",
                "Pod n/b -> what Pod n/a and 1 more may connect to",
                "what Pod n/a and 1 more may connect to -> pods that no policy protects",
            ],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: a, namespace: n, labels: {app: a}}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: b, namespace: n, labels: {app: b}}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: a, namespace: n}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
",
            edges: &[],
        },
        // Names are resolved, and nothing else is sent: what listens on TCP is not reached.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: a, namespace: n}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: b, namespace: m}
spec: {containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: dns, namespace: m}
spec: {containers: [{name: c, image: i, ports: [{containerPort: 53, protocol: UDP}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: a, namespace: n}
spec: {podSelector: {}, policyTypes: [Ingress, Egress], egress: [{ports: [{port: 53, protocol: UDP}]}]}
",
            edges: &[
                "Pod n/a -> what Pod n/a may connect to",
                "what Pod n/a may connect to -> pods that no policy protects, on ports that are let out",
                "Pod m/b -> what Pod m/b and 1 more may connect to",
                "Pod m/dns -> what Pod m/b and 1 more may connect to",
                "what Pod m/b and 1 more may connect to -> pods that no policy protects",
            ],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let segments = world.segments();
    for (number, segment) in (0..).zip(&segments.all) {
        let to = Vertex::Segment(number);
        let open = segment.open.filter(|part| !segments.open[*part as usize].is_empty());
        if segment.listeners.is_empty() && open.is_none() {
            continue;
        }
        for &member in &segment.members {
            let workload = &world.inventory.facts.workloads[member as usize];
            let note = if segment.is_limited { "policies let it connect" } else { "no policy limits what it sends" };
            drafts.edge(Vertex::Workload(member), to).shown_by(workload.resource, workload.place, note).file();
        }
        if let Some(part) = open {
            drafts.edge(to, Vertex::Segment(OPEN - part)).file();
        }
    }
}
