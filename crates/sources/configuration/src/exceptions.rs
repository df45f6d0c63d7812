//! Exceptions as they are written: in `plimsoll-exceptions.yaml`, and in the small language of annotations and
//! comments. Which controls the names stand for is known to the program.

use model::document::Value;
use model::exception::{Date, Form, Selector};

use crate::fields::Reader;

/// An exception as written.
#[derive(Clone, Debug)]
pub struct Written {
    /// Names of controls, groups, severities or frameworks; empty for all.
    pub controls: Vec<String>,
    /// What it is for.
    pub selector: Selector,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Where it is tracked.
    pub ticket: String,
    /// The last day.
    pub expires: Option<Date>,
    /// How it is written.
    pub form: Form,
    /// The tool in whose form it is written; empty for our own.
    pub tool: &'static str,
    /// The line in its file, from 1.
    pub line: u32,
}

impl Written {
    /// An exception for these controls, of which nothing else is known yet.
    pub fn new(controls: Vec<String>, form: Form, tool: &'static str, line: u32) -> Self {
        let [reason, owner, ticket] = [const { String::new() }; 3];
        Self { controls, selector: Selector::default(), reason, owner, ticket, expires: None, form, tool, line }
    }
}

const KEYS: &[&str] = &[
    "controls",
    "kinds",
    "namespaces",
    "names",
    "labels",
    "containers",
    "paths",
    "reason",
    "owner",
    "ticket",
    "expires",
];

/// Keys that narrow what an exception is for.
const SELECTING: &[&str] = &["controls", "kinds", "namespaces", "names", "labels", "containers", "paths"];

/// Reads a file of exceptions: a mapping with `exceptions`, a list. What is wrong is left in `reader`.
pub fn read(reader: &mut Reader<'_>) -> Vec<Written> {
    let mut exceptions = Vec::new();
    for (_, list) in reader.entries(reader.root(), "a file of exceptions", &["exceptions"]) {
        if !list.is_sequence() && !list.is_null() {
            reader.problem(list, "`exceptions` is a list");
        }
        exceptions.extend(list.items().map(|item| one(reader, item)));
    }
    exceptions
}

fn one<'d>(reader: &mut Reader<'d>, value: Value<'d>) -> Written {
    let line = reader.position(value).0;
    let mut written = Written::new(Vec::new(), Form::File, "", line);
    for (key, value) in reader.entries(value, "an exception", KEYS) {
        let what = format!("`{key}`");
        // Left out, a key says nothing; empty, it would be for everything where its author meant nothing.
        let is_empty = value.is_null()
            || (!value.is_scalar() && value.items().next().is_none() && value.entries().next().is_none());
        if is_empty && SELECTING.contains(&&*key) {
            reader.problem(value, format!("{what} is empty: leave it out, or name something"));
            continue;
        }
        match &*key {
            "controls" => written.controls = reader.texts(value, &what),
            "kinds" => {
                written.selector.kinds = reader.texts(value, &what);
                let small =
                    written.selector.kinds.iter().find(|kind| kind.starts_with(|c: char| c.is_ascii_lowercase()));
                if let Some(kind) = small {
                    reader.problem(value, format!("`{kind}` is no kind: write it as in the object, as `Deployment`"));
                }
            }
            "namespaces" => written.selector.namespaces = reader.texts(value, &what),
            "names" => written.selector.names = reader.texts(value, &what),
            "containers" => written.selector.containers = reader.texts(value, &what),
            "paths" => written.selector.paths = reader.texts(value, &what),
            "labels" => {
                for (name, value) in reader.entries(value, &what, &[]) {
                    if let Some(text) = reader.text(value, &format!("`{name}`")) {
                        written.selector.labels.push((name, text));
                    }
                }
            }
            "reason" => written.reason = reader.text(value, &what).unwrap_or_default(),
            "owner" => written.owner = reader.text(value, &what).unwrap_or_default(),
            "ticket" => written.ticket = reader.text(value, &what).unwrap_or_default(),
            _ => {
                let text = reader.text(value, &what).unwrap_or_default();
                written.expires = Date::parse(&text);
                if written.expires.is_none() {
                    reader.problem(value, format!("`{text}` is not a day: write `2027-03-01`"));
                }
            }
        }
    }
    if written.reason.trim().is_empty() {
        reader.problem(value, "an exception says its `reason`");
    }
    written
}

