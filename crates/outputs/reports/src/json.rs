//! JSON for programs. The structs here are the contract: a change is a change of `SCHEMA_VERSION`.
//!
//! A field that is added raises the last number; a field that is taken away or changes its meaning raises the
//! first. Readers ignore what they do not know.

mod frameworks;
mod notes;
mod origins;
mod priorities;

use std::collections::BTreeMap;
use std::io::{self, Write};

use ::frameworks::upcoming::Upcoming;
use model::control::Registered;
use model::coverage::{Coverage, SkipKind};
use model::exception::ExceptionProblem;
use model::finding::{Occurrence, Standing, Status};
use model::inventory::ResourceId;
use model::severity::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::frameworks::*;
use crate::pieces::{self, put_all};
use crate::report::{ControlResult, Report, display_path};

/// The version of the form of the report.
pub const SCHEMA_VERSION: &str = "1.2";

/// The report of a scan.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonReport {
    /// The version of this form: `major.minor`.
    pub schema_version: String,
    /// The program that wrote it.
    pub tool: Tool,
    /// What was looked at, and what was not and why.
    pub coverage: JsonCoverage,
    /// How many results failed, by severity.
    pub summary: Summary,
    /// The running clusters that were looked at.
    #[serde(default)]
    pub clusters: Vec<JsonCluster>,
    /// The frameworks that were asked for, and what can be said of their requirements.
    #[serde(default)]
    pub frameworks: Vec<JsonFramework>,
    /// The changes that take most of the risk away, in order, if ways of attackers were looked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first: Vec<priorities::JsonFirst>,
    /// The objects that were judged, ordered as the input is.
    pub resources: Vec<JsonResource>,
    /// What somebody accepts.
    #[serde(default)]
    pub exceptions: Vec<JsonException>,
    /// What is wrong with that.
    #[serde(default)]
    pub exception_problems: Vec<JsonExceptionProblem>,
    /// What the controls say, ordered by resource and control.
    pub results: Vec<JsonResult>,
}

/// The program.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The controls that ran.
    pub controls: Vec<String>,
}

/// What was looked at.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonCoverage {
    /// Files that were opened, whatever they held.
    pub files: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Documents that were found, of any kind.
    pub documents: u64,
    /// Documents that are no Kubernetes objects.
    pub not_kubernetes: u64,
    /// Objects that were judged.
    pub resources: u64,
    /// Whether everything could be looked at.
    pub complete: bool,
    /// What was not judged, ordered by path and line.
    pub skipped: Vec<JsonSkipped>,
    /// What was judged as it is here, and may be otherwise in a cluster: a chart asks it, or takes a chance.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<notes::JsonNote>,
}

/// An input, or a part of one, that was not judged.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonSkipped {
    /// The file.
    pub path: String,
    /// The line where the trouble is, from 1; absent if it is the whole file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The class of the reason.
    pub kind: JsonSkipKind,
    /// The reason, and what to do.
    pub reason: String,
}

/// Why an input was not judged.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum JsonSkipKind {
    /// Not valid YAML or JSON.
    Syntax,
    /// Could not be read.
    Unreadable,
    /// Is not there.
    Missing,
    /// A template.
    NeedsRendering,
    /// An object that lacks what every object has.
    InvalidObject,
    /// Larger or deeper than what is read.
    TooLarge,
    /// Neither a file nor a folder, or a link out of the tree.
    NotAFile,
    /// Nothing in it can be judged.
    NothingToJudge,
    /// A list of a running cluster that the user may not read.
    Forbidden,
    /// A list of a running cluster that could not be read, or not to its end.
    Unavailable,
}

/// A running cluster, or a snapshot of one.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonCluster {
    /// How the user calls it: the context.
    pub name: String,
    /// The version of its API server; absent if it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Who runs it; absent if nothing says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// What it is made of; absent if nothing says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<String>,
    /// Its network plugins.
    pub network: Vec<String>,
    /// How many nodes it has; absent if they could not be listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodes: Option<u32>,
    /// How many nodes have each version of the kubelet.
    pub kubelets: BTreeMap<String, u32>,
}

