//! What admission policies take their parameters from: who changes one of these changes what is refused.

use model::inventory::{AdmissionPolicyFact, Inventory, PolicyBindingFact};
use model::symbols::Symbol;

use crate::evaluator::Evaluator;
use crate::map::{Map, Set};
use crate::resources;

/// Objects that are parameters of a policy that is bound.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Parameters {
    /// The group.
    pub(crate) group: Symbol,
    /// The resource.
    pub(crate) plural: Symbol,
    /// Whether they are in namespaces.
    pub(crate) namespaced: bool,
    /// Their namespace; none if it is that of the object that is judged.
    pub(crate) namespace: Option<Symbol>,
    /// Their name; none if labels choose them.
    pub(crate) name: Option<Symbol>,
}

/// The parameters of all policies, each once.
pub(crate) fn find(evaluator: &Evaluator<'_>) -> Vec<Parameters> {
    let inventory = evaluator.inventory();
    let name = |policy: &AdmissionPolicyFact| (policy.mutating, inventory.resource(policy.resource).name);
    let mut policies: Map<(bool, Symbol), Vec<&AdmissionPolicyFact>> = Map::default();
    for policy in inventory.facts.admission.policies.iter().filter(|policy| !policy.parameter_kind.is_empty()) {
        policies.entry(name(policy)).or_default().push(policy);
    }
    let mut said = Set::default();
    let mut found = Vec::new();
    for binding in &inventory.facts.admission.bindings {
        for policy in policies.get(&(binding.mutating, binding.policy)).into_iter().flatten() {
            let parameters = parameters(inventory, policy, binding);
            found.extend(parameters.filter(|parameters| said.insert(parameters.clone())));
        }
    }
    found
}

fn parameters(inventory: &Inventory, policy: &AdmissionPolicyFact, binding: &PolicyBindingFact) -> Option<Parameters> {
    let reference = binding.parameters?;
    let symbols = &inventory.symbols;
    let (version, kind) = (symbols.text(policy.parameter_version), symbols.text(policy.parameter_kind));
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let of = |known: &&resources::Resource| known.group == group && known.kind == kind && !known.verbs.is_empty();
    let (plural, namespaced) = match resources::ALL.iter().find(of) {
        Some(known) => (known.plural.to_owned(), known.namespaced),
        // Of a custom resource that is not defined here it is not known whether it is in namespaces.
        None => (defined(inventory, group, &kind).unwrap_or_else(|| guessed(&kind)), true),
    };
    let written = |text: Symbol| (!text.is_empty()).then_some(text);
    Some(Parameters {
        group: symbols.intern(group),
        plural: symbols.intern(&plural),
        namespaced,
        namespace: written(reference.namespace).filter(|_| namespaced),
        name: written(reference.name),
    })
}

/// The plural of a kind that a CustomResourceDefinition of the input defines: its name is `plural.group`.
fn defined(inventory: &Inventory, group: &str, kind: &str) -> Option<String> {
    let symbols = &inventory.symbols;
    let mut definitions = inventory.facts.definitions.iter();
    let is = |text: Symbol, wanted: &str| symbols.text(text) == wanted;
    let definition = definitions.find(|known| is(known.group, group) && is(known.kind, kind))?;
    let name = symbols.text(inventory.resource(definition.resource).name);
    name.split_once('.').map(|(plural, _)| plural.to_owned())
}

/// Source: `UnsafeGuessKindToResource`.
fn guessed(kind: &str) -> String {
    let singular = kind.to_lowercase();
    match singular.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if singular.ends_with('s') => format!("{singular}es"),
        None => format!("{singular}s"),
    }
}
