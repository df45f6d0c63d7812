//! How a scalar is written in YAML: plain, quoted or as a block, and where its lines are broken.
//! Source: `go.yaml.in/yaml` v2 and v3, which follow libyaml.

use std::borrow::Cow;
use std::sync::OnceLock;

use model::scalar::{Scalar, resolve_plain};
use regex::Regex;

use super::yaml::Layout;

/// Lines are broken at spaces from here on; the pretty layout breaks none.
const WIDTH: usize = 80;

/// Where a scalar stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Key,
    Value,
}

/// How a scalar is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Plain,
    Single,
    Double,
    Literal,
}

struct Analysis {
    multiline: bool,
    plain: bool,
    single: bool,
    block: bool,
}

fn is_blank(c: Option<char>) -> bool {
    matches!(c, None | Some(' ' | '\t' | '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}'))
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What libyaml takes for printable: nothing outside the basic plane.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}') && c != '\u{FEFF}'
}

fn analyze(text: &str, layout: Layout) -> Analysis {
    if text.is_empty() {
        return Analysis { multiline: false, plain: true, single: true, block: false };
    }
    let mut indicators = text.starts_with("---") || text.starts_with("...");
    let (mut breaks, mut special, mut tabs) = (false, false, false);
    let (mut leading, mut trailing_space, mut trailing_break) = (false, false, false);
    let (mut break_space, mut space_break) = (false, false);
    let (mut after_space, mut after_break, mut after_blank) = (false, false, true);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, c)| *c);
        // Only spaces and tabs count here, as ends of lines do not.
        let before_blank = matches!(next, None | Some(' ' | '\t'));
        indicators |= match c {
            '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`'
                if at == 0 =>
            {
                true
            }
            '?' | ':' | '-' if at == 0 => before_blank,
            ':' => before_blank,
            '#' => after_blank,
            _ => false,
        };
        if c == '\t' && layout == Layout::Pretty {
            tabs = true;
        } else if !is_printable(c) {
            special = true;
        }
        if c == ' ' {
            leading |= at == 0;
            trailing_space |= next.is_none();
            break_space |= after_break;
            (after_space, after_break) = (true, false);
        } else if is_break(c) {
            breaks = true;
            leading |= at == 0;
            trailing_break |= next.is_none();
            space_break |= after_space;
            (after_space, after_break) = (false, true);
        } else {
            (after_space, after_break) = (false, false);
        }
        after_blank = is_blank(Some(c));
    }
    let unquotable = leading || trailing_space || trailing_break || breaks || indicators;
    Analysis {
        multiline: breaks,
        plain: !(unquotable || break_space || space_break || special || tabs),
        single: !(break_space || space_break || special || tabs),
        block: !(trailing_space || space_break || special),
    }
}

fn base60() -> &'static Regex {
    static REGEX: OnceLock<Regex> = OnceLock::new();
    REGEX.get_or_init(|| {
        Regex::new(r"^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$").expect("the pattern is fixed")
    })
}

/// Whether text without quotes would be read as something else.
fn is_ambiguous(text: &str) -> bool {
    if !matches!(resolve_plain(Cow::Borrowed(text)), Scalar::String(_)) {
        return true;
    }
    match text.as_bytes().first() {
        Some(b'0'..=b'9' | b'+' | b'-') => {
            (text.contains(':') && base60().is_match(text)) || crate::functions::dates::is_timestamp(text)
        }
        _ => false,
    }
}

/// Whether a key can stand before its colon on one line.
pub(super) fn is_simple_key(text: &str, layout: Layout) -> bool {
    text.len() <= 128 && !analyze(text, layout).multiline
}

/// How a string is written.
pub(super) fn shape(text: &str, place: Place, layout: Layout) -> Shape {
    let analysis = analyze(text, layout);
    let wanted = match () {
        () if text.contains('\n') => Shape::Literal,
        () if is_ambiguous(text) => Shape::Double,
        () => Shape::Plain,
    };
    if place == Place::Key && analysis.multiline {
        return Shape::Double;
    }
    let quoted = if analysis.single { Shape::Single } else { Shape::Double };
    match wanted {
        Shape::Plain if !analysis.plain || (text.is_empty() && place == Place::Key) => quoted,
        Shape::Literal if !analysis.block || place == Place::Key => Shape::Double,
        shape => shape,
    }
}

/// A part of what is written: text of the scalar, or signs around it.
pub(super) enum Part {
    /// These bytes of the text, as they are.
    Copied(std::ops::Range<usize>),
    /// Something else.
    Sign(String),
}

/// The text in its shape, beginning at `column`; lines after the first are indented by `indent`.
pub(super) fn write(text: &str, shape: Shape, place: Place, layout: Layout, column: usize, indent: usize) -> Vec<Part> {
    let breaks = place == Place::Value && layout == Layout::Compact;
    match shape {
        Shape::Plain => flow(text, "", breaks, column, indent),
        Shape::Single => flow(text, "'", breaks, column, indent),
        Shape::Double => double(text, breaks, column, indent),
        Shape::Literal => literal(text, indent),
    }
}

