//! Custom resources and the definitions that they are held against: from the input, and from what `--crd-schemas`
//! names.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use controls::engine::Engine;
use manifests::load::{self, Progress};
use manifests::walk;
use model::custom_schema::{CustomKind, custom_kinds};
use model::inventory::{Inventory, Observed};
use repository::world::Again;

use crate::exit::UsageError;

/// Holds custom resources against the definitions of the input and these `kinds`, now that all of them are known, and
/// returns them all.
pub(crate) fn look_again(
    engine: &Engine,
    inventory: &mut Inventory,
    kinds: Vec<CustomKind>,
    stdin: &[u8],
    config: &walk::Config,
) -> Vec<CustomKind> {
    let kinds = Mutex::new(kinds);
    let collect = |observed: Observed<'_>, _: &_, _: &mut _| add(&kinds, observed);
    // One thread: the order of the definitions is that of the input.
    let single = walk::Config { threads: 1, ..config.clone() };
    load::again(&engine.definitions(inventory), inventory, stdin, &single, &collect);
    let kinds = kinds.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(second) = engine.second_look(inventory, kinds.clone()) {
        let judge = |observed: Observed<'_>, symbols: &_, verdicts: &mut _| {
            second.judge(observed, symbols, verdicts);
        };
        load::again(second.files(), inventory, stdin, config, &judge);
    }
    kinds
}

/// The same for what was rendered, whose text is read with `again`.
pub(crate) fn look_again_at_rendered(
    engine: &Engine,
    inventory: &mut Inventory,
    kinds: &[CustomKind],
    again: &Again<'_>,
) {
    let own = Mutex::new(Vec::new());
    if !engine.definitions(inventory).is_empty() {
        again.read(inventory, &|observed: Observed<'_>, _: &_, _: &mut _| add(&own, observed));
    }
    let own = own.into_inner().unwrap_or_else(PoisonError::into_inner);
    if own.is_empty() && kinds.is_empty() {
        return;
    }
    let all = kinds.iter().cloned().chain(own).collect();
    if let Some(second) = engine.second_look(inventory, all) {
        again.read(inventory, &|observed: Observed<'_>, symbols: &_, verdicts: &mut _| {
            second.judge(observed, symbols, verdicts);
        });
    }
}

/// What the CustomResourceDefinitions under these paths define.
///
/// # Errors
/// A path that cannot be read or that defines nothing: resources would go unjudged, and nobody would know.
pub(crate) fn definitions(paths: &[PathBuf], config: &walk::Config) -> Result<Vec<CustomKind>, UsageError> {
    let mut all = Vec::new();
    for path in paths {
        let config = walk::Config { paths: vec![path.clone()], exclude: Vec::new(), threads: 1, ..config.clone() };
        let found = walk::walk(&config).map_err(|error| UsageError(error.to_string()))?;
        let mut inventory = Inventory::default();
        let kinds = Mutex::default();
        let collect = |observed: Observed<'_>, _: &_, _: &mut _| add(&kinds, observed);
        load::load(&config, found, &mut inventory, &collect, &Progress::default());
        let mut kinds = kinds.into_inner().unwrap_or_else(PoisonError::into_inner);
        let name = path.display();
        if let Some(skipped) = inventory.coverage.skipped.first() {
            let (file, reason) = (skipped.path.display(), &skipped.reason);
            return Err(UsageError(format!("`--crd-schemas {name}`: `{file}`: {reason}")));
        }
        if kinds.is_empty() {
            return Err(UsageError(format!("`--crd-schemas {name}`: there is no CustomResourceDefinition in it")));
        }
        all.append(&mut kinds);
    }
    Ok(all)
}

fn add(kinds: &Mutex<Vec<CustomKind>>, observed: Observed<'_>) {
    if observed.object.is("apiextensions.k8s.io", "CustomResourceDefinition") {
        kinds.lock().unwrap_or_else(PoisonError::into_inner).extend(custom_kinds(observed.object));
    }
}
