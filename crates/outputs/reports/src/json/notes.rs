//! What was judged as it is here, and may be otherwise in a cluster.

use model::coverage::Coverage;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::display_path;

/// Something that may be otherwise in a cluster.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonNote {
    /// The file or folder.
    pub path: String,
    /// What.
    pub text: String,
}

pub(super) fn json_notes(coverage: &Coverage) -> Vec<JsonNote> {
    let note = |note: &model::coverage::Note| JsonNote { path: display_path(&note.path), text: note.text.clone() };
    coverage.notes.iter().map(note).collect()
}
