//! Text to tokens: identifiers, numbers, texts, bytes and signs, each with its place.

use std::sync::Arc;

use super::Value;

/// What was read, and where it begins.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) offset: usize,
    pub(super) kind: TokenKind,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    Ident(Arc<str>),
    /// Not yet of a sign: the smallest integer has a magnitude that no positive one has.
    Integer {
        digits: String,
        radix: u32,
    },
    Uint(u64),
    Double(f64),
    String(Arc<str>),
    Bytes(Arc<[u8]>),
    Sign(&'static str),
    End,
}

impl TokenKind {
    /// How a message names it.
    pub(super) fn describe(&self) -> String {
        match self {
            TokenKind::Ident(name) => format!("'{name}'"),
            TokenKind::Integer { digits, .. } => format!("'{digits}'"),
            TokenKind::Uint(value) => format!("'{value}u'"),
            TokenKind::Double(value) => format!("'{value}'"),
            TokenKind::String(_) => "a string".to_owned(),
            TokenKind::Bytes(_) => "bytes".to_owned(),
            TokenKind::Sign(sign) => format!("'{sign}'"),
            TokenKind::End => "'<EOF>'".to_owned(),
        }
    }

    /// The value of a literal that has no sign.
    pub(super) fn literal(&self) -> Option<Value> {
        match self {
            TokenKind::Uint(value) => Some(Value::Uint(*value)),
            TokenKind::Double(value) => Some(Value::Double(*value)),
            TokenKind::String(value) => Some(Value::String(value.clone())),
            TokenKind::Bytes(value) => Some(Value::Bytes(value.clone())),
            TokenKind::Ident(_) | TokenKind::Integer { .. } | TokenKind::Sign(_) | TokenKind::End => None,
        }
    }
}

/// A mistake in the text, and where it is.
pub(super) type Mistake = (usize, String);

/// The longest first.
const SIGNS: &[&str] = &[
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ".", ",", "(", ")", "[", "]",
    "{", "}",
];

