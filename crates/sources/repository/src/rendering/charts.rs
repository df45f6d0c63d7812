//! Charts, rendered by the engine for Helm.

use std::fs::{self, File};
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use helm::chart::ArchiveError;
use helm::values::Place;
use helm::{Chart, Crds, Hooks, LoadError, Manifest, Output, Print, PrintError, Tests, Values, ValuesError};
use model::coverage::{SkipKind, Skipped};
use model::place::LineIndex;
use model::provenance::{Rendered, SourceFile};

use super::join::{Joined, TooLarge};
use crate::options::{Inline, Options, Source, ValuesSource};
use crate::paths::{clean, on_disk};
use crate::plan::ChartUnit;
use crate::world::Outcome;

/// Archives and files of values are no larger.
const LARGEST: u64 = 64 << 20;

/// How it is said that something is no chart.
pub(crate) const NO_CHART: SkipKind = SkipKind::NothingToJudge;

/// Renders a chart.
pub(super) fn render(unit: &ChartUnit, options: &Options) -> Outcome {
    let (mut skipped, mut notes) = (Vec::new(), Vec::new());
    let rendered = match output(unit, options, &mut skipped) {
        Ok(Some(output)) => {
            notes.clone_from(&output.notes);
            join(unit, options, &output).unwrap_or_else(|trouble| {
                skipped.push(trouble);
                None
            })
        }
        Ok(None) => None,
        Err(trouble) => {
            skipped.push(trouble);
            None
        }
    };
    Outcome { rendered, skipped, notes }
}

/// The text as `helm template` prints it.
pub(super) fn plain(unit: &ChartUnit, options: &Options) -> (String, Vec<Skipped>) {
    let mut skipped = Vec::new();
    let print = Print { show_only: options.show_only.clone(), ..Print::default() };
    let text = output(unit, options, &mut skipped).and_then(|output| {
        let print = |output: Output| output.print(&print).map_err(|error| trouble(&unit.path, None, &error));
        output.map(print).transpose()
    });
    match text {
        Ok(text) => (text.unwrap_or_default(), skipped),
        Err(trouble) => (String::new(), skipped.into_iter().chain([trouble]).collect()),
    }
}

fn trouble(path: &Path, line: Option<u32>, why: &dyn std::fmt::Display) -> Skipped {
    let path = if clean(path).as_os_str().is_empty() { PathBuf::from(".") } else { clean(path) };
    let reason = super::one_line(&why.to_string());
    Skipped { path, line, kind: SkipKind::NeedsRendering, reason: format!("it cannot be rendered: {reason}") }
}

/// An error with what caused it.
fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

/// What a chart becomes; `None` if it only gives others what they include.
fn output(unit: &ChartUnit, options: &Options, skipped: &mut Vec<Skipped>) -> Result<Option<Output>, Skipped> {
    let chart = load(&unit.path, options)?;
    if chart.is_library() {
        return Ok(None);
    }
    skipped.extend(chart.problems.iter().map(|problem| {
        let hint = problem.hint.as_ref().map(|hint| format!(": {hint}")).unwrap_or_default();
        // The rest of the chart is rendered.
        let reason = super::one_line(&format!("{}{hint}", problem.message));
        Skipped { reason, ..trouble(&problem.path, None, &"") }
    }));
    let values = values(unit, options)?;
    let defaults = helm::Options::default();
    let release = helm::Options {
        release_name: unit.release_name.clone().unwrap_or(defaults.release_name),
        namespace: unit.namespace.clone().unwrap_or(defaults.namespace),
        kube_version: options.kube_version.clone(),
        api_versions: options.api_versions.clone(),
        ..helm::Options::default()
    };
    helm::render(&chart, &values, &release).map(Some).map_err(|error| {
        let Some((path, offset)) = &error.place else { return trouble(&unit.path, None, &error.message) };
        let line = line_of(&chart, path, *offset);
        trouble(path, line, &error.message)
    })
}

fn line_of(chart: &Chart, path: &Path, offset: u32) -> Option<u32> {
    let own = chart.templates().find(|(_, source)| source.path == path);
    let line = own.map(|(_, source)| LineIndex::new(1).line(&source.text, offset));
    line.or_else(|| chart.dependencies.iter().find_map(|dependency| line_of(dependency, path, offset)))
}

