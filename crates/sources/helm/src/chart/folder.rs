//! The files of a chart's folder, in Helm's order, without what `.helmignore` leaves out.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::ignore::{Entry, Rules};
use super::{File, MAX_BYTES, MAX_DEPTH, MAX_FILES, Problem};
use crate::chart::load::LoadError;

/// What a file is to say instead of what it says; `None` for as it is.
pub(super) type Instead<'r> = &'r dyn Fn(&Path) -> Option<Vec<u8>>;

struct Walk<'r> {
    root: &'r Path,
    instead: Instead<'r>,
    /// Files that are only proposed.
    more: &'r [PathBuf],
    real_root: PathBuf,
    rules: Rules,
    files: Vec<File>,
    problems: Vec<Problem>,
    total: u64,
}

/// Reads all files below `root`, and says what was not read. Those of `more` are read as if they were there.
pub(super) fn files(
    root: &Path,
    instead: Instead<'_>,
    more: &[PathBuf],
) -> Result<(Vec<File>, Vec<Problem>), LoadError> {
    let read_error = |path: &Path, source| LoadError::Read { path: path.to_path_buf(), source };
    let real_root = fs::canonicalize(root).map_err(|error| read_error(root, error))?;
    let ignore_file = root.join(".helmignore");
    let rules = match fs::read_to_string(&ignore_file) {
        Ok(text) => Rules::parse(&text).map_err(|message| LoadError::Invalid { path: ignore_file, message })?,
        Err(_) => Rules::default(),
    };
    let rules = rules.with_defaults();
    let mut walk = Walk { root, instead, more, real_root, rules, files: Vec::new(), problems: Vec::new(), total: 0 };
    walk.folder(root, "", 0)?;
    Ok((walk.files, walk.problems))
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, prefix: &str, depth: usize) -> Result<(), LoadError> {
        if depth > MAX_DEPTH * 8 {
            return Err(LoadError::Invalid {
                path: folder.to_path_buf(),
                message: "folders are nested too deep: does a link lead back to its own folder?".to_owned(),
            });
        }
        let read = |source| LoadError::Read { path: folder.to_path_buf(), source };
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).map_err(read)? {
            names.push(entry.map_err(read)?.file_name());
        }
        let proposed = self.more.iter().filter(|path| path.parent() == Some(folder));
        names.extend(proposed.filter_map(|path| path.file_name()).map(ToOwned::to_owned));
        names.sort();
        names.dedup();
        for name in names {
            let path = folder.join(&name);
            let name = format!("{prefix}{}", name.to_string_lossy());
            self.entry(&path, &name, depth)?;
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, name: &str, depth: usize) -> Result<(), LoadError> {
        let metadata = match fs::symlink_metadata(path) {
            Ok(metadata) if metadata.is_symlink() => {
                let Some(metadata) = self.follow(path, name) else { return Ok(()) };
                metadata
            }
            Ok(metadata) => metadata,
            Err(_) if self.more.iter().any(|more| more == path) => return self.file(path, name, 0),
            Err(source) => return Err(LoadError::Read { path: path.to_path_buf(), source }),
        };
        if metadata.is_dir() {
            if self.rules.ignores(name, Entry::Folder) {
                return Ok(());
            }
            return self.folder(path, &format!("{name}/"), depth + 1);
        }
        if self.rules.ignores(name, Entry::File) {
            return Ok(());
        }
        if !metadata.is_file() {
            return Err(LoadError::Invalid {
                path: path.to_path_buf(),
                message: "it is neither a file nor a folder".to_owned(),
            });
        }
        self.file(path, name, metadata.len())
    }

    fn file(&mut self, path: &Path, name: &str, size: u64) -> Result<(), LoadError> {
        self.total += size;
        if self.total > MAX_BYTES || self.files.len() == MAX_FILES {
            return Err(LoadError::Invalid {
                path: self.root.to_path_buf(),
                message: format!(
                    "the chart has more than {} MiB or {MAX_FILES} files: leave out with `.helmignore` what is no \
                     part of it",
                    MAX_BYTES >> 20
                ),
            });
        }
        let read = || fs::read(path).map_err(|source| LoadError::Read { path: path.to_path_buf(), source });
        let data = (self.instead)(path).map_or_else(read, Ok)?;
        let content = data.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&data);
        // Places are counted in the file as it is, which a byte-order mark would shift.
        let editable = content.len() == data.len();
        self.files.push(File { name: name.to_owned(), path: path.to_path_buf(), data: Arc::from(content), editable });
        Ok(())
    }

    /// What a link leads to, if that is in the chart.
    fn follow(&mut self, path: &Path, name: &str) -> Option<fs::Metadata> {
        let target = fs::canonicalize(path);
        let (message, hint) = match &target {
            Ok(target) if target.starts_with(&self.real_root) => return fs::metadata(path).ok(),
            Ok(_) => (
                format!("`{name}` is a link that leads out of the chart, and was not read"),
                "copy what it leads to into the chart".to_owned(),
            ),
            Err(_) => (format!("`{name}` is a link that leads nowhere"), "remove it, or mend it".to_owned()),
        };
        self.problems.push(Problem { message, path: path.to_path_buf(), hint: Some(hint) });
        None
    }
}
