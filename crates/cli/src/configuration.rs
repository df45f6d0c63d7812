//! `plimsoll.yaml`: found, read, and turned into arguments and settings.
//!
//! A key of the file is a flag of the command. It is put before what the user typed, and left out where the user
//! typed the flag: there is one list of flags, and the command line wins.

pub(crate) mod schema;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory, FromArgMatches, ValueHint};
use configuration::fields::{Problem, Reader};
use configuration::project::{self, ChartSetting, ControlSetting, Environment, Flag, Project};
use controls::engine::{NotCounted, Scopes};
use controls::selection;
use globset::{Glob, GlobSet, GlobSetBuilder};
use model::control::{Control, Registered};
use model::finding::ControlId;
use model::inventory::Results;
use model::parameter::{Default as ByDefault, Settings};
use model::severity::Severity;
use repository::options::{ValueSet, ValuesSource};
use repository::paths::clean;

use crate::arguments::Arguments;
use crate::{requested, settings};

/// The name of the file.
pub(crate) const NAME: &str = "plimsoll.yaml";

/// Larger than anybody writes.
const LARGEST: u64 = 1 << 20;

/// What a configuration says that no flag can say.
#[derive(Default)]
pub(crate) struct ProjectSettings {
    /// Parameters of controls.
    pub(crate) settings: Settings,
    /// Sets of values of charts.
    pub(crate) value_sets: Vec<ValueSet>,
    off: Vec<ControlId>,
    severities: Vec<(ControlId, Severity)>,
    scopes: Vec<Scope>,
    folder: PathBuf,
    /// What is scanned if nobody names anything else.
    paths: Vec<PathBuf>,
}

/// What holds for some paths only.
#[derive(Clone)]
struct Scope {
    paths: GlobSet,
    settings: Settings,
    off: Vec<ControlId>,
    severities: Vec<(ControlId, Severity)>,
}

/// Why there are no arguments.
pub(crate) enum ParseError {
    /// The command line is wrong, or asks for help.
    Arguments(clap::Error),
    /// The configuration is wrong.
    Configuration(String),
}

/// Reads the command line, and the configuration that belongs to it.
pub(crate) fn parse(given: Vec<OsString>) -> Result<(Arguments, ProjectSettings), ParseError> {
    let mut command = Arguments::command();
    let matches = command.try_get_matches_from_mut(&given).map_err(ParseError::Arguments)?;
    let Some(found) = find(&command, &matches).map_err(ParseError::Configuration)? else {
        let arguments = Arguments::from_arg_matches(&matches).map_err(ParseError::Arguments)?;
        return Ok((arguments, ProjectSettings::default()));
    };
    let loaded = load(&found).map_err(ParseError::Configuration)?;
    let more = arguments_of(&loaded.project, &found).map_err(ParseError::Configuration)?;
    let merged = insert(given, &found.names, more);
    let matches = command.try_get_matches_from(merged).map_err(ParseError::Arguments)?;
    let arguments = Arguments::from_arg_matches(&matches).map_err(ParseError::Arguments)?;
    Ok((arguments, loaded.settings))
}

/// A command that has a configuration, and the file.
struct Found<'m> {
    /// The names of the command and those above it.
    names: Vec<String>,
    command: Command,
    matches: &'m ArgMatches,
    file: PathBuf,
}

struct Loaded {
    project: Project,
    settings: ProjectSettings,
}

/// The configuration of the command that was typed, if it has one and there is one.
fn find<'m>(root: &Command, matches: &'m ArgMatches) -> Result<Option<Found<'m>>, String> {
    let (mut command, mut matches, mut names) = (root, matches, Vec::new());
    while let Some((name, inner)) = matches.subcommand() {
        let next = command.find_subcommand(name).expect("clap has parsed it");
        (command, matches) = (next, inner);
        names.push(name.to_owned());
    }
    if !command.get_arguments().any(|argument| argument.get_id() == "config") || matches.get_flag("no_config") {
        return Ok(None);
    }
    let named = matches.get_one::<PathBuf>("config");
    let file = match named {
        Some(path) if path.is_file() => Some(path.clone()),
        Some(path) => return Err(format!("there is no configuration `{}`", path.display())),
        None => look_upwards(&start(matches))?,
    };
    Ok(file.map(|file| Found { names, command: command.clone(), matches, file }))
}

