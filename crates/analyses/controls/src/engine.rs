//! Runs the selected controls over objects as they come, and over the inventory at the end.

mod tally;

use std::collections::BTreeSet;

use model::control::{Check, InventoryFindings, Registered};
use model::finding::{Edit, Findings, Occurrence, Status};
use model::inventory::{Inventory, Observed, ResourceId, Verdicts};
use model::parameter::Settings;
use model::place::Place;
use model::symbols::{Symbol, Symbols};

/// Whether results that passed are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passed {
    /// Only what fails and what is not known.
    Drop,
    /// Everything.
    Keep,
}

/// The selected controls, sorted by what they look at.
pub struct Engine {
    selected: Vec<Registered>,
    passed: Passed,
    settings: Settings,
    counts: bool,
}

impl Engine {
    /// An engine for those of these controls that `settings` leave something to say.
    pub fn new(mut selected: Vec<Registered>, passed: Passed, settings: Settings) -> Self {
        selected.retain(|registered| settings.configures(registered.control.id, registered.control.parameters));
        Self { selected, passed, settings, counts: false }
    }

    /// The same engine, which also counts how many objects every control judges.
    pub fn counting(self) -> Self {
        Self { counts: true, ..self }
    }

    /// The controls that run.
    pub fn selected(&self) -> &[Registered] {
        &self.selected
    }

    /// Judges one object by itself.
    pub fn judge(&self, observed: Observed<'_>, symbols: &Symbols, verdicts: &mut Verdicts) {
        let Verdicts { occurrences, judged } = verdicts;
        for registered in &self.selected {
            let before = occurrences.len();
            let mut findings = Findings {
                symbols,
                occurrences,
                resource: observed.resource,
                control: registered.id,
                severity: registered.control.severity,
                origin: Some(observed.origin),
                not_applicable: false,
                control_name: registered.control.id,
                settings: &self.settings,
            };
            if !look(registered.control.check, observed, &mut findings) {
                continue;
            }
            let not_applicable = findings.not_applicable;
            if observed.workloads.len() > 1 {
                drop_repeated(occurrences, before, |_| true);
            }
            let passed = !not_applicable && occurrences.len() == before;
            if self.counts && (passed || occurrences.len() > before) {
                tally::note(registered, observed.resource, judged);
            }
            if self.passed == Passed::Keep && passed {
                occurrences.push(pass(registered, observed.resource));
            }
        }
    }

    /// Judges what needs all objects, and puts all findings in the order of resources and controls.
    pub fn judge_inventory(&self, inventory: &mut Inventory) {
        let mut occurrences = std::mem::take(&mut inventory.occurrences);
        let several = with_several_pods(inventory);
        let mut judged = std::mem::take(&mut inventory.judged);
        for registered in &self.selected {
            let check = match registered.control.check {
                Check::Inventory(check)
                | Check::WorkloadAndInventory(_, check)
                | Check::ObjectAndInventory(_, check)
                | Check::All(_, _, check) => check,
                Check::Object(_) | Check::Workload(_) | Check::ObjectAndWorkload(..) => continue,
            };
            let before = occurrences.len();
            let findings = Findings {
                symbols: &inventory.symbols,
                occurrences: &mut occurrences,
                resource: ResourceId(0),
                control: registered.id,
                severity: registered.control.severity,
                origin: None,
                not_applicable: false,
                control_name: registered.control.id,
                settings: &self.settings,
            };
            let mut findings = InventoryFindings { findings, looked_at: Vec::new() };
            check(inventory, &mut findings);
            let mut looked_at = findings.looked_at;
            if !several.is_empty() {
                drop_repeated(&mut occurrences, before, |resource| several.contains(&resource));
            }
            let mut reported: Vec<ResourceId> = occurrences[before..].iter().map(|found| found.resource).collect();
            if self.counts {
                let both = looked_at.iter().chain(&reported);
                judged.resources.extend(both.map(|&resource| (registered.id, resource)));
            }
            if self.passed == Passed::Keep {
                reported.sort_unstable();
                looked_at.sort_unstable();
                looked_at.dedup();
                looked_at.retain(|resource| reported.binary_search(resource).is_err());
                occurrences.extend(looked_at.into_iter().map(|resource| pass(registered, resource)));
            }
        }
        // Stable: within a control the findings keep the order in which they were made.
        occurrences.sort_by_key(|found| (found.resource, found.control));
        drop_contradicted_passes(&mut occurrences);
        if self.counts {
            inventory.tallies = tally::tallies(&self.selected, judged, &occurrences);
        }
        inventory.occurrences = occurrences;
    }
}

/// Runs what of a check looks at one object. False if nothing of it does.
fn look(check: Check, observed: Observed<'_>, findings: &mut Findings<'_>) -> bool {
    let (of_object, of_workload) = match check {
        Check::Object(check) | Check::ObjectAndInventory(check, _) => (Some(check), None),
        Check::Workload(check) | Check::WorkloadAndInventory(check, _) => (None, Some(check)),
        Check::ObjectAndWorkload(object, workload) | Check::All(object, workload, _) => (Some(object), Some(workload)),
        Check::Inventory(_) => (None, None),
    };
    if let Some(check) = of_object {
        check(observed.object, findings);
    }
    if let Some(check) = of_workload
        && !observed.workloads.is_empty()
    {
        // That the object itself is not what a control looks for says nothing of the pods in it.
        findings.not_applicable = false;
        observed.workloads.iter().for_each(|workload| check(workload, findings));
        return true;
    }
    of_object.is_some()
}

/// Pods of one object may share parts: what is said of a part is said once.
fn drop_repeated(occurrences: &mut Vec<Occurrence>, from: usize, shares: impl Fn(ResourceId) -> bool) {
    let mut said = BTreeSet::new();
    let found = occurrences.split_off(from);
    occurrences.extend(found.into_iter().filter(|found| {
        let key = (found.resource, found.place, found.container, found.value, found.message);
        !shares(found.resource) || said.insert(key)
    }));
}

/// The objects that have more than one pod.
fn with_several_pods(inventory: &Inventory) -> BTreeSet<ResourceId> {
    let pairs = inventory.facts.workloads.windows(2);
    pairs.filter(|pair| pair[0].resource == pair[1].resource).map(|pair| pair[0].resource).collect()
}

/// What an object passes by itself it may fail in the company of others.
fn drop_contradicted_passes(occurrences: &mut Vec<Occurrence>) {
    let mut kept: Vec<Occurrence> = Vec::new();
    let same = |a: &Occurrence, b: &Occurrence| (a.resource, a.control) == (b.resource, b.control);
    if !occurrences.iter().any(|found| found.status == Status::Pass) {
        return;
    }
    for found in occurrences.drain(..) {
        match kept.last_mut() {
            Some(last) if same(last, &found) && last.status == Status::Pass => *last = found,
            Some(last) if same(last, &found) && found.status == Status::Pass => {}
            _ => kept.push(found),
        }
    }
    *occurrences = kept;
}

fn pass(registered: &Registered, resource: ResourceId) -> Occurrence {
    Occurrence {
        resource,
        control: registered.id,
        status: Status::Pass,
        severity: registered.control.severity,
        secret: false,
        place: Place::default(),
        container: Symbol::EMPTY,
        value: Symbol::EMPTY,
        message: Symbol::EMPTY,
        edit: Edit::None,
    }
}
