//! What the edges look at: the inventory, the evaluators, and the joins that many edges need.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::bindable::{self, Bindable};
use crate::edge::Assumptions;
use crate::edges::granted;
use crate::placement::{self, Placement};
use crate::segments::Segments;
use crate::standing::Standing;
use crate::templates::{self, Edit, Existing};
use model::inventory::{
    ConfinementFact, ContainerConfinementFact, Inventory, NamespaceFact, ResourceId, ServiceAccountFact, WorkloadFact,
};
use model::symbols::Symbol;
use network::{EndpointId, Entry, Identity, Network};
use rbac::{BindingId, Evaluator, RoleId, RoleLink, RoleRule, SubjectKey};

/// What is known beside the objects.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// What the evaluator of rights is told.
    pub rbac: rbac::Config,
    /// What the evaluator of the network is told.
    pub network: network::Config,
}

impl Config {
    /// What can be told from the objects: the network plugin, and whether the roles and bindings that every cluster has at
    /// first are there although they were not read. The version is the newest if none is given.
    pub fn of(inventory: &Inventory, kubernetes_minor: Option<u8>) -> Self {
        let mut config = Self::default();
        config.rbac.assume_built_in = !rbac::sees_all_rights(inventory);
        if let Some(minor) = kubernetes_minor {
            config.rbac.kubernetes_minor = minor;
        }
        if let Some(plugin) = network::detect(inventory) {
            config.network.dialect = plugin.dialect;
        }
        config
    }
}

/// Everything that preconditions of edges ask for.
pub struct World<'a> {
    /// What is known.
    pub inventory: &'a Inventory,
    /// Who may do what.
    pub rbac: Evaluator<'a>,
    /// Who may connect to whom.
    pub network: Network<'a>,
    default: Symbol,
    /// For each workload what it lacks of confinement, if it lacks any.
    confinement: BTreeMap<u32, &'a ConfinementFact>,
    standing: Standing,
    placement: OnceCell<Placement>,
    node_sets: OnceCell<placement::Sets>,
    rights: Vec<Right>,
    by_subject: BTreeMap<SubjectKey, Vec<RightId>>,
    bindable: Vec<Bindable>,
    namespaces: Vec<Symbol>,
    account_facts: BTreeMap<(Symbol, Symbol), &'a ServiceAccountFact>,
    existing: OnceCell<Existing>,
    creating: OnceCell<BTreeMap<RightId, Assumptions>>,
    guards: OnceCell<Vec<granted::Guard>>,
    editing: OnceCell<Vec<Vec<Edit>>>,
    segments: OnceCell<Segments>,
    entries: OnceCell<Vec<Entry>>,
    members: OnceCell<BTreeMap<EndpointId, Vec<u32>>>,
}

/// Kinds of the whole cluster that evidence and fixes point at.
const OF_CLUSTER: [&str; 4] = ["ClusterRole", "ClusterRoleBinding", "Namespace", "PersistentVolume"];

/// The index of a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RightId(pub u32);

/// A rule where it holds.
#[derive(Clone, Debug)]
pub struct Right {
    /// The rule.
    pub rule: RoleRule,
    /// The namespace in which it holds; `None` for the whole cluster.
    pub scope: Option<Symbol>,
    /// The bindings that give it; none if somebody may only bind it.
    pub bindings: Vec<BindingId>,
}

/// What a right is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The verb.
    pub verb: &'static str,
    /// The API group; empty is the core group.
    pub group: &'static str,
    /// The resource, with its subresource: `pods/exec`.
    pub resource: &'static str,
}

impl Wanted {
    /// As the API server is asked for it.
    pub(crate) fn request(self) -> rbac::Request {
        rbac::Request::resource(self.verb, self.group, self.resource)
    }
}

/// A wanted right.
pub const fn wanted(verb: &'static str, group: &'static str, resource: &'static str) -> Wanted {
    Wanted { verb, group, resource }
}

