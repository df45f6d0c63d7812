//! The Services that the API server asks, joined with those of the input.

use super::super::network::service_pods::ServicePods;
use model::inventory::{Inventory, ServiceFact, WebhookServiceFact};
use model::symbols::Symbol;
use std::collections::BTreeMap;

/// The Services of the input, by namespace and name.
pub(crate) struct Services<'i> {
    complete: bool,
    by_name: BTreeMap<(Symbol, Symbol), &'i ServiceFact>,
    pods: ServicePods<'i>,
}

/// What is known of the Service of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// It is there, and nothing says that nobody answers.
    Served,
    /// It is there, and selects no workload.
    Unserved,
    /// There is none.
    Missing,
    /// It is not in the input, and may be elsewhere.
    Unknown,
}

impl<'i> Services<'i> {
    /// The Services of an inventory.
    pub(crate) fn new(inventory: &'i Inventory) -> Self {
        let services =
            if inventory.facts.admission.webhooks.is_empty() { &[][..] } else { &inventory.facts.network.services };
        let named = services.iter().map(|service| {
            let resource = inventory.resource(service.resource);
            ((resource.namespace, resource.name), service)
        });
        Self { complete: inventory.complete, by_name: named.collect(), pods: ServicePods::new(inventory) }
    }

    /// What is known of the Service of a webhook.
    pub(crate) fn find(&mut self, webhook: &WebhookServiceFact) -> Found {
        let Some(service) = self.by_name.get(&(webhook.namespace, webhook.name)) else {
            return if self.complete { Found::Missing } else { Found::Unknown };
        };
        let is_unserved = self.pods.of(service).is_some_and(|selected| selected.workloads.is_empty());
        if is_unserved && self.complete { Found::Unserved } else { Found::Served }
    }
}
