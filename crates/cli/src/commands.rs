//! The commands, one file each.

mod baseline;
mod completions;
mod controls;
mod diff;
mod explain;
mod init;
mod man;
mod pod_security;
mod scan;

use std::fs::File;
use std::io::{self, BufWriter, Write};

use anyhow::Context as _;

use crate::arguments::{Arguments, Command, InputArguments, Output};
use crate::configuration::ProjectSettings;
use crate::exit::{Exit, UsageError};

/// Runs the command that the arguments name.
pub(crate) fn run(arguments: &Arguments, project: &ProjectSettings) -> anyhow::Result<Exit> {
    match &arguments.command {
        Command::Scan(arguments) => scan::run(arguments, project),
        Command::Diff(arguments) => diff::run(arguments, project),
        Command::Baseline(arguments) => baseline::run(arguments, project),
        Command::Init(arguments) => init::run(arguments),
        Command::PodSecurity(arguments) => pod_security::run(arguments),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Controls(arguments) => controls::run(arguments),
        Command::Completions(arguments) => completions::run(arguments),
        Command::Man(arguments) => man::run(arguments),
    }
}

/// What to read, as the sources have it.
pub(crate) fn input_config(paths: &[std::path::PathBuf], input: &InputArguments) -> manifests::walk::Config {
    manifests::walk::Config {
        paths: paths.to_vec(),
        no_ignore: input.no_ignore,
        hidden: input.hidden,
        exclude: input.exclude.clone(),
        threads: input.threads,
    }
}

/// Calls `write` with standard output or with the file of `output`.
fn write_output(output: &Output, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
    match &output.file {
        None => {
            let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
            write(&mut out)?;
            Ok(out.flush()?)
        }
        Some(path) => {
            let context = || format!("cannot write `{}`", path.display());
            let mut out = BufWriter::with_capacity(1 << 16, File::create(path).with_context(context)?);
            write(&mut out).and_then(|()| out.flush()).with_context(context)
        }
    }
}

/// Two outputs cannot both go to standard output.
fn check_outputs(outputs: &[Output]) -> Result<(), UsageError> {
    for (number, output) in outputs.iter().enumerate() {
        if outputs[..number].iter().any(|earlier| earlier.file == output.file) {
            let place =
                output.file.as_ref().map_or("standard output".to_owned(), |file| format!("`{}`", file.display()));
            return Err(UsageError(format!("two outputs go to {place}: write one to a file, as `--output json=FILE`")));
        }
    }
    Ok(())
}

/// The error for a name that names no control, group or severity.
pub(crate) fn unknown_name(error: &::controls::selection::UnknownName) -> UsageError {
    let name = &error.name;
    let hint = match error.suggestion {
        Some(suggestion) => format!("did you mean `{suggestion}`?"),
        None => "`plimsoll controls` lists them".to_owned(),
    };
    UsageError(format!("there is no control, group or severity `{name}`: {hint}"))
}
