//! The closing lines: what was looked at, counts, coverage, what to do first, and what the exit code means.

use std::collections::BTreeMap;
use std::io::{self, Write};

use model::coverage::{Note, SkipKind, Skipped};
use model::severity::Severity;
use unicode_width::UnicodeWidthStr;

use super::Options;
use super::terminal::{hang, sanitize, style};
use crate::report::{ControlResult, Counts, Report, display_path};
use crate::verdict::{baseline_sentence, count, exit_sentence, judged_documents, load_line};

/// Up to this many inputs that were not looked at are named one by one.
const NAMED: usize = 5;

/// Writes the closing lines.
pub(super) fn write(
    report: &Report<'_>,
    options: &Options<'_>,
    says_first: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let terminal = options.terminal;
    let counts = report.counts();
    headline(report, &counts, options, out)?;
    let severities = Severity::ALL.map(|severity| {
        let text = format!("{} {} {severity}", terminal.mark(severity), counts.of(severity));
        if counts.of(severity) == 0 { terminal.dim(&text) } else { terminal.paint(style(severity), &text) }
    });
    let plain = Severity::ALL.map(|severity| format!("{} {} {severity}", terminal.mark(severity), counts.of(severity)));
    let mut used = 0;
    for (text, plain) in severities.iter().zip(&plain) {
        let starts = used == 0 || used + 2 + plain.width() > terminal.width;
        if starts && used > 0 {
            writeln!(out)?;
        }
        write!(out, "  {text}")?;
        used = 2 + plain.width() + if starts { 0 } else { used };
    }
    writeln!(out)?;
    clusters(report, options, out)?;
    coverage(report, options, out)?;
    accepted(report, options, out)?;
    if let Some(compared) = report.baseline {
        say(&format!("baseline: {}", baseline_sentence(&compared)), options, out)?;
    }
    // There is one answer to what comes first.
    if let Some(first) = first(report).filter(|_| !says_first) {
        say(&format!("first: {first}"), options, out)?;
    }
    say(&exit_sentence(report, &counts), options, out)
}

/// A line of its own, which goes on below where it is long.
fn say(text: &str, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    hang(text, 2, options.terminal.width).iter().try_for_each(|line| writeln!(out, "{line}"))
}

fn headline(report: &Report<'_>, counts: &Counts, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let coverage = &report.results.coverage;
    let objects = count(report.results.resources.len() as u64, "object", "objects");
    let mut looked_at = objects;
    if coverage.files > 0 || report.results.live.clusters.is_empty() {
        looked_at.push_str(&format!(", {}", count(coverage.files, "file", "files")));
    }
    let title = sanitize(&options.title);
    let left = format!("{} {title}: {looked_at}", options.terminal.logo());
    let right = load_line(report, counts);
    if left.width() + 2 + right.len() > options.terminal.width {
        let lines = hang(&left, 0, options.terminal.width);
        lines.iter().try_for_each(|line| writeln!(out, "{}", options.terminal.bold(line)))?;
        return writeln!(out, "  {}", options.terminal.bold(right));
    }
    let gap = options.terminal.width.min(76).saturating_sub(left.width() + right.len()).max(2);
    writeln!(out, "{}{}{}", options.terminal.bold(&left), " ".repeat(gap), options.terminal.bold(right))
}

/// What is known of the clusters that were looked at, a line for each.
fn clusters(report: &Report<'_>, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    for cluster in &report.results.live.clusters {
        let mut known = vec![cluster.version.clone(), cluster.distribution.clone(), cluster.provider.clone()];
        known.extend(cluster.nodes.map(|nodes| count(u64::from(nodes), "node", "nodes")));
        known.push(cluster.network.join(", "));
        known.retain(|text| !text.is_empty());
        let line = format!("cluster: {}: {}", sanitize(&cluster.name), sanitize(&known.join(", ")));
        say(&line, options, out)?;
    }
    Ok(())
}

fn are(number: u64) -> String {
    format!("{number} {}", if number == 1 { "is" } else { "are" })
}

