//! From a change of a rendered object to changes of what it was rendered from: values, templates, bases and patches.
//!
//! There may be several ways; the first is the one that a maintainer would take. Whether one mends the finding, and
//! nothing else, is not decided here: everything is rendered and scanned again.

mod conditions;
mod creation;
mod fetched;
mod isolation;
mod left_out;
mod locate;
pub(crate) mod operations;
mod overlay;

use std::path::{Path, PathBuf};

use model::document::Value;
use model::inventory::{ResourceId, Results};
use model::origin::{Reason, Renderer, RenderingId};
use model::place::Place;

use crate::block::Block;
use crate::edit::{Action, Patch};
use crate::field::Step;
use crate::tree::Tree;
use fetched::Fetched;
use locate::{Locator, Node, Object, Texts};

pub(crate) use isolation::beside;

/// What a change is made in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Site {
    /// A file of values.
    Values,
    /// A template.
    Template,
    /// A manifest or patch of a kustomization.
    Manifest,
    /// A patch that an overlay does not have yet.
    Overlay,
    /// Objects that are not there yet.
    Object,
}

impl Site {
    /// The word, as it is written everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Self::Values => "values",
            Self::Template => "template",
            Self::Manifest => "manifest",
            Self::Overlay => "overlay",
            Self::Object => "object",
        }
    }
}

/// A change of one place in a source.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceEdit {
    /// The file, as a scan names it.
    pub path: PathBuf,
    /// What it is.
    pub site: Site,
    /// The number of the document in it.
    pub document: usize,
    /// The literal block of that document that the place is in.
    pub block: Option<Block>,
    /// The change.
    pub patch: Patch,
    /// What the file says before the change, if there is none.
    pub creates: Option<String>,
}

/// One way to make a change: all of these.
pub type Way = Vec<SourceEdit>;

/// What files say, by their paths.
pub type TextOf<'a> = &'a dyn Fn(&Path) -> Option<String>;

/// Finds ways to make changes.
pub(crate) struct Sources<'s> {
    results: &'s Results,
    texts: Texts<'s>,
    text_of: TextOf<'s>,
}

impl<'s> Sources<'s> {
    pub(crate) fn new(results: &'s Results, text_of: TextOf<'s>) -> Self {
        Self { results, texts: Texts::new(&results.origins), text_of }
    }

