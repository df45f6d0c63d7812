//! `read-admission`

use crate::edge::{EdgeFixture, EdgeKind, SECRETS_WRITTEN_AGAIN};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::{World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "read-admission",
    title: "is sent every object that is written",
    rationale: "A validating webhook is asked about every object, and is sent all of it: Secrets too.",
    conditions: "`create`, `update` or `patch` on `validatingwebhookconfigurations`, in the whole cluster. Conditional: it sees what is written from then on.",
    remediation: "Take the rule out.",
    verify: "kubectl auth can-i update validatingwebhookconfigurations --as SUBJECT",
    techniques: &["T1546", "MS-TA9015"],
    aliases: &[],
    found_by: &["webhook-configuration-writable"],
    difficulty: 10,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"admissionregistration.k8s.io\"], resources: [validatingwebhookconfigurations], verbs: [patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["rule 1 of ClusterRole r in the cluster -> all Secrets of the cluster if secrets-written-again"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"admissionregistration.k8s.io\"], resources: [validatingwebhookconfigurations], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let group = "admissionregistration.k8s.io";
    let all = ["create", "update", "patch"].map(|verb| wanted(verb, group, "validatingwebhookconfigurations"));
    for (id, _, _) in world.rights_to(&all) {
        let draft = drafts.edge(Vertex::Right(id), Vertex::Secrets(None)).if_(&SECRETS_WRITTEN_AGAIN);
        draft.granted_by(id, &all).file();
    }
}
