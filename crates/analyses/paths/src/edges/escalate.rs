//! `escalate`

use model::control::alias;

use model::symbols::Symbol;
use rbac::{RoleLink, SubjectKey};

use super::combined::{self, Combination};
use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::{Wanted, World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "escalate",
    title: "writes rights into a role that it holds",
    rationale: "With `escalate` a role may be given what its writer does not hold.",
    conditions: "`escalate` and `update` or `patch` on roles in the same scope, by a subject that is bound to one of them. On `clusterroles` in the whole cluster it is the cluster; on `roles` in a namespace all of that.",
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
    ],
};

const GROUP: &str = "rbac.authorization.k8s.io";
const WRITE_OF_CLUSTER: &[Wanted] = &[wanted("update", GROUP, "clusterroles"), wanted("patch", GROUP, "clusterroles")];
const WRITE: &[Wanted] = &[wanted("update", GROUP, "roles"), wanted("patch", GROUP, "roles")];

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for combination in combined::holders(world, &[WRITE_OF_CLUSTER, &[wanted("escalate", GROUP, "clusterroles")]]) {
        if holds_one(world, &combination, true) {
            combined::file(drafts, &combination, Vertex::ClusterAdmin);
        }
    }
    for combination in combined::holders(world, &[WRITE, &[wanted("escalate", GROUP, "roles")]]) {
        if holds_one(world, &combination, false) {
            combined::file_in_scope(world, drafts, &combination, Vertex::Namespace);
        }
    }
}

/// Whether the subject is bound to a role that it may write, itself or by a group: a ClusterRole in the whole cluster, or a
/// Role in the namespace.
fn holds_one(world: &World<'_>, combination: &Combination, cluster: bool) -> bool {
    let may_write = |name: Symbol| {
        combination.names.iter().all(|all| all.iter().any(|names| names.is_empty() || names.contains(&name)))
    };
    let identity = world.rbac.identity(combination.subject);
    let groups = identity.groups.iter().map(|group| SubjectKey::Group(world.inventory.symbols.intern(group)));
    let mut bindings = groups.chain([combination.subject]).flat_map(|subject| world.rbac.bindings_naming(subject));
    bindings.any(|(id, _)| {
        let binding = world.rbac.binding(*id);
        let RoleLink::Role(role) = binding.role else { return false };
        let role = world.rbac.role(role);
        let reaches = match cluster {
            true => binding.cluster,
            false => !role.cluster && combination.scope.is_none_or(|scope| scope == binding.namespace),
        };
        reaches && may_write(role.name)
    })
}
