//! The commands, one file each.

mod baseline;
mod completions;
mod controls;
mod diff;
mod doctor;
mod exceptions;
mod explain;
mod fix;
mod frameworks;
mod init;
mod man;
mod network;
mod paths;
mod pod_security;
mod policy;
mod rbac;
mod render;
mod scan;
mod snapshot;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use anyhow::Context as _;

use crate::arguments::{Arguments, Command, InputArguments, Output};
use crate::ci;
use crate::configuration::ProjectSettings;
use crate::exit::{Exit, UsageError};
use crate::formats::Format;

/// Runs the command that the arguments name.
pub(crate) fn run(arguments: &Arguments, project: &ProjectSettings) -> anyhow::Result<Exit> {
    match &arguments.command {
        Command::Scan(arguments) => scan::run(arguments, project),
        Command::Fix(arguments) => fix::run(arguments, project),
        Command::Diff(arguments) => diff::run(arguments, project),
        Command::Exceptions(arguments) => exceptions::run(arguments, project),
        Command::Baseline(arguments) => baseline::run(arguments, project),
        Command::Init(arguments) => init::run(arguments),
        Command::Doctor(arguments) => doctor::run(arguments),
        Command::Snapshot(arguments) => snapshot::run(arguments),
        Command::PodSecurity(arguments) => pod_security::run(arguments),
        Command::Policy(arguments) => policy::run(arguments),
        Command::Network(arguments) => network::run(arguments),
        Command::Paths(arguments) => paths::run(arguments, project),
        Command::Rbac(arguments) => rbac::run(arguments),
        Command::Render(arguments) => render::run(arguments, project),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Controls(arguments) => controls::run(arguments),
        Command::Frameworks(arguments) => frameworks::run(arguments),
        Command::Completions(arguments) => completions::run(arguments),
        Command::Man(arguments) => man::run(arguments),
    }
}

/// What to read, as the sources have it.
pub(crate) fn input_config(paths: &[PathBuf], input: &InputArguments) -> manifests::walk::Config {
    manifests::walk::Config {
        paths: paths.to_vec(),
        no_ignore: input.no_ignore,
        hidden: input.hidden,
        exclude: input.exclude.clone(),
        allow_empty: input.allow_empty,
        threads: input.threads,
        texts: manifests::walk::Texts::default(),
        made: manifests::walk::Made::default(),
    }
}

/// Where an output goes.
#[derive(PartialEq, Eq)]
enum Destination {
    Stdout,
    File(PathBuf),
    /// The summary of the step, which others write to as well.
    StepSummary(PathBuf),
}

fn destination(output: &Output) -> Result<Destination, UsageError> {
    match (&output.file, output.format) {
        (Some(path), _) => Ok(Destination::File(path.clone())),
        (None, Format::GithubSummary) => ci::step_summary().map(Destination::StepSummary).ok_or_else(|| {
            let why = "`github-summary` is added to the file that `$GITHUB_STEP_SUMMARY` names, which is not set";
            UsageError(format!("{why}: name a file, as `--output github-summary=FILE`"))
        }),
        (None, _) => Ok(Destination::Stdout),
    }
}

/// Calls `write` with standard output or with the file of `output`.
fn write_output(output: &Output, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
    let (path, file) = match destination(output)? {
        Destination::Stdout => {
            let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
            write(&mut out)?;
            return Ok(out.flush()?);
        }
        Destination::File(path) => (path.clone(), File::create(path)),
        Destination::StepSummary(path) => (path.clone(), File::options().append(true).create(true).open(path)),
    };
    let context = || format!("cannot write `{}`", path.display());
    let mut out = BufWriter::with_capacity(1 << 16, file.with_context(context)?);
    write(&mut out).and_then(|()| out.flush()).with_context(context)
}

/// Two outputs cannot go to the same place.
fn check_outputs(outputs: &[Output]) -> Result<(), UsageError> {
    let mut seen = Vec::with_capacity(outputs.len());
    for output in outputs {
        let destination = destination(output)?;
        if seen.contains(&destination) {
            let place = match &destination {
                Destination::Stdout => "standard output".to_owned(),
                Destination::File(path) | Destination::StepSummary(path) => format!("`{}`", path.display()),
            };
            return Err(UsageError(format!("two outputs go to {place}: write one to a file, as `--output json=FILE`")));
        }
        seen.push(destination);
    }
    Ok(())
}

/// What to say of a name that names nothing: why a check of another tool is none here and what is instead, or what may
/// have been meant.
pub(crate) fn hint(name: &str) -> Option<String> {
    if let Some(retired) = ::frameworks::retired::all().iter().find(|retired| retired.is_called(name)) {
        let instead = retired.instead.join("` and `");
        let look = if instead.is_empty() { String::new() } else { format!("; see `{instead}`") };
        return Some(format!("it {}{look}", retired.reason));
    }
    ::controls::selection::suggest(name).map(|near| format!("did you mean `{near}`?"))
}

/// The error for a name that names no control, group or severity.
pub(crate) fn unknown_name(error: &::controls::selection::UnknownName) -> UsageError {
    let name = &error.name;
    if let Some(upcoming) = ::frameworks::upcoming::by_id(name) {
        let needs = upcoming.needs_phrase();
        return UsageError(format!("control `{name}` is not available yet: it will need {needs}"));
    }
    let hint = hint(name).unwrap_or_else(|| "`plimsoll controls` lists them".to_owned());
    UsageError(format!("there is no control, group or severity `{name}`: {hint}"))
}
