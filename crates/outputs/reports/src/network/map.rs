//! Who may connect to whom, for programs: JSON, CSV and DOT.

use std::collections::BTreeMap;
use std::io::{self, Write};

use ::network::{EndpointId, Identity, Network, Ports, Worlds};

use super::table::Table;
use super::wire::{
    Connection, DependsOn, NetworkMap, OutsideConnections, PluginSource, RangeConnection, SCHEMA_VERSION, Undecidable,
    assumed, endpoint_infos, incomplete, object_name, refused,
};
use crate::json::{JsonCoverage, Tool};

/// Which connections are listed.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Those that begin or end at one of these; empty for all.
    pub focus: Vec<EndpointId>,
    /// Those that begin at one of these; empty for all.
    pub from: Vec<EndpointId>,
    /// Those that end at one of these; empty for all.
    pub to: Vec<EndpointId>,
    /// Whether pairs of pods of one workload are listed.
    pub own: OwnPairs,
}

/// Whether pairs of pods of one workload are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OwnPairs {
    /// They are, unless the workload has one pod.
    #[default]
    Listed,
    /// They are left out, as other analysers do.
    LeftOut,
}

impl Filter {
    /// Whether a connection is listed.
    pub fn takes(&self, network: &Network<'_>, from: EndpointId, to: EndpointId) -> bool {
        let is_own = from == to
            && (self.own == OwnPairs::LeftOut || network.workload_of(from).is_none_or(|of| of.pods == Some(1)));
        let is_in = |list: &[EndpointId], endpoint| list.is_empty() || list.contains(&endpoint);
        let is_focused = self.focus.is_empty() || self.focus.contains(&from) || self.focus.contains(&to);
        !is_own && is_focused && is_in(&self.from, from) && is_in(&self.to, to)
    }
}

/// Calls `see` with every connection that is listed.
pub fn connections(network: &Network<'_>, filter: &Filter, see: &mut dyn FnMut(EndpointId, EndpointId, &Ports)) {
    let table = Table::new(network);
    for (from, _) in network.endpoints() {
        for (to, _) in network.endpoints() {
            let ports = table.ports(from, to);
            if !ports.is_empty() && filter.takes(network, from, to) {
                see(from, to, ports);
            }
        }
    }
}

/// What the map is made from.
pub struct MapInput<'a, 'n> {
    /// The network.
    pub worlds: &'a Worlds<'n>,
    /// What is listed.
    pub filter: &'a Filter,
    /// How the plugin was found.
    pub plugin: &'a PluginSource,
    /// The version of the program.
    pub version: &'a str,
}

/// The map, for machines.
pub fn map(input: &MapInput<'_, '_>) -> NetworkMap {
    let network = &input.worlds.base;
    let inventory = network.inventory();
    let mut within = BTreeMap::new();
    let mut outside: BTreeMap<String, OutsideConnections> = BTreeMap::new();
    connections(network, input.filter, &mut |from, to, ports| {
        let (source, target) = (network.get(from), network.get(to));
        match (&source.identity, &target.identity) {
            (Identity::Outside(ranges), _) => {
                let entry = outside.entry(target.name.clone()).or_default();
                entry.ingress.extend(ranges.iter().map(|range| in_range(range, ports)));
            }
            (_, Identity::Outside(ranges)) => {
                let entry = outside.entry(source.name.clone()).or_default();
                entry.egress.extend(ranges.iter().map(|range| in_range(range, ports)));
            }
            _ => {
                within.insert(format!("{} => {}", source.name, target.name), Connection(ports.clone()));
            }
        }
    });
    outside.values_mut().for_each(|connections| {
        tidy(&mut connections.ingress);
        tidy(&mut connections.egress);
    });
    NetworkMap {
        schema_version: SCHEMA_VERSION.to_owned(),
        tool: Tool { name: "plimsoll".to_owned(), version: input.version.to_owned(), controls: Vec::new() },
        coverage: coverage(network),
        assumed: assumed(network.config(), input.plugin),
        endpoints: endpoint_infos(network),
        connections: within,
        outside,
        depends_on: depends_on(input.worlds, input.filter),
        undecidable: undecidable(input.worlds, input.filter),
        targets: super::exposure::targets(network),
        refused: refused(inventory),
        incomplete: incomplete(inventory),
    }
}

/// What was looked at.
pub fn coverage(network: &Network<'_>) -> JsonCoverage {
    let inventory = network.inventory();
    crate::json::coverage_of(&inventory.coverage, inventory.resources.len())
}

fn in_range(range: &::network::Range, ports: &Ports) -> RangeConnection {
    RangeConnection(range.first.to_string(), range.last.to_string(), Connection(ports.clone()))
}

