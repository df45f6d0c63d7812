//! Rules of the network as they are written: zones that are named once, and what is demanded between them.

use std::collections::BTreeMap;

use model::address::Block;
use model::document::Value;
use model::inventory::Protocol;
use model::nearest::nearest;
use model::network_rule::{
    Connection, Demand, Part, Party, PodChoice, PortName, PortRange, PortSet, Rule, Side, Towards,
};

use crate::fields::Reader;

/// Names that mean somebody in every file.
pub const BUILT_IN: &[(&str, Party)] = &[
    ("internet", Party::Internet),
    ("outside", Party::Outside),
    ("nodes", Party::Nodes),
    ("cluster", Party::Cluster),
    ("everybody", Party::Everybody),
];

/// The most rules that a file may have, and the most parts of a side.
const MOST: usize = 10_000;

const DEMANDS: &[&str] = &["forbid", "require", "allow only"];

type Zones = BTreeMap<String, Party>;

/// Reads a file of rules: a mapping with `zones` and `rules`. What is wrong is left in `reader`.
pub fn read(reader: &mut Reader<'_>) -> Vec<Rule> {
    let root = reader.root();
    let entries = reader.entries(root, "a file of rules", &["zones", "rules"]);
    let mut zones = Zones::new();
    if let Some(value) = entry(&entries, "zones") {
        read_zones(reader, value, &mut zones);
    }
    let Some(list) = entry(&entries, "rules") else {
        reader.problem(root, "there are no `rules`");
        return Vec::new();
    };
    if !list.is_sequence() {
        reader.problem(list, "`rules` is a list");
    }
    let items: Vec<_> = list.items().collect();
    if items.len() > MOST {
        reader.problem(list, format!("there are more than {MOST} rules"));
        return Vec::new();
    }
    let rules: Vec<Rule> = items.into_iter().filter_map(|item| read_rule(reader, item, &zones)).collect();
    if rules.is_empty() && reader.problems.is_empty() {
        reader.problem(list, "`rules` has no rule");
    }
    rules
}

fn read_zones<'d>(reader: &mut Reader<'d>, value: Value<'d>, zones: &mut Zones) {
    for (name, value) in reader.entries(value, "`zones`", &[]) {
        if BUILT_IN.iter().any(|(known, _)| *known == name) {
            reader.problem(value, format!("`{name}` means the same in every file: give the zone another name"));
            continue;
        }
        if name.contains('/') || name.is_empty() {
            reader.problem(value, format!("`{name}` is no name of a zone: leave out `/`"));
            continue;
        }
        if let Some(who) = read_party(reader, value, &format!("the zone `{name}`")) {
            zones.insert(name, who);
        }
    }
}

const CHOICE: &[&str] = &["namespace", "namespace labels", "labels", "workloads", "cidrs"];

fn read_party<'d>(reader: &mut Reader<'d>, value: Value<'d>, what: &str) -> Option<Party> {
    if !value.is_mapping() {
        reader.problem(value, format!("{what} is a mapping, as `{{namespace: data, labels: {{app: api}}}}`"));
        return None;
    }
    let entries = reader.entries(value, what, CHOICE);
    let mut choice = PodChoice::default();
    let mut blocks = None;
    for (key, value) in &entries {
        let what = format!("`{key}`");
        match key.as_str() {
            "namespace" => choice.namespaces = some_texts(reader, *value, &what),
            "workloads" => choice.workloads = some_texts(reader, *value, &what),
            "labels" => choice.labels = read_labels(reader, *value, &what),
            "namespace labels" => choice.namespace_labels = read_labels(reader, *value, &what),
            _ => blocks = Some(read_blocks(reader, *value, &what)),
        }
    }
    match blocks {
        Some(_) if entries.len() > 1 => {
            reader.problem(value, format!("{what} is either pods or `cidrs`: addresses outside have no labels"));
            None
        }
        Some(blocks) => Some(Party::Blocks(blocks)),
        None if entries.is_empty() => {
            reader.problem(value, format!("{what} says nothing: `cluster` means all pods"));
            None
        }
        None => Some(Party::Pods(choice)),
    }
}

fn some_texts<'d>(reader: &mut Reader<'d>, value: Value<'d>, what: &str) -> Vec<String> {
    let texts = reader.texts(value, what);
    if texts.is_empty() {
        reader.problem(value, format!("{what} is empty: leave it out to mean all"));
    }
    texts
}

