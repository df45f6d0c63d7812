//! GitLab's code quality report: findings beside the lines of a merge request.
//!
//! An array of issues as Code Climate shaped them, with the fields that GitLab reads: one for each occurrence, and one
//! for each input that was not looked at. GitLab tells issues apart by their fingerprints alone.

use std::collections::HashMap;
use std::io::{self, Write};

use model::coverage::Skipped;
use model::severity::Severity;
use serde::Serialize;

use crate::report::{Report, display_path, fingerprint_of};
use crate::repository::{Located, Repository};

#[derive(Serialize)]
struct Issue<'a> {
    r#type: &'static str,
    check_name: &'a str,
    description: String,
    categories: [&'static str; 1],
    severity: &'static str,
    fingerprint: String,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

/// Writes the report, issue by issue.
///
/// # Errors
/// What writing to `out` returns.
pub fn write(report: &Report<'_>, repository: &Repository, out: &mut dyn Write) -> io::Result<()> {
    let mut list = List { out, buffer: Vec::with_capacity(1024), is_empty: true };
    list.out.write_all(b"[")?;
    let mut located = Located::new(report, repository);
    for result in report.alerts() {
        let resource = located.of(result.resource).0.to_owned();
        let fingerprints = report.unique_fingerprints(&result, &resource);
        for (occurrence, fingerprint) in result.decisive().zip(fingerprints) {
            let place = report.place(occurrence);
            let path = located.place_of(occurrence);
            let lines = Lines { begin: place.line, end: place.end_line.max(place.line) };
            list.put(&Issue {
                r#type: "issue",
                check_name: result.registered.control.id,
                description: format!("{} ({resource})", report.explained(occurrence)),
                categories: ["Security"],
                severity: severity(occurrence.severity),
                fingerprint,
                location: Location { path: &path, lines },
            })?;
        }
    }
    // The same trouble twice in a file is told apart by its order, so that moved lines keep their fingerprints.
    let mut seen: HashMap<(String, &str), u32> = HashMap::new();
    for skipped in &report.results.coverage.skipped {
        let path = repository.path(&display_path(&skipped.path));
        let times = seen.entry((path.clone(), skipped.kind.name())).or_insert(0);
        *times += 1;
        list.put(&not_looked_at(skipped, &path, *times))?;
    }
    list.out.write_all(b"]\n")
}

struct List<'a> {
    out: &'a mut dyn Write,
    buffer: Vec<u8>,
    is_empty: bool,
}

impl List<'_> {
    /// Issues are written whole: the writer of JSON makes many small pieces, and each would go through `dyn Write`.
    fn put(&mut self, issue: &Issue<'_>) -> io::Result<()> {
        self.buffer.clear();
        self.buffer.extend_from_slice(if self.is_empty { b"\n" } else { b",\n" });
        self.is_empty = false;
        serde_json::to_writer(&mut self.buffer, issue).map_err(io::Error::from)?;
        self.out.write_all(&self.buffer)
    }
}

fn not_looked_at<'a>(skipped: &Skipped, path: &'a str, times: u32) -> Issue<'a> {
    let line = skipped.line.unwrap_or(1);
    Issue {
        r#type: "issue",
        check_name: "not-looked-at",
        description: format!("not looked at: {}", skipped.reason),
        categories: ["Security"],
        severity: "major",
        fingerprint: fingerprint_of(&["not-looked-at", path, skipped.kind.name(), &times.to_string()]),
        location: Location { path, lines: Lines { begin: line, end: line } },
    }
}

/// The five words of GitLab, the worst first: blocker, critical, major, minor, info.
fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "blocker",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
        Severity::Info => "info",
    }
}