/// Ranges in order; those that touch and have the same connections are one.
fn tidy(ranges: &mut Vec<RangeConnection>) {
    let parsed = |entry: &RangeConnection| ::network::Range {
        first: entry.0.parse().expect("a range is written from addresses"),
        last: entry.1.parse().expect("a range is written from addresses"),
    };
    ranges.sort_by_cached_key(parsed);
    let mut joined: Vec<RangeConnection> = Vec::with_capacity(ranges.len());
    for entry in ranges.drain(..) {
        match joined.last_mut() {
            Some(before) if before.2 == entry.2 && parsed(before).touches(&parsed(&entry)) => before.1 = entry.1,
            _ => joined.push(entry),
        }
    }
    *ranges = joined;
}

/// The connections of which policies of equal priority decide otherwise.
pub fn undecidable(worlds: &Worlds<'_>, filter: &Filter) -> Vec<Undecidable> {
    let network = &worlds.base;
    let mut found = Vec::new();
    let mut rivals: BTreeMap<(u32, u32), Vec<String>> = BTreeMap::new();
    worlds.doubts(&mut |from, to, ports| {
        if !filter.takes(network, from, to) {
            return;
        }
        // Endpoints that are alike have the same policies.
        let policies = rivals.entry((network.group_of(from), network.group_of(to))).or_insert_with(|| {
            let explanation = network.explain(from, to, ports.clone());
            let pairs = [&explanation.egress, &explanation.ingress].into_iter().flat_map(|half| half.rivals.clone());
            let names = pairs.flat_map(|(own, other)| [own, other]);
            let mut names: Vec<String> = names.map(|policy| object_name(network.inventory(), policy)).collect();
            names.sort();
            names.dedup();
            names
        });
        found.push(Undecidable {
            from: network.get(from).name.clone(),
            to: network.get(to).name.clone(),
            connection: Connection(ports.clone()),
            policies: policies.clone(),
        });
    });
    found
}

/// The answers that are others under other assumptions.
pub fn depends_on(worlds: &Worlds<'_>, filter: &Filter) -> Vec<DependsOn> {
    let network = &worlds.base;
    let mut found = Vec::new();
    worlds.each_dependence(&mut |from, to, dependence| {
        if filter.takes(network, from, to) {
            found.push(DependsOn {
                from: network.get(from).name.clone(),
                to: network.get(to).name.clone(),
                condition: dependence.condition.to_owned(),
                connection: Connection(dependence.ports.clone()),
            });
        }
    });
    found
}

/// Writes the map as JSON.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_json(map: &NetworkMap, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, map).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// Writes a line for each connection.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_csv(network: &Network<'_>, filter: &Filter, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "from,to,ports")?;
    let mut result = Ok(());
    connections(network, filter, &mut |from, to, ports| {
        let mut line = String::new();
        crate::csv::push_cell(&network.get(from).name, &mut line);
        line.push(',');
        crate::csv::push_cell(&network.get(to).name, &mut line);
        line.push(',');
        crate::csv::push_cell(&ports.to_string(), &mut line);
        if result.is_ok() {
            result = writeln!(out, "{line}");
        }
    });
    result
}

/// Writes a graph for Graphviz.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_dot(network: &Network<'_>, filter: &Filter, out: &mut dyn Write) -> io::Result<()> {
    let mut text = String::from("digraph network {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n");
    let mut namespaces: BTreeMap<String, Vec<(EndpointId, String)>> = BTreeMap::new();
    let mut used = std::collections::BTreeSet::new();
    let mut edges = String::new();
    connections(network, filter, &mut |from, to, ports| {
        used.extend([from, to]);
        let style = if ports.is_all() { ", penwidth=2" } else { "" };
        edges += &format!("  n{} -> n{} [label={}{style}];\n", from.0, to.0, quoted(&ports.to_string()));
    });
    for (number, endpoint) in network.endpoints().filter(|(number, _)| used.contains(number)) {
        let workload = network.workload_of(number);
        let namespace = workload.map(|of| network.inventory().symbols.text(of.namespace)).unwrap_or_default();
        let label = endpoint.name.strip_prefix(&format!("{namespace}/")).unwrap_or(&endpoint.name).to_owned();
        namespaces.entry(namespace).or_default().push((number, label));
    }
    for (at, (namespace, endpoints)) in namespaces.iter().enumerate() {
        let nodes: String =
            endpoints.iter().map(|(number, label)| format!("    n{} [label={}];\n", number.0, quoted(label))).collect();
        match namespace.is_empty() {
            true => text += &nodes,
            false => text += &format!("  subgraph cluster_{at} {{\n    label={};\n{nodes}  }}\n", quoted(namespace)),
        }
    }
    out.write_all((text + &edges + "}\n").as_bytes())
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
