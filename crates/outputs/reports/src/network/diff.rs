//! What changes between two networks, for people and machines.

use std::collections::BTreeMap;
use std::io::{self, Write};

use ::network::{Change, Difference, Direction, Door, Entry, Opened, Tls, Width};
use anstyle::AnsiColor;
use schemars::JsonSchema;
use serde::Serialize;

use super::hanging::{write_hanging, write_marked};
use super::wire::{Connection, SCHEMA_VERSION};
use crate::json::Tool;
use crate::text::Terminal;
use crate::text::terminal::sanitize;

/// The answer of `plimsoll network diff` and `plimsoll network what-if`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiffReport {
    /// The version of this form: `major.minor`.
    pub schema_version: String,
    /// The program that wrote it.
    pub tool: Tool,
    /// Whether everything could be looked at.
    pub complete: bool,
    /// Connections that are possible now.
    pub gained: Vec<DiffChange>,
    /// Connections that no longer are.
    pub lost: Vec<DiffChange>,
    /// Ways in from outside that are open now.
    pub doors_gained: Vec<DiffDoor>,
    /// Ways in that no longer are.
    pub doors_lost: Vec<DiffDoor>,
    /// Ways in that more may use than before, or that no longer speak TLS.
    pub doors_wider: Vec<DiffWidth>,
    /// Ways in that fewer may use than before, or that speak TLS now.
    pub doors_narrower: Vec<DiffWidth>,
    /// Pods whose restriction came or went.
    pub turned: Vec<DiffTurn>,
    /// Workloads that are new.
    pub appeared: Vec<String>,
    /// Workloads that are gone.
    pub vanished: Vec<String>,
}

/// Ports on which one may connect to the other.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiffChange {
    /// Who connects.
    pub from: String,
    /// Who is connected to.
    pub to: String,
    /// The ports.
    pub connection: Connection,
}

/// A way in from outside.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiffDoor {
    /// The workload.
    pub workload: String,
    /// How.
    pub way: String,
    /// What is connected to.
    pub door: String,
    /// The ports at the pods.
    pub connection: Connection,
}

/// A way in that others may use than before.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiffWidth {
    /// The workload.
    pub workload: String,
    /// How.
    pub way: String,
    /// What is connected to.
    pub door: String,
    /// The ports at the pods.
    pub connection: Connection,
    /// Who might use it before, in words.
    pub before: String,
    /// Who may use it now.
    pub after: String,
}

/// Pods whose restriction came or went.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiffTurn {
    /// The workload.
    pub workload: String,
    /// `ingress` or `egress`.
    pub direction: String,
    /// Whether the restriction is gone.
    pub opened: bool,
}

/// The JSON Schema of the report.
pub fn schema() -> String {
    serde_json::to_string_pretty(&schemars::schema_for!(DiffReport)).expect("a schema is JSON") + "\n"
}

fn side(direction: Direction) -> &'static str {
    match direction {
        Direction::Ingress => "ingress",
        Direction::Egress => "egress",
    }
}

/// The report.
pub fn report(difference: &Difference, complete: Completeness, version: &str) -> DiffReport {
    let Difference { gained, lost, doors_gained, doors_lost, doors_wider, doors_narrower, turned, appeared, vanished } =
        difference;
    let changes = |changes: &[Change]| -> Vec<DiffChange> {
        let wire = |change: &Change| DiffChange {
            from: change.from.clone(),
            to: change.to.clone(),
            connection: Connection(change.ports.clone()),
        };
        changes.iter().map(wire).collect()
    };
    let doors = |doors: &[Door]| -> Vec<DiffDoor> {
        let wire = |door: &Door| DiffDoor {
            workload: door.workload.clone(),
            way: super::exposure::way(door.way).to_owned(),
            door: door.door.clone(),
            connection: Connection(door.ports.clone()),
        };
        doors.iter().map(wire).collect()
    };
    DiffReport {
        schema_version: SCHEMA_VERSION.to_owned(),
        tool: Tool { name: "plimsoll".to_owned(), version: version.to_owned(), controls: Vec::new() },
        complete: complete == Completeness::Complete,
        gained: changes(gained),
        lost: changes(lost),
        doors_gained: doors(doors_gained),
        doors_lost: doors(doors_lost),
        doors_wider: doors_wider.iter().map(width).collect(),
        doors_narrower: doors_narrower.iter().map(width).collect(),
        turned: turned
            .iter()
            .map(|turn| DiffTurn {
                workload: turn.workload.clone(),
                direction: side(turn.direction).to_owned(),
                opened: turn.opened == Opened::Yes,
            })
            .collect(),
        appeared: appeared.clone(),
        vanished: vanished.clone(),
    }
}

