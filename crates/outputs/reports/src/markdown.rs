//! Markdown: a comment on a pull request.
//!
//! The verdict and the counts come first, then the worst findings in a table, what was not looked at, and every control
//! folded, until the page is full. A page is made of blocks (a row, a folded section) that are written whole or not at
//! all, so that it never ends inside a table or a section.

pub(crate) mod escape;

use std::collections::BTreeMap;
use std::io::{self, Write};

use model::coverage::Skipped;
use model::finding::Status;
use model::severity::Severity;

use self::escape::{code, prose, woven};
use crate::report::{ControlResult, Report, display_path};
use crate::repository::Repository;
use crate::text::Terminal;
use crate::verdict::{baseline_sentence, count, exit_sentence, judged_documents, load_line, risk_left};

/// What a comment on a pull request may have, in characters. Bytes are counted: they are never fewer.
pub const COMMENT_LIMIT: usize = 65_536;

/// How the page is written.
pub struct Options<'a> {
    /// What was looked at, as the user named it.
    pub title: &'a str,
    /// What the page may have, in bytes.
    pub limit: usize,
    /// The most findings in the table.
    pub rows: usize,
    /// The most places that are named for a control.
    pub places: usize,
    /// Where lines are shown.
    pub repository: &'a Repository,
}

/// By this a job finds its earlier comment, to write it anew.
const MARKER: &str = "<!-- plimsoll -->";

/// Up to this many inputs that were not looked at, and controls without an answer, are named.
const NAMED: usize = 20;

/// What is kept for the line below the table, and for the last line of the page.
const RESERVE: usize = 200;

/// A link that is longer is left out: the path stands there all the same.
const LONGEST_LINK: usize = 1000;

const CLOSE: &str = "\n</details>\n\n";

/// What is written to, and how much it still takes.
struct Page<'a> {
    out: &'a mut dyn Write,
    left: usize,
}

impl Page<'_> {
    /// Writes the block if it leaves as much as `keep`, and says whether it did.
    fn put(&mut self, text: &str, keep: usize) -> io::Result<bool> {
        if text.len() + keep > self.left {
            return Ok(false);
        }
        self.left -= text.len();
        self.out.write_all(text.as_bytes())?;
        Ok(true)
    }
}

/// Writes the page.
///
/// # Errors
/// What writing to `out` returns.
pub fn write(report: &Report<'_>, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page { out, left: options.limit };
    let coverage = not_looked_at(&report.results.coverage.skipped, options) + &not_known(report);
    if !page.put(&head(report, options), 0)? {
        return Ok(());
    }
    page.put(&first(report, options), coverage.len() + RESERVE)?;
    // However long the table is, what was not looked at keeps its room.
    table(report, options, &mut page, coverage.len() + RESERVE)?;
    page.put(&coverage, RESERVE)?;
    let left_out = controls(report, options, &mut page)?;
    if left_out > 0 {
        let controls = count(left_out as u64, "more control", "more controls");
        let verb = if left_out == 1 { "has" } else { "have" };
        let last = format!("The page is full: {controls} {verb} findings. `--output json` has everything.\n");
        page.put(&last, 0)?;
    }
    Ok(())
}

fn head(report: &Report<'_>, options: &Options<'_>) -> String {
    let counts = report.counts();
    let coverage = &report.results.coverage;
    let severities = Severity::ALL.map(|severity| {
        let text = format!("{} {} {severity}", mark(severity), counts.of(severity));
        if counts.of(severity) == 0 { text } else { format!("**{text}**") }
    });
    let objects = count(report.results.resources.len() as u64, "object", "objects");
    let files = count(coverage.files, "file", "files");
    let documents = match (judged_documents(coverage), coverage.documents) {
        (judged, all) if judged == all => String::new(),
        (judged, all) => format!(", {judged} of {} judged", count(all, "document", "documents")),
    };
    let baseline =
        report.baseline.map_or_else(String::new, |compared| format!(" Baseline: {}.", baseline_sentence(&compared)));
    format!(
        "{MARKER}\n## ⦵ Plimsoll: {}\n\n{}\n\n{}: {objects}, {files}{documents}. {}.{baseline}\n\n",
        load_line(report, &counts),
        severities.join(", "),
        code(options.title),
        capitalize(&exit_sentence(report, &counts))
    )
}

