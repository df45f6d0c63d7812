//! YAML as people and tools write it, at the speed at which it can be copied.
//!
//! Line by line, without looking back: the indentation of a line says which collections end and what may come.
//! Whatever is rare or in doubt is left to `general`: anchors, tags, merge keys, tabs,
//! directives, and all errors. What is taken is read as `general` reads it.

mod block;
mod flow;
mod scalars;

use model::document::{Document, Kind, Node, Resolution};
use model::scalar;

use crate::arena::{Arena, scalar as node_of};
use crate::bytes;
use crate::parse::DEEPEST;

/// kubectl takes no longer key that is not announced by `?`; it counts 1,024 characters.
const LONGEST_KEY: usize = 1_000;

/// The text is not for this reader.
struct Unsure;

type Sure<T> = Result<T, Unsure>;

/// The document, if the text keeps to what is known here. Control characters have been refused before.
#[must_use]
pub fn parse(text: &str) -> Option<Document<'_>> {
    // Lines end with LF or CR LF.
    let bytes = text.as_bytes();
    if memchr::memchr_iter(b'\r', bytes).any(|at| bytes.get(at + 1) != Some(&b'\n')) {
        return None;
    }
    let at = if text.starts_with('\u{FEFF}') { 3 } else { 0 };
    let (open, flow) = (Vec::with_capacity(16), Vec::new());
    Reader { arena: Arena::new(text), bytes, at, end: at, open, flow }.read().ok()
}

/// A block collection that is not closed yet.
struct Open {
    node: u32,
    /// The column of its keys or dashes.
    indent: usize,
    is_mapping: bool,
    /// The value of the last key, or the item after the last dash, is still to come.
    pending: bool,
    /// The keys that are held when it begins.
    keys: u32,
}

struct Reader<'t> {
    arena: Arena<'t>,
    bytes: &'t [u8],
    at: usize,
    /// One past the last byte of the nodes so far.
    end: usize,
    open: Vec<Open>,
    flow: Vec<flow::Open>,
}

