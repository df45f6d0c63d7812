//! Rules that people write, held against the network: for people and machines.

use std::io::{self, Write};

use ::network::{
    Doubt, Explanation, Half, Identity, Network, Outcome, PROTOCOLS, Ports, Range, Sanity, Verdict, Witness, Word,
};
use anstyle::AnsiColor;
use model::network_rule::{Connection as Asked, Demand, PortSet, Rule, Towards};
use schemars::JsonSchema;
use serde::Serialize;

use super::sanity::CheckOddity;
use super::wire::{Connection, PolicyNote, SCHEMA_VERSION, incomplete, object_name, place_of, refused};
use crate::json::{JsonCoverage, Tool};
use crate::text::Terminal;
use crate::text::terminal::sanitize;

/// The answer of `plimsoll network check`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckReport {
    /// The version of this form: `major.minor`.
    pub schema_version: String,
    /// The program that wrote it.
    pub tool: Tool,
    /// What was looked at, and what was not and why.
    pub coverage: JsonCoverage,
    /// The rules, in the order of their file.
    pub rules: Vec<CheckedRule>,
    /// Policies that may not do what they were meant to, what matters most first.
    pub oddities: Vec<CheckOddity>,
    /// Whether there were too many pairs to ask which rules are redundant.
    pub cut_short: bool,
    /// How many policies there are.
    pub policies: usize,
    /// Policies that the API refuses, or that are not evaluated.
    pub not_judged: Vec<PolicyNote>,
}

/// A rule, and what is true of it.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckedRule {
    /// Its name; null if it has none.
    pub name: Option<String>,
    /// What it demands, in words.
    pub demand: String,
    /// Its file.
    pub path: String,
    /// Its line.
    pub line: u32,
    /// `kept`, `broken`, `undecidable`, or `unfounded` if a part of it means nobody.
    pub verdict: String,
    /// How many pairs were looked at.
    pub pairs: u64,
    /// How many of them are not as demanded.
    pub broken: u64,
    /// The first of those.
    pub witnesses: Vec<CheckWitness>,
    /// Why it cannot be decided.
    pub doubts: Vec<String>,
    /// What the answer does not take into account, against the words of the API.
    pub notes: Vec<String>,
    /// What of it means nobody.
    pub unfounded: Vec<CheckUnfounded>,
}

/// A pair that is not as demanded.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckWitness {
    /// Who connects: a workload, nodes or `outside`.
    pub from: String,
    /// Who is connected to.
    pub to: String,
    /// The addresses outside that are meant.
    pub addresses: Vec<String>,
    /// The ports that are admitted and ought not to be, or the other way.
    pub ports: Connection,
    /// One of them: what is decided of it is said below.
    pub port: String,
    /// The way in that leads there, if it is not the connection itself.
    pub through: Option<String>,
    /// What decides.
    pub deciding: Vec<CheckDeciding>,
}

/// What decides of a connection.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckDeciding {
    /// `leaving` or `arriving`.
    pub side: String,
    /// What is decided, and why.
    pub says: String,
    /// The policy; null if none decides.
    pub policy: Option<String>,
    /// Its file.
    pub path: Option<String>,
    /// The line.
    pub line: Option<u32>,
}

/// A part of a rule that means nobody.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckUnfounded {
    /// Its name, as written.
    pub name: String,
    /// The line on which that stands.
    pub line: u32,
}

/// How addresses outside the cluster are called.
const OUTSIDE: &str = "outside";

/// The JSON Schema of the report.
pub fn schema() -> String {
    serde_json::to_string_pretty(&schemars::schema_for!(CheckReport)).expect("a schema is JSON") + "\n"
}

/// What a report is made of.
pub struct CheckInput<'a> {
    /// The network.
    pub network: &'a Network<'a>,
    /// The rules, each with what is true of it.
    pub rules: &'a [(Rule, Outcome)],
    /// What is odd about the policies.
    pub sanity: &'a Sanity,
    /// The file of the rules.
    pub path: &'a str,
    /// The version of the program.
    pub version: &'a str,
}

/// The report.
pub fn report(input: &CheckInput<'_>) -> CheckReport {
    CheckReport {
        schema_version: SCHEMA_VERSION.to_owned(),
        tool: Tool { name: "plimsoll".to_owned(), version: input.version.to_owned(), controls: Vec::new() },
        coverage: super::map::coverage(input.network),
        rules: input.rules.iter().map(|(rule, outcome)| checked(input, rule, outcome)).collect(),
        oddities: super::sanity::oddities(input.network, input.sanity),
        cut_short: input.sanity.cut_short,
        policies: input.network.inventory().facts.traffic.policies.len(),
        not_judged: [refused(input.network.inventory()), incomplete(input.network.inventory())].concat(),
    }
}

