//! Changes as a file that `patch -p1` and `git apply` read, and as people read them.
//!
//! A secret is in neither: people see it covered, and from a patch lines with secrets that do not change are left
//! out. A file in which a line with a secret changes has no patch.

use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use reports::report::display_path;

use crate::difference::{Hunk, Line, hunks};
use crate::session::Change;

/// How lines of a difference are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The names of the files.
    Name,
    /// Where a hunk is.
    Hunk,
    /// A line that stays.
    Same,
    /// A line that goes.
    Old,
    /// A line that comes.
    New,
}

/// Writes changes as people read them, secrets covered; `paint` gives each line its colour.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_shown(change: &Change, paint: &dyn Fn(Part, &str) -> String, out: &mut dyn Write) -> io::Result<()> {
    let (old, new) = change.masked();
    let (old, new): (Vec<&str>, Vec<&str>) = (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let path = display_path(&change.path);
    let before = if change.is_new { "/dev/null" } else { &path };
    writeln!(out, "{}", paint(Part::Name, &format!("--- {before}")))?;
    let after = if change.is_gone { "/dev/null" } else { &path };
    writeln!(out, "{}", paint(Part::Name, &format!("+++ {after}")))?;
    for hunk in hunks(&change.old, &change.new) {
        writeln!(out, "{}", paint(Part::Hunk, &hunk.header()))?;
        let (mut old_at, mut new_at) = (hunk.old_start, hunk.new_start);
        for line in &hunk.lines {
            let (part, text) = match line {
                Line::Same(_) => (Part::Same, old[old_at]),
                Line::Old(_) => (Part::Old, old[old_at]),
                Line::New(_) => (Part::New, new[new_at]),
            };
            old_at += usize::from(part != Part::New);
            new_at += usize::from(part != Part::Old);
            let mark = match part {
                Part::Old => '-',
                Part::New => '+',
                _ => ' ',
            };
            let text = text.trim_end_matches(['\n', '\r']);
            let shown: String =
                text.chars().map(|c| if c.is_control() && c != '\t' { '\u{FFFD}' } else { c }).collect();
            writeln!(out, "{}", paint(part, format!("{mark}{shown}").trim_end()))?;
        }
    }
    Ok(())
}

/// The folder that a patch of these changes is applied in, if that is not the one that the command was started in: nothing
/// applies a patch to files above its own folder, so that files outside are named as in the folder that holds all.
pub fn folder(changes: &[Change]) -> Option<PathBuf> {
    let is_outside =
        |path: &Path| path.components().any(|part| !matches!(part, Component::Normal(_) | Component::CurDir));
    let mut paths = changes.iter().map(|change| change.path.as_path());
    paths.clone().find(|path| is_outside(path))?;
    let first = paths.next()?.parent()?;
    let common = paths.try_fold(first, |known, path| known.ancestors().find(|folder| path.starts_with(folder)))?;
    Some(common.to_path_buf())
}

/// Writes a patch for all changes. Returns the paths of those that it cannot have, because a secret would be in it.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_patch(changes: &[Change], out: &mut dyn Write) -> io::Result<Vec<String>> {
    let mut left_out = Vec::new();
    let folder = folder(changes);
    for change in changes {
        let within = folder.as_ref().and_then(|folder| change.path.strip_prefix(folder).ok());
        let path = display_path(within.unwrap_or(&change.path));
        let name = path.strip_prefix("./").unwrap_or(&path);
        let Some(hunks) = without_secrets(change) else {
            left_out.push(path);
            continue;
        };
        let before = if change.is_new { "/dev/null".to_owned() } else { format!("a/{name}") };
        let after = if change.is_gone { "/dev/null".to_owned() } else { format!("b/{name}") };
        write!(out, "--- {before}\n+++ {after}\n")?;
        for hunk in hunks {
            writeln!(out, "{}", hunk.header())?;
            for line in &hunk.lines {
                let (mark, text) = match line {
                    Line::Same(text) => (' ', text),
                    Line::Old(text) => ('-', text),
                    Line::New(text) => ('+', text),
                };
                write!(out, "{mark}{text}")?;
                if !text.ends_with('\n') {
                    write!(out, "\n\\ No newline at end of file\n")?;
                }
            }
        }
    }
    Ok(left_out)
}

/// The hunks without lines that have secrets and stay; `None` if a line with a secret changes.
pub(crate) fn without_secrets(change: &Change) -> Option<Vec<Hunk<'_>>> {
    let (old, new) = change.masked();
    let (old, new): (Vec<&str>, Vec<&str>) = (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let mut kept = Vec::new();
    for hunk in hunks(&change.old, &change.new) {
        let (mut old_at, mut new_at) = (hunk.old_start, hunk.new_start);
        let mut part = Hunk { old_start: old_at, new_start: new_at, lines: Vec::new() };
        for line in hunk.lines {
            let (is_secret, changes) = match line {
                Line::Same(text) => (old[old_at] != text, false),
                Line::Old(text) => (old[old_at] != text, true),
                Line::New(text) => (new[new_at] != text, true),
            };
            if is_secret && changes {
                return None;
            }
            old_at += usize::from(!matches!(line, Line::New(_)));
            new_at += usize::from(!matches!(line, Line::Old(_)));
            if is_secret {
                kept.push(std::mem::replace(
                    &mut part,
                    Hunk { old_start: old_at, new_start: new_at, lines: Vec::new() },
                ));
            } else {
                part.lines.push(line);
            }
        }
        kept.push(part);
    }
    kept.retain(|hunk| hunk.lines.iter().any(|line| !matches!(line, Line::Same(_))));
    Some(kept)
}
