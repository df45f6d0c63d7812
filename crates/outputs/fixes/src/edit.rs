//! One patch into the text of one document, and the proof that it did that and nothing else.
//!
//! Bytes are spliced into the text as it is: what the patch does not touch stays as it was, comments, order, quotes,
//! line ends and all. Then the new text is parsed, and its tree must be that of the old text with the patch carried
//! out on it; where it is not, the patch is refused.

mod insert;
mod layout;
mod order;
mod remove;
mod render;
mod replace;

use std::collections::HashSet;
use std::ops::Range;

use model::document::{Document, NodeId, Value};

use crate::block::{Block, Literal};
use crate::field::{self, Step};
use crate::shadow::Shadow;
use crate::tree::Tree;
use insert::Insertion;
use layout::Layout;

/// What is to be done at a place.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Take the entry or item out.
    Remove,
    /// Write this in place of the value.
    Replace(Tree),
    /// Give the entry this key.
    Rename(String),
    /// Write these entries into the mapping; into one that is not there, the mapping too.
    Merge(Tree),
}

/// A change of one place in a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Patch {
    /// The steps from the root of the document. For `Merge` to the deepest mapping that is there.
    pub steps: Vec<Step>,
    /// What is done there.
    pub action: Action,
}

/// Why a patch is not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The place is not there.
    #[error("the place is no longer there")]
    Gone,
    /// There is something else.
    #[error("`{0}` has a value already, and it is not this change that should decide about it")]
    Occupied(String),
    /// The text has an alias or merge key there.
    #[error("the place has its value by an alias or a merge key, and the change would have to be made there")]
    Shared,
    /// The anchor of an alias stands for other places, where nothing was found.
    #[error("the text is shared by an anchor: `{0}` would change too, and nothing was found there")]
    Elsewhere(String),
    /// There is no way to write it that the writer knows.
    #[error("the place is written in a way that this change cannot be written into")]
    Unclear,
    /// The result is not what was meant.
    #[error("the text would not mean what was meant: it is written in a way that this change does not fit")]
    Different,
    /// The text is no document.
    #[error("the text is not valid YAML")]
    Syntax,
}

/// What a patch has made of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The new text; `None` if the old one says it already.
    pub text: Option<String>,
    /// Other places that changed with this one, because an anchor stands for all of them.
    pub also: Vec<String>,
}

/// Bytes that are replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Splice {
    range: Range<usize>,
    text: String,
    /// Lines that belong to what begins here, wherever among it they stand.
    anchor: Option<usize>,
}

impl Splice {
    fn new(range: Range<usize>, text: String) -> Self {
        Self { range, text, anchor: None }
    }
}

/// A document that says this.
pub(crate) fn document(tree: &Tree) -> String {
    let style = render::Style { unit: 2, dash: 2, lists_in_flow: true };
    let lines: Vec<String> = match tree {
        Tree::Mapping(entries) => entries.iter().flat_map(|(key, value)| render::entry(key, value, &style)).collect(),
        Tree::Sequence(items) => items.iter().flat_map(|item| render::item(item, &style)).collect(),
        scalar => vec![render::flow(scalar)],
    };
    lines.into_iter().map(|line| line + "\n").collect()
}

/// A document of a template, and its shadow.
#[derive(Clone, Debug)]
pub(crate) struct Ground {
    pub(crate) text: String,
    pub(crate) shadow: String,
}

/// Carries out `patch` on the document `text`. `meant` says of another place, as steps from the root, whether the
/// same patch is meant for it too; it is asked where an anchor stands for several places.
///
/// # Errors
/// The patch cannot be written, or would change more than it says. The text is as it was.
pub fn apply(text: &str, patch: &Patch, meant: &dyn Fn(&[Step]) -> bool) -> Result<Applied, Refusal> {
    let Changes { splices, also } = changes(text, patch, meant, &|at, _| at)?;
    let text = if splices.is_empty() { None } else { Some(splice(text, &splices).ok_or(Refusal::Unclear)?) };
    Ok(Applied { text, also })
}

