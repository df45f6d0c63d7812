//! Blocks that a condition left out, wherever the template is that has them: the values that the condition asks for.

use std::path::Path;

use manifests::walk::clean;
use model::document::Value;
use model::provenance::{LeftOut, SourceId, ValueOrigin};

use super::fetched::Fetched;
use super::locate::{Locator, Node};
use super::{Site, SourceEdit, TextOf, conditions};
use crate::edit::{Action, Patch};
use crate::field::{self, Step};
use crate::tree::Tree;

/// No more conditions are tried for one entry.
const MOST: usize = 4;

/// The changes of values with which a block is written that gives the mapping `value` the first entry of `tree`.
pub(super) fn edits(
    locator: &Locator<'_>,
    value: Value<'_>,
    tree: &Tree,
    fetched: &Fetched,
    text_of: TextOf<'_>,
) -> Vec<SourceEdit> {
    let Tree::Mapping(entries) = tree else { return Vec::new() };
    let Some((key, inner)) = entries.first() else { return Vec::new() };
    let provenance = &locator.rendering.rendered.provenance;
    let mut found: Vec<SourceEdit> = Vec::new();
    let is_meant = |block: &&LeftOut| has_key(locator, block, key) && !is_branch(locator, block);
    for block in near(locator, value).filter(is_meant).take(MOST) {
        let (first, last) = (block.values.0 as usize, block.values.1 as usize);
        for origin in provenance.values.get(first..last).unwrap_or(&[]).iter().take(MOST) {
            for edit in asked(locator, origin, inner, fetched, text_of) {
                if !found.contains(&edit) {
                    found.push(edit);
                }
            }
        }
    }
    found
}

/// The blocks that were left out of what made a mapping: at its ends, one stands in the white space around it.
fn near<'r>(locator: &Locator<'r>, value: Value<'_>) -> impl Iterator<Item = &'r LeftOut> {
    let rendered = &locator.rendering.rendered;
    let (start, end) = (value.span().start + locator.base, value.span().end + locator.base);
    let rest = rendered.text.get(end as usize..).unwrap_or("");
    let end = end + (rest.len() - rest.trim_start().len()) as u32;
    let before = rendered.text.get(..start as usize).unwrap_or("");
    let start = before.trim_end().len() as u32;
    let all = &rendered.provenance.left_out;
    let first = all.partition_point(|block| block.at < start);
    all[first..].iter().take_while(move |block| block.at <= end)
}

fn has_key(locator: &Locator<'_>, block: &LeftOut, key: &str) -> bool {
    let file = locator.rendering.rendered.provenance.files.get(block.source.file.0 as usize);
    let span = block.source.span;
    let body = file.and_then(|file| file.text.get(span.start as usize..span.end as usize)).unwrap_or("");
    body.match_indices(key).any(|(at, _)| {
        let before = body[..at].trim_end_matches([' ', '-']);
        (before.is_empty() || before.ends_with('\n')) && body[at + key.len()..].starts_with(':')
    })
}

/// Whether a block is one of several branches: another stands in its place, and to write this one instead would do away
/// with what is found there, not mend it.
fn is_branch(locator: &Locator<'_>, block: &LeftOut) -> bool {
    let file = locator.rendering.rendered.provenance.files.get(block.source.file.0 as usize);
    let Some(text) = file.map(|file| &*file.text) else { return true };
    let span = block.source.span;
    let word = |action: &str| action.trim_start_matches('-').trim_start().starts_with("else");
    let after = text.get(span.end as usize..).unwrap_or("").trim_start();
    let before = text.get(..span.start as usize).unwrap_or("").trim_end();
    let opened = before.strip_suffix("}}").and_then(|before| before.rsplit_once("{{"));
    after.strip_prefix("{{").is_some_and(word) || opened.is_some_and(|(_, action)| word(action))
}

/// What the values have to say so that a condition is met, and that what it guards has `inner`.
fn asked(
    locator: &Locator<'_>,
    origin: &ValueOrigin,
    inner: &Tree,
    fetched: &Fetched,
    text_of: TextOf<'_>,
) -> Vec<SourceEdit> {
    let files = &locator.rendering.rendered.provenance.files;
    let is_own = |file: SourceId| locator.file(file).is_some_and(|file| !fetched.has(&file.path));
    if let Some(source) = origin.source.filter(|source| is_own(source.file)) {
        let Some(node) = locator.node(source, Site::Values) else { return Vec::new() };
        let Some(action) = locator.tree(&node).and_then(|tree| action(&tree, inner)) else { return Vec::new() };
        let Node { file, site, document, block, steps } = node;
        let patch = Patch { steps, action };
        return vec![SourceEdit { path: files[file].path.clone(), site, document, block, patch, creates: None }];
    }
    // Nobody has written the value, or those who wrote the chart: its place is in the values of the chart that has it.
    let Some(path) = field::parse(&origin.path) else { return Vec::new() };
    let names: Option<Vec<String>> =
        path.into_iter().map(|step| if let Step::Key(key) = step { Some(key) } else { None }).collect();
    let values = clean(&Path::new(&locator.rendering.path).join("values.yaml"));
    let (Some(names), Some(text)) = (names, text_of(&values)) else { return Vec::new() };
    let edit = |inner: &Tree| {
        let (document, patch) = conditions::patch(&text, &names, inner)?;
        let (site, path) = (Site::Values, values.clone());
        Some(SourceEdit { path, site, document, block: None, patch, creates: None })
    };
    let is_switch = names.last().is_some_and(|name| name.to_ascii_lowercase().contains("enable"));
    let mut both = [inner.clone(), Tree::Bool(true)];
    if is_switch {
        both.reverse();
    }
    both.iter().filter_map(edit).collect()
}

/// What is done with a value, so that it is no longer empty.
fn action(known: &Tree, inner: &Tree) -> Option<Action> {
    match known {
        Tree::Bool(false) => Some(Action::Replace(Tree::Bool(true))),
        Tree::Null | Tree::Mapping(_) if !inner.is_scalar() => Some(Action::Merge(inner.clone())),
        _ => None,
    }
}
