//! What `plimsoll fix` shows people: the difference, what it mends, and what is left.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use anstyle::AnsiColor;
use fixes::edit::Action;
use fixes::patch::{self, Part};
use fixes::plan::{Fix, Proposal};
use fixes::sources::Site;
use fixes::{Change, Outcome, field};
use model::fix::FixClass;
use reports::text::Terminal;
use reports::text::terminal::{hang, sanitize, style, wrap};

use crate::arguments::FixArguments;
use crate::screen::{self, Destination};

/// Writes all of it.
pub(super) fn write(outcome: &Outcome, arguments: &FixArguments, to_file: bool, out: &mut dyn Write) -> io::Result<()> {
    let terminal = screen::terminal(if to_file { &Destination::File } else { &Destination::Stdout });
    differences(&outcome.changes, terminal, out)?;
    let made: Vec<&Fix> = outcome.made.iter().map(|made| &made.fix).collect();
    let (findings, files) = (count(made.len(), "finding"), count(outcome.changes.len(), "file"));
    match (made.is_empty(), arguments.write) {
        (true, _) => writeln!(out, "{}", terminal.bold("Nothing to change"))?,
        (false, true) => writeln!(out, "{}", terminal.bold(&format!("Mended {findings} in {files}")))?,
        (false, false) => writeln!(out, "{}", terminal.bold(&format!("Mends {findings} in {files}")))?,
    }
    by_control(&made, terminal, out)?;
    shared(outcome, terminal, out)?;
    several(&made, terminal, out)?;
    withdrawn(outcome, terminal, out)?;
    left(outcome, arguments, terminal, out)?;
    for skipped in outcome.after.results.coverage.skipped.iter().take(5) {
        let line = skipped.line.map_or_else(String::new, |line| format!(":{line}"));
        let path = reports::report::display_path(&skipped.path);
        writeln!(
            out,
            "{} not looked at: {}",
            terminal.unseen(),
            sanitize(&format!("{path}{line}: {}", skipped.reason))
        )?;
    }
    let more = outcome.after.results.coverage.skipped.len().saturating_sub(5);
    if more > 0 {
        writeln!(out, "{} not looked at: {more} more; `plimsoll scan` names all", terminal.unseen())?;
    }
    if !arguments.write && !outcome.changes.is_empty() {
        writeln!(out, "{}", terminal.dim("Nothing was written: `--write` writes it"))?;
    }
    Ok(())
}

/// What changes in the files.
pub(super) fn differences(changes: &[Change], terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let paint = |part: Part, text: &str| match part {
        Part::Name => terminal.bold(text),
        Part::Hunk => terminal.paint(AnsiColor::Cyan.on_default(), text),
        Part::Same => text.to_owned(),
        Part::Old => terminal.paint(AnsiColor::Red.on_default(), text),
        Part::New => terminal.paint(AnsiColor::Green.on_default(), text),
    };
    for change in changes {
        patch::write_shown(change, &paint, out)?;
        writeln!(out)?;
    }
    Ok(())
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// A line for each control: how often, and where.
fn by_control(fixes: &[&Fix], terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let mut controls: BTreeMap<(std::cmp::Reverse<model::severity::Severity>, &str), Vec<&Fix>> = BTreeMap::new();
    for fix in fixes {
        controls
            .entry((std::cmp::Reverse(fix.control.control.severity), fix.control.control.id))
            .or_default()
            .push(fix);
    }
    let width = controls.keys().map(|(_, id)| id.len()).max().unwrap_or(0);
    for ((severity, id), fixes) in controls {
        let mut resources: Vec<&str> = fixes.iter().map(|fix| fix.resource.as_str()).collect();
        resources.dedup();
        let shown = resources.iter().take(3).copied().collect::<Vec<_>>().join(", ");
        let more = if resources.len() > 3 { format!(" and {} more", resources.len() - 3) } else { String::new() };
        let mark = terminal.paint(style(severity.0), terminal.mark(severity.0));
        writeln!(out, "  {mark} {id:<width$}  {}", terminal.dim(&sanitize(&format!("{shown}{more}"))))?;
    }
    Ok(())
}

/// Places that one text stands for, so that they change together: each such text once.
fn shared(outcome: &Outcome, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let mut texts: BTreeSet<(String, BTreeSet<String>)> = BTreeSet::new();
    for made in outcome.made.iter().filter(|made| !made.also.is_empty()) {
        let own = made.also.first().map_or("", |other| above(&made.fix.field, other));
        let places = made.also.iter().map(String::as_str).chain([own]).map(str::to_owned).collect();
        texts.insert((made.fix.shown_path(), places));
    }
    for (path, places) in texts {
        let places: Vec<String> = places.iter().map(|place| format!("`{place}`")).collect();
        let (last, others) = places.split_last().map_or(("", &[][..]), |(last, others)| (last.as_str(), others));
        let text = format!("{path}: one anchor stands for {} and {last}: they change together", others.join(", "));
        hang(&sanitize(&text), 2, terminal.width).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    Ok(())
}

/// What of a field path is as deep as `other` is, if it ends as that does.
fn above<'f>(field: &'f str, other: &str) -> &'f str {
    let depth = other.matches('.').count();
    let end = field.match_indices('.').nth(depth).map_or(field.len(), |(at, _)| at);
    let last = |path: &str| path.rsplit('.').next().unwrap_or(path).split('[').next().unwrap_or("").to_owned();
    if last(&field[..end]) == last(other) { &field[..end] } else { field }
}

