//! Exceptions in the manifests themselves: annotations of objects and pod templates, and comments; our own, and those
//! that other tools read.

use model::document::{Kind, Value};
use model::exception::{Date, Form};
use model::inventory::Observed;

use crate::exceptions::{Written, parse_directive};

/// Our own annotation.
pub const ANNOTATION: &str = "plimsoll/ignore";

/// Why what is meant as an exception is none, as a clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is our own, and not understood.
    NotUnderstood(String),
    /// It is another tool's, and says what exceptions here cannot say.
    Untranslated(String),
}

/// Something in a manifest that is meant as an exception.
pub struct Found {
    /// The exception, or why it is none.
    pub written: Result<Written, Refused>,
    /// The line that it is written on.
    pub line: u32,
    /// The line that it is for; `None` for the whole object.
    pub target: Option<u32>,
}

/// What annotations and comments of an object say.
pub fn find(observed: Observed<'_>) -> Vec<Found> {
    let mut found = annotations(observed);
    comments(observed, &mut found);
    found
}

/// What annotations of an object say.
pub fn annotations(observed: Observed<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    let of_pods = observed.workloads.iter().flat_map(|workload| workload.pod.annotations());
    let mut seen = Vec::new();
    for (key, value) in observed.object.annotations().chain(of_pods) {
        // A pod's annotations are those of its object.
        if !seen.contains(&key.id()) {
            annotation(observed, key, value, &mut found);
            seen.push(key.id());
        }
    }
    found
}

/// What comments of a text say that is no manifest: a template, a values file, a base. A comment of a template may
/// also stand between `{{/*` and `*/}}`. Which lines are those of objects is known to who asks.
pub fn in_text(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    if memchr::memmem::find(text.as_bytes(), b"ignore").is_none() && !text.contains(CHECKOV) {
        return found;
    }
    let lines: Vec<&str> = text.lines().collect();
    // The first line with content after the one that is looked at, which is why the last comes first.
    let mut after = None;
    for (number, line) in lines.iter().enumerate().rev() {
        if let Some((before, body, mark)) = comment_of_line(line) {
            let own = before.trim().is_empty();
            let target = if own { after.unwrap_or(number) } else { number } as u32 + 1;
            found.extend(directive(body, mark, number as u32 + 1, Some(target)));
        }
        if is_content(line) {
            after = Some(number);
        }
    }
    found.reverse();
    found
}

/// What stands before a comment on a line that is meant for a scanner, what it says, and whose it is.
fn comment_of_line(line: &str) -> Option<(&str, &str, &'static str)> {
    let marked = |at: usize, length: usize| {
        let rest = line[at + length..].trim_start_matches([' ', '\t']);
        let mark = [OURS, CHECKOV, TRIVY].into_iter().find(|mark| rest.starts_with(mark))?;
        Some((&line[..at], &rest[mark.len()..], mark))
    };
    for at in memchr::memchr_iter(b'#', line.as_bytes()) {
        let before = &line[..at];
        let is_comment =
            (before.is_empty() || before.ends_with([' ', '\t'])) && before.matches('"').count().is_multiple_of(2);
        if let Some((before, body, mark)) = marked(at, 1).filter(|_| is_comment) {
            return Some((before, body.trim(), mark));
        }
    }
    let open = line.find("{{/*").map(|at| (at, 4)).or_else(|| line.find("{{- /*").map(|at| (at, 6)))?;
    let (before, body, mark) = marked(open.0, open.1)?;
    let end = body.find("*/").unwrap_or(body.len());
    Some((before, body[..end].trim(), mark))
}

/// Whether a line is neither empty, nor a comment, nor an action that only directs what comes after it.
fn is_content(line: &str) -> bool {
    let line = line.trim();
    let action = line.strip_prefix("{{").map(|rest| rest.trim_start_matches('-').trim_start());
    let directs = action.is_some_and(|action| {
        let word = action.split([' ', '-', '}']).next().unwrap_or(action);
        matches!(word, "if" | "else" | "end" | "with" | "range" | "define" | "block")
            || word.starts_with("/*")
            || word.starts_with('$')
    });
    !line.is_empty() && !line.starts_with('#') && line != "---" && !directs
}

