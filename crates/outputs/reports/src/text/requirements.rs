//! Frameworks that were asked for: a table by requirement, the counts, and the score with its formula.

use std::io::{self, Write};

use compliance::{Asked, Assessed, Assessment, RequirementStatus, weight};
use model::severity::Severity;
use unicode_width::UnicodeWidthStr;

use super::terminal::{fill, hang, sanitize, style};
use super::{Detail, Options, Terminal};
use crate::report::Report;

/// In longer lists than this, neighbours of which nothing was observed become one line, unless everything is wanted.
const LONG: usize = 40;

/// So many neighbours.
const MANY: usize = 3;

/// What a status may take of a line, unless it is wider than most.
const STATUS: usize = 42;

/// No wording is cut shorter than that.
const NARROWEST: usize = 24;

/// Writes all of them.
pub(super) fn write(report: &Report<'_>, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    for assessment in report.frameworks {
        if options.detail == Detail::Quiet {
            let line = format!("{}: {}", sanitize(&assessment.subject.title), score(assessment));
            hang(&line, 0, options.terminal.width).iter().try_for_each(|line| writeln!(out, "{line}"))?;
            continue;
        }
        write_one(assessment, options, out)?;
    }
    if !report.frameworks.is_empty() && options.detail != Detail::Quiet {
        let unseen = match report.results.coverage.skipped.len() {
            0 => None,
            1 => Some("1 input was not looked at: what passes passes in the rest".to_owned()),
            skipped => Some(format!("{skipped} inputs were not looked at: what passes passes in the rest")),
        };
        let lines = unseen.iter().flat_map(|line| hang(line, 0, options.terminal.width));
        lines.into_iter().try_for_each(|line| writeln!(out, "{line}"))?;
        for line in hang(&formula(), 0, options.terminal.width) {
            writeln!(out, "{}", options.terminal.dim(&line))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// The score, in one sentence with its coverage.
fn score(assessment: &Assessment) -> String {
    let coverage = format!("observed {} of {} requirements", assessment.observed, assessment.of);
    match assessment.score {
        Some(score) => format!("score {score} of 100 ({coverage})"),
        None => format!("no score ({coverage})"),
    }
}

fn formula() -> String {
    let weights = Severity::ALL.map(|severity| format!("{severity} {}", weight(severity))).join(", ");
    format!(
        "score: of every control that judged, weight × objects that pass ÷ objects that pass or fail, added up, of all \
         the weights added up. Weights: {weights}. What was not observed is in neither sum"
    )
}

struct Row {
    mark: String,
    mark_width: usize,
    id: String,
    title: String,
    status: String,
}

fn write_one(assessment: &Assessment, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let terminal = options.terminal;
    let rows = rows(assessment, options);
    let widest = |of: fn(&Row) -> usize| rows.iter().map(of).max().unwrap_or(0);
    let id_width = widest(|row| row.id.width());
    let room = terminal.width.saturating_sub(5 + id_width + 2 + 2);
    let status_width = widest(|row| row.status.width()).min(STATUS);
    let title_width = widest(|row| row.title.width()).min(room.saturating_sub(status_width).max(NARROWEST));
    writeln!(out, "{}", terminal.bold(&sanitize(&assessment.subject.title)))?;
    let is_narrow = room < 2 * NARROWEST;
    for row in rows {
        let Row { mark, mark_width, id, title, status } = row;
        let padding = " ".repeat(3 - mark_width.min(3));
        if is_narrow {
            let title = terminal.cut(&title, terminal.width.saturating_sub(5 + id.width() + 2));
            writeln!(out, "  {mark}{padding}{id}  {title}")?;
            let lines = hang(&status, 5, terminal.width);
            lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
            continue;
        }
        let title = terminal.cut(&title, title_width);
        let gap = " ".repeat(title_width.saturating_sub(title.width()));
        let id_gap = " ".repeat(id_width - id.width());
        let status = terminal.cut(&status, room.saturating_sub(title_width).max(NARROWEST));
        writeln!(out, "  {mark}{padding}{id}{id_gap}  {title}{gap}  {status}")?;
    }
    let counts = RequirementStatus::ALL.map(|status| (assessment.count(status), status.phrase()));
    let counts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, phrase)| format!("{count} {phrase}"));
    let counts = fill(counts, "  ", terminal.width.saturating_sub(2));
    counts.iter().try_for_each(|line| writeln!(out, "  {line}"))?;
    writeln!(out, "  {}\n", terminal.bold(&score(assessment)))
}

