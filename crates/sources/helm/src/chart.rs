//! A chart in memory: its metadata, default values, templates and other files, and the charts in it.
//!
//! Loading is bounded: sizes, numbers of files, depth of charts in charts; nothing outside the folder is read.

mod archive;
pub(crate) mod dependencies;
mod folder;
mod ignore;
mod load;
pub mod metadata;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use model::provenance::SourceFile;

use crate::template::Parsed;
use crate::values::Table;
use metadata::Metadata;

pub use archive::ArchiveError;
pub use load::LoadError;

/// All files of a chart together are no larger. Source: Helm, `MaxDecompressedChartSize`.
pub(crate) const MAX_BYTES: u64 = 100 * 1024 * 1024;
/// A chart has no more files than this.
pub(crate) const MAX_FILES: usize = 20_000;
/// Charts lie in charts no deeper than this.
pub(crate) const MAX_DEPTH: usize = 16;

/// A chart.
#[derive(Clone, Debug)]
pub struct Chart {
    /// What `Chart.yaml` says.
    pub metadata: Metadata,
    /// The folder or archive, as it is shown.
    pub path: PathBuf,
    /// The charts in it: those of `charts/`; after dependencies are worked out, those that take part.
    pub dependencies: Vec<Chart>,
    /// What could not be read, or is not there. The rest can be rendered.
    pub problems: Vec<Problem>,
    pub(crate) values: Arc<Table>,
    pub(crate) content: Arc<Content>,
}

/// What copies of a chart under other names share.
#[derive(Debug, Default)]
pub(crate) struct Content {
    pub(crate) templates: Vec<Template>,
    pub(crate) files: Vec<File>,
    pub(crate) schema: Option<Vec<u8>>,
}

/// A file that templates can ask for.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) data: Arc<[u8]>,
    pub(crate) editable: bool,
}

/// A file in `templates/`.
#[derive(Debug)]
pub(crate) struct Template {
    /// The path in the chart: `templates/deployment.yaml`.
    pub(crate) name: String,
    pub(crate) source: Arc<SourceFile>,
    parsed: OnceLock<Arc<Parsed>>,
}

/// Something that is missing; the rest of the chart is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What, and where.
    pub message: String,
    /// The file or folder concerned, as it is shown.
    pub path: PathBuf,
    /// What to do: for a dependency the command that fetches it.
    pub hint: Option<String>,
}

impl Chart {
    /// Loads the chart in the folder `path`, the one with `Chart.yaml`. Links that lead out of it are not followed.
    ///
    /// # Errors
    /// There is no `Chart.yaml`, or it, the values or a chart in `charts/` cannot be read: Helm would not go on either.
    pub fn load_folder(path: &Path) -> Result<Self, LoadError> {
        load::folder(path, &|_| None, &[])
    }

    /// The same, with what `instead` gives in place of what files say, and with files that are only proposed.
    ///
    /// # Errors
    /// As `load_folder`.
    pub fn load_folder_with(
        path: &Path,
        instead: &dyn Fn(&Path) -> Option<Vec<u8>>,
        more: &[PathBuf],
    ) -> Result<Self, LoadError> {
        load::folder(path, instead, more)
    }

    /// Loads the chart in the archive `bytes` (`.tgz`), which is shown as `path`.
    ///
    /// # Errors
    /// It is no archive of a chart, it is too large, or it names files outside its own folder.
    pub fn load_archive(bytes: &[u8], path: &Path) -> Result<Self, LoadError> {
        load::archive(bytes, path)
    }

    /// The name, or the alias under which a parent knows it.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// Whether it only gives others what they include.
    pub fn is_library(&self) -> bool {
        self.metadata.kind.eq_ignore_ascii_case("library")
    }

    /// The `ci/*-values.yaml` of the chart: name and text.
    pub fn ci_values(&self) -> impl Iterator<Item = (&Path, String)> {
        let is_ci = |file: &&File| {
            file.name.strip_prefix("ci/").is_some_and(|name| name.ends_with("-values.yaml") && !name.contains('/'))
        };
        let files = self.content.files.iter().filter(is_ci);
        files.map(|file| (file.path.as_path(), String::from_utf8_lossy(&file.data).into_owned()))
    }

    /// The default values, without those of dependencies.
    pub fn default_values(&self) -> &Table {
        &self.values
    }

    /// The templates: path in the chart and source.
    pub fn templates(&self) -> impl Iterator<Item = (&str, &Arc<SourceFile>)> {
        self.content.templates.iter().map(|template| (template.name.as_str(), &template.source))
    }
}

impl Template {
    pub(crate) fn new(name: String, source: SourceFile) -> Self {
        Self { name, source: Arc::new(source), parsed: OnceLock::new() }
    }

    /// The template as a tree, parsed once.
    pub(crate) fn parsed(&self) -> &Arc<Parsed> {
        self.parsed.get_or_init(|| Arc::new(Parsed::new(Arc::clone(&self.source.text))))
    }
}

/// Whether Go's `path.Match` takes the name.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    ignore::matches(pattern, name) == Some(true)
}
