//! Semantic versions, as `github.com/blang/semver/v4` reads and orders them.

use std::cmp::Ordering;

use crate::cel::Value;
use crate::cel::evaluate::{Answer, Context};
use crate::cel::functions::no_signature;
use crate::cel::functions::strings::quoted;
use crate::cel::value::error;

/// `1.2.3-rc.1`; what follows a `+` is of no account.
#[derive(Debug, Clone)]
pub struct Version {
    numbers: [u64; 3],
    before: Vec<Identifier>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Identifier {
    Number(u64),
    Text(String),
}

impl Version {
    /// `semver.Parse`.
    pub fn parse(text: &str) -> Result<Version, String> {
        if text.is_empty() {
            return Err("Version string empty".to_owned());
        }
        let parts: Vec<&str> = text.splitn(3, '.').collect();
        let [major, minor, rest] = parts.as_slice() else {
            return Err("No Major.Minor.Patch elements found".to_owned());
        };
        let major = number("major", "Major", major)?;
        let minor = number("minor", "Minor", minor)?;
        let (rest, build) = rest.split_once('+').map_or((*rest, None), |(rest, build)| (rest, Some(build)));
        let (patch, before) = rest.split_once('-').map_or((rest, None), |(patch, before)| (patch, Some(before)));
        let patch = number("patch", "Patch", patch)?;
        let identifiers = before.into_iter().flat_map(|before| before.split('.'));
        let before = identifiers.map(Identifier::parse).collect::<Result<_, _>>()?;
        for part in build.into_iter().flat_map(|build| build.split('.')) {
            if part.is_empty() {
                return Err("Build meta data is empty".to_owned());
            }
            if !is_alphanumeric(part) {
                return Err(format!("Invalid character(s) found in build meta data {}", quoted(part)));
            }
        }
        Ok(Version { numbers: [major, minor, patch], before })
    }

    /// How two are ordered.
    pub fn compare(&self, other: &Version) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (self.before.is_empty(), other.before.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => self.before.cmp(&other.before),
        })
    }
}

impl Identifier {
    fn parse(text: &str) -> Result<Identifier, String> {
        if text.is_empty() {
            return Err("Prerelease is empty".to_owned());
        }
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            if text.len() > 1 && text.starts_with('0') {
                return Err(format!("Numeric PreRelease version must not contain leading zeroes {}", quoted(text)));
            }
            return parsed(text).map(Identifier::Number);
        }
        if is_alphanumeric(text) {
            return Ok(Identifier::Text(text.to_owned()));
        }
        Err(format!("Invalid character(s) found in prerelease {}", quoted(text)))
    }
}

fn is_alphanumeric(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn parsed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| {
        let why = if text.is_empty() { "invalid syntax" } else { "value out of range" };
        format!("strconv.ParseUint: parsing {}: {why}", quoted(text))
    })
}

fn number(name: &str, title: &str, text: &str) -> Result<u64, String> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("Invalid character(s) found in {name} number {}", quoted(text)));
    }
    if text.len() > 1 && text.starts_with('0') {
        return Err(format!("{title} number must not contain leading zeroes {}", quoted(text)));
    }
    parsed(text)
}

/// Without a `v`, with all three numbers, and without zeros before them.
fn normalized(text: &str) -> Result<String, String> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let mut parts: Vec<String> = text.splitn(3, '.').map(trimmed).collect();
    if parts.len() < 3 {
        if parts.last().is_some_and(|last| last.contains(['+', '-'])) {
            return Err("short version cannot contain PreRelease/Build meta data".to_owned());
        }
        parts.resize(3, "0".to_owned());
    }
    Ok(parts.join("."))
}

fn trimmed(part: &str) -> String {
    if part.len() <= 1 {
        return part.to_owned();
    }
    let rest = part.trim_start_matches('0');
    if rest.starts_with(|letter: char| letter.is_ascii_digit()) { rest.to_owned() } else { format!("0{rest}") }
}

pub(crate) fn make(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let (text, is_lenient) = match values {
        [Value::String(text)] => (text, false),
        [Value::String(text), Value::Bool(is_lenient)] => (text, *is_lenient),
        _ => return no_signature(name, values),
    };
    context.budget.spend_text(text.len())?;
    let parsed =
        if is_lenient { normalized(text).and_then(|text| Version::parse(&text)) } else { Version::parse(text) };
    match parsed {
        Ok(version) if name == "semver" => Ok(Value::Semver(version.into())),
        Err(message) if name == "semver" => error(message),
        parsed => Ok(Value::Bool(parsed.is_ok())),
    }
}

pub(crate) fn question(_: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [Value::Semver(version)] = values else { return no_signature(name, values) };
    let [major, minor, patch] = version.numbers;
    let number = match name {
        "major" => major,
        "minor" => minor,
        _ => patch,
    };
    // Go converts without a look at the size.
    Ok(Value::Int(number as i64))
}
