//! The blast radius, for people and machines.

use std::collections::BTreeMap;
use std::io::{self, Write};

use ::network::{Blast, Direction, EndpointId, Network, Ports, TargetKind};
use anstyle::AnsiColor;
use schemars::JsonSchema;
use serde::Serialize;

use super::hanging::{write_hanging, write_plain};
use super::wire::{Connection, PolicyNote, SCHEMA_VERSION, object_name};
use crate::json::{JsonCoverage, Tool};
use crate::text::Terminal;
use crate::text::terminal::sanitize;

/// The answer of `plimsoll network blast-radius`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BlastReport {
    /// The version of this form: `major.minor`.
    pub schema_version: String,
    /// The program that wrote it.
    pub tool: Tool,
    /// What was looked at, and what was not and why.
    pub coverage: JsonCoverage,
    /// Policies that have no effect, or are not evaluated.
    pub not_judged: Vec<PolicyNote>,
    /// Where it begins.
    pub start: Vec<String>,
    /// Workloads that are reached directly.
    pub direct: usize,
    /// Workloads that are reached over any number of connections.
    pub reached: usize,
    /// All other workloads.
    pub all: usize,
    /// The ways in that were taken, if it begins outside: of each workload the most open one.
    pub entries: Vec<BlastEntry>,
    /// All that is reached, in the order of the distance.
    pub steps: Vec<BlastStep>,
    /// What an attacker looks for, and the shortest way to it.
    pub targets: Vec<BlastTarget>,
    /// The policies that would cut most.
    pub cuts: Vec<BlastCut>,
}

/// A way in that was taken.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BlastEntry {
    /// The workload behind it.
    pub endpoint: String,
    /// How, as in the answer of `network exposure`.
    pub way: String,
    /// What is connected to.
    pub door: String,
    /// The object that opens it.
    pub opened_by: String,
    /// Who may use it, in words.
    pub who: String,
}

/// An endpoint that is reached.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BlastStep {
    /// Who is reached.
    pub endpoint: String,
    /// From whom.
    pub before: String,
    /// Over how many connections.
    pub distance: u32,
    /// Whether it is reached only if of policies of equal priority, which contradict each other, the right one counts.
    pub undecidable: bool,
    /// Those of them that decide of this step.
    pub policies: Vec<String>,
}

/// Something that an attacker looks for.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BlastTarget {
    /// `store`, `metadata`, `kubelet`, `ownKubelet`, `nodes`, `internet`, `hostNetwork` or `system`.
    pub kind: String,
    /// The endpoints on the way, the target last.
    pub way: Vec<BlastHop>,
}

/// A step on a way.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BlastHop {
    /// Who is reached.
    pub endpoint: String,
    /// The ports on which it is.
    pub connection: Connection,
}

/// A policy that would cut some of it.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BlastCut {
    /// The pods that the policy would be for.
    pub endpoint: String,
    /// `ingress` or `egress`.
    pub direction: String,
    /// How many workloads are reached over these pods on shortest ways.
    pub spared: usize,
}

/// The JSON Schema of the report.
pub fn schema() -> String {
    serde_json::to_string_pretty(&schemars::schema_for!(BlastReport)).expect("a schema is JSON") + "\n"
}

/// The report.
pub fn report(network: &Network<'_>, blast: &Blast, version: &str) -> BlastReport {
    let name = |endpoint: EndpointId| network.get(endpoint).name.clone();
    BlastReport {
        schema_version: SCHEMA_VERSION.to_owned(),
        tool: Tool { name: "plimsoll".to_owned(), version: version.to_owned(), controls: Vec::new() },
        coverage: super::map::coverage(network),
        not_judged: super::not_judged(network.inventory()),
        start: blast.start.iter().map(|start| name(*start)).collect(),
        direct: blast.direct,
        reached: blast.reached,
        all: blast.all,
        entries: blast
            .entries
            .iter()
            .map(|entry| BlastEntry {
                endpoint: entry.behind(network),
                way: super::exposure::way(entry.way).to_owned(),
                door: entry.door.clone(),
                opened_by: object_name(network.inventory(), entry.opened_by),
                who: super::exposure::who(entry),
            })
            .collect(),
        steps: blast
            .steps
            .iter()
            .map(|step| {
                let doubt = blast.undecided.iter().find(|(endpoint, _)| *endpoint == step.endpoint);
                BlastStep {
                    endpoint: name(step.endpoint),
                    before: name(step.before),
                    distance: step.distance,
                    undecidable: doubt.is_some(),
                    policies: doubt.map_or_else(Vec::new, |(_, pairs)| super::wire::rivals(network.inventory(), pairs)),
                }
            })
            .collect(),
        targets: blast
            .targets
            .iter()
            .map(|target| BlastTarget {
                kind: kind(target.kind).to_owned(),
                way: target
                    .way
                    .iter()
                    .map(|(endpoint, ports)| BlastHop {
                        endpoint: name(*endpoint),
                        connection: Connection(ports.clone()),
                    })
                    .collect(),
            })
            .collect(),
        cuts: blast
            .cuts
            .iter()
            .map(|cut| BlastCut {
                endpoint: name(cut.endpoint),
                direction: direction(cut.direction).to_owned(),
                spared: cut.spared,
            })
            .collect(),
    }
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Ingress => "ingress",
        Direction::Egress => "egress",
    }
}

