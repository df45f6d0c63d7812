//! A framework of the user's own: what it asks for, and which controls serve that.

use std::collections::BTreeSet;

use model::document::Value;

use crate::fields::Reader;

/// A framework, as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnFramework {
    /// Its id.
    pub id: String,
    /// Where the id stands.
    pub position: (u32, u32),
    /// Its name.
    pub title: String,
    /// What it asks for.
    pub requirements: Vec<OwnRequirement>,
}

/// A requirement, as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnRequirement {
    /// Its id.
    pub id: String,
    /// What holds where it is met.
    pub title: String,
    /// The part of the framework that it is in; empty if none is named.
    pub section: String,
    /// The names of controls, each with its place.
    pub controls: Vec<(String, (u32, u32))>,
}

const KEYS: &[&str] = &["id", "title", "requirements"];
const REQUIREMENT_KEYS: &[&str] = &["id", "title", "section", "controls"];

/// Reads a framework. What is wrong is left in `reader`.
pub fn read(reader: &mut Reader<'_>) -> OwnFramework {
    let root = reader.root();
    let mut framework = OwnFramework { position: reader.position(root), ..OwnFramework::default() };
    let mut seen = BTreeSet::new();
    let entries = reader.entries(root, "a framework", KEYS);
    for (key, value) in entries {
        match &*key {
            "id" => {
                framework.position = reader.position(value);
                framework.id = words(reader, value, "`id`");
            }
            "title" => framework.title = words(reader, value, "`title`"),
            _ => {
                if !value.is_sequence() && !value.is_null() {
                    reader.problem(value, "`requirements` is a list");
                }
                framework.requirements = value.items().map(|item| requirement(reader, item, &mut seen)).collect();
            }
        }
    }
    if reader.problems.is_empty() {
        for (key, is_missing) in [
            ("id", framework.id.is_empty()),
            ("title", framework.title.is_empty()),
            ("requirements", framework.requirements.is_empty()),
        ] {
            if is_missing {
                reader.problem(root, format!("a framework has `{key}`, and this one has none"));
            }
        }
    }
    framework
}

fn requirement<'d>(reader: &mut Reader<'d>, item: Value<'d>, seen: &mut BTreeSet<String>) -> OwnRequirement {
    let mut requirement = OwnRequirement::default();
    let before = reader.problems.len();
    for (key, value) in reader.entries(item, "a requirement", REQUIREMENT_KEYS) {
        match &*key {
            "id" => requirement.id = words(reader, value, "`id`"),
            "title" => requirement.title = words(reader, value, "`title`"),
            "section" => requirement.section = words(reader, value, "`section`"),
            _ => requirement.controls = controls(reader, value),
        }
    }
    let fine = reader.problems.len() == before;
    for (key, is_missing) in [("id", requirement.id.is_empty()), ("title", requirement.title.is_empty())] {
        if fine && is_missing {
            reader.problem(item, format!("a requirement has `{key}`, and this one has none"));
        }
    }
    if !requirement.id.is_empty() && !seen.insert(requirement.id.clone()) {
        reader.problem(item, format!("requirement `{}` stands twice", requirement.id));
    }
    requirement
}

/// The names of controls, each once.
fn controls<'d>(reader: &mut Reader<'d>, value: Value<'d>) -> Vec<(String, (u32, u32))> {
    if !value.is_sequence() && !value.is_null() {
        reader.problem(value, "`controls` is a list");
    }
    let mut controls: Vec<(String, (u32, u32))> = Vec::new();
    let mut seen = BTreeSet::new();
    for item in value.items() {
        let Some(name) = reader.text(item, "a control") else { continue };
        if seen.insert(name.clone()) {
            controls.push((name, reader.position(item)));
        } else {
            reader.problem(item, format!("control `{name}` stands twice"));
        }
    }
    controls
}

/// A text that is not empty.
fn words<'d>(reader: &mut Reader<'d>, value: Value<'d>, what: &str) -> String {
    let text = reader.text(value, what).unwrap_or_default();
    let text = text.trim();
    if text.is_empty() && value.is_scalar() && !value.is_null() {
        reader.problem(value, format!("{what} is empty"));
    }
    text.to_owned()
}
