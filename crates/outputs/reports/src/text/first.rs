//! What to do first: the changes that take most of the risk away, in a few lines.

use std::io::{self, Write};

use model::priority::FirstChange;

use super::terminal::{sanitize, wrap};
use super::{Options, Terminal};
use crate::report::Report;
use crate::verdict::risk_left;

/// So many lines; changes of one group that are the same instruction for objects of one kind are one line.
const LINES: usize = 4;
/// So many objects are named on a line.
const OBJECTS: usize = 2;

/// Writes them, if there are any.
pub(super) fn write(report: &Report<'_>, options: &Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let first = &report.results.priorities.first;
    if first.is_empty() {
        return Ok(());
    }
    let terminal = options.terminal;
    writeln!(out, "{}", terminal.bold("what to do first"))?;
    let mut number = 1;
    let lines = lines(report, first);
    for line in lines.iter().take(LINES) {
        for (at, text) in wrap(&told(report, line), terminal.width.saturating_sub(9)).iter().enumerate() {
            let own = if at == 0 { numbers(number, line.len()) } else { String::new() };
            writeln!(out, "{own:>7}  {text}")?;
        }
        number += line.len();
        if let Some(left) = report.left_after(number - 2) {
            below(&risk_left(left), terminal, out)?;
        }
    }
    let hint = match first.len() + 1 - number {
        0 => "`plimsoll paths list` tells the ways, `plimsoll paths plan` costs and proof".to_owned(),
        more => format!("{more} more: `plimsoll paths plan`; `plimsoll paths list` tells the ways"),
    };
    below(&hint, terminal, out)?;
    writeln!(out)
}

fn below(text: &str, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let lines = wrap(text, terminal.width.saturating_sub(9));
    lines.iter().try_for_each(|line| writeln!(out, "         {}", terminal.dim(line)))
}

fn lines<'f>(report: &Report<'_>, first: &'f [FirstChange]) -> Vec<Vec<&'f FirstChange>> {
    let kind = |change: &FirstChange| report.resource(change.resource).kind;
    let mut lines: Vec<Vec<&FirstChange>> = Vec::new();
    for change in first {
        let belongs =
            |last: &FirstChange| (last.group, last.title, kind(last)) == (change.group, change.title, kind(change));
        match lines.last_mut() {
            Some(line) if line.last().is_some_and(|last| belongs(last)) => line.push(change),
            _ => lines.push(vec![change]),
        }
    }
    lines
}

fn told(report: &Report<'_>, line: &[&FirstChange]) -> String {
    let Some(first) = line.first() else { return String::new() };
    let title = sanitize(report.text(first.title));
    let named: Vec<String> = line.iter().take(OBJECTS).map(|change| object(report, change)).collect();
    match line.len() {
        1 => format!("{title} in {}", named.join(", ")),
        many if many > OBJECTS => {
            format!("{title} in {many} objects: {} and {} more", named.join(", "), many - OBJECTS)
        }
        many => format!("{title} in {many} objects: {}", named.join(", ")),
    }
}

fn object(report: &Report<'_>, change: &FirstChange) -> String {
    let resource = report.resource(change.resource);
    let [kind, namespace, name] =
        [resource.kind, resource.namespace, resource.name].map(|symbol| sanitize(report.text(symbol)));
    let name = if namespace.is_empty() { name } else { format!("{namespace}/{name}") };
    match report.change_place(change) {
        Some((path, line)) => format!("{kind} {name} ({}:{line})", sanitize(&path)),
        None => format!("{kind} {name}"),
    }
}

fn numbers(first: usize, count: usize) -> String {
    if count == 1 { first.to_string() } else { format!("{first}-{}", first + count - 1) }
}
