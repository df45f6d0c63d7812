//! The same for people: a story from where an attacker begins to what he must not get, and what ends it.

use std::io::{self, Write};

use model::severity::Severity;
use unicode_width::UnicodeWidthStr;

use super::{ChangesInfo, EvidenceInfo, News, PathInfo, PathsReport, PlanInfo, PlanStep, StepInfo};
use crate::text::Terminal;
use crate::text::terminal::{sanitize, style, wrap};

/// Whether everything is told of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// What a first look asks for.
    Short,
    /// And how to check it by hand, and all that cuts it.
    Whole,
}

/// Writes the report.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_text(report: &PathsReport, telling: Telling, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    write_paths(&report.paths, telling, terminal, out)?;
    if report.more > 0 {
        writeln!(out, "{} {} more ways: `--all` lists them", terminal.ellipsis(), report.more)?;
        writeln!(out)?;
    }
    let changes = report.changes.iter().flat_map(|changes| changes.gained.iter().chain(&changes.lost));
    let mut told = report.paths.iter().chain(changes).map(|path| path.certain);
    if let Some(first) = told.next() {
        // What stands before every way is said only of the signs that are there.
        let of = |certain| {
            let severity = if certain { Severity::Critical } else { Severity::High };
            let text = match certain {
                true => "certain".to_owned(),
                false => format!("hangs on something that is not known ({})", terminal.unseen()),
            };
            format!("{} {text}", terminal.mark(severity))
        };
        let both = told.any(|certain| certain != first);
        let legend = if both { format!("{}   {}", of(true), of(false)) } else { of(first) };
        writeln!(out, "{}", terminal.dim(&legend))?;
    }
    if let Some(plan) = &report.plan {
        write_plan(plan, terminal, out)?;
    }
    if let Some(changes) = &report.changes {
        write_changes(changes, telling, terminal, out)?;
    }
    for skipped in &report.coverage.skipped {
        let line = skipped.line.map(|line| format!(":{line}")).unwrap_or_default();
        writeln!(out, "not looked at: {}{line} ({})", sanitize(&skipped.path), sanitize(&skipped.reason))?;
    }
    write_head(report, terminal, out)
}

fn write_head(report: &PathsReport, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let subject = sanitize(&report.subject);
    let ways = report.paths.len() + report.more;
    let text = match (&report.changes, &report.plan) {
        (Some(changes), _) => {
            format!("{} gained, {} lost", count(changes.gained.len(), "way"), count(changes.lost.len(), "way"))
        }
        (None, _) if report.coverage.resources == 0 => "there was nothing to look at".to_owned(),
        (None, Some(plan)) if plan.steps.is_empty() && report.reached.reaching == 0 => {
            "nothing leads to what must not be reached".to_owned()
        }
        (None, Some(plan)) => format!(
            "after {} {} of the risk is left",
            count(plan.steps.len(), "change"),
            percent(plan.left, plan.before)
        ),
        (None, None) if ways == 0 => "no way leads to what must not be reached".to_owned(),
        (None, None) => {
            let certain = match report.certain {
                0 => "each hangs on something that is not known".to_owned(),
                certain => format!("{certain} of them certain"),
            };
            format!("{} of an attacker, {certain}", count(ways, "way"))
        }
    };
    writeln!(out, "{}", terminal.bold(&format!("{} {subject}: {text}", terminal.logo())))
}

fn write_paths(paths: &[PathInfo], telling: Telling, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    for (at, path) in paths.iter().enumerate() {
        // What an earlier way has told is not told again.
        let shared = |before: &PathInfo| before.steps.iter().zip(&path.steps).take_while(|(a, b)| same(a, b)).count();
        let (known, common) = paths[..at]
            .iter()
            .map(shared)
            .enumerate()
            .max_by_key(|(at, common)| (*common, usize::MAX - at))
            .unwrap_or((0, 0));
        let told = if common >= 2 && common < path.steps.len() { Some((known + 1, common)) } else { None };
        write_path(at + 1, path, told, telling, terminal, out)?;
    }
    Ok(())
}

