//! Who may connect to whom, for people.

use std::collections::BTreeMap;
use std::io::{self, Write};

use ::network::{Direction, EndpointId, Entry, Identity, Isolation, Network, Ports, Worlds};
use anstyle::AnsiColor;

use super::exposure::{targets, write_targets};
use super::hanging::{write_hanging, write_plain};
use super::map::{Filter, coverage, depends_on, undecidable};
use super::table::Table;
use super::wire::{self, PluginSource, assumed_text, incomplete, refused};
use crate::text::Terminal;
use crate::text::terminal::sanitize;

/// How many names stand in a line before they are counted instead.
const MOST_NAMES: usize = 4;

/// From this many endpoints on, pairs are shown for those alone that are asked for.
const MANY: usize = 3_000;

/// What the list is made from.
pub struct ListInput<'a, 'n> {
    /// The network.
    pub worlds: &'a Worlds<'n>,
    /// What is listed.
    pub filter: &'a Filter,
    /// The entries from outside.
    pub entries: &'a [Entry],
    /// How the plugin was found.
    pub plugin: &'a PluginSource,
    /// What was looked at, as the user named it.
    pub subject: &'a str,
}

/// Writes the list.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_text(input: &ListInput<'_, '_>, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let network = &input.worlds.base;
    if network.endpoints().count() <= MANY {
        let table = Table::new(network);
        write_workloads(input, &table, terminal, out)?;
    } else {
        writeln!(out, "too many workloads to show: name some with `--focus`, or write `--output csv=FILE`\n")?;
    }
    write_doubts(input, terminal, out)?;
    write_closing(input, terminal, out)
}

fn write_workloads(
    input: &ListInput<'_, '_>,
    table: &Table,
    terminal: Terminal,
    out: &mut dyn Write,
) -> io::Result<()> {
    let network = &input.worlds.base;
    let mut namespace = String::new();
    for (number, endpoint) in network.endpoints().filter(|(number, _)| network.is_pod(*number)) {
        let peers = |incoming: bool| {
            let mut groups: BTreeMap<&Ports, Vec<EndpointId>> = BTreeMap::new();
            for (other, _) in network.endpoints() {
                let (from, to) = if incoming { (other, number) } else { (number, other) };
                let ports = table.ports(from, to);
                if !ports.is_empty() && input.filter.takes(network, from, to) {
                    groups.entry(ports).or_default().push(other);
                }
            }
            groups
        };
        let (incoming, outgoing) = (peers(true), peers(false));
        if incoming.is_empty() && outgoing.is_empty() && !input.filter.focus.is_empty() {
            continue;
        }
        let own = network.workload_of(number).map(|of| network.inventory().symbols.text(of.namespace));
        let own = own.unwrap_or_default();
        if own != namespace {
            writeln!(out, "{}", terminal.bold(&sanitize(&own)))?;
            namespace = own;
        }
        write_head(network, number, &endpoint.name, &namespace, terminal, out)?;
        let (into, from) = if terminal.unicode { ("←", "→") } else { ("<-", "->") };
        write_groups(network, into, &incoming, terminal, out)?;
        write_groups(network, from, &outgoing, terminal, out)?;
    }
    writeln!(out)
}

fn write_head(
    network: &Network<'_>,
    number: EndpointId,
    name: &str,
    namespace: &str,
    terminal: Terminal,
    out: &mut dyn Write,
) -> io::Result<()> {
    let short = name.strip_prefix(&format!("{namespace}/")).unwrap_or(name);
    let state = |direction, word: &str| match network.isolation(number, direction) {
        Isolation::Open => {
            let mark = if terminal.unicode { "○" } else { "o" };
            terminal.paint(AnsiColor::Yellow.on_default().bold(), &format!("{mark} {word} open"))
        }
        Isolation::Restricted => {
            let mark = if terminal.unicode { "●" } else { "*" };
            terminal.dim(&format!("{mark} {word} restricted"))
        }
        Isolation::NotApplicable => terminal.paint(
            AnsiColor::Red.on_default().bold(),
            &format!("{} {word} unprotected: on the network of its node", terminal.unseen()),
        ),
    };
    let mut states = vec![state(Direction::Ingress, "in")];
    if network.isolation(number, Direction::Egress) != Isolation::NotApplicable {
        states.push(state(Direction::Egress, "out"));
    }
    let room = terminal.width.saturating_sub(34).clamp(12, 40);
    writeln!(out, "  {:<room$} {}", sanitize(short), states.join("   "))
}

fn write_groups(
    network: &Network<'_>,
    arrow: &str,
    groups: &BTreeMap<&Ports, Vec<EndpointId>>,
    terminal: Terminal,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (ports, endpoints) in groups {
        let who = names(network, endpoints);
        let ports = ports.to_string();
        let column = if terminal.width < 90 { 10 } else { 24 };
        let room = terminal.width.saturating_sub(8 + ports.len().max(column)).max(20);
        writeln!(out, "    {arrow} {ports:<column$} {}", terminal.cut(&sanitize(&who), room))?;
    }
    Ok(())
}

