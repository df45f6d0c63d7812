//! HTML: one page that needs nothing else, for reading, searching and printing.
//!
//! What the run comes to, what was not looked at and the worst findings are plain HTML. A script, which is in the page
//! as well, makes of the data behind it a list to search and filter. Whatever comes from files is text: escaped in the
//! HTML, and in the data so that it cannot end the element it stands in.

use std::collections::BTreeMap;
use std::io::{self, Write};

use model::control::Registered;
use model::finding::{Edit, Occurrence, Standing, Status};
use model::inventory::ResourceId;
use model::origin::Traced;
use model::severity::Severity;
use serde_json::{Value, json};

use crate::report::{ControlResult, Report, display_path};
use crate::text::Sources;
use crate::verdict::{baseline_sentence, count, exit_sentence, judged_documents, load_line, risk_left};

/// How the page is written.
pub struct Options<'a> {
    /// What was looked at, as the user named it.
    pub title: &'a str,
    /// When, in ISO 8601.
    pub time: &'a str,
    /// The user's files.
    pub sources: &'a dyn Sources,
}

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// Rows of the table that stands there without a script.
const STATIC_ROWS: usize = 100;

/// What was not looked at is named up to this many; the rest is in the data of other formats.
const NAMED: usize = 200;

/// Lines that are shown before and after the place.
const AROUND: u32 = 2;

/// A place with more lines than this is shown by its first.
const LONGEST: u32 = 8;

/// The columns that are kept of a line.
const WIDEST: usize = 240;

/// Writes the page.
///
/// # Errors
/// What writing to `out` returns.
pub fn write(report: &Report<'_>, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let title = escape(options.title);
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n\
         <title>Plimsoll: {title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#list\">To the findings</a>\n"
    )?;
    head(report, options, out)?;
    tools(out)?;
    write_static(report, out)?;
    write!(
        out,
        "<div id=\"list\"></div>\n</main>\n\
         <footer>Plimsoll {} · {} controls · {}</footer>\n{HELP}",
        escape(report.version),
        report.controls.len(),
        escape(options.time)
    )?;
    out.write_all(b"<script type=\"application/json\" id=\"data\">")?;
    data(report, options, &mut Guarded { out: &mut *out })?;
    write!(out, "</script>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n")
}

/// So many changes are told to be made first.
const FIRST: usize = 5;

const HELP: &str = "<dialog id=\"help\"><h2>Keys</h2><p><kbd>/</kbd> search · <kbd>j</kbd> <kbd>k</kbd> next and \
previous · <kbd>Enter</kbd> <kbd>Space</kbd> open or close · <kbd>Esc</kbd> clear the search, close what is open · <kbd>?</kbd> this</p><form method=\"dialog\">\
<button>Close</button></form></dialog>\n";

const LOGO: &str = "<svg viewBox=\"0 0 24 24\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" \
aria-hidden=\"true\"><circle cx=\"12\" cy=\"12\" r=\"8\"/><path d=\"M2 12h20\"/></svg>";

fn head(report: &Report<'_>, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let counts = report.counts();
    let coverage = &report.results.coverage;
    let objects = count(report.results.resources.len() as u64, "object", "objects");
    let files = count(coverage.files, "file", "files");
    write!(
        out,
        "<header class=\"top\">\n<h1>{LOGO}<span>{}</span><span class=\"line\">{}</span></h1>\n\
         <p class=\"quiet\">{objects}, {files}; judged {} of {}. {}</p>\n<p>{}</p>\n",
        escape(options.title),
        load_line(report, &counts),
        judged_documents(coverage),
        count(coverage.documents, "document", "documents"),
        escape(options.time),
        code_words(&exit_sentence(report, &counts))
    )?;
    if let Some(compared) = &report.baseline {
        writeln!(out, "<p class=\"quiet\">baseline: {}</p>", escape(&baseline_sentence(compared)))?;
    }
    out.write_all(b"<div class=\"counts\" role=\"list\">")?;
    for severity in Severity::ALL {
        let (name, mark) = (severity.name(), mark(severity));
        let number = counts.of(severity);
        write!(out, "<span role=\"listitem\" class=\"{name}\"><b>{number}</b>{mark} {name}</span>")?;
    }
    out.write_all(b"</div>\n")?;
    first(report, out)?;
    unseen(report, out)?;
    out.write_all(b"</header>\n<main>\n")
}

