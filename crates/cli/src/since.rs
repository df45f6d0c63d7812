//! `--since REF`: of what was judged only what a change touches is reported.
//!
//! Everything is read and judged, because what was not changed answers for what was: a change of one file is seen with its
//! repository around it. Charts and kustomizations are touched as a whole.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use model::coverage::Skipped;
use model::inventory::{ResourceId, Results};

use crate::exit::UsageError;
use crate::git;

/// The files that a change touches, as whole paths without links.
pub(crate) struct Changed {
    files: BTreeSet<PathBuf>,
    here: PathBuf,
}

impl Changed {
    /// The files that differ from what they were where the history of `revision` and that of today parted, among them those
    /// that git does not know yet.
    ///
    /// # Errors
    /// There is no repository, or no such revision.
    pub(crate) fn since(revision: &str, paths: &[PathBuf]) -> Result<Self, UsageError> {
        let here = std::env::current_dir().unwrap_or_default();
        let first = paths.iter().find(|path| path.as_os_str() != "-").map_or(Path::new("."), PathBuf::as_path);
        let folder = if first.is_dir() { first } else { first.parent().unwrap_or(Path::new("")) };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let ask = |arguments: &[&str]| git::ask(folder, arguments);
        let shown = folder.display();
        let no_repository = || UsageError(format!("`--since {revision}`: `{shown}` is in no repository of git"));
        let root = ask(&["rev-parse", "--show-toplevel"]).ok_or_else(no_repository)?;
        let root = path(trimmed(&root)).canonicalize().map_err(|_| no_repository())?;
        let commit = format!("{revision}^{{commit}}");
        let no_revision = || UsageError(format!("`--since {revision}`: the repository has no such revision"));
        let commit = ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]).ok_or_else(no_revision)?;
        let commit = String::from_utf8_lossy(trimmed(&commit)).into_owned();
        // A repository without a commit in common has changed as a whole.
        let parted = ask(&["merge-base", &commit, "HEAD"]);
        let from = parted.map_or(commit, |parted| String::from_utf8_lossy(trimmed(&parted)).into_owned());
        let differing = ask(&["diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", &from]);
        let differing = differing.ok_or_else(no_revision)?;
        let root_text = root.to_string_lossy();
        let unknown = git::ask(Path::new(&*root_text), &["ls-files", "--others", "--exclude-standard", "-z"]);
        let lists = [differing, unknown.unwrap_or_default()];
        let names = lists.iter().flat_map(|list| list.split(|&byte| byte == 0)).filter(|name| !name.is_empty());
        Ok(Self { files: names.map(|name| root.join(path(name))).collect(), here })
    }

    fn whole(&self, path: &Path) -> PathBuf {
        let joined = self.here.join(path);
        // A file that is gone has a folder still, or not even that.
        let parent = joined.parent().and_then(|parent| parent.canonicalize().ok());
        match (joined.canonicalize(), parent, joined.file_name()) {
            (Ok(whole), ..) => whole,
            (_, Some(parent), Some(name)) => parent.join(name),
            _ => joined,
        }
    }

    /// Whether a file, or something in a folder, was changed.
    fn touches(&self, path: &Path) -> bool {
        let whole = self.whole(path);
        let next = self.files.range(whole.clone()..).next();
        next.is_some_and(|file| file.starts_with(&whole))
    }

    /// Takes away what no change touches.
    pub(crate) fn narrow(&self, results: &mut Results) {
        let of_files: Vec<bool> = results.files.iter().map(|file| self.touches(archive(file))).collect();
        let of_renderings: Vec<bool> = results
            .origins
            .renderings
            .iter()
            .map(|rendering| {
                let is_own = self.touches(archive(Path::new(&rendering.path)));
                is_own || rendering.files.iter().any(|file| of_files[*file as usize])
            })
            .collect();
        let is_touched = |id: ResourceId| {
            let renderings = results.origins.of_resource(id);
            let file = results.resources[id.0 as usize].file;
            of_files[file as usize] || renderings.iter().any(|id| of_renderings[id.0 as usize])
        };
        let touched: Vec<bool> = (0..results.resources.len()).map(|id| is_touched(ResourceId(id as u32))).collect();
        let touched_charts: Vec<PathBuf> = results
            .origins
            .renderings
            .iter()
            .zip(&of_renderings)
            .filter(|(_, touched)| **touched)
            .map(|(rendering, _)| PathBuf::from(&rendering.path))
            .collect();
        // What an object leaves out of a chart is told at the object, which nobody has to have changed.
        let renderings = results.origins.renderings.iter().zip(&of_renderings).filter(|(_, touched)| **touched);
        let names: Vec<String> = renderings
            .filter(|(rendering, _)| !rendering.variant.is_empty())
            .map(|(rendering, _)| format!("{}: ", rendering.variant))
            .collect();
        results.keep(&touched);
        results.coverage.skipped.retain(|Skipped { path, reason, .. }| {
            self.touches(archive(path))
                || touched_charts.iter().any(|chart| path.starts_with(chart))
                || names.iter().any(|name| reason.starts_with(name))
        });
    }
}

/// The archive that a file is in, or the file itself.
fn archive(path: &Path) -> &Path {
    let text = path.to_str().unwrap_or_default();
    text.split_once("!/").map_or(path, |(archive, _)| Path::new(archive))
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    bytes.strip_suffix(b"\n").unwrap_or(bytes)
}

#[cfg(unix)]
fn path(bytes: &[u8]) -> &Path {
    Path::new(std::os::unix::ffi::OsStrExt::from_bytes(bytes) as &OsStr)
}

#[cfg(not(unix))]
fn path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::new(std::str::from_utf8(bytes).unwrap_or_default()))
}
