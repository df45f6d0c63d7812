//! Annotations that a check forbids, and how Go quotes their values.

use std::collections::BTreeSet;

use model::document::Value;
use model::pod::Pod;

use super::wording::text_of;

/// The annotations of the pod whose key and value are `wrong`, as `key="value"`, sorted by that text.
pub(super) fn wrong_annotations(pod: &Pod<'_>, wrong: impl Fn(&str, &str) -> bool) -> BTreeSet<String> {
    let Some(annotations) = pod.metadata.and_then(|metadata| metadata.get("annotations")) else {
        return BTreeSet::new();
    };
    let entries = annotations.entries().filter_map(|(name, value)| {
        let (key, text) = (name.text(), text_of(Some(value)));
        let is_wrong = wrong(&key, &text) && is_last(annotations, name, &key);
        is_wrong.then(|| format!("{key}={}", quote(&text)))
    });
    entries.collect()
}

/// Of a key that stands twice, the API server sees the last one.
fn is_last(annotations: Value<'_>, name: Value<'_>, key: &str) -> bool {
    let last = annotations.entries().filter(|(other, _)| other.is_key(key)).last();
    last.is_some_and(|(last, _)| last.id() == name.id())
}

/// The text as Go's `%q` writes it.
fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\x07' => quoted.push_str("\\a"),
            '\x08' => quoted.push_str("\\b"),
            '\x0C' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\x0B' => quoted.push_str("\\v"),
            '\0'..='\x1F' | '\x7F' => quoted.push_str(&format!("\\x{:02x}", u32::from(c))),
            _ if is_printable(c) => quoted.push(c),
            '\u{80}'..='\u{FFFF}' => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => quoted.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    quoted.push('"');
    quoted
}

/// Letters, marks, numbers, punctuation, symbols, and of the spaces the ordinary one. Rust's `Debug` draws the same
/// line, by a newer edition of Unicode; a mark is escaped there at the start of a text only, hence the letter.
fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~') || String::from_iter(['a', c]).escape_debug().count() == 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_as_go_does() {
        let cases = [
            ("", r#""""#),
            ("say \"x\"", r#""say \"x\"""#),
            ("back\\slash 'y'", r#""back\\slash 'y'""#),
            ("\x07\x08\x0C\n\r\t\x0B", r#""\a\b\f\n\r\t\v""#),
            ("\0\x01\x1F\x7F", r#""\x00\x01\x1f\x7f""#),
            ("\u{80}\u{85}\u{A0}\u{AD}", r#""\u0080\u0085\u00a0\u00ad""#),
            ("\u{200B}\u{2028}\u{3000}\u{FEFF}\u{E000}", r#""\u200b\u2028\u3000\ufeff\ue000""#),
            ("é<&>😀\u{301}\u{FFFD}", "\"é<&>😀\u{301}\u{FFFD}\""),
            ("\u{301}", "\"\u{301}\""),
            ("\u{10FFFF}\u{E0001}", r#""\U0010ffff\U000e0001""#),
        ];
        for (text, expected) in cases {
            assert_eq!(quote(text), expected);
        }
    }
}
