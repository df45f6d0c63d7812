//! JSON, strictly: what a machine has written.
//!
//! Whoever writes JSON by hand gets the YAML readers, which take more. The tree is the same as theirs.

use model::document::{Document, Kind, Node};

use crate::arena::{Arena, scalar};
use crate::bytes;
use crate::parse::{DEEPEST, SyntaxError};

/// Whether the text can be a JSON object or array.
pub(crate) fn begins(text: &str) -> bool {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    text.bytes().find(|b| !b.is_ascii_whitespace()).is_some_and(|b| b == b'{' || b == b'[')
}

/// Reads one JSON value; a byte-order mark before it is skipped.
///
/// # Errors
/// The text is not JSON.
pub fn parse(text: &str) -> Result<Document<'_>, SyntaxError> {
    let at = if text.starts_with('\u{FEFF}') { 3 } else { 0 };
    Reader { arena: Arena::new(text), bytes: text.as_bytes(), at, open: Vec::new() }.read()
}

/// A collection that is not closed yet.
struct Open {
    node: u32,
    is_object: bool,
    /// The keys that are held when it begins.
    keys: u32,
}

struct Reader<'t> {
    arena: Arena<'t>,
    bytes: &'t [u8],
    at: usize,
    open: Vec<Open>,
}

/// What comes next.
enum Next {
    Value,
    Key,
    /// A comma, a closing bracket, or the end.
    AfterValue,
    End,
}

