//! What the Pod Security admission plugin would answer, for people and as JSON.

use std::io::{self, Write};

use anstyle::AnsiColor;
use model::severity::Severity;
use schemars::JsonSchema;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use crate::json::{JsonCoverage, Tool};
use crate::text::Terminal;
use crate::text::terminal::{hang, sanitize, style, wrap};

/// The report of `plimsoll pod-security`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodSecurityReport {
    /// The version of this form: `major.minor`.
    pub schema_version: String,
    /// The program that wrote it.
    pub tool: Tool,
    /// What was looked at, and what was not and why.
    pub coverage: JsonCoverage,
    /// What was asked for.
    pub level: String,
    /// The version of the standards that was asked for.
    pub version: String,
    /// The workloads, ordered as the input is.
    pub workloads: Vec<WorkloadLevel>,
    /// What a label on each namespace would do.
    pub namespaces: Vec<NamespaceLevel>,
}

/// A workload, and the answer for it.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadLevel {
    /// The id of the resource: `Kind.group/namespace/name`.
    pub resource: String,
    /// Group and version, as written.
    pub api_version: String,
    /// The kind.
    pub kind: String,
    /// The namespace as written; null if it is not.
    pub namespace: Option<String>,
    /// The name; null if it has none.
    pub name: Option<String>,
    /// The file.
    pub path: String,
    /// The line on which the object begins.
    pub line: u32,
    /// The field path of the pod's specification.
    pub field: String,
    /// The name of the template in the object, of a custom resource that has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// The sets of values or the overlays in which it is so, if it was rendered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rendered_by: Vec<String>,
    /// The highest level that is met at that version: privileged, baseline or restricted.
    pub meets: String,
    /// The answer for the level that was asked for.
    pub asked: Asked,
}

impl WorkloadLevel {
    /// The resource, and which of its templates.
    fn shown(&self) -> String {
        self.template
            .as_ref()
            .map_or_else(|| self.resource.clone(), |template| format!("{} ({template})", self.resource))
    }
}

/// The plugin's answer.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// The level.
    pub level: String,
    /// The version.
    pub version: String,
    /// Whether the pod is let in.
    pub allowed: bool,
    /// Why not, in the plugin's words; empty if it is.
    pub reason: String,
    /// The checks in the order in which the plugin makes them.
    pub checks: Vec<CheckAnswer>,
}

/// The answer of one check.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckAnswer {
    /// The id of the check.
    pub id: String,
    /// Whether it lets the pod in.
    pub allowed: bool,
    /// Why not; empty if it does.
    pub reason: String,
    /// What of the pod; empty if it does.
    pub detail: String,
}

/// What the label would do to a namespace.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamespaceLevel {
    /// The namespace; null for workloads that do not say theirs.
    pub namespace: Option<String>,
    /// The workloads in it.
    pub workloads: u64,
    /// Those whose pods would be refused.
    pub refused: u64,
    /// The highest level that all of them meet.
    pub meets: String,
}

/// The JSON Schema of the report.
pub fn schema() -> String {
    let schema = schemars::schema_for!(PodSecurityReport);
    serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n"
}

/// Writes the report as JSON.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_json(report: &PodSecurityReport, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// Writes the report for people.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_text(report: &PodSecurityReport, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let width = report.workloads.iter().map(|workload| workload.shown().chars().count()).max().unwrap_or(0).min(60);
    for workload in &report.workloads {
        write_workload(workload, width, terminal, out)?;
    }
    if !report.workloads.is_empty() {
        writeln!(out)?;
    }
    write_namespaces(report, terminal, out)?;
    for skipped in &report.coverage.skipped {
        let line = skipped.line.map(|line| format!(":{line}")).unwrap_or_default();
        let line = format!("not looked at: {}{line} ({})", sanitize(&skipped.path), sanitize(&skipped.reason));
        hang(&line, 0, terminal.width).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    let refused = report.workloads.iter().filter(|workload| !workload.asked.allowed).count();
    let all = report.workloads.len();
    let logo = terminal.logo();
    let policy = format!("{}:{}", report.level, report.version);
    let line = format!("{logo} {policy}: {refused} of {all} workloads would be refused");
    writeln!(out, "{}", terminal.bold(&line))?;
    writeln!(out, "  {}", exit_sentence(report, refused))
}

fn exit_sentence(report: &PodSecurityReport, refused: usize) -> String {
    if !report.coverage.complete {
        "exit 2: not everything could be looked at".to_owned()
    } else if refused > 0 {
        "exit 1: some workloads would be refused".to_owned()
    } else {
        "exit 0: everything was looked at, and all workloads would be let in".to_owned()
    }
}

/// The columns of the level that a workload meets.
const MEETS: usize = "meets privileged".len();

fn write_workload(workload: &WorkloadLevel, width: usize, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let (mark, colour) = match (workload.asked.allowed, terminal.unicode) {
        (true, true) => ("✓", AnsiColor::Green.on_default()),
        (true, false) => ("+", AnsiColor::Green.on_default()),
        (false, true) => ("✗", style(Severity::High)),
        (false, false) => ("x", style(Severity::High)),
    };
    let name = sanitize(&workload.shown());
    let place = format!("{}:{}", sanitize(&workload.path), workload.line);
    let meets = format!("meets {}", workload.meets);
    // What has no room stands below.
    let column = width.min(terminal.width.saturating_sub(2 + 2 + MEETS));
    let before_meets = if name.width() <= column { "  " } else { "\n    " };
    let room = terminal.width.saturating_sub(2 + column + 2 + MEETS + 2);
    let before_place = if place.width() <= room { "  " } else { "\n    " };
    write!(out, "{} {name:<column$}{before_meets}{meets:<MEETS$}", terminal.paint(colour, mark))?;
    writeln!(out, "{before_place}{}", terminal.dim(&place))?;
    for check in workload.asked.checks.iter().filter(|check| !check.allowed) {
        let detail = if check.detail.is_empty() { String::new() } else { format!(" ({})", check.detail) };
        let line = format!("{}{}", check.reason, sanitize(&detail));
        hang(&line, 4, terminal.width).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    Ok(())
}

fn write_namespaces(report: &PodSecurityReport, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    if report.namespaces.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", terminal.bold(&format!("With `pod-security.kubernetes.io/enforce: {}`", report.level)))?;
    let name = |namespace: &NamespaceLevel| sanitize(namespace.namespace.as_deref().unwrap_or("(no namespace)"));
    let width = report.namespaces.iter().map(|namespace| name(namespace).chars().count()).max().unwrap_or(0);
    for namespace in &report.namespaces {
        let NamespaceLevel { namespace: _, workloads, refused, meets } = namespace;
        let consequence = match refused {
            0 => "nothing would break".to_owned(),
            refused => format!("{refused} of {workloads} workloads would get no pods"),
        };
        let lines = wrap(&format!("{consequence}; all of it meets {meets}"), terminal.width.saturating_sub(width + 4));
        for (at, line) in lines.iter().enumerate() {
            let name = if at == 0 { name(namespace) } else { String::new() };
            writeln!(out, "  {name:<width$}  {line}")?;
        }
    }
    let note = "A label refuses pods, not the controllers that make them; those only get a warning.";
    let lines = hang(note, 2, terminal.width);
    lines.iter().try_for_each(|line| writeln!(out, "{}", terminal.dim(line)))?;
    writeln!(out)
}
