//! The frameworks that `--framework` names: our own by id, the user's by file.

use std::collections::BTreeSet;
use std::path::Path;

use compliance::{Asked, Serving, Subject, resolve};
use frameworks::{FRAMEWORKS, Need, upcoming};
use model::control::Registered;
use model::document::Value;
use model::nearest::nearest;

use crate::exit::UsageError;
use crate::strict::{StrictDocument, StrictFile};

/// The frameworks of these names and files, each once.
///
/// # Errors
/// A name that no framework has, or a file that is no framework.
pub(crate) fn frameworks(names: &[String]) -> Result<Vec<Subject>, UsageError> {
    let mut subjects: Vec<Subject> = Vec::new();
    for name in names {
        let subject = framework(name)?;
        if !subjects.iter().any(|known| known.id == subject.id) {
            subjects.push(subject);
        }
    }
    Ok(subjects)
}

fn framework(name: &str) -> Result<Subject, UsageError> {
    let controls: Vec<Registered> = controls::all().collect();
    if let Some(known) = frameworks::by_id(name) {
        return Ok(resolve(known, &controls));
    }
    let path = Path::new(name);
    if path.extension().is_some_and(|end| end == "yaml" || end == "yml" || end == "json") {
        return load(path, &controls);
    }
    Err(unknown(name))
}

/// The error for a name that no framework has.
pub(crate) fn unknown(name: &str) -> UsageError {
    let ids = FRAMEWORKS.iter().map(|framework| framework.id);
    let hint = match nearest(name, ids) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`plimsoll frameworks` lists them; one of your own is a file that ends in `.yaml`".to_owned(),
    };
    UsageError(format!("there is no framework `{name}`: {hint}"))
}

/// Loads a framework that a user wrote.
fn load(path: &Path, controls: &[Registered]) -> Result<Subject, UsageError> {
    let file = StrictFile::load(path)?;
    let document = file.parse()?;
    let root = document.root();
    document.check_keys(root, &["id", "title", "requirements"])?;
    let id = document.text(root, "id")?;
    if frameworks::by_id(&id).is_some() {
        return Err(document.error(root, &format!("`{id}` is the id of a framework that Plimsoll has: take another")));
    }
    let mut seen = BTreeSet::new();
    let mut requirements = Vec::new();
    for item in document.items(root, "requirements")? {
        let asked = requirement(&document, item, controls)?;
        document.check_new(&mut seen, &asked.id, item)?;
        requirements.push(asked);
    }
    if requirements.is_empty() {
        return Err(document.error(root, "a framework has `requirements`, and this one has none"));
    }
    Ok(Subject { id, title: document.text(root, "title")?, published: None, requirements })
}

fn requirement(document: &StrictDocument<'_>, item: Value<'_>, controls: &[Registered]) -> Result<Asked, UsageError> {
    document.check_keys(item, &["id", "title", "section", "controls"])?;
    let section = if item.get("section").is_some() { document.text(item, "section")? } else { String::new() };
    let mut seen = BTreeSet::new();
    let mut serving = Vec::new();
    for name in document.items(item, "controls")? {
        let found = control(document, name, controls)?;
        document.check_new(&mut seen, found.id(), name)?;
        serving.push(found);
    }
    Ok(Asked {
        id: document.text(item, "id")?,
        title: document.text(item, "title")?,
        section,
        level: String::new(),
        needs: needs(&serving),
        controls: serving,
    })
}

fn control(document: &StrictDocument<'_>, name: Value<'_>, controls: &[Registered]) -> Result<Serving, UsageError> {
    let id = name.text();
    if let Some(registered) = controls.iter().find(|registered| registered.control.id == id) {
        return Ok(Serving::Available(*registered));
    }
    if let Some(upcoming) = upcoming::by_id(&id) {
        return Ok(Serving::Upcoming(upcoming));
    }
    let ids = controls.iter().map(|registered| registered.control.id);
    let to_come = upcoming::all().iter().map(|upcoming| upcoming.id);
    Err(document.unknown(name, "control", ids.chain(to_come), "`plimsoll controls` lists them"))
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