/// Parts under construction: the stretch of text that is being copied, and the column.
struct Parts {
    parts: Vec<Part>,
    from: usize,
    column: usize,
}

impl Parts {
    fn sign(&mut self, at: usize, sign: &str) {
        if at > self.from {
            self.parts.push(Part::Copied(self.from..at));
        }
        self.from = at;
        if !sign.is_empty() {
            self.parts.push(Part::Sign(sign.to_owned()));
            self.column += sign.chars().count();
        }
    }

    fn line(&mut self, at: usize, indent: usize) {
        self.sign(at, "");
        self.parts.push(Part::Sign(format!("\n{}", " ".repeat(indent))));
        self.column = indent;
    }
}

/// Plain and single-quoted text.
fn flow(text: &str, quote: &str, breaks: bool, column: usize, indent: usize) -> Vec<Part> {
    let mut parts = Parts { parts: Vec::new(), from: 0, column };
    parts.sign(0, quote);
    let (mut after_space, mut after_break) = (false, false);
    let last = text.len().saturating_sub(1);
    for (at, c) in text.char_indices() {
        if c == ' ' {
            let next_is_space = text.as_bytes().get(at + 1) == Some(&b' ');
            let inside = quote.is_empty() || (at > 0 && at < last);
            if breaks && !after_space && parts.column > WIDTH && inside && !next_is_space {
                parts.line(at, indent);
                parts.from = at + 1;
            } else {
                parts.column += 1;
            }
            after_space = true;
        } else if is_break(c) {
            if !after_break && c == '\n' {
                parts.sign(at, "\n");
            }
            parts.column = 0;
            after_break = true;
        } else {
            if after_break {
                parts.sign(at, &" ".repeat(indent));
            }
            if c == '\'' && !quote.is_empty() {
                parts.sign(at, "'");
            }
            parts.column += 1;
            (after_space, after_break) = (false, false);
        }
    }
    parts.sign(text.len(), quote);
    parts.parts
}

fn double(text: &str, breaks: bool, column: usize, indent: usize) -> Vec<Part> {
    let mut parts = Parts { parts: Vec::new(), from: 0, column };
    parts.sign(0, "\"");
    let mut after_space = false;
    let last = text.len().saturating_sub(1);
    for (at, c) in text.char_indices() {
        if !is_printable(c) || is_break(c) || c == '"' || c == '\\' {
            parts.sign(at, &escape(c));
            parts.from = at + c.len_utf8();
            after_space = false;
        } else if c == ' ' {
            if breaks && !after_space && parts.column > WIDTH && at > 0 && at < last {
                parts.line(at, indent);
                if text.as_bytes().get(at + 1) == Some(&b' ') {
                    parts.sign(at, "\\");
                }
                parts.from = at + 1;
            } else {
                parts.column += 1;
            }
            after_space = true;
        } else {
            parts.column += 1;
            after_space = false;
        }
    }
    parts.sign(text.len(), "\"");
    parts.parts
}

fn escape(c: char) -> String {
    let simple = match c {
        '\0' => "0",
        '\x07' => "a",
        '\x08' => "b",
        '\t' => "t",
        '\n' => "n",
        '\x0B' => "v",
        '\x0C' => "f",
        '\r' => "r",
        '\x1B' => "e",
        '"' => "\"",
        '\\' => "\\",
        '\u{85}' => "N",
        '\u{A0}' => "_",
        '\u{2028}' => "L",
        '\u{2029}' => "P",
        _ => {
            let code = c as u32;
            return match code {
                0..=0xFF => format!("\\x{code:02X}"),
                0x100..=0xFFFF => format!("\\u{code:04X}"),
                _ => format!("\\U{code:08X}"),
            };
        }
    };
    format!("\\{simple}")
}

fn literal(text: &str, indent: usize) -> Vec<Part> {
    let mut header = String::from("|");
    if text.starts_with([' ', '\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
        header.push('2');
    }
    let mut from_end = text.chars().rev();
    match (from_end.next(), from_end.next()) {
        (Some(last), _) if !is_break(last) => header.push('-'),
        (Some(_), None) => header.push('+'),
        (Some(_), Some(before)) if is_break(before) => header.push('+'),
        _ => {}
    }
    header.push('\n');
    let mut parts = Parts { parts: Vec::new(), from: 0, column: 0 };
    parts.sign(0, &header);
    let pad = " ".repeat(indent);
    let mut after_break = true;
    for (at, c) in text.char_indices() {
        if is_break(c) {
            after_break = true;
        } else {
            if after_break {
                parts.sign(at, &pad);
            }
            after_break = false;
        }
    }
    parts.sign(text.len(), "");
    parts.parts
}