/// Reads `CONTROL[,CONTROL…] [in container NAME] [until DATE] [by OWNER] — REASON[, TICKET]`.
///
/// # Errors
/// What is missing or not understood, as a clause.
pub fn parse_directive(text: &str, form: Form, line: u32) -> Result<Written, String> {
    let (head, reason) = split_reason(text).ok_or("it says no reason: write ` — ` and why")?;
    let mut words = head.split_whitespace();
    let names = words.next().ok_or("it names no control")?;
    let mut controls: Vec<String> = Vec::new();
    let mut take = |names: &str| controls.extend(names.split(',').filter(|name| !name.is_empty()).map(str::to_owned));
    take(names);
    let mut goes_on = names.ends_with(',');
    let mut written = Written::new(Vec::new(), form, "", line);
    while let Some(word) = words.next() {
        if goes_on || word.starts_with(',') {
            take(word);
            goes_on = word.ends_with(',');
            continue;
        }
        let mut next = |what: &str| words.next().ok_or(format!("`{word}` is followed by {what}"));
        match word {
            "in" => {
                if next("`container` and its name")? != "container" {
                    return Err("`in` is followed by `container` and its name".to_owned());
                }
                written.selector.containers.push(next("`container` and its name")?.to_owned());
            }
            "until" => {
                let day = next("a day")?;
                let parsed = Date::parse(day).ok_or(format!("`{day}` is not a day: write `2027-03-01`"))?;
                written.expires = Some(parsed);
            }
            "by" => written.owner = next("a name")?.to_owned(),
            _ => return Err(format!("`{word}` is not understood: there are `in container`, `until` and `by`")),
        }
    }
    if controls.is_empty() {
        return Err("it names no control".to_owned());
    }
    written.controls = controls;
    let (reason, ticket) = split_ticket(reason);
    (written.reason, written.ticket) = (reason.to_owned(), ticket.to_owned());
    Ok(written)
}

/// What stands before and after the dash.
fn split_reason(text: &str) -> Option<(&str, &str)> {
    let at = [" — ", " – ", " -- ", " - "].iter().filter_map(|dash| Some((text.find(dash)?, dash.len()))).min()?;
    let (head, reason) = (&text[..at.0], text[at.0 + at.1..].trim());
    (!reason.is_empty()).then_some((head, reason))
}

/// A ticket such as `SEC-123`, `#45` or an address, as the last part of a reason.
fn split_ticket(reason: &str) -> (&str, &str) {
    let Some((before, last)) = reason.rsplit_once(", ") else { return (reason, "") };
    let is_key = last.split_once('-').is_some_and(|(project, number)| {
        !project.is_empty()
            && project.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            && !number.is_empty()
            && number.bytes().all(|b| b.is_ascii_digit())
    });
    let is_number = last.strip_prefix('#').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    if is_key || is_number || last.starts_with("https://") { (before.trim(), last) } else { (reason, "") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_read() {
        let read = |text: &str| {
            parse_directive(text, Form::Comment, 1).map(|written| {
                let until = written.expires.map(|day| day.to_string()).unwrap_or_default();
                let containers = written.selector.containers.join("+");
                [written.controls.join("+"), containers, until, written.owner, written.reason, written.ticket].join("|")
            })
        };
        let cases = [
            ("a-b until 2027-03-01 — node agent, SEC-123", "a-b||2027-03-01||node agent|SEC-123"),
            ("a,b -- why", "a+b||||why|"),
            ("a, b in container main by team-x - why, and how, #4", "a+b|main||team-x|why, and how|#4"),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
        }
        for text in
            ["a", "a — ", "a until 2027-13-01 — x", "a until — x", "a whenever — x", "a in main — x", " — x", ", — x"]
        {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
