//! Semantic versions and constraints on them. Source: Masterminds' `semver` v3, which Helm uses.

use std::cmp::Ordering;
use std::fmt;
use std::sync::OnceLock;

use regex::Regex;

use super::Answer;
use crate::format::quoted;
use crate::template::{Failure, Machine};
use crate::value::{Kind, Object, Value};

const LONGEST_VERSION: usize = 256;
const LONGEST_CONSTRAINT: usize = 512;
const MOST_GROUPS: usize = 32;

/// A version.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) major: u64,
    pub(crate) minor: u64,
    pub(crate) patch: u64,
    pub(crate) pre: String,
    pub(crate) metadata: String,
    pub(crate) original: String,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.pre.is_empty() {
            write!(f, "-{}", self.pre)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

fn version_regex() -> &'static Regex {
    static REGEX: OnceLock<Regex> = OnceLock::new();
    REGEX.get_or_init(|| {
        Regex::new(
            r"^v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?(?:\+([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?$",
        )
        .expect("the pattern is fixed")
    })
}

impl Version {
    /// Parses a version, of which minor and patch may be missing.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST_VERSION {
            return Err(format!("version string is too long (max {LONGEST_VERSION} bytes)"));
        }
        let captures = version_regex().captures(text).ok_or("invalid semantic version")?;
        let number = |index: usize| -> Result<u64, String> {
            let Some(digits) = captures.get(index) else { return Ok(0) };
            digits.as_str().parse().map_err(|_| {
                let digits = quoted(digits.as_str());
                format!("error parsing version segment: strconv.ParseUint: parsing {digits}: value out of range")
            })
        };
        let text_of = |index: usize| captures.get(index).map_or_else(String::new, |found| found.as_str().to_owned());
        let pre = text_of(4);
        let has_zero = |part: &str| part.len() > 1 && part.starts_with('0') && part.bytes().all(|b| b.is_ascii_digit());
        if pre.split('.').any(has_zero) {
            return Err("version segment starts with 0".to_owned());
        }
        Ok(Self {
            major: number(1)?,
            minor: number(2)?,
            patch: number(3)?,
            pre,
            metadata: text_of(5),
            original: text.to_owned(),
        })
    }

    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        let numbers = |version: &Self| (version.major, version.minor, version.patch);
        numbers(self).cmp(&numbers(other)).then_with(|| compare_pre(&self.pre, &other.pre))
    }
}