fn same(a: &StepInfo, b: &StepInfo) -> bool {
    (&a.from, &a.edge, &a.to) == (&b.from, &b.edge, &b.to)
}

/// The steps as they are told: looking around and holding rights take several edges and are one thing; which container it
/// is is told with what is done in it.
fn told(steps: &[StepInfo]) -> Vec<(usize, &StepInfo)> {
    let is_told = |at: usize, step: &StepInfo| {
        let next = steps.get(at + 1);
        step.edge != "in-pod"
            && next.is_none_or(|next| next.edge != step.edge || !matches!(&*step.edge, "connect" | "holds"))
    };
    steps.iter().enumerate().filter(|(at, step)| is_told(*at, step)).collect()
}

fn write_path(
    number: usize,
    path: &PathInfo,
    known: Option<(usize, usize)>,
    telling: Telling,
    terminal: Terminal,
    out: &mut dyn Write,
) -> io::Result<()> {
    let severity = if path.certain { Severity::Critical } else { Severity::High };
    let mark = terminal.paint(style(severity), terminal.mark(severity));
    let arrow = arrow(terminal);
    let title = format!("{} {arrow} {}", sanitize(&path.from), sanitize(&path.to));
    let all = match telling {
        Telling::Short => told(&path.steps),
        Telling::Whole => path.steps.iter().enumerate().collect(),
    };
    let alike = match path.alike {
        0 | 1 => String::new(),
        alike => format!(", and {} more begin alike", alike - 1),
    };
    let steps = count(all.len(), "step");
    writeln!(
        out,
        "{mark} {} {}",
        terminal.bold(&format!("{number}. {title}")),
        terminal.dim(&format!("{steps}{alike}"))
    )?;
    if let Some((way, common)) = known
        && let Some(last) = path.steps.get(common - 1)
    {
        let text = format!("as in {way}, as far as {}", sanitize(&last.to));
        writeln!(out, "      {}", terminal.dim(&text))?;
    }
    let first = known.map_or(0, |(_, common)| common);
    let mut next = 0;
    for (number, (at, step)) in (1..).zip(all) {
        if at >= first {
            // What steps that are not told hang on is told with this one.
            let assumed = path.steps[next.max(first)..=at].iter().flat_map(|step| &step.assumptions);
            let assumed: Vec<&str> = assumed.map(String::as_str).collect();
            write_step(number, step, (path, &assumed), telling, terminal, out)?;
        }
        next = at + 1;
    }
    if telling == Telling::Short
        && let Some((at, fix)) = path.cheapest()
    {
        let number = told(&path.steps).iter().position(|(step, _)| *step >= at).unwrap_or(0) + 1;
        let text = format!("cut it at step {number}: {}", sanitize(&fix.title));
        let text = format!("{text}, in {}{}", sanitize(&fix.object), place(&fix.path, fix.line));
        for line in wrap(&text, terminal.width.saturating_sub(6)) {
            writeln!(out, "      {}", terminal.paint(anstyle::AnsiColor::Green.on_default(), &line))?;
        }
    }
    writeln!(out)
}

