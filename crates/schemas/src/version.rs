//! Minor versions of Kubernetes, and sets of them.

use std::fmt;
use std::str::FromStr;

/// A minor version: `1.31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u8);

/// What is no version that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownVersion(pub String);

impl Version {
    /// `1.minor`.
    pub const fn new(minor: u8) -> Self {
        Self(minor)
    }

    /// The part after `1.`.
    pub const fn minor(self) -> u8 {
        self.0
    }

    /// The version that a user asks for: `1.31`, `v1.31`, `v1.31.4`, or `latest`.
    ///
    /// # Errors
    /// It is no version, or none of `known`.
    pub fn asked(text: &str, known: &[Self]) -> Result<Self, UnknownVersion> {
        let version = match text {
            "latest" => known.last().copied(),
            _ => text.parse().ok(),
        };
        version.filter(|version| known.contains(version)).ok_or_else(|| UnknownVersion(text.to_owned()))
    }
}

impl FromStr for Version {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        let parse = || {
            let mut parts = text.strip_prefix('v').unwrap_or(text).split('.');
            let minor = (parts.next() == Some("1")).then(|| parts.next()).flatten()?;
            // Providers add to the patch: `1.31.4-gke.1200`, `1.31.4-eks-abc`.
            let patch = parts.next();
            let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let digits = |text: &'_ str| text.split(['-', '+']).next().is_some_and(is_number);
            (is_number(minor) && patch.is_none_or(digits)).then(|| minor.parse().ok()).flatten()
        };
        parse().map(Self).ok_or_else(|| UnknownVersion(text.to_owned()))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.0)
    }
}

/// A set of minor versions below 1.64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions(u64);

impl Versions {
    /// No version.
    pub const NONE: Self = Self(0);

    /// From one version to another.
    pub(crate) fn range(first: u8, last: u8) -> Self {
        (first..=last.min(63)).fold(Self::NONE, |all, minor| Self(all.0 | 1 << minor))
    }

    /// Both together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it is one of them.
    pub fn contains(self, version: Version) -> bool {
        version.0 < 64 && self.0 & (1 << version.0) != 0
    }

    /// The newest of them.
    pub fn newest(self) -> Option<Version> {
        (self.0 != 0).then(|| Version(63 - self.0.leading_zeros() as u8))
    }

    /// The oldest of them.
    pub fn oldest(self) -> Option<Version> {
        (self.0 != 0).then(|| Version(self.0.trailing_zeros() as u8))
    }

    /// `since 1.33`, `until 1.31`, `from 1.31 to 1.33`, where `known` are all there are.
    pub fn describe(self, known: &[Version]) -> String {
        let (Some(oldest), Some(newest)) = (self.oldest(), self.newest()) else { return "never".to_owned() };
        if Some(&newest) == known.last() {
            format!("since {oldest}")
        } else if Some(&oldest) == known.first() {
            format!("until {newest}")
        } else if oldest == newest {
            format!("in {oldest} alone")
        } else {
            format!("from {oldest} to {newest}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_users_and_providers_write_them() {
        for text in ["1.31", "v1.31", "v1.31.4", "1.31.4-gke.1200", "v1.31.4+k3s1"] {
            assert_eq!(text.parse(), Ok(Version::new(31)), "{text}");
        }
        for text in ["", "1", "31", "2.31", "1.", "1.x", "v1.31.", "1.31.x", "latest", "1.999"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_version_that_is_not_known_is_an_error() {
        let known = [Version::new(30), Version::new(31)];
        assert_eq!(Version::asked("latest", &known), Ok(Version::new(31)));
        assert_eq!(Version::asked("v1.30.2", &known), Ok(Version::new(30)));
        assert_eq!(Version::asked("1.29", &known), Err(UnknownVersion("1.29".to_owned())));
    }

    #[test]
    fn sets_are_told_in_words() {
        let known: Vec<Version> = (28..=37).map(Version::new).collect();
        let told = |first, last| Versions::range(first, last).describe(&known);
        assert_eq!(told(33, 37), "since 1.33");
        assert_eq!(told(28, 31), "until 1.31");
        assert_eq!(told(31, 33), "from 1.31 to 1.33");
        assert_eq!(told(31, 31), "in 1.31 alone");
    }
}
