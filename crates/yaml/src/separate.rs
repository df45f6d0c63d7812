//! A stream of documents, cut into its documents without reading them.
//!
//! YAML documents end at lines `---` and `...`; a value of JSON that follows another begins a document too.

use std::ops::Range;

use memchr::memmem::{self, FindIter};

/// The documents of a stream. Each has its own `---` line and directives; what has nothing but comments is none.
pub fn documents(text: &str) -> impl Iterator<Item = Range<usize>> {
    let start = if text.starts_with('\u{FEFF}') { 3 } else { 0 };
    let marks = Marks::new(text.as_bytes());
    let cuts = Cuts { text: text.as_bytes(), marks, start }.map(|range| after_byte_order_mark(text.as_bytes(), range));
    cuts.filter(|range| has_content(&text.as_bytes()[range.clone()])).flat_map(|range| json_values(text, range))
}

/// The first line that begins with `---` and goes on without a space: for YAML it is text of the document that it stands
/// in, and kubectl refuses it, wherever it stands.
pub fn false_mark(text: &str) -> Option<usize> {
    let text = text.as_bytes();
    let is_false = |at: usize| text[at..].starts_with(b"---") && !is_mark(&text[at..]);
    if is_false(0) {
        return Some(0);
    }
    memmem::find_iter(text, b"\n---").map(|at| at + 1).find(|&at| is_false(at))
}

/// The document without the byte-order mark before it. YAML 1.2, 5.2: each document may have one, and files that were put
/// together have it after the `---` between them.
fn after_byte_order_mark(text: &[u8], range: Range<usize>) -> Range<usize> {
    const MARK: &[u8] = "\u{FEFF}".as_bytes();
    let mut start = range.start;
    let document = &text[..range.end];
    if is_mark(&document[start..]) && document[start] == b'-' {
        let end = line_end(document, start);
        let beside = document[start + 3..end].trim_ascii();
        if (beside.is_empty() || beside[0] == b'#') && document[end..].starts_with(MARK) {
            start = end;
        }
    }
    if document[start..].starts_with(MARK) { start + MARK.len()..range.end } else { range }
}

/// Lines that separate documents, in order: where they begin, and whether they are `---`.
struct Marks<'t> {
    text: &'t [u8],
    starts: FindIter<'t, 'static>,
    ends: FindIter<'t, 'static>,
    next_start: Option<usize>,
    next_end: Option<usize>,
}

impl<'t> Marks<'t> {
    fn new(text: &'t [u8]) -> Self {
        let mut marks = Self {
            text,
            starts: memmem::find_iter(text, b"\n---"),
            ends: memmem::find_iter(text, b"\n..."),
            next_start: None,
            next_end: None,
        };
        marks.next_start = next_mark(&mut marks.starts, text);
        marks.next_end = next_mark(&mut marks.ends, text);
        marks
    }
}

fn next_mark(found: &mut FindIter<'_, '_>, text: &[u8]) -> Option<usize> {
    found.map(|at| at + 1).find(|&at| is_mark(&text[at..]))
}

/// Whether the line is `---` or `...`, alone or with a space after it.
fn is_mark(line: &[u8]) -> bool {
    (line.starts_with(b"---") || line.starts_with(b"..."))
        && matches!(line.get(3), None | Some(b' ' | b'\t' | b'\n' | b'\r'))
}

impl Iterator for Marks<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        match (self.next_start, self.next_end) {
            (Some(start), end) if end.is_none_or(|end| start < end) => {
                self.next_start = next_mark(&mut self.starts, self.text);
                Some(start)
            }
            (_, end) => {
                self.next_end = end.and_then(|_| next_mark(&mut self.ends, self.text));
                end
            }
        }
    }
}

/// The text between the marks.
struct Cuts<'t> {
    text: &'t [u8],
    marks: Marks<'t>,
    start: usize,
}

impl Iterator for Cuts<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let start = self.start;
        if start >= self.text.len() {
            return None;
        }
        let mut end = self.text.len();
        for mark in self.marks.by_ref().filter(|&mark| mark > start) {
            if self.text[mark] == b'.' {
                end = line_end(self.text, mark);
                break;
            }
            // The mark after directives begins the document that they are for.
            if !has_directives(&self.text[start..mark]) {
                end = mark;
                break;
            }
        }
        self.start = end;
        Some(start..end)
    }
}

fn line_end(text: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |length| at + length + 1)
}

/// Whether a comment ends before its line does, for kubectl: nothing may hide behind it.
fn ends_early(comment: &[u8]) -> bool {
    let text = comment.trim_ascii_end();
    let mut marks = memchr::memchr3_iter(b'\r', 0xC2, 0xE2, text);
    marks.any(|at| ["\r", "\u{85}", "\u{2028}", "\u{2029}"].iter().any(|mark| text[at..].starts_with(mark.as_bytes())))
}

/// The lines that are not blank and not comments.
fn content_lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < text.len() {
            let end = line_end(text, at);
            let line = &text[at..end];
            at = end;
            let line_text = line.trim_ascii_start();
            if !line_text.is_empty() && (line_text[0] != b'#' || ends_early(line_text)) {
                return Some(line);
            }
        }
        None
    })
}

/// Directives, and nothing else but comments.
fn has_directives(text: &[u8]) -> bool {
    let mut lines = content_lines(text).peekable();
    lines.peek().is_some() && lines.all(|line| line[0] == b'%')
}

fn has_content(text: &[u8]) -> bool {
    content_lines(text).any(|line| {
        if is_mark(line) {
            let after = line[3..].trim_ascii_start();
            line[0] == b'-' && !after.is_empty() && after[0] != b'#'
        } else {
            line[0] != b'%'
        }
    })
}

/// JSON values that follow each other without a mark, as `kubectl get -o json` of several objects or a log of
/// objects; anything else is left as it is.
fn json_values(text: &str, range: Range<usize>) -> impl Iterator<Item = Range<usize>> + use<> {
    let bytes = &text.as_bytes()[range.clone()];
    let mut cuts = Vec::new();
    let is_json = bytes.trim_ascii_start().first() == Some(&b'{');
    if is_json && follows_closely(bytes) {
        cuts = value_starts(bytes).unwrap_or_default();
    }
    let mut starts = std::iter::once(0).chain(cuts).chain([bytes.len()]).map(move |at| at + range.start).peekable();
    std::iter::from_fn(move || Some(starts.next()?..*starts.peek()?))
}

/// Whether a `{` follows a `}` somewhere, be it in a string.
fn follows_closely(text: &[u8]) -> bool {
    memchr::memchr_iter(b'}', text).any(|at| {
        let after = &text[at + 1..];
        after.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{')
    })
}

/// Where the second and later values of a text begin; `None` if the brackets do not fit.
fn value_starts(text: &[u8]) -> Option<Vec<usize>> {
    let mut starts = Vec::new();
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(&b) = text.get(at) {
        match b {
            b'{' | b'[' => {
                if depth == 0 && at > 0 && b == b'{' && text[..at].trim_ascii_end().ends_with(b"}") {
                    starts.push(at);
                }
                depth += 1;
            }
            b'}' | b']' => depth = depth.checked_sub(1)?,
            b'"' => at += string_length(&text[at + 1..])? + 1,
            _ if depth == 0 && !b.is_ascii_whitespace() => return None,
            _ => {}
        }
        at += 1;
    }
    Some(starts)
}

/// The bytes up to the closing quote.
fn string_length(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}