    /// The ways to make a change that is meant for a resource in all renderings that these reasons name. `patch` says
    /// what it is for the object as it was rendered.
    pub(crate) fn ways(
        &self,
        resource: ResourceId,
        reasons: &[Reason],
        patch: &dyn Fn(Value<'_>) -> Option<Patch>,
    ) -> Vec<Way> {
        let mut of_each: Vec<Vec<Way>> = Vec::new();
        for reason in reasons {
            for (number, id) in reason.renderings.iter().enumerate() {
                let line = (number == 0).then_some(reason.rendered.line);
                let Some(object) = self.texts.object(self.results, resource, *id, line) else { return Vec::new() };
                let Some(patch) = patch(object.value) else { return Vec::new() };
                of_each.push(self.in_rendering(*id, &object, &patch));
            }
        }
        let most = of_each.iter().map(Vec::len).max().unwrap_or(0);
        if of_each.iter().any(Vec::is_empty) {
            return Vec::new();
        }
        let together = |at: usize| {
            let mut all = Way::new();
            for ways in &of_each {
                for edit in &ways[at.min(ways.len() - 1)] {
                    if !all.contains(edit) {
                        all.push(edit.clone());
                    }
                }
            }
            all
        };
        let mut ways: Vec<Way> = Vec::new();
        for way in (0..most).map(together) {
            if !ways.contains(&way) {
                ways.push(way);
            }
        }
        ways
    }

    /// The ways to make all of these changes of a rendered resource.
    pub(crate) fn ways_of_all(&self, resource: ResourceId, patches: &[Patch]) -> Vec<Way> {
        let renderings = self.results.origins.of_resource(resource).to_vec();
        let reason = Reason { renderings, values: Vec::new(), rendered: Place::default() };
        let reasons = std::slice::from_ref(&reason);
        let of_each: Vec<Vec<Way>> =
            patches.iter().map(|patch| self.ways(resource, reasons, &|_| Some(patch.clone()))).collect();
        if of_each.iter().any(Vec::is_empty) {
            return Vec::new();
        }
        let most = of_each.iter().map(Vec::len).max().unwrap_or(0);
        (0..most).map(|at| of_each.iter().flat_map(|ways| ways[at.min(ways.len() - 1)].clone()).collect()).collect()
    }

    /// What `look` sees in a resource as it was rendered first; `None` if it is not there.
    pub(crate) fn look<T>(&self, resource: ResourceId, look: &dyn Fn(Value<'_>) -> T) -> Option<T> {
        let id = self.results.origins.of_resource(resource).first()?;
        Some(look(self.texts.object(self.results, resource, *id, None)?.value))
    }

    /// A NetworkPolicy for the pods of a rendered resource, beside its source.
    ///
    /// # Errors
    /// Why it cannot be written.
    pub(crate) fn isolation(&self, resource: ResourceId, ingress: &Tree) -> Result<Way, String> {
        let id = self.results.origins.of_resource(resource).first();
        let found = id.and_then(|id| Some((id, self.texts.object(self.results, resource, *id, None)?)));
        let (id, object) = found.ok_or("the object is not in what was rendered")?;
        let rendering = self.results.origins.rendering(*id);
        let locator = Locator { rendering, base: object.base };
        isolation::in_rendering(&locator, object.value, ingress, self.text_of)
    }

    /// The ways to write objects beside a resource, which is in the file `path` or was rendered for these reasons.
    pub(crate) fn beside(&self, resource: ResourceId, path: &Path, reasons: &[Reason], documents: &str) -> Vec<Way> {
        let Some(reason) = reasons.first() else {
            return vec![vec![creation::file(path, documents, self.text_of)]];
        };
        let Some(id) = reason.renderings.first() else { return Vec::new() };
        let line = Some(reason.rendered.line);
        let Some(object) = self.texts.object(self.results, resource, *id, line) else { return Vec::new() };
        let locator = locate::Locator { rendering: self.results.origins.rendering(*id), base: object.base };
        creation::ways(&locator, object.value, documents, self.text_of)
    }

    fn in_rendering(&self, id: RenderingId, object: &Object<'_>, patch: &Patch) -> Vec<Way> {
        let rendering = self.results.origins.rendering(id);
        let Some(value) = crate::field::find(object.value, &patch.steps) else { return Vec::new() };
        let (value, patch) = narrowed(value, patch.clone());
        let Patch { steps, action } = &patch;
        let locator = Locator { rendering, base: object.base };
        let edit = |node: Node, action: &Action| SourceEdit {
            path: rendering.rendered.provenance.files[node.file].path.clone(),
            site: node.site,
            document: node.document,
            patch: Patch { action: in_parameter(&node, action), steps: node.steps },
            block: node.block,
            creates: None,
        };
        let fetched = Fetched::new(&locator, self.text_of);
        let mut edits: Vec<SourceEdit> = fetched.edits(&locator, value, action, self.text_of);
        match action {
            Action::Merge(tree) => {
                let mut places = locator.collection(value);
                if rendering.renderer == Renderer::Helm || places.iter().any(|place| place.site == Site::Template) {
                    edits.extend(places.iter().filter_map(|place| self.condition(place, rendering, tree)));
                    edits.extend(left_out::edits(&locator, value, tree, &fetched, self.text_of));
                    places.sort_by_key(|place| place.site);
                }
                edits.extend(places.into_iter().map(|place| edit(place, action)));
            }
            Action::Replace(_) => edits.extend(locator.scalar(value).into_iter().map(|node| edit(node, action))),
            Action::Remove => {
                let off = Action::Replace(Tree::Bool(false));
                if Tree::of(value) == Tree::Bool(true) {
                    // What a value switches on is switched off there.
                    let values = locator.scalar(value).into_iter().filter(|node| node.site == Site::Values);
                    edits.extend(values.map(|node| edit(node, &off)));
                }
                edits.extend(locator.entry(object.value, steps).into_iter().map(|node| edit(node, action)));
            }
            Action::Rename(_) => {
                edits.extend(locator.entry(object.value, steps).into_iter().map(|node| edit(node, action)));
            }
        }
        edits.retain(|edit| !fetched.has(&edit.path));
        let mut ways: Vec<Way> = Vec::new();
        for edit in edits {
            if !ways.iter().any(|way| way.contains(&edit)) {
                ways.push(vec![edit]);
            }
        }
        if rendering.renderer == Renderer::Kustomize {
            ways.extend(overlay::ways(rendering, &locator, object.value, &patch, self.text_of));
        }
        ways
    }

    /// Where an entry is missing because a condition left its block out: the change of the value of the condition.
    fn condition(&self, place: &Node, rendering: &model::origin::Rendering, tree: &Tree) -> Option<SourceEdit> {
        if place.site != Site::Template {
            return None;
        }
        let Tree::Mapping(entries) = tree else { return None };
        let (key, inner) = entries.first()?;
        let file = &rendering.rendered.provenance.files[place.file];
        let condition = conditions::of_entry(&file.text, place, key)?;
        let values = conditions::values_file(&file.path)?;
        let (document, patch) = conditions::patch(&(self.text_of)(&values)?, &condition, inner)?;
        Some(SourceEdit { path: values, site: Site::Values, document, block: None, patch, creates: None })
    }
}

/// What is written at a node: the value of a parameter of an Application (Argo CD) is text, whatever it means.
fn in_parameter(node: &Node, action: &Action) -> Action {
    let key =
        |at: usize, names: &[&str]| matches!(node.steps.get(at), Some(Step::Key(key)) if names.contains(&key.as_str()));
    let end = node.steps.len();
    let is_parameter = node.site == Site::Values
        && end > 5
        && (key(0, &["spec"]) && key(1, &["source", "sources"]))
        && (key(end - 4, &["helm"]) && key(end - 3, &["parameters"]) && key(end - 1, &["value"]));
    match action {
        Action::Replace(tree @ (Tree::Bool(_) | Tree::Number(_))) if is_parameter => {
            Action::Replace(Tree::Text(tree.to_json().to_string()))
        }
        other => other.clone(),
    }
}

/// A patch that merges into one mapping of another, as one for the inner: each may have been made by something else.
fn narrowed<'d>(mut value: Value<'d>, mut patch: Patch) -> (Value<'d>, Patch) {
    while let Action::Merge(Tree::Mapping(entries)) = &patch.action {
        let [(key, inner @ Tree::Mapping(_))] = &entries[..] else { break };
        let Some((_, next)) = crate::field::entry(value, key).filter(|(_, next)| next.is_mapping()) else { break };
        value = next;
        patch.steps.push(Step::Key(key.clone()));
        patch.action = Action::Merge(inner.clone());
    }
    (value, patch)
}

/// The renderings of a resource, as people know them.
pub(crate) fn variants(results: &Results, renderings: &[RenderingId]) -> Vec<String> {
    renderings.iter().map(|id| results.origins.rendering(*id).variant.clone()).collect()
}

/// Steps without their last `count`.
fn without(mut steps: Vec<Step>, count: usize) -> Vec<Step> {
    steps.truncate(steps.len().saturating_sub(count));
    steps
}
