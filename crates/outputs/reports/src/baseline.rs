//! Old debt: a file of the findings that were there when somebody began, so that only new ones fail a run.
//!
//! A finding is known by its control, the identity of its object, its container and its field without indexes:
//! that survives moved lines, renamed files and reordered containers. Objects that share an identity (the same
//! object in several overlays) are counted, not told apart.

use std::collections::BTreeMap;
use std::io::{self, Write};

use model::finding::{Occurrence, Standing, Status};
use model::inventory::Results;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::{Compared, Report, fingerprint};

/// The version of the form of the file.
pub const SCHEMA_VERSION: &str = "1.0";

/// The file.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Baseline {
    /// The version of this form: `major.minor`.
    pub schema_version: String,
    /// The findings, ordered by resource and control.
    pub findings: Vec<KnownFinding>,
}

/// A finding that is known.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KnownFinding {
    /// The control.
    pub control: String,
    /// The object, without what tells objects of one identity apart.
    pub resource: String,
    /// What it is known by.
    pub fingerprint: String,
    /// How many there are.
    pub count: u64,
}

/// Why a file is no baseline.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It is not JSON of this form.
    #[error("not a baseline that `plimsoll baseline write` has written")]
    Form(#[source] serde_json::Error),
    /// It is of a later version.
    #[error("a baseline of version {0}, which is newer than this program")]
    Version(String),
}

impl Baseline {
    /// Reads a file.
    ///
    /// # Errors
    /// It is not a baseline, or one of a later version.
    pub fn parse(bytes: &[u8]) -> Result<Self, BaselineError> {
        let baseline: Self = serde_json::from_slice(bytes).map_err(BaselineError::Form)?;
        if baseline.schema_version.split('.').next() != SCHEMA_VERSION.split('.').next() {
            return Err(BaselineError::Version(baseline.schema_version));
        }
        Ok(baseline)
    }

    /// The open findings of a report.
    pub fn of(report: &Report<'_>) -> Self {
        let mut counts: BTreeMap<(String, &str, String), u64> = BTreeMap::new();
        for result in report.control_results().filter(|result| result.status == Status::Fail) {
            let (control, resource) = (result.registered.control.id, report.identity(result.resource));
            // What somebody accepts is no debt.
            let is_debt =
                |found: &&Occurrence| found.status == Status::Fail && !matches!(found.standing, Standing::Excepted(_));
            for occurrence in result.occurrences.iter().filter(is_debt) {
                let print = lasting(report, control, &resource, occurrence);
                *counts.entry((resource.clone(), control, print)).or_default() += 1;
            }
        }
        let findings = counts.into_iter().map(|((resource, control, fingerprint), count)| KnownFinding {
            control: control.to_owned(),
            resource,
            fingerprint,
            count,
        });
        Self { schema_version: SCHEMA_VERSION.to_owned(), findings: findings.collect() }
    }

    /// Writes the file: a finding on each line, so that its differences can be read.
    ///
    /// # Errors
    /// What writing to `out` returns.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{{\"schemaVersion\":\"{}\",\"findings\":[", self.schema_version)?;
        for (number, finding) in self.findings.iter().enumerate() {
            out.write_all(if number == 0 { b"\n" } else { b",\n" })?;
            serde_json::to_writer(&mut *out, finding).map_err(io::Error::from)?;
        }
        out.write_all(b"\n]}\n")
    }

    /// What each finding of a report is: known as often as the baseline has it, and open from then on. And how the
    /// two compare.
    pub fn compare(&self, report: &Report<'_>) -> (Vec<Standing>, Compared) {
        let mut left: BTreeMap<&str, u64> = BTreeMap::new();
        for finding in &self.findings {
            *left.entry(&finding.fingerprint).or_default() += finding.count;
        }
        let mut compared = Compared::default();
        let mut standings = Vec::with_capacity(report.results.occurrences.len());
        for result in report.control_results() {
            let (control, resource) = (result.registered.control.id, report.identity(result.resource));
            for occurrence in result.occurrences {
                let print = lasting(report, control, &resource, occurrence);
                let known = left.get_mut(print.as_str()).filter(|count| **count > 0);
                let is_known = occurrence.status == Status::Fail
                    && occurrence.standing == Standing::Open
                    && known.is_some_and(|count| {
                        *count -= 1;
                        true
                    });
                compared.known += u64::from(is_known);
                standings.push(if is_known { Standing::Known } else { occurrence.standing });
            }
        }
        compared.gone = left.values().sum();
        (standings, compared)
    }
}

fn lasting(report: &Report<'_>, control: &str, resource: &str, occurrence: &Occurrence) -> String {
    let [container, field, value] =
        [occurrence.container, occurrence.place.field, occurrence.value].map(|text| report.text(text));
    fingerprint(control, resource, container, field, value)
}

/// Sets what each finding is.
pub fn apply(results: &mut Results, standings: &[Standing]) {
    for (occurrence, standing) in results.occurrences.iter_mut().zip(standings) {
        occurrence.standing = *standing;
    }
}

/// The JSON Schema of the file.
pub fn schema() -> String {
    let schema = schemars::schema_for!(Baseline);
    serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n"
}
