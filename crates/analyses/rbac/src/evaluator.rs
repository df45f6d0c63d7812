//! The evaluator: what it is asked, and what it answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::inventory::{BindingFact, Inventory, ResourceId, RoleFact};
use model::place::Place;
use model::symbols::Symbol;

use crate::answer::{Answer, Decision, Grant, Unknown};
use crate::compile::{Binding, BindingId, Policy, Role, RoleId, RoleLink, RoleRule, Source, SubjectKey, compile};
use crate::identity::{Identity, split_service_account};
use crate::map::Map;
use crate::node;
use crate::request::{Request, ResourceRequest};
use crate::rule::{Asked, Rule};

/// What is known beside the objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The minor version of Kubernetes: 34 is 1.34.
    pub kubernetes_minor: u8,
    /// Whether the roles and bindings that every API server makes are there, although the input does not have them.
    pub assume_built_in: bool,
    /// The namespace of objects that are written without one.
    pub default_namespace: String,
}

/// The newest version whose built-in roles are known.
pub(crate) const NEWEST: u8 = 37;

impl Default for Config {
    fn default() -> Self {
        Self { kubernetes_minor: NEWEST, assume_built_in: true, default_namespace: "default".to_owned() }
    }
}

/// Roles and bindings, compiled, and what they are called.
#[derive(Clone)]
pub struct Evaluator<'i> {
    inventory: &'i Inventory,
    policy: Arc<Policy>,
    minor: u8,
}

/// What a subject may do by one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Right {
    /// The namespace in which it holds; none for the whole cluster.
    pub namespace: Option<Symbol>,
    /// Where it comes from.
    pub grant: Grant,
}

/// Whether roles or bindings of a cluster were not looked at, or the input has none at all: what they grant is not known.
pub fn rights_unseen(inventory: &Inventory) -> bool {
    let is_of_rights =
        |(group, name): &(String, String)| group == "rbac.authorization.k8s.io" || group.is_empty() && name.is_empty();
    let has_none = inventory.facts.roles.is_empty() && inventory.facts.bindings.is_empty();
    inventory.unseen.iter().any(is_of_rights) || has_none && !inventory.complete && !inventory.resources.is_empty()
}

/// Whether all roles and bindings of running clusters were read: then what every cluster has at first is there, or was
/// taken away.
pub fn sees_all_rights(inventory: &Inventory) -> bool {
    !inventory.facts.live.clusters.is_empty() && !rights_unseen(inventory)
}

impl<'i> Evaluator<'i> {
    /// Compiles what the inventory has.
    pub fn new(inventory: &'i Inventory, config: &Config) -> Self {
        Self { inventory, policy: Arc::new(compile(inventory, config)), minor: config.kubernetes_minor }
    }

    /// The same, compiled once for all that ask with the same configuration.
    pub fn shared(inventory: &'i Inventory, config: &Config) -> Self {
        type Kept = (Config, Arc<Policy>);
        let kept =
            inventory.indexes.derived_of_facts(|| -> Kept { (config.clone(), Arc::new(compile(inventory, config))) });
        match kept.0 == *config {
            true => Self { inventory, policy: Arc::clone(&kept.1), minor: config.kubernetes_minor },
            false => Self::new(inventory, config),
        }
    }

