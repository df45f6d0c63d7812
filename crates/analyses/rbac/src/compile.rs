//! Roles and bindings, compiled: subjects as the names that the server compares, roles linked to what they grant.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use model::inventory::{BindingFact, Inventory, RoleFact, SubjectFact};
use model::labels::{Labels, Selector};
use model::place::Place;
use model::symbols::{Symbol, Symbols};

use crate::built_in::{self, BuiltIn};
use crate::evaluator::Config;
use crate::identity::SERVICE_ACCOUNT;
use crate::map::{Map, Set};
use crate::rule::{Rule, Vocabulary, Words};

/// The index of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleId(pub u32);

/// The index of a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BindingId(pub u32);

/// Where a role or binding comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The input: its index in the facts.
    Input(u32),
    /// Every cluster has it.
    BuiltIn,
}

/// A role.
#[derive(Debug)]
pub struct Role {
    /// Where it comes from.
    pub source: Source,
    /// The namespace; empty for a ClusterRole.
    pub namespace: Symbol,
    /// The name.
    pub name: Symbol,
    /// Whether it is a ClusterRole.
    pub cluster: bool,
    /// Its labels.
    pub labels: Labels,
    /// What it grants, aggregated rules among it.
    pub rules: Vec<RoleRule>,
    /// The labels of the roles that are aggregated into it, if any are.
    pub selectors: Option<Box<[Selector]>>,
    /// Whether more is aggregated into it than was looked at.
    pub truncated: bool,
    /// Whether the selector of any role chooses it.
    pub is_chosen: bool,
    /// The first role of the same name, to which bindings refer: it has the rules of all of them. Mostly the role itself.
    pub first: RoleId,
}

/// A rule of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleRule {
    /// The rule, by its index among all distinct rules.
    pub rule: u32,
    /// The role in which it is written: another one if it was aggregated.
    pub origin: RoleId,
    /// Its index there, counted from 0.
    pub index: u32,
}

/// The role of a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleLink {
    /// This one.
    Role(RoleId),
    /// It is not in the input.
    NotSeen,
    /// It does not exist: whoever creates it activates the binding.
    Dangling,
    /// A binding that the server does not take: of the whole cluster to the role of a namespace, or to another kind.
    Invalid,
}

/// A subject as the server compares it. A ServiceAccount is the user of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectKey {
    /// The user of that name.
    User(Symbol),
    /// Everybody in the group of that name.
    Group(Symbol),
    /// Nobody, whoever asks.
    Nobody,
}

/// A binding.
#[derive(Debug)]
pub struct Binding {
    /// Where it comes from.
    pub source: Source,
    /// Whether it is for the whole cluster.
    pub cluster: bool,
    /// Its namespace; empty for a ClusterRoleBinding. One that is written without is in the default namespace.
    pub namespace: Symbol,
    /// Its name.
    pub name: Symbol,
    /// What it gives.
    pub role: RoleLink,
    /// Whether `roleRef` is of a ClusterRole.
    pub cluster_role: bool,
    /// The name in `roleRef`.
    pub role_name: Symbol,
    /// Whom it gives that to, in the order in which they are written.
    pub subjects: Box<[SubjectKey]>,
}

/// Roles of one name.
#[derive(Debug)]
pub(crate) struct Namesakes {
    /// All of them, in the order of the input, the shipped one last.
    pub(crate) roles: Vec<RoleId>,
    /// Whether they grant different things.
    pub(crate) differ: bool,
}

/// Everything compiled.
pub(crate) struct Policy {
    pub(crate) vocabulary: Vocabulary,
    pub(crate) rules: Vec<Rule>,
    pub(crate) roles: Vec<Role>,
    pub(crate) bindings: Vec<Binding>,
    pub(crate) by_subject: Map<SubjectKey, Vec<(BindingId, u32)>>,
    pub(crate) in_cluster: Vec<BindingId>,
    pub(crate) in_namespace: Map<Symbol, Vec<BindingId>>,
    pub(crate) role_names: Map<(Symbol, Symbol), RoleId>,
    /// Roles of which there are several of one name, by the first of them.
    pub(crate) namesakes: BTreeMap<RoleId, Namesakes>,
    pub(crate) default_namespace: Symbol,
    /// Which roles grant no more than what is shipped under their names.
    shipped_roles: OnceLock<Vec<bool>>,
}