fn checked(input: &CheckInput<'_>, rule: &Rule, outcome: &Outcome) -> CheckedRule {
    let is_required = matches!(rule.demand, Demand::Require(_));
    CheckedRule {
        name: (!rule.name.is_empty()).then(|| rule.name.clone()),
        demand: demand(&rule.demand),
        path: input.path.to_owned(),
        line: rule.line,
        verdict: verdict(outcome.verdict).to_owned(),
        pairs: outcome.pairs,
        broken: outcome.broken,
        witnesses: outcome.witnesses.iter().map(|pair| witness(input.network, pair, is_required)).collect(),
        doubts: outcome.doubts.iter().map(|doubt| doubt_text(input.network, doubt)).collect(),
        notes: outcome.notes.iter().map(|note| format!("by the words of the API; it is otherwise if {note}")).collect(),
        unfounded: outcome
            .unfounded
            .iter()
            .map(|part| CheckUnfounded { name: part.name.clone(), line: part.line })
            .collect(),
    }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Kept => "kept",
        Verdict::Undecidable => "undecidable",
        Verdict::Broken => "broken",
        Verdict::Unfounded => "unfounded",
    }
}

/// What is demanded, in words.
fn demand(demand: &Demand) -> String {
    match demand {
        Demand::Forbid(asked) => format!("forbid {}", connection(asked)),
        Demand::Require(asked) => format!("require {}", connection(asked)),
        Demand::AllowOnly { subject, towards, peers } => {
            let peers: Vec<String> =
                peers.iter().map(|(side, ports)| format!("{}{}", side.name(), on(ports))).collect();
            let peers = if peers.is_empty() { "nobody".to_owned() } else { peers.join(" and ") };
            match towards {
                Towards::Into => format!("allow into {} only from {peers}", subject.name()),
                Towards::OutOf => format!("allow out of {} only to {peers}", subject.name()),
            }
        }
    }
}

fn connection(asked: &Asked) -> String {
    format!("from {} to {}{}", asked.from.name(), asked.to.name(), on(&asked.ports))
}

fn on(ports: &PortSet) -> String {
    if ports.is_all() {
        return String::new();
    }
    let mut all = Ports::none();
    ports.ranges.iter().for_each(|range| all.insert(range.protocol, range.first, range.last));
    let numbers = (!all.is_empty()).then(|| all.to_string());
    let names = ports.names.iter().map(|port| match port.protocol {
        Some(protocol) => format!("{} `{}`", ::network::protocol_name(protocol), port.name),
        None => format!("`{}`", port.name),
    });
    format!(" on {}", numbers.into_iter().chain(names).collect::<Vec<_>>().join(", "))
}

fn doubt_text(network: &Network<'_>, doubt: &Doubt) -> String {
    let inventory = network.inventory();
    let named = |resource| {
        let (path, line) = place_of(inventory, resource, 0);
        format!("{} ({path}:{line})", object_name(inventory, resource))
    };
    match doubt {
        Doubt::Condition(condition) => format!("it is otherwise if {condition}"),
        Doubt::Rivals(own, other) => {
            format!("{} and {} have one priority and contradict each other", named(*own), named(*other))
        }
        Doubt::Unmodelled(policy) => format!("{} is not evaluated, and may change the answer", named(*policy)),
        Doubt::Source(door) => {
            format!("{} leads there, and whether the pods see clients or nodes is not known", named(*door))
        }
        Doubt::Nodes(door) => {
            format!("{} is open to whoever reaches a node, and whether they do is not known", named(*door))
        }
        Doubt::NodeAddresses(door) => {
            format!("{} leads there, if policies admit the addresses of nodes, which are not known", named(*door))
        }
        Doubt::Controller(door) => {
            format!("{} leads there, and its controller is not in the input", named(*door))
        }
    }
}

fn witness(network: &Network<'_>, pair: &Witness, is_required: bool) -> CheckWitness {
    let inventory = network.inventory();
    let port = PROTOCOLS
        .into_iter()
        .find_map(|protocol| pair.ports.ranges(protocol).first().map(|(first, _)| (protocol, *first)));
    let asked = port.map_or_else(Ports::all, |(protocol, port)| Ports::one(protocol, port));
    let explanation = network.explain(pair.from, pair.to, asked);
    let name = |endpoint| match &network.get(endpoint).identity {
        Identity::Outside(_) => OUTSIDE.to_owned(),
        Identity::Workload { .. } | Identity::Nodes(_) => network.get(endpoint).name.clone(),
    };
    let through = pair.through.map(|(way, resource, place)| {
        let (path, line) = place_of(inventory, resource, place.line);
        let (way, object) = (super::exposure::way_text(way), object_name(inventory, resource));
        let way = if object.starts_with(way) { String::new() } else { format!("{way} of ") };
        format!("{way}{object} ({path}:{line})")
    });
    CheckWitness {
        from: name(pair.from),
        to: name(pair.to),
        addresses: pair.addresses.iter().map(Range::text).collect(),
        ports: Connection(pair.ports.clone()),
        port: port.map(|(protocol, port)| Ports::one(protocol, port).to_string()).unwrap_or_default(),
        deciding: if through.is_some() { Vec::new() } else { deciding(network, &explanation, is_required) },
        through,
    }
}

