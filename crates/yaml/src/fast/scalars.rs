//! Scalars on one line, and quoted ones.

use model::document::{Kind, Node, Resolution};

use super::{Reader, Sure, Unsure};
use crate::arena::scalar as node_of;
use crate::bytes;

impl Reader<'_> {
    /// A plain or quoted scalar; the reader stands after it.
    #[inline]
    pub(super) fn scalar(&mut self) -> Sure<Node> {
        let byte = self.peek();
        if bytes::CLASS[usize::from(byte)] & bytes::INDICATOR == 0 {
            return self.plain();
        }
        match byte {
            b'"' => self.double_quoted(),
            b'\'' => self.single_quoted(),
            _ => {
                self.check_indicator()?;
                self.plain()
            }
        }
    }

    #[inline]
    pub(super) fn plain(&mut self) -> Sure<Node> {
        let start = self.at;
        self.skip_plain()?;
        Ok(node_of(Kind::Plain, start, self.trim(start, self.at)))
    }

    /// Skips plain text on one line, up to the colon of a key, a comment, or the end of the line.
    #[inline]
    fn skip_plain(&mut self) -> Sure<()> {
        let mut at = self.at;
        loop {
            at = bytes::plain_special(self.bytes, at);
            match self.bytes.get(at) {
                None | Some(b'\n' | b'\r') => break,
                Some(b':') => match self.bytes.get(at + 1) {
                    None | Some(b' ' | b'\n' | b'\r') => break,
                    Some(b'\t') => return Err(Unsure),
                    Some(_) => at += 1,
                },
                Some(b'#') if self.bytes[at - 1] == b' ' => break,
                Some(b'#') => at += 1,
                Some(_) => return Err(Unsure),
            }
        }
        self.at = at;
        Ok(())
    }

    /// A line that is indented more than the collection whose last value is complete: plain text goes on.
    pub(super) fn continue_plain(&mut self, column: usize) -> Sure<()> {
        let last = self.arena.next() as usize - 1;
        let node = self.arena.document.nodes[last];
        let is_continued = node.kind == Kind::Owned && node.resolution == Resolution::Plain;
        if !is_continued && node.kind != Kind::Plain {
            return Err(Unsure);
        }
        // A comment ends the text.
        let between = &self.bytes[node.end as usize..self.at - column];
        if !between.iter().all(|b| matches!(b, b' ' | b'\n' | b'\r')) {
            return Err(Unsure);
        }
        let start = self.at;
        self.skip_plain()?;
        let end = self.trim(start, self.at);
        let text = self.arena.document.text;
        let mut folded = match self.arena.document.owned.pop_if(|_| is_continued) {
            Some(folded) => folded,
            None => text[node.start as usize..node.end as usize].to_owned(),
        };
        match memchr::memchr_iter(b'\n', between).count() {
            1 => folded.push(' '),
            breaks => (1..breaks).for_each(|_| folded.push('\n')),
        }
        folded.push_str(&text[start..end]);
        self.arena.document.nodes.truncate(last);
        self.end = end;
        let place = Node { end: end as u32, ..node };
        self.arena.push_owned(folded, Resolution::Plain, place);
        self.end_line()
    }

    /// Refuses what cannot begin plain text, or does so in few texts only.
    #[inline]
    pub(super) fn check_first_byte(&self) -> Sure<()> {
        if bytes::CLASS[usize::from(self.peek())] & bytes::INDICATOR == 0 { Ok(()) } else { self.check_indicator() }
    }

    fn check_indicator(&self) -> Sure<()> {
        let next = self.peek_at(1);
        match self.peek() {
            b'-' if !matches!(next, b' ' | b'\n' | b'\r' | b'\t' | b',' | b'[' | b']' | b'{' | b'}') => Ok(()),
            // A byte-order mark is part of some texts and not of others.
            0xEF if next != 0xBB || self.peek_at(2) != 0xBF => Ok(()),
            _ => Err(Unsure),
        }
    }

    /// The end of the text from `start` to `end` without the spaces at its end.
    #[inline]
    pub(super) fn trim(&self, start: usize, mut end: usize) -> usize {
        while end > start && self.bytes[end - 1] == b' ' {
            end -= 1;
        }
        end
    }

    pub(super) fn single_quoted(&mut self) -> Sure<Node> {
        let start = self.at;
        let mut node = node_of(Kind::SingleQuoted, start, start);
        let mut at = start + 1;
        loop {
            at += memchr::memchr2(b'\'', b'\n', self.bytes.get(at..).ok_or(Unsure)?).ok_or(Unsure)?;
            if self.bytes[at] == b'\n' {
                node.escaped = true;
                at = self.continuation(at)?;
            } else if self.bytes.get(at + 1) == Some(&b'\'') {
                node.escaped = true;
                at += 2;
            } else {
                break;
            }
        }
        self.finish_quoted(node, at)
    }

    pub(super) fn double_quoted(&mut self) -> Sure<Node> {
        let start = self.at;
        let mut node = node_of(Kind::DoubleQuoted, start, start);
        let mut at = start + 1;
        loop {
            at = bytes::string_special(self.bytes, at);
            match self.bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') if matches!(self.bytes.get(at + 1), Some(b'\n' | b'\r')) => at += 1,
                Some(b'\\') => {
                    node.escaped = true;
                    at += escape_length(&self.bytes[at..]).ok_or(Unsure)?;
                }
                Some(b'\n') => {
                    node.escaped = true;
                    at = self.continuation(at)?;
                }
                Some(b'\t' | b'\r') => at += 1,
                _ => return Err(Unsure),
            }
        }
        self.finish_quoted(node, at)
    }

    /// At a line break inside of quotes: the place where the next line with text begins. It has to be indented
    /// more than the collection that the text is in.
    fn continuation(&self, at: usize) -> Sure<usize> {
        let parent = self.open.last().map_or(0, |top| top.indent + 1);
        let mut line = at + 1;
        loop {
            let text = bytes::skip_spaces(self.bytes, line);
            match self.bytes.get(text) {
                Some(b'\n') => line = text + 1,
                Some(b'\r') => line = text + 2,
                Some(b'\t') | None => return Err(Unsure),
                // Without indentation it might be the mark of a document.
                Some(_) if text - line < parent.max(1) => return Err(Unsure),
                Some(_) => return Ok(text),
            }
        }
    }

    /// At the closing quote.
    fn finish_quoted(&mut self, mut node: Node, at: usize) -> Sure<Node> {
        let source = &self.bytes[node.start as usize..at];
        let has_lines = node.escaped && memchr::memchr(b'\n', source).is_some();
        if has_lines && memchr::memchr(b'\t', source).is_some() {
            return Err(Unsure);
        }
        self.at = at + 1;
        node.end = self.at as u32;
        Ok(node)
    }
}

/// The length of the escape that `bytes` begin with.
fn escape_length(bytes: &[u8]) -> Option<usize> {
    let digits = match bytes.get(1)? {
        b'0' | b'a' | b'b' | b't' | b'n' | b'v' | b'f' | b'r' | b'e' | b' ' | b'"' | b'/' | b'\\' | b'N' | b'_'
        | b'L' | b'P' => return Some(2),
        b'x' => 2,
        b'u' => 4,
        b'U' => 8,
        _ => return None,
    };
    let digits = bytes.get(2..2 + digits)?;
    let code = digits.iter().try_fold(0_u32, |code, &b| Some(code << 4 | char::from(b).to_digit(16)?))?;
    char::from_u32(code).map(|_| 2 + digits.len())
}
