//! Paths that are addresses of repositories: fetched before they are read, and shown as paths in their repositories.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use model::inventory::{Inventory, Results};

use crate::git::{Address, Fetched, is_address};

/// Paths that can be read, and what had to be fetched for it.
pub(crate) struct Resolved {
    /// The paths.
    pub(crate) paths: Vec<PathBuf>,
    /// What was fetched, and what stands before its paths when they are shown.
    fetched: Vec<(Fetched, PathBuf)>,
}

/// Fetches what has to be fetched.
///
/// # Errors
/// An address that is none, or that cannot be fetched.
pub(crate) fn resolve(paths: &[PathBuf]) -> anyhow::Result<Resolved> {
    let mut resolved = Resolved { paths: Vec::with_capacity(paths.len()), fetched: Vec::new() };
    for path in paths {
        if !is_address(path) {
            resolved.paths.push(path.clone());
            continue;
        }
        let text = path.to_string_lossy();
        let fetched = Address::parse(&text)?.fetch()?;
        // As in a clone, what ignore files leave out is left out, and paths of charts start at the root.
        fs::create_dir(fetched.root.join(".git")).context("cannot write what was fetched")?;
        resolved.paths.push(fetched.folder.clone());
        let shown = if paths.len() == 1 { PathBuf::new() } else { PathBuf::from(&*text) };
        resolved.fetched.push((fetched, shown));
    }
    Ok(resolved)
}

impl Resolved {
    /// Whether anything was fetched.
    pub(crate) fn is_fetched(&self) -> bool {
        !self.fetched.is_empty()
    }

    /// Shows paths as paths in their repositories.
    pub(crate) fn show_inventory(&self, inventory: &mut Inventory) {
        if self.fetched.is_empty() {
            return;
        }
        inventory.files.iter_mut().for_each(|path| *path = self.shown(path));
        inventory.coverage.skipped.iter_mut().for_each(|skipped| skipped.path = self.shown(&skipped.path));
    }

    /// Shows paths as paths in their repositories. Returns where the files are in truth; nothing if that is the same.
    pub(crate) fn show(&self, results: &mut Results) -> Vec<PathBuf> {
        if self.fetched.is_empty() {
            return Vec::new();
        }
        let on_disk = results.files.clone();
        results.files.iter_mut().for_each(|path| *path = self.shown(path));
        results.coverage.skipped.iter_mut().for_each(|skipped| skipped.path = self.shown(&skipped.path));
        for rendering in &mut results.origins.renderings {
            rendering.path = self.shown(Path::new(&rendering.path)).to_string_lossy().into_owned();
            rendering.variant = self.shown(Path::new(&rendering.variant)).to_string_lossy().into_owned();
            let files = &mut rendering.rendered.provenance.files;
            files.iter_mut().for_each(|file| file.path = self.shown(&file.path));
        }
        on_disk
    }

    fn shown(&self, path: &Path) -> PathBuf {
        let inside =
            self.fetched.iter().find_map(|(fetched, before)| Some((path.strip_prefix(&fetched.root).ok()?, before)));
        match inside {
            Some((inside, _)) if inside.as_os_str().is_empty() => PathBuf::from("."),
            Some((inside, before)) => before.join(inside),
            None => path.to_path_buf(),
        }
    }
}
