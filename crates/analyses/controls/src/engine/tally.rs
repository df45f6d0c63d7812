//! Counts how many objects every control has judged, without keeping those that passed.

use model::control::{Check, Registered};
use model::finding::{ControlId, Occurrence, Status};
use model::inventory::{Judged, ResourceId, Tally};

/// The control that says which form objects have to have. It looks at custom resources a second time, when their
/// definitions are known.
pub(super) const JUDGES_FORM: &str = "schema-invalid";

/// Whether what a control says of an object counts.
pub(super) type Counts<'c> = &'c dyn Fn(ControlId, ResourceId) -> bool;

/// Notes that a control has judged an object by itself.
pub(super) fn note(registered: &Registered, resource: ResourceId, judged: &mut Judged) {
    if registered.control.id == JUDGES_FORM {
        return note_again(registered, resource, judged);
    }
    match registered.control.check {
        Check::Object(_) | Check::Workload(_) | Check::ObjectAndWorkload(..) => judged.count(registered.id),
        // These come back to the same objects when all of them are known.
        Check::Inventory(_) | Check::WorkloadAndInventory(..) | Check::ObjectAndInventory(..) | Check::All(..) => {
            judged.resources.push((registered.id, resource))
        }
    }
}

/// Notes that a control has judged an object that it may come, or has come, to twice.
pub(super) fn note_again(registered: &Registered, resource: ResourceId, judged: &mut Judged) {
    judged.resources.push((registered.id, resource));
}

/// One tally for each of the controls that ran. `occurrences` are ordered by resource and control; of what they and
/// `judged.resources` name, that is taken which `counts`. What passed a control that does not know is unknown.
pub(super) fn tallies(
    selected: &[Registered],
    mut judged: Judged,
    occurrences: &[Occurrence],
    (counts, knows): (Counts<'_>, &dyn Fn(&Registered) -> bool),
) -> Vec<Tally> {
    judged.resources.sort_unstable();
    judged.resources.dedup();
    for (control, resource) in std::mem::take(&mut judged.resources) {
        if counts(control, resource) {
            judged.count(control);
        }
    }
    let mut failed = Judged::default();
    let mut unknown = Judged::default();
    for group in occurrences.chunk_by(|a, b| (a.resource, a.control) == (b.resource, b.control)) {
        if !counts(group[0].control, group[0].resource) {
            continue;
        }
        match group.iter().map(|found| found.status).max() {
            Some(Status::Fail) => failed.count(group[0].control),
            Some(Status::Skip) => unknown.count(group[0].control),
            Some(Status::Pass) | None => {}
        }
    }
    let of = |judged: &Judged, registered: &Registered| {
        judged.counts.get(usize::from(registered.id.0)).copied().unwrap_or_default()
    };
    let tally = |registered: &Registered| {
        let (failed, unknown) = (of(&failed, registered), of(&unknown, registered));
        let passed = of(&judged, registered).saturating_sub(failed + unknown);
        match knows(registered) {
            true => Tally { control: registered.id, passed, failed, unknown },
            false => Tally { control: registered.id, passed: 0, failed, unknown: unknown + passed },
        }
    };
    selected.iter().map(tally).collect()
}
