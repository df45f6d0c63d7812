//! `sign-certificate`

use super::combined;
use crate::edge::{CREDENTIALS_LIE_THERE, EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::{World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "sign-certificate",
    title: "signs itself a certificate of any name",
    rationale: "Who may sign for the client signer writes the certificate itself: with the key of the cluster it is for any user or group, `system:masters` too.",
    conditions: "`sign` on the signer and `update` or `patch` on `certificatesigningrequests/status`, in the whole cluster. Conditional: the key of the cluster has to lie where the attacker reads it, as the status takes any certificate, and the API server believes those of its own authority only.",
    remediation: "Take `sign` out.",
    verify: "kubectl auth can-i sign signers --as SUBJECT",
    techniques: &["T1649"],
    aliases: &[],
    found_by: &["csr-signing-allowed"],
    difficulty: 10,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"certificates.k8s.io\"], resources: [signers], verbs: [sign]}
  - {apiGroups: [\"certificates.k8s.io\"], resources: [certificatesigningrequests/status], verbs: [update]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["ServiceAccount n/s -> cluster-admin if credentials-lie-there"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"certificates.k8s.io\"], resources: [signers], verbs: [sign]}
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

const GROUP: &str = "certificates.k8s.io";

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let sign = [wanted("sign", GROUP, "signers")];
    let status = ["update", "patch"].map(|verb| wanted(verb, GROUP, "certificatesigningrequests/status"));
    for combination in combined::holders(world, &[&sign, &status]) {
        if combination.scope.is_none() {
            combined::file_if(drafts, &combination, Vertex::ClusterAdmin, &CREDENTIALS_LIE_THERE);
        }
    }
}
