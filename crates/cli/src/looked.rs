//! What a run looked at, so that nothing is called unmatched or gone that nobody looked for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use model::control::Registered;
use model::exception::{Exception, Form, path_glob};
use model::finding::ControlId;
use model::inventory::Results;
use reports::baseline::Reach;

use crate::judging::Request;

/// What a run looked at.
pub(crate) struct Looked {
    /// Controls that ran, and those that cannot find anything here.
    asked: BTreeSet<ControlId>,
    ran: BTreeSet<ControlId>,
    /// Files and folders, as they are on disk.
    paths: Vec<PathBuf>,
    /// The folder of the configuration, if what it says is to be scanned was scanned.
    project: Option<PathBuf>,
    is_live: bool,
    /// Whether only some objects of a cluster were asked for.
    is_narrowed: bool,
}

impl Looked {
    /// What comes of a request: `asked` are the controls that it selects, `ran` those that had what they need.
    pub(crate) fn new(request: &Request<'_>, paths: &[PathBuf], asked: &[ControlId], ran: &[Registered]) -> Self {
        let cluster = request.cluster;
        Self {
            asked: asked.iter().chain(request.project.off()).copied().collect(),
            ran: ran.iter().map(|registered| registered.id).collect(),
            paths: paths.iter().filter_map(|path| path.canonicalize().ok()).collect(),
            project: request.project.whole(paths).and_then(|folder| folder.canonicalize().ok()),
            is_live: cluster.is_asked_for() || cluster.snapshot.is_some(),
            is_narrowed: !cluster.namespace.is_empty() || cluster.selector.is_some(),
        }
    }

    /// How much was looked at of what belongs to a file: that is the folder that the file is in.
    pub(crate) fn reach(&self, file: &Path) -> Reach {
        match folder_of(file) {
            Some(folder) if self.covers(&folder) => Reach::Whole,
            _ => Reach::Part,
        }
    }

    /// Whether everything that an exception may be for was looked at.
    pub(crate) fn at_all_of(&self, exception: &Exception, results: &Results) -> bool {
        self.with_all_controls_of(exception) && self.at_all_files_of(exception, results)
    }

    fn with_all_controls_of(&self, exception: &Exception) -> bool {
        match &exception.controls {
            Some(controls) => {
                controls.iter().any(|id| self.ran.contains(id)) && controls.iter().all(|id| self.asked.contains(id))
            }
            None => controls::all().all(|known| self.asked.contains(&known.id)),
        }
    }

    fn at_all_files_of(&self, exception: &Exception, results: &Results) -> bool {
        if exception.form != Form::File {
            // It stands in what was read.
            return true;
        }
        let Some(folder) = folder_of(&exception.path) else { return false };
        let paths = &exception.selector.paths;
        if paths.is_empty() {
            return self.covers(&folder) && results.coverage.skipped.is_empty();
        }
        !self.is_live && paths.iter().all(|pattern| self.at_all_that(pattern, &folder, results))
    }

    /// Whether every file that a pattern names was read; it is meant from `folder`.
    fn at_all_that(&self, pattern: &str, folder: &Path, results: &Results) -> bool {
        let pattern = pattern.trim_start_matches("./");
        let literal: Vec<&str> = pattern.split('/').take_while(|part| !part.contains(['*', '?'])).collect();
        let place = folder.join(literal.join("/"));
        let place = place.canonicalize().unwrap_or(place);
        let skipped = &results.coverage.skipped;
        let was_skipped = skipped.iter().any(|skipped| {
            path_glob(pattern, &skipped.path)
                || skipped.path.canonicalize().is_ok_and(|path| place.starts_with(&path) || path.starts_with(&place))
        });
        if was_skipped || (literal.is_empty() && !self.covers(folder)) {
            return false;
        }
        let is_below = self.paths.iter().any(|path| place.starts_with(path));
        // What is there and was not read is left out by an ignore file or a flag.
        let was_read = || results.files.iter().any(|path| path_glob(pattern, path));
        (is_below || self.covers(folder)) && (literal.is_empty() || !place.exists() || was_read())
    }

    fn covers(&self, folder: &Path) -> bool {
        if self.is_live {
            return !self.is_narrowed;
        }
        let is_project = self.project.as_ref().is_some_and(|project| folder.starts_with(project));
        is_project || self.paths.iter().any(|path| folder.starts_with(path))
    }
}

/// The folder that a file is in, as it is on disk.
fn folder_of(file: &Path) -> Option<PathBuf> {
    let parent = file.parent()?;
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    parent.canonicalize().ok()
}
