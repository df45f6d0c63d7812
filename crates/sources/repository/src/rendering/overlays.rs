//! Kustomizations, built by the engine for Kustomize; their charts by the engine for Helm.

use std::cell::RefCell;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use helm::{Crds, Hooks, Print, Tests};
use kustomize::{Disk, Error, Files, HelmChart, Location, Problem, Unreadable};
use model::coverage::{SkipKind, Skipped};
use model::place::LineIndex;
use model::provenance::Rendered;

use super::charts;
use crate::options::{Inline, Options, ValuesSource};
use crate::paths::{clean, join, on_disk};
use crate::plan::ChartUnit;
use crate::references::inside;
use crate::world::Outcome;

/// Builds the kustomization in a folder.
pub(super) fn render(folder: &Path, options: &Options) -> Outcome {
    match build(folder, options) {
        Ok((rendered, skipped)) => Outcome { rendered: Some(rendered), skipped, ..Outcome::default() },
        Err(trouble) => Outcome { skipped: vec![trouble], ..Outcome::default() },
    }
}

fn trouble(path: &Path, line: Option<u32>, reason: &str) -> Skipped {
    let path = clean(path);
    let path = if path.as_os_str().is_empty() { PathBuf::from(".") } else { path };
    let reason = super::one_line(reason);
    Skipped { path, line, kind: SkipKind::NeedsRendering, reason: format!("it cannot be rendered: {reason}") }
}

fn build(folder: &Path, options: &Options) -> Result<(Rendered, Vec<Skipped>), Skipped> {
    let files = Tree::new(folder, options).map_err(|error| trouble(folder, None, &error.to_string()))?;
    let left_out = RefCell::new(Vec::new());
    let chart = |chart: &HelmChart| {
        let Outcome { rendered, mut skipped, notes: _ } = render_chart(chart, &files)?;
        match rendered {
            Some(rendered) => {
                left_out.borrow_mut().append(&mut skipped);
                Ok(rendered)
            }
            None if skipped.is_empty() => Ok(Rendered::default()),
            None => Err(skipped.swap_remove(0).reason),
        }
    };
    let options = kustomize::Options { helm: Some(&chart), ..kustomize::Options::default() };
    let built = kustomize::build(&files.entry, &files, &options).map_err(|error| {
        let Error { path, line, message, hint } = error;
        let hint = hint.map(|hint| format!(": {hint}")).unwrap_or_default();
        let path = if path.as_os_str().is_empty() { folder.to_path_buf() } else { path };
        trouble(&path, line, &format!("{message}{hint}"))
    })?;
    let problems = built.problems.iter().map(|problem| {
        let Problem { path, span, field: _, message, command } = problem;
        let source = built.rendered.provenance.files.iter().find(|file| &file.path == path);
        let line = source.map(|source| LineIndex::new(1).line(&source.text, span.start));
        let command = command.as_ref().map(|command| format!(": `{command}` fetches it")).unwrap_or_default();
        trouble(path, line, &format!("{message}{command}"))
    });
    let skipped = problems.chain(left_out.take()).collect();
    Ok((built.rendered, skipped))
}

/// Renders a chart that a kustomization asks for and that lies beside it.
fn render_chart(chart: &HelmChart, files: &Tree<'_>) -> Result<Outcome, String> {
    let folder = chart.folder.join(&chart.home).join(&chart.name);
    let shown = files.shown(&folder);
    let is_outside = |root: &PathBuf| folder.canonicalize().is_ok_and(|folder| !folder.starts_with(root));
    if files.repository.as_ref().is_some_and(is_outside) {
        return Err(format!("`{}` lies outside of the repository", shown.display()));
    }
    if !on_disk(&folder).join("Chart.yaml").is_file() {
        return Err(format!("there is no chart in `{}`", shown.display()));
    }
    let file = |path: &PathBuf| {
        let root = files.repository.as_deref().unwrap_or(&chart.folder);
        let found = inside(root, &chart.folder, &path.to_string_lossy()).filter(|_| path.is_relative());
        let outside = || format!("`{}` lies outside of the repository, and is not read", path.display());
        found.map(|path| ValuesSource::File(files.shown(&path))).ok_or_else(outside)
    };
    let own = chart.values_file.as_ref().map(file).transpose()?;
    let inline = inline(chart, files).map(ValuesSource::Inline);
    // Without inline values, Kustomize gives the file to Helm as it is; else it merges the two itself.
    let default = || ValuesSource::File(shown.join("values.yaml"));
    let mut values: Vec<ValuesSource> = match (inline, chart.values_merge.as_str()) {
        (None, _) => own.into_iter().collect(),
        (Some(inline), "replace") => vec![inline],
        (Some(inline), "merge") => vec![inline, ValuesSource::Over(Box::new(own.unwrap_or_else(default)))],
        (Some(inline), _) => vec![own.unwrap_or_else(default), ValuesSource::Over(Box::new(inline))],
    };
    for path in &chart.additional_values_files {
        values.push(file(path)?);
    }
    let text = |text: &String| (!text.is_empty()).then(|| text.clone());
    let unit = ChartUnit {
        path: shown,
        variant: String::new(),
        values,
        release_name: text(&chart.release_name).or_else(|| text(&chart.name_template)),
        namespace: text(&chart.namespace),
    };
    let options = Options {
        kube_version: text(&chart.kube_version),
        api_versions: chart.api_versions.clone(),
        texts: Arc::clone(&files.options.texts),
        print: Some(printed(chart)),
        ..Options::default()
    };
    Ok(charts::render(&unit, &options))
}

