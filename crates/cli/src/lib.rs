//! Arguments, wiring and exit codes. What is decided is decided in other crates.

mod arguments;
mod ci;
mod commands;
mod configuration;
mod custom_resources;
mod exceptions;
pub mod exit;
mod fetched;
mod formats;
mod git;
mod inputs;
mod judging;
mod loading;
mod looked;
mod network_rules;
pub mod pages;
mod rendering;
mod requested;
mod screen;
mod settings;
mod since;
mod source_lines;
mod unpacked;

use std::ffi::OsString;
use std::process::ExitCode;

use anstream::eprintln;
use clap::CommandFactory;

pub use arguments::Arguments;
use exit::Exit;

/// Runs the program with these arguments.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let (parsed, project) = match configuration::parse(arguments.into_iter().collect()) {
        Ok(parsed) => parsed,
        Err(configuration::ParseError::Arguments(error)) => {
            // Help and version are no errors; what cannot be printed has no reader.
            let usage = error.use_stderr();
            error.print().ok();
            return if usage { Exit::Usage.into() } else { Exit::Clean.into() };
        }
        Err(configuration::ParseError::Configuration(error)) => {
            eprintln!("error: {error}");
            return Exit::Usage.into();
        }
    };
    parsed.color.apply();
    match commands::run(&parsed, &project) {
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