fn load(path: &Path, options: &Options) -> Result<Chart, Skipped> {
    let failed = |error: LoadError| {
        let is_none = match &error {
            LoadError::NoChart { .. } => true,
            LoadError::Archive { source, .. } => {
                matches!(source, ArchiveError::Gzip | ArchiveError::Tar | ArchiveError::Empty)
            }
            LoadError::Read { .. } | LoadError::Invalid { .. } => false,
        };
        let kind = if is_none { NO_CHART } else { SkipKind::NeedsRendering };
        Skipped { kind, ..trouble(path, None, &whole(&error)) }
    };
    if on_disk(path).is_dir() {
        let instead = |file: &Path| options.text(file).map(|text| text.as_bytes().to_vec());
        let (folder, shown) = (on_disk(path), clean(path));
        let below = options.texts.keys().filter_map(|file| Some(folder.join(file.strip_prefix(&shown).ok()?)));
        let more: Vec<PathBuf> = below.collect();
        return Chart::load_folder_with(folder, &instead, &more).map_err(failed);
    }
    let bytes = read(path).map_err(|why| trouble(path, None, &why))?;
    Chart::load_archive(&bytes, path).map_err(failed)
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let describe = |error: std::io::Error| manifests::walk::describe(&error);
    let known = fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => describe(error),
    });
    if !known?.is_file() {
        return Err("it is no file".to_owned());
    }
    let mut bytes = Vec::new();
    File::open(path).map_err(describe)?.take(LARGEST + 1).read_to_end(&mut bytes).map_err(describe)?;
    if bytes.len() as u64 > LARGEST { Err(format!("it is larger than {} MiB", LARGEST >> 20)) } else { Ok(bytes) }
}

fn text(path: &Path, options: &Options) -> Result<String, String> {
    if let Some(text) = options.text(path) {
        return Ok(text.to_owned());
    }
    String::from_utf8(read(path)?).map_err(|_| "it is not UTF-8".to_owned())
}

fn values(unit: &ChartUnit, options: &Options) -> Result<Values, Skipped> {
    let mut values = Values::default();
    for source in &unit.values {
        let path = source.path().unwrap_or(&unit.path);
        add(source, options, &mut values).map_err(|why| trouble(path, None, &why))?;
    }
    Ok(values)
}

/// Reads what flags set, so that what is malformed is said before anything is rendered.
///
/// # Errors
/// What Helm says of it.
pub fn check_flags(options: &Options) -> Result<(), String> {
    let mut values = Values::default();
    let flags = options.values.iter().filter(|source| !matches!(source, ValuesSource::File(_)));
    flags.into_iter().try_for_each(|source| add(source, options, &mut values))
}

fn add(source: &ValuesSource, options: &Options, values: &mut Values) -> Result<(), String> {
    let failed = |error: ValuesError| whole(&error);
    let read = |path: &str| text(Path::new(path), options);
    match source {
        ValuesSource::File(path) => values.add_file(path, &text(path, options)?).map_err(failed),
        ValuesSource::Set(set) => values.set(set).map_err(failed),
        ValuesSource::SetString(set) => values.set_string(set).map_err(failed),
        ValuesSource::SetJson(set) => values.set_json(set).map_err(failed),
        ValuesSource::SetFile(set) => values.set_file(set, &read).map_err(failed),
        ValuesSource::Over(source) => {
            let mut over = Values::default();
            add(source, options, &mut over)?;
            values.merge_over(over)
        }
        ValuesSource::Inline(inline) => {
            let placed = Placed::new(inline, options);
            values.add_part(&placed.file, placed.part(inline.part)).map_err(failed)?;
            placed.trace(inline, values);
            Ok(())
        }
        ValuesSource::Parameters { all, at } => {
            let placed = Placed::new(at, options);
            let mut each = all.iter();
            each.try_for_each(|one| values.set_from(&one.set, one.is_text, &placed.file, placed.part(one.part)))
                .map_err(failed)?;
            placed.trace(at, values);
            Ok(())
        }
    }
}

