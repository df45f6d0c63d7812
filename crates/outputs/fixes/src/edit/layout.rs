//! How a text is laid out: lines, columns, and what indents what. Every place keeps its own style.

use std::ops::Range;

use model::document::{Kind, Value};

use crate::field::Step;

/// The text of a document, and what is asked of its layout.
#[derive(Clone, Copy)]
pub(super) struct Layout<'d> {
    pub(super) text: &'d str,
    pub(super) root: Value<'d>,
}

/// The style of a flow collection.
pub(super) struct Flow {
    /// The white space before each child on a line of its own; `None` if they share one.
    pub(super) own_lines: Option<String>,
    /// What stands after a comma or colon on one line.
    pub(super) space: &'static str,
}

impl<'d> Layout<'d> {
    pub(super) fn new(root: Value<'d>) -> Self {
        let root = root.document().root();
        Self { text: root.document().text, root }
    }

    /// Where the line of the byte at `at` begins.
    pub(super) fn line_start(&self, at: usize) -> usize {
        let start = self.text[..at].rfind('\n').map_or(0, |at| at + 1);
        // A byte-order mark is no part of the first line.
        if start == 0 && self.text.starts_with('\u{FEFF}') && at >= 3 { 3 } else { start }
    }

    /// Where the line of the byte at `at` ends: its line break, or the end of the text.
    pub(super) fn line_end(&self, at: usize) -> usize {
        let end = self.text[at..].find('\n').map_or(self.text.len(), |length| at + length);
        if end > at && self.text[..end].ends_with('\r') && end < self.text.len() { end - 1 } else { end }
    }

