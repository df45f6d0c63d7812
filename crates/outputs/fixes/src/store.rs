//! All files are written, or none.
//!
//! Every new text is first written to a file beside the old one; only when all are there, and all old ones are still
//! what they were, are they renamed. What fails halfway is taken back.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::session::Change;

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file is not what it was when it was scanned.
    #[error("`{}` was changed meanwhile: nothing was written", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be written.
    #[error("cannot write `{}`: nothing was written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file could not be written, and one that was written before could not be brought back.
    #[error("cannot write `{}`, and `{}` could not be brought back: it has its new text", path.display(), kept.display())]
    Half {
        /// The file that could not be written.
        path: PathBuf,
        /// The file that has its new text.
        kept: PathBuf,
        /// Why.
        source: io::Error,
    },
}

struct Ready {
    /// The file itself, where a link leads.
    target: PathBuf,
    new: NamedTempFile,
    /// What was there; nothing for a new file.
    old: Option<NamedTempFile>,
}

/// Writes the new texts of all changes.
///
/// # Errors
/// A file has changed or cannot be written: then all files are as they were, unless the error says otherwise.
pub fn store(changes: &[Change]) -> Result<(), StoreError> {
    let mut ready = Vec::with_capacity(changes.len());
    for change in changes {
        let written = prepare(change).map_err(|source| StoreError::Write { path: change.path.clone(), source })?;
        ready.push(written.ok_or_else(|| StoreError::Changed { path: change.path.clone() })?);
    }
    let mut done: Vec<(PathBuf, Option<NamedTempFile>)> = Vec::new();
    for (Ready { target, new, old }, change) in ready.into_iter().zip(changes) {
        // As late as can be: what somebody wrote since is not overwritten.
        let failed = match fs::read(&target) {
            Err(error) if change.is_new && error.kind() == io::ErrorKind::NotFound => {
                new.persist_noclobber(&target).err().map(|error| error.error)
            }
            Ok(now) if now == change.old.as_bytes() && change.is_gone => fs::remove_file(&target).err(),
            Ok(now) if now == change.old.as_bytes() => new.persist(&target).err().map(|error| error.error),
            Ok(_) => return Err(take_back(done, StoreError::Changed { path: change.path.clone() })),
            Err(error) => Some(error),
        };
        if let Some(source) = failed {
            return Err(take_back(done, StoreError::Write { path: change.path.clone(), source }));
        }
        done.push((target, old));
    }
    Ok(())
}

/// Writes the old and the new text beside the file; `None` if it is no longer what it was.
fn prepare(change: &Change) -> io::Result<Option<Ready>> {
    if change.is_new {
        return prepare_new(change);
    }
    let target = fs::canonicalize(&change.path)?;
    if fs::read(&target)? != change.old.as_bytes() {
        return Ok(None);
    }
    let permissions = fs::metadata(&target)?.permissions();
    if permissions.readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is write-protected"));
    }
    let (new, old) = (beside(&target, &change.new, &permissions)?, beside(&target, &change.old, &permissions)?);
    Ok(Some(Ready { target, new, old: Some(old) }))
}

/// A file that is not there is written as its folder's other new files are; `None` if it is there by now.
fn prepare_new(change: &Change) -> io::Result<Option<Ready>> {
    if fs::symlink_metadata(&change.path).is_ok() {
        return Ok(None);
    }
    let folder = change.path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = fs::canonicalize(folder.unwrap_or_else(|| Path::new(".")))?;
    let target = folder.join(change.path.file_name().unwrap_or_default());
    // Of a file that tempfile makes only its owner may read: a new one is as one that an editor makes.
    let probe = fs::File::create_new(&target)?;
    let permissions = probe.metadata()?.permissions();
    drop(probe);
    fs::remove_file(&target)?;
    let new = beside(&target, &change.new, &permissions)?;
    Ok(Some(Ready { target, new, old: None }))
}

fn beside(target: &Path, text: &str, permissions: &fs::Permissions) -> io::Result<NamedTempFile> {
    let folder = target.parent().unwrap_or_else(|| Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".plimsoll-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(permissions.clone())?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Gives the files that were written their old texts again, and takes the new ones away.
fn take_back(done: Vec<(PathBuf, Option<NamedTempFile>)>, error: StoreError) -> StoreError {
    let mut result = error;
    for (target, old) in done.into_iter().rev() {
        let failed = match old {
            Some(old) => old.persist(&target).err().map(|failed| failed.error),
            None => fs::remove_file(&target).err(),
        };
        if let Some(source) = failed
            && let StoreError::Write { path, .. } | StoreError::Changed { path } = &result
        {
            result = StoreError::Half { path: path.clone(), kept: target, source };
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(path: &Path, old: &str, new: &str) -> Change {
        Change::new(path, old.to_owned(), new.to_owned())
    }

    #[test]
    fn a_failure_leaves_all_files_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("a.yaml"), folder.path().join("b.yaml"));
        fs::write(&first, "a").unwrap();
        fs::write(&second, "somebody wrote this").unwrap();
        let failed = store(&[change(&first, "a", "A"), change(&second, "b", "B")]);
        assert!(matches!(failed, Err(StoreError::Changed { .. })), "{failed:?}");
        assert_eq!(fs::read_to_string(&first).unwrap(), "a");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no file is left behind");
        store(&[change(&first, "a", "A")]).unwrap();
        assert_eq!(fs::read_to_string(&first).unwrap(), "A");
    }

    #[test]
    fn new_files_are_written_and_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let (known, new) = (folder.path().join("b.yaml"), folder.path().join("a.yaml"));
        fs::write(&known, "somebody wrote this").unwrap();
        let mut created = change(&new, "", "A");
        created.is_new = true;
        assert!(store(&[created.clone(), change(&known, "b", "B")]).is_err());
        assert!(!new.exists());
        store(&[created.clone()]).unwrap();
        assert_eq!(fs::read_to_string(&new).unwrap(), "A");
        // Somebody has written it meanwhile.
        assert!(store(&[created]).is_err());
    }

    #[test]
    fn files_of_which_nothing_is_left_are_taken_away_and_brought_back() {
        let folder = tempfile::tempdir().unwrap();
        let (empty, known) = (folder.path().join("a.yaml"), folder.path().join("b.yaml"));
        fs::write(&empty, "a").unwrap();
        fs::write(&known, "somebody wrote this").unwrap();
        let gone = Change { is_gone: true, ..change(&empty, "a", "") };
        assert!(store(&[gone.clone(), change(&known, "b", "B")]).is_err());
        assert_eq!(fs::read_to_string(&empty).unwrap(), "a");
        store(&[gone]).unwrap();
        assert!(!empty.exists());
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("a.yaml"), folder.path().join("link.yaml"));
        fs::write(&file, "a").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&file, &link).unwrap();
        store(&[change(&link, "a", "A")]).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().file_type().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "A");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    }
}
