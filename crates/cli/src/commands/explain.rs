//! `plimsoll explain`: what a control means, and how to mend what it finds.

mod edge;
mod requirement;

use std::io::{self, Write};

use controls::{explain, selection};
use frameworks::FRAMEWORKS;
use frameworks::retired::{self, Retired};
use frameworks::upcoming::{self, Upcoming};
use model::control::{Group, Registered};
use model::nearest::is_same;
use model::severity::Severity;
use reports::text::Terminal;
use reports::text::terminal::{style, wrap};

use super::write_output;
use crate::arguments::{ExplainArguments, Output};
use crate::exit::{Exit, UsageError};
use crate::formats::Format;
use crate::screen::{self, Destination};

/// Runs the command.
pub(super) fn run(arguments: &ExplainArguments) -> anyhow::Result<Exit> {
    let name = arguments.id.trim();
    let output = Output { format: Format::Text, file: None };
    let terminal = screen::terminal(&Destination::Stdout);
    let found = explain::find(name);
    if let Some(exit) = name.parse().ok().and_then(exit_of_code) {
        let text = format!("exit code {}: {}\n", exit.code(), exit.sentence());
        write_output(&output, |out| out.write_all(text.as_bytes()))?;
    } else if !found.is_empty() {
        write_output(&output, |out| write_controls(&found, name, terminal, out))?;
    } else if let Some(upcoming) = upcoming::all().iter().find(|upcoming| is_same(upcoming.id, name)) {
        write_output(&output, |out| write_upcoming(upcoming, terminal, out))?;
    } else if let Some(retired) = retired::all().iter().find(|retired| retired.is_called(name)) {
        write_output(&output, |out| write_retired(retired, name, terminal, out))?;
    } else if let Some(kind) = edge::find(name) {
        write_output(&output, |out| edge::write(kind, terminal, out))?;
    } else if let Some(not_drawn) = edge::find_not_drawn(name) {
        write_output(&output, |out| edge::write_not_drawn(not_drawn, terminal, out))?;
    } else {
        let requirements = requirement::find(name)?;
        if requirements.is_empty() {
            return Err(nothing_called(name).into());
        }
        write_output(&output, |out| requirement::write(&requirements, name, terminal, out))?;
    }
    Ok(Exit::Clean)
}

/// More controls than that are listed with their titles, and not told in full.
const MOST_IN_FULL: usize = 2;

fn write_controls(found: &[Registered], name: &str, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    if found.len() > 1 {
        writeln!(out, "`{name}` stands for {} controls.\n", found.len())?;
    }
    if found.len() > MOST_IN_FULL {
        let width = found.iter().map(|registered| registered.control.id.len()).max().unwrap_or(0);
        for Registered { control, .. } in found {
            let mark = terminal.paint(style(control.severity), &format!("{:<2}", terminal.mark(control.severity)));
            writeln!(out, "{mark}  {:<width$}  {}", control.id, control.title)?;
        }
        let hint = format!("`plimsoll explain {}` says more of one", found[0].control.id);
        writeln!(out, "\n{}", terminal.dim(&hint))?;
    } else {
        for (number, registered) in found.iter().enumerate() {
            if number > 0 {
                writeln!(out)?;
            }
            write_control(registered, terminal, out)?;
        }
    }
    let is_id = found.iter().any(|registered| registered.control.id == name);
    let also = if is_id { Vec::new() } else { requirement::find(name).unwrap_or_default() };
    let also: Vec<String> =
        also.iter().map(|(framework, requirement)| format!("`{}:{}`", framework.id, requirement.id)).collect();
    if !also.is_empty() {
        writeln!(out, "{}", terminal.dim(&format!("`{name}` is a requirement, too: {}", also.join(", "))))?;
    }
    Ok(())
}

/// Most that are named where nothing has the name.
const MOST_MEANT: usize = 6;

fn nothing_called(name: &str) -> UsageError {
    let what = match (Severity::from_name(name), Group::from_name(name)) {
        (Some(_), _) => "a severity",
        (_, Some(_)) => "a group",
        (None, None) => "",
    };
    if !what.is_empty() {
        return UsageError(format!("`{name}` is {what}: `plimsoll controls --only {name}` lists its controls"));
    }
    if let Some(framework) = FRAMEWORKS.iter().find(|framework| requirement::is_called(framework, name)) {
        let id = framework.id;
        return UsageError(format!("`{name}` is a framework: `plimsoll frameworks {id}` lists what it asks for"));
    }
    let about: Vec<&str> = explain::about(name).iter().map(|registered| registered.control.id).collect();
    let hint = match (about.as_slice(), selection::suggest(name)) {
        ([], None) => "`plimsoll controls` lists all controls, `plimsoll frameworks` all frameworks".to_owned(),
        ([], Some(near)) => format!("did you mean `{near}`?"),
        ([one], _) => format!("did you mean `{one}`?"),
        (several, _) => {
            let more = several.len().saturating_sub(MOST_MEANT);
            let listed: Vec<String> = several.iter().take(MOST_MEANT).map(|id| format!("`{id}`")).collect();
            let rest = if more > 0 { format!(" or {more} others") } else { String::new() };
            format!("did you mean one of {}{rest}?", listed.join(", "))
        }
    };
    UsageError(format!("nothing is called `{name}`: {hint}"))
}

