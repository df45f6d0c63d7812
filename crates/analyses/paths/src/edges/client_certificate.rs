//! `client-certificate`

use std::collections::BTreeSet;

use model::control::alias;
use model::symbols::Symbol;

use super::combined;
use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::{World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "client-certificate",
    title: "has the cluster sign it a certificate of any name",
    rationale: "A certificate for a user or group is as good as being it; it cannot be revoked.",
    conditions: "`create` on `certificatesigningrequests`, `update` or `patch` on their `approval`, and `approve` on the signer, all in the whole cluster. `system:masters` is refused by the server; other powerful names are not. With the signer of kubelets it is any node: the Secrets of all pods and tokens for their accounts.",
    remediation: "Take the approval out.",
    verify: "kubectl auth can-i approve signers --as SUBJECT",
    techniques: &["T1649"],
    aliases: &[alias("icekube", "GENERATE_CLIENT_CERTIFICATE"), ],
    found_by: &["csr-approval-allowed", "csr-signing-allowed"],
    difficulty: 4,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"certificates.k8s.io\"], resources: [certificatesigningrequests], verbs: [create]}
  - {apiGroups: [\"certificates.k8s.io\"], resources: [certificatesigningrequests/approval], verbs: [patch]}
  - {apiGroups: [\"certificates.k8s.io\"], resources: [signers], verbs: [approve], resourceNames: [kubernetes.io/kube-apiserver-client]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["ServiceAccount n/s -> cluster-admin", ],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"certificates.k8s.io\"], resources: [certificatesigningrequests], verbs: [create]}
  - {apiGroups: [\"certificates.k8s.io\"], resources: [certificatesigningrequests/approval], verbs: [patch]}
  - {apiGroups: [\"certificates.k8s.io\"], resources: [signers], verbs: [approve], resourceNames: [kubernetes.io/kubelet-serving]}
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
  - {apiGroups: [\"certificates.k8s.io\"], resources: [certificatesigningrequests/approval], verbs: [patch]}
  - {apiGroups: [\"certificates.k8s.io\"], resources: [signers], verbs: [approve]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[],
        },
        // Certificates of any node.
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"certificates.k8s.io\"], resources: [certificatesigningrequests], verbs: [create]}
  - {apiGroups: [\"certificates.k8s.io\"], resources: [certificatesigningrequests/approval], verbs: [update]}
  - {apiGroups: [\"certificates.k8s.io\"], resources: [signers], verbs: [approve], resourceNames: [kubernetes.io/kube-apiserver-client-kubelet]}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec: {containers: [{name: a, image: i, envFrom: [{secretRef: {name: db}}]}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[
                "ServiceAccount n/s -> all ServiceAccounts of the cluster",
                "ServiceAccount n/s -> Secret n/db",
            ],
        },
    ],
};

const GROUP: &str = "certificates.k8s.io";
/// The same for those of kubelets.
const KUBELET_SIGNERS: [&str; 2] = ["kubernetes.io/kube-apiserver-client-kubelet", "kubernetes.io/*"];
/// What a rule over signers may say to mean the one of client certificates.
const CLIENT_SIGNERS: [&str; 2] = ["kubernetes.io/kube-apiserver-client", "kubernetes.io/*"];

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let create = [wanted("create", GROUP, "certificatesigningrequests")];
    let approval = ["update", "patch"].map(|verb| wanted(verb, GROUP, "certificatesigningrequests/approval"));
    let signer = [wanted("approve", GROUP, "signers")];
    for combination in combined::holders(world, &[&create, &approval, &signer]) {
        let of_clients = combination.names[2]
            .iter()
            .any(|names| names.is_empty() || names.iter().any(|name| CLIENT_SIGNERS.contains(&&*world.text(*name))));
        if of_clients {
            combined::file(drafts, &combination, Vertex::ClusterAdmin);
        }
        let is_of_kubelets = |name: &Symbol| KUBELET_SIGNERS.contains(&&*world.text(*name));
        let of_kubelets = combination.names[2].iter().any(|names| names.is_empty() || names.iter().any(is_of_kubelets));
        if of_kubelets {
            combined::file(drafts, &combination, Vertex::Accounts(None));
            let secrets = world.workloads().flat_map(|(_, workload)| {
                let namespace = world.namespace(workload.resource);
                workload.secrets.iter().map(move |(name, _)| Vertex::Secret(namespace, *name))
            });
            let secrets: BTreeSet<Vertex> = secrets.collect();
            secrets.into_iter().for_each(|secret| combined::file(drafts, &combination, secret));
        }
    }
}
