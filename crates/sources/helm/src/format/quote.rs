//! Go's quoted strings.

use std::fmt::Write as _;

use crate::text::byte_of;

/// As `strconv.Quote` writes it.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        push_quoted(c, '"', &mut out);
    }
    out.push('"');
    out
}

/// As `strconv.QuoteToASCII` writes it.
pub(crate) fn quoted_ascii(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            _ if c.is_ascii() || byte_of(c).is_some() => push_quoted(c, '"', &mut out),
            _ => push_code(c, &mut out),
        }
    }
    out.push('"');
    out
}

/// One character, as it stands between such quotes.
pub(crate) fn push_quoted(c: char, quote: char, out: &mut String) {
    if let Some(byte) = byte_of(c) {
        let _ = write!(out, "\\x{byte:02x}");
        return;
    }
    match c {
        '\\' => out.push_str("\\\\"),
        _ if c == quote => {
            out.push('\\');
            out.push(c);
        }
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0C' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0B' => out.push_str("\\v"),
        _ if is_printable(c) => out.push(c),
        _ => push_code(c, out),
    }
}

fn push_code(c: char, out: &mut String) {
    let code = c as u32;
    let _ = match code {
        0..0x20 | 0x7F => write!(out, "\\x{code:02x}"),
        0..=0xFFFF => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
}

/// Whether Go prints the character as it is: letters, marks, numbers, punctuation, symbols, and the ASCII space.
pub(crate) fn is_printable(c: char) -> bool {
    match c {
        ' '..='~' => true,
        '\0'..='\u{9F}' | '\u{AD}' => false,
        // The separators and the spaces that are wider than a space.
        '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200F}' | '\u{2028}'..='\u{202F}' | '\u{205F}'..='\u{206F}' => false,
        '\u{3000}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E000}'..='\u{F8FF}' => false,
        '\u{FFFE}' | '\u{FFFF}' | '\u{E0000}'.. => false,
        _ => !matches!(c.escape_debug().next(), Some('\\')) || is_mark(c),
    }
}

/// Combining marks, which Rust escapes where they stand alone and Go does not.
fn is_mark(c: char) -> bool {
    // A mark after a letter is written as it is.
    let mut pair = String::from("a");
    pair.push(c);
    !pair.escape_debug().any(|c| c == '\\')
}
