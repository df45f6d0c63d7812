//! Who may decide about the change that mends a finding.

/// The class of a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum FixClass {
    /// Written when fixes are asked for: what works keeps working.
    Safe,
    /// Written when somebody says so: what works may depend on what is taken away.
    Unsafe,
    /// The change needs a value that only the owner knows: proposed with a placeholder, never written.
    NeedsValue,
    /// Somebody has to think.
    Manual,
}

impl FixClass {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Safe, Self::Unsafe, Self::NeedsValue, Self::Manual];

    /// The word, as it is written everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
            Self::NeedsValue => "needs-value",
            Self::Manual => "manual",
        }
    }

    /// What it means, as a clause.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Safe => "`plimsoll fix --write` writes it",
            Self::Unsafe => {
                "`plimsoll fix --unsafe` asks before it is written: what works may depend on what is taken away"
            }
            Self::NeedsValue => "it needs a value that only you know",
            Self::Manual => "somebody has to decide how",
        }
    }
}