/// What puts an object into a cluster.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonManager {
    /// The tool.
    pub tool: String,
    /// The release, application or kustomization, with its namespace if it has one.
    pub name: String,
}

/// How an object differs from what its owner says.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonDrift {
    /// Kind and name of the owner.
    pub owner: String,
    /// What is different.
    pub what: String,
}

/// Numbers of failed results.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Critical ones.
    pub critical: u64,
    /// High ones.
    pub high: u64,
    /// Medium ones.
    pub medium: u64,
    /// Low ones.
    pub low: u64,
    /// Informational ones.
    pub info: u64,
    /// The severity from which on findings change the exit code.
    pub threshold: JsonSeverity,
}

/// An object that was judged.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonResource {
    /// What results refer to: `Kind.group/namespace/name`, without version.
    pub id: String,
    /// Group and version, as written.
    pub api_version: String,
    /// The kind.
    pub kind: String,
    /// The namespace as written; null if it is not.
    pub namespace: Option<String>,
    /// The name; null if it has none.
    pub name: Option<String>,
    /// The file; of an object in a running cluster `CLUSTER/NAMESPACE/KIND/NAME`, which is no file.
    pub path: String,
    /// The line on which the object begins; 0 if it is in a running cluster.
    pub line: u32,
    /// The running cluster that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// What puts it there, and where it has to be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed_by: Option<JsonManager>,
    /// How it differs from what its owner says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<JsonDrift>,
    /// In which renderings it is, if it was rendered: the sets of values of a chart, or the overlays.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rendered_by: Vec<origins::JsonRendering>,
    /// When it runs, if it is a hook of Helm, as `pre-install,pre-upgrade`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hook: Option<String>,
}

/// Something that somebody accepts.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonException {
    /// The controls, as written.
    pub controls: String,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Where it is tracked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// The last day on which it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// How it is written: `file`, `annotation` or `comment`.
    pub form: String,
    /// The tool in whose form it is written; absent for our own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// The file.
    pub path: String,
    /// The line.
    pub line: u32,
    /// How many occurrences it is for.
    pub matched: u64,
}

/// Something wrong with an exception.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonExceptionProblem {
    /// What kind of thing: `exception-expired`, `exception-unmatched` …
    pub kind: String,
    /// How bad it is.
    pub severity: JsonSeverity,
    /// What is wrong, and what to do.
    pub message: String,
    /// The file.
    pub path: String,
    /// The line.
    pub line: u32,
}

/// What one control says of one resource.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonResult {
    /// The id of the control.
    pub control: String,
    /// What it says.
    pub status: JsonStatus,
    /// How bad it is here: the highest of the occurrences.
    pub severity: JsonSeverity,
    /// The id of the resource.
    pub resource: String,
    /// Whether the control only sums up others: such a result is in no count and changes no exit code.
    pub umbrella: bool,
    /// Whether somebody has to do something about any of it.
    #[serde(default)]
    pub standing: JsonStanding,
    /// What it contributes to ways of attackers, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<priorities::JsonPriority>,
    /// Where; empty if it passed.
    pub occurrences: Vec<JsonOccurrence>,
    /// The same for the same control and resource in every run, wherever the file and the line are.
    pub fingerprint: String,
}

/// What a control says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum JsonStatus {
    /// Looked at, and as it should be.
    Pass,
    /// The answer needs something that was not seen; the message says what.
    Skip,
    /// Wrong.
    Fail,
}

/// Whether somebody has to do something about a finding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum JsonStanding {
    /// Somebody has.
    #[default]
    Open,
    /// The baseline has it.
    Known,
    /// An exception accepts it.
    Excepted,
}

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum JsonSeverity {
    /// Critical.
    Critical,
    /// High.
    High,
    /// Medium.
    Medium,
    /// Low.
    Low,
    /// Informational.
    Info,
}

