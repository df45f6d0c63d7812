//! Flow collections, `{…}` and `[…]`.

use model::document::{Kind, Node};

use super::{Reader, Sure, Unsure};
use crate::arena::scalar as node_of;
use crate::parse::DEEPEST;

/// A flow collection that is not closed yet.
pub(super) struct Open {
    node: u32,
    is_mapping: bool,
    keys: u32,
}

/// What comes next.
enum Next {
    /// An entry, an item, or the closing bracket.
    Entry,
    /// The value of the key that was read.
    Value,
    /// A comma or the closing bracket.
    Comma,
}

impl Reader<'_> {
    /// At an opening bracket: the collection, and the rest of the line.
    pub(super) fn flow_value(&mut self) -> Sure<()> {
        self.open_flow()?;
        let mut next = Next::Entry;
        while let Some(top) = self.flow.last() {
            let is_mapping = top.is_mapping;
            self.skip_flow_space()?;
            next = match next {
                Next::Entry if self.at_closing(is_mapping) => self.close_flow(),
                Next::Entry if is_mapping => self.flow_key()?,
                Next::Entry => self.flow_item()?,
                Next::Value => self.flow_item()?,
                Next::Comma if self.at_closing(is_mapping) => self.close_flow(),
                Next::Comma if self.peek() == b',' => {
                    self.at += 1;
                    Next::Entry
                }
                Next::Comma => return Err(Unsure),
            };
        }
        if self.at_colon() {
            return Err(Unsure);
        }
        self.end_line()
    }

    fn at_closing(&self, is_mapping: bool) -> bool {
        self.at < self.bytes.len() && self.peek() == if is_mapping { b'}' } else { b']' }
    }

    fn open_flow(&mut self) -> Sure<()> {
        if self.open.len() + self.flow.len() >= DEEPEST {
            return Err(Unsure);
        }
        let is_mapping = self.peek() == b'{';
        let kind = if is_mapping { Kind::Mapping } else { Kind::Sequence };
        self.flow.push(Open { node: self.arena.next(), is_mapping, keys: self.arena.held_keys() });
        self.arena.push(node_of(kind, self.at, self.at));
        self.at += 1;
        Ok(())
    }

    fn close_flow(&mut self) -> Next {
        self.at += 1;
        self.end = self.at;
        if let Some(top) = self.flow.pop() {
            let link = self.arena.next();
            let node = &mut self.arena.document.nodes[top.node as usize];
            node.link = link;
            node.end = self.end as u32;
            if top.is_mapping {
                self.arena.close_mapping(top.keys);
            }
        }
        Next::Comma
    }

    /// Skips spaces, line breaks and comments.
    fn skip_flow_space(&mut self) -> Sure<()> {
        loop {
            let start = self.at;
            self.skip_spaces();
            match self.bytes.get(self.at) {
                Some(b'\n') => {
                    self.at += 1;
                    if self.at < self.bytes.len() && self.is_mark() {
                        return Err(Unsure);
                    }
                }
                Some(b'\r') => self.at += 1,
                Some(b'#') if self.at > start || self.bytes[self.at - 1] == b'\n' => {
                    // Up to the line break, which may be followed by a mark.
                    self.at += memchr::memchr(b'\n', &self.bytes[self.at..]).ok_or(Unsure)?;
                }
                _ => return Ok(()),
            }
        }
    }

    fn flow_key(&mut self) -> Sure<Next> {
        let node = self.flow_scalar()?;
        let end = self.at;
        self.skip_spaces();
        match self.peek() {
            b':' => {
                let is_free = matches!(self.peek_at(1), b' ' | b'\n' | b'\r');
                if !is_free && (node.kind == Kind::Plain || matches!(self.peek_at(1), b',' | b'}' | b':')) {
                    return Err(Unsure);
                }
                self.push_key(node)?;
                self.at += 1;
                let after = self.at;
                self.skip_flow_space()?;
                if matches!(self.peek(), b',' | b'}') {
                    self.push_scalar(node_of(Kind::Plain, after, after));
                    return Ok(Next::Comma);
                }
                Ok(Next::Value)
            }
            b',' | b'}' if self.at == end && node.kind == Kind::Plain => {
                self.push_key(node)?;
                self.push_scalar(node_of(Kind::Plain, end, end));
                Ok(Next::Comma)
            }
            _ => Err(Unsure),
        }
    }

    /// A value or an item, which must not be a key.
    fn flow_item(&mut self) -> Sure<Next> {
        if matches!(self.peek(), b'{' | b'[') {
            self.open_flow()?;
            return Ok(Next::Entry);
        }
        let node = self.flow_scalar()?;
        self.skip_spaces();
        if self.peek() == b':' {
            return Err(Unsure);
        }
        self.push_scalar(node);
        Ok(Next::Comma)
    }

    fn flow_scalar(&mut self) -> Sure<Node> {
        match self.peek() {
            b'"' => self.double_quoted(),
            b'\'' => self.single_quoted(),
            _ => self.flow_plain(),
        }
    }

    fn flow_plain(&mut self) -> Sure<Node> {
        let start = self.at;
        self.check_first_byte()?;
        let mut at = start;
        loop {
            match self.bytes.get(at) {
                Some(b',' | b'[' | b']' | b'{' | b'}' | b'\n' | b'\r') => break,
                Some(b':') => match self.bytes.get(at + 1) {
                    Some(b' ' | b'\n' | b'\r') => break,
                    None | Some(b',' | b'[' | b']' | b'{' | b'}' | b'\t') => return Err(Unsure),
                    Some(_) => at += 1,
                },
                Some(b'#') if self.bytes[at - 1] == b' ' => break,
                None | Some(b'?' | b'\t') => return Err(Unsure),
                Some(_) => at += 1,
            }
        }
        self.at = at;
        let end = self.trim(start, at);
        // An opening bracket after text would be part of no value.
        if matches!(self.peek(), b'[' | b'{') {
            return Err(Unsure);
        }
        self.at = end.max(start);
        Ok(node_of(Kind::Plain, start, end))
    }
}
