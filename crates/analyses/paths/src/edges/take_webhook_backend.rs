//! `take-webhook-backend`

use std::sync::LazyLock;

use model::inventory::{WebhookPurpose, WebhookServiceFact};
use model::labels::Selector;
use model::symbols::Symbol;

use super::granted::{self, Permits};
use crate::edge::{
    Assumptions, CERTIFICATE_HELD, EdgeFixture, EdgeKind, NOTHING_ENFORCED, OBJECT_CHOSEN, OBJECTS_WRITTEN,
    SECRETS_WRITTEN_AGAIN,
};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::{Wanted, World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "take-webhook-backend",
    title: "answers the API server in place of a webhook",
    rationale: "Code in the pods behind a webhook answers for it: it writes what it likes into every pod that is created, or is sent every Secret that is written.",
    conditions: "The Service of a webhook that is asked about new or changed pods, templates, or roles and bindings (mutating), or about Secrets, leads to pods of the workload; or that of an aggregated API does. Where it is asked about some namespaces, it is these. For Secrets, templates and rights conditional: it sees what is written from then on; and where labels of objects or conditions say which. A right to lead the Service elsewhere does it too, if the attacker has the key of its certificate.",
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
        // It is asked about one namespace.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Service
metadata: {name: hook, namespace: a}
spec: {selector: {app: hook}, ports: [{port: 443}]}
---
apiVersion: v1
kind: Pod
metadata: {name: hook, namespace: a, labels: {app: hook}}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: Namespace
metadata: {name: a}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: h}
webhooks:
  - name: h.example.com
    clientConfig: {service: {namespace: a, name: hook}}
    namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: a}}
    rules: [{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
",
            edges: &["Pod a/hook -> all ServiceAccounts of namespace a", "Pod a/hook -> a node"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Service
metadata: {name: hook, namespace: a}
spec: {selector: {app: hook}, ports: [{port: 443}]}
---
apiVersion: v1
kind: Pod
metadata: {name: hook, namespace: a, labels: {app: hook}}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: h}
webhooks:
  - name: h.example.com
    clientConfig: {service: {namespace: a, name: hook}}
    matchConditions: [{name: x, expression: 'true'}]
    rules: [{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
",
            edges: &["Pod a/hook -> cluster-admin if object-chosen"],
        },
        // Nothing can be changed of what is deleted.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Service
metadata: {name: hook, namespace: a}
spec: {selector: {app: hook}, ports: [{port: 443}]}
---
apiVersion: v1
kind: Pod
metadata: {name: hook, namespace: a, labels: {app: hook}}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: h}
webhooks:
  - name: h.example.com
    clientConfig: {service: {namespace: a, name: hook}}
    sideEffects: None
    rules: [{apiGroups: [\"\"], apiVersions: [v1], operations: [DELETE], resources: [pods]}]
",
            edges: &[],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Service
metadata: {name: hook, namespace: a}
spec: {selector: {app: hook}, ports: [{port: 443}]}
---
apiVersion: v1
kind: Pod
metadata: {name: hook, namespace: a, labels: {app: hook}}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: h}
webhooks:
  - name: h.example.com
    clientConfig: {service: {namespace: a, name: hook}}
    sideEffects: None
    rules: [{apiGroups: [\"apps\"], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]
",
            edges: &["Pod a/hook -> cluster-admin if objects-written"],
        },
        // It answers for an API.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Service
metadata: {name: hook, namespace: a}
spec: {selector: {app: hook}, ports: [{port: 443}]}
---
apiVersion: v1
kind: Pod
metadata: {name: hook, namespace: a, labels: {app: hook}}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.x.io}
spec: {group: x.io, version: v1, service: {namespace: a, name: hook}}
",
            edges: &["Pod a/hook -> traffic of the cluster"],
        },
        // Who leads its Service elsewhere answers for it.
        EdgeFixture {
            yaml: "apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: h}
webhooks:
  - name: h.example.com
    clientConfig: {service: {namespace: a, name: hook}}
    sideEffects: None
    rules: [{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: a}
rules:
  - {apiGroups: [\"\"], resources: [services], verbs: [patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: a}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["rule 1 of Role a/r in namespace a -> cluster-admin if certificate-held"],
        },
    ],
};

/// What somebody comes to who answers in place of a webhook or of an aggregated API, with what must hold.
fn gained(world: &World<'_>, webhook: &WebhookServiceFact) -> Vec<(Vertex, Assumptions)> {
    let none = Assumptions::NONE;
    if webhook.purpose == WebhookPurpose::AggregatedApi {
        return vec![(Vertex::Traffic(None), none)];
    }
    let chosen = if webhook.narrowed { none.and(&OBJECT_CHOSEN) } else { none };
    let mut gained = Vec::new();
    let mutating = world.inventory.symbols.intern("MutatingWebhookConfiguration");
    let scopes = world.inventory.facts.admission.scopes.iter();
    let selectors: Vec<&Selector> = scopes
        .filter(|scope| scope.resource == webhook.resource && scope.name == webhook.hook)
        .map(|scope| &scope.namespaces)
        .filter(|selector| !selector.requirements.is_empty())
        .collect();
    let writes = webhook.writes;
    if world.inventory.resource(webhook.resource).kind == mutating {
        // Objects of the whole cluster are in no namespace.
        if writes.rights {
            gained.push((Vertex::ClusterAdmin, chosen.and(&OBJECTS_WRITTEN)));
        }
        let of_pods = if writes.pods { chosen } else { chosen.and(&OBJECTS_WRITTEN) };
        let is_asked = writes.pods || writes.templates;
        if is_asked && selectors.is_empty() {
            gained.push((Vertex::ClusterAdmin, of_pods));
        } else if is_asked {
            let inside = |namespace: &&Symbol| selectors.iter().all(|all| granted::chooses(world, all, **namespace));
            for &namespace in world.namespaces().iter().filter(inside) {
                gained.push((Vertex::Accounts(Some(namespace)), of_pods));
                match granted::permits_privileged(world, namespace) {
                    Permits::No => {}
                    Permits::NotKnown => gained.push((Vertex::Node, of_pods.and(&NOTHING_ENFORCED))),
                    Permits::Yes => gained.push((Vertex::Node, of_pods)),
                }
            }
        }
    }
    if writes.secrets {
        let chosen = chosen.and(&SECRETS_WRITTEN_AGAIN);
        if selectors.is_empty() {
            gained.push((Vertex::Secrets(None), chosen));
        } else {
            let inside = |namespace: &&Symbol| selectors.iter().all(|all| granted::chooses(world, all, **namespace));
            let namespaces = world.namespaces().iter().filter(inside);
            gained.extend(namespaces.map(|&namespace| (Vertex::Secrets(Some(namespace)), chosen)));
        }
    }
    // Of what leads to the same the easiest is told.
    gained.sort_by_key(|(to, assumed)| (*to, assumed.iter().count()));
    gained.dedup_by_key(|(to, _)| *to);
    gained
}

/// The rights that lead the API server elsewhere when it asks a Service.
static LEADS: LazyLock<Vec<Wanted>> = LazyLock::new(|| {
    let changes = [("", "services"), ("", "endpoints"), ("discovery.k8s.io", "endpointslices")];
    let changes =
        changes.into_iter().flat_map(|(group, resource)| ["update", "patch"].map(|verb| wanted(verb, group, resource)));
    changes.chain([wanted("create", "discovery.k8s.io", "endpointslices"), wanted("create", "", "pods")]).collect()
});

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for webhook in &world.inventory.facts.admission.webhooks {
        let gained = gained(world, webhook);
        let note = "its Service is asked";
        for workload in world.behind(webhook.namespace, webhook.name) {
            for &(to, assumed) in &gained {
                let draft = drafts.edge(Vertex::Workload(workload), to).assuming(assumed);
                draft.shown_by(webhook.resource, webhook.place, note).file();
            }
        }
        if gained.is_empty() {
            continue;
        }
        for (id, right, names) in world.rights_to(&LEADS) {
            if right.scope.is_some_and(|scope| scope != webhook.namespace)
                || !granted::is_among(world, names, &world.text(webhook.name))
            {
                continue;
            }
            for &(to, assumed) in &gained {
                let draft = drafts.edge(Vertex::Right(id), to).assuming(assumed).if_(&CERTIFICATE_HELD);
                draft.granted_by(id, &LEADS).shown_by(webhook.resource, webhook.place, note).file();
            }
        }
    }
}
