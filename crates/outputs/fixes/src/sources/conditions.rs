//! Blocks of templates that a condition left out, and the values that the conditions ask for.

use std::path::{Path, PathBuf};

use model::document::Document;

use super::locate::Node;
use crate::edit::{Action, Patch};
use crate::field::{self, Step};
use crate::shadow::Shadow;
use crate::tree::Tree;

/// The path of the value that decides whether the mapping at `place` of a template has the entry `key`.
pub(super) fn of_entry(template: &str, place: &Node, key: &str) -> Option<Vec<String>> {
    let shadow = Shadow::of(template);
    let range = yaml::separate::documents(&shadow.text).nth(place.document)?;
    let document = yaml::parse_document(shadow.text.get(range.clone())?).ok()?;
    let mapping = field::find(document.root(), &place.steps)?;
    let (name, _) = field::entry(mapping, key)?;
    let first = mapping.entries().next()?.0;
    let anchor = range.start + first.span().start as usize;
    let at = range.start + name.span().start as usize;
    let anchor = if anchor == at { range.start + place_before(&document, &place.steps) } else { anchor };
    path(shadow.condition(at, anchor)?)
}

/// Where the entry begins that the mapping at the end of `steps` is the value of.
fn place_before(document: &Document<'_>, steps: &[Step]) -> usize {
    let Some((Step::Key(name), parents)) = steps.split_last() else { return 0 };
    let parent = field::find(document.root(), parents);
    parent.and_then(|parent| field::entry(parent, name)).map_or(0, |(key, _)| key.span().start as usize)
}

/// The path that `with .Values.a.b` or `if .Values.a.b` asks for; `None` if it asks for more than that.
fn path(says: &str) -> Option<Vec<String>> {
    let (word, rest) = says.split_once(char::is_whitespace)?;
    if !matches!(word, "if" | "with") {
        return None;
    }
    let path = rest.trim().trim_start_matches('$').strip_prefix(".Values.")?;
    let is_name =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let parts: Vec<String> = path.split('.').map(str::to_owned).collect();
    parts.iter().all(|part| is_name(part)).then_some(parts)
}

/// The default values of the chart that a template belongs to.
pub(super) fn values_file(template: &Path) -> Option<PathBuf> {
    let home = template.ancestors().find(|folder| folder.ends_with("templates"))?.parent()?;
    Some(home.join("values.yaml"))
}

/// The change of the values `text` with which the block is written and has `inner`, and the document that it is in.
pub(super) fn patch(text: &str, path: &[String], inner: &Tree) -> Option<(usize, Patch)> {
    let range = yaml::separate::documents(text).next()?;
    let document = yaml::parse_document(&text[range]).ok()?;
    let steps: Vec<Step> = path.iter().cloned().map(Step::Key).collect();
    if let Some(known) = field::find(document.root(), &steps) {
        let action = match Tree::of(known) {
            Tree::Bool(false) => Action::Replace(Tree::Bool(true)),
            Tree::Null | Tree::Mapping(_) if !inner.is_scalar() => Action::Merge(inner.clone()),
            _ => return None,
        };
        return Some((0, Patch { steps, action }));
    }
    Some((0, new_entry(&document, steps, inner)?))
}

/// The change of the values `text` with which they say `tree` at a path, and the document that it is in.
pub(super) fn set(text: &str, path: &[String], tree: &Tree) -> Option<(usize, Patch)> {
    let range = yaml::separate::documents(text).next();
    let document = yaml::parse_document(range.map_or("", |range| &text[range])).ok()?;
    let steps: Vec<Step> = path.iter().cloned().map(Step::Key).collect();
    let action = match field::find(document.root(), &steps) {
        Some(_) if tree.is_scalar() => Action::Replace(tree.clone()),
        Some(known) if known.is_mapping() || known.is_null() => Action::Merge(tree.clone()),
        Some(_) => return None,
        None => return Some((0, new_entry(&document, steps, tree)?)),
    };
    Some((0, Patch { steps, action }))
}

/// The change that gives a document something at a path that it does not have.
fn new_entry(document: &Document<'_>, steps: Vec<Step>, inner: &Tree) -> Option<Patch> {
    let depth = (0..steps.len())
        .rev()
        .find(|end| field::find(document.root(), &steps[..*end]).is_some_and(model::document::Value::is_mapping))?;
    let wrap = |inner: Tree, step: &Step| match step {
        Step::Key(key) => Some(Tree::Mapping(vec![(key.clone(), inner)])),
        Step::Index(_) => None,
    };
    let tree = steps[depth..].iter().rev().try_fold(inner.clone(), wrap)?;
    Some(Patch { steps: steps[..depth].to_vec(), action: Action::Merge(tree) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_name_one_value() {
        let expected = |parts: &[&str]| Some(parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>());
        assert_eq!(path("with .Values.podSecurityContext"), expected(&["podSecurityContext"]));
        assert_eq!(path("if $.Values.a.b"), expected(&["a", "b"]));
        assert_eq!(path("if and .Values.a .Values.b"), None);
        assert_eq!(path("range .Values.a"), None);
        assert_eq!(
            values_file(Path::new("a/charts/b/templates/c/d.yaml")),
            Some(PathBuf::from("a/charts/b/values.yaml"))
        );
    }
}
