//! A change as lines that take the place of others: what editors and code hosts put a button on.

use crate::difference::Line;
use crate::patch::without_secrets;
use crate::session::Change;

/// Lines in place of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Replacement {
    /// The first line that goes, from 1; where none does, the line before which the new ones come.
    pub(crate) line: usize,
    /// The lines that go, with their line breaks.
    pub(crate) old: Vec<String>,
    /// The lines that come.
    pub(crate) new: Vec<String>,
    /// The line before, if there is one and it has no secret.
    pub(crate) before: Option<String>,
    /// The line after, likewise.
    pub(crate) after: Option<String>,
}

/// The replacements of a change; `None` if a line with a secret changes.
pub(crate) fn replacements(change: &Change) -> Option<Vec<Replacement>> {
    let mut all = Vec::new();
    for hunk in without_secrets(change)? {
        let mut at = hunk.old_start;
        let mut open: Option<Replacement> = None;
        let mut previous: Option<String> = None;
        for line in hunk.lines {
            let blank = || Replacement {
                line: at + 1,
                old: Vec::new(),
                new: Vec::new(),
                before: previous.clone(),
                after: None,
            };
            match line {
                Line::Same(text) => {
                    if let Some(mut done) = open.take() {
                        done.after = Some(text.to_owned());
                        all.push(done);
                    }
                    previous = Some(text.to_owned());
                }
                Line::Old(text) => open.get_or_insert_with(blank).old.push(text.to_owned()),
                Line::New(text) => open.get_or_insert_with(blank).new.push(text.to_owned()),
            }
            at += usize::from(!matches!(line, Line::New(_)));
        }
        all.extend(open);
    }
    Some(all)
}
