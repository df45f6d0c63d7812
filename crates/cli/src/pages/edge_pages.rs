//! The page of the edges of attack paths.

use std::fmt::Write as _;

use paths::edges::EDGES;

use super::NOTE;

/// What every edge is.
pub(super) fn page() -> String {
    let mut page = format!("{NOTE}# Edges of attack paths\n\n| edge | an attacker |\n|---|---|\n");
    for kind in EDGES {
        let _ = writeln!(page, "| [{0}](#{0}) | {1} |", kind.id, kind.title);
    }
    for kind in EDGES {
        let _ = write!(page, "\n## {}\n\n{}\n\n", kind.id, kind.rationale);
        let _ = write!(
            page,
            "**When it is there.** {}\n\n**What takes it away.** {}\n\n",
            kind.conditions, kind.remediation
        );
        let _ =
            write!(page, "**Techniques.** {}. **Difficulty.** {} of 100.", kind.techniques.join(", "), kind.difficulty);
        if !kind.found_by.is_empty() {
            let controls = kind.found_by.iter().map(|id| format!("[{id}](controls/{id}.md)"));
            let _ = write!(page, " **Controls.** {}.", controls.collect::<Vec<_>>().join(", "));
        }
        if !kind.aliases.is_empty() {
            let names = kind.aliases.iter().map(|alias| format!("{} `{}`", alias.tool, alias.id));
            let _ = write!(page, " **Elsewhere.** {}.", names.collect::<Vec<_>>().join(", "));
        }
        let _ = write!(page, "\n\n```sh\n{}\n```\n", kind.verify);
    }
    page
}