/// Where the search begins: the first path that was typed.
fn start(matches: &ArgMatches) -> PathBuf {
    let typed = matches.try_get_many::<PathBuf>("paths").ok().flatten();
    let first = typed.into_iter().flatten().find(|path| path.as_os_str() != "-");
    first.cloned().unwrap_or_else(|| PathBuf::from("."))
}

/// The first configuration from `path` upwards, at most up to the root of its repository.
fn look_upwards(path: &Path) -> Result<Option<PathBuf>, String> {
    let Ok(whole) = path.canonicalize() else { return Ok(None) };
    let here = std::env::current_dir().ok();
    for folder in whole.ancestors().filter(|folder| folder.is_dir()) {
        let file = folder.join(NAME);
        if file.is_file() {
            // Shown as the user would write it.
            let short = here.as_ref().and_then(|here| file.strip_prefix(here).ok().map(Path::to_path_buf));
            return Ok(Some(short.unwrap_or(file)));
        }
        let misnamed = file.with_extension("yml");
        if misnamed.is_file() {
            return Err(format!("`{}` is not read: the configuration is called `{NAME}`", misnamed.display()));
        }
        if folder.join(".git").exists() {
            return Ok(None);
        }
    }
    Ok(None)
}

fn load(found: &Found<'_>) -> Result<Loaded, String> {
    let file = &found.file;
    let shown = file.display();
    let size = fs::metadata(file).map_err(|error| format!("cannot read `{shown}`: {error}"))?.len();
    if size > LARGEST {
        return Err(format!("`{shown}` is larger than a configuration can be"));
    }
    let text = fs::read_to_string(file).map_err(|error| format!("cannot read `{shown}`: {error}"))?;
    if yaml::separate::documents(&text).nth(1).is_some() {
        return Err(format!("`{shown}` has several documents, divided by `---`: a configuration is one"));
    }
    let document = yaml::parse_document(&text).map_err(|error| {
        let line =
            1 + text.as_bytes()[..(error.offset as usize).min(text.len())].iter().filter(|&&b| b == b'\n').count();
        format!("{shown}:{line}: {}", error.message)
    })?;
    let scan = Arguments::command().find_subcommand("scan").expect("there is a scan").clone();
    let flags: Vec<&str> = flags(&scan).chain(flags(&found.command)).collect();
    let mut reader = Reader::new(document.root(), 1);
    let project = project::read(&mut reader, &flags);
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut settings = ProjectSettings { folder: folder.to_path_buf(), ..ProjectSettings::default() };
    let mut problems = std::mem::take(&mut reader.problems);
    settings.paths = project.paths.iter().map(|path| clean(&folder.join(path))).collect();
    settings.take(&project, &mut problems);
    match problems.is_empty() {
        true => Ok(Loaded { project, settings }),
        false => Err(describe(file, &problems)),
    }
}

/// The long names of what a command takes, without what only makes sense when it is typed.
fn flags(command: &Command) -> impl Iterator<Item = &str> {
    let names = command.get_arguments().filter_map(Arg::get_long);
    names.filter(|name| !matches!(*name, "config" | "no-config" | "help" | "version" | "parameter"))
}

/// What is wrong with a file, each with its place.
pub(crate) fn describe(file: &Path, problems: &[Problem]) -> String {
    let lines: Vec<String> = problems
        .iter()
        .map(|Problem { line, column, message }| format!("{}:{line}:{column}: {message}", file.display()))
        .collect();
    lines.join("\nerror: ")
}

