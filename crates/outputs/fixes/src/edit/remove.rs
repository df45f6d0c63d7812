//! Entries and items taken out, with their lines and with the commas that they no longer need.

use std::ops::Range;

use model::document::Value;

use super::layout::Layout;
use super::{Refusal, Splice};
use crate::field::{self, Step};

/// Fields that mean nothing when nothing is in them: taking out the last of what they hold takes them out too.
const HOLLOW: &[&str] = &[
    "add",
    "annotations",
    "capabilities",
    "drop",
    "externalIPs",
    "labels",
    "limits",
    "requests",
    "seLinuxOptions",
    "securityContext",
    "sysctls",
    "tolerations",
    "windowsOptions",
];

/// What is taken out when what is at the end of `steps` is: that, or what would hold nothing without it.
pub(super) fn extent(root: Value<'_>, steps: &[Step]) -> Vec<Step> {
    let mut steps = steps.to_vec();
    while let Some((_, parents)) = steps.split_last() {
        let is_hollow = matches!(parents.last(), Some(Step::Key(key)) if HOLLOW.contains(&key.as_str()));
        let Some(parent) = field::find(root, parents).filter(|_| is_hollow) else { break };
        let children = if parent.is_mapping() { parent.entries().count() } else { parent.items().count() };
        if children != 1 {
            break;
        }
        steps.pop();
    }
    steps
}

/// Takes out what is at the end of `steps`.
pub(super) fn remove(root: Value<'_>, steps: &[Step]) -> Result<Vec<Splice>, Refusal> {
    let layout = Layout::new(root);
    let (last, parents) = steps.split_last().ok_or(Refusal::Unclear)?;
    let parent = field::find(layout.root, parents).ok_or(Refusal::Gone)?;
    let children = layout.children(parent);
    let own = |(first, _): &(Value<'_>, Value<'_>)| match last {
        Step::Key(key) => first.is_key(key),
        Step::Index(index) => parent.items().nth(*index).is_some_and(|item| item.id() == first.id()),
    };
    let at = children.iter().rposition(own).ok_or(Refusal::Shared)?;
    let (first, value) = children[at];
    let range = Layout::range(first).start..layout.end_of(first, value);
    if layout.is_flow(parent) {
        return Ok(vec![Splice::new(from_flow(&layout, &children, at, range), String::new())]);
    }
    if children.len() == 1 {
        // An empty list or mapping is written with brackets.
        let brackets = if parent.is_mapping() { "{}" } else { "[]" };
        return Ok(vec![empty(&layout, parents, Layout::range(parent).start..range.end, brackets)]);
    }
    Ok(vec![from_block(&layout, parent, range, children.get(at + 1).map(|(next, _)| Layout::range(*next).start))])
}

/// What goes with a child between brackets: a comma, and the line if nothing else is on it.
fn from_flow(layout: &Layout<'_>, children: &[(Value<'_>, Value<'_>)], at: usize, own: Range<usize>) -> Range<usize> {
    if let Some((next, _)) = children.get(at + 1) {
        return own.start..Layout::range(*next).start;
    }
    match at.checked_sub(1).map(|before| children[before]) {
        Some((first, value)) => layout.end_of(first, value)..own.end,
        None => {
            let rest = &layout.text[own.end..];
            let comma = rest.len() - rest.trim_start().strip_prefix(',').map_or(rest.len(), str::len);
            own.start..own.end + comma
        }
    }
}

fn empty(layout: &Layout<'_>, parents: &[Step], range: Range<usize>, brackets: &str) -> Splice {
    let under_key = matches!(parents.last(), Some(Step::Key(_)));
    let is_below = layout.is_first(range.start) && range.start > 0;
    if under_key && is_below {
        // The value moves up to its key.
        let before = layout.text[..range.start].trim_end().len();
        return Splice::new(before..range.end, format!(" {brackets}"));
    }
    Splice::new(range, brackets.to_owned())
}

/// The lines of a child that has neighbours.
fn from_block(layout: &Layout<'_>, parent: Value<'_>, own: Range<usize>, next: Option<usize>) -> Splice {
    let start = if parent.is_mapping() {
        own.start
    } else {
        // The dash of the item.
        layout.text[..own.start].rfind('-').unwrap_or(own.start)
    };
    let end = if layout.text[..own.end].ends_with('\n') { own.end } else { layout.next_line(own.end) };
    if layout.is_first(start) {
        return Splice::new(layout.line_start(start)..end, String::new());
    }
    // The child shares its first line with the dash of what it is in.
    match next {
        Some(next) if layout.text[end..next].trim().is_empty() => Splice::new(start..next, String::new()),
        _ => {
            let before = layout.text[..start].trim_end_matches(' ').len();
            Splice::new(before..layout.line_end(own.end), String::new())
        }
    }
}
