//! `plimsoll rbac matrix`: subjects and what is dangerous about them, as a page and as a table for spreadsheets.

use std::collections::BTreeSet;
use std::io::{self, Write};

use model::severity::Severity;

use super::{DangerReport, RbacReport, SubjectName, SubjectReport};
use crate::html::escape;

const STYLE: &str = include_str!("matrix.css");
const SCRIPT: &str = include_str!("matrix.js");

/// A column: a danger that somebody has.
struct Column<'r> {
    id: &'r str,
    title: &'r str,
    theme: &'r str,
}

/// The dangers that anybody has, by theme, in the order in which they first come.
fn columns(report: &RbacReport) -> Vec<Column<'_>> {
    let dangers = || report.subjects.iter().flatten().flat_map(|subject| &subject.dangers);
    let mut themes: Vec<&str> = Vec::new();
    for danger in dangers() {
        if !themes.contains(&&*danger.theme) {
            themes.push(&danger.theme);
        }
    }
    let mut seen = BTreeSet::new();
    let mut columns = Vec::new();
    for theme in themes {
        for danger in dangers().filter(|danger| danger.theme == theme) {
            if seen.insert(&danger.id) {
                columns.push(Column { id: &danger.id, title: &danger.title, theme: &danger.theme });
            }
        }
    }
    columns
}

/// The worst of a danger that a subject has, and in how many namespaces; none means the whole cluster.
fn cell<'r>(subject: &'r SubjectReport, id: &str) -> Option<(&'r DangerReport, usize)> {
    let of = || subject.dangers.iter().filter(|danger| danger.id == id);
    let worst = of().max_by_key(|danger| (Severity::from_name(&danger.severity), danger.namespace.is_none()))?;
    let namespaces = if worst.namespace.is_none() { 0 } else { of().count() };
    Some((worst, namespaces))
}

/// The group through which a danger comes to a subject, if it does.
fn through<'r>(danger: &'r DangerReport, subject: &SubjectName) -> Option<&'r str> {
    let by_other = danger.because.iter().map(|chain| &chain.subject).find(|other| *other != subject);
    by_other.map(|group| &*group.name)
}

/// Writes the table for spreadsheets: a line for each subject, a column for each danger.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_csv(report: &RbacReport, out: &mut dyn Write) -> io::Result<()> {
    let columns = columns(report);
    let mut text = String::new();
    let head = ["kind", "name", "severity"].into_iter().chain(columns.iter().map(|column| column.id));
    push_row(head.map(str::to_owned), &mut text);
    for subject in report.subjects.iter().flatten().filter(|subject| !subject.dangers.is_empty()) {
        let SubjectReport { subject: name, severity, .. } = subject;
        let begin = [name.kind.clone(), name.name.clone(), severity.clone().unwrap_or_default()];
        let cells = columns.iter().map(|column| match cell(subject, column.id) {
            None => String::new(),
            Some((danger, namespaces)) => {
                let place = match namespaces {
                    0 => "cluster".to_owned(),
                    1 => danger.namespace.clone().unwrap_or_default(),
                    many => format!("{many} namespaces"),
                };
                let group = through(danger, name).map(|group| format!(" through {group}")).unwrap_or_default();
                format!("{} {place}{group}", danger.severity)
            }
        });
        push_row(begin.into_iter().chain(cells), &mut text);
    }
    out.write_all(text.as_bytes())
}

fn push_row(cells: impl Iterator<Item = String>, text: &mut String) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            text.push(',');
        }
        crate::csv::push_cell(&cell, text);
    }
    text.push_str("\r\n");
}

