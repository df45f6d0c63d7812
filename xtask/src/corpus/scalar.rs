//! Quoting: the text of one string in YAML and JSON.

use std::fmt::Write;

/// What a style does with a string that needs no quotes; one that needs them gets them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quotes {
    Plain,
    Single,
    Double,
}

pub(crate) fn push(text: &mut String, value: &str, quotes: Quotes) {
    match quotes {
        Quotes::Plain if is_plain(value) => text.push_str(value),
        Quotes::Single if !value.contains(char::is_control) => {
            text.push('\'');
            for (index, part) in value.split('\'').enumerate() {
                text.push_str(if index > 0 { "''" } else { "" });
                text.push_str(part);
            }
            text.push('\'');
        }
        Quotes::Plain | Quotes::Single | Quotes::Double => push_json(text, value),
    }
}

/// Inside `[…]` and `{…}`, where commas and brackets end a plain string.
pub(crate) fn push_flow(text: &mut String, value: &str) {
    let simple = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if value.len() > 1 && value.bytes().all(simple) && is_plain(value) {
        text.push_str(value);
    } else {
        push_json(text, value);
    }
}

/// JSON's strings are also YAML's double-quoted strings.
pub(crate) fn push_json(text: &mut String, value: &str) {
    text.push('"');
    let mut start = 0;
    for (index, byte) in value.bytes().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' {
            continue;
        }
        text.push_str(&value[start..index]);
        match byte {
            b'"' => text.push_str("\\\""),
            b'\\' => text.push_str("\\\\"),
            b'\n' => text.push_str("\\n"),
            b'\t' => text.push_str("\\t"),
            _ => write!(text, "\\u{byte:04x}").expect("writing to a string cannot fail"),
        }
        start = index + 1;
    }
    text.push_str(&value[start..]);
    text.push('"');
}

/// Whether YAML reads these characters, without quotes, as this very string. Careful rather than complete.
fn is_plain(value: &str) -> bool {
    let bytes = value.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    let harmless = |byte: &u8| byte.is_ascii_alphanumeric() || b" _-./:@=,()+%*$".contains(byte);
    if !bytes.iter().all(harmless) || matches!(last, b':' | b' ') || value.contains(": ") {
        return false;
    }
    match first {
        b'/' => true,
        b'0'..=b'9' => is_quantity(bytes) || value.contains('/'),
        b'a'..=b'z' | b'A'..=b'Z' => !is_word_of_yaml(value),
        _ => false,
    }
}

/// `500m`, `128Mi`, `10s`, `25%`: digits and a unit that no number or date of YAML has.
fn is_quantity(bytes: &[u8]) -> bool {
    let unit = bytes.iter().position(|byte| !byte.is_ascii_digit()).map_or(&[][..], |index| &bytes[index..]);
    matches!(unit, b"m" | b"Ki" | b"Mi" | b"Gi" | b"Ti" | b"s" | b"h" | b"%")
}

fn is_word_of_yaml(value: &str) -> bool {
    const WORDS: &[&str] = &["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    value.len() < 6 && WORDS.iter().any(|word| word.eq_ignore_ascii_case(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, quotes: Quotes, expected: &str) {
        let mut text = String::new();
        push(&mut text, value, quotes);
        assert_eq!(text, expected);
    }

    #[test]
    fn quotes_what_yaml_would_read_as_something_else() {
        for value in ["", "true", "No", "80", "1e3", "0x1f", "12:30", "2024-01-01", "a: b", "a:", "*", "- a", "a\nb"] {
            let mut quoted = String::new();
            push_json(&mut quoted, value);
            check(value, Quotes::Plain, &quoted);
        }
    }

    #[test]
    fn leaves_ordinary_names_plain() {
        for value in ["nginx:1.27", "500m", "128Mi", "10.0.0.0/8", "/var/run", "cpu", "app.kubernetes.io/name"] {
            check(value, Quotes::Plain, value);
        }
    }

    #[test]
    fn escapes_quotes() {
        check("it's", Quotes::Single, "'it''s'");
        check("a\"b\\c\n", Quotes::Double, r#""a\"b\\c\n""#);
        check("a\nb", Quotes::Single, r#""a\nb""#);
    }
}
