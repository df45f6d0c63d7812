//! `mutate-everything`

use super::combined;
use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::{World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "mutate-everything",
    title: "changes every object on its way into the cluster",
    rationale: "A mutating webhook adds to every pod that is created whatever its owner likes, and sees what it is sent.",
    conditions: "`create`, `update` or `patch` on `mutatingwebhookconfigurations`, or (from 1.36) on both `mutatingadmissionpolicies` and `mutatingadmissionpolicybindings`, in the whole cluster.",
    remediation: "Take the rule out.",
    verify: "kubectl auth can-i update mutatingwebhookconfigurations --as SUBJECT",
    techniques: &["T1546", "MS-TA9015", "MS-TA9011"],
    aliases: &[],
    found_by: &["webhook-configuration-writable"],
    difficulty: 8,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"admissionregistration.k8s.io\"], resources: [mutatingwebhookconfigurations], verbs: [patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["rule 1 of ClusterRole r in the cluster -> cluster-admin"],
        },
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
            edges: &[],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"admissionregistration.k8s.io\"], resources: [mutatingadmissionpolicies], verbs: [create]}
  - {apiGroups: [\"admissionregistration.k8s.io\"], resources: [mutatingadmissionpolicybindings], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["ServiceAccount n/s -> cluster-admin"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"admissionregistration.k8s.io\"], resources: [mutatingadmissionpolicies], verbs: [create]}
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

const GROUP: &str = "admissionregistration.k8s.io";

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let all = ["create", "update", "patch"].map(|verb| wanted(verb, GROUP, "mutatingwebhookconfigurations"));
    for (id, _, _) in world.rights_to(&all) {
        drafts.edge(Vertex::Right(id), Vertex::ClusterAdmin).granted_by(id, &all).file();
    }
    if world.rbac.kubernetes_minor() >= 36 {
        let [policies, bindings] = ["mutatingadmissionpolicies", "mutatingadmissionpolicybindings"]
            .map(|resource| ["create", "update", "patch"].map(|verb| wanted(verb, GROUP, resource)));
        for combination in combined::holders(world, &[&policies, &bindings]) {
            if combination.scope.is_none() {
                combined::file(drafts, &combination, Vertex::ClusterAdmin);
            }
        }
    }
}
