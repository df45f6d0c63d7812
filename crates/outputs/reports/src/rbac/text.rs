//! The same for people.

use std::io::{self, Write};

use anstyle::AnsiColor;
use model::severity::Severity;

use super::{
    AnswerReport, ChainReport, DangerReport, ObjectReport, RbacReport, RequestReport, RightReport, SubjectName,
    SubjectReport, WhoCanReport,
};
use crate::text::Terminal;
use crate::text::terminal::{sanitize, style};
use crate::verdict::count;

/// Chains that are shown of one subject where nobody asked for all.
const SHOWN: usize = 3;

/// Writes the report.
///
/// # Errors
/// What writing to `out` returns.
pub fn write(report: &RbacReport, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    if let Some(answer) = &report.answer {
        write_answer(answer, terminal, out)?;
    }
    for who_can in report.who_can.iter().flatten() {
        write_who_can(who_can, terminal, out)?;
    }
    if let Some(subjects) = &report.subjects {
        write_subjects(subjects, terminal, out)?;
    }
    if let Some(changes) = &report.changes {
        super::changes::write_text(changes, terminal, out)?;
    }
    if let Some(graph) = &report.graph {
        super::graph::write_text(graph, out)?;
    }
    if let Some(least) = &report.least_privilege {
        super::least::write_text(least, terminal, out)?;
    }
    for skipped in &report.coverage.skipped {
        let line = skipped.line.map(|line| format!(":{line}")).unwrap_or_default();
        writeln!(out, "not looked at: {}{line} ({})", sanitize(&skipped.path), sanitize(&skipped.reason))?;
    }
    for assumption in &report.assumptions {
        writeln!(out, "{}", terminal.dim(&format!("assumed: {}", sanitize(assumption))))?;
    }
    Ok(())
}

/// A subject in words.
pub(super) fn subject(subject: &SubjectName) -> String {
    format!("{} {}", subject.kind, sanitize(&subject.name))
}

pub(super) fn scope(namespace: Option<&String>) -> String {
    match namespace {
        Some(namespace) => format!("in namespace `{}`", sanitize(namespace)),
        None => "in the whole cluster".to_owned(),
    }
}

/// A request in words.
pub(super) fn request(request: &RequestReport) -> String {
    if let Some(path) = &request.path {
        return format!("{} {}", sanitize(&request.verb), sanitize(path));
    }
    let group = request.group.as_deref().filter(|group| !group.is_empty());
    let group = group.map(|group| format!(".{group}")).unwrap_or_default();
    let name = request.name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
    let resource = request.resource.as_deref().unwrap_or_default();
    let text = format!("{} {resource}{group}{name}", request.verb);
    format!("{} {}", sanitize(&text), scope(request.namespace.as_ref()))
}

/// A role or binding in words.
pub(super) fn object(object: &ObjectReport) -> String {
    let namespace = object.namespace.as_ref().map(|namespace| format!("{namespace}/")).unwrap_or_default();
    sanitize(&format!("{} {namespace}{}", object.kind, object.name))
}

pub(super) fn place(path: Option<&String>, line: Option<u32>) -> String {
    match path {
        Some(path) => format!("{}:{}", sanitize(path), line.unwrap_or(1)),
        None => "built in".to_owned(),
    }
}

fn write_chain(chain: &ChainReport, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let arrow = if terminal.unicode { "→" } else { "->" };
    let binding = place(chain.binding.path.as_ref(), chain.binding.line);
    let rule = place(chain.rule.path.as_ref(), chain.rule.line);
    writeln!(
        out,
        "  {} {arrow} {} {arrow} {}, rule {}",
        subject(&chain.subject),
        object(&chain.binding),
        object(&chain.role),
        chain.rule.index
    )?;
    let text = terminal.cut(&sanitize(&chain.rule.text), terminal.width.saturating_sub(6));
    writeln!(out, "      {text}")?;
    let from = chain.rule.aggregated_from.as_ref();
    let from = from.map(|role| format!(", aggregated from {}", sanitize(role))).unwrap_or_default();
    writeln!(out, "      {}", terminal.dim(&format!("binding {binding} · rule {rule}{from}")))
}

/// The way of a right in one line.
pub(super) fn chain_line(chain: &ChainReport) -> String {
    format!("{} → {}, rule {}", object(&chain.binding), object(&chain.role), chain.rule.index)
}

fn write_chains(chains: &[ChainReport], terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    for chain in chains.iter().take(SHOWN) {
        write_chain(chain, terminal, out)?;
    }
    match chains.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => writeln!(out, "      {}", terminal.dim(&format!("and {more} more; `--explain` shows all"))),
    }
}

