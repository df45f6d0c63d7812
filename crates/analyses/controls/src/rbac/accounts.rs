//! What the ServiceAccounts of workloads can do.

use std::collections::BTreeMap;
use std::rc::Rc;

use model::control::InventoryFindings;
use model::inventory::{Inventory, WorkloadFact};
use model::severity::Severity;
use model::symbols::Symbol;
use rbac::capability::{Capabilities, Holding};
use rbac::{SubjectKey, catalogue};

use super::grants::{self, ALLOW_SUBJECTS};
use crate::secret::service_accounts::Accounts;

/// The workloads of the input whose accounts are known.
pub(crate) struct Workloads<'i> {
    capabilities: Option<Capabilities<'i>>,
    /// The workloads.
    pub(crate) all: Vec<Workload<'i>>,
}

/// A workload, and what its account can do.
pub(crate) struct Workload<'i> {
    /// The workload.
    pub(crate) fact: &'i WorkloadFact,
    /// Its account.
    pub(crate) account: Rc<Account>,
}

/// The most dangerous things that an account can do.
#[derive(Default)]
pub(crate) struct Account {
    /// `namespace/name`.
    pub(crate) name: String,
    /// Everything, in the cluster or in its namespace.
    pub(crate) everything: Option<Power>,
    /// The worst.
    pub(crate) worst: Option<Power>,
}

/// Something dangerous that an account can do.
#[derive(Clone, Copy)]
pub(crate) struct Power {
    holding: Holding,
    danger: usize,
    /// How bad it is there.
    pub(crate) severity: Severity,
}

/// The same, told to people.
pub(crate) struct Described {
    /// What it is, as a phrase that follows "can".
    pub(crate) title: &'static str,
    /// What it leads to.
    pub(crate) why: &'static str,
    /// Where it holds.
    pub(crate) scope: String,
    /// By which rule.
    pub(crate) chain: String,
}

impl<'i> Workloads<'i> {
    /// Judges the accounts.
    pub(crate) fn new(inventory: &'i Inventory, findings: &InventoryFindings<'_>) -> Self {
        let capabilities = grants::judged_rights(inventory, findings);
        let accounts = Accounts::new(inventory);
        let accepted = findings.findings.list(&ALLOW_SUBJECTS);
        let mut subjects: BTreeMap<SubjectKey, Subject> = BTreeMap::new();
        if let Some(capabilities) = &capabilities {
            for holding in capabilities.holdings() {
                subjects.entry(holding.subject).or_default().add(capabilities, holding);
            }
        }
        let mut known: BTreeMap<(Symbol, Symbol), Rc<Account>> = BTreeMap::new();
        let mut all = Vec::with_capacity(inventory.facts.workloads.len());
        for fact in inventory.facts.workloads.iter().filter(|fact| !accounts.is_said_elsewhere(fact)) {
            let (namespace, name) = accounts.name_of(fact);
            let account = known.entry((namespace, name)).or_insert_with(|| {
                let judge = |capabilities: &Capabilities<'_>| {
                    let account = Account::new(capabilities, &subjects, namespace, name);
                    match accepted.iter().any(|accepted| accepted == account.name) {
                        true => Account { name: account.name, ..Account::default() },
                        false => account,
                    }
                };
                Rc::new(capabilities.as_ref().map(judge).unwrap_or_default())
            });
            all.push(Workload { fact, account: Rc::clone(account) });
        }
        Self { capabilities, all }
    }

    /// What a power is, where, and by which rule.
    pub(crate) fn describe(&self, power: &Power) -> Option<Described> {
        let capabilities = self.capabilities.as_ref()?;
        let evaluator = capabilities.evaluator();
        let entry = &catalogue::ALL[power.danger];
        let evidence = capabilities.evidence(&power.holding, power.danger);
        Some(Described {
            title: entry.title,
            why: entry.why,
            scope: grants::scope(evaluator, power.holding.namespace),
            chain: evidence.first().map(|grant| grants::chain(evaluator, *grant)).unwrap_or_default(),
        })
    }
}

/// What a user or a group can do, the worst of it: groups are those of many accounts.
#[derive(Default)]
struct Subject {
    everything: Vec<Power>,
    worst: Option<Power>,
}

impl Subject {
    fn add(&mut self, capabilities: &Capabilities<'_>, holding: &Holding) {
        for danger in holding.dangers.iter() {
            let severity = grants::severity_of(capabilities, holding, danger);
            let power = Power { holding: *holding, danger, severity };
            if catalogue::ALL[danger].id == "cluster-admin-grant" {
                self.everything.push(power);
            }
            if self.worst.is_none_or(|worst| severity > worst.severity) {
                self.worst = Some(power);
            }
        }
    }
}

impl Account {
    fn new(
        capabilities: &Capabilities<'_>,
        subjects: &BTreeMap<SubjectKey, Subject>,
        namespace: Symbol,
        name: Symbol,
    ) -> Self {
        let evaluator = capabilities.evaluator();
        let own = evaluator.namespace_of(namespace);
        let symbols = &evaluator.inventory().symbols;
        let (namespace, name) = (evaluator.text(own), evaluator.text(name));
        let key = SubjectKey::User(symbols.intern(&format!("system:serviceaccount:{namespace}:{name}")));
        let groups = evaluator.identity(key).groups;
        let groups = groups.iter().map(|group| SubjectKey::Group(symbols.intern(group)));
        let mut account = Self { name: format!("{namespace}/{name}"), everything: None, worst: None };
        for subject in groups.chain([key]).filter_map(|key| subjects.get(&key)) {
            let is_own = |power: &&Power| power.holding.namespace.is_none_or(|namespace| namespace == own);
            account.everything = account.everything.or_else(|| subject.everything.iter().find(is_own).copied());
            if let Some(power) = subject.worst
                && account.worst.is_none_or(|worst| power.severity > worst.severity)
            {
                account.worst = Some(power);
            }
        }
        account
    }
}
