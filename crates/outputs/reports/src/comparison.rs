//! What changed from one report to another: new, resolved, unchanged, and what cannot be compared because one side
//! did not look.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use model::severity::Severity;
use schemars::JsonSchema;
use serde::Serialize;

use crate::json::{JsonOccurrence, JsonReport, JsonResult, JsonSeverity, JsonStanding, JsonStatus};
use crate::report::{Counts, Lasting, fingerprint};

/// The version of the form of the JSON.
pub const SCHEMA_VERSION: &str = "1.0";

/// A comparison.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// The version of this form: `major.minor`.
    pub schema_version: String,
    /// How many there are of each.
    pub summary: Summary,
    /// Findings of the head that the base does not have, the worst first.
    pub new: Vec<Change>,
    /// Findings of the base that the head does not have, the worst first.
    pub resolved: Vec<Change>,
    /// Findings that only one side has, and that the other side could not have: it did not look.
    pub not_comparable: Vec<Change>,
}

/// How many findings there are of each.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Only in the head.
    pub new: u64,
    /// Only in the base.
    pub resolved: u64,
    /// In both.
    pub unchanged: u64,
    /// In one, and the other did not look.
    pub not_comparable: u64,
}

/// A finding that one side has and the other has not.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The control.
    pub control: String,
    /// How bad it is.
    pub severity: JsonSeverity,
    /// The object.
    pub resource: String,
    /// The field.
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// The file.
    pub path: String,
    /// The line.
    pub line: u32,
    /// The same in both reports, wherever the file and the line are.
    pub fingerprint: String,
    /// Why it cannot be compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What one side has, and what it looked at.
struct Side<'r> {
    report: &'r JsonReport,
    controls: BTreeSet<&'r str>,
    skipped_files: BTreeSet<&'r str>,
    skipped_results: BTreeSet<(&'r str, &'r str)>,
    findings: BTreeMap<String, Vec<Found<'r>>>,
}

/// A finding: its result, and the place in it.
type Found<'r> = (&'r JsonResult, &'r JsonOccurrence);

impl<'r> Side<'r> {
    fn new(report: &'r JsonReport) -> Self {
        let skipped = report.results.iter().filter(|result| result.status == JsonStatus::Skip);
        let mut side = Self {
            report,
            controls: report.tool.controls.iter().map(String::as_str).collect(),
            skipped_files: report.coverage.skipped.iter().map(|skipped| skipped.path.as_str()).collect(),
            skipped_results: skipped.map(|result| (result.control.as_str(), identity(&result.resource))).collect(),
            findings: BTreeMap::new(),
        };
        // What somebody has accepted is no finding on either side.
        let counts = |result: &&JsonResult| result.status == JsonStatus::Fail && !result.umbrella;
        for result in report.results.iter().filter(counts) {
            for occurrence in &result.occurrences {
                if matches!(occurrence.standing, JsonStanding::Open | JsonStanding::Known) {
                    side.findings.entry(print(result, occurrence)).or_default().push((result, occurrence));
                }
            }
        }
        side
    }

    /// Why this side cannot have the finding, if it did not look.
    fn did_not_look(&self, result: &JsonResult, occurrence: &JsonOccurrence) -> Option<String> {
        if !self.controls.contains(result.control.as_str()) {
            return Some(format!("the control `{}` did not run", result.control));
        }
        if self.skipped_files.contains(occurrence.path.as_str()) {
            return Some(format!("not all of `{}` could be looked at", occurrence.path));
        }
        let key = (result.control.as_str(), identity(&result.resource));
        if self.skipped_results.contains(&key) {
            return Some("the answer needed something that was not seen".to_owned());
        }
        let unreadable = self.report.coverage.skipped.iter().find(|skipped| {
            // A whole folder that could not be read.
            occurrence.path.strip_prefix(&skipped.path).is_some_and(|rest| rest.starts_with('/'))
        });
        unreadable.map(|skipped| format!("`{}` could not be looked at", skipped.path))
    }
}

