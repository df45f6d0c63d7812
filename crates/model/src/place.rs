//! Where something stands: field path, line and column.

use std::cell::{Cell, OnceCell, RefCell};

use crate::ancestry::{Ancestry, Looked, Step};
use crate::document::{NodeId, Span, Value, push_index, push_key};
use crate::symbols::Symbol;

/// A range in a file, and the field that it is. Lines and columns count from 1; columns count Unicode
/// scalar values; the end column is one past the last. Line 0 means that there is no text to point at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The field path from the object, such as `spec.containers[0].image`.
    pub field: Symbol,
    /// The first line.
    pub line: u32,
    /// The first column.
    pub column: u32,
    /// The last line.
    pub end_line: u32,
    /// One past the last column.
    pub end_column: u32,
}

/// The starts of the lines of a text, so that offsets become lines and columns. Found when first asked for: most
/// objects have nothing to point at.
#[derive(Debug)]
pub struct LineIndex {
    starts: OnceCell<Vec<u32>>,
    /// Whether every byte of the text is a character.
    is_ascii: OnceCell<bool>,
    first_line: u32,
    /// How many characters stand before the text on its first line.
    before: u32,
    /// In a long line: where it starts, a byte of it, and how many characters are between.
    counted: Cell<(u32, u32, u32)>,
    paths: RefCell<Paths>,
    /// Places that were asked for last: what is missing from one container is at one place.
    places: RefCell<Vec<(Span, Place)>>,
    /// What was marked last for mappings as a whole.
    anchors: RefCell<Vec<(NodeId, Span)>>,
    /// Where field paths are written before they are taken in.
    written: RefCell<String>,
}

/// What field paths are made of.
#[derive(Debug, Default)]
struct Paths {
    ancestry: Ancestry,
    /// Field paths of items of lists (containers, mostly), by their nodes: what is found in one is found close together.
    known: Vec<(NodeId, String)>,
    /// The field path of the mapping that was last gone through: most of what is found is found beside the last.
    last: Option<NodeId>,
    last_path: String,
    /// The way from a value up.
    steps: Vec<(NodeId, Step)>,
}

/// How much is kept of what was asked for last: as many as a pod has containers.
const KEPT: usize = 12;

/// Up to this many bytes are counted through rather than indexed.
const NEAR: usize = 1024;

impl LineIndex {
    /// An index of a text whose first line is line `first_line` of its file.
    pub fn new(first_line: u32) -> Self {
        Self::within(first_line, 0)
    }

    /// An index of a text that begins in the middle of line `first_line` of its file, after so many characters.
    pub fn within(first_line: u32, before: u32) -> Self {
        Self {
            starts: OnceCell::new(),
            is_ascii: OnceCell::new(),
            first_line,
            before,
            counted: Cell::new((0, 0, 0)),
            paths: RefCell::default(),
            places: RefCell::default(),
            anchors: RefCell::default(),
            written: RefCell::default(),
        }
    }

    /// An index of a text that nobody has as a file: nothing of it has a line, all places have their field alone.
    pub fn absent() -> Self {
        Self::new(0)
    }

    /// Line of a byte offset in `text`, which is always the same text.
    pub fn line(&self, text: &str, offset: u32) -> u32 {
        match text.as_bytes().get(..offset as usize) {
            _ if self.first_line == 0 => 0,
            Some(before) if before.len() <= NEAR => self.first_line + memchr::memchr_iter(b'\n', before).count() as u32,
            _ => self.position(text, offset).0,
        }
    }

