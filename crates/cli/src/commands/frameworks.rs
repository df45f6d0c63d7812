//! `plimsoll frameworks`: what frameworks ask for, which controls serve that, and what proof needs.

use std::io::{self, Write};

use compliance::{Asked, Serving, Subject, resolve};
use frameworks::{FRAMEWORKS, Framework, Need};
use model::control::Registered;
use reports::text::Terminal;
use reports::text::terminal::{hang, style, wrap};

use super::write_output;
use crate::arguments::FrameworksArguments;
use crate::exit::{Exit, UsageError};
use crate::formats::Format;
use crate::requested;
use crate::screen::{self, Destination};

/// Runs the command.
pub(super) fn run(arguments: &FrameworksArguments) -> anyhow::Result<Exit> {
    let controls: Vec<Registered> = controls::all().collect();
    let chosen: Vec<&'static Framework> = match &arguments.id {
        Some(id) => vec![frameworks::by_id(id).ok_or_else(|| requested::unknown(id))?],
        None => FRAMEWORKS.to_vec(),
    };
    let resolved: Vec<(&'static Framework, Subject)> =
        chosen.into_iter().map(|framework| (framework, resolve(framework, &controls))).collect();
    let terminal = screen::terminal(&Destination::Stdout);
    match (arguments.output.format, &arguments.id) {
        (Format::Text, None) => write_output(&arguments.output, |out| write_all(&resolved, terminal, out))?,
        (Format::Text, Some(_)) => {
            write_output(&arguments.output, |out| {
                resolved.iter().try_for_each(|(framework, subject)| write_one(framework, subject, terminal, out))
            })?;
        }
        (Format::Json, _) => write_output(&arguments.output, |out| reports::json::write_frameworks(&resolved, out))?,
        _ => {
            return Err(UsageError("frameworks can be listed as text or json".to_owned()).into());
        }
    }
    Ok(Exit::Clean)
}

/// The nearest thing that a requirement still needs, if no control that is there serves it.
fn lacks(asked: &Asked) -> Option<Need> {
    let served = asked.controls.iter().any(|serving| serving.available().is_some());
    if asked.needs.contains(&Need::Person) {
        return Some(Need::Person);
    }
    if served { None } else { asked.needs.first().copied() }
}

fn write_all(all: &[(&'static Framework, Subject)], terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    /// The columns of the numbers of all requirements and of those that are served.
    const SERVED: usize = 2 + 12 + 2 + 6;
    let width = all.iter().map(|(framework, _)| framework.id.len()).max().unwrap_or(0);
    let heading =
        format!("{:<width$}  requirements  served  to come  cluster  node  image  cloud  person", "framework");
    let is_wide = terminal.width >= heading.len();
    let shown = if is_wide { heading.len() } else { width + SERVED };
    writeln!(out, "{}", terminal.dim(&heading[..shown]))?;
    for (framework, subject) in all {
        let count = |lacking: Option<Need>| subject.requirements.iter().filter(|asked| lacks(asked) == lacking).count();
        let cell = |count: usize| if count == 0 { String::new() } else { count.to_string() };
        let needs = Need::ALL.map(|need| cell(count(Some(need))));
        let [to_come, cluster, node, image, cloud, person] = &needs;
        let line = format!(
            "{:<width$}  {:>12}  {:>6}  {to_come:>7}  {cluster:>7}  {node:>4}  {image:>5}  {cloud:>5}  {person:>6}",
            framework.id,
            subject.requirements.len(),
            cell(count(None)),
        );
        // What is lacking, and of whom, has its place on wide screens only.
        let line: String = if is_wide { line } else { line.chars().take(width + SERVED).collect() };
        writeln!(out, "{}", line.trim_end())?;
        writeln!(out, "  {}", terminal.dim(&framework.name()))?;
    }
    let notes = [
        "served: a control that is there looks at it. to come: manifests will do, and no control looks at it yet",
        "cluster, node, image, cloud: what it needs instead of manifests. person: somebody has to answer",
        "`plimsoll frameworks ID` lists requirements and controls; `plimsoll scan --framework ID` holds your files to it",
    ];
    writeln!(out)?;
    let lines = notes.iter().flat_map(|note| hang(note, 0, terminal.width));
    lines.into_iter().try_for_each(|line| writeln!(out, "{}", terminal.dim(&line)))
}

fn write_one(framework: &Framework, subject: &Subject, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let name = framework.name();
    if name.chars().count() + 2 + framework.publisher.chars().count() <= terminal.width {
        writeln!(out, "{}  {}", terminal.bold(&name), terminal.dim(framework.publisher))?;
    } else {
        hang(&name, 0, terminal.width).iter().try_for_each(|line| writeln!(out, "{}", terminal.bold(line)))?;
        let publisher = hang(framework.publisher, 0, terminal.width);
        publisher.iter().try_for_each(|line| writeln!(out, "{}", terminal.dim(line)))?;
    }
    writeln!(out, "{}", framework.url)?;
    for line in wrap(framework.extent, terminal.width.min(80)) {
        writeln!(out, "{line}")?;
    }
    for part in subject.requirements.chunk_by(|a, b| a.section == b.section) {
        writeln!(out)?;
        if !part[0].section.is_empty() {
            let lines = hang(&part[0].section, 0, terminal.width);
            lines.iter().try_for_each(|line| writeln!(out, "{}", terminal.bold(line)))?;
        }
        part.iter().try_for_each(|asked| write_requirement(asked, terminal, out))?;
    }
    let served = subject.requirements.iter().filter(|asked| lacks(asked).is_none()).count();
    writeln!(out, "\n{} requirements, {served} served", subject.requirements.len())
}

fn write_requirement(asked: &Asked, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let level = if asked.level.is_empty() { String::new() } else { format!("  {}", asked.level) };
    let whole = format!("{}  {}{level}", asked.id, asked.title);
    if whole.chars().count() <= terminal.width {
        writeln!(out, "{}  {}{}", asked.id, asked.title, terminal.dim(&level))?;
    } else {
        hang(&whole, 0, terminal.width).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    write_controls(asked, terminal, out)
}

/// The controls that serve a requirement, and what those need that are to come.
pub(super) fn write_controls(asked: &Asked, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    for serving in &asked.controls {
        let mark = terminal.mark(serving.severity());
        let padding = " ".repeat(3 - mark.chars().count().min(3));
        match serving {
            Serving::Available(registered) => {
                let mark = terminal.paint(style(registered.control.severity), mark);
                writeln!(out, "    {mark}{padding}{}", registered.control.id)?;
            }
            Serving::Upcoming(upcoming) => {
                let line = format!(
                    "    {mark}{padding}{}  not yet available, will need {}",
                    upcoming.id,
                    upcoming.needs_phrase()
                );
                let lines = hang(line.trim_start(), 4, terminal.width);
                lines.iter().try_for_each(|line| writeln!(out, "{}", terminal.dim(line)))?;
            }
        }
    }
    if asked.needs.contains(&Need::Person) {
        let also = if asked.controls.is_empty() { "" } else { ", too" };
        writeln!(out, "{}", terminal.dim(&format!("    {}  needs a person{also}", terminal.unseen())))?;
    }
    Ok(())
}
