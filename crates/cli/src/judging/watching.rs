//! A cluster that is followed: judged once, and then only what a change touches. What comes of it is what a scan says.

use std::collections::{BTreeMap, BTreeSet};

use cluster::discovery::Discovery;
use cluster::features::Feature;
use cluster::lists::Scope;
use cluster::load::{Actions, MadeObjects, Progress, stored};
use cluster::resident::{Different, Resident};
use cluster::store::Store;
use controls::engine::{Engine, Joins, Passed, SecondLook};
use model::custom_schema::{CustomKind, custom_kinds};
use model::finding::{ControlId, Occurrence, Origin};
use model::inventory::{Inventory, Lists, Observed, ResourceId};
use model::object::Object;
use model::place::LineIndex;
use model::severity::Severity;
use model::workload::workloads;
use reports::report::Report;
use reports::watch::{self as form, Findings};
use repository::merge::Places;

use super::{Judged, Request, Shown, clusters, engine, on_all_processors, select};
use crate::custom_resources;
use crate::exceptions::{Collector, Sources};
use crate::exit::UsageError;
use crate::looked::Looked;

/// Objects whose findings are told at a time.
const TOLD: usize = 2000;

/// What judges a cluster that is followed.
pub(crate) struct Watching<'r> {
    request: &'r Request<'r>,
    /// The controls that the request selects.
    asked: Vec<ControlId>,
    /// For a whole scan.
    all: Engine,
    /// For what changes: what passes is not kept.
    failures: Engine,
    kinds: Vec<CustomKind>,
    collector: Collector,
}

impl<'r> Watching<'r> {
    /// With what the request asks for.
    ///
    /// # Errors
    /// A name that names nothing, a parameter that does not exist, a file that cannot be read.
    pub(crate) fn new(request: &'r Request<'r>) -> anyhow::Result<Self> {
        let selected = select(request, &[])?;
        let asked = selected.iter().map(|registered| registered.id).collect();
        let all = engine(request, selected)?;
        let failures = engine(&Request { passed: Passed::Drop, ..*request }, select(request, &[])?)?;
        let config = crate::commands::input_config(&[], request.input);
        let kinds = custom_resources::definitions(&request.selection.crd_schemas, &config)?;
        let collector = Collector::new(&Self::sources(request))?;
        Ok(Self { request, asked, all, failures, kinds, collector })
    }

    fn sources<'s>(request: &Request<'s>) -> Sources<'s> {
        let selection = request.selection;
        Sources { files: &selection.exceptions, none: selection.no_exceptions, paths: request.paths }
    }

    /// What of a cluster is followed.
    pub(crate) fn scope(&self) -> Scope {
        Scope { feature: Feature::Watch, ..self.request.cluster.scope() }
    }

    fn looked(&self) -> Looked {
        Looked::new(self.request, self.request.paths, &self.asked, self.all.selected())
    }

    /// Everything, as `scan --cluster` judges it.
    ///
    /// # Errors
    /// None that could be met now: files were read before.
    pub(crate) fn all(&self, name: &str, discovery: &Discovery, store: &Store) -> anyhow::Result<Judged> {
        let collector = self.collector.again();
        let mut inventory = Inventory::default();
        let (scope, progress) = (self.scope(), Progress::default());
        clusters::judge_one((&self.all, &collector), self.kinds.clone(), &mut inventory, &mut |hooks, inventory| {
            let (judge, after_definitions) = hooks;
            let actions = Actions { judge, after_definitions, progress: &progress, made: MadeObjects::Folded };
            Ok(stored(name, discovery, store, &scope, actions, inventory))
        })?;
        let mut results = inventory.into_results();
        self.request.project.apply(&mut results);
        let looked = self.looked();
        let exceptions = collector.apply(&mut results, &Places::new(), &looked);
        let controls = self.all.selected().to_vec();
        Ok(Judged { results, controls, shown: Shown::default(), frameworks: Vec::new(), exceptions, looked })
    }
}

