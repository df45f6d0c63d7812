//! One finding, framed in the user's own file as a compiler would.

use std::io::{self, Write};
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Patch, Renderer, Snippet};
use model::finding::{Edit, Occurrence};
use model::severity::Severity;

use unicode_width::UnicodeWidthStr;

use super::Options;
use super::terminal::{sanitize, style, wrap};
use crate::report::{ControlResult, Report, display_path};

/// How many places of one result are marked.
const MARKED: usize = 5;

/// Places further apart than this are not shown in one frame.
const LONGEST: u32 = 300;

/// The columns that are kept of a line that is longer, and how many of them stand before what is marked.
const WIDEST: usize = 400;
const BEFORE: usize = 120;

/// No title is wrapped narrower than that.
const NARROWEST: usize = 44;

/// Lines of a file, and where they begin in it.
struct Excerpt {
    text: String,
    first_line: u32,
    /// Where each line begins in the text.
    starts: Vec<usize>,
    /// How many characters at the beginning of each line were left out.
    skipped: Vec<usize>,
}

/// Writes the frame of a result.
pub(super) fn write(
    report: &Report<'_>,
    result: &ControlResult<'_>,
    options: &Options<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let first = result.first();
    let resource = report.resource(result.resource);
    let file = report.place_file(first);
    let path = sanitize(&report.place_path(first));
    let marked = marked(report, result);
    let excerpt = excerpt(file, &marked, options);
    let terminal = options.terminal;
    let name = format!("{} {}", terminal.mark(result.severity), result.severity);
    let id = result.registered.control.id;
    // The title goes on under its own beginning. Where that leaves too little, the id stands at its end.
    let room = terminal.width.saturating_sub(name.width() + id.len() + 4);
    let message = sanitize(&report.message(first));
    let is_narrow = room < NARROWEST;
    let room = if is_narrow { terminal.width.saturating_sub(name.width() + 2) } else { room };
    let message = if is_narrow { format!("{message} [{id}]") } else { message };
    let title = level(result.severity).with_name(Some(name)).primary_title(wrap(&message, room).join("\n"));
    let group = if is_narrow { title } else { title.id(id) };
    let mut group = match &excerpt {
        // The columns of a line of which the beginning was left out are not those of the file.
        Some(excerpt) if excerpt.begins_late(first) => {
            group.element(origin(first, resource.line, &path)).element(annotated(report, &marked, excerpt))
        }
        Some(excerpt) => group.element(annotated(report, &marked, excerpt).path(path.clone())),
        None => group.element(origin(first, resource.line, &path)),
    };
    let deciding = deciding(report, first, options);
    for (excerpt, label, path) in &deciding {
        let mark = AnnotationKind::Context
            .span(excerpt.text.len() - excerpt.text.trim_start().len()..excerpt.text.len() - 1)
            .label(label.as_str());
        let source = Snippet::source(excerpt.text.as_str()).line_start(excerpt.first_line as usize);
        group = group.element(source.path(path.as_str()).annotation(mark));
    }
    for text in rendered_notes(report, first, terminal.width) {
        group = group.element(text);
    }
    for text in notes(report, result, marked.len(), terminal.width) {
        group = group.element(text);
    }
    let mut groups = vec![group];
    // A template is no YAML that a patch of a line would fit.
    let is_template = is_template(report, first);
    let patched = excerpt.as_ref().filter(|_| !is_template).and_then(|excerpt| patch(report, first, excerpt));
    let mut remediation = wrap(result.registered.control.remediation, terminal.width.saturating_sub(10));
    remediation.extend(elsewhere(report, first));
    let remediation = remediation.join("\n");
    let help = Level::HELP.with_name(Some("fix"));
    groups.push(match (&excerpt, patched) {
        (Some(excerpt), Some(patch)) => help
            .secondary_title(remediation)
            .element(Snippet::source(excerpt.text.as_str()).line_start(excerpt.first_line as usize).patch(patch)),
        _ => Group::with_title(help.secondary_title(remediation)),
    });
    writeln!(out, "{}", renderer(options, result.severity).render(&groups))
}

/// Whether the place of an occurrence is in a chart.
fn is_template(report: &Report<'_>, found: &Occurrence) -> bool {
    let reasons = report.traced(found).map_or(&[][..], |traced| &traced.reasons);
    let mut renderings = reasons.iter().flat_map(|reason| &reason.renderings);
    renderings.any(|id| report.results.origins.rendering(*id).renderer == model::origin::Renderer::Helm)
}