/// The same on a document of a template, as its shadow has it. Returns the places that change with this one.
pub(crate) fn apply_to(
    ground: &mut Ground,
    patch: &Patch,
    meant: &dyn Fn(&[Step]) -> bool,
) -> Result<Vec<String>, Refusal> {
    let template = Shadow::of(&ground.text);
    let Changes { splices, also } = changes(&ground.shadow, patch, meant, &|at, anchor| template.outside(at, anchor))?;
    let text = splice(&ground.text, &splices).ok_or(Refusal::Unclear)?;
    let shadow = splice(&ground.shadow, &splices).ok_or(Refusal::Unclear)?;
    *ground = Ground { text, shadow };
    Ok(also)
}

/// The same on a document that stands in a literal block of `ground`.
pub(crate) fn apply_in(
    ground: &mut Ground,
    block: &Block,
    patch: &Patch,
    meant: &dyn Fn(&[Step]) -> bool,
) -> Result<Vec<String>, Refusal> {
    let document = yaml::parse_document(&ground.shadow).map_err(|_| Refusal::Syntax)?;
    let root = document.root();
    let value = field::find(root, &block.steps).ok_or(Refusal::Gone)?;
    // What a template does in the block cannot be seen in the shadow of it.
    let own = Layout::range(value);
    if ground.text.get(own.clone()) != ground.shadow.get(own) {
        return Err(Refusal::Unclear);
    }
    let literal = Literal::new(value).ok_or(Refusal::Unclear)?;
    let inner = yaml::separate::documents(&literal.text).nth(block.document).ok_or(Refusal::Gone)?;
    let Applied { text, also } = apply(&literal.text[inner.clone()], patch, meant)?;
    let Some(text) = text else { return Ok(also) };
    let mut new = literal.text.clone();
    new.replace_range(inner, &text);
    // How a block ends is said by its first line.
    let end = if literal.text.ends_with('\n') { "\n" } else { "" };
    let new = format!("{}{end}", new.trim_end_matches('\n'));
    let (range, lines) = literal.rewritten(&new, Layout::new(root).line_break()).ok_or(Refusal::Unclear)?;
    let mut expected = Tree::of(root);
    *expected.find(&block.steps).ok_or(Refusal::Gone)? = Tree::Text(new);
    let splices = [Splice::new(range, lines)];
    let text = splice(&ground.text, &splices).ok_or(Refusal::Unclear)?;
    let shadow = splice(&ground.shadow, &splices).ok_or(Refusal::Unclear)?;
    if Tree::read(&shadow).is_none_or(|tree| tree.sorted() != expected.sorted()) {
        return Err(Refusal::Different);
    }
    *ground = Ground { text, shadow };
    Ok(also)
}

/// What is written where, and the other places that change with it.
struct Changes {
    splices: Vec<Splice>,
    also: Vec<String>,
}

/// The proven splices of a patch; none if the text says it already. `outside` moves lines that belong to what begins at
/// its second place to where they may stand.
fn changes(
    text: &str,
    patch: &Patch,
    meant: &dyn Fn(&[Step]) -> bool,
    outside: &dyn Fn(usize, usize) -> usize,
) -> Result<Changes, Refusal> {
    let document = yaml::parse_document(text).map_err(|_| Refusal::Syntax)?;
    let root = document.root();
    let patch = &Patch { steps: extent(root, patch), action: patch.action.clone() };
    let places = places(&document, patch)?;
    let mut also = Vec::new();
    for steps in places.iter().filter(|steps| **steps != patch.steps) {
        if !meant(steps) {
            return Err(Refusal::Elsewhere(field::path(steps)));
        }
        also.push(field::path(steps));
    }
    let old = Tree::of(root);
    let mut expected = old.clone();
    // From the last to the first, so that taking out an item moves none that is still to come.
    for steps in places.iter().rev() {
        // The writer knows better what is in the way.
        let refused = |refusal| splices(root, patch).err().unwrap_or(refusal);
        carry_out(&mut expected, steps, &patch.action).map_err(refused)?;
    }
    if expected == old {
        return Ok(Changes { splices: Vec::new(), also });
    }
    let mut splices = splices(root, patch)?;
    for splice in &mut splices {
        if let Some(anchor) = splice.anchor {
            let at = outside(splice.range.start, anchor);
            splice.range = at..at;
        }
    }
    splices.sort_by_key(|splice| splice.range.start);
    let new = splice(text, &splices).ok_or(Refusal::Unclear)?;
    let is_meant = Tree::read(&new).is_some_and(|tree| tree.sorted() == expected.sorted());
    if is_meant { Ok(Changes { splices, also }) } else { Err(Refusal::Different) }
}