impl<'a> World<'a> {
    /// Makes the joins.
    pub fn new(inventory: &'a Inventory, config: &Config) -> Self {
        let mut first = BTreeMap::new();
        for (number, workload) in (0_u32..).zip(&inventory.facts.workloads) {
            first.entry(workload.resource).or_insert(number);
        }
        let confinement = inventory.facts.confinement.iter();
        let confinement = confinement.filter_map(|fact| Some((first.get(&fact.resource)? + fact.number, fact)));
        let confinement = confinement.collect();
        let rbac = Evaluator::shared(inventory, &config.rbac);
        let rights = rights(&rbac);
        let by_subject = by_subject(&rbac, &rights);
        let default = inventory.symbols.intern("default");
        let mut world = Self {
            inventory,
            rbac,
            network: Network::shared(inventory, &config.network),
            default,
            confinement,
            standing: Standing::default(),
            placement: OnceCell::new(),
            node_sets: OnceCell::new(),
            rights,
            by_subject,
            bindable: Vec::new(),
            namespaces: Vec::new(),
            account_facts: BTreeMap::new(),
            existing: OnceCell::new(),
            creating: OnceCell::new(),
            guards: OnceCell::new(),
            editing: OnceCell::new(),
            segments: OnceCell::new(),
            entries: OnceCell::new(),
            members: OnceCell::new(),
        };
        let accounts = inventory.facts.service_accounts.iter();
        world.account_facts = accounts
            .map(|fact| ((world.namespace(fact.resource), inventory.resource(fact.resource).name), fact))
            .collect();
        world.namespaces = world.find_namespaces();
        (world.bindable, world.rights) = bindable::find(&world);
        world.standing = Standing::new(inventory, &world.confinement, &|resource| world.namespace(resource));
        world
    }

    fn find_namespaces(&self) -> Vec<Symbol> {
        let named = self.inventory.facts.namespaces.iter().map(|fact| self.inventory.resource(fact.resource).name);
        let populated = self.inventory.facts.workloads.iter().map(|workload| self.namespace(workload.resource));
        let mut all: Vec<Symbol> =
            named.chain(populated).chain(self.rights.iter().filter_map(|right| right.scope)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The namespace of an object: `default` where none is written.
    pub fn namespace(&self, resource: ResourceId) -> Symbol {
        let written = self.inventory.namespace(resource);
        if written.is_empty() { self.default } else { written }
    }

    /// `Kind namespace/name`, without the namespace for what is of the whole cluster.
    pub fn object_name(&self, resource: ResourceId) -> String {
        let object = self.inventory.resource(resource);
        let (kind, name) = (self.text(object.kind), self.text(object.name));
        let of_cluster = object.namespace.is_empty() && OF_CLUSTER.contains(&&*kind);
        if of_cluster {
            format!("{kind} {name}")
        } else {
            format!("{kind} {}/{name}", self.text(self.namespace(resource)))
        }
    }

    /// Every namespace that is known of.
    pub fn namespaces(&self) -> &[Symbol] {
        &self.namespaces
    }

    /// The Namespace of that name, if it is in the input.
    pub fn namespace_fact(&self, name: Symbol) -> Option<&'a NamespaceFact> {
        self.inventory.namespace_named(name)
    }

    /// The workloads with their numbers. Pods that are what their owner says are not among them: the owner stands for
    /// them.
    pub fn workloads(&self) -> impl Iterator<Item = (u32, &'a WorkloadFact)> + '_ {
        let all = (0..).zip(&self.inventory.facts.workloads);
        all.filter(|(number, _)| self.standing.of(*number) == Some(*number))
    }

    /// The endpoints of the network that are pods, each with the numbers of its workloads: the object itself, or else
    /// its pods.
    pub fn endpoints(&self) -> impl Iterator<Item = (EndpointId, Vec<u32>)> + '_ {
        self.network.endpoints().filter_map(|(id, endpoint)| {
            let Identity::Workload { workload, .. } = endpoint.identity else { return None };
            let workload = &self.network.workloads()[workload as usize];
            let is_own =
                |member: &&u32| self.inventory.facts.workloads[**member as usize].resource == workload.resource;
            let own: Vec<u32> = workload.members.iter().filter(is_own).copied().collect();
            let members = if own.is_empty() { &workload.members } else { &own };
            let mut members: Vec<u32> = members.iter().filter_map(|member| self.standing.of(*member)).collect();
            members.sort_unstable();
            members.dedup();
            Some((id, members))
        })
    }

    /// The numbers of the workloads of one endpoint.
    pub fn workloads_of(&self, endpoint: EndpointId) -> Vec<u32> {
        self.members.get_or_init(|| self.endpoints().collect()).get(&endpoint).cloned().unwrap_or_default()
    }

    /// Every way in from outside; found when first asked for.
    pub fn entries(&self) -> &[Entry] {
        self.entries.get_or_init(|| self.network.exposure())
    }

    /// On which nodes workloads run; found when first asked for.
    pub(crate) fn placement(&self) -> &Placement {
        self.placement.get_or_init(|| Placement::new(self.inventory, &self.standing))
    }

    /// Nodes that pods come to, in sets; found when first asked for.
    pub(crate) fn node_sets(&self) -> &placement::Sets {
        self.node_sets.get_or_init(|| placement::Sets::new(self))
    }

    /// Where objects with templates are; found when first asked for.
    pub fn existing(&self) -> &Existing {
        self.existing.get_or_init(|| Existing::new(self))
    }

    /// The rights that make new pods, each with what must hold; found when first asked for.
    pub(crate) fn creating(&self) -> &BTreeMap<RightId, Assumptions> {
        self.creating.get_or_init(|| granted::find_creating(self))
    }

    /// What is asked before a pod is taken; found when first asked for.
    pub(crate) fn guards(&self) -> &[granted::Guard] {
        self.guards.get_or_init(|| granted::find_guards(self))
    }

    /// The rights that change templates of a kind; found when first asked for.
    pub(crate) fn editing(&self, kind: u32) -> &[Edit] {
        &self.editing.get_or_init(|| templates::find_editing(self))[kind as usize]
    }

    /// Who may connect to what, in sets that many share; found when first asked for.
    pub fn segments(&self) -> &Segments {
        self.segments.get_or_init(|| Segments::new(self))
    }

    /// The workloads that lack some of what holds pods apart from nodes, with their numbers.
    pub fn unconfined(&self) -> impl Iterator<Item = (u32, &'a ConfinementFact)> + '_ {
        let standing = self.confinement.iter().filter(|(number, _)| self.standing.of(**number) == Some(**number));
        standing.map(|(&number, &fact)| (number, fact))
    }

    /// What a workload lacks of confinement, if it lacks any.
    pub(crate) fn confinement_of(&self, workload: u32) -> Option<&'a ConfinementFact> {
        self.confinement.get(&workload).copied()
    }

    /// A container that lacks some of what holds it apart from its node: the number of its workload, and its own.
    pub fn container(&self, workload: u32, number: u32) -> Option<&'a ContainerConfinementFact> {
        self.confinement.get(&workload)?.containers.get(number as usize)
    }

