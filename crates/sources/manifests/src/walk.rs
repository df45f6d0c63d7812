//! Which files a scan reads: the paths that the user names, and in folders what ripgrep would see.
//!
//! Links are not followed out of the tree, special files are not opened, and what is left out for such a
//! reason is reported. What ignore files leave out is the user's wish and is not.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use globset::{Glob, GlobSet, GlobSetBuilder};
use ignore::{DirEntry, WalkBuilder, WalkState};
use memchr::memmem;
use model::coverage::{Note, SkipKind, Skipped};

/// What to look at.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Files, folders, or `-` for standard input.
    pub paths: Vec<PathBuf>,
    /// Also read what ignore files leave out.
    pub no_ignore: bool,
    /// Also read hidden files and folders.
    pub hidden: bool,
    /// Globs of paths that are left out.
    pub exclude: Vec<String>,
    /// A path without a Kubernetes object is no gap.
    pub allow_empty: bool,
    /// The number of threads; 0 means as many as there are processors.
    pub threads: usize,
    /// What files are to say, instead of what they say on disk.
    pub texts: Texts,
    /// What is done with objects that a controller made of others of the input.
    pub made: Made,
}

/// What is done with objects that a controller made of others of the input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Made {
    /// They count for what they were made of.
    #[default]
    Folded,
    /// They are kept: they have addresses and nodes of their own.
    Kept,
}

/// Texts in place of those of files, by the paths under which the files are found.
pub type Texts = Arc<BTreeMap<PathBuf, String>>;

/// A glob that is not one.
#[derive(Debug, thiserror::Error)]
#[error("`{glob}` is not a glob: {reason}")]
pub struct GlobError {
    /// The glob.
    pub glob: String,
    /// What is wrong with it.
    pub reason: String,
}

/// One input to read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Input {
    /// How it is shown.
    pub path: PathBuf,
    /// The index of the path that the user named and that led here.
    pub named: usize,
    /// What it is.
    pub source: InputSource,
}

/// What an input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InputSource {
    /// A file that was found in a folder: judged by its name whether it may hold manifests.
    Found,
    /// A file or pipe that the user named.
    Named,
    /// Standard input.
    Stdin,
    /// A file in the `templates` folder of a chart, or one whose name says that it is a template.
    Template,
    /// A file that a kustomization names as a patch.
    Patch,
    /// An archive, which may hold a chart.
    Archive,
}

/// The inputs of a scan, in order, and what could not be reached.
#[derive(Debug, Default)]
pub struct Inputs {
    /// What to read, ordered by the paths as named and then by name.
    pub inputs: Vec<Input>,
    /// What cannot be read.
    pub skipped: Vec<Skipped>,
    /// The indices of the paths that the user named in which something is judged beside `inputs`.
    pub covered: BTreeSet<usize>,
    /// What was left out and is no gap.
    pub notes: Vec<Note>,
}

/// Finds the files to read.
///
/// # Errors
/// An `exclude` that is not a glob.
pub fn walk(config: &Config) -> Result<Inputs, GlobError> {
    let exclude = globs(&config.exclude)?;
    let mut found = Inputs::default();
    for (named, path) in config.paths.iter().enumerate() {
        if path.as_os_str() == "-" {
            let source = InputSource::Stdin;
            found.inputs.push(Input { path: PathBuf::from("<stdin>"), named, source });
            continue;
        }
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => walk_folder(path, named, config, &exclude, &mut found),
            Ok(metadata) if metadata.is_file() || is_descriptor(path) => {
                found.inputs.push(Input { path: path.clone(), named, source: InputSource::Named });
            }
            Ok(_) => {
                let reason = "neither a file nor a folder; `-` reads standard input";
                found.skipped.push(skip(path, SkipKind::NotAFile, reason));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                found.skipped.push(skip(path, SkipKind::Missing, "there is no such file or folder"));
            }
            Err(error) => found.skipped.push(skip(path, SkipKind::Unreadable, &describe(&error))),
        }
    }
    mark_charts(&mut found.inputs);
    mark_patches(&mut found.inputs, &config.texts);
    leave_out_named_patches(&mut found, config);
    Ok(found)
}

