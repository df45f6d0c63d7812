//! Exit codes, each with its sentence.

use std::io;
use std::process::ExitCode;

/// How a run ends. Of several reasons the greatest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Everything was looked at, and nothing at or above the threshold was found.
    Clean,
    /// Something at or above the threshold was found.
    Findings,
    /// Not everything could be looked at.
    Incomplete,
    /// The command line is wrong.
    Usage,
}

impl Exit {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Clean, Self::Findings, Self::Incomplete, Self::Usage];

    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Incomplete => 2,
            Self::Usage => 3,
        }
    }

    /// What it means.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Clean => "Everything was looked at, and nothing at or above the severity threshold was found.",
            Self::Findings => "Everything was looked at, and something at or above the severity threshold was found.",
            Self::Incomplete => {
                "Not everything could be looked at: the report names what, and why. The rest was judged, and may have \
                 findings as well."
            }
            Self::Usage => "The command line is wrong; nothing was done.",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// An error of the person who typed the command line.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

/// The exit code of an error: wrong usage if it says so, otherwise that something could not be done.
pub(crate) fn of_error(error: &anyhow::Error) -> Exit {
    if error.is::<UsageError>() { Exit::Usage } else { Exit::Incomplete }
}

/// Whether the reader of the output has gone away, which is its right.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let broken = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    };
    error.chain().any(broken)
}
