//! What a scan comes to, in words that every format for people uses.

use model::coverage::{Coverage, SkipKind, Skipped};
use model::exception::ExceptionProblem;
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
        Outcome::Clean if report.results.resources.is_empty() => "exit 0: there was nothing to look at".to_owned(),
        Outcome::Clean => format!("exit 0: everything was looked at, and nothing at or above `{threshold}` was found"),
        Outcome::Findings => {
            let is_wrong = |problem: &&ExceptionProblem| problem.kind.severity() >= threshold;
            let wrong = report.exception_problems().iter().filter(is_wrong).count() as u64;
            let with_wrong = count(wrong, "exception has", "exceptions have");
            let findings = count(found, "finding", "findings");
            match (found, wrong) {
                (_, 0) => format!("exit 1: {findings} at or above `{threshold}`"),
                (0, _) => format!("exit 1: {with_wrong} something wrong at or above `{threshold}`"),
                _ => format!("exit 1: {findings} at or above `{threshold}`, and {with_wrong} something wrong"),
            }
        }
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
    let unseen = match compared.not_looked_at {
        0 => String::new(),
        unseen => format!("; {unseen} of it {} not looked at here", if unseen == 1 { "was" } else { "were" }),
    };
    format!("{known} known and not counted{gone}{unseen}")
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
