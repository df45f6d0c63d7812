//! `plimsoll scan`: judges manifests and clusters.

mod watch;

use std::io::{self, Write};
use std::time::SystemTime;

use controls::engine::Passed;
use reports::baseline::Reach;
use reports::gitlab_sast::Times;
use reports::report::{Outcome, Report};
use reports::repository::Repository;
use reports::text::{self, Detail};
use reports::{github_summary, markdown};

use super::{baseline, check_outputs, write_output};
use crate::arguments::{Order, Output, ScanArguments};
use crate::ci;
use crate::configuration::ProjectSettings;
use crate::exit::Exit;
use crate::formats::Format;
use crate::inputs;
use crate::judging::{self, Judged, Request};
use crate::screen::{self, Destination};
use crate::since::Changed;
use crate::source_lines::SourceLines;

/// Runs the command.
pub(super) fn run(arguments: &ScanArguments, project: &ProjectSettings) -> anyhow::Result<Exit> {
    let start = SystemTime::now();
    check_outputs(&arguments.output)?;
    let baseline = arguments.baseline.as_deref().map(baseline::read).transpose()?;
    let request = Request {
        paths: &arguments.paths,
        input: &arguments.input,
        cluster: &arguments.cluster,
        selection: &arguments.selection,
        passed: if arguments.show_passed { Passed::Keep } else { Passed::Drop },
        order: order(arguments),
        project,
    };
    if arguments.watch {
        return watch::run(arguments, &request, &|judged| {
            let Judged { results, controls, shown, frameworks: _, exceptions, looked: _ } = judged;
            let (threshold, version) = (arguments.severity_threshold, env!("CARGO_PKG_VERSION"));
            let report = Report::new(&results, &controls, threshold, version).with_exceptions(&exceptions);
            let sources = SourceLines::new(&results, &shown);
            let times = Times { start, end: SystemTime::now() };
            let printing = Printing { arguments, sources, repository: ci::repository(), times };
            arguments
                .output
                .iter()
                .try_for_each(|output| write_output(output, |out| printing.write(&report, output, out)))
        });
    }
    let changed = arguments.since.as_deref().map(|since| Changed::since(since, &arguments.paths)).transpose()?;
    let Judged { mut results, controls, shown, frameworks, exceptions, looked } = judging::judge(&request)?;
    let (threshold, version) = (arguments.severity_threshold, env!("CARGO_PKG_VERSION"));
    let compared = baseline.map(|baseline| {
        let reach = arguments.baseline.as_deref().map_or(Reach::Part, |file| looked.reach(file));
        baseline.compare(&Report::new(&results, &controls, threshold, version), reach)
    });
    if let Some((standings, _)) = &compared {
        reports::baseline::apply(&mut results, standings);
    }
    if let Some(changed) = changed {
        changed.narrow(&mut results);
    }
    let mut report =
        Report::new(&results, &controls, threshold, version).with_frameworks(&frameworks).with_exceptions(&exceptions);
    report.baseline = compared.map(|(_, compared)| compared);
    let printing = Printing {
        arguments,
        sources: SourceLines::new(&results, &shown),
        repository: if shown.fetched.is_some() { Repository::default() } else { ci::repository() },
        times: Times { start, end: SystemTime::now() },
    };
    for output in &arguments.output {
        write_output(output, |out| printing.write(&report, output, out))?;
    }
    Ok(match report.outcome() {
        Outcome::Clean => Exit::Clean,
        Outcome::Findings => Exit::Findings,
        Outcome::Incomplete => Exit::Incomplete,
    })
}

/// What formats need to know beside the report.
struct Printing<'a> {
    arguments: &'a ScanArguments,
    sources: SourceLines<'a>,
    repository: Repository,
    times: Times,
}

impl Printing<'_> {
    fn write(&self, report: &Report<'_>, output: &Output, out: &mut dyn Write) -> io::Result<()> {
        let Self { arguments, sources, repository, times } = self;
        let title = inputs::title(&arguments.paths, &report.results.live);
        match output.format {
            Format::Text => {
                let destination = if output.file.is_some() { Destination::File } else { Destination::Stdout };
                let terminal = screen::terminal(&destination);
                text::write(
                    report,
                    &text::Options {
                        detail: detail(arguments),
                        terminal,
                        title,
                        excepted: arguments.show_excepted,
                        sources,
                    },
                    out,
                )
            }
            Format::Json => reports::json::write(report, out),
            Format::Sarif => reports::sarif::write(report, out),
            Format::Junit => reports::junit::write(report, out),
            Format::Github => reports::github::write(report, repository, out),
            Format::GithubSummary => {
                github_summary::write(report, &title, repository, github_summary::LIMIT - written(output), out)
            }
            Format::GitlabCodeQuality => reports::gitlab_code_quality::write(report, repository, out),
            Format::GitlabSast => reports::gitlab_sast::write(report, repository, *times, out),
            Format::Markdown => {
                let limit = markdown::COMMENT_LIMIT;
                let options = markdown::Options { title: &title, limit, rows: 25, places: 50, repository };
                markdown::write(report, &options, out)
            }
            Format::Csv => reports::csv::write(report, out),
            Format::Html => {
                let time = format!("{} UTC", crate::exceptions::today());
                reports::html::write(report, &reports::html::Options { title: &title, time: &time, sources }, out)
            }
        }
    }
}

/// How much of the summary of the step others have written, at most all of it.
fn written(output: &Output) -> usize {
    let summary = if output.file.is_none() { ci::step_summary() } else { None };
    let length = summary.and_then(|path| path.metadata().ok()).map_or(0, |metadata| metadata.len());
    usize::try_from(length).map_or(github_summary::LIMIT, |length| length.min(github_summary::LIMIT))
}

/// Ways of attackers are looked for only where somebody sees what comes of it.
fn order(arguments: &ScanArguments) -> Order {
    let shows = |output: &Output| match output.format {
        Format::Text => !arguments.summary && !arguments.quiet,
        Format::Json | Format::Html | Format::Markdown | Format::GithubSummary => true,
        Format::Sarif
        | Format::Junit
        | Format::Github
        | Format::GitlabCodeQuality
        | Format::GitlabSast
        | Format::Csv => false,
    };
    if arguments.output.iter().any(shows) { arguments.order } else { Order::Severity }
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