fn write_step(
    at: usize,
    step: &StepInfo,
    (path, assumed): (&PathInfo, &[&str]),
    telling: Telling,
    terminal: Terminal,
    out: &mut dyn Write,
) -> io::Result<()> {
    let techniques = step.techniques.join(" ");
    let within = container(&step.from).map(|name| format!(", in container `{}`", sanitize(name))).unwrap_or_default();
    let told = format!("{}{within}", sanitize(&step.title));
    let title = format!("{at:>4}  {told}");
    let room = terminal.width.saturating_sub(title.width() + 2);
    let right = format!("{}  {techniques}", step.edge);
    if right.width() <= room {
        let gap = " ".repeat(room - right.width() + 1);
        writeln!(out, "{title}{gap}{}", terminal.dim(&right))?;
    } else {
        for (number, line) in wrap(&told, terminal.width.saturating_sub(6)).iter().enumerate() {
            let own = if number == 0 { format!("{at:>4}") } else { "    ".to_owned() };
            writeln!(out, "{own}  {line}")?;
        }
        let gap = " ".repeat(terminal.width.saturating_sub(right.width() + 1));
        writeln!(out, "{gap}{}", terminal.dim(&right))?;
    }
    let shown = step.evidence.first();
    let evidence = shown.map(|evidence| evidence_text(evidence, &step.from)).unwrap_or_default();
    // What the step is about stands in its evidence where that says more than the step.
    writeln!(out, "      {} {}", arrow(terminal), sanitize(&step.to))?;
    for line in wrap(&evidence, terminal.width.saturating_sub(8)).iter().filter(|line| !line.is_empty()) {
        writeln!(out, "        {}", terminal.dim(line))?;
    }
    for id in assumed {
        let text = path.assumptions.iter().find(|assumption| assumption.id == *id);
        let text = text.map(|assumption| assumption.text.clone()).unwrap_or_default();
        for (number, line) in wrap(&format!("if {text}"), terminal.width.saturating_sub(8)).iter().enumerate() {
            let mark = if number == 0 { terminal.unseen() } else { " " };
            writeln!(out, "      {} {}", terminal.paint(style(Severity::Medium), mark), line)?;
        }
    }
    if telling == Telling::Whole {
        for evidence in step.evidence.iter().skip(1) {
            writeln!(out, "        {}", terminal.dim(&evidence_text(evidence, "")))?;
        }
        writeln!(out, "        check: {}", step.verify)?;
        for fix in &step.fixes {
            let text =
                format!("cut: {}, in {}{}", sanitize(&fix.title), sanitize(&fix.object), place(&fix.path, fix.line));
            writeln!(out, "        {text} {}", terminal.dim(&format!("cost {}", fix.cost)))?;
        }
    }
    Ok(())
}

/// The name of the container, of one.
fn container(name: &str) -> Option<&str> {
    name.split_once(", container ").map(|(_, container)| container)
}

/// What shows it: the note and the place, and the object where it is not the one that is spoken of.
fn evidence_text(evidence: &EvidenceInfo, known: &str) -> String {
    let mut parts = Vec::new();
    if !evidence.note.is_empty() {
        parts.push(sanitize(&evidence.note));
    }
    let place = evidence.path.as_ref().map(|path| place(path, evidence.line)).unwrap_or_default();
    let object = evidence.object.as_deref().filter(|object| *object != known && place.is_empty());
    if let Some(object) = object {
        parts.push(sanitize(object));
    }
    let text = parts.join(", ");
    if place.is_empty() { text } else { format!("{text} {}", place.trim_start()) }.trim().to_owned()
}

fn place(path: &str, line: Option<u32>) -> String {
    match (path, line) {
        ("", _) => String::new(),
        (path, Some(line)) => format!(" ({}:{line})", sanitize(path)),
        (path, None) => format!(" ({})", sanitize(path)),
    }
}

/// So many lines of changes are told; those of one group that do the same are one line.
const LINES: usize = 10;
/// So many objects are named where one change is to be made in many.
const OBJECTS: usize = 3;

