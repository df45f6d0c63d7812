//! Which findings a change can mend, and what that change is.

use std::path::{Path, PathBuf};

use model::control::Registered;
use model::document::Value;
use model::finding::{Edit, Occurrence, Standing, Status};
use model::fix::FixClass;
use model::inventory::{Resource, Results};
use model::severity::Severity;
use reports::report::{Report, display_path};

use crate::brought::Known;
use crate::edit::{Action, Patch};
use crate::field::{self, Step};
use crate::sources::{self, Sources, TextOf, Way};
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
    /// How that is done where the object was rendered, or where others are new; `None` for a change of a manifest.
    pub rendered: Option<Rendered>,
}

/// How a change is made that is not one of the object in its own file: in the sources of what was rendered, or beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// The ways that are left, the best first.
    pub ways: Vec<Way>,
    /// The sets of values or the overlays in which the finding is.
    pub found_in: Vec<String>,
    /// Those in which the object is.
    pub object_in: Vec<String>,
    /// What the finding is known by, in each of them.
    keys: Vec<Key>,
}

/// What is to be written, in terms of the object.
#[derive(Clone, Debug, PartialEq)]
pub enum Proposal {
    /// A patch at these steps from the object.
    At(Vec<Step>, Action),
    /// Entries for the mapping that the first of them belongs to, which these steps lead through.
    Within(Vec<Step>, Tree),
    /// Objects beside it: YAML documents.
    Create(String),
}

impl Fix {
    /// What its finding is known by from one scan to the next: lines and numbers of items may have changed. One that is
    /// in several renderings is several.
    pub fn findings(&self) -> Vec<Key> {
        if let Some(rendered) = &self.rendered {
            return rendered.keys.clone();
        }
        vec![Key {
            path: self.path.clone(),
            object: self.object,
            rendered: None,
            control: self.control.control.id,
            container: self.container.clone(),
            template: self.template.clone(),
        }]
    }

    /// The same change in the next way that there is.
    pub fn in_another_way(&self) -> Option<Self> {
        let rendered = self.rendered.as_ref().filter(|rendered| rendered.ways.len() > 1)?;
        let ways = rendered.ways[1..].to_vec();
        Some(Self { rendered: Some(Rendered { ways, ..rendered.clone() }), ..self.clone() })
    }

