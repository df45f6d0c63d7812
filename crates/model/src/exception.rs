//! Exceptions: findings that somebody accepts, with a reason, an owner and an end.
//!
//! What is written where is read by the sources; here is what an exception is, and which findings it is for. Today's
//! date comes from whoever asks.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};

use crate::finding::{ControlId, Occurrence, Standing, Status};
use crate::inventory::{ResourceId, Results, live_path};
use crate::origin::{Deciding, RenderingId};
use crate::severity::Severity;

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The day, if there is one.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 if is_leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        ((1..=days).contains(&day) && year >= 1970).then_some(Self { year, month, day })
    }

    /// Reads `YYYY-MM-DD`, and nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let is_form = bytes.len() == 10
            && bytes
                .iter()
                .enumerate()
                .all(|(at, b)| if matches!(at, 4 | 7) { *b == b'-' } else { b.is_ascii_digit() });
        if !is_form {
            return None;
        }
        Self::new(text[..4].parse().ok()?, text[5..7].parse().ok()?, text[8..].parse().ok()?)
    }

    /// The day, in UTC, on which a number of seconds since 1970 falls.
    pub fn of_seconds(seconds: u64) -> Self {
        // Howard Hinnant, "chrono-compatible low-level date algorithms".
        let days = i64::try_from(seconds / 86_400).unwrap_or(0) + 719_468;
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self { year: u16::try_from(year).unwrap_or(u16::MAX), month: month as u8, day: day as u8 }
    }

    /// The days since 1970.
    pub fn days(self) -> i64 {
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let shifted = (i64::from(self.month) + 9) % 12;
        let of_year = (153 * shifted + 2) / 5 + i64::from(self.day) - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// The index of an exception in the list of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExceptionId(pub u32);

/// Where an exception is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// In a file of exceptions.
    File,
    /// In an annotation of the object.
    Annotation,
    /// In a comment beside the line.
    Comment,
}

impl Form {
    /// The word, as it is written everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Annotation => "annotation",
            Self::Comment => "comment",
        }
    }
}

/// A finding that somebody accepts.
#[derive(Clone, Debug)]
pub struct Exception {
    /// The controls it is for; `None` for all.
    pub controls: Option<Vec<ControlId>>,
    /// The controls as written.
    pub named: String,
    /// Whether these are all controls, or all of a group, a severity or a framework.
    pub is_wide: bool,
    /// Which objects, containers and files it is for.
    pub selector: Selector,
    /// Why.
    pub reason: String,
    /// Who answers for it; empty if that is not said.
    pub owner: String,
    /// Where it is tracked; empty if that is not said.
    pub ticket: String,
    /// The last day on which it holds.
    pub expires: Option<Date>,
    /// How it is written.
    pub form: Form,
    /// The tool in whose form it is written; empty for our own.
    pub tool: &'static str,
    /// The file it is written in.
    pub path: PathBuf,
    /// The line.
    pub line: u32,
}

/// What an exception is for. What is empty says nothing; of a list one is enough. `*` and `?` stand for letters, and
/// in paths `**` for folders.
#[derive(Clone, Debug, Default)]
pub struct Selector {
    /// Kinds.
    pub kinds: Vec<String>,
    /// Namespaces, as written in the objects.
    pub namespaces: Vec<String>,
    /// Names.
    pub names: Vec<String>,
    /// Labels of the object or of its pods, all of which must be there.
    pub labels: Vec<(String, String)>,
    /// Containers.
    pub containers: Vec<String>,
    /// Paths of files.
    pub paths: Vec<String>,
    /// The one object that begins on that line of that file.
    pub object: Option<(PathBuf, u32)>,
    /// One line of a file.
    pub place: Option<(PathBuf, u32)>,
    /// One object of rendered text.
    pub rendered: Option<RenderedObject>,
}

/// An object of rendered text, in some of the renderings that have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedObject {
    /// The object.
    pub resource: ResourceId,
    /// The renderings.
    pub renderings: Vec<RenderingId>,
}