    /// The first byte after the line break of the line of the byte at `at`.
    pub(super) fn next_line(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |length| at + length + 1)
    }

    /// How many bytes of its line stand before the byte at `at`.
    pub(super) fn column(&self, at: usize) -> usize {
        at - self.line_start(at)
    }

    /// The line break of the text.
    pub(super) fn line_break(&self) -> &'static str {
        match self.text.find('\n') {
            Some(at) if self.text[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }

    /// The white space that the line of the byte at `at` begins with.
    pub(super) fn leading(&self, at: usize) -> &'d str {
        let line = &self.text[self.line_start(at)..];
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }

    /// Whether nothing but white space stands before the byte at `at` on its line.
    pub(super) fn is_first(&self, at: usize) -> bool {
        self.text[self.line_start(at)..at].bytes().all(|byte| byte == b' ' || byte == b'\t')
    }

    /// What is left of the line after the byte at `at`.
    pub(super) fn rest_of_line(&self, at: usize) -> &'d str {
        &self.text[at..self.line_end(at)]
    }

    /// The bytes of a value.
    pub(super) fn range(value: Value<'_>) -> Range<usize> {
        let span = value.span();
        span.start as usize..span.end as usize
    }

    /// Whether a collection is written with brackets.
    pub(super) fn is_flow(&self, value: Value<'_>) -> bool {
        let Range { start, end } = Self::range(value);
        start < end && !value.is_scalar() && matches!(self.text.as_bytes()[start], b'{' | b'[')
    }

    /// Whether the whole text is JSON.
    pub(super) fn is_json(&self) -> bool {
        self.is_flow(self.root)
            && self.root.document().nodes.iter().all(|node| {
                let source = &self.text[node.start as usize..node.end as usize];
                match node.kind {
                    Kind::Mapping | Kind::Sequence | Kind::DoubleQuoted => true,
                    Kind::Plain => source.parse::<f64>().is_ok() || matches!(source, "true" | "false" | "null"),
                    _ => false,
                }
            })
    }

    /// Whether a value inside of `value` has to be written with brackets, because `value` is.
    pub(super) fn is_in_flow(&self, steps: &[Step]) -> bool {
        let mut at = Some(self.root);
        for step in steps {
            let Some(value) = at else { break };
            if self.is_flow(value) {
                return true;
            }
            at = crate::field::step(value, step);
        }
        at.is_some_and(|value| self.is_flow(value))
    }

    /// Where an entry or item that begins with `first` and has the value `last` ends. The value of an alias stands
    /// elsewhere: then it ends with its line.
    pub(super) fn end_of(&self, first: Value<'_>, last: Value<'_>) -> usize {
        let (first, last) = (Self::range(first), Self::range(last));
        if last.start >= first.start && last.end >= first.end {
            return last.end;
        }
        let rest = self.rest_of_line(first.end);
        let end = rest.find(" #").unwrap_or(rest.len());
        first.end + rest[..end].trim_end().len()
    }

    /// The children of a collection that stand in it, and not where an alias or a merge key has them from: for a
    /// mapping its keys and values, for a list its items twice.
    pub(super) fn children(&self, value: Value<'d>) -> Vec<(Value<'d>, Value<'d>)> {
        let own = Self::range(value);
        let is_own = |child: &(Value<'d>, Value<'d>)| {
            let range = Self::range(child.0);
            own.start <= range.start && range.end <= own.end
        };
        if value.is_mapping() {
            value.entries().filter(is_own).collect()
        } else {
            value.items().map(|item| (item, item)).filter(is_own).collect()
        }
    }

    /// How far the keys of a block mapping stand from those of the mapping that it is in: of the nearest that can be
    /// looked at, or two.
    pub(super) fn unit(&self, near: usize) -> usize {
        let mut best: Option<((bool, usize), usize)> = None;
        self.each_entry(&mut |key, value| {
            if !value.is_mapping() || self.is_flow(value) || Self::range(value).start < Self::range(key).end {
                return;
            }
            let (own, inner) = (self.column(Self::range(key).start), self.column(Self::range(value).start));
            let at = Self::range(key).start;
            // What stands before shows more than what comes after.
            let distance = (at > near, at.abs_diff(near));
            if inner > own && best.is_none_or(|(nearest, _)| distance < nearest) {
                best = Some((distance, inner - own));
            }
        });
        best.map_or(2, |(_, unit)| unit)
    }

    /// How far the dashes of a list stand from the key that it is under: of the nearest, or as far as a mapping.
    pub(super) fn dash_unit(&self, near: usize) -> usize {
        let mut best: Option<((bool, usize), usize)> = None;
        self.each_entry(&mut |key, value| {
            let (key, start) = (Self::range(key), Self::range(value).start);
            let is_block = value.is_sequence() && !self.is_flow(value) && start >= key.end;
            if !is_block || self.text.as_bytes().get(start) != Some(&b'-') {
                return;
            }
            let distance = (key.start > near, key.start.abs_diff(near));
            if best.is_none_or(|(nearest, _)| distance < nearest) {
                best = Some((distance, self.column(start).saturating_sub(self.column(key.start))));
            }
        });
        best.map_or_else(|| self.unit(near), |(_, unit)| unit)
    }

    /// Whether lists of words are written in brackets here: as most of them are, and if there is none, yes.
    pub(super) fn lists_in_flow(&self) -> bool {
        let (mut flow, mut block) = (0, 0);
        self.each_entry(&mut |key, value| {
            let words = value.is_sequence() && value.items().next().is_some() && value.items().all(Value::is_scalar);
            // What commands are given is often written in its own way.
            if words && !["command", "args"].iter().any(|name| key.is_key(name)) {
                *(if self.is_flow(value) { &mut flow } else { &mut block }) += 1;
            }
        });
        flow >= block
    }

    fn each_entry(&self, look: &mut dyn FnMut(Value<'d>, Value<'d>)) {
        let mut open = vec![self.root];
        while let Some(value) = open.pop() {
            for (key, child) in value.entries() {
                look(key, child);
                open.push(child);
            }
            open.extend(value.items());
        }
    }

    /// The style of a flow collection; of an empty one that of the text.
    pub(super) fn flow(&self, value: Value<'d>) -> Flow {
        let children = self.children(value);
        let start = Self::range(value).start;
        let own_lines = match children.first() {
            Some((first, _)) => {
                let at = Self::range(*first).start;
                (self.line_start(at) != self.line_start(start)).then(|| self.leading(at).to_owned())
            }
            None => self.spread().map(|unit| format!("{}{unit}", self.leading(start))),
        };
        Flow { own_lines, space: if self.is_tight() { "" } else { " " } }
    }

    /// Whether nothing stands after colons: JSON that nobody is to read.
    fn is_tight(&self) -> bool {
        let mut tight = false;
        let mut spaced = false;
        self.each_entry(&mut |key, value| {
            let (key, value) = (Self::range(key).end, Self::range(value).start);
            if let Some(between) = self.text.get(key..value) {
                *(if between.contains([' ', '\n']) { &mut spaced } else { &mut tight }) = true;
            }
        });
        tight && !spaced
    }

    /// The white space of one level, if small mappings in brackets are spread over lines in this text.
    pub(super) fn spread(&self) -> Option<&'d str> {
        if !self.is_json() {
            return None;
        }
        let mut unit = None;
        let mut on_one_line = false;
        let mut look = |value: Value<'d>| {
            let Some((first, _)) = self.children(value).first().copied() else { return };
            let (start, at) = (Self::range(value).start, Self::range(first).start);
            if self.line_start(start) == self.line_start(at) {
                on_one_line |= value.is_mapping();
            } else {
                let inner = self.leading(at).strip_prefix(self.leading(start));
                unit = unit.or(inner.filter(|unit| !unit.is_empty()));
            }
        };
        look(self.root);
        self.each_entry(&mut |_, value| look(value));
        unit.filter(|_| !on_one_line)
    }
}
