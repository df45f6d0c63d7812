//! Exceptions: found, read, and held against what was found.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use configuration::exceptions::{self, Written};
use configuration::fields::Reader;
use configuration::foreign::{self, Dialect, Foreign};
use configuration::in_source::{self, Refused};
use controls::selection;
use model::control::{Group, Registered};
use model::document::Value;
use model::exception::{Date, Exception, ExceptionProblem, Exceptions, Labelled, ProblemKind, RenderedObject, glob};
use model::finding::ControlId;
use model::inventory::{Observed, ResourceId, Results, live_path};
use model::origin::RenderingId;
use model::severity::Severity;
use repository::merge::Places;

use crate::configuration::describe;
use crate::exit::UsageError;
use crate::looked::Looked;

/// The name of our own file.
const NAME: &str = "plimsoll-exceptions.yaml";

/// Files of other tools that are read where they are found.
const FOREIGN: &[&str] = &[
    ".trivyignore",
    ".trivyignore.yaml",
    ".trivyignore.yml",
    ".checkov.yaml",
    ".checkov.yml",
    ".kube-linter.yaml",
    ".kube-linter.yml",
];

/// Larger than anybody writes.
const LARGEST: u64 = 8 << 20;

/// The most exceptions that a run takes.
const MOST: usize = u16::MAX as usize;

/// Gathers exceptions while objects are judged.
pub(crate) struct Collector {
    of_files: Exceptions,
    in_source: Mutex<Exceptions>,
    labelled: Mutex<Labelled>,
    /// What rendered objects say of themselves: the rendering, the line of the object, and what it is.
    rendered: Mutex<Vec<(RenderingId, u32, OfRendered)>>,
    with_labels: bool,
    enabled: bool,
}

/// What an object of rendered text says of itself.
enum OfRendered {
    /// An annotation.
    Annotation(Box<in_source::Found>),
    /// It has the labels of this exception.
    Labels(usize),
}

/// Where exceptions come from, as arguments say.
pub(crate) struct Sources<'a> {
    /// Files that the user names.
    pub(crate) files: &'a [PathBuf],
    /// Whether there are none at all.
    pub(crate) none: bool,
    /// What is scanned: files are looked for from there upwards.
    pub(crate) paths: &'a [PathBuf],
}

/// Today, in UTC.
pub(crate) fn today() -> Date {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Date::of_seconds(since)
}

impl Collector {
    /// Reads the files.
    ///
    /// # Errors
    /// One that cannot be read, or that is not understood.
    pub(crate) fn new(sources: &Sources<'_>) -> Result<Self, UsageError> {
        let mut of_files = Exceptions::default();
        if !sources.none {
            for path in sources.files {
                read_file(path, &mut of_files)?;
            }
            for path in found_upwards(sources.paths)? {
                if !sources.files.contains(&path) {
                    read_file(&path, &mut of_files)?;
                }
            }
        }
        let with_labels = of_files.all.iter().any(|exception| !exception.selector.labels.is_empty());
        Ok(Self {
            of_files,
            in_source: Mutex::default(),
            labelled: Mutex::default(),
            rendered: Mutex::default(),
            with_labels,
            enabled: !sources.none,
        })
    }

    /// One that has seen no object yet, with the same files as they were read.
    pub(crate) fn again(&self) -> Self {
        Self {
            of_files: self.of_files.clone(),
            in_source: Mutex::default(),
            labelled: Mutex::default(),
            rendered: Mutex::default(),
            with_labels: self.with_labels,
            enabled: self.enabled,
        }
    }

    /// Takes what an object says of itself, and whose labels it has.
    pub(crate) fn observe(&self, observed: Observed<'_>) {
        if !self.enabled {
            return;
        }
        let line =
            || observed.origin.lines.line(observed.object.value.document().text, observed.object.value.span().start);
        for found in in_source::find(observed) {
            let mut all = self.in_source.lock().unwrap_or_else(PoisonError::into_inner);
            let path = place_of(observed, line());
            match found.written {
                Ok(mut written) => {
                    match found.target {
                        Some(target) => written.selector.place = Some((path.clone(), target)),
                        None => written.selector.object = Some((path.clone(), line())),
                    }
                    take(written, &path, &mut all);
                }
                Err(refused) => all.problems.push(problem_of(&path, found.line, refused)),
            }
        }
        if self.with_labels {
            self.observe_labels(observed, line());
        }
    }