impl JsonSeverity {
    /// The severity that it writes down.
    pub fn severity(self) -> Severity {
        match self {
            Self::Critical => Severity::Critical,
            Self::High => Severity::High,
            Self::Medium => Severity::Medium,
            Self::Low => Severity::Low,
            Self::Info => Severity::Info,
        }
    }
}

/// One place.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonOccurrence {
    /// The field path from the object; of a missing field where it would be.
    pub field: String,
    /// The container, if it is about one.
    pub container: Option<String>,
    /// The value found. Null if there is none, or if it is a secret.
    pub value: Option<String>,
    /// What is wrong, as a sentence without full stop.
    pub message: String,
    /// How bad it is at this place.
    pub severity: JsonSeverity,
    /// Whether somebody has to do something about it.
    #[serde(default)]
    pub standing: JsonStanding,
    /// Who may decide about the change that mends it: `safe`, `unsafe`, `needs-value` or `manual`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// The exception that accepts it: its index in `exceptions`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<u32>,
    /// The file, or what stands for one: see the resource.
    pub path: String,
    /// The first line, from 1; 0 if the object is in a running cluster.
    pub line: u32,
    /// The first column, in characters, from 1.
    pub column: u32,
    /// The last line.
    pub end_line: u32,
    /// One past the last column.
    pub end_column: u32,
    /// Where it comes from, if its object was rendered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<origins::JsonOrigin>,
    /// The same for the same place in every run: control, resource, container and field, without indexes.
    pub fingerprint: String,
}

/// The JSON Schema of the report.
pub fn schema() -> String {
    let schema = schemars::schema_for!(JsonReport);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
    text.push('\n');
    text
}

/// The report as one value, for programs that compare reports.
pub fn report(report: &Report<'_>) -> JsonReport {
    let resources = 0..report.results.resources.len();
    JsonReport {
        schema_version: SCHEMA_VERSION.to_owned(),
        tool: tool(report),
        coverage: coverage(report),
        summary: summary(report),
        clusters: clusters(report),
        frameworks: report.frameworks.iter().map(frameworks::json_framework).collect(),
        first: priorities::json_first(report),
        resources: resources.map(|number| resource(report, ResourceId(number as u32))).collect(),
        exceptions: exceptions(report),
        exception_problems: exception_problems(report),
        results: report.control_results().map(|found| result(report, &found)).collect(),
    }
}

/// Writes the report, piece by piece.
///
/// # Errors
/// What writing to `out` returns.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"{\"schemaVersion\":")?;
    put(out, SCHEMA_VERSION)?;
    out.write_all(b",\n\"tool\":")?;
    put(out, &tool(report))?;
    out.write_all(b",\n\"coverage\":")?;
    put(out, &coverage(report))?;
    out.write_all(b",\n\"summary\":")?;
    put(out, &summary(report))?;
    out.write_all(b",\n\"clusters\":[")?;
    put_all(out, clusters(report).iter())?;
    out.write_all(b"]")?;
    out.write_all(b",\n\"frameworks\":[")?;
    put_all(out, report.frameworks.iter().map(frameworks::json_framework))?;
    out.write_all(b"],\n\"first\":[")?;
    put_all(out, priorities::json_first(report).iter())?;
    out.write_all(b"],\n\"resources\":[")?;
    pieces::write(out, (0..report.results.resources.len()).map(|number| ResourceId(number as u32)), &|id, buffer| {
        serde_json::to_writer(buffer, &resource(report, *id)).map_err(io::Error::from)?;
        Ok(true)
    })?;
    out.write_all(b"],\n\"exceptions\":[")?;
    put_all(out, exceptions(report).iter())?;
    out.write_all(b"],\n\"exceptionProblems\":[")?;
    put_all(out, exception_problems(report).iter())?;
    out.write_all(b"],\n\"results\":[")?;
    pieces::write(out, report.control_results(), &|found, buffer| {
        serde_json::to_writer(buffer, &result(report, found)).map_err(io::Error::from)?;
        Ok(true)
    })?;
    out.write_all(b"]}\n")
}

