//! `plimsoll scan`: judges manifests.

use std::io::{self, Write};

use controls::engine::Passed;
use reports::report::{Outcome, Report};
use reports::text::{self, Detail};

use super::{baseline, check_outputs, write_output};
use crate::arguments::{Format, Output, ScanArguments};
use crate::configuration::ProjectSettings;
use crate::exit::Exit;
use crate::judging::{self, Judged, Request};
use crate::screen::{self, Destination};
use crate::source_lines::SourceLines;

/// Runs the command.
pub(super) fn run(arguments: &ScanArguments, project: &ProjectSettings) -> anyhow::Result<Exit> {
    check_outputs(&arguments.output)?;
    let baseline = arguments.baseline.as_deref().map(baseline::read).transpose()?;
    let request = Request {
        paths: &arguments.paths,
        input: &arguments.input,
        selection: &arguments.selection,
        passed: if arguments.show_passed { Passed::Keep } else { Passed::Drop },
        project,
    };
    let Judged { mut results, controls, stdin } = judging::judge(&request)?;
    let (threshold, version) = (arguments.severity_threshold, env!("CARGO_PKG_VERSION"));
    let compared = baseline.map(|baseline| baseline.compare(&Report::new(&results, &controls, threshold, version)));
    if let Some((standings, _)) = &compared {
        reports::baseline::apply(&mut results, standings);
    }
    let mut report = Report::new(&results, &controls, threshold, version);
    report.baseline = compared.map(|(_, compared)| compared);
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
