//! From a scan to changes that are proven: each mends its finding, and none brings a new one.
//!
//! All changes that are asked for are made at once and everything is scanned again. Where a finding stays or a new one
//! comes, half of the changes are tried, and half of those, until what is to blame is known and withdrawn. What was
//! hidden behind a change is mended in the next round.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use model::control::Group;
use model::document::Span;
use model::inventory::Results;

use crate::mask::mask_also;
use crate::plan::{self, Fix, Key, Scanned};
use crate::writing::{self, Job, Tried, in_file};

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
    /// There is no such file yet.
    pub is_new: bool,
    /// There is to be no such file any more: nothing is left in it.
    pub is_gone: bool,
    /// What of it nobody may print, before and after, beside what the text itself shows.
    pub(crate) secrets: (Vec<Span>, Vec<Span>),
}

impl Change {
    /// A change of a file.
    pub fn new(path: &Path, old: String, new: String) -> Self {
        Self { path: path.to_path_buf(), old, new, is_new: false, is_gone: false, secrets: (Vec::new(), Vec::new()) }
    }

    /// Both texts, with every secret in them covered.
    pub(crate) fn masked(&self) -> (String, String) {
        (mask_also(&self.old, &self.secrets.0), mask_also(&self.new, &self.secrets.1))
    }
}

/// The parts of the files that made secrets of what was rendered.
pub(crate) fn secrets(results: &Results) -> BTreeMap<PathBuf, Vec<Span>> {
    let Results { files, origins, .. } = results;
    let numbers: BTreeSet<u32> = origins.renderings.iter().flat_map(|rendering| rendering.files.clone()).collect();
    let of_file = |number: u32| Some((files.get(number as usize)?.clone(), origins.secrets(number)));
    numbers.into_iter().filter_map(of_file).collect()
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

/// Changes that are being proven.
pub struct Session<'a> {
    scan: &'a dyn Scan,
    old: BTreeMap<PathBuf, String>,
    new: BTreeMap<PathBuf, String>,
    current: Scanned,
    /// The secrets in the files before the first change.
    secrets: BTreeMap<PathBuf, Vec<Span>>,
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
            secrets: secrets(&found.results),
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
            let fixes: Vec<Fix> = self.planned().into_iter().filter(|fix| !self.is_withdrawn(fix)).collect();
            let fixes: Vec<Fix> = fixes.into_iter().filter(|fix| asked(fix)).collect();
            let before = self.made.len();
            if !fixes.is_empty() {
                self.accept(fixes)?;
            }
            if self.made.len() == before {
                break;
            }
        }
        let left = self.planned().into_iter().filter(|fix| !self.is_withdrawn(fix)).collect();
        let Self { mut old, new, current, mut made, withdrawn, secrets: mut before, .. } = self;
        let mut after = secrets(&current.results);
        let changes = new.into_iter().filter_map(|(path, new)| {
            let is_new = !old.contains_key(&path);
            let old = old.remove(&path).unwrap_or_default();
            let secrets = (before.remove(&path).unwrap_or_default(), after.remove(&path).unwrap_or_default());
            (old != new).then_some(Change { path, old, new, is_new, is_gone: false, secrets })
        });
        made.sort_by(|a, b| a.fix.path.cmp(&b.fix.path).then(a.fix.object.cmp(&b.fix.object)));
        Ok(Outcome { changes: changes.collect(), made, withdrawn, left, after: current })
    }

    fn planned(&self) -> Vec<Fix> {
        let text_of = |path: &Path| self.new.get(path).cloned().or_else(|| fs::read_to_string(path).ok());
        plan::fixes(&self.current, &text_of)
    }

    fn is_withdrawn(&self, fix: &Fix) -> bool {
        self.withdrawn.iter().any(|withdrawn| {
            let other = &withdrawn.fix;
            other.field == fix.field && other.proposal == fix.proposal && other.findings() == fix.findings()
        })
    }

    /// Makes those of `fixes` that can be made together with what was made before.
    fn accept(&mut self, fixes: Vec<Fix>) -> Result<(), ScanError> {
        let Built { texts, made, refused } = self.build(&fixes);
        if !refused.is_empty() {
            let mut rest: Vec<Fix> = made.into_iter().map(|made| made.fix).collect();
            for refused in refused {
                match refused.fix.in_another_way() {
                    Some(fix) => rest.push(fix),
                    None => self.withdrawn.push(refused),
                }
            }
            return if rest.is_empty() { Ok(()) } else { self.accept(rest) };
        }
        if made.is_empty() {
            return Ok(());
        }
        self.scans += 1;
        let scanned = self.scan.scan(&texts)?;
        let Some(trouble) = self.trouble(&scanned, &fixes) else {
            self.current = scanned;
            self.new = texts;
            self.made.extend(made);
            return Ok(());
        };
        if let [fix] = &fixes[..]
            && let Some(fix) = fix.in_another_way()
            && self.scans < SCANS
        {
            return self.accept(vec![fix]);
        }
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
            for key in fix.findings() {
                *counts.entry(key).or_default() -= 1;
            }
        }
        if after.results.coverage.skipped.len() > self.current.results.coverage.skipped.len() {
            return Some("what was looked at before could not be looked at afterwards".to_owned());
        }
        let mended: BTreeSet<Key> = fixes.iter().flat_map(Fix::findings).collect();
        for (key, severity) in plan::findings(after) {
            let left = counts.entry(key.clone()).or_default();
            *left -= 1;
            if *left < 0 && mended.contains(&key) {
                return Some(format!("`{}` would still be found", key.control));
            }
            // What was hidden behind something worse comes to light, and the next round goes on with it. An object that
            // is no longer valid is another matter.
            let is_revealed = |fix: &Fix| {
                fix.findings().iter().any(|own| own.is_about_the_object_of(&key))
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
        let mut texts = self.new.clone();
        let mut tried: Vec<Tried> = fixes.iter().map(|_| Tried::default()).collect();
        for (path, jobs) in writing::jobs(fixes, &mut tried) {
            match self.text(path, &jobs) {
                Ok(text) => drop(texts.insert(path.to_path_buf(), in_file(path, text, &jobs, &mut tried))),
                Err(reason) => jobs.iter().for_each(|job| tried[job.fix].refuse(&reason)),
            }
        }
        let (mut made, mut refused) = (Vec::new(), Vec::new());
        for (fix, Tried { refused: reason, also }) in fixes.iter().zip(tried) {
            match reason {
                Some(reason) => refused.push(Withdrawn { fix: fix.clone(), reason }),
                None => made.push(Made { fix: fix.clone(), also }),
            }
        }
        Built { texts, made, refused }
    }

    /// What the file says with the changes so far.
    fn text(&mut self, path: &Path, jobs: &[Job<'_>]) -> Result<String, String> {
        if let Some(text) = self.new.get(path) {
            return Ok(text.clone());
        }
        if let Some(text) = writing::created(jobs)?.filter(|_| fs::symlink_metadata(path).is_err()) {
            return Ok(text);
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
