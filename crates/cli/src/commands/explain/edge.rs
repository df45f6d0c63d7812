//! What an edge of attack paths is.

use std::io::{self, Write};

use ::paths::edge::EdgeKind;
use ::paths::edges::EDGES;
use ::paths::not_drawn::{NOT_DRAWN, NotDrawn};
use model::nearest::is_same;
use reports::text::Terminal;
use reports::text::terminal::wrap;

/// The edge of that id, or of another tool's name.
pub(super) fn find(id: &str) -> Option<&'static EdgeKind> {
    let is_alias = |kind: &&&EdgeKind| kind.aliases.iter().any(|alias| is_same(alias.id, id));
    EDGES.iter().find(|kind| is_same(kind.id, id)).or_else(|| EDGES.iter().find(is_alias)).copied()
}

/// Writes what it is.
pub(super) fn write(kind: &EdgeKind, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} {}", terminal.bold(kind.id), terminal.dim("an edge of attack paths"))?;
    writeln!(out, "An attacker {}.", kind.title)?;
    let parts = [
        ("what is gained", kind.rationale),
        ("when it is there", kind.conditions),
        ("what takes it away", kind.remediation),
        ("check by hand", kind.verify),
    ];
    for (head, text) in parts {
        writeln!(out, "\n{}", terminal.bold(head))?;
        for line in wrap(text, terminal.width.saturating_sub(2)) {
            writeln!(out, "  {line}")?;
        }
    }
    writeln!(out, "\n{}", terminal.bold("names"))?;
    writeln!(out, "  techniques  {}", kind.techniques.join(", "))?;
    for alias in kind.aliases {
        writeln!(out, "  {:<11} {}", alias.tool, alias.id)?;
    }
    Ok(())
}

/// The way of that name that is no edge of its own.
pub(super) fn find_not_drawn(id: &str) -> Option<&'static NotDrawn> {
    NOT_DRAWN.iter().find(|known| is_same(known.id, id))
}

/// Writes which edges tell it, or why none does.
pub(super) fn write_not_drawn(known: &NotDrawn, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} {}", terminal.bold(known.id), terminal.dim("a way of attackers"))?;
    writeln!(out, "An attacker {}.\n", known.title)?;
    let told: Vec<String> = known.told_by.iter().map(|id| format!("`{id}`")).collect();
    let head = match told.as_slice() {
        [] => "Not available yet".to_owned(),
        told => format!("No edge of its own: told by {}", told.join(", ")),
    };
    for line in wrap(&format!("{head}. {}", known.why), terminal.width) {
        writeln!(out, "{line}")?;
    }
    if let [first, ..] = known.told_by {
        writeln!(out, "\n{}", terminal.dim(&format!("`plimsoll explain {first}` says more")))?;
    }
    Ok(())
}
