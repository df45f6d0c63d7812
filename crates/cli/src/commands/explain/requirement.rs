//! `plimsoll explain FRAMEWORK:REQUIREMENT`: what a framework asks for, and which controls serve that.

use std::io::{self, Write};

use compliance::resolve;
use frameworks::{FRAMEWORKS, Framework, Need, Requirement};
use model::control::Registered;
use model::nearest::{is_same, nearest};
use reports::text::Terminal;
use reports::text::terminal::wrap;

use crate::commands::frameworks::write_controls;
use crate::exit::UsageError;
use crate::requested;

/// A requirement, and whose it is.
pub(super) type Found = (&'static Framework, &'static Requirement);

/// The requirements that `name` stands for: `cis-kubernetes:5.2.2`, `CIS-5.2.2` or `nist ac-6`, or the number alone.
/// None if it looks like no requirement at all.
///
/// # Errors
/// A framework or a requirement that does not exist.
pub(super) fn find(name: &str) -> Result<Vec<Found>, UsageError> {
    let splits = name.match_indices(['-', '_', ':', '.', '/', ' ']);
    let mut named = Vec::new();
    let mut meant = Vec::new();
    for (at, joint) in splits.take(MOST_PARTS) {
        let (framework, number) = (&name[..at], name[at + joint.len()..].trim());
        let called = FRAMEWORKS.iter().copied().filter(|known| is_called(known, framework));
        let called: Vec<&Framework> = called.collect();
        meant.extend(having(called.iter().copied(), number));
        if let (Some(first), true) = (called.first(), joint == ":") {
            named.push((*first, number));
        }
    }
    if meant.is_empty() {
        meant = having(FRAMEWORKS.iter().copied(), name);
    }
    if !meant.is_empty() {
        return Ok(meant);
    }
    if let Some((framework, number)) = named.first() {
        return Err(no_requirement(framework, number));
    }
    match name.split_once(':') {
        Some((framework, _)) => Err(requested::unknown(framework)),
        None => Ok(Vec::new()),
    }
}

/// No name of a framework has more parts.
const MOST_PARTS: usize = 8;

fn having(of: impl Iterator<Item = &'static Framework>, number: &str) -> Vec<Found> {
    let mut found = Vec::new();
    for framework in of {
        let asked = framework.requirements.iter().filter(|requirement| is_same(requirement.id, number));
        found.extend(asked.map(|requirement| (framework, requirement)));
    }
    found
}

/// Whether people call the framework so: its id, or what its id begins or ends with, as `cis`, `nsa` or `800-53`.
pub(super) fn is_called(framework: &Framework, name: &str) -> bool {
    let id = framework.id;
    let shorter = id.match_indices('-').flat_map(|(at, _)| [&id[..at], &id[at + 1..]]);
    shorter.chain([id]).any(|short| is_same(short, name))
}

fn no_requirement(framework: &Framework, id: &str) -> UsageError {
    let ids = framework.requirements.iter().map(|requirement| requirement.id);
    let hint = nearest(id, ids).map_or_else(
        || format!("`plimsoll frameworks {}` lists them", framework.id),
        |near| format!("did you mean `{}:{near}`?", framework.id),
    );
    UsageError(format!("{} has no requirement `{id}`: {hint}", framework.title))
}

/// More are listed with their titles, and not told in full.
const MOST_IN_FULL: usize = 3;

/// Writes what is known of them.
pub(super) fn write(found: &[Found], name: &str, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    if found.len() > 1 {
        writeln!(out, "`{name}` stands for {} requirements.\n", found.len())?;
    }
    if found.len() > MOST_IN_FULL {
        let names = found.iter().map(|(framework, requirement)| format!("{}:{}", framework.id, requirement.id));
        let names: Vec<String> = names.collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        for (name, (_, requirement)) in names.iter().zip(found) {
            writeln!(out, "{name:<width$}  {}", requirement.title)?;
        }
        return writeln!(out, "\n{}", terminal.dim(&format!("`plimsoll explain {}` says more of one", names[0])));
    }
    for (number, (framework, requirement)) in found.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        write_one(framework, requirement.id, terminal, out)?;
    }
    Ok(())
}

fn write_one(framework: &Framework, id: &str, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let controls: Vec<Registered> = controls::all().collect();
    let subject = resolve(framework, &controls);
    let Some(asked) = subject.requirements.iter().find(|asked| asked.id == id) else { return Ok(()) };
    let place: Vec<&str> = [asked.section.as_str(), &asked.level].into_iter().filter(|text| !text.is_empty()).collect();
    writeln!(out, "{}  {}", terminal.bold(&format!("{}:{id}", framework.id)), terminal.dim(&place.join(", ")))?;
    wrap(&asked.title, terminal.width).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    writeln!(out, "\n{}\n  {}\n  {}\n", terminal.bold("Asked for by"), framework.name(), terminal.dim(framework.url))?;
    let sources = asked.needs.iter().filter(|need| **need != Need::Person).map(|need| need.phrase());
    let sources: Vec<&str> = sources.collect();
    if !sources.is_empty() {
        writeln!(out, "{}\n  {}\n", terminal.bold("Proof can come from"), sources.join(", "))?;
    }
    writeln!(out, "{}", terminal.bold("Served by"))?;
    write_controls(asked, terminal, out)?;
    let hint = format!("`plimsoll scan --framework {}` says what holds of it", framework.id);
    writeln!(out)?;
    wrap(&hint, terminal.width).iter().try_for_each(|line| writeln!(out, "{}", terminal.dim(line)))
}
