//! Attack paths and plans, for people and machines.

mod dot;
mod explorer;
mod open_graph;
mod sarif;
mod tell;
mod text;

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::json::{JsonCoverage, Tool};

pub use dot::write_dot;
pub use explorer::{Explorer, Opening, write_html};
pub use open_graph::write_open_graph;
pub use sarif::write_sarif;
pub use tell::Teller;
pub use text::{Telling, percent, write_text};

/// The version of this form: `major.minor`.
pub const SCHEMA_VERSION: &str = "1.0";

/// The answer of `plimsoll paths`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PathsReport {
    /// The version of this form: `major.minor`.
    pub schema_version: String,
    /// The program that wrote it.
    pub tool: Tool,
    /// What was looked at, and what was not and why.
    pub coverage: JsonCoverage,
    /// What was read, as the user named it.
    pub subject: String,
    /// Where attackers begin.
    pub entries: Vec<EntryInfo>,
    /// Where they must not come.
    pub sinks: Vec<String>,
    /// How much of the entries reaches a sink.
    pub reached: Weight,
    /// The ways, the easiest first; those of one shape are one.
    pub paths: Vec<PathInfo>,
    /// How many more ways there are than are listed.
    pub more: usize,
    /// How many of all ways hang on nothing that is not known.
    pub certain: usize,
    /// The changes that are best made, if a plan was asked for.
    pub plan: Option<PlanInfo>,
    /// What a change does, if one was asked for.
    pub changes: Option<ChangesInfo>,
}

/// Where attackers begin.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EntryInfo {
    /// Its name.
    pub name: String,
    /// How much it counts.
    pub weight: u64,
}

/// How much of the entries reaches a sink, and how much there is.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Weight {
    /// How much does.
    pub reaching: u64,
    /// How much there is.
    pub of: u64,
}

/// Ways of one shape, of which the easiest is told.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PathInfo {
    /// Where it begins.
    pub from: String,
    /// Where it ends.
    pub to: String,
    /// How hard it is: the sum of its steps, and more for what is not known.
    pub difficulty: u64,
    /// Whether it hangs on nothing that is not known.
    pub certain: bool,
    /// What must hold for it and is not known.
    pub assumptions: Vec<AssumptionInfo>,
    /// How many ways have this shape.
    pub alike: usize,
    /// Where they begin, at most twenty.
    pub begins: Vec<String>,
    /// The steps.
    pub steps: Vec<StepInfo>,
    /// Of a way that a change opens or closes: what the other side has in its place; otherwise `null`.
    pub news: Option<News>,
}

/// What there is between the same ends on the other side of a change: before it, of a way that it opens, and after it, of one
/// that it closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum News {
    /// Nothing: this is the only one.
    Only,
    /// Ways that hang on something that is not known, where this one is certain.
    Certain,
    /// Other ways.
    Another,
}

impl PathInfo {
    /// The step and the change that costs least of all that cut the way.
    pub(crate) fn cheapest(&self) -> Option<(usize, &FixInfo)> {
        let steps = self.steps.iter().enumerate();
        steps.flat_map(|(at, step)| step.fixes.iter().map(move |fix| (at, fix))).min_by_key(|(at, fix)| (fix.cost, *at))
    }
}

/// Something that is not known.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AssumptionInfo {
    /// Its name.
    pub id: String,
    /// What is assumed, as a clause.
    pub text: String,
}

/// One step.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepInfo {
    /// What the attacker holds before it.
    pub from: String,
    /// What he holds after it.
    pub to: String,
    /// The word for what that is: `workload`, `subject`, `right`, `node`.
    pub to_kind: String,
    /// The id of the edge: `plimsoll explain` knows it.
    pub edge: String,
    /// What he does.
    pub title: String,
    /// Techniques of ATT&CK and of the Microsoft threat matrix.
    pub techniques: Vec<String>,
    /// How hard it is, from 1 to 100.
    pub difficulty: u8,
    /// What must hold for it and is not known: the names of assumptions.
    pub assumptions: Vec<String>,
    /// What shows it.
    pub evidence: Vec<EvidenceInfo>,
    /// How to check it by hand.
    pub verify: String,
    /// What cuts it.
    pub fixes: Vec<FixInfo>,
}

