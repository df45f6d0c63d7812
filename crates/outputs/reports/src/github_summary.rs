//! The summary of a step of GitHub Actions: the page of a pull request with more room.

use std::io::{self, Write};

use crate::markdown::{self, Options};
use crate::report::Report;
use crate::repository::Repository;

/// What GitHub takes of a step, in bytes.
pub const LIMIT: usize = 1 << 20;

/// Writes the summary, of at most `limit` bytes.
///
/// # Errors
/// What writing to `out` returns.
pub fn write(
    report: &Report<'_>,
    title: &str,
    repository: &Repository,
    limit: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    markdown::write(report, &Options { title, limit, rows: 100, places: 500, repository }, out)
}
