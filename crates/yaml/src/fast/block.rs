//! Block scalars, `|` and `>`.

use model::document::Kind;

use super::{Reader, Sure, Unsure};
use crate::arena::scalar as node_of;
use crate::bytes;

/// A block scalar that is being read.
struct Header {
    start: usize,
    kind: Kind,
    /// The empty lines at the end belong to the text.
    keeps: bool,
}

impl Reader<'_> {
    /// At the indicator.
    pub(super) fn block_scalar(&mut self) -> Sure<()> {
        let header = self.block_header()?;
        let content = self.at;
        self.block_text(&header, content)?;
        // As a document of its own the text could stand in the first column, for some readers and not for others.
        if self.open.is_empty() && self.at < self.bytes.len() { Err(Unsure) } else { Ok(()) }
    }

    fn block_text(&mut self, header: &Header, content: usize) -> Sure<()> {
        let Some(indent) = self.block_indent()? else {
            if header.keeps {
                return Err(Unsure);
            }
            self.push_scalar(node_of(header.kind, header.start, content));
            return Ok(());
        };
        let last = self.block_lines(indent)?;
        let end = if header.keeps { self.at } else { last };
        self.push_scalar(node_of(header.kind, header.start, end));
        Ok(())
    }

    fn block_header(&mut self) -> Sure<Header> {
        let start = self.at;
        let kind = if self.peek() == b'|' { Kind::Literal } else { Kind::Folded };
        let keeps = self.peek_at(1) == b'+';
        self.at += if keeps || self.peek_at(1) == b'-' { 2 } else { 1 };
        self.end_line()?;
        Ok(Header { start, kind, keeps })
    }

    /// The least column in which the text may begin.
    fn least_indent(&self) -> usize {
        self.open.last().map_or(1, |top| top.indent + 1)
    }

    /// The indentation of the text, which its first line sets; `None` if there is no text. The reader stands at
    /// the first line after empty ones then, and where it stood before otherwise.
    fn block_indent(&mut self) -> Sure<Option<usize>> {
        let mut line = self.at;
        let mut longest = 0;
        loop {
            let text = bytes::skip_spaces(self.bytes, line);
            let indent = text - line;
            match self.bytes.get(text) {
                Some(b'\n') => {
                    longest = longest.max(indent);
                    line = text + 1;
                }
                Some(b'\r') => {
                    longest = longest.max(indent);
                    line = text + 2;
                }
                Some(b'\t') => return Err(Unsure),
                Some(_) if indent >= self.least_indent() => {
                    return if longest > indent { Err(Unsure) } else { Ok(Some(indent)) };
                }
                _ if longest >= self.least_indent() => return Err(Unsure),
                _ => {
                    self.at = line;
                    return Ok(None);
                }
            }
        }
    }

    /// Skips the lines of the text, and says where the last of them ends, its line break included.
    fn block_lines(&mut self, indent: usize) -> Sure<usize> {
        let least = self.least_indent();
        let mut last = self.at;
        loop {
            let text = bytes::skip_spaces(self.bytes, self.at);
            let spaces = text - self.at;
            match self.bytes.get(text) {
                Some(b'\n') if spaces <= indent => self.at = text + 1,
                Some(b'\r') if spaces <= indent => self.at = text + 2,
                None if spaces <= indent => {
                    self.at = text;
                    return Ok(last);
                }
                _ if spaces >= indent => {
                    self.at = text;
                    self.skip_line();
                    last = self.at;
                }
                _ if spaces >= least => return Err(Unsure),
                _ => return Ok(last),
            }
        }
    }
}