/// What decides: the rules that admit, or what refuses.
fn deciding(network: &Network<'_>, explanation: &Explanation, is_required: bool) -> Vec<CheckDeciding> {
    let halves = [("leaving", &explanation.egress), ("arriving", &explanation.ingress)];
    let mut all = Vec::new();
    for (side, half) in halves {
        let refuses = half.admitted.intersection(&explanation.asked).is_empty();
        match is_required {
            true if refuses => refusing(network, side, half, &mut all),
            true => {}
            false => admitting(network, side, half, &mut all),
        }
    }
    all
}

fn admitting(network: &Network<'_>, side: &str, half: &Half, all: &mut Vec<CheckDeciding>) {
    let plain = |says: &str| CheckDeciding {
        side: side.to_owned(),
        says: says.to_owned(),
        policy: None,
        path: None,
        line: None,
    };
    if !half.applies {
        all.push(plain("no policy applies"));
        return;
    }
    let admits: Vec<_> = half.steps.iter().filter(|step| step.word == Word::Admits).collect();
    if admits.is_empty() {
        all.push(plain("no policy restricts it"));
    }
    for step in admits {
        let rule = step.rule.map(|rule| format!(" by rule {}", rule + 1)).unwrap_or_default();
        all.push(of_policy(network, side, format!("admitted{rule}"), (step.policy, step.place.line)));
    }
}

fn refusing(network: &Network<'_>, side: &str, half: &Half, all: &mut Vec<CheckDeciding>) {
    if let Some(step) = half.steps.iter().find(|step| step.word == Word::Denies) {
        let rule = step.rule.map(|rule| format!(" by rule {}", rule + 1)).unwrap_or_default();
        all.push(of_policy(network, side, format!("denied{rule}"), (step.policy, step.place.line)));
        return;
    }
    let misses = half.steps.iter().filter(|step| step.word == Word::DoesNotAdmit && step.rule.is_some());
    if let Some(near) = misses.min_by_key(|step| step.failing) {
        let rule = near.rule.map(|rule| rule + 1).unwrap_or_default();
        let says = format!("not admitted; rule {rule} is the nearest: {}", near.because);
        all.push(of_policy(network, side, says, (near.policy, near.place.line)));
        return;
    }
    for policy in &half.isolated_by {
        all.push(of_policy(network, side, "restricted, and no rule admits it".to_owned(), (*policy, 0)));
    }
}

fn of_policy(
    network: &Network<'_>,
    side: &str,
    says: String,
    (policy, line): (model::inventory::ResourceId, u32),
) -> CheckDeciding {
    let (path, line) = place_of(network.inventory(), policy, line);
    let policy = Some(object_name(network.inventory(), policy));
    CheckDeciding { side: side.to_owned(), says, policy, path: Some(path), line: Some(line) }
}

/// Writes the report as JSON.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_json(report: &CheckReport, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// Writes the report for people: what is broken first.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_text(report: &CheckReport, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    write_rules(&report.rules, terminal, out)?;
    super::sanity::write(&report.oddities, terminal, out)?;
    let mut parts = Vec::new();
    if !report.rules.is_empty() {
        let rules = &report.rules;
        let counts = ORDER.map(|verdict| (verdict, rules.iter().filter(|rule| rule.verdict == verdict).count()));
        let counts: Vec<String> = counts
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(verdict, count)| format!("{count} {verdict}"))
            .collect();
        let word = if rules.len() == 1 { "rule" } else { "rules" };
        parts.push(format!("{} {word}: {}", rules.len(), counts.join(", ")));
    }
    match super::sanity::counts(&report.oddities) {
        Some(counts) => parts.push(format!("policies: {counts}")),
        None if report.policies == 0 => parts.push("there are no policies: nothing is restricted".to_owned()),
        None => parts.push("policies: nothing odd".to_owned()),
    }
    writeln!(out, "{}", terminal.bold(&format!("{} {}", terminal.logo(), parts.join(" · "))))?;
    for note in &report.not_judged {
        let PolicyNote { policy, path, line, reason } = note;
        let text = format!("  {} not judged: {policy} ({path}:{line}): {reason}", terminal.unseen());
        writeln!(out, "{}", sanitize(&text))?;
    }
    const SHOWN: usize = 10;
    let skipped = &report.coverage.skipped;
    for skipped in skipped.iter().take(SHOWN) {
        let line = skipped.line.map(|line| format!(":{line}")).unwrap_or_default();
        let text = format!("not looked at: {}{line} ({})", skipped.path, skipped.reason);
        super::hanging::write_marked(terminal.unseen(), &sanitize(&text), 2, terminal, out)?;
    }
    if skipped.len() > SHOWN {
        writeln!(out, "  {} and {} more", terminal.unseen(), skipped.len() - SHOWN)?;
    }
    if report.cut_short {
        writeln!(out, "  {} too many pairs: not every rule was asked whether it is redundant", terminal.unseen())?;
    }
    Ok(())
}