/// The arguments that the flags of a configuration stand for, without those that were typed.
fn arguments_of(project: &Project, found: &Found<'_>) -> Result<Vec<OsString>, String> {
    let folder = found.file.parent().unwrap_or(Path::new(""));
    let mut more = Vec::new();
    for flag in &project.flags {
        let Some(argument) = found.command.get_arguments().find(|argument| argument.get_long() == Some(&flag.name))
        else {
            // A flag of `scan` that this command does not have.
            continue;
        };
        let id = argument.get_id().as_str();
        let own = written(flag, argument, folder).map_err(|message| place(found, flag.position, &message))?;
        check(found, flag, &own)?;
        if found.matches.value_source(id) != Some(ValueSource::CommandLine) {
            more.extend(own);
        }
    }
    let typed = |id| {
        let known = found.command.get_arguments().any(|argument| argument.get_id() == id);
        known && found.matches.value_source(id) == Some(ValueSource::CommandLine)
    };
    let takes_paths = found.command.get_arguments().any(|argument| argument.get_id() == "paths");
    if takes_paths && !typed("paths") {
        more.extend(project.paths.iter().map(|path| folder.join(path).into_os_string()));
    }
    Ok(more)
}

/// A flag as it would be typed. Files are meant from the folder of the configuration.
fn written(flag: &Flag, argument: &Arg, folder: &Path) -> Result<Vec<OsString>, String> {
    let name = &flag.name;
    if matches!(argument.get_action(), ArgAction::SetTrue) {
        return match flag.values.as_slice() {
            [value] if value == "true" => Ok(vec![format!("--{name}").into()]),
            [value] if value == "false" => Ok(Vec::new()),
            _ => Err(format!("`{name}` is true or false")),
        };
    }
    let is_file = matches!(argument.get_value_hint(), ValueHint::FilePath | ValueHint::DirPath);
    let values = flag.values.iter().map(|value| {
        let mut text = OsString::from(format!("--{name}="));
        // `framework` takes names and files.
        let is_own = argument.get_value_hint() == ValueHint::AnyPath && requested::is_file(value);
        if is_file || is_own {
            text.push(folder.join(value));
        } else {
            text.push(value);
        }
        text
    });
    Ok(values.collect())
}

/// Asks clap whether it would take the flag.
fn check(found: &Found<'_>, flag: &Flag, own: &[OsString]) -> Result<(), String> {
    let typed = std::iter::once(OsString::from("plimsoll")).chain(found.names.iter().map(OsString::from));
    let error = match Arguments::command().try_get_matches_from(typed.chain(own.iter().cloned())) {
        Ok(_) => return Ok(()),
        // What the command also needs, as the two sides of a comparison, is typed and not looked at here.
        Err(error) if error.kind() == ErrorKind::MissingRequiredArgument => return Ok(()),
        Err(error) => error.to_string(),
    };
    let first = error.lines().next().unwrap_or_default();
    let message = first.strip_prefix("error: ").unwrap_or(first);
    // clap speaks of the flag as it is typed; the reader has a key.
    let message = message.split_once("': ").map_or(message, |(_, reason)| reason);
    Err(place(found, flag.position, &format!("`{}`: {message}", flag.name)))
}

fn place(found: &Found<'_>, (line, column): (u32, u32), message: &str) -> String {
    format!("{}:{line}:{column}: {message}", found.file.display())
}

/// The command line with `more` behind the names of the command.
fn insert(given: Vec<OsString>, names: &[String], more: Vec<OsString>) -> Vec<OsString> {
    let mut names = names.iter();
    let mut wanted = names.next();
    let mut merged = Vec::with_capacity(given.len() + more.len());
    let mut more = Some(more);
    for (number, argument) in given.into_iter().enumerate() {
        let is_name = number > 0 && wanted.is_some_and(|name| argument.to_str() == Some(name));
        merged.push(argument);
        if is_name {
            wanted = names.next();
            if wanted.is_none() {
                merged.extend(more.take().into_iter().flatten());
            }
        }
    }
    merged
}