/// What is known of a cluster that is followed, and what is said of it.
pub(crate) struct Followed<'w> {
    watching: &'w Watching<'w>,
    resident: Resident,
    joins: Joins,
    /// What definitions define, by their names.
    definitions: BTreeMap<String, Vec<CustomKind>>,
    second: Option<SecondLook<'w>>,
}

/// What was said of objects that a change touches, and what is said of them now.
#[derive(Default)]
pub(crate) struct Change {
    /// What was said.
    pub(crate) before: Findings,
    /// What is said now.
    pub(crate) after: Findings,
}

impl<'w> Followed<'w> {
    /// Judges everything.
    pub(crate) fn new(watching: &'w Watching<'w>, name: &str, discovery: &Discovery, store: &Store) -> Self {
        let definitions = store.all().filter(|(list, ..)| is_definitions(store, *list));
        let definitions = definitions.map(|(_, name, text)| (name.to_owned(), kinds_of(text))).collect();
        let second = look(watching, &definitions);
        let resident = Resident::new(name, store, &|observed, symbols, verdicts| {
            judge(watching, second.as_ref(), observed, symbols, verdicts);
        });
        let mut followed = Self { watching, resident, joins: Joins::default(), definitions, second };
        followed.resident.set_coverage(discovery, store, &watching.scope());
        let inventory = &followed.resident.inventory;
        watching.failures.judge_again(inventory, (Lists::default(), None), &mut followed.joins, &on_all_processors);
        followed
    }

    /// How many objects are judged.
    pub(crate) fn len(&self) -> usize {
        self.resident.inventory.resources.len()
    }

    /// What is told not to be seen.
    pub(crate) fn not_observed(&self) -> BTreeSet<String> {
        self.resident.skipped.iter().map(|skipped| skipped.reason.clone()).collect()
    }

    /// Calls `tell` with all that is said, some at a time.
    ///
    /// # Errors
    /// What `tell` returns.
    pub(crate) fn tell(&self, tell: &mut dyn FnMut(Findings) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let all: Vec<ResourceId> = (0..self.len() as u32).map(ResourceId).collect();
        all.chunks(TOLD).try_for_each(|objects| tell(self.findings(objects, &|id| self.said_of(id))))
    }

    /// Takes what is different in the store, and judges what that touches.
    pub(crate) fn apply(
        &mut self,
        discovery: &Discovery,
        store: &Store,
        different: &[Different],
        coverage: bool,
    ) -> Change {
        let groups = self.define(store, different);
        let is_custom = |inventory: &Inventory, id: ResourceId| {
            let api_version = inventory.symbols.text(inventory.resource(id).api_version);
            api_version.split_once('/').is_some_and(|(group, _)| groups.contains(group))
        };
        let again = |inventory: &Inventory, id: ResourceId| !groups.is_empty() && is_custom(inventory, id);
        let plan = self.resident.plan(store, different, &again);
        let all = coverage && self.resident.set_coverage(discovery, store, &self.watching.scope());
        if plan.is_empty() && !all {
            return Change::default();
        }
        let planned: Vec<ResourceId> = plan.objects().collect();
        let mut before = self.findings(&planned, &|id| self.said_of(id));
        let (watching, second) = (self.watching, self.second.as_ref());
        let spliced = self.resident.carry_out(plan, &|observed, symbols, verdicts| {
            judge(watching, second, observed, symbols, verdicts);
        });
        let changed = if all { Lists::ALL } else { spliced.changed };
        let engine = &watching.failures;
        let inventory = &self.resident.inventory;
        let changed = (changed, spliced.numbering.as_ref());
        let again = engine.judge_again(inventory, changed, &mut self.joins, &on_all_processors);
        let written: BTreeSet<ResourceId> = spliced.written.into_iter().collect();
        let others: Vec<ResourceId> = again.different.difference(&written).copied().collect();
        before.extend(self.findings(&others, &|id| {
            engine.said_of(inventory, &self.joins.before(&again), id, &self.resident.alone(id))
        }));
        let touched: Vec<ResourceId> = again.different.union(&written).copied().collect();
        let after = self.findings(&touched, &|id| self.said_of(id));
        Change { before, after }
    }

