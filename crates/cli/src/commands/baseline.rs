//! `plimsoll baseline`: today's findings as old debt.

use std::fs;
use std::path::Path;

use anstream::eprintln;
use anyhow::Context as _;
use controls::engine::Passed;
use model::severity::Severity;
use reports::baseline::Baseline;
use reports::report::Report;

use super::write_output;
use crate::arguments::{BaselineArguments, BaselineCommand, BaselineWriteArguments, Order, Output};
use crate::configuration::ProjectSettings;
use crate::exit::{Exit, UsageError};
use crate::formats::Format;
use crate::judging::{self, Request};

/// Runs the command.
pub(super) fn run(arguments: &BaselineArguments, project: &ProjectSettings) -> anyhow::Result<Exit> {
    match &arguments.command {
        BaselineCommand::Write(arguments) => write(arguments, project),
    }
}

fn write(arguments: &BaselineWriteArguments, project: &ProjectSettings) -> anyhow::Result<Exit> {
    let request = Request {
        paths: &arguments.paths,
        input: &arguments.input,
        cluster: &arguments.cluster,
        selection: &arguments.selection,
        passed: Passed::Drop,
        order: Order::Severity,
        project,
    };
    // What is there is read before anything is judged: a file that is no baseline is not written over.
    let earlier = if arguments.file.is_file() { Some(read(&arguments.file)?) } else { None };
    let judged = judging::judge(&request)?;
    let report = Report::new(&judged.results, &judged.controls, Severity::Info, env!("CARGO_PKG_VERSION"));
    let mut baseline = Baseline::of(&report);
    let count = counted(&baseline);
    let kept = match earlier {
        Some(earlier) => baseline.keep(&earlier, &report, judged.looked.reach(&arguments.file)),
        None => 0,
    };
    let file = Some(arguments.file.clone()).filter(|file| file.as_os_str() != "-");
    write_output(&Output { format: Format::Json, file }, |out| baseline.write(out))?;
    let skipped = &judged.results.coverage.skipped;
    eprintln!("{count} findings are known from now on: `plimsoll scan --baseline {}`", arguments.file.display());
    if kept > 0 {
        eprintln!("{kept} more were known and not looked at, and are kept; take the file away first to begin anew");
    }
    if let Some(first) = skipped.first() {
        let number = skipped.len();
        eprintln!("not looked at: {number}, the first is `{}`: what is in there is not known", first.path.display());
        return Ok(Exit::Incomplete);
    }
    Ok(Exit::Clean)
}

/// Reads a baseline.
///
/// # Errors
/// The file cannot be read, or is no baseline.
pub(super) fn read(path: &Path) -> anyhow::Result<Baseline> {
    let bytes = fs::read(path).with_context(|| format!("cannot read the baseline `{}`", path.display()));
    let bytes = bytes.map_err(|error| UsageError(format!("{error:#}")))?;
    let baseline = Baseline::parse(&bytes);
    Ok(baseline.map_err(|error| UsageError(format!("`{}` is {:#}", path.display(), anyhow::Error::from(error))))?)
}

fn counted(baseline: &Baseline) -> u64 {
    baseline.findings.iter().map(|finding| finding.count).sum()
}