/// What to do first, if ways of attackers were looked for.
fn first(report: &Report<'_>, options: &Options<'_>) -> String {
    const SHOWN: usize = 5;
    let all = &report.results.priorities.first;
    let mut text = String::new();
    for (at, change) in all.iter().take(SHOWN).enumerate() {
        let object = code(&report.resource_id(change.resource));
        let at_place = report.change_place(change);
        let at_place = at_place.map(|(path, line)| format!(", {}", place(&path, Some(line), options.repository)));
        let at_place = at_place.unwrap_or_default();
        let left = report.left_after(at).map(|left| format!(": {}", risk_left(left))).unwrap_or_default();
        text.push_str(&format!("{}. {} in {object}{at_place}{left}\n", at + 1, woven(report.text(change.title))));
    }
    if text.is_empty() { text } else { format!("**What to do first**\n\n{text}\n") }
}

/// The first findings that can fail the run, by what they contribute, then by severity, then as the input is. Others are
/// counted.
fn table(report: &Report<'_>, options: &Options<'_>, page: &mut Page<'_>, keep: usize) -> io::Result<()> {
    let can_fail = |result: &ControlResult<'_>| result.counts() && result.severity >= report.threshold;
    let mut worst: Vec<ControlResult<'_>> = report.control_results().filter(can_fail).collect();
    worst.sort_by_cached_key(|result| report.order(result));
    let mut shown = 0;
    for result in worst.into_iter().take(options.rows) {
        let heading = if shown == 0 { "| | control | object | place |\n|---|---|---|---|\n" } else { "" };
        if !page.put(&format!("{heading}{}", row(report, &result, options)), keep + RESERVE)? {
            break;
        }
        shown += 1;
    }
    let counts = report.counts();
    let above = counts.at_or_above(report.threshold);
    let (more, below) = (above - shown, counts.all() - above);
    let mut parts = Vec::new();
    if more > 0 {
        parts.push(format!("{} at or above `{}`", count(more, "more finding", "more findings"), report.threshold));
    }
    if below > 0 {
        parts.push(format!("{} below `{}`", count(below, "finding", "findings"), report.threshold));
    }
    let gap = if shown > 0 { "\n" } else { "" };
    let end = if parts.is_empty() { gap.to_owned() } else { format!("{gap}And {}.\n\n", parts.join(", ")) };
    page.put(&end, keep)?;
    Ok(())
}

fn row(report: &Report<'_>, result: &ControlResult<'_>, options: &Options<'_>) -> String {
    let control = result.registered.control;
    let severity = result.severity;
    let object = code(&report.resource_id(result.resource));
    let path = report.place_path(result.first());
    let place = place(&path, Some(report.place(result.first()).line), options.repository);
    format!(
        "| {} {severity} | {}<br>{} | {object} | {place} |\n",
        mark(severity),
        code(control.id),
        prose(control.title)
    )
}

/// A path and a line, as a link if somebody shows it.
fn place(path: &str, line: Option<u32>, repository: &Repository) -> String {
    let shown = repository.path(path);
    let text = code(&line.map_or_else(|| shown.clone(), |line| format!("{shown}:{line}")));
    match repository.link(path, line.unwrap_or(1)).filter(|link| link.len() <= LONGEST_LINK) {
        Some(link) => format!("[{text}]({link})"),
        None => text,
    }
}

/// At most a quarter of the page.
fn not_looked_at(skipped: &[Skipped], options: &Options<'_>) -> String {
    if skipped.is_empty() {
        return String::new();
    }
    let mut text = "### ◌ Not looked at\n\n".to_owned();
    let mut named = 0;
    for input in skipped.iter().take(NAMED) {
        let place = place(&display_path(&input.path), input.line, options.repository);
        let entry = format!("- {place}: {}\n", prose(&input.reason));
        if text.len() + entry.len() > options.limit / 4 {
            break;
        }
        text.push_str(&entry);
        named += 1;
    }
    if skipped.len() > named {
        text.push_str(&format!("- and {} more\n", skipped.len() - named));
    }
    text + "\n"
}

