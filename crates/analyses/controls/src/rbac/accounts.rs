//! What the ServiceAccounts of workloads can do.

use std::collections::BTreeMap;

use model::control::InventoryFindings;
use model::inventory::{Inventory, WorkloadFact};
use model::severity::Severity;
use rbac::capability::{Capabilities, Holding};
use rbac::{SubjectKey, catalogue};

use super::grants;
use crate::secret::service_accounts::Accounts;

/// A workload, and what its account can do.
pub(crate) struct Workload<'i> {
    /// The workload.
    pub(crate) fact: &'i WorkloadFact,
    /// Its account: `namespace/name`.
    pub(crate) name: String,
    powers: Vec<Power>,
}

/// Something dangerous that an account can do.
#[derive(Clone)]
pub(crate) struct Power {
    id: &'static str,
    /// How bad it is there.
    pub(crate) severity: Severity,
    /// What it is, as a phrase that follows "can".
    pub(crate) title: &'static str,
    /// What it leads to.
    pub(crate) why: &'static str,
    /// Where it holds.
    pub(crate) scope: String,
    /// By which rule.
    pub(crate) chain: String,
    own_namespace: bool,
}

/// The workloads of the input whose accounts are known.
pub(crate) fn of_workloads<'i>(inventory: &'i Inventory, findings: &InventoryFindings<'_>) -> Vec<Workload<'i>> {
    let capabilities = grants::judged(inventory, findings);
    let accounts = Accounts::new(inventory);
    let mut holdings: BTreeMap<SubjectKey, Vec<&Holding>> = BTreeMap::new();
    for holding in capabilities.holdings() {
        holdings.entry(holding.subject).or_default().push(holding);
    }
    let mut known: BTreeMap<SubjectKey, Vec<Power>> = BTreeMap::new();
    let mut workloads = Vec::with_capacity(inventory.facts.workloads.len());
    for fact in inventory.facts.workloads.iter().filter(|fact| !accounts.is_said_elsewhere(fact)) {
        let (namespace, name) = accounts.name_of(fact);
        let evaluator = capabilities.evaluator();
        let (namespace, name) = (evaluator.text(evaluator.namespace_of(namespace)), evaluator.text(name));
        let user = inventory.symbols.intern(&format!("system:serviceaccount:{namespace}:{name}"));
        let key = SubjectKey::User(user);
        let powers = known.entry(key).or_insert_with(|| {
            let groups = evaluator.identity(key).groups;
            let groups = groups.iter().map(|group| SubjectKey::Group(inventory.symbols.intern(group)));
            let held = groups.chain([key]).filter_map(|key| holdings.get(&key)).flatten().copied();
            held.flat_map(|holding| powers(&capabilities, holding, &namespace)).collect()
        });
        workloads.push(Workload { fact, name: format!("{namespace}/{name}"), powers: powers.clone() });
    }
    workloads
}

fn powers(capabilities: &Capabilities<'_>, holding: &Holding, own: &str) -> Vec<Power> {
    let evaluator = capabilities.evaluator();
    let describe = |danger: usize| {
        let entry = &catalogue::ALL[danger];
        let evidence = capabilities.evidence(holding, danger);
        Power {
            id: entry.id,
            severity: capabilities.severity(holding, danger),
            title: entry.title,
            why: entry.why,
            scope: grants::scope(evaluator, holding.namespace),
            chain: evidence.first().map(|grant| grants::chain(evaluator, *grant)).unwrap_or_default(),
            own_namespace: holding.namespace.is_none_or(|namespace| evaluator.text(namespace) == own),
        }
    };
    holding.dangers.iter().map(describe).collect()
}

impl Workload<'_> {
    /// That the account can do everything, in the cluster or in its namespace.
    pub(crate) fn everything(&self) -> Option<&Power> {
        self.powers.iter().find(|power| power.id == "cluster-admin-grant" && power.own_namespace)
    }

    /// The worst that the account can do.
    pub(crate) fn worst(&self) -> Option<&Power> {
        let rank = |power: &&Power| power.severity;
        self.powers.iter().rev().max_by_key(rank)
    }
}
