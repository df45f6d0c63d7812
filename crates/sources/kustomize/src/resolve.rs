//! What a scalar means: to kustomize's own YAML reader (1.2, with the octal numbers of 1.1), and to the one that writes
//! its output (1.1). Sources: `go.yaml.in/yaml/v3` and `v2`.

use crate::node::{Data, Node, Tag};
use crate::number;

/// A value as JSON has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json<'n> {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(std::borrow::Cow<'n, str>),
}

/// Unquoted text, resolved.
#[derive(Clone, Debug, PartialEq)]
enum Plain {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    /// A point in time, as Go writes it in JSON.
    Time(String),
    Text,
}

impl Plain {
    fn tag(&self) -> Tag {
        match self {
            Self::Null => Tag::Null,
            Self::Bool(_) => Tag::Bool,
            Self::Int(_) => Tag::Int,
            Self::Float(_) => Tag::Float,
            Self::Time(_) => Tag::Time,
            Self::Text => Tag::Text,
        }
    }
}

/// What unquoted text claims to be.
pub(crate) fn tag_of(text: &str) -> Tag {
    plain(text).tag()
}

fn plain(text: &str) -> Plain {
    let Some(first) = text.bytes().next() else { return Plain::Null };
    match first {
        b't' | b'T' | b'f' | b'F' | b'n' | b'N' | b'~' => match text {
            "true" | "True" | "TRUE" => Plain::Bool(true),
            "false" | "False" | "FALSE" => Plain::Bool(false),
            "~" | "null" | "Null" | "NULL" => Plain::Null,
            _ => Plain::Text,
        },
        b'.' => match text {
            ".nan" | ".NaN" | ".NAN" => Plain::Float(f64::NAN),
            ".inf" | ".Inf" | ".INF" => Plain::Float(f64::INFINITY),
            _ => go_float(text).map_or(Plain::Text, Plain::Float),
        },
        b'0'..=b'9' | b'+' | b'-' => plain_number(text),
        _ => Plain::Text,
    }
}

/// As `strconv.ParseFloat`, of text that begins with a point.
fn go_float(text: &str) -> Option<f64> {
    let is_float = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    is_float.then(|| text.parse::<f64>().ok()).flatten().filter(|value| value.is_finite())
}

fn plain_number(text: &str) -> Plain {
    match text {
        "+.inf" | "+.Inf" | "+.INF" => return Plain::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Plain::Float(f64::NEG_INFINITY),
        _ => {}
    }
    if let Some(time) = time(text) {
        return Plain::Time(time);
    }
    let digits: std::borrow::Cow<'_, str> = if text.contains('_') { text.replace('_', "").into() } else { text.into() };
    if let Some(value) = number::parse_int(&digits) {
        return Plain::Int(value);
    }
    number::parse_float(&digits).map_or(Plain::Text, Plain::Float)
}

/// A point in time: `2006-1-2`, alone or with `15:4:5` and a zone. Returned as RFC 3339, as JSON writes it.
fn time(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || bytes[4] != b'-' || !bytes[..4].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let year: u32 = text[..4].parse().ok()?;
    let mut rest = &text[5..];
    let month = take_number(&mut rest, 1, 12)?;
    rest = rest.strip_prefix('-')?;
    let day = take_number(&mut rest, 1, days_in(year, month))?;
    let date = format!("{year:04}-{month:02}-{day:02}");
    if rest.is_empty() {
        return Some(format!("{date}T00:00:00Z"));
    }
    let mark = rest.chars().next()?;
    rest = rest.strip_prefix(['T', 't', ' '])?;
    let hour = take_number(&mut rest, 0, 23)?;
    rest = rest.strip_prefix(':')?;
    let minute = take_number(&mut rest, 0, 59)?;
    rest = rest.strip_prefix(':')?;
    let second = take_number(&mut rest, 0, 59)?;
    let fraction = take_fraction(&mut rest)?;
    let zone = match (mark, rest) {
        (' ', "") => "Z".to_owned(),
        (' ', _) => return None,
        (_, rest) => zone(rest)?,
    };
    Some(format!("{date}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}"))
}

fn take_number(rest: &mut &str, least: u32, most: u32) -> Option<u32> {
    let length = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let value: u32 = rest.get(..length)?.parse().ok()?;
    *rest = &rest[length..];
    (least..=most).contains(&value).then_some(value)
}

/// `.5`, without the zeros at its end.
fn take_fraction(rest: &mut &str) -> Option<String> {
    let Some(digits) = rest.strip_prefix(['.', ',']) else { return Some(String::new()) };
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    if length == 0 {
        return None;
    }
    let shown = digits[..length.min(9)].trim_end_matches('0');
    *rest = &digits[length..];
    Some(if shown.is_empty() { String::new() } else { format!(".{shown}") })
}

