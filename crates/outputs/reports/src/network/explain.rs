//! Why two endpoints may connect or not, for people and machines.

use std::io::{self, Write};

use ::network::{Dependence, Exempt, Explanation, Half, Network, Placed, Ports, Reason, Word};
use anstyle::{AnsiColor, Style};
use schemars::JsonSchema;
use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use super::hanging::{write_hanging, write_plain};
use super::wire::{Connection, PolicyNote, SCHEMA_VERSION, depends_on, object_name, place_of};
use crate::json::{JsonCoverage, Tool};
use crate::text::Terminal;
use crate::text::terminal::{sanitize, wrap};

/// The answer of `plimsoll network explain`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExplainReport {
    /// The version of this form: `major.minor`.
    pub schema_version: String,
    /// The program that wrote it.
    pub tool: Tool,
    /// What was looked at, and what was not and why.
    pub coverage: JsonCoverage,
    /// Policies that have no effect, or are not evaluated.
    pub not_judged: Vec<PolicyNote>,
    /// The answers, one for each pair of endpoints that the names mean.
    pub answers: Vec<ExplainAnswer>,
}

/// The answer for two endpoints.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExplainAnswer {
    /// Who connects.
    pub from: String,
    /// Who is connected to.
    pub to: String,
    /// The ports that were asked for.
    pub asked: Connection,
    /// Those of them that are admitted, the undecided ones included.
    pub admitted: Connection,
    /// Those of them of which policies of equal priority decide otherwise, so that nobody knows.
    pub undecided: Connection,
    /// What the side of the one that connects says.
    pub egress: ExplainHalf,
    /// What the side of the one that is connected to says.
    pub ingress: ExplainHalf,
    /// Why policies are not asked after all: `itself`, of one pod, or `ownNode`.
    pub exempt: Option<String>,
    /// What holds for the node that the pods run on, where one end is pods and the other nodes.
    pub own_node: Option<ExplainOwnNode>,
    /// Answers under other assumptions.
    pub depends_on: Vec<ExplainDependence>,
    /// What would have to change for the opposite.
    pub opposite: Vec<String>,
}

/// What holds between pods and the node that they run on.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExplainOwnNode {
    /// Whether the nodes asked for are that one: `yes`, or `perhaps`.
    pub placed: String,
    /// What is admitted.
    pub admitted: Connection,
    /// What would be admitted if the plugin asked policies.
    pub judged: Connection,
}

/// One side of a connection.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExplainHalf {
    /// Whether policies apply at all.
    pub applies: bool,
    /// The ports that this side admits.
    pub admitted: Connection,
    /// The policies because of which what no rule admits is refused.
    pub isolated_by: Vec<String>,
    /// Policies and rules, in the order in which they are asked.
    pub steps: Vec<ExplainStep>,
}

/// What a policy or a rule does.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExplainStep {
    /// The policy.
    pub policy: String,
    /// Which of its rules, from 0; null for the policy as a whole.
    pub rule: Option<u32>,
    /// The file.
    pub path: String,
    /// The line.
    pub line: u32,
    /// `admits`, `does not admit`, `denies`, `passes`, `not applicable` or `undecidable`.
    pub word: String,
    /// The ports that it decides.
    pub ports: Connection,
    /// Why.
    pub because: Option<String>,
    /// Whether conditions above ports narrow it further.
    pub narrowed: bool,
}

/// An answer under another assumption.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExplainDependence {
    /// What would have to be so.
    pub condition: String,
    /// What is admitted then.
    pub admitted: Connection,
}

/// The JSON Schema of the report.
pub fn schema() -> String {
    serde_json::to_string_pretty(&schemars::schema_for!(ExplainReport)).expect("a schema is JSON") + "\n"
}

/// The report, for machines.
pub fn report(network: &Network<'_>, answers: Vec<ExplainAnswer>, version: &str) -> ExplainReport {
    let tool = Tool { name: "plimsoll".to_owned(), version: version.to_owned(), controls: Vec::new() };
    let (coverage, not_judged) = (super::map::coverage(network), super::not_judged(network.inventory()));
    ExplainReport { schema_version: SCHEMA_VERSION.to_owned(), tool, coverage, not_judged, answers }
}

