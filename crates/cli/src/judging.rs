//! From paths to results: what `scan`, `diff` and `baseline` have in common.

mod clusters;
pub(crate) mod watching;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use compliance::{Assessment, Subject};
use controls::engine::{Engine, Passed, one_by_one};
use controls::selection;
use manifests::walk::{self, Texts};
use model::control::Registered;
use model::custom_schema::CustomKind;
use model::exception::Exceptions;
use model::finding::ControlId;
use model::inventory::{Inventory, Observed, Results};
use repository::merge::Places;
use repository::options::Options;
use repository::world::{Again, Judges};

use crate::arguments::{ClusterArguments, InputArguments, Order, SelectionArguments};
use crate::commands::{input_config, unknown_name};
use crate::configuration::ProjectSettings;
use crate::exceptions::{Collector, Sources};
use crate::exit::UsageError;
use crate::fetched::{self, Resolved};
use crate::inputs::Source;
use crate::loading::{self, Input, Loaded, Loading};
use crate::looked::Looked;
use crate::{custom_resources, rendering, requested, settings};

/// What is judged, and how.
pub(crate) struct Request<'a> {
    /// Files and folders.
    pub(crate) paths: &'a [PathBuf],
    /// What of them is read.
    pub(crate) input: &'a InputArguments,
    /// What is read instead, if that is asked for.
    pub(crate) cluster: &'a ClusterArguments,
    /// Which controls run.
    pub(crate) selection: &'a SelectionArguments,
    /// Whether results that passed are kept.
    pub(crate) passed: Passed,
    /// What findings are ordered by.
    pub(crate) order: Order,
    /// What the project's configuration says.
    pub(crate) project: &'a ProjectSettings,
}

/// What came of it.
pub(crate) struct Judged {
    /// What is accepted, and what is wrong with that.
    pub(crate) exceptions: Exceptions,
    /// The results.
    pub(crate) results: Results,
    /// The controls that ran.
    pub(crate) controls: Vec<Registered>,
    /// What the lines of the files are read from when they are shown.
    pub(crate) shown: Shown,
    /// The frameworks that were asked for.
    pub(crate) frameworks: Vec<Assessment>,
    /// What was looked at.
    pub(crate) looked: Looked,
}

/// What the lines of the files are read from when they are shown.
#[derive(Default)]
pub(crate) struct Shown {
    /// The beginning of standard input, if that was read.
    pub(crate) stdin: Vec<u8>,
    /// Where the files are, if not where they are shown.
    pub(crate) on_disk: Vec<PathBuf>,
    /// What was fetched, which goes away with this.
    pub(crate) fetched: Option<Resolved>,
}

/// Reads and judges.
///
/// # Errors
/// A name that names nothing, a parameter that does not exist, a glob that is none.
pub(crate) fn judge(request: &Request<'_>) -> anyhow::Result<Judged> {
    judge_with(request, Texts::default())
}

/// The controls that a request asks for.
///
/// # Errors
/// A name that names nothing.
pub(crate) fn selected(request: &Request<'_>) -> Result<Vec<ControlId>, UsageError> {
    let subjects = requested::frameworks(&request.selection.framework)?;
    Ok(select(request, &subjects)?.into_iter().map(|registered| registered.id).collect())
}

/// Reads and judges, with these texts in place of those of files.
///
/// # Errors
/// As `judge`.
pub(crate) fn judge_with(request: &Request<'_>, texts: Texts) -> anyhow::Result<Judged> {
    if let Some(snapshot) = request.cluster.of_paths(request.paths) {
        let here = [PathBuf::from(".")];
        return judge_with(&Request { paths: &here, cluster: &snapshot, ..*request }, texts);
    }
    let SelectionArguments {
        only: _,
        skip: _,
        framework,
        parameter: _,
        kubernetes_version,
        crd_schemas,
        exceptions,
        no_exceptions,
        complete,
    } = request.selection;
    let subjects = requested::frameworks(framework)?;
    let selected = select(request, &subjects)?;
    let asked: Vec<ControlId> = selected.iter().map(|registered| registered.id).collect();
    let minor = kubernetes_version.map(schemas::Version::minor);
    let resolved = fetched::resolve(request.paths)?;
    let config = walk::Config { texts: Arc::clone(&texts), ..input_config(&resolved.paths, request.input) };
    let mut engine = engine(request, selected)?;
    if !subjects.is_empty() {
        engine = engine.counting(request.project.not_counted());
    }
    let inventory = Inventory { complete: *complete, ..Inventory::default() };
    let kinds = custom_resources::definitions(crd_schemas, &config)?;
    let sources = Sources { files: exceptions, none: *no_exceptions, paths: &resolved.paths };
    let collector = Collector::new(&sources)?;
    let options = rendering::options(&request.input.rendering, Some(request.selection), Some(request.project))?;
    let options = Options { texts, ..options };
    let input = Input { config: &config, options: &options };
    let Loaded { mut results, stdin, places } = match request.cluster.source()? {
        Source::Manifests => load_and_judge(&input, &engine, &collector, (request.order, minor), inventory, kinds)?,
        source => {
            let mut inventory = inventory;
            clusters::judge(request, source, &engine, &collector, kinds, &mut inventory)?;
            Loaded { results: inventory.into_results(), stdin: Vec::new(), places: Places::new() }
        }
    };
    request.project.apply(&mut results);
    let looked = Looked::new(request, &resolved.paths, &asked, engine.selected());
    let exceptions = collector.apply(&mut results, &places, &looked);
    let on_disk = resolved.show(&mut results);
    let fetched = Some(resolved).filter(Resolved::is_fetched);
    let shown = Shown { stdin, on_disk, fetched };
    let controls = engine.selected().to_vec();
    let runs = |id: &ControlId| controls.iter().any(|registered| registered.id == *id);
    let not_configured: Vec<ControlId> = asked.into_iter().filter(|id| !runs(id)).collect();
    let assess = |subject| compliance::assess(subject, &results.tallies, &not_configured);
    let frameworks = subjects.into_iter().map(assess).collect();
    Ok(Judged { results, controls, shown, frameworks, exceptions, looked })
}

