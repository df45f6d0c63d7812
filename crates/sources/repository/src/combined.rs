//! Everything that is rendered, as one inventory beside the plain manifests: for questions that are asked of a cluster as a
//! whole, such as who may connect to whom.
//!
//! Of a chart the first set of values counts: with all of them it would be several times in one cluster; and of
//! overlays that make the same objects the first. Objects have the file and line of their source; what is in them has its field.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use manifests::load::{in_parallel, load_rendered_fields};
use model::coverage::{SkipKind, Skipped};
use model::document::{Document, Span};
use model::inventory::{Inventory, Resource, ResourceId};
use model::origin::{Origins, Renderer, Rendering, RenderingId};
use model::provenance::Rendered;
use model::symbols::{Symbol, Symbols};

use crate::options::Options;
use crate::plan::{Unit, UnitFamily};
use crate::rendering::render;
use crate::trace::Tracer;
use crate::world::Outcome;

/// What one unit gives.
struct One {
    inventory: Inventory,
    skipped: Vec<Skipped>,
    /// What was rendered, if somebody wants to know.
    rendered: Option<(Rendered, Vec<Span>)>,
}

/// Finds the parts of a document that nobody may print.
pub type Secrets<'a> = &'a (dyn Fn(&Document<'_>) -> Vec<Span> + Sync);

/// Renders the units of these families and adds what they hold to `inventory`, on `threads` threads.
pub fn add(families: &[UnitFamily], options: &Options, threads: usize, inventory: &mut Inventory) {
    add_set(families, options, threads, inventory, 0);
}

/// The same with the set of values of that number of every chart that has so many, and of the others with the first.
pub fn add_set(families: &[UnitFamily], options: &Options, threads: usize, inventory: &mut Inventory, set: usize) {
    let units: Vec<&Unit> = families.iter().flat_map(|family| of_set(family, set)).collect();
    add_with(&units, options, threads, inventory, None);
}

/// What the sets of values are called, by their numbers: each after those of the charts that have so many.
pub fn sets(families: &[UnitFamily]) -> Vec<String> {
    let mut names: Vec<BTreeSet<&str>> = Vec::new();
    for family in families {
        for (number, unit) in numbered(family) {
            if let (Unit::Chart(chart), Some(number)) = (unit, number) {
                names.resize_with(names.len().max(number + 1), BTreeSet::new);
                names[number].insert(&chart.variant);
            }
        }
    }
    names.into_iter().map(|names| names.into_iter().collect::<Vec<_>>().join(", ")).collect()
}

/// The same, and what every object was rendered from.
pub fn add_traced(
    families: &[UnitFamily],
    options: &Options,
    threads: usize,
    inventory: &mut Inventory,
    secrets: Secrets<'_>,
) -> Origins {
    let units: Vec<&Unit> = families.iter().flat_map(|family| of_set(family, 0)).collect();
    add_with(&units, options, threads, inventory, Some(secrets))
}

fn add_with(
    units: &[&Unit],
    options: &Options,
    threads: usize,
    inventory: &mut Inventory,
    secrets: Option<Secrets<'_>>,
) -> Origins {
    let mut origins = Origins::default();
    let symbols = Arc::clone(&inventory.symbols);
    let work = |at: usize, _: &mut Vec<u8>| (at, read(units[at], options, &symbols, secrets));
    let mut read: Vec<(usize, One)> = in_parallel(units.len(), threads, &work);
    read.sort_by_key(|(at, _)| *at);
    let mut known: BTreeMap<Key, &Path> = BTreeMap::new();
    for (at, One { inventory: mut one, skipped, rendered }) in read {
        inventory.coverage.skipped.extend(skipped);
        let path = units[at].path();
        if let Some(before) = one.resources.iter().find_map(|resource| known.get(&key(resource))) {
            let reason = format!(
                "it makes objects that `{}` makes too, and one cluster has them once: ask for it by itself",
                before.display()
            );
            let kind = SkipKind::NeedsRendering;
            inventory.coverage.skipped.push(Skipped { path: path.to_path_buf(), line: None, kind, reason });
            continue;
        }
        known.extend(one.resources.iter().map(|resource| (key(resource), path)));
        if let Some((rendered, secrets)) = rendered {
            let (first, files) = (inventory.resources.len() as u32, inventory.files.len() as u32);
            let id = RenderingId(origins.renderings.len() as u32);
            (first..).map(ResourceId).take(one.resources.len()).for_each(|resource| origins.occurs(resource, id));
            origins.renderings.push(rendering(units[at], rendered, secrets, files, &mut one));
        }
        inventory.absorb(one);
    }
    inventory.coverage.skipped.sort();
    inventory.coverage.skipped.dedup();
    origins
}

/// What was rendered of a unit, the files of which come after `before` others.
fn rendering(unit: &Unit, rendered: Rendered, secrets: Vec<Span>, before: u32, one: &mut Inventory) -> Rendering {
    let mut number = |path: &Path| {
        let at = one.files.iter().position(|known| known == path).unwrap_or_else(|| {
            one.files.push(path.to_path_buf());
            one.files.len() - 1
        });
        before + at as u32
    };
    let files = rendered.provenance.files.iter().map(|file| number(&file.path)).collect();
    let (renderer, variant) = match unit {
        Unit::Chart(chart) => (Renderer::Helm, chart.variant.clone()),
        Unit::Kustomization(folder) => (Renderer::Kustomize, folder.to_string_lossy().into_owned()),
    };
    let path = unit.path().to_string_lossy().into_owned();
    Rendering { renderer, path, variant, rendered, files, siblings: 1, secrets }
}

/// What tells objects apart: API version, kind, namespace and name.
type Key = (Symbol, Symbol, Symbol, Symbol);

fn key(resource: &Resource) -> Key {
    (resource.api_version, resource.kind, resource.namespace, resource.name)
}

/// The units of a family, those of charts with the number of their set of values.
fn numbered(family: &UnitFamily) -> Vec<(Option<usize>, &Unit)> {
    let mut counts: BTreeMap<&Path, usize> = BTreeMap::new();
    let mut number = |unit: &Unit, path| match unit {
        Unit::Chart(_) => {
            let count = counts.entry(path).or_default();
            *count += 1;
            Some(*count - 1)
        }
        Unit::Kustomization(_) => None,
    };
    family.units.iter().map(|unit| (number(unit, unit.path()), unit)).collect()
}

/// The units of a family, of a chart the one with the set of values of that number, or with the first.
fn of_set(family: &UnitFamily, set: usize) -> Vec<&Unit> {
    let all = numbered(family);
    let last = |path: &Path| {
        let numbers = all.iter().filter(|(_, unit)| unit.path() == path).filter_map(|(number, _)| *number);
        numbers.max().unwrap_or_default()
    };
    let chosen = |number: usize, unit: &Unit| number == if set <= last(unit.path()) { set } else { 0 };
    let units = all.iter().filter(|(number, unit)| number.is_none_or(|number| chosen(number, unit)));
    units.map(|(_, unit)| *unit).collect()
}

fn read(unit: &Unit, options: &Options, symbols: &Arc<Symbols>, secrets: Option<Secrets<'_>>) -> One {
    let mut inventory = Inventory { symbols: Arc::clone(symbols), ..Inventory::default() };
    let Outcome { rendered, skipped, notes: _ } = render(unit, options);
    let Some(rendered) = rendered else { return One { inventory, skipped, rendered: None } };
    let tracer = Tracer::new(&rendered);
    let files = &rendered.provenance.files;
    let source_of = |offset: u32| {
        let file = tracer.file(offset).and_then(|file| files.get(file.0 as usize));
        file.map_or(unit.path(), |file| file.path.as_path())
    };
    let lines = load_rendered_fields(unit.path(), &rendered.text, &source_of, &mut inventory);
    let mut numbers: BTreeMap<PathBuf, u32> = BTreeMap::new();
    let mut known: Vec<PathBuf> = Vec::new();
    for (resource, line) in inventory.resources.iter_mut().zip(lines) {
        let traced = tracer.source(tracer.line(line));
        let (path, line) = match &traced {
            Some(traced) => (files[traced.file.0 as usize].path.clone(), traced.place.line),
            None => (unit.path().to_path_buf(), 0),
        };
        resource.file = *numbers.entry(path.clone()).or_insert_with(|| {
            known.push(path);
            known.len() as u32 - 1
        });
        resource.line = line;
    }
    inventory.files = known;
    inventory.coverage.skipped.iter_mut().for_each(|skipped| skipped.path = unit.path().to_path_buf());
    let rendered = secrets.map(|secrets| {
        let secrets = crate::world::secrets(&rendered.text, secrets);
        (rendered, secrets)
    });
    One { inventory, skipped, rendered }
}
