//! Where kustomizations and what they name are read from: a disk, or memory.
//!
//! A `Files` says where a path leads (links resolved) and refuses what is not its own. Which of its files a
//! kustomization may read is decided elsewhere.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use foldhash::HashMap;

/// No file is read beyond this many bytes.
const LARGEST: u64 = 16 << 20;

/// Where a path leads: without `.`, `..` and links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A file.
    File(PathBuf),
    /// A folder.
    Folder(PathBuf),
}

/// Why a path cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// There is nothing.
    #[error("there is no such file or folder")]
    Missing,
    /// It leads out of what may be read.
    #[error("it leads out of `{}`, where nothing is read", .0.display())]
    Outside(PathBuf),
    /// It is larger than what is read.
    #[error("it is larger than {} MiB", LARGEST >> 20)]
    TooLarge,
    /// The system says no.
    #[error("{0}")]
    System(String),
}

/// A tree of files.
pub trait Files {
    /// Where `path` leads.
    ///
    /// # Errors
    /// Nothing is there, or it may not be read.
    fn locate(&self, path: &Path) -> Result<Location, Unreadable>;

    /// What the file at a path that `locate` gave says.
    ///
    /// # Errors
    /// It cannot be read, or is too large.
    fn read(&self, path: &Path) -> Result<Vec<u8>, Unreadable>;

    /// What is in the folder at a path that `locate` gave, in the order of the names.
    fn list(&self, folder: &Path) -> Vec<Location>;

    /// How a path that `locate` gave is shown to the user.
    fn shown(&self, path: &Path) -> PathBuf {
        path.to_path_buf()
    }
}

/// The files of a folder on disk. Links that lead out of it are refused.
#[derive(Clone, Debug)]
pub struct Disk {
    named: PathBuf,
    root: PathBuf,
    /// Where folders lead that were asked for: their files are mostly asked for together.
    folders: RefCell<HashMap<PathBuf, PathBuf>>,
}

impl Disk {
    /// The files in and below `root`, which are shown as the user named it.
    ///
    /// # Errors
    /// There is no such folder.
    pub fn new(root: &Path) -> Result<Self, Unreadable> {
        let named = root.to_path_buf();
        let root = fs::canonicalize(root).map_err(|error| unreadable(&error))?;
        Ok(Self { named, root, folders: RefCell::default() })
    }

    /// Where a path leads, and what is there.
    fn resolve(&self, path: &Path) -> std::io::Result<(PathBuf, fs::Metadata)> {
        if let (Some(folder), Some(name)) = (path.parent(), path.file_name()) {
            let known = self.folders.borrow().get(folder).cloned();
            let folder = match known {
                Some(known) => known,
                None => {
                    let found = fs::canonicalize(folder)?;
                    self.folders.borrow_mut().insert(folder.to_path_buf(), found.clone());
                    found
                }
            };
            let path = folder.join(name);
            let data = fs::symlink_metadata(&path)?;
            if !data.is_symlink() {
                return Ok((path, data));
            }
        }
        let path = fs::canonicalize(path)?;
        let data = fs::metadata(&path)?;
        Ok((path, data))
    }
}

fn unreadable(error: &std::io::Error) -> Unreadable {
    match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => Unreadable::Missing,
        _ => Unreadable::System(error.to_string()),
    }
}

impl Files for Disk {
    fn locate(&self, path: &Path) -> Result<Location, Unreadable> {
        let (path, data) = self.resolve(path).map_err(|error| unreadable(&error))?;
        if !path.starts_with(&self.root) {
            return Err(Unreadable::Outside(self.named.clone()));
        }
        if data.is_dir() {
            return Ok(Location::Folder(path));
        }
        if !data.is_file() {
            return Err(Unreadable::System("it is neither a file nor a folder".to_owned()));
        }
        Ok(Location::File(path))
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>, Unreadable> {
        let file = fs::File::open(path).map_err(|error| unreadable(&error))?;
        let mut text = Vec::new();
        file.take(LARGEST + 1).read_to_end(&mut text).map_err(|error| unreadable(&error))?;
        if text.len() as u64 > LARGEST { Err(Unreadable::TooLarge) } else { Ok(text) }
    }

    fn list(&self, folder: &Path) -> Vec<Location> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries
            // Links are followed where a kustomization names them, not in a search: they could lead in a circle.
            .filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_symlink()))
            .map(|entry| entry.path())
            .collect();
        paths.sort();
        paths
            .into_iter()
            .map(|path| if path.is_dir() { Location::Folder(path) } else { Location::File(path) })
            .collect()
    }

    fn shown(&self, path: &Path) -> PathBuf {
        match path.strip_prefix(&self.root) {
            Ok(below) if below.as_os_str().is_empty() => self.named.clone(),
            Ok(below) => self.named.join(below),
            Err(_) => path.to_path_buf(),
        }
    }
}

/// Files in memory. Paths are relative to a root that has no name.
#[derive(Clone, Default)]
pub struct Memory {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl std::fmt::Debug for Memory {
    /// Names only: the files may hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.files.keys()).finish()
    }
}

impl Memory {
    /// Adds a file, or replaces it.
    pub fn add(&mut self, path: impl AsRef<Path>, text: impl Into<Vec<u8>>) {
        self.files.insert(clean(path.as_ref()).unwrap_or_default(), text.into());
    }
}

/// The path without `.` and `..`; `None` if it leads above the root.
fn clean(path: &Path) -> Option<PathBuf> {
    let mut cleaned = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => cleaned.push(name),
            Component::ParentDir if !cleaned.pop() => return None,
            _ => {}
        }
    }
    Some(cleaned)
}

impl Files for Memory {
    fn locate(&self, path: &Path) -> Result<Location, Unreadable> {
        let path = clean(path).ok_or_else(|| Unreadable::Outside(PathBuf::from(".")))?;
        if self.files.contains_key(&path) {
            return Ok(Location::File(path));
        }
        let is_folder = path.as_os_str().is_empty() || self.files.keys().any(|file| file.starts_with(&path));
        if is_folder { Ok(Location::Folder(path)) } else { Err(Unreadable::Missing) }
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>, Unreadable> {
        match self.files.get(path) {
            Some(text) if text.len() as u64 > LARGEST => Err(Unreadable::TooLarge),
            Some(text) => Ok(text.clone()),
            None => Err(Unreadable::Missing),
        }
    }

    fn list(&self, folder: &Path) -> Vec<Location> {
        let mut found: Vec<Location> = Vec::new();
        for file in self.files.keys() {
            let Ok(below) = file.strip_prefix(folder) else { continue };
            let mut parts = below.components();
            let Some(first) = parts.next() else { continue };
            let path = folder.join(first);
            let location = if parts.next().is_some() { Location::Folder(path) } else { Location::File(path) };
            if !found.contains(&location) {
                found.push(location);
            }
        }
        found
    }
}