impl ProjectSettings {
    /// Takes what no flag can say.
    fn take(&mut self, project: &Project, problems: &mut Vec<Problem>) {
        let all = Gathered::new(&project.controls, problems);
        (self.settings, self.off, self.severities) = (all.settings, all.off, all.severities);
        self.take_charts(&project.charts, problems);
        for entry in &project.overrides {
            let mut paths = GlobSetBuilder::new();
            for glob in &entry.paths {
                // As in ignore files, a folder stands for what is in it.
                let whole = glob.trim_end_matches('/');
                for pattern in [whole.to_owned(), format!("{whole}/**")] {
                    match Glob::new(&pattern) {
                        Ok(glob) => drop(paths.add(glob)),
                        Err(error) => {
                            let message = format!("`{glob}` is not a glob: {}", error.kind());
                            problems.push(problem(entry.position, message));
                        }
                    }
                }
            }
            let mut gathered = Gathered::new(&entry.controls, problems);
            match selection::select(&entry.skip, &[]) {
                Ok(skipped) if !entry.skip.is_empty() => gathered.off.extend(skipped.iter().map(|found| found.id)),
                Ok(_) => {}
                Err(error) => {
                    let hint = crate::commands::hint(&error.name).map(|hint| format!(": {hint}")).unwrap_or_default();
                    let message = format!("there is no control, group or severity `{}`{hint}", error.name);
                    problems.push(problem(entry.position, message));
                }
            }
            let paths = paths.build().unwrap_or_else(|_| GlobSet::empty());
            let Gathered { settings, off, severities } = gathered;
            self.scopes.push(Scope { paths, settings, off, severities });
        }
    }

    fn take_charts(&mut self, charts: &[ChartSetting], problems: &mut Vec<Problem>) {
        for ChartSetting { path, environments, position } in charts {
            let chart = self.folder.join(path);
            if !chart.join("Chart.yaml").is_file() && !chart.is_file() {
                problems.push(problem(*position, format!("there is no chart `{path}`")));
            }
            for Environment { name, files, set, release_name, namespace, position } in environments {
                let files: Vec<PathBuf> = files.iter().map(|file| self.folder.join(file)).collect();
                if let Some(missing) = files.iter().find(|file| !file.is_file()) {
                    let message = format!("there is no file of values `{}`", missing.display());
                    problems.push(problem(*position, message));
                }
                let of_files = files.into_iter().map(|file| ValuesSource::File(clean(&file)));
                let values = of_files.chain(set.iter().cloned().map(ValuesSource::Set)).collect();
                let (name, release_name, namespace) = (name.clone(), release_name.clone(), namespace.clone());
                self.value_sets.push(ValueSet { chart: clean(&chart), name, values, release_name, namespace });
            }
        }
    }

    /// The folder of the configuration, if all that it says is to be scanned is among these paths.
    pub(crate) fn whole(&self, paths: &[PathBuf]) -> Option<&Path> {
        let is_scanned = |wanted: &PathBuf| paths.iter().any(|path| clean(path) == *wanted);
        (!self.paths.is_empty() && self.paths.iter().all(is_scanned)).then_some(&*self.folder)
    }

    /// The controls that are off everywhere.
    pub(crate) fn off(&self) -> &[ControlId] {
        &self.off
    }

    /// Takes away the controls that are off.
    pub(crate) fn select(&self, selected: &mut Vec<Registered>) {
        selected.retain(|registered| !self.off.contains(&registered.id));
    }

    /// Parameters that hold for some files only.
    pub(crate) fn scopes(&self) -> Option<Scopes> {
        if self.scopes.iter().all(|scope| scope.settings == Settings::default()) {
            return None;
        }
        let settings = self.scopes.iter().map(|scope| self.settings.clone().with(&scope.settings)).collect();
        let globs: Vec<GlobSet> = self.scopes.iter().map(|scope| scope.paths.clone()).collect();
        let folder = self.folder.clone();
        let scope_of = move |path: &Path| {
            let path = path.strip_prefix(&folder).unwrap_or(path);
            globs.iter().rposition(|glob| glob.is_match(path))
        };
        Some(Scopes { settings, scope_of: Box::new(scope_of) })
    }

