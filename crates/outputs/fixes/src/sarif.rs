//! Changes as SARIF 2.1.0: every finding that is mended, with its fix (3.55) for editors to take.
//!
//! A fix is that of its finding alone, against the file as it is.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use reports::report::display_path;
use reports::repository::percent_encode;
use serde_json::{Value as Json, json};

use crate::plan::Fix;
use crate::replacement::{Replacement, replacements};
use crate::session::{Change, Outcome};
use crate::writing::{self, Tried};

/// Writes the log.
///
/// # Errors
/// What writing to `out` returns.
pub fn write(outcome: &Outcome, version: &str, out: &mut dyn Write) -> io::Result<()> {
    let old: BTreeMap<&Path, &str> =
        outcome.changes.iter().map(|change| (change.path.as_path(), change.old.as_str())).collect();
    let mut rules: Vec<&Fix> = outcome.made.iter().map(|made| &made.fix).collect();
    rules.sort_by_key(|fix| fix.control.id);
    rules.dedup_by_key(|fix| fix.control.id);
    let results: Vec<Json> = outcome.made.iter().map(|made| result(&made.fix, &old)).collect();
    let rules: Vec<Json> = rules
        .iter()
        .map(|fix| {
            let control = fix.control.control;
            json!({"id": control.id, "shortDescription": {"text": control.title}, "help": {"text": control.remediation}})
        })
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "plimsoll", "semanticVersion": version, "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_writer(&mut *out, &log)?;
    out.write_all(b"\n")
}

fn result(fix: &Fix, old: &BTreeMap<&Path, &str>) -> Json {
    let location = json!({"uri": percent_encode(&fix.shown_path())});
    let mut result = json!({
        "ruleId": fix.control.control.id,
        "level": match fix.severity {
            model::severity::Severity::Critical | model::severity::Severity::High => "error",
            model::severity::Severity::Medium => "warning",
            model::severity::Severity::Low | model::severity::Severity::Info => "note",
        },
        "message": {"text": fix.message},
        "locations": [{"physicalLocation": {
            "artifactLocation": location,
            "region": {"startLine": fix.line.max(1)},
        }}],
    });
    let changes: Option<Vec<Json>> = alone(fix, old).map(|all| {
        let change = |(path, replacements): (&Path, Vec<Json>)| {
            let location = json!({"uri": percent_encode(&display_path(path))});
            json!({"artifactLocation": location, "replacements": replacements})
        };
        all.into_iter().map(change).collect()
    });
    if let Some(changes) = changes.filter(|all| !all.is_empty()) {
        result["fixes"] = json!([{
            "description": {"text": fix.control.control.remediation},
            "artifactChanges": changes,
        }]);
    }
    result
}

/// The replacements of one fix, made alone, in each file; `None` if it needs others before it or a secret would be in
/// it.
fn alone<'f>(fix: &'f Fix, old: &BTreeMap<&Path, &str>) -> Option<Vec<(&'f Path, Vec<Json>)>> {
    let mut tried = vec![Tried::default()];
    let mut changes = Vec::new();
    for (path, jobs) in writing::jobs(std::slice::from_ref(fix), &mut tried) {
        let old = (*old.get(path)?).to_owned();
        let new = writing::in_file(path, old.clone(), &jobs, &mut tried);
        let replacements = replacements(&Change::new(path, old, new))?;
        changes.push((path, replacements.iter().map(replacement).collect()));
    }
    let is_made = tried.iter().all(|tried| tried.refused.is_none());
    changes.retain(|(_, replacements): &(&Path, Vec<Json>)| !replacements.is_empty());
    is_made.then_some(changes)
}

fn replacement(replacement: &Replacement) -> Json {
    let Replacement { line, old, new, .. } = replacement;
    let last = old.last().filter(|last| !last.ends_with('\n'));
    let (end_line, end_column) = match last {
        // The last line of a text without a line break at its end.
        Some(last) => (line + old.len() - 1, last.chars().count() + 1),
        None => (line + old.len(), 1),
    };
    json!({
        "deletedRegion": {"startLine": line, "startColumn": 1, "endLine": end_line, "endColumn": end_column},
        "insertedContent": {"text": new.concat()},
    })
}
