//! The map as a page: namespaces as regions, workloads in them, the outside at the top.
//!
//! The page needs nothing else. Endpoints that policies treat alike share their edges, so that it stays small.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use ::network::{Answer, Direction, EndpointId, Entry, Identity, Network, Ports, Word, Worlds};
use serde::Serialize;

use super::wire::{PluginSource, assumed_text, endpoint_infos, incomplete, object_name, place_of, refused};

const PAGE: &str = include_str!("map.html");

/// What the page is made from.
pub struct HtmlInput<'a, 'n> {
    /// The network.
    pub worlds: &'a Worlds<'n>,
    /// The entries from outside.
    pub entries: &'a [Entry],
    /// How the plugin was found.
    pub plugin: &'a PluginSource,
    /// What was looked at, as the user named it.
    pub subject: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    endpoints: Vec<PageEndpoint>,
    groups: u32,
    /// From and to, as groups, and the number of the ports.
    edges: Vec<(u32, u32, u32)>,
    ports: Vec<PagePorts>,
    doors: Vec<PageDoor>,
    assumed: String,
    doubts: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PageEndpoint {
    name: String,
    is: String,
    namespace: Option<String>,
    kind: Option<String>,
    pods: Option<u32>,
    host_network: bool,
    ingress: String,
    egress: String,
    incomplete: bool,
    group: u32,
    place: Option<String>,
    ingress_by: Vec<String>,
    egress_by: Vec<String>,
}

#[derive(Serialize)]
struct PagePorts {
    text: String,
    all: bool,
}

#[derive(Serialize)]
struct PageDoor {
    endpoint: u32,
    how: &'static str,
    door: String,
    ports: String,
    answer: &'static str,
    place: String,
}

/// Writes the page.
///
/// # Errors
/// What writing to `out` returns.
pub fn write(input: &HtmlInput<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
    let page = page(input);
    let data = serde_json::to_string(&page).map_err(io::Error::from)?;
    // Nothing in a file of the user may end the element that the data stands in.
    let data = data.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
    let subject = escape(input.subject);
    let mut rest = PAGE;
    // Texts of the user are put in once, and not searched for marks.
    while let Some((before, after)) = rest.split_once('@') {
        out.write_all(before.as_bytes())?;
        let Some((name, after_name)) = after.split_once('@') else {
            out.write_all(b"@")?;
            rest = after;
            continue;
        };
        match name {
            "SUBJECT" => out.write_all(subject.as_bytes())?,
            "COUNTS" => out.write_all(counts(input, &page).as_bytes())?,
            "TABLE" => out.write_all(table(input, &page).as_bytes())?,
            "DATA" => out.write_all(data.as_bytes())?,
            _ => {
                out.write_all(b"@")?;
                rest = after;
                continue;
            }
        }
        rest = after_name;
    }
    out.write_all(rest.as_bytes())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn page(input: &HtmlInput<'_, '_>) -> Page {
    let network = &input.worlds.base;
    let infos = endpoint_infos(network);
    let mut isolating: HashMap<(u32, Direction), Vec<String>> = HashMap::new();
    let mut endpoints = Vec::with_capacity(infos.len());
    for ((number, _), info) in network.endpoints().zip(infos) {
        let group = network.group_of(number);
        let mut by = |direction| {
            let known = isolating.entry((group, direction));
            known.or_insert_with(|| isolated_by(network, number, direction)).clone()
        };
        endpoints.push(PageEndpoint {
            name: info.name,
            is: info.is,
            namespace: info.namespace,
            kind: info.kind,
            pods: info.pods,
            host_network: info.host_network,
            ingress: info.ingress,
            egress: info.egress,
            incomplete: info.incomplete,
            group,
            place: info.path.map(|path| format!("{path}:{}", info.line.unwrap_or(1))),
            ingress_by: by(Direction::Ingress),
            egress_by: by(Direction::Egress),
        });
    }
    let (edges, ports) = edges(network);
    let doubts = refused(network.inventory()).into_iter().map(|note| ("no effect", note));
    let doubts = doubts.chain(incomplete(network.inventory()).into_iter().map(|note| ("incomplete", note)));
    Page {
        endpoints,
        groups: network.behaviours() as u32,
        edges,
        ports,
        doors: input.entries.iter().map(|entry| door(network, entry)).collect(),
        assumed: assumed_text(input.plugin),
        doubts: doubts
            .map(|(word, note)| format!("{word}: {} {}:{}: {}", note.policy, note.path, note.line, note.reason))
            .collect(),
    }
}

/// The policies that isolate an endpoint, each with its place.
fn isolated_by(network: &Network<'_>, endpoint: EndpointId, direction: Direction) -> Vec<String> {
    const MOST: usize = 8;
    let inventory = network.inventory();
    let Some((nodes, _)) = network.endpoints().find(|(_, other)| matches!(other.identity, Identity::Nodes(_))) else {
        return Vec::new();
    };
    let explained = match direction {
        Direction::Ingress => network.explain(nodes, endpoint, Ports::all()).ingress,
        Direction::Egress => network.explain(endpoint, nodes, Ports::all()).egress,
    };
    let isolating = explained.isolated_by.iter().map(|policy| (*policy, 0));
    let deciding = explained.steps.iter().filter(|step| step.word == Word::Denies);
    let mut all: Vec<String> = isolating
        .chain(deciding.map(|step| (step.policy, step.place.line)))
        .map(|(policy, line)| {
            let (path, line) = place_of(inventory, policy, line);
            format!("{} {path}:{line}", object_name(inventory, policy))
        })
        .collect();
    all.sort();
    all.dedup();
    all.truncate(MOST);
    all
}

fn edges(network: &Network<'_>) -> (Vec<(u32, u32, u32)>, Vec<PagePorts>) {
    let mut first: BTreeMap<u32, EndpointId> = BTreeMap::new();
    for (number, _) in network.endpoints() {
        first.entry(network.group_of(number)).or_insert(number);
    }
    let mut known: HashMap<Ports, u32> = HashMap::new();
    let mut ports = Vec::new();
    let mut edges = Vec::new();
    for (from, endpoint) in &first {
        let row = network.row(*endpoint);
        for (to, other) in &first {
            let found = row.to(*other);
            if found.is_empty() {
                continue;
            }
            let number = *known.entry(found).or_insert_with_key(|new| {
                ports.push(PagePorts { text: new.to_string(), all: new.is_all() });
                ports.len() as u32 - 1
            });
            edges.push((*from, *to, number));
        }
    }
    (edges, ports)
}

fn door(network: &Network<'_>, entry: &Entry) -> PageDoor {
    let inventory = network.inventory();
    let (path, line) = place_of(inventory, entry.opened_by, entry.place.line);
    PageDoor {
        endpoint: entry.endpoint.0,
        how: super::exposure::way_text(entry.way),
        door: entry.door.clone(),
        ports: if entry.pod_ports.is_empty() { "its own ports".to_owned() } else { entry.pod_ports.to_string() },
        answer: match entry.answer {
            _ if !entry.is_open() => "refused",
            Answer::Admitted(_) => "admitted",
            Answer::Refused => "refused",
            Answer::DependsOnController | Answer::DependsOnSource(_) | Answer::DependsOnNodes(_) => "depends",
        },
        place: format!("{path}:{line}"),
    }
}

fn counts(input: &HtmlInput<'_, '_>, page: &Page) -> String {
    let workloads: Vec<&PageEndpoint> = page.endpoints.iter().filter(|one| one.is == "workload").collect();
    let of = |side: fn(&PageEndpoint) -> &str| workloads.iter().filter(|one| side(one) == "restricted").count();
    let doors = page.doors.iter().filter(|door| door.answer != "refused").count();
    let inventory = input.worlds.base.inventory();
    let policies = inventory.facts.traffic.policies.len();
    let unseen = inventory.coverage.skipped.len();
    let unseen = if unseen == 0 { String::new() } else { format!("<p><b>{unseen}</b> not looked at</p>") };
    format!(
        "<p><b>{all}</b> workloads</p><p><b>{policies}</b> policies</p><p>arriving restricted: <b>{}</b> of {all}</p>\
         <p>leaving restricted: <b>{}</b> of {all}</p><p><b>{doors}</b> ways in</p>{unseen}",
        of(|one| &one.ingress),
        of(|one| &one.egress),
        all = workloads.len(),
    )
}

/// The same as text: for reading, printing, and for who does not see the picture.
fn table(input: &HtmlInput<'_, '_>, page: &Page) -> String {
    const MOST: usize = 5_000;
    let network = &input.worlds.base;
    let mut out = String::from(
        "<table><caption>The same as text</caption><thead><tr><th>workload</th><th>arriving</th><th>leaving</th>\
         <th>ways in from outside</th></tr></thead><tbody>",
    );
    let word = |state: &str, by: &[String]| match state {
        "open" => "no policy restricts".to_owned(),
        "restricted" => format!("restricted by {}", by.join(", ")),
        _ => "no policy applies".to_owned(),
    };
    let mut doors: HashMap<u32, Vec<String>> = HashMap::new();
    for door in page.doors.iter().filter(|door| door.answer != "refused") {
        doors.entry(door.endpoint).or_default().push(format!("{} {}: {}", door.how, door.door, door.ports));
    }
    let shown = network.endpoints().zip(&page.endpoints).filter(|(_, one)| one.is == "workload").take(MOST);
    for ((number, _), one) in shown {
        let own = doors.get(&number.0).map(|doors| doors.join("; ")).unwrap_or_default();
        out += &format!(
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escape(&one.name),
            escape(&word(&one.ingress, &one.ingress_by)),
            escape(&word(&one.egress, &one.egress_by)),
            escape(&own)
        );
    }
    out + "</tbody></table>"
}