/// The names of endpoints, few as they are; many are counted.
pub(super) fn names(network: &Network<'_>, endpoints: &[EndpointId]) -> String {
    let (pods, others): (Vec<EndpointId>, Vec<EndpointId>) =
        endpoints.iter().partition(|endpoint| network.is_pod(**endpoint));
    let all = network.workloads().len();
    let mut parts: Vec<String> = Vec::new();
    let pods = network.names_of(&pods);
    if pods.len() > MOST_NAMES {
        parts.push(match pods.len() {
            count if count == all => format!("all {count} workloads"),
            count if count > all => format!("{count} kinds of pods"),
            count => format!("{count} of {all} workloads"),
        });
    } else {
        parts.extend(pods);
    }
    let outside = others.iter().filter(|endpoint| matches!(network.get(**endpoint).identity, Identity::Outside(_)));
    let every = network.endpoints().filter(|(_, endpoint)| matches!(endpoint.identity, Identity::Outside(_))).count();
    let is_all_outside = outside.clone().count() == every;
    for endpoint in others.iter().map(|endpoint| network.get(*endpoint)) {
        match &endpoint.identity {
            Identity::Outside(_) if is_all_outside => {}
            Identity::Outside(ranges) => {
                let shown = ranges.iter().take(2).map(::network::Range::text).collect::<Vec<_>>().join(", ");
                let more = if ranges.len() > 2 { format!(" and {} ranges", ranges.len() - 2) } else { String::new() };
                parts.push(format!("outside {shown}{more}"));
            }
            Identity::Workload { .. } | Identity::Nodes(_) => parts.push(endpoint.name.clone()),
        }
    }
    if is_all_outside && every > 0 {
        parts.push("everybody outside".to_owned());
    }
    parts.join(", ")
}

fn write_doubts(input: &ListInput<'_, '_>, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    const MOST: usize = 10;
    let inventory = input.worlds.base.inventory();
    for note in refused(inventory) {
        let place = format!("{}:{}", sanitize(&note.path), note.line);
        let text = format!("no effect: {} {place}: {}", sanitize(&note.policy), sanitize(&note.reason));
        write_plain(&text, 0, terminal, out)?;
    }
    for note in incomplete(inventory) {
        let place = format!("{}:{}", sanitize(&note.path), note.line);
        let text = format!("incomplete: {} {place}: {}", sanitize(&note.policy), sanitize(&note.reason));
        write_plain(&text, 0, terminal, out)?;
    }
    let undecidable = undecidable(input.worlds, input.filter);
    for one in undecidable.iter().take(MOST) {
        let policies = one.policies.join(" and ");
        let text = format!(
            "undecidable: {} => {}: {}: {policies} have one priority and contradict each other",
            one.from, one.to, one.connection.0
        );
        write_plain(&sanitize(&text), 0, terminal, out)?;
    }
    if undecidable.len() > MOST {
        writeln!(out, "undecidable: {} more pairs; `--output json` has all", undecidable.len() - MOST)?;
    }
    let depends = depends_on(input.worlds, input.filter);
    for one in depends.iter().take(MOST) {
        let ports = one.connection.0.to_string();
        let on = wire::depends_on(&one.condition);
        let line = format!("{on}: {} => {}: {ports}, if {}", one.from, one.to, one.condition);
        writeln!(out, "{}", terminal.cut(&sanitize(&line), terminal.width.max(40)))?;
    }
    if depends.len() > MOST {
        writeln!(out, "depends: {} more pairs; `--output json` has all", depends.len() - MOST)?;
    }
    Ok(())
}

fn write_closing(input: &ListInput<'_, '_>, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let network = &input.worlds.base;
    let pods: Vec<EndpointId> =
        network.endpoints().filter(|(number, _)| network.is_pod(*number)).map(|(number, _)| number).collect();
    let all = network.count_workloads(pods.iter().copied());
    // A workload is restricted where all of its pods are.
    let restricted = |direction| {
        let is_free = |number: &EndpointId| network.isolation(*number, direction) != Isolation::Restricted;
        all - network.count_workloads(pods.iter().copied().filter(is_free))
    };
    let open = input.entries.iter().filter(|entry| entry.is_open()).count();
    let policies = network.inventory().facts.traffic.policies.len();
    let count = |number: usize, one: &str, many: &str| format!("{number} {}", if number == 1 { one } else { many });
    let head = format!(
        "{} network of {}: {}, {}",
        terminal.logo(),
        sanitize(input.subject),
        count(all, "workload", "workloads"),
        count(policies, "policy", "policies")
    );
    write_hanging(&head, 0, terminal, &|line| terminal.bold(line), out)?;
    let restricted = format!(
        "in: {} of {all} restricted · out: {} of {all} restricted · {} from outside",
        restricted(Direction::Ingress),
        restricted(Direction::Egress),
        count(open, "way in", "ways in"),
    );
    write_plain(&restricted, 2, terminal, out)?;
    write_targets(&targets(network), all, terminal, out)?;
    write_plain(&format!("assumed: {}", assumed_text(input.plugin)), 2, terminal, out)?;
    let coverage = coverage(network);
    for skipped in coverage.skipped.iter().take(5) {
        let line = skipped.line.map(|line| format!(":{line}")).unwrap_or_default();
        let text = format!("not looked at: {}{line} ({})", sanitize(&skipped.path), sanitize(&skipped.reason));
        write_plain(&text, 2, terminal, out)?;
    }
    let next = "why: `plimsoll network explain FROM TO [PORT]` · from outside: `plimsoll network exposure`";
    write_hanging(next, 2, terminal, &|line| terminal.dim(line), out)
}
