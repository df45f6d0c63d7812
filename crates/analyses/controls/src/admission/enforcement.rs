//! Which level of the Pod Security Standards the pods of a namespace are held to, and by whom.

use model::document::Value;
use model::inventory::{BaselinePart, Demand, EnforcedLevel, Inventory, NamespaceFact};
use model::object::Object;
use model::place::Place;
use model::symbols::Symbol;
use std::collections::{BTreeMap, BTreeSet};

const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

/// The label of an object, if it is there.
pub(crate) fn label<'d>(object: &Object<'d>, name: &str) -> Option<Value<'d>> {
    object.metadata?.get("labels")?.get(name)
}

/// The level that the admission plugin holds a namespace to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PluginLevel {
    /// By its label.
    Label(EnforcedLevel, Place),
    /// By a label that is no level: the strictest holds.
    Invalid(Symbol, Place),
    /// By the default of the API server.
    Default(EnforcedLevel),
    /// None: the API server leaves the namespace out.
    Exempt,
    /// Not known: there is no label, and the default is not in the input.
    Unknown,
}

/// What holds pods to a level, apart from labels.
pub(crate) struct Demands {
    /// How many say it for all namespaces.
    total: BTreeMap<Demand, usize>,
    /// How many of those leave a namespace out.
    excepted: BTreeMap<(Demand, Symbol), usize>,
    /// What is said for one namespace.
    own: BTreeSet<(Demand, Symbol)>,
    /// Whether an admission policy may refuse pods everywhere. What its expressions ask is not evaluated.
    policy: bool,
    exempt: BTreeSet<Symbol>,
}

impl Demands {
    /// What the input says.
    pub(crate) fn new(inventory: &Inventory) -> Self {
        let facts = &inventory.facts.admission;
        let mut demands = Self {
            total: BTreeMap::new(),
            excepted: BTreeMap::new(),
            own: BTreeSet::new(),
            policy: policy_refuses_pods(inventory),
            exempt: BTreeSet::new(),
        };
        for fact in &facts.enforcements {
            if !fact.namespace.is_empty() {
                demands.own.insert((fact.demand, fact.namespace));
                continue;
            }
            *demands.total.entry(fact.demand).or_default() += 1;
            for name in fact.except.iter().collect::<BTreeSet<_>>() {
                *demands.excepted.entry((fact.demand, *name)).or_default() += 1;
            }
            if matches!(fact.demand, Demand::DefaultLevel(_)) {
                demands.exempt.extend(&fact.except);
            }
        }
        demands
    }

    /// The level that the admission plugin holds the namespace to.
    pub(crate) fn plugin_level(&self, inventory: &Inventory, namespace: &NamespaceFact, name: Symbol) -> PluginLevel {
        if self.exempt.contains(&name) {
            return PluginLevel::Exempt;
        }
        let key = inventory.symbols.find(ENFORCE);
        let labels = namespace.labels.iter().zip(&namespace.label_places);
        let label = labels.rev().find(|((written, _), _)| Some(*written) == key);
        if let Some(((_, value), place)) = label {
            return match &*inventory.symbols.text(*value) {
                "privileged" => PluginLevel::Label(EnforcedLevel::Privileged, *place),
                "baseline" => PluginLevel::Label(EnforcedLevel::Baseline, *place),
                "restricted" => PluginLevel::Label(EnforcedLevel::Restricted, *place),
                _ => PluginLevel::Invalid(*value, *place),
            };
        }
        // Of several configurations the weakest is what can be relied on.
        let levels = [EnforcedLevel::Privileged, EnforcedLevel::Baseline, EnforcedLevel::Restricted];
        let default = levels.into_iter().find(|level| self.total.contains_key(&Demand::DefaultLevel(*level)));
        default.map_or(PluginLevel::Unknown, PluginLevel::Default)
    }

    /// Whether something other than the plugin holds the pods of the namespace to `baseline` at the least.
    pub(crate) fn something_else_enforces(&self, name: Symbol) -> bool {
        let is_level = |level| self.holds(Demand::Level(level), name);
        self.holds(Demand::SecurityContextConstraints, name)
            || is_level(EnforcedLevel::Baseline)
            || is_level(EnforcedLevel::Restricted)
            || BaselinePart::ALL.iter().all(|part| self.holds(Demand::Part(*part), name))
    }

    /// Whether an admission policy is asked about every pod and may refuse it: what for is not known.
    pub(crate) fn a_policy_may_refuse(&self) -> bool {
        self.policy
    }

    /// Whether a policy engine holds the pods of the namespace to `restricted`.
    pub(crate) fn engine_restricts(&self, name: Symbol) -> bool {
        self.holds(Demand::Level(EnforcedLevel::Restricted), name)
    }

    fn holds(&self, demand: Demand, name: Symbol) -> bool {
        let total = self.total.get(&demand).copied().unwrap_or(0);
        let excepted = self.excepted.get(&(demand, name)).copied().unwrap_or(0);
        total > excepted || self.own.contains(&(demand, name))
    }
}

/// Whether an admission policy is asked about every pod, and bound so that it refuses.
fn policy_refuses_pods(inventory: &Inventory) -> bool {
    let facts = &inventory.facts.admission;
    let policies = facts.policies.iter().filter(|policy| policy.covers_pods && !policy.mutating);
    let names: BTreeSet<Symbol> = policies.map(|policy| inventory.resource(policy.resource).name).collect();
    let mut bindings = facts.bindings.iter();
    bindings.any(|binding| binding.denies && binding.everywhere && !binding.mutating && names.contains(&binding.policy))
}
