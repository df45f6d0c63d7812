//! What the edges look at: the inventory, and the joins that many of them need.

use std::collections::BTreeMap;

use model::inventory::{ConfinementFact, ContainerConfinementFact, Inventory, ResourceId, WorkloadFact};
use model::symbols::Symbol;

/// Everything that preconditions of edges ask for.
pub struct World<'a> {
    /// What is known.
    pub inventory: &'a Inventory,
    default: Symbol,
    /// For each workload what it lacks of confinement, if it lacks any.
    confinement: BTreeMap<u32, &'a ConfinementFact>,
}

impl<'a> World<'a> {
    /// Makes the joins.
    pub fn new(inventory: &'a Inventory) -> Self {
        let mut first = BTreeMap::new();
        for (number, workload) in (0_u32..).zip(&inventory.facts.workloads) {
            first.entry(workload.resource).or_insert(number);
        }
        let confinement = inventory.facts.confinement.iter();
        let confinement = confinement.filter_map(|fact| Some((first.get(&fact.resource)? + fact.number, fact)));
        Self { inventory, default: inventory.symbols.intern("default"), confinement: confinement.collect() }
    }

    /// The namespace of an object: `default` where none is written.
    pub fn namespace(&self, resource: ResourceId) -> Symbol {
        let written = self.inventory.namespace(resource);
        if written.is_empty() { self.default } else { written }
    }

    /// The workloads with their numbers.
    pub fn workloads(&self) -> impl Iterator<Item = (u32, &'a WorkloadFact)> {
        (0..).zip(&self.inventory.facts.workloads)
    }

    /// The workloads that lack some of what holds pods apart from nodes, with their numbers.
    pub fn unconfined(&self) -> impl Iterator<Item = (u32, &'a ConfinementFact)> {
        self.confinement.iter().map(|(&number, &fact)| (number, fact))
    }

    /// A container that lacks some of what holds it apart from its node: the number of its workload, and its own.
    pub fn container(&self, workload: u32, number: u32) -> Option<&'a ContainerConfinementFact> {
        self.confinement.get(&workload)?.containers.get(number as usize)
    }

    /// A text of the inventory.
    pub fn text(&self, symbol: Symbol) -> String {
        self.inventory.symbols.text(symbol).to_string()
    }
}
