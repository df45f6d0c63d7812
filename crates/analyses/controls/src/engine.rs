//! Runs the selected controls over objects as they come, and over the inventory at the end.

mod joins;
mod tally;
mod unseen;

use std::collections::BTreeSet;
use std::path::Path;

use model::control::{Check, Group, InventoryFindings, Registered};
use model::custom_schema::CustomKind;
use model::finding::{ControlId, Edit, Finding, Findings, Occurrence, Standing, Status};
use model::inventory::{Inventory, Observed, ResourceId, Verdicts};
use model::parameter::Settings;
use model::place::Place;
use model::severity::Severity;
use model::symbols::{Symbol, Symbols};

pub use self::joins::{Again, Each, Joins, Saying, one_by_one};
use crate::namespace::schema::custom::{CustomKinds, files_of_definitions};

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
    /// Those of the selected that look at every object, by their numbers.
    of_objects: Vec<usize>,
    /// And those that look at objects or at the pods in them.
    of_all: Vec<usize>,
    passed: Passed,
    settings: Settings,
    counting: Option<NotCounted>,
    scopes: Option<Scopes>,
}

/// Settings that hold for some files only.
pub struct Scopes {
    /// The settings, each whole.
    pub settings: Vec<Settings>,
    /// Which of them hold for a file; none if the common ones do.
    pub scope_of: ScopeOf,
}

/// Finds the scope of a file.
pub type ScopeOf = Box<dyn Fn(&Path) -> Option<usize> + Sync>;

/// What does not count, because it is taken away from the results: what this control says of this file.
pub type NotCounted = Box<dyn Fn(ControlId, &Path) -> bool + Sync>;

impl Engine {
    /// An engine for those of these controls that `settings` leave something to say.
    pub fn new(mut selected: Vec<Registered>, passed: Passed, settings: Settings) -> Self {
        selected.retain(|registered| settings.configures(registered.control.id, registered.control.parameters));
        let numbers = |looks: fn(Check) -> bool| {
            let looking = selected.iter().enumerate().filter(|(_, registered)| looks(registered.control.check));
            looking.map(|(at, _)| at).collect()
        };
        let of_objects = numbers(looks_at_objects);
        let of_all = numbers(|check| !matches!(check, Check::Inventory(_)));
        Self { of_objects, of_all, selected, passed, settings, counting: None, scopes: None }
    }

    /// The same engine, which also counts how many objects every control judges.
    pub fn counting(self, not_counted: NotCounted) -> Self {
        Self { counting: Some(not_counted), ..self }
    }

    /// The same engine with settings that hold for some files only. What looks at the whole inventory goes by the
    /// common ones.
    pub fn with_scopes(self, scopes: Scopes) -> Self {
        Self { scopes: Some(scopes), ..self }
    }

    fn settings_for(&self, path: &Path) -> &Settings {
        let scoped = self.scopes.as_ref().and_then(|scopes| scopes.settings.get((scopes.scope_of)(path)?));
        scoped.unwrap_or(&self.settings)
    }

    /// The controls that run.
    pub fn selected(&self) -> &[Registered] {
        &self.selected
    }

    /// Judges one object by itself.
    pub fn judge(&self, observed: Observed<'_>, symbols: &Symbols, verdicts: &mut Verdicts) {
        let Verdicts { occurrences, judged } = verdicts;
        let settings = self.settings_for(observed.path);
        // Most objects carry no pod, and most controls look at nothing else.
        let looking = if observed.workloads.is_empty() { &self.of_objects } else { &self.of_all };
        for &at in looking {
            let registered = &self.selected[at];
            let before = occurrences.len();
            let mut findings = self.findings(registered, observed, symbols, occurrences, settings);
            if !look(registered.control.check, observed, &mut findings) {
                continue;
            }
            let not_applicable = findings.not_applicable;
            if observed.workloads.len() > 1 {
                drop_repeated(occurrences, before, |_| true);
            }
            let passed = !not_applicable && occurrences.len() == before;
            if let Some(not_counted) = &self.counting
                && (passed || occurrences.len() > before)
                && !not_counted(registered.id, observed.path)
            {
                tally::note(registered, observed.resource, judged);
            }
            if self.passed == Passed::Keep && passed {
                occurrences.push(pass(registered, observed.resource));
            }
        }
    }