fn write_plan(plan: &PlanInfo, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let before = plan.before;
    if !plan.steps.is_empty() {
        writeln!(out, "{}", terminal.bold("what to do first"))?;
    }
    let lines = lines(&plan.steps);
    let firsts = lines.iter().scan(1, |next, line| Some(std::mem::replace(next, *next + line.len())));
    let widest = firsts.zip(&lines).take(LINES).map(|(first, line)| numbers(first, line).len()).max();
    let indent = widest.unwrap_or(0).max(4) + 2;
    let mut left = before;
    let mut waiting = Waiting::default();
    let mut number = 1;
    for line in lines.iter().take(LINES) {
        let (Some(first), Some(last)) = (line.first(), line.last()) else { continue };
        write_change(number, line, indent, terminal, out)?;
        number += line.len();
        waiting.changes += line.len();
        waiting.cost = line.iter().map(|step| step.fix.cost).fold(waiting.cost, u64::saturating_add);
        if last.left < left || plan.steps.get(number - 1).is_none_or(|next| next.group != first.group) {
            let together = if waiting.changes > 1 { "together: " } else { "" };
            // What is certain is told where the whole does not say it.
            let of_certain = percent(last.certain_left, plan.certain_before);
            let is_told = plan.certain_before > 0 && of_certain != percent(last.left, before);
            let certain = if is_told { format!(", {of_certain} of what is certain") } else { String::new() };
            let text = format!("{} of the risk is left{certain}, cost {}", percent(last.left, before), waiting.cost);
            writeln!(
                out,
                "{:indent$}{} {}",
                "",
                bar(last.left, before, terminal),
                terminal.dim(&format!("{together}{text}"))
            )?;
            waiting = Waiting::default();
        }
        left = last.left;
    }
    if number <= plan.steps.len() {
        let more = count(plan.steps.len() + 1 - number, "more change");
        let text = format!("{} {more}, which leave {}", terminal.ellipsis(), percent(plan.left, before));
        writeln!(out, "{:indent$}{}", "", terminal.dim(&text))?;
    }
    if before > 0 {
        let word = match (plan.verified, plan.steps.is_empty()) {
            (_, true) => "nothing that is known here can be changed to cut these ways".to_owned(),
            (true, _) => "asked again without what these changes take away, the graph gives just that".to_owned(),
            (false, _) => "asked again without what these changes take away, the graph gives another answer".to_owned(),
        };
        writeln!(out)?;
        if plan.steps.len() > 3 {
            for line in wrap(&curve(plan), terminal.width.saturating_sub(2)) {
                writeln!(out, "  {line}")?;
            }
        }
        for line in wrap(&word, terminal.width.saturating_sub(2)) {
            writeln!(out, "  {line}")?;
        }
        match plan.cost_of_all {
            Some(cost) if plan.left > 0 => {
                writeln!(out, "  to leave nothing costs {cost} in all: `--budget` allows more changes")?
            }
            Some(cost) if cost < cost_of(plan) => {
                writeln!(out, "  to leave nothing could cost {cost} in all, with more changes than `--budget` allows")?
            }
            None if plan.left > 0 => writeln!(out, "  some of it rests on what no change here takes away")?,
            _ => {}
        }
    }
    writeln!(out)
}

fn cost_of(plan: &PlanInfo) -> u64 {
    plan.steps.iter().map(|step| step.fix.cost).fold(0, u64::saturating_add)
}

/// Changes that are told, and whose effect is not yet.
#[derive(Default)]
struct Waiting {
    changes: usize,
    cost: u64,
}

/// Steps of one group that do the same and cut nothing by themselves are one line.
fn lines(steps: &[PlanStep]) -> Vec<Vec<&PlanStep>> {
    let mut lines: Vec<Vec<&PlanStep>> = Vec::new();
    for step in steps {
        match lines.last_mut() {
            Some(line) if line.last().is_some_and(|last| belongs(last, step)) => line.push(step),
            _ => lines.push(vec![step]),
        }
    }
    lines
}

fn belongs(last: &PlanStep, step: &PlanStep) -> bool {
    let kind = |step: &PlanStep| step.fix.object.split(' ').next().map(str::to_owned);
    last.group == step.group && last.fix.title == step.fix.title && kind(last) == kind(step)
}

