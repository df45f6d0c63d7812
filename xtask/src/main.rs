//! `cargo xtask TASK`: the chores of the repository that are programs. Each task is one file; this one only dispatches.

mod arguments;
mod audit;
mod bench;
mod codegen;
mod corpus;
mod picture;
mod schemas;

use std::process::ExitCode;

use anyhow::{Result, bail};

use arguments::Arguments;

const USAGE: &str = "\
usage: cargo xtask TASK [OPTION]…

  codegen   write what is derived from the tree; --check only compares
  audit     hold licences, sources and bans against deny.toml, without network
  bench     measure `plimsoll` beside a plain read of the same bytes
  corpus    write the files that the benchmark reads
  picture   make the picture of the README from a real run
  schemas   distil what versions of Kubernetes accept; by hand, with Go and network";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            arguments::say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let mut arguments = Arguments::from_environment();
    match arguments.positional().as_deref() {
        Some("audit") => audit::run(&arguments),
        Some("bench") => bench::run(arguments),
        Some("codegen") => codegen::run(arguments),
        Some("corpus") => corpus::run(arguments),
        Some("picture") => picture::run(&arguments),
        Some("schemas") => schemas::run(&arguments),
        Some(task) => bail!("there is no task `{task}`\n\n{USAGE}"),
        None => bail!("no task given\n\n{USAGE}"),
    }
}
