//! The pods behind Services, found once for each selector.

use model::inventory::{Inventory, PortReference, Protocol, ServiceFact, WorkloadFact};
use model::labels::Selector;
use model::symbols::Symbol;
use std::collections::{BTreeMap, BTreeSet};

/// The pods behind all Services.
pub(crate) struct ServicePods<'i> {
    inventory: &'i Inventory,
    known: BTreeMap<(Symbol, &'i Selector), Selected<'i>>,
}

/// What a selector selects.
#[derive(Default)]
pub(crate) struct Selected<'i> {
    /// The workloads.
    pub(crate) workloads: Vec<&'i WorkloadFact>,
    /// The ports that they declare, each with how many of them do.
    ports: BTreeMap<(Protocol, PortReference), usize>,
}

impl<'i> ServicePods<'i> {
    /// None looked for yet.
    pub(crate) fn new(inventory: &'i Inventory) -> Self {
        Self { inventory, known: BTreeMap::new() }
    }

    /// The pods behind a Service; nothing for one without a selector, and for a mere name.
    pub(crate) fn of(&mut self, service: &'i ServiceFact) -> Option<&Selected<'i>> {
        if service.selector.is_empty() || service.kind == model::inventory::ServiceKind::ExternalName {
            return None;
        }
        let namespace = self.inventory.namespace(service.resource);
        let inventory = self.inventory;
        let selected = self.known.entry((namespace, &service.selector));
        Some(selected.or_insert_with(|| Selected::new(inventory.selected(namespace, &service.selector))))
    }
}

impl<'i> Selected<'i> {
    fn new(workloads: impl Iterator<Item = &'i WorkloadFact>) -> Self {
        let mut selected = Self::default();
        for workload in workloads {
            let ports = workload.network.ports.iter().filter(|port| port.stays);
            let references = ports.flat_map(|port| {
                let name = Some(port.name).filter(|name| !name.is_empty()).map(PortReference::Name);
                let number = port.number.map(PortReference::Number);
                [name, number].into_iter().flatten().map(|reference| (port.protocol, reference))
            });
            for reference in references.collect::<BTreeSet<_>>() {
                *selected.ports.entry(reference).or_default() += 1;
            }
            selected.workloads.push(workload);
        }
        selected
    }

    /// How many of the workloads declare this port.
    pub(crate) fn declaring(&self, protocol: Protocol, port: PortReference) -> usize {
        self.ports.get(&(protocol, port)).copied().unwrap_or(0)
    }
}