/// A check of another tool that is none here, and what to look at in its place.
fn write_retired(retired: &Retired, name: &str, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}  no control here\n", terminal.bold(name))?;
    for line in wrap(&format!("It {}.", retired.reason), terminal.width.min(80)) {
        writeln!(out, "{line}")?;
    }
    let instead: Vec<String> = retired.instead.iter().map(|id| format!("`plimsoll explain {id}`")).collect();
    if instead.is_empty() { Ok(()) } else { writeln!(out, "\ninstead: {}", instead.join(", ")) }
}

fn exit_of_code(code: u8) -> Option<Exit> {
    Exit::ALL.into_iter().find(|exit| exit.code() == code)
}

fn write_control(registered: &Registered, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let control = registered.control;
    let mark =
        terminal.paint(style(control.severity), &format!("{} {}", terminal.mark(control.severity), control.severity));
    writeln!(out, "{}  {mark}  {}", terminal.bold(control.id), terminal.dim(registered.group.name()))?;
    writeln!(out, "{}\n", control.title)?;
    let text_width = terminal.width.min(80) - 2;
    let section = |heading: &str, lines: Vec<String>, out: &mut dyn Write| -> io::Result<()> {
        writeln!(out, "{}", terminal.bold(heading))?;
        lines.iter().try_for_each(|line| writeln!(out, "  {line}"))?;
        writeln!(out)
    };
    let why = format!("{}: {}.", capitalize(control.severity.name()), control.severity_reason);
    section("Why it matters", wrap(&why, text_width), out)?;
    section("What an attacker gains", wrap(control.rationale, text_width), out)?;
    section("What to do", wrap(control.remediation, text_width), out)?;
    writeln!(out, "{}", terminal.bold("For example"))?;
    for line in explain::example(control) {
        let painted = match line.chars().next() {
            Some('-') => terminal.paint(style(Severity::High), &line),
            Some('+') => terminal.paint(anstyle::AnsiColor::Green.on_default(), &line),
            _ => terminal.dim(&line),
        };
        writeln!(out, "  {painted}")?;
    }
    writeln!(out)?;
    section("Fix", wrap(&format!("{}: {}.", control.fix.name(), control.fix.meaning()), text_width), out)?;
    // A command is one line, to be copied as it is.
    section("Check by hand", vec![control.verify.to_owned()], out)?;
    let parameters = control.parameters.iter().map(|parameter| {
        let needed = if parameter.required { "needed; " } else { "" };
        let default = parameter.default_text();
        format!("{}  {} ({needed}{}, by default: {default})", parameter.name, parameter.meaning, parameter.kind())
    });
    if !control.parameters.is_empty() {
        section("Parameters", parameters.flat_map(|line| wrap(&line, text_width)).collect(), out)?;
    }
    let mappings = control.mappings.iter().map(|mapping| (mapping.framework, mapping.requirement));
    section("Serves", aligned(&by_first(mappings), text_width), out)?;
    let aliases = by_first(control.aliases.iter().map(|alias| (alias.tool, alias.id)));
    section("Known elsewhere as", aligned(&aliases, text_width), out)?;
    if !control.references.is_empty() {
        section("Read more", control.references.iter().map(|&url| url.to_owned()).collect(), out)?;
    }
    Ok(())
}

/// What is known of a control that is not available yet.
fn write_upcoming(upcoming: &Upcoming, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let severity = Severity::from_name(upcoming.severity).unwrap_or(Severity::Info);
    let mark = terminal.paint(style(severity), &format!("{} {severity}", terminal.mark(severity)));
    writeln!(out, "{}  {mark}  {}", terminal.bold(upcoming.id), terminal.dim(upcoming.group))?;
    writeln!(out, "{}\n", upcoming.title)?;
    writeln!(out, "Not yet available: it will need {}.", upcoming.needs_phrase())?;
    if !upcoming.mappings.is_empty() {
        writeln!(out, "Until then what it serves is not observed, or only in part:\n")?;
        let mappings = aligned(&by_first(upcoming.mappings.iter().copied()), terminal.width.min(80) - 2);
        mappings.iter().try_for_each(|line| writeln!(out, "  {line}"))?;
    }
    Ok(())
}

/// Values grouped by what stands before them, in order.
fn by_first<'t>(pairs: impl Iterator<Item = (&'t str, &'t str)>) -> Vec<(&'t str, Vec<&'t str>)> {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for (first, second) in pairs {
        match groups.iter_mut().find(|(known, _)| *known == first) {
            Some((_, values)) => values.push(second),
            None => groups.push((first, vec![second])),
        }
    }
    groups
}

/// Names and their values in columns, in lines of at most `width`.
fn aligned(groups: &[(&str, Vec<&str>)], width: usize) -> Vec<String> {
    let column = groups.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for (name, values) in groups {
        for (at, values) in wrap(&values.join(", "), width.saturating_sub(column + 2)).iter().enumerate() {
            lines.push(format!("{:<column$}  {values}", if at == 0 { name } else { "" }));
        }
    }
    lines
}

fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(chars).collect()
}
