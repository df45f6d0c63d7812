//! `take-webhook-backend`

use crate::edge::{EdgeFixture, EdgeKind, SECRETS_WRITTEN_AGAIN};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "take-webhook-backend",
    title: "answers the API server in place of a webhook",
    rationale: "Code in the pods behind a webhook answers for it: it writes what it likes into every pod that is created, or is sent every Secret that is written.",
    conditions: "The Service of a webhook that is asked about pods (mutating), or about Secrets, leads to pods of the workload. For Secrets conditional: it sees what is written from then on.",
    remediation: "Guard the workload as the cluster itself: no other way to it, no shell in it, a namespace of its own.",
    verify: "kubectl get mutatingwebhookconfigurations,validatingwebhookconfigurations -o jsonpath={..clientConfig.service}",
    techniques: &["T1557", "T1546", "MS-TA9015"],
    aliases: &[],
    found_by: &[],
    difficulty: 6,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Service
metadata: {name: hook, namespace: n}
spec: {selector: {app: hook}, ports: [{port: 443}]}
---
apiVersion: v1
kind: Pod
metadata: {name: hook, namespace: n, labels: {app: hook}}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: h}
webhooks:
  - name: h.example.com
    clientConfig: {service: {namespace: n, name: hook}}
    rules: [{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
",
            edges: &["Pod n/hook -> cluster-admin"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Service
metadata: {name: hook, namespace: n}
spec: {selector: {app: hook}, ports: [{port: 443}]}
---
apiVersion: v1
kind: Pod
metadata: {name: hook, namespace: n, labels: {app: hook}}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: h}
webhooks:
  - name: h.example.com
    clientConfig: {service: {namespace: n, name: hook}}
    rules: [{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE], resources: [secrets]}]
",
            edges: &["Pod n/hook -> all Secrets of the cluster if secrets-written-again"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Service
metadata: {name: hook, namespace: n}
spec: {selector: {app: hook}, ports: [{port: 443}]}
---
apiVersion: v1
kind: Pod
metadata: {name: hook, namespace: n, labels: {app: hook}}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: h}
webhooks:
  - name: h.example.com
    clientConfig: {service: {namespace: n, name: hook}}
    rules: [{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
",
            edges: &[],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Service
metadata: {name: hook, namespace: n}
spec: {selector: {app: hook}, ports: [{port: 443}]}
---
apiVersion: v1
kind: Pod
metadata: {name: hook, namespace: n, labels: {app: hook}}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: h}
webhooks:
  - name: h.example.com
    clientConfig: {service: {namespace: n, name: hook}}
    rules: [{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE], resources: [services]}]
",
            edges: &[],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let mutating = world.inventory.symbols.intern("MutatingWebhookConfiguration");
    for webhook in &world.inventory.facts.admission.webhooks {
        let changes_pods = webhook.asked.pods && world.inventory.resource(webhook.resource).kind == mutating;
        if !changes_pods && !webhook.asked.secrets {
            continue;
        }
        for workload in world.behind(webhook.namespace, webhook.name) {
            let from = Vertex::Workload(workload);
            let note = "its Service is asked";
            if changes_pods {
                drafts.edge(from, Vertex::ClusterAdmin).shown_by(webhook.resource, webhook.place, note).file();
            }
            if webhook.asked.secrets {
                let draft = drafts.edge(from, Vertex::Secrets(None)).if_(&SECRETS_WRITTEN_AGAIN);
                draft.shown_by(webhook.resource, webhook.place, note).file();
            }
        }
    }
}
