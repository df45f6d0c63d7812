//! `plimsoll completions`: a completion script for a shell.

use std::io::Write;

use crate::arguments::CompletionsArguments;
use crate::exit::Exit;

/// Runs the command.
pub(super) fn run(arguments: &CompletionsArguments) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut crate::command(), "plimsoll", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(Exit::Clean)
}
