//! What `ValidatingAdmissionPolicy` objects would decide, for people and as JSON.

use std::io::{self, Write};

use anstyle::AnsiColor;
use model::severity::Severity;
use schemars::JsonSchema;
use serde::Serialize;

use crate::json::{JsonCoverage, Tool};
use crate::text::Terminal;
use crate::text::terminal::{hang, sanitize, style};

/// The report of `plimsoll policy test`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyReport {
    /// The version of this form: `major.minor`.
    pub schema_version: String,
    /// The program that wrote it.
    pub tool: Tool,
    /// What was looked at, and what was not and why.
    pub coverage: JsonCoverage,
    /// The policies, in the order of the input; those of `--policy` first.
    pub policies: Vec<PolicyEntry>,
    /// The objects, ordered as the input is.
    pub objects: Vec<ObjectEntry>,
    /// Kinds that were judged as they are written, because their defaults are not known.
    pub as_written: Vec<String>,
}

/// A policy.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyEntry {
    /// Its name.
    pub name: String,
    /// Its file.
    pub path: String,
    /// The line on which it begins.
    pub line: u32,
    /// The bindings that bind it; without any it decides nothing.
    pub bindings: Vec<String>,
    /// Whether it comes from `--policy` and is bound everywhere, because nothing binds it.
    pub bound_everywhere: bool,
    /// What the API server would not take.
    pub mistakes: Vec<MistakeEntry>,
}

/// Something that the API server would not take.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MistakeEntry {
    /// The line of the file.
    pub line: u32,
    /// The column.
    pub column: u32,
    /// What is wrong.
    pub message: String,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It is admitted.
    Admitted,
    /// It is admitted, and somebody is warned or it is noted.
    Noted,
    /// It depends on something that is not known.
    Unknown,
    /// It is refused.
    Refused,
}

/// An object.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectEntry {
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
    /// The sets of values or the overlays in which it is so, if it was rendered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rendered_by: Vec<String>,
    /// What becomes of the request that creates it.
    pub outcome: Outcome,
    /// What becomes of the pods that it makes; null if it makes none, or nobody asked.
    pub pods: Option<Outcome>,
    /// What policies say, in their order.
    pub decisions: Vec<DecisionEntry>,
}

/// What one validation of a policy says.
#[derive(Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct DecisionEntry {
    /// The policy.
    pub policy: String,
    /// The binding.
    pub binding: String,
    /// Whether it is about the pods that the object makes.
    pub of_pods: bool,
    /// What follows: refused, noted (a warning or a note in the audit log) or unknown.
    pub outcome: Outcome,
    /// The words of the API server; of what is not known, what it depends on.
    pub message: String,
    /// The reason of the refusal; empty if it is not known.
    pub reason: String,
    /// What the binding asks for: Deny, Warn, Audit.
    pub actions: Vec<String>,
    /// The field of the object that the expression is about, where it is about one.
    pub field: Option<String>,
    /// The line of that field, or of the object.
    pub line: u32,
    /// The file of the policy.
    pub policy_path: String,
    /// The line of the expression, or of the policy.
    pub policy_line: u32,
}

/// The JSON Schema of the report.
pub fn schema() -> String {
    let schema = schemars::schema_for!(PolicyReport);
    serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n"
}

/// Writes the report as JSON.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_json(report: &PolicyReport, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

impl PolicyReport {
    /// How many objects have this outcome, or pods that have it.
    fn count(&self, outcome: Outcome) -> usize {
        self.objects.iter().filter(|object| object.worst() == outcome).count()
    }

    /// Whether everything could be looked at and said.
    pub fn is_complete(&self) -> bool {
        let is_wrong = self.policies.iter().any(|policy| !policy.mistakes.is_empty());
        let is_unknown =
            |object: &ObjectEntry| object.outcome == Outcome::Unknown || object.pods == Some(Outcome::Unknown);
        self.coverage.complete && !is_wrong && !self.objects.iter().any(is_unknown)
    }

    /// Whether anything is refused.
    pub fn is_refusing(&self) -> bool {
        self.count(Outcome::Refused) > 0
    }
}

impl ObjectEntry {
    fn worst(&self) -> Outcome {
        self.pods.map_or(self.outcome, |pods| pods.max(self.outcome))
    }
}