    /// Takes what an object of rendered text says of itself.
    pub(crate) fn observe_rendered(&self, rendering: RenderingId, observed: Observed<'_>) {
        if !self.enabled {
            return;
        }
        let text = observed.object.value.document().text;
        let line = || observed.origin.lines.line(text, observed.object.value.span().start);
        let keep = |of_rendered| {
            let mut all = self.rendered.lock().unwrap_or_else(PoisonError::into_inner);
            all.push((rendering, line(), of_rendered));
        };
        in_source::annotations(observed).into_iter().for_each(|found| keep(OfRendered::Annotation(Box::new(found))));
        if self.with_labels {
            self.labels_of(observed).for_each(|at| keep(OfRendered::Labels(at)));
        }
    }

    fn observe_labels(&self, observed: Observed<'_>, line: u32) {
        for at in self.labels_of(observed) {
            let mut labelled = self.labelled.lock().unwrap_or_else(PoisonError::into_inner);
            labelled.places.insert((at, place_of(observed, line), line));
        }
    }

    /// The exceptions that select an object by its labels.
    fn labels_of<'a>(&'a self, observed: Observed<'a>) -> impl Iterator<Item = usize> + 'a {
        let of_pods = move || observed.workloads.iter().flat_map(|workload| workload.pod.labels());
        let has = move |(name, wanted): &(String, String)| {
            let mut labels = observed.object.labels().chain(of_pods());
            labels.any(|(key, value): (Value<'_>, Value<'_>)| key.is_key(name) && glob(wanted, &value.text()))
        };
        let all = self.of_files.all.iter().enumerate();
        let selecting = all.filter(move |(_, exception)| {
            let labels = &exception.selector.labels;
            !labels.is_empty() && labels.iter().all(has)
        });
        selecting.map(|(at, _)| at)
    }

    /// Holds the exceptions against what was found. `places` says where the objects of renderings are.
    pub(crate) fn apply(self, results: &mut Results, places: &Places, looked: &Looked) -> Exceptions {
        let mut all = self.of_files;
        let mut labelled = self.labelled.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut in_source = self.in_source.into_inner().unwrap_or_else(PoisonError::into_inner);
        let rendered = self.rendered.into_inner().unwrap_or_else(PoisonError::into_inner);
        take_rendered(rendered, places, results, &mut labelled, &mut in_source);
        if self.enabled {
            take_comments(results, &mut in_source);
        }
        // Objects come from several threads.
        in_source.all.sort_by(|a, b| (&a.path, a.line, &a.named).cmp(&(&b.path, b.line, &b.named)));
        in_source.all.dedup_by(|a, b| {
            (&a.path, a.line, &a.named) == (&b.path, b.line, &b.named) && a.selector.rendered == b.selector.rendered
        });
        all.all.extend(in_source.all);
        all.problems.extend(in_source.problems);
        all.all.truncate(MOST);
        all.apply(results, &labelled, today(), &|exception, results| looked.at_all_of(exception, results));
        all
    }
}

/// The path of an object: of one in a running cluster its own.
fn place_of(observed: Observed<'_>, line: u32) -> PathBuf {
    if line > 0 {
        return observed.path.to_path_buf();
    }
    let object = observed.object;
    live_path(observed.path, &object.kind, &object.namespace(), &object.name())
}

