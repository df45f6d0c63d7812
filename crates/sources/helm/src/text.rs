//! Strings that know what made them: text, and stretches of it with their sources and values.
//!
//! Go's strings are bytes. A byte that is no UTF-8 is kept as a character of a private plane, so that binary files
//! can be encoded and hashed; `bytes` gives the bytes back.

use std::borrow::Cow;
use std::rc::Rc;

use model::document::Span;

/// The set of values that went into something: an index in `Trace`. 0 is none.
pub(crate) type Taint = u32;

/// Where a stretch of text comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The template, or `NOWHERE`.
    pub(crate) file: u32,
    /// Its bytes.
    pub(crate) span: Span,
    /// Whether the bytes were copied as they are.
    pub(crate) verbatim: bool,
}

/// No template made this text yet.
pub(crate) const NOWHERE: Origin = Origin { file: u32::MAX, span: Span { start: 0, end: 0 }, verbatim: false };

/// A stretch of text: it ends where the next one begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    pub(crate) start: u32,
    pub(crate) origin: Origin,
    pub(crate) taint: Taint,
}

/// A block that a condition left out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeftOut {
    pub(crate) at: u32,
    pub(crate) origin: Origin,
    pub(crate) taint: Taint,
}

/// A string. Without pieces all of it has the taint of the value that it is.
#[derive(Clone, Debug)]
pub(crate) struct Text(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    text: Box<str>,
    pieces: Box<[Piece]>,
    left_out: Box<[LeftOut]>,
}

impl std::ops::Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0.text
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::plain(Box::from(text))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::plain(text.into_boxed_str())
    }
}

impl Text {
    fn plain(text: Box<str>) -> Self {
        Self(Rc::new(Inner { text, pieces: Box::default(), left_out: Box::default() }))
    }

    /// The stretches; none if the whole has one taint and no source.
    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.0.pieces
    }
}

/// No more blocks are remembered that were left out of one text: a loop may leave out any number.
const MOST_LEFT_OUT: usize = 10_000;

/// The first of the characters that stand for bytes: `BYTES + b`.
const BYTES: u32 = 0x10_F000;

/// Bytes as text, each that is no UTF-8 as a character that stands for it.
pub(crate) fn from_bytes(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            let mut text = String::with_capacity(bytes.len());
            for chunk in bytes.utf8_chunks() {
                text.push_str(chunk.valid());
                text.extend(chunk.invalid().iter().filter_map(|b| char::from_u32(BYTES + u32::from(*b))));
            }
            Cow::Owned(text)
        }
    }
}

/// The byte that a character stands for.
pub(crate) fn byte_of(c: char) -> Option<u8> {
    u8::try_from((c as u32).wrapping_sub(BYTES)).ok()
}

/// Whether text holds characters that stand for bytes.
pub(crate) fn has_bytes(text: &str) -> bool {
    memchr::memchr(0xF4, text.as_bytes()).is_some() && text.chars().any(|c| byte_of(c).is_some())
}

/// The bytes of a string, as Go has them.
pub(crate) fn bytes(text: &str) -> Cow<'_, [u8]> {
    if !has_bytes(text) {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        match byte_of(c) {
            Some(b) => bytes.push(b),
            None => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Cow::Owned(bytes)
}

/// Text that is being put together.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    pub(crate) text: String,
    pieces: Vec<Piece>,
    left_out: Vec<LeftOut>,
    /// Whether pieces are kept.
    is_tracing: bool,
}

impl Builder {
    /// An empty text; pieces are kept if `is_tracing`.
    pub(crate) fn new(tracing: crate::render::Tracing) -> Self {
        let is_tracing = tracing == crate::render::Tracing::On;
        Self { is_tracing, ..Self::default() }
    }

