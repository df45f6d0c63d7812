//! What a repository holds: charts, kustomizations and plain manifests, each found, rendered once and judged as a world of
//! its own, with findings at the source.
//!
//! How charts and kustomizations are rendered is the business of `helm` and `kustomize`; what objects mean is that of
//! `model` and of the analyses.

pub mod annotated;
pub mod combined;
mod kustomizations;
pub mod merge;
pub mod options;
pub mod paths;
pub mod plan;
pub mod prepared;
pub mod references;
pub mod rendering;
mod trace;
pub mod world;

use std::sync::Arc;

use model::coverage::{Note, Skipped};
use model::origin::{Renderer, RenderingId};
use model::symbols::Symbols;

use crate::merge::Family;
use crate::plan::{FamilyKind, OWN_VALUES, Unit, UnitFamily};
use crate::world::{Judges, Name, Outcome, World};

/// Renders a unit.
pub type Render<'a> = &'a (dyn Fn(&Unit) -> Outcome + Sync);

/// Renders and judges all units on `threads` threads.
pub fn judge(
    families: Vec<UnitFamily>,
    render: Render<'_>,
    judges: &Judges<'_>,
    symbols: &Arc<Symbols>,
    threads: usize,
) -> Vec<Family> {
    let numbers = families.iter().enumerate();
    let units: Vec<(usize, &Unit)> =
        numbers.flat_map(|(family, of_family)| of_family.units.iter().map(move |unit| (family, unit))).collect();
    let work = |at: usize, _: &mut Vec<u8>| {
        let (family, unit) = units[at];
        let Outcome { rendered, skipped, notes } = render(unit);
        let id = RenderingId(at as u32);
        let mut world = rendered.map(|rendered| world::judge(id, name(unit), rendered, symbols, judges));
        if let Some(world) = &mut world {
            let note = |text| Note { path: paths::shown(unit.path()), text };
            world.coverage.notes.extend(notes.into_iter().map(note));
        }
        (at, family, world, skipped)
    };
    let mut done: Vec<(usize, usize, Option<World>, Vec<Skipped>)> =
        manifests::load::in_parallel(units.len(), threads, &work);
    done.sort_unstable_by_key(|(at, ..)| *at);
    let mut judged: Vec<Family> =
        families.iter().map(|family| Family { only: family.only.clone(), ..Family::default() }).collect();
    let mut trouble: Vec<Vec<(bool, Vec<Skipped>)>> = families.iter().map(|_| Vec::new()).collect();
    for (at, family, world, skipped) in done {
        let is_own = matches!(units[at].1, Unit::Chart(chart) if chart.variant == OWN_VALUES);
        trouble[family].push((is_own && world.is_none(), skipped));
        judged[family].worlds.extend(world);
    }
    for ((family, trouble), asked) in judged.iter_mut().zip(trouble).zip(&families) {
        // A chart's own values are an example where others are given: those that it does not render with are no gap.
        let is_rendered = !family.worlds.is_empty();
        let said = trouble.into_iter().filter(|(failed_with_own, _)| !(*failed_with_own && is_rendered));
        family.skipped = said.flat_map(|(_, skipped)| skipped).collect();
        // An archive that lies in a folder may be anything; what is wrong with one that is a chart is said.
        if asked.kind == FamilyKind::Archive {
            family.skipped.retain(|skipped| skipped.kind != rendering::charts::NO_CHART);
        }
    }
    judged
}

fn name(unit: &Unit) -> Name {
    match unit {
        Unit::Chart(chart) => {
            Name { renderer: Renderer::Helm, path: chart.path.clone(), variant: chart.variant.clone() }
        }
        Unit::Kustomization(folder) => {
            let variant = paths::on_disk(folder).to_string_lossy().into_owned();
            Name { renderer: Renderer::Kustomize, path: folder.clone(), variant }
        }
    }
}