/// What shows that a step can be taken.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EvidenceInfo {
    /// The object.
    pub object: Option<String>,
    /// The field.
    pub field: Option<String>,
    /// The file.
    pub path: Option<String>,
    /// The line.
    pub line: Option<u32>,
    /// What is there.
    pub note: String,
}

/// A change that a person can make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FixInfo {
    /// What to do.
    pub title: String,
    /// The object that is changed.
    pub object: String,
    /// The field.
    pub field: String,
    /// What is done with it: `remove`, `replace`, `insert`, `delete` or `isolate`.
    pub action: String,
    /// What is written, for `replace` and `insert`.
    pub value: Option<String>,
    /// The file.
    pub path: String,
    /// The line.
    pub line: Option<u32>,
    /// How dear it is, from 1 to 100.
    pub cost: u64,
}

/// Changes in the order in which they are best made.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanInfo {
    /// The steps.
    pub steps: Vec<PlanStep>,
    /// The risk before them: the weight of every entry for each sink that it reaches, times what the sink counts.
    pub before: u64,
    /// The risk after them.
    pub left: u64,
    /// The part of the risk before them that hangs on nothing that is not known.
    pub certain_before: u64,
    /// The cost of the cheapest changes known that leave nothing; `null` if something always remains.
    pub cost_of_all: Option<u64>,
    /// Whether the graph was asked again without what the plan takes away, and gave what the plan promises.
    pub verified: bool,
}

/// One change of a plan.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanStep {
    /// The change.
    pub fix: FixInfo,
    /// What it cuts of what the steps before it have left.
    pub cuts: u64,
    /// The risk that is left after it.
    pub left: u64,
    /// The part of it that hangs on nothing that is not known.
    pub certain_left: u64,
    /// The number of its group. Steps of one group cut together what none of them cuts alone.
    pub group: u32,
    /// The steps of attackers that it takes away: `edge: from -> to`, at most ten.
    pub takes_away: Vec<String>,
}

/// What a change does to the ways.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ChangesInfo {
    /// Ways that are there after it and were not before.
    pub gained: Vec<PathInfo>,
    /// Ways that were there before and are not after it.
    pub lost: Vec<PathInfo>,
    /// How much of the entries reached a sink before.
    pub before: Weight,
    /// How much does after.
    pub after: Weight,
}

/// The JSON Schema of the report.
pub fn schema() -> String {
    serde_json::to_string_pretty(&schemars::schema_for!(PathsReport)).expect("a schema is JSON") + "\n"
}

/// Writes the report as JSON.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_json(report: &PathsReport, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// Writes the steps of all paths as a table: path, step, from, edge, to, techniques, certain, file, line.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_csv(report: &PathsReport, out: &mut dyn Write) -> io::Result<()> {
    let cell = |text: &str| {
        let mut cell = String::new();
        crate::csv::push_cell(text, &mut cell);
        cell
    };
    out.write_all(b"path,step,from,edge,to,techniques,certain,file,line\r\n")?;
    for (number, path) in (1..).zip(&report.paths) {
        for (at, step) in (1..).zip(&path.steps) {
            let shown = step.evidence.first();
            let file = shown.and_then(|evidence| evidence.path.clone()).unwrap_or_default();
            let line = shown.and_then(|evidence| evidence.line).map(|line| line.to_string()).unwrap_or_default();
            let cells = [
                number.to_string(),
                at.to_string(),
                cell(&step.from),
                cell(&step.edge),
                cell(&step.to),
                cell(&step.techniques.join(" ")),
                step.assumptions.is_empty().to_string(),
                cell(&file),
                line,
            ];
            write!(out, "{}\r\n", cells.join(","))?;
        }
    }
    Ok(())
}
