//! A unified difference read back and carried out: what `git diff`, `diff -u` and `plimsoll` itself write.

use std::path::PathBuf;

/// Why a difference is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the patch {what}")]
pub struct ReadError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: &'static str,
}

/// Why a difference is not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the lines that the patch changes at line {line} are not in it")]
pub struct ApplyError {
    /// The line of the old text, from 1.
    pub line: usize,
}

/// What becomes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is there, and stays.
    Changed,
    /// It is not there yet.
    New,
    /// It goes.
    Gone,
}

/// The difference of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDifference {
    /// The file, without the `a/` or `b/` before it.
    pub path: PathBuf,
    /// What becomes of it.
    pub fate: Fate,
    hunks: Vec<Hunk>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Hunk {
    /// How many lines of the old text are before it.
    before: usize,
    old: Vec<String>,
    new: Vec<String>,
}

/// Reads the differences of all files.
///
/// # Errors
/// The first line that is not as it must be.
pub fn read(text: &str) -> Result<Vec<FileDifference>, ReadError> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let Some(old) = lines[at].strip_prefix("--- ") else {
            at += 1;
            continue;
        };
        let error = |line: usize, what| ReadError { line: line + 1, what };
        let new = lines.get(at + 1).and_then(|line| line.strip_prefix("+++ "));
        let new = new.ok_or_else(|| error(at + 1, "names no file after `+++`"))?;
        let (old, new) = (name(old), name(new));
        let (path, fate) = match (old, new) {
            ("/dev/null", "/dev/null") => return Err(error(at, "names no file")),
            ("/dev/null", new) => (new, Fate::New),
            (old, "/dev/null") => (old, Fate::Gone),
            (_, new) => (new, Fate::Changed),
        };
        let path = path.strip_prefix("a/").or_else(|| path.strip_prefix("b/")).unwrap_or(path);
        at += 2;
        let mut hunks = Vec::new();
        while let Some(line) = lines.get(at).filter(|line| line.starts_with("@@ ")) {
            let (before, counts) = header(line).ok_or_else(|| error(at, "does not say which lines change"))?;
            at += 1;
            hunks.push(hunk(&lines, &mut at, before, counts).ok_or_else(|| error(at, "is not as the hunk says"))?);
        }
        found.push(FileDifference { path: PathBuf::from(path), fate, hunks });
    }
    if found.is_empty() { Err(ReadError { line: 1, what: "and those after it change no file" }) } else { Ok(found) }
}

/// The name of a file, without the time that may stand behind it.
fn name(line: &str) -> &str {
    line.split('\t').next().unwrap_or(line).trim_end()
}

/// What `@@ -3,4 +3,5 @@` says: the lines before, and how many old and new lines there are.
fn header(line: &str) -> Option<(usize, (usize, usize))> {
    let (ranges, _) = line.strip_prefix("@@ ")?.split_once(" @@")?;
    let (old, new) = ranges.split_once(' ')?;
    let range = |text: &str| -> Option<(usize, usize)> {
        match text.split_once(',') {
            Some((start, count)) => Some((start.parse().ok()?, count.parse().ok()?)),
            None => Some((text.parse().ok()?, 1)),
        }
    };
    let (start, old) = range(old.strip_prefix('-')?)?;
    let (_, new) = range(new.strip_prefix('+')?)?;
    Some((if old == 0 { start } else { start.checked_sub(1)? }, (old, new)))
}

/// The lines of a hunk, as many as it says.
fn hunk(lines: &[&str], at: &mut usize, before: usize, (old, new): (usize, usize)) -> Option<Hunk> {
    let mut hunk = Hunk { before, old: Vec::new(), new: Vec::new() };
    while hunk.old.len() < old || hunk.new.len() < new {
        let line = lines.get(*at)?;
        let rest = line.get(1..).unwrap_or("\n").to_owned();
        match line.as_bytes().first()? {
            b' ' | b'\n' | b'\r' => {
                hunk.old.push(rest.clone());
                hunk.new.push(rest);
            }
            b'-' => hunk.old.push(rest),
            b'+' => hunk.new.push(rest),
            b'\\' => unended(&mut hunk, lines[at.checked_sub(1)?]),
            _ => return None,
        }
        *at += 1;
    }
    if lines.get(*at).is_some_and(|line| line.starts_with('\\')) {
        unended(&mut hunk, lines[*at - 1]);
        *at += 1;
    }
    (hunk.old.len() == old && hunk.new.len() == new).then_some(hunk)
}