/// Annotations and labels of rendered objects. What several renderings of one object say is said once.
fn take_rendered(
    rendered: Vec<(RenderingId, u32, OfRendered)>,
    places: &Places,
    results: &Results,
    labelled: &mut Labelled,
    all: &mut Exceptions,
) {
    let mut found: BTreeMap<(ResourceId, String), (Box<in_source::Found>, Vec<RenderingId>)> = BTreeMap::new();
    for (rendering, line, of_rendered) in rendered {
        let Some(&(resource, rendering)) = places.get(&(rendering, line)) else { continue };
        match of_rendered {
            OfRendered::Labels(at) => drop(labelled.rendered.insert((at, resource))),
            OfRendered::Annotation(annotation) => {
                let key = match &annotation.written {
                    Ok(written) => {
                        format!("{:?} {} {:?}", written.controls, written.reason, written.selector.containers)
                    }
                    Err(refused) => format!("{refused:?}"),
                };
                found.entry((resource, key)).or_insert_with(|| (annotation, Vec::new())).1.push(rendering);
            }
        }
    }
    for ((resource, _), (annotation, renderings)) in found {
        let of = &results.resources[resource.0 as usize];
        let (path, line) = (results.files[of.file as usize].clone(), of.line);
        match annotation.written {
            Ok(mut written) => {
                written.line = line;
                written.selector.rendered = Some(RenderedObject { resource, renderings });
                take(written, &path, all);
            }
            Err(refused) => all.problems.push(problem_of(&path, line, refused)),
        }
    }
}

/// Comments of the files that renderings were made from.
fn take_comments(results: &Results, all: &mut Exceptions) {
    let mut seen: BTreeSet<u32> = BTreeSet::new();
    // Where objects begin, file by file.
    let resources = results.resources.iter().filter(|_| !results.origins.renderings.is_empty());
    let begins: BTreeSet<(u32, u32)> = resources.map(|resource| (resource.file, resource.line)).collect();
    for rendering in &results.origins.renderings {
        for (source, &file) in rendering.rendered.provenance.files.iter().zip(&rendering.files) {
            if !seen.insert(file) {
                continue;
            }
            let path = &results.files[file as usize];
            for found in in_source::in_text(&source.text) {
                // Above an object it is for the object; some forms always are.
                let around = || begins.range((file, 0)..=(file, found.line)).next_back().map(|(_, line)| *line);
                let object =
                    found.target.filter(|line| begins.contains(&(file, *line))).or_else(|| match found.target {
                        Some(_) => None,
                        None => around(),
                    });
                match found.written {
                    Ok(mut written) => {
                        match object {
                            Some(line) => written.selector.object = Some((path.clone(), line)),
                            None => {
                                let line = found.target.unwrap_or(found.line);
                                written.selector.place = Some((path.clone(), line));
                            }
                        }
                        take(written, path, all);
                    }
                    Err(refused) => all.problems.push(problem_of(path, found.line, refused)),
                }
            }
        }
    }
}

fn problem_of(path: &Path, line: u32, refused: Refused) -> ExceptionProblem {
    let (kind, message) = match refused {
        Refused::NotUnderstood(reason) => (ProblemKind::Invalid, format!("the exception is not understood: {reason}")),
        Refused::Untranslated(reason) => (ProblemKind::Untranslated, reason),
    };
    ExceptionProblem { path: path.to_path_buf(), line, kind, message }
}

/// The files of exceptions from the scanned paths upwards, at most up to the root of the repository: the nearest of
/// each name.
fn found_upwards(paths: &[PathBuf]) -> Result<Vec<PathBuf>, UsageError> {
    let here = std::env::current_dir().ok();
    let first = paths.iter().find(|path| path.as_os_str() != "-").map_or(Path::new("."), PathBuf::as_path);
    let Ok(whole) = first.canonicalize() else { return Ok(Vec::new()) };
    let mut found: Vec<PathBuf> = Vec::new();
    let mut names: BTreeSet<&str> = FOREIGN.iter().copied().chain([NAME]).collect();
    for folder in whole.ancestors().filter(|folder| folder.is_dir()) {
        names.retain(|name| {
            let file = folder.join(name);
            if !file.is_file() {
                return true;
            }
            let short = here.as_ref().and_then(|here| file.strip_prefix(here).ok().map(Path::to_path_buf));
            found.push(short.unwrap_or(file));
            false
        });
        let misnamed = folder.join(NAME).with_extension("yml");
        if names.contains(NAME) && misnamed.is_file() {
            return Err(UsageError(format!("`{}` is not read: the file is called `{NAME}`", misnamed.display())));
        }
        if folder.join(".git").exists() {
            break;
        }
    }
    Ok(found)
}