/// Whether the path is a pipe that the shell has opened for this process, as for `<(helm template x)`. Whoever writes to a
/// pipe or device that lies about may never come or never end.
fn is_descriptor(path: &Path) -> bool {
    ["/dev/fd", "/proc/self/fd"].iter().any(|folder| path.starts_with(folder)) || path == Path::new("/dev/stdin")
}

fn globs(patterns: &[String]) -> Result<GlobSet, GlobError> {
    let error =
        |glob: &str, reason: &globset::Error| GlobError { glob: glob.to_owned(), reason: reason.kind().to_string() };
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        set.add(Glob::new(pattern).map_err(|reason| error(pattern, &reason))?);
        // As in ignore files, a pattern without a slash is meant at any depth.
        let anywhere = format!("**/{}", pattern.trim_start_matches('/').trim_end_matches('/'));
        set.add(Glob::new(&anywhere).map_err(|reason| error(pattern, &reason))?);
    }
    set.build().map_err(|reason| error(&patterns.join(", "), &reason))
}

/// An I/O error in words, without the number that the system gives it.
pub fn describe(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::NotFound => "it is gone".to_owned(),
        _ => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or(&text).to_lowercase()
        }
    }
}

pub(crate) fn skip(path: &Path, kind: SkipKind, reason: &str) -> Skipped {
    Skipped { path: path.to_path_buf(), line: None, kind, reason: reason.to_owned() }
}

enum Found {
    Input(Input),
    Link(PathBuf),
    Skipped(Skipped),
}

/// Whether a folder is of a backup of Velero and holds what is beside it once more: objects in each of their versions, that
/// which is preferred among them. `resources/pods/v1-preferredversion` beside `resources/pods/namespaces`.
fn is_copy_in_backup(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    if !entry.file_type().is_some_and(|kind| kind.is_dir()) || name == "namespaces" || name == "cluster" {
        return false;
    }
    let mut above = entry.path().ancestors().skip(1);
    let (resource, resources, backup) = (above.next(), above.next(), above.next());
    let is_resources = resources.and_then(Path::file_name).is_some_and(|name| name == "resources");
    is_resources
        && backup.is_some_and(|backup| backup.join("metadata/version").is_file())
        && resource.is_some_and(|resource| ["namespaces", "cluster"].iter().any(|name| resource.join(name).is_dir()))
}

fn walk_folder(root: &Path, named: usize, config: &Config, exclude: &GlobSet, found: &mut Inputs) {
    let threads = if config.threads == 0 { 0 } else { config.threads };
    let filter = exclude.clone();
    let base = root.to_path_buf();
    let mut walker = WalkBuilder::new(root);
    walker
        .hidden(!config.hidden)
        .ignore(!config.no_ignore)
        .git_ignore(!config.no_ignore)
        .git_global(!config.no_ignore && may_ignore_globally())
        .git_exclude(!config.no_ignore)
        .parents(!config.no_ignore)
        .require_git(true)
        .follow_links(false)
        .threads(threads)
        .filter_entry(move |entry| {
            entry.depth() == 0 || !is_excluded(entry.path(), &base, &filter) && !is_copy_in_backup(entry)
        });
    let mut inputs = Vec::new();
    let mut links = Vec::new();
    for entry in entries(&walker, named) {
        match entry {
            Found::Input(input) => inputs.push(input),
            Found::Link(path) => links.push(path),
            Found::Skipped(skipped) => found.skipped.push(skipped),
        }
    }
    follow_links(root, named, links, &mut inputs, &mut found.skipped);
    inputs.extend(proposed(root, named, config, exclude));
    inputs.sort_unstable_by(|a, b| a.path.as_os_str().cmp(b.path.as_os_str()));
    found.inputs.extend(inputs);
}