/// The line before has no line break at its end.
fn unended(hunk: &mut Hunk, line: &str) {
    let (of_old, of_new) = (!line.starts_with('+'), !line.starts_with('-'));
    let ends = [(of_old, hunk.old.last_mut()), (of_new, hunk.new.last_mut())];
    for (_, last) in ends.into_iter().filter(|(is_meant, _)| *is_meant) {
        if let Some(last) = last {
            last.truncate(last.trim_end_matches(['\n', '\r']).len());
        }
    }
}

impl FileDifference {
    /// The text that becomes of `old`. Where lines were added or taken away before a hunk, its lines are looked for.
    ///
    /// # Errors
    /// The lines that change are not in the text.
    pub fn apply(&self, old: &str) -> Result<String, ApplyError> {
        let lines: Vec<&str> = old.split_inclusive('\n').collect();
        let (mut out, mut at, mut moved) = (String::with_capacity(old.len()), 0_usize, 0_isize);
        for hunk in &self.hunks {
            let place = hunk.before.saturating_add_signed(moved);
            let is_here = |start: usize| {
                let end = start.checked_add(hunk.old.len());
                let there = end.and_then(|end| lines.get(start..end));
                start >= at && there.is_some_and(|there| there.iter().eq(&hunk.old))
            };
            let near = (0..=lines.len()).flat_map(|far| [place.checked_add(far), place.checked_sub(far)]).flatten();
            let found = near.into_iter().find(|start| is_here(*start));
            let start = found.ok_or(ApplyError { line: hunk.before + 1 })?;
            lines[at..start].iter().for_each(|line| out.push_str(line));
            hunk.new.iter().for_each(|line| out.push_str(line));
            at = start + hunk.old.len();
            moved = start as isize - hunk.before as isize;
        }
        lines[at..].iter().for_each(|line| out.push_str(line));
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::patch::write_patch;
    use crate::session::Change;

    fn written(old: &str, new: &str) -> String {
        let mut out = Vec::new();
        write_patch(&[Change::new("deploy/a.yaml".as_ref(), old.to_owned(), new.to_owned())], &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(old in "(- [ab]\n|# c\n|\n){0,12}(- end)?", new in "(- [ab]\n|# c\n|\n){0,12}(- end)?") {
            prop_assume!(old != new);
            let differences = read(&written(&old, &new)).unwrap();
            prop_assert_eq!(differences[0].path.to_str(), Some("deploy/a.yaml"));
            prop_assert_eq!(differences[0].apply(&old).unwrap(), new);
        }

        #[test]
        fn nothing_that_is_read_panics(text in "(--- a\n|\\+\\+\\+ b\n|@@ -[0-9]{1,3},[0-9] \\+1 @@\n|[ +\\\\-]x\n|é\n){0,12}", old in "[a\n]{0,9}") {
            for difference in read(&text).unwrap_or_default() {
                let _ = difference.apply(&old);
            }
        }
    }

    #[test]
    fn files_come_and_go() {
        let text = "diff --git a/n b/n\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+a\n--- a/o\t2026\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n";
        let differences = read(text).unwrap();
        let told: Vec<_> = differences.iter().map(|one| (one.path.to_str().unwrap(), one.fate)).collect();
        assert_eq!(told, [("n", Fate::New), ("o", Fate::Gone)]);
        assert_eq!((differences[0].apply(""), differences[1].apply("a\n")), (Ok("a\n".into()), Ok(String::new())));
    }

    #[test]
    fn lines_are_looked_for_where_others_came_before_them() {
        let differences = read(&written("a\nb\nc\n", "a\nB\nc\n")).unwrap();
        assert_eq!(differences[0].apply("x\ny\na\nb\nc\n").unwrap(), "x\ny\na\nB\nc\n");
        assert_eq!(differences[0].apply("a\nc\n"), Err(ApplyError { line: 1 }));
    }
}
