//! The emitter: columns, indentation, and where lines are folded.
//! Source: `emitterc.go` of `go.yaml.in/yaml/v2`, for block collections.

use super::scalar::{Allowed, is_break, is_printable};
use crate::resolve;

/// Lines are folded at the first space after this column.
const WIDTH: usize = 80;
/// Keys longer than this begin with `?`.
const LONGEST_KEY: usize = 128;

/// How a scalar is to be written, if its text allows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// Whether a scalar is a value or a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Value,
    SimpleKey,
    LongKey,
}

impl Style {
    /// The style of text that is a string.
    pub(super) fn of_text(text: &str) -> Self {
        if text.contains('\n') {
            return Self::Literal;
        }
        if resolve::is_text_in_1_1(text) && !is_base_60(text) { Self::Plain } else { Self::Double }
    }

    fn allowed(self, text: &str, allowed: Allowed, role: Role) -> Self {
        let is_simple = role == Role::SimpleKey;
        let mut style = self;
        if is_simple && allowed.several_lines {
            style = Self::Double;
        }
        if style == Self::Plain && (!allowed.plain || (text.is_empty() && is_simple)) {
            style = Self::Single;
        }
        if style == Self::Single && !allowed.single {
            style = Self::Double;
        }
        if style == Self::Literal && (!allowed.block || is_simple) {
            style = Self::Double;
        }
        style
    }
}

/// `1:30`, which YAML 1.1 reads as a number in base 60.
fn is_base_60(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or("");
    let is_first = first.as_bytes().first().is_some_and(u8::is_ascii_digit)
        && first.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let mut count = 0;
    let are_sixties = parts.all(|part| {
        count += 1;
        match part.as_bytes() {
            [a] => a.is_ascii_digit(),
            [b'0'..=b'5', b] => b.is_ascii_digit(),
            _ => false,
        }
    });
    is_first && count > 0 && are_sixties && fraction.bytes().all(|b| b.is_ascii_digit() || b == b'_')
}

/// Writes nodes in the order of a document.
pub(super) struct Emitter {
    out: String,
    column: usize,
    /// The indentation of the collection that is open; -1 outside of all.
    indent: isize,
    outer: Vec<isize>,
    /// The last thing written was white space.
    whitespace: bool,
    /// Nothing but indentation and indicators stands on this line.
    indention: bool,
}

impl Emitter {
    pub(super) fn new(out: String) -> Self {
        Self { out, column: 0, indent: -1, outer: Vec::new(), whitespace: true, indention: true }
    }

    pub(super) fn finish(mut self) -> String {
        if self.column > 0 {
            self.line_break();
        }
        self.out
    }

    pub(super) fn length(&self) -> usize {
        self.out.len()
    }

    pub(super) fn open_mapping(&mut self) {
        self.increase(false);
    }

    /// Items of a list in a mapping stand below its key, not further in.
    pub(super) fn open_sequence(&mut self, in_mapping: bool) {
        self.increase(in_mapping && !self.indention);
    }

    fn increase(&mut self, stays: bool) {
        self.outer.push(self.indent);
        if self.indent < 0 {
            self.indent = 0;
        } else if !stays {
            self.indent += 2;
        }
    }

    pub(super) fn close(&mut self) {
        self.indent = self.outer.pop().unwrap_or(-1);
    }

    pub(super) fn item(&mut self) {
        self.write_indent();
        self.indicator("-", true);
        self.whitespace = false;
    }

    pub(super) fn before_key(&mut self) {
        self.write_indent();
    }

    /// Writes a key; returns whether it is a simple one.
    pub(super) fn key(&mut self, text: &str, style: Style) -> bool {
        let is_simple = !text.contains(is_break) && text.len() <= LONGEST_KEY;
        if is_simple {
            self.scalar(text, style, Role::SimpleKey);
        } else {
            self.indicator("?", true);
            self.scalar(text, style, Role::LongKey);
        }
        is_simple
    }

    pub(super) fn colon(&mut self, is_simple: bool) {
        if is_simple {
            self.out.push(':');
            self.column += 1;
            self.whitespace = false;
            self.indention = false;
        } else {
            self.write_indent();
            self.indicator(":", true);
        }
    }

    pub(super) fn empty(&mut self, text: &str) {
        self.space();
        self.push_all(text);
        self.whitespace = false;
        self.indention = false;
    }

    pub(super) fn scalar(&mut self, text: &str, style: Style, role: Role) {
        let outer = self.indent;
        self.indent = outer.max(0) + 2;
        match style.allowed(text, Allowed::of(text), role) {
            Style::Plain => self.plain(text, role),
            Style::Single => self.single(text, role),
            Style::Double => self.double(text, role),
            Style::Literal => self.literal(text),
        }
        self.indent = outer;
    }

