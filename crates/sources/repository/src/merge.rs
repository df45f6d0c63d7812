//! Worlds into results: places become those of the sources, and what several renderings of one source say is said once.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;

use model::coverage::{Coverage, Skipped};
use model::document::Span;
use model::finding::{Occurrence, Status};
use model::inventory::{Resource, ResourceId, Results, Tally};
use model::origin::{Reason, Rendering, RenderingId};
use model::place::Place;
use model::symbols::Symbol;

use crate::trace::Tracer;
use crate::world::World;

/// Renderings of one source: objects of the same name from the same place are one.
#[derive(Debug, Default)]
pub struct Family {
    /// The renderings, in order.
    pub worlds: Vec<World>,
    /// What could not be rendered.
    pub skipped: Vec<Skipped>,
    /// The files whose objects alone are kept; all if there are none.
    pub only: BTreeSet<PathBuf>,
}

/// Which resource of the results an object of a rendering is, and the number that the rendering has there: by the number
/// that the object was judged under, and the line of the text that it begins on.
pub type Places = HashMap<(RenderingId, u32), (ResourceId, RenderingId)>;

/// Adds what was rendered to `results`.
pub fn merge(families: Vec<Family>, results: &mut Results) -> Places {
    let mut merging =
        Merging { files: HashMap::new(), places: Places::new(), tallies: HashMap::new(), opened: HashSet::new() };
    for (number, path) in results.files.iter().enumerate() {
        merging.files.entry(path.clone()).or_insert(number as u32);
    }
    for tally in std::mem::take(&mut results.tallies) {
        merging.count(tally);
    }
    for family in families {
        merging.add(family, results);
    }
    results.priorities.sort();
    results.occurrences.sort_by_key(|found| (found.resource, found.control));
    drop_contradicted_passes(&mut results.occurrences);
    results.tallies = merging.tallies.into_values().collect();
    results.tallies.sort_unstable_by_key(|tally| tally.control);
    results.coverage.skipped.sort();
    results.coverage.skipped.dedup();
    results.coverage.notes.sort();
    results.coverage.notes.dedup();
    merging.places
}

struct Merging {
    /// The files of the results, by their paths.
    files: HashMap<PathBuf, u32>,
    places: Places,
    tallies: HashMap<model::finding::ControlId, Tally>,
    /// Files that were counted.
    opened: HashSet<u32>,
}

/// What tells objects of one family from each other: group and version, kind, namespace, name, file and line.
type Identity = ([Symbol; 4], u32, u32);

impl Merging {
    fn add(&mut self, family: Family, results: &mut Results) {
        let Family { worlds, skipped, only } = family;
        results.coverage.skipped.extend(skipped);
        let siblings = worlds.len() as u32;
        let mut known: HashMap<Identity, ResourceId> = HashMap::new();
        let mut counted: Vec<Tally> = Vec::new();
        let mut covered = Coverage::default();
        for world in worlds {
            let World {
                id: judged_as,
                name,
                rendered,
                resources,
                occurrences,
                tallies,
                coverage,
                secrets,
                priorities,
                hooks,
            } = world;
            let id = RenderingId(results.origins.renderings.len() as u32);
            let files: Vec<u32> = rendered.provenance.files.iter().map(|file| self.file(&file.path, results)).collect();
            for (source, file) in rendered.provenance.files.iter().zip(&files) {
                if self.opened.insert(*file) {
                    results.coverage.files += 1;
                    results.coverage.bytes += source.text.len() as u64;
                }
            }
            let own = self.file(&name.path, results);
            let tracer = Tracer::new(&rendered);
            let before = known.len();
            let mut renumbered = Vec::with_capacity(resources.len());
            for resource in &resources {
                let at = self.resource(resource, (own, &files), &tracer, &only, &mut known, results);
                if let Some(at) = at {
                    self.places.insert((judged_as, resource.line), (at, id));
                    results.origins.occurs(at, id);
                    if let Some((_, hook)) = hooks.iter().find(|(line, _)| *line == resource.line) {
                        results.origins.runs_at(at, hook);
                    }
                }
                renumbered.push(at);
            }
            for found in occurrences {
                let resource = &resources[found.resource.0 as usize];
                let Some(at) = renumbered[found.resource.0 as usize] else { continue };
                let moved = Occurrence { resource: at, ..found };
                add_occurrence(moved, resource.line, id, (&tracer, &files), results);
            }
            let number = |id: ResourceId| renumbered.get(id.0 as usize).copied().flatten();
            let place = |id: ResourceId, place: Place| {
                let line = resources.get(id.0 as usize).map_or(0, |resource| resource.line);
                let span = if place.line > 0 { tracer.span(place) } else { tracer.line(line) };
                match tracer.source(span) {
                    Some(source) => {
                        let file = files.get(source.file.0 as usize).copied();
                        (file, Place { field: place.field, ..source.place })
                    }
                    None => (None, place),
                }
            };
            results.priorities.add(&priorities, &number, &place);
            add_tallies(tallies, known.len() - before == resources.len(), &mut counted);
            drop(tracer);
            add_coverage(coverage, known.len() - before == resources.len(), &mut covered);
            let (renderer, variant) = (name.renderer, name.variant);
            let path = name.path.to_string_lossy().into_owned();
            results.origins.renderings.push(Rendering { renderer, path, variant, rendered, files, siblings, secrets });
        }
        counted.into_iter().for_each(|tally| self.count(tally));
        results.coverage.append(covered);
    }

