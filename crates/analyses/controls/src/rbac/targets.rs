//! What a right leads to, of what is there: tokens that are kept as Secrets, Roles that can be bound, accounts of a
//! namespace.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::severity::Severity;
use model::symbols::Symbol;
use rbac::capability::{Capabilities, Holding};
use rbac::proof::Proof;
use rbac::{Grant, RoleId, SubjectKey, catalogue};

/// Somebody who is worth being, and the worst that they can do in the whole cluster or in their own namespace.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    /// Who.
    pub(crate) subject: SubjectKey,
    /// What they can do, by its index in the catalogue.
    pub(crate) danger: usize,
    /// How bad that is.
    pub(crate) severity: Severity,
}

/// A Secret that holds the token of an account.
struct Token {
    name: Symbol,
    target: Target,
}

/// Tokens that are kept as Secrets, and accounts that can do something critical in the whole cluster, by namespace.
pub(crate) struct Targets {
    tokens: BTreeMap<Symbol, Vec<Token>>,
    accounts: BTreeMap<Symbol, Vec<Target>>,
}

impl Targets {
    /// Made once for all that ask.
    pub(crate) fn shared(capabilities: &Capabilities<'_>) -> Arc<Self> {
        let inventory = capabilities.evaluator().inventory();
        inventory.indexes.derived_of_facts(|| Self::new(capabilities))
    }

    fn new(capabilities: &Capabilities<'_>) -> Self {
        let evaluator = capabilities.evaluator();
        let inventory = evaluator.inventory();
        let mut tokens: BTreeMap<Symbol, Vec<Token>> = BTreeMap::new();
        for secret in inventory.facts.secrets.iter().filter(|secret| secret.is_token && !secret.account.is_empty()) {
            let resource = inventory.resource(secret.resource);
            let namespace = evaluator.namespace_of(resource.namespace);
            let subject = account(capabilities, namespace, secret.account);
            if let Some(target) = worst(capabilities, subject, namespace) {
                tokens.entry(namespace).or_default().push(Token { name: resource.name, target });
            }
        }
        let mut accounts: BTreeMap<Symbol, Vec<Target>> = BTreeMap::new();
        for holding in capabilities.holdings().iter().filter(|holding| holding.namespace.is_none()) {
            let SubjectKey::User(user) = holding.subject else { continue };
            let user = evaluator.text(user);
            let Some((namespace, _)) = rbac::split_service_account(&user) else { continue };
            let namespace = inventory.symbols.intern(namespace);
            let unlimited = holding.dangers.without(holding.limited);
            let critical = unlimited.iter().find(|danger| catalogue::ALL[*danger].severity == Severity::Critical);
            let target = |danger| Target { subject: holding.subject, danger, severity: Severity::Critical };
            accounts.entry(namespace).or_default().extend(critical.map(target));
        }
        Self { tokens, accounts }
    }

    /// The worst account whose token a rule lets read there.
    pub(crate) fn token(
        &self,
        capabilities: &Capabilities<'_>,
        grant: Grant,
        namespace: Option<Symbol>,
    ) -> Option<Target> {
        let names = &capabilities.evaluator().granted(grant).words.names;
        let of = |tokens: &[Token]| {
            let readable = tokens.iter().filter(|token| names.is_empty() || names.contains(&token.name));
            readable.map(|token| token.target).reduce(worse)
        };
        match namespace {
            Some(namespace) => self.tokens.get(&namespace).and_then(|tokens| of(tokens)),
            None => self.tokens.values().filter_map(|tokens| of(tokens)).reduce(worse),
        }
    }

    /// The first account of a namespace that can do something critical in the whole cluster, but for somebody.
    pub(crate) fn account(&self, namespace: Symbol, but: SubjectKey) -> Option<Target> {
        self.accounts.get(&namespace)?.iter().find(|target| target.subject != but).copied()
    }
}

/// The worst that a Role gives which a rule lets bind there, of what whoever binds it cannot do anyway.
pub(crate) fn worst_role(capabilities: &Capabilities<'_>, proof: &Proof) -> Option<Severity> {
    let evaluator = capabilities.evaluator();
    let namespace = proof.namespace;
    let names = &evaluator.granted(proof.grants[0]).words.names;
    let roles = (0..).map(RoleId).zip(evaluator.roles()).filter(|(id, role)| {
        !role.cluster
            && role.first == *id
            && namespace.is_none_or(|namespace| namespace == role.namespace)
            && (names.is_empty() || names.contains(&role.name))
    });
    let severities = roles.flat_map(|(id, role)| {
        let namespace = Some(role.namespace);
        let (held, limits) = capabilities.of(proof.subject, namespace);
        let (dangers, limited) = capabilities.of_role(id, namespace);
        let dangers = dangers.without(held.without(limits));
        let holding = Holding { subject: SubjectKey::Nobody, namespace, dangers, limited };
        dangers.iter().map(|danger| capabilities.severity(&holding, danger)).max()
    });
    severities.max()
}

fn account(capabilities: &Capabilities<'_>, namespace: Symbol, name: Symbol) -> SubjectKey {
    let evaluator = capabilities.evaluator();
    let (namespace, name) = (evaluator.text(namespace), evaluator.text(name));
    evaluator.key(&rbac::Identity::service_account(&namespace, &name))
}

fn worst(capabilities: &Capabilities<'_>, subject: SubjectKey, own: Symbol) -> Option<Target> {
    let of = |namespace: Option<Symbol>| {
        let (dangers, limited) = capabilities.of(subject, namespace);
        let holding = Holding { subject, namespace, dangers, limited };
        let targets =
            dangers.iter().map(|danger| Target { subject, danger, severity: capabilities.severity(&holding, danger) });
        targets.reduce(worse)
    };
    of(None).into_iter().chain(of(Some(own))).reduce(worse)
}

/// Of equals the first.
fn worse(known: Target, other: Target) -> Target {
    if other.severity > known.severity { other } else { known }
}
