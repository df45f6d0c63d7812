//! What a scan comes to, in words that every format for people uses.

use model::coverage::{Coverage, SkipKind, Skipped};
use model::severity::Severity;

use crate::report::{Compared, Counts, Outcome, Report};

/// How much of the risk is left after a change, from thousandths.
pub(crate) fn risk_left(left: u16) -> String {
    match left {
        0 => "then nothing of the risk is left".to_owned(),
        left => format!("then {} % of the risk is left", left.div_ceil(10)),
    }
}

/// Where the ship lies: below the line with a critical finding, at the line with a high one, above it
/// otherwise; not seen if nothing was judged.
pub fn load_line(report: &Report<'_>, counts: &Counts) -> &'static str {
    if counts.of(Severity::Critical) > 0 {
        "below the line"
    } else if counts.of(Severity::High) > 0 {
        "at the line"
    } else if report.results.resources.is_empty() {
        "not seen"
    } else {
        "above the line"
    }
}

/// One sentence that says what the exit code means.
pub fn exit_sentence(report: &Report<'_>, counts: &Counts) -> String {
    let threshold = report.threshold;
    let found = counts.at_or_above(threshold);
    match report.outcome() {
        Outcome::Clean => format!("exit 0: everything was looked at, and nothing at or above `{threshold}` was found"),
        Outcome::Findings => format!("exit 1: {} at or above `{threshold}`", count(found, "finding", "findings")),
        Outcome::Incomplete if found > 0 => {
            let findings = count(found, "finding", "findings");
            format!("exit 2: not everything could be looked at; in the rest {findings} at or above `{threshold}`")
        }
        Outcome::Incomplete => {
            format!("exit 2: not everything could be looked at; in the rest nothing at or above `{threshold}`")
        }
    }
}

/// How the findings compare with the baseline.
pub fn baseline_sentence(compared: &Compared) -> String {
    let known = count(compared.known, "finding is", "findings are");
    let gone = match compared.gone {
        0 => String::new(),
        gone => format!("; {gone} of it {} gone: write it again", if gone == 1 { "is" } else { "are" }),
    };
    format!("{known} known and not counted{gone}")
}

/// How many of the documents that were found were judged.
pub fn judged_documents(coverage: &Coverage) -> u64 {
    // A document that was skipped has a line; what was skipped without one is a whole file.
    let is_document = |skipped: &&Skipped| {
        skipped.line.is_some()
            && matches!(skipped.kind, SkipKind::Syntax | SkipKind::NeedsRendering | SkipKind::TooLarge)
    };
    let skipped = coverage.skipped.iter().filter(is_document).count() as u64;
    coverage.documents.saturating_sub(coverage.not_kubernetes + skipped)
}

/// A number and what it counts.
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
