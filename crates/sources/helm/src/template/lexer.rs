//! Text into items: text, and in actions names, fields, constants, and the signs between them.
//! Source: Go, `text/template/parse/lex.go`.

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Error,
    Bool,
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    Eof,
    Field,
    Identifier,
    LeftDelimiter,
    LeftParenthesis,
    Number,
    Pipe,
    RawText,
    RightDelimiter,
    RightParenthesis,
    Space,
    Quoted,
    Text,
    Variable,
    Block,
    Break,
    Continue,
    Dot,
    Define,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

impl Token {
    fn keyword(word: &str) -> Option<Self> {
        Some(match word {
            "block" => Self::Block,
            "break" => Self::Break,
            "continue" => Self::Continue,
            "define" => Self::Define,
            "else" => Self::Else,
            "end" => Self::End,
            "if" => Self::If,
            "nil" => Self::Nil,
            "range" => Self::Range,
            "template" => Self::Template,
            "with" => Self::With,
            _ => return None,
        })
    }

    fn is_keyword(self) -> bool {
        use Token::{Block, Break, Continue, Define, Dot, Else, End, If, Nil, Range, Template, With};
        matches!(self, Block | Break | Continue | Dot | Define | Else | End | If | Nil | Range | Template | With)
    }
}

/// An item: its text, and where it begins.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) token: Token,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) line: u32,
    /// Of an error what is wrong.
    pub(super) error: Option<Box<str>>,
}

impl Item {
    pub(super) const NONE: Self = Self { token: Token::Eof, start: 0, end: 0, line: 0, error: None };

    /// The item as messages show it.
    pub(super) fn show(&self, input: &str) -> String {
        let text = &input[self.start..self.end];
        match self.token {
            Token::Eof => "EOF".to_owned(),
            Token::Error => self.error.as_deref().unwrap_or_default().to_owned(),
            token if token.is_keyword() => format!("<{text}>"),
            _ if text.len() > 10 => {
                let short: String = text.chars().take(10).collect();
                format!("{}...", crate::format::quoted(&short))
            }
            _ => crate::format::quoted(text),
        }
    }
}

const LEFT: &str = "{{";
const RIGHT: &str = "}}";

pub(super) struct Lexer<'t> {
    input: &'t str,
    at: usize,
    start: usize,
    line: u32,
    start_line: u32,
    parentheses: u32,
    is_inside: bool,
    failed: bool,
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn is_alphanumeric(c: char) -> bool {
    c == '_' || c.is_alphabetic() || c.is_numeric()
}

fn trims_left(rest: &str) -> bool {
    let mut chars = rest.chars();
    chars.next() == Some('-') && chars.next().is_some_and(is_space)
}

fn trims_right(rest: &str) -> bool {
    let mut chars = rest.chars();
    chars.next().is_some_and(is_space) && chars.next() == Some('-')
}

impl<'t> Lexer<'t> {
    pub(super) fn new(input: &'t str) -> Self {
        Self { input, at: 0, start: 0, line: 1, start_line: 1, parentheses: 0, is_inside: false, failed: false }
    }

