//! Text for people: findings as frames of their own files, many of them as a table, and the closing lines.

mod closing;
mod first;
mod frame;
mod requirements;
mod table;
pub mod terminal;

use std::io::{self, Write};

use model::finding::Status;
use model::inventory::ResourceId;

pub use self::terminal::Terminal;
use self::terminal::hang;
use crate::report::{ControlResult, Report};

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Every finding in a frame if they are few, a table and the worst few if they are many.
    Automatic,
    /// Every finding in a frame.
    Details,
    /// A table.
    Summary,
    /// The closing lines alone.
    Quiet,
}

/// Where the lines of the user's files come from when they are shown.
pub trait Sources {
    /// The lines `first..=last` of a file, without line ends and with every secret masked, character for
    /// character. `None` if the file cannot be read any more.
    fn lines(&self, file: u32, first: u32, last: u32) -> Option<Vec<String>>;
}

/// How the text is written.
pub struct Options<'a> {
    /// How much is shown.
    pub detail: Detail,
    /// What it is written to.
    pub terminal: Terminal,
    /// What was looked at, as the user named it.
    pub title: String,
    /// Whether what is accepted is listed.
    pub excepted: bool,
    /// The user's files.
    pub sources: &'a dyn Sources,
}

/// Up to this many findings are all framed.
const FEW: usize = 20;

/// How many are framed where there are more.
const WORST: usize = 3;

/// Writes the report.
///
/// # Errors
/// What writing to `out` returns.
pub fn write(report: &Report<'_>, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let all = report.control_results().filter(ControlResult::counts).count();
    let count = report.control_results().filter(|result| is_shown(report, options, result)).count();
    let framed = match options.detail {
        Detail::Details => count,
        Detail::Automatic if count <= FEW => count,
        Detail::Automatic => WORST,
        Detail::Summary | Detail::Quiet => 0,
    };
    let has_table = count > framed && options.detail != Detail::Quiet;
    let says_first = has_table && options.detail == Detail::Automatic && !report.results.priorities.first.is_empty();
    if says_first {
        first::write(report, options, out)?;
    }
    if has_table {
        table::write(report, options, out)?;
        writeln!(out)?;
    }
    for result in worst(report, options, framed, framed == count) {
        frame::write(report, &result, options, out)?;
        writeln!(out)?;
    }
    if has_table && options.detail == Detail::Automatic {
        let left = count - framed;
        let hint = format!("{left} more findings: `--details` frames every one, `--only CONTROL` one control");
        hint_lines(&hint, options, out)?;
    }
    if all > count && options.detail != Detail::Quiet {
        let left = all - count;
        let findings = if left == 1 { "finding" } else { "findings" };
        let hint =
            format!("{left} {findings} below `{}`: `--summary` counts them, `--details` frames them", report.threshold);
        hint_lines(&hint, options, out)?;
    }
    if options.detail != Detail::Quiet {
        not_known(report, options, out)?;
    }
    requirements::write(report, options, out)?;
    closing::write(report, options, says_first, out)
}

/// Whether a result is shown by itself. What cannot fail the run is only counted, unless somebody asks for everything.
fn is_shown(report: &Report<'_>, options: &Options<'_>, result: &ControlResult<'_>) -> bool {
    let everything = matches!(options.detail, Detail::Details | Detail::Summary);
    result.counts() && (everything || result.severity >= report.threshold)
}

/// The first `count` failed results, by what they contribute, then by severity, then as the input is. Of several at one
/// place, the first stands for the others unless all are wanted.
fn worst<'a>(report: &Report<'a>, options: &Options<'_>, count: usize, all: bool) -> Vec<ControlResult<'a>> {
    if count == 0 {
        return Vec::new();
    }
    let shown = report.control_results().filter(|result| is_shown(report, options, result));
    if all {
        let mut shown: Vec<ControlResult<'a>> = shown.collect();
        shown.sort_by_cached_key(|result| report.order(result));
        return shown;
    }
    // Of a million results few are kept at a time.
    let mut chosen: Vec<(_, (ResourceId, u32), ControlResult<'a>)> = Vec::new();
    for result in shown {
        let (order, place) = (report.order(&result), (result.resource, result.first().place.line));
        if let Some(known) = chosen.iter().position(|(_, known, _)| *known == place) {
            if chosen[known].0 <= order {
                continue;
            }
            chosen.remove(known);
        }
        let at = chosen.partition_point(|(known, ..)| *known <= order);
        if at < count {
            chosen.truncate(count - 1);
            chosen.insert(at, (order, place, result));
        }
    }
    chosen.into_iter().map(|(.., result)| result).collect()
}

/// One line for each control whose answer needs what was not seen.
fn not_known(report: &Report<'_>, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut by_control: Vec<(usize, &str)> = Vec::new();
    let results = report.control_results().filter(|result| result.status == Status::Skip);
    for result in results.filter(|result| !report.is_of_gap(result)) {
        let id = result.registered.control.id;
        match by_control.iter_mut().find(|(_, known)| *known == id) {
            Some((count, _)) => *count += 1,
            None => by_control.push((1, id)),
        }
    }
    let dim_lines = |line: &str, out: &mut dyn Write| {
        let lines = hang(line, 0, options.terminal.width);
        lines.iter().try_for_each(|line| writeln!(out, "{}", options.terminal.dim(line)))
    };
    let gaps = report.gaps();
    for (gap, count) in &gaps {
        let objects = if *count == 1 { "object" } else { "objects" };
        let why = gap.message().trim_start_matches("Not known: ");
        dim_lines(&format!("{} nothing passes for {count} {objects}: {why}", options.terminal.unseen()), out)?;
    }
    if by_control.is_empty() && !gaps.is_empty() {
        writeln!(out)?;
    }
    for (count, id) in &by_control {
        let objects = if *count == 1 { "object" } else { "objects" };
        let line = format!("{} not known for {count} {objects}: {id}", options.terminal.unseen());
        dim_lines(&line, out)?;
    }
    if !by_control.is_empty() {
        let hint = "the answer needs objects outside the input; `--complete` says that there are none";
        let lines = hang(hint, 2, options.terminal.width);
        lines.iter().try_for_each(|line| writeln!(out, "{}", options.terminal.dim(line)))?;
        writeln!(out)?;
    }
    Ok(())
}

fn hint_lines(hint: &str, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let lines = hang(hint, 0, options.terminal.width);
    lines.iter().try_for_each(|line| writeln!(out, "{}", options.terminal.dim(line)))?;
    writeln!(out)
}