fn extent(root: Value<'_>, patch: &Patch) -> Vec<Step> {
    match patch.action {
        Action::Remove => remove::extent(root, &patch.steps),
        _ => patch.steps.clone(),
    }
}

fn splices(root: Value<'_>, patch: &Patch) -> Result<Vec<Splice>, Refusal> {
    match &patch.action {
        Action::Remove => remove::remove(root, &patch.steps),
        Action::Replace(tree) => replace::replace(root, &patch.steps, tree),
        Action::Rename(name) => replace::rename(root, &patch.steps, name),
        Action::Merge(tree) => {
            let mut insertion = Insertion { layout: Layout::new(root), splices: Vec::new() };
            insertion.merge(&patch.steps, tree)?;
            Ok(insertion.splices)
        }
    }
}

/// The text with all splices, which are in order; `None` if two of them meet.
fn splice(text: &str, splices: &[Splice]) -> Option<String> {
    let mut out = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for Splice { range, text: new, anchor: _ } in splices {
        out.push_str(text.get(at..range.start)?);
        out.push_str(new);
        at = range.end;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

/// The patch on the tree.
fn carry_out(tree: &mut Tree, steps: &[Step], action: &Action) -> Result<(), Refusal> {
    match action {
        Action::Remove => tree.remove(steps).ok_or(Refusal::Gone),
        Action::Replace(value) => {
            *tree.find(steps).ok_or(Refusal::Gone)? = value.clone();
            Ok(())
        }
        Action::Rename(name) => {
            let (Some(Step::Key(own)), parents) = (steps.last(), &steps[..steps.len().saturating_sub(1)]) else {
                return Err(Refusal::Unclear);
            };
            let Some(Tree::Mapping(entries)) = tree.find(parents) else { return Err(Refusal::Gone) };
            let entry = entries.iter_mut().rev().find(|(key, _)| key == own).ok_or(Refusal::Gone)?;
            name.clone_into(&mut entry.0);
            Ok(())
        }
        Action::Merge(added) => {
            let place = tree.find(steps).ok_or(Refusal::Gone)?;
            if place.merge(added) { Ok(()) } else { Err(Refusal::Occupied(field::path(steps))) }
        }
    }
}

/// The places that change with the text of the patch's own: that, and the copies that aliases make of it.
fn places(document: &Document<'_>, patch: &Patch) -> Result<Vec<Vec<Step>>, Refusal> {
    let root = document.root();
    let value = field::find(root, &patch.steps).ok_or(Refusal::Gone)?;
    // Nodes are in the order of the text unless an alias has copied some.
    let has_copies = document.nodes.windows(2).any(|pair| pair[1].start < pair[0].start);
    if !has_copies {
        return Ok(vec![patch.steps.clone()]);
    }
    let by_key = matches!(patch.action, Action::Remove | Action::Rename(_));
    let target = match patch.steps.split_last() {
        Some((Step::Key(key), parents)) if by_key => {
            let parent = field::find(root, parents).ok_or(Refusal::Gone)?;
            field::entry(parent, key).ok_or(Refusal::Gone)?.0
        }
        _ => value,
    };
    let own = document.nodes[target.id().0 as usize];
    let same = |id: &u32| {
        let node = document.nodes[*id as usize];
        (node.start, node.end, node.kind) == (own.start, own.end, own.kind)
    };
    let ids: Vec<u32> = (0..document.nodes.len() as u32).filter(same).collect();
    let mut seen = HashSet::new();
    let mut places: Vec<Vec<Step>> = ids.iter().map(|id| field::steps_to(document.value(NodeId(*id)))).collect();
    places.retain(|steps| seen.insert(steps.clone()));
    Ok(places)
}
