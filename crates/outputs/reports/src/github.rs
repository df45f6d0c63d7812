//! Workflow commands of GitHub Actions: a finding becomes an annotation of its line.
//!
//! GitHub shows at most ten errors, ten warnings and ten notices of a step. The worst are written, and a last line
//! says how many more there are. Inputs that were not looked at are errors, after the critical findings.

use std::io::{self, Write};

use model::coverage::Skipped;
use model::severity::Severity;

use crate::report::{ControlResult, Report, display_path};
use crate::repository::Repository;
use crate::text::terminal::sanitize;
use crate::verdict::count;

/// What GitHub shows of each level in a step.
const LIMIT: usize = 10;

/// GitHub's names for how bad something is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Error,
    Warning,
    Notice,
}

impl Level {
    const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Notice];

    fn of(severity: Severity) -> Self {
        match severity {
            Severity::Critical | Severity::High => Self::Error,
            Severity::Medium => Self::Warning,
            Severity::Low | Severity::Info => Self::Notice,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

/// Writes the annotations.
///
/// # Errors
/// What writing to `out` returns.
pub fn write(report: &Report<'_>, repository: &Repository, out: &mut dyn Write) -> io::Result<()> {
    let counts = report.counts();
    let skipped = &report.results.coverage.skipped;
    let mut left_out = Vec::new();
    for level in Level::ALL {
        let mut room = LIMIT;
        let mut all = if level == Level::Error { skipped.len() as u64 } else { 0 };
        let of_level = |severity: &Severity| Level::of(*severity) == level && report.is_alert(*severity);
        for severity in Severity::ALL.into_iter().filter(of_level) {
            all += counts.of(severity);
            let of_severity = report.control_results().filter(|result| result.counts() && result.severity == severity);
            for result in of_severity.take(room) {
                out.write_all(annotation(report, &result, level, repository).as_bytes())?;
                room -= 1;
            }
            if severity == Severity::Critical {
                for input in skipped.iter().take(room) {
                    out.write_all(not_looked_at(input, repository).as_bytes())?;
                    room -= 1;
                }
            }
        }
        let more = all - (LIMIT - room) as u64;
        if more > 0 {
            left_out.push(count(more, level.name(), &format!("{}s", level.name())));
        }
    }
    if left_out.is_empty() {
        return Ok(());
    }
    writeln!(out, "Plimsoll: {} more: GitHub shows {LIMIT} of each in a step, these are the worst", left_out.join(", "))
}

fn annotation(report: &Report<'_>, result: &ControlResult<'_>, level: Level, repository: &Repository) -> String {
    let control = result.registered.control;
    let first = result.first();
    let place = report.place(first);
    let path = repository.path(&report.place_path(first));
    let mut out = format!(
        "::{} file={},line={},endLine={}",
        level.name(),
        property(&sanitize(&path)),
        place.line,
        place.end_line.max(place.line)
    );
    // Columns that belong to two lines are refused.
    if place.line == place.end_line && first.place.line > 0 {
        out.push_str(&format!(",col={},endColumn={}", place.column, place.end_column.max(place.column)));
    }
    out.push_str(&format!(",title={}::", property(&format!("{} ({})", control.id, result.severity))));
    let object = sanitize(&report.resource_id(result.resource));
    let others = match result.decisive().count() - 1 {
        0 => String::new(),
        others => format!(", and {}", count(others as u64, "more place", "more places")),
    };
    let message = sanitize(&report.explained(first));
    out.push_str(&data(&format!("{message} ({object}{others})\n{}", control.remediation)));
    out.push('\n');
    out
}

fn not_looked_at(input: &Skipped, repository: &Repository) -> String {
    let path = property(&sanitize(&repository.path(&display_path(&input.path))));
    let line = input.line.map_or_else(String::new, |line| format!(",line={line}"));
    format!("::error file={path}{line},title=not looked at::{}\n", data(&sanitize(&input.reason)))
}

/// `text` as what a command says.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// `text` as a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