/// Names of which a pattern that narrows anything fits at most some.
const PROBES: &[&str] = &["api", "zq7", "x-17-vw", "kube-system", "metrics", "node-agent-b52f", "default", "job"];
const KINDS: &[&str] =
    &["Pod", "Deployment", "StatefulSet", "DaemonSet", "CronJob", "Service", "ClusterRole", "ConfigMap", "Ingress"];

impl Selector {
    /// Whether it leaves nothing out, whatever it is written with.
    pub fn is_for_everything(&self) -> bool {
        let Self { kinds, namespaces, names, labels, containers, paths, object, place, rendered } = self;
        let all = |patterns: &[String], probes: &[&str]| {
            patterns.is_empty() || probes.iter().all(|probe| patterns.iter().any(|pattern| glob(pattern, probe)))
        };
        let all_paths = ["yaml", "yml", "json"].iter().any(|end| {
            let probes = PROBES.iter().map(|name| format!("{name}.{end}"));
            let mut probes = probes.chain(PROBES.iter().map(|name| format!("{name}/{name}/{name}.{end}")));
            probes.all(|path| paths.iter().any(|pattern| path_glob(pattern, Path::new(&path))))
        });
        all(kinds, KINDS)
            && all(namespaces, PROBES)
            && all(names, PROBES)
            && all(containers, PROBES)
            && (paths.is_empty() || all_paths)
            && labels.is_empty()
            && object.is_none()
            && place.is_none()
            && rendered.is_none()
    }

    /// Whether it names nothing: no object, namespace, file or label, and not so much as how one begins.
    fn names_nothing(&self) -> bool {
        let Self { kinds: _, namespaces, names, labels, containers, paths, object, place, rendered } = self;
        let lists = [namespaces, names, containers, paths];
        lists.iter().all(|list| list.iter().all(|word| word.starts_with(['*', '?'])))
            && labels.is_empty()
            && object.is_none()
            && place.is_none()
            && rendered.is_none()
    }
}

impl Exception {
    /// Whether it no longer holds.
    pub fn is_expired(&self, today: Date) -> bool {
        self.expires.is_some_and(|last| last < today)
    }
}

/// What is wrong with an exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// It is over, and covers nothing any more.
    Expired,
    /// Nothing is found that it is for.
    Unmatched,
    /// It is for more than anybody can have looked at.
    TooBroad,
    /// It cannot be read.
    Invalid,
    /// It is of another tool, and stands for nothing here.
    Untranslated,
}

impl ProblemKind {
    /// The name, as it is written everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Self::Expired => "exception-expired",
            Self::Unmatched => "exception-unmatched",
            Self::TooBroad => "exception-too-broad",
            Self::Invalid => "exception-invalid",
            Self::Untranslated => "exception-untranslated",
        }
    }

    /// How bad it is.
    pub fn severity(self) -> Severity {
        match self {
            Self::Expired | Self::Invalid | Self::TooBroad => Severity::Medium,
            Self::Unmatched => Severity::Low,
            Self::Untranslated => Severity::Info,
        }
    }
}

/// Something wrong with an exception, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExceptionProblem {
    /// The file.
    pub path: PathBuf,
    /// The line.
    pub line: u32,
    /// What kind of thing.
    pub kind: ProblemKind,
    /// What is wrong, and what to do.
    pub message: String,
}

/// So few findings may be covered by what one exception is for.
const FEW: u64 = 20;

/// The exceptions of a run, and what came of them.
#[derive(Clone, Debug, Default)]
pub struct Exceptions {
    /// All of them.
    pub all: Vec<Exception>,
    /// How many occurrences each is for.
    pub matched: Vec<u64>,
    /// Whether not all that each is for was looked at: that nothing was found says nothing then.
    pub unseen: Vec<bool>,
    /// What is wrong with them, ordered by place.
    pub problems: Vec<ExceptionProblem>,
}

/// Objects that the labels of an exception select.
#[derive(Clone, Debug, Default)]
pub struct Labelled {
    /// The exception, the file and the line of the object.
    pub places: BTreeSet<(usize, PathBuf, u32)>,
    /// The exception, and an object of rendered text.
    pub rendered: BTreeSet<(usize, ResourceId)>,
}

