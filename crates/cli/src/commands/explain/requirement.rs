//! `plimsoll explain FRAMEWORK:REQUIREMENT`: what a framework asks for, and which controls serve that.

use std::io::{self, Write};

use compliance::resolve;
use frameworks::{FRAMEWORKS, Framework, Need};
use model::control::Registered;
use model::nearest::nearest;
use reports::text::Terminal;

use crate::commands::frameworks::write_controls;
use crate::exit::UsageError;
use crate::requested;

/// The requirement that `name` stands for: `cis-kubernetes:5.2.2`, or `5.2.2` if only one framework has it. None if it
/// looks like no requirement at all.
///
/// # Errors
/// A framework or a requirement that does not exist, or a number that several frameworks have.
pub(super) fn find(name: &str) -> Result<Option<(&'static Framework, &'static str)>, UsageError> {
    if let Some((framework, id)) = name.split_once(':') {
        let framework = frameworks::by_id(framework).ok_or_else(|| requested::unknown(framework))?;
        let Some(requirement) = framework.requirement(id) else {
            let ids = framework.requirements.iter().map(|requirement| requirement.id);
            let hint = nearest(id, ids).map_or_else(
                || format!("`plimsoll frameworks {}` lists them", framework.id),
                |near| format!("did you mean `{}:{near}`?", framework.id),
            );
            return Err(UsageError(format!("{} has no requirement `{id}`: {hint}", framework.title)));
        };
        return Ok(Some((framework, requirement.id)));
    }
    let having = FRAMEWORKS.iter().filter_map(|framework| Some((*framework, framework.requirement(name)?.id)));
    let found: Vec<(&Framework, &str)> = having.collect();
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(*one)),
        several => {
            let names: Vec<String> = several.iter().map(|(framework, id)| format!("`{}:{id}`", framework.id)).collect();
            Err(UsageError(format!("`{name}` stands for several requirements: {}", names.join(", "))))
        }
    }
}

/// Writes what is known of a requirement.
pub(super) fn write(framework: &Framework, id: &str, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let controls: Vec<Registered> = controls::all().collect();
    let subject = resolve(framework, &controls);
    let Some(asked) = subject.requirements.iter().find(|asked| asked.id == id) else { return Ok(()) };
    let place: Vec<&str> = [asked.section.as_str(), &asked.level].into_iter().filter(|text| !text.is_empty()).collect();
    writeln!(out, "{}  {}", terminal.bold(&format!("{}:{id}", framework.id)), terminal.dim(&place.join(", ")))?;
    writeln!(out, "{}\n", asked.title)?;
    writeln!(out, "{}\n  {}  {}\n", terminal.bold("Asked for by"), framework.name(), terminal.dim(framework.url))?;
    let sources = asked.needs.iter().filter(|need| **need != Need::Person).map(|need| need.phrase());
    let sources: Vec<&str> = sources.collect();
    if !sources.is_empty() {
        writeln!(out, "{}\n  {}\n", terminal.bold("Proof can come from"), sources.join(", "))?;
    }
    writeln!(out, "{}", terminal.bold("Served by"))?;
    write_controls(asked, terminal, out)?;
    let hint = format!("\n`plimsoll scan --framework {}` says what holds of it", framework.id);
    writeln!(out, "{}", terminal.dim(&hint))
}