fn read_labels<'d>(reader: &mut Reader<'d>, value: Value<'d>, what: &str) -> Vec<(String, Vec<String>)> {
    let entries = reader.entries(value, what, &[]);
    if entries.is_empty() {
        reader.problem(value, format!("{what} is empty: leave it out to mean all"));
    }
    let mut labels = Vec::new();
    for (name, value) in entries {
        let values = match value.is_scalar() && value.text() == "*" {
            true => Vec::new(),
            false => some_texts(reader, value, &format!("`{name}`")),
        };
        labels.push((name, values));
    }
    labels
}

fn read_blocks<'d>(reader: &mut Reader<'d>, value: Value<'d>, what: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    for text in some_texts(reader, value, what) {
        match Block::parse(&text) {
            Some(block) => blocks.push(block),
            None => reader.problem(value, format!("`{text}` is no block of addresses, such as `203.0.113.0/24`")),
        }
    }
    blocks
}

fn read_rule<'d>(reader: &mut Reader<'d>, value: Value<'d>, zones: &Zones) -> Option<Rule> {
    let line = reader.position(value).0;
    let entries = reader.entries(value, "a rule", &["name", "forbid", "require", "allow only"]);
    let mut name = String::new();
    let mut demands = Vec::new();
    for (key, value) in entries {
        match key.as_str() {
            "name" => name = reader.text(value, "`name`").unwrap_or_default(),
            _ => demands.push((key, value)),
        }
    }
    let [(key, demand)] = &*demands else {
        let known = DEMANDS.iter().map(|demand| format!("`{demand}`")).collect::<Vec<_>>().join(", ");
        reader.problem(value, format!("a rule has one of {known}"));
        return None;
    };
    let demand = match key.as_str() {
        "forbid" => Demand::Forbid(read_connection(reader, *demand, "`forbid`", zones)?),
        "require" => Demand::Require(read_connection(reader, *demand, "`require`", zones)?),
        _ => read_allow_only(reader, *demand, zones)?,
    };
    Some(Rule { name, line, demand })
}

fn read_connection<'d>(reader: &mut Reader<'d>, value: Value<'d>, what: &str, zones: &Zones) -> Option<Connection> {
    let entries = reader.entries(value, what, &["from", "to", "ports"]);
    let (from, to) = (entry(&entries, "from"), entry(&entries, "to"));
    let (Some(from), Some(to)) = (from, to) else {
        reader.problem(value, format!("{what} has `from` and `to`"));
        return None;
    };
    let ports = entry(&entries, "ports").map(|ports| read_ports(reader, ports));
    let (from, to) = (read_side(reader, from, "`from`", zones), read_side(reader, to, "`to`", zones));
    Some(Connection { from: from?, to: to?, ports: ports.unwrap_or_default() })
}

fn read_allow_only<'d>(reader: &mut Reader<'d>, value: Value<'d>, zones: &Zones) -> Option<Demand> {
    let entries = reader.entries(value, "`allow only`", &["into", "from", "out of", "to"]);
    let all = ["into", "from", "out of", "to"].map(|key| entry(&entries, key));
    let (subject, peers, towards, key) = match all {
        [Some(subject), Some(peers), None, None] => (subject, peers, Towards::Into, "`from`"),
        [None, None, Some(subject), Some(peers)] => (subject, peers, Towards::OutOf, "`to`"),
        _ => {
            reader.problem(value, "`allow only` has `into` and `from`, or `out of` and `to`");
            return None;
        }
    };
    let what = if towards == Towards::Into { "`into`" } else { "`out of`" };
    let subject = read_side(reader, subject, what, zones);
    let items: Vec<Value<'d>> = if peers.is_sequence() { peers.items().take(MOST).collect() } else { vec![peers] };
    let mut read = Vec::new();
    for item in items {
        let with_ports = item.get("zone");
        let (who, ports) = match with_ports {
            Some(zone) => {
                let entries = reader.entries(item, key, &["zone", "ports"]);
                (zone, entry(&entries, "ports").map(|ports| read_ports(reader, ports)))
            }
            None => (item, None),
        };
        read.push((read_side(reader, who, key, zones)?, ports.unwrap_or_default()));
    }
    // An empty list means that nothing may connect.
    Some(Demand::AllowOnly { subject: subject?, towards, peers: read })
}

fn entry<'d>(entries: &[(String, Value<'d>)], key: &str) -> Option<Value<'d>> {
    entries.iter().find(|(name, _)| name == key).map(|(_, value)| *value)
}