impl<'t> Reader<'t> {
    fn read(mut self) -> Sure<Document<'t>> {
        self.skip_start()?;
        while let Some(column) = self.next_line()? {
            self.line(column)?;
        }
        while !self.open.is_empty() {
            self.close();
        }
        if self.arena.next() == 0 {
            self.arena.push(node_of(Kind::Plain, self.bytes.len(), self.bytes.len()));
        }
        Ok(self.arena.finish())
    }

    #[inline]
    fn peek(&self) -> u8 {
        self.peek_at(0)
    }

    /// The byte `ahead` bytes further on; a line break after the end.
    #[inline]
    fn peek_at(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(b'\n')
    }

    #[inline]
    fn skip_spaces(&mut self) {
        // Between tokens there is one or none.
        for _ in 0..2 {
            if self.peek() != b' ' {
                return;
            }
            self.at += 1;
        }
        self.at = bytes::skip_spaces(self.bytes, self.at);
    }

    /// Skips the spaces that a line begins with.
    #[inline]
    fn skip_indentation(&mut self) {
        self.at = bytes::skip_spaces(self.bytes, self.at);
    }

    fn skip_line(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += memchr::memchr(b'\n', rest).map_or(rest.len(), |length| length + 1);
    }

    /// A `---` line before the first node.
    fn skip_start(&mut self) -> Sure<()> {
        loop {
            let start = self.at;
            self.skip_spaces();
            match self.peek() {
                _ if self.at >= self.bytes.len() => return Ok(()),
                b'\n' | b'\r' | b'#' => self.skip_line(),
                b'-' if self.at == start && self.is_mark() => {
                    self.at += 3;
                    return self.end_line();
                }
                _ => {
                    self.at = start;
                    return Ok(());
                }
            }
        }
    }

    /// Whether `---` or `...` stands here.
    fn is_mark(&self) -> bool {
        let rest = &self.bytes[self.at..];
        (rest.starts_with(b"---") || rest.starts_with(b"..."))
            && matches!(self.peek_at(3), b' ' | b'\t' | b'\n' | b'\r')
    }

    /// Goes to the first byte of the next line that has content, and says in which column it stands.
    #[inline]
    fn next_line(&mut self) -> Sure<Option<usize>> {
        loop {
            let start = self.at;
            self.skip_indentation();
            match self.peek() {
                _ if self.at >= self.bytes.len() => return Ok(None),
                b'\n' => self.at += 1,
                b'\r' => self.at += 2,
                b'#' => self.skip_line(),
                b'-' | b'.' if self.at == start && self.is_mark() => {
                    return if self.is_last_mark() { Ok(None) } else { Err(Unsure) };
                }
                _ => return Ok(Some(self.at - start)),
            }
        }
    }

    /// Whether `...` stands here, with nothing but blank lines after it.
    fn is_last_mark(&self) -> bool {
        self.bytes[self.at..]
            .strip_prefix(b"...")
            .is_some_and(|rest| rest.iter().all(|b| matches!(b, b' ' | b'\n' | b'\r')))
    }

    /// Whether the dash of an item stands here.
    #[inline]
    fn at_dash(&self) -> bool {
        self.peek() == b'-' && matches!(self.peek_at(1), b' ' | b'\n' | b'\r')
    }

    /// A line with content, which begins in `column`.
    #[inline]
    fn line(&mut self, column: usize) -> Sure<()> {
        let is_item = self.at_dash();
        let opened = self.open.len();
        while let Some(top) = self.open.last() {
            // A list may stand in the column of the key that it belongs to; then the next key ends it.
            let ends = top.indent > column || (top.indent == column && !top.is_mapping && !is_item);
            if !ends {
                break;
            }
            self.close();
        }
        let has_closed = self.open.len() < opened;
        let Some(top) = self.open.last_mut() else {
            return if self.arena.next() == 0 { self.node(column) } else { Err(Unsure) };
        };
        if top.indent < column {
            if !top.pending {
                return if has_closed { Err(Unsure) } else { self.continue_plain(column) };
            }
            top.pending = false;
            return self.node(column);
        }
        if top.is_mapping && is_item {
            if !top.pending {
                return Err(Unsure);
            }
            top.pending = false;
            return self.node(column);
        }
        if top.pending {
            self.push_nothing();
        }
        if is_item { self.node_in_item() } else { self.entry() }
    }

    /// A value or item that is not there.
    fn push_nothing(&mut self) {
        self.arena.push(node_of(Kind::Plain, self.end, self.end));
    }

    #[inline]
    fn close(&mut self) {
        let Some(top) = self.open.pop() else { return };
        if top.pending {
            self.push_nothing();
        }
        let link = self.arena.next();
        let node = &mut self.arena.document.nodes[top.node as usize];
        node.link = link;
        node.end = self.end as u32;
        if top.is_mapping {
            self.arena.close_mapping(top.keys);
        }
    }

    fn open(&mut self, kind: Kind, indent: usize, start: usize) -> Sure<()> {
        if self.open.len() >= DEEPEST {
            return Err(Unsure);
        }
        let (node, keys, is_mapping) = (self.arena.next(), self.arena.held_keys(), kind == Kind::Mapping);
        self.arena.push(node_of(kind, start, start));
        self.open.push(Open { node, indent, is_mapping, pending: false, keys });
        Ok(())
    }

    /// A node that begins here, in `column`, as the first thing on its line or after a dash.
    fn node(&mut self, column: usize) -> Sure<()> {
        let start = self.at;
        match self.peek() {
            b'-' if self.at_dash() => {
                self.open(Kind::Sequence, column, start)?;
                return self.node_in_item();
            }
            b'{' | b'[' => return self.flow_value(),
            b'|' | b'>' => return self.block_scalar(),
            _ => {}
        }
        let node = self.scalar()?;
        if !self.at_colon() {
            self.push_scalar(node);
            return self.end_line();
        }
        self.open(Kind::Mapping, column, start)?;
        self.key(node)?;
        self.value()
    }

    /// At a dash.
    fn node_in_item(&mut self) -> Sure<()> {
        let mut column = self.open.last().map_or(0, |top| top.indent);
        loop {
            self.at += 1;
            self.end = self.at;
            let dash = self.at - 1;
            self.skip_spaces();
            if matches!(self.peek(), b'\n' | b'\r' | b'#') {
                if let Some(top) = self.open.last_mut() {
                    top.pending = true;
                }
                return self.end_line();
            }
            if let Some(top) = self.open.last_mut() {
                top.pending = false;
            }
            column += self.at - dash;
            // A dash after a dash is handled here, so that a line of dashes needs no recursion.
            if self.at_dash() {
                self.open(Kind::Sequence, column, self.at)?;
                continue;
            }
            return self.node(column);
        }
    }

    /// A key of the innermost mapping, and its value if that begins on the same line.
    #[inline]
    fn entry(&mut self) -> Sure<()> {
        let node = self.scalar()?;
        if !self.at_colon() {
            return Err(Unsure);
        }
        self.key(node)?;
        self.value()
    }

    /// After the colon.
    #[inline]
    fn value(&mut self) -> Sure<()> {
        self.skip_spaces();
        let byte = self.peek();
        if let Some(top) = self.open.last_mut() {
            top.pending = matches!(byte, b'\n' | b'\r' | b'#');
        }
        if bytes::CLASS[usize::from(byte)] & bytes::INDICATOR == 0 {
            let node = self.plain()?;
            return self.end_value(node);
        }
        match byte {
            b'\n' | b'\r' | b'#' => self.end_line(),
            b'{' | b'[' => self.flow_value(),
            b'|' | b'>' => self.block_scalar(),
            _ => {
                let node = self.scalar()?;
                self.end_value(node)
            }
        }
    }

    /// After a scalar that is no key.
    #[inline]
    fn end_value(&mut self, node: Node) -> Sure<()> {
        self.push_scalar(node);
        // A colon would make a key of it, and is neither the end of the line nor a comment.
        self.end_line()
    }

    /// Skips spaces, and tells whether the colon of a key follows.
    #[inline]
    fn at_colon(&mut self) -> bool {
        self.skip_spaces();
        self.peek() == b':'
    }

    /// At the colon after the key `node`: the key becomes part of the innermost mapping.
    #[inline]
    fn key(&mut self, node: Node) -> Sure<()> {
        let space_follows = matches!(self.peek_at(1), b' ' | b'\n' | b'\r');
        if !space_follows {
            return Err(Unsure);
        }
        self.push_key(node)?;
        self.at += 1;
        self.end = self.at;
        Ok(())
    }

    /// At the colon: the key gets the name that kubectl gives to the field.
    #[inline]
    fn push_key(&mut self, node: Node) -> Sure<()> {
        let (start, end) = (node.start as usize, node.end as usize);
        let source = &self.bytes[start..end];
        let is_long = self.at - start > LONGEST_KEY;
        if is_long || (node.escaped && memchr::memchr(b'\n', source).is_some()) {
            return Err(Unsure);
        }
        let id = self.arena.next();
        if node.kind != Kind::Plain {
            self.arena.push(node);
            if node.escaped {
                self.arena.hold_decoded_key(id);
            } else {
                self.arena.hold_key(id, &source[1..source.len() - 1]);
            }
            return Ok(());
        }
        let class = bytes::CLASS[usize::from(source[0])];
        if class & bytes::NUMBER != 0 || (class & bytes::WORD != 0 && source.len() <= 5) {
            return self.push_odd_key(node);
        }
        if source == b"<<" {
            return Err(Unsure);
        }
        self.arena.push(node);
        self.arena.hold_key(id, source);
        Ok(())
    }

    /// A key that may be a boolean, null or a number.
    fn push_odd_key(&mut self, node: Node) -> Sure<()> {
        let source = &self.arena.document.text[node.start as usize..node.end as usize];
        let name = scalar::resolve_key(source).ok_or(Unsure)?;
        let id = self.arena.next();
        if name == source {
            self.arena.push(node);
            self.arena.hold_key(id, source.as_bytes());
        } else {
            self.arena.push_owned(name.into_owned(), Resolution::Text, node);
            self.arena.hold_decoded_key(id);
        }
        Ok(())
    }

    #[inline]
    fn push_scalar(&mut self, node: Node) {
        self.end = node.end as usize;
        self.arena.push(node);
    }

    /// Nothing but a comment may follow on the line.
    #[inline]
    fn end_line(&mut self) -> Sure<()> {
        let start = self.at;
        self.skip_spaces();
        match self.peek() {
            b'\n' if self.at < self.bytes.len() => self.at += 1,
            b'\n' => {}
            b'\r' => self.at += 2,
            b'#' if self.at > start || self.bytes.get(start.wrapping_sub(1)) == Some(&b' ') => self.skip_line(),
            _ => return Err(Unsure),
        }
        Ok(())
    }
}