fn annotation(observed: Observed<'_>, key: Value<'_>, value: Value<'_>, found: &mut Vec<Found>) {
    let name = key.text();
    let text = || value.text();
    let line = || observed.origin.lines.position(key.document().text, key.span().start).0;
    let mut foreign = |tool: &'static str, ids: Vec<String>, reason: &str, container: Option<&str>| {
        let line = line();
        let mut written = Written::new(ids, Form::Annotation, tool, line);
        written.reason = reason.trim().to_owned();
        written.selector.containers.extend(container.map(str::to_owned));
        found.push(Found { written: Ok(written), line, target: None });
    };
    if name == ANNOTATION {
        let line = line();
        for directive in value.text().lines().map(str::trim).filter(|directive| !directive.is_empty()) {
            let written = parse_directive(directive, Form::Annotation, line).map_err(Refused::NotUnderstood);
            found.push(Found { written, line, target: None });
        }
    } else if name == "kube-linter.io/ignore-all" {
        foreign("kube-linter", Vec::new(), &text(), None);
    } else if let Some(check) = name.strip_prefix("ignore-check.kube-linter.io/") {
        foreign("kube-linter", vec![check.to_owned()], &text(), None);
    } else if name.strip_prefix("checkov.io/skip").is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit())) {
        let text = text();
        let (id, reason) = text.split_once('=').unwrap_or((&text, ""));
        foreign("checkov", vec![id.trim().to_owned()], reason, None);
    } else if name == "kube-score/ignore" {
        let ids = text().split(',').map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect();
        foreign("kube-score", ids, "", None);
    } else if name == "kube-score/skip" && value.as_bool() == Some(true) {
        foreign("kube-score", Vec::new(), "", None);
    } else if let Some(rest) = name.strip_prefix("polaris.fairwinds.com/")
        && value.as_bool() == Some(true)
    {
        match (rest, rest.strip_suffix("-exempt")) {
            ("exempt", _) => foreign("polaris", Vec::new(), "", None),
            (_, Some(check)) => match check.rsplit_once('.') {
                Some((container, check)) => foreign("polaris", vec![check.to_owned()], "", Some(container)),
                None => foreign("polaris", vec![check.to_owned()], "", None),
            },
            _ => {}
        }
    }
}

const OURS: &str = "plimsoll:";
const CHECKOV: &str = "checkov:skip=";
const TRIVY: &str = "trivy:ignore:";

fn comments(observed: Observed<'_>, found: &mut Vec<Found>) {
    let document = observed.object.value.document();
    let text = document.text;
    let span = observed.object.value.span();
    let range = if observed.object.value.id() == document.root().id() {
        0..text.len()
    } else {
        comments_above(text, span.start as usize)..span.end as usize
    };
    // Most manifests have few comments, or none.
    let marked = memchr::memchr_iter(b'#', &text.as_bytes()[range.clone()]).filter_map(|hash| {
        let hash = range.start + hash;
        let rest = text[hash + 1..].trim_start_matches([' ', '\t']);
        let mark = [OURS, CHECKOV, TRIVY].into_iter().find(|mark| rest.starts_with(mark))?;
        Some(Marked { hash, at: text.len() - rest.len(), mark })
    });
    let marked: Vec<Marked> = marked.collect();
    if marked.is_empty() {
        return;
    }
    let scalars = Scalars::new(observed.object.value);
    let before = found.len();
    // From the last to the first: comments in a row are for the same content.
    let mut below = None;
    for marked in marked.into_iter().rev() {
        comment(observed, &marked, &scalars, &mut below, found);
    }
    found[before..].reverse();
}

/// A `#` that may begin a comment, where its body begins, and whose it is.
struct Marked {
    hash: usize,
    at: usize,
    mark: &'static str,
}

/// The scalars of an object, in the order of the text.
struct Scalars(Vec<(u32, u32)>);

impl Scalars {
    fn new(object: Value<'_>) -> Self {
        let nodes = &object.document().nodes[object.id().0 as usize..][..object.size()];
        let scalars = nodes.iter().filter(|node| !matches!(node.kind, Kind::Mapping | Kind::Sequence));
        let mut spans: Vec<(u32, u32)> = scalars.map(|node| (node.start, node.end)).collect();
        // What aliases have copied stands where it was written.
        spans.sort_unstable();
        Self(spans)
    }

    /// Whether the byte at `at` is in one of them.
    fn contain(&self, at: usize) -> bool {
        let after = self.0.partition_point(|(start, _)| *start as usize <= at);
        after > 0 && at < self.0[after - 1].1 as usize
    }
}