struct Compiler<'i> {
    inventory: &'i Inventory,
    symbols: &'i Symbols,
    known_rules: Map<Words, u32>,
    policy: Policy,
    /// Rules as written in each role, which aggregation may replace.
    complete: bool,
}

pub(crate) fn compile(inventory: &Inventory, config: &Config) -> Policy {
    let symbols = &inventory.symbols;
    let policy = Policy {
        vocabulary: Vocabulary::new(symbols),
        rules: Vec::new(),
        roles: Vec::new(),
        bindings: Vec::new(),
        by_subject: Map::default(),
        in_cluster: Vec::new(),
        in_namespace: Map::default(),
        role_names: Map::default(),
        namesakes: BTreeMap::new(),
        default_namespace: symbols.intern(&config.default_namespace),
        shipped_roles: OnceLock::new(),
    };
    let mut compiler =
        Compiler { inventory, symbols, known_rules: Map::default(), policy, complete: inventory.complete };
    for (index, fact) in (0..).zip(&inventory.facts.roles) {
        compiler.role(index, fact);
    }
    let built_in = match config.assume_built_in {
        true => built_in::of_version(config.kubernetes_minor),
        false => BuiltIn::default(),
    };
    compiler.built_in_roles(&built_in);
    crate::aggregation::aggregate(&mut compiler.policy.roles);
    compiler.policy.join_namesakes();
    for (index, fact) in (0..).zip(&inventory.facts.bindings) {
        compiler.binding(index, fact);
    }
    compiler.built_in_bindings(&built_in);
    compiler.policy.index();
    compiler.policy
}

