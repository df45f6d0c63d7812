//! GitLab's security report for static analysis, version 15 of its schema.
//!
//! One vulnerability for each occurrence, with an id that is the same in every run and a signature by which GitLab
//! follows it when lines move. A scan that could not look at everything has the status `failure` and says why.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use model::control::{Control, Registered};
use model::finding::Occurrence;
use model::severity::Severity;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::markdown::escape::prose;
use crate::pieces;
use crate::report::{ControlResult, Report, display_path};
use crate::repository::{Located, Repository};

/// The version of GitLab's schema: what is written here is in every later one of the same major version.
const SCHEMA_VERSION: &str = "15.0.7";

/// The longest texts that the schema takes, in characters.
const LONGEST_NAME: usize = 255;
const LONGEST_SOLUTION: usize = 7000;

/// What GitLab keeps of the identifiers of a vulnerability.
const MOST_IDENTIFIERS: usize = 20;

/// When a scan began and ended.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// When it began.
    pub start: SystemTime,
    /// When it ended.
    pub end: SystemTime,
}

#[derive(Serialize)]
struct Scan<'a> {
    analyzer: Tool<'a>,
    scanner: Tool<'a>,
    r#type: &'static str,
    start_time: String,
    end_time: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    messages: Vec<Message>,
}

#[derive(Serialize)]
struct Tool<'a> {
    id: &'static str,
    name: &'static str,
    version: &'a str,
    vendor: Vendor,
}

#[derive(Serialize)]
struct Vendor {
    name: &'static str,
}

#[derive(Serialize)]
struct Message {
    level: &'static str,
    value: String,
}

#[derive(Serialize)]
struct Vulnerability<'a> {
    id: String,
    name: &'a str,
    description: String,
    severity: &'static str,
    solution: &'a RawValue,
    identifiers: &'a RawValue,
    links: &'a RawValue,
    location: Location<'a>,
    tracking: Tracking<'a>,
    details: Details<'a>,
}

#[derive(Serialize)]
struct Identifier {
    r#type: String,
    name: String,
    value: String,
}

#[derive(Serialize)]
struct Link<'a> {
    url: &'a str,
}

#[derive(Serialize)]
struct Location<'a> {
    file: &'a str,
    start_line: u32,
    end_line: u32,
}

#[derive(Serialize)]
struct Tracking<'a> {
    r#type: &'static str,
    items: [Tracked<'a>; 1],
}

#[derive(Serialize)]
struct Tracked<'a> {
    file: &'a str,
    start_line: u32,
    end_line: u32,
    signatures: [Signature<'a>; 1],
}

#[derive(Serialize)]
struct Signature<'a> {
    algorithm: &'static str,
    value: &'a str,
}

#[derive(Serialize)]
struct Details<'a> {
    resource: Detail<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    container: Option<Detail<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<Detail<'a>>,
}

#[derive(Serialize)]
struct Detail<'a> {
    name: &'static str,
    r#type: &'static str,
    value: &'a str,
}

impl<'a> Detail<'a> {
    fn new(name: &'static str, value: &'a str) -> Option<Self> {
        (!value.is_empty()).then_some(Self { name, r#type: "text", value })
    }
}

/// What is the same in every vulnerability of a control, written once.
struct OfControl {
    solution: Box<RawValue>,
    identifiers: Box<RawValue>,
    links: Box<RawValue>,
}

impl OfControl {
    fn new(control: &Control) -> serde_json::Result<Self> {
        let links: Vec<Link<'_>> = control.references.iter().map(|url| Link { url }).collect();
        Ok(Self {
            solution: to_raw_value(cut(control.remediation, LONGEST_SOLUTION))?,
            identifiers: to_raw_value(&identifiers(control))?,
            links: to_raw_value(&links)?,
        })
    }
}

/// Writes the report, piece by piece.
///
/// # Errors
/// What writing to `out` returns.
pub fn write(report: &Report<'_>, repository: &Repository, times: Times, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{{\"version\":\"{SCHEMA_VERSION}\",\n\"scan\":")?;
    serde_json::to_writer(&mut *out, &scan(report, repository, times)).map_err(io::Error::from)?;
    out.write_all(b",\n\"vulnerabilities\":[")?;
    let of_control = |registered: &Registered| Ok((registered.control.id, OfControl::new(registered.control)?));
    let controls: BTreeMap<&str, OfControl> = report.controls.iter().map(of_control).collect::<io::Result<_>>()?;
    let mut located = Located::new(report, repository);
    let alerts = report.alerts().map(|result| {
        let resource = located.of(result.resource).0.to_owned();
        let paths: Vec<String> = result.decisive().map(|place| located.place_of(place).into_owned()).collect();
        (result, resource, paths)
    });
    pieces::write(out, alerts, &|(result, resource, paths), buffer| {
        let Some(of_control) = controls.get(result.registered.control.id) else { return Ok(false) };
        let of_result = report.result_fingerprint(result, resource);
        let fingerprints = report.unique_fingerprints(result, resource);
        for (number, ((occurrence, fingerprint), path)) in result.decisive().zip(&fingerprints).zip(paths).enumerate() {
            if number > 0 {
                buffer.extend_from_slice(b",\n");
            }
            let names = Names { resource, path, fingerprint, of_result: &of_result };
            let found = vulnerability(report, of_control, result, occurrence, &names);
            serde_json::to_writer(&mut *buffer, &found).map_err(io::Error::from)?;
        }
        Ok(!paths.is_empty())
    })?;
    out.write_all(b"]}\n")
}

fn scan<'a>(report: &Report<'a>, repository: &Repository, times: Times) -> Scan<'a> {
    let tool =
        || Tool { id: "plimsoll", name: "Plimsoll", version: report.version, vendor: Vendor { name: "Plimsoll" } };
    let skipped = &report.results.coverage.skipped;
    let messages = skipped.iter().map(|skipped| {
        let path = repository.path(&display_path(&skipped.path));
        let line = skipped.line.map_or_else(String::new, |line| format!(":{line}"));
        Message { level: "warn", value: format!("not looked at: {path}{line}: {}", skipped.reason) }
    });
    Scan {
        analyzer: tool(),
        scanner: tool(),
        r#type: "sast",
        start_time: utc(times.start),
        end_time: utc(times.end),
        status: if skipped.is_empty() { "success" } else { "failure" },
        messages: messages.collect(),
    }
}

