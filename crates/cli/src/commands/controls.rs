//! `plimsoll controls`: all controls in a table.

use std::io::{self, Write};

use controls::selection;
use frameworks::upcoming::{self, Upcoming};
use model::control::{Group, Registered};
use model::severity::Severity;
use reports::text::Terminal;
use reports::text::terminal::hang;

use super::{unknown_name, write_output};
use crate::arguments::ControlsArguments;
use crate::exit::{Exit, UsageError};
use crate::formats::Format;
use crate::screen::{self, Destination};

/// Runs the command.
pub(super) fn run(arguments: &ControlsArguments) -> anyhow::Result<Exit> {
    let (selected, to_come) = choose(&arguments.only)?;
    match arguments.output.format {
        Format::Text => {
            let terminal = screen::terminal(&Destination::Stdout);
            write_output(&arguments.output, |out| write_table(&selected, &to_come, terminal, out))?;
        }
        Format::Json => write_output(&arguments.output, |out| reports::json::write_controls(&selected, &to_come, out))?,
        _ => return Err(UsageError("controls can be listed as text or json".to_owned()).into()),
    }
    Ok(Exit::Clean)
}

/// The controls that `only` names, those that are there and those that are to come; all if it names none.
fn choose(only: &[String]) -> Result<(Vec<Registered>, Vec<&'static Upcoming>), UsageError> {
    let is_named = |upcoming: &&Upcoming| {
        only.is_empty()
            || only.iter().any(|name| [upcoming.id, upcoming.group, upcoming.severity].contains(&name.as_str()))
    };
    let to_come: Vec<&Upcoming> = upcoming::all().iter().filter(is_named).collect();
    let names: Vec<String> = only.iter().filter(|name| upcoming::by_id(name).is_none()).cloned().collect();
    let selected = selection::select(&names, &[]).map_err(|error| unknown_name(&error))?;
    // Where only controls are named that are to come, no others are meant.
    Ok((if names.is_empty() && !only.is_empty() { Vec::new() } else { selected }, to_come))
}

struct Row {
    group: Group,
    severity: Severity,
    id: &'static str,
    title: &'static str,
    fix: &'static str,
    available: bool,
}

fn rows(selected: &[Registered], to_come: &[&'static Upcoming]) -> Vec<Row> {
    let available = selected.iter().map(|registered| {
        let control = registered.control;
        Row {
            group: registered.group,
            severity: control.severity,
            id: control.id,
            title: control.title,
            fix: control.fix.name(),
            available: true,
        }
    });
    let to_come = to_come.iter().filter_map(|upcoming| {
        let (group, severity) = (Group::from_name(upcoming.group)?, Severity::from_name(upcoming.severity)?);
        Some(Row { group, severity, id: upcoming.id, title: upcoming.title, fix: "", available: false })
    });
    let mut rows: Vec<Row> = available.chain(to_come).collect();
    rows.sort_by_key(|row| (row.group, !row.available, std::cmp::Reverse(row.severity), row.id));
    rows
}

const NOT_YET: &str = "not yet available";

/// No title is cut shorter than that.
const NARROWEST: usize = 20;

/// Two lines for each control, where one has no room for its title.
fn write_narrow(
    rows: &[Row],
    (selected, to_come): (usize, usize),
    terminal: Terminal,
    out: &mut dyn Write,
) -> io::Result<()> {
    let say = |text: &str, indent: usize, out: &mut dyn Write| {
        hang(text, indent, terminal.width).iter().try_for_each(|line| writeln!(out, "{line}"))
    };
    for group in rows.chunk_by(|a, b| a.group == b.group) {
        writeln!(out, "{}", terminal.bold(group[0].group.name()))?;
        for row in group {
            say(&format!("{} {}", terminal.mark(row.severity), row.id), 2, out)?;
            let fix = if row.available { row.fix } else { NOT_YET };
            say(&format!("{fix}: {}", row.title), 4, out)?;
        }
    }
    writeln!(out)?;
    say(&format!("{selected} controls, {to_come} more {NOT_YET}"), 0, out)?;
    say("`plimsoll explain ID` says what a control means and how to mend it", 0, out)
}

fn write_table(
    selected: &[Registered],
    to_come: &[&'static Upcoming],
    terminal: Terminal,
    out: &mut dyn Write,
) -> io::Result<()> {
    /// The width of the class of the fix.
    const FIX: usize = 13;
    let rows = rows(selected, to_come);
    let width = rows.iter().map(|row| row.id.len()).max().unwrap_or(0);
    let room = terminal.width.saturating_sub(width + 9 + FIX);
    if room < NARROWEST {
        return write_narrow(&rows, (selected.len(), to_come.len()), terminal, out);
    }
    for group in rows.chunk_by(|a, b| a.group == b.group) {
        writeln!(out, "{}", terminal.bold(group[0].group.name()))?;
        for row in group {
            let mark = terminal.mark(row.severity);
            let padding = " ".repeat(3 - mark.chars().count().min(3));
            if row.available {
                let mark = terminal.paint(reports::text::terminal::style(row.severity), mark);
                let title = terminal.cut(row.title, room);
                writeln!(out, "  {mark}{padding}{:<width$}  {:<FIX$}{}", row.id, row.fix, terminal.dim(&title))?;
            } else {
                let title = terminal.cut(row.title, room.saturating_sub(NOT_YET.len() + 2).max(NARROWEST.min(room)));
                let line = format!("  {mark}{padding}{:<width$}  {:<FIX$}{NOT_YET}: {title}", row.id, row.fix);
                writeln!(out, "{}", terminal.dim(&line))?;
            }
        }
    }
    let legend = Severity::ALL.map(|severity| format!("{} {severity}", terminal.mark(severity))).join("  ");
    let count = format!("{} controls, {} more {NOT_YET}", selected.len(), to_come.len());
    writeln!(out, "\n{count}  {}", terminal.dim(&legend))?;
    writeln!(out, "{}", terminal.dim("`plimsoll explain ID` says what a control means and how to mend it"))
}
