//! Archives of what a cluster had: backups of Velero, must-gather, folders that somebody packed. They are unpacked into a
//! folder of their own before they are read, with bounds, and nothing of them lands anywhere else.

use std::fs::{self, File};
use std::io::{self, Read, Seek as _};
use std::path::{Component, Path, PathBuf};

use anyhow::Context as _;
use flate2::read::MultiGzDecoder;
use model::coverage::{SkipKind, Skipped};
use tar::{Archive, Entry, EntryType};
use tempfile::TempDir;

/// So many files are unpacked.
const MOST_FILES: usize = 500_000;

/// So many bytes are unpacked.
const MOST_BYTES: u64 = 8 << 30;

/// What holds no manifests and is most of what is collected for support.
const NOT_READ: [&str; 4] = [".log", ".gz", ".txt", ".pem"];

/// What an archive held.
pub(crate) struct Unpacked {
    /// The folder.
    pub(crate) root: PathBuf,
    /// What was left out, by its path in the folder.
    pub(crate) skipped: Vec<Skipped>,
    /// Takes the files away when it is dropped.
    _own: TempDir,
}

/// Whether a path names an archive that has to be unpacked: one of a chart is read as it is.
pub(crate) fn is_archive(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let is_packed = [".tar.gz", ".tgz", ".tar"].iter().any(|end| name.ends_with(end)) && path.is_file();
    is_packed && !(name.ends_with(".tgz") && is_chart(path))
}

/// Whether `Chart.yaml` is among the first files. What cannot be read is for whoever reads charts.
fn is_chart(path: &Path) -> bool {
    let Ok(source) = open(path) else { return true };
    let mut archive = Archive::new(source);
    let Ok(entries) = archive.entries() else { return true };
    for entry in entries.take(64) {
        let Ok(entry) = entry else { return true };
        let Ok(path) = entry.path() else { continue };
        if path.file_name().is_some_and(|name| name == "Chart.yaml") && path.components().count() == 2 {
            return true;
        }
    }
    false
}

/// Whatever it is, compressed or not.
fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    let mut file = File::open(path)?;
    let mut magic = [0; 2];
    let read = file.read(&mut magic)?;
    file.rewind()?;
    let file = io::BufReader::with_capacity(1 << 16, file);
    if read == 2 && magic == [0x1F, 0x8B] { Ok(Box::new(MultiGzDecoder::new(file))) } else { Ok(Box::new(file)) }
}

/// Unpacks an archive.
///
/// # Errors
/// It is none, or there is no room for it.
pub(crate) fn unpack(path: &Path) -> anyhow::Result<Unpacked> {
    let own = tempfile::Builder::new().prefix("plimsoll-").tempdir().context("there is no folder to unpack into")?;
    let root = own.path().join("archive");
    fs::create_dir(&root).context("there is no folder to unpack into")?;
    let mut skipped = Vec::new();
    let told = "the archive cannot be unpacked";
    let mut archive = Archive::new(open(path).context(told)?.take(MOST_BYTES));
    let (mut files, mut bytes) = (0, 0);
    let mut say = |path: PathBuf, kind: SkipKind, reason: &str| {
        skipped.push(Skipped { path, line: None, kind, reason: reason.to_owned() });
    };
    for entry in archive.entries().context(told)? {
        let mut entry = match entry {
            Ok(entry) => entry,
            Err(error) if files == 0 => return Err(error).context(told),
            Err(error) => {
                say(root.clone(), SkipKind::Syntax, &format!("the archive is damaged, the rest is not read: {error}"));
                break;
            }
        };
        let kind = entry.header().entry_type();
        let Some(target) = target(&root, &entry) else {
            say(root.clone(), SkipKind::NotAFile, "a path in the archive that leads out of it is not followed");
            continue;
        };
        match kind {
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {}
            EntryType::Symlink | EntryType::Link if is_read(&target) => {
                say(target, SkipKind::NotAFile, "a link in an archive is not followed");
                continue;
            }
            _ => continue,
        }
        if !is_read(&target) {
            continue;
        }
        files += 1;
        bytes += entry.size();
        if files > MOST_FILES || bytes > MOST_BYTES {
            let reason = format!("more than {MOST_FILES} files or {} GiB: the rest is not read", MOST_BYTES >> 30);
            say(root.clone(), SkipKind::TooLarge, &reason);
            break;
        }
        let written = target.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| File::create(&target));
        let mut file = written.context("there is no room for what it holds")?;
        if let Err(error) = io::copy(&mut entry, &mut file) {
            // A part of an object says nothing that can be relied on.
            fs::remove_file(&target).ok();
            say(target, SkipKind::Unreadable, &format!("the archive is damaged here: {error}"));
            break;
        }
    }
    Ok(Unpacked { root, skipped, _own: own })
}

/// Where an entry comes to lie. `None` if that is outside.
fn target(root: &Path, entry: &Entry<'_, impl Read>) -> Option<PathBuf> {
    let path = entry.path().ok()?;
    let mut target = root.to_path_buf();
    for component in path.components() {
        match component {
            Component::Normal(name) => target.push(name),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(target)
}

fn is_read(target: &Path) -> bool {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    !NOT_READ.iter().any(|end| name.ends_with(end))
}