fn put(out: &mut dyn Write, value: &(impl Serialize + ?Sized)) -> io::Result<()> {
    serde_json::to_writer(out, value).map_err(io::Error::from)
}

fn tool(report: &Report<'_>) -> Tool {
    let controls = report.controls.iter().map(|registered| registered.control.id.to_owned()).collect();
    Tool { name: "plimsoll".to_owned(), version: report.version.to_owned(), controls }
}

fn coverage(report: &Report<'_>) -> JsonCoverage {
    coverage_of(&report.results.coverage, report.results.resources.len())
}

/// What was looked at, of a scan that judged `resources` objects.
pub fn coverage_of(coverage: &Coverage, resources: usize) -> JsonCoverage {
    let skipped = coverage.skipped.iter().map(|skipped| JsonSkipped {
        path: display_path(&skipped.path),
        line: skipped.line,
        kind: skip_kind(skipped.kind),
        reason: skipped.reason.clone(),
    });
    JsonCoverage {
        files: coverage.files,
        bytes: coverage.bytes,
        documents: coverage.documents,
        not_kubernetes: coverage.not_kubernetes,
        resources: resources as u64,
        complete: coverage.skipped.is_empty(),
        skipped: skipped.collect(),
        notes: notes::json_notes(coverage),
    }
}

/// The exceptions of a report, for `plimsoll exceptions --output json`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct JsonExceptions {
    exceptions: Vec<JsonException>,
    exception_problems: Vec<JsonExceptionProblem>,
}

/// Writes what is accepted, and what is wrong with that.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_exceptions(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    put(out, &JsonExceptions { exceptions: exceptions(report), exception_problems: exception_problems(report) })?;
    out.write_all(b"\n")
}

fn exceptions(report: &Report<'_>) -> Vec<JsonException> {
    let Some(exceptions) = report.exceptions else { return Vec::new() };
    let optional = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let all = exceptions.all.iter().zip(&exceptions.matched);
    all.map(|(exception, matched)| JsonException {
        controls: exception.named.clone(),
        reason: exception.reason.clone(),
        owner: optional(&exception.owner),
        ticket: optional(&exception.ticket),
        expires: exception.expires.map(|day| day.to_string()),
        form: exception.form.name().to_owned(),
        tool: optional(exception.tool),
        path: display_path(&exception.path),
        line: exception.line,
        matched: *matched,
    })
    .collect()
}

fn exception_problems(report: &Report<'_>) -> Vec<JsonExceptionProblem> {
    let problem = |problem: &ExceptionProblem| JsonExceptionProblem {
        kind: problem.kind.name().to_owned(),
        severity: severity(problem.kind.severity()),
        message: problem.message.clone(),
        path: display_path(&problem.path),
        line: problem.line,
    };
    report.exception_problems().iter().map(problem).collect()
}

fn summary(report: &Report<'_>) -> Summary {
    let counts = report.counts();
    Summary {
        critical: counts.of(Severity::Critical),
        high: counts.of(Severity::High),
        medium: counts.of(Severity::Medium),
        low: counts.of(Severity::Low),
        info: counts.of(Severity::Info),
        threshold: severity(report.threshold),
    }
}

fn resource(report: &Report<'_>, id: ResourceId) -> JsonResource {
    let resource = report.resource(id);
    let optional = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    JsonResource {
        id: report.resource_id(id),
        api_version: report.text(resource.api_version).to_owned(),
        kind: report.text(resource.kind).to_owned(),
        namespace: optional(report.text(resource.namespace)),
        name: optional(report.text(resource.name)),
        path: report.path(resource),
        line: resource.line,
        cluster: report.cluster(resource),
        managed_by: report.custody(id).map(|custody| JsonManager {
            tool: report.text(custody.tool).to_owned(),
            name: report.text(custody.name).to_owned(),
        }),
        drift: report.drift(id).map(|drift| JsonDrift {
            owner: report.text(drift.owner).to_owned(),
            what: report.text(drift.what).to_owned(),
        }),
        rendered_by: origins::json_renderings(report, id),
        hook: report.results.origins.hook(id).map(str::to_owned),
    }
}

