//! The Pod Security Standards, as the admission plugin of Kubernetes answers them: check by check, version by
//! version, word by word.
//!
//! The reference is `k8s.io/pod-security-admission` v0.37.2, which Kubernetes 1.37.2 runs; the tests compare with it.
//! What the API server does before the plugin sees a pod is imitated where it changes an answer:
//!
//! * a volume without a source is an `emptyDir`, in pods and in templates;
//! * with `hostNetwork`, a port of `containers` and `initContainers` without a `hostPort` has its `containerPort`
//!   as one. This holds for a pod only: since Kubernetes 1.28 a template is not completed so.
//!
//! Not imitated:
//!
//! * AppArmor annotations. The API server copies them into the fields of a pod, so that its text names the
//!   container too where an annotation is forbidden. The verdict is the same.
//! * Validation. The API server refuses many pods that a level would allow, before it asks the plugin.
//! * Wrong types. The API server refuses them; here `"true"` is read as what its author meant, and whoever asks about a
//!   pod with a gap (`model::pod::Gap`) gets an answer that does not hold.
//! * Go's edition of Unicode, which is older: it escapes the newest characters in the value of an annotation.
//! * Exemptions, and the labels of namespaces, which say at which level a pod is evaluated.

mod annotations;
pub(crate) mod checks;
mod wording;

use std::fmt;
use std::str::FromStr;

use model::object::Object;
use model::workload::Workload;

use crate::namespace::schema::pods::makes_pods;
use checks::{CHECKS, Check, Variant};

/// A level of the standards. Each is stricter than the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Everything is allowed.
    Privileged,
    /// What is known to give a container power over its node is forbidden.
    Baseline,
    /// Current practice of hardening is required.
    Restricted,
}

impl Level {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Privileged, Self::Baseline, Self::Restricted];

    /// The name, as labels of namespaces have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        }
    }

    /// The level of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }
}

/// A version of the standards, as somebody asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version {
    /// What follows `v1.`; none for `latest`.
    minor: Option<u64>,
}

/// The newest version that has checks of its own. Everything newer is evaluated as this one.
pub const NEWEST: Version = Version::minor(37);

impl Version {
    /// Whatever is newest.
    pub const LATEST: Self = Self { minor: None };

    /// The version `v1.⟨minor⟩`.
    pub const fn minor(minor: u64) -> Self {
        Self { minor: Some(minor) }
    }

    /// What follows `v1.`; nothing for `latest`.
    pub fn number(self) -> Option<i64> {
        self.minor.map(|minor| i64::try_from(minor).unwrap_or(i64::MAX))
    }

    /// What follows `v1.` in the version whose checks are run. None is newer than those of `NEWEST`.
    fn evaluated(self) -> u64 {
        self.minor.unwrap_or(u64::MAX)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.minor {
            Some(minor) => write!(f, "v1.{minor}"),
            None => f.write_str("latest"),
        }
    }
}

/// Why a text is not a version of the standards. The words are the plugin's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionError;

impl fmt::Display for VersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be \"latest\" or \"v1.x\"")
    }
}

impl std::error::Error for VersionError {}

impl FromStr for Version {
    type Err = VersionError;

    /// Reads `latest` and `v1.34`, and like the plugin nothing else: not `1.34`, and not `v1.034`.
    fn from_str(text: &str) -> Result<Self, VersionError> {
        if text == "latest" {
            return Ok(Self::LATEST);
        }
        let digits = text.strip_prefix("v1.").ok_or(VersionError)?;
        let is_padded = digits.len() > 1 && digits.starts_with('0');
        if is_padded || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(VersionError);
        }
        let minor: i64 = digits.parse().map_err(|_| VersionError)?;
        Ok(Self::minor(minor.unsigned_abs()))
    }
}

/// What the plugin says of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// Whether no check forbids it.
    pub allowed: bool,
    /// What follows `violates PodSecurity "⟨level⟩:⟨version⟩": ` in the plugin's error: the reasons of the checks that
    /// forbid it, each with its detail. Empty if the pod is allowed.
    pub reason: String,
    /// What each check says, in the order of evaluation. Checks that do not exist in this version are not there,
    /// nor are those that a stricter one of the same level stands for.
    pub checks: Vec<CheckResult>,
}

/// What one check says of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckResult {
    /// The id, as the plugin's source has it.
    pub id: &'static str,
    /// Whether it lets the pod pass.
    pub allowed: bool,
    /// What is wrong, in a word or two. Empty if nothing is.
    pub reason: String,
    /// Where, and what is asked for. Empty if nothing is wrong, and in rare cases even then.
    pub detail: String,
}

/// Evaluates a pod, or the template of one, at a level and version.
pub fn evaluate(workload: &Workload<'_>, level: Level, version: Version) -> Evaluation {
    let mut checks = Vec::with_capacity(CHECKS.len());
    let mut reason = String::new();
    for (check, variant) in effective(level, version) {
        let id = check.id;
        checks.push(match variant(workload) {
            None => CheckResult { id, allowed: true, reason: String::new(), detail: String::new() },
            Some(forbidden) => {
                forbidden.append_to(&mut reason);
                CheckResult { id, allowed: false, reason: forbidden.reason.to_owned(), detail: forbidden.detail }
            }
        });
    }
    Evaluation { allowed: checks.iter().all(|check| check.allowed), reason, checks }
}

/// The strictest level that allows a pod.
///
/// Restricted can allow what baseline forbids, because a check stands for another that is stricter in a corner
/// (capabilities of a Windows pod); the answer is then restricted, as a namespace of that level would admit the pod.
pub fn meets(workload: &Workload<'_>, version: Version) -> Level {
    let allows = |level| effective(level, version).all(|(_, variant)| variant(workload).is_none());
    [Level::Restricted, Level::Baseline].into_iter().find(|&level| allows(level)).unwrap_or(Level::Privileged)
}

/// Whether the object is of a kind that comes with Kubernetes and is refused without a pod.
pub fn needs_pod(object: &Object<'_>) -> bool {
    makes_pods(object)
}

/// The checks that are run at a level and version, in order, each with its variant for that version.
fn effective(level: Level, version: Version) -> impl Iterator<Item = (&'static Check, Variant)> {
    let minor = version.evaluated();
    let is_overridden = move |id| {
        level == Level::Restricted
            && CHECKS.iter().any(|other| other.overrides == Some(id) && other.variant(minor).is_some())
    };
    CHECKS
        .iter()
        .filter(move |check| check.level <= level && !is_overridden(check.id))
        .filter_map(move |check| Some((check, check.variant(minor)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_is_the_newest_of_any_check() {
        let newest = CHECKS.iter().flat_map(|check| check.variants).map(|(minor, _)| *minor).max();
        assert_eq!(newest, NEWEST.minor);
    }

    #[test]
    fn checks_are_in_the_order_of_evaluation_and_variants_in_that_of_versions() {
        assert!(CHECKS.is_sorted_by_key(|check| (check.level, check.id)));
        for check in CHECKS {
            assert!(check.variants.is_sorted_by_key(|(minor, _)| *minor), "{}", check.id);
        }
    }

    #[test]
    fn an_overridden_check_exists() {
        for overridden in CHECKS.iter().filter_map(|check| check.overrides) {
            assert!(CHECKS.iter().any(|check| check.id == overridden && check.level == Level::Baseline));
        }
    }
}
