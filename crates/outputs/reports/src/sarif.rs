//! SARIF 2.1.0 for code hosts and editors (OASIS, Static Analysis Results Interchange Format).
//!
//! One result for each occurrence, with its true region; paths relative to the root of the sources; inputs that
//! were not looked at as notifications, so that a reader sees that the run was not complete.

use std::collections::HashMap;
use std::io::{self, Write};

use model::control::Registered;
use model::coverage::Skipped;
use model::exception::Form;
use model::finding::{Occurrence, Standing, Status};
use model::severity::Severity;
use serde::Serialize;

use crate::pieces;
use crate::report::{ControlResult, Outcome, Report, display_path, unique};
use crate::repository::percent_encode;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'a str,
    semantic_version: &'a str,
    rules: Vec<Rule<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'a> {
    id: &'a str,
    name: String,
    short_description: Text<'a>,
    full_description: Text<'a>,
    help: Help,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<&'a str>,
    default_configuration: Configuration,
    properties: RuleProperties,
}

#[derive(Serialize)]
struct Text<'a> {
    text: &'a str,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct RuleProperties {
    tags: Vec<String>,
    precision: &'static str,
    #[serde(rename = "problem.severity")]
    problem_severity: &'static str,
    #[serde(rename = "security-severity")]
    security_severity: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'a> {
    rule_id: &'a str,
    rule_index: usize,
    kind: &'static str,
    level: &'static str,
    message: OwnedText,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<RelatedLocation>,
    partial_fingerprints: Fingerprints,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressions: Option<[Suppression<'a>; 1]>,
    properties: ResultProperties,
}

/// SARIF 2.1.0, 3.35.
#[derive(Serialize)]
struct Suppression<'a> {
    kind: &'static str,
    status: &'static str,
    justification: &'a str,
}

#[derive(Serialize)]
struct OwnedText {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<LogicalLocation>,
}

/// SARIF 2.1.0, 3.27.22: what the place alone does not say.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RelatedLocation {
    id: usize,
    physical_location: PhysicalLocation,
    message: OwnedText,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    fully_qualified_name: String,
    kind: &'static str,
}

#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "plimsoll/v1")]
    own: String,
}

#[derive(Serialize)]
struct ResultProperties {
    severity: &'static str,
    resource: String,
    field: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    container: Option<String>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: OwnedText,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location>,
}

/// More results GitHub does not take in one run.
const MOST: usize = 25_000;

/// How many results there is room for, class by class: failures by their severity, and then what is not known.
struct Room {
    classes: [usize; 6],
    left_out: usize,
}

impl Room {
    fn new(report: &Report<'_>) -> Self {
        let mut room = Self { classes: [0; 6], left_out: 0 };
        let written = |result: &ControlResult<'_>| result.status != Status::Fail || report.is_alert(result.severity);
        for occurrence in report.control_results().filter(written).flat_map(|result| result.occurrences) {
            room.classes[Self::class(occurrence)] += 1;
        }
        let mut left = MOST;
        for class in room.classes.iter_mut().rev() {
            let taken = left.min(*class);
            room.left_out += *class - taken;
            (*class, left) = (taken, left - taken);
        }
        room
    }

    fn class(occurrence: &Occurrence) -> usize {
        if occurrence.status == Status::Fail { 1 + occurrence.severity as usize } else { 0 }
    }

    fn has_place_for(&mut self, occurrence: &Occurrence) -> bool {
        let class = &mut self.classes[Self::class(occurrence)];
        let has = *class > 0;
        *class -= usize::from(has);
        has
    }
}