fn read_file(path: &Path, all: &mut Exceptions) -> Result<(), UsageError> {
    let shown = path.display();
    let failed = |error: std::io::Error| UsageError(format!("cannot read the exceptions `{shown}`: {error}"));
    if fs::metadata(path).map_err(failed)?.len() > LARGEST {
        return Err(UsageError(format!("`{shown}` is larger than a file of exceptions can be")));
    }
    let text = fs::read_to_string(path).map_err(failed)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let dialect = foreign::dialect_of_name(&name);
    if dialect == Some(Dialect::TrivyIgnore) {
        take_foreign(foreign::trivy_lines(&text), path, all);
        return Ok(());
    }
    if yaml::separate::documents(&text).nth(1).is_some() {
        return Err(UsageError(format!("`{shown}` has several documents, divided by `---`: exceptions are one")));
    }
    let document = yaml::parse_document(&text).map_err(|error| {
        let before = &text.as_bytes()[..(error.offset as usize).min(text.len())];
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        UsageError(format!("{shown}:{line}: {}", error.message))
    })?;
    let mut reader = Reader::new(document.root(), 1);
    if let Some(dialect) = dialect.or_else(|| foreign::dialect_of_content(document.root())) {
        take_foreign(foreign::read(dialect, &reader), path, all);
        return Ok(());
    }
    let written = exceptions::read(&mut reader);
    let mut problems = std::mem::take(&mut reader.problems);
    for written in written {
        let line = written.line;
        let mut own = Exceptions::default();
        take(written, path, &mut own);
        // In a file of our own, a name that names nothing is an error like every other.
        problems.extend(own.problems.into_iter().map(|problem| configuration::fields::Problem {
            line,
            column: 1,
            message: problem.message,
        }));
        all.all.extend(own.all);
    }
    if problems.is_empty() { Ok(()) } else { Err(UsageError(describe(path, &problems))) }
}

fn take_foreign(foreign: Foreign, path: &Path, all: &mut Exceptions) {
    for (line, message) in foreign.untranslated {
        let (path, kind) = (path.to_path_buf(), ProblemKind::Untranslated);
        all.problems.push(ExceptionProblem { path, line, kind, message });
    }
    for written in foreign.written {
        take(written, path, all);
    }
}

/// Finds the controls that an exception names, and adds it.
fn take(written: Written, path: &Path, all: &mut Exceptions) {
    let mut controls: Vec<ControlId> = Vec::new();
    let mut problem = |kind, message: String| {
        all.problems.push(ExceptionProblem { path: path.to_path_buf(), line: written.line, kind, message });
    };
    let is_ours = written.tool.is_empty();
    for name in &written.controls {
        let found = if is_ours { by_our_name(name) } else { Ok(by_alias(written.tool, name)) };
        match found {
            Ok(found) if found.is_empty() => problem(
                ProblemKind::Untranslated,
                format!("`{name}` of {} is no control here: what it covered there is found here", written.tool),
            ),
            Ok(found) => controls.extend(found),
            Err(message) => problem(ProblemKind::Invalid, message),
        }
    }
    if controls.is_empty() && !written.controls.is_empty() {
        return;
    }
    if written.controls.is_empty() && !is_ours {
        // All checks of that tool, and no more.
        controls = controls::all()
            .filter(|known| known.control.aliases.iter().any(|alias| alias.tool == written.tool))
            .map(|known| known.id)
            .collect();
    }
    controls.sort_unstable();
    controls.dedup();
    let named = match (written.controls.as_slice(), written.tool) {
        ([], "") => "everything".to_owned(),
        ([], tool) => format!("all of {tool}"),
        (names, _) => names.join(", "),
    };
    let reason = if written.reason.is_empty() { format!("imported from {}", written.tool) } else { written.reason };
    all.all.push(Exception {
        is_wide: is_wide(&controls),
        controls: (!controls.is_empty()).then_some(controls),
        named,
        selector: written.selector,
        reason,
        owner: written.owner,
        ticket: written.ticket,
        expires: written.expires,
        form: written.form,
        tool: written.tool,
        path: path.to_path_buf(),
        line: written.line,
    });
}

