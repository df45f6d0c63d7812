//! Which dangerous things every subject can do, where, and by which rules.

use std::sync::{Arc, OnceLock};

use model::inventory::Inventory;
use model::severity::Severity;
use model::symbols::Symbol;

use crate::answer::Grant;
use crate::catalogue::{self, Danger, Where};
use crate::compile::{BindingId, RoleId, RoleLink, RoleRule, SubjectKey};
use crate::evaluator::{Config, Evaluator};
use crate::identity::split_service_account;
use crate::map::{Map, Set};
use crate::needs::{Met, Needs, Reach};
use crate::parameters::{self, Parameters};
use crate::proof::Proof;

/// Dangers by their index in the catalogue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dangers(u128);

impl Dangers {
    /// Whether it is among them.
    pub fn has(self, danger: usize) -> bool {
        self.0 & (1 << danger) != 0
    }

    /// Their indexes, in the order of the catalogue.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..catalogue::ALL.len()).filter(move |danger| self.has(*danger))
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that are not among the others.
    #[must_use]
    pub fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// How many there are.
    pub fn len(self) -> u32 {
        self.0.count_ones()
    }
}

/// What a subject can do in one scope, beyond what its groups can and what it can in the whole cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Who.
    pub subject: SubjectKey,
    /// The namespace; none for the whole cluster.
    pub namespace: Option<Symbol>,
    /// What.
    pub dangers: Dangers,
    /// Of them, those that are limited to objects of some names.
    pub limited: Dangers,
}

/// Everything dangerous that anybody can do.
pub struct Capabilities<'i> {
    evaluator: Evaluator<'i>,
    judged: Arc<Judged>,
}

/// What was found, apart from what it is called.
pub(crate) struct Judged {
    pub(crate) needs: Needs,
    pub(crate) rules: Vec<Reach>,
    pub(crate) roles: Vec<Reach>,
    holdings: Vec<Holding>,
    places: Places,
    powerful: Set<Symbol>,
    pub(crate) proofs: OnceLock<Arc<Vec<Proof>>>,
}

/// What decides where some things are a danger.
struct Places {
    kube_system: Symbol,
    is_eks: bool,
    webhooks: Set<Symbol>,
    parameters: Vec<Parameters>,
}

/// What a subject meets by bindings that name it.
#[derive(Clone, Debug, Default)]
struct Held {
    cluster: Met,
    everywhere: Met,
    namespaces: Map<Symbol, Met>,
}

/// Bindings of a group in more namespaces than this are not put together with those of every one of its members.
const MOST_SHARED: usize = 4096;

impl<'i> Capabilities<'i> {
    /// Judges everybody.
    pub fn new(evaluator: &Evaluator<'i>) -> Self {
        Self { evaluator: evaluator.clone(), judged: Arc::new(Judged::new(evaluator)) }
    }

    /// The same, made once for all that ask with the same configuration.
    pub fn shared(inventory: &'i Inventory, config: &Config) -> Self {
        type Kept = (Config, Arc<Judged>);
        let evaluator = Evaluator::shared(inventory, config);
        let make = || -> Kept { (config.clone(), Arc::new(Judged::new(&evaluator))) };
        let kept = inventory.indexes.derived_of_facts(make);
        match kept.0 == *config {
            true => Self { judged: Arc::clone(&kept.1), evaluator },
            false => Self::new(&evaluator),
        }
    }

    pub(crate) fn judged(&self) -> &Judged {
        &self.judged
    }

