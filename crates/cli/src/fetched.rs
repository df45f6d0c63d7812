//! Paths that are addresses of repositories, or archives: fetched or unpacked before they are read, and shown as paths in
//! their repositories and archives.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use model::coverage::{Coverage, SkipKind, Skipped};
use model::inventory::{Inventory, Results};

use crate::git::{Address, Fetched, is_address};
use crate::unpacked::{self, Unpacked};

/// Paths that can be read, and what had to be fetched for it.
#[derive(Default)]
pub(crate) struct Resolved {
    /// The paths.
    pub(crate) paths: Vec<PathBuf>,
    /// What was fetched, and what stands before its paths when they are shown.
    fetched: Vec<(Fetched, PathBuf)>,
    /// What was unpacked, and its archive.
    unpacked: Vec<(Unpacked, PathBuf)>,
    /// Archives that cannot be.
    refused: Vec<Skipped>,
}

/// Fetches what has to be fetched.
///
/// # Errors
/// An address that is none, or that cannot be fetched.
pub(crate) fn resolve(paths: &[PathBuf]) -> anyhow::Result<Resolved> {
    let mut resolved = Resolved::default();
    for path in paths {
        if unpacked::is_archive(path) {
            match unpacked::unpack(path) {
                Ok(found) => {
                    resolved.paths.push(found.root.clone());
                    resolved.unpacked.push((found, path.clone()));
                }
                Err(error) => {
                    let reason = format!("{error:#}");
                    resolved.refused.push(Skipped {
                        path: path.clone(),
                        line: None,
                        kind: SkipKind::Unreadable,
                        reason,
                    });
                }
            }
            continue;
        }
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
        !self.fetched.is_empty() || !self.unpacked.is_empty() || !self.refused.is_empty()
    }

    /// What was left out of archives.
    fn left_out(&self) -> impl Iterator<Item = Skipped> {
        let left_out = self.unpacked.iter().flat_map(|(unpacked, _)| &unpacked.skipped);
        left_out.chain(&self.refused).cloned()
    }

    /// Shows paths as paths in their repositories.
    pub(crate) fn show_inventory(&self, inventory: &mut Inventory) {
        if !self.is_fetched() {
            return;
        }
        inventory.coverage.skipped.extend(self.left_out());
        inventory.files.iter_mut().for_each(|path| *path = self.shown(path));
        self.show_coverage(&mut inventory.coverage);
    }

    /// Shows paths as paths in their repositories. Returns where the files are in truth; nothing if that is the same.
    pub(crate) fn show(&self, results: &mut Results) -> Vec<PathBuf> {
        if !self.is_fetched() {
            return Vec::new();
        }
        results.coverage.skipped.extend(self.left_out());
        let on_disk = results.files.clone();
        results.files.iter_mut().for_each(|path| *path = self.shown(path));
        self.show_coverage(&mut results.coverage);
        for rendering in &mut results.origins.renderings {
            rendering.path = self.shown(Path::new(&rendering.path)).to_string_lossy().into_owned();
            rendering.variant = self.shown(Path::new(&rendering.variant)).to_string_lossy().into_owned();
            let files = &mut rendering.rendered.provenance.files;
            files.iter_mut().for_each(|file| file.path = self.shown(&file.path));
        }
        on_disk
    }

    fn show_coverage(&self, coverage: &mut Coverage) {
        self.show_skipped(&mut coverage.skipped);
        for note in &mut coverage.notes {
            note.path = self.shown(&note.path);
            self.show_text(&mut note.text);
        }
    }

    /// Shows paths of what was not looked at, and those that a reason or a hint names.
    pub(crate) fn show_skipped(&self, skipped: &mut [Skipped]) {
        for skipped in skipped {
            skipped.path = self.shown(&skipped.path);
            self.show_text(&mut skipped.reason);
        }
    }

    fn show_text(&self, text: &mut String) {
        let fetched = self.fetched.iter().map(|(fetched, before)| (&fetched.root, before));
        let unpacked = self.unpacked.iter().map(|(unpacked, before)| (&unpacked.root, before));
        for (root, before) in fetched.chain(unpacked) {
            let root = root.to_string_lossy();
            if !text.contains(&*root) {
                continue;
            }
            let before = before.to_string_lossy();
            let inside = if before.is_empty() { String::new() } else { format!("{before}/") };
            *text = text.replace(&format!("{root}/"), &inside);
            *text = text.replace(&*root, if before.is_empty() { "." } else { &before });
        }
    }

    fn shown(&self, path: &Path) -> PathBuf {
        let fetched = self.fetched.iter().map(|(fetched, before)| (&fetched.root, before));
        let unpacked = self.unpacked.iter().map(|(unpacked, before)| (&unpacked.root, before));
        let inside = fetched.chain(unpacked).find_map(|(root, before)| Some((path.strip_prefix(root).ok()?, before)));
        match inside {
            Some((inside, before)) if inside.as_os_str().is_empty() && before.as_os_str().is_empty() => {
                PathBuf::from(".")
            }
            Some((inside, before)) if inside.as_os_str().is_empty() => before.clone(),
            Some((inside, before)) => before.join(inside),
            None => path.to_path_buf(),
        }
    }
}
