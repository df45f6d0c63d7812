//! The text of quoted scalars: escapes, and lines folded into one.

/// The text of `'…'`.
pub fn unquote_single(source: &str) -> String {
    let mut folding = Folding::new(source);
    while let Some(at) = memchr::memchr3(b'\'', b'\n', b'\r', folding.rest.as_bytes()) {
        folding.push_text(at);
        if folding.rest.as_bytes()[0] == b'\'' {
            folding.push_verbatim("'");
            folding.skip(if folding.rest.as_bytes().get(1) == Some(&b'\'') { 2 } else { 1 });
        } else {
            folding.fold();
        }
    }
    folding.push_text(folding.rest.len());
    folding.text
}

/// The text of `"…"`. What the parser has let through although it is no escape is kept as it is written;
/// half a surrogate pair, which JSON allows, becomes U+FFFD.
pub fn unquote_double(source: &str) -> String {
    let mut folding = Folding::new(source);
    while let Some(at) = memchr::memchr3(b'\\', b'\n', b'\r', folding.rest.as_bytes()) {
        folding.push_text(at);
        if folding.rest.as_bytes()[0] == b'\\' {
            folding.unescape();
        } else {
            folding.fold();
        }
    }
    folding.push_text(folding.rest.len());
    folding.text
}

struct Folding<'t> {
    rest: &'t str,
    text: String,
    /// White space before this length came from escapes and is not taken away before a line break.
    solid: usize,
}

impl<'t> Folding<'t> {
    fn new(source: &'t str) -> Self {
        let rest = source.get(1..source.len().saturating_sub(1)).unwrap_or("");
        Self { rest, text: String::with_capacity(rest.len()), solid: 0 }
    }

    fn push_text(&mut self, length: usize) {
        let (text, rest) = self.rest.split_at(length);
        self.text.push_str(text);
        self.rest = rest;
    }

    fn push_verbatim(&mut self, text: &str) {
        self.text.push_str(text);
        self.solid = self.text.len();
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or("");
    }

    /// At a line break: one becomes a space, each further one a line break.
    fn fold(&mut self) {
        let kept = self.text[self.solid..].trim_end_matches([' ', '\t']).len();
        self.text.truncate(self.solid + kept);
        match self.skip_breaks() {
            0 | 1 => self.text.push(' '),
            breaks => (1..breaks).for_each(|_| self.text.push('\n')),
        }
        self.solid = self.text.len();
    }

    /// Skips line breaks and the white space around them, and counts the breaks.
    fn skip_breaks(&mut self) -> usize {
        let mut breaks = 0;
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t']);
            let Some(length) = line_break(self.rest) else { return breaks };
            self.skip(length);
            breaks += 1;
        }
    }

    /// At a backslash.
    fn unescape(&mut self) {
        let Some(c) = self.rest[1..].chars().next() else {
            self.push_verbatim("\\");
            return self.skip(1);
        };
        let plain = match c {
            '0' => '\0',
            'a' => '\x07',
            'b' => '\x08',
            't' | '\t' => '\t',
            'n' => '\n',
            'v' => '\x0b',
            'f' => '\x0c',
            'r' => '\r',
            'e' => '\x1b',
            ' ' | '"' | '\'' | '/' | '\\' => c,
            'N' => '\u{85}',
            '_' => '\u{a0}',
            'L' => '\u{2028}',
            'P' => '\u{2029}',
            'x' => return self.code(2),
            'u' => return self.code(4),
            'U' => return self.code(8),
            '\n' | '\r' => return self.join_lines(),
            _ => {
                self.push_verbatim("\\");
                return self.skip(1);
            }
        };
        self.push_char(plain);
        self.skip(1 + c.len_utf8());
    }

    fn push_char(&mut self, c: char) {
        self.text.push(c);
        self.solid = self.text.len();
    }

    /// At a backslash before a line break: the break is not there. Empty lines after it are.
    fn join_lines(&mut self) {
        self.skip(1);
        self.solid = self.text.len();
        let breaks = self.skip_breaks();
        (1..breaks).for_each(|_| self.text.push('\n'));
        self.solid = self.text.len();
    }

    /// At a backslash, a letter and `digits` hexadecimal digits.
    fn code(&mut self, digits: usize) {
        let Some(high) = hexadecimal(self.rest, 2, digits) else {
            self.push_verbatim("\\");
            return self.skip(1);
        };
        self.skip(2 + digits);
        let mut code = high;
        if (0xD800..0xDC00).contains(&high)
            && self.rest.starts_with("\\u")
            && let Some(low) = hexadecimal(self.rest, 2, 4)
            && (0xDC00..0xE000).contains(&low)
        {
            code = 0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00);
            self.skip(6);
        }
        self.push_char(char::from_u32(code).unwrap_or('\u{FFFD}'));
    }
}

fn hexadecimal(text: &str, start: usize, length: usize) -> Option<u32> {
    let digits = text.get(start..start + length)?;
    if digits.starts_with('+') { None } else { u32::from_str_radix(digits, 16).ok() }
}

fn line_break(text: &str) -> Option<usize> {
    match text.as_bytes() {
        [b'\r', b'\n', ..] => Some(2),
        [b'\r' | b'\n', ..] => Some(1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_single_quotes() {
        let cases = [
            ("''", ""),
            ("'a'", "a"),
            ("'it''s'", "it's"),
            ("''''", "'"),
            ("'a\n  b'", "a b"),
            ("'a  \n\n  b'", "a\nb"),
            ("'a\r\n\r\n\r\n b'", "a\n\nb"),
            ("' a\n '", " a "),
            ("'\\n'", "\\n"),
            ("'ü\n ß'", "ü ß"),
        ];
        for (source, text) in cases {
            assert_eq!(unquote_single(source), text, "{source:?}");
        }
    }

    /// The examples of YAML 1.2.2, chapters 5.7 and 7.3.1, among others.
    #[test]
    fn reads_double_quotes() {
        let cases = [
            ("\"\"", ""),
            (r#""\" \a \b \e \f""#, "\" \x07 \x08 \x1b \x0c"),
            (r#""\n \r \t \v \0""#, "\n \r \t \x0b \0"),
            (r#""\  \_ \N \L \P \/ \\""#, "  \u{a0} \u{85} \u{2028} \u{2029} / \\"),
            (r#""\x41 \u0041 \U00000041""#, "A A A"),
            (r#""\uD834\uDD1E""#, "\u{1D11E}"),
            (r#""\uD834""#, "\u{FFFD}"),
            (r#""\uD834\u0041""#, "\u{FFFD}A"),
            (r#""\uDD1E\uD834""#, "\u{FFFD}\u{FFFD}"),
            (
                "\"folded \nto a space,\t\n \nto a line feed, or \t\\\n \\ \tnon-content\"",
                "folded to a space,\nto a line feed, or \t \tnon-content",
            ),
            ("\" 1st non-empty\n\n 2nd non-empty \n\t3rd non-empty \"", " 1st non-empty\n2nd non-empty 3rd non-empty "),
            ("\"a\\t \n b\"", "a\t b"),
            ("\"a\\\n\n b\"", "a\nb"),
        ];
        for (source, text) in cases {
            assert_eq!(unquote_double(source), text, "{source:?}");
        }
    }
}
