//! The map as a picture that stands still: namespaces as regions, workloads as cards in them, the outside at the top.
//!
//! What is open is loud and not drawn edge by edge: a card says that everybody may connect. Edges are what restrictions let
//! through. Where there are many, workloads of a namespace that policies treat alike are one card.

mod layout;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Write};

use ::network::{Answer, Direction, EndpointId, Entry, Identity, Isolation, Network, Ports};

use super::map::Filter;
use layout::{Card, Place, Region, lay_out};

/// What the picture is made from.
pub struct SvgInput<'a, 'n> {
    /// The network.
    pub network: &'a Network<'n>,
    /// What is shown.
    pub filter: &'a Filter,
    /// The entries from outside.
    pub entries: &'a [Entry],
    /// What was looked at, as the user named it.
    pub subject: &'a str,
}

/// From so many cards on, namespaces are shown and not workloads.
const MOST_CARDS: usize = 240;

/// Up to so many workloads have a card each, though policies treat some alike.
const FEW: usize = 60;

/// So many edges are drawn.
const MOST_EDGES: usize = 400;

/// An edge that a restriction lets through.
struct Edge {
    from: End,
    to: End,
    ports: String,
}

/// An end of an edge: a card, or all cards of a region.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Card(usize),
    Region(usize),
}

/// Writes the picture.
///
/// # Errors
/// What writing to `out` returns.
pub fn write(input: &SvgInput<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
    let (mut cards, regions) = cards(input);
    let many = cards.len() > MOST_CARDS;
    let mut edges = Vec::new();
    let mut left_out = 0;
    let (cards, regions) = if many {
        summarize(input.network, &cards, &regions)
    } else {
        edges = find_edges(input.network, &mut cards, &regions);
        left_out = edges.len().saturating_sub(MOST_EDGES);
        edges.truncate(MOST_EDGES);
        (cards, regions)
    };
    let doors = doors(input, &cards);
    let picture = lay_out(&cards, &regions);
    let mut text = head(input, &picture.size, &cards, many);
    draw_regions(&picture, &regions, &mut text);
    for edge in &edges {
        draw_edge(edge, &picture, &mut text);
    }
    for (at, (label, open)) in &doors {
        draw_door(picture.cards[*at], label, *open, &mut text);
    }
    for (card, place) in cards.iter().zip(&picture.cards) {
        draw_card(card, *place, &mut text);
    }
    let mut notes = vec!["where a card says open, everybody may connect, and no edge is drawn".to_owned()];
    if cards.iter().any(|card| card.members.len() > 1) {
        notes.push("a card stands for all workloads of its namespace that policies treat alike".to_owned());
    }
    if many {
        notes = vec![
            "too many workloads for a picture: `--namespace` or `--focus` shows some, and `--output html` all"
                .to_owned(),
        ];
    }
    if left_out > 0 {
        notes.push(format!("{left_out} edges are not drawn: `--namespace` or `--focus` shows some of them"));
    }
    for (number, note) in notes.iter().enumerate() {
        let y = picture.size.1 - 14.0 - 18.0 * (notes.len() - 1 - number) as f64;
        write!(text, "<text class=\"note\" x=\"24\" y=\"{y}\">{}</text>", escape(note)).ok();
    }
    text += "</svg>\n";
    out.write_all(text.as_bytes())
}