fn write_answer(answer: &AnswerReport, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let AnswerReport { subject: who, groups: _, request: what, decision, outside, because, unknown, groups_that_may } =
        answer;
    let (word, colour) = match &**decision {
        "yes" => ("yes", AnsiColor::Green.on_default()),
        "no" => ("no", style(Severity::High)),
        _ => ("not known", AnsiColor::Yellow.on_default()),
    };
    let verb = if word == "no" { "may not" } else { "may" };
    let sentence = format!("{} {verb} {}", subject(who), request(what));
    writeln!(out, "{}: {}", terminal.paint(colour.bold(), word), terminal.bold(&sentence))?;
    if let Some(outside) = outside {
        writeln!(out, "  {}", sanitize(outside))?;
    }
    for chain in because {
        write_chain(chain, terminal, out)?;
    }
    for text in unknown {
        writeln!(out, "  not known: {}", sanitize(text))?;
    }
    if !groups_that_may.is_empty() {
        let groups: Vec<String> = groups_that_may.iter().map(|group| format!("`{}`", sanitize(group))).collect();
        writeln!(out, "  members of {} may; `--group` says that the user is one", groups.join(", "))?;
    }
    Ok(())
}

fn write_who_can(report: &WhoCanReport, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let WhoCanReport { request: what, subjects, not_seen } = report;
    let title = format!("{} may {}", count(subjects.len() as u64, "subject", "subjects"), request(what));
    writeln!(out, "{}", terminal.bold(&title))?;
    for who in subjects {
        if who.because.is_empty() {
            writeln!(out, "  {} (before roles are asked)", subject(&who.subject))?;
        }
        write_chains(&who.because, terminal, out)?;
    }
    for binding in not_seen {
        let place = place(binding.path.as_ref(), binding.line);
        writeln!(out, "  not known: the role of {} ({place}) is not in the input", object(binding))?;
    }
    writeln!(out)
}

fn write_subjects(subjects: &[SubjectReport], terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let (built_in, own): (Vec<_>, Vec<_>) = subjects.iter().partition(|subject| subject.built_in);
    let alone = subjects.len() == 1;
    for report in if alone { subjects.iter().collect() } else { own } {
        write_subject(report, terminal, out)?;
        if alone {
            write_rights(&report.rights, terminal, out)?;
        }
    }
    if !alone && !built_in.is_empty() {
        let text = format!(
            "{} of every cluster not shown; `--all` shows them",
            count(built_in.len() as u64, "subject", "subjects")
        );
        writeln!(out, "{}", terminal.dim(&text))?;
    }
    Ok(())
}

fn write_subject(report: &SubjectReport, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let worst = report.severity.as_deref().and_then(Severity::from_name);
    let mark = worst.map_or_else(
        || terminal.passed().to_owned(),
        |severity| terminal.paint(style(severity), terminal.mark(severity)),
    );
    writeln!(out, "{mark} {}", terminal.bold(&subject(&report.subject)))?;
    if !report.workloads.is_empty() {
        let names: Vec<String> = report.workloads.iter().map(|name| sanitize(name)).collect();
        writeln!(out, "  {}", terminal.cut(&format!("runs {}", names.join(", ")), terminal.width.saturating_sub(2)))?;
    }
    if report.dangers.is_empty() {
        writeln!(out, "  nothing dangerous")?;
    }
    let everything =
        report.dangers.iter().any(|danger| danger.id == "cluster-admin-grant" && danger.namespace.is_none());
    let shown = if everything { 1 } else { report.dangers.len() };
    for danger in &report.dangers[..shown] {
        write_danger(danger, terminal, out)?;
    }
    if shown < report.dangers.len() {
        writeln!(out, "    {}", terminal.dim(&format!("which includes {} others", report.dangers.len() - shown)))?;
    }
    writeln!(out)
}

fn write_danger(danger: &DangerReport, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let severity = Severity::from_name(&danger.severity).unwrap_or(Severity::Info);
    let mark = terminal.paint(style(severity), &format!("{:<2} {:<8}", terminal.mark(severity), severity.name()));
    let names = match danger.names.is_empty() {
        true => String::new(),
        false => format!(" (only {})", sanitize(&danger.names.join(", "))),
    };
    writeln!(out, "  {mark} can {} {}{names}", danger.title, scope(danger.namespace.as_ref()))?;
    let arrow = if terminal.unicode { "→" } else { "->" };
    let chains: Vec<String> = danger
        .because
        .iter()
        .map(|chain| format!("{} {arrow} {}, rule {}", object(&chain.binding), object(&chain.role), chain.rule.index))
        .collect();
    let mut chains = chains;
    chains.dedup();
    let text = format!("{}; by {}", danger.why, chains.join(" and "));
    for line in crate::text::terminal::wrap(&text, terminal.width.saturating_sub(14)) {
        writeln!(out, "              {}", terminal.dim(&line))?;
    }
    Ok(())
}

fn write_rights(rights: &[RightReport], terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let mut scopes: Vec<Option<&String>> = rights.iter().map(|right| right.namespace.as_ref()).collect();
    scopes.dedup();
    for namespace in scopes {
        writeln!(out, "{}", terminal.bold(&format!("Everything {}", scope(namespace))))?;
        for right in rights.iter().filter(|right| right.namespace.as_ref() == namespace) {
            let group = if right.group.is_empty() { String::new() } else { format!(".{}", right.group) };
            let names = match right.names.is_empty() {
                true => String::new(),
                false => format!("  only {}", right.names.join(", ")),
            };
            let resource = sanitize(&format!("{}{group}", right.resource));
            writeln!(out, "  {resource:<48} {}{}", sanitize(&right.verbs.join(", ")), sanitize(&names))?;
        }
    }
    Ok(())
}
