//! `contains`

use crate::edge::{ACCOUNT_EXISTS, EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "contains",
    title: "is among them",
    rationale: "A right over all of a kind is one over each of them.",
    conditions: "The object is in the namespace, or anywhere in the cluster. A ServiceAccount that bindings name and that is not in the input is conditional: so are those of the controllers of the control plane in `kube-system`.",
    remediation: "Nothing takes it away; narrowing the right does.",
    verify: "kubectl get pods,serviceaccounts,secrets -n NAMESPACE",
    techniques: &["T1613"],
    aliases: &[],
    found_by: &[],
    difficulty: 1,
    find,
    fixtures: &[EdgeFixture {
        yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: b, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: x}
subjects: [{kind: ServiceAccount, namespace: n, name: other}, {kind: ServiceAccount, namespace: n, name: s}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: s, namespace: n}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  serviceAccountName: s
  automountServiceAccountToken: false
  containers: [{name: a, image: i}]
",
        edges: &[
            "all pods of the cluster -> all pods of namespace n",
            "all pods of namespace n -> Pod n/p",
            "all ServiceAccounts of the cluster -> all ServiceAccounts of namespace n",
            "all ServiceAccounts of namespace n -> ServiceAccount n/s",
            "all ServiceAccounts of namespace n -> ServiceAccount n/other if account-exists",
            "all Secrets of the cluster -> all Secrets of namespace n",
            "all of namespace n -> all pods of namespace n",
            "all of namespace n -> all ServiceAccounts of namespace n",
            "all of namespace n -> all Secrets of namespace n",
            "all of namespace n -> data of namespace n",
            "all of namespace n -> traffic of namespace n",
            "data of the cluster -> data of namespace n",
            "traffic of the cluster -> traffic of namespace n",
            "cluster-admin -> all pods of the cluster",
            "cluster-admin -> all ServiceAccounts of the cluster",
            "cluster-admin -> all Secrets of the cluster",
            "cluster-admin -> data of the cluster",
            "cluster-admin -> traffic of the cluster",
        ],
    }],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for all in [Vertex::Pods, Vertex::Accounts, Vertex::Secrets, Vertex::Data, Vertex::Traffic] {
        drafts.edge(Vertex::ClusterAdmin, all(None)).file();
    }
    for &namespace in world.namespaces() {
        for all in [Vertex::Data, Vertex::Traffic] {
            drafts.edge(all(None), all(Some(namespace))).file();
            drafts.edge(Vertex::Namespace(namespace), all(Some(namespace))).file();
        }
        for all in [Vertex::Pods, Vertex::Accounts, Vertex::Secrets] {
            drafts.edge(all(None), all(Some(namespace))).file();
            drafts.edge(Vertex::Namespace(namespace), all(Some(namespace))).file();
        }
    }
    for (number, workload) in world.workloads() {
        let namespace = world.namespace(workload.resource);
        drafts.edge(Vertex::Pods(Some(namespace)), Vertex::Workload(number)).file();
    }
    for (namespace, name) in world.accounts() {
        drafts.edge(Vertex::Accounts(Some(namespace)), Vertex::Subject(world.account(namespace, name))).file();
    }
    for ((namespace, _), account) in world.accounts_only_bound() {
        drafts.edge(Vertex::Accounts(Some(namespace)), Vertex::Subject(account)).if_(&ACCOUNT_EXISTS).file();
    }
    for secret in &world.inventory.facts.secrets {
        let (namespace, name) = (world.namespace(secret.resource), world.inventory.resource(secret.resource).name);
        drafts.edge(Vertex::Secrets(Some(namespace)), Vertex::Secret(namespace, name)).file();
    }
}