/// The answer for two endpoints.
pub fn answer(network: &Network<'_>, explanation: &Explanation, dependences: &[Dependence]) -> ExplainAnswer {
    let Explanation { from, to, asked, egress, ingress, admitted, undecided, exempt, own_node } = explanation;
    let others = dependences.iter().map(|other| (other, other.ports.intersection(asked)));
    let others = others.filter(|(_, ports)| ports != admitted);
    ExplainAnswer {
        from: network.get(*from).name.clone(),
        to: network.get(*to).name.clone(),
        asked: Connection(asked.clone()),
        admitted: Connection(admitted.clone()),
        undecided: Connection(undecided.clone()),
        egress: half(network, egress),
        ingress: half(network, ingress),
        exempt: exempt.map(|exempt| match exempt {
            Exempt::Itself => "itself".to_owned(),
            Exempt::OwnNode => "ownNode".to_owned(),
        }),
        own_node: own_node.as_ref().map(|own| ExplainOwnNode {
            placed: if own.placed == Placed::There { "yes" } else { "perhaps" }.to_owned(),
            admitted: Connection(own.admitted.intersection(asked)),
            judged: Connection(own.judged.intersection(asked)),
        }),
        depends_on: others
            .map(|(other, ports)| ExplainDependence {
                condition: other.condition.to_owned(),
                admitted: Connection(ports),
            })
            .collect(),
        opposite: opposite(network, explanation),
    }
}

fn half(network: &Network<'_>, half: &Half) -> ExplainHalf {
    let inventory = network.inventory();
    let steps = half.steps.iter().map(|step| {
        let (path, line) = place_of(inventory, step.policy, step.place.line);
        ExplainStep {
            policy: object_name(inventory, step.policy),
            rule: step.rule,
            path,
            line,
            word: step.word.text().to_owned(),
            ports: Connection(step.ports.clone()),
            because: (!step.because.is_empty()).then(|| step.because.clone()),
            narrowed: step.narrowed,
        }
    });
    ExplainHalf {
        applies: half.applies,
        admitted: Connection(half.admitted.clone()),
        isolated_by: half.isolated_by.iter().map(|policy| object_name(inventory, *policy)).collect(),
        steps: steps.collect(),
    }
}

/// What would have to change for the opposite.
fn opposite(network: &Network<'_>, explanation: &Explanation) -> Vec<String> {
    if let Some(exempt) = explanation.exempt {
        let who = match exempt {
            Exempt::Itself => "a pod reaches itself",
            Exempt::OwnNode => "a pod and the node that it runs on reach each other",
        };
        return vec![format!("no policy would do: {who} whatever policies say")];
    }
    let inventory = network.inventory();
    let place = |reason: &Reason| {
        let (path, line) = place_of(inventory, reason.policy, reason.place.line);
        format!("{} ({path}:{line})", object_name(inventory, reason.policy))
    };
    let mut changes = Vec::new();
    if !explanation.undecided.is_empty() {
        let halves = [&explanation.egress, &explanation.ingress];
        let rivals = halves.into_iter().flat_map(|half| &half.rivals);
        let pairs = rivals.map(|(own, other)| {
            let (own, other) = (object_name(inventory, *own), object_name(inventory, *other));
            format!("give {own} and {other} different priorities, so that it is known which counts")
        });
        return pairs.collect();
    }
    if explanation.admitted.is_empty() {
        for half in [&explanation.egress, &explanation.ingress] {
            if !half.admitted.intersection(&explanation.asked).is_empty() {
                continue;
            }
            let side = side(half);
            if let Some(denies) = half.steps.iter().find(|step| step.word == Word::Denies) {
                changes.push(format!("{side}: take the rule that denies out of {}", place(denies)));
                continue;
            }
            let misses = half.steps.iter().filter(|step| step.word == Word::DoesNotAdmit && step.rule.is_some());
            match misses.min_by_key(|step| step.failing) {
                Some(near) => changes.push(format!("{side}: the nearest rule is in {}: {}", place(near), near.because)),
                None => {
                    let to = if side == "egress" { "to" } else { "from" };
                    let other = if side == "egress" { explanation.to } else { explanation.from };
                    let name = &network.get(other).name;
                    changes
                        .push(format!("{side}: add a rule with `{to}:` that selects {name} to a policy of these pods"));
                }
            }
        }
        return changes;
    }
    for half in [&explanation.egress, &explanation.ingress].into_iter().filter(|half| half.applies) {
        let side = side(half);
        let admits: Vec<&Reason> = half.steps.iter().filter(|step| step.word == Word::Admits).collect();
        match &*admits {
            [] => changes.push(format!(
                "{side}: no policy restricts it; a NetworkPolicy with `policyTypes: [{}]` would",
                type_of(half)
            )),
            all => {
                let rules: Vec<String> = all.iter().map(|reason| place(reason)).collect();
                changes.push(format!("{side}: take what admits it out of {}", rules.join(" and ")));
            }
        }
    }
    if changes.is_empty() {
        changes.push("no policy applies: take the pods off the network of their node".to_owned());
    }
    changes
}

