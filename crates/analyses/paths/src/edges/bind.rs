//! `bind`

use model::control::alias;

use super::combined::{self, Combination};
use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::{Wanted, World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "bind",
    title: "binds a role to itself",
    rationale: "Who may bind a role that it does not hold binds it to itself: in the namespace of the binding, or in the whole cluster.",
    conditions: "`create`, `update` or `patch` on bindings, and `bind` on the role, both in the scope of the binding. RoleBindings give a ClusterRole inside one namespace. Without `bind` only what is held already can be handed on: no edge. A `bind` with names, or of `roles`, leads to what these roles give and is not held already; where one of them may do everything, to all of it.",
    remediation: "Take `bind` out, or name harmless roles.",
    verify: "kubectl auth can-i bind clusterroles -n NAMESPACE --as SUBJECT",
    techniques: &["T1098.006"],
    aliases: &[alias("kubehound", "ROLE_BIND")],
    found_by: &["role-bind-allowed", "role-bindings-writable"],
    difficulty: 2,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"rbac.authorization.k8s.io\"], resources: [rolebindings], verbs: [create]}
  - {apiGroups: [\"rbac.authorization.k8s.io\"], resources: [clusterroles], verbs: [bind]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["ServiceAccount n/s -> all of namespace n"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"rbac.authorization.k8s.io\"], resources: [rolebindings], verbs: [create]}
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
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"rbac.authorization.k8s.io\"], resources: [clusterroles], verbs: [bind]}
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
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"rbac.authorization.k8s.io\"], resources: [clusterrolebindings], verbs: [create]}
  - {apiGroups: [\"rbac.authorization.k8s.io\"], resources: [clusterroles], verbs: [bind]}
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
  - {apiGroups: [\"rbac.authorization.k8s.io\"], resources: [clusterrolebindings], verbs: [create]}
  - {apiGroups: [\"rbac.authorization.k8s.io\"], resources: [clusterroles], verbs: [bind], resourceNames: [viewer]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[],
        },
        // The role that may be bound gives something, in the scope of the binding.
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"rbac.authorization.k8s.io\"], resources: [clusterrolebindings], verbs: [create]}
  - {apiGroups: [\"rbac.authorization.k8s.io\"], resources: [clusterroles], verbs: [bind], resourceNames: [reader]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules:
  - {apiGroups: [\"\"], resources: [secrets], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["ServiceAccount n/s -> rule 1 of ClusterRole reader in the cluster"],
        },
        // `roles` are those of the namespace; what is held already is no gain.
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"rbac.authorization.k8s.io\"], resources: [rolebindings], verbs: [patch]}
  - {apiGroups: [\"rbac.authorization.k8s.io\"], resources: [roles], verbs: [bind]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [secrets], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: other}
rules:
  - {apiGroups: [\"\"], resources: [secrets], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["ServiceAccount n/s -> rule 1 of Role n/reader in namespace n"],
        },
        // What is created has no name when it is asked for; what is applied has, and needs `patch` too.
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"rbac.authorization.k8s.io\"], resources: [clusterrolebindings], verbs: [create], resourceNames: [x]}
  - {apiGroups: [\"rbac.authorization.k8s.io\"], resources: [clusterroles], verbs: [bind]}
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

const GROUP: &str = "rbac.authorization.k8s.io";
pub(crate) const OF_CLUSTER: &[Wanted] = &[
    wanted("create", GROUP, "clusterrolebindings"),
    wanted("update", GROUP, "clusterrolebindings"),
    wanted("patch", GROUP, "clusterrolebindings"),
];
pub(crate) const OF_NAMESPACE: &[Wanted] = &[
    wanted("create", GROUP, "rolebindings"),
    wanted("update", GROUP, "rolebindings"),
    wanted("patch", GROUP, "rolebindings"),
];
pub(crate) const BIND: &[Wanted] = &[wanted("bind", GROUP, "clusterroles")];
pub(crate) const BIND_OF_NAMESPACE: &[Wanted] = &[wanted("bind", GROUP, "roles")];

/// Whether one of the roles that may be bound may do everything. Every role is a target, bound or not.
pub(crate) fn leads_to_everything(world: &World<'_>, combination: &Combination) -> bool {
    combination.names[1].iter().any(|names| {
        names.is_empty()
            || names.iter().any(|name| {
                let role = world.rbac.role_named("", &world.text(*name));
                role.is_some_and(|role| {
                    world.rbac.role(role).rules.iter().any(|rule| world.rbac.rule(*rule).is_everything())
                })
            })
    })
}

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for combination in combined::holders(world, &[OF_CLUSTER, BIND]) {
        if combination.scope.is_none() && leads_to_everything(world, &combination) {
            combined::file(drafts, &combination, Vertex::ClusterAdmin);
        }
    }
    for combination in combined::holders(world, &[OF_NAMESPACE, BIND]) {
        if leads_to_everything(world, &combination) {
            combined::file_in_scope(world, drafts, &combination, Vertex::Namespace);
        }
    }
    for bindable in world.bindable() {
        for &right in &bindable.gains {
            combined::file(drafts, &bindable.by, Vertex::Right(right));
        }
    }
}
