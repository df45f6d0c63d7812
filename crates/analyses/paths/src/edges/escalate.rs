//! `escalate`

use std::collections::BTreeSet;

use model::control::alias;

use model::symbols::Symbol;
use rbac::{RoleLink, SubjectKey};

use super::combined::{self, Combination};
use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::{RightId, Wanted, World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "escalate",
    title: "writes rights into a role that it holds",
    rationale: "With `escalate` a role may be given what its writer does not hold.",
    conditions: "`escalate` and `update` or `patch` on roles in the same scope, by a subject that is bound to one of them. On `clusterroles` in the whole cluster it is the cluster; on `roles` in a namespace all of that. A ClusterRole with an aggregation rule that the subject holds is written by whoever makes or changes a ClusterRole of its labels.",
    remediation: "Take `escalate` out.",
    verify: "kubectl auth can-i escalate clusterroles --as SUBJECT",
    techniques: &["T1098.006"],
    aliases: &[alias("icekube", "RBAC_ESCALATE_TO")],
    found_by: &["role-escalate-allowed", "roles-writable"],
    difficulty: 2,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"rbac.authorization.k8s.io\"], resources: [clusterroles], verbs: [escalate, patch]}
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
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"rbac.authorization.k8s.io\"], resources: [roles], verbs: [escalate, update]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["ServiceAccount n/s -> all of namespace n"],
        },
        // The role that may be written is not held.
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"rbac.authorization.k8s.io\"], resources: [clusterroles], verbs: [escalate, patch], resourceNames: [other]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[],
        },
        // Only a ClusterRole is held, and `roles` may be written.
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"rbac.authorization.k8s.io\"], resources: [roles], verbs: [escalate, patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"rbac.authorization.k8s.io\"], resources: [roles], verbs: [escalate]}
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
  - {apiGroups: [\"rbac.authorization.k8s.io\"], resources: [roles], verbs: [patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[],
        },
        // What it makes is aggregated into what it holds.
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
aggregationRule: {clusterRoleSelectors: [{matchLabels: {x: y}}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: part, labels: {x: y}}
rules:
  - {apiGroups: [\"rbac.authorization.k8s.io\"], resources: [clusterroles], verbs: [create, escalate]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["ServiceAccount n/s -> cluster-admin"],
        },
        // Nothing is aggregated into what it holds.
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"rbac.authorization.k8s.io\"], resources: [clusterroles], verbs: [create, escalate]}
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
const CREATE_OF_CLUSTER: &[Wanted] = &[wanted("create", GROUP, "clusterroles")];
const WRITE_OF_CLUSTER: &[Wanted] = &[wanted("update", GROUP, "clusterroles"), wanted("patch", GROUP, "clusterroles")];
const WRITE: &[Wanted] = &[wanted("update", GROUP, "roles"), wanted("patch", GROUP, "roles")];

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for combination in combined::holders(world, &[WRITE_OF_CLUSTER, &[wanted("escalate", GROUP, "clusterroles")]]) {
        if holds_one(world, &combination, true) {
            combined::file(drafts, &combination, Vertex::ClusterAdmin);
        }
    }
    let making = [CREATE_OF_CLUSTER, WRITE_OF_CLUSTER].concat();
    for combination in combined::holders(world, &[&making, &[wanted("escalate", GROUP, "clusterroles")]]) {
        if combination.scope.is_none() && writes_any(world, &combination) {
            for to in aggregated(world, &combination) {
                combined::file(drafts, &combination, to);
            }
        }
    }
    for combination in combined::holders(world, &[WRITE, &[wanted("escalate", GROUP, "roles")]]) {
        if holds_one(world, &combination, false) {
            combined::file_in_scope(world, drafts, &combination, Vertex::Namespace);
        }
    }
}

/// What the roles are bound to that the subject holds and that others are aggregated into.
fn aggregated(world: &World<'_>, combination: &Combination) -> BTreeSet<Vertex> {
    let gathers = |binding: &rbac::BindingId| {
        let binding = world.rbac.binding(*binding);
        let RoleLink::Role(role) = binding.role else { return None };
        let selectors = world.rbac.role(role).selectors.as_deref()?;
        let some = selectors.iter().any(|selector| !selector.invalid);
        let all = if binding.cluster { Vertex::ClusterAdmin } else { Vertex::Namespace(binding.namespace) };
        some.then_some(all)
    };
    bindings_of(world, combination.subject).filter_map(|id| gathers(&id)).collect()
}

/// Whether a combination can make a ClusterRole, or change one, and write into it what it does not hold.
fn writes_any(world: &World<'_>, combination: &Combination) -> bool {
    let create: BTreeSet<RightId> = world.rights_to(CREATE_OF_CLUSTER).map(|(id, ..)| id).collect();
    let change: BTreeSet<RightId> = world.rights_to(WRITE_OF_CLUSTER).map(|(id, ..)| id).collect();
    let escalates = |name: Option<Symbol>| {
        let mut rules = combination.names[1].iter();
        rules.any(|names| names.is_empty() || name.is_some_and(|name| names.contains(&name)))
    };
    let exists = |name: Symbol| world.rbac.role_named("", &world.text(name)).is_some();
    let mut own = combination.rights[0].iter().zip(&combination.names[0]);
    own.any(|(id, names)| {
        let named = || names.iter().any(|name| exists(*name) && escalates(Some(*name)));
        let unnamed = || combination.names[1].iter().flatten().any(|name| exists(*name)) || escalates(None);
        let creates = create.contains(id) && names.is_empty() && escalates(None);
        creates || change.contains(id) && if names.is_empty() { unnamed() } else { named() }
    })
}

fn bindings_of(world: &World<'_>, subject: SubjectKey) -> impl Iterator<Item = rbac::BindingId> {
    let identity = world.rbac.identity(subject);
    let groups = identity.groups.iter().map(|group| SubjectKey::Group(world.inventory.symbols.intern(group)));
    let all: Vec<SubjectKey> = groups.chain([subject]).collect();
    all.into_iter().flat_map(|subject| world.rbac.bindings_naming(subject).iter().map(|(id, _)| *id))
}

/// Whether the subject is bound to a role that it may write, itself or by a group: a ClusterRole in the whole cluster, or a
/// Role in the namespace.
fn holds_one(world: &World<'_>, combination: &Combination, cluster: bool) -> bool {
    let may_write = |name: Symbol| {
        combination.names.iter().all(|all| all.iter().any(|names| names.is_empty() || names.contains(&name)))
    };
    bindings_of(world, combination.subject).any(|id| {
        let binding = world.rbac.binding(id);
        let RoleLink::Role(role) = binding.role else { return false };
        let role = world.rbac.role(role);
        let reaches = match cluster {
            true => binding.cluster,
            false => !role.cluster && combination.scope.is_none_or(|scope| scope == binding.namespace),
        };
        reaches && may_write(role.name)
    })
}
