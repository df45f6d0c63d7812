//! Patterns of `.Files.Glob`: `*` and `?` stop at `/`, `**` does not; `[a-z]`, `[!abc]`, `{a,b}`.
//! Source: `gobwas/glob`.

use regex::{Regex, RegexBuilder};

/// The pattern as a regular expression; what is no pattern takes everything, as in Helm.
pub(super) fn compile(pattern: &str) -> Option<Regex> {
    let translated = translate(pattern).unwrap_or_else(|| ".*".to_owned());
    let whole = format!("^(?:{translated})$");
    RegexBuilder::new(&whole).dot_matches_new_line(true).size_limit(4 << 20).build().ok()
}

fn translate(pattern: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = pattern.chars().peekable();
    let mut braces = 0;
    while let Some(c) = chars.next() {
        match c {
            '*' => {
                let mut is_super = false;
                while chars.next_if_eq(&'*').is_some() {
                    is_super = true;
                }
                out.push_str(if is_super { ".*" } else { "[^/]*" });
            }
            '?' => out.push_str("[^/]"),
            '[' => out.push_str(&class(&mut chars)?),
            '{' => {
                braces += 1;
                out.push_str("(?:");
            }
            '}' if braces > 0 => {
                braces -= 1;
                out.push(')');
            }
            ',' if braces > 0 => out.push('|'),
            '\\' => out.push_str(&regex::escape(&chars.next()?.to_string())),
            _ => out.push_str(&regex::escape(&c.to_string())),
        }
    }
    (braces == 0).then_some(out)
}

fn class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    let is_negated = chars.next_if_eq(&'!').is_some();
    let mut inner = String::new();
    loop {
        match chars.next()? {
            ']' => break,
            '-' if !inner.is_empty() => inner.push('-'),
            '\\' => inner.push_str(&regex::escape(&chars.next()?.to_string())),
            c => inner.push_str(&regex::escape(&c.to_string())),
        }
    }
    if inner.is_empty() {
        return None;
    }
    Some(format!("[{}{inner}]", if is_negated { "^" } else { "" }))
}
