//! A cluster that is followed, as an inventory that is kept: what changes is put into it, and nothing else is read
//! again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use model::coverage::Skipped;
use model::finding::Occurrence;
use model::inventory::{Change, Indexes, Inventory, Part, ResourceId, Spliced};
use model::made::{controller, shape};
use model::object::Object;
use model::workload::workloads;

use crate::discovery::Discovery;
use crate::identity::Seen;
use crate::lists::{Phase, Scope, Wanted};
use crate::load::{Actions, Judge, Judging, MadeObjects, Progress, Unseen, unseen};
use crate::owners::{Decision, Drift};
use crate::ownership::{Key, Member, Ownership, Standing};
use crate::store::Store;

/// Objects that are judged at a time when all are.
const PART: usize = 500;

/// A cluster that is followed.
pub struct Resident {
    /// Everything that is judged.
    pub inventory: Inventory,
    /// What is told not to be seen.
    pub skipped: Vec<Skipped>,
    path: PathBuf,
    /// The objects of the inventory, in its order.
    kept: Vec<Kept>,
    ownership: Ownership,
}

/// What is kept of an object of the inventory.
struct Kept {
    key: Key,
    /// What was judged.
    text: Arc<str>,
    /// What it says by itself. Whose it is, is where it stands.
    alone: Box<[Occurrence]>,
    drift: Option<Drift>,
}

/// An object that is different: the number of its list, and its name there.
pub type Different = (usize, String);

/// What is to be done with the inventory for a change of the cluster.
pub struct Plan {
    steps: BTreeMap<Key, Step>,
}

/// What is to be done with one object.
struct Step {
    /// Where it is, if it is there.
    at: Option<ResourceId>,
    /// What is to be judged, if anything, and how it differs from what its owner says.
    judge: Option<(Arc<str>, Option<Drift>)>,
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The objects of the inventory that will be judged again, or gone.
    pub fn objects(&self) -> impl Iterator<Item = ResourceId> {
        self.steps.values().filter_map(|step| step.at)
    }
}

impl Resident {
    /// Everything that is known of a cluster.
    pub fn new(name: &str, store: &Store, judge: Judge<'_>) -> Self {
        let mut resident = Self {
            inventory: Inventory::default(),
            skipped: Vec::new(),
            path: PathBuf::from(name),
            kept: Vec::new(),
            ownership: Ownership::default(),
        };
        let mut objects: Vec<(Key, Arc<str>)> =
            store.all().map(|(at, name, text)| (key(store, at, name), Arc::clone(text))).collect();
        objects.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let members = in_parts(&objects, |objects| objects.iter().map(|(_, text)| member(text)).collect::<Vec<_>>());
        let mut touched = BTreeSet::new();
        for ((key, _), member) in objects.iter().zip(members.into_iter().flatten()) {
            if let Some(member) = member {
                resident.ownership.set(key, Some(member), &mut touched);
                touched.clear();
            }
        }
        let judged = objects.into_iter().filter_map(|(key, text)| {
            let drift = resident.decide(&key, &text, store)?;
            Some((key, text, drift))
        });
        let judged: Vec<(Key, Arc<str>, Option<Drift>)> = judged.collect();
        let parts = in_parts(&judged, |objects| {
            objects.iter().map(|(_, text, drift)| resident.judge(text, drift.as_ref(), judge)).collect::<Vec<_>>()
        });
        for ((key, text, drift), part) in judged.into_iter().zip(parts.into_iter().flatten()) {
            if part.resources.is_empty() {
                continue;
            }
            let alone = part.verdicts.occurrences.iter().copied().collect();
            resident.inventory.append(Part { verdicts: Default::default(), ..part });
            resident.kept.push(Kept { key, text, alone, drift });
        }
        resident.inventory.files.push(resident.path.clone());
        resident
    }