    fn count(&mut self, tally: Tally) {
        let Tally { control, passed, failed, unknown } = tally;
        let empty = Tally { control, passed: 0, failed: 0, unknown: 0 };
        let sum = self.tallies.entry(control).or_insert(empty);
        sum.passed += passed;
        sum.failed += failed;
        sum.unknown += unknown;
    }

    fn file(&mut self, path: &std::path::Path, results: &mut Results) -> u32 {
        *self.files.entry(path.to_path_buf()).or_insert_with(|| {
            results.files.push(path.to_path_buf());
            results.files.len() as u32 - 1
        })
    }

    /// The resource of the results that an object is: one that is known, or a new one.
    fn resource(
        &self,
        resource: &Resource,
        (own, files): (u32, &[u32]),
        tracer: &Tracer<'_>,
        only: &BTreeSet<PathBuf>,
        known: &mut HashMap<Identity, ResourceId>,
        results: &mut Results,
    ) -> Option<ResourceId> {
        let start = tracer.line(resource.line).start;
        let source = tracer.source(Span { start, end: start + 1 });
        let (file, line) = source.map_or((own, 1), |source| (files[source.file.0 as usize], source.place.line));
        if !only.is_empty() && !only.contains(&results.files[file as usize]) {
            return None;
        }
        let Resource { api_version, kind, namespace, name, .. } = *resource;
        let all = &mut results.resources;
        let at = known.entry(([api_version, kind, namespace, name], file, line)).or_insert_with(|| {
            all.push(Resource { file, line, ..*resource });
            ResourceId(all.len() as u32 - 1)
        });
        Some(*at)
    }
}

/// Adds what one more rendering is made of. The same documents are not counted twice.
fn add_coverage(coverage: Coverage, all_are_new: bool, covered: &mut Coverage) {
    let Coverage { files: _, bytes: _, documents, not_kubernetes, skipped, notes } = coverage;
    covered.skipped.extend(skipped);
    covered.notes.extend(notes);
    if all_are_new {
        covered.documents += documents;
        covered.not_kubernetes += not_kubernetes;
    } else {
        covered.documents = covered.documents.max(documents);
        covered.not_kubernetes = covered.not_kubernetes.max(not_kubernetes);
    }
}

/// Adds what was counted in one more rendering. Where it has the same objects, they are not counted twice: of each control
/// the rendering stands in which the most is wrong.
fn add_tallies(tallies: Vec<Tally>, all_are_new: bool, counted: &mut Vec<Tally>) {
    for tally in tallies {
        let Some(known) = counted.iter_mut().find(|known| known.control == tally.control) else {
            counted.push(tally);
            continue;
        };
        if all_are_new {
            known.passed += tally.passed;
            known.failed += tally.failed;
            known.unknown += tally.unknown;
            continue;
        }
        let all = |tally: &Tally| tally.passed + tally.failed + tally.unknown;
        let most = all(known).max(all(&tally));
        known.failed = known.failed.max(tally.failed);
        known.unknown = known.unknown.max(tally.unknown).min(most - known.failed);
        known.passed = most - known.failed - known.unknown;
    }
}

/// Adds an occurrence, with its place in the source, or notes that it is in one more rendering.
fn add_occurrence(
    found: Occurrence,
    object_line: u32,
    rendering: RenderingId,
    (tracer, files): (&Tracer<'_>, &[u32]),
    results: &mut Results,
) {
    if found.status == Status::Pass {
        results.occurrences.push(found);
        return;
    }
    let field = results.symbols.text(found.place.field);
    let rendered = if found.place.line > 0 {
        found.place
    } else {
        Place { line: object_line, column: 1, end_line: object_line, end_column: 1, ..found.place }
    };
    let span = tracer.span(rendered);
    let span = if found.place.line > 0 { span } else { tracer.line(object_line) };
    let values = tracer.values(span, field, object_line);
    let values = values.into_iter().map(|value| tracer.deciding(value, files)).collect();
    let own_file = results.resources[found.resource.0 as usize].file;
    let (file, place) = match tracer.source(span) {
        Some(source) if found.place.line > 0 => {
            (files[source.file.0 as usize], Place { field: found.place.field, ..source.place })
        }
        _ => (own_file, found.place),
    };
    let moved = Occurrence { place, ..found };
    let reason = Reason { renderings: vec![rendering], values, rendered };
    if !results.origins.trace(&moved, file, reason) {
        results.occurrences.push(moved);
        return;
    }
    let same = |known: &&mut Occurrence| Occurrence { severity: moved.severity, ..**known } == moved;
    if let Some(known) = results.occurrences.iter_mut().rev().find(same) {
        known.severity = known.severity.max(moved.severity);
    }
}

/// What passes in one rendering may fail in another, and what passes in two is one.
fn drop_contradicted_passes(occurrences: &mut Vec<Occurrence>) {
    if !occurrences.iter().any(|found| found.status == Status::Pass) {
        return;
    }
    let mut kept: Vec<Occurrence> = Vec::with_capacity(occurrences.len());
    for found in occurrences.drain(..) {
        let is_same = |last: &Occurrence| (last.resource, last.control) == (found.resource, found.control);
        match kept.last_mut().filter(|last| is_same(last)) {
            Some(last) if last.status == Status::Pass => *last = found,
            Some(_) if found.status == Status::Pass => {}
            _ => kept.push(found),
        }
    }
    *occurrences = kept;
}