/// What to do first, if ways of attackers were looked for.
fn first(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let all = &report.results.priorities.first;
    if all.is_empty() {
        return Ok(());
    }
    write!(out, "<section class=\"first\" aria-label=\"what to do first\"><h2>What to do first</h2><ol>")?;
    for (at, change) in all.iter().take(FIRST).enumerate() {
        let place = report.change_place(change);
        let place = place.map(|(path, line)| format!(" <code>{}:{line}</code>", escape(&path))).unwrap_or_default();
        let left = report.left_after(at).map(risk_left);
        let left = left.map(|left| format!(" <span class=\"quiet\">{left}</span>")).unwrap_or_default();
        let (title, object) = (code_words(report.text(change.title)), escape(&report.resource_id(change.resource)));
        write!(out, "<li>{title} in <code>{object}</code>{place}{left}</li>")?;
    }
    writeln!(out, "</ol></section>")
}

/// What was not looked at: nobody may take a page for clean that does not show it.
fn unseen(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let skipped = &report.results.coverage.skipped;
    if skipped.is_empty() {
        return Ok(());
    }
    let inputs = count(skipped.len() as u64, "input was", "inputs were");
    writeln!(out, "<section class=\"unseen\" aria-label=\"not looked at\"><h2>\u{25cc} {inputs} not looked at</h2>")?;
    let (open, close) =
        if skipped.len() > 5 { ("<details><summary>which, and why</summary>", "</details>") } else { ("", "") };
    write!(out, "{open}<ul>")?;
    for skip in skipped.iter().take(NAMED) {
        let line = skip.line.map(|line| format!(":{line}")).unwrap_or_default();
        let (path, reason) = (escape(&display_path(&skip.path)), escape(&skip.reason));
        write!(out, "<li><code>{path}{line}</code> {reason}</li>")?;
    }
    if skipped.len() > NAMED {
        write!(out, "<li>and {} more</li>", skipped.len() - NAMED)?;
    }
    writeln!(out, "</ul>{close}</section>")
}

fn tools(out: &mut dyn Write) -> io::Result<()> {
    out.write_all(
        b"<form class=\"tools\" id=\"tools\" role=\"search\" hidden>\
<input type=\"search\" id=\"q\" placeholder=\"Search control, resource, file, message: press /\" aria-label=\"Search\">\
<span class=\"chips\" id=\"chips\" role=\"group\" aria-label=\"Severity\"></span>\
<select id=\"group\" aria-label=\"Group of controls\"></select><select id=\"namespace\" aria-label=\"Namespace\"></select>\
<select id=\"kind\" aria-label=\"Kind\"></select><select id=\"framework\" aria-label=\"Framework\"></select>\
<select id=\"state\" aria-label=\"State\"></select>\
<select id=\"by\" aria-label=\"Grouped by\"><option value=\"severity\">by severity</option>\
<option value=\"resource\">by resource</option><option value=\"control\">by control</option>\
<option value=\"file\">by file</option><option value=\"framework\">by requirement</option></select>\
<button type=\"button\" id=\"theme\">Light or dark</button></form>\n\
<p id=\"status\" role=\"status\" class=\"quiet\"></p><p id=\"paper\" class=\"quiet\"></p>\n",
    )
}

/// The worst findings as a table, for who reads without a script.
fn write_static(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(
        b"<div id=\"static\"><table><thead><tr><th>severity<th>what<th>control<th>where</tr></thead><tbody>\n",
    )?;
    let mut rows = 0;
    for severity in Severity::ALL {
        for result in report.control_results().filter(|result| result.counts() && result.severity == severity) {
            if rows == STATIC_ROWS {
                break;
            }
            rows += 1;
            let first = result.first();
            let (message, id) = (code_words(&report.explained(first)), result.registered.control.id);
            let place = escape(&report.place_location(first));
            let name = severity.name();
            writeln!(
                out,
                "<tr><td class=\"{name}\">{} {name}<td>{message}<td><code>{id}</code><td><code>{place}</code></tr>",
                mark(severity)
            )?;
        }
    }
    out.write_all(b"</tbody></table></div>\n")
}

