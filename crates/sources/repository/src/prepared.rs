//! Kustomizations, rendered before charts are: among what they hold may be objects that say how a chart is rendered, as
//! Flux and Argo CD have it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use manifests::load::in_parallel;
use model::document::Span;
use model::finding::Origin;
use model::object::Object;
use model::place::LineIndex;
use model::provenance::Rendered;

use crate::options::{Inline, Options, Source, ValuesSource};
use crate::paths::shown;
use crate::plan::{Unit, UnitFamily};
use crate::references::{self, Named, Reference};
use crate::rendering;
use crate::world::Outcome;

/// What was rendered already.
#[derive(Default)]
pub struct Prepared {
    outcomes: BTreeMap<PathBuf, Mutex<Option<Outcome>>>,
    references: Vec<Reference>,
}

impl Prepared {
    /// Renders the kustomizations of these families on `threads` threads.
    pub fn new(families: &[UnitFamily], options: &Options, threads: usize) -> Self {
        let units = families.iter().flat_map(|family| &family.units);
        let units: Vec<&Unit> = units.filter(|unit| matches!(unit, Unit::Kustomization(_))).collect();
        let work = |at: usize, _: &mut Vec<u8>| {
            let outcome = rendering::render(units[at], options);
            let found = outcome.rendered.as_ref().map(|rendered| find(rendered, units[at].path())).unwrap_or_default();
            (at, outcome, found)
        };
        let mut done = in_parallel(units.len(), threads, &work);
        done.sort_unstable_by_key(|(at, ..)| *at);
        let mut prepared = Self::default();
        for (at, outcome, found) in done {
            prepared.outcomes.insert(units[at].path().to_path_buf(), Mutex::new(Some(outcome)));
            prepared.references.extend(found);
        }
        prepared
    }

    /// What the objects in them refer to.
    pub fn references(&self) -> &[Reference] {
        &self.references
    }

    /// What was rendered of a unit: now it is no longer here.
    pub fn take(&self, unit: &Unit) -> Option<Outcome> {
        let Unit::Kustomization(folder) = unit else { return None };
        self.outcomes.get(folder)?.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What the objects of a rendered text refer to.
fn find(rendered: &Rendered, folder: &Path) -> Vec<Reference> {
    let mut found = Vec::new();
    let mut shared: Option<Arc<Rendered>> = None;
    let is_wanted = |text: &str| text.contains("kind: HelmRelease") || text.contains("kind: Application");
    if !is_wanted(&rendered.text) {
        return found;
    }
    for range in yaml::separate::documents(&rendered.text).filter(|range| is_wanted(&rendered.text[range.clone()])) {
        let Ok(document) = yaml::parse_document(&rendered.text[range.clone()]) else { continue };
        let Some(object) = Object::new(document.root()) else { continue };
        let lines = LineIndex::new(1);
        let origin = Origin { root: object.value, lines: &lines };
        let Some((path, line)) = place(rendered, range.start as u32 + start_of(&object)) else { continue };
        let Some(mut reference) = references::find(&object, &path, origin) else { continue };
        let shared = shared.get_or_insert_with(|| Arc::new(rendered.clone()));
        // The text of values is that of the document, and begins where it does.
        let source = Source { rendered: Arc::clone(shared), start: range.start as u32 };
        for values in &mut reference.values {
            if let Named::Own(
                ValuesSource::Inline(Inline { source: own, .. })
                | ValuesSource::Parameters { at: Inline { source: own, .. }, .. },
            ) = values
            {
                *own = Some(source.clone());
            }
        }
        reference.unseen.iter_mut().for_each(|(at, _)| *at = line);
        for values in &mut reference.values {
            if let Named::File { line: at, .. } = values {
                *at = line;
            }
        }
        reference.name = format!("{} in {}", reference.name, shown(folder).display());
        found.push(Reference { path, line, ..reference });
    }
    found
}

/// Where the name of an object begins, in its document.
fn start_of(object: &Object<'_>) -> u32 {
    let name = object.value.at(&["metadata", "name"]);
    name.map_or(object.value.span(), |name| name.span()).start
}

/// The file and line of a byte of rendered text.
fn place(rendered: &Rendered, at: u32) -> Option<(PathBuf, u32)> {
    let source = rendered.provenance.source(at)?;
    let file = rendered.provenance.files.get(source.file.0 as usize)?;
    let Span { start, .. } = source.span;
    Some((file.path.clone(), LineIndex::new(1).line(&file.text, start)))
}
