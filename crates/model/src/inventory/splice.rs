//! An inventory that is kept while the world changes: objects come, change and go, and what they are to others is
//! known to have changed only where it has.

use std::mem;

use super::list::{Pairing, RESOURCES};
use super::*;

/// What happens to one object.
#[derive(Debug)]
pub enum Change {
    /// A new object stands before the one of this number, or at the end. The part has it alone.
    Insert(ResourceId, Part),
    /// The object of this number is as the part has it alone.
    Replace(ResourceId, Part),
    /// The object of this number is gone.
    Remove(ResourceId),
}

impl Change {
    /// The number that it is about.
    fn at(&self) -> ResourceId {
        match self {
            Self::Insert(at, _) | Self::Replace(at, _) | Self::Remove(at) => *at,
        }
    }
}

/// What changes did to an inventory.
#[derive(Debug, Default)]
pub struct Spliced {
    /// Lists that are not as they were.
    pub changed: Lists,
    /// The new number of every object that was there, if numbers are not as they were.
    pub numbering: Option<Numbering>,
    /// The objects that came with the changes, by their new numbers, in the order of the changes.
    pub written: Vec<ResourceId>,
    /// What checks of single objects say of them.
    pub verdicts: Vec<Verdicts>,
}

/// New numbers of objects, by their old ones.
#[derive(Debug, Default)]
pub struct Numbering(Vec<Option<ResourceId>>);

impl Numbering {
    /// The new number; `None` if the object is gone.
    pub fn of(&self, old: ResourceId) -> Option<ResourceId> {
        self.0.get(old.0 as usize).copied().flatten()
    }
}

impl Inventory {
    /// Makes these changes, which are ordered by what they are about. What is new before an object comes before what
    /// happens to it. Findings are not kept here.
    pub fn splice(&mut self, changes: Vec<Change>) -> Spliced {
        debug_assert!(changes.is_sorted_by_key(Change::at), "changes are in order");
        let mut spliced = Spliced::default();
        let moves = changes.iter().any(|change| !matches!(change, Change::Replace(..)));
        let mut numbering = Numbering(Vec::new());
        let mut new = Facts::default();
        let mut touched = Vec::with_capacity(changes.len());
        let old = mem::take(&mut self.resources).into_inner();
        let (mut resources, mut at) = (Vec::with_capacity(old.len() + changes.len()), 0);
        let keep_until = |until: usize, at: &mut usize, resources: &mut Vec<Resource>, numbers: &mut Vec<_>| {
            let until = until.min(old.len());
            if *at < until {
                if moves {
                    numbers.extend((resources.len()..).take(until - *at).map(number).map(Some));
                }
                resources.extend_from_slice(&old[*at..until]);
                *at = until;
            }
        };
        for change in changes {
            let about = change.at();
            keep_until(about.0 as usize, &mut at, &mut resources, &mut numbering.0);
            let here = number(resources.len());
            let part = match change {
                Change::Insert(_, part) => {
                    spliced.changed |= RESOURCES;
                    part
                }
                Change::Replace(_, part) => {
                    touched.push(about);
                    numbering.0.extend(moves.then_some(Some(here)));
                    at += 1;
                    if part.resources.first() != old.get(about.0 as usize) {
                        spliced.changed |= RESOURCES;
                    }
                    part
                }
                Change::Remove(_) => {
                    touched.push(about);
                    numbering.0.push(None);
                    at += 1;
                    spliced.changed |= RESOURCES;
                    continue;
                }
            };
            let Part { resources: of_part, facts, verdicts, coverage: _ } = part;
            debug_assert_eq!(of_part.len(), 1, "a change is of one object");
            resources.extend(of_part);
            new.append(facts, here.0);
            let mut moved = Verdicts::default();
            moved.append(verdicts, here.0);
            spliced.written.push(here);
            spliced.verdicts.push(moved);
        }
        keep_until(old.len(), &mut at, &mut resources, &mut numbering.0);
        self.resources = Objects::from(resources);
        spliced.numbering = moves.then_some(numbering);
        let mut merge = Merge { touched: &touched, numbering: spliced.numbering.as_ref(), changed: Lists::default() };
        self.facts.pair(&mut new, &mut merge);
        spliced.changed |= merge.changed;
        self.indexes.forget(spliced.changed, spliced.numbering.is_some());
        spliced
    }

