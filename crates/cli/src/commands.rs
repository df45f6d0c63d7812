//! The commands, one file each.

mod completions;
mod controls;
mod explain;
mod frameworks;
mod man;
mod pod_security;
mod scan;

use std::fs::File;
use std::io::{self, BufWriter, Write};

use anyhow::Context as _;

use crate::arguments::{Arguments, Command, InputArguments, Output};
use crate::exit::{Exit, UsageError};

/// Runs the command that the arguments name.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    match &arguments.command {
        Command::Scan(arguments) => scan::run(arguments),
        Command::PodSecurity(arguments) => pod_security::run(arguments),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Controls(arguments) => controls::run(arguments),
        Command::Frameworks(arguments) => frameworks::run(arguments),
        Command::Completions(arguments) => completions::run(arguments),
        Command::Man(arguments) => man::run(arguments),
    }
}

/// What to read, as the sources have it.
fn input_config(paths: &[std::path::PathBuf], input: &InputArguments) -> manifests::walk::Config {
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
fn unknown_name(error: &::controls::selection::UnknownName) -> UsageError {
    let name = &error.name;
    if let Some(upcoming) = ::frameworks::upcoming::by_id(name) {
        let needs = upcoming.needs_phrase();
        return UsageError(format!("control `{name}` is not available yet: it will need {needs}"));
    }
    let hint = match error.suggestion {
        Some(suggestion) => format!("did you mean `{suggestion}`?"),
        None => "`plimsoll controls` lists them".to_owned(),
    };
    UsageError(format!("there is no control, group or severity `{name}`: {hint}"))
}