impl<'t> Reader<'t> {
    fn read(mut self) -> Result<Document<'t>, SyntaxError> {
        let mut next = Next::Value;
        loop {
            self.skip_space();
            next = match next {
                Next::Value => self.value()?,
                Next::Key => self.key()?,
                Next::AfterValue => self.after_value()?,
                Next::End => break,
            };
        }
        if self.at < self.bytes.len() {
            return Err(self.error("text after the end of the JSON value"));
        }
        Ok(self.arena.finish())
    }

    #[cold]
    fn error(&self, message: &str) -> SyntaxError {
        SyntaxError::new(self.at, message)
    }

    #[inline]
    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    #[inline]
    fn skip_space(&mut self) {
        while let b' ' | b'\n' | b'\r' | b'\t' = self.peek() {
            self.at += 1;
            self.at = bytes::skip_spaces(self.bytes, self.at);
        }
    }

    #[inline]
    fn value(&mut self) -> Result<Next, SyntaxError> {
        match self.peek() {
            b'"' => {
                let node = self.string()?;
                self.arena.push(node);
            }
            b'{' => return self.open(Kind::Mapping),
            b'[' => return self.open(Kind::Sequence),
            b'-' | b'0'..=b'9' => self.number()?,
            b't' => self.word(b"true")?,
            b'f' => self.word(b"false")?,
            b'n' => self.word(b"null")?,
            b']' | b'}' => return Err(self.error("a value is missing here: is there a comma too many?")),
            0 if self.at >= self.bytes.len() => return Err(self.unclosed()),
            _ => return Err(self.error("no JSON value begins like this: text needs double quotes")),
        }
        Ok(Next::AfterValue)
    }

    fn unclosed(&self) -> SyntaxError {
        let message = match self.open.last() {
            Some(open) if open.is_object => "an object is not closed: `}` is missing",
            Some(_) => "an array is not closed: `]` is missing",
            None => "there is no JSON value",
        };
        self.error(message)
    }

    fn open(&mut self, kind: Kind) -> Result<Next, SyntaxError> {
        if self.open.len() >= DEEPEST {
            return Err(SyntaxError::too_deep(self.at));
        }
        let is_object = kind == Kind::Mapping;
        self.open.push(Open { node: self.arena.next(), is_object, keys: self.arena.held_keys() });
        self.arena.push(scalar(kind, self.at, self.at + 1));
        self.at += 1;
        self.skip_space();
        if self.peek() == if is_object { b'}' } else { b']' } {
            return self.after_value();
        }
        Ok(if is_object { Next::Key } else { Next::Value })
    }

    #[inline]
    fn key(&mut self) -> Result<Next, SyntaxError> {
        if self.peek() != b'"' {
            let message = match self.bytes.get(self.at) {
                Some(b'}') => "a key is missing here: is there a comma too many?",
                Some(_) => "a key needs double quotes",
                None => return Err(self.unclosed()),
            };
            return Err(self.error(message));
        }
        let node = self.string()?;
        let id = self.arena.next();
        self.arena.push(node);
        if node.escaped {
            self.arena.hold_decoded_key(id);
        } else {
            self.arena.hold_key(id, &self.bytes[node.start as usize + 1..node.end as usize - 1]);
        }
        self.skip_space();
        if self.peek() != b':' {
            return Err(self.error("`:` is missing after the key"));
        }
        self.at += 1;
        Ok(Next::Value)
    }

    #[inline]
    fn after_value(&mut self) -> Result<Next, SyntaxError> {
        let Some(open) = self.open.last() else { return Ok(Next::End) };
        match (self.peek(), open.is_object) {
            (b',', is_object) => {
                self.at += 1;
                Ok(if is_object { Next::Key } else { Next::Value })
            }
            (b'}', true) | (b']', false) => {
                self.at += 1;
                let link = self.arena.next();
                let node = &mut self.arena.document.nodes[open.node as usize];
                node.link = link;
                node.end = self.at as u32;
                if open.is_object {
                    self.arena.close_mapping(open.keys);
                }
                self.open.pop();
                Ok(Next::AfterValue)
            }
            (0, _) if self.at >= self.bytes.len() => Err(self.unclosed()),
            (_, true) => Err(self.error("`,` or `}` is missing")),
            (_, false) => Err(self.error("`,` or `]` is missing")),
        }
    }

    /// At a quote.
    #[inline]
    fn string(&mut self) -> Result<Node, SyntaxError> {
        let start = self.at;
        let mut node = scalar(Kind::DoubleQuoted, start, start);
        let mut at = start + 1;
        loop {
            at = bytes::string_special(self.bytes, at);
            match self.bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    node.escaped = true;
                    let length = escape_length(&self.bytes[at..]).ok_or_else(|| {
                        SyntaxError::new(at, "an escape that JSON does not know: a backslash is `\\\\`")
                    })?;
                    at += length;
                }
                Some(_) => {
                    return Err(SyntaxError::new(at, "a line break or control character in a string: write an escape"));
                }
                None => return Err(SyntaxError::new(start, "a quote is not closed")),
            }
        }
        self.at = at + 1;
        node.end = self.at as u32;
        Ok(node)
    }

    fn number(&mut self) -> Result<(), SyntaxError> {
        let start = self.at;
        let length = number_length(&self.bytes[start..]).ok_or_else(|| self.error("this is not a number of JSON"))?;
        let end = start + length;
        let text = self.arena.document.text.get(start..end).unwrap_or("");
        // Only a long number or one with an exponent can be too large.
        if (length > 300 || text.contains(['e', 'E'])) && !text.parse().is_ok_and(f64::is_finite) {
            return Err(self.error("a number that is too large"));
        }
        self.at = end;
        self.arena.push(scalar(Kind::Plain, start, end));
        Ok(())
    }

    fn word(&mut self, word: &[u8]) -> Result<(), SyntaxError> {
        if !self.bytes[self.at..].starts_with(word) {
            return Err(self.error("no JSON value begins like this: text needs double quotes"));
        }
        self.arena.push(scalar(Kind::Plain, self.at, self.at + word.len()));
        self.at += word.len();
        Ok(())
    }
}

/// The length of the escape that `bytes` begin with.
fn escape_length(bytes: &[u8]) -> Option<usize> {
    match bytes.get(1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
        b'u' => bytes.get(2..6)?.iter().all(u8::is_ascii_hexdigit).then_some(6),
        _ => None,
    }
}

/// The length of the number that `bytes` begin with.
fn number_length(bytes: &[u8]) -> Option<usize> {
    let digits = |at: usize| bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut at = usize::from(bytes[0] == b'-');
    let whole = digits(at);
    if whole == 0 || (whole > 1 && bytes[at] == b'0') {
        return None;
    }
    at += whole;
    if bytes.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        if fraction == 0 {
            return None;
        }
        at += 1 + fraction;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        at += 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at.min(bytes.len()));
        if exponent == 0 {
            return None;
        }
        at += exponent;
    }
    Some(at)
}
