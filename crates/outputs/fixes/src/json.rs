//! Changes for programs.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::edit::Action;
use crate::field;
use crate::patch;
use crate::plan::{Fix, Proposal};
use crate::session::{Change, Outcome};
use crate::sources::SourceEdit;

/// The version of the format: a new field raises the second number, a changed one the first.
pub const SCHEMA_VERSION: &str = "1.2";

/// What `plimsoll fix --output json` writes.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonFixes {
    /// The version of this format.
    pub schema_version: String,
    /// Whether the files were written.
    pub written: bool,
    /// The files that change.
    pub changes: Vec<JsonChange>,
    /// The changes by the findings that they mend.
    pub fixes: Vec<JsonFix>,
}

/// A file that changes.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonChange {
    /// The file.
    pub path: String,
    /// The unified difference; null where a secret would be in it.
    pub patch: Option<String>,
}

/// A change that would mend a finding.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonFix {
    /// The id of the control.
    pub control: String,
    /// The id of the resource.
    pub resource: String,
    /// How bad the finding is.
    pub severity: String,
    /// Who may decide: `safe`, `unsafe`, `needs-value` or `manual`.
    pub class: String,
    /// The file.
    pub path: String,
    /// The line of the finding.
    pub line: u32,
    /// The field of the finding.
    pub field: String,
    /// The container that it is about.
    pub container: Option<String>,
    /// What the finding says.
    pub message: String,
    /// What is done: `remove`, `replace`, `rename` or `merge`.
    pub action: String,
    /// The field at which it is done.
    pub at: String,
    /// What is written there; null for `remove`.
    pub value: Option<serde_json::Value>,
    /// Whether it is made, was withdrawn, or is proposed only.
    pub standing: JsonFixStanding,
    /// Why it was withdrawn.
    pub reason: Option<String>,
    /// Other places that change with it, because an anchor stands for them too.
    pub also: Vec<String>,
    /// Where it is written in the sources of what was rendered; empty for a manifest.
    #[serde(default)]
    pub edits: Vec<JsonEdit>,
    /// The sets of values or overlays in which the finding is; empty for a manifest.
    #[serde(default)]
    pub found_in: Vec<String>,
    /// Those that render the object, so that a change of a template or base is for all of them.
    #[serde(default)]
    pub object_in: Vec<String>,
}

/// A change of one place of a source.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonEdit {
    /// The file.
    pub path: String,
    /// What it is: `manifest`, `values`, `template`, `overlay`, or `object` for objects that are new.
    pub site: String,
    /// The literal block in it that holds the document with the field, if there is one: `spec.source.helm.values`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
    /// The field in it.
    pub at: String,
    /// What is done: `remove`, `replace`, `rename` or `merge`.
    pub action: String,
    /// What is written there; null for `remove`.
    pub value: Option<serde_json::Value>,
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum JsonFixStanding {
    /// It is in `changes`.
    Made,
    /// It was tried, and is not made.
    Withdrawn,
    /// Nobody asked for it.
    Proposed,
}

/// Writes what came of a run.
///
/// # Errors
/// What writing to `out` returns.
pub fn write(outcome: &Outcome, written: bool, out: &mut dyn Write) -> io::Result<()> {
    let made = outcome.made.iter().map(|made| (&made.fix, JsonFixStanding::Made, None, made.also.clone()));
    let withdrawn = outcome
        .withdrawn
        .iter()
        .map(|withdrawn| (&withdrawn.fix, JsonFixStanding::Withdrawn, Some(withdrawn.reason.clone()), Vec::new()));
    let left = outcome.left.iter().map(|fix| (fix, JsonFixStanding::Proposed, None, Vec::new()));
    let fixes =
        made.chain(withdrawn).chain(left).map(|(fix, standing, reason, also)| json_fix(fix, standing, reason, also));
    let changes = json_changes(&outcome.changes)?;
    let all = JsonFixes { schema_version: SCHEMA_VERSION.to_owned(), written, changes, fixes: fixes.collect() };
    serde_json::to_writer(&mut *out, &all)?;
    out.write_all(b"\n")
}

/// The files that change.
pub(crate) fn json_changes(changes: &[Change]) -> io::Result<Vec<JsonChange>> {
    let change = |change: &Change| {
        let mut text = Vec::new();
        let left_out = patch::write_patch(std::slice::from_ref(change), &mut text)?;
        let text = Some(String::from_utf8_lossy(&text).into_owned()).filter(|_| left_out.is_empty());
        Ok(JsonChange { path: reports::report::display_path(&change.path), patch: text })
    };
    changes.iter().map(change).collect()
}

fn json_fix(fix: &Fix, standing: JsonFixStanding, reason: Option<String>, also: Vec<String>) -> JsonFix {
    let nowhere = Vec::new();
    let (at, (action, value)) = match &fix.proposal {
        Proposal::At(steps, action) => (steps, words(action)),
        Proposal::Within(steps, tree) => (steps, ("merge", Some(tree.to_json()))),
        Proposal::Create(documents) => (&nowhere, ("create", Some(documents.as_str().into()))),
    };
    let rendered = fix.rendered.as_ref();
    let way = rendered.and_then(|rendered| rendered.ways.first()).into_iter().flatten();
    let edit = |edit: &SourceEdit| {
        let (action, value) = words(&edit.patch.action);
        JsonEdit {
            path: reports::report::display_path(&edit.path),
            site: edit.site.name().to_owned(),
            within: edit.block.as_ref().map(|block| field::path(&block.steps)),
            at: field::path(&edit.patch.steps),
            action: action.to_owned(),
            value,
        }
    };
    JsonFix {
        control: fix.control.control.id.to_owned(),
        resource: fix.resource.clone(),
        severity: fix.severity.name().to_owned(),
        class: fix.class.name().to_owned(),
        path: fix.shown_path(),
        line: fix.line,
        field: fix.field.clone(),
        container: Some(fix.container.clone()).filter(|name| !name.is_empty()),
        message: fix.message.clone(),
        action: action.to_owned(),
        at: field::path(at),
        value,
        standing,
        reason,
        also,
        edits: way.map(edit).collect(),
        found_in: rendered.map(|rendered| rendered.found_in.clone()).unwrap_or_default(),
        object_in: rendered.map(|rendered| rendered.object_in.clone()).unwrap_or_default(),
    }
}

fn words(action: &Action) -> (&'static str, Option<serde_json::Value>) {
    match action {
        Action::Remove => ("remove", None),
        Action::Replace(tree) => ("replace", Some(tree.to_json())),
        Action::Rename(name) => ("rename", Some(name.as_str().into())),
        Action::Merge(tree) => ("merge", Some(tree.to_json())),
    }
}

/// The schema of the format.
pub fn schema() -> String {
    let schema = schemars::schema_for!(JsonFixes);
    serde_json::to_string_pretty(&schema).map_or_else(|_| String::new(), |text| text + "\n")
}
