//! Changes as SARIF 2.1.0: every finding that is mended, with its fix (3.55) for editors to take.
//!
//! A fix is that of its finding alone, against the file as it is.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use reports::repository::percent_encode;
use serde_json::{Value as Json, json};

use crate::edit;
use crate::field;
use crate::objects::objects;
use crate::plan::Fix;
use crate::replacement::{Replacement, replacements};
use crate::session::{Change, Outcome};

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
    let results: Vec<Json> =
        outcome.made.iter().map(|made| result(&made.fix, old.get(made.fix.path.as_path()).copied())).collect();
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

fn result(fix: &Fix, old: Option<&str>) -> Json {
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
    if let Some(replacements) = old.and_then(|old| alone(fix, old)).filter(|all| !all.is_empty()) {
        result["fixes"] = json!([{
            "description": {"text": fix.control.control.remediation},
            "artifactChanges": [{"artifactLocation": location, "replacements": replacements}],
        }]);
    }
    result
}

/// The replacements of one fix, made alone; `None` if it needs others before it or a secret would be in it.
fn alone(fix: &Fix, old: &str) -> Option<Vec<Json>> {
    let places = objects(&fix.path, old);
    let place = places.get(fix.object)?;
    let text = &old[place.document.clone()];
    let document = yaml::parse_document(text).ok()?;
    let patch = fix.patch(field::find(document.root(), &place.steps)?, &place.steps)?;
    // Whether an anchor's other places are meant was decided when it was made.
    let applied = edit::apply(text, &patch, &|_| true).ok()?.text?;
    let mut new = old.to_owned();
    new.replace_range(place.document.clone(), &applied);
    let change = Change { path: fix.path.clone(), old: old.to_owned(), new };
    Some(replacements(&change)?.iter().map(replacement).collect())
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