    /// What was compiled.
    pub fn evaluator(&self) -> &Evaluator<'i> {
        &self.evaluator
    }

    /// Everybody's, ordered by subject, the whole cluster first.
    pub fn holdings(&self) -> &[Holding] {
        &self.judged.holdings
    }

    /// Everybody's with what comes through the groups that are certain: those of every ServiceAccount, and everybody who
    /// is logged in. Ordered as `holdings`.
    pub fn holdings_with_groups(&self) -> Vec<Holding> {
        let mut shared: Map<Vec<SubjectKey>, Held> = Map::default();
        let mut holdings = Vec::new();
        for subject in self.evaluator.subjects() {
            let groups = Judged::groups(&self.evaluator, subject);
            let of_groups =
                shared.entry(groups).or_insert_with_key(|groups| self.judged.held_by(&self.evaluator, groups));
            let mut held = self.judged.held(&self.evaluator, subject);
            let mut namespaces: Vec<Symbol> = held.namespaces.keys().copied().collect();
            held.add(of_groups);
            if of_groups.namespaces.len() <= MOST_SHARED {
                namespaces = held.namespaces.keys().copied().collect();
            }
            namespaces.sort_by_cached_key(|namespace| self.evaluator.text(*namespace));
            let mut known = Dangers::default();
            for namespace in std::iter::once(None).chain(namespaces.into_iter().map(Some)) {
                let met = match namespace {
                    None => held.cluster,
                    Some(namespace) => held.in_namespace(namespace).with(held.cluster),
                };
                let (dangers, limited) = self.judged.dangers(met, namespace);
                let (dangers, limited) = (dangers.without(known), limited.without(known));
                if namespace.is_none() {
                    known = dangers.without(limited);
                }
                if !dangers.is_empty() {
                    holdings.push(Holding { subject, namespace, dangers, limited });
                }
            }
        }
        holdings
    }

    /// What somebody can do, by himself and through his groups, in the whole cluster or in a namespace.
    pub fn of(&self, subject: SubjectKey, namespace: Option<Symbol>) -> (Dangers, Dangers) {
        let mut held = self.judged.held(&self.evaluator, subject);
        for group in Judged::groups(&self.evaluator, subject) {
            held.add(&self.judged.held(&self.evaluator, group));
        }
        match namespace {
            None => self.judged.dangers(held.cluster, None),
            Some(namespace) => self.judged.dangers(held.in_namespace(namespace).with(held.cluster), Some(namespace)),
        }
    }

    /// What a role gives, bound in the whole cluster or in a namespace.
    pub fn of_role(&self, role: RoleId, namespace: Option<Symbol>) -> (Dangers, Dangers) {
        let reach = self.judged.roles[role.0 as usize];
        let met = if namespace.is_none() { reach.cluster } else { reach.namespace };
        self.judged.dangers(met, namespace)
    }

    /// What a rule gives by itself, bound in the whole cluster.
    pub fn of_rule(&self, rule: RoleRule) -> Dangers {
        self.judged.dangers(self.judged.rules[rule.rule as usize].cluster, None).0
    }

    /// The first rule of a role that gives it, bound in the whole cluster or in a namespace.
    pub fn rule_of(&self, role: RoleId, namespace: Option<Symbol>, danger: usize) -> Option<u32> {
        let ways = self.judged.needs.ways.iter().filter(|way| way.danger == danger);
        let bits = ways.fold(0, |bits, way| bits | way.needs);
        let rules = &self.evaluator.role(role).rules;
        let gives = |rule: &RoleRule| {
            let reach = self.judged.rules[rule.rule as usize];
            let met = if namespace.is_none() { reach.cluster } else { reach.namespace };
            (met.whole | met.named) & bits != 0
        };
        rules.iter().position(gives).map(|at| at as u32)
    }

    /// The rules by which somebody can do it, one for each thing that it takes.
    pub fn evidence(&self, holding: &Holding, danger: usize) -> Vec<Grant> {
        self.evidence_among(&self.reaching(holding), danger)
    }

    /// The same for everything that somebody can do, with the bindings looked up once.
    pub fn all_evidence(&self, holding: &Holding) -> Vec<(usize, Vec<Grant>)> {
        let bindings = self.reaching(holding);
        holding.dangers.iter().map(|danger| (danger, self.evidence_among(&bindings, danger))).collect()
    }

    fn reaching(&self, holding: &Holding) -> Vec<(BindingId, u32)> {
        self.evaluator.reaching(&self.evaluator.identity(holding.subject), holding.namespace)
    }

    fn evidence_among(&self, bindings: &[(BindingId, u32)], danger: usize) -> Vec<Grant> {
        let mut best: Option<(bool, Vec<Grant>)> = None;
        for way in self.judged.needs.ways.iter().filter(|way| way.danger == danger) {
            let grants: Vec<Option<(bool, Grant)>> = Needs::bits(*way).map(|bit| self.grant(bindings, bit)).collect();
            let Some(grants) = grants.into_iter().collect::<Option<Vec<(bool, Grant)>>>() else { continue };
            let whole = grants.iter().all(|(whole, _)| *whole);
            if best.as_ref().is_none_or(|(known, _)| whole && !known) {
                best = Some((whole, grants.into_iter().map(|(_, grant)| grant).collect()));
            }
        }
        best.map(|(_, grants)| grants).unwrap_or_default()
    }

    /// How bad it is there: in a namespace one step less, unless it leads on to the cluster; for some names only, one
    /// step less again.
    pub fn severity(&self, holding: &Holding, danger: usize) -> Severity {
        let mut severity = catalogue::ALL[danger].severity;
        let is_outright = catalogue::ALL[danger].place == Where::Outright;
        if !is_outright && holding.namespace.is_some_and(|namespace| !self.leads_to_cluster(namespace)) {
            severity = severity.lowered();
        }
        if holding.limited.has(danger) {
            severity = severity.lowered().lowered().max(Severity::Low.min(severity));
        }
        severity
    }

    /// Whether a namespace is `kube-system`, or has an account that can do something critical in the whole cluster.
    pub fn leads_to_cluster(&self, namespace: Symbol) -> bool {
        namespace == self.judged.places.kube_system || self.judged.powerful.contains(&namespace)
    }

    /// Whether the account of any namespace can do something critical in the whole cluster.
    pub fn has_powerful(&self) -> bool {
        !self.judged.powerful.is_empty()
    }

    /// Whether the input is of a cluster of EKS.
    pub fn is_eks(&self) -> bool {
        self.judged.places.is_eks
    }

    fn grant(&self, bindings: &[(BindingId, u32)], bit: u128) -> Option<(bool, Grant)> {
        let mut named = None;
        for &(id, subject) in bindings {
            let binding = self.evaluator.binding(id);
            let RoleLink::Role(role) = binding.role else { continue };
            let met = |reach: Reach| if binding.cluster { reach.cluster } else { reach.namespace };
            let of_role = met(self.judged.roles[role.0 as usize]);
            if (of_role.whole | of_role.named) & bit == 0 {
                continue;
            }
            for (number, rule) in (0..).zip(&self.evaluator.role(role).rules) {
                let of_rule = met(self.judged.rules[rule.rule as usize]);
                let grant = Grant { binding: id, subject, role, rule: number };
                if of_rule.whole & bit != 0 {
                    return Some((true, grant));
                }
                if of_rule.named & bit != 0 {
                    named = named.or(Some((false, grant)));
                }
            }
        }
        named
    }
}