    /// A text of the inventory.
    pub fn text(&self, symbol: Symbol) -> String {
        self.inventory.symbols.text(symbol)
    }

    /// The user that a ServiceAccount is for the server.
    pub fn account(&self, namespace: Symbol, name: Symbol) -> SubjectKey {
        let user = format!("system:serviceaccount:{}:{}", self.text(namespace), self.text(name));
        SubjectKey::User(self.inventory.symbols.intern(&user))
    }

    /// Namespace and name of the ServiceAccount of a workload.
    pub fn account_of(&self, workload: &WorkloadFact) -> (Symbol, Symbol) {
        let name = if workload.service_account.is_empty() { self.default } else { workload.service_account };
        (self.namespace(workload.resource), name)
    }

    /// The ServiceAccount of that name, if it is in the input.
    pub fn account_fact(&self, namespace: Symbol, name: Symbol) -> Option<&'a ServiceAccountFact> {
        self.account_facts.get(&(namespace, name)).copied()
    }

    /// Whether a ServiceAccount is there; `None` if it is not known. Every namespace has `default`.
    pub(crate) fn account_is_there(&self, namespace: Symbol, name: Symbol) -> Option<bool> {
        if name == self.default || self.account_fact(namespace, name).is_some() {
            return Some(true);
        }
        let mut unseen = self.inventory.unseen.iter();
        let sees =
            !unseen.any(|(group, plural)| group.is_empty() && (plural.is_empty() || plural == "serviceaccounts"));
        (self.inventory.complete && sees).then_some(false)
    }

    /// The numbers of the workloads behind the Service of that name.
    pub(crate) fn behind(&self, namespace: Symbol, name: Symbol) -> Vec<u32> {
        let mut services = self.inventory.facts.network.services.iter().filter(|service| {
            self.namespace(service.resource) == namespace && self.inventory.resource(service.resource).name == name
        });
        let Some(service) = services.next().filter(|service| !service.selector.is_empty()) else { return Vec::new() };
        let is_behind = |workload: &WorkloadFact| {
            self.namespace(workload.resource) == namespace && self.inventory.selects(&service.selector, workload)
        };
        self.workloads().filter(|(_, workload)| is_behind(workload)).map(|(number, _)| number).collect()
    }

    /// The ServiceAccounts that are in the input or that workloads use, each once.
    pub fn accounts(&self) -> impl Iterator<Item = (Symbol, Symbol)> {
        let used = self.inventory.facts.workloads.iter().map(|workload| self.account_of(workload));
        let all: BTreeSet<(Symbol, Symbol)> = self.account_facts.keys().copied().chain(used).collect();
        all.into_iter()
    }

    /// The ServiceAccounts that bindings name and that are neither in the input nor used by a workload.
    pub fn accounts_only_bound(&self) -> impl Iterator<Item = ((Symbol, Symbol), SubjectKey)> {
        let known: BTreeSet<(Symbol, Symbol)> = self.accounts().collect();
        let subjects = self.by_subject.keys().copied();
        let accounts = subjects.filter_map(|subject| Some((self.namespace_and_name(subject)?, subject)));
        accounts.filter(move |(account, _)| !known.contains(account))
    }

    /// Namespace and name of a subject that is a ServiceAccount.
    pub(crate) fn namespace_and_name(&self, subject: SubjectKey) -> Option<(Symbol, Symbol)> {
        let SubjectKey::User(user) = subject else { return None };
        let user = self.text(user);
        let (namespace, name) = rbac::split_service_account(&user)?;
        let is_account = !namespace.is_empty() && !name.is_empty() && !name.contains(':');
        is_account.then(|| (self.inventory.symbols.intern(namespace), self.inventory.symbols.intern(name)))
    }

    /// The rights that subjects may bind to themselves, role by role.
    pub(crate) fn bindable(&self) -> &[Bindable] {
        &self.bindable
    }

    /// All rights that somebody has, or may bind to itself.
    pub fn rights(&self) -> impl Iterator<Item = (RightId, &Right)> {
        (0..).map(RightId).zip(&self.rights)
    }

    /// A right.
    pub fn right(&self, id: RightId) -> &Right {
        &self.rights[id.0 as usize]
    }

    /// The rights that grant any of these, with the names of the objects that they are for; no names are all objects.
    /// What is of the whole cluster is granted in the whole cluster only; a Namespace also in itself.
    pub fn rights_to<'w>(&'w self, all: &'w [Wanted]) -> impl Iterator<Item = (RightId, &'w Right, &'w [Symbol])> {
        let requests: Vec<_> = all
            .iter()
            .map(|wanted| {
                let plural = wanted.resource.split('/').next().unwrap_or_default();
                // A Namespace is asked for in itself, and `bind` of a ClusterRole in the namespace of the binding.
                let elsewhere = plural == "namespaces" || wanted.verb == "bind";
                let of_cluster = rbac::resources::is_cluster_scoped(plural) && !elsewhere;
                (self.rbac.grants_apart_from_names(&wanted.request()), of_cluster)
            })
            .collect();
        let rules = self.rbac.rules();
        let granting: Vec<(bool, bool)> = rules
            .iter()
            .map(|rule| {
                let granted = requests.iter().filter(|(grants, _)| grants(rule));
                granted.fold((false, false), |(somewhere, in_namespace), (_, of_cluster)| {
                    (true | somewhere, in_namespace | !of_cluster)
                })
            })
            .collect();
        self.rights().filter_map(move |(id, right)| {
            let (granted, in_namespace) = granting[right.rule.rule as usize];
            let holds = granted && (right.scope.is_none() || in_namespace);
            holds.then(|| (id, right, &*self.rbac.rule(right.rule).words.names))
        })
    }

    /// The subjects that bindings name, each with all rights that it has, those of its groups among them.
    pub fn holders(&self) -> impl Iterator<Item = (SubjectKey, &[RightId])> {
        self.by_subject.iter().map(|(subject, rights)| (*subject, rights.as_slice()))
    }
}

