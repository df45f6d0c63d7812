//! What changes in a cluster that is followed: lines for people, and lines of JSON.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::sync::Arc;

use model::severity::Severity;
use schemars::JsonSchema;
use serde::Serialize;

use crate::report::Report;
use crate::text::Terminal;
use crate::text::terminal::{sanitize, style};

/// So many lines of one change are shown to people at most; JSON has all.
const SHOWN: usize = 60;

/// A line of JSON of `plimsoll scan --cluster --watch`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WatchLine<'a> {
    /// When it is said: ISO 8601, in UTC.
    pub time: &'a str,
    /// What it is.
    pub event: Event,
    /// The cluster: the context.
    pub cluster: &'a str,
    /// Of a finding: the object, as `Kind.group/namespace/name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<&'a str>,
    /// Of a finding: the control.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control: Option<&'a str>,
    /// Of a finding: how bad it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<&'a str>,
    /// Of a finding: the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<&'a str>,
    /// Of a finding what is wrong, of what is not observed what and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<&'a str>,
    /// Of a finding: its fingerprint, as in the report of a scan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<&'a str>,
    /// Of what is new or gone: milliseconds since the change came from the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_ms: Option<u64>,
    /// Of `ready` and `judged`: objects that are judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objects: Option<u64>,
    /// Of `ready` and `judged`: milliseconds that judging took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
}

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Event {
    /// A finding that was there when following began.
    Finding,
    /// Everything was judged for the first time.
    Ready,
    /// A finding that was not there before.
    New,
    /// A finding that is not there any more.
    Gone,
    /// Something cannot be seen now; what depends on it may be old.
    NotObserved,
    /// It can be seen again.
    Observed,
    /// Everything that a change touches was judged; what was said until now holds.
    Judged,
}

/// The schema of a line.
pub fn schema() -> String {
    let schema = schemars::schema_for!(WatchLine<'_>);
    serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n"
}

/// A finding. There may be a million of them: texts are shared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The control.
    pub control: &'static str,
    /// Its fingerprint.
    pub fingerprint: u64,
    /// The field.
    pub field: Arc<str>,
    /// What is wrong.
    pub message: Arc<str>,
}

/// What is wrong now, by the object that it is wrong with.
pub type Findings = BTreeMap<String, Vec<Finding>>;

/// What is wrong by a report: failures that nobody accepts, those that sum up others left out.
pub fn findings(report: &Report<'_>) -> Findings {
    let (mut fields, mut messages) = (HashMap::new(), HashMap::new());
    let mut all = Findings::new();
    for result in report.control_results().filter(|result| result.counts()) {
        let resource = report.resource_id(result.resource);
        let found = result.decisive().map(|occurrence| Finding {
            severity: occurrence.severity,
            control: result.registered.control.id,
            fingerprint: number(&report.occurrence_fingerprint(&result, &resource, occurrence)),
            field: shared(&mut fields, occurrence.place.field, || report.text(occurrence.place.field).into()),
            message: shared(&mut messages, (occurrence.message, occurrence.container, occurrence.value), || {
                report.message(occurrence).into()
            }),
        });
        let mut found: Vec<Finding> = found.collect();
        // What cannot be told apart in the next report is one thing, as bad as the worst of it.
        found.sort_by_key(|finding| (finding.fingerprint, std::cmp::Reverse(finding.severity)));
        found.dedup_by(|next, kept| next.fingerprint == kept.fingerprint);
        all.entry(resource).or_default().extend(found);
    }
    all.values_mut().for_each(|found| found.sort());
    all
}

/// The number that a fingerprint writes.
fn number(fingerprint: &str) -> u64 {
    u64::from_str_radix(fingerprint, 16).unwrap_or_default()
}

fn shared<K: Eq + std::hash::Hash>(
    known: &mut HashMap<K, Arc<str>>,
    key: K,
    make: impl FnOnce() -> Arc<str>,
) -> Arc<str> {
    Arc::clone(known.entry(key).or_insert_with(make))
}

/// What is said at a time.
#[derive(Debug, Default)]
pub struct Batch {
    /// Findings that are new, with their objects.
    pub new: Vec<(String, Finding)>,
    /// Findings that are gone, with their objects.
    pub gone: Vec<(String, Finding)>,
    /// What cannot be seen now.
    pub not_observed: Vec<String>,
    /// What can be seen again.
    pub observed: Vec<String>,
}