fn coverage(report: &Report<'_>, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let coverage = &report.results.coverage;
    let judged = judged_documents(coverage);
    let mut line = match coverage.documents {
        all if all == judged => format!("judged {}", count(all, "document", "documents")),
        all => format!("judged {judged} of {}", count(all, "document", "documents")),
    };
    if coverage.not_kubernetes > 0 {
        let objects = if coverage.not_kubernetes == 1 { "no Kubernetes object" } else { "no Kubernetes objects" };
        line.push_str(&format!("; {} {objects}", are(coverage.not_kubernetes)));
    }
    say(&line, options, out)?;
    let mut by_kind: BTreeMap<SkipKind, Vec<&Skipped>> = BTreeMap::new();
    for skipped in &coverage.skipped {
        by_kind.entry(skipped.kind).or_default().push(skipped);
    }
    for (kind, all) in by_kind {
        if kind == SkipKind::NeedsRendering && all.len() > NAMED {
            let templates = count(all.len() as u64, "template", "templates");
            say(&format!("not looked at: {templates} (need rendering), the first is {}", place(all[0])), options, out)?;
            continue;
        }
        for skipped in all.iter().take(NAMED) {
            let reason = options.terminal.cut(&sanitize(&skipped.reason), 400);
            // Of a cluster the reason names the list.
            if matches!(kind, SkipKind::Forbidden | SkipKind::Unavailable) {
                say(&format!("{reason} ({})", place(skipped)), options, out)?;
                continue;
            }
            say(&format!("not looked at: {} ({reason})", place(skipped)), options, out)?;
        }
        if all.len() > NAMED {
            let more = count((all.len() - NAMED) as u64, "input", "inputs");
            say(&format!("not looked at: {more} more of this kind, all named in `--output json`"), options, out)?;
        }
    }
    // What several charts do is said once.
    let mut notes: BTreeMap<&str, Vec<&Note>> = BTreeMap::new();
    for note in &coverage.notes {
        notes.entry(&note.text).or_default().push(note);
    }
    for (text, all) in notes.iter().take(NAMED) {
        let path = sanitize(&display_path(&all[0].path));
        let more = if all.len() > 1 { format!(" and {} more", all.len() - 1) } else { String::new() };
        say(&format!("note: {path}{more}: {}", options.terminal.cut(&sanitize(text), 200)), options, out)?;
    }
    Ok(())
}

fn place(skipped: &Skipped) -> String {
    let path = sanitize(&display_path(&skipped.path));
    skipped.line.map_or_else(|| path.clone(), |line| format!("{path}:{line}"))
}

/// What to do first: the remediation of the worst finding, and how many others of its control there are.
fn first(report: &Report<'_>) -> Option<String> {
    let mut worst: Option<ControlResult<'_>> = None;
    for result in report.control_results().filter(ControlResult::counts) {
        if worst.is_none_or(|known| result.severity > known.severity) {
            worst = Some(result);
        }
    }
    let worst = worst?;
    let id = sanitize(&report.resource_id(worst.resource));
    let control = worst.registered.control;
    Some(format!("{id}: {} ({})", decapitalize(control.title), control.id))
}

fn decapitalize(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_ascii_lowercase());
    // An abbreviation stays as it is.
    if chars.clone().next().is_some_and(char::is_uppercase) {
        return text.to_owned();
    }
    first.into_iter().chain(chars).collect()
}

/// What is accepted, and what is wrong with that.
fn accepted(report: &Report<'_>, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Some(exceptions) = report.exceptions else { return Ok(()) };
    let matched: u64 = exceptions.matched.iter().sum();
    if matched > 0 {
        let by = exceptions.matched.iter().filter(|count| **count > 0).count() as u64;
        let findings = count(matched, "finding is", "findings are");
        let hint = if options.excepted { "" } else { "; `--show-excepted` lists them" };
        say(&format!("accepted: {findings} covered by {}{hint}", count(by, "exception", "exceptions")), options, out)?;
    }
    if options.excepted {
        for (exception, matched) in exceptions.all.iter().zip(&exceptions.matched).filter(|(_, matched)| **matched > 0)
        {
            let mut line = format!("{matched}x {}: {}", sanitize(&exception.named), sanitize(&exception.reason));
            let until = exception.expires.map(|day| format!("until {day}")).unwrap_or_default();
            let by =
                if exception.owner.is_empty() { String::new() } else { format!("by {}", sanitize(&exception.owner)) };
            let place = format!("{}:{}", sanitize(&display_path(&exception.path)), exception.line);
            let details = [sanitize(&exception.ticket), by, until, place];
            let details: Vec<String> = details.into_iter().filter(|text| !text.is_empty()).collect();
            line.push_str(&format!(" ({})", details.join(", ")));
            let lines = hang(&line, 4, options.terminal.width);
            lines.iter().try_for_each(|line| writeln!(out, "{}", options.terminal.dim(line)))?;
        }
    }
    for problem in exceptions.problems.iter().take(NAMED) {
        let severity = problem.kind.severity();
        let place = format!("{}:{}", sanitize(&display_path(&problem.path)), problem.line);
        let mark = options.terminal.mark(severity);
        let line = format!("{mark} {} {place}: {}", problem.kind.name(), sanitize(&problem.message));
        let mut lines = hang(&line, 2, options.terminal.width);
        lines[0] = lines[0].replacen(mark, &options.terminal.paint(style(severity), mark), 1);
        lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    if exceptions.problems.len() > NAMED {
        let more = exceptions.problems.len() - NAMED;
        writeln!(out, "  {more} more of these: `plimsoll exceptions` lists them")?;
    }
    Ok(())
}