    /// Notes that a block which would stand here was left out because of values.
    pub(crate) fn leave_out(&mut self, origin: Origin, taint: Taint) {
        if self.is_tracing && taint != 0 && self.left_out.len() < MOST_LEFT_OUT {
            self.left_out.push(LeftOut { at: self.text.len() as u32, origin, taint });
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// Appends text of one origin.
    pub(crate) fn push(&mut self, text: &str, origin: Origin, taint: Taint) {
        self.mark(origin, taint, text.len());
        self.text.push_str(text);
    }

    /// Appends `range` of a string whose value has `taint`; what no template made gets `origin`.
    pub(crate) fn push_range(&mut self, text: &Text, range: std::ops::Range<usize>, taint: Taint, origin: Origin) {
        self.leave_out_again(text, &range);
        if !self.is_tracing || text.pieces().is_empty() {
            return self.push(&text[range], origin, taint);
        }
        let pieces = text.pieces();
        let first = pieces.partition_point(|piece| (piece.start as usize) <= range.start).saturating_sub(1);
        for (index, piece) in pieces.iter().enumerate().skip(first) {
            let start = (piece.start as usize).max(range.start);
            let end = pieces.get(index + 1).map_or(text.len(), |next| next.start as usize).min(range.end);
            if start >= range.end {
                break;
            }
            if start >= end {
                continue;
            }
            let mut own = if piece.origin.file == u32::MAX { origin } else { piece.origin };
            if own.verbatim && piece.origin.file != u32::MAX {
                own.span.start += (start - piece.start as usize) as u32;
            }
            self.push(&text[start..end], own, piece.taint);
        }
    }

    /// Remembers what was left out of a part of a string that is appended: what stands at its end belongs to the next part,
    /// if there is one.
    fn leave_out_again(&mut self, text: &Text, range: &std::ops::Range<usize>) {
        let blocks = &text.0.left_out;
        if !self.is_tracing || blocks.is_empty() {
            return;
        }
        let first = blocks.partition_point(|block| (block.at as usize) < range.start);
        let is_last = range.end == text.len();
        let here = blocks[first..].iter().take_while(|block| (block.at as usize) < range.end || is_last);
        let (own, free) = (self.text.len() as u32, MOST_LEFT_OUT.saturating_sub(self.left_out.len()));
        let moved = here.take(free).map(|block| LeftOut { at: own + (block.at - range.start as u32), ..*block });
        self.left_out.extend(moved);
    }

    /// Appends a whole string.
    pub(crate) fn push_text(&mut self, text: &Text, taint: Taint, origin: Origin) {
        self.push_range(text, 0..text.len(), taint, origin);
    }

    fn mark(&mut self, origin: Origin, taint: Taint, length: usize) {
        if !self.is_tracing || length == 0 {
            return;
        }
        let start = self.text.len() as u32;
        if let Some(last) = self.pieces.last() {
            let grows = if origin.verbatim {
                last.origin.verbatim
                    && last.origin.file == origin.file
                    && last.origin.span.start + (start - last.start) == origin.span.start
            } else {
                last.origin == origin
            };
            if grows && last.taint == taint {
                return;
            }
        }
        self.pieces.push(Piece { start, origin, taint });
    }

    /// The string, and its pieces.
    pub(crate) fn finish(self) -> (Text, Vec<Taint>) {
        let mut taints: Vec<Taint> = self.pieces.iter().map(|piece| piece.taint).filter(|taint| *taint != 0).collect();
        taints.dedup();
        let inner = Inner {
            text: self.text.into_boxed_str(),
            pieces: self.pieces.into_boxed_slice(),
            left_out: self.left_out.into_boxed_slice(),
        };
        (Text(Rc::new(inner)), taints)
    }

    /// The text, its pieces, and what was left out of it, for output.
    pub(crate) fn into_parts(self) -> (String, Vec<Piece>, Vec<LeftOut>) {
        (self.text, self.pieces, self.left_out)
    }

    /// The text without every `unwanted`.
    pub(crate) fn without(self, unwanted: &str) -> Self {
        if memchr::memmem::find(self.text.as_bytes(), unwanted.as_bytes()).is_none() {
            return self;
        }
        let gone: Vec<usize> = memchr::memmem::find_iter(self.text.as_bytes(), unwanted.as_bytes()).collect();
        let moved = |block: &LeftOut| {
            let before = gone.partition_point(|at| *at < block.at as usize) * unwanted.len();
            LeftOut { at: block.at.saturating_sub(before as u32), ..*block }
        };
        let left_out: Vec<LeftOut> = self.left_out.iter().map(moved).collect();
        let mut kept = Self { is_tracing: self.is_tracing, ..Self::default() };
        let (text, _) = Self { left_out: Vec::new(), ..self }.finish();
        let mut from = 0;
        for at in memchr::memmem::find_iter(text.as_bytes(), unwanted.as_bytes()) {
            kept.push_range(&text, from..at, 0, NOWHERE);
            from = at + unwanted.len();
        }
        kept.push_range(&text, from..text.len(), 0, NOWHERE);
        kept.left_out = left_out;
        kept
    }
}
