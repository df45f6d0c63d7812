//! Requests and limits of containers: their own, the pod's, and what a LimitRange gives.

use std::collections::BTreeSet;

use model::control::InventoryFindings;
use model::document::Value;
use model::finding::{Finding, Findings};
use model::inventory::{ContainerDefaults, Inventory};
use model::pod::ContainerList;
use model::quantity;
use model::symbols::Symbol;
use model::workload::Workload;

/// A request or limit that is looked for.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    /// `requests` or `limits`.
    pub(crate) kind: &'static str,
    /// `cpu`, `memory` …
    pub(crate) resource: &'static str,
    /// The field of a container.
    pub(crate) field: &'static str,
}

/// Reports the containers that do not have what is wanted, where the pod does not have it for all. A limit stands
/// for a request, as the API has it. Ephemeral containers cannot have any.
pub(crate) fn report_missing(
    workload: &Workload<'_>,
    wanted: Wanted,
    message: &'static str,
    findings: &mut Findings<'_>,
) {
    let pod = &workload.pod;
    if is_given(pod.resources, wanted) {
        return;
    }
    for container in pod.containers.iter().filter(|container| container.list != ContainerList::Ephemeral) {
        if !is_given(container.resources, wanted) {
            let Wanted { kind, resource, field } = wanted;
            let finding = Finding::missing(container.value, field).container(container).message(message);
            let lines = format!("resources:\n  {kind}:\n    {resource}: <what it needs>");
            findings.report(finding.set(container.value, lines));
        }
    }
}

fn is_given(resources: Option<Value<'_>>, wanted: Wanted) -> bool {
    let Some(resources) = resources else { return false };
    let is_set = |kind| resources.at(&[kind, wanted.resource]).is_some_and(is_positive);
    is_set(wanted.kind) || (wanted.kind == "requests" && is_set("limits"))
}

fn is_positive(value: Value<'_>) -> bool {
    // A quantity that cannot be read is the finding of another control.
    quantity::parse(&value.text()).is_none_or(|number| number > 0.0)
}

/// Takes back what was said of workloads in namespaces whose LimitRange gives what is missing.
pub(crate) fn withdraw_defaulted(
    inventory: &Inventory,
    findings: &mut InventoryFindings<'_>,
    gives: fn(&ContainerDefaults) -> bool,
) {
    let ranges = inventory.facts.limit_ranges.iter().filter(|range| gives(&range.defaults));
    let defaulted: BTreeSet<Symbol> = ranges.map(|range| inventory.namespace(range.resource)).collect();
    if defaulted.is_empty() {
        return;
    }
    for workload in &inventory.facts.workloads {
        if defaulted.contains(&inventory.namespace(workload.resource)) {
            findings.withdraw(workload.resource);
        }
    }
}