fn compare_pre(a: &str, b: &str) -> Ordering {
    match (a.is_empty(), b.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let (mut left, mut right) = (a.split('.'), b.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, _) => Ordering::Less,
            (_, None) => Ordering::Greater,
            (Some(a), Some(b)) => match (a.parse::<u64>(), b.parse::<u64>()) {
                (Ok(a), Ok(b)) => a.cmp(&b),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => a.cmp(b),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

struct Constraint {
    operator: String,
    version: Version,
    minor_is_open: bool,
    patch_is_open: bool,
    is_open: bool,
}

/// Groups of constraints, one of which must hold as a whole.
struct Constraints(Vec<Vec<Constraint>>);

const OPERATORS: &str = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^";
const VERSION: &str = r"v?([0-9|x|X|\*]+)(\.[0-9|x|X|\*]+)?(\.[0-9|x|X|\*]+)?(-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?";

struct Patterns {
    one: Regex,
    range: Regex,
    find: Regex,
    valid: Regex,
}

fn patterns() -> &'static Patterns {
    static PATTERNS: OnceLock<Patterns> = OnceLock::new();
    PATTERNS.get_or_init(|| {
        let compile = |pattern: String| Regex::new(&pattern).expect("the pattern is fixed");
        let space = r"[\t\n\f\r ]";
        Patterns {
            one: compile(format!("^{space}*({OPERATORS}){space}*({VERSION}){space}*$")),
            range: compile(format!("{space}*({VERSION}){space}+-{space}+({VERSION}){space}*")),
            find: compile(format!("({OPERATORS}){space}*({VERSION})")),
            valid: compile(format!(
                "^({space}*({OPERATORS}){space}*({VERSION}){space}*)((?:{space}+|,{space}*)({OPERATORS}){space}*({VERSION}){space}*)*$"
            )),
        }
    })
}

impl Constraints {
    fn parse(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST_CONSTRAINT {
            return Err(format!("constraint string is too long (max {LONGEST_CONSTRAINT} bytes)"));
        }
        let patterns = patterns();
        let mut whole = text.to_owned();
        for range in patterns.range.captures_iter(text) {
            let replaced = format!(">= {}, <= {} ", &range[1], &range[11]);
            whole = whole.replacen(&range[0], &replaced, 1);
        }
        let groups: Vec<&str> = whole.split("||").collect();
        if groups.len() > MOST_GROUPS {
            return Err(format!("too many constraint groups (max {MOST_GROUPS})"));
        }
        let mut parsed = Vec::new();
        for group in groups {
            if !patterns.valid.is_match(group) {
                return Err(format!("improper constraint: {}", quoted(group)));
            }
            let parts = patterns.find.find_iter(group).map(|found| Constraint::parse(found.as_str()));
            parsed.push(parts.collect::<Result<Vec<_>, _>>()?);
        }
        Ok(Self(parsed))
    }

    fn hold(&self, version: &Version) -> bool {
        self.0.iter().any(|group| {
            let takes_pre = group.iter().any(|constraint| !constraint.version.pre.is_empty());
            (version.pre.is_empty() || takes_pre) && group.iter().all(|constraint| constraint.holds(version))
        })
    }
}

fn is_x(part: &str) -> bool {
    matches!(part, "x" | "X" | "*")
}

impl Constraint {
    fn parse(text: &str) -> Result<Self, String> {
        let captures = patterns().one.captures(text).ok_or_else(|| format!("improper constraint: {}", quoted(text)))?;
        let part = |index: usize| captures.get(index).map_or("", |found| found.as_str());
        let (major, minor, patch, pre) = (part(3), part(4), part(5), part(6));
        let is_missing = |part: &str| part.is_empty() || is_x(part.trim_start_matches('.'));
        let (mut minor_is_open, mut patch_is_open, mut is_open) = (false, false, true);
        let version = if is_missing(major) {
            format!("0.0.0{pre}")
        } else if is_missing(minor) {
            minor_is_open = true;
            format!("{major}.0.0{pre}")
        } else if is_missing(patch) {
            patch_is_open = true;
            format!("{major}{minor}.0{pre}")
        } else {
            is_open = false;
            part(2).to_owned()
        };
        let version = Version::parse(&version).map_err(|_| "constraint parser error".to_owned())?;
        Ok(Self { operator: part(1).to_owned(), version, minor_is_open, patch_is_open, is_open })
    }

    fn holds(&self, version: &Version) -> bool {
        let (own, order) = (&self.version, version.compare(&self.version));
        match self.operator.as_str() {
            "" | "=" if self.is_open => self.is_tilde(version),
            "" | "=" => order == Ordering::Equal,
            "!=" => self.is_other(version),
            ">" if !self.is_open => order == Ordering::Greater,
            ">" if version.major != own.major => version.major > own.major,
            ">" if self.minor_is_open => false,
            ">" if self.patch_is_open => version.minor > own.minor,
            ">" => order == Ordering::Greater,
            "<" => order == Ordering::Less,
            ">=" | "=>" => order != Ordering::Less,
            "<=" | "=<" if !self.is_open => order != Ordering::Greater,
            "<=" | "=<" => {
                let over_minor = version.major == own.major && version.minor > own.minor && !self.minor_is_open;
                version.major <= own.major && !over_minor
            }
            "~" | "~>" => self.is_tilde(version),
            _ => self.is_caret(version),
        }
    }

    fn is_other(&self, version: &Version) -> bool {
        let own = &self.version;
        if self.is_open {
            if own.major != version.major || (own.minor != version.minor && !self.minor_is_open) {
                return true;
            }
            if self.minor_is_open {
                return false;
            }
            if own.patch != version.patch && !self.patch_is_open {
                return true;
            }
            if self.patch_is_open {
                return compare_pre(&version.pre, &own.pre) != Ordering::Equal;
            }
        }
        version.compare(own) != Ordering::Equal
    }

    fn is_tilde(&self, version: &Version) -> bool {
        let own = &self.version;
        if version.compare(own) == Ordering::Less {
            return false;
        }
        let is_zero = own.major == 0 && own.minor == 0 && own.patch == 0;
        if is_zero && !self.minor_is_open && !self.patch_is_open {
            return true;
        }
        version.major == own.major && (version.minor == own.minor || self.minor_is_open)
    }

    fn is_caret(&self, version: &Version) -> bool {
        let own = &self.version;
        if version.compare(own) == Ordering::Less {
            return false;
        }
        if own.major > 0 || self.minor_is_open {
            return version.major == own.major;
        }
        if version.major > 0 {
            return false;
        }
        if own.minor > 0 || self.patch_is_open {
            return version.minor == own.minor;
        }
        version.minor == 0 && version.patch == own.patch
    }
}

/// Whether `version` is one of those that `constraint` names; false if one of them is nothing of the kind.
pub(crate) fn is_compatible(constraint: &str, version: &str) -> bool {
    match (Version::parse(version), Constraints::parse(constraint)) {
        (Ok(version), Ok(constraints)) => constraints.hold(&version),
        _ => false,
    }
}

pub(super) fn semver(_: &mut Machine, values: Vec<Value>) -> Answer {
    let Kind::Text(text) = &values[0].kind else { return Ok(Value::NIL) };
    let version = Version::parse(text).map_err(Failure::new)?;
    Ok(Value::object(Object::Version(version)))
}

pub(super) fn semver_compare(_: &mut Machine, values: Vec<Value>) -> Answer {
    let (Kind::Text(constraint), Kind::Text(version)) = (&values[0].kind, &values[1].kind) else {
        return Ok(Value::NIL);
    };
    let constraints = Constraints::parse(constraint).map_err(Failure::new)?;
    let version = Version::parse(version).map_err(Failure::new)?;
    Ok(Value::bool(constraints.hold(&version)))
}