impl Batch {
    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.new.is_empty() && self.gone.is_empty() && self.not_observed.is_empty() && self.observed.is_empty()
    }

    /// Adds what is different between two states of one object.
    pub fn compare(&mut self, resource: &str, before: &[Finding], after: &[Finding]) {
        let key = |finding: &Finding| (finding.control, finding.fingerprint, finding.severity);
        let lacks = |all: &[Finding], one: &Finding| !all.iter().any(|other| key(other) == key(one));
        let with = |finding: &Finding| (resource.to_owned(), finding.clone());
        self.new.extend(after.iter().filter(|finding| lacks(before, finding)).map(with));
        self.gone.extend(before.iter().filter(|finding| lacks(after, finding)).map(with));
    }
}

/// When and where something is said.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// The time: ISO 8601, in UTC.
    pub time: &'a str,
    /// The cluster.
    pub cluster: &'a str,
    /// Milliseconds since the change came.
    pub after_ms: u64,
}

impl<'a> WatchLine<'a> {
    /// A line that says no more than what it is.
    pub fn new(event: Event, said: Said<'a>) -> Self {
        Self {
            time: said.time,
            event,
            cluster: said.cluster,
            resource: None,
            control: None,
            severity: None,
            field: None,
            message: None,
            fingerprint: None,
            after_ms: None,
            objects: None,
            took_ms: None,
        }
    }
}

/// Writes a line of JSON.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_line(line: &WatchLine<'_>, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    writeln!(out)
}

/// Writes findings that are there, as lines of JSON.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_findings(findings: &Findings, said: Said<'_>, out: &mut dyn Write) -> io::Result<()> {
    for (resource, found) in findings {
        found.iter().try_for_each(|finding| write_finding(Event::Finding, resource, finding, (said, None), out))?;
    }
    Ok(())
}

fn write_finding(
    event: Event,
    resource: &str,
    finding: &Finding,
    (said, after_ms): (Said<'_>, Option<u64>),
    out: &mut dyn Write,
) -> io::Result<()> {
    let fingerprint = format!("{:016x}", finding.fingerprint);
    let line = WatchLine {
        resource: Some(resource),
        control: Some(finding.control),
        severity: Some(finding.severity.name()),
        field: Some(&finding.field),
        message: Some(&finding.message),
        fingerprint: Some(&fingerprint),
        after_ms,
        ..WatchLine::new(event, said)
    };
    write_line(&line, out)
}

/// Writes what is different, as lines of JSON.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_json(batch: &Batch, said: Said<'_>, out: &mut dyn Write) -> io::Result<()> {
    for (event, findings) in [(Event::Gone, &batch.gone), (Event::New, &batch.new)] {
        for (resource, finding) in findings {
            write_finding(event, resource, finding, (said, Some(said.after_ms)), out)?;
        }
    }
    for (event, texts) in [(Event::NotObserved, &batch.not_observed), (Event::Observed, &batch.observed)] {
        for text in texts {
            write_line(&WatchLine { message: Some(text), ..WatchLine::new(event, said) }, out)?;
        }
    }
    Ok(())
}