/// Whether these, ordered, are so many controls that nobody has thought of each: none stands for all.
fn is_wide(controls: &[ControlId]) -> bool {
    const FEW: usize = 10;
    let has_all = |of: &dyn Fn(&Registered) -> bool| {
        let mut all = controls::all().filter(of).map(|known| known.id).peekable();
        all.peek().is_some() && all.all(|id| controls.binary_search(&id).is_ok())
    };
    controls.is_empty()
        || (controls.len() >= FEW
            && (Severity::ALL.iter().any(|severity| has_all(&|known| known.control.severity == *severity))
                || Group::ALL.iter().any(|group| has_all(&|known| known.group == *group))
                || frameworks::FRAMEWORKS.iter().any(|framework| {
                    let serves = |known: &Registered| {
                        known.control.mappings.iter().any(|mapping| mapping.framework == framework.id)
                    };
                    has_all(&serves)
                })))
}

/// Controls by id, alias, group, severity or framework.
fn by_our_name(name: &str) -> Result<Vec<ControlId>, String> {
    if let Ok(found) = selection::select(&[name.to_owned()], &[]) {
        return Ok(found.into_iter().map(|registered| registered.id).collect());
    }
    let of_framework: Vec<ControlId> = controls::all()
        .filter(|known| known.control.mappings.iter().any(|mapping| mapping.framework == name))
        .map(|known| known.id)
        .collect();
    if !of_framework.is_empty() {
        return Ok(of_framework);
    }
    let hint = crate::commands::hint(name).map(|hint| format!(": {hint}")).unwrap_or_default();
    Err(format!("there is no control, group, severity or framework `{name}`{hint}"))
}

/// Controls by another tool's id, in any spelling that it had.
fn by_alias(tool: &str, id: &str) -> Vec<ControlId> {
    let wanted = normal(id);
    let is_it = |alias: &&model::control::Alias| alias.tool == tool && normal(alias.id) == wanted;
    controls::all()
        .filter(|known| {
            known.control.aliases.iter().find(is_it).is_some() || (tool == "kubescape" && known.control.title == id)
        })
        .map(|known| known.id)
        .collect()
}

/// `AVD-KSV-0017`, `KSV017` and `KSV-0017` are one.
fn normal(id: &str) -> String {
    let upper = id.trim().to_ascii_uppercase();
    let bare = upper.strip_prefix("AVD-").unwrap_or(&upper);
    for prefix in ["KSV", "KCV"] {
        if let Some(rest) = bare.strip_prefix(prefix) {
            let digits = rest.trim_start_matches('-').trim_start_matches('0');
            return format!("{prefix}-{digits}");
        }
    }
    bare.to_owned()
}

/// The JSON Schema of our own file, for editors.
pub(crate) fn schema() -> String {
    let list = serde_json::json!({"type": "array", "items": {"type": "string"}, "minItems": 1});
    let texts = serde_json::json!({"oneOf": [{"type": "string"}, list]});
    let schema = serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": NAME,
        "type": "object",
        "additionalProperties": false,
        "properties": {"exceptions": {"type": "array", "items": {
            "type": "object", "additionalProperties": false, "required": ["reason"], "properties": {
                "controls": texts, "kinds": texts, "namespaces": texts, "names": texts, "containers": texts,
                "paths": texts,
                "labels": {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"}},
                "reason": {"type": "string", "minLength": 1},
                "owner": {"type": "string"},
                "ticket": {"type": "string"},
                "expires": {"description": "The last day on which it holds, in UTC", "type": "string", "format": "date"},
            },
        }}},
    });
    serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n"
}