fn kind(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::Store => "store",
        TargetKind::Metadata => "metadata",
        TargetKind::Kubelet => "kubelet",
        TargetKind::OwnKubelet => "ownKubelet",
        TargetKind::Nodes => "nodes",
        TargetKind::Internet => "internet",
        TargetKind::HostNetwork => "hostNetwork",
        TargetKind::System => "system",
    }
}

fn kind_text(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::Store => "a store of data",
        TargetKind::Metadata => "the cloud's metadata: credentials of the node",
        TargetKind::Kubelet => "the kubelet of a node, and what else listens there",
        TargetKind::OwnKubelet => "the kubelet of the node that it runs on: no policy is asked there",
        TargetKind::Nodes => "a node: what listens there, without its kubelet",
        TargetKind::Internet => "the internet: data can leave",
        TargetKind::HostNetwork => "the network of a node",
        TargetKind::System => "a workload of the cluster itself",
    }
}

/// Writes the report as JSON.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_json(report: &BlastReport, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// Writes the blast radius for people.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_text(network: &Network<'_>, blast: &Blast, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let name = |endpoint: EndpointId| sanitize(&network.get(endpoint).name);
    write_entries(network, blast, terminal, out)?;
    let mut by_distance: BTreeMap<u32, Vec<EndpointId>> = BTreeMap::new();
    for step in &blast.steps {
        by_distance.entry(step.distance).or_default().push(step.endpoint);
    }
    for (distance, endpoints) in &by_distance {
        let word = if *distance == 1 { "directly".to_owned() } else { format!("in {distance} steps") };
        writeln!(out, "{}", terminal.bold(&word))?;
        const SHOWN: usize = 12;
        for endpoint in endpoints.iter().take(SHOWN) {
            writeln!(out, "  {}", name(*endpoint))?;
        }
        if endpoints.len() > SHOWN {
            writeln!(out, "  {} {} more", terminal.ellipsis(), endpoints.len() - SHOWN)?;
        }
    }
    if !blast.targets.is_empty() {
        writeln!(out, "{}", terminal.bold("the shortest way to what matters"))?;
    }
    let arrow = if terminal.unicode { "→" } else { "->" };
    for target in &blast.targets {
        let mark = terminal.paint(AnsiColor::Red.on_default().bold(), if terminal.unicode { "▲" } else { "!" });
        writeln!(out, "  {mark} {}", kind_text(target.kind))?;
        let mut line = blast.start.first().map(|start| name(*start)).unwrap_or_default();
        for (endpoint, ports) in &target.way {
            line += &format!(" {arrow} {}{}", name(*endpoint), on(network, *endpoint, ports));
        }
        write_plain(&line, 4, terminal, out)?;
    }
    for cut in &blast.cuts {
        let what = match cut.direction {
            Direction::Egress => "a policy for what it may reach",
            Direction::Ingress => "a policy for who may reach it",
        };
        let workloads = if cut.spared == 1 { "workload is" } else { "workloads are" };
        let text = format!("cut: {}: {what}; {} {workloads} reached over it", name(cut.endpoint), cut.spared);
        write_plain(&text, 2, terminal, out)?;
    }
    write_undecided(network, blast, terminal, out)?;
    if !blast.steps.is_empty() {
        writeln!(out)?;
    }
    let start: Vec<String> = blast.start.iter().map(|start| name(*start)).collect();
    let head = format!(
        "{} from {}: {} of {} {} reached, {} of them directly",
        terminal.logo(),
        start.join(" and "),
        blast.reached,
        blast.all,
        if blast.all == 1 { "workload is" } else { "workloads are" },
        blast.direct
    );
    write_hanging(&head, 0, terminal, &|line| terminal.bold(line), out)
}

/// Who is reached only if one of contradicting policies counts.
fn write_undecided(network: &Network<'_>, blast: &Blast, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    if blast.undecided.is_empty() {
        return Ok(());
    }
    const SHOWN: usize = 4;
    let mut names: Vec<String> =
        blast.undecided.iter().take(SHOWN).map(|(endpoint, _)| network.get(*endpoint).name.clone()).collect();
    if blast.undecided.len() > SHOWN {
        names.push(format!("{} more", blast.undecided.len() - SHOWN));
    }
    let pairs: Vec<_> = blast.undecided.iter().flat_map(|(_, pairs)| pairs.iter().copied()).collect();
    let policies = super::wire::rivals(network.inventory(), &pairs).join(" and ");
    let text = format!(
        "undecidable: {}: {policies} have one priority and contradict each other; what may be reached is counted",
        names.join(", ")
    );
    write_plain(&sanitize(&text), 2, terminal, out)
}

/// The ways in that were taken.
fn write_entries(network: &Network<'_>, blast: &Blast, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    const SHOWN: usize = 8;
    if blast.entries.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", terminal.bold("comes in"))?;
    for entry in blast.entries.iter().take(SHOWN) {
        let opened_by = object_name(network.inventory(), entry.opened_by);
        let (behind, who) = (entry.behind(network), super::exposure::who(entry));
        write_plain(&sanitize(&format!("{behind} through {opened_by}: {who}")), 2, terminal, out)?;
    }
    if blast.entries.len() > SHOWN {
        writeln!(out, "  {} {} more", terminal.ellipsis(), blast.entries.len() - SHOWN)?;
    }
    Ok(())
}

fn on(network: &Network<'_>, endpoint: EndpointId, ports: &Ports) -> String {
    if let Some((protocol, port)) = network.likely_port(endpoint, ports) {
        return format!(" ({} {port})", ::network::protocol_name(protocol));
    }
    if ports.is_empty() || ports.is_all() { String::new() } else { format!(" ({ports})") }
}