fn clusters(report: &Report<'_>) -> Vec<JsonCluster> {
    let optional = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let clusters = report.results.live.clusters.iter().map(|cluster| JsonCluster {
        name: cluster.name.clone(),
        version: optional(&cluster.version),
        provider: optional(&cluster.provider),
        distribution: optional(&cluster.distribution),
        network: cluster.network.clone(),
        nodes: cluster.nodes,
        kubelets: cluster.kubelets.iter().cloned().collect(),
    });
    clusters.collect()
}

fn result(report: &Report<'_>, found: &ControlResult<'_>) -> JsonResult {
    let places = found.occurrences.iter().filter(|occurrence| occurrence.status != Status::Pass);
    let id = report.resource_id(found.resource);
    let path = report.path(report.resource(found.resource));
    let occurrences = places.map(|place| occurrence(report, found, place, &id, &path)).collect();
    JsonResult {
        control: found.registered.control.id.to_owned(),
        status: status(found.status),
        severity: severity(found.severity),
        umbrella: found.registered.control.umbrella,
        standing: standing(found.standing),
        priority: priorities::json_priority(report, found),
        occurrences,
        fingerprint: report.result_fingerprint(found, &id),
        resource: id,
    }
}

fn occurrence(
    report: &Report<'_>,
    found: &ControlResult<'_>,
    occurrence: &Occurrence,
    id: &str,
    path: &str,
) -> JsonOccurrence {
    let optional = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let resource = report.resource(found.resource);
    let place = occurrence.place;
    let traced = report.traced(occurrence);
    JsonOccurrence {
        field: report.text(place.field).to_owned(),
        container: optional(report.text(occurrence.container)),
        value: optional(report.text(occurrence.value)).filter(|_| !occurrence.secret),
        message: report.message(occurrence),
        severity: severity(occurrence.severity),
        standing: standing(occurrence.standing),
        fix: (occurrence.status == Status::Fail)
            .then(|| occurrence.class.unwrap_or(found.registered.control.fix).name().to_owned()),
        exception: match occurrence.standing {
            Standing::Excepted(id) => Some(id.0),
            Standing::Open | Standing::Known => None,
        },
        path: if traced.is_some() { report.place_path(occurrence) } else { path.to_owned() },
        line: if place.line == 0 { resource.line } else { place.line },
        column: place.column.max(1),
        end_line: if place.line == 0 { resource.line } else { place.end_line },
        end_column: place.end_column.max(1),
        origin: traced.map(|traced| origins::json_origin(report, traced)),
        fingerprint: report.occurrence_fingerprint(found, id, occurrence),
    }
}

fn standing(standing: Standing) -> JsonStanding {
    match standing {
        Standing::Open => JsonStanding::Open,
        Standing::Known => JsonStanding::Known,
        Standing::Excepted(_) => JsonStanding::Excepted,
    }
}

fn status(status: Status) -> JsonStatus {
    match status {
        Status::Pass => JsonStatus::Pass,
        Status::Skip => JsonStatus::Skip,
        Status::Fail => JsonStatus::Fail,
    }
}

pub(crate) fn severity(severity: Severity) -> JsonSeverity {
    match severity {
        Severity::Critical => JsonSeverity::Critical,
        Severity::High => JsonSeverity::High,
        Severity::Medium => JsonSeverity::Medium,
        Severity::Low => JsonSeverity::Low,
        Severity::Info => JsonSeverity::Info,
    }
}

