//! Everything known at one moment, kept slim: who each object is, and the facts that joins need.
//!
//! Sources read a document, `Part::observe` takes from it what is kept, and the document is let go.
//! Parts of the input are read on many threads and put together in the order of the input, so that the same
//! input always gives the same inventory.

mod evidence;
mod facts;
mod fold;
mod indexes;
mod list;
pub mod observe;
mod splice;
mod verdicts;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use facts::*;
pub use indexes::Indexes;
pub use list::{Fact, List, Lists, Objects, reading};
pub use splice::{Change, Numbering, Spliced};
pub use verdicts::{Judged, Tally, Verdicts};

use crate::coverage::Coverage;
use crate::finding::{Occurrence, Origin};
use crate::object::Object;
use crate::origin::Origins;
use crate::priority::Priorities;
use crate::symbols::{Symbol, SymbolTable, Symbols};
use crate::workload::Workload;

/// The index of a resource in its inventory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId(pub u32);

/// An object of the inventory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Group and version, as written.
    pub api_version: Symbol,
    /// The kind.
    pub kind: Symbol,
    /// The namespace as written; empty if it is not.
    pub namespace: Symbol,
    /// The name; empty if it has none.
    pub name: Symbol,
    /// The index of its file.
    pub file: u32,
    /// The line on which it begins; 0 if it is in a running cluster and not in a file, which then is named after
    /// the cluster.
    pub line: u32,
    /// Whether it carries a pod.
    pub is_workload: bool,
}

/// An object, and all that is known of it while its document is there.
#[derive(Clone, Copy)]
pub struct Observed<'a> {
    /// Its number in the part that it is in.
    pub resource: ResourceId,
    /// The object.
    pub object: &'a Object<'a>,
    /// The pods in it.
    pub workloads: &'a [Workload<'a>],
    /// Its text.
    pub origin: Origin<'a>,
    /// The file it is in.
    pub path: &'a Path,
}

/// What one part of the input holds.
#[derive(Debug, Default)]
pub struct Part {
    /// The objects.
    pub resources: Vec<Resource>,
    /// What joins need to know of them.
    pub facts: Facts,
    /// What checks of single objects say.
    pub verdicts: Verdicts,
    /// What was looked at.
    pub coverage: Coverage,
}

/// Everything known at one moment.
#[derive(Default)]
pub struct Inventory {
    /// Texts. Inventories that become one result share them.
    pub symbols: Arc<Symbols>,
    /// The files that resources are in, as the user named them or relative to what the user named.
    pub files: Vec<PathBuf>,
    /// The objects, ordered as the input is.
    pub resources: Objects,
    /// What joins need to know of them.
    pub facts: Facts,
    /// What checks of single objects have found.
    pub occurrences: Vec<Occurrence>,
    /// What they have judged, if somebody counts.
    pub judged: Judged,
    /// How many objects every control has judged, when the analysis is done and somebody counts.
    pub tallies: Vec<Tally>,
    /// What was looked at.
    pub coverage: Coverage,
    /// Whether what is not here does not exist.
    pub complete: bool,
    /// Kinds, as group and plural name, of which there are objects that were not seen. A name that is empty is every kind
    /// of the group, a group that is empty as well every kind there is.
    pub unseen: Vec<(String, String)>,
    /// What comes first, and why, if somebody asked.
    pub priorities: Priorities,
    /// Objects that count for their owners and are not here: the file of each, and which of the file it was.
    pub folded: Vec<(u32, u32)>,
    /// What finds facts by labels and names.
    pub indexes: Indexes,
}

impl Part {
    /// Adds the next part of the input.
    pub fn append(&mut self, part: Self) {
        let base = u32::try_from(self.resources.len()).expect("a part is bounded");
        let Self { resources, facts, verdicts, coverage } = part;
        self.resources.extend(resources);
        self.facts.append(facts, base);
        self.verdicts.append(verdicts, base);
        self.coverage.append(coverage);
    }
}

impl Inventory {
    /// Adds the next part of the input.
    pub fn append(&mut self, part: Part) {
        let base = u32::try_from(self.resources.len()).expect("fewer than four thousand million objects");
        let Part { resources, facts, verdicts, coverage } = part;
        self.resources.extend(resources);
        self.facts.append(facts, base);
        let Verdicts { occurrences, judged } = verdicts;
        self.occurrences.extend(occurrences.into_iter().map(|occurrence| occurrence.moved(base)));
        self.judged.append(judged, base);
        self.coverage.append(coverage);
    }

