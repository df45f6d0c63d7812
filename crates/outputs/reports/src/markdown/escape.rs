//! Text from files as Markdown that shows it and does nothing else: no markup, no HTML, no links, no mentions, no
//! references, no commands of the code host.
//!
//! Code hosts look for `@user`, `#1` and addresses in the text after Markdown was read, where a backslash or an entity
//! before it no longer helps; in code they do not look. So whatever is not plainly harmless becomes code.

use std::borrow::Cow;

use crate::text::terminal::sanitize;

/// The longest name and the longest sentence that are shown, in characters.
const LONGEST_NAME: usize = 240;
const LONGEST_SENTENCE: usize = 600;

/// `text` as code: one line, in a table as well as outside.
pub(super) fn code(text: &str) -> String {
    let text = shown(text, LONGEST_NAME);
    if text.is_empty() {
        return String::new();
    }
    // A code span cannot hold its own mark, and in a table neither `|` nor a backslash before it.
    let is_plain = !text.contains(['`', '|', '\\']) && !text.starts_with(' ') && !text.ends_with(' ');
    if is_plain { format!("`{text}`") } else { format!("<code>{}</code>", entities(&text)) }
}

/// A sentence whose parts between backticks are code, and whose other parts are prose.
pub(crate) fn prose(text: &str) -> String {
    woven(&shown(text, LONGEST_SENTENCE))
}

/// The same for a text of our own, however long it is.
pub(super) fn woven(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for (number, part) in text.split('`').enumerate() {
        let is_code = number % 2 == 1;
        if part.is_empty() {
            continue;
        }
        if !is_code && is_harmless(part) {
            out.push_str(part);
            continue;
        }
        // Two code spans that touch are one.
        if out.ends_with(['`', '>']) {
            out.push(' ');
        }
        let (start, end) = (part.len() - part.trim_start().len(), part.trim_end().len());
        if start >= end {
            out.push(' ');
            continue;
        }
        out.push_str(if start > 0 { " " } else { "" });
        out.push_str(&code(&part[start..end]));
        out.push_str(if end < part.len() { " " } else { "" });
    }
    out
}

/// Whether no reader of Markdown, and no code host, makes anything of it.
fn is_harmless(text: &str) -> bool {
    let plain = |c: char| match c {
        ' ' | ',' | '.' | ';' | ':' | '\'' | '"' | '(' | ')' | '/' | '-' | '=' | '?' => true,
        '…' | '–' | '—' | '’' | '‘' | '“' | '”' => true,
        _ => c.is_alphanumeric(),
    };
    let is_web = |bytes: &[u8]| bytes.eq_ignore_ascii_case(b"www.");
    text.chars().all(plain) && !text.contains("://") && !text.as_bytes().windows(4).any(is_web)
}

/// `text` with an entity for every sign that could have a meaning.
fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for c in text.chars() {
        if c == '@' {
            // GitHub's parser looks for addresses of mail in what entities stand for as well; a comment divides them.
            out.push_str("&#64;<!-- -->");
        } else if c.is_ascii_punctuation() || c == ' ' {
            out.push_str(&format!("&#{};", c as u32));
        } else {
            out.push(c);
        }
    }
    out
}

/// `text` in one line, without anything that is not seen, and cut.
fn shown(text: &str, longest: usize) -> Cow<'_, str> {
    let is_plain = |byte: u8| (b' '..0x7f).contains(&byte);
    if text.len() <= longest && text.bytes().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut text = sanitize(text);
    if let Some((end, _)) = text.char_indices().nth(longest) {
        text.truncate(end);
        text.push('…');
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_harmless_stays_readable() {
        let text = "Container `api` runs privileged: code in it owns the node";
        assert_eq!(prose(text), text);
        assert_eq!(code("spec.containers[0].image"), "`spec.containers[0].image`");
    }

    #[test]
    fn what_is_not_becomes_code() {
        assert_eq!(prose("by @root see #1"), "`by @root see #1`");
        assert_eq!(prose("<b>x</b> `y`"), "`<b>x</b>` `y`");
        assert_eq!(prose("a\n/close"), "`a␊/close`");
        assert_eq!(code("a@b.co|"), "<code>a&#64;<!-- -->b&#46;co&#124;</code>");
        assert_eq!(code("a|b`"), "<code>a&#124;b&#96;</code>");
    }
}