/// Files in the folder that are only proposed: they have a text and are not there yet.
fn proposed(root: &Path, named: usize, config: &Config, exclude: &GlobSet) -> Vec<Input> {
    let folder = clean(root);
    let is_below = |path: &Path| folder == Path::new(".") || path.starts_with(&folder);
    let is_new = |path: &Path| fs::symlink_metadata(path).is_err() && !is_excluded(path, root, exclude);
    let paths = config.texts.keys().filter(|path| is_below(path) && is_new(path));
    paths.filter_map(|path| Some(Input { path: path.clone(), named, source: source_of(path)? })).collect()
}

/// A folder with no more entries than this is walked by one thread: others take longer to come and go.
const FEW: usize = 500;

/// What is in a folder, in no order.
fn entries(walker: &WalkBuilder, named: usize) -> Vec<Found> {
    let mut few = Vec::new();
    let mut walk = walker.build();
    for _ in 0..FEW {
        match walk.next() {
            Some(entry) => few.extend(classify(entry, named)),
            None => return few,
        }
    }
    let all = Mutex::new(Vec::new());
    walker.build_parallel().run(|| {
        let all = &all;
        Box::new(move |entry| {
            if let Some(found) = classify(entry, named) {
                all.lock().unwrap_or_else(PoisonError::into_inner).push(found);
            }
            WalkState::Continue
        })
    });
    all.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the user may have a file of patterns for all repositories. Where there is none, looking for it costs more than
/// reading a small chart.
fn may_ignore_globally() -> bool {
    let Some(home) = std::env::home_dir() else { return true };
    let configuration = std::env::var_os("XDG_CONFIG_HOME").map_or_else(|| home.join(".config"), PathBuf::from);
    let files = [home.join(".gitconfig"), configuration.join("git/config"), configuration.join("git/ignore")];
    files.iter().any(|file| file.exists())
}

fn is_excluded(path: &Path, root: &Path, exclude: &GlobSet) -> bool {
    !exclude.is_empty() && (exclude.is_match(path) || path.strip_prefix(root).is_ok_and(|path| exclude.is_match(path)))
}

fn classify(entry: Result<DirEntry, ignore::Error>, named: usize) -> Option<Found> {
    let entry = match entry {
        Ok(entry) => entry,
        Err(error) => return walk_error(&error).map(Found::Skipped),
    };
    let kind = entry.file_type()?;
    if kind.is_dir() {
        return None;
    }
    let path = clean(entry.path());
    if kind.is_symlink() {
        return Some(Found::Link(path));
    }
    let source = source_of(&path)?;
    if !kind.is_file() {
        return Some(Found::Skipped(skip(&path, SkipKind::NotAFile, "neither a file nor a folder")));
    }
    Some(Found::Input(Input { path, named, source }))
}

fn walk_error(error: &ignore::Error) -> Option<Skipped> {
    match error {
        ignore::Error::WithPath { path, err } => {
            let reason = err.io_error().map_or_else(|| err.to_string(), describe);
            Some(skip(&clean(path), SkipKind::Unreadable, &reason))
        }
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => walk_error(err),
        // A line of an ignore file that is not a pattern: ripgrep goes on, and so do we.
        ignore::Error::Partial(_) | ignore::Error::Glob { .. } => None,
        _ => Some(skip(Path::new(""), SkipKind::Unreadable, &error.to_string())),
    }
}

/// Paths are shown without the `./` that the walker puts before them.
pub fn clean(path: &Path) -> PathBuf {
    path.strip_prefix("./").unwrap_or(path).to_path_buf()
}

/// Whether a file of this name may hold manifests. Names are compared without case, as some systems do.
fn source_of(path: &Path) -> Option<InputSource> {
    let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
    let is_manifest = |name: &str| [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end));
    if is_manifest(&name) || name == "kustomization" {
        return Some(InputSource::Found);
    }
    if name.ends_with(".tgz") {
        return Some(InputSource::Archive);
    }
    let stem = [".gotmpl", ".tmpl", ".tpl", ".j2", ".jinja", ".jinja2", ".erb", ".mustache", ".ytt"]
        .iter()
        .find_map(|end| name.strip_suffix(end))?;
    is_manifest(stem).then_some(InputSource::Template)
}

