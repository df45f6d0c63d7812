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
    let begin = |at: usize| {
        let value = Layout::range(children[at].0).start;
        if parent.is_mapping() { Ok(value) } else { dash(&layout, parent, &children[..at], value) }
    };
    let start = begin(at)?;
    if children.len() == 1 {
        // An empty list or mapping is written with brackets.
        let brackets = if parent.is_mapping() { "{}" } else { "[]" };
        return Ok(emptied(&layout, parents, start..range.end, brackets));
    }
    let next = if at + 1 < children.len() { Some(begin(at + 1)?) } else { None };
    Ok(vec![from_block(&layout, start..range.end, next)])
}

/// Where the dash of an item of a block list stands, whose value begins at `value`.
fn dash(
    layout: &Layout<'_>,
    list: Value<'_>,
    before: &[(Value<'_>, Value<'_>)],
    value: usize,
) -> Result<usize, Refusal> {
    let mut at = before.last().map_or(Layout::range(list).start, |(first, last)| layout.end_of(*first, *last));
    // What stands between two items is white space and comments.
    while at < value {
        let rest = &layout.text[at..value];
        match rest.trim_start().chars().next() {
            Some('-') => return Ok(value - rest.trim_start().len()),
            Some('#') => at = layout.next_line(value - rest.trim_start().len()),
            _ => break,
        }
    }
    Err(Refusal::Unclear)
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

/// What is left of a list or mapping when its only child, from the first to the last byte in `own`, is gone.
fn emptied(layout: &Layout<'_>, parents: &[Step], own: Range<usize>, brackets: &str) -> Vec<Splice> {
    if let Some(key) = key_above(layout, parents).filter(|_| layout.is_first(own.start)) {
        // The value moves up to its key; comments between them stay.
        return vec![
            Splice::new(key..key, format!(" {brackets}")),
            Splice::new(whole_lines(layout, own), String::new()),
        ];
    }
    // A block of text brings its line break with it.
    let end = if layout.text[..own.end].ends_with('\n') { layout.line_break() } else { "" };
    vec![Splice::new(own, format!("{brackets}{end}"))]
}

/// Where a value may be written on the line of its key: after the colon, an anchor and a tag.
fn key_above(layout: &Layout<'_>, steps: &[Step]) -> Option<usize> {
    let (Step::Key(name), parents) = steps.split_last()? else { return None };
    let (key, _) = field::entry(field::find(layout.root, parents)?, name)?;
    let after = Layout::range(key).end;
    let mut at = after + layout.rest_of_line(after).find(':')? + 1;
    loop {
        let rest = layout.rest_of_line(at);
        let word = rest.trim_start_matches([' ', '\t']);
        if !word.starts_with(['&', '!']) {
            return Some(at);
        }
        let length = word.find([' ', '\t']).unwrap_or(word.len());
        at += rest.len() - word.len() + length;
    }
}

/// The lines of a child that has neighbours.
fn from_block(layout: &Layout<'_>, own: Range<usize>, next: Option<usize>) -> Splice {
    if layout.is_first(own.start) {
        return Splice::new(whole_lines(layout, own), String::new());
    }
    // The child shares its first line with the dash of what it is in.
    let end = if layout.text[..own.end].ends_with('\n') { own.end } else { layout.next_line(own.end) };
    match next {
        // Where a line ends with a carriage return alone, the next child may begin before the end of the line.
        Some(next) if layout.text.get(end..next).is_some_and(|between| between.trim().is_empty()) => {
            Splice::new(own.start..next, String::new())
        }
        _ => {
            let before = layout.text[..own.start].trim_end_matches(' ').len();
            let end = own.start + layout.text[own.clone()].trim_end_matches(['\n', '\r']).len();
            Splice::new(before..layout.line_end(end), String::new())
        }
    }
}

/// The lines of these bytes, with their line breaks.
fn whole_lines(layout: &Layout<'_>, own: Range<usize>) -> Range<usize> {
    let end = if layout.text[..own.end].ends_with('\n') { own.end } else { layout.next_line(own.end) };
    layout.line_start(own.start)..end
}
