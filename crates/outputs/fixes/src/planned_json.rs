//! The changes of a plan for programs.

use std::io::{self, Write};

use reports::paths::FixInfo;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::json::{JsonChange, json_changes};
use crate::session::Change;

/// The version of the format: a new field raises the second number, a changed one the first.
pub const SCHEMA_VERSION: &str = "1.0";

/// What `plimsoll fix --plan --output json` writes.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonPlannedFixes {
    /// The version of this format.
    pub schema_version: String,
    /// Whether the files were written.
    pub written: bool,
    /// The risk before the changes.
    pub before: u64,
    /// The risk that is left when everything is read and asked again with them.
    pub left: u64,
    /// The same for every other set of values.
    pub values: Vec<JsonValues>,
    /// The files that change.
    pub changes: Vec<JsonChange>,
    /// The changes of the plan, in its order.
    pub steps: Vec<JsonPlannedStep>,
}

/// Another set of values of charts.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonValues {
    /// What it is called.
    pub name: String,
    /// The risk before the changes; null if what is asked about is not there with these values.
    pub before: Option<u64>,
    /// The risk with them.
    pub left: Option<u64>,
}

/// A change of a plan.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonPlannedStep {
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
    /// How dear it is, from 1 to 100.
    pub cost: u64,
    /// The files in which it is written; none if it is not.
    pub files: Vec<String>,
    /// Why it is not written; null if it is.
    pub reason: Option<String>,
}

impl JsonPlannedStep {
    /// A change, with the files in which it is written, or why it is not.
    pub fn new(fix: &FixInfo, made: Result<Vec<String>, String>) -> Self {
        let FixInfo { title, object, field, action, value, path: _, line: _, cost } = fix.clone();
        let (files, reason) = match made {
            Ok(files) => (files, None),
            Err(reason) => (Vec::new(), Some(reason)),
        };
        Self { title, object, field, action, value, cost, files, reason }
    }
}

/// What came of a plan.
pub struct Planned<'a> {
    /// Whether the files were written.
    pub written: bool,
    /// The risk before the changes, and what is left of it.
    pub risk: (u64, u64),
    /// The same for every other set of values.
    pub values: Vec<JsonValues>,
    /// The files that change.
    pub changes: &'a [Change],
    /// The changes of the plan.
    pub steps: Vec<JsonPlannedStep>,
}

/// Writes it.
///
/// # Errors
/// What writing to `out` returns.
pub fn write(planned: Planned<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Planned { written, risk: (before, left), values, changes, steps } = planned;
    let changes = json_changes(changes)?;
    let schema_version = SCHEMA_VERSION.to_owned();
    let all = JsonPlannedFixes { schema_version, written, before, left, values, changes, steps };
    serde_json::to_writer(&mut *out, &all)?;
    out.write_all(b"\n")
}

/// The schema of the format.
pub fn schema() -> String {
    let schema = schemars::schema_for!(JsonPlannedFixes);
    serde_json::to_string_pretty(&schema).map_or_else(|_| String::new(), |text| text + "\n")
}
