//! Where findings in rendered text come from, as JSON.

use model::inventory::ResourceId;
use model::origin::{Deciding, Reason, Traced};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::{Report, display_path};

/// Where a finding in rendered text comes from. The place of the occurrence is that of the source: a template, base or
/// patch.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonOrigin {
    /// Why it is there: one reason for all renderings in which the same values decide.
    pub reasons: Vec<JsonReason>,
}

/// Why a finding is in rendered text.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonReason {
    /// The renderings in which it is so.
    pub renderings: Vec<JsonRendering>,
    /// The values that decide, the nearest first.
    pub values: Vec<JsonValue>,
    /// What was rendered there, in the first of the renderings.
    pub rendered: JsonRendered,
}

/// A chart with one set of values, or a kustomization.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonRendering {
    /// `helm` or `kustomize`.
    pub renderer: String,
    /// The folder or archive.
    pub path: String,
    /// The set of values, or the overlay.
    pub variant: String,
}

/// A value that decides.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonValue {
    /// Its path, as one would write it for `--set`.
    pub name: String,
    /// Where it is written; absent if that is the command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<JsonPlace>,
}

/// A place in a file.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonPlace {
    /// The file.
    pub path: String,
    /// The first line, from 1.
    pub line: u32,
    /// The first column, in characters, from 1.
    pub column: u32,
    /// The last line.
    pub end_line: u32,
    /// One past the last column.
    pub end_column: u32,
}

/// Lines that were rendered.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonRendered {
    /// The first line of the rendered text, from 1, as `plimsoll render --plain` prints it.
    pub line: u32,
    /// The lines, with every secret masked.
    pub lines: Vec<String>,
}

/// Of a place of many lines so many are shown.
const MOST_LINES: u32 = 5;

pub(super) fn json_origin(report: &Report<'_>, traced: &Traced) -> JsonOrigin {
    JsonOrigin { reasons: traced.reasons.iter().map(|reason| json_reason(report, reason)).collect() }
}

fn json_reason(report: &Report<'_>, reason: &Reason) -> JsonReason {
    let Reason { renderings, values, rendered } = reason;
    let line = rendered.line;
    let last = rendered.end_line.max(line).min(line + MOST_LINES - 1);
    let lines = renderings.first().map(|id| report.results.origins.rendering(*id).lines(line, last));
    JsonReason {
        renderings: renderings.iter().map(|id| json_rendering(report, *id)).collect(),
        values: values.iter().map(|value| json_value(report, value)).collect(),
        rendered: JsonRendered { line, lines: lines.unwrap_or_default() },
    }
}

fn json_rendering(report: &Report<'_>, id: model::origin::RenderingId) -> JsonRendering {
    let rendering = report.results.origins.rendering(id);
    JsonRendering {
        renderer: rendering.renderer.name().to_owned(),
        path: display_path(std::path::Path::new(&rendering.path)),
        variant: rendering.variant.clone(),
    }
}

pub(super) fn json_renderings(report: &Report<'_>, resource: ResourceId) -> Vec<JsonRendering> {
    report.results.origins.of_resource(resource).iter().map(|id| json_rendering(report, *id)).collect()
}

fn json_value(report: &Report<'_>, value: &Deciding) -> JsonValue {
    let place = value.place.map(|(file, place)| JsonPlace {
        path: display_path(&report.results.files[file as usize]),
        line: place.line,
        column: place.column,
        end_line: place.end_line,
        end_column: place.end_column,
    });
    JsonValue { name: value.path.clone(), place }
}