/// Writes the page.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_html(report: &RbacReport, out: &mut dyn Write) -> io::Result<()> {
    let columns = columns(report);
    let subjects: Vec<&SubjectReport> = report.subjects.iter().flatten().collect();
    let dangerous: Vec<&&SubjectReport> = subjects.iter().filter(|subject| !subject.dangers.is_empty()).collect();
    super::page::begin("Who can do what is dangerous", STYLE, out)?;
    let critical = subjects.iter().filter(|subject| subject.severity.as_deref() == Some("critical")).count();
    writeln!(
        out,
        "<header><h1>{} Who can do what is dangerous</h1>\n\
         <p><b>{}</b> of {} subjects can do something dangerous, <b>{critical}</b> of them something critical. \
         Kubernetes {}.</p>",
        super::page::LOGO,
        dangerous.len(),
        subjects.len(),
        escape(&report.kubernetes_version)
    )?;
    super::page::write_unseen(report, out)?;
    writeln!(
        out,
        "<p class=\"tools\"><label>Find <input id=\"find\" type=\"search\" placeholder=\"a subject or a capability\"></label> \
         <label><input id=\"worst\" type=\"checkbox\"> high and critical only</label> \
         <span id=\"shown\" role=\"status\"></span></p></header>"
    )?;
    write_table(&columns, &dangerous, out)?;
    let quiet = subjects.len() - dangerous.len();
    if quiet > 0 {
        writeln!(out, "<p>{quiet} subjects can do nothing dangerous, or only what every cluster gives them.</p>")?;
    }
    writeln!(out, "{LEGEND}<script>\n{SCRIPT}</script>\n</body>\n</html>")
}

const LEGEND: &str = "<p class=\"legend\"><span class=\"m critical\">▲▲ critical</span> <span class=\"m high\">▲ high</span> \
<span class=\"m medium\">◆ medium</span> <span class=\"m low\">▽ low</span> <span class=\"m info\">· info</span> \
A number is in how many namespaces; without one it is the whole cluster. A dotted line: only objects of some names. \
What comes through groups that every account or user is in is in each row.</p>\n";

fn write_table(columns: &[Column<'_>], subjects: &[&&SubjectReport], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<div class=\"scroll\"><table>\n<thead><tr><td></td>")?;
    let mut at = 0;
    while at < columns.len() {
        let theme = columns[at].theme;
        let width = columns[at..].iter().take_while(|column| column.theme == theme).count();
        writeln!(
            out,
            "<th class=\"theme\" colspan=\"{width}\" scope=\"colgroup\"><span>{}</span></th>",
            escape(theme)
        )?;
        at += width;
    }
    writeln!(out, "</tr><tr><th scope=\"col\" class=\"corner\">Subject</th>")?;
    for column in columns {
        writeln!(out, "<th scope=\"col\" title=\"{}\"><span>{}</span></th>", escape(column.id), escape(column.title))?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")?;
    for subject in subjects {
        let worst = subject.severity.as_deref().unwrap_or("info");
        write!(
            out,
            "<tr data-worst=\"{worst}\"><th scope=\"row\"><span class=\"kind\">{}</span> {}</th>",
            escape(&subject.subject.kind),
            escape(&subject.subject.name)
        )?;
        for column in columns {
            write_cell(&subject.subject, cell(subject, column.id), out)?;
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</tbody></table></div>")
}

fn write_cell(subject: &SubjectName, cell: Option<(&DangerReport, usize)>, out: &mut dyn Write) -> io::Result<()> {
    let Some((danger, namespaces)) = cell else { return write!(out, "<td></td>") };
    let mark = match &*danger.severity {
        "critical" => "▲▲",
        "high" => "▲",
        "medium" => "◆",
        "low" => "▽",
        _ => "·",
    };
    let place = match (&danger.namespace, namespaces) {
        (None, _) => "in the whole cluster".to_owned(),
        (Some(namespace), 1) => format!("in namespace {namespace}"),
        (Some(_), many) => format!("in {many} namespaces"),
    };
    let chains: Vec<String> = danger.because.iter().map(super::text::chain_line).collect();
    let group = through(danger, subject).map(|group| format!(", through {group}")).unwrap_or_default();
    let title = format!("{}: can {} {place}{group}; {}", danger.severity, danger.title, chains.join("; "));
    let number = if namespaces > 0 { format!("<sub>{namespaces}</sub>") } else { String::new() };
    let limited = if danger.names.is_empty() { "" } else { " limited" };
    write!(
        out,
        "<td class=\"m {}{limited}\" title=\"{}\"><span aria-label=\"{}\">{mark}{number}</span></td>",
        escape(&danger.severity),
        escape(&title),
        escape(&format!("{} {place}{group}", danger.severity))
    )
}