impl Compiler<'_> {
    fn rule(&mut self, words: Words) -> u32 {
        if let Some(&known) = self.known_rules.get(&words) {
            return known;
        }
        let id = self.policy.rules.len() as u32;
        self.policy.rules.push(Rule::new(words.clone(), &self.policy.vocabulary, self.symbols));
        self.known_rules.insert(words, id);
        id
    }

    fn role(&mut self, index: u32, fact: &RoleFact) {
        let resource = self.inventory.resource(fact.resource);
        let namespace = match fact.cluster {
            true => Symbol::EMPTY,
            false => self.policy.namespace_of(resource.namespace),
        };
        let id = RoleId(self.policy.roles.len() as u32);
        let rules = fact.rules.iter().zip(0..).map(|(rule, index)| RoleRule {
            rule: self.rule(Words::from(rule)),
            origin: id,
            index,
        });
        let role = Role {
            source: Source::Input(index),
            namespace,
            name: resource.name,
            cluster: fact.cluster,
            rules: rules.collect(),
            labels: fact.labels.clone(),
            selectors: fact.aggregated.then(|| fact.selectors.clone()),
            truncated: false,
            is_chosen: false,
            first: id,
        };
        self.push(role, id);
    }

    /// Takes a role in. Which one of several of one name a cluster has in the end is not known: none of them wins.
    fn push(&mut self, mut role: Role, id: RoleId) {
        let first = *self.policy.role_names.entry((role.namespace, role.name)).or_insert(id);
        if first != id {
            let namesakes = self.policy.namesakes.entry(first);
            namesakes.or_insert_with(|| Namesakes { roles: vec![first], differ: false }).roles.push(id);
        }
        role.first = first;
        self.policy.roles.push(role);
    }

    /// The roles of the input to which the server adds what it ships under their name; none if it leaves all of them as
    /// they are.
    fn reconciled(&self, first: RoleId) -> Vec<RoleId> {
        let alone = [first];
        let all = self.policy.namesakes.get(&first).map_or(&alone[..], |namesakes| &namesakes.roles);
        let is_reconciled = |role: &&RoleId| match self.policy.roles[role.0 as usize].source {
            Source::Input(at) => self.inventory.facts.roles[at as usize].is_reconciled,
            Source::BuiltIn => false,
        };
        all.iter().filter(is_reconciled).copied().collect()
    }

    fn built_in_roles(&mut self, built_in: &BuiltIn) {
        for role in &built_in.roles {
            let key = (self.symbols.intern(role.namespace), self.symbols.intern(role.name));
            let known = self.policy.role_names.get(&key).map(|first| self.reconciled(*first));
            if known.as_ref().is_some_and(Vec::is_empty) {
                continue;
            }
            let id = RoleId(self.policy.roles.len() as u32);
            let list = |words: &[&str]| words.iter().map(|word| self.symbols.intern(word)).collect::<Box<[Symbol]>>();
            let words: Vec<Words> = role
                .rules
                .iter()
                .map(|[verbs, groups, resources, names, urls]| Words {
                    verbs: list(verbs),
                    groups: list(groups),
                    resources: list(resources),
                    names: list(names),
                    urls: list(urls),
                })
                .collect();
            let label = |&(key, value): &(&str, &str)| (self.symbols.intern(key), self.symbols.intern(value));
            let labels = role.labels.iter().map(label).collect();
            let selectors = role.aggregates.as_ref().map(|selectors| {
                selectors.iter().map(label).map(|(key, value)| Selector::of_label(key, value)).collect()
            });
            let rules =
                words.into_iter().zip(0..).map(|(words, index)| RoleRule { rule: self.rule(words), origin: id, index });
            let rules = rules.collect();
            for role in known.into_iter().flatten() {
                self.reconcile(role, &labels, selectors.as_deref());
            }
            let role = Role {
                source: Source::BuiltIn,
                namespace: key.0,
                name: key.1,
                cluster: role.namespace.is_empty(),
                labels,
                rules,
                selectors,
                truncated: false,
                is_chosen: false,
                first: id,
            };
            self.push(role, id);
        }
    }

    /// What a server that starts adds to a role of a name that it ships, beside rules: labels, and what is aggregated.
    /// Source: `ReconcileRoleOptions`, with `Confirm`.
    fn reconcile(&mut self, id: RoleId, labels: &Labels, selectors: Option<&[Selector]>) {
        let role = &mut self.policy.roles[id.0 as usize];
        if let Some(selectors) = selectors {
            let own = role.selectors.iter().flatten().filter(|own| !selectors.contains(own)).cloned();
            role.selectors = Some(own.chain(selectors.iter().cloned()).collect());
        }
        let own = role.labels.iter().filter(|(key, _)| !labels.iter().any(|(other, _)| other == key));
        role.labels = own.chain(labels).copied().collect();
    }

    fn link(&self, cluster: bool, role_kind: &str, namespace: Symbol, name: Symbol) -> RoleLink {
        let key = match role_kind {
            "ClusterRole" => (Symbol::EMPTY, name),
            // The whole cluster is not bound to the role of a namespace.
            "Role" if !cluster => (namespace, name),
            _ => return RoleLink::Invalid,
        };
        match self.policy.role_names.get(&key) {
            Some(role) => RoleLink::Role(*role),
            None if self.complete => RoleLink::Dangling,
            None => RoleLink::NotSeen,
        }
    }

    fn binding(&mut self, index: u32, fact: &BindingFact) {
        let resource = self.inventory.resource(fact.resource);
        let namespace = match fact.cluster {
            true => Symbol::EMPTY,
            false => self.policy.namespace_of(resource.namespace),
        };
        let role = self.link(fact.cluster, &self.symbols.text(fact.role_kind), namespace, fact.role);
        let subjects = fact.subjects.iter().map(|subject| self.subject(subject, namespace));
        let binding = Binding {
            source: Source::Input(index),
            cluster: fact.cluster,
            namespace,
            name: resource.name,
            role,
            cluster_role: fact.cluster_role,
            role_name: fact.role,
            subjects: subjects.collect(),
        };
        self.policy.bindings.push(binding);
    }

    /// Source: `appliesToUser`. The namespace of a ServiceAccount is that of the binding where none is written.
    fn subject(&self, subject: &SubjectFact, binding_namespace: Symbol) -> SubjectKey {
        match &*self.symbols.text(subject.kind) {
            "User" => SubjectKey::User(subject.name),
            "Group" => SubjectKey::Group(subject.name),
            "ServiceAccount" => {
                let own = subject.namespace;
                let namespace = if own.is_empty() { binding_namespace } else { own };
                if namespace.is_empty() {
                    return SubjectKey::Nobody;
                }
                let (namespace, name) = (self.symbols.text(namespace), self.symbols.text(subject.name));
                SubjectKey::User(self.symbols.intern(&format!("{SERVICE_ACCOUNT}{namespace}:{name}")))
            }
            _ => SubjectKey::Nobody,
        }
    }

    fn built_in_bindings(&mut self, built_in: &BuiltIn) {
        let mut known: Map<(Symbol, Symbol), Vec<usize>> = Map::default();
        for (at, binding) in self.policy.bindings.iter().enumerate() {
            known.entry((binding.namespace, binding.name)).or_default().push(at);
        }
        for binding in &built_in.bindings {
            let (namespace, name) = (self.symbols.intern(binding.namespace), self.symbols.intern(binding.name));
            let known = known.get(&(namespace, name)).map_or(&[][..], Vec::as_slice);
            if !known.is_empty() && !known.iter().any(|at| self.is_reconciled(*at)) {
                continue;
            }
            let subjects = binding.subjects.iter().map(|(kind, namespace, name)| {
                let subject = SubjectFact {
                    kind: self.symbols.intern(kind),
                    api_group: Symbol::EMPTY,
                    namespace: self.symbols.intern(namespace),
                    name: self.symbols.intern(name),
                    place: Place::default(),
                };
                self.subject(&subject, Symbol::EMPTY)
            });
            let mut subjects: Vec<SubjectKey> = subjects.collect();
            // The server adds whom a binding of the name lacks; one to another role it makes again.
            let role = (self.symbols.intern(binding.role), binding.role_kind == "ClusterRole");
            for other in known.iter().map(|at| &self.policy.bindings[*at]) {
                if (other.role_name, other.cluster_role) == role {
                    subjects.retain(|subject| !other.subjects.contains(subject));
                }
            }
            if subjects.is_empty() && !binding.subjects.is_empty() {
                continue;
            }
            let (cluster, role_name) = (namespace.is_empty(), self.symbols.intern(binding.role));
            let binding = Binding {
                source: Source::BuiltIn,
                cluster,
                namespace,
                name,
                role: self.link(cluster, binding.role_kind, namespace, role_name),
                cluster_role: binding.role_kind == "ClusterRole",
                role_name,
                subjects: subjects.into(),
            };
            self.policy.bindings.push(binding);
        }
    }

    fn is_reconciled(&self, binding: usize) -> bool {
        match self.policy.bindings[binding].source {
            Source::Input(at) => self.inventory.facts.bindings[at as usize].is_reconciled,
            Source::BuiltIn => false,
        }
    }
}