/// Values that stand in an object, at their place in its file, where they can be edited. If the file says something else
/// by now, or is no file, they are at their place in the text that they were found in.
struct Placed {
    file: Arc<SourceFile>,
    /// Where what was found begins, in the text that it was found in and in that of `file`.
    begins: (usize, usize),
}

impl Placed {
    fn new(inline: &Inline, options: &Options) -> Self {
        let file =
            |text: &str, editable| Arc::new(SourceFile { path: inline.path.clone(), text: Arc::from(text), editable });
        if inline.source.is_some() {
            return Self { file: file(&inline.text, false), begins: (0, 0) };
        }
        let found = inline.text.trim_start_matches('\n');
        // Before what was found there are as many lines as before it in the file.
        let above = inline.text.len() - found.len();
        let whole = text(&inline.path, options).unwrap_or_default();
        let at: usize = whole.split_inclusive('\n').take(above).map(str::len).sum();
        let is_there = !found.is_empty() && above <= inline.part.0 as usize;
        if is_there && whole.get(at..).is_some_and(|rest| rest.starts_with(found)) {
            return Self { file: file(&whole, true), begins: (above, at) };
        }
        Self { file: file(&inline.text, false), begins: (0, 0) }
    }

    /// Gives values that stand in rendered text the places that they were rendered from.
    fn trace(&self, inline: &Inline, values: &mut Values) {
        let Some(Source { rendered, start }) = &inline.source else { return };
        let files: Vec<Arc<SourceFile>> = rendered.provenance.files.iter().cloned().map(Arc::new).collect();
        values.place_again(&self.file, &|span| {
            let source = rendered.provenance.source(span.start + start)?;
            Some(Place { file: Arc::clone(files.get(source.file.0 as usize)?), span: source.span })
        });
    }

    fn part(&self, (start, end): (u32, u32)) -> Range<usize> {
        let moved = |at: u32| (at as usize).saturating_sub(self.begins.0) + self.begins.1;
        moved(start)..moved(end)
    }
}

/// The definitions and the rendered templates as one text.
fn join(unit: &ChartUnit, options: &Options, output: &Output) -> Result<Option<Rendered>, Skipped> {
    let mut joined = Joined::default();
    let too_large = |TooLarge| trouble(&unit.path, None, &"more text than is read");
    if let Some(print) = &options.print {
        for rendered in printed(output, print).map_err(|error| trouble(&unit.path, None, &error))? {
            joined.add(&rendered).map_err(too_large)?;
        }
        return Ok(Some(joined.into_rendered()));
    }
    let mut shown = 0;
    let crds = output.crds.iter().map(|file| (&file.name, &file.rendered));
    let templates = output.files.iter().map(|file| (&file.name, &file.rendered));
    for (name, rendered) in crds.chain(templates) {
        if !options.show_only.is_empty() && !options.show_only.iter().any(|wanted| is_template(name, wanted)) {
            continue;
        }
        shown += 1;
        if !rendered.text.trim().is_empty() {
            joined.add(rendered).map_err(too_large)?;
        }
    }
    if shown == 0 && !options.show_only.is_empty() {
        let wanted = options.show_only.join("`, `");
        return Err(trouble(&unit.path, None, &format!("there is no template `{wanted}` in it")));
    }
    Ok(Some(joined.into_rendered()))
}

/// The documents that Helm prints.
fn printed(output: &Output, print: &Print) -> Result<Vec<Rendered>, PrintError> {
    let manifests = output.manifests()?;
    let is_printed =
        |hook: &Manifest<'_>| print.hooks == Hooks::Include && !(print.tests == Tests::Omit && hook.is_test());
    let hooks = manifests.hooks.into_iter().filter(is_printed);
    let crds = output.crds.iter().filter(|_| print.crds == Crds::Include).map(|crd| crd.rendered.clone());
    let documents = manifests.manifests.into_iter().chain(hooks).map(|one| one.file.rendered.part(one.range));
    Ok(crds.chain(documents).collect())
}

/// Whether a file, as Helm names it, is the template that is asked for.
fn is_template(name: &str, wanted: &str) -> bool {
    let inside = name.split_once('/').map_or(name, |(_, inside)| inside);
    inside == wanted.trim_start_matches("./")
}
