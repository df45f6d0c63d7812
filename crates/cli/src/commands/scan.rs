//! `plimsoll scan`: judges manifests.

use std::collections::BTreeSet;
use std::io::{self, Write};

use compliance::{Assessment, Subject};
use controls::engine::{Engine, Passed};
use controls::selection;
use manifests::load::{self, Progress};
use manifests::walk;
use model::control::Registered;
use model::finding::ControlId;
use model::inventory::{Inventory, Results};
use reports::report::{Outcome, Report};
use reports::text::{self, Detail};

use super::{check_outputs, input_config, unknown_name, write_output};
use crate::arguments::{Format, Output, ScanArguments};
use crate::exit::{Exit, UsageError};
use crate::requested;
use crate::screen::{self, Destination};
use crate::settings;
use crate::source_lines::SourceLines;

/// Runs the command.
pub(super) fn run(arguments: &ScanArguments) -> anyhow::Result<Exit> {
    check_outputs(&arguments.output)?;
    let subjects = requested::frameworks(&arguments.framework)?;
    let selected = select(arguments, &subjects)?;
    let Judged { results, stdin, not_configured } = judge(arguments, selected.clone())?;
    let assess = |subject| compliance::assess(subject, &results.tallies, &not_configured);
    let assessments: Vec<Assessment> = subjects.into_iter().map(assess).collect();
    let report = Report::new(&results, &selected, arguments.severity_threshold, env!("CARGO_PKG_VERSION"))
        .with_frameworks(&assessments);
    let sources = SourceLines::new(&results.files, stdin);
    for output in &arguments.output {
        write_output(output, |out| write(&report, output, arguments, &sources, out))?;
    }
    Ok(match report.outcome() {
        Outcome::Clean => Exit::Clean,
        Outcome::Findings => Exit::Findings,
        Outcome::Incomplete => Exit::Incomplete,
    })
}

/// The controls that are asked for: those of `--only`, of them those that serve a framework if any is named, without
/// those of `--skip`.
fn select(arguments: &ScanArguments, subjects: &[Subject]) -> Result<Vec<Registered>, UsageError> {
    let mut selected = selection::select(&arguments.only, &arguments.skip).map_err(|error| unknown_name(&error))?;
    let serving: BTreeSet<ControlId> =
        subjects.iter().flat_map(Subject::controls).map(|registered| registered.id).collect();
    if !subjects.is_empty() {
        selected.retain(|registered| serving.contains(&registered.id));
    }
    if !selected.is_empty() {
        return Ok(selected);
    }
    let text = if serving.is_empty() && !subjects.is_empty() {
        "no control is left to run: none of those that serve the framework is available yet"
    } else {
        "no control is left to run: nothing is named by `--only` or `--framework` that `--skip` does not take away"
    };
    Err(UsageError(text.to_owned()))
}

struct Judged {
    results: Results,
    stdin: Vec<u8>,
    /// Controls that were asked for and need a parameter that is not set.
    not_configured: Vec<ControlId>,
}

fn judge(arguments: &ScanArguments, selected: Vec<Registered>) -> anyhow::Result<Judged> {
    let config = input_config(&arguments.paths, &arguments.input);
    let passed = if arguments.show_passed { Passed::Keep } else { Passed::Drop };
    let asked: Vec<ControlId> = selected.iter().map(|registered| registered.id).collect();
    let engine = Engine::new(selected, passed, settings::from_arguments(&arguments.parameter)?);
    let engine = if arguments.framework.is_empty() { engine } else { engine.counting() };
    let runs = |id: &ControlId| engine.selected().iter().any(|registered| registered.id == *id);
    let not_configured = asked.into_iter().filter(|id| !runs(id)).collect();
    let mut inventory = Inventory { complete: arguments.complete, ..Inventory::default() };
    let progress = Progress::default();
    let stdin = screen::with_progress(&progress, || {
        let found = walk::walk(&config).map_err(|error| UsageError(error.to_string()))?;
        let judge = |observed: model::inventory::Observed<'_>, symbols: &_, verdicts: &mut _| {
            engine.judge(observed, symbols, verdicts);
        };
        let stdin = load::load(&config, found, &mut inventory, &judge, &progress);
        engine.judge_inventory(&mut inventory);
        Ok::<_, UsageError>(stdin)
    })?;
    Ok(Judged { results: inventory.into_results(), stdin, not_configured })
}

fn write(
    report: &Report<'_>,
    output: &Output,
    arguments: &ScanArguments,
    sources: &SourceLines<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    match output.format {
        Format::Text => {
            let destination = if output.file.is_some() { Destination::File } else { Destination::Stdout };
            let terminal = screen::terminal(&destination);
            let options =
                text::Options { detail: detail(arguments), terminal, title: title(&arguments.paths), sources };
            text::write(report, &options, out)
        }
        Format::Json => reports::json::write(report, out),
        Format::Sarif => reports::sarif::write(report, out),
    }
}

fn detail(arguments: &ScanArguments) -> Detail {
    if arguments.details {
        Detail::Details
    } else if arguments.summary {
        Detail::Summary
    } else if arguments.quiet {
        Detail::Quiet
    } else {
        Detail::Automatic
    }
}

/// What was looked at, as the user named it.
fn title(paths: &[std::path::PathBuf]) -> String {
    let names = paths.iter().map(|path| match path.to_string_lossy() {
        name if name == "-" => "standard input".to_owned(),
        name if name == "." => {
            let here = path.canonicalize().ok();
            here.as_deref()
                .and_then(std::path::Path::file_name)
                .map_or_else(|| ".".to_owned(), |name| name.to_string_lossy().into_owned())
        }
        name => name.into_owned(),
    });
    let names: Vec<String> = names.collect();
    if names.len() > 3 { format!("{} and {} more", names[0], names.len() - 1) } else { names.join(", ") }
}