fn rows(assessment: &Assessment, options: &Options<'_>) -> Vec<Row> {
    let terminal = options.terminal;
    let pairs: Vec<(&Asked, &Assessed)> = assessment.pairs().collect();
    let is_unseen = |assessed: &Assessed| assessed.status == RequirementStatus::NotObserved;
    let alike = |a: &(&Asked, &Assessed), b: &(&Asked, &Assessed)| {
        is_unseen(a.1) && is_unseen(b.1) && a.0.section == b.0.section
    };
    let folds = pairs.len() > LONG && options.detail != Detail::Details;
    let mut rows = Vec::new();
    for group in pairs.chunk_by(alike) {
        if group.len() >= MANY && folds {
            rows.push(folded(group, terminal));
        } else {
            rows.extend(group.iter().map(|(asked, assessed)| row(asked, assessed, terminal)));
        }
    }
    rows
}

fn row(asked: &Asked, assessed: &Assessed, terminal: Terminal) -> Row {
    let (text, style) = mark(assessed, terminal);
    Row {
        mark: style.map_or_else(|| text.to_owned(), |style| terminal.paint(style, text)),
        mark_width: text.width(),
        id: sanitize(&asked.id),
        title: sanitize(&asked.title),
        status: status(asked, assessed),
    }
}

/// One line for neighbours of which nothing was observed.
fn folded(group: &[(&Asked, &Assessed)], terminal: Terminal) -> Row {
    let (first, last) = (group[0], group[group.len() - 1]);
    let reason = first.1.reason(&first.0.needs);
    let same = group.iter().all(|(asked, assessed)| assessed.reason(&asked.needs) == reason);
    let section = first.0.section.split_once(' ').map_or("", |(_, words)| words);
    let comma = if section.is_empty() { "" } else { ", " };
    let title = format!("to {}: {} requirements{comma}{section}", last.0.id, group.len());
    Row {
        mark: terminal.unseen().to_owned(),
        mark_width: terminal.unseen().width(),
        id: sanitize(&first.0.id),
        title: sanitize(&title),
        status: if same { format!("not observed: {reason}") } else { "not observed".to_owned() },
    }
}

fn mark(assessed: &Assessed, terminal: Terminal) -> (&'static str, Option<anstyle::Style>) {
    match assessed.status {
        RequirementStatus::Fail => {
            let failed = assessed.controls.iter().filter(|control| control.counts.failed > 0);
            let worst = failed.map(|control| control.serving.severity()).max().unwrap_or(Severity::Info);
            (terminal.mark(worst), Some(style(worst)))
        }
        RequirementStatus::Pass => (terminal.passed(), Some(anstyle::AnsiColor::Green.on_default())),
        RequirementStatus::Partial
        | RequirementStatus::NotObserved
        | RequirementStatus::NeedsPerson
        | RequirementStatus::NotConfigured => (terminal.unseen(), None),
    }
}

fn status(asked: &Asked, assessed: &Assessed) -> String {
    let phrase = assessed.status.phrase();
    let counts = assessed.counts;
    let results = |count: u64| format!("{count} {}", if count == 1 { "result" } else { "results" });
    match assessed.status {
        RequirementStatus::Fail => format!("{phrase}: {} of {}", counts.failed, results(counts.all())),
        RequirementStatus::Pass => format!("{phrase}: {}", results(counts.passed)),
        RequirementStatus::Partial | RequirementStatus::NotObserved => {
            format!("{phrase}: {}", assessed.reason(&asked.needs))
        }
        RequirementStatus::NeedsPerson | RequirementStatus::NotConfigured => phrase.to_owned(),
    }
}
