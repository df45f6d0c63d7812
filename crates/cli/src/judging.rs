//! From paths to results: what `scan`, `diff` and `baseline` have in common.

use std::path::PathBuf;

use controls::engine::{Engine, Passed};
use controls::selection;
use manifests::load::{self, Progress};
use manifests::walk;
use model::control::Registered;
use model::custom_schema::CustomKind;
use model::inventory::{Inventory, Results};

use crate::arguments::{InputArguments, SelectionArguments};
use crate::commands::{input_config, unknown_name};
use crate::configuration::ProjectSettings;
use crate::exit::UsageError;
use crate::{custom_resources, screen, settings};

/// What is judged, and how.
pub(crate) struct Request<'a> {
    /// Files and folders.
    pub(crate) paths: &'a [PathBuf],
    /// What of them is read.
    pub(crate) input: &'a InputArguments,
    /// Which controls run.
    pub(crate) selection: &'a SelectionArguments,
    /// Whether results that passed are kept.
    pub(crate) passed: Passed,
    /// What the project's configuration says.
    pub(crate) project: &'a ProjectSettings,
}

/// What came of it.
pub(crate) struct Judged {
    /// The results.
    pub(crate) results: Results,
    /// The controls that ran.
    pub(crate) controls: Vec<Registered>,
    /// The beginning of standard input, if that was read.
    pub(crate) stdin: Vec<u8>,
}

/// Reads and judges.
///
/// # Errors
/// A name that names nothing, a parameter that does not exist, a glob that is none.
pub(crate) fn judge(request: &Request<'_>) -> anyhow::Result<Judged> {
    let SelectionArguments { only, skip, parameter, kubernetes_version, crd_schemas, complete } = request.selection;
    let mut selected = selection::select(only, skip).map_err(|error| unknown_name(&error))?;
    request.project.select(&mut selected);
    if selected.is_empty() {
        let text = "no control is left to run: nothing is named by `--only` that `--skip` does not take away";
        return Err(UsageError(text.to_owned()).into());
    }
    let mut common = request.project.settings.clone();
    settings::from_arguments(parameter, &mut common)?;
    let minor = kubernetes_version.map(schemas::Version::minor);
    common.kubernetes_minor = minor;
    let config = input_config(request.paths, request.input);
    let mut engine = Engine::new(selected, request.passed, common);
    if let Some(mut scopes) = request.project.scopes() {
        scopes.settings.iter_mut().for_each(|settings| settings.kubernetes_minor = minor);
        engine = engine.with_scopes(scopes);
    }
    let mut inventory = Inventory { complete: *complete, ..Inventory::default() };
    let kinds = custom_resources::definitions(crd_schemas, &config)?;
    let stdin = load_and_judge(&config, &engine, &mut inventory, kinds)?;
    let mut results = inventory.into_results();
    request.project.apply(&mut results);
    Ok(Judged { results, controls: engine.selected().to_vec(), stdin })
}

fn load_and_judge(
    config: &walk::Config,
    engine: &Engine,
    inventory: &mut Inventory,
    kinds: Vec<CustomKind>,
) -> Result<Vec<u8>, UsageError> {
    let progress = Progress::default();
    screen::with_progress(&progress, || {
        let found = walk::walk(config).map_err(|error| UsageError(error.to_string()))?;
        let judge = |observed: model::inventory::Observed<'_>, symbols: &_, occurrences: &mut _| {
            engine.judge(observed, symbols, occurrences);
        };
        let stdin = load::load(config, found, inventory, &judge, &progress);
        custom_resources::look_again(engine, inventory, kinds, &stdin, config.threads);
        engine.judge_inventory(inventory);
        Ok(stdin)
    })
}
