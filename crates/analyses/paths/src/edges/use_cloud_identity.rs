//! `use-cloud-identity`

use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "use-cloud-identity",
    title: "is an identity at the cloud provider",
    rationale: "The cloud takes the token of the ServiceAccount for an identity of its own: whoever runs code in the pod has what that identity may do.",
    conditions: "The ServiceAccount names an identity: `eks.amazonaws.com/role-arn`, `iam.gke.io/gcp-service-account`, or `azure.workload.identity/client-id` where the pod has the label `azure.workload.identity/use: \"true\"`. What the identity may do is not in the cluster.",
    remediation: "Take the annotation out, or give the workload an account of its own.",
    verify: "kubectl get serviceaccount ACCOUNT -n NAMESPACE -o jsonpath={.metadata.annotations}",
    techniques: &["T1078.004", "MS-TA9020", "MS-TA9028"],
    aliases: &[],
    found_by: &["cloud-identity-on-broad-service-account"],
    difficulty: 1,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: ServiceAccount
metadata: {name: s, namespace: n, annotations: {eks.amazonaws.com/role-arn: 'arn:aws:iam::1:role/a'}}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec: {serviceAccountName: s, automountServiceAccountToken: false, containers: [{name: c, image: i}]}
",
            edges: &["Pod n/p -> cloud identity arn:aws:iam::1:role/a"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: ServiceAccount
metadata: {name: s, namespace: n, annotations: {azure.workload.identity/client-id: abc}}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec: {serviceAccountName: s, containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: u, namespace: n, labels: {azure.workload.identity/use: 'true'}}
spec: {serviceAccountName: s, containers: [{name: c, image: i}]}
",
            edges: &["Pod n/u -> cloud identity abc"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: ServiceAccount
metadata: {name: s, namespace: n, annotations: {example.com/role: a}}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec: {serviceAccountName: s, containers: [{name: c, image: i}]}
",
            edges: &[],
        },
        // On the network of the node the metadata server of GKE gives the identity of the node.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: ServiceAccount
metadata: {name: s, namespace: n, annotations: {iam.gke.io/gcp-service-account: a@p.iam.gserviceaccount.com}}
---
apiVersion: v1
kind: Pod
metadata: {name: host, namespace: n}
spec: {serviceAccountName: s, hostNetwork: true, containers: [{name: a, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec: {serviceAccountName: s, containers: [{name: a, image: i}]}
",
            edges: &["Pod n/p -> cloud identity a@p.iam.gserviceaccount.com"],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let azure = world.inventory.symbols.intern("azure.workload.identity/client-id");
    let google = world.inventory.symbols.intern("iam.gke.io/gcp-service-account");
    let used = world.inventory.symbols.intern("azure.workload.identity/use");
    let yes = world.inventory.symbols.intern("true");
    for (number, workload) in world.workloads() {
        let (namespace, name) = world.account_of(workload);
        let Some(account) = world.account_fact(namespace, name) else { continue };
        let Some((key, identity, place)) = account.cloud_identity else { continue };
        // The metadata server that answers on the network of the node gives the identity of the node.
        if key == google && workload.network.host_network {
            continue;
        }
        if key == azure && !workload.labels.contains(&(used, yes)) {
            continue;
        }
        drafts
            .edge(Vertex::Workload(number), Vertex::CloudIdentity(identity))
            .shown_by(account.resource, place, "the ServiceAccount names the identity")
            .cut_by_removing(account.resource, place, 40, "take the annotation of the cloud identity out")
            .file();
    }
}
