//! Facts of role-based access control: roles with all their rules, and who they are bound to.

use crate::inventory::ResourceId;
use crate::labels::{Labels, Selector};
use crate::place::Place;
use crate::symbols::Symbol;

/// A Role or ClusterRole.
#[derive(Debug, PartialEq)]
pub struct RoleFact {
    /// The object.
    pub resource: ResourceId,
    /// Whether it is a ClusterRole.
    pub cluster: bool,
    /// Where its name is written.
    pub place: Place,
    /// Its rules as written, in their order.
    pub rules: Box<[RuleFact]>,
    /// Whether it grants anything as written.
    pub grants: bool,
    /// Whether an aggregation rule may add to it.
    pub aggregated: bool,
    /// The labels of the ClusterRoles whose rules a controller puts in the place of its own.
    pub selectors: Box<[Selector]>,
    /// Where the aggregation rule is, or would be.
    pub aggregation_place: Place,
    /// Its labels.
    pub labels: Labels,
    /// Whether it grants the reading of logs, of pods or of nodes.
    pub reads_logs: bool,
    /// Whether an API server that ships a role of this name adds to it what is missing: it was not read from a server, and
    /// does not say otherwise.
    pub is_reconciled: bool,
}

/// A rule of a role: what its lists say, as written.
#[derive(Debug, PartialEq)]
pub struct RuleFact {
    /// `verbs`.
    pub verbs: Box<[Symbol]>,
    /// `apiGroups`; the empty text is the core group.
    pub groups: Box<[Symbol]>,
    /// `resources`.
    pub resources: Box<[Symbol]>,
    /// `resourceNames`.
    pub names: Box<[Symbol]>,
    /// `nonResourceURLs`.
    pub urls: Box<[Symbol]>,
    /// The rule, from its first key on.
    pub place: Place,
}

/// A RoleBinding or ClusterRoleBinding.
#[derive(Debug, PartialEq)]
pub struct BindingFact {
    /// The object.
    pub resource: ResourceId,
    /// Whether it is a ClusterRoleBinding.
    pub cluster: bool,
    /// `roleRef.kind`, as written.
    pub role_kind: Symbol,
    /// Whether the role is a ClusterRole.
    pub cluster_role: bool,
    /// The name of the role.
    pub role: Symbol,
    /// Where that is written, or would be.
    pub role_place: Place,
    /// Whom it is for.
    pub subjects: Box<[SubjectFact]>,
    /// Its labels.
    pub labels: Labels,
    /// Whether an API server that ships a binding of this name adds to it whom it lacks, as for roles.
    pub is_reconciled: bool,
}

/// A subject of a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubjectFact {
    /// `User`, `Group` or `ServiceAccount`.
    pub kind: Symbol,
    /// `apiGroup`, as written; empty if it is not.
    pub api_group: Symbol,
    /// The namespace of a ServiceAccount, as written.
    pub namespace: Symbol,
    /// The name.
    pub name: Symbol,
    /// Where the name is written, or the subject.
    pub place: Place,
}
