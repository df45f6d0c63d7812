//! What can be said of a control and of a requirement.

/// Numbers of results: one control on one object each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// As it should be.
    pub passed: u64,
    /// Wrong.
    pub failed: u64,
    /// The answer needs what was not seen.
    pub unknown: u64,
}

impl Counts {
    /// All of them.
    pub fn all(self) -> u64 {
        self.passed + self.failed + self.unknown
    }
}

/// What a control says of everything it was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlStatus {
    /// It judged something, and all of it is as it should be.
    Pass,
    /// Something it judged is wrong.
    Fail,
    /// Nothing is known to be wrong, and of some objects the answer needs what was not seen.
    Unknown,
    /// It ran, and there was nothing that it applies to.
    NothingSeen,
    /// It did not run, because it was not asked.
    NotRun,
    /// It has nothing to say before a parameter of it is set.
    NotConfigured,
    /// It is not available yet.
    NotAvailable,
}

impl ControlStatus {
    /// What follows from what a control judged.
    pub(crate) fn of(counts: Counts) -> Self {
        match counts {
            Counts { failed: 1.., .. } => Self::Fail,
            Counts { unknown: 1.., .. } => Self::Unknown,
            Counts { passed: 1.., .. } => Self::Pass,
            Counts { .. } => Self::NothingSeen,
        }
    }
}

/// What can be said of a requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequirementStatus {
    /// All of its controls saw what they need, and what they judged is as it should be.
    Pass,
    /// What was judged is as it should be, and some of its controls did not see all that they need.
    Partial,
    /// Something is wrong.
    Fail,
    /// Its controls judged nothing.
    NotObserved,
    /// Somebody has to answer for it.
    NeedsPerson,
    /// Its controls have nothing to say before a parameter of them is set.
    NotConfigured,
}

impl RequirementStatus {
    /// All of them, in the order in which they are counted.
    pub const ALL: [Self; 6] =
        [Self::Fail, Self::Pass, Self::Partial, Self::NotObserved, Self::NeedsPerson, Self::NotConfigured];

    /// What a person reads.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Partial => "pass in part",
            Self::Fail => "fail",
            Self::NotObserved => "not observed",
            Self::NeedsPerson => "needs a person",
            Self::NotConfigured => "not configured",
        }
    }

    /// Whether anything of it was judged.
    pub fn is_observed(self) -> bool {
        matches!(self, Self::Pass | Self::Partial | Self::Fail)
    }

    /// What follows from what the controls say that decide about a requirement.
    pub(crate) fn of(needs_person: bool, controls: &[(ControlStatus, Counts)]) -> Self {
        let any = |status| controls.iter().any(|(known, _)| *known == status);
        // What does not apply takes nothing away, and neither does what nobody asked for by a parameter.
        let is_complete = |(status, _): &(ControlStatus, Counts)| {
            matches!(status, ControlStatus::Pass | ControlStatus::NothingSeen | ControlStatus::NotConfigured)
        };
        let complete = controls.iter().all(is_complete);
        if any(ControlStatus::Fail) {
            Self::Fail
        } else if needs_person {
            Self::NeedsPerson
        } else if controls.iter().any(|(_, counts)| counts.passed > 0) {
            if complete { Self::Pass } else { Self::Partial }
        } else if complete && any(ControlStatus::NotConfigured) {
            Self::NotConfigured
        } else {
            Self::NotObserved
        }
    }
}