    /// The files whose CustomResourceDefinitions are needed for a second look, by their index in the inventory.
    pub fn definitions(&self, inventory: &Inventory) -> BTreeSet<u32> {
        if self.holds_custom_resources().is_some() { files_of_definitions(inventory) } else { BTreeSet::new() }
    }

    /// The control that holds custom resources against their definitions, if it runs.
    fn holds_custom_resources(&self) -> Option<&Registered> {
        self.selected.iter().find(|selected| selected.control.id == "schema-invalid")
    }

    /// What there is to look at again when all objects are known: custom resources, by what is known of their kinds.
    /// `None` if there is nothing.
    pub fn second_look(&self, inventory: &Inventory, kinds: Vec<CustomKind>) -> Option<SecondLook<'_>> {
        let registered = self.holds_custom_resources()?;
        let kinds = CustomKinds::new(kinds);
        let files = kinds.files(inventory);
        (!files.is_empty()).then_some(SecondLook { engine: self, registered, kinds, files })
    }

    /// What holds custom resources against these definitions while they come, where all definitions come before
    /// them. `None` if no control does.
    pub fn first_look(&self, kinds: Vec<CustomKind>) -> Option<SecondLook<'_>> {
        let registered = self.holds_custom_resources()?;
        Some(SecondLook { engine: self, registered, kinds: CustomKinds::new(kinds), files: BTreeSet::new() })
    }

    fn findings<'a>(
        &self,
        registered: &Registered,
        observed: Observed<'a>,
        symbols: &'a Symbols,
        occurrences: &'a mut Vec<Occurrence>,
        settings: &'a Settings,
    ) -> Findings<'a> {
        Findings {
            symbols,
            occurrences,
            resource: observed.resource,
            control: registered.id,
            severity: registered.control.severity,
            origin: Some(observed.origin),
            not_applicable: false,
            control_name: registered.control.id,
            settings,
        }
    }

    /// Judges what needs all objects, and puts all findings in the order of resources and controls. `each` calls what it is
    /// given for every number below the one that it is given, several at a time if it likes.
    pub fn judge_inventory(&self, inventory: &mut Inventory, each: Each<'_>) {
        let mut occurrences = std::mem::take(&mut inventory.occurrences);
        let several = with_several_pods(inventory);
        let mut judged = std::mem::take(&mut inventory.judged);
        let unseen_rights = unseen::rights(inventory);
        let knows = |registered: &Registered| unseen_rights.is_none() || registered.group != Group::Rbac;
        for (registered, joined) in self.join_all(inventory, each) {
            let joins::Joined { mut own, mut looked_at, withdrawn, raised } = joined;
            looked_at.extend(revise(&mut occurrences, registered.id, withdrawn, raised));
            let before = occurrences.len();
            occurrences.append(&mut own);
            if !several.is_empty() {
                drop_repeated(&mut occurrences, before, |resource| several.contains(&resource));
            }
            let mut reported: Vec<ResourceId> = occurrences[before..].iter().map(|found| found.resource).collect();
            if self.counting.is_some() {
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
        sort(&mut occurrences);
        drop_contradicted_passes(&mut occurrences);
        if let Some(message) = unseen_rights {
            let is_pass =
                |found: &&mut Occurrence| found.status == Status::Pass && !knows(&crate::by_id(found.control));
            for found in occurrences.iter_mut().filter(is_pass) {
                *found = Occurrence { status: Status::Skip, message, ..*found };
            }
        }
        if let Some(not_counted) = &self.counting {
            let counts = |control, resource: ResourceId| {
                let file = inventory.files.get(inventory.resource(resource).file as usize);
                !file.is_some_and(|file| not_counted(control, file))
            };
            inventory.tallies = tally::tallies(&self.selected, judged, &occurrences, (&counts, &knows));
        }
        inventory.occurrences = occurrences;
    }
}

/// What is looked at again when all objects are known.
pub struct SecondLook<'e> {
    engine: &'e Engine,
    registered: &'e Registered,
    kinds: CustomKinds,
    files: BTreeSet<u32>,
}