/// The data of the script, value by value.
fn data(report: &Report<'_>, options: &Options<'_>, out: &mut Guarded<'_>) -> io::Result<()> {
    let mut resources: BTreeMap<ResourceId, usize> = BTreeMap::new();
    let mut controls: BTreeMap<&'static str, (usize, Registered)> = BTreeMap::new();
    for result in report.control_results().filter(is_shown) {
        let next = resources.len();
        resources.entry(result.resource).or_insert(next);
        let next = controls.len();
        controls.entry(result.registered.control.id).or_insert((next, result.registered));
    }
    let mut by_number: Vec<Registered> = controls.values().map(|(_, registered)| *registered).collect();
    by_number.sort_by_key(|registered| controls[registered.control.id].0);
    out.write_all(b"{\"controls\":[")?;
    list(out, by_number.iter().map(control))?;
    out.write_all(b"],\"resources\":[")?;
    // Results are ordered by resource, and so are the numbers.
    list(out, resources.keys().map(|id| resource(report, *id)))?;
    out.write_all(b"],\"exceptions\":[")?;
    let exceptions = report.exceptions.map_or(&[][..], |exceptions| exceptions.all.as_slice()).iter();
    list(
        out,
        exceptions.map(|exception| {
            json!({"reason": exception.reason, "owner": exception.owner, "ticket": exception.ticket,
                "expires": exception.expires.map(|day| day.to_string()), "path": display_path(&exception.path),
                "line": exception.line})
        }),
    )?;
    let orders = orders(report);
    let mut ways: BTreeMap<String, usize> = BTreeMap::new();
    out.write_all(b"],\"findings\":[")?;
    let mut first = true;
    for (result, order) in report.control_results().filter(is_shown).zip(orders) {
        let id = report.resource_id(result.resource);
        let next = ways.len();
        let way = report.contribution(&result).and_then(|_| report.why_here(&result));
        let numbers = Numbers {
            control: controls[result.registered.control.id].0,
            resource: resources[&result.resource],
            order,
            way: way.map(|way| *ways.entry(way).or_insert(next)),
        };
        for occurrence in result.occurrences.iter().filter(|occurrence| occurrence.status != Status::Pass) {
            out.write_all(if first { b"\n" } else { b",\n" })?;
            first = false;
            let value = finding(report, &result, occurrence, &id, numbers, options);
            serde_json::to_writer(&mut *out, &value).map_err(io::Error::from)?;
        }
    }
    let mut by_number: Vec<(&String, &usize)> = ways.iter().collect();
    by_number.sort_by_key(|(_, number)| **number);
    out.write_all(b"],\"ways\":[")?;
    list(out, by_number.into_iter().map(|(way, _)| json!(way)))?;
    write!(out, "],\"prioritised\":{}}}", !report.results.priorities.contributions.is_empty())
}

/// The numbers by which a finding names what it has in common with others.
#[derive(Clone, Copy)]
struct Numbers {
    control: usize,
    resource: usize,
    /// Its place by what it contributes.
    order: usize,
    /// What it contributes to, if anything.
    way: Option<usize>,
}

/// The place of every result that is shown, by what it contributes.
fn orders(report: &Report<'_>) -> Vec<usize> {
    let results: Vec<ControlResult<'_>> = report.control_results().filter(is_shown).collect();
    let mut sorted: Vec<usize> = (0..results.len()).collect();
    sorted.sort_by_cached_key(|at| report.order(&results[*at]));
    let mut places = vec![0; results.len()];
    for (place, at) in sorted.into_iter().enumerate() {
        places[at] = place;
    }
    places
}

fn is_shown(result: &ControlResult<'_>) -> bool {
    result.status != Status::Pass && !result.registered.control.umbrella
}

fn list(out: &mut Guarded<'_>, values: impl Iterator<Item = Value>) -> io::Result<()> {
    for (number, value) in values.enumerate() {
        out.write_all(if number == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, &value).map_err(io::Error::from)?;
    }
    Ok(())
}

fn control(registered: &Registered) -> Value {
    let control = registered.control;
    let mappings: Vec<[&str; 2]> =
        control.mappings.iter().map(|mapping| [mapping.framework, mapping.requirement]).collect();
    let aliases: Vec<[&str; 2]> = control.aliases.iter().map(|alias| [alias.tool, alias.id]).collect();
    json!({"id": control.id, "title": control.title, "group": registered.group.name(), "rationale": control.rationale,
        "remediation": control.remediation, "verify": control.verify, "mappings": mappings, "aliases": aliases})
}

fn resource(report: &Report<'_>, id: ResourceId) -> Value {
    let resource = report.resource(id);
    json!({"id": report.resource_id(id), "kind": report.text(resource.kind),
        "namespace": report.text(resource.namespace), "path": report.path(resource)})
}

