//! From a scan to changes that are proven: each mends its finding, and none brings a new one.
//!
//! All changes that are asked for are made at once and everything is scanned again. Where a finding stays or a new one
//! comes, half of the changes are tried, and half of those, until what is to blame is known and withdrawn. What was
//! hidden behind a change is mended in the next round.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use model::control::Group;

use crate::edit::{self, Action, Patch, Refusal};
use crate::field::{self, Step};
use crate::objects::{ObjectPlace, objects};
use crate::plan::{self, Fix, Key, Scanned};

/// Scans again, with these texts in place of those of the files.
pub trait Scan {
    /// What is found then.
    ///
    /// # Errors
    /// The scan cannot be made.
    fn scan(&self, texts: &BTreeMap<PathBuf, String>) -> Result<Scanned, ScanError>;
}

/// Why a scan could not be repeated.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ScanError(pub String);

/// A file, as it was and as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The file, as a scan names it.
    pub path: PathBuf,
    /// What it says.
    pub old: String,
    /// What it is to say.
    pub new: String,
}

/// A change that is not made.
#[derive(Clone, Debug)]
pub struct Withdrawn {
    /// The change.
    pub fix: Fix,
    /// Why.
    pub reason: String,
}

/// A change that is made.
#[derive(Clone, Debug)]
pub struct Made {
    /// The change.
    pub fix: Fix,
    /// The places that change with it, because an anchor stands for them too.
    pub also: Vec<String>,
}

/// What came of it.
pub struct Outcome {
    /// The files that change, in the order of their paths.
    pub changes: Vec<Change>,
    /// What is mended.
    pub made: Vec<Made>,
    /// What was tried and is not made.
    pub withdrawn: Vec<Withdrawn>,
    /// What nobody asked for, in the end.
    pub left: Vec<Fix>,
    /// What a scan finds afterwards.
    pub after: Scanned,
}

/// How often what was hidden behind changes is looked for.
const ROUNDS: usize = 8;

/// How many scans are made to find out which changes are to blame.
const SCANS: usize = 200;

/// Documents are parsed once for every change: so many bytes are parsed for one file.
const MOST_PARSED: usize = 2 << 30;

/// Changes that are being proven.
pub struct Session<'a> {
    scan: &'a dyn Scan,
    old: BTreeMap<PathBuf, String>,
    new: BTreeMap<PathBuf, String>,
    current: Scanned,
    made: Vec<Made>,
    withdrawn: Vec<Withdrawn>,
    scans: usize,
}

/// Texts with changes made, and what was refused.
struct Built {
    texts: BTreeMap<PathBuf, String>,
    made: Vec<Made>,
    refused: Vec<Withdrawn>,
}

impl<'a> Session<'a> {
    /// Changes for what `found` says.
    pub fn new(found: Scanned, scan: &'a dyn Scan) -> Self {
        Self {
            scan,
            old: BTreeMap::new(),
            new: BTreeMap::new(),
            current: found,
            made: Vec::new(),
            withdrawn: Vec::new(),
            scans: 0,
        }
    }

    /// Makes all changes that `asked` wants.
    ///
    /// # Errors
    /// A scan cannot be repeated.
    pub fn run(mut self, asked: &mut dyn FnMut(&Fix) -> bool) -> Result<Outcome, ScanError> {
        for _ in 0..ROUNDS {
            let fixes: Vec<Fix> =
                plan::fixes(&self.current).into_iter().filter(|fix| !self.is_withdrawn(fix)).collect();
            let fixes: Vec<Fix> = fixes.into_iter().filter(|fix| asked(fix)).collect();
            let before = self.made.len();
            if !fixes.is_empty() {
                self.accept(fixes)?;
            }
            if self.made.len() == before {
                break;
            }
        }
        let left = plan::fixes(&self.current).into_iter().filter(|fix| !self.is_withdrawn(fix)).collect();
        let Self { mut old, new, current, mut made, withdrawn, .. } = self;
        let changes = new.into_iter().filter_map(|(path, new)| {
            let old = old.remove(&path)?;
            (old != new).then_some(Change { path, old, new })
        });
        made.sort_by(|a, b| a.fix.path.cmp(&b.fix.path).then(a.fix.object.cmp(&b.fix.object)));
        Ok(Outcome { changes: changes.collect(), made, withdrawn, left, after: current })
    }