fn side(half: &Half) -> &'static str {
    match half.direction {
        ::network::Direction::Egress => "egress",
        ::network::Direction::Ingress => "ingress",
    }
}

fn type_of(half: &Half) -> &'static str {
    match half.direction {
        ::network::Direction::Egress => "Egress",
        ::network::Direction::Ingress => "Ingress",
    }
}

/// Writes the report as JSON.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_json(report: &ExplainReport, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// Writes the answers for people.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_text(report: &ExplainReport, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    for answer in &report.answers {
        write_answer(answer, terminal, out)?;
    }
    Ok(())
}

fn write_answer(answer: &ExplainAnswer, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let arrow = if terminal.unicode { "→" } else { "->" };
    let asked = &answer.asked.0;
    let on = if asked.is_all() { String::new() } else { format!(" on {asked}") };
    let head = format!("{} {arrow} {}{on}", sanitize(&answer.from), sanitize(&answer.to));
    let verdict = verdict(answer);
    let head = format!("{} {head}: {verdict}", terminal.logo());
    write_hanging(&head, 0, terminal, &|line| terminal.bold(line), out)?;
    if answer.exempt.is_none() {
        write_half("leaving", &answer.from, &answer.egress, asked, terminal, out)?;
        write_half("arriving", &answer.to, &answer.ingress, asked, terminal, out)?;
        if answer.from == answer.to && answer.own_node.is_none() {
            let text = "between different pods of it: each pod reaches itself whatever policies say";
            write_plain(text, 2, terminal, out)?;
        }
    }
    for other in &answer.depends_on {
        let ports =
            if other.admitted.0.is_empty() { "nothing is".to_owned() } else { format!("{} is", other.admitted.0) };
        let text = format!("{}: {ports} admitted if {}", depends_on(&other.condition), other.condition);
        write_plain(&text, 2, terminal, out)?;
    }
    write_own_node(answer, terminal, out)?;
    for change in &answer.opposite {
        write_plain(&format!("for the opposite: {}", sanitize(change)), 2, terminal, out)?;
    }
    writeln!(out)
}

/// What holds for the node that the pods run on, where it is not the answer itself.
fn write_own_node(answer: &ExplainAnswer, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let Some(own) = &answer.own_node else { return Ok(()) };
    let said = |ports: &Ports| match () {
        () if ports.is_empty() => "not admitted".to_owned(),
        () if *ports == answer.asked.0 => "admitted".to_owned(),
        () => format!("admitted on {ports}"),
    };
    if own.placed == "perhaps" && own.admitted.0 != answer.admitted.0 {
        let text = format!("with the node that the pods run on: {}, as the API has it", said(&own.admitted.0));
        write_plain(&text, 2, terminal, out)?;
    }
    if own.judged.0 != own.admitted.0 {
        let text = format!(
            "depends on the CNI: {} with that node where the plugin asks policies for it, as some do",
            said(&own.judged.0)
        );
        write_plain(&text, 2, terminal, out)?;
    }
    Ok(())
}