    /// The inventory that was compiled.
    pub fn inventory(&self) -> &'i Inventory {
        self.inventory
    }

    /// The minor version of Kubernetes that is asked.
    pub fn kubernetes_minor(&self) -> u8 {
        self.minor
    }

    /// Whether that somebody may do it, and why.
    pub fn can(&self, identity: &Identity, request: &Request) -> Answer {
        let asked = Asked::new(request, &self.policy.vocabulary, &self.inventory.symbols);
        let mut answer =
            Answer { decision: Decision::NoOpinion, reasons: Vec::new(), outside: None, unknown: Vec::new() };
        let namespace = self.inventory.symbols.intern(request.namespace());
        for (id, subject) in self.bindings_of(identity) {
            if self.reaches(id, namespace) {
                self.judge(id, subject, &asked, &mut answer);
            }
        }
        if identity.is_master() {
            answer.outside = Some("members of `system:masters` are allowed everything before RBAC is asked");
        } else if let Some(node) = identity.node() {
            node::consider(self, node, request, &mut answer);
        }
        if answer.reasons.is_empty() && answer.outside.is_none() && rights_unseen(self.inventory) {
            answer.unknown.push(Unknown::Rights);
        }
        answer.decision = if !answer.reasons.is_empty() || answer.outside.is_some() {
            Decision::Allowed
        } else if !answer.unknown.is_empty() {
            Decision::Unknown
        } else {
            Decision::NoOpinion
        };
        answer
    }

    /// Whether it is allowed, without the reasons.
    pub fn allows(&self, identity: &Identity, request: &Request) -> bool {
        self.can(identity, request).decision == Decision::Allowed
    }

    /// The bindings of somebody, those of the whole cluster first, each once, with the first subject that is meant.
    fn bindings_of(&self, identity: &Identity) -> Vec<(BindingId, u32)> {
        let symbols = &self.inventory.symbols;
        let user = (!identity.user.is_empty()).then(|| SubjectKey::User(symbols.intern(&identity.user)));
        let groups = identity.groups.iter().map(|group| SubjectKey::Group(symbols.intern(group)));
        let keys = user.into_iter().chain(groups);
        let mut found: Vec<(BindingId, u32)> =
            keys.filter_map(|key| self.policy.by_subject.get(&key)).flatten().copied().collect();
        found.sort_unstable_by_key(|&(id, subject)| (!self.binding(id).cluster, id, subject));
        found.dedup_by_key(|(id, _)| *id);
        found
    }

    fn reaches(&self, id: BindingId, namespace: Symbol) -> bool {
        let binding = self.binding(id);
        binding.cluster || (!namespace.is_empty() && binding.namespace == namespace)
    }

    fn judge(&self, binding: BindingId, subject: u32, asked: &Asked, answer: &mut Answer) {
        let role = match self.binding(binding).role {
            RoleLink::Role(role) => role,
            RoleLink::NotSeen => return answer.unknown.push(Unknown::Role(binding)),
            RoleLink::Dangling | RoleLink::Invalid => return,
        };
        if self.role(role).truncated {
            answer.unknown.push(Unknown::Aggregation(role));
        }
        for (number, rule) in (0..).zip(&self.role(role).rules) {
            if self.rule(*rule).allows(asked) {
                answer.reasons.push(Grant { binding, subject, role, rule: number });
            }
        }
    }

    /// Everybody who may do it: each subject that a binding names, with what grants it. Members of groups are meant by
    /// their group.
    pub fn who_can(&self, request: &Request) -> BTreeMap<SubjectKey, Vec<Grant>> {
        let asked = Asked::new(request, &self.policy.vocabulary, &self.inventory.symbols);
        let namespace = self.inventory.symbols.intern(request.namespace());
        let mut first: Vec<Option<Option<u32>>> = vec![None; self.policy.roles.len()];
        let mut found: Map<SubjectKey, Vec<Grant>> = Map::default();
        let in_namespace = match namespace.is_empty() {
            true => &[][..],
            false => self.policy.in_namespace.get(&namespace).map_or(&[][..], Vec::as_slice),
        };
        for &id in self.policy.in_cluster.iter().chain(in_namespace) {
            let binding = self.binding(id);
            let RoleLink::Role(role) = binding.role else { continue };
            let rule = *first[role.0 as usize].get_or_insert_with(|| {
                let rules = &self.role(role).rules;
                rules.iter().position(|rule| self.rule(*rule).allows(&asked)).map(|at| at as u32)
            });
            let Some(rule) = rule else { continue };
            for (number, subject) in (0..).zip(&binding.subjects) {
                if *subject != SubjectKey::Nobody {
                    found.entry(*subject).or_default().push(Grant { binding: id, subject: number, role, rule });
                }
            }
        }
        let masters = SubjectKey::Group(self.inventory.symbols.intern("system:masters"));
        found.entry(masters).or_default();
        found.into_iter().collect()
    }

    /// The bindings that are meant by a request, and whose roles were not seen.
    pub fn not_seen(&self, request: &Request) -> Vec<BindingId> {
        let namespace = self.inventory.symbols.intern(request.namespace());
        let bindings = (0..self.policy.bindings.len() as u32).map(BindingId);
        bindings.filter(|&id| self.binding(id).role == RoleLink::NotSeen && self.reaches(id, namespace)).collect()
    }

    /// Everything that somebody may do, in the order in which the server looks.
    pub fn rights(&self, identity: &Identity) -> Vec<Right> {
        let mut rights = Vec::new();
        for (id, subject) in self.bindings_of(identity) {
            let binding = self.binding(id);
            let RoleLink::Role(role) = binding.role else { continue };
            let namespace = (!binding.cluster).then_some(binding.namespace);
            let rules = 0..self.role(role).rules.len() as u32;
            rights.extend(rules.map(|rule| Right { namespace, grant: Grant { binding: id, subject, role, rule } }));
        }
        rights
    }

    /// The rules that somebody holds in a namespace; an empty one is the whole cluster.
    pub(crate) fn rules_in(&self, identity: &Identity, namespace: &str) -> Vec<&Rule> {
        self.rules_without(identity, self.inventory.symbols.intern(namespace), |_| false)
    }

    /// The key of somebody, or of the first of his groups if only a group is known.
    pub fn key(&self, identity: &Identity) -> SubjectKey {
        let symbols = &self.inventory.symbols;
        match (&*identity.user, identity.groups.first()) {
            ("", Some(group)) => SubjectKey::Group(symbols.intern(group)),
            ("", None) => SubjectKey::Nobody,
            (user, _) => SubjectKey::User(symbols.intern(user)),
        }
    }

    /// The bindings of somebody that reach a namespace, those of the whole cluster first.
    pub(crate) fn reaching(&self, identity: &Identity, namespace: Option<Symbol>) -> Vec<(BindingId, u32)> {
        let mut bindings = self.bindings_of(identity);
        bindings.retain(|(id, _)| self.reaches(*id, namespace.unwrap_or(Symbol::EMPTY)));
        bindings
    }

    pub(crate) fn compiled(&self) -> &Policy {
        &self.policy
    }

    /// The rules that somebody holds in a namespace (an empty one is the whole cluster), but by bindings that are left out.
    pub(crate) fn rules_without(
        &self,
        identity: &Identity,
        namespace: Symbol,
        left_out: impl Fn(BindingId) -> bool,
    ) -> Vec<&Rule> {
        let bindings = self.bindings_of(identity).into_iter().map(|(id, _)| id);
        let bindings = bindings.filter(|id| self.reaches(*id, namespace) && !left_out(*id));
        let roles = bindings.filter_map(|id| match self.binding(id).role {
            RoleLink::Role(role) => Some(role),
            RoleLink::NotSeen | RoleLink::Dangling | RoleLink::Invalid => None,
        });
        roles.flat_map(|role| &self.role(role).rules).map(|rule| self.rule(*rule)).collect()
    }

    /// All subjects that bindings name.
    pub fn subjects(&self) -> Vec<SubjectKey> {
        let mut all: Vec<SubjectKey> = self.policy.by_subject.keys().copied().collect();
        // By what they are called: the numbers of texts depend on which thread came first.
        all.sort_by_cached_key(|subject| match subject {
            SubjectKey::User(name) => (0, self.text(*name)),
            SubjectKey::Group(name) => (1, self.text(*name)),
            SubjectKey::Nobody => (2, String::new()),
        });
        all
    }

    /// The bindings of a subject itself, without those of its groups.
    pub fn bindings_naming(&self, subject: SubjectKey) -> &[(BindingId, u32)] {
        self.policy.by_subject.get(&subject).map_or(&[], Vec::as_slice)
    }

    /// The identity of a subject that a binding names.
    pub fn identity(&self, subject: SubjectKey) -> Identity {
        match subject {
            SubjectKey::User(name) => Identity::user(&self.text(name), &[]),
            SubjectKey::Group(name) => Identity::group(&self.text(name)),
            SubjectKey::Nobody => Identity::default(),
        }
    }

    /// A subject as people are told it: kind and name.
    pub fn describe(&self, subject: SubjectKey) -> (&'static str, String) {
        match subject {
            SubjectKey::User(name) => {
                let name = self.text(name);
                match split_service_account(&name) {
                    Some((namespace, account)) => ("ServiceAccount", format!("{namespace}/{account}")),
                    None => ("User", name),
                }
            }
            SubjectKey::Group(name) => ("Group", self.text(name)),
            SubjectKey::Nobody => ("nobody", String::new()),
        }
    }

    /// The text of a symbol.
    pub fn text(&self, symbol: Symbol) -> String {
        self.inventory.symbols.text(symbol)
    }

    /// All bindings, those of every cluster among them.
    pub fn bindings(&self) -> &[Binding] {
        &self.policy.bindings
    }

    /// A binding.
    pub fn binding(&self, id: BindingId) -> &Binding {
        &self.policy.bindings[id.0 as usize]
    }

    /// All roles, those of every cluster among them.
    pub fn roles(&self) -> &[Role] {
        &self.policy.roles
    }

    /// A role.
    pub fn role(&self, id: RoleId) -> &Role {
        &self.policy.roles[id.0 as usize]
    }

    /// The role of that namespace and name; the namespace is empty for a ClusterRole.
    pub fn role_named(&self, namespace: &str, name: &str) -> Option<RoleId> {
        let symbols = &self.inventory.symbols;
        self.policy.role_names.get(&(symbols.intern(namespace), symbols.intern(name))).copied()
    }

    /// The roles of the name of this one, if there are several, the shipped one last.
    pub fn namesakes(&self, id: RoleId) -> &[RoleId] {
        self.policy.namesakes.get(&self.role(id).first).map_or(&[], |namesakes| &namesakes.roles)
    }

    /// The first ones of roles of which there are several of one name, and that do not grant the same.
    pub fn colliding(&self) -> impl Iterator<Item = RoleId> {
        self.policy.namesakes.iter().filter(|(_, namesakes)| namesakes.differ).map(|(first, _)| *first)
    }

    /// Whether there are roles of the name of this one that do not grant the same.
    pub fn collides(&self, id: RoleId) -> bool {
        self.policy.namesakes.get(&self.role(id).first).is_some_and(|namesakes| namesakes.differ)
    }

    /// The role from which a rule is aggregated; none if it is of the role itself, or of one of its name.
    pub fn aggregated_from(&self, role: RoleId, rule: RoleRule) -> Option<RoleId> {
        (self.role(rule.origin).first != self.role(role).first).then_some(rule.origin)
    }

    /// A rule.
    pub fn rule(&self, rule: RoleRule) -> &Rule {
        &self.policy.rules[rule.rule as usize]
    }

    /// The distinct rules.
    pub fn rules(&self) -> &[Rule] {
        &self.policy.rules
    }

    /// The rule of a grant.
    pub fn granted(&self, grant: Grant) -> &Rule {
        self.rule(self.role(grant.role).rules[grant.rule as usize])
    }

    /// The namespace that an object without one is put into.
    pub fn namespace_of(&self, written: Symbol) -> Symbol {
        self.policy.namespace_of(written)
    }

    /// What is known of a role that is in the input.
    pub fn role_fact(&self, id: RoleId) -> Option<&'i RoleFact> {
        match self.role(id).source {
            Source::Input(at) => self.inventory.facts.roles.get(at as usize),
            Source::BuiltIn => None,
        }
    }

    /// What is known of a binding that is in the input.
    pub fn binding_fact(&self, id: BindingId) -> Option<&'i BindingFact> {
        match self.binding(id).source {
            Source::Input(at) => self.inventory.facts.bindings.get(at as usize),
            Source::BuiltIn => None,
        }
    }

    /// Which rules grant such a request, whatever objects they name: the answer for each rule that is asked about. What is
    /// created has no name when it is asked for, so that a rule that names objects grants it for one that is applied only,
    /// where it lets patch them too.
    pub fn grants_apart_from_names(&self, request: &Request) -> impl Fn(&Rule) -> bool + use<> {
        let asked = Asked::new(request, &self.policy.vocabulary, &self.inventory.symbols);
        let applied = match request {
            Request::Resource(resource) if resource.verb == "create" && resource.subresource.is_empty() => {
                let patch = Request::Resource(ResourceRequest { verb: "patch".to_owned(), ..resource.clone() });
                Some(Asked::new(&patch, &self.policy.vocabulary, &self.inventory.symbols))
            }
            _ => None,
        };
        move |rule| {
            let can_be_named = || applied.as_ref().is_none_or(|applied| rule.allows_apart_from_names(applied));
            rule.allows_apart_from_names(&asked) && (!rule.is_for_names() || can_be_named())
        }
    }

    /// Where a rule is written: the object and the place. `None` for a role that every cluster has.
    pub fn place_of_rule(&self, rule: RoleRule) -> Option<(ResourceId, Place)> {
        let fact = self.role_fact(rule.origin)?;
        Some((fact.resource, fact.rules.get(rule.index as usize)?.place))
    }
}