/// Workloads that are alike, by namespace.
fn cards(input: &SvgInput<'_, '_>) -> (Vec<Card>, Vec<Region>) {
    let network = input.network;
    let shown = |endpoint: EndpointId| {
        input.filter.focus.is_empty()
            || input.filter.focus.iter().any(|focus| {
                let reaches = |from, to| !network.connections(from, to).is_empty();
                *focus == endpoint || reaches(*focus, endpoint) || reaches(endpoint, *focus)
            })
    };
    let count = network.endpoints().filter(|(number, _)| network.is_pod(*number) && shown(*number)).count();
    let mut groups: BTreeMap<(String, u32, bool), Vec<EndpointId>> = BTreeMap::new();
    for (number, endpoint) in network.endpoints().filter(|(number, _)| network.is_pod(*number)) {
        if !shown(number) {
            continue;
        }
        let namespace =
            network.workload_of(number).map(|workload| network.inventory().symbols.text(workload.namespace));
        // Few have a card each.
        let group = if count <= FEW { number.0 } else { network.group_of(number) };
        let key = (namespace.unwrap_or_default(), group, endpoint.host_network);
        groups.entry(key).or_default().push(number);
    }
    let mut cards: Vec<Card> = groups
        .into_iter()
        .map(|((namespace, _, _), members)| {
            let name = |endpoint: &EndpointId| {
                let name = &network.get(*endpoint).name;
                name.strip_prefix(&format!("{namespace}/")).unwrap_or(name).to_owned()
            };
            let first = members.first().map(name).unwrap_or_default();
            let title = match members.len() {
                1 => first,
                count => format!("{} and {} alike", first.split('[').next().unwrap_or(&first), count - 1),
            };
            let state = |direction| members.first().map(|member| network.isolation(*member, direction));
            let states =
                [Direction::Ingress, Direction::Egress].map(|of| state(of).unwrap_or(Isolation::NotApplicable));
            Card { namespace, title, members, states, lines: Vec::new() }
        })
        .collect();
    // What has ways in is at the top, so that those cross little else.
    let entered: BTreeSet<EndpointId> =
        input.entries.iter().filter(|entry| entry.is_open()).map(|entry| entry.endpoint).collect();
    let is_entered = |card: &Card| card.members.iter().any(|member| entered.contains(member));
    let first: BTreeSet<String> =
        cards.iter().filter(|card| is_entered(card)).map(|card| card.namespace.clone()).collect();
    cards.sort_by_cached_key(|card| {
        (!first.contains(&card.namespace), card.namespace.clone(), !is_entered(card), card.title.clone())
    });
    let mut regions: Vec<Region> = Vec::new();
    for (at, card) in cards.iter().enumerate() {
        match regions.last_mut().filter(|region| region.name == card.namespace) {
            Some(region) => region.cards.push(at),
            None => regions.push(Region { name: card.namespace.clone(), cards: vec![at] }),
        }
    }
    (cards, regions)
}

/// One card for each namespace.
fn summarize(network: &Network<'_>, cards: &[Card], regions: &[Region]) -> (Vec<Card>, Vec<Region>) {
    let summary = regions.iter().map(|region| {
        let members: Vec<EndpointId> =
            region.cards.iter().flat_map(|card| cards[*card].members.iter().copied()).collect();
        let restricted = |direction| {
            members.iter().filter(|member| network.isolation(**member, direction) == Isolation::Restricted).count()
        };
        let counts = [Direction::Ingress, Direction::Egress].map(restricted);
        let states = counts.map(|count| if count == members.len() { Isolation::Restricted } else { Isolation::Open });
        let lines = vec![format!("restricted: {} in, {} out", counts[0], counts[1])];
        let title = format!("{} workloads", members.len());
        Card { namespace: region.name.clone(), title, members, states, lines }
    });
    let regions = regions.iter().enumerate().map(|(at, region)| Region { name: region.name.clone(), cards: vec![at] });
    (summary.collect(), regions.collect())
}

/// What restrictions let through. What is let through for everybody is said on the card.
fn find_edges(network: &Network<'_>, cards: &mut [Card], regions: &[Region]) -> Vec<Edge> {
    let rows: Vec<_> = cards.iter().filter_map(|card| card.members.first()).map(|first| network.row(*first)).collect();
    let firsts: Vec<EndpointId> = cards.iter().filter_map(|card| card.members.first().copied()).collect();
    if rows.len() != cards.len() {
        return Vec::new();
    }
    let mut edges: Vec<Edge> = Vec::new();
    let mut lines: Vec<Vec<String>> = vec![Vec::new(); cards.len()];
    for own in 0..cards.len() {
        for direction in [Direction::Ingress, Direction::Egress] {
            let is_ingress = direction == Direction::Ingress;
            if cards[own].states[usize::from(!is_ingress)] != Isolation::Restricted {
                continue;
            }
            let ports = |other: usize| match is_ingress {
                true => rows[other].to(firsts[own]),
                false => rows[own].to(firsts[other]),
            };
            let mut groups: BTreeMap<Ports, BTreeSet<usize>> = BTreeMap::new();
            for other in 0..cards.len() {
                // What its own restriction lets in is an edge already.
                let is_known = !is_ingress && cards[other].states[0] == Isolation::Restricted;
                let is_own = other == own && cards[own].members.len() == 1;
                let ports = ports(other);
                if !ports.is_empty() && !is_own && !is_known {
                    groups.entry(ports).or_default().insert(other);
                }
            }
            let word = if is_ingress { "in from" } else { "out to" };
            for (ports, others) in groups {
                if others.len() + 1 >= cards.len() && cards.len() > 3 {
                    lines[own].push(format!("{word} everybody: {ports}"));
                    continue;
                }
                for end in ends(&others, regions, own) {
                    let (from, to) = if is_ingress { (end, End::Card(own)) } else { (End::Card(own), end) };
                    edges.push(Edge { from, to, ports: ports.to_string() });
                }
            }
            if !is_ingress {
                lines[own].extend(outside_line(network, firsts[own]));
            }
        }
    }
    cards.iter_mut().zip(lines).for_each(|(card, lines)| card.lines = lines);
    edges
}

