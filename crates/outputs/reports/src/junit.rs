//! JUnit XML, as CI servers and test reporters read it.
//!
//! A suite for each file, a test case for each result. A test case fails if its result counts and is at or above the
//! threshold, so that what is red here is what the exit code is about; a result below it passes and says in its output
//! what was found. An object of which nothing is said is one passed test case. What was not looked at is an error.

use std::io::{self, Write};

use model::coverage::Skipped;
use model::finding::Status;
use model::inventory::ResourceId;

use crate::report::{ControlResult, Report, display_path};

/// What a suite, or the report, comes to.
#[derive(Clone, Copy, Default)]
struct Tally {
    tests: u64,
    failures: u64,
    errors: u64,
    skipped: u64,
}

/// What a test case says.
enum Verdict {
    Passed,
    Noted,
    Skipped,
    /// It failed, and nobody has to do something about it.
    Excused,
    Failed,
}

/// What the test cases of an object have in common.
struct Object<'a> {
    /// Its id, as an attribute.
    class: String,
    /// Its file, as an attribute.
    file: &'a str,
}

/// Writes the report, suite by suite.
///
/// # Errors
/// What writing to `out` returns.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let skipped = &report.results.coverage.skipped;
    let mut all = Tally { tests: skipped.len() as u64, errors: skipped.len() as u64, ..Tally::default() };
    for suite in suites(report) {
        let Tally { tests, failures, errors: _, skipped: _ } = tally(report, suite);
        all.tests += tests;
        all.failures += failures;
    }
    let Tally { tests, failures, errors, skipped: _ } = all;
    out.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")?;
    let name = attribute(&format!("Plimsoll {}", report.version));
    writeln!(
        out,
        "<testsuites name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" time=\"0\">"
    )?;
    let mut text = String::new();
    for suite in suites(report) {
        write_suite(report, suite, &mut text, out)?;
    }
    if !skipped.is_empty() {
        write_coverage(skipped, out)?;
    }
    out.write_all(b"</testsuites>\n")
}

/// The first and one past the last resource of each run of resources of one file.
fn suites<'a>(report: &Report<'a>) -> impl Iterator<Item = (u32, u32)> + use<'a> {
    let mut next = 0;
    report.results.resources.chunk_by(|a, b| a.file == b.file).map(move |resources| {
        let first = next;
        next += resources.len() as u32;
        (first, next)
    })
}

/// The results of a resource that are test cases, and what each says.
fn cases<'a>(report: &Report<'a>, resource: ResourceId) -> impl Iterator<Item = (ControlResult<'a>, Verdict)> {
    report.results_of(resource).filter_map(|result| {
        let verdict = match result.status {
            Status::Pass => Verdict::Passed,
            Status::Skip => Verdict::Skipped,
            Status::Fail if result.registered.control.umbrella => return None,
            Status::Fail if !result.counts() => Verdict::Excused,
            Status::Fail if result.severity < report.threshold => Verdict::Noted,
            Status::Fail => Verdict::Failed,
        };
        Some((result, verdict))
    })
}

fn tally(report: &Report<'_>, (first, end): (u32, u32)) -> Tally {
    let mut tally = Tally::default();
    for resource in (first..end).map(ResourceId) {
        let before = tally.tests;
        for (_, verdict) in cases(report, resource) {
            tally.tests += 1;
            match verdict {
                Verdict::Passed | Verdict::Noted => {}
                Verdict::Skipped | Verdict::Excused => tally.skipped += 1,
                Verdict::Failed => tally.failures += 1,
            }
        }
        tally.tests += u64::from(tally.tests == before);
    }
    tally
}

fn write_suite(report: &Report<'_>, suite: (u32, u32), text: &mut String, out: &mut dyn Write) -> io::Result<()> {
    let Tally { tests, failures, errors, skipped } = tally(report, suite);
    let path = report.path(report.resource(ResourceId(suite.0)));
    let file = attribute(&path);
    writeln!(
        out,
        "<testsuite name=\"{file}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" \
         skipped=\"{skipped}\" time=\"0\">"
    )?;
    for resource in (suite.0..suite.1).map(ResourceId) {
        text.clear();
        let object = Object { class: attribute(&report.resource_id(resource)), file: &file };
        for (result, verdict) in cases(report, resource) {
            push_case(report, &result, &verdict, &object, text);
        }
        if text.is_empty() {
            open_case("nothing found", &object, report.resource(resource).line, text);
            text.push_str("/>\n");
        }
        out.write_all(text.as_bytes())?;
    }
    out.write_all(b"</testsuite>\n")
}

