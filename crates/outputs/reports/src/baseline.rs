//! Old debt: a file of the findings that were there when somebody began, so that only new ones fail a run.
//!
//! A finding is known by its control, the identity of its object, its container and its field without indexes:
//! that survives moved lines, renamed files and reordered containers. What became worse is new. Objects that share an
//! identity (the same object in several overlays) are counted, not told apart.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use model::finding::{Occurrence, Standing, Status};
use model::inventory::{ResourceId, Results};
use model::severity::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::json::{self, JsonSeverity};
use crate::report::{Compared, Report};

/// The version of the form of the file.
pub const SCHEMA_VERSION: &str = "1.1";

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
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
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
    /// How bad they are: what became worse is not known any more. Files of before version 1.1 do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<JsonSeverity>,
}

/// How much of what a baseline is of a run looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All of it: an object that is not there is gone.
    Whole,
    /// Some paths of it: an object that is not there was not looked for.
    Part,
}

/// How many findings there are of a fingerprint, by severity.
type Left = BTreeMap<String, BTreeMap<Severity, u64>>;

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
        let mut counts: BTreeMap<(String, &str, String, Severity), u64> = BTreeMap::new();
        for result in report.control_results().filter(|result| result.status == Status::Fail) {
            let (control, resource) = (result.registered.control.id, report.identity(result.resource));
            // What somebody accepts is no debt.
            let is_debt =
                |found: &&Occurrence| found.status == Status::Fail && !matches!(found.standing, Standing::Excepted(_));
            for occurrence in result.occurrences.iter().filter(is_debt) {
                let print = report.lasting_fingerprint(control, &resource, occurrence);
                *counts.entry((resource.clone(), control, print, occurrence.severity)).or_default() += 1;
            }
        }
        let findings = counts.into_iter().map(|((resource, control, fingerprint, severity), count)| KnownFinding {
            control: control.to_owned(),
            resource,
            fingerprint,
            count,
            severity: Some(json::severity(severity)),
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
    pub fn compare(&self, report: &Report<'_>, reach: Reach) -> (Vec<Standing>, Compared) {
        // By severity: what was worse covers what is not as bad, and never the other way round.
        let mut left = self.counted();
        let mut compared = Compared::default();
        let mut standings = Vec::with_capacity(report.results.occurrences.len());
        for result in report.control_results() {
            let (control, resource) = (result.registered.control.id, report.identity(result.resource));
            for occurrence in result.occurrences {
                let print = report.lasting_fingerprint(control, &resource, occurrence);
                let known = left.get_mut(print.as_str());
                let as_bad = known.into_iter().flat_map(|known| known.range_mut(occurrence.severity..));
                let mut as_bad = as_bad.map(|(_, count)| count).filter(|count| **count > 0);
                let is_known = occurrence.status == Status::Fail
                    && occurrence.standing == Standing::Open
                    && as_bad.next().is_some_and(|count| {
                        *count -= 1;
                        true
                    });
                compared.known += u64::from(is_known);
                standings.push(if is_known { Standing::Known } else { occurrence.standing });
            }
        }
        for (_, count, looked) in self.leftovers(left, report, reach) {
            *(if looked { &mut compared.gone } else { &mut compared.not_looked_at }) += count;
        }
        (standings, compared)
    }

    fn counted(&self) -> Left {
        let mut left = Left::new();
        for finding in &self.findings {
            *left.entry(finding.fingerprint.clone()).or_default().entry(finding.worst()).or_default() += finding.count;
        }
        left
    }

    /// Adds what an earlier baseline knows and the run of this one did not look at. Returns how many findings that
    /// is.
    pub fn keep(&mut self, earlier: &Self, report: &Report<'_>, reach: Reach) -> u64 {
        let mut left = earlier.counted();
        for finding in &self.findings {
            let mut count = finding.count;
            let known = left.get_mut(&finding.fingerprint);
            for as_bad in known.into_iter().flat_map(|known| known.range_mut(finding.worst()..)) {
                let same = count.min(*as_bad.1);
                *as_bad.1 -= same;
                count -= same;
            }
        }
        let key = |(at, finding): (usize, &KnownFinding)| ((finding.fingerprint.clone(), finding.worst()), at);
        let own: BTreeMap<(String, Severity), usize> = self.findings.iter().enumerate().map(key).collect();
        let mut kept = 0;
        for (finding, count, looked) in earlier.leftovers(left, report, reach) {
            if looked {
                continue;
            }
            kept += count;
            match own.get(&(finding.fingerprint.clone(), finding.worst())) {
                Some(at) => self.findings[*at].count += count,
                None => self.findings.push(KnownFinding { count, ..finding.clone() }),
            }
        }
        let key = |finding: &KnownFinding| {
            (finding.resource.clone(), finding.control.clone(), finding.fingerprint.clone(), finding.worst())
        };
        self.findings.sort_by_cached_key(key);
        kept
    }

    /// The findings of which something is `left`, how much, and whether the run looked for them.
    fn leftovers<'b>(
        &'b self,
        mut left: Left,
        report: &Report<'_>,
        reach: Reach,
    ) -> Vec<(&'b KnownFinding, u64, bool)> {
        if left.values().flat_map(BTreeMap::values).all(|count| *count == 0) {
            return Vec::new();
        }
        let seen = Seen::new(report, reach);
        let taken = self.findings.iter().filter_map(|finding| {
            let count = left.get_mut(&finding.fingerprint)?.get_mut(&finding.worst())?;
            let own = finding.count.min(*count);
            *count -= own;
            (own > 0).then(|| (finding, own, seen.looked_for(finding)))
        });
        taken.collect()
    }
}

impl KnownFinding {
    /// The highest severity that is known.
    fn worst(&self) -> Severity {
        self.severity.map_or(Severity::Critical, JsonSeverity::severity)
    }
}

/// What a run looked at. The rule is that of a comparison of two reports.
struct Seen<'r> {
    controls: BTreeSet<&'r str>,
    /// How many objects have an identity.
    resources: BTreeMap<String, u64>,
    /// Answers that needed something that was not seen: the control and the object.
    unknown: BTreeSet<(&'r str, String)>,
    is_whole: bool,
}

impl<'r> Seen<'r> {
    fn new(report: &Report<'r>, reach: Reach) -> Self {
        let mut resources: BTreeMap<String, u64> = BTreeMap::new();
        for number in 0..report.results.resources.len() {
            *resources.entry(report.identity(ResourceId(number as u32))).or_default() += 1;
        }
        let unknown = report.control_results().filter(|result| result.status == Status::Skip);
        Self {
            controls: report.controls.iter().map(|registered| registered.control.id).collect(),
            resources,
            unknown: unknown.map(|result| (result.registered.control.id, report.identity(result.resource))).collect(),
            is_whole: reach == Reach::Whole && report.results.coverage.skipped.is_empty(),
        }
    }

    fn looked_for(&self, finding: &KnownFinding) -> bool {
        let KnownFinding { control, resource, fingerprint: _, count, severity: _ } = finding;
        self.controls.contains(control.as_str())
            && !self.unknown.contains(&(control.as_str(), resource.clone()))
            // An object that several overlays have may be in one that was not looked at.
            && (self.is_whole || self.resources.get(resource).is_some_and(|number| number >= count))
    }
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