    /// These objects and these findings about them alone, as results with texts of their own.
    pub fn excerpt(&self, objects: &[ResourceId], occurrences: &[Occurrence]) -> Results {
        let symbols = Symbols::default();
        let text = |symbol: Symbol| symbols.intern(&self.symbols.text(symbol));
        let of = |id: ResourceId| objects.binary_search(&id).ok().map(number);
        let place = |place: crate::place::Place| crate::place::Place { field: text(place.field), ..place };
        let occurrences = occurrences.iter().filter_map(|found| {
            Some(Occurrence {
                resource: of(found.resource)?,
                place: place(found.place),
                container: text(found.container),
                value: text(found.value),
                message: text(found.message),
                edit: found.edit.with_texts(&text),
                ..*found
            })
        });
        let resource = |&id: &ResourceId| {
            let Resource { api_version, kind, namespace, name, file, line, is_workload } = *self.resource(id);
            let (api_version, kind) = (text(api_version), text(kind));
            Resource { api_version, kind, namespace: text(namespace), name: text(name), file, line, is_workload }
        };
        let resources = objects.iter().map(resource).collect();
        let occurrences = occurrences.collect();
        Results {
            files: self.files.clone(),
            resources,
            occurrences,
            tallies: Vec::new(),
            coverage: Coverage::default(),
            live: LiveFacts::default(),
            origins: Origins::default(),
            priorities: Priorities::default(),
            symbols: symbols.freeze(),
        }
    }
}

fn number(at: usize) -> ResourceId {
    ResourceId(u32::try_from(at).expect("fewer than four thousand million objects"))
}

/// Takes what was said of touched objects out of lists, gives the rest its new numbers, and puts in what is said now.
struct Merge<'a> {
    touched: &'a [ResourceId],
    numbering: Option<&'a Numbering>,
    changed: Lists,
}

impl Pairing for Merge<'_> {
    fn pair<T: Fact>(&mut self, list: &mut List<T>, new: &mut List<T>) {
        let (facts, new) = (list.facts(), mem::take(new.facts()));
        let range = |resource: ResourceId| {
            let from = facts.partition_point(|fact| fact.resource() < resource);
            from..from + facts[from..].partition_point(|fact| fact.resource() == resource)
        };
        let ranges: Vec<_> =
            self.touched.iter().map(|touched| range(*touched)).filter(|range| !range.is_empty()).collect();
        let before = || ranges.iter().flat_map(|range| &facts[range.clone()]);
        if self.numbering.is_none() && before().eq(&new) {
            return;
        }
        if ranges.is_empty() && new.is_empty() {
            facts.iter_mut().for_each(|fact| renumber(fact, self.numbering));
            return;
        }
        let old = mem::take(facts);
        let (mut removed, mut gone) = (Vec::new(), false);
        facts.reserve(old.len() + new.len());
        let mut taken_out = ranges.into_iter().peekable();
        let mut coming = new.iter().map(Fact::resource).peekable();
        let mut order = Vec::with_capacity(new.len());
        for (at, mut fact) in old.into_iter().enumerate() {
            while taken_out.next_if(|range| range.end <= at).is_some() {}
            if taken_out.peek().is_some_and(|range| range.contains(&at)) {
                match self.numbering.map_or(Some(fact.resource()), |numbering| numbering.of(fact.resource())) {
                    Some(number) => fact.set_resource(number),
                    None => gone = true,
                }
                removed.push(fact);
                continue;
            }
            renumber(&mut fact, self.numbering);
            while coming.next_if(|coming| *coming < fact.resource()).is_some() {
                order.push(facts.len());
            }
            facts.push(fact);
        }
        if gone || removed != new {
            self.changed |= T::LIST;
        }
        merge(facts, new, order);
    }
}

/// Puts `new` into `facts`: the first of them before those whose places are in `before`, the rest at the end.
fn merge<T>(facts: &mut Vec<T>, new: Vec<T>, before: Vec<usize>) {
    if before.is_empty() {
        facts.extend(new);
        return;
    }
    let old = mem::replace(facts, Vec::with_capacity(facts.len() + new.len()));
    let (mut new, mut before) = (new.into_iter(), before.into_iter().peekable());
    for (at, fact) in old.into_iter().enumerate() {
        while before.next_if(|before| *before == at).is_some() {
            facts.extend(new.next());
        }
        facts.push(fact);
    }
    facts.extend(new);
}

fn renumber<T: Fact>(fact: &mut T, numbering: Option<&Numbering>) {
    if let Some(numbering) = numbering {
        let number = numbering.of(fact.resource()).expect("facts of what is gone are taken out");
        fact.set_resource(number);
    }
}