    fn rest(&self) -> &'t str {
        &self.input[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn advance(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        self.line += u32::from(c == '\n');
        Some(c)
    }

    /// Moves on over text that may have ends of lines.
    fn skip(&mut self, bytes: usize) {
        let skipped = &self.input.as_bytes()[self.at..self.at + bytes];
        self.line += memchr::memchr_iter(b'\n', skipped).count() as u32;
        self.at += bytes;
    }

    fn ignore(&mut self) {
        self.start = self.at;
        self.start_line = self.line;
    }

    fn emit(&mut self, token: Token) -> Item {
        let item = Item { token, start: self.start, end: self.at, line: self.start_line, error: None };
        self.ignore();
        item
    }

    fn error(&mut self, message: impl Into<Box<str>>) -> Item {
        self.failed = true;
        Item {
            token: Token::Error,
            start: self.start,
            end: self.start,
            line: self.start_line,
            error: Some(message.into()),
        }
    }

    pub(super) fn next(&mut self) -> Item {
        if self.failed {
            return Item { token: Token::Eof, start: self.start, end: self.start, line: self.start_line, error: None };
        }
        if self.is_inside {
            return self.inside();
        }
        loop {
            let Some(left) = memchr::memmem::find(self.rest().as_bytes(), LEFT.as_bytes()) else {
                self.skip(self.rest().len());
                return self.emit(if self.at > self.start { Token::Text } else { Token::Eof });
            };
            if left > 0 {
                let trim = trims_left(&self.rest()[left + LEFT.len()..]);
                let text = &self.rest()[..left];
                let kept = if trim { text.trim_end_matches(is_space).len() } else { left };
                self.skip(kept);
                let item = self.emit(Token::Text);
                self.skip(left - kept);
                self.ignore();
                if item.end > item.start {
                    return item;
                }
            }
            if let Some(item) = self.left() {
                return item;
            }
        }
    }

    /// At `{{`. `None` after a comment.
    fn left(&mut self) -> Option<Item> {
        let after = &self.rest()[LEFT.len()..];
        let marker = if trims_left(after) { 2 } else { 0 };
        if after[marker..].starts_with("/*") {
            return self.comment(LEFT.len() + marker);
        }
        self.at += LEFT.len();
        let item = self.emit(Token::LeftDelimiter);
        self.is_inside = true;
        self.parentheses = 0;
        self.skip(marker);
        self.ignore();
        Some(item)
    }

    fn comment(&mut self, before: usize) -> Option<Item> {
        self.skip(before);
        self.ignore();
        let Some(end) = memchr::memmem::find(&self.rest().as_bytes()[2..], b"*/") else {
            return Some(self.error("unclosed comment"));
        };
        self.at += 2 + end + 2;
        let Some(trim) = self.at_right() else {
            return Some(self.error("comment ends before closing delimiter"));
        };
        self.line += memchr::memchr_iter(b'\n', &self.input.as_bytes()[self.start..self.at]).count() as u32;
        self.ignore();
        self.right_end(trim);
        None
    }

    /// Whether `}}` is here, and whether what follows it is trimmed.
    fn at_right(&self) -> Option<bool> {
        let rest = self.rest();
        if trims_right(rest) && rest[2..].starts_with(RIGHT) {
            return Some(true);
        }
        rest.starts_with(RIGHT).then_some(false)
    }

    fn right_end(&mut self, trim: bool) {
        self.skip(if trim { 2 } else { 0 } + RIGHT.len());
        if trim {
            let rest = self.rest();
            self.skip(rest.len() - rest.trim_start_matches(is_space).len());
        }
        self.ignore();
    }

    fn right(&mut self, trim: bool) -> Item {
        if trim {
            self.skip(2);
            self.ignore();
        }
        self.at += RIGHT.len();
        let item = self.emit(Token::RightDelimiter);
        if trim {
            let rest = self.rest();
            self.skip(rest.len() - rest.trim_start_matches(is_space).len());
            self.ignore();
        }
        self.is_inside = false;
        item
    }

    fn inside(&mut self) -> Item {
        if let Some(trim) = self.at_right() {
            if self.parentheses == 0 {
                return self.right(trim);
            }
            return self.error("unclosed left paren");
        }
        let Some(c) = self.peek() else { return self.error("unclosed action") };
        if is_space(c) {
            return self.space();
        }
        self.advance();
        match c {
            '=' => self.emit(Token::Assign),
            ':' => {
                if self.advance() == Some('=') {
                    self.emit(Token::Declare)
                } else {
                    self.error("expected :=")
                }
            }
            '|' => self.emit(Token::Pipe),
            '"' => self.quoted('"'),
            '\'' => self.quoted('\''),
            '`' => self.raw(),
            '$' => self.field(Token::Variable),
            '.' if !self.peek().is_some_and(|c| c.is_ascii_digit()) && self.at < self.input.len() => {
                self.field(Token::Field)
            }
            '.' | '+' | '-' | '0'..='9' => self.number(),
            _ if is_alphanumeric(c) => self.identifier(),
            '(' => {
                self.parentheses += 1;
                self.emit(Token::LeftParenthesis)
            }
            ')' => match self.parentheses.checked_sub(1) {
                Some(open) => {
                    self.parentheses = open;
                    self.emit(Token::RightParenthesis)
                }
                None => self.error("unexpected right paren"),
            },
            ' '..='~' => self.emit(Token::Char),
            _ => self.error(format!("unrecognized character in action: {}", code_point(Some(c)))),
        }
    }

    fn space(&mut self) -> Item {
        let mut last = self.at;
        let mut count = 0;
        while self.peek().is_some_and(is_space) {
            last = self.at;
            self.advance();
            count += 1;
        }
        let tail = &self.input[last..];
        if trims_right(tail) && tail[2..].starts_with(RIGHT) {
            if self.input.as_bytes()[last] == b'\n' {
                self.line -= 1;
            }
            self.at = last;
            if count == 1 {
                return self.right(true);
            }
        }
        self.emit(Token::Space)
    }

    fn is_at_end_of_word(&self) -> bool {
        match self.peek() {
            None => true,
            Some(c) => is_space(c) || matches!(c, '.' | ',' | '|' | ':' | ')' | '(') || self.rest().starts_with(RIGHT),
        }
    }

    fn bad_character(&mut self) -> Item {
        let c = self.peek();
        self.error(format!("bad character {}", code_point(c)))
    }

    fn identifier(&mut self) -> Item {
        while self.peek().is_some_and(is_alphanumeric) {
            self.advance();
        }
        if !self.is_at_end_of_word() {
            return self.bad_character();
        }
        let word = &self.input[self.start..self.at];
        let token = Token::keyword(word).unwrap_or(match word {
            "true" | "false" => Token::Bool,
            _ => Token::Identifier,
        });
        self.emit(token)
    }

    fn field(&mut self, token: Token) -> Item {
        if self.is_at_end_of_word() {
            return self.emit(if token == Token::Variable { token } else { Token::Dot });
        }
        while self.peek().is_some_and(is_alphanumeric) {
            self.advance();
        }
        if self.is_at_end_of_word() { self.emit(token) } else { self.bad_character() }
    }

    fn quoted(&mut self, quote: char) -> Item {
        let (token, what) = match quote {
            '"' => (Token::Quoted, "unterminated quoted string"),
            _ => (Token::CharConstant, "unterminated character constant"),
        };
        loop {
            match self.advance() {
                Some('\\') if !matches!(self.advance(), None | Some('\n')) => {}
                None | Some('\n' | '\\') => return self.error(what),
                Some(c) if c == quote => return self.emit(token),
                Some(_) => {}
            }
        }
    }

    fn raw(&mut self) -> Item {
        loop {
            match self.advance() {
                None => return self.error("unterminated raw quoted string"),
                Some('`') => return self.emit(Token::RawText),
                Some(_) => {}
            }
        }
    }

    fn number(&mut self) -> Item {
        self.at = self.start;
        if !self.scan_number() {
            return self.bad_number();
        }
        if matches!(self.peek(), Some('+' | '-')) {
            if !self.scan_number() || !self.input[..self.at].ends_with('i') {
                return self.bad_number();
            }
            return self.emit(Token::Complex);
        }
        self.emit(Token::Number)
    }

    fn bad_number(&mut self) -> Item {
        let text = crate::format::quoted(&self.input[self.start..self.at]);
        self.error(format!("bad number syntax: {text}"))
    }

    fn accept(&mut self, valid: &str) -> bool {
        match self.peek() {
            Some(c) if valid.contains(c) => {
                self.at += c.len_utf8();
                true
            }
            _ => false,
        }
    }

    fn accept_run(&mut self, valid: &str) {
        while self.accept(valid) {}
    }

    fn scan_number(&mut self) -> bool {
        self.accept("+-");
        let mut digits = "0123456789_";
        if self.accept("0") {
            if self.accept("xX") {
                digits = "0123456789abcdefABCDEF_";
            } else if self.accept("oO") {
                digits = "01234567_";
            } else if self.accept("bB") {
                digits = "01_";
            }
        }
        self.accept_run(digits);
        if self.accept(".") {
            self.accept_run(digits);
        }
        let exponent = match digits.len() {
            11 => "eE",
            23 => "pP",
            _ => "",
        };
        if self.accept(exponent) {
            self.accept("+-");
            self.accept_run("0123456789_");
        }
        self.accept("i");
        if self.peek().is_some_and(is_alphanumeric) {
            self.advance();
            return false;
        }
        true
    }
}

/// A character as `%#U` writes it.
fn code_point(c: Option<char>) -> String {
    match c {
        None => "U+FFFFFFFFFFFFFFFF".to_owned(),
        Some(c) if crate::format::is_printable(c) => format!("U+{:04X} '{c}'", c as u32),
        Some(c) => format!("U+{:04X}", c as u32),
    }
}