fn skip_kind(kind: SkipKind) -> JsonSkipKind {
    match kind {
        SkipKind::Syntax => JsonSkipKind::Syntax,
        SkipKind::Unreadable => JsonSkipKind::Unreadable,
        SkipKind::Missing => JsonSkipKind::Missing,
        SkipKind::NeedsRendering => JsonSkipKind::NeedsRendering,
        SkipKind::InvalidObject => JsonSkipKind::InvalidObject,
        SkipKind::TooLarge => JsonSkipKind::TooLarge,
        SkipKind::NotAFile => JsonSkipKind::NotAFile,
        SkipKind::NothingToJudge => JsonSkipKind::NothingToJudge,
        SkipKind::Forbidden => JsonSkipKind::Forbidden,
        SkipKind::Unavailable => JsonSkipKind::Unavailable,
    }
}

/// A control, for `plimsoll controls --output json`.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonControl {
    /// Its id.
    pub id: String,
    /// Its group.
    pub group: String,
    /// How bad it is.
    pub severity: JsonSeverity,
    /// What is wrong.
    pub title: String,
    /// Whether it can run; one that is not available yet has neither `rationale` nor `remediation`.
    pub available: bool,
    /// What one that is not available yet will need: any of these, or all if `needsAll`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// Whether one that is not available yet will need all of `needs`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub needs_all: bool,
    /// What an attacker gains.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remediation: Option<String>,
    /// Who may decide about the change that mends it: `safe`, `unsafe`, `needs-value` or `manual`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// The names that other tools have for it.
    pub aliases: Vec<JsonAlias>,
    /// The requirements that it serves.
    pub mappings: Vec<JsonMapping>,
}

/// Another tool's id.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonAlias {
    /// The tool.
    pub tool: String,
    /// Its id.
    pub id: String,
}

/// A requirement of a framework.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonMapping {
    /// The framework.
    pub framework: String,
    /// The requirement.
    pub requirement: String,
}

/// Writes the controls, and those that are to come, as an array.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_controls(controls: &[Registered], upcoming: &[&'static Upcoming], out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"[")?;
    let to_come = upcoming.iter().map(|upcoming| upcoming_control(upcoming));
    put_all(out, controls.iter().map(json_control).chain(to_come))?;
    out.write_all(b"]\n")
}

fn json_control(registered: &Registered) -> JsonControl {
    let control = registered.control;
    let alias = |alias: &model::control::Alias| JsonAlias { tool: alias.tool.to_owned(), id: alias.id.to_owned() };
    JsonControl {
        id: control.id.to_owned(),
        group: registered.group.name().to_owned(),
        severity: severity(control.severity),
        title: control.title.to_owned(),
        available: true,
        needs: Vec::new(),
        needs_all: false,
        rationale: Some(control.rationale.to_owned()),
        remediation: Some(control.remediation.to_owned()),
        fix: Some(control.fix.name().to_owned()),
        aliases: control.aliases.iter().map(alias).collect(),
        mappings: control.mappings.iter().map(|of| mapping(of.framework, of.requirement)).collect(),
    }
}

fn upcoming_control(upcoming: &Upcoming) -> JsonControl {
    JsonControl {
        id: upcoming.id.to_owned(),
        group: upcoming.group.to_owned(),
        severity: severity(Severity::from_name(upcoming.severity).unwrap_or(Severity::Info)),
        title: upcoming.title.to_owned(),
        available: false,
        needs: upcoming.needs.iter().map(|need| need.name().to_owned()).collect(),
        needs_all: upcoming.needs_all,
        rationale: None,
        remediation: None,
        fix: None,
        aliases: Vec::new(),
        mappings: upcoming.mappings.iter().map(|(framework, requirement)| mapping(framework, requirement)).collect(),
    }
}

fn mapping(framework: &str, requirement: &str) -> JsonMapping {
    JsonMapping { framework: framework.to_owned(), requirement: requirement.to_owned() }
}
