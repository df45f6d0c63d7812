//! `unlock-namespace`

use model::control::alias;
use model::symbols::Symbol;

use super::granted::Permits;
use super::{combined, granted};
use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::{World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "unlock-namespace",
    title: "takes the Pod Security label off the namespace",
    rationale: "The label that forbids privileged pods is on the Namespace, and a RoleBinding in a namespace may give the right to change it.",
    conditions: "`update` or `patch` on `namespaces`, also by a RoleBinding in the namespace itself, and the right to start pods there, where the label forbids privileged ones. All rights in a namespace, or over the cluster, are both.",
    remediation: "Take the rule out.",
    verify: "kubectl auth can-i patch namespaces/NAMESPACE -n NAMESPACE --as SUBJECT",
    techniques: &["T1562.001", "T1611"],
    aliases: &[alias("icekube", "PATCH_NAMESPACE_TO_BYPASS_PSA")],
    found_by: &["namespaces-patchable"],
    difficulty: 3,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Namespace
metadata: {name: n, labels: {pod-security.kubernetes.io/enforce: restricted}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [namespaces], verbs: [patch]}
  - {apiGroups: [\"\"], resources: [pods], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["ServiceAccount n/s -> a node", "all of namespace n -> a node", "cluster-admin -> a node"],
        },
        // Named is another namespace, for which the binding grants nothing.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Namespace
metadata: {name: n, labels: {pod-security.kubernetes.io/enforce: restricted}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [namespaces], verbs: [patch], resourceNames: [other]}
  - {apiGroups: [\"\"], resources: [pods], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["all of namespace n -> a node", "cluster-admin -> a node"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [namespaces], verbs: [patch]}
  - {apiGroups: [\"\"], resources: [pods], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["all of namespace n -> a node", "cluster-admin -> a node"],
        },
        // Nothing is locked.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Namespace
metadata: {name: n}
",
            edges: &["cluster-admin -> a node"],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let label = [wanted("update", "", "namespaces"), wanted("patch", "", "namespaces")];
    for combination in combined::holders(world, &[&label, &granted::RUNS_PODS]) {
        if !granted::runs_pods(world, &combination, 1) {
            continue;
        }
        // A rule with names is for the Namespaces of these names.
        let names =
            |namespace: Symbol| combination.names[0].iter().any(|names| names.is_empty() || names.contains(&namespace));
        let locked = |namespace| names(namespace) && granted::permits_privileged(world, namespace) == Permits::No;
        let reaches_locked = match combination.scope {
            Some(namespace) => locked(namespace),
            None => world.namespaces().iter().any(|&namespace| locked(namespace)),
        };
        if reaches_locked {
            combined::file_assuming(drafts, &combination, Vertex::Node, granted::guards(world, combination.scope));
        }
    }
    // Who has all rights there changes the label whatever it says.
    for &namespace in world.namespaces() {
        if granted::permits_privileged(world, namespace) != Permits::Yes {
            let draft = drafts.edge(Vertex::Namespace(namespace), Vertex::Node);
            draft.assuming(granted::guards(world, Some(namespace))).file();
        }
    }
    drafts.edge(Vertex::ClusterAdmin, Vertex::Node).file();
}
