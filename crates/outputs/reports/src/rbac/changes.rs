//! `plimsoll rbac diff`: who gains and who loses what.

use std::io::{self, Write};

use anstyle::AnsiColor;
use model::severity::Severity;
use schemars::JsonSchema;
use serde::Serialize;

use super::{DangerReport, RightReport, SubjectName};
use crate::text::Terminal;
use crate::text::terminal::{sanitize, style};

/// What changes for a subject.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubjectChange {
    /// Who.
    pub subject: SubjectName,
    /// What it may do after, and not before.
    pub gained: Vec<RightReport>,
    /// What it may do before, and not after.
    pub lost: Vec<RightReport>,
    /// What is dangerous of what it gains.
    pub dangers_gained: Vec<DangerReport>,
    /// What is dangerous of what it loses.
    pub dangers_lost: Vec<DangerReport>,
}

/// Rights of one subject that are listed, of each direction.
const SHOWN: usize = 12;

pub(super) fn write_text(changes: &[SubjectChange], terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    if changes.is_empty() {
        return writeln!(out, "nobody gains or loses a right");
    }
    for change in changes {
        let name = format!("{} {}", change.subject.kind, sanitize(&change.subject.name));
        writeln!(out, "{}", terminal.bold(&name))?;
        write_dangers("now can", &change.dangers_gained, terminal, out)?;
        write_dangers("no longer can", &change.dangers_lost, terminal, out)?;
        let green = terminal.paint(AnsiColor::Green.on_default(), "-");
        let red = terminal.paint(style(Severity::High), "+");
        write_rights(&red, &change.gained, out)?;
        write_rights(&green, &change.lost, out)?;
        writeln!(out)?;
    }
    let gains = changes.iter().filter(|change| !change.gained.is_empty()).count();
    let losses = changes.iter().filter(|change| !change.lost.is_empty()).count();
    writeln!(out, "{}", terminal.bold(&format!("{gains} gain rights, {losses} lose some")))
}

fn write_dangers(verb: &str, dangers: &[DangerReport], terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    for danger in dangers {
        let severity = Severity::from_name(&danger.severity).unwrap_or(Severity::Info);
        let mark = terminal.paint(style(severity), terminal.mark(severity));
        let place = super::text::scope(danger.namespace.as_ref());
        writeln!(out, "  {mark} {verb} {} {place}", danger.title)?;
    }
    Ok(())
}

fn write_rights(mark: &str, rights: &[RightReport], out: &mut dyn Write) -> io::Result<()> {
    for right in rights.iter().take(SHOWN) {
        let group = if right.group.is_empty() { String::new() } else { format!(".{}", right.group) };
        let names = match right.names.is_empty() {
            true => String::new(),
            false => format!(" (only {})", right.names.join(", ")),
        };
        let text = format!("{} on {}{group}{names}", right.verbs.join(", "), right.resource);
        writeln!(out, "  {mark} {} {}", sanitize(&text), super::text::scope(right.namespace.as_ref()))?;
    }
    match rights.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => writeln!(out, "  {mark} and {more} more; `--output json` has all"),
    }
}