fn verdict(answer: &ExplainAnswer) -> String {
    match answer.exempt.as_deref() {
        Some("itself") => return "admitted: a pod reaches itself".to_owned(),
        Some(_) => return "admitted: it is the node that the pods run on".to_owned(),
        None => {}
    }
    let undecidable = [&answer.egress, &answer.ingress]
        .iter()
        .any(|half| half.steps.iter().any(|step| step.word == Word::Undecidable.text()));
    let mut on: Vec<&str> = answer.depends_on.iter().map(|other| depends_on(&other.condition)).collect();
    on.dedup();
    let depends = match &*on {
        [] => String::new(),
        ["depends on addresses"] => ", which depends on addresses that are not known".to_owned(),
        [one] => format!(", which {one}"),
        _ => ", which depends on more than is known".to_owned(),
    };
    let sure = if undecidable { ", as far as what is evaluated says" } else { &depends };
    let own = answer.own_node.as_ref().filter(|own| own.placed == "perhaps" && own.admitted != answer.admitted);
    let sure = format!("{}{sure}", if own.is_some() { " but with the node that the pods run on" } else { "" });
    let (asked, admitted) = (&answer.asked.0, &answer.admitted.0);
    let undecided = &answer.undecided.0;
    if !undecided.is_empty() {
        let certain = admitted.without(undecided);
        let on = if undecided == asked { String::new() } else { format!(" on {undecided}") };
        let also = if certain.is_empty() { String::new() } else { format!(", admitted on {certain}") };
        return format!("undecidable{on}{also}: policies of equal priority contradict each other");
    }
    if admitted.is_empty() {
        format!("not admitted{sure}")
    } else if admitted == asked {
        format!("admitted{}{sure}", if asked.is_all() { " on all ports" } else { "" })
    } else {
        format!("admitted on {admitted}{sure}")
    }
}

fn write_half(
    verb: &str,
    who: &str,
    half: &ExplainHalf,
    asked: &Ports,
    terminal: Terminal,
    out: &mut dyn Write,
) -> io::Result<()> {
    let admitted = half.admitted.0.intersection(asked);
    let state = if !half.applies {
        "no policy applies".to_owned()
    } else if admitted.is_empty() {
        "refused".to_owned()
    } else if half.isolated_by.is_empty() && admitted == *asked {
        "no policy restricts it".to_owned()
    } else {
        format!("{admitted} admitted")
    };
    write_plain(&format!("{verb} {}: {state}", sanitize(who)), 2, terminal, out)?;
    let important = |step: &&ExplainStep| step.word != Word::NotApplicable.text();
    let not_applicable = half.steps.iter().filter(|step| !important(step));
    for step in half.steps.iter().filter(important).chain(not_applicable) {
        let rule = step.rule.map(|rule| format!(" rule {}", rule + 1)).unwrap_or_default();
        let place = format!("{}:{}", sanitize(&step.path), step.line);
        let word = terminal.paint(style(&step.word), &format!("{:<14}", step.word));
        let ports = if step.ports.0.is_empty() { String::new() } else { format!(" {}", step.ports.0) };
        let because = step.because.as_deref().map(|text| format!(": {}", sanitize(text))).unwrap_or_default();
        let narrowed = if step.narrowed { ", narrowed by conditions above ports" } else { "" };
        let text = format!("{}{rule}{ports}{because}{narrowed}", sanitize(&step.policy));
        // The words of all steps stand below one another.
        const COLUMN: usize = 19;
        let mut lines = wrap(&text, terminal.width.saturating_sub(COLUMN + 2).max(20));
        let last = lines.last().map_or(0, |line| line.width());
        match lines.last_mut() {
            Some(line) if COLUMN + 4 + last + place.width() <= terminal.width => {
                *line = format!("{line}  {}", terminal.dim(&place));
            }
            _ => lines.push(terminal.dim(&place)),
        }
        for (number, line) in lines.iter().enumerate() {
            match number {
                0 => writeln!(out, "    {word} {line}")?,
                _ => writeln!(out, "{:COLUMN$}  {line}", "")?,
            }
        }
    }
    if !half.isolated_by.is_empty() && admitted != *asked {
        let who: Vec<String> = half.isolated_by.iter().map(|policy| sanitize(policy)).collect();
        write_plain(&format!("the rest is refused because of {}", who.join(", ")), 4, terminal, out)?;
    }
    Ok(())
}

fn style(word: &str) -> Style {
    match word {
        "admits" => AnsiColor::Green.on_default().bold(),
        "denies" => AnsiColor::Red.on_default().bold(),
        "does not admit" => AnsiColor::Yellow.on_default(),
        "undecidable" => AnsiColor::Magenta.on_default().bold(),
        _ => Style::new().dimmed(),
    }
}