/// The cards, and where all others of a region are among them the region.
fn ends(others: &BTreeSet<usize>, regions: &[Region], own: usize) -> Vec<End> {
    let mut ends = Vec::new();
    for (number, region) in regions.iter().enumerate() {
        let here: Vec<usize> = region.cards.iter().copied().filter(|card| others.contains(card)).collect();
        let besides = region.cards.iter().filter(|card| **card != own).count();
        let is_foreign = !region.cards.contains(&own);
        match here.len() > 1 && here.len() >= besides && is_foreign {
            true => ends.push(End::Region(number)),
            false => ends.extend(here.into_iter().map(End::Card)),
        }
    }
    ends
}

/// What may be reached outside, for who is restricted.
fn outside_line(network: &Network<'_>, from: EndpointId) -> Option<String> {
    let row = network.row(from);
    let outside = network.endpoints().filter(|(_, endpoint)| matches!(endpoint.identity, Identity::Outside(_)));
    let mut ports = Ports::none();
    let mut count = 0;
    for (number, _) in outside {
        let own = row.to(number);
        count += usize::from(!own.is_empty());
        ports = ports.union(&own);
    }
    (count > 0).then(|| format!("out to the outside: {ports}"))
}

/// The ways in of each card: one of them, how many there are, and whether one is open for certain.
fn doors(input: &SvgInput<'_, '_>, cards: &[Card]) -> BTreeMap<usize, (String, bool)> {
    let mut found: BTreeMap<usize, Vec<&Entry>> = BTreeMap::new();
    for entry in input.entries.iter().filter(|entry| entry.is_open()) {
        if let Some(card) = cards.iter().position(|card| card.members.contains(&entry.endpoint)) {
            found.entry(card).or_default().push(entry);
        }
    }
    let label = |entries: Vec<&Entry>| {
        let first = entries.first().map(|entry| {
            let door = entry.door.split(',').next().unwrap_or_default();
            format!("{} {door}", super::exposure::way_text(entry.way))
        });
        let more = if entries.len() > 1 { format!(" +{}", entries.len() - 1) } else { String::new() };
        let open = entries.iter().any(|entry| matches!(entry.answer, Answer::Admitted(_)));
        (first.unwrap_or_default() + &more, open)
    };
    found.into_iter().map(|(card, entries)| (card, label(entries))).collect()
}

const STYLE: &str = "text{font-family:system-ui,'Segoe UI',Helvetica,Arial,sans-serif;fill:#1d2733;font-size:13px}\
.title{font-size:20px;font-weight:600}.note{fill:#5b6875;font-size:12px}.region{fill:#f2f5f8;stroke:#c5ced8}\
.space{font-weight:600;fill:#3b4856}.card{fill:#fff;stroke:#9aa7b4}.open{stroke:#c8500a;stroke-width:2}\
.bare{stroke:#8a1f5c;stroke-width:2;stroke-dasharray:5 3}.name{font-weight:600}.loud{fill:#a83f00;font-weight:600}\
.calm{fill:#4d6478}.small{font-size:11px}.edge{fill:none;stroke:#35678f;stroke-width:1.3;opacity:.75}\
.all{stroke-width:2.6}.label{font-size:11px;fill:#24506f;paint-order:stroke;stroke:#fff;stroke-width:3px}\
.door{fill:none;stroke:#c8500a;stroke-width:2}.maybe{stroke-dasharray:6 4}.doorlabel{font-size:11px;fill:#a83f00;\
paint-order:stroke;stroke:#fff;stroke-width:3px}.outside{fill:#fbeee4;stroke:#c8500a}";

fn head(input: &SvgInput<'_, '_>, (width, height): &(f64, f64), cards: &[Card], many: bool) -> String {
    let network = input.network;
    let all: usize = cards.iter().map(|card| card.members.len()).sum();
    let restricted = |direction| {
        let members = cards.iter().flat_map(|card| &card.members);
        members.filter(|member| network.isolation(**member, direction) == Isolation::Restricted).count()
    };
    let open = input.entries.iter().filter(|entry| entry.is_open()).count();
    let said = format!(
        "{all} {}: {} restricted in, {} restricted out; {open} {} from outside",
        if all == 1 { "workload" } else { "workloads" },
        restricted(Direction::Ingress),
        restricted(Direction::Egress),
        if open == 1 { "way in" } else { "ways in" }
    );
    let subject = escape(input.subject);
    let what = if many { "namespaces" } else { "workloads" };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"t d\">\
         <title id=\"t\">Network of {subject}</title><desc id=\"d\">{said}; {what} as cards</desc><style>{STYLE}</style>\
         <defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#35678f\"/></marker>\
         <marker id=\"o\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#c8500a\"/></marker></defs>\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\
         <text class=\"title\" x=\"24\" y=\"36\">Network of {subject}</text><text class=\"note\" x=\"24\" y=\"56\">{said}</text>\
         <rect class=\"outside\" x=\"24\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"8\"/><text class=\"space\" x=\"40\" y=\"{}\">outside the cluster</text>\n",
        layout::OUTSIDE_TOP,
        width - 48.0,
        layout::OUTSIDE_HEIGHT,
        layout::OUTSIDE_TOP + 23.0,
    )
}

