//! `plimsoll paths coverage`: which techniques are looked for, and by what.

use std::collections::BTreeMap;
use std::io::{self, Write};

use ::paths::edges::EDGES;
use ::paths::matrix::{Beside, MICROSOFT, Technique};
use reports::text::Terminal;
use reports::text::terminal::wrap;
use serde_json::json;

use crate::arguments::{CoverageFormat, PathsCoverageArguments};
use crate::exit::Exit;
use crate::screen::{self, Destination};

/// Runs the command.
pub(super) fn run(arguments: &PathsCoverageArguments) -> anyhow::Result<Exit> {
    let mut out = io::stdout().lock();
    match arguments.output {
        CoverageFormat::Json => {
            let microsoft: Vec<serde_json::Value> = MICROSOFT.iter().map(told).collect();
            let report = json!({ "schemaVersion": "1.1", "techniques": by_technique(), "microsoft": microsoft });
            serde_json::to_writer_pretty(&mut out, &report)?;
            writeln!(out)?;
        }
        CoverageFormat::Text => write_text(screen::terminal(&Destination::Stdout), &mut out)?,
    }
    Ok(Exit::Clean)
}

/// The edges of every technique.
fn by_technique() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut all: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for kind in EDGES {
        for technique in kind.techniques {
            all.entry(technique).or_default().push(kind.id);
        }
    }
    all
}

fn told(technique: &Technique) -> serde_json::Value {
    let Technique { id, name, tactic, attack, beside } = technique;
    let (controls, word) = match beside {
        Beside::Nothing => (&[][..], "edges"),
        Beside::Controls(controls) => (*controls, "controls"),
        Beside::Watching => (&[][..], "seen-while-it-happens"),
        Beside::Outside => (&[][..], "outside"),
    };
    let edges = technique.edges();
    let by = if edges.is_empty() { word } else { "edges" };
    json!({ "id": id, "name": name, "tactic": tactic, "attack": attack, "by": by, "edges": edges, "controls": controls })
}

fn write_text(terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", terminal.bold("Microsoft threat matrix for Kubernetes"))?;
    let mut tactic = "";
    for technique in MICROSOFT {
        if technique.tactic != tactic {
            tactic = technique.tactic;
            writeln!(out, "  {}", terminal.dim(tactic))?;
        }
        let edges = technique.edges();
        let text = match (edges.is_empty(), technique.beside) {
            (false, _) => edges.join(", "),
            (true, Beside::Controls(controls)) => format!("controls: {}", controls.join(", ")),
            (true, Beside::Watching) => "no edge: seen while it happens only".to_owned(),
            (true, Beside::Outside) => "no edge: begins outside the cluster".to_owned(),
            (true, Beside::Nothing) => "no edge".to_owned(),
        };
        row(technique.id, &format!("{}: {text}", technique.name), terminal, out)?;
    }
    writeln!(out, "{}", terminal.bold("ATT&CK"))?;
    for (technique, edges) in by_technique().iter().filter(|(id, _)| !id.starts_with("MS-")) {
        row(technique, &edges.join(", "), terminal, out)?;
    }
    let with_edges = MICROSOFT.iter().filter(|technique| !technique.edges().is_empty()).count();
    writeln!(
        out,
        "{} {} edges stand for {with_edges} of {} techniques; `plimsoll explain EDGE` says what one is",
        terminal.logo(),
        EDGES.len(),
        MICROSOFT.len()
    )
}

fn row(id: &str, text: &str, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    for (at, line) in wrap(text, terminal.width.saturating_sub(15)).iter().enumerate() {
        writeln!(out, "    {:<10} {line}", if at == 0 { id } else { "" })?;
    }
    Ok(())
}
