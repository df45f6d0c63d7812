//! Changes as a review of a pull request on GitHub, each with a button that takes it.
//!
//! The body of `POST /repos/{owner}/{repo}/pulls/{number}/reviews`.

use std::io::{self, Write};

use reports::report::display_path;
use serde::Serialize;

use crate::replacement::{Replacement, replacements};
use crate::session::{Made, Outcome};

#[derive(Serialize)]
struct Review {
    event: &'static str,
    body: String,
    comments: Vec<Comment>,
}

#[derive(Serialize)]
struct Comment {
    path: String,
    side: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_side: Option<&'static str>,
    line: usize,
    body: String,
}

/// Writes the review.
///
/// # Errors
/// What writing to `out` returns.
pub fn write(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let mut comments = Vec::new();
    for change in &outcome.changes {
        let path = display_path(&change.path);
        let made: Vec<&Made> =
            outcome.made.iter().filter(|made| made.fix.files().contains(&change.path.as_path())).collect();
        for replacement in replacements(change).unwrap_or_default() {
            comments.extend(comment(path.strip_prefix("./").unwrap_or(&path), &replacement, &made));
        }
    }
    let body =
        format!("Plimsoll mends {} findings here; each change was proven by scanning again.", outcome.made.len());
    serde_json::to_writer(&mut *out, &Review { event: "COMMENT", body, comments })?;
    out.write_all(b"\n")
}

/// A suggestion takes the place of lines that are there: where lines are only added, it repeats a neighbour.
fn comment(path: &str, replacement: &Replacement, made: &[&Made]) -> Option<Comment> {
    let Replacement { line, old, new, before, after } = replacement;
    let mut lines = new.clone();
    let (first, last) = match (old.len(), before, after) {
        (0, Some(before), _) => {
            lines.insert(0, before.clone());
            (line - 1, line - 1)
        }
        (0, None, Some(after)) => {
            lines.push(after.clone());
            (*line, *line)
        }
        (0, None, None) => return None,
        (count, _, _) => (*line, line + count - 1),
    };
    let text: String = lines.concat();
    let fence = "`".repeat(longest_fence(&text).max(2) + 1);
    let mut controls: Vec<&str> = made.iter().map(|made| made.fix.control.control.id).collect();
    controls.sort_unstable();
    controls.dedup();
    let named = controls.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
    let text = text.trim_end_matches(['\n', '\r']);
    let body = format!("For {named}\n\n{fence}suggestion\n{text}{}{fence}", if lines.is_empty() { "" } else { "\n" });
    let several = first != last;
    Some(Comment {
        path: path.to_owned(),
        side: "RIGHT",
        start_line: several.then_some(first),
        start_side: several.then_some("RIGHT"),
        line: last,
        body,
    })
}

fn longest_fence(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}