/// The lines on which the values are written that decide: a line, what it is called, and its file.
fn deciding(report: &Report<'_>, found: &Occurrence, options: &Options<'_>) -> Vec<(Excerpt, String, String)> {
    let reasons = report.traced(found).map_or(&[][..], |traced| &traced.reasons);
    let nearest = reasons.iter().filter_map(|reason| reason.values.first().map(|value| (reason, value)));
    let written = nearest.filter_map(|(reason, value)| {
        let (file, place) = value.place?;
        let lines = options.sources.lines(file, place.line, place.line)?;
        let text: String = sanitize(lines.first()?).chars().take(WIDEST).collect();
        let excerpt = Excerpt { text: text + "\n", first_line: place.line, starts: vec![0], skipped: vec![0] };
        let variants = report.results.origins.variants(&reason.renderings);
        let variants = if variants.is_empty() { String::new() } else { format!(", in {}", variants.join(", ")) };
        let label = sanitize(&format!("because of `{}`{variants}", value.path));
        let path = sanitize(&display_path(&report.results.files[file as usize]));
        Some((excerpt, label, path))
    });
    written.take(MARKED).collect()
}

/// What was rendered at the place, and where it is not rendered everywhere, in which renderings.
fn rendered_notes(report: &Report<'_>, found: &Occurrence, width: usize) -> Vec<annotate_snippets::Message<'static>> {
    let Some(traced) = report.traced(found) else { return Vec::new() };
    let origins = &report.results.origins;
    let say = |name: &'static str, text: String| {
        Level::NOTE.with_name(Some(name)).message(wrap(&text, width.saturating_sub(12)).join("\n"))
    };
    let mut notes = Vec::new();
    if let Some(reason) = traced.reasons.first()
        && let Some(id) = reason.renderings.first()
        && let Some(line) = origins.rendering(*id).lines(reason.rendered.line, reason.rendered.line).first()
    {
        let text: String = sanitize(line.trim()).chars().take(WIDEST).collect();
        notes.push(say("rendered", format!("{text} (line {})", reason.rendered.line)));
    }
    let variants = origins.renderings_of(found);
    let variants = origins.variants(&variants);
    if !variants.is_empty() {
        notes.push(say("only in", sanitize(&variants.join(", "))));
    }
    if let Some(hook) = origins.hook(found.resource) {
        notes.push(say("hook", format!("Helm runs it at {}", sanitize(hook))));
    }
    notes
}

fn renderer(options: &Options<'_>, severity: Severity) -> Renderer {
    let terminal = options.terminal;
    let decor = if terminal.unicode { DecorStyle::Unicode } else { DecorStyle::Ascii };
    let own = style(severity);
    let renderer = if terminal.colour {
        Renderer::styled().error(own).warning(own).info(own).note(own)
    } else {
        Renderer::plain()
    };
    renderer.decor_style(decor).term_width(terminal.width)
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Critical => Level::ERROR,
        Severity::High => Level::WARNING,
        Severity::Medium => Level::INFO,
        Severity::Low | Severity::Info => Level::NOTE,
    }
}

/// The places to mark: the first of the result, and others near it.
fn marked<'a>(report: &Report<'a>, result: &ControlResult<'a>) -> Vec<&'a Occurrence> {
    let first = result.occurrences.iter().position(|found| std::ptr::eq(found, result.first())).unwrap_or(0);
    let mut marked = vec![&result.occurrences[first]];
    let line = result.occurrences[first].place.line;
    let file = report.place_file(&result.occurrences[first]);
    for (at, found) in result.occurrences.iter().enumerate() {
        let same = found.status == result.status && found.place.line > 0 && report.place_file(found) == file;
        if at != first && same && found.place.line.abs_diff(line) <= LONGEST && marked.len() < MARKED {
            marked.push(found);
        }
    }
    marked
}