fn write_change(
    number: usize,
    line: &[&PlanStep],
    indent: usize,
    terminal: Terminal,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Some(first) = line.first() else { return Ok(()) };
    let at = |step: &PlanStep| format!("{}{}", sanitize(&step.fix.object), place(&step.fix.path, step.fix.line));
    let (own, text) = match line.len() {
        1 => (numbers(number, line), format!("{} in {}", sanitize(&first.fix.title), at(first))),
        many => {
            let named: Vec<String> = line.iter().take(OBJECTS).map(|step| at(step)).collect();
            let more = if many > OBJECTS { format!(" and {} more", many - OBJECTS) } else { String::new() };
            let text = format!("{} in {many} objects: {}{more}", sanitize(&first.fix.title), named.join(", "));
            (numbers(number, line), text)
        }
    };
    for (at, line) in wrap(&text, terminal.width.saturating_sub(indent)).iter().enumerate() {
        let number = if at == 0 { &*own } else { "" };
        writeln!(out, "{number:>column$}  {line}", column = indent - 2)?;
    }
    if let Some(value) = &first.fix.value {
        let word = if first.fix.action == "insert" { "write" } else { "instead" };
        writeln!(out, "{:indent$}{word}: {}", "", terminal.paint(anstyle::AnsiColor::Green.on_default(), value))?;
    }
    Ok(())
}

fn numbers(first: usize, line: &[&PlanStep]) -> String {
    if line.len() == 1 { first.to_string() } else { format!("{first}-{}", first + line.len() - 1) }
}

/// How much is left after some of the steps.
fn curve(plan: &PlanInfo) -> String {
    let mut told: Vec<usize> = [1, 3, 5, 10, 20, 50].into_iter().filter(|at| *at < plan.steps.len()).collect();
    told.push(plan.steps.len());
    let of = |at: &usize| {
        let left = plan.steps.get(at - 1).map_or(plan.left, |step| step.left);
        format!("{} after {at}", percent(left, plan.before))
    };
    format!("left of the risk: {}", told.iter().map(of).collect::<Vec<_>>().join(", "))
}

fn write_changes(changes: &ChangesInfo, telling: Telling, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let gained = [
        (News::Only, "gained, where there was no way"),
        (News::Certain, "gained, where all ways hung on something that is not known"),
        (News::Another, "gained, where there were other ways"),
    ];
    let lost = [
        (News::Only, "lost, and no way is left"),
        (News::Certain, "lost, and what is left hangs on something that is not known"),
        (News::Another, "lost, and other ways are left"),
    ];
    for (paths, titles) in [(&changes.gained, gained), (&changes.lost, lost)] {
        for (news, title) in titles {
            let own: Vec<PathInfo> = paths.iter().filter(|path| path.news == Some(news)).cloned().collect();
            if !own.is_empty() {
                writeln!(out, "{}", terminal.bold(title))?;
                write_paths(&own, telling, terminal, out)?;
            }
        }
    }
    let (before, after) = (changes.before, changes.after);
    writeln!(
        out,
        "  of the weight of all entries {} of {} came to a goal before, {} of {} does after",
        before.reaching, before.of, after.reaching, after.of
    )
}

/// How much is left, as a bar of ten.
fn bar(left: u64, before: u64, terminal: Terminal) -> String {
    let full = if before == 0 { 0 } else { (left * 10).div_ceil(before).min(10) } as usize;
    let (filled, empty) = if terminal.unicode { ("█", "░") } else { ("#", ".") };
    format!("{}{}", filled.repeat(full), empty.repeat(10 - full))
}

/// A share, as people read it.
pub fn percent(part: u64, of: u64) -> String {
    match (part, of) {
        (0, _) | (_, 0) => "nothing".to_owned(),
        (part, of) => format!("{} %", (u128::from(part) * 100).div_ceil(u128::from(of))),
    }
}

fn count(number: usize, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}

fn arrow(terminal: Terminal) -> &'static str {
    if terminal.unicode { "→" } else { "->" }
}