impl Judged {
    fn new(evaluator: &Evaluator<'_>) -> Self {
        let places = Places::new(evaluator);
        let needs = Needs::new(evaluator);
        let mut judged = Self {
            needs,
            rules: Vec::new(),
            roles: Vec::new(),
            places,
            holdings: Vec::new(),
            powerful: Set::default(),
            proofs: OnceLock::new(),
        };
        judged.reach(evaluator);
        // What a named role gives is known only now.
        let is_critical = |reach: &Reach| {
            let (dangers, limited) = judged.dangers(reach.cluster, None);
            dangers.without(limited).iter().any(|danger| catalogue::ALL[danger].severity == Severity::Critical)
        };
        let critical = evaluator.roles().iter().zip(&judged.roles).filter(|(_, reach)| is_critical(reach));
        let names: Set<Symbol> = critical.map(|(role, _)| role.name).collect();
        judged.needs.set_powerful(&names);
        judged.reach(evaluator);
        judged.judge_all(evaluator);
        judged
    }

    /// What rules and roles meet.
    fn reach(&mut self, evaluator: &Evaluator<'_>) {
        let rules: Vec<Reach> = evaluator.rules().iter().map(|rule| self.needs.of_rule(rule, evaluator)).collect();
        let roles = evaluator.roles().iter().map(|role| {
            role.rules.iter().fold(Reach::default(), |mut reach, rule| {
                reach.cluster.add(rules[rule.rule as usize].cluster);
                reach.namespace.add(rules[rule.rule as usize].namespace);
                reach
            })
        });
        self.roles = roles.collect();
        self.rules = rules;
    }

