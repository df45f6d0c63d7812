//! `secret-yields`

use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "secret-yields",
    title: "holds the token of an account",
    rationale: "A Secret of type `kubernetes.io/service-account-token` holds a token of the account that its annotation names. It does not expire: whoever reads the Secret, or a pod that mounts it, is that account.",
    conditions: "The Secret has that type, and names the account in `kubernetes.io/service-account.name`. Credentials of other kinds in Secrets are not followed: what they open is not written there.",
    remediation: "Delete the Secret, and have the token mounted by the kubelet, which renews it.",
    verify: "kubectl get secret NAME -n NAMESPACE -o jsonpath='{.type} {.metadata.annotations}'",
    techniques: &["T1528", "T1552.007"],
    aliases: &[],
    found_by: &["legacy-token-secret", "users-authenticate-with-service-account-tokens"],
    difficulty: 1,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Secret
metadata: {name: t, namespace: n, annotations: {kubernetes.io/service-account.name: s}}
type: kubernetes.io/service-account-token
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers: [{name: a, image: i, volumeMounts: [{name: t, mountPath: /t}]}]
  volumes: [{name: t, secret: {secretName: t}}]
",
            edges: &["Secret n/t -> ServiceAccount n/s"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Secret
metadata: {name: t, namespace: n, annotations: {kubernetes.io/service-account.name: s}}
type: Opaque
",
            edges: &[],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for secret in world.inventory.facts.secrets.iter().filter(|secret| secret.is_token && !secret.account.is_empty()) {
        let (namespace, name) = (world.namespace(secret.resource), world.inventory.resource(secret.resource).name);
        drafts
            .edge(Vertex::Secret(namespace, name), Vertex::Subject(world.account(namespace, secret.account)))
            .shown_by(secret.resource, secret.place, "the Secret holds the token")
            .file();
    }
}
