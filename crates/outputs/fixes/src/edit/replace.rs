//! Another value or key in the place of one, quoted as that was.

use model::document::{Kind, Value};

use super::layout::Layout;
use super::render;
use super::{Refusal, Splice};
use crate::field::{self, Step};
use crate::tree::Tree;

/// Writes `tree` in place of the value at the end of `steps`.
pub(super) fn replace(root: Value<'_>, steps: &[Step], tree: &Tree) -> Result<Vec<Splice>, Refusal> {
    let layout = Layout::new(root);
    let value = field::find(layout.root, steps).ok_or(Refusal::Gone)?;
    let range = Layout::range(value);
    let text = if layout.is_json() {
        render::json(tree, " ", None)
    } else {
        match (value.kind(), tree) {
            (Kind::SingleQuoted, Tree::Text(text)) if !text.contains(['\n', '\r']) => {
                format!("'{}'", text.replace('\'', "''"))
            }
            (Kind::DoubleQuoted, Tree::Text(text)) => render::quote(text),
            _ => render::flow(tree),
        }
    };
    // A block scalar at the end of what is replaced brings its line break with it.
    let end = if layout.text[range.clone()].ends_with('\n') { layout.line_break() } else { "" };
    if !value.is_scalar() && !layout.is_flow(value) {
        let Some((Step::Key(name), parents)) = steps.split_last() else {
            return Ok(vec![Splice::new(range, format!("{text}{end}"))]);
        };
        let parent = field::find(layout.root, parents).ok_or(Refusal::Gone)?;
        let (key, _) = field::entry(parent, name).ok_or(Refusal::Gone)?;
        let after = Layout::range(key).end;
        let colon = layout.text[after..range.start].find(':').ok_or(Refusal::Unclear)?;
        return Ok(vec![Splice::new(after + colon + 1..range.end, format!(" {text}{end}"))]);
    }
    let space = if range.is_empty() { " " } else { "" };
    Ok(vec![Splice::new(range, format!("{space}{text}{end}"))])
}

/// Writes another key over the one at the end of `steps`.
pub(super) fn rename(root: Value<'_>, steps: &[Step], name: &str) -> Result<Vec<Splice>, Refusal> {
    let layout = Layout::new(root);
    let (Some(Step::Key(own)), parents) = (steps.last(), &steps[..steps.len().saturating_sub(1)]) else {
        return Err(Refusal::Unclear);
    };
    let parent = field::find(layout.root, parents).ok_or(Refusal::Gone)?;
    let (key, _) = field::entry(parent, own).ok_or(Refusal::Gone)?;
    if field::entry(parent, name).is_some() {
        return Err(Refusal::Occupied(field::path(steps)));
    }
    let text = match key.kind() {
        Kind::DoubleQuoted => render::quote(name),
        Kind::SingleQuoted => format!("'{name}'"),
        _ => render::key_text(name),
    };
    Ok(vec![Splice::new(Layout::range(key), text)])
}