    fn push(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    fn push_all(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    fn line_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    fn space(&mut self) {
        if !self.whitespace {
            self.push(' ');
        }
    }

    fn indicator(&mut self, text: &str, is_indention: bool) {
        self.space();
        self.push_all(text);
        self.whitespace = false;
        self.indention &= is_indention;
    }

    fn write_indent(&mut self) {
        let indent = usize::try_from(self.indent).unwrap_or(0);
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.line_break();
        }
        while self.column < indent {
            self.push(' ');
        }
        self.whitespace = true;
        self.indention = true;
    }

    fn plain(&mut self, text: &str, role: Role) {
        self.space();
        let mut after_space = false;
        for (at, c) in text.char_indices() {
            let before_space = text.as_bytes().get(at + 1) == Some(&b' ');
            if c == ' ' && role != Role::SimpleKey && !after_space && self.column > WIDTH && !before_space {
                self.write_indent();
            } else {
                self.push(c);
            }
            after_space = c == ' ';
            if c != ' ' {
                self.indention = false;
            }
        }
        self.whitespace = false;
        self.indention = false;
    }

    fn single(&mut self, text: &str, role: Role) {
        self.indicator("'", false);
        let (mut after_space, mut after_break) = (false, false);
        for (at, c) in text.char_indices() {
            let inside = at > 0 && at + 1 < text.len();
            let before_space = text.as_bytes().get(at + 1) == Some(&b' ');
            if c == ' ' {
                if role != Role::SimpleKey && !after_space && self.column > WIDTH && inside && !before_space {
                    self.write_indent();
                } else {
                    self.push(c);
                }
                after_space = true;
                continue;
            }
            if is_break(c) {
                if !after_break && c == '\n' {
                    self.line_break();
                }
                self.write_break(c);
                self.indention = true;
                after_break = true;
                continue;
            }
            if after_break {
                self.write_indent();
            }
            if c == '\'' {
                self.push('\'');
            }
            self.push(c);
            self.indention = false;
            (after_space, after_break) = (false, false);
        }
        self.whitespace = true;
        self.indicator("'", false);
    }

    fn write_break(&mut self, c: char) {
        self.out.push(c);
        self.column = 0;
    }

    fn double(&mut self, text: &str, role: Role) {
        self.indicator("\"", false);
        let mut after_space = false;
        for (at, c) in text.char_indices() {
            let inside = at > 0 && at + 1 < text.len();
            if !is_printable(c) || is_break(c) || matches!(c, '"' | '\\') {
                self.escape(c);
                after_space = false;
            } else if c == ' ' && role != Role::SimpleKey && !after_space && self.column > WIDTH && inside {
                self.write_indent();
                if text.as_bytes().get(at + 1) == Some(&b' ') {
                    self.push('\\');
                }
                after_space = true;
            } else {
                self.push(c);
                after_space = c == ' ';
            }
        }
        self.whitespace = true;
        self.indicator("\"", false);
    }

    fn escape(&mut self, c: char) {
        let short = match c {
            '\0' => "0",
            '\u{7}' => "a",
            '\u{8}' => "b",
            '\t' => "t",
            '\n' => "n",
            '\u{b}' => "v",
            '\u{c}' => "f",
            '\r' => "r",
            '\u{1b}' => "e",
            '"' => "\"",
            '\\' => "\\",
            '\u{85}' => "N",
            '\u{a0}' => "_",
            '\u{2028}' => "L",
            '\u{2029}' => "P",
            _ => "",
        };
        self.push('\\');
        if !short.is_empty() {
            self.push_all(short);
            return;
        }
        let code = c as u32;
        let digits = match code {
            0..=0xFF => format!("x{code:02X}"),
            0x100..=0xFFFF => format!("u{code:04X}"),
            _ => format!("U{code:08X}"),
        };
        self.push_all(&digits);
    }

    fn literal(&mut self, text: &str) {
        self.indicator("|", false);
        if text.starts_with(|c| c == ' ' || is_break(c)) {
            self.push('2');
        }
        let mut from_end = text.chars().rev();
        match (from_end.next().is_some_and(is_break), from_end.next().map(is_break)) {
            (false, _) => self.push('-'),
            (true, None | Some(true)) => self.push('+'),
            (true, Some(false)) => {}
        }
        self.line_break();
        self.indention = true;
        self.whitespace = true;
        let mut after_break = true;
        for c in text.chars() {
            if is_break(c) {
                self.write_break(c);
                self.indention = true;
                after_break = true;
                continue;
            }
            if after_break {
                self.write_indent();
            }
            self.push(c);
            self.indention = false;
            after_break = false;
        }
    }
}
