//! How many pods a workload has: what it says, and what an autoscaler does.

use std::collections::BTreeMap;

use model::inventory::{AutoscalerFact, Inventory, WorkloadFact};
use model::symbols::Symbol;

/// The autoscalers of the input by what they scale.
pub(crate) struct Autoscalers<'i> {
    inventory: &'i Inventory,
    by_target: BTreeMap<(Symbol, Symbol, Symbol), Vec<&'i AutoscalerFact>>,
}

impl<'i> Autoscalers<'i> {
    /// The autoscalers of `inventory`.
    pub(crate) fn new(inventory: &'i Inventory) -> Self {
        let mut by_target: BTreeMap<_, Vec<&AutoscalerFact>> = BTreeMap::new();
        for autoscaler in &inventory.facts.autoscalers {
            let namespace = inventory.namespace(autoscaler.resource);
            by_target.entry((namespace, autoscaler.target_kind, autoscaler.target_name)).or_default().push(autoscaler);
        }
        Self { inventory, by_target }
    }

    /// Those that scale a workload.
    pub(crate) fn of(&self, workload: &WorkloadFact) -> &[&'i AutoscalerFact] {
        let resource = self.inventory.resource(workload.resource);
        let target = (resource.namespace, resource.kind, resource.name);
        self.by_target.get(&target).map_or(&[], Vec::as_slice)
    }

    /// The fewest pods that a workload has when all is well: what its autoscaler says, else what it says itself.
    pub(crate) fn fewest(&self, workload: &WorkloadFact) -> i64 {
        let scaled = self.of(workload).iter().map(|autoscaler| autoscaler.min_replicas).max();
        scaled.unwrap_or(workload.replicas.unwrap_or(1))
    }

    /// Every group of autoscalers that scale one thing.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &[&'i AutoscalerFact]> {
        self.by_target.values().map(Vec::as_slice)
    }
}

/// Whether a workload of this kind has `spec.replicas` and pods that are all alike.
pub(crate) fn is_scalable(kind: &str) -> bool {
    matches!(
        kind,
        "Deployment"
            | "StatefulSet"
            | "ReplicaSet"
            | "ReplicationController"
            | "Rollout"
            | "CloneSet"
            | "DeploymentConfig"
    )
}
