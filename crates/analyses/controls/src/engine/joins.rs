//! What joins say of an inventory that is kept while the world changes: a join is asked again when a list that it has
//! looked at is not as it was, and only then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use model::finding::{Findings, Occurrence};
use model::inventory::{Inventory, Lists, Numbering, ResourceId, reading};
use model::severity::Severity;

use super::*;

/// What one join says.
#[derive(Default)]
pub(super) struct Joined {
    /// Findings.
    pub(super) own: Vec<Occurrence>,
    /// What it has looked at.
    pub(super) looked_at: Vec<ResourceId>,
    /// What was said of objects by themselves and does not hold.
    pub(super) withdrawn: Vec<ResourceId>,
    /// What was said of objects by themselves and is worse.
    pub(super) raised: Vec<(ResourceId, Severity)>,
}

/// What all joins have said last, in the order of the controls that run.
#[derive(Default)]
pub struct Joins(Vec<Option<Said>>);

/// What a join has said, ordered by the object, and what it looked at for that.
struct Said {
    read: Lists,
    joined: Joined,
}

/// Calls something for every number below one.
pub type Each<'e> = &'e dyn Fn(usize, &(dyn Fn(usize) + Sync));

/// Calls it for one after another.
pub fn one_by_one(end: usize, ask: &(dyn Fn(usize) + Sync)) {
    (0..end).for_each(ask);
}

/// What came of asking joins again.
#[derive(Default)]
pub struct Again {
    /// The objects of which something else is said than before.
    pub different: BTreeSet<ResourceId>,
    /// What was said before by those that were asked, by the number of the control.
    before: BTreeMap<usize, Joined>,
}

/// What joins say at one time.
pub struct Saying<'j> {
    joins: &'j Joins,
    before: Option<&'j Again>,
}

impl Engine {
    /// What `check` says of an inventory.
    pub(super) fn join(
        &self,
        registered: &Registered,
        check: fn(&Inventory, &mut InventoryFindings<'_>),
        inventory: &Inventory,
    ) -> Joined {
        let mut own = Vec::new();
        let findings = Findings {
            symbols: &inventory.symbols,
            occurrences: &mut own,
            resource: ResourceId(0),
            control: registered.id,
            severity: registered.control.severity,
            origin: None,
            not_applicable: false,
            control_name: registered.control.id,
            settings: &self.settings,
        };
        let mut findings =
            InventoryFindings { findings, looked_at: Vec::new(), withdrawn: Vec::new(), raised: Vec::new() };
        check(inventory, &mut findings);
        let InventoryFindings { findings: _, looked_at, withdrawn, raised } = findings;
        Joined { own, looked_at, withdrawn, raised }
    }

    /// What all joins say, in the order of the controls.
    pub(super) fn join_all(
        &self,
        inventory: &Inventory,
        each: Each<'_>,
    ) -> impl Iterator<Item = (&Registered, Joined)> {
        let joins = self.selected.iter().filter_map(|registered| {
            let check = of_inventory(registered.control.check)?;
            Some((registered, check, Mutex::new(Joined::default())))
        });
        let joins: Vec<_> = joins.collect();
        each(joins.len(), &|number| {
            let (registered, check, said) = &joins[number];
            *said.lock().unwrap_or_else(PoisonError::into_inner) = self.join(registered, *check, inventory);
        });
        let said = |said: Mutex<Joined>| said.into_inner().unwrap_or_else(PoisonError::into_inner);
        joins.into_iter().map(move |(registered, _, joined)| (registered, said(joined)))
    }

    /// Asks those joins again that have looked at a list that has changed, or were not asked yet. What they have said of
    /// objects that have other numbers now is renumbered. `each` calls what it is given for every number below the one
    /// that it is given, several at a time if it likes. Passes are not kept.
    pub fn judge_again(
        &self,
        inventory: &Inventory,
        (changed, numbering): (Lists, Option<&Numbering>),
        joins: &mut Joins,
        each: Each<'_>,
    ) -> Again {
        joins.0.resize_with(self.selected.len(), || None);
        let mut asked = Vec::new();
        for (at, (registered, said)) in self.selected.iter().zip(&mut joins.0).enumerate() {
            let Some(check) = of_inventory(registered.control.check) else { continue };
            if let (Some(said), Some(numbering)) = (&mut *said, numbering) {
                said.joined.renumber(numbering);
            }
            if said.as_ref().is_none_or(|said| said.read.meets(changed)) {
                asked.push((at, registered, check, Mutex::new(None)));
            }
        }
        each(asked.len(), &|number| {
            let (_, registered, check, said) = &asked[number];
            let (mut joined, read) = reading(|| self.join(registered, *check, inventory));
            joined.looked_at = Vec::new();
            joined.own.sort_by_key(|found| found.resource);
            joined.withdrawn.sort_unstable();
            joined.withdrawn.dedup();
            joined.raised.sort_unstable();
            joined.raised.dedup();
            *said.lock().unwrap_or_else(PoisonError::into_inner) = Some(Said { read, joined });
        });
        let mut again = Again::default();
        for (at, _, _, said) in asked {
            let Some(said) = said.into_inner().unwrap_or_else(PoisonError::into_inner) else { continue };
            let before = joins.0[at].take().map(|said| said.joined).unwrap_or_default();
            before.compare(&said.joined, &mut again.different);
            again.before.insert(at, before);
            joins.0[at] = Some(said);
        }
        again
    }

    /// All that is said of an object, in the order of the controls. `alone` is what it says by itself.
    pub fn said_of(
        &self,
        inventory: &Inventory,
        joins: &Saying<'_>,
        resource: ResourceId,
        alone: &[Occurrence],
    ) -> Vec<Occurrence> {
        let mut all = alone.to_vec();
        let mut pods = inventory.facts.workloads[of(&inventory.facts.workloads, resource, |fact| fact.resource)].iter();
        let several = pods.nth(1).is_some();
        for (at, registered) in self.selected.iter().enumerate() {
            let Some(Joined { own, looked_at: _, withdrawn, raised }) = joins.of(at) else { continue };
            let withdrawn = &withdrawn[of(withdrawn, resource, |at| *at)];
            let raised = &raised[of(raised, resource, |(at, _)| *at)];
            revise(&mut all, registered.id, withdrawn.to_vec(), raised.to_vec());
            let before = all.len();
            all.extend_from_slice(&own[of(own, resource, |found| found.resource)]);
            if several {
                drop_repeated(&mut all, before, |_| true);
            }
        }
        all.sort_by_key(|found| found.control);
        all
    }
}

impl Joins {
    /// What they say.
    pub fn now(&self) -> Saying<'_> {
        Saying { joins: self, before: None }
    }

