//! What comes first, and why.

use model::priority::FirstChange;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::{ControlResult, Report};

/// What a result contributes to what an attacker can do.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonPriority {
    /// How much of the risk is gone when it alone is mended, in thousandths.
    pub cut: u16,
    /// How much is gone when it is mended with the others of its group in `first`, in thousandths.
    pub together: u16,
    /// The most open beginning of a way that uses it: `internet`, `anonymous`, `authenticated` or `workload`.
    pub from: String,
    /// The greatest end of such a way: `cluster-admin`, `control-plane`, `node` or `secrets`.
    pub to: String,
}

/// A change that is best made.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonFirst {
    /// What to do, as an instruction.
    pub title: String,
    /// The id of the resource that is changed.
    pub resource: String,
    /// The field.
    pub field: String,
    /// The file.
    pub path: String,
    /// The line; 0 if it is in a running cluster.
    pub line: u32,
    /// The number of its group: changes of one group cut only together.
    pub group: u32,
    /// How much of the risk is left after it, in thousandths.
    pub left: u16,
}

pub(super) fn json_priority(report: &Report<'_>, result: &ControlResult<'_>) -> Option<JsonPriority> {
    let known = report.contribution(result)?;
    Some(JsonPriority {
        cut: known.cut,
        together: known.together,
        from: known.from.word().to_owned(),
        to: known.to.word().to_owned(),
    })
}

pub(super) fn json_first(report: &Report<'_>) -> Vec<JsonFirst> {
    report.results.priorities.first.iter().map(|change| json_change(report, change)).collect()
}

fn json_change(report: &Report<'_>, change: &FirstChange) -> JsonFirst {
    let resource = report.resource(change.resource);
    let (path, line) = report.change_place(change).unwrap_or_else(|| (report.path(resource), resource.line));
    JsonFirst {
        title: report.text(change.title).to_owned(),
        resource: report.resource_id(change.resource),
        field: report.text(change.place.field).to_owned(),
        path,
        line,
        group: change.group,
        left: change.left,
    }
}
