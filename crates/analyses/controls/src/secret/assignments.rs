//! Names and values in the files that people keep in one field: YAML, JSON, properties, INI, environment files.
//!
//! A tolerant reader of lines, not a parser: it looks at every `:` and `=` that has a name before it at the start
//! of its line or of a JSON member, in one pass, and takes what follows as the value.

use std::ops::Range;

use super::detector::{self, Certainty};

/// How long names and values may be.
const LONGEST_NAME: usize = 128;
const LONGEST_VALUE: usize = 1024;

/// A name and where its value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Assignment<'t> {
    /// The name, without quotes.
    pub(super) name: &'t str,
    /// The value, without quotes; empty if nothing follows on the line.
    pub(super) value: Range<usize>,
    /// Whether the value is in quotes.
    pub(super) quoted: bool,
    /// `=`, and not `:`.
    is_equation: bool,
}

/// Which lines are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comments {
    /// Only what is in force.
    Skip,
    /// What is commented out as well.
    Read,
}

/// Which names are asked for.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    /// A quick look at the text that ends with the name; most are turned away here.
    pub(super) may_end: fn(&[u8]) -> bool,
    /// Whether it is one of them.
    pub(super) is: fn(&str) -> bool,
}

const SENSITIVE: Wanted = Wanted { may_end: detector::may_be_sensitive_name, is: detector::is_sensitive_name };

/// All assignments whose name is `wanted`, in order.
pub(super) fn read(text: &str, comments: Comments, wanted: Wanted) -> impl Iterator<Item = Assignment<'_>> {
    let bytes = text.as_bytes();
    memchr::memchr2_iter(b':', b'=', bytes)
        .filter_map(move |at| Some((at, name_end(bytes, at, wanted.may_end)?)))
        .filter_map(move |(at, end)| assignment(text, at, end, comments, wanted.is))
}

/// Values under sensitive names that are not harmless.
pub(super) fn sensitive(text: &str, comments: Comments) -> impl Iterator<Item = (Assignment<'_>, Certainty)> {
    read(text, comments, SENSITIVE).filter_map(move |assignment| {
        let value = &text[assignment.value.clone()];
        let certainty = detector::judge(assignment.name, value)?;
        is_literal(&assignment, value).then_some((assignment, certainty))
    })
}

fn assignment(
    text: &str,
    at: usize,
    end: NameEnd,
    comments: Comments,
    wanted: fn(&str) -> bool,
) -> Option<Assignment<'_>> {
    let bytes = text.as_bytes();
    let name = name_before(bytes, end)?;
    if !wanted(&text[name.inner.clone()]) {
        return None;
    }
    let opening = opening(bytes, &name)?;
    if opening == Opening::Comment && comments == Comments::Skip {
        return None;
    }
    let is_equation = bytes[at] == b'=';
    let next = bytes.get(at + 1).copied().unwrap_or(b'\n');
    let follows = match is_equation {
        true => !matches!(next, b'=' | b'>' | b'~'),
        false => next.is_ascii_whitespace() || name.quoted,
    };
    if !follows {
        return None;
    }
    let (value, quoted) = value_after(text, at + 1, opening)?;
    Some(Assignment { name: &text[name.inner], value, quoted, is_equation })
}

struct Name {
    inner: Range<usize>,
    /// Where the name begins, quotes included.
    start: usize,
    quoted: bool,
}

#[derive(Clone, Copy)]
struct NameEnd {
    end: usize,
    quote: Option<u8>,
    /// `\"`: JSON in a text of JSON.
    escaped: bool,
}

/// Where the name before the `:` or `=` at `at` ends.
fn name_end(bytes: &[u8], at: usize, may_end: fn(&[u8]) -> bool) -> Option<NameEnd> {
    let mut end = at;
    while end > 0 && matches!(bytes[end - 1], b' ' | b'\t') && at - end < 16 {
        end -= 1;
    }
    let quote = bytes[..end].last().copied().filter(|byte| matches!(byte, b'"' | b'\''));
    end -= usize::from(quote.is_some());
    let escaped = quote.is_some() && bytes[..end].last() == Some(&b'\\');
    end -= usize::from(escaped);
    may_end(&bytes[..end]).then_some(NameEnd { end, quote, escaped })
}

