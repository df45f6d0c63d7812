//! Words and their cases. Source: `goutils` and `xstrings`, which Sprig uses.

use super::Answer;
use super::calls::{int, text};
use super::strings::is_space;
use crate::template::Machine;
use crate::text::{bytes, from_bytes};
use crate::value::Value;

/// The upper case of one character, if it is one character.
pub(super) fn to_upper(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// The lower case of one character, if it is one character.
pub(super) fn to_lower(c: char) -> char {
    match c {
        // Its lower case has two characters, the first of which is what Go takes.
        '\u{130}' => 'i',
        _ => {
            let mut lower = c.to_lowercase();
            match (lower.next(), lower.next()) {
                (Some(one), None) => one,
                _ => c,
            }
        }
    }
}

fn is_upper(c: char) -> bool {
    c.is_uppercase()
}

/// Every letter that follows what is no letter becomes a capital. Source: Go, `strings.Title`.
pub(super) fn title(_: &mut Machine, values: Vec<Value>) -> Answer {
    let mut before = ' ';
    let mut titled = String::new();
    for c in text(&values[0]).chars() {
        titled.push(if is_separator(before) { to_upper(c) } else { c });
        before = c;
    }
    Ok(Value::text(titled))
}

fn is_separator(c: char) -> bool {
    match c {
        _ if c.is_ascii() => !(c.is_ascii_alphanumeric() || c == '_'),
        _ if c.is_alphabetic() || c.is_numeric() => false,
        _ => is_space(c),
    }
}

pub(super) fn untitle(_: &mut Machine, values: Vec<Value>) -> Answer {
    let mut at_start = true;
    let mut out = String::new();
    for c in text(&values[0]).chars() {
        if is_space(c) {
            at_start = true;
            out.push(c);
        } else {
            out.push(if at_start { to_lower(c) } else { c });
            at_start = false;
        }
    }
    Ok(Value::text(out))
}

pub(super) fn swapcase(_: &mut Machine, values: Vec<Value>) -> Answer {
    let swap = |c: char| match c {
        _ if is_upper(c) => to_lower(c),
        _ if c.is_lowercase() => to_upper(c),
        _ => c,
    };
    Ok(Value::text(text(&values[0]).chars().map(swap).collect::<String>()))
}

/// Looks at bytes as if each were a character, as `goutils` does.
pub(super) fn nospace(_: &mut Machine, values: Vec<Value>) -> Answer {
    let text = text(&values[0]);
    let all = bytes(&text);
    let kept: Vec<char> = all.iter().map(|b| char::from(*b)).filter(|c| !is_space(*c)).collect();
    if kept.len() == all.len() {
        return Ok(values[0].clone());
    }
    Ok(Value::text(kept.into_iter().collect::<String>()))
}

/// Looks at bytes as if each were a character, as `goutils` does.
pub(super) fn initials(_: &mut Machine, values: Vec<Value>) -> Answer {
    let mut after_gap = true;
    let mut out = String::new();
    for c in bytes(&text(&values[0])).iter().map(|b| char::from(*b)) {
        if is_space(c) {
            after_gap = true;
        } else if after_gap {
            out.push(c);
            after_gap = false;
        }
    }
    Ok(Value::text(out))
}

fn is_connector(c: char) -> bool {
    c == '-' || c == '_' || is_space(c)
}

pub(super) fn camelcase(_: &mut Machine, values: Vec<Value>) -> Answer {
    let text = text(&values[0]);
    let start = text.find(|c| !is_connector(c)).unwrap_or(text.len());
    let (leading, rest) = text.split_at(start);
    let mut out = leading.to_owned();
    let mut chars = rest.chars();
    let Some(first) = chars.next() else { return Ok(Value::text(out)) };
    let mut first_was_upper = is_upper(first);
    let mut before = to_upper(first);
    for c in chars {
        let mut now = c;
        if is_connector(now) && is_connector(before) {
            out.push(before);
            before = now;
            continue;
        }
        if is_connector(before) {
            first_was_upper = is_upper(now);
            now = to_upper(now);
        } else {
            if first_was_upper {
                if is_upper(now) {
                    now = to_lower(now);
                } else {
                    first_was_upper = false;
                }
            }
            out.push(before);
        }
        before = now;
    }
    out.push(before);
    Ok(Value::text(out))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    None,
    Number,
    Upper,
    Letters,
    Connector,
    Punctuation,
    Other,
}

fn is_punctuation(c: char) -> bool {
    match c {
        '$' | '+' | '<' | '=' | '>' | '^' | '`' | '|' | '~' => false,
        _ if c.is_ascii() => c.is_ascii_punctuation(),
        '\u{A1}' | '\u{A7}' | '\u{AB}' | '\u{B6}' | '\u{B7}' | '\u{BB}' | '\u{BF}' => true,
        '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205E}' | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' => true,
        _ => false,
    }
}

/// The next word, and what follows it.
fn next_word(text: &str) -> (Word, &str, &str) {
    let Some(first) = text.chars().next() else { return (Word::None, "", "") };
    let run = |start: usize, holds: &dyn Fn(char) -> bool| {
        let rest = &text[start..];
        start + rest.find(|c| !holds(c)).unwrap_or(rest.len())
    };
    let size = first.len_utf8();
    let is_lower_letter = |c: char| c.is_alphabetic() && !is_upper(c);
    let (word, end) = match first {
        _ if is_connector(first) => (Word::Connector, run(size, &is_connector)),
        _ if is_punctuation(first) => (Word::Punctuation, run(size, &is_punctuation)),
        _ if is_upper(first) => (Word::Upper, upper_end(text, size)),
        _ if first.is_alphabetic() => (Word::Letters, run(size, &is_lower_letter)),
        _ if first.is_numeric() => (Word::Number, run(size, &char::is_numeric)),
        _ => {
            let is_other = |c: char| !(is_connector(c) || c.is_alphabetic() || c.is_numeric() || is_punctuation(c));
            (Word::Other, run(size, &is_other))
        }
    };
    (word, &text[..end], &text[end..])
}

/// Where a word that begins with a capital ends: `HTTPStatus` is `HTTP` and `Status`.
fn upper_end(text: &str, size: usize) -> usize {
    let rest = &text[size..];
    let is_lower_letter = |c: char| c.is_alphabetic() && !is_upper(c);
    match rest.chars().next() {
        Some(c) if is_upper(c) => {
            let end = size + rest.find(|c| !is_upper(c)).unwrap_or(rest.len());
            let last = text[..end].chars().next_back().map_or(0, char::len_utf8);
            if text[end..].chars().next().is_some_and(char::is_alphabetic) { end - last } else { end }
        }
        Some(c) if c.is_alphabetic() => size + rest.find(|c| !is_lower_letter(c)).unwrap_or(rest.len()),
        _ => size,
    }
}

fn push_lower(out: &mut String, word: Word, text: &str, connector: char) {
    if !matches!(word, Word::Upper | Word::Connector) {
        out.push_str(text);
        return;
    }
    out.extend(text.chars().map(|c| if is_connector(c) { connector } else { to_lower(c) }));
}

fn lower_words(text: &str, connector: char) -> String {
    let mut out = String::new();
    let (mut kind, mut word, mut rest) = next_word(text);
    while !rest.is_empty() {
        if kind != Word::Connector {
            push_lower(&mut out, kind, word, connector);
        }
        let (before, last) = (kind, word);
        (kind, word, rest) = next_word(rest);
        match before {
            Word::Number => {
                while matches!(kind, Word::Letters | Word::Number) {
                    push_lower(&mut out, kind, word, connector);
                    (kind, word, rest) = next_word(rest);
                }
                if !matches!(kind, Word::None | Word::Punctuation | Word::Connector) {
                    out.push(connector);
                }
            }
            Word::Connector => push_lower(&mut out, before, last, connector),
            Word::Punctuation => {}
            _ if kind != Word::Number => {
                if !matches!(kind, Word::Connector | Word::Punctuation) {
                    out.push(connector);
                }
            }
            _ if rest.is_empty() => {}
            _ => {
                let number = word;
                (kind, word, rest) = next_word(rest);
                if kind != Word::Letters {
                    push_lower(&mut out, Word::Number, number, connector);
                    if !matches!(kind, Word::Connector | Word::Punctuation) {
                        out.push(connector);
                    }
                    continue;
                }
                out.push(connector);
                push_lower(&mut out, Word::Number, number, connector);
                while matches!(kind, Word::Letters | Word::Number) {
                    push_lower(&mut out, kind, word, connector);
                    (kind, word, rest) = next_word(rest);
                }
                if !matches!(kind, Word::None | Word::Connector | Word::Punctuation) {
                    out.push(connector);
                }
            }
        }
    }
    push_lower(&mut out, kind, word, connector);
    out
}

pub(super) fn snakecase(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::text(lower_words(&text(&values[0]), '_')))
}

