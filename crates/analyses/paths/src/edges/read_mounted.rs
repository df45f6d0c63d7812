//! `read-mounted`

use std::collections::BTreeMap;

use model::control::alias;
use model::inventory::SecretFact;
use model::symbols::Symbol;

use crate::edge::{EdgeFixture, EdgeKind, SECRET_EXISTS};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "read-mounted",
    title: "reads the Secrets that the pod is given",
    rationale: "A Secret that is mounted or in the environment is read by all code of the pod.",
    conditions: "A volume that a container mounts, or `env` or `envFrom` of one, names the Secret. Of the Secret of a token: the key `token`. Conditional where the Secret is optional and not in the input.",
    remediation: "Give the Secret only to pods that need it.",
    verify: "kubectl exec POD -- env",
    techniques: &["T1552", "MS-TA9027", "MS-TA9026", "MS-TA9041"],
    aliases: &[alias("icekube", "MOUNTS_SECRET"), alias("kubehound", "VOLUME_DISCOVER")],
    found_by: &["secret-in-environment"],
    difficulty: 1,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  serviceAccountName: s
  volumes: [{name: v, secret: {secretName: db}}]
  containers: [{name: a, image: i, volumeMounts: [{name: v, mountPath: /v}]}]
",
            edges: &["Pod n/p -> Secret n/db"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  serviceAccountName: s
  imagePullSecrets: [{name: pull}]
  containers: [{name: a, image: i}]
",
            edges: &[],
        },
        // What no container sees, what everybody may see, and what is not there.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Secret
metadata: {name: t, namespace: n, annotations: {kubernetes.io/service-account.name: s}}
type: kubernetes.io/service-account-token
---
apiVersion: v1
kind: Pod
metadata: {name: mounts-nothing, namespace: n}
spec:
  volumes: [{name: v, secret: {secretName: t}}]
  containers: [{name: a, image: i}]
---
apiVersion: v1
kind: Pod
metadata: {name: mounts-what-is-public, namespace: n}
spec:
  volumes: [{name: v, secret: {secretName: t, items: [{key: ca.crt, path: ca.crt}]}}]
  containers: [{name: a, image: i, volumeMounts: [{name: v, mountPath: /v}], env: [{name: CA, valueFrom: {secretKeyRef: {name: t, key: ca.crt}}}]}]
---
apiVersion: v1
kind: Pod
metadata: {name: optional, namespace: n}
spec:
  containers: [{name: a, image: i, envFrom: [{secretRef: {name: none, optional: true}}]}]
---
apiVersion: v1
kind: Pod
metadata: {name: reads, namespace: n}
spec:
  containers: [{name: a, image: i, env: [{name: T, valueFrom: {secretKeyRef: {name: t, key: token}}}]}]
",
            edges: &["Pod n/reads -> Secret n/t"],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let secrets: BTreeMap<(Symbol, Symbol), &SecretFact> = world
        .inventory
        .facts
        .secrets
        .iter()
        .map(|fact| ((world.namespace(fact.resource), world.inventory.resource(fact.resource).name), fact))
        .collect();
    let token = world.inventory.symbols.intern("token");
    for (number, workload) in world.workloads() {
        let namespace = world.namespace(workload.resource);
        // Of each Secret whether a pod that needs it is given it.
        let mut names: BTreeMap<Symbol, bool> = BTreeMap::new();
        for given in &workload.given {
            let fact = secrets.get(&(namespace, given.name));
            // The other keys of a token are public.
            let is_public = |keys: &[Symbol]| fact.is_some_and(|fact| fact.is_token) && !keys.contains(&token);
            if given.keys.as_deref().is_some_and(is_public) {
                continue;
            }
            *names.entry(given.name).or_default() |= fact.is_some() || !given.optional;
        }
        for (name, is_there) in names {
            if !is_there && world.inventory.complete {
                continue;
            }
            let draft = drafts.edge(Vertex::Workload(number), Vertex::Secret(namespace, name)).shown_by(
                workload.resource,
                workload.place,
                "the pod is given the Secret",
            );
            if is_there { draft.file() } else { draft.if_(&SECRET_EXISTS).file() }
        }
    }
}