fn name_before(bytes: &[u8], end: NameEnd) -> Option<Name> {
    let NameEnd { end, quote, escaped } = end;
    let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'/');
    let length = bytes[..end].iter().rev().take(LONGEST_NAME + 1).take_while(is_name).count();
    if length == 0 || length > LONGEST_NAME {
        return None;
    }
    let inner = end - length..end;
    let mut start = inner.start;
    if let Some(quote) = quote {
        start = start.checked_sub(1).filter(|&at| bytes[at] == quote)?;
        if escaped {
            start = start.checked_sub(1).filter(|&at| bytes[at] == b'\\')?;
        }
    }
    Some(Name { inner, start, quoted: quote.is_some() })
}

/// What stands before a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opening {
    Line,
    Comment,
    /// `{` or `,`: the value ends with the member.
    Member,
}

fn opening(bytes: &[u8], name: &Name) -> Option<Opening> {
    let before = trim_blank(&bytes[..name.start]);
    let Some(&last) = before.last() else { return Some(Opening::Line) };
    match last {
        b'\n' | b'\r' => Some(Opening::Line),
        b'{' => Some(Opening::Member),
        b',' | b'[' if name.quoted => Some(Opening::Member),
        b',' => {
            let line = &before[before.len().saturating_sub(256)..];
            let line = &line[memchr::memrchr(b'\n', line).map_or(0, |at| at + 1)..];
            line.contains(&b'{').then_some(Opening::Member)
        }
        b'-' => opens_line(&before[..before.len() - 1]).then_some(Opening::Line),
        b'#' | b';' => {
            let marks = before.iter().rev().take(8).take_while(|byte| matches!(byte, b'#' | b';')).count();
            opens_line(&before[..before.len() - marks]).then_some(Opening::Comment)
        }
        b'/' => opens_line(before.strip_suffix(b"//")?).then_some(Opening::Comment),
        _ => {
            let keyword = [&b"export"[..], b"set", b"SET", b"ENV", b"ARG", b"Environment="];
            keyword
                .iter()
                .find_map(|word| before.strip_suffix(*word))
                .filter(|rest| opens_line(rest))
                .map(|_| Opening::Line)
        }
    }
}

fn trim_blank(bytes: &[u8]) -> &[u8] {
    let blank = bytes.iter().rev().take(256).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    &bytes[..bytes.len() - blank]
}

fn opens_line(before: &[u8]) -> bool {
    trim_blank(before).last().is_none_or(|&byte| byte == b'\n')
}