/// Writes the report, piece by piece.
///
/// # Errors
/// What writing to `out` returns.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"{\"version\":\"2.1.0\",\n\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\n\"runs\":[{\"tool\":{\"driver\":")?;
    let rules = report.controls.iter().map(rule).collect();
    put(out, &Driver { name: "Plimsoll", semantic_version: report.version, rules })?;
    out.write_all(b"},\n\"columnKind\":\"unicodeCodePoints\",\n\"originalUriBaseIds\":{\"SRCROOT\":{\"description\":{\"text\":\"The folder that the scan was started in\"}}},\n\"invocations\":[")?;
    write_invocation(report, out)?;
    out.write_all(b"],\n\"results\":[")?;
    let mut room = Room::new(report);
    let results = report.control_results().filter_map(|result| {
        let by_id = |registered: &Registered| registered.id;
        let index = report.controls.binary_search_by_key(&result.registered.id, by_id).ok()?;
        if result.status == Status::Fail && !report.is_alert(result.severity) {
            return None;
        }
        let placed = |occurrence: &&Occurrence| room.has_place_for(occurrence);
        let occurrences: Vec<&Occurrence> = result.occurrences.iter().filter(placed).collect();
        Some((result, index, occurrences))
    });
    pieces::write(out, results, &|(result, index, occurrences), buffer| {
        // Code hosts take two results of one fingerprint for one.
        let mut seen = HashMap::new();
        for (number, occurrence) in occurrences.iter().enumerate() {
            if number > 0 {
                buffer.extend_from_slice(b",\n");
            }
            let result = sarif_result(report, result, occurrence, *index, &mut seen);
            serde_json::to_writer(&mut *buffer, &result).map_err(io::Error::from)?;
        }
        Ok(!occurrences.is_empty())
    })?;
    out.write_all(b"]}]}\n")
}

fn put(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(out, value).map_err(io::Error::from)
}

fn write_invocation(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let outcome = report.outcome();
    let code = match outcome {
        Outcome::Clean => 0,
        Outcome::Findings => 1,
        Outcome::Incomplete => 2,
    };
    let left_out = Room::new(report).left_out;
    write!(out, "{{\"executionSuccessful\":{},\"exitCode\":{code},", outcome != Outcome::Incomplete)?;
    out.write_all(b"\"toolExecutionNotifications\":[")?;
    for (number, skipped) in report.results.coverage.skipped.iter().enumerate() {
        if number > 0 {
            out.write_all(b",")?;
        }
        put(out, &notification(skipped))?;
    }
    if left_out > 0 {
        let text = format!(
            "the {MOST} most severe results are here, and {left_out} are left out: `--output json` has all of them"
        );
        out.write_all(if report.results.coverage.skipped.is_empty() { b"" } else { b"," })?;
        put(out, &Notification { level: "warning", message: OwnedText { text }, locations: Vec::new() })?;
    }
    out.write_all(b"]}")
}

fn notification(skipped: &Skipped) -> Notification {
    let region =
        skipped.line.map(|line| Region { start_line: line, start_column: None, end_line: None, end_column: None });
    let physical_location = PhysicalLocation { artifact_location: artifact(&display_path(&skipped.path)), region };
    Notification {
        level: "error",
        message: OwnedText { text: format!("not looked at: {}", skipped.reason) },
        locations: vec![Location { physical_location, logical_locations: Vec::new() }],
    }
}

fn rule(registered: &Registered) -> Rule<'static> {
    let control = registered.control;
    let name = control.id.split('-').map(capitalize).collect();
    let text = format!("{}\n\n{}", control.rationale, control.remediation);
    let markdown = format!(
        "**{}** ({}: {})\n\n{}\n\n**Fix:** {}\n\n**Check by hand:** `{}`",
        control.title,
        control.severity,
        control.severity_reason,
        control.rationale,
        control.remediation,
        control.verify
    );
    let mut tags = vec!["security".to_owned(), "kubernetes".to_owned(), registered.group.name().to_owned()];
    tags.extend(control.mappings.iter().map(|mapping| format!("{}/{}", mapping.framework, mapping.requirement)));
    // The code hosts that read SARIF take at most twenty tags.
    tags.truncate(20);
    let (level, problem_severity, security_severity) = levels(control.severity);
    Rule {
        id: control.id,
        name,
        short_description: Text { text: control.title },
        full_description: Text { text: control.rationale },
        help: Help { text, markdown },
        help_uri: control.references.first().copied(),
        default_configuration: Configuration { level },
        properties: RuleProperties { tags, precision: "very-high", problem_severity, security_severity },
    }
}

fn capitalize(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(chars).collect()
}

