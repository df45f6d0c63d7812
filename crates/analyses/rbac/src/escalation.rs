//! What the server refuses to take into roles and bindings, beside the ordinary verbs.
//!
//! Source: `pkg/registry/rbac/*/policybased/storage.go`, `pkg/registry/rbac/escalation_check.go`.

use model::symbols::Symbol;

use crate::answer::Decision;
use crate::compile::RoleId;
use crate::covers::{Missing, first_missing};
use crate::evaluator::Evaluator;
use crate::identity::Identity;
use crate::request::Request;
use crate::rule::{Rule, Vocabulary, Words};

const RBAC: &str = "rbac.authorization.k8s.io";

/// Why a write of a role or binding is let through or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Escalation {
    /// A member of `system:masters`.
    Master,
    /// By the verb `escalate` or `bind`.
    ByVerb,
    /// All that it grants is held already.
    Covered,
    /// This would be new.
    Refused(Missing),
    /// The role does not exist, so that what it grants cannot be compared.
    NoSuchRole,
}

impl Escalation {
    /// Whether the write is let through.
    pub fn allowed(&self) -> bool {
        match self {
            Self::Master | Self::ByVerb | Self::Covered => true,
            Self::Refused(_) | Self::NoSuchRole => false,
        }
    }
}

/// A role that somebody would write.
#[derive(Clone, Copy, Debug)]
pub struct RoleWrite<'a> {
    /// The namespace; empty for a ClusterRole.
    pub namespace: &'a str,
    /// The name that the request carries: none for one that creates by POST.
    pub name: &'a str,
    /// What it would grant.
    pub rules: &'a [Words],
    /// Whether it has an aggregation rule with selectors, or had one.
    pub aggregates: bool,
}

impl Evaluator<'_> {
    pub(crate) fn vocabulary(&self) -> &Vocabulary {
        &self.compiled().vocabulary
    }

    /// Whether rules that `identity` holds in `namespace` cover `wanted`; what is missing if not.
    pub fn covers(&self, identity: &Identity, namespace: &str, wanted: &[Words]) -> Result<(), Missing> {
        let held = self.rules_in(identity, namespace);
        self.covered_by(&held, wanted)
    }

    /// Whether one set of rules covers another.
    pub fn covered_by(&self, held: &[&Rule], wanted: &[Words]) -> Result<(), Missing> {
        let owner: Vec<&Words> = held.iter().map(|rule| &rule.words).collect();
        first_missing(&owner, wanted, self.vocabulary().star, &self.inventory().symbols).map_or(Ok(()), Err)
    }

    /// Whether the server lets `identity` write that role, if he may write roles at all.
    pub fn may_write_role(&self, identity: &Identity, write: &RoleWrite<'_>) -> Escalation {
        if identity.is_master() {
            return Escalation::Master;
        }
        let resource = if write.namespace.is_empty() { "clusterroles" } else { "roles" };
        let escalate = Request::resource("escalate", RBAC, resource).in_namespace(write.namespace).named(write.name);
        if self.allows(identity, &escalate) {
            return Escalation::ByVerb;
        }
        if let Err(missing) = self.covers(identity, write.namespace, write.rules) {
            return Escalation::Refused(missing);
        }
        if write.aggregates
            && let Err(missing) = self.covers(identity, write.namespace, &self.full_authority())
        {
            return Escalation::Refused(missing);
        }
        Escalation::Covered
    }

    /// Whether the server lets `identity` bind that role in `namespace` (empty: in the whole cluster), if he may write
    /// bindings at all. The role need not exist for those who may bind it.
    pub fn may_bind(&self, identity: &Identity, namespace: &str, role: (&str, &str)) -> Escalation {
        if identity.is_master() {
            return Escalation::Master;
        }
        let (kind, name) = role;
        let resource = if kind == "ClusterRole" { "clusterroles" } else { "roles" };
        let bind = Request::resource("bind", RBAC, resource).in_namespace(namespace).named(name);
        if self.allows(identity, &bind) {
            return Escalation::ByVerb;
        }
        let of = if kind == "ClusterRole" { "" } else { namespace };
        let Some(role) = self.role_named(of, name) else { return Escalation::NoSuchRole };
        match self.covers(identity, namespace, &self.words_of(role)) {
            Ok(()) => Escalation::Covered,
            Err(missing) => Escalation::Refused(missing),
        }
    }

    /// Whether `identity` may raise the rules of that role: write it, with anything in it.
    pub fn may_escalate(&self, identity: &Identity, namespace: &str, role: RoleId) -> bool {
        let name = self.text(self.role(role).name);
        let resource = if namespace.is_empty() { "clusterroles" } else { "roles" };
        let ask = |verb: &str| {
            let request = Request::resource(verb, RBAC, resource).in_namespace(namespace).named(&name);
            self.can(identity, &request).decision == Decision::Allowed
        };
        ask("escalate") && (ask("update") || ask("patch"))
    }

    /// What a role grants, as written.
    pub fn words_of(&self, role: RoleId) -> Vec<Words> {
        self.role(role).rules.iter().map(|rule| self.rule(*rule).words.clone()).collect()
    }

    /// What an aggregation rule asks for, since it can gather anything.
    fn full_authority(&self) -> [Words; 2] {
        let star: Box<[Symbol]> = Box::new([self.vocabulary().star]);
        let resources =
            Words { verbs: star.clone(), groups: star.clone(), resources: star.clone(), ..Words::default() };
        [resources, Words { verbs: star.clone(), urls: star, ..Words::default() }]
    }
}