fn value_after(text: &str, from: usize, opening: Opening) -> Option<(Range<usize>, bool)> {
    let bytes = text.as_bytes();
    let blank = bytes[from..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let start = from + blank;
    let rest = &bytes[start..bytes.len().min(start + LONGEST_VALUE)];
    let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
    for quote in [&b"\\\""[..], b"\"", b"'"] {
        if let Some(inner) = line.strip_prefix(quote) {
            let length = closing(inner, quote)?;
            let start = start + quote.len();
            return Some((start..start + length, true));
        }
    }
    let is_block = matches!(line.first(), Some(b'|' | b'>'))
        && line[1..].iter().all(|byte| matches!(byte, b'+' | b'-' | b'0'..=b'9' | b'\r' | b' '));
    if is_block {
        return Some((next_line(bytes, start + line.len()), false));
    }
    let mut end = line.len();
    if opening == Opening::Member {
        end = line.iter().position(|byte| matches!(byte, b',' | b'}' | b']')).unwrap_or(end);
    }
    if let Some(comment) = line[..end].windows(2).position(|pair| matches!(pair, b" #" | b"\t#")) {
        end = comment;
    }
    let end = start + line[..end].trim_ascii_end().len();
    let end = start
        + bytes[start..end]
            .strip_suffix(b",")
            .or(bytes[start..end].strip_suffix(b";"))
            .map_or(end - start, <[u8]>::len);
    text.get(start..end).map(|_| (start..end, false))
}

/// The first line of a block of YAML.
fn next_line(bytes: &[u8], newline: usize) -> Range<usize> {
    let from = (newline + 1).min(bytes.len());
    let rest = &bytes[from..bytes.len().min(from + LONGEST_VALUE)];
    let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
    let start = from + (line.len() - line.trim_ascii_start().len());
    start..(start + line.trim_ascii().len())
}

fn closing(inner: &[u8], quote: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < inner.len() {
        if inner[at..].starts_with(quote) {
            return Some(at);
        }
        at += if inner[at] == b'\\' { 2 } else { 1 };
    }
    None
}

/// Whether the value is written out, and not a name in a program, a translation or a nested structure.
fn is_literal(assignment: &Assignment<'_>, value: &str) -> bool {
    let same = value.eq_ignore_ascii_case(assignment.name.rsplit('.').next().unwrap_or(assignment.name));
    if assignment.quoted {
        let is_prose = value.contains(' ') && value.split(' ').all(|word| word.chars().all(|c| !c.is_ascii_digit()));
        let is_title = same && value.starts_with(|c: char| c.is_ascii_uppercase());
        return !is_prose && !is_title;
    }
    let is_structure = value.starts_with(['{', '[', '*', '&', '!', '(', '`', '"', '\'', '<', '|', '>']);
    let is_code = value.contains(['(', ')', '[']) || value.contains(char::is_whitespace);
    let is_attribute = assignment.is_equation
        && value.contains('.')
        && value.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'.' | b'_'));
    !is_structure && !is_code && !is_attribute && !same
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        sensitive(text, Comments::Skip).map(|(assignment, _)| &text[assignment.value]).collect()
    }

    #[test]
    fn reads_every_kind_of_file() {
        for text in [
            "password: hunter2",
            "password: hunter2\r\nother: x\r\n",
            "db:\n  password: 'hunter2' # the old one\n",
            "- password: \"hunter2\"\n",
            "{\"user\": \"a\", \"password\": \"hunter2\", \"port\": 1}",
            "{\"password\":\"hunter2\"}",
            "{\\\"password\\\":\\\"hunter2\\\"}",
            "{user: a, password: hunter2}",
            "db.password=hunter2\n",
            "[db]\npassword = hunter2\n",
            "export DB_PASSWORD=hunter2\n",
            "DB_PASSWORD=\"hunter2\"\n",
            "password: |\n  hunter2\n",
            "password = \"hunter2\";\n",
        ] {
            assert_eq!(found(text), ["hunter2"], "{text}");
        }
    }

    #[test]
    fn leaves_out_what_is_not_a_value() {
        for text in [
            "password:\n  type: string\n",
            "password: {\n",
            "token: *anchor\n",
            "token: ${TOKEN}\n",
            "token: {{ .Values.token }}\n",
            "token = os.environ[\"TOKEN\"]\n",
            "TOKEN=$(cat /var/run/token)\n",
            "TOKEN=\"$(cat /var/run/token)\"\n",
            "password = self.password\n",
            "password=password\n",
            "\"password\": \"Password\"\n",
            "\"password\": \"Mot de passe\"\n",
            "if password == other\n",
            "the token: abc is a word in a sentence\n",
            "# password: hunter2\n",
            "; password = hunter2\n",
            "password_policy: strong-12\n",
            "token_endpoint: https://login.example.com/token\n",
            "passwordFile: /etc/secret\n",
            "https://a.b/token:8080\n",
            "auth: ldap\n",
            "password:",
            "token: \"unclosed\n",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn comments_are_read_where_they_are_wanted() {
        let text = "# password: hunter2\n  // token: hunter3\n";
        let values: Vec<&str> =
            sensitive(text, Comments::Read).map(|(assignment, _)| &text[assignment.value]).collect();
        assert_eq!(values, ["hunter2", "hunter3"]);
    }

    #[test]
    fn survives_any_text() {
        for text in
            ["=", ":", "a=", "\"=", "\\\"=", "é:é", "tokené=é", "token=é\n", "token:\té ", "token: \"\\", "token: |"]
        {
            assert!(read(text, Comments::Read, Wanted { may_end: |_| true, is: |_| true }).count() <= 1, "{text}");
        }
    }
}