/// The flags with which Kustomize calls Helm.
fn printed(chart: &HelmChart) -> Print {
    Print {
        crds: if chart.include_crds { Crds::Include } else { Crds::Omit },
        hooks: if chart.skip_hooks { Hooks::Omit } else { Hooks::Include },
        tests: if chart.skip_tests { Tests::Omit } else { Tests::Include },
        ..Print::default()
    }
}

/// Values that stand in the kustomization, at their place in it.
fn inline(chart: &HelmChart, files: &Tree<'_>) -> Option<Inline> {
    let json = chart.values_inline.as_ref().filter(|json| !matches!(json.as_str(), "{}" | "null"))?;
    let written = chart.written.as_ref().and_then(|written| {
        let inline = Inline::mapping(&written.path, &written.text, written.span);
        // What names an anchor that stands elsewhere is nothing by itself.
        let part = written.text.get(inline.part.0 as usize..inline.part.1 as usize)?;
        yaml::parse_document(part).is_ok().then_some(inline)
    });
    Some(written.unwrap_or_else(|| Inline::whole(&files.shown(&chart.folder), json.clone())))
}

/// The files that a kustomization may use: those of its repository, or all where it is in none, as Kustomize has it. They
/// are shown from where the folder is shown.
struct Tree<'o> {
    options: &'o Options,
    disk: Disk,
    shown: PathBuf,
    entry: PathBuf,
    /// The root of the repository that it is in, if it is in one.
    repository: Option<PathBuf>,
}

impl<'o> Tree<'o> {
    fn new(folder: &Path, options: &'o Options) -> Result<Self, Unreadable> {
        let entry = on_disk(folder).canonicalize().map_err(|error| Unreadable::System(error.to_string()))?;
        let root = entry.ancestors().find(|above| above.join(".git").exists());
        let repository = root.map(Path::to_path_buf);
        let root = root.or_else(|| entry.ancestors().last()).unwrap_or(&entry);
        Ok(Self { options, disk: Disk::new(root)?, shown: folder.to_path_buf(), entry: entry.clone(), repository })
    }
}

impl Files for Tree<'_> {
    fn locate(&self, path: &Path) -> Result<Location, Unreadable> {
        match self.disk.locate(path) {
            // A file that is only proposed.
            Err(Unreadable::Missing) => {
                let path = join(Path::new(""), &path.to_string_lossy());
                let is_proposed = self.options.text(&self.shown(&path)).is_some();
                if is_proposed { Ok(Location::File(path)) } else { Err(Unreadable::Missing) }
            }
            found => found,
        }
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>, Unreadable> {
        match self.options.text(&self.shown(path)) {
            Some(text) => Ok(text.as_bytes().to_vec()),
            None => self.disk.read(path),
        }
    }

    fn list(&self, folder: &Path) -> Vec<Location> {
        self.disk.list(folder)
    }

    fn shown(&self, path: &Path) -> PathBuf {
        if !path.is_absolute() {
            return path.to_path_buf();
        }
        let (mut own, mut other) = (self.entry.components(), path.components());
        let (mut own_rest, mut other_rest) = (own.clone(), other.clone());
        while let (Some(one), Some(two)) = (own.next(), other.next())
            && one == two
        {
            (own_rest, other_rest) = (own.clone(), other.clone());
        }
        let climb = own_rest.map(|_| Component::ParentDir);
        let relative: PathBuf = climb.chain(other_rest).collect();
        join(&self.shown, &relative.to_string_lossy())
    }
}