    /// Says what can be seen, as far as it is needed. Returns whether that is something else than before.
    pub fn set_coverage(&mut self, discovery: &Discovery, store: &Store, scope: &Scope) -> bool {
        let lists: Vec<Wanted> = store.lists().iter().map(|list| list.wanted.clone()).collect();
        let Unseen { mut skipped, unseen } = unseen(&self.path, &lists, discovery, scope, &store.troubles());
        skipped.sort();
        let different = self.inventory.unseen != unseen;
        if different {
            // What was made of the facts may go by what is not seen.
            self.inventory.indexes = Indexes::default();
        }
        self.skipped = skipped;
        self.inventory.complete = unseen.is_empty();
        self.inventory.unseen = unseen;
        different
    }

    /// What is to be done for what is different in the store; and whatever `again` says of is judged again, by its number.
    pub fn plan(
        &mut self,
        store: &Store,
        different: &[Different],
        again: &dyn Fn(&Inventory, ResourceId) -> bool,
    ) -> Plan {
        let mut touched = BTreeSet::new();
        let mut texts = BTreeMap::new();
        for (list, name) in different {
            let text = store.object(*list, name);
            let key = key(store, *list, name);
            let member = text.and_then(|text| member(text));
            self.ownership.set(&key, member, &mut touched);
            texts.insert(key, text);
        }
        touched.extend(texts.keys().cloned());
        let all = (0..self.kept.len()).map(number).filter(|id| again(&self.inventory, *id));
        touched.extend(all.map(|id| self.kept[id.0 as usize].key.clone()));
        let mut steps = BTreeMap::new();
        for key in touched {
            let at = self.kept.binary_search_by(|kept| kept.key.cmp(&key)).ok().map(number);
            let text = store.object(key.list as usize, &key.name);
            let judge = text.and_then(|text| Some((Arc::clone(text), self.decide(&key, text, store)?)));
            let same = match (at, &judge) {
                (None, None) => true,
                (Some(at), Some((text, drift))) => {
                    let kept = &self.kept[at.0 as usize];
                    kept.text == *text && kept.drift == *drift && !again(&self.inventory, at)
                }
                _ => false,
            };
            if !same {
                steps.insert(key, Step { at, judge });
            }
        }
        Plan { steps }
    }

    /// Does it.
    pub fn carry_out(&mut self, plan: Plan, judge: Judge<'_>) -> Spliced {
        let mut changes = Vec::with_capacity(plan.steps.len());
        let mut kept = Vec::new();
        for (key, Step { at, judge: judged }) in plan.steps {
            let part = judged.map(|(text, drift)| {
                let mut part = self.judge(&text, drift.as_ref(), judge);
                let verdicts = std::mem::take(&mut part.verdicts);
                (part, Kept { key: key.clone(), text, alone: verdicts.occurrences.into(), drift })
            });
            let change = match (at, part.filter(|(part, _)| !part.resources.is_empty())) {
                (Some(at), Some((part, new))) => {
                    kept.push((at, Some(new), false));
                    Change::Replace(at, part)
                }
                (Some(at), None) => {
                    kept.push((at, None, false));
                    Change::Remove(at)
                }
                (None, Some((part, new))) => {
                    let at = number(self.kept.partition_point(|kept| kept.key < key));
                    kept.push((at, Some(new), true));
                    Change::Insert(at, part)
                }
                (None, None) => continue,
            };
            changes.push(change);
        }
        self.keep(kept);
        self.inventory.splice(changes)
    }

    /// What the object of that number says by itself.
    pub fn alone(&self, id: ResourceId) -> Vec<Occurrence> {
        let alone = self.kept.get(id.0 as usize).into_iter().flat_map(|kept| kept.alone.iter());
        alone.map(|found| Occurrence { resource: id, ..*found }).collect()
    }

    /// The text that was judged.
    pub fn text(&self, id: ResourceId) -> Option<&str> {
        self.kept.get(id.0 as usize).map(|kept| &*kept.text)
    }