/// The controls whose answer needs what was not seen.
fn not_known(report: &Report<'_>) -> String {
    let mut by_control: BTreeMap<&str, u64> = BTreeMap::new();
    let results = report.control_results().filter(|result| result.status == Status::Skip);
    for result in results.filter(|result| !report.is_of_gap(result)) {
        *by_control.entry(result.registered.control.id).or_insert(0) += 1;
    }
    let mut text = String::new();
    for (gap, objects) in report.gaps() {
        let why = gap.message().trim_start_matches("Not known: ");
        let objects = count(objects as u64, "object", "objects");
        text.push_str(&format!("Nothing passes for {objects}: {why}.\n\n"));
    }
    if by_control.is_empty() {
        return text;
    }
    let named = by_control.iter().take(NAMED).map(|(id, objects)| format!("{} ({objects})", code(id)));
    let named: Vec<String> = named.collect();
    let more = match by_control.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {}", count(more as u64, "more control", "more controls")),
    };
    let why = "the answer needs objects outside the input; `--complete` says that there are none";
    text + &format!("Not known: {}{more}: {why}.\n\n", named.join(", "))
}

/// A control, and the first of its results.
struct Section<'a> {
    severity: Severity,
    count: u64,
    first: Vec<ControlResult<'a>>,
}

/// Writes what every control says, the worst first, and returns how many did not fit.
fn controls(report: &Report<'_>, options: &Options<'_>, page: &mut Page<'_>) -> io::Result<usize> {
    let mut sections: BTreeMap<&str, Section<'_>> = BTreeMap::new();
    for result in report.alerts() {
        let section = sections.entry(result.registered.control.id).or_insert(Section {
            severity: result.severity,
            count: 0,
            first: Vec::new(),
        });
        section.severity = section.severity.max(result.severity);
        section.count += 1;
        if section.first.len() < options.places {
            section.first.push(result);
        }
    }
    let mut sections: Vec<Section<'_>> = sections.into_values().collect();
    // The sort is stable: within a severity the controls stay in the order of their names.
    sections.sort_by_key(|section| std::cmp::Reverse(section.severity));
    for (number, section) in sections.iter().enumerate() {
        let room = page.left.saturating_sub(RESERVE);
        if !page.put(&section_text(report, section, options, room), RESERVE)? {
            return Ok(sections.len() - number);
        }
    }
    Ok(0)
}

/// A section that is no longer than `room`, if the room is enough for its first lines.
fn section_text(report: &Report<'_>, section: &Section<'_>, options: &Options<'_>, room: usize) -> String {
    /// Enough for the line that says how many places are not named.
    const MORE: usize = 40;
    let control = section.first[0].registered.control;
    let (severity, objects) = (section.severity, count(section.count, "object", "objects"));
    let mut text = format!(
        "<details>\n<summary>{} {severity}: <code>{}</code>, {objects}</summary>\n\n{} **What to do:** {}\n\n",
        mark(severity),
        control.id,
        woven(control.rationale),
        woven(control.remediation)
    );
    let mut named = 0;
    for result in &section.first {
        let entry = entry(report, result, options);
        if text.len() + entry.len() + MORE + CLOSE.len() > room {
            break;
        }
        text.push_str(&entry);
        named += 1;
    }
    if section.count > named {
        text.push_str(&format!("- and {} more\n", section.count - named));
    }
    text + CLOSE
}

fn entry(report: &Report<'_>, result: &ControlResult<'_>, options: &Options<'_>) -> String {
    /// Of one object.
    const PLACES: usize = 5;
    let mut text = format!("- {}\n", code(&report.resource_id(result.resource)));
    for occurrence in result.decisive().take(PLACES) {
        let path = report.place_path(occurrence);
        let place = place(&path, Some(report.place(occurrence).line), options.repository);
        text.push_str(&format!("  - {place}: {}\n", prose(&report.explained(occurrence))));
    }
    let more = result.decisive().count().saturating_sub(PLACES);
    if more > 0 {
        text.push_str(&format!("  - and {}\n", count(more as u64, "more place", "more places")));
    }
    text
}

fn mark(severity: Severity) -> &'static str {
    Terminal { width: 0, colour: false, unicode: true }.mark(severity)
}

fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(chars).collect()
}