/// Writes the report for people.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_text(report: &PolicyReport, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    for policy in &report.policies {
        write_policy(policy, terminal, out)?;
    }
    for object in report.objects.iter().filter(|object| !object.decisions.is_empty()) {
        write_object(object, terminal, out)?;
    }
    for skipped in &report.coverage.skipped {
        let line = skipped.line.map(|line| format!(":{line}")).unwrap_or_default();
        let line = format!("not looked at: {}{line} ({})", sanitize(&skipped.path), sanitize(&skipped.reason));
        hang(&line, 0, terminal.width).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    if !report.as_written.is_empty() {
        let kinds = report.as_written.join(", ");
        let line = format!("judged as written, without the defaults of the server: {}", sanitize(&kinds));
        let lines = hang(&line, 2, terminal.width);
        lines.iter().try_for_each(|line| writeln!(out, "{}", terminal.dim(line)))?;
    }
    let plural = |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    let policies = plural(report.policies.len(), "policy", "policies");
    let objects = plural(report.objects.len(), "object", "objects");
    let (refused, noted) = (report.count(Outcome::Refused), report.count(Outcome::Noted));
    let mut line = format!("{} {policies}, {objects}: {refused} refused", terminal.logo());
    if noted > 0 {
        line.push_str(&format!(", {noted} admitted with a warning or a note"));
    }
    let unknown = report.count(Outcome::Unknown);
    if unknown > 0 {
        line.push_str(&format!(", {unknown} not known"));
    }
    writeln!(out, "{}", terminal.bold(&line))?;
    writeln!(out, "  {}", exit_sentence(report))
}

fn exit_sentence(report: &PolicyReport) -> &'static str {
    if !report.is_complete() {
        "exit 2: not everything could be looked at, or is known"
    } else if report.is_refusing() {
        "exit 1: some objects or their pods would be refused"
    } else {
        "exit 0: everything was looked at, and would be admitted"
    }
}

fn write_policy(policy: &PolicyEntry, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let path = sanitize(&policy.path);
    for mistake in &policy.mistakes {
        let mark = terminal.paint(style(Severity::High), if terminal.unicode { "✗" } else { "x" });
        writeln!(
            out,
            "{mark} policy {}  {}",
            sanitize(&policy.name),
            terminal.dim(&format!("{path}:{}:{}", mistake.line, mistake.column))
        )?;
        let text = format!("the API server would not take it: {}", sanitize(&mistake.message));
        hang(&text, 4, terminal.width).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    if policy.mistakes.is_empty() && policy.bindings.is_empty() && !policy.bound_everywhere {
        let line = format!("policy {} has no binding: it decides nothing", sanitize(&policy.name));
        let place = terminal.dim(&format!("{path}:{}", policy.line));
        writeln!(out, "{} {line}  {place}", terminal.unseen())?;
    }
    Ok(())
}

fn write_object(object: &ObjectEntry, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let mark = |outcome: Outcome| match outcome {
        Outcome::Refused => terminal.paint(style(Severity::High), if terminal.unicode { "✗" } else { "x" }),
        Outcome::Noted => terminal.paint(style(Severity::Medium), "!"),
        Outcome::Unknown => terminal.unseen().to_owned(),
        Outcome::Admitted => terminal.paint(AnsiColor::Green.on_default(), terminal.passed()),
    };
    let place = terminal.dim(&format!("{}:{}", sanitize(&object.path), object.line));
    writeln!(out, "{} {}  {place}", mark(object.worst()), sanitize(&object.resource))?;
    if object.pods.is_some_and(|pods| pods > object.outcome) && object.outcome == Outcome::Admitted {
        let what = if object.pods == Some(Outcome::Refused) { "would be refused" } else { "are not simply admitted" };
        writeln!(
            out,
            "    pods of {}/{} {what}",
            sanitize(&object.kind),
            sanitize(object.name.as_deref().unwrap_or("?"))
        )?;
    }
    for decision in &object.decisions {
        let who = format!("ValidatingAdmissionPolicy '{}' with binding '{}'", decision.policy, decision.binding);
        let said = match decision.outcome {
            Outcome::Unknown => format!("not known what {who} says: it depends on {}", decision.message),
            Outcome::Refused => format!("{who} denied request: {}", decision.message),
            _ if decision.actions.iter().any(|action| action == "Warn") => {
                format!("warning: Validation failed for {who}: {}", decision.message)
            }
            _ => format!("noted in the audit log by {who}: {}", decision.message),
        };
        let pods = if decision.of_pods { "pods: " } else { "" };
        hang(&format!("{pods}{}", sanitize(&said)), 4, terminal.width)
            .iter()
            .try_for_each(|line| writeln!(out, "{line}"))?;
        let mut places = String::new();
        if let Some(field) = &decision.field {
            places.push_str(&format!("`{field}` at {}:{}, ", object.path, decision.line));
        }
        places.push_str(&format!("policy at {}:{}", decision.policy_path, decision.policy_line));
        writeln!(out, "      {}", terminal.dim(&sanitize(&places)))?;
    }
    writeln!(out)
}
