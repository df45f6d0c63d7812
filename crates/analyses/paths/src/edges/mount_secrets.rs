//! `mount-secrets`

use super::granted;
use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::templates::{self, Templates};
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "mount-secrets",
    title: "mounts any Secret of the namespace into a pod of its own",
    rationale: "A pod may mount every Secret of its namespace, whoever created it.",
    conditions: "The rights of `run-as-account`.",
    remediation: "Take the rule out, or keep Secrets in namespaces where nobody but their owner creates pods.",
    verify: "kubectl auth can-i create pods -n NAMESPACE --as SUBJECT",
    techniques: &["T1552.007"],
    aliases: &[],
    found_by: &["pods-creatable"],
    difficulty: 2,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [pods], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["rule 1 of Role n/r in namespace n -> all Secrets of namespace n"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [pods], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for (id, right, assumed) in granted::creates_pods(world) {
        drafts
            .edge(Vertex::Right(id), Vertex::Secrets(right.scope))
            .assuming(assumed)
            .granted_by(id, &granted::CREATES)
            .file();
    }
    for Templates { kind, namespace, guards, .. } in templates::changeable(world) {
        drafts.edge(Vertex::Templates(kind, Some(namespace)), Vertex::Secrets(Some(namespace))).assuming(guards).file();
    }
}
