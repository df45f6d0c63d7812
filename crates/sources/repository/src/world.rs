//! Rendered texts are judged each as a world of its own: what is in one overlay, or comes from one set of values, does not
//! answer for another.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use manifests::load::{SourceOf, load_rendered, rendered_again};
use model::coverage::{Coverage, Skipped};
use model::document::{Document, Span};
use model::finding::Occurrence;
use model::inventory::{Inventory, Observed, Resource, Tally, Verdicts};
use model::origin::{Renderer, RenderingId};
use model::priority::Priorities;
use model::provenance::Rendered;
use model::symbols::Symbols;

use crate::trace::Tracer;

/// What was rendered, and what could not be.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The text; `None` if there is none.
    pub rendered: Option<Rendered>,
    /// What could not be rendered.
    pub skipped: Vec<Skipped>,
    /// What may be otherwise in a cluster.
    pub notes: Vec<String>,
}

/// How the text is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// What renders it.
    pub renderer: Renderer,
    /// The folder or archive.
    pub path: PathBuf,
    /// What tells it from other renderings of the same source.
    pub variant: String,
}

/// What is done with objects while their documents are there, and with all of a world at the end.
pub struct Judges<'a> {
    /// Judges one object of a rendering.
    pub each: &'a (dyn Fn(RenderingId, Observed<'_>, &Symbols, &mut Verdicts) + Sync),
    /// Judges what needs all objects. What it is given last reads the text again.
    pub all: &'a (dyn Fn(&mut Inventory, Again<'_>) + Sync),
    /// Finds the parts of a document that nobody may print.
    pub secrets: &'a (dyn Fn(&Document<'_>) -> Vec<Span> + Sync),
}

/// Reads a rendered text again.
pub struct Again<'a> {
    text: &'a str,
    source_of: SourceOf<'a>,
}

impl Again<'_> {
    /// Calls `judge` for every object once more.
    pub fn read(&self, inventory: &mut Inventory, judge: manifests::load::Judge<'_>) {
        rendered_again(self.text, self.source_of, inventory, judge);
    }
}

/// What one rendered text holds.
#[derive(Debug)]
pub struct World {
    /// The number that its objects were judged under.
    pub id: RenderingId,
    /// How it is called.
    pub name: Name,
    /// The text, and what made it.
    pub rendered: Rendered,
    /// The objects; their lines are those of the text.
    pub resources: Vec<Resource>,
    /// What was found; places are those of the text.
    pub occurrences: Vec<Occurrence>,
    /// How many objects every control has judged.
    pub tallies: Vec<Tally>,
    /// What was looked at, with the places of the sources.
    pub coverage: Coverage,
    /// The parts of the text that nobody may print.
    pub secrets: Vec<Span>,
    /// What comes first among its objects; places are those of the text.
    pub priorities: Priorities,
    /// The objects that are hooks of Helm, by the lines that they begin on, and when they run.
    pub hooks: Vec<(u32, String)>,
}

/// Judges a rendered text.
pub fn judge(id: RenderingId, name: Name, rendered: Rendered, symbols: &Arc<Symbols>, judges: &Judges<'_>) -> World {
    let mut inventory = Inventory { symbols: Arc::clone(symbols), ..Inventory::default() };
    let tracer = Tracer::new(&rendered);
    let source_of = |offset: u32| {
        let file = tracer.file(offset).and_then(|file| rendered.provenance.files.get(file.0 as usize));
        file.map_or(name.path.as_path(), |file| file.path.as_path())
    };
    let hooks = Mutex::new(Vec::new());
    let each = |observed: Observed<'_>, symbols: &Symbols, verdicts: &mut Verdicts| {
        if name.renderer == Renderer::Helm
            && let Some(hook) = observed.object.annotation("helm.sh/hook")
        {
            let value = observed.object.value;
            let line = observed.origin.lines.line(value.document().text, value.span().start);
            hooks.lock().unwrap_or_else(PoisonError::into_inner).push((line, hook.text().into_owned()));
        }
        (judges.each)(id, observed, symbols, verdicts);
    };
    load_rendered(&name.path, &rendered.text, &source_of, &mut inventory, &each);
    (judges.all)(&mut inventory, Again { text: &rendered.text, source_of: &source_of });
    let Inventory { resources, occurrences, tallies, mut coverage, priorities, .. } = inventory;
    coverage.skipped.iter_mut().for_each(|skipped| move_to_source(skipped, &tracer, &rendered, &name.path));
    // Its files are counted where several renderings of them come together.
    (coverage.files, coverage.bytes) = (0, 0);
    drop(tracer);
    let secrets = secrets(&rendered.text, judges.secrets);
    let hooks = hooks.into_inner().unwrap_or_else(PoisonError::into_inner);
    let resources = resources.into_inner();
    World { id, name, rendered, resources, occurrences, tallies, coverage, secrets, priorities, hooks }
}

/// The parts of a text that nobody may print: what cannot be parsed is one of them.
pub(crate) fn secrets(text: &str, of_document: &dyn Fn(&Document<'_>) -> Vec<Span>) -> Vec<Span> {
    let mut spans = Vec::new();
    for range in yaml::separate::documents(text) {
        let start = range.start as u32;
        match yaml::parse_document(&text[range.clone()]) {
            Ok(document) => spans.extend(
                of_document(&document)
                    .into_iter()
                    .map(|span| Span { start: span.start + start, end: span.end + start }),
            ),
            Err(_) => spans.push(Span { start, end: range.end as u32 }),
        }
    }
    spans.sort_unstable();
    spans
}

/// Points at the source of what could not be judged.
fn move_to_source(skipped: &mut Skipped, tracer: &Tracer<'_>, rendered: &Rendered, path: &Path) {
    let Some(line) = skipped.line else { return };
    let span = tracer.line(line);
    let source = tracer.source(Span { start: span.start, end: span.start + 1 });
    match source {
        Some(source) => {
            skipped.path.clone_from(&rendered.provenance.files[source.file.0 as usize].path);
            skipped.line = Some(source.place.line);
            skipped.reason = format!("{} (line {line} of what was rendered)", skipped.reason);
        }
        None => skipped.path = path.to_path_buf(),
    }
}