/// An engine for these controls with the settings of the project and of the command line.
fn engine(request: &Request<'_>, selected: Vec<Registered>) -> Result<Engine, UsageError> {
    let mut common = request.project.settings.clone();
    settings::from_arguments(&request.selection.parameter, &mut common)?;
    let minor = request.selection.kubernetes_version.map(schemas::Version::minor);
    common.kubernetes_minor = minor;
    let engine = Engine::new(selected, request.passed, common);
    Ok(match request.project.scopes() {
        Some(mut scopes) => {
            scopes.settings.iter_mut().for_each(|settings| settings.kubernetes_minor = minor);
            engine.with_scopes(scopes)
        }
        None => engine,
    })
}

/// The controls that are asked for: those of `--only`, of them those that serve a framework if any is named, without
/// those of `--skip` and those that the project has switched off.
fn select(request: &Request<'_>, subjects: &[Subject]) -> Result<Vec<Registered>, UsageError> {
    let SelectionArguments { only, skip, .. } = request.selection;
    let mut selected = selection::select(only, skip).map_err(|error| unknown_name(&error))?;
    request.project.select(&mut selected);
    let serving: BTreeSet<ControlId> =
        subjects.iter().flat_map(Subject::controls).map(|registered| registered.id).collect();
    if !subjects.is_empty() {
        selected.retain(|registered| serving.contains(&registered.id));
    }
    if !selected.is_empty() {
        return Ok(selected);
    }
    let text = if serving.is_empty() && !subjects.is_empty() {
        "no control is left to run: none of those that serve the framework is available yet"
    } else {
        "no control is left to run: nothing is named by `--only` or `--framework` that `--skip` does not take away"
    };
    Err(UsageError(text.to_owned()))
}

/// Finds what comes first, if that is asked for.
fn prioritise(inventory: &mut Inventory, (order, kubernetes_minor): (Order, Option<u8>)) {
    if order == Order::Contribution {
        let config = paths::world::Config::of(inventory, kubernetes_minor);
        inventory.priorities = paths::priority::priorities(inventory, &config);
    }
}

fn load_and_judge(
    input: &Input<'_>,
    engine: &Engine,
    collector: &Collector,
    order: (Order, Option<u8>),
    inventory: Inventory,
    kinds: Vec<CustomKind>,
) -> Result<Loaded, UsageError> {
    let complete = inventory.complete;
    // Definitions among plain manifests hold for what is rendered as well.
    let known: Mutex<Vec<CustomKind>> = Mutex::new(kinds);
    let judge = |observed: Observed<'_>, symbols: &_, verdicts: &mut _| {
        engine.judge(observed, symbols, verdicts);
        collector.observe(observed);
    };
    let judge_all = |inventory: &mut Inventory, stdin: &[u8]| {
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let kinds = std::mem::take(&mut *known);
        *known = custom_resources::look_again(engine, inventory, kinds, stdin, input.config);
        engine.judge_inventory(inventory, &on_all_processors);
        prioritise(inventory, order);
    };
    let judge_rendered = |rendering, observed: Observed<'_>, symbols: &_, verdicts: &mut _| {
        engine.judge(observed, symbols, verdicts);
        collector.observe_rendered(rendering, observed);
    };
    let judge_world = |inventory: &mut Inventory, again: Again<'_>| {
        inventory.complete = complete;
        let kinds = known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        custom_resources::look_again_at_rendered(engine, inventory, &kinds, &again);
        // Several worlds are judged at a time.
        engine.judge_inventory(inventory, &one_by_one);
        prioritise(inventory, order);
    };
    let secrets = &controls::secret::mask::secret_spans;
    let rendered = Judges { each: &judge_rendered, all: &judge_world, secrets };
    loading::load(input, inventory, &Loading { judge: &judge, judge_all: &judge_all, rendered })
}

/// Does it for every number below `end`.
pub(crate) fn on_all_processors(end: usize, work: &(dyn Fn(usize) + Sync)) {
    let next = AtomicUsize::new(0);
    let share = || {
        while let Some(number) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|number| *number < end) {
            work(number);
        }
    };
    thread::scope(|threads| {
        let most = thread::available_parallelism().map_or(1, usize::from).min(end);
        for _ in 1..most {
            threads.spawn(share);
        }
        share();
    });
}