    fn held(&self, evaluator: &Evaluator<'_>, subject: SubjectKey) -> Held {
        let mut held = Held::default();
        for (id, _) in evaluator.bindings_naming(subject) {
            let binding = evaluator.binding(*id);
            let RoleLink::Role(role) = binding.role else { continue };
            let reach = self.roles[role.0 as usize];
            match binding.cluster {
                true => {
                    held.cluster.add(reach.cluster);
                    held.everywhere.add(reach.namespace);
                }
                false => held.namespaces.entry(binding.namespace).or_default().add(reach.namespace),
            }
        }
        held
    }

    fn held_by(&self, evaluator: &Evaluator<'_>, groups: &[SubjectKey]) -> Held {
        let mut all = Held::default();
        groups.iter().for_each(|group| all.add(&self.held(evaluator, *group)));
        all
    }

    /// The groups of a subject that bindings name.
    pub(crate) fn groups(evaluator: &Evaluator<'_>, subject: SubjectKey) -> Vec<SubjectKey> {
        let symbols = &evaluator.inventory().symbols;
        let groups = evaluator.identity(subject).groups.into_iter();
        let keys = groups.map(|group| SubjectKey::Group(symbols.intern(&group)));
        keys.filter(|key| *key != subject && !evaluator.bindings_naming(*key).is_empty()).collect()
    }

    pub(crate) fn dangers(&self, met: Met, namespace: Option<Symbol>) -> (Dangers, Dangers) {
        if met == Met::default() {
            return (Dangers::default(), Dangers::default());
        }
        let (mut all, mut whole) = (0u128, 0u128);
        for way in &self.needs.ways {
            if way.needs & !(met.whole | met.named) == 0 && self.places.applies(&catalogue::ALL[way.danger], namespace)
            {
                all |= 1 << way.danger;
                if way.needs & !met.whole == 0 {
                    whole |= 1 << way.danger;
                }
            }
        }
        (Dangers(all), Dangers(all & !whole))
    }

    fn judge_all(&mut self, evaluator: &Evaluator<'_>) {
        let mut shared: Map<Vec<SubjectKey>, Held> = Map::default();
        let mut holdings = Vec::new();
        for subject in evaluator.subjects() {
            let held = self.held(evaluator, subject);
            let groups = Self::groups(evaluator, subject);
            let of_groups = shared.entry(groups).or_insert_with_key(|groups| self.held_by(evaluator, groups));
            self.judge(evaluator, subject, (&held, of_groups), &mut holdings);
        }
        let critical = |holding: &&Holding| {
            holding.dangers.without(holding.limited).iter().any(|danger| {
                let danger = &catalogue::ALL[danger];
                let in_cluster = holding.namespace.is_none() || danger.place == Where::Outright;
                danger.severity == Severity::Critical && in_cluster
            })
        };
        for holding in holdings.iter().filter(critical) {
            if let SubjectKey::User(name) = holding.subject
                && let Some((namespace, _)) = split_service_account(&evaluator.text(name))
            {
                self.powerful.insert(evaluator.inventory().symbols.intern(namespace));
            }
        }
        self.holdings = holdings;
    }

