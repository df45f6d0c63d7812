//! `plimsoll paths coverage`: which techniques the edges stand for.

use std::collections::BTreeMap;
use std::io::{self, Write};

use ::paths::edges::EDGES;

use crate::arguments::{PathsCoverageArguments, PathsFormat};
use crate::exit::{Exit, UsageError};
use crate::screen::{self, Destination};

/// Runs the command.
pub(super) fn run(arguments: &PathsCoverageArguments) -> anyhow::Result<Exit> {
    let mut by_technique: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for kind in EDGES {
        for technique in kind.techniques {
            by_technique.entry(technique).or_default().push(kind.id);
        }
    }
    let mut out = io::stdout().lock();
    match arguments.output {
        PathsFormat::Json => {
            serde_json::to_writer_pretty(
                &mut out,
                &serde_json::json!({ "schemaVersion": "1.0", "techniques": by_technique }),
            )?;
            writeln!(out)?;
        }
        PathsFormat::Text => {
            let terminal = screen::terminal(&Destination::Stdout);
            for (matrix, is_of) in [("ATT&CK", false), ("Microsoft threat matrix for Kubernetes", true)] {
                writeln!(out, "{}", terminal.bold(matrix))?;
                for (technique, edges) in by_technique.iter().filter(|(id, _)| id.starts_with("MS-") == is_of) {
                    writeln!(out, "  {technique:<12} {}", edges.join(", "))?;
                }
            }
            writeln!(out, "{} {} edges; `plimsoll explain EDGE` says what one is", terminal.logo(), EDGES.len())?;
        }
        PathsFormat::Csv
        | PathsFormat::Dot
        | PathsFormat::Sarif
        | PathsFormat::Html
        | PathsFormat::OpenGraph
        | PathsFormat::Patch => {
            return Err(UsageError("the coverage is written as text or json".to_owned()).into());
        }
    }
    Ok(Exit::Clean)
}