impl Exceptions {
    /// Finds what each exception is for, and sets the findings' standing. `looked` knows whether the run looked at all
    /// that an exception may be for.
    pub fn apply(
        &mut self,
        results: &mut Results,
        labelled: &Labelled,
        today: Date,
        looked: &dyn Fn(&Exception, &Results) -> bool,
    ) {
        self.matched = vec![0; self.all.len()];
        self.unseen = vec![false; self.all.len()];
        if self.all.is_empty() {
            return self.find_problems(today, 0);
        }
        let active = Active::new(&self.all, results, today);
        let mut occurrences = std::mem::take(&mut results.occurrences);
        for found in occurrences.iter_mut().filter(|found| found.status == Status::Fail) {
            let asked = active.asked(found, results);
            let mut of_control = asked.into_iter().filter(|&at| {
                self.all[at].controls.as_ref().is_none_or(|controls| controls.binary_search(&found.control).is_ok())
            });
            if let Some(at) = of_control.find(|&at| is_for(&self.all[at].selector, at, found, results, labelled)) {
                self.matched[at] += 1;
                found.standing = Standing::Excepted(ExceptionId(at as u32));
            }
        }
        let found = occurrences.iter().filter(|found| found.status == Status::Fail).count() as u64;
        results.occurrences = occurrences;
        self.find_unseen(&active, results, labelled, looked);
        self.find_problems(today, found);
    }

    fn find_unseen(
        &mut self,
        active: &Active,
        results: &Results,
        labelled: &Labelled,
        looked: &dyn Fn(&Exception, &Results) -> bool,
    ) {
        let without = |matched: &[u64], at: usize| matched[at] == 0;
        for at in (0..self.all.len()).filter(|at| without(&self.matched, *at)) {
            self.unseen[at] = !looked(&self.all[at], results);
        }
        // What is not known may be what the exception is for.
        for found in results.occurrences.iter().filter(|found| found.status == Status::Skip) {
            for at in active.asked(found, results) {
                let exception = &self.all[at];
                let names = |controls: &Vec<ControlId>| controls.binary_search(&found.control).is_ok();
                if !self.unseen[at]
                    && without(&self.matched, at)
                    && exception.controls.as_ref().is_none_or(names)
                    && is_for(&exception.selector, at, found, results, labelled)
                {
                    self.unseen[at] = true;
                }
            }
        }
    }

    fn find_problems(&mut self, today: Date, found: u64) {
        for ((exception, matched), unseen) in self.all.iter().zip(&self.matched).zip(&self.unseen) {
            let mut problem = |kind, message: String| {
                let (path, line) = (exception.path.clone(), exception.line);
                self.problems.push(ExceptionProblem { path, line, kind, message });
            };
            let named = &exception.named;
            if let Some(last) = exception.expires.filter(|last| *last < today) {
                problem(
                    ProblemKind::Expired,
                    format!("the exception for `{named}` ended on {last}: mend what it covered, or give it a new end"),
                );
            } else if *matched == 0 && !unseen {
                let message = format!("the exception for `{named}` is for nothing that was found: take it out");
                problem(ProblemKind::Unmatched, message);
            }
            // What another tool has written is as broad as it was there.
            if !exception.tool.is_empty() || !exception.is_wide {
                continue;
            }
            let nearly_all = found >= FEW && *matched * 10 >= found * 9 && exception.selector.names_nothing();
            if exception.selector.is_for_everything() {
                let message =
                    format!("the exception is for `{named}` everywhere: name single controls, or objects or paths");
                problem(ProblemKind::TooBroad, message);
            } else if nearly_all {
                let message =
                    format!("the exception for `{named}` covers {matched} of {found} findings: name objects or paths");
                problem(ProblemKind::TooBroad, message);
            }
        }
        self.problems.sort();
        self.problems.dedup();
    }
}