fn width(width: &Width) -> DiffWidth {
    let Door { workload, way, door, ports } = &width.door;
    let (before, after) = uses(width);
    DiffWidth {
        workload: workload.clone(),
        way: super::exposure::way(*way).to_owned(),
        door: door.clone(),
        connection: Connection(ports.clone()),
        before,
        after,
    }
}

/// Who may use a way in, before and now; whether that is with TLS, where that is different.
fn uses(width: &Width) -> (String, String) {
    let Width { door: _, before, after } = width;
    let tls_differs = (before.tls == Tls::No) != (after.tls == Tls::No);
    let text = |entry: &Entry| match (tls_differs, entry.tls) {
        (false, _) => super::exposure::who(entry),
        (true, Tls::No) => format!("{}, without TLS", super::exposure::who(entry)),
        (true, Tls::Yes | Tls::PassedThrough) => format!("{}, with TLS", super::exposure::who(entry)),
    };
    (text(before), text(after))
}

/// Whether everything could be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// It could.
    Complete,
    /// Something could not.
    Incomplete,
}

/// Writes the report as JSON.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_json(report: &DiffReport, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// Writes what changes for people.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_text(difference: &Difference, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let plus = terminal.paint(AnsiColor::Red.on_default().bold(), "+");
    let minus = terminal.paint(AnsiColor::Green.on_default().bold(), "-");
    write_doors("ways in from outside that are new", &plus, &difference.doors_gained, terminal, out)?;
    write_doors("ways in from outside that are gone", &minus, &difference.doors_lost, terminal, out)?;
    write_widths("ways in from outside that more may use", &plus, &difference.doors_wider, terminal, out)?;
    write_widths("ways in from outside that fewer may use", &minus, &difference.doors_narrower, terminal, out)?;
    write_changes("connections that are new", &plus, &difference.gained, terminal, out)?;
    write_changes("connections that are gone", &minus, &difference.lost, terminal, out)?;
    if !difference.turned.is_empty() {
        writeln!(out, "{}", terminal.bold("restrictions"))?;
    }
    for turn in &difference.turned {
        let (mark, word) = match turn.opened {
            Opened::Yes => (&plus, "no longer restricted"),
            Opened::No => (&minus, "restricted now"),
        };
        let text = format!("{} {}: {word}", sanitize(&turn.workload), side(turn.direction));
        write_marked(mark, &text, 2, terminal, out)?;
    }
    let head = format!(
        "{} {} gained, {} lost · ways in: {} gained, {} lost, {} wider · workloads: {} new, {} gone",
        terminal.logo(),
        difference.gained.len(),
        difference.lost.len(),
        difference.doors_gained.len(),
        difference.doors_lost.len(),
        difference.doors_wider.len(),
        difference.appeared.len(),
        difference.vanished.len()
    );
    write_hanging(&head, 0, terminal, &|line| terminal.bold(line), out)
}

fn write_doors(title: &str, mark: &str, doors: &[Door], terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    if doors.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", terminal.bold(title))?;
    for door in doors {
        let way = super::exposure::way_text(door.way);
        let (workload, to) = (sanitize(&door.workload), sanitize(&door.door));
        write_marked(mark, &format!("{workload} {way} {to}: {} at the pod", door.ports), 2, terminal, out)?;
    }
    writeln!(out)
}

fn write_widths(title: &str, mark: &str, widths: &[Width], terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    if widths.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", terminal.bold(title))?;
    for width in widths {
        let way = super::exposure::way_text(width.door.way);
        let (workload, to) = (sanitize(&width.door.workload), sanitize(&width.door.door));
        let (before, after) = uses(width);
        write_marked(mark, &format!("{workload} {way} {to}: {after}; before: {before}"), 2, terminal, out)?;
    }
    writeln!(out)
}

/// Changes of one source on the same ports are one line.
fn write_changes(
    title: &str,
    mark: &str,
    changes: &[Change],
    terminal: Terminal,
    out: &mut dyn Write,
) -> io::Result<()> {
    const MOST: usize = 60;
    if changes.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", terminal.bold(title))?;
    let mut groups: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
    for change in changes {
        groups.entry((&change.from, change.ports.to_string())).or_default().push(&change.to);
    }
    let arrow = if terminal.unicode { "→" } else { "->" };
    let count = groups.len();
    for ((from, ports), to) in groups.into_iter().take(MOST) {
        let shown =
            if to.len() > 4 { format!("{} and {} more", to[..3].join(", "), to.len() - 3) } else { to.join(", ") };
        let text = format!("{} {arrow} {}: {ports}", sanitize(from), sanitize(&shown));
        write_marked(mark, &text, 2, terminal, out)?;
    }
    if count > MOST {
        writeln!(out, "  {} {} more lines; `--output json` has all", terminal.ellipsis(), count - MOST)?;
    }
    writeln!(out)
}