const ORDER: [&str; 4] = ["broken", "unfounded", "undecidable", "kept"];

fn write_rules(rules: &[CheckedRule], terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    for verdict in ORDER {
        for rule in rules.iter().filter(|rule| rule.verdict == verdict) {
            write_rule(rule, terminal, out)?;
        }
    }
    if rules.iter().any(|rule| rule.verdict == "kept") {
        writeln!(out)?;
    }
    Ok(())
}

fn write_rule(rule: &CheckedRule, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let (mark, style) = match rule.verdict.as_str() {
        "broken" => (terminal.mark(model::severity::Severity::High), AnsiColor::Red.on_default().bold()),
        "kept" => (terminal.passed(), AnsiColor::Green.on_default()),
        _ => (terminal.unseen(), AnsiColor::Magenta.on_default().bold()),
    };
    let name = rule.name.as_ref().unwrap_or(&rule.demand);
    let place = terminal.dim(&format!("{}:{}", sanitize(&rule.path), rule.line));
    let verdict = terminal.paint(style, &format!("{mark} {:<11}", rule.verdict));
    writeln!(out, "{verdict} {}  {place}", terminal.bold(&sanitize(name)))?;
    for note in &rule.notes {
        writeln!(out, "    {}", terminal.dim(&sanitize(note)))?;
    }
    if rule.verdict == "kept" {
        return Ok(());
    }
    if rule.name.is_some() {
        writeln!(out, "    {}", terminal.dim(&sanitize(&rule.demand)))?;
    }
    for part in &rule.unfounded {
        let line = part.line;
        writeln!(out, "    `{}` (line {line}) selects nothing here, so the rule holds nothing", sanitize(&part.name))?;
    }
    let what = if rule.broken > 0 { "besides, cannot be decided" } else { "cannot be decided" };
    for doubt in &rule.doubts {
        writeln!(out, "    {what}: {}", sanitize(doubt))?;
    }
    const SHOWN: usize = 3;
    for pair in rule.witnesses.iter().take(SHOWN) {
        write_witness(pair, rule.demand.starts_with("require"), terminal, out)?;
    }
    if rule.broken > 0 {
        let more = if rule.broken > SHOWN as u64 { "; the others are in `--output json`" } else { "" };
        let (is, pairs) = if rule.pairs == 1 { ("is", "pair") } else { ("are", "pairs") };
        writeln!(out, "    {} of {} {pairs} {is} not as demanded{more}", rule.broken, rule.pairs)?;
    }
    writeln!(out)
}

fn write_witness(pair: &CheckWitness, is_required: bool, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let arrow = if terminal.unicode { "→" } else { "->" };
    let shown = |name: &str| match &*pair.addresses {
        [only] if name == OUTSIDE => format!("{OUTSIDE} ({only})"),
        [first, ..] if name == OUTSIDE => format!("{OUTSIDE} ({first} {})", terminal.ellipsis()),
        _ => sanitize(name),
    };
    let refused = if is_required { "refused: " } else { "" };
    let (from, to) = match &pair.through {
        Some(_) => ("the internet".to_owned(), sanitize(&pair.to)),
        None => (shown(&pair.from), shown(&pair.to)),
    };
    writeln!(out, "    {from} {arrow} {to}  {refused}{}", pair.ports.0)?;
    if let Some(through) = &pair.through {
        writeln!(out, "      through    {}", sanitize(through))?;
    }
    for step in &pair.deciding {
        let policy = match (&step.policy, &step.path, step.line) {
            (Some(policy), Some(path), Some(line)) => {
                format!(": {}  {}", sanitize(policy), terminal.dim(&format!("{}:{line}", sanitize(path))))
            }
            _ => String::new(),
        };
        writeln!(out, "      {:<10} {}{policy}", step.side, sanitize(&step.says))?;
    }
    Ok(())
}