    /// Takes definitions that are different; returns the groups that they are of.
    fn define(&mut self, store: &Store, different: &[Different]) -> BTreeSet<String> {
        let mut groups = BTreeSet::new();
        for (list, name) in different.iter().filter(|(list, _)| is_definitions(store, *list)) {
            let now = store.object(*list, name).map(|text| kinds_of(text));
            let before = match now.clone() {
                Some(now) => self.definitions.insert(name.clone(), now),
                None => self.definitions.remove(name),
            };
            let all = before.into_iter().chain(now).flatten();
            groups.extend(all.map(|kind| kind.group.to_string()));
        }
        if !groups.is_empty() {
            self.second = look(self.watching, &self.definitions);
        }
        groups
    }

    fn said_of(&self, id: ResourceId) -> Vec<Occurrence> {
        let (engine, inventory) = (&self.watching.failures, &self.resident.inventory);
        engine.said_of(inventory, &self.joins.now(), id, &self.resident.alone(id))
    }

    /// What is said of these objects, as a report would have it.
    fn findings(&self, objects: &[ResourceId], said_of: &dyn Fn(ResourceId) -> Vec<Occurrence>) -> Findings {
        if objects.is_empty() {
            return Findings::new();
        }
        let occurrences: Vec<Occurrence> = objects.iter().flat_map(|id| said_of(*id)).collect();
        let mut results = self.resident.inventory.excerpt(objects, &occurrences);
        let collector = self.watching.collector.again();
        for id in objects {
            self.observe(*id, &collector);
        }
        self.watching.request.project.apply(&mut results);
        collector.apply(&mut results, &Places::new(), &self.watching.looked());
        let controls = self.watching.failures.selected();
        form::findings(&Report::new(&results, controls, Severity::Info, env!("CARGO_PKG_VERSION")))
    }

    /// Shows an object to what collects exceptions.
    fn observe(&self, resource: ResourceId, collector: &Collector) {
        let Some(document) = self.resident.text(resource).and_then(|text| yaml::parse_document(text).ok()) else {
            return;
        };
        let Some(object) = Object::new(document.root()) else { return };
        let (lines, workloads) = (LineIndex::absent(), workloads(&object));
        let origin = Origin { root: object.value, lines: &lines };
        let path = self.resident.path();
        collector.observe(Observed { resource, object: &object, workloads: &workloads, origin, path });
    }
}

fn judge(
    watching: &Watching<'_>,
    second: Option<&SecondLook<'_>>,
    observed: Observed<'_>,
    symbols: &model::symbols::Symbols,
    verdicts: &mut model::inventory::Verdicts,
) {
    watching.failures.judge(observed, symbols, verdicts);
    if let Some(second) = second {
        second.judge(observed, symbols, verdicts);
    }
}

/// What holds custom resources against these definitions.
fn look<'w>(watching: &'w Watching<'w>, definitions: &BTreeMap<String, Vec<CustomKind>>) -> Option<SecondLook<'w>> {
    let kinds = watching.kinds.iter().chain(definitions.values().flatten());
    watching.failures.first_look(kinds.cloned().collect())
}

fn is_definitions(store: &Store, list: usize) -> bool {
    store.lists().get(list).is_some_and(|list| list.wanted.is_definitions())
}

fn kinds_of(text: &str) -> Vec<CustomKind> {
    let document = yaml::parse_document(text).ok();
    let object = document.as_ref().and_then(|document| Object::new(document.root()));
    object.iter().flat_map(custom_kinds).collect()
}

/// What cannot be asked for together with following.
///
/// # Errors
/// What it is.
pub(crate) fn check(request: &Request<'_>) -> Result<(), UsageError> {
    let cluster = request.cluster;
    if !cluster.is_asked_for() || cluster.all_contexts {
        let text = "`--watch` follows one running cluster: name it with `--cluster` or `--context`";
        return Err(UsageError(text.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