    fn is_withdrawn(&self, fix: &Fix) -> bool {
        self.withdrawn.iter().any(|withdrawn| {
            let other = &withdrawn.fix;
            other.field == fix.field && other.proposal == fix.proposal && other.finding() == fix.finding()
        })
    }

    /// Makes those of `fixes` that can be made together with what was made before.
    fn accept(&mut self, fixes: Vec<Fix>) -> Result<(), ScanError> {
        let Built { texts, made, refused } = self.build(&fixes);
        let refused_any = !refused.is_empty();
        self.withdrawn.extend(refused);
        if made.is_empty() {
            return Ok(());
        }
        if refused_any {
            return self.accept(made.into_iter().map(|made| made.fix).collect());
        }
        self.scans += 1;
        let scanned = self.scan.scan(&texts)?;
        let Some(trouble) = self.trouble(&scanned, &fixes) else {
            self.current = scanned;
            self.new = texts;
            self.made.extend(made);
            return Ok(());
        };
        if fixes.len() == 1 || self.scans >= SCANS {
            let reason = if fixes.len() == 1 { trouble } else { format!("{trouble}, and it is not known which") };
            self.withdrawn.extend(fixes.into_iter().map(|fix| Withdrawn { fix, reason: reason.clone() }));
            return Ok(());
        }
        let (first, second) = fixes.split_at(fixes.len() / 2);
        self.accept(first.to_vec())?;
        self.accept(second.to_vec())
    }

    /// What is wrong with a scan after `fixes`: a finding that stayed, or one that came.
    fn trouble(&self, after: &Scanned, fixes: &[Fix]) -> Option<String> {
        let mut counts: HashMap<Key, isize> = HashMap::new();
        for (key, _) in plan::findings(&self.current) {
            *counts.entry(key).or_default() += 1;
        }
        for fix in fixes {
            *counts.entry(fix.finding()).or_default() -= 1;
        }
        if after.results.coverage.skipped.len() > self.current.results.coverage.skipped.len() {
            return Some("what was looked at before could not be looked at afterwards".to_owned());
        }
        let mended: BTreeSet<Key> = fixes.iter().map(Fix::finding).collect();
        for (key, severity) in plan::findings(after) {
            let left = counts.entry(key.clone()).or_default();
            *left -= 1;
            if *left < 0 && mended.contains(&key) {
                return Some(format!("`{}` would still be found", key.control));
            }
            // What was hidden behind something worse comes to light, and the next round goes on with it. An object that
            // is no longer valid is another matter.
            let is_revealed = |fix: &Fix| {
                (&fix.path, fix.object) == (&key.path, key.object)
                    && severity < fix.severity
                    && controls::explain::find(key.control).iter().all(|control| control.group != Group::Namespace)
            };
            if *left < 0 && !fixes.iter().any(is_revealed) {
                return Some(format!("`{}` would be found then", key.control));
            }
        }
        None
    }

    /// The texts with these changes made in them.
    fn build(&mut self, fixes: &[Fix]) -> Built {
        let mut built = Built { texts: self.new.clone(), made: Vec::new(), refused: Vec::new() };
        let mut files: BTreeMap<&Path, Vec<&Fix>> = BTreeMap::new();
        for fix in fixes {
            files.entry(&fix.path).or_default().push(fix);
        }
        for (path, fixes) in files {
            let text = match self.text(path) {
                Ok(text) => text,
                Err(reason) => {
                    let withdrawn = |fix: &&Fix| Withdrawn { fix: (*fix).clone(), reason: reason.clone() };
                    built.refused.extend(fixes.iter().map(withdrawn));
                    continue;
                }
            };
            let text = in_file(path, text, &fixes, &mut built);
            built.texts.insert(path.to_path_buf(), text);
        }
        built
    }

    /// What the file says with the changes so far.
    fn text(&mut self, path: &Path) -> Result<String, String> {
        if let Some(text) = self.new.get(path) {
            return Ok(text.clone());
        }
        if !path.is_file() {
            return Err("it does not come from a file that could be written".to_owned());
        }
        let bytes = fs::read(path).map_err(|error| format!("the file cannot be read: {error}"))?;
        let text = String::from_utf8(bytes).map_err(|_| "the file is not UTF-8".to_owned())?;
        self.old.insert(path.to_path_buf(), text.clone());
        Ok(text)
    }
}