/// Writes what is different, for people: what is new at or above `threshold` one by one, the rest by its object.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_text(
    batch: &Batch,
    said: Said<'_>,
    (threshold, terminal): (Severity, Terminal),
    out: &mut dyn Write,
) -> io::Result<()> {
    let clock = said.time.get(11..19).unwrap_or(said.time);
    let time = terminal.dim(clock);
    let mut lines = 0;
    let mut left_out = 0;
    let mut next = |out: &mut dyn Write, text: &dyn Fn() -> String| {
        lines += 1;
        if lines > SHOWN {
            left_out += 1;
            return Ok(());
        }
        writeln!(out, "{time} {}", text())
    };
    let mut new: Vec<_> = batch.new.iter().filter(|(_, finding)| finding.severity >= threshold).collect();
    new.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.severity));
    for (resource, finding) in new {
        next(out, &|| {
            let (mark, severity) = (terminal.mark(finding.severity), finding.severity.name());
            let mark = terminal.paint(style(finding.severity), &format!("{mark:2} {severity:8}"));
            let text = format!("{}: {}", sanitize(resource), sanitize(&finding.message));
            format!("+ {mark} {}", terminal.cut(&text, terminal.width.saturating_sub(23)))
        })?;
    }
    for (resource, found) in by_resource(batch.new.iter().filter(|(_, finding)| finding.severity < threshold)) {
        next(out, &|| {
            let mark = terminal.mark(Severity::Info);
            let text = format!("{}: {}", sanitize(resource), named(&found));
            let what = format!("<{}", threshold.name());
            format!("+ {mark:2} {what:8} {}", terminal.cut(&text, terminal.width.saturating_sub(23)))
        })?;
    }
    for (resource, found) in by_resource(batch.gone.iter()) {
        next(out, &|| {
            let mark = terminal.passed();
            let text = format!("{}: {}", sanitize(resource), named(&found));
            format!("- {mark:2} {:8} {}", "gone", terminal.cut(&text, terminal.width.saturating_sub(23)))
        })?;
    }
    for text in &batch.not_observed {
        next(out, &|| format!("{} {}", terminal.unseen(), sanitize(text)))?;
    }
    for text in &batch.observed {
        let text = ["not observed: ", "not observed since now: "]
            .iter()
            .find_map(|before| text.strip_prefix(before))
            .unwrap_or(text);
        next(out, &|| format!("{} observed again: {}", terminal.passed(), sanitize(text)))?;
    }
    if left_out > 0 {
        writeln!(out, "{time} {} and {left_out} more: `--output json` has all", terminal.ellipsis())?;
    }
    Ok(())
}

fn by_resource<'b>(all: impl Iterator<Item = &'b (String, Finding)>) -> BTreeMap<&'b str, Vec<&'b Finding>> {
    let mut found: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for (resource, finding) in all {
        found.entry(resource).or_default().push(finding);
    }
    found
}

/// The controls of findings, the worst first, and how many there are if they are many.
fn named(found: &[&Finding]) -> String {
    let mut worst: Vec<&&Finding> = found.iter().collect();
    worst.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let mut names: Vec<&str> = worst.iter().map(|finding| finding.control).collect();
    names.dedup();
    match names.len() {
        0..=2 => names.join(", "),
        all => format!("{all}: {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(what: &str, severity: Severity) -> Finding {
        Finding {
            severity,
            control: "host-network",
            fingerprint: what.len() as u64 + u64::from(what.as_bytes()[0]),
            field: "spec".into(),
            message: format!("{what}\u{1b}[2J is wrong").into(),
        }
    }

    fn batch() -> Batch {
        let mut batch = Batch::default();
        let before = [finding("a", Severity::High), finding("b", Severity::Low)];
        let after = [finding("a", Severity::Critical), finding("c", Severity::Low)];
        batch.compare("Pod/shop/web", &before, &after);
        batch.not_observed.push("not observed: `secrets`: forbidden".to_owned());
        batch
    }

    #[test]
    fn what_is_worse_than_before_is_new_and_the_worst_comes_first() {
        let terminal = Terminal { width: 60, colour: false, unicode: true };
        let said = Said { time: "2027-03-01T10:20:30Z", cluster: "c", after_ms: 7 };
        let mut out = Vec::new();
        write_text(&batch(), said, (Severity::Medium, terminal), &mut out).unwrap();
        let expected = "\
10:20:30 + ▲▲ critical Pod/shop/web: a␛[2J is wrong
10:20:30 + ·  <medium  Pod/shop/web: host-network
10:20:30 - ✓  gone     Pod/shop/web: host-network
10:20:30 ◌ not observed: `secrets`: forbidden
";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn each_line_of_json_is_one_event() {
        let mut out = Vec::new();
        let said = Said { time: "2027-03-01T10:20:30Z", cluster: "c", after_ms: 7 };
        write_json(&batch(), said, &mut out).unwrap();
        let lines: Vec<serde_json::Value> =
            out.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
        let events: Vec<&str> = lines.iter().filter_map(|line| line["event"].as_str()).collect();
        assert_eq!(events, ["gone", "gone", "new", "new", "notObserved"]);
        assert_eq!((&lines[2]["afterMs"], &lines[2]["severity"]), (&7.into(), &"critical".into()));
    }
}