/// Links to files in the tree that the walk has not come to by itself are read where the link is;
/// links that lead out of the tree are reported. Links to folders in the tree need nothing: the folder is walked.
fn follow_links(root: &Path, named: usize, links: Vec<PathBuf>, inputs: &mut Vec<Input>, skipped: &mut Vec<Skipped>) {
    if links.is_empty() {
        return;
    }
    let Ok(root) = root.canonicalize() else { return };
    let mut seen: BTreeSet<PathBuf> = inputs.iter().filter_map(|input| input.path.canonicalize().ok()).collect();
    for path in links {
        let target = path.canonicalize();
        let leads_to_folder = target.as_ref().is_ok_and(|target| target.is_dir());
        let source = source_of(&path);
        if source.is_none() && !leads_to_folder {
            continue;
        }
        match target {
            Ok(target) if !target.starts_with(&root) => {
                skipped.push(skip(&path, SkipKind::NotAFile, "a link that leads out of the tree is not followed"));
            }
            Ok(_) if leads_to_folder => {}
            Ok(target) => {
                let (Some(source), Ok(metadata)) = (source, target.metadata()) else { continue };
                if !metadata.is_file() {
                    skipped.push(skip(&path, SkipKind::NotAFile, "neither a file nor a folder"));
                } else if seen.insert(target) {
                    inputs.push(Input { path, named, source });
                }
            }
            Err(_) => skipped.push(skip(&path, SkipKind::Missing, "a link that leads nowhere")),
        }
    }
}

/// Files under `templates/` beside a `Chart.yaml` are templates, whatever is in them.
fn mark_charts(inputs: &mut [Input]) {
    let charts: BTreeSet<PathBuf> = inputs
        .iter()
        .filter(|input| input.path.file_name().is_some_and(|name| name == "Chart.yaml"))
        .filter_map(|input| input.path.parent().map(Path::to_path_buf))
        .collect();
    for input in inputs.iter_mut().filter(|input| input.source != InputSource::Stdin) {
        // Most paths are none of these, and taking a path apart costs more than looking for a word.
        if memmem::find(input.path.as_os_str().as_encoded_bytes(), b"templates").is_none() {
            continue;
        }
        let templates = input.path.ancestors().skip(1).filter(|path| path.ends_with("templates"));
        let mut homes = templates.filter_map(Path::parent);
        if homes.any(|home| charts.contains(home) || home.join("Chart.yaml").is_file()) {
            input.source = InputSource::Template;
        }
    }
}

/// Takes out the files that the user names and that a kustomization beside them names as patches. A hook that is given
/// whatever was changed (`allow_empty`) has no gap there: what the patch does shows where the kustomization is scanned.
fn leave_out_named_patches(found: &mut Inputs, config: &Config) {
    let mut of_folders: HashMap<PathBuf, HashSet<PathBuf>> = HashMap::new();
    let Inputs { inputs, skipped, covered: _, notes } = found;
    inputs.retain(|input| {
        let folder = input.path.parent().unwrap_or(Path::new(""));
        if input.source != InputSource::Named {
            return true;
        }
        let patches =
            of_folders.entry(folder.to_path_buf()).or_insert_with(|| crate::patches::beside(folder, &config.texts));
        if !patches.contains(&input.path) {
            return true;
        }
        let path = input.path.clone();
        if config.allow_empty {
            let text = "a patch of the kustomization beside it, which is not judged alone".to_owned();
            notes.push(Note { path, text });
        } else {
            let reason = "a patch of the kustomization beside it: scan the folder of the kustomization";
            skipped.push(skip(&path, SkipKind::NeedsRendering, reason));
        }
        false
    });
}

/// Files that a kustomization beside them names as patches.
fn mark_patches(inputs: &mut [Input], texts: &Texts) {
    let patches = crate::patches::of(inputs, texts);
    if patches.is_empty() {
        return;
    }
    for input in inputs.iter_mut().filter(|input| input.source == InputSource::Found) {
        if patches.contains(input.path.as_os_str()) {
            input.source = InputSource::Patch;
        }
    }
}