fn rights(rbac: &Evaluator<'_>) -> Vec<Right> {
    let mut found: BTreeMap<(RoleId, u32, Option<Symbol>), Right> = BTreeMap::new();
    for (id, binding) in (0..).map(BindingId).zip(rbac.bindings()) {
        let RoleLink::Role(role) = binding.role else { continue };
        let scope = (!binding.cluster).then_some(binding.namespace);
        for &rule in &rbac.role(role).rules {
            let right = found.entry((rule.origin, rule.index, scope));
            let right = right.or_insert_with(|| Right { rule, scope, bindings: Vec::new() });
            if right.bindings.last() != Some(&id) {
                right.bindings.push(id);
            }
        }
    }
    found.into_values().collect()
}

fn by_subject(rbac: &Evaluator<'_>, rights: &[Right]) -> BTreeMap<SubjectKey, Vec<RightId>> {
    let mut of_binding: BTreeMap<BindingId, Vec<RightId>> = BTreeMap::new();
    for (id, right) in (0..).map(RightId).zip(rights) {
        for &binding in &right.bindings {
            of_binding.entry(binding).or_default().push(id);
        }
    }
    let all = rbac.subjects().into_iter().map(|subject| {
        let mut bindings: Vec<BindingId> =
            rbac.rights(&rbac.identity(subject)).into_iter().map(|right| right.grant.binding).collect();
        bindings.dedup();
        let rights = bindings.iter().filter_map(|binding| of_binding.get(binding)).flatten().copied();
        let mut rights: Vec<RightId> = rights.collect();
        rights.sort_unstable();
        rights.dedup();
        (subject, rights)
    });
    all.collect()
}