    /// The files that it changes.
    pub fn files(&self) -> Vec<&Path> {
        match &self.rendered {
            None => vec![&self.path],
            Some(rendered) => rendered.ways.first().into_iter().flatten().map(|edit| edit.path.as_path()).collect(),
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
    /// The file, or what was rendered.
    pub path: PathBuf,
    /// The number of the object in a file.
    pub object: usize,
    /// The object in a rendering, and which one that is.
    pub rendered: Option<(String, String)>,
    /// The control.
    pub control: &'static str,
    /// The container.
    pub container: String,
    /// The message, without what is filled in.
    pub template: String,
}

impl Key {
    /// Whether both are about one object.
    pub fn is_about_the_object_of(&self, other: &Self) -> bool {
        (&self.path, self.object, &self.rendered) == (&other.path, other.object, &other.rendered)
    }
}

/// The class of a finding's fix.
pub fn class(occurrence: &Occurrence, control: Registered) -> FixClass {
    occurrence.class.unwrap_or(control.control.fix)
}

/// What every finding is known by, and how bad it is; without those that only sum up others.
pub fn findings(scanned: &Scanned) -> Vec<(Key, Severity)> {
    let report = report(scanned);
    let counted = open(scanned).filter(|(occurrence, _)| !controls::by_id(occurrence.control).control.umbrella);
    let keyed = counted.flat_map(|(occurrence, object)| {
        keys(scanned, &report, occurrence, object).into_iter().map(move |key| (key, occurrence.severity))
    });
    keyed.collect()
}

/// The same by the names of objects, so that it does not matter what comes and goes beside them.
pub(crate) fn known(scanned: &Scanned) -> Vec<(Known, Severity)> {
    let report = report(scanned);
    let counted = open(scanned).filter(|(occurrence, _)| !controls::by_id(occurrence.control).control.umbrella);
    let keyed = counted.flat_map(|(occurrence, object)| {
        let name = report.resource_id(occurrence.resource);
        keys(scanned, &report, occurrence, object).into_iter().map(move |key| {
            let rendered = key.rendered.map(|(variant, _)| (key.path.to_string_lossy().into_owned(), variant));
            let Key { control, container, .. } = key;
            (Known { object: name.clone(), rendered, control, container }, occurrence.severity)
        })
    });
    keyed.collect()
}

fn report(scanned: &Scanned) -> Report<'_> {
    Report::new(&scanned.results, &scanned.controls, Severity::Info, env!("CARGO_PKG_VERSION"))
}

/// The changes that would mend findings, in the order of the findings. `text_of` reads files that nothing was rendered
/// from yet.
pub fn fixes(scanned: &Scanned, text_of: TextOf<'_>) -> Vec<Fix> {
    let report = report(scanned);
    let sources = Sources::new(&scanned.results, text_of);
    let proposed = open(scanned).filter(|(occurrence, _)| occurrence.standing == Standing::Open);
    proposed.filter_map(|(occurrence, object)| fix(scanned, &report, &sources, occurrence, object)).collect()
}

fn open(scanned: &Scanned) -> impl Iterator<Item = (&Occurrence, usize)> {
    let Results { resources, occurrences, .. } = &scanned.results;
    let numbers = numbers(resources);
    let failed = occurrences.iter().filter(|occurrence| occurrence.status == Status::Fail);
    failed.map(move |occurrence| (occurrence, numbers[occurrence.resource.0 as usize]))
}

/// The number of each object in its file.
pub(crate) fn numbers(resources: &[Resource]) -> Vec<usize> {
    let mut numbers = Vec::with_capacity(resources.len());
    for (at, resource) in resources.iter().enumerate() {
        let follows = at > 0 && resources[at - 1].file == resource.file;
        numbers.push(if follows { numbers[at - 1] + 1 } else { 0 });
    }
    numbers
}

fn keys(scanned: &Scanned, report: &Report<'_>, occurrence: &Occurrence, object: usize) -> Vec<Key> {
    let results = &scanned.results;
    let resource = &results.resources[occurrence.resource.0 as usize];
    let plain = Key {
        path: results.files[resource.file as usize].clone(),
        object,
        rendered: None,
        control: controls::by_id(occurrence.control).control.id,
        container: results.symbols.text(occurrence.container).to_owned(),
        template: results.symbols.text(occurrence.message).to_owned(),
    };
    if results.origins.of(occurrence).is_none() {
        return vec![plain];
    }
    let in_rendering = |id| {
        let rendering = results.origins.rendering(id);
        let rendered = Some((rendering.variant.clone(), report.resource_id(occurrence.resource)));
        Key { path: PathBuf::from(&rendering.path), object: 0, rendered, ..plain.clone() }
    };
    results.origins.renderings_of(occurrence).into_iter().map(in_rendering).collect()
}

/// The patch, with steps from the root of the document that `object` is in. `None` if the place is not there.
pub(crate) fn patch(proposal: &Proposal, object: Value<'_>, to_object: &[Step]) -> Option<Patch> {
    let from_root = |steps: &[Step]| to_object.iter().chain(steps).cloned().collect();
    match proposal {
        Proposal::At(steps, action) => Some(Patch { steps: from_root(steps), action: action.clone() }),
        Proposal::Within(steps, tree) => {
            let Tree::Mapping(entries) = tree else { return None };
            let key = Step::Key(entries.first()?.0.clone());
            let is_there = |end: &usize| field::find(object, &steps[..*end]).is_some_and(Value::is_mapping);
            let named = (0..steps.len()).rev().filter(|&at| steps[at] == key).find(is_there);
            let end = named.or_else(|| (0..=steps.len()).rev().find(is_there))?;
            Some(Patch { steps: from_root(&steps[..end]), action: Action::Merge(tree.clone()) })
        }
        Proposal::Create(_) => None,
    }
}

fn fix(
    scanned: &Scanned,
    report: &Report<'_>,
    sources: &Sources<'_>,
    occurrence: &Occurrence,
    object: usize,
) -> Option<Fix> {
    let results = &scanned.results;
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
        Edit::Create(documents) => Proposal::Create(text(documents).to_owned()),
        Edit::Set { field, lines } => Proposal::At(field::parse(text(field))?, Action::Merge(Tree::read(text(lines))?)),
    };
    let control = controls::by_id(occurrence.control);
    let resource = report.resource(occurrence.resource);
    let traced = results.origins.of(occurrence);
    let reasons = traced.map_or(&[][..], |traced| &traced.reasons);
    let ways = || match &proposal {
        Proposal::Create(documents) => {
            let path = &results.files[resource.file as usize];
            sources.beside(occurrence.resource, path, reasons, documents)
        }
        proposal => sources.ways(occurrence.resource, reasons, &|object| patch(proposal, object, &[])),
    };
    let is_elsewhere = traced.is_some() || matches!(proposal, Proposal::Create(_));
    let rendered = is_elsewhere.then(|| Rendered {
        ways: ways(),
        found_in: sources::variants(results, &results.origins.renderings_of(occurrence)),
        object_in: sources::variants(results, results.origins.of_resource(occurrence.resource)),
        keys: keys(scanned, report, occurrence, object),
    });
    let file = traced.map_or(resource.file, |traced| traced.file);
    Some(Fix {
        path: results.files[file as usize].clone(),
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
        rendered,
    })
}
