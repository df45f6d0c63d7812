//! The ways as a graph for Graphviz.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::PathsReport;
use crate::text::terminal::sanitize;

/// Writes the ways that are listed as one graph: entries at the top, conditional steps dashed.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_dot(report: &PathsReport, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "digraph paths {{\n  rankdir=TB;\n  node [shape=box, fontname=\"sans-serif\"];")?;
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut steps = BTreeSet::new();
    for step in report.paths.iter().flat_map(|path| &path.steps) {
        for name in [&step.from, &step.to] {
            let next = numbers.len();
            numbers.entry(name).or_insert(next);
        }
        steps.insert((&*step.from, &*step.to, &*step.edge, step.assumptions.is_empty()));
    }
    let sinks: BTreeSet<&str> = report.paths.iter().map(|path| &*path.to).collect();
    let entries: BTreeSet<&str> = report.paths.iter().map(|path| &*path.from).collect();
    for (name, number) in &numbers {
        let style = match (entries.contains(name), sinks.contains(name)) {
            (_, true) => ", style=filled, fillcolor=\"#f4c7c3\"",
            (true, _) => ", style=filled, fillcolor=\"#d2e3fc\"",
            _ => "",
        };
        writeln!(out, "  n{number} [label={}{style}];", quote(name))?;
    }
    for (from, to, edge, is_certain) in steps {
        let style = if is_certain { "" } else { ", style=dashed" };
        writeln!(out, "  n{} -> n{} [label={}{style}];", numbers[from], numbers[to], quote(edge))?;
    }
    writeln!(out, "}}")
}

fn quote(text: &str) -> String {
    format!("\"{}\"", sanitize(text).replace('\\', "\\\\").replace('"', "\\\""))
}