/// The exceptions that hold today, by what they are for: there may be one on every line.
struct Active {
    /// Those that may be for anything.
    general: Vec<usize>,
    /// Those for the object that begins on a line of a file, and those for what stands on one.
    of_line: HashMap<(u32, u32), Vec<usize>>,
    /// Those for an object of rendered text.
    of_resource: HashMap<ResourceId, Vec<usize>>,
    /// Those for an object of a running cluster, which has no line.
    of_live: HashMap<PathBuf, Vec<usize>>,
    /// The first file of the same path, for every file.
    first_of: Vec<u32>,
}

impl Active {
    fn new(all: &[Exception], results: &Results, today: Date) -> Self {
        let mut numbers: HashMap<&Path, u32> = HashMap::new();
        let first = |(number, path)| *numbers.entry(path).or_insert(number);
        let first_of: Vec<u32> = (0..).zip(results.files.iter().map(PathBuf::as_path)).map(first).collect();
        let (mut general, mut of_line) = (Vec::new(), HashMap::<_, Vec<usize>>::new());
        let (mut of_resource, mut of_live) = (HashMap::<_, Vec<usize>>::new(), HashMap::<_, Vec<usize>>::new());
        for (at, exception) in all.iter().enumerate().filter(|(_, exception)| !exception.is_expired(today)) {
            let selector = &exception.selector;
            match (&selector.rendered, selector.object.as_ref().or(selector.place.as_ref())) {
                (Some(object), _) => of_resource.entry(object.resource).or_default().push(at),
                (None, Some((path, line))) => match numbers.get(path.as_path()) {
                    Some(&file) if *line > 0 => of_line.entry((file, *line)).or_default().push(at),
                    _ => of_live.entry(path.clone()).or_default().push(at),
                },
                (None, None) => general.push(at),
            }
        }
        Self { general, of_line, of_resource, of_live, first_of }
    }

    /// Those that may be for a finding, in their order.
    fn asked(&self, found: &Occurrence, results: &Results) -> Vec<usize> {
        let Self { general, of_line, of_resource, of_live, first_of } = self;
        if of_line.is_empty() && of_resource.is_empty() && of_live.is_empty() {
            return general.clone();
        }
        let resource = &results.resources[found.resource.0 as usize];
        let line = if found.place.line == 0 { resource.line } else { found.place.line };
        let traced = results.origins.of(found);
        let file = traced.map_or(resource.file, |traced| traced.file);
        let reasons = traced.into_iter().flat_map(|traced| &traced.reasons).flat_map(|reason| &reason.values);
        let deciding = reasons.filter_map(|deciding| deciding.place).map(|(file, place)| (file, place.line));
        let places = [(resource.file, resource.line), (file, line)].into_iter().chain(deciding);
        let mut asked: Vec<usize> = places
            .filter_map(|(file, line)| of_line.get(&(first_of[file as usize], line)))
            .flatten()
            .copied()
            .collect();
        asked.extend(of_resource.get(&found.resource).into_iter().flatten());
        if resource.line == 0 && !of_live.is_empty() {
            let text = |symbol| results.symbols.text(symbol);
            let file = &results.files[resource.file as usize];
            let path = live_path(file, text(resource.kind), text(resource.namespace), text(resource.name));
            asked.extend(of_live.get(&path).into_iter().flatten());
        }
        asked.extend(general);
        asked.sort_unstable();
        asked.dedup();
        asked
    }
}

