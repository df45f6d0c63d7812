//! What an evaluator answers.

use crate::compile::{BindingId, RoleId};

/// Whether a request is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decision {
    /// It is.
    Allowed,
    /// RBAC has no opinion: unless another authorizer allows it, it is not.
    NoOpinion,
    /// The answer needs something that was not seen.
    Unknown,
}

/// An answer, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether it is allowed.
    pub decision: Decision,
    /// All that grants it, in the order in which the API server looks: what is bound in the whole cluster first.
    pub reasons: Vec<Grant>,
    /// The authorizer before RBAC that allows it (`system:masters`, a kubelet's own).
    pub outside: Option<&'static str>,
    /// What was not seen and might allow it.
    pub unknown: Vec<Unknown>,
}

/// A rule that a binding gives to a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    /// The binding.
    pub binding: BindingId,
    /// Which of its subjects, counted from 0.
    pub subject: u32,
    /// The role.
    pub role: RoleId,
    /// Which of the rules of the role, counted from 0, aggregated ones among them.
    pub rule: u32,
}

/// Something that was not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unknown {
    /// The role of this binding is not in the input, and is none that every cluster has.
    Role(BindingId),
    /// The Node authorizer allows it if a pod on the node needs it.
    NodeAuthorizer,
    /// Roles or bindings were not looked at.
    Rights,
    /// More ClusterRoles are aggregated than are looked at.
    Aggregation(RoleId),
}
