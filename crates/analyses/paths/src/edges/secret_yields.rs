//! `secret-yields`

use crate::edge::{ACCOUNT_EXISTS, EdgeFixture, EdgeKind, KUBECONFIG_OF_ADMIN};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "secret-yields",
    title: "holds credentials of the cluster",
    rationale: "A Secret of type `kubernetes.io/service-account-token` holds a token of the account that its annotation names. It does not expire: whoever reads the Secret, or a pod that mounts it, is that account. A kubeconfig holds the credentials of whomever it was written for.",
    conditions: "The Secret has that type, names the account in `kubernetes.io/service-account.name`, and is not marked as invalid (`kubernetes.io/legacy-token-invalid-since`); the account is there. Or a key is called as kubeconfigs are (`kubeconfig` in its name, `admin.conf`, `kubelet.conf` …): whose it is, and of which cluster, is not looked at, so that it is conditional. Credentials of other kinds in Secrets are not followed: what they open is not written there.",
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
kind: ServiceAccount
metadata: {name: s, namespace: n}
---
apiVersion: v1
kind: Secret
metadata: {name: invalid, namespace: n, labels: {kubernetes.io/legacy-token-invalid-since: '2026-01-01'}, annotations: {kubernetes.io/service-account.name: s}}
type: kubernetes.io/service-account-token
---
apiVersion: v1
kind: Secret
metadata: {name: of-nobody, namespace: n, annotations: {kubernetes.io/service-account.name: gone}}
type: kubernetes.io/service-account-token
---
apiVersion: v1
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
metadata: {name: k, namespace: n}
data: {KUBECONFIG: eA==}
---
apiVersion: v1
kind: Secret
metadata: {name: a, namespace: n}
stringData: {other: x, admin.conf: x}
---
apiVersion: v1
kind: Secret
metadata: {name: none, namespace: n}
stringData: {config: x, app.conf: x}
",
            edges: &[
                "Secret n/a -> cluster-admin if kubeconfig-of-admin",
                "Secret n/k -> cluster-admin if kubeconfig-of-admin",
            ],
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
        // The token of an account that is gone is deleted, and the server refuses one that it has declared invalid.
        let exists = world.account_is_there(namespace, secret.account);
        if secret.is_invalid || exists == Some(false) {
            continue;
        }
        let to = Vertex::Subject(world.account(namespace, secret.account));
        let draft = drafts.edge(Vertex::Secret(namespace, name), to);
        let draft = draft.shown_by(secret.resource, secret.place, "the Secret holds the token");
        if exists.is_none() { draft.if_(&ACCOUNT_EXISTS).file() } else { draft.file() }
    }
    for secret in &world.inventory.facts.secrets {
        let Some(place) = secret.kubeconfig else { continue };
        let (namespace, name) = (world.namespace(secret.resource), world.inventory.resource(secret.resource).name);
        drafts
            .edge(Vertex::Secret(namespace, name), Vertex::ClusterAdmin)
            .if_(&KUBECONFIG_OF_ADMIN)
            .shown_by(secret.resource, place, "the key is called as kubeconfigs are")
            .file();
    }
}
