//! From paths to an inventory and what was rendered: what every command that reads manifests has in common.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use manifests::load::{self, Judge, Progress};
use manifests::walk;
use model::coverage::{SkipKind, Skipped};
use model::inventory::{Inventory, Results};
use repository::merge::{Family, Places, merge};
use repository::options::Options;
use repository::plan::{FamilyKind, Plan, UnitFamily};
use repository::prepared::Prepared;
use repository::world::Judges;

use crate::exit::UsageError;
use crate::screen;

/// What is read, and how it is rendered.
pub(crate) struct Input<'a> {
    /// What is read.
    pub(crate) config: &'a walk::Config,
    /// How it is rendered.
    pub(crate) options: &'a Options,
}

/// Who judges what.
pub(crate) struct Loading<'a> {
    /// Judges objects of plain manifests.
    pub(crate) judge: Judge<'a>,
    /// Judges what needs all objects of plain manifests; is given the beginning of standard input.
    pub(crate) judge_all: &'a dyn Fn(&mut Inventory, &[u8]),
    /// Judge what was rendered.
    pub(crate) rendered: Judges<'a>,
}

/// What was read.
pub(crate) struct Loaded {
    /// The results.
    pub(crate) results: Results,
    /// The beginning of standard input, if that was read.
    pub(crate) stdin: Vec<u8>,
    /// Where the objects of renderings are among the results.
    pub(crate) places: Places,
}

/// Reads, renders and judges.
///
/// # Errors
/// A glob that is none.
pub(crate) fn load(input: &Input<'_>, mut inventory: Inventory, loading: &Loading<'_>) -> Result<Loaded, UsageError> {
    let Input { config, options } = *input;
    let progress = Progress::default();
    let (stdin, families, asked) = screen::with_progress(&|| screen::files(&progress), || {
        let found = walk::walk(config).map_err(|error| UsageError(error.to_string()))?;
        let Plan { mut plain, families } = Plan::new(config, found, options);
        plain.covered.extend(families.iter().map(|family| family.named));
        let references = Mutex::new(Vec::new());
        let judge = |observed: model::inventory::Observed<'_>, symbols: &_, verdicts: &mut _| {
            let found = repository::references::find(observed.object, observed.path, observed.origin);
            if let Some(found) = found {
                references.lock().unwrap_or_else(PoisonError::into_inner).push(found);
            }
            (loading.judge)(observed, symbols, verdicts);
        };
        let stdin = load::load(config, plain, &mut inventory, &judge, &progress);
        (loading.judge_all)(&mut inventory, &stdin);
        let mut references = references.into_inner().unwrap_or_else(PoisonError::into_inner);
        let threads = load::threads(config.threads);
        let prepared = Prepared::new(&families, options, threads);
        references.extend_from_slice(prepared.references());
        let (families, unseen) = repository::references::resolve(references, families, options, &config.paths);
        inventory.coverage.skipped.extend(unseen);
        let asked: Vec<UnitFamily> = families.clone();
        let render = |unit: &_| prepared.take(unit).unwrap_or_else(|| repository::rendering::render(unit, options));
        let symbols = Arc::clone(&inventory.symbols);
        let judged = repository::judge(families, &render, &loading.rendered, &symbols, threads);
        Ok::<_, UsageError>((stdin, judged, asked))
    })?;
    let mut results = inventory.into_results();
    let nothing = without_objects(config, &asked, &families);
    let places = merge(families, &mut results);
    results.coverage.skipped.extend(nothing);
    results.coverage.skipped.sort();
    Ok(Loaded { results, stdin, places })
}

/// Charts and kustomizations that the user named and that come to nothing.
fn without_objects(config: &walk::Config, asked: &[UnitFamily], judged: &[Family]) -> Vec<Skipped> {
    let mut filled: BTreeSet<usize> = BTreeSet::new();
    let mut empty: BTreeSet<usize> = BTreeSet::new();
    for (asked, judged) in asked.iter().zip(judged) {
        let is_empty = judged.skipped.is_empty() && judged.worlds.iter().all(|world| world.resources.is_empty());
        if is_empty {
            empty.insert(asked.named)
        } else {
            filled.insert(asked.named)
        };
    }
    if config.allow_empty {
        return Vec::new();
    }
    let is_own = |named: &&usize| {
        let path = config.paths.get(**named).map_or(Path::new(""), |path| path.as_path());
        let units = asked.iter().filter(|family| family.named == **named).flat_map(|family| &family.units);
        let is_it = |unit: &repository::plan::Unit| unit.path() == path || unit.path() == walk::clean(path);
        units.into_iter().any(is_it)
            || asked
                .iter()
                .any(|family| family.named == **named && family.kind == FamilyKind::Known && !family.only.is_empty())
    };
    let nothing = empty.iter().filter(|named| !filled.contains(named)).filter(is_own);
    nothing
        .map(|named| Skipped {
            path: config.paths[*named].clone(),
            line: None,
            kind: SkipKind::NothingToJudge,
            reason: "there is no Kubernetes object in it".to_owned(),
        })
        .collect()
}