fn is_for(selector: &Selector, at: usize, found: &Occurrence, results: &Results, labelled: &Labelled) -> bool {
    let resource = &results.resources[found.resource.0 as usize];
    let text = |symbol| results.symbols.text(symbol);
    let mut path = Cow::Borrowed(&results.files[resource.file as usize]);
    if resource.line == 0 {
        path = Cow::Owned(live_path(&path, text(resource.kind), text(resource.namespace), text(resource.name)));
    }
    let path = &*path;
    let traced = results.origins.of(found);
    let place_path = traced.map_or(path, |traced| &results.files[traced.file as usize]);
    let any = |words: &[String], text: &str| words.is_empty() || words.iter().any(|word| glob(word, text));
    let line = if found.place.line == 0 { resource.line } else { found.place.line };
    any(&selector.kinds, text(resource.kind))
        && any(&selector.namespaces, text(resource.namespace))
        && any(&selector.names, text(resource.name))
        && any(&selector.containers, text(found.container))
        && (selector.paths.is_empty()
            || selector.paths.iter().any(|pattern| path_glob(pattern, path) || path_glob(pattern, place_path)))
        && selector.object.as_ref().is_none_or(|(file, first)| *first == resource.line && file == path)
        && selector.place.as_ref().is_none_or(|(file, wanted)| {
            (*wanted == line && file == place_path) || decides_at(found, file, *wanted, results)
        })
        && selector.rendered.as_ref().is_none_or(|object| {
            let renderings = results.origins.renderings_of(found);
            object.resource == found.resource && renderings.iter().all(|id| object.renderings.contains(id))
        })
        && (selector.labels.is_empty()
            || labelled.rendered.contains(&(at, found.resource))
            || labelled.places.contains(&(at, path.clone(), resource.line)))
}

/// Whether the value that decides a finding in rendered text is written on that line, in every rendering.
fn decides_at(found: &Occurrence, file: &Path, line: u32, results: &Results) -> bool {
    let Some(traced) = results.origins.of(found) else { return false };
    let is_there = |deciding: &Deciding| {
        deciding.place.is_some_and(|(at, place)| place.line == line && results.files[at as usize] == file)
    };
    traced.reasons.iter().all(|reason| reason.values.iter().any(is_there))
}

/// Whether `text` is what `pattern` says: `*` stands for any letters, `?` for one.
pub fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t, mut star, mut mark) = (0, 0, None, 0);
    while t < text.len() {
        if p < pattern.len() && (pattern[p] == '?' || (pattern[p] == text[t] && pattern[p] != '*')) {
            (p, t) = (p + 1, t + 1);
        } else if p < pattern.len() && pattern[p] == '*' {
            (star, mark, p) = (Some(p), t, p + 1);
        } else if let Some(at) = star {
            (p, mark) = (at + 1, mark + 1);
            t = mark;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// Whether `path` is what `pattern` says, or is in the folder that it names. A pattern may stand for any end of a path.
pub fn path_glob(pattern: &str, path: &Path) -> bool {
    let text = path.to_string_lossy().replace('\\', "/");
    let text = text.trim_start_matches("./");
    let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
    let bare = pattern.trim_end_matches("/**").trim_end_matches("/*");
    let parts: Vec<&str> = text.split('/').collect();
    (0..parts.len()).any(|start| {
        let rest = parts[start..].join("/");
        let is_anchored = start == 0 || !pattern.starts_with('/');
        is_anchored
            && (glob(pattern, &rest)
                || (1..=parts.len() - start).any(|end| glob(bare, &parts[start..start + end].join("/"))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (text, days) in [("1970-01-01", 0), ("2000-02-29", 11_016), ("2026-11-24", 20_781), ("2100-03-01", 47_541)]
        {
            let date = Date::parse(text).unwrap();
            assert_eq!((date.days(), date.to_string().as_str()), (days, text));
            assert_eq!(Date::of_seconds(days as u64 * 86_400 + 86_399), date);
        }
        for text in ["2026-02-29", "2026-13-01", "2026-1-01", "26-01-01", "2026-01-00", "2026-01-01T00:00:00Z", ""] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }

    #[test]
    fn stars_stand_for_letters_and_folders_for_what_is_in_them() {
        for (pattern, text, expected) in [
            ("kube-*", "kube-system", true),
            ("*", "", true),
            ("a?c", "abc", true),
            ("a*c*e", "abcde", true),
            ("a", "ab", false),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
        for (pattern, path, expected) in [
            ("vendor", "vendor/a.yaml", true),
            ("vendor/", "x/vendor/a.yaml", true),
            ("vendor/**", "vendor/a/b.yaml", true),
            ("*.json", "a/b.json", true),
            ("end", "vendor/a.yaml", false),
        ] {
            assert_eq!(path_glob(pattern, Path::new(path)), expected, "{pattern} {path}");
        }
    }
}
