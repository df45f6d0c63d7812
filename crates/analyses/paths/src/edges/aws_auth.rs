//! `aws-auth`

use model::control::alias;

use super::granted;
use crate::edge::{AWS_AUTH_READ, EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::{World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "aws-auth",
    title: "writes itself into the administrators of EKS",
    rationale: "The ConfigMap `aws-auth` says which roles of AWS are which users and groups, `system:masters` among them.",
    conditions: "`update` or `patch` on the ConfigMap `kube-system/aws-auth`. Conditional: the cluster is one of EKS whose authentication mode still reads it. Where all nodes that are known are of another provider: no edge.",
    remediation: "Take the rule out, and use access entries.",
    verify: "aws eks describe-cluster --name CLUSTER --query cluster.accessConfig",
    techniques: &["T1098.006"],
    aliases: &[alias("icekube", "UPDATE_AWS_AUTH")],
    found_by: &["aws-auth-writable"],
    difficulty: 5,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: kube-system}
rules:
  - {apiGroups: [\"\"], resources: [configmaps], verbs: [patch], resourceNames: [aws-auth]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: kube-system}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[
                "all of namespace kube-system -> cluster-admin if aws-auth-read",
                "rule 1 of Role kube-system/r in namespace kube-system -> cluster-admin if aws-auth-read",
            ],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: kube-system}
rules:
  - {apiGroups: [\"\"], resources: [configmaps], verbs: [patch], resourceNames: [coredns]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: kube-system}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["all of namespace kube-system -> cluster-admin if aws-auth-read"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [configmaps], verbs: [patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Node
metadata: {name: a}
spec: {providerID: \"gce://p/z/a\"}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: kube-system}
rules:
  - {apiGroups: [\"\"], resources: [configmaps], verbs: [patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: kube-system}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let nodes = &world.inventory.facts.network.nodes;
    if !nodes.is_empty() && nodes.iter().all(|node| world.text(node.provider) != "aws") {
        return;
    }
    if let Some(&system) = world.namespaces().iter().find(|namespace| world.text(**namespace) == "kube-system") {
        drafts.edge(Vertex::Namespace(system), Vertex::ClusterAdmin).if_(&AWS_AUTH_READ).file();
    }
    let all = ["update", "patch"].map(|verb| wanted(verb, "", "configmaps"));
    for (id, right, names) in world.rights_to(&all) {
        if granted::reaches(world, right, "kube-system") && granted::is_among(world, names, "aws-auth") {
            drafts.edge(Vertex::Right(id), Vertex::ClusterAdmin).if_(&AWS_AUTH_READ).granted_by(id, &all).file();
        }
    }
}