fn excerpt(file: u32, marked: &[&Occurrence], options: &Options<'_>) -> Option<Excerpt> {
    let first = marked.iter().map(|found| found.place.line).min().filter(|&line| line > 0)?;
    let last = marked.iter().map(|found| last_line(found)).max()?;
    // One more line: what is written under a key is indented as the line after it.
    let lines = options.sources.lines(file, first, last + 1)?;
    let mut excerpt = Excerpt { text: String::new(), first_line: first, starts: Vec::new(), skipped: Vec::new() };
    for (line, number) in lines.into_iter().zip(first..) {
        // A line that is too long is shown where the first place is marked on it.
        let columns = marked.iter().filter(|found| found.place.line == number).map(|found| found.place.column as usize);
        let column = columns.min().filter(|column| *column > WIDEST / 2 && line.len() > WIDEST);
        let skipped = column.map_or(0, |column| column.saturating_sub(BEFORE + 1));
        excerpt.starts.push(excerpt.text.len());
        excerpt.skipped.push(skipped);
        let cut: String = sanitize(&line).chars().skip(skipped).take(WIDEST).collect();
        excerpt.text.push_str(&cut);
        excerpt.text.push('\n');
    }
    Some(excerpt)
}

/// Of a place of many lines only the first is shown.
fn last_line(found: &Occurrence) -> u32 {
    if found.place.end_line > found.place.line + 3 { found.place.line } else { found.place.end_line }
}

impl Excerpt {
    fn line(&self, line: u32) -> Option<(usize, &str)> {
        let at = line.checked_sub(self.first_line)? as usize;
        let start = *self.starts.get(at)?;
        let rest = &self.text[start..];
        Some((start, rest.split('\n').next().unwrap_or(rest)))
    }

    /// Whether the beginning of the line of a place was left out.
    fn begins_late(&self, found: &Occurrence) -> bool {
        self.skipped_of(found.place.line) > 0
    }

    fn skipped_of(&self, line: u32) -> usize {
        let at = line.checked_sub(self.first_line).map(|at| at as usize);
        at.and_then(|at| self.skipped.get(at)).copied().unwrap_or(0)
    }

    /// The byte offset of a column, which counts characters from 1. `None` where that was left out.
    fn offset(&self, line: u32, column: u32) -> Option<usize> {
        let (start, text) = self.line(line)?;
        let column = (column as usize).checked_sub(1 + self.skipped_of(line))?;
        if column > WIDEST {
            return None;
        }
        let in_line = text.char_indices().nth(column).map_or(text.len(), |(at, _)| at);
        Some(start + in_line)
    }

    fn range(&self, found: &Occurrence) -> Option<Range<usize>> {
        let place = found.place;
        let start = self.offset(place.line, place.column)?;
        let end = if last_line(found) == place.end_line {
            let end = self.offset(place.end_line, place.end_column);
            end.or_else(|| self.line(place.end_line).map(|(start, text)| start + text.len()))?
        } else {
            let (start, text) = self.line(place.line)?;
            start + text.len()
        };
        Some(start..end.max(start))
    }
}

fn annotated<'s>(
    report: &Report<'_>,
    marked: &[&Occurrence],
    excerpt: &'s Excerpt,
) -> Snippet<'s, annotate_snippets::Annotation<'s>> {
    let source = Snippet::source(excerpt.text.as_str()).line_start(excerpt.first_line as usize);
    let annotations = marked.iter().enumerate().filter_map(|(number, found)| {
        let range = excerpt.range(found)?;
        let annotation = AnnotationKind::Primary.span(range);
        // The title says it of the first.
        let others = number > 0 && !found.container.is_empty();
        Some(if others { annotation.label(sanitize(report.text(found.container))) } else { annotation })
    });
    source.annotations(annotations)
}

fn origin(found: &Occurrence, line: u32, path: &str) -> Origin<'static> {
    let line = if found.place.line > 0 { found.place.line } else { line };
    if line == 0 {
        return Origin::path(path.to_owned());
    }
    Origin::path(path.to_owned()).line(line as usize).char_column(found.place.column.max(1) as usize)
}

fn notes(
    report: &Report<'_>,
    result: &ControlResult<'_>,
    marked: usize,
    width: usize,
) -> Vec<annotate_snippets::Message<'static>> {
    let say = |name: &'static str, text: String| {
        let lines = wrap(&text, width.saturating_sub(12)).join("\n");
        Level::NOTE.with_name(Some(name)).message(lines)
    };
    let mut place = sanitize(&report.resource_id(result.resource));
    let field = report.text(result.first().place.field);
    if !field.is_empty() {
        place = format!("{place} {}", sanitize(field));
    }
    let same = result.occurrences.iter().filter(|found| found.status == result.status).count();
    if same > marked {
        place.push_str(&format!(" and {} more places", same - marked));
    }
    let mut notes = vec![say("in", place), say("why", first_sentences(result.registered.control.rationale))];
    notes.extend(report.why_here(result).map(|text| say("order", text)));
    if let Some(custody) = report.custody(result.resource) {
        let [tool, name] = [custody.tool, custody.name].map(|text| sanitize(report.text(text)));
        notes.push(say("change", format!("in {tool} `{name}`, which puts it there")));
    }
    if let Some(drift) = report.drift(result.resource) {
        let [owner, what] = [drift.owner, drift.what].map(|text| sanitize(report.text(text)));
        notes.push(say("drift", format!("it is not what {owner} says: {what}")));
    }
    let others = others(report, result);
    if !others.is_empty() {
        notes.push(say("also", others.join(", ")));
    }
    notes
}