fn read_side<'d>(reader: &mut Reader<'d>, value: Value<'d>, what: &str, zones: &Zones) -> Option<Side> {
    let items: Vec<Value<'d>> = if value.is_sequence() { value.items().take(MOST).collect() } else { vec![value] };
    if items.is_empty() {
        reader.problem(value, format!("{what} names nobody"));
        return None;
    }
    let mut parts = Vec::new();
    for item in items {
        let line = reader.position(item).0;
        let (name, who) = match item.is_mapping() {
            true => (choice_name(item), read_party(reader, item, what)?),
            false => {
                let name = reader.text(item, what)?;
                let who = named(reader, item, &name, zones)?;
                (name, who)
            }
        };
        parts.push(Part { name, line, who });
    }
    Some(Side { parts })
}

/// What a selector that stands in a rule is called.
fn choice_name(value: Value<'_>) -> String {
    let of = |(key, value): (Value<'_>, Value<'_>)| {
        let text = |value: Value<'_>| match value.is_scalar() {
            true => value.text().into_owned(),
            false if value.is_mapping() => {
                let pairs = value.entries().map(|(key, value)| format!("{}={}", key.text(), value.text()));
                pairs.collect::<Vec<_>>().join(",")
            }
            false => value.items().map(|item| item.text().into_owned()).collect::<Vec<_>>().join(","),
        };
        format!("{} {}", key.text(), text(value))
    };
    value.entries().map(of).collect::<Vec<_>>().join(", ")
}

/// A zone, a name that means somebody in every file, a workload with its namespace, or a block of addresses.
fn named<'d>(reader: &mut Reader<'d>, value: Value<'d>, name: &str, zones: &Zones) -> Option<Party> {
    if let Some((_, who)) = BUILT_IN.iter().find(|(known, _)| *known == name) {
        return Some(who.clone());
    }
    if let Some(who) = zones.get(name) {
        return Some(who.clone());
    }
    if let Some(block) = Block::parse(name) {
        return Some(Party::Blocks(vec![block]));
    }
    if name.contains('/') {
        return Some(Party::Pods(PodChoice { workloads: vec![name.to_owned()], ..PodChoice::default() }));
    }
    let known = zones.keys().map(String::as_str).chain(BUILT_IN.iter().map(|(name, _)| *name));
    let hint = match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "name it under `zones`, or write a workload as `namespace/name`".to_owned(),
    };
    reader.problem(value, format!("there is no zone `{name}`: {hint}"));
    None
}

fn read_ports<'d>(reader: &mut Reader<'d>, value: Value<'d>) -> PortSet {
    let texts = reader.texts(value, "`ports`");
    if texts.is_empty() {
        reader.problem(value, "`ports` is empty: leave it out to mean all");
    }
    let line = reader.position(value).0;
    let mut ports = PortSet::default();
    for text in texts.iter().take(MOST) {
        match parse_port(text, line) {
            Some(Port::Range(range)) => ports.ranges.push(range),
            Some(Port::Name(name)) => ports.names.push(name),
            None => {
                let example = "write `8080`, `8000-8100`, `udp/53`, `tcp`, or the name of a port";
                reader.problem(value, format!("`{text}` is no port: {example}"));
            }
        }
    }
    ports
}

enum Port {
    Range(PortRange),
    Name(PortName),
}

fn parse_port(text: &str, line: u32) -> Option<Port> {
    let protocol_of = |name: &str| match name.to_ascii_lowercase().as_str() {
        "tcp" => Some(Protocol::Tcp),
        "udp" => Some(Protocol::Udp),
        "sctp" => Some(Protocol::Sctp),
        _ => None,
    };
    if let Some(protocol) = protocol_of(text) {
        return Some(Port::Range(PortRange { protocol, first: 1, last: u16::MAX }));
    }
    let (protocol, port) = match text.split_once('/') {
        Some((protocol, port)) => (Some(protocol_of(protocol)?), port),
        None => (None, text),
    };
    if is_port_name(port) {
        return Some(Port::Name(PortName { protocol, name: port.to_owned(), line }));
    }
    let (first, last) = port.split_once('-').unwrap_or((port, port));
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    let protocol = protocol.unwrap_or(Protocol::Tcp);
    (0 < first && first <= last).then_some(Port::Range(PortRange { protocol, first, last }))
}

/// Whether a port may be called so. Source: RFC 6335, section 5.1, which Kubernetes holds names to.
fn is_port_name(text: &str) -> bool {
    let is_known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=15).contains(&text.len())
        && text.bytes().all(is_known)
        && text.bytes().any(|byte| byte.is_ascii_lowercase())
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--")
}
