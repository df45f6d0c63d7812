//! `bind`

use std::collections::BTreeSet;

use model::control::alias;
use model::symbols::Symbol;
use rbac::{RoleId, RoleLink};

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
    conditions: "`create`, `update` or `patch` on bindings, and `bind` on the role, both in the scope of the binding. With `update` or `patch` alone only the roles that the bindings refer to which may be written: what a binding refers to stays. RoleBindings give a ClusterRole inside one namespace. Without `bind` only what is held already can be handed on: no edge. A `bind` with names, or of `roles`, leads to what these roles give and is not held already; where one of them may do everything, to all of it.",
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
  - {apiGroups: [\"rbac.authorization.k8s.io\"], resources: [rolebindings], verbs: [create]}
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
        // What a binding refers to cannot be changed: only its subjects can.
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"rbac.authorization.k8s.io\"], resources: [clusterrolebindings], verbs: [update], resourceNames: [x]}
  - {apiGroups: [\"rbac.authorization.k8s.io\"], resources: [clusterroles], verbs: [bind]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: all}
rules:
  - {apiGroups: [\"*\"], resources: [\"*\"], verbs: [\"*\"]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules:
  - {apiGroups: [\"\"], resources: [pods], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: x}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
subjects: [{kind: User, apiGroup: rbac.authorization.k8s.io, name: bob}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["ServiceAccount n/s -> rule 1 of ClusterRole reader in the cluster"],
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

/// The roles that the bindings refer to which a combination may write; `None` if it may make one that refers to any. What a
/// binding refers to cannot be changed.
pub(crate) fn referred(world: &World<'_>, combination: &Combination, writing: &[Wanted]) -> Option<BTreeSet<RoleId>> {
    let [create, change @ ..] = writing else { return None };
    let of = |all: &[Wanted]| -> Vec<&[Symbol]> {
        let ids: BTreeSet<_> = world.rights_to(all).map(|(id, ..)| id).collect();
        let own = combination.rights[0].iter().zip(&combination.names[0]);
        own.filter(|(id, _)| ids.contains(id)).map(|(_, names)| names.as_slice()).collect()
    };
    let (making, patching, changing) = (of(&[*create]), of(&[Wanted { verb: "patch", ..*create }]), of(change));
    let may = |rules: &[&[Symbol]], name: Symbol| rules.iter().any(|names| names.is_empty() || names.contains(&name));
    // What is created has no name when it is asked for; what is applied has, and needs `patch` too.
    if making.iter().any(|names| names.is_empty() || names.iter().any(|name| may(&patching, *name))) {
        return None;
    }
    let of_cluster = create.resource == "clusterrolebindings";
    let bindings = world.rbac.bindings().iter().filter(|binding| {
        let inside = combination.scope.is_none_or(|scope| of_cluster || scope == binding.namespace);
        binding.cluster == of_cluster && inside && may(&changing, binding.name)
    });
    let roles = bindings.filter_map(|binding| match binding.role {
        RoleLink::Role(role) => Some(role),
        _ => None,
    });
    Some(roles.collect())
}

/// The ClusterRoles that a combination may bind; `None` for every one, bound or not.
pub(crate) fn bindable(world: &World<'_>, combination: &Combination, writing: &[Wanted]) -> Option<Vec<RoleId>> {
    let any = combination.names[1].iter().any(Vec::is_empty);
    let referred = referred(world, combination, writing);
    let names = combination.names[1].iter().flatten();
    let named = || names.filter_map(|name| world.rbac.role_named("", &world.text(*name)));
    match (any, referred) {
        (true, None) => None,
        (true, Some(referred)) => Some(referred.into_iter().filter(|role| world.rbac.role(*role).cluster).collect()),
        (false, None) => Some(named().collect()),
        (false, Some(referred)) => Some(named().filter(|role| referred.contains(role)).collect()),
    }
}

/// Whether one of the roles that may be bound may do everything.
pub(crate) fn leads_to_everything(world: &World<'_>, combination: &Combination, writing: &[Wanted]) -> bool {
    bindable(world, combination, writing).is_none_or(|roles| {
        let mut rules = roles.iter().flat_map(|role| &world.rbac.role(*role).rules);
        rules.any(|rule| world.rbac.rule(*rule).is_everything())
    })
}

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for combination in combined::holders(world, &[OF_CLUSTER, BIND]) {
        if combination.scope.is_none() && leads_to_everything(world, &combination, OF_CLUSTER) {
            combined::file(drafts, &combination, Vertex::ClusterAdmin);
        }
    }
    for combination in combined::holders(world, &[OF_NAMESPACE, BIND]) {
        if leads_to_everything(world, &combination, OF_NAMESPACE) {
            combined::file_in_scope(world, drafts, &combination, Vertex::Namespace);
        }
    }
    for bindable in world.bindable() {
        for &right in &bindable.gains {
            combined::file(drafts, &bindable.by, Vertex::Right(right));
        }
    }
}
