//! Who may do what, and why: the forms of `plimsoll rbac`, for people and as JSON.

mod changes;
pub mod graph;
mod least;
pub mod matrix;
mod page;
mod text;

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::json::{JsonCoverage, Tool};

pub use changes::SubjectChange;
pub use graph::{GraphEdge, GraphNode, GraphReport};
pub use least::{
    LeastPrivilegeReport, LeftOutReport, ProvenReport, RefusedReport, SuperfluousReport, UnusedReport, UsedReport,
    WiderReport,
};
pub use text::write as write_text;

/// The report of a command of `plimsoll rbac`. What another command answers is null.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RbacReport {
    /// The version of this form: `major.minor`.
    pub schema_version: String,
    /// The program that wrote it.
    pub tool: Tool,
    /// What was looked at, and what was not and why.
    pub coverage: JsonCoverage,
    /// The version of Kubernetes that the answers are for.
    pub kubernetes_version: String,
    /// What was taken to be so without being seen.
    pub assumptions: Vec<String>,
    /// Of `can` and `why`.
    pub answer: Option<AnswerReport>,
    /// Of `who-can`: one for each resource that was asked about.
    pub who_can: Option<Vec<WhoCanReport>>,
    /// Of `subjects` and `matrix`.
    pub subjects: Option<Vec<SubjectReport>>,
    /// Of `diff`.
    pub changes: Option<Vec<SubjectChange>>,
    /// Of `graph`.
    pub graph: Option<GraphReport>,
    /// Of `least-privilege`.
    pub least_privilege: Option<LeastPrivilegeReport>,
}

/// A subject.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubjectName {
    /// `User`, `Group` or `ServiceAccount`.
    pub kind: String,
    /// The name; of a ServiceAccount `namespace/name`.
    pub name: String,
}

/// A request.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestReport {
    /// The verb.
    pub verb: String,
    /// The API group; empty is the core group; null for a path.
    pub group: Option<String>,
    /// The resource, with its subresource.
    pub resource: Option<String>,
    /// The namespace, if it has one.
    pub namespace: Option<String>,
    /// The name of the object, if it has one.
    pub name: Option<String>,
    /// The path of a request for none of the resources.
    pub path: Option<String>,
}

/// Whether somebody may do something, and why.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnswerReport {
    /// Who.
    pub subject: SubjectName,
    /// The groups that count.
    pub groups: Vec<String>,
    /// What.
    pub request: RequestReport,
    /// `yes`, `no`, or `unknown` where the answer needs something that was not seen.
    pub decision: String,
    /// What allows it apart from roles and bindings.
    pub outside: Option<String>,
    /// All that grants it, in the order in which the API server looks.
    pub because: Vec<ChainReport>,
    /// What was not seen and might allow it.
    pub unknown: Vec<String>,
    /// Groups whose members may do it, of which it is not known whether the user is one.
    pub groups_that_may: Vec<String>,
}

/// How a right reaches a subject.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChainReport {
    /// The subject as the binding names it.
    pub subject: SubjectName,
    /// The binding.
    pub binding: ObjectReport,
    /// The role.
    pub role: ObjectReport,
    /// The rule.
    pub rule: RuleReport,
}

/// A role or binding.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectReport {
    /// The kind.
    pub kind: String,
    /// The namespace, if it has one.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
    /// The file; null for what every cluster has.
    pub path: Option<String>,
    /// The line.
    pub line: Option<u32>,
    /// Whether it is one that every cluster has, and that was not in the input.
    pub built_in: bool,
}

/// A rule of a role.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuleReport {
    /// Its index in the role in which it is written, counted from 0.
    pub index: u32,
    /// The role in which it is written, if it is aggregated.
    pub aggregated_from: Option<String>,
    /// What it grants, in words.
    pub text: String,
    /// The file; null for what every cluster has.
    pub path: Option<String>,
    /// The line.
    pub line: Option<u32>,
}

/// Who may do something.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WhoCanReport {
    /// What.
    pub request: RequestReport,
    /// Who.
    pub subjects: Vec<WhoReport>,
    /// Bindings whose roles were not seen: whoever they name might as well.
    pub not_seen: Vec<ObjectReport>,
}

/// Somebody who may do something.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WhoReport {
    /// Who.
    pub subject: SubjectName,
    /// By what; empty for `system:masters`, who are not asked.
    pub because: Vec<ChainReport>,
}

/// What somebody may do.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubjectReport {
    /// Who.
    pub subject: SubjectName,
    /// Whether it is one that every cluster has, with what every cluster gives it.
    pub built_in: bool,
    /// The severity of the worst; null if there is nothing dangerous.
    pub severity: Option<String>,
    /// Workloads that run as it.
    pub workloads: Vec<String>,
    /// The dangerous, the worst first.
    pub dangers: Vec<DangerReport>,
    /// Everything, by scope and resource; only if one subject was asked for.
    pub rights: Vec<RightReport>,
    /// The rules by which; only if one subject was asked for.
    pub because: Vec<ChainReport>,
}

/// Something dangerous that somebody can do.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DangerReport {
    /// Its id.
    pub id: String,
    /// What it is, as a phrase that follows "can".
    pub title: String,
    /// What it is about.
    pub theme: String,
    /// How bad it is there.
    pub severity: String,
    /// The namespace; null for the whole cluster.
    pub namespace: Option<String>,
    /// The names that it is limited to; empty if it is not.
    pub names: Vec<String>,
    /// What it leads to.
    pub why: String,
    /// Techniques of MITRE ATT&CK for Containers.
    pub techniques: Vec<String>,
    /// By which rules, one for each thing that it takes.
    pub because: Vec<ChainReport>,
}

/// What somebody may do with a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RightReport {
    /// The namespace; null for the whole cluster.
    pub namespace: Option<String>,
    /// The group; empty is the core group.
    pub group: String,
    /// The resource, with its subresource, or the path; `/*` is every path.
    pub resource: String,
    /// The verbs.
    pub verbs: Vec<String>,
    /// The names that it is limited to; empty if it is not.
    pub names: Vec<String>,
}

/// The JSON Schema of the reports.
pub fn schema() -> String {
    let schema = schemars::schema_for!(RbacReport);
    serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n"
}

/// Writes the report as JSON.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_json(report: &RbacReport, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report).map_err(io::Error::from)?;
    out.write_all(b"\n")
}
