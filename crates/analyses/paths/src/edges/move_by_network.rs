//! `move-by-network`

use model::control::alias;

use crate::edge::{EdgeFixture, EdgeKind, LISTENS, SCALED_UP, SERVICE_EXPLOITABLE};
use crate::graph::{Action, Drafts, FixKey};
use crate::segments::{Listener, OPEN};
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "move-by-network",
    title: "breaks into a pod over the network",
    rationale: "What listens in the cluster is seldom hardened against it: no password, no TLS, old versions. Whoever may connect tries.",
    conditions: "The policies of both sides admit the connection; where those of the sender limit it, to a port that the pod declares, if it declares any. Always conditional: whether what listens there can be broken into is not in the objects; nor is whether anything listens, where no port is declared.",
    remediation: "Give the pods a NetworkPolicy that admits only who needs them.",
    verify: "plimsoll network explain FROM TO PORT",
    techniques: &["T1210", "MS-TA9034"],
    aliases: &[alias("kubehound", "ENDPOINT_EXPLOIT")],
    found_by: &["pod-not-isolated-ingress"],
    difficulty: 40,
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
spec: {containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}
",
            edges: &[
                "pods that no policy protects -> Pod n/a if service-exploitable, listens",
                "pods that no policy protects -> Pod n/b if service-exploitable",
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
spec: {containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: none, namespace: n}
spec: {podSelector: {}, policyTypes: [Ingress]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: b, namespace: n}
spec:
  podSelector: {matchLabels: {app: b}}
  ingress: [{from: [{podSelector: {matchLabels: {app: a}}}], ports: [{port: 80}]}]
",
            edges: &["what Pod n/a may connect to -> Pod n/b if service-exploitable"],
        },
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
metadata: {name: silent, namespace: m}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: a, namespace: n}
spec: {podSelector: {}, policyTypes: [Ingress, Egress], egress: [{ports: [{port: 443}]}]}
",
            edges: &[
                "pods that no policy protects, on ports that are let out -> Pod m/silent if service-exploitable, listens",
                "pods that no policy protects -> Pod m/b if service-exploitable",
                "pods that no policy protects -> Pod m/silent if service-exploitable, listens",
            ],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let segments = world.segments();
    for (part, listeners) in (0..).zip(&segments.open) {
        listeners.iter().for_each(|listener| file(world, drafts, OPEN - part, listener));
    }
    for (number, segment) in (0..).zip(&segments.all) {
        segment.listeners.iter().for_each(|listener| file(world, drafts, number, listener));
    }
}

fn file(world: &World<'_>, drafts: &mut Drafts<'_>, from: u32, listener: &Listener) {
    let workload = &world.inventory.facts.workloads[listener.workload as usize];
    let (resource, place) = (workload.resource, workload.place);
    let note = match &*listener.port {
        "" => "it declares no port that is admitted".to_owned(),
        port => format!("it listens on {port}"),
    };
    let draft = drafts.edge(Vertex::Segment(from), Vertex::Workload(listener.workload)).if_(&SERVICE_EXPLOITABLE);
    let draft = if listener.port.is_empty() { draft.if_(&LISTENS) } else { draft };
    let draft = if workload.replicas == Some(0) { draft.if_(&SCALED_UP) } else { draft };
    draft
        .shown_by(resource, place, &note)
        .cut_by(
            FixKey { resource, place, action: Action::Isolate },
            25,
            "give its pods a NetworkPolicy that admits only who needs them",
        )
        .file();
}