    /// Line and column of a byte offset in `text`, which is always the same text.
    pub fn position(&self, text: &str, offset: u32) -> (u32, u32) {
        if self.first_line == 0 {
            return (0, 0);
        }
        let starts = self.starts.get_or_init(|| {
            let mut starts = Vec::with_capacity(text.len() / 32 + 1);
            starts.push(0);
            starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1));
            starts
        });
        let offset = offset.min(text.len() as u32);
        let line = starts.partition_point(|&start| start <= offset).saturating_sub(1);
        let start = starts.get(line).copied().unwrap_or(0);
        let before = if line == 0 { self.before } else { 0 };
        (line as u32 + self.first_line, self.characters(text, start, offset) + before + 1)
    }

    /// How many characters stand between the start of a line and a byte of it. In a long line they are counted from
    /// where the last question was: those that come close together are about places that are.
    fn characters(&self, text: &str, start: u32, offset: u32) -> u32 {
        if *self.is_ascii.get_or_init(|| text.is_ascii()) {
            return offset - start;
        }
        let count = |from: u32, to: u32| {
            let bytes = text.as_bytes().get(from as usize..to as usize).unwrap_or(&[]);
            // Continuation bytes are not characters of their own.
            bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count() as u32
        };
        if (offset - start) as usize <= NEAR {
            return count(start, offset);
        }
        let (of_line, last, known) = self.counted.get();
        let characters = match (of_line == start, last <= offset) {
            (true, true) => known + count(last, offset),
            (true, false) if last - offset < offset - start => known - count(offset, last),
            _ => count(start, offset),
        };
        self.counted.set((start, offset, characters));
        characters
    }

    /// Hands out an empty text to write a field path into; `give_back` takes it again.
    pub(crate) fn take_text(&self) -> String {
        self.written.take()
    }

    /// Takes back what `take_text` gave.
    pub(crate) fn give_back(&self, mut text: String) {
        text.clear();
        self.written.replace(text);
    }

    /// Appends the field path from `root` to `value`, which are in the text of this index.
    pub fn path(&self, root: Value<'_>, value: Value<'_>, path: &mut String) {
        let document = root.document();
        let Paths { ancestry, known, last, last_path, steps } = &mut *self.paths.borrow_mut();
        if ancestry.look_at(root) == Looked::Anew {
            known.clear();
            *last = None;
        }
        steps.clear();
        let begins = path.is_empty();
        let mut at = value.id();
        while let Some((parent, step)) = ancestry.above(at) {
            if begins && *last == Some(at) {
                path.push_str(last_path);
                break;
            }
            match step {
                // A key has no path of its own: its mapping has.
                None => steps.clear(),
                Some(step) => {
                    if let Step::Index(_) = step
                        && let Some((_, known)) = known.iter().find(|(id, _)| *id == at)
                    {
                        path.push_str(known);
                        break;
                    }
                    steps.push((at, step));
                }
            }
            at = parent;
        }
        // The first step is the last to be taken.
        let value_step = steps.first().map(|(node, _)| *node);
        let mut item = None;
        for (node, step) in steps.iter().rev() {
            match step {
                Step::Key(key) => {
                    if begins && Some(*node) == value_step {
                        *last = ancestry.above(*node).map(|(parent, _)| parent);
                        last_path.clear();
                        last_path.push_str(path);
                    }
                    push_key(&document.value(*key).text(), path);
                }
                Step::Index(index) => {
                    push_index(*index as usize, path);
                    item = document.value(*node).is_mapping().then_some((*node, path.len())).or(item);
                }
            }
        }
        let Some((item, length)) = item else { return };
        if known.len() == KEPT {
            known.remove(0);
        }
        known.push((item, path[..length].to_owned()));
    }

    /// The key under which `value` stands in its mapping, if it is not an item of a list.
    pub fn key<'d>(&self, root: Value<'d>, value: Value<'_>) -> Option<Value<'d>> {
        let Paths { ancestry, known, last, .. } = &mut *self.paths.borrow_mut();
        if ancestry.look_at(root) == Looked::Anew {
            known.clear();
            *last = None;
        }
        ancestry.key(value.id()).map(|key| root.document().value(key))
    }

    /// The place of `span`, without its field.
    pub fn place(&self, text: &str, span: Span) -> Place {
        if let Some(place) = known(&self.places, span) {
            return place;
        }
        let (line, column) = self.position(text, span.start);
        let (end_line, end_column) = self.position(text, span.end.max(span.start));
        let place = Place { field: Symbol::EMPTY, line, column, end_line, end_column };
        keep(&self.places, span, place);
        place
    }

    /// What is marked when the mapping at `node` is meant as a whole; `find` finds it.
    pub fn anchor(&self, node: NodeId, find: impl FnOnce() -> Span) -> Span {
        known(&self.anchors, node).unwrap_or_else(|| {
            let span = find();
            keep(&self.anchors, node, span);
            span
        })
    }
}

fn known<K: PartialEq + Copy, V: Copy>(kept: &RefCell<Vec<(K, V)>>, key: K) -> Option<V> {
    kept.borrow().iter().find(|(known, _)| *known == key).map(|(_, value)| *value)
}

fn keep<K, V>(kept: &RefCell<Vec<(K, V)>>, key: K, value: V) {
    let mut kept = kept.borrow_mut();
    if kept.len() == KEPT {
        kept.remove(0);
    }
    kept.push((key, value));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_start_where_told() {
        let text = "a: ä\nbé: x\n";
        let lines = LineIndex::new(10);
        assert_eq!(lines.position(text, 0), (10, 1));
        assert_eq!(lines.position(text, text.find('x').unwrap() as u32), (11, 5));
        assert_eq!(lines.position(text, text.len() as u32), (12, 1));
    }

    #[test]
    fn columns_of_a_long_line_do_not_depend_on_what_was_asked_before() {
        let text = format!("short\n{}\nend", "aä€".repeat(2000));
        let lines = LineIndex::new(1);
        for offset in [9000, 3006, 6006, 5994, 12006, 0, 7002, 7002, 11_994] {
            let line = &text[6..offset.max(6)];
            let expected = if offset < 6 { (1, 1) } else { (2, line.chars().count() as u32 + 1) };
            assert_eq!(lines.position(&text, offset as u32), expected, "{offset}");
        }
    }
}