/// Makes changes in one file, document by document from the last, so that places before stay where they are.
fn in_file(path: &Path, mut text: String, fixes: &[&Fix], built: &mut Built) -> String {
    let places = objects(path, &text);
    let mut documents: BTreeMap<usize, Vec<(&Fix, &ObjectPlace)>> = BTreeMap::new();
    let mut refuse = |fix: &Fix, reason: String| built.refused.push(Withdrawn { fix: fix.clone(), reason });
    for &fix in fixes {
        match places.get(fix.object).filter(|place| place.kind == fix.kind && place.name == fix.name) {
            Some(place) => documents.entry(place.document.start).or_default().push((fix, place)),
            None => refuse(fix, "the file was changed meanwhile".to_owned()),
        }
    }
    for group in documents.into_values().rev() {
        let range = group[0].1.document.clone();
        if range.len().saturating_mul(group.len()) > MOST_PARSED {
            group.iter().for_each(|(fix, _)| refuse(fix, "the document is too large for so many changes".to_owned()));
            continue;
        }
        let (new, made, refused) = in_document(&text[range.clone()], &group);
        refused.into_iter().for_each(|(fix, reason)| refuse(fix, reason.to_string()));
        built.made.extend(made);
        text.replace_range(range, &new);
    }
    text
}

type Refused<'f> = (&'f Fix, Refusal);

fn in_document<'f>(text: &str, group: &[(&'f Fix, &ObjectPlace)]) -> (String, Vec<Made>, Vec<Refused<'f>>) {
    let mut text = text.to_owned();
    let (mut made, mut refused) = (Vec::new(), Vec::new());
    // Where everything is meant to be written, by the text as it is before the first change.
    let planned: Vec<(&Fix, Option<Patch>)> = {
        let Ok(document) = yaml::parse_document(&text) else {
            return (text, made, group.iter().map(|(fix, _)| (*fix, Refusal::Syntax)).collect());
        };
        let patch = |(fix, place): &(&'f Fix, &ObjectPlace)| {
            let object = field::find(document.root(), &place.steps);
            (*fix, object.and_then(|object| fix.patch(object, &place.steps)))
        };
        group.iter().map(patch).collect()
    };
    let mut ordered: Vec<(&Fix, &Patch)> = Vec::new();
    for (fix, patch) in &planned {
        match patch {
            Some(patch) => ordered.push((fix, patch)),
            None => refused.push((*fix, Refusal::Gone)),
        }
    }
    ordered.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| later_first(a.1, b.1)));
    let mut shared: BTreeSet<String> = BTreeSet::new();
    for (fix, patch) in ordered {
        let meant = |steps: &[Step]| {
            let is_same = |other: &Patch| other.action == patch.action && other.steps.starts_with(steps);
            planned.iter().any(|(_, other)| other.as_ref().is_some_and(is_same))
        };
        match edit::apply(&text, patch, &meant) {
            Ok(applied) => {
                shared.extend(applied.also.iter().cloned());
                text = applied.text.unwrap_or(text);
                made.push(Made { fix: fix.clone(), also: applied.also });
            }
            // It went with the text of the anchor.
            Err(Refusal::Gone)
                if (0..=patch.steps.len()).any(|end| shared.contains(&field::path(&patch.steps[..end]))) =>
            {
                made.push(Made { fix: fix.clone(), also: Vec::new() });
            }
            Err(refusal) => refused.push((fix, refusal)),
        }
    }
    (text, made, refused)
}

/// What is written first: what takes more away (a list that drops all needs no single names), then what adds, then
/// what replaces, and last what removes, which moves what comes after it.
fn rank((fix, patch): &(&Fix, &Patch)) -> (u8, std::cmp::Reverse<model::fix::FixClass>) {
    let rank = match patch.action {
        Action::Merge(_) => 0,
        Action::Replace(_) => 1,
        Action::Rename(_) => 2,
        Action::Remove => 3,
    };
    (rank, std::cmp::Reverse(fix.class))
}

fn later_first(a: &Patch, b: &Patch) -> std::cmp::Ordering {
    match a.action {
        Action::Remove => b.steps.cmp(&a.steps),
        _ => std::cmp::Ordering::Equal,
    }
}
