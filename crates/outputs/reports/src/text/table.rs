//! Many findings: one line for each control.

use std::collections::BTreeMap;
use std::io::{self, Write};

use model::severity::Severity;
use unicode_width::UnicodeWidthStr;

use super::terminal::{sanitize, style};
use super::{Options, is_shown};
use crate::report::{ControlResult, Report};

/// The columns that a place needs.
const NARROWEST: usize = 20;

struct Row {
    severity: Severity,
    id: &'static str,
    objects: u64,
    place: String,
}

/// Writes the table of failed results by control, the worst first.
pub(super) fn write(report: &Report<'_>, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let terminal = options.terminal;
    let rows = rows(report, options);
    let id_width = rows.iter().map(|row| row.id.width()).chain([7]).max().unwrap_or(7);
    let count_width = rows.iter().map(|row| row.objects.to_string().len()).chain([7]).max().unwrap_or(7);
    let place_width = terminal.width.saturating_sub(5 + id_width + 2 + count_width + 2);
    // A place of which only the end is left helps nobody.
    let has_place = place_width >= NARROWEST;
    let heading = format!("     {:<id_width$}  {:>count_width$}", "control", "objects");
    let heading = if has_place { heading + "  first place" } else { heading };
    writeln!(out, "{}", terminal.dim(&heading))?;
    for row in rows {
        let mark = terminal.paint(style(row.severity), terminal.mark(row.severity));
        let padding = " ".repeat(3 - terminal.mark(row.severity).width().min(3));
        let (id, objects) = (row.id, row.objects);
        write!(out, "  {mark}{padding}{id:<id_width$}  {objects:>count_width$}")?;
        if has_place {
            write!(out, "  {}", terminal.dim(&terminal.cut_path(&row.place, place_width)))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn rows(report: &Report<'_>, options: &Options<'_>) -> Vec<Row> {
    let mut by_control: BTreeMap<&'static str, Row> = BTreeMap::new();
    for result in report.control_results().filter(|result| is_shown(report, options, result)) {
        let id = result.registered.control.id;
        let row = by_control.entry(id).or_insert_with(|| Row {
            severity: result.severity,
            id,
            objects: 0,
            place: place(report, &result),
        });
        row.objects += 1;
        if result.severity > row.severity {
            row.severity = result.severity;
            row.place = place(report, &result);
        }
    }
    let mut rows: Vec<Row> = by_control.into_values().collect();
    rows.sort_by(|a, b| b.severity.cmp(&a.severity).then(b.objects.cmp(&a.objects)).then(a.id.cmp(b.id)));
    rows
}

fn place(report: &Report<'_>, result: &ControlResult<'_>) -> String {
    sanitize(&report.place_location(result.first()))
}