/// Where the comments begin that stand right above `start`.
fn comments_above(text: &str, start: usize) -> usize {
    // What shares its line with something else has nothing right above it.
    let indented = text[..start].trim_end_matches([' ', '\t', '-']);
    if !indented.is_empty() && !indented.ends_with('\n') {
        return start;
    }
    let mut begin = indented.len();
    while begin > 0 {
        let before = text[..begin - 1].rfind('\n').map_or(0, |at| at + 1);
        if !text[before..begin].trim_start().starts_with('#') {
            break;
        }
        begin = before;
    }
    begin
}

/// Takes a comment. `below` is the last line that was asked what stands below it, and the answer.
fn comment(
    observed: Observed<'_>,
    marked: &Marked,
    scalars: &Scalars,
    below: &mut Option<(usize, Option<usize>)>,
    found: &mut Vec<Found>,
) {
    let &Marked { hash, at, mark } = marked;
    let document = observed.object.value.document();
    let text = document.text;
    let start = text[..hash].rfind('\n').map_or(0, |at| at + 1);
    let before = &text[start..hash];
    let is_comment = before.is_empty() || before.ends_with([' ', '\t']);
    if !is_comment || scalars.contain(hash) {
        return;
    }
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    let body = text[at + mark.len()..end].trim();
    let line_of = |offset: usize| observed.origin.lines.position(text, offset as u32).0;
    let line = line_of(start);
    let own = before.trim().is_empty();
    let target = if own {
        let next = next_content(text, end, *below);
        *below = Some((start, next));
        next.map_or(line, line_of)
    } else {
        line
    };
    // Above an object it is for the object.
    let is_first = target <= line_of(observed.object.value.span().start as usize);
    let place = Some(target).filter(|_| !is_first);
    found.extend(directive(body, mark, line, place));
}

/// What a comment says that is written on `line` and is for `place`, or for the whole object.
fn directive(body: &str, mark: &str, line: u32, place: Option<u32>) -> Option<Found> {
    Some(match mark {
        OURS => {
            let rest = body.strip_prefix("ignore")?;
            let written = parse_directive(rest.trim(), Form::Comment, line).map_err(Refused::NotUnderstood);
            Found { written, line, target: place }
        }
        CHECKOV => {
            let (id, reason) = body.split_once(':').unwrap_or((body, ""));
            let mut written = Written::new(vec![id.trim().to_owned()], Form::Comment, "checkov", line);
            written.reason = reason.trim().to_owned();
            Found { written: Ok(written), line, target: None }
        }
        _ => Found { written: trivy(body, line), line, target: place },
    })
}

/// What Trivy reads behind `trivy:ignore:`: an id, perhaps with `:exp:DATE`. With `[PARAMETER=VALUE]` or `:ws:NAME` it
/// holds on a condition that is not known here.
fn trivy(body: &str, line: u32) -> Result<Written, Refused> {
    let word = body.split_whitespace().next().unwrap_or_default();
    let (id, rest) = word.find([':', '[']).map_or((word, ""), |at| word.split_at(at));
    let mut written = Written::new(vec![id.to_owned()], Form::Comment, "trivy", line);
    if rest.contains('[') {
        return Err(Refused::Untranslated(format!("`{word}` of trivy holds for some values alone")));
    }
    let mut parts = rest.split(':').skip(1);
    while let Some(part) = parts.next() {
        let value = parts.next().unwrap_or_default();
        if part != "exp" {
            return Err(Refused::Untranslated(format!(
                "`{word}` of trivy holds on a condition that is not known here"
            )));
        }
        let day = Date::parse(value);
        written.expires =
            Some(day.ok_or(Refused::Untranslated(format!("`{value}` in `{word}` of trivy is not a day")))?);
    }
    Ok(written)
}

/// The first line after `from` that is neither empty nor a comment. What `known` says of a comment is not looked up
/// again.
fn next_content(text: &str, from: usize, known: Option<(usize, Option<usize>)>) -> Option<usize> {
    let mut at = from;
    while at < text.len() {
        let start = at + 1;
        if let Some((_, next)) = known.filter(|(of, _)| *of == start) {
            return next;
        }
        let end = text.get(start..)?.find('\n').map_or(text.len(), |end| start + end);
        let line = text[start..end].trim();
        if !line.is_empty() && !line.starts_with('#') && line != "---" {
            return Some(start);
        }
        at = end;
    }
    None
}