    /// Adds another cluster, which was judged by itself and has its texts among these.
    pub fn absorb(&mut self, other: Self) {
        let base = u32::try_from(self.resources.len()).expect("fewer than four thousand million objects");
        let files = u32::try_from(self.files.len()).expect("fewer than four thousand million files");
        let resources = other.resources.into_inner().into_iter();
        self.resources.extend(resources.map(|resource| Resource { file: resource.file + files, ..resource }));
        self.files.extend(other.files);
        self.occurrences.extend(other.occurrences.into_iter().map(|occurrence| occurrence.moved(base)));
        self.facts.append(other.facts, base);
        self.coverage.append(other.coverage);
        let moved = |id: ResourceId| Some(ResourceId(id.0 + base));
        self.priorities.add(&other.priorities, &moved, &|_, place| (None, place));
        self.priorities.sort();
        for tally in other.tallies {
            match self.tallies.iter_mut().find(|known| known.control == tally.control) {
                Some(known) => {
                    known.passed += tally.passed;
                    known.failed += tally.failed;
                    known.unknown += tally.unknown;
                }
                None => self.tallies.push(tally),
            }
        }
        self.tallies.sort_by_key(|tally| tally.control);
    }

    /// The resource of that id.
    pub fn resource(&self, id: ResourceId) -> &Resource {
        self.resources.called(id)
    }

    /// The namespace of a resource as written; empty if it is not.
    pub fn namespace(&self, id: ResourceId) -> Symbol {
        self.resource(id).namespace
    }
}

/// The path that an object of a running cluster has where something needs one: `CLUSTER/NAMESPACE/KIND/NAME`.
pub fn live_path(cluster: &Path, kind: &str, namespace: &str, name: &str) -> PathBuf {
    let mut path = cluster.as_os_str().to_owned();
    for part in [namespace, kind, name].into_iter().filter(|part| !part.is_empty()) {
        path.push("/");
        path.push(part);
    }
    PathBuf::from(path)
}

/// What an analysis of an inventory has found: what reports are made of.
pub struct Results {
    /// Texts.
    pub symbols: SymbolTable,
    /// The files that resources are in.
    pub files: Vec<PathBuf>,
    /// The objects, ordered as the input is.
    pub resources: Vec<Resource>,
    /// The findings, ordered by resource and control.
    pub occurrences: Vec<Occurrence>,
    /// How many objects every control that ran has judged, ordered by control; empty if nobody counted.
    pub tallies: Vec<Tally>,
    /// What was looked at.
    pub coverage: Coverage,
    /// What only running clusters say.
    pub live: LiveFacts,
    /// What is known of rendered text.
    pub origins: Origins,
    /// What comes first, and why, if somebody asked.
    pub priorities: Priorities,
}

impl Results {
    /// Keeps the resources of which `kept` says so, by their numbers, and what is said of them.
    pub fn keep(&mut self, kept: &[bool]) {
        let mut next = 0;
        let numbers: Vec<Option<ResourceId>> = kept
            .iter()
            .map(|kept| {
                let number = kept.then_some(ResourceId(next));
                next += u32::from(*kept);
                number
            })
            .collect();
        let number = |id: ResourceId| numbers.get(id.0 as usize).copied().flatten();
        let mut at = 0;
        self.resources.retain(|_| {
            at += 1;
            kept.get(at - 1) == Some(&true)
        });
        self.occurrences.retain_mut(|found| match number(found.resource) {
            Some(resource) => {
                found.resource = resource;
                true
            }
            None => false,
        });
        self.origins.renumber(&number);
        let all = std::mem::take(&mut self.priorities);
        self.priorities.add(&all, &number, &|_, place| (None, place));
        self.priorities.sort();
    }
}

impl Inventory {
    /// Ends the analysis. Nobody else has the texts any more.
    pub fn into_results(self) -> Results {
        let Self {
            symbols,
            files,
            resources,
            facts,
            occurrences,
            judged: _,
            tallies,
            coverage,
            complete: _,
            unseen: _,
            priorities,
            folded: _,
            indexes: _,
        } = self;
        let symbols = Arc::into_inner(symbols).expect("who shared the texts is done").freeze();
        let origins = Origins::default();
        let resources = resources.into_inner();
        Results { symbols, files, resources, occurrences, tallies, coverage, live: facts.live, origins, priorities }
    }
}
