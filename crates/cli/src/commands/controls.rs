//! `plimsoll controls`: all controls in a table.

use std::io::{self, Write};

use controls::selection;
use model::control::Registered;
use model::severity::Severity;
use reports::text::Terminal;

use super::{unknown_name, write_output};
use crate::arguments::ControlsArguments;
use crate::exit::{Exit, UsageError};
use crate::formats::Format;
use crate::screen::{self, Destination};

/// Runs the command.
pub(super) fn run(arguments: &ControlsArguments) -> anyhow::Result<Exit> {
    let selected = selection::select(&arguments.only, &[]).map_err(|error| unknown_name(&error))?;
    match arguments.output.format {
        Format::Text => {
            let terminal = screen::terminal(&Destination::Stdout);
            write_output(&arguments.output, |out| write_table(&selected, terminal, out))?;
        }
        Format::Json => write_output(&arguments.output, |out| reports::json::write_controls(&selected, out))?,
        _ => return Err(UsageError("controls can be listed as text or json".to_owned()).into()),
    }
    Ok(Exit::Clean)
}

fn write_table(selected: &[Registered], terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let width = selected.iter().map(|registered| registered.control.id.len()).max().unwrap_or(0);
    let mut ordered: Vec<&Registered> = selected.iter().collect();
    ordered.sort_by_key(|registered| (registered.group, std::cmp::Reverse(registered.control.severity), registered.id));
    for group in ordered.chunk_by(|a, b| a.group == b.group) {
        writeln!(out, "{}", terminal.bold(group[0].group.name()))?;
        for registered in group {
            let control = registered.control;
            let mark = terminal.mark(control.severity);
            let padding = " ".repeat(3 - mark.chars().count().min(3));
            let mark = terminal.paint(reports::text::terminal::style(control.severity), mark);
            let title = terminal.cut(control.title, terminal.width.saturating_sub(width + 9).max(20));
            writeln!(out, "  {mark}{padding}{:<width$}  {}", control.id, terminal.dim(&title))?;
        }
    }
    let legend = Severity::ALL.map(|severity| format!("{} {severity}", terminal.mark(severity))).join("  ");
    writeln!(out, "\n{} controls  {}", selected.len(), terminal.dim(&legend))?;
    writeln!(out, "{}", terminal.dim("`plimsoll explain ID` says what a control means and how to mend it"))
}