/// The other controls that have something to say of the same place.
fn others(report: &Report<'_>, result: &ControlResult<'_>) -> Vec<&'static str> {
    let place = result.first().place;
    let is_there = |other: &ControlResult<'_>| {
        let mut failed = other.occurrences.iter().filter(|found| found.status == other.status);
        failed.any(|found| found.place == place)
    };
    let others = report.results_of(result.resource).filter(|other| {
        other.counts() && other.registered.id != result.registered.id && place.line > 0 && is_there(other)
    });
    others.map(|other| other.registered.control.id).collect()
}

/// As much of a rationale as fits a frame: one sentence.
fn first_sentences(text: &str) -> String {
    text.find(". ").map_or(text, |end| &text[..=end]).to_owned()
}

/// The lines of a change that is not made at the place: at which field, and what.
fn elsewhere(report: &Report<'_>, found: &Occurrence) -> Vec<String> {
    let (at, lines) = match found.edit {
        Edit::Set { field, lines } if report.text(field).is_empty() => ("in the object:".to_owned(), lines),
        Edit::Set { field, lines } => (format!("in `{}`:", sanitize(report.text(field))), lines),
        Edit::Create(documents) => ("beside it:".to_owned(), documents),
        _ => return Vec::new(),
    };
    std::iter::once(at).chain(report.text(lines).lines().map(|line| format!("  {line}"))).collect()
}

/// The change that mends the first place, where it can be shown on these lines alone.
fn patch<'p>(report: &Report<'p>, found: &Occurrence, excerpt: &Excerpt) -> Option<Patch<'p>> {
    let (start, line) = excerpt.line(found.place.line)?;
    if line.chars().count() >= WIDEST {
        return None;
    }
    match found.edit {
        // What belongs elsewhere cannot be shown on these lines.
        Edit::None | Edit::Set { .. } | Edit::RemoveAt(_) | Edit::Create(_) => None,
        Edit::Rename(name) => {
            let field = report.text(found.place.field);
            let key = field.rsplit('.').next().unwrap_or(field);
            let at = start + line.find(&format!("{key}:"))?;
            Some(Patch::new(at..at + key.len(), report.text(name)))
        }
        Edit::Replace(text) => Some(Patch::new(excerpt.range(found)?, report.text(text))),
        Edit::Remove => {
            let content = line.trim_start();
            let field = report.text(found.place.field);
            let key = field.rsplit(['.', '[']).next().unwrap_or(field).trim_end_matches(']');
            let is_item = key.bytes().all(|byte| byte.is_ascii_digit()) && content.starts_with("- ");
            let is_key = content.strip_prefix(key).is_some_and(|rest| rest.starts_with(':'));
            let one_line = found.place.end_line == found.place.line;
            (one_line && (is_item || is_key)).then(|| Patch::new(start..start + line.len() + 1, ""))
        }
        Edit::Insert(text) => {
            let range = excerpt.range(found)?;
            let after = excerpt.text[range.end..].split('\n').next().unwrap_or("").trim();
            let own_indent = line.len() - line.trim_start_matches([' ', '-']).len();
            let indent = if after == ":" {
                // The anchor is a key: what is inserted belongs under it, as deep as what stands there.
                let next = excerpt.line(found.place.line + 1).map_or("", |(_, next)| next);
                let next_indent = next.len() - next.trim_start().len();
                if next_indent > own_indent { next_indent } else { own_indent + 2 }
            } else if after.is_empty() || after.starts_with('#') {
                own_indent
            } else {
                return None;
            };
            let at = start + line.len() + 1;
            let pad = " ".repeat(indent);
            let lines: String = report.text(text).lines().map(|line| format!("{pad}{line}\n")).collect();
            Some(Patch::new(at..at, lines))
        }
    }
}
