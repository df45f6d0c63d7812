//! A cluster that is followed, judged again and again: all of it, or what one object says by itself.

use cluster::discovery::Discovery;
use cluster::features::Feature;
use cluster::load::{Actions, Progress, stored};
use cluster::store::Store;
use controls::engine::Engine;
use model::control::{Check, Registered};
use model::custom_schema::CustomKind;
use model::inventory::Inventory;
use repository::merge::Places;

use super::{Judged, Request, Shown, clusters, engine, select};
use crate::custom_resources;
use crate::exceptions::{Collector, Sources};
use crate::exit::UsageError;

/// What judges a cluster that is followed.
pub(crate) struct Watching<'r> {
    request: &'r Request<'r>,
    all: Engine,
    /// Those of the controls that look at nothing but one object: nothing else makes what they say untrue.
    alone: Option<Engine>,
    kinds: Vec<CustomKind>,
}

impl<'r> Watching<'r> {
    /// With what the request asks for.
    ///
    /// # Errors
    /// A name that names nothing, a parameter that does not exist, a file that cannot be read.
    pub(crate) fn new(request: &'r Request<'r>) -> anyhow::Result<Self> {
        let all = engine(request, select(request, &[])?)?;
        let config = crate::commands::input_config(&[], request.input);
        let kinds = custom_resources::definitions(&request.selection.crd_schemas, &config)?;
        Collector::new(&Self::sources(request))?;
        let selected: Vec<Registered> = all.selected().iter().filter(|one| is_alone(one)).copied().collect();
        let alone = if selected.is_empty() { None } else { Some(engine(request, selected)?) };
        Ok(Self { request, all, alone, kinds })
    }

    fn sources<'s>(request: &Request<'s>) -> Sources<'s> {
        let selection = request.selection;
        Sources { files: &selection.exceptions, none: selection.no_exceptions, paths: request.paths }
    }

    /// Everything, as `scan --cluster` judges it.
    ///
    /// # Errors
    /// A file that could be read a moment ago and cannot be now.
    pub(crate) fn all(&self, name: &str, discovery: &Discovery, store: &Store) -> anyhow::Result<Judged> {
        self.judge(&self.all, name, discovery, store)
    }

    /// What the objects of `store` say by themselves; nothing if no control is asked for that looks at one alone.
    ///
    /// # Errors
    /// As `all`.
    pub(crate) fn alone(&self, name: &str, discovery: &Discovery, store: &Store) -> anyhow::Result<Option<Judged>> {
        self.alone.as_ref().map(|engine| self.judge(engine, name, discovery, store)).transpose()
    }

    fn judge(&self, engine: &Engine, name: &str, discovery: &Discovery, store: &Store) -> anyhow::Result<Judged> {
        let collector = Collector::new(&Self::sources(self.request))?;
        let mut inventory = Inventory::default();
        let scope = cluster::lists::Scope { feature: Feature::Watch, ..self.request.cluster.scope() };
        let progress = Progress::default();
        clusters::judge_one((engine, &collector), self.kinds.clone(), &mut inventory, &mut |hooks, inventory| {
            let (judge, after_definitions) = hooks;
            let actions = Actions { judge, after_definitions, progress: &progress };
            Ok(stored(name, discovery, store, &scope, actions, inventory))
        })?;
        let mut results = inventory.into_results();
        self.request.project.apply(&mut results);
        let exceptions = collector.apply(&mut results, &Places::new());
        let controls = engine.selected().to_vec();
        Ok(Judged { results, controls, shown: Shown::default(), frameworks: Vec::new(), exceptions })
    }
}

/// Whether a control looks at one object and at nothing else. Custom resources are held against definitions.
pub(crate) fn is_alone(registered: &Registered) -> bool {
    registered.control.id != "schema-invalid"
        && matches!(registered.control.check, Check::Object(_) | Check::Workload(_) | Check::ObjectAndWorkload(..))
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
