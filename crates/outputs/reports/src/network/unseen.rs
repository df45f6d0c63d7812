//! What an answer about the network is not all of: what was not looked at, and policies that are not judged.

use std::io::{self, Write};

use model::inventory::Inventory;

use super::hanging::write_plain;
use super::wire::{PolicyNote, incomplete, refused};
use crate::text::Terminal;
use crate::text::terminal::sanitize;

/// The policies that have no effect, or are not evaluated.
pub fn not_judged(inventory: &Inventory) -> Vec<PolicyNote> {
    [refused(inventory), incomplete(inventory)].concat()
}

/// Says what an answer is not all of; nothing if it is.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_unseen(inventory: &Inventory, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    const MOST: usize = 10;
    let mut lines = Vec::new();
    if inventory.resources.is_empty() {
        lines.push("not looked at: there is no object in the input".to_owned());
    }
    let coverage = crate::json::coverage_of(&inventory.coverage, inventory.resources.len());
    for skipped in &coverage.skipped {
        let line = skipped.line.map(|line| format!(":{line}")).unwrap_or_default();
        lines.push(format!("not looked at: {}{line} ({})", skipped.path, skipped.reason));
    }
    for (what, notes) in [("no effect", refused(inventory)), ("incomplete", incomplete(inventory))] {
        lines.extend(
            notes
                .into_iter()
                .map(|note| format!("{what}: {} {}:{}: {}", note.policy, note.path, note.line, note.reason)),
        );
    }
    for line in lines.iter().take(MOST) {
        write_plain(&sanitize(line), 2, terminal, out)?;
    }
    if lines.len() > MOST {
        writeln!(out, "  {} more; `--output json` has all", lines.len() - MOST)?;
    }
    Ok(())
}
