//! On which nodes the pods of a workload run.

use std::collections::{BTreeMap, BTreeSet};

use model::symbols::Symbol;

use crate::standing::Standing;
use crate::world::World;

/// The nodes of pods that say theirs, by the number of the workload that stands for them.
pub(crate) struct Placement {
    known: BTreeMap<u32, BTreeSet<Symbol>>,
}

impl Placement {
    /// Looks through the pods.
    pub(crate) fn new(inventory: &model::inventory::Inventory, standing: &Standing) -> Self {
        let mut known: BTreeMap<u32, BTreeSet<Symbol>> = BTreeMap::new();
        for (number, workload) in
            (0..).zip(&inventory.facts.workloads).filter(|(_, workload)| !workload.node.is_empty())
        {
            if let Some(above) = standing.of(number) {
                known.entry(above).or_default().insert(workload.node);
            }
        }
        Self { known }
    }

    /// The nodes that the pods of a workload run on; `None` if no pod says its node.
    pub(crate) fn of(&self, workload: u32) -> Option<&BTreeSet<Symbol>> {
        self.known.get(&workload)
    }
}

/// Whether pods of a workload run on one of these nodes; `None` if it is not known.
pub(crate) fn runs_on(world: &World<'_>, workload: u32, nodes: &[Symbol]) -> Option<bool> {
    let known = world.placement().of(workload)?;
    Some(nodes.iter().any(|node| known.contains(node)))
}
