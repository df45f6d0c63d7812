//! Which findings a change can mend, and what that change is.

use std::path::PathBuf;

use model::control::Registered;
use model::document::Value;
use model::finding::{Edit, Occurrence, Standing, Status};
use model::fix::FixClass;
use model::inventory::Results;
use model::severity::Severity;
use reports::report::{Report, display_path};

use crate::edit::{Action, Patch};
use crate::field::{self, Step};
use crate::tree::Tree;

/// What was found, and by which controls.
pub struct Scanned {
    /// The results.
    pub results: Results,
    /// The controls that ran.
    pub controls: Vec<Registered>,
}

/// A change that would mend a finding.
#[derive(Clone, Debug)]
pub struct Fix {
    /// The file, as a scan names it.
    pub path: PathBuf,
    /// The number of the object in its file.
    pub object: usize,
    /// The kind of the object.
    pub kind: String,
    /// The name of the object.
    pub name: String,
    /// How reports name the object.
    pub resource: String,
    /// The control whose finding it mends.
    pub control: Registered,
    /// How bad the finding is.
    pub severity: Severity,
    /// Who may decide.
    pub class: FixClass,
    /// The line of the finding.
    pub line: u32,
    /// The field of the finding.
    pub field: String,
    /// The container that it is about, or nothing.
    pub container: String,
    /// The message.
    pub message: String,
    /// The message before names and values are filled in: what a finding is recognized by.
    pub template: String,
    /// What is to be written.
    pub proposal: Proposal,
}

/// What is to be written, in terms of the object.
#[derive(Clone, Debug, PartialEq)]
pub enum Proposal {
    /// A patch at these steps from the object.
    At(Vec<Step>, Action),
    /// Entries for the mapping that the first of them belongs to, which these steps lead through.
    Within(Vec<Step>, Tree),
}

impl Fix {
    /// The patch, with steps from the root of the document that `object` is in. `None` if the place is not there.
    pub fn patch(&self, object: Value<'_>, to_object: &[Step]) -> Option<Patch> {
        let from_root = |steps: &[Step]| to_object.iter().chain(steps).cloned().collect();
        match &self.proposal {
            Proposal::At(steps, action) => Some(Patch { steps: from_root(steps), action: action.clone() }),
            Proposal::Within(steps, tree) => {
                let Tree::Mapping(entries) = tree else { return None };
                let key = Step::Key(entries.first()?.0.clone());
                let is_there = |end: &usize| field::find(object, &steps[..*end]).is_some_and(Value::is_mapping);
                let named = (0..steps.len()).rev().filter(|&at| steps[at] == key).find(is_there);
                let end = named.or_else(|| (0..=steps.len()).rev().find(is_there))?;
                Some(Patch { steps: from_root(&steps[..end]), action: Action::Merge(tree.clone()) })
            }
        }
    }

    /// What a finding is known by from one scan to the next: lines and numbers of items may have changed.
    pub fn finding(&self) -> Key {
        Key {
            path: self.path.clone(),
            object: self.object,
            control: self.control.control.id,
            container: self.container.clone(),
            template: self.template.clone(),
        }
    }

    /// How the file is shown.
    pub fn shown_path(&self) -> String {
        display_path(&self.path)
    }
}

/// What a finding is known by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The file.
    pub path: PathBuf,
    /// The number of the object in it.
    pub object: usize,
    /// The control.
    pub control: &'static str,
    /// The container.
    pub container: String,
    /// The message, without what is filled in.
    pub template: String,
}

/// The class of a finding's fix.
pub fn class(occurrence: &Occurrence, control: Registered) -> FixClass {
    occurrence.class.unwrap_or(control.control.fix)
}

/// What every finding is known by, and how bad it is; without those that only sum up others.
pub fn findings(scanned: &Scanned) -> Vec<(Key, Severity)> {
    let counted = open(scanned).filter(|(occurrence, _)| !controls::by_id(occurrence.control).control.umbrella);
    counted.map(|(occurrence, object)| (key(scanned, occurrence, object), occurrence.severity)).collect()
}

/// The changes that would mend findings, in the order of the findings.
pub fn fixes(scanned: &Scanned) -> Vec<Fix> {
    let report = Report::new(&scanned.results, &scanned.controls, Severity::Info, env!("CARGO_PKG_VERSION"));
    let proposed = open(scanned).filter(|(occurrence, _)| occurrence.standing == Standing::Open);
    proposed.filter_map(|(occurrence, object)| fix(scanned, &report, occurrence, object)).collect()
}

fn open(scanned: &Scanned) -> impl Iterator<Item = (&Occurrence, usize)> {
    let Results { resources, occurrences, origins, .. } = &scanned.results;
    let mut numbers = Vec::with_capacity(resources.len());
    for (at, resource) in resources.iter().enumerate() {
        let follows = at > 0 && resources[at - 1].file == resource.file;
        numbers.push(if follows { numbers[at - 1] + 1 } else { 0 });
    }
    // What was rendered is mended at its sources, which are no manifests.
    let is_plain = |occurrence: &&Occurrence| origins.of(occurrence).is_none();
    let failed = occurrences.iter().filter(|occurrence| occurrence.status == Status::Fail).filter(is_plain);
    failed.map(move |occurrence| (occurrence, numbers[occurrence.resource.0 as usize]))
}

fn key(scanned: &Scanned, occurrence: &Occurrence, object: usize) -> Key {
    let results = &scanned.results;
    let resource = &results.resources[occurrence.resource.0 as usize];
    Key {
        path: results.files[resource.file as usize].clone(),
        object,
        control: controls::by_id(occurrence.control).control.id,
        container: results.symbols.text(occurrence.container).to_owned(),
        template: results.symbols.text(occurrence.message).to_owned(),
    }
}

fn fix(scanned: &Scanned, report: &Report<'_>, occurrence: &Occurrence, object: usize) -> Option<Fix> {
    let text = |symbol| report.text(symbol);
    let field = text(occurrence.place.field);
    let steps = || field::parse(field);
    let proposal = match occurrence.edit {
        Edit::None => return None,
        Edit::Remove => Proposal::At(steps()?, Action::Remove),
        Edit::RemoveAt(field) => Proposal::At(field::parse(text(field))?, Action::Remove),
        Edit::Replace(value) => Proposal::At(steps()?, Action::Replace(Tree::read(text(value))?)),
        Edit::Rename(name) => Proposal::At(steps()?, Action::Rename(text(name).to_owned())),
        Edit::Insert(lines) => Proposal::Within(steps()?, Tree::read(text(lines))?),
        Edit::Set { field, lines } => Proposal::At(field::parse(text(field))?, Action::Merge(Tree::read(text(lines))?)),
    };
    let control = controls::by_id(occurrence.control);
    let resource = report.resource(occurrence.resource);
    Some(Fix {
        path: scanned.results.files[resource.file as usize].clone(),
        object,
        kind: text(resource.kind).to_owned(),
        name: text(resource.name).to_owned(),
        resource: report.resource_id(occurrence.resource),
        control,
        severity: occurrence.severity,
        class: class(occurrence, control),
        line: report.place(occurrence).line,
        field: field.to_owned(),
        container: text(occurrence.container).to_owned(),
        message: report.message(occurrence),
        template: text(occurrence.message).to_owned(),
        proposal,
    })
}