impl SecondLook<'_> {
    /// The files to read again, by their index in the inventory.
    pub fn files(&self) -> &BTreeSet<u32> {
        &self.files
    }

    /// Judges one object of these files.
    pub fn judge(&self, observed: Observed<'_>, symbols: &Symbols, verdicts: &mut Verdicts) {
        let Verdicts { occurrences, judged } = verdicts;
        let before = occurrences.len();
        let settings = self.engine.settings_for(observed.path);
        let mut findings = self.engine.findings(self.registered, observed, symbols, occurrences, settings);
        let is_known = self.kinds.check(observed.object, &mut findings);
        if is_known && self.engine.passed == Passed::Keep && occurrences.len() == before {
            occurrences.push(pass(self.registered, observed.resource));
        }
        if is_known
            && let Some(not_counted) = &self.engine.counting
            && !not_counted(self.registered.id, observed.path)
        {
            tally::note_again(self.registered, observed.resource, judged);
        }
    }
}

/// Puts findings into the order of resources and controls; within a control they keep the order in which they were
/// made. Most are in order, and the rest follows them: sorting all of a million would take half of their space again.
fn sort(occurrences: &mut Vec<Occurrence>) {
    let key = |found: &Occurrence| (found.resource, found.control);
    let in_order = 1 + occurrences.windows(2).take_while(|pair| key(&pair[0]) <= key(&pair[1])).count();
    if in_order >= occurrences.len() {
        return;
    }
    let mut rest = occurrences.split_off(in_order);
    rest.sort_by_key(key);
    // From the last place down: the next is the last of those in order, or the last of the rest.
    let (mut left, mut at) = (in_order, in_order + rest.len());
    occurrences.resize(at, rest[0]);
    while let Some(found) = rest.last() {
        at -= 1;
        if left > 0 && key(&occurrences[left - 1]) > key(found) {
            left -= 1;
            occurrences[at] = occurrences[left];
        } else {
            occurrences[at] = *found;
            rest.pop();
        }
    }
}

/// Takes back and raises what `control` has said of resources by themselves. Returns those that are taken back.
fn revise(
    occurrences: &mut Vec<Occurrence>,
    control: ControlId,
    mut withdrawn: Vec<ResourceId>,
    mut raised: Vec<(ResourceId, Severity)>,
) -> Vec<ResourceId> {
    if withdrawn.is_empty() && raised.is_empty() {
        return withdrawn;
    }
    withdrawn.sort_unstable();
    raised.sort_unstable();
    occurrences.retain_mut(|found| {
        if found.control != control || found.status == Status::Pass {
            return true;
        }
        let from = raised.partition_point(|(resource, _)| *resource < found.resource);
        for (_, severity) in raised[from..].iter().take_while(|(resource, _)| *resource == found.resource) {
            found.severity = found.severity.max(*severity);
        }
        withdrawn.binary_search(&found.resource).is_err()
    });
    withdrawn
}

fn looks_at_objects(check: Check) -> bool {
    match check {
        Check::Object(_) | Check::ObjectAndInventory(..) | Check::ObjectAndWorkload(..) | Check::All(..) => true,
        Check::Workload(_) | Check::WorkloadAndInventory(..) | Check::Inventory(_) => false,
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
        for workload in observed.workloads {
            let before = findings.occurrences.len();
            check(workload, findings);
            // What is wrong is wrong in any case; nothing else of such a pod is known.
            if let Some(gap) = workload.pod.gap
                && findings.control_name != tally::JUDGES_FORM
                && findings.occurrences.len() == before
                && !findings.not_applicable
            {
                findings.report(Finding::at(gap.at).skip().message(gap.kind.message()));
            }
        }
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
        standing: Standing::Open,
        place: Place::default(),
        container: Symbol::EMPTY,
        value: Symbol::EMPTY,
        message: Symbol::EMPTY,
        edit: Edit::None,
        class: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn findings_are_sorted_as_a_stable_sort_does(made in prop::collection::vec((0..6u32, 0..4u16), 0..80), in_order: bool) {
            let mut occurrences: Vec<Occurrence> = Vec::new();
            for (number, (resource, control)) in (0..).zip(made) {
                let place = Place { line: number, ..Place::default() };
                let found = pass(&crate::by_id(ControlId(control)), ResourceId(resource));
                occurrences.push(Occurrence { place, ..found });
            }
            if in_order {
                let half = occurrences.len() / 2;
                occurrences[..half].sort_by_key(|found| (found.resource, found.control));
            }
            let mut expected = occurrences.clone();
            expected.sort_by_key(|found| (found.resource, found.control));
            sort(&mut occurrences);
            prop_assert_eq!(occurrences, expected);
        }
    }
}