/// What a change of a template or base means beyond the finding: it is for all that is rendered from it.
fn several(made: &[&Fix], terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let mut all: BTreeSet<&str> = BTreeSet::new();
    // What is found here and there with other words is found in both.
    let mut found: BTreeMap<(&str, &str, &str), [BTreeSet<&String>; 2]> = BTreeMap::new();
    for fix in made {
        let Some(rendered) = &fix.rendered else { continue };
        let is_shared = rendered
            .ways
            .first()
            .is_some_and(|way| way.iter().any(|edit| matches!(edit.site, Site::Template | Site::Manifest)));
        if !is_shared || rendered.object_in.len() < 2 {
            continue;
        }
        all.extend(rendered.object_in.iter().map(String::as_str));
        let key = (fix.control.control.id, fix.resource.as_str(), fix.container.as_str());
        let [found_in, object_in] = found.entry(key).or_default();
        found_in.extend(&rendered.found_in);
        object_in.extend(&rendered.object_in);
    }
    let mut wider: BTreeSet<String> = BTreeSet::new();
    for ((control, ..), [found_in, object_in]) in found {
        let others: Vec<&str> = object_in.difference(&found_in).map(|name| name.as_str()).collect();
        if !others.is_empty() {
            let found_in = found_in.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
            wider.insert(format!("{control} is found in {found_in} only, and changes for {}, too", others.join(", ")));
        }
    }
    if all.is_empty() {
        return Ok(());
    }
    let text = format!("Templates and bases change for {}", all.into_iter().collect::<Vec<_>>().join(", "));
    for line in wrap(&sanitize(&text), terminal.width) {
        writeln!(out, "{line}")?;
    }
    for text in wider {
        for line in wrap(&sanitize(&text), terminal.width.saturating_sub(2)) {
            writeln!(out, "  {line}")?;
        }
    }
    Ok(())
}

fn withdrawn(outcome: &Outcome, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    if outcome.withdrawn.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", terminal.bold("Withdrawn, to be mended by hand"))?;
    for withdrawn in &outcome.withdrawn {
        let fix = &withdrawn.fix;
        let place = format!("{}:{} {} in {}", fix.shown_path(), fix.line, fix.control.control.id, fix.resource);
        writeln!(out, "  {}", sanitize(&place))?;
        for line in wrap(&sanitize(&withdrawn.reason), terminal.width.saturating_sub(6)) {
            writeln!(out, "    {line}")?;
        }
    }
    Ok(())
}

/// What nobody asked for.
fn left(outcome: &Outcome, arguments: &FixArguments, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let of = |class| outcome.left.iter().filter(move |fix| fix.class == class).collect::<Vec<&Fix>>();
    let risky = of(FixClass::Unsafe);
    if !risky.is_empty() && !arguments.risky {
        let text = format!(
            "{} could be mended in ways that may break what works: `--unsafe` asks",
            count(risky.len(), "finding")
        );
        writeln!(out, "{}", terminal.bold(&text))?;
        by_control(&risky, terminal, out)?;
    }
    let owners = of(FixClass::NeedsValue);
    if !owners.is_empty() {
        let verb = if owners.len() == 1 { "needs" } else { "need" };
        let text = format!("{} {verb} a value that only you know", count(owners.len(), "finding"));
        writeln!(out, "{}", terminal.bold(&text))?;
        proposed(&owners, terminal, out)?;
    }
    Ok(())
}

/// So many places of one change are named.
const MOST_PLACES: usize = 5;

/// Changes with a placeholder: each once, with the places that it is for.
fn proposed(fixes: &[&Fix], terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let mut changes: BTreeMap<(std::cmp::Reverse<model::severity::Severity>, &str, String), Vec<String>> =
        BTreeMap::new();
    for fix in fixes {
        let (text, place) = match &fix.proposal {
            Proposal::At(steps, Action::Merge(tree)) => (format!("add `{}`", tree.to_json()), field::path(steps)),
            _ => (change(fix), String::new()),
        };
        let control = fix.control.control;
        let place = format!("{}:{} {place}", fix.shown_path(), fix.line);
        let key = (std::cmp::Reverse(control.severity), control.id, text);
        changes.entry(key).or_default().push(place.trim_end().to_owned());
    }
    let mut last = "";
    for ((severity, id, text), places) in changes {
        let mark = terminal.paint(style(severity.0), terminal.mark(severity.0));
        if id != last {
            writeln!(out, "  {mark} {id}")?;
        }
        last = id;
        hang(&sanitize(&text), 4, terminal.width).iter().try_for_each(|line| writeln!(out, "{line}"))?;
        for place in places.iter().take(MOST_PLACES) {
            let lines = hang(&sanitize(place), 6, terminal.width);
            lines.iter().try_for_each(|line| writeln!(out, "{}", terminal.dim(line)))?;
        }
        if places.len() > MOST_PLACES {
            writeln!(out, "      {}", terminal.dim(&format!("and {} more", places.len() - MOST_PLACES)))?;
        }
    }
    Ok(())
}

/// A change in one line.
pub(super) fn change(fix: &Fix) -> String {
    match &fix.proposal {
        Proposal::At(steps, Action::Remove) => format!("take out `{}`", field::path(steps)),
        Proposal::At(steps, Action::Replace(tree)) => format!("write `{}` at `{}`", tree.to_json(), field::path(steps)),
        Proposal::At(steps, Action::Rename(name)) => format!("call `{}` `{name}`", field::path(steps)),
        Proposal::At(steps, Action::Merge(tree)) if steps.is_empty() => format!("add `{}`", tree.to_json()),
        Proposal::At(steps, Action::Merge(tree)) => format!("add `{}` to `{}`", tree.to_json(), field::path(steps)),
        Proposal::Create(_) => "write new objects beside it".to_owned(),
        Proposal::Within(steps, tree) => format!("add `{}` for `{}`", tree.to_json(), field::path(steps)),
    }
}