/// The beginning of a test case, up to what closes its tag.
fn open_case(name: &str, object: &Object<'_>, line: u32, out: &mut String) {
    let Object { class, file } = object;
    let tag = format!("<testcase name=\"{name}\" classname=\"{class}\" file=\"{file}\" line=\"{line}\" time=\"0\"");
    out.push_str(&tag);
}

fn push_case(
    report: &Report<'_>,
    result: &ControlResult<'_>,
    verdict: &Verdict,
    object: &Object<'_>,
    out: &mut String,
) {
    open_case(result.registered.control.id, object, report.place(result.first()).line, out);
    let message = || attribute(&report.message(result.first()));
    match verdict {
        Verdict::Passed => out.push_str("/>\n"),
        Verdict::Skipped => out.push_str(&format!(">\n<skipped message=\"{}\"/>\n</testcase>\n", message())),
        Verdict::Excused => {
            let standing = result.standing.name();
            out.push_str(&format!(">\n<skipped message=\"{standing}: {}\"/>\n</testcase>\n", message()));
        }
        Verdict::Failed => {
            let severity = result.severity;
            out.push_str(&format!(">\n<failure message=\"{}\" type=\"{severity}\">", message()));
            push_details(report, result, out);
            out.push_str("</failure>\n</testcase>\n");
        }
        Verdict::Noted => {
            out.push_str(">\n<system-out>");
            push_details(report, result, out);
            out.push_str("</system-out>\n</testcase>\n");
        }
    }
}

/// Every place, and what to do.
fn push_details(report: &Report<'_>, result: &ControlResult<'_>, out: &mut String) {
    for occurrence in result.decisive() {
        let place = report.place(occurrence);
        let (severity, message) = (occurrence.severity, report.explained(occurrence));
        let path = report.place_path(occurrence);
        let field = report.text(place.field);
        let entry = format!("{severity}: {message}\n  {path}:{}:{} {field}", place.line, place.column);
        push_text(entry.trim_end(), out);
        out.push('\n');
    }
    push_text(&format!("what to do: {}", result.registered.control.remediation), out);
}

fn write_coverage(skipped: &[Skipped], out: &mut dyn Write) -> io::Result<()> {
    let count = skipped.len();
    writeln!(
        out,
        "<testsuite name=\"not looked at\" tests=\"{count}\" failures=\"0\" errors=\"{count}\" skipped=\"0\" time=\"0\">"
    )?;
    for input in skipped {
        let path = display_path(&input.path);
        let place = input.line.map_or_else(|| path.clone(), |line| format!("{path}:{line}"));
        let object = Object { class: "coverage".to_owned(), file: &attribute(&path) };
        let mut case = String::new();
        open_case(&attribute(&place), &object, input.line.unwrap_or(1), &mut case);
        let (reason, kind) = (attribute(&input.reason), input.kind.name());
        writeln!(out, "{case}>\n<error message=\"not looked at: {reason}\" type=\"{kind}\"/>\n</testcase>")?;
    }
    out.write_all(b"</testsuite>\n")
}

/// `text` in an attribute. Line ends and tabs are written as references: a reader makes spaces of them otherwise.
fn attribute(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    push_escaped(text, &mut out, |c| match c {
        '"' => Some("&quot;"),
        '\t' => Some("&#9;"),
        '\n' => Some("&#10;"),
        _ => None,
    });
    out
}

/// `text` between tags.
fn push_text(text: &str, out: &mut String) {
    push_escaped(text, out, |_| None);
}

/// `text` with `special` in place of characters that mean something where it stands, and the mark of what is no
/// character in place of those that XML 1.0 has not (section 2.2).
fn push_escaped(text: &str, out: &mut String, special: impl Fn(char) -> Option<&'static str>) {
    // The first byte of U+FFFE and U+FFFF is 0xEF.
    let may_be_special = |byte: u8| byte < b' ' || matches!(byte, b'"' | b'&' | b'<' | b'>' | 0xEF);
    let mut rest = text;
    while let Some(at) = rest.bytes().position(may_be_special) {
        out.push_str(&rest[..at]);
        let mut chars = rest[at..].chars();
        let Some(c) = chars.next() else { return };
        match special(c).or_else(|| reference(c)) {
            Some(reference) => out.push_str(reference),
            None => out.push(c),
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
}

fn reference(c: char) -> Option<&'static str> {
    match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        // `]]>` may not stand in text.
        '>' => Some("&gt;"),
        '\r' => Some("&#13;"),
        '\t' | '\n' => None,
        '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => Some("\u{fffd}"),
        _ => None,
    }
}