fn finding(
    report: &Report<'_>,
    result: &ControlResult<'_>,
    occurrence: &Occurrence,
    id: &str,
    numbers: Numbers,
    options: &Options<'_>,
) -> Value {
    let resource = report.resource(result.resource);
    let place = occurrence.place;
    let line = if place.line == 0 { resource.line } else { place.line };
    let state = match occurrence.status {
        Status::Skip => "skip",
        Status::Fail | Status::Pass => occurrence.standing.name(),
    };
    let exception = match occurrence.standing {
        Standing::Excepted(id) => Some(id.0),
        Standing::Open | Standing::Known => None,
    };
    let severity = Severity::ALL.iter().position(|known| *known == occurrence.severity);
    let mut value = json!([
        numbers.control,
        numbers.resource,
        severity,
        state,
        report.explained(occurrence),
        report.text(occurrence.container),
        report.text(place.field),
        line,
        place.column.max(1),
        frame(report.place_file(occurrence), line, place.end_line.max(line), options),
        edit(report, occurrence),
        report.occurrence_fingerprint(result, id, occurrence),
        exception,
        numbers.order,
        numbers.way,
    ]);
    if let (Some(traced), Value::Array(parts)) = (report.traced(occurrence), &mut value) {
        parts.push(origin(report, occurrence, traced));
    }
    value
}

/// The file of a finding in rendered text, and what was rendered there.
fn origin(report: &Report<'_>, occurrence: &Occurrence, traced: &Traced) -> Value {
    let lines = traced.reasons.first().and_then(|reason| {
        let rendering = report.results.origins.rendering(*reason.renderings.first()?);
        let (first, end) = (reason.rendered.line, reason.rendered.end_line);
        Some(json!([first, rendering.lines(first, end.min(first + LONGEST)).join("\n")]))
    });
    json!({"path": report.place_path(occurrence), "rendered": lines})
}

/// The first line, and the lines of a place with those around it.
fn frame(file: u32, line: u32, end: u32, options: &Options<'_>) -> Option<(u32, String)> {
    let first = line.saturating_sub(AROUND).max(1);
    let last = end.min(line + LONGEST) + AROUND;
    let lines = options.sources.lines(file, first, last)?;
    let cut = |line: &String| line.chars().take(WIDEST).collect::<String>();
    Some((first, lines.iter().map(cut).collect::<Vec<_>>().join("\n")))
}

/// What to write instead: lines with a sign.
fn edit(report: &Report<'_>, occurrence: &Occurrence) -> Option<Vec<(&'static str, String)>> {
    let lines = |sign, text: &str| text.lines().map(|line| (sign, line.to_owned())).collect::<Vec<_>>();
    let value = report.text(occurrence.value);
    let field = report.text(occurrence.place.field);
    let key = field.rsplit('.').next().unwrap_or(field);
    match occurrence.edit {
        Edit::None | Edit::RemoveAt(_) => None,
        Edit::Insert(text) | Edit::Set { field: _, lines: text } | Edit::Create(text) => {
            Some(lines("+", report.text(text)))
        }
        Edit::Rename(name) => {
            Some(vec![("-", format!("{key}: {value}")), ("+", format!("{}: {value}", report.text(name)))])
        }
        Edit::Remove => Some(vec![("-", format!("{key}: {value}").trim_end().to_owned())]),
        Edit::Replace(text) => Some(vec![("-", value.to_owned()), ("+", report.text(text).to_owned())]),
    }
}

fn mark(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "\u{25b2}\u{25b2}",
        Severity::High => "\u{25b2}",
        Severity::Medium => "\u{25c6}",
        Severity::Low => "\u{25bd}",
        Severity::Info => "\u{b7}",
    }
}

/// Text as HTML shows it, between tags and in attributes. What steers a terminal or the direction of text is named.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            c if c.is_control() && !matches!(c, '\n' | '\t') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Text in which what stands between backticks is code.
fn code_words(text: &str) -> String {
    let mut parts = text.split('`');
    let mut out = escape(parts.next().unwrap_or_default());
    while let Some(word) = parts.next() {
        match parts.next() {
            Some(after) => out.push_str(&format!("<code>{}</code>{}", escape(word), escape(after))),
            None => out.push_str(&format!("`{}", escape(word))),
        }
    }
    out
}

/// Writes JSON into a script element: nothing in it can end the element or begin a comment, and nothing turns the
/// direction of text.
pub(crate) struct Guarded<'a> {
    pub(crate) out: &'a mut dyn Write,
}

impl Write for Guarded<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut start = 0;
        // All three stand only in strings of JSON.
        for (at, byte) in bytes.iter().enumerate().filter(|(_, byte)| matches!(byte, b'<' | b'>' | b'&' | 0xE2)) {
            let turns = matches!(bytes[at..], [0xE2, 0x80, 0xAA..=0xAE, ..] | [0xE2, 0x81, 0xA6..=0xA9, ..]);
            if *byte == 0xE2 && !turns {
                continue;
            }
            self.out.write_all(&bytes[start..at])?;
            let (code, length) = if turns { (0xFFFD, 3) } else { (u32::from(*byte), 1) };
            write!(self.out, "\\u{code:04x}")?;
            start = at + length;
        }
        self.out.write_all(&bytes[start..])?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