/// The id of a resource without what tells those of one identity apart.
fn identity(resource: &str) -> &str {
    match resource.rsplit_once('~') {
        Some((identity, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => identity,
        _ => resource,
    }
}

fn print(result: &JsonResult, occurrence: &JsonOccurrence) -> String {
    let container = occurrence.container.as_deref().unwrap_or("");
    let value = occurrence.value.as_deref().unwrap_or("");
    fingerprint(&Lasting {
        control: &result.control,
        resource: identity(&result.resource),
        container,
        field: &occurrence.field,
        value,
        message: &|| occurrence.message.clone(),
    })
}

/// Compares two reports.
pub fn compare(base: &JsonReport, head: &JsonReport) -> Comparison {
    let (base, head) = (Side::new(base), Side::new(head));
    let mut comparison = Comparison {
        schema_version: SCHEMA_VERSION.to_owned(),
        summary: Summary { new: 0, resolved: 0, unchanged: 0, not_comparable: 0 },
        new: Vec::new(),
        resolved: Vec::new(),
        not_comparable: Vec::new(),
    };
    for (print, found) in &head.findings {
        let left = without(found, base.findings.get(print));
        comparison.summary.unchanged += (found.len() - left.len()) as u64;
        for (result, occurrence) in left {
            match base.did_not_look(result, occurrence) {
                Some(reason) => {
                    let reason = format!("in the base {reason}");
                    comparison.not_comparable.push(change(result, occurrence, print, Some(reason)));
                }
                None => comparison.new.push(change(result, occurrence, print, None)),
            }
        }
    }
    for (print, found) in &base.findings {
        let unchanged = head.findings.get(print).map_or(0, |heads| heads.len() - without(heads, Some(found)).len());
        for (result, occurrence) in &found[unchanged.min(found.len())..] {
            match head.did_not_look(result, occurrence) {
                Some(reason) => {
                    let reason = format!("in the head {reason}");
                    comparison.not_comparable.push(change(result, occurrence, print, Some(reason)));
                }
                None => comparison.resolved.push(change(result, occurrence, print, None)),
            }
        }
    }
    for changes in [&mut comparison.new, &mut comparison.resolved, &mut comparison.not_comparable] {
        changes.sort_by(|a, b| {
            let place = |change: &Change| (change.path.clone(), change.line, change.control.clone());
            b.severity.severity().cmp(&a.severity.severity()).then_with(|| place(a).cmp(&place(b)))
        });
    }
    comparison.summary.new = comparison.new.len() as u64;
    comparison.summary.resolved = comparison.resolved.len() as u64;
    comparison.summary.not_comparable = comparison.not_comparable.len() as u64;
    comparison
}

/// The findings of the head that the base does not have as bad.
fn without<'r>(head: &[Found<'r>], base: Option<&Vec<Found<'r>>>) -> Vec<Found<'r>> {
    let mut known: Vec<Severity> = base.into_iter().flatten().map(|(_, found)| found.severity.severity()).collect();
    known.sort_unstable();
    let mut left = Vec::new();
    for found in head {
        let severity = found.1.severity.severity();
        match known.iter().position(|known| *known >= severity) {
            Some(at) => {
                known.remove(at);
            }
            None => left.push(*found),
        }
    }
    left
}

fn change(result: &JsonResult, occurrence: &JsonOccurrence, print: &str, reason: Option<String>) -> Change {
    Change {
        control: result.control.clone(),
        severity: occurrence.severity,
        resource: result.resource.clone(),
        field: occurrence.field.clone(),
        message: occurrence.message.clone(),
        path: occurrence.path.clone(),
        line: occurrence.line,
        fingerprint: print.to_owned(),
        reason,
    }
}

impl Comparison {
    /// How many findings are new, by severity.
    pub fn new_counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.new.iter().for_each(|change| counts.add(change.severity.severity()));
        counts
    }

    /// How many new findings are at or above `threshold`.
    pub fn new_at_or_above(&self, threshold: Severity) -> u64 {
        self.new_counts().at_or_above(threshold)
    }

    /// Writes it as JSON.
    ///
    /// # Errors
    /// What writing to `out` returns.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self).map_err(io::Error::from)?;
        out.write_all(b"\n")
    }
}

/// The JSON Schema of a comparison.
pub fn schema() -> String {
    let schema = schemars::schema_for!(Comparison);
    serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n"
}
