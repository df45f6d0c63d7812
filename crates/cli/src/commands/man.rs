//! `plimsoll man`: a man page in roff.

use std::io::Write;

use crate::arguments::ManArguments;
use crate::exit::{Exit, UsageError};

/// Runs the command.
pub(super) fn run(arguments: &ManArguments) -> anyhow::Result<Exit> {
    let program = crate::command();
    let command = match &arguments.command {
        None => program,
        Some(name) => {
            let found = program.get_subcommands().find(|command| command.get_name() == name);
            let Some(found) = found else {
                return Err(UsageError(format!("there is no command `{name}`: `plimsoll --help` lists them")).into());
            };
            found.clone().name(format!("plimsoll-{name}"))
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    std::io::stdout().write_all(&page)?;
    Ok(Exit::Clean)
}