pub(super) fn tokens(source: &str) -> Result<Vec<Token>, Mistake> {
    let mut lexer = Lexer { source, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip();
        let offset = lexer.at;
        let kind = lexer.token()?;
        let is_end = kind == TokenKind::End;
        tokens.push(Token { offset, kind });
        if is_end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.source.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    fn mistake<T>(&self, text: impl Into<String>) -> Result<T, Mistake> {
        Err((self.at.min(self.source.len()), format!("Syntax error: {}", text.into())))
    }

    /// White space and comments.
    fn skip(&mut self) {
        loop {
            match self.byte(0) {
                b' ' | b'\t' | b'\r' | b'\n' | 0x0c => self.at += 1,
                b'/' if self.byte(1) == b'/' => self.at += self.rest().find('\n').unwrap_or(self.rest().len()),
                _ => return,
            }
        }
    }

    fn token(&mut self) -> Result<TokenKind, Mistake> {
        let first = self.byte(0);
        if self.at >= self.source.len() {
            return Ok(TokenKind::End);
        }
        if first.is_ascii_digit() || first == b'.' && self.byte(1).is_ascii_digit() {
            return self.number();
        }
        if let Some(prefix) = self.text_prefix() {
            return self.text(prefix);
        }
        if first.is_ascii_alphabetic() || first == b'_' {
            let length = self.rest().bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
            let name = Arc::from(self.rest().get(..length).unwrap_or_default());
            self.at += length;
            return Ok(TokenKind::Ident(name));
        }
        if let Some(sign) = SIGNS.iter().find(|sign| self.rest().starts_with(**sign)) {
            self.at += sign.len();
            return Ok(TokenKind::Sign(sign));
        }
        let text = self.rest().chars().next().unwrap_or_default();
        self.mistake(format!("token recognition error at: '{text}'"))
    }

    fn number(&mut self) -> Result<TokenKind, Mistake> {
        let begin = self.at;
        if self.byte(0) == b'0' && matches!(self.byte(1), b'x' | b'X') && self.byte(2).is_ascii_hexdigit() {
            self.at += 2;
            let digits = self.digits(|byte| byte.is_ascii_hexdigit());
            return self.integer(begin, digits, 16);
        }
        let digits = self.digits(|byte| byte.is_ascii_digit());
        let mut is_double = false;
        if self.byte(0) == b'.' && self.byte(1).is_ascii_digit() {
            self.at += 1;
            self.digits(|byte| byte.is_ascii_digit());
            is_double = true;
        }
        let sign = usize::from(matches!(self.byte(1), b'+' | b'-'));
        if matches!(self.byte(0), b'e' | b'E') && self.byte(1 + sign).is_ascii_digit() {
            self.at += 1 + sign;
            self.digits(|byte| byte.is_ascii_digit());
            is_double = true;
        }
        if !is_double {
            return self.integer(begin, digits, 10);
        }
        match self.source.get(begin..self.at).unwrap_or_default().parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(TokenKind::Double(value)),
            _ => Err((begin, "invalid double literal".to_owned())),
        }
    }

    fn digits(&mut self, is_digit: impl Fn(&u8) -> bool) -> String {
        let length = self.rest().bytes().take_while(is_digit).count();
        let digits = self.rest().get(..length).unwrap_or_default().to_owned();
        self.at += length;
        digits
    }

    fn integer(&mut self, begin: usize, digits: String, radix: u32) -> Result<TokenKind, Mistake> {
        if !matches!(self.byte(0), b'u' | b'U') {
            return Ok(TokenKind::Integer { digits, radix });
        }
        self.at += 1;
        let value = u64::from_str_radix(&digits, radix);
        value.map(TokenKind::Uint).map_err(|_| (begin, "invalid uint literal".to_owned()))
    }

    /// How many bytes stand before the quote, whether it is raw and of bytes.
    fn text_prefix(&self) -> Option<Prefix> {
        let is_quote = |byte: u8| matches!(byte, b'"' | b'\'');
        let is_raw = |byte: u8| matches!(byte, b'r' | b'R');
        let is_bytes = |byte: u8| matches!(byte, b'b' | b'B');
        let [first, second, third] = [self.byte(0), self.byte(1), self.byte(2)];
        if is_quote(first) {
            Some(Prefix { length: 0, is_raw: false, is_bytes: false })
        } else if is_raw(first) && is_quote(second) {
            Some(Prefix { length: 1, is_raw: true, is_bytes: false })
        } else if is_bytes(first) && is_quote(second) {
            Some(Prefix { length: 1, is_raw: false, is_bytes: true })
        } else if is_bytes(first) && is_raw(second) && is_quote(third) {
            Some(Prefix { length: 2, is_raw: true, is_bytes: true })
        } else {
            None
        }
    }

    fn text(&mut self, prefix: Prefix) -> Result<TokenKind, Mistake> {
        let begin = self.at;
        self.at += prefix.length;
        let quote = char::from(self.byte(0));
        let triple = quote.to_string().repeat(3);
        let is_long = self.rest().starts_with(&triple);
        self.at += if is_long { 3 } else { 1 };
        let mut out = Text { text: String::new(), bytes: Vec::new(), is_bytes: prefix.is_bytes };
        loop {
            let rest = self.rest();
            let Some(next) = rest.chars().next() else {
                return Err((begin, "Syntax error: token recognition error: the text has no end".to_owned()));
            };
            if is_long && rest.starts_with(&triple) {
                self.at += 3;
                break;
            }
            if !is_long && next == quote {
                self.at += 1;
                break;
            }
            if !is_long && matches!(next, '\n' | '\r') {
                return Err((begin, "Syntax error: token recognition error: the text has no end".to_owned()));
            }
            if next == '\r' {
                self.at += if rest.starts_with("\r\n") { 2 } else { 1 };
                out.push('\n');
            } else if next == '\\' && prefix.is_raw {
                let following = rest.chars().nth(1);
                out.push('\\');
                self.at += 1;
                // A quote after a backslash does not end a raw text, and the backslash stays.
                if let Some(following) = following.filter(|following| !matches!(following, '\n' | '\r') || is_long) {
                    out.push(following);
                    self.at += following.len_utf8();
                }
            } else if next == '\\' {
                self.at += 1;
                self.escape(&mut out)?;
            } else {
                out.push(next);
                self.at += next.len_utf8();
            }
        }
        Ok(if prefix.is_bytes {
            TokenKind::Bytes(Arc::from(out.bytes))
        } else {
            TokenKind::String(Arc::from(out.text))
        })
    }

    fn escape(&mut self, out: &mut Text) -> Result<(), Mistake> {
        let letter = self.byte(0);
        let simple = match letter {
            b'a' => Some('\u{7}'),
            b'b' => Some('\u{8}'),
            b'f' => Some('\u{c}'),
            b'n' => Some('\n'),
            b'r' => Some('\r'),
            b't' => Some('\t'),
            b'v' => Some('\u{b}'),
            b'\\' | b'\'' | b'"' | b'`' | b'?' => Some(char::from(letter)),
            _ => None,
        };
        if let Some(simple) = simple {
            self.at += 1;
            out.push(simple);
            return Ok(());
        }
        let (skipped, length, radix) = match letter {
            b'x' | b'X' => (1, 2, 16),
            b'u' if !out.is_bytes => (1, 4, 16),
            b'U' if !out.is_bytes => (1, 8, 16),
            b'0'..=b'3' => (0, 3, 8),
            _ => return self.mistake("token recognition error: unable to unescape text"),
        };
        let digits = self.rest().get(skipped..skipped + length).unwrap_or_default();
        let is_well_formed = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
        let code = u32::from_str_radix(digits, radix).ok().filter(|_| is_well_formed);
        let Some(code) = code else { return self.mistake("token recognition error: unable to unescape text") };
        if out.is_bytes {
            out.bytes.extend(u8::try_from(code));
        } else if let Some(letter) = char::from_u32(code) {
            out.text.push(letter);
        } else {
            return self.mistake("token recognition error: unable to unescape text");
        }
        self.at += skipped + length;
        Ok(())
    }
}

struct Prefix {
    length: usize,
    is_raw: bool,
    is_bytes: bool,
}

struct Text {
    text: String,
    bytes: Vec<u8>,
    is_bytes: bool,
}

impl Text {
    fn push(&mut self, letter: char) {
        if self.is_bytes {
            self.bytes.extend(letter.encode_utf8(&mut [0; 4]).bytes());
        } else {
            self.text.push(letter);
        }
    }
}
