//! The frameworks that `--framework` names: our own by id, the user's by file.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs;
use std::path::Path;

use compliance::{Asked, Serving, Subject, resolve};
use configuration::fields::{Problem, Reader};
use configuration::framework::{self, OwnFramework, OwnRequirement};
use controls::selection;
use frameworks::{FRAMEWORKS, Need, upcoming};
use model::control::Registered;
use model::nearest::nearest;
use model::place::LineIndex;

use crate::exit::UsageError;

/// The frameworks of these names and files, each once.
///
/// # Errors
/// A name that no framework has, or a file that is no framework.
pub(crate) fn frameworks(names: &[String]) -> Result<Vec<Subject>, UsageError> {
    let mut subjects: Vec<Subject> = Vec::new();
    for name in names {
        let subject = find(name)?;
        if !subjects.iter().any(|known| known.id == subject.id) {
            subjects.push(subject);
        }
    }
    Ok(subjects)
}

fn find(name: &str) -> Result<Subject, UsageError> {
    let controls: Vec<Registered> = controls::all().collect();
    if let Some(known) = frameworks::by_id(name) {
        return Ok(resolve(known, &controls));
    }
    if is_file(name) { load(Path::new(name), &controls) } else { Err(unknown(name)) }
}

/// Whether the name is that of a file, and not of a framework of our own.
pub(crate) fn is_file(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|end| end == "yaml" || end == "yml" || end == "json")
}

/// The error for a name that no framework has.
pub(crate) fn unknown(name: &str) -> UsageError {
    let ids = || FRAMEWORKS.iter().map(|framework| framework.id);
    // `cis` is how all of them begin, `NSA` how people call one.
    let short = name.to_ascii_lowercase();
    let begun: Vec<String> =
        ids().filter(|id| id.split('-').any(|part| part == short)).map(|id| format!("`{id}`")).collect();
    let hint = match (begun.as_slice(), nearest(name, ids())) {
        ([one], _) => format!("did you mean {one}?"),
        ([_, ..], _) => format!("did you mean one of {}?", begun.join(", ")),
        ([], Some(near)) => format!("did you mean `{near}`?"),
        ([], None) => "`plimsoll frameworks` lists them; one of your own is a file that ends in `.yaml`".to_owned(),
    };
    UsageError(format!("there is no framework `{name}`: {hint}"))
}

/// Nobody writes more than that by hand.
const LARGEST: u64 = 4 << 20;

/// Loads a framework that a user wrote.
fn load(path: &Path, controls: &[Registered]) -> Result<Subject, UsageError> {
    let shown = path.display();
    let cannot = |reason: &dyn Display| UsageError(format!("cannot read `{shown}`: {reason}"));
    let file = fs::metadata(path).map_err(|error| cannot(&error))?;
    if !file.is_file() || file.len() > LARGEST {
        return Err(cannot(&"it is no file of at most 4 MiB"));
    }
    let text = fs::read_to_string(path).map_err(|error| cannot(&error))?;
    let mut ranges = yaml::separate::documents(&text);
    let (Some(range), None) = (ranges.next(), ranges.next()) else {
        return Err(cannot(&"a framework is one document"));
    };
    let first_line = 1 + text[..range.start].matches('\n').count() as u32;
    let document = yaml::parse_document(&text[range.clone()]).map_err(|error| {
        let (line, column) = LineIndex::new(first_line).position(&text[range.clone()], error.offset);
        UsageError(format!("{shown}:{line}:{column}: not valid YAML: {}", error.message))
    })?;
    let mut reader = Reader::new(document.root(), first_line);
    let own = framework::read(&mut reader);
    let mut problems = std::mem::take(&mut reader.problems);
    let subject = subject(own, controls, &mut problems);
    let lines = problems.iter().map(|Problem { line, column, message }| format!("{shown}:{line}:{column}: {message}"));
    if problems.is_empty() { Ok(subject) } else { Err(UsageError(lines.collect::<Vec<_>>().join("\nerror: "))) }
}

fn subject(own: OwnFramework, controls: &[Registered], problems: &mut Vec<Problem>) -> Subject {
    let OwnFramework { id, position, title, requirements } = own;
    if frameworks::by_id(&id).is_some() {
        let message = format!("`{id}` is the id of a framework that Plimsoll has: take another");
        problems.push(problem(position, message));
    }
    let asked = |requirement: OwnRequirement| {
        let OwnRequirement { id, title, section, controls: names } = requirement;
        let mut serving = Vec::new();
        for (name, position) in names {
            match control(&name, controls) {
                Ok(found) => serving.extend(found),
                Err(message) => problems.push(problem(position, message)),
            }
        }
        Asked { id, title, section, level: String::new(), needs: needs(&serving), controls: serving }
    };
    Subject { id, title, published: None, requirements: requirements.into_iter().map(asked).collect() }
}

fn problem((line, column): (u32, u32), message: String) -> Problem {
    Problem { line, column, message }
}

/// The control of that id, or those that another tool calls so, or what is wrong with the name.
fn control(id: &str, controls: &[Registered]) -> Result<Vec<Serving>, String> {
    if let Some(registered) = controls.iter().find(|registered| registered.control.id == id) {
        return Ok(vec![Serving::Available(*registered)]);
    }
    if let Some(upcoming) = upcoming::by_id(id) {
        return Ok(vec![Serving::Upcoming(upcoming)]);
    }
    let called = controls.iter().filter(|registered| selection::is_alias(registered.control, id));
    let called: Vec<Serving> = called.map(|registered| Serving::Available(*registered)).collect();
    if !called.is_empty() {
        return Ok(called);
    }
    let ids = controls.iter().map(|registered| registered.control.id);
    let to_come = upcoming::all().iter().map(|upcoming| upcoming.id);
    let hint = match nearest(id, ids.chain(to_come)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`plimsoll controls` lists them".to_owned(),
    };
    Err(format!("there is no control `{id}`: {hint}"))
}

/// What the controls need; where there are none, somebody has to answer.
fn needs(serving: &[Serving]) -> Vec<Need> {
    let mut needs: BTreeSet<Need> = BTreeSet::new();
    for serving in serving {
        match serving {
            Serving::Available(_) => needs.extend([Need::Manifests, Need::Cluster]),
            Serving::Upcoming(upcoming) => needs.extend(&upcoming.needs),
        }
    }
    if needs.is_empty() { vec![Need::Person] } else { needs.into_iter().collect() }
}