    /// What `apply` takes away.
    pub(crate) fn not_counted(&self) -> NotCounted {
        let off: Vec<(Vec<ControlId>, GlobSet)> =
            self.scopes.iter().map(|scope| (scope.off.clone(), scope.paths.clone())).collect();
        let folder = self.folder.clone();
        Box::new(move |control, path| {
            let path = relative(&folder, path);
            off.iter().any(|(off, paths)| off.contains(&control) && paths.is_match(path))
        })
    }

    /// Sets severities, and takes away what is off in some files.
    pub(crate) fn apply(&self, results: &mut Results) {
        if self.severities.is_empty() && self.scopes.is_empty() {
            return;
        }
        let of_files: Vec<Vec<&Scope>> = results
            .files
            .iter()
            .map(|path| {
                let path = relative(&self.folder, path);
                self.scopes.iter().filter(|scope| scope.paths.is_match(path)).collect()
            })
            .collect();
        let resources = &results.resources;
        results.occurrences.retain_mut(|found| {
            let scopes = &of_files[resources[found.resource.0 as usize].file as usize];
            let severities = scopes.iter().rev().map(|scope| &scope.severities).chain([&self.severities]);
            let set = severities.flatten().find(|(control, _)| *control == found.control);
            if let Some((_, severity)) = set {
                found.severity = *severity;
            }
            !scopes.iter().any(|scope| scope.off.contains(&found.control))
        });
    }
}

/// The path as overrides of a configuration in `folder` mean it.
fn relative<'p>(folder: &Path, path: &'p Path) -> &'p Path {
    let path = path.strip_prefix(folder).unwrap_or(path);
    path.strip_prefix("./").unwrap_or(path)
}

/// What is set for controls, checked.
#[derive(Default)]
struct Gathered {
    settings: Settings,
    off: Vec<ControlId>,
    severities: Vec<(ControlId, Severity)>,
}

impl Gathered {
    fn new(controls: &[ControlSetting], problems: &mut Vec<Problem>) -> Self {
        let mut gathered = Self::default();
        for setting in controls {
            let found = settings::find_control(&setting.control);
            let control = match found {
                Ok(control) => control,
                Err(error) => {
                    problems.push(problem(setting.position, error.to_string()));
                    continue;
                }
            };
            let id = controls::all().find(|registered| registered.control.id == control.id).map(|found| found.id);
            if setting.enabled == Some(false) {
                gathered.off.extend(id);
            }
            let switch = control.parameters.iter().find(|parameter| parameter.name == "enabled");
            if let (Some(true), Some(switch)) = (setting.enabled, switch) {
                gathered.settings.set(control.id, switch, model::parameter::Setting::Switch(true));
            }
            if let Some(severity) = &setting.severity {
                match (Severity::from_name(severity), id) {
                    (Some(severity), Some(id)) => gathered.severities.push((id, severity)),
                    _ => {
                        let names = Severity::ALL.map(Severity::name).join(", ");
                        let message = format!("there is no severity `{severity}`; there are {names}");
                        problems.push(problem(setting.position, message));
                    }
                }
            }
            gathered.take_parameters(control, setting, problems);
        }
        gathered
    }

    fn take_parameters(&mut self, control: &'static Control, setting: &ControlSetting, problems: &mut Vec<Problem>) {
        for (name, words, position) in &setting.parameters {
            let parameter = match settings::find_parameter(control, name) {
                Ok(parameter) => parameter,
                Err(error) => {
                    problems.push(problem(*position, error.to_string()));
                    continue;
                }
            };
            let parsed = match (parameter.default, words.as_slice()) {
                (ByDefault::List(_), words) => Some(model::parameter::Setting::List(words.to_vec())),
                (_, [word]) => parameter.parse(word),
                _ => None,
            };
            match parsed {
                Some(parsed) => self.settings.set(control.id, parameter, parsed),
                None => problems.push(problem(*position, format!("`{name}` is {}", parameter.kind()))),
            }
        }
    }
}

fn problem((line, column): (u32, u32), message: String) -> Problem {
    Problem { line, column, message }
}
