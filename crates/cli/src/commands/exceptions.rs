//! `plimsoll exceptions`: what is accepted, until when, and what is wrong with that.

use std::io::{self, Write};

use controls::engine::Passed;
use model::exception::Exceptions;
use model::severity::Severity;
use reports::json;
use reports::report::{Report, display_path};
use reports::text::Terminal;
use reports::text::terminal::{hang, sanitize, style};

use super::{check_outputs, write_output};
use crate::arguments::{ExceptionsArguments, Order};
use crate::configuration::ProjectSettings;
use crate::exceptions::today;
use crate::exit::{Exit, UsageError};
use crate::formats::Format;
use crate::judging::{self, Request};
use crate::screen::{self, Destination};

/// Runs the command.
pub(super) fn run(arguments: &ExceptionsArguments, project: &ProjectSettings) -> anyhow::Result<Exit> {
    check_outputs(&arguments.output)?;
    if arguments.output.iter().any(|output| !matches!(output.format, Format::Text | Format::Json)) {
        return Err(UsageError("exceptions are listed as text or json".to_owned()).into());
    }
    let request = Request {
        paths: &arguments.paths,
        input: &arguments.input,
        cluster: &arguments.cluster,
        selection: &arguments.selection,
        passed: Passed::Drop,
        order: Order::Severity,
        project,
    };
    let judged = judging::judge(&request)?;
    let report = Report::new(&judged.results, &judged.controls, Severity::Medium, env!("CARGO_PKG_VERSION"))
        .with_exceptions(&judged.exceptions);
    for output in &arguments.output {
        let destination = if output.file.is_some() { Destination::File } else { Destination::Stdout };
        write_output(output, |out| match output.format {
            Format::Json => json::write_exceptions(&report, out),
            _ => write_text(&judged.exceptions, screen::terminal(&destination), out),
        })?;
    }
    let is_wrong = judged.exceptions.problems.iter().any(|problem| problem.kind.severity() >= Severity::Medium);
    Ok(if !judged.results.coverage.skipped.is_empty() {
        Exit::Incomplete
    } else if is_wrong {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

fn write_text(exceptions: &Exceptions, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let today = today();
    for ((exception, matched), unseen) in exceptions.all.iter().zip(&exceptions.matched).zip(&exceptions.unseen) {
        let state = match exception.expires {
            _ if exception.is_expired(today) => "expired".to_owned(),
            _ if *matched == 0 && *unseen => "not looked at".to_owned(),
            _ if *matched == 0 => "unmatched".to_owned(),
            Some(last) => match last.days() - today.days() {
                0 => "ends today".to_owned(),
                1 => "ends tomorrow".to_owned(),
                days => format!("ends in {days} days"),
            },
            None => "no end".to_owned(),
        };
        let findings = if *matched == 1 { "finding" } else { "findings" };
        let named = terminal.bold(&sanitize(&exception.named));
        writeln!(out, "{named}  {matched} {findings}, {state}")?;
        let owner = if exception.owner.is_empty() { String::new() } else { format!(", by {}", exception.owner) };
        let ticket = if exception.ticket.is_empty() { String::new() } else { format!(", {}", exception.ticket) };
        let reason = sanitize(&format!("{}{owner}{ticket}", exception.reason));
        hang(&reason, 2, terminal.width).iter().try_for_each(|line| writeln!(out, "{line}"))?;
        let form = if exception.tool.is_empty() { "" } else { exception.tool };
        let place = format!("{}:{} {} {form}", display_path(&exception.path), exception.line, exception.form.name());
        writeln!(out, "  {}", terminal.dim(&sanitize(place.trim_end())))?;
    }
    if !exceptions.problems.is_empty() {
        writeln!(out)?;
    }
    for problem in &exceptions.problems {
        let severity = problem.kind.severity();
        let place = sanitize(&format!("{}:{}", display_path(&problem.path), problem.line));
        let line = format!("{} {place}: {}", problem.kind.name(), sanitize(&problem.message));
        let mark = terminal.mark(severity);
        write!(out, "{}", terminal.paint(style(severity), mark))?;
        let room = terminal.width.saturating_sub(mark.chars().count());
        hang(&line, 1, room).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    let number = exceptions.all.len();
    let noun = if number == 1 { "exception" } else { "exceptions" };
    let wrong = exceptions.problems.len();
    writeln!(out, "{}", terminal.dim(&format!("\n{number} {noun}, {wrong} with something wrong")))
}