fn draw_regions(picture: &layout::Picture, regions: &[Region], text: &mut String) {
    for (region, place) in regions.iter().zip(&picture.regions) {
        let Place { x, y, width, height } = place;
        let name = layout::cut(&region.name, *width - 28.0, 7.6);
        writeln!(
            text,
            "<rect class=\"region\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"10\"/><text class=\"space\" x=\"{}\" y=\"{}\">{}</text>",
            x + 14.0,
            y + 21.0,
            escape(&name)
        )
        .ok();
    }
}

fn draw_edge(edge: &Edge, picture: &layout::Picture, text: &mut String) {
    let of = |end: End| match end {
        End::Card(card) => picture.cards[card],
        End::Region(region) => picture.regions[region],
    };
    let curve = layout::curve(of(edge.from), of(edge.to));
    let class = if edge.ports == "all ports" { "edge all" } else { "edge" };
    let label = escape(&layout::cut(&edge.ports, 190.0, 6.0));
    let ((x, y), path) = (curve.label, curve.path);
    writeln!(
        text,
        "<path class=\"{class}\" d=\"{path}\" marker-end=\"url(#a)\"/><text class=\"label\" x=\"{x:.0}\" y=\"{y:.0}\" text-anchor=\"middle\">{label}</text>"
    )
    .ok();
}

fn draw_door(place: Place, label: &str, open: bool, text: &mut String) {
    let (x, top) = (place.x + place.width - 26.0, layout::OUTSIDE_TOP + layout::OUTSIDE_HEIGHT);
    let class = if open { "door" } else { "door maybe" };
    writeln!(
        text,
        "<path class=\"{class}\" d=\"M{x:.0} {top:.0}V{:.0}\" marker-end=\"url(#o)\"/><text class=\"doorlabel\" x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{}</text>",
        place.y - 1.0,
        x - 6.0,
        place.y - 6.0,
        escape(&layout::cut(label, place.width - 36.0, 6.0))
    )
    .ok();
}

fn draw_card(card: &Card, place: Place, text: &mut String) {
    let Place { x, y, width, height } = place;
    let class = match card.states {
        [Isolation::NotApplicable, _] => "card bare",
        [Isolation::Open, _] => "card open",
        _ => "card",
    };
    write!(
        text,
        "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\"/><text class=\"name\" x=\"{}\" y=\"{}\">{}</text>",
        x + 12.0,
        y + 20.0,
        escape(&layout::cut(&card.title, width - 24.0, 7.6))
    )
    .ok();
    let mut at = x + 12.0;
    let states = match card.states {
        [Isolation::NotApplicable, _] => vec![("loud", "◌ unprotected: on the network of its node")],
        [into, out] => [(into, "in"), (out, "out")]
            .map(|(state, word)| match (state, word) {
                (Isolation::Restricted, "in") => ("calm", "● in restricted"),
                (Isolation::Restricted, _) => ("calm", "● out restricted"),
                (_, "in") => ("loud", "○ in open"),
                _ => ("loud", "○ out open"),
            })
            .to_vec(),
    };
    for (class, word) in states {
        write!(text, "<text class=\"{class} small\" x=\"{at}\" y=\"{}\">{word}</text>", y + 38.0).ok();
        at += 104.0;
    }
    for (number, line) in card.lines.iter().take(layout::MOST_LINES).enumerate() {
        let y = y + 54.0 + 14.0 * number as f64;
        let line = escape(&layout::cut(line, width - 24.0, 6.0));
        write!(text, "<text class=\"calm small\" x=\"{}\" y=\"{y}\">{line}</text>", x + 12.0).ok();
    }
    text.push('\n');
}

/// Texts of the user stand in the picture as texts. What XML does not know is left out.
fn escape(text: &str) -> String {
    let known = |letter: &char| !letter.is_control() && !matches!(letter, '\u{fffe}' | '\u{ffff}');
    let text: String = text.chars().filter(known).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