/// What an occurrence is called.
struct Names<'a> {
    resource: &'a str,
    path: &'a str,
    fingerprint: &'a str,
    of_result: &'a str,
}

fn vulnerability<'a>(
    report: &Report<'a>,
    of_control: &'a OfControl,
    result: &ControlResult<'a>,
    occurrence: &Occurrence,
    names: &Names<'a>,
) -> Vulnerability<'a> {
    let control = result.registered.control;
    let place = report.place(occurrence);
    let (file, start_line, end_line) = (names.path, place.line, place.end_line.max(place.line));
    // GitLab reads it as Markdown.
    let description = format!("{}\n\n{}", prose(&report.explained(occurrence)), control.rationale);
    let signatures = [Signature { algorithm: "hash", value: names.fingerprint }];
    Vulnerability {
        id: uuid(names.fingerprint, names.of_result),
        name: cut(control.title, LONGEST_NAME),
        description,
        severity: severity(occurrence.severity),
        solution: &of_control.solution,
        identifiers: &of_control.identifiers,
        links: &of_control.links,
        location: Location { file, start_line, end_line },
        tracking: Tracking { r#type: "source", items: [Tracked { file, start_line, end_line, signatures }] },
        details: Details {
            resource: Detail { name: "Object", r#type: "text", value: names.resource },
            container: Detail::new("Container", report.text(occurrence.container)),
            field: Detail::new("Field", report.text(place.field)),
        },
    }
}

/// The control, by which GitLab groups, and the requirements that it serves.
fn identifiers(control: &Control) -> Vec<Identifier> {
    let own = Identifier {
        r#type: "plimsoll".to_owned(),
        name: format!("Plimsoll {}", control.id),
        value: control.id.to_owned(),
    };
    let served = control.mappings.iter().map(|mapping| Identifier {
        r#type: mapping.framework.to_owned(),
        name: format!("{} {}", mapping.framework, mapping.requirement),
        value: mapping.requirement.to_owned(),
    });
    std::iter::once(own).chain(served).take(MOST_IDENTIFIERS).collect()
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
        Severity::Info => "Info",
    }
}

/// A UUID of the eighth version (RFC 9562), whose bits are ours to choose: the two fingerprints.
fn uuid(occurrence: &str, result: &str) -> String {
    format!("{}-{}-8{}-8{}-{}", &occurrence[..8], &occurrence[8..12], &occurrence[13..16], &result[..3], &result[4..16])
}

fn cut(text: &str, longest: usize) -> &str {
    text.char_indices().nth(longest).map_or(text, |(end, _)| &text[..end])
}

/// A time as GitLab's schema has it: ISO 8601 in UTC, without a zone.
fn utc(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Years begin in March here, so that the leap day is the last of its year, and are counted in eras of 400.
    let day = days + 719_468;
    let (era, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{date:02}T{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_utc() {
        let at = |seconds| utc(UNIX_EPOCH + Duration::from_secs(seconds));
        // What `date -u -d @SECONDS` says.
        assert_eq!(at(0), "1970-01-01T00:00:00");
        assert_eq!(at(951_782_399), "2000-02-28T23:59:59");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00");
        assert_eq!(at(1_709_251_199), "2024-02-29T23:59:59");
        assert_eq!(at(4_107_542_399), "2100-02-28T23:59:59");
        assert_eq!(at(4_107_542_400), "2100-03-01T00:00:00");
    }

    #[test]
    fn ids_have_the_form_of_a_uuid() {
        assert_eq!(uuid("0123456789abcdef", "fedcba9876543210"), "01234567-89ab-8def-8fed-ba9876543210");
    }
}