    fn judge(
        &self,
        evaluator: &Evaluator<'_>,
        subject: SubjectKey,
        (held, groups): (&Held, &Held),
        holdings: &mut Vec<Holding>,
    ) {
        let mut add = |namespace, met: Met, without: Dangers| {
            let (dangers, limited) = self.dangers(met, namespace);
            let dangers = Dangers(dangers.0 & !without.0);
            if !dangers.is_empty() {
                holdings.push(Holding { subject, namespace, dangers, limited: Dangers(limited.0 & dangers.0) });
            }
        };
        let by_groups = self.dangers(groups.cluster, None);
        add(None, held.cluster.with(groups.cluster), whole(by_groups));
        let wide = held.cluster.with(groups.cluster);
        let in_cluster = self.dangers(wide, None);
        let mut namespaces: Vec<Symbol> = held.namespaces.keys().copied().collect();
        if groups.namespaces.len() <= MOST_SHARED && held.everywhere != Met::default() {
            namespaces.extend(groups.namespaces.keys().filter(|name| !held.namespaces.contains_key(*name)));
        }
        namespaces.sort_by_cached_key(|namespace| evaluator.text(*namespace));
        for namespace in namespaces {
            // What takes something of the whole cluster and something of the namespace is had here.
            let of_groups = groups.in_namespace(namespace).with(groups.cluster);
            let known = whole(self.dangers(of_groups, Some(namespace)));
            let own = held.in_namespace(namespace);
            let limited = in_cluster.1.without(whole(self.dangers(own.with(of_groups).with(wide), Some(namespace))));
            add(Some(namespace), own.with(of_groups).with(wide), Dangers(whole(in_cluster).0 | limited.0 | known.0));
        }
    }
}

/// Those that are not limited to some names.
fn whole((dangers, limited): (Dangers, Dangers)) -> Dangers {
    Dangers(dangers.0 & !limited.0)
}

impl Held {
    fn add(&mut self, other: &Self) {
        self.cluster.add(other.cluster);
        self.everywhere.add(other.everywhere);
        for (namespace, met) in &other.namespaces {
            self.namespaces.entry(*namespace).or_default().add(*met);
        }
    }

    fn in_namespace(&self, namespace: Symbol) -> Met {
        self.everywhere.with(self.namespaces.get(&namespace).copied().unwrap_or_default())
    }
}

impl Places {
    fn new(evaluator: &Evaluator<'_>) -> Self {
        let inventory = evaluator.inventory();
        let symbols = &inventory.symbols;
        let kube_system = symbols.intern("kube-system");
        let (aws_auth, config_map) = (symbols.intern("aws-auth"), symbols.intern("ConfigMap"));
        let irsa = symbols.intern("eks.amazonaws.com/role-arn");
        let is_map = |resource: &model::inventory::Resource| {
            resource.kind == config_map && resource.name == aws_auth && resource.namespace == kube_system
        };
        // The network plugin, and the roles and bindings of the add-ons of EKS.
        let aws_node = symbols.intern("aws-node");
        let is_of_eks = |resource: &model::inventory::Resource| {
            resource.name == aws_node && resource.namespace == kube_system
                || symbols.text(resource.name).starts_with("eks:")
        };
        let is_eks = evaluator.rules().iter().any(|rule| rule.words.names.contains(&aws_auth))
            || inventory.facts.service_accounts.iter().any(|account| account.annotations.contains(&irsa))
            || inventory.resources.iter().any(|resource| is_map(resource) || is_of_eks(resource));
        let webhooks = inventory.facts.admission.webhooks.iter().map(|webhook| webhook.namespace).collect();
        Self { kube_system, is_eks, webhooks, parameters: parameters::find(evaluator) }
    }

    fn applies(&self, danger: &Danger, namespace: Option<Symbol>) -> bool {
        let in_system = namespace.is_none_or(|namespace| namespace == self.kube_system);
        match danger.place {
            Where::Anywhere | Where::Outright => true,
            Where::Parameters => match namespace {
                None => !self.parameters.is_empty(),
                Some(namespace) => {
                    self.parameters.iter().any(|parameters| match (parameters.namespaced, parameters.namespace) {
                        (namespaced, None) => namespaced,
                        (_, Some(own)) => own == namespace,
                    })
                }
            },
            Where::KubeSystem => in_system,
            Where::Eks => self.is_eks && in_system,
            Where::WebhookNamespaces => match namespace {
                None => !self.webhooks.is_empty(),
                Some(namespace) => self.webhooks.contains(&namespace),
            },
        }
    }
}