impl Policy {
    /// Gives the first of several roles of one name the rules of all of them.
    fn join_namesakes(&mut self) {
        for (first, namesakes) in &mut self.namesakes {
            let of = |role: &RoleId| &self.roles[role.0 as usize];
            let granted = |role: &RoleId| of(role).rules.iter().map(|rule| rule.rule).collect::<BTreeSet<u32>>();
            let own = granted(first);
            namesakes.differ = namesakes.roles.iter().any(|role| granted(role) != own);
            let truncated = namesakes.roles.iter().any(|role| of(role).truncated);
            let mut said = Set::default();
            let all = namesakes.roles.iter().flat_map(|role| &of(role).rules);
            let rules: Vec<RoleRule> = all.filter(|rule| said.insert(rule.rule)).copied().collect();
            let role = &mut self.roles[first.0 as usize];
            (role.rules, role.truncated) = (rules, truncated);
        }
    }

    pub(crate) fn shipped_roles(&self, find: impl FnOnce() -> Vec<bool>) -> &[bool] {
        self.shipped_roles.get_or_init(find)
    }

    /// The namespace that an object without one is put into.
    pub(crate) fn namespace_of(&self, written: Symbol) -> Symbol {
        if written.is_empty() { self.default_namespace } else { written }
    }

    fn index(&mut self) {
        for (id, binding) in (0..).map(BindingId).zip(&self.bindings) {
            match binding.cluster {
                true => self.in_cluster.push(id),
                false => self.in_namespace.entry(binding.namespace).or_default().push(id),
            }
            for (number, subject) in (0..).zip(&binding.subjects) {
                if *subject != SubjectKey::Nobody {
                    self.by_subject.entry(*subject).or_default().push((id, number));
                }
            }
        }
    }
}
