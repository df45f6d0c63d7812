//! Arguments, wiring and exit codes. What is decided is decided in other crates.

mod arguments;
mod commands;
pub mod exit;
pub mod pages;
mod requested;
mod screen;
mod settings;
mod source_lines;
mod strict;

use std::ffi::OsString;
use std::process::ExitCode;

use anstream::eprintln;
use clap::{CommandFactory, Parser};

pub use arguments::Arguments;
use exit::Exit;

/// Runs the program with these arguments.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let parsed = match Arguments::try_parse_from(arguments) {
        Ok(parsed) => parsed,
        Err(error) => {
            // Help and version are no errors; what cannot be printed has no reader.
            let usage = error.use_stderr();
            error.print().ok();
            return if usage { Exit::Usage.into() } else { Exit::Clean.into() };
        }
    };
    parsed.color.apply();
    match commands::run(&parsed) {
        Ok(exit) => exit.into(),
        Err(error) if exit::is_broken_pipe(&error) => Exit::Clean.into(),
        Err(error) => {
            eprintln!("error: {error:#}");
            exit::of_error(&error).into()
        }
    }
}

/// The whole command line, for completions and man pages.
pub fn command() -> clap::Command {
    Arguments::command()
}