pub(super) fn kebabcase(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::text(lower_words(&text(&values[0]), '-')))
}

/// Whether words that are longer than a line are broken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LongWords {
    Keep,
    Break,
}

fn wrapped(text: &str, width: i64, separator: &str, long: LongWords) -> String {
    let all = bytes(text);
    let width = usize::try_from(width).unwrap_or(1).max(1);
    let separator = if separator.is_empty() { "\n" } else { separator };
    let part = |start: usize, end: usize| from_bytes(&all[start..end]).into_owned();
    let (mut out, mut at) = (String::new(), 0);
    while all.len() - at > width {
        if all[at] == b' ' {
            at += 1;
            continue;
        }
        let end = at + width;
        let found = memchr::memrchr(b' ', &all[at..(end + 1).min(all.len())]);
        match found {
            Some(space) => {
                out.push_str(&part(at, at + space));
                at += space + 1;
            }
            None if long == LongWords::Break => {
                out.push_str(&part(at, end));
                at = end;
            }
            None => match memchr::memchr(b' ', &all[end..]) {
                Some(space) => {
                    out.push_str(&part(at, end + space));
                    at = end + space + 1;
                }
                None => {
                    out.push_str(&part(at, all.len()));
                    return out;
                }
            },
        }
        out.push_str(separator);
    }
    out.push_str(&part(at, all.len()));
    out
}

pub(super) fn wrap(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let text = text(&values[1]);
    machine.check_size(text.len() * 2)?;
    Ok(Value::text(wrapped(&text, int(&values[0]), "", LongWords::Keep)))
}

pub(super) fn wrap_with(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let (separator, text) = (text(&values[1]), text(&values[2]));
    machine.check_size(text.len().saturating_mul(separator.len().max(1) + 1))?;
    Ok(Value::text(wrapped(&text, int(&values[0]), &separator, LongWords::Break)))
}
