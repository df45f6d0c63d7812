//! `cargo xtask bench profile`: where the time goes, by `perf` and by `callgrind`, where these are installed.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::arguments::{cargo, say};
use crate::corpus::{self, Parameters};

/// Release code with the names of its lines.
const PROFILE: &[&str] = &[
    "--config",
    "profile.profiling.inherits='release'",
    "--config",
    "profile.profiling.debug='line-tables-only'",
    "--profile",
    "profiling",
];

/// Prints the commands, and runs those that can be run.
pub(crate) fn run(directory: Option<PathBuf>, binary: Option<PathBuf>, target: &Path) -> Result<ExitCode> {
    let home = target.join("bench");
    let directory = directory.unwrap_or_else(|| home.join("quick"));
    let tree = corpus::ensure(&directory, &Parameters { json_dump: true, ..Parameters::QUICK })?.tree();
    let binary = match binary {
        Some(binary) => binary,
        None => build(target)?,
    };
    let scan = [binary.display().to_string(), "scan".to_owned(), tree.display().to_string(), "--summary".to_owned()];
    let samples = home.join("perf.data").display().to_string();
    let counts = home.join("callgrind.out").display().to_string();
    let record =
        words(&["perf", "record", "--freq=997", "--call-graph=dwarf,16384", "--output", &samples, "--"], &scan);
    let report = words(&["perf", "report", "--stdio", "--no-children", "--call-graph=none", "--input", &samples], &[]);
    let out = format!("--callgrind-out-file={counts}");
    let callgrind = words(&["valgrind", "--tool=callgrind", &out], &scan);
    let annotate = words(&["callgrind_annotate", &counts], &[]);
    for (first, second) in [(record, report), (callgrind, annotate)] {
        if execute(&first)? {
            execute(&second)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn build(target: &Path) -> Result<PathBuf> {
    let status = cargo().args(["build", "--package", "cli"]).args(PROFILE).status().context("cannot run `cargo`")?;
    if !status.success() {
        bail!("`plimsoll` does not build");
    }
    Ok(target.join("profiling").join("plimsoll"))
}

fn words(command: &[&str], scan: &[String]) -> Vec<String> {
    command.iter().map(|&word| word.to_owned()).chain(scan.iter().cloned()).collect()
}

/// Whether it ran to an end. A scan that finds something ends with 1 or 2.
fn execute(words: &[String]) -> Result<bool> {
    say(&format!("\n$ {}", words.join(" ")));
    match Command::new(&words[0]).args(&words[1..]).status() {
        Ok(status) => Ok(matches!(status.code(), Some(0..=2))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            say(&format!("`{}` is not installed", words[0]));
            Ok(false)
        }
        Err(error) => Err(error).with_context(|| format!("cannot run `{}`", words[0])),
    }
}