/// SARIF's level, and the two scales of the code hosts.
fn levels(severity: Severity) -> (&'static str, &'static str, &'static str) {
    match severity {
        Severity::Critical => ("error", "error", "9.5"),
        Severity::High => ("error", "error", "8.0"),
        Severity::Medium => ("warning", "warning", "5.5"),
        Severity::Low => ("note", "recommendation", "3.0"),
        Severity::Info => ("note", "recommendation", "1.0"),
    }
}

fn sarif_result<'a>(
    report: &Report<'a>,
    result: &ControlResult<'a>,
    occurrence: &Occurrence,
    rule_index: usize,
    seen: &mut HashMap<String, u32>,
) -> SarifResult<'a> {
    let control = result.registered.control;
    let resource = report.resource(result.resource);
    let id = report.resource_id(result.resource);
    // Only a failure has a level (SARIF 2.1.0, 3.27.10).
    let (kind, level) = match occurrence.status {
        Status::Fail => ("fail", levels(occurrence.severity).0),
        Status::Skip => ("open", "none"),
        Status::Pass => ("pass", "none"),
    };
    let text = match occurrence.status {
        Status::Pass => format!("{id}: passed"),
        Status::Fail | Status::Skip => report.explained(occurrence),
    };
    let fingerprint = unique(report.occurrence_fingerprint(result, &id, occurrence), seen);
    let container = report.text(occurrence.container);
    let field = report.text(occurrence.place.field);
    let location = Location {
        physical_location: PhysicalLocation {
            artifact_location: artifact(&report.place_path(occurrence)),
            region: Some(region(occurrence, resource.line)),
        },
        logical_locations: vec![LogicalLocation {
            fully_qualified_name: if field.is_empty() { id.clone() } else { format!("{id}/{field}") },
            kind: "resource",
        }],
    };
    SarifResult {
        rule_id: control.id,
        rule_index,
        kind,
        level,
        message: OwnedText { text },
        locations: [location],
        related_locations: related(report, occurrence),
        partial_fingerprints: Fingerprints { own: fingerprint },
        baseline_state: report.baseline.map(|_| match occurrence.standing {
            Standing::Open => "new",
            Standing::Known | Standing::Excepted(_) => "unchanged",
        }),
        suppressions: report.exception(occurrence.standing).map(|exception| {
            [Suppression {
                kind: if exception.form == Form::File { "external" } else { "inSource" },
                status: "accepted",
                justification: &exception.reason,
            }]
        }),
        properties: ResultProperties {
            severity: occurrence.severity.name(),
            resource: id,
            field: field.to_owned(),
            container: (!container.is_empty()).then(|| container.to_owned()),
        },
    }
}

/// The values that decide a finding in rendered text.
fn related(report: &Report<'_>, occurrence: &Occurrence) -> Vec<RelatedLocation> {
    let reasons = report.traced(occurrence).map_or(&[][..], |traced| &traced.reasons);
    let written = reasons.iter().flat_map(|reason| &reason.values).filter_map(|value| Some((value, value.place?)));
    written
        .enumerate()
        .map(|(number, (value, (file, place)))| {
            let path = display_path(&report.results.files[file as usize]);
            let region = Some(Region {
                start_line: place.line,
                start_column: Some(place.column),
                end_line: Some(place.end_line),
                end_column: Some(place.end_column),
            });
            RelatedLocation {
                id: number + 1,
                physical_location: PhysicalLocation { artifact_location: artifact(&path), region },
                message: OwnedText { text: format!("because of `{}`", value.path) },
            }
        })
        .collect()
}

fn region(occurrence: &Occurrence, line: u32) -> Region {
    let place = occurrence.place;
    if place.line == 0 {
        return Region { start_line: line.max(1), start_column: None, end_line: None, end_column: None };
    }
    Region {
        start_line: place.line,
        start_column: Some(place.column),
        end_line: Some(place.end_line),
        end_column: Some(place.end_column),
    }
}

/// A path as a URI reference (RFC 3986): relative ones are relative to the folder that the scan started in.
fn artifact(path: &str) -> ArtifactLocation {
    let absolute = path.starts_with('/');
    let uri = format!("{}{}", if absolute { "file://" } else { "" }, percent_encode(path));
    ArtifactLocation { uri, uri_base_id: (!absolute).then_some("SRCROOT") }
}