fn zone(text: &str) -> Option<String> {
    if text == "Z" {
        return Some("Z".to_owned());
    }
    let bytes = text.as_bytes();
    let is_offset = bytes.len() == 6
        && matches!(bytes[0], b'+' | b'-')
        && bytes[3] == b':'
        && [1, 2, 4, 5].iter().all(|&at| bytes[at].is_ascii_digit());
    let in_range =
        |range: std::ops::Range<usize>, most: u32| text[range].parse::<u32>().is_ok_and(|value| value <= most);
    if !is_offset || !in_range(1..3, 24) || !in_range(4..6, 60) {
        return None;
    }
    Some(if &text[1..] == "00:00" { "Z".to_owned() } else { text.to_owned() })
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Whether unquoted text would be something else than text to YAML 1.1.
pub(crate) fn is_text_in_1_1(text: &str) -> bool {
    let is_word = matches!(
        text,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF"
    );
    // The numbers are the same: `0o17`, which 1.1 does not have, Go reads all the same.
    !is_word && plain(text) == Plain::Text
}

/// Whether text on one line would not be text to YAML 1.1 if it stood alone in a document.
pub(crate) fn is_ambiguous(text: &str) -> bool {
    if text.is_empty() || text.contains('\n') {
        return false;
    }
    let text = text.trim_matches([' ', '\t']);
    // A comment leaves nothing, and a collection is no text.
    if text.is_empty() || text.starts_with('#') {
        return true;
    }
    let without_comment = text.find(" #").map_or(text, |at| text[..at].trim_end());
    if !is_text_in_1_1(without_comment) {
        // The reader that is asked here gives points in time as text.
        return !matches!(plain(without_comment), Plain::Time(_));
    }
    match text.as_bytes()[0] {
        b'{' | b'[' => yaml::parse_document(text).is_ok(),
        b'-' | b'?' => {
            text.as_bytes().get(1).is_none_or(|b| matches!(b, b' ' | b'\t')) && yaml::parse_document(text).is_ok()
        }
        b'"' | b'\'' | b'!' | b'&' | b'*' | b'|' | b'>' | b'%' | b'@' | b'`' => false,
        _ => (text.contains(": ") || text.ends_with(':')) && yaml::parse_document(text).is_ok(),
    }
}

/// A scalar whose tag does not fit its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Misfit;

/// What a scalar is in the end. Nothing for collections.
pub(crate) fn value_of(node: &Node) -> Result<Json<'_>, Misfit> {
    let Data::Scalar(text) = &node.data else { return Ok(Json::Null) };
    let as_text = || Ok(Json::Text(text.as_str().into()));
    if node.tag == Tag::Text || (node.tag == Tag::Unset && (node.quoted || text.contains('\n'))) {
        return as_text();
    }
    let found = plain(text);
    if node.quoted {
        // Quotes that were kept from an earlier value make text of what would have been a number.
        return if found.tag() == node.tag { as_text() } else { Err(Misfit) };
    }
    match (node.tag, found) {
        (Tag::Float, Plain::Int(value)) => Ok(Json::Float(value as f64)),
        (tag, found) if tag != Tag::Unset && tag != found.tag() => Err(Misfit),
        (_, Plain::Null) => Ok(Json::Null),
        (_, Plain::Bool(value)) => Ok(Json::Bool(value)),
        (_, Plain::Int(value)) => Ok(Json::Int(value)),
        (_, Plain::Float(value)) => Ok(Json::Float(value)),
        (_, Plain::Time(time)) => Ok(Json::Text(time.into())),
        (_, Plain::Text) => as_text(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_yaml_1_2_calls_numbers_and_what_go_adds() {
        assert_eq!(plain("0777"), Plain::Int(511));
        assert_eq!(plain("1_000"), Plain::Int(1000));
        assert_eq!(plain("0x1F"), Plain::Int(31));
        assert_eq!(plain("18446744073709551615"), Plain::Int(i128::from(u64::MAX)));
        assert_eq!(plain("1e3"), Plain::Float(1000.0));
        assert_eq!(plain("08"), Plain::Float(8.0));
        assert_eq!(plain("1.2.3"), Plain::Text);
        assert_eq!(plain("yes"), Plain::Text);
    }

    #[test]
    fn reads_points_in_time() {
        assert_eq!(plain("2020-1-2"), Plain::Time("2020-01-02T00:00:00Z".to_owned()));
        assert_eq!(plain("2020-01-02T03:04:05.60+01:00"), Plain::Time("2020-01-02T03:04:05.6+01:00".to_owned()));
        assert_eq!(plain("2020-02-30"), Plain::Text);
    }
}
