//! CSV (RFC 4180) for spreadsheets: a line for each occurrence, and one for each input that was not looked at.
//!
//! A spreadsheet takes a cell that begins as a formula for one, and runs it: such a cell gets a `'` before it. Control
//! characters become visible ones, so that a record is one line.

use std::borrow::Cow;
use std::io::{self, Write};

use model::coverage::Skipped;
use model::finding::{Occurrence, Status};

use crate::report::{ControlResult, Report, display_path};
use crate::repository::{Located, Repository};
use crate::text::terminal::sanitize;

/// The columns.
const HEADER: [&str; 20] = [
    "status",
    "standing",
    "severity",
    "control",
    "title",
    "resource",
    "api_version",
    "kind",
    "namespace",
    "name",
    "container",
    "field",
    "value",
    "message",
    "path",
    "line",
    "column",
    "end_line",
    "end_column",
    "fingerprint",
];

/// Writes the report, line by line.
///
/// # Errors
/// What writing to `out` returns.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut line = String::with_capacity(1024);
    push_record(HEADER, &mut line);
    out.write_all(line.as_bytes())?;
    let here = Repository::default();
    let mut located = Located::new(report, &here);
    let is_written = |result: &ControlResult<'_>| result.status != Status::Fail || !result.registered.control.umbrella;
    for result in report.control_results().filter(is_written) {
        let id = located.of(result.resource).0.to_owned();
        line.clear();
        for occurrence in result.occurrences.iter().filter(|occurrence| occurrence.status == result.status) {
            let fingerprint = report.occurrence_fingerprint(&result, &id, occurrence);
            let path = located.place_of(occurrence);
            push_occurrence(report, &result, occurrence, [&id, &path, &fingerprint], &mut line);
        }
        out.write_all(line.as_bytes())?;
    }
    for skipped in &report.results.coverage.skipped {
        line.clear();
        push_skipped(skipped, &mut line);
        out.write_all(line.as_bytes())?;
    }
    Ok(())
}

fn push_occurrence(
    report: &Report<'_>,
    result: &ControlResult<'_>,
    occurrence: &Occurrence,
    [id, path, fingerprint]: [&str; 3],
    out: &mut String,
) {
    let control = result.registered.control;
    let resource = report.resource(result.resource);
    let place = report.place(occurrence);
    let value = if occurrence.secret { "" } else { report.text(occurrence.value) };
    let record = [
        occurrence.status.name(),
        occurrence.standing.name(),
        occurrence.severity.name(),
        control.id,
        control.title,
        id,
        report.text(resource.api_version),
        report.text(resource.kind),
        report.text(resource.namespace),
        report.text(resource.name),
        report.text(occurrence.container),
        report.text(place.field),
        value,
        &report.explained(occurrence),
        path,
        &place.line.to_string(),
        &place.column.to_string(),
        &place.end_line.to_string(),
        &place.end_column.to_string(),
        fingerprint,
    ];
    push_record(record, out);
}

fn push_skipped(skipped: &Skipped, out: &mut String) {
    let mut record = [""; HEADER.len()];
    let message = format!("not looked at: {}", skipped.reason);
    let path = display_path(&skipped.path);
    let line = skipped.line.map(|line| line.to_string()).unwrap_or_default();
    for (column, text) in [("status", "error"), ("message", &message), ("path", &path), ("line", &line)] {
        let at = HEADER.iter().position(|name| *name == column).expect("the header has the column");
        record[at] = text;
    }
    push_record(record, out);
}

fn push_record(record: [&str; HEADER.len()], out: &mut String) {
    for (number, text) in record.into_iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        push_cell(text, out);
    }
    out.push_str("\r\n");
}

pub(crate) fn push_cell(text: &str, out: &mut String) {
    let (mut is_clean, mut is_quoted) = (true, false);
    for byte in text.bytes() {
        is_clean &= (b' '..0x7f).contains(&byte);
        is_quoted |= matches!(byte, b',' | b'"' | b';');
    }
    let clean = if is_clean { Cow::Borrowed(text) } else { Cow::Owned(sanitize(text)) };
    // Some spreadsheets take the wide forms for the narrow ones, and look past spaces.
    let is_formula = clean.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    let defused = if is_formula { "'" } else { "" };
    if !is_quoted {
        out.push_str(defused);
        out.push_str(&clean);
        return;
    }
    out.push('"');
    out.push_str(defused);
    out.push_str(&clean.replace('"', "\"\""));
    out.push('"');
}