    /// What they have said before they were asked again.
    pub fn before<'j>(&'j self, again: &'j Again) -> Saying<'j> {
        Saying { joins: self, before: Some(again) }
    }
}

impl Saying<'_> {
    /// What the control of that number says.
    fn of(&self, at: usize) -> Option<&Joined> {
        let before = self.before.and_then(|again| again.before.get(&at));
        before.or_else(|| Some(&self.joins.0.get(at)?.as_ref()?.joined))
    }
}

/// Where in a list that is ordered by objects those of one object are.
fn of<T>(list: &[T], resource: ResourceId, key: impl Fn(&T) -> ResourceId) -> std::ops::Range<usize> {
    let from = list.partition_point(|one| key(one) < resource);
    from..from + list[from..].partition_point(|one| key(one) == resource)
}

/// The join of a check, if it has one.
pub(super) fn of_inventory(check: Check) -> Option<fn(&Inventory, &mut InventoryFindings<'_>)> {
    match check {
        Check::Inventory(check)
        | Check::WorkloadAndInventory(_, check)
        | Check::ObjectAndInventory(_, check)
        | Check::All(_, _, check) => Some(check),
        Check::Object(_) | Check::Workload(_) | Check::ObjectAndWorkload(..) => None,
    }
}

impl Joined {
    /// Gives the objects their new numbers. What was said of those that are gone is gone.
    fn renumber(&mut self, numbering: &Numbering) {
        let Self { own, looked_at: _, withdrawn, raised } = self;
        own.retain_mut(|found| numbering.of(found.resource).map(|number| found.resource = number).is_some());
        withdrawn.retain_mut(|resource| numbering.of(*resource).map(|number| *resource = number).is_some());
        raised.retain_mut(|(resource, _)| numbering.of(*resource).map(|number| *resource = number).is_some());
    }

    /// Adds the objects of which `after` says something else.
    fn compare(&self, after: &Self, different: &mut BTreeSet<ResourceId>) {
        differences(&self.own, &after.own, |found| found.resource, different);
        differences(&self.withdrawn, &after.withdrawn, |resource| *resource, different);
        differences(&self.raised, &after.raised, |(resource, _)| *resource, different);
    }
}

/// The objects that two lists, both ordered by them, differ in.
fn differences<T: PartialEq>(
    before: &[T],
    after: &[T],
    key: impl Fn(&T) -> ResourceId,
    different: &mut BTreeSet<ResourceId>,
) {
    let (mut before, mut after) = (before, after);
    while let Some(resource) = before.first().into_iter().chain(after.first()).map(&key).min() {
        let old = before.partition_point(|one| key(one) == resource);
        let new = after.partition_point(|one| key(one) == resource);
        if before[..old] != after[..new] {
            different.insert(resource);
        }
        (before, after) = (&before[old..], &after[new..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_objects_of_which_something_else_is_said_differ() {
        let said = |all: &[(u32, char)]| all.iter().map(|&(at, what)| (ResourceId(at), what)).collect::<Vec<_>>();
        let mut different = BTreeSet::new();
        let before = said(&[(1, 'a'), (1, 'b'), (2, 'a'), (4, 'a')]);
        let after = said(&[(1, 'a'), (1, 'b'), (2, 'b'), (3, 'a')]);
        differences(&before, &after, |(at, _)| *at, &mut different);
        assert_eq!(different.into_iter().map(|id| id.0).collect::<Vec<_>>(), [2, 3, 4]);
    }
}