    /// What the cluster is called.
    pub fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// Puts in what is kept of new objects before the numbers that they have, and takes out what is gone.
    fn keep(&mut self, new: Vec<(ResourceId, Option<Kept>, bool)>) {
        if new.iter().all(|(_, kept, inserted)| kept.is_some() && !inserted) {
            for (at, kept, _) in new {
                if let (Some(place), Some(kept)) = (self.kept.get_mut(at.0 as usize), kept) {
                    *place = kept;
                }
            }
            return;
        }
        let old = std::mem::take(&mut self.kept);
        self.kept.reserve(old.len() + new.len());
        let mut new = new.into_iter().peekable();
        for (at, kept) in old.into_iter().enumerate() {
            let mut replaced = false;
            while let Some((_, kept, inserted)) = new.next_if(|(about, ..)| about.0 as usize == at) {
                self.kept.extend(kept);
                replaced |= !inserted;
            }
            if !replaced {
                self.kept.push(kept);
            }
        }
        self.kept.extend(new.filter_map(|(_, kept, _)| kept));
    }

    /// Whether an object is judged by itself, and how it differs from what its owner says.
    fn decide(&self, key: &Key, text: &str, store: &Store) -> Option<Option<Drift>> {
        match self.ownership.standing(key) {
            Standing::Evidence => None,
            Standing::Judged => Some(None),
            Standing::Drifted(owner) => {
                Some(store.object(owner.list as usize, &owner.name).and_then(|template| drift(template, text)))
            }
        }
    }

    fn judge(&self, text: &str, drift: Option<&Drift>, judge: Judge<'_>) -> Part {
        let progress = Progress::default();
        let seen = Mutex::new(Seen::default());
        let actions = Actions { judge, after_definitions: &|| {}, progress: &progress, made: MadeObjects::Folded };
        let judging = Judging { path: &self.path, file: 0, symbols: &self.inventory.symbols, actions, seen: &seen };
        let mut part = Part::default();
        let decide = &mut |_: &Object<'_>, _: &[model::workload::Workload<'_>]| match drift {
            Some(drift) => Decision::Drifted(drift.clone()),
            None => Decision::Judge,
        };
        judging.object(text, decide, &mut part);
        part
    }
}

fn number(at: usize) -> ResourceId {
    ResourceId(u32::try_from(at).expect("fewer than four thousand million objects"))
}

fn key(store: &Store, list: usize, name: &str) -> Key {
    let phase = store.lists().get(list).map_or(Phase::Objects, |list| list.wanted.phase);
    Key { phase, list: u32::try_from(list).expect("fewer than four thousand million lists"), name: Arc::from(name) }
}

fn member(text: &str) -> Option<Member> {
    let parsed = yaml::parse_document(text).ok()?;
    let object = Object::new(parsed.root())?;
    Member::of(&object, &workloads(&object))
}

/// How an object differs from the template of its owner.
fn drift(owner: &str, text: &str) -> Option<Drift> {
    let (owner, own) = (yaml::parse_document(owner).ok()?, yaml::parse_document(text).ok()?);
    let (owner, own) = (Object::new(owner.root())?, Object::new(own.root())?);
    let shape_of = |object: &Object<'_>| workloads(object).first().map(|workload| shape(workload.pod.spec));
    Some(Drift::new(controller(&own)?, &shape_of(&owner)?, &shape_of(&own)?))
}

/// What `work` makes of all, some at a time, on all processors, in their order.
fn in_parts<T: Sync, R: Send>(all: &[T], work: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    let chunks: Vec<&[T]> = all.chunks(PART).collect();
    let most = thread::available_parallelism().map_or(1, usize::from).min(chunks.len()).max(1);
    let share = chunks.len().div_ceil(most).max(1);
    let work = &work;
    thread::scope(|threads| {
        let running: Vec<_> = chunks
            .chunks(share)
            .map(|chunks| threads.spawn(move || chunks.iter().map(|chunk| work(chunk)).collect::<Vec<R>>()))
            .collect();
        running.into_iter().flat_map(|running| running.join().expect("judging does not panic")).collect()
    })
}
