//! The graph in the form that BloodHound's OpenGraph takes in: nodes and edges with flat properties.

use std::collections::BTreeMap;
use std::io::{self, Write};

use paths::analysis::Analysis;
use paths::topology::{EdgeId, VertexId};
use serde::Serialize;

use super::Teller;

/// What every node is of, beside its kind: what BloodHound calls the source kind.
const SOURCE: &str = "Plimsoll";

#[derive(Serialize)]
struct Document<'a> {
    metadata: Metadata,
    graph: Graph<'a>,
}

#[derive(Serialize)]
struct Metadata {
    source_kind: &'static str,
}

#[derive(Serialize)]
struct Graph<'a> {
    nodes: Vec<Node>,
    edges: Vec<Edge<'a>>,
}

#[derive(Serialize)]
struct Node {
    id: String,
    kinds: [String; 1],
    properties: NodeProperties,
}

#[derive(Serialize)]
struct NodeProperties {
    name: String,
    cluster: String,
    /// How much it counts where attackers begin; 0 where they do not.
    entry_weight: u64,
    /// Whether it is what must not be reached.
    goal: bool,
}

#[derive(Serialize)]
struct Edge<'a> {
    kind: String,
    start: End<'a>,
    end: End<'a>,
    properties: EdgeProperties,
}

#[derive(Serialize)]
struct End<'a> {
    match_by: &'static str,
    value: &'a str,
}

/// Empty lists are left out: a list says by its first item what it is a list of.
#[derive(Serialize)]
struct EdgeProperties {
    edge: &'static str,
    description: &'static str,
    difficulty: u64,
    certain: bool,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    techniques: &'static [&'static str],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    assumptions: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<String>,
    verify: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cut_by: Vec<String>,
}

/// Writes the whole graph: what is asked of it is marked and not cut out, since BloodHound asks it again.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_open_graph(
    teller: &Teller<'_>,
    analysis: &Analysis<'_>,
    subject: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let graph = teller.graph;
    let ids = ids(teller, subject);
    let weight = |vertex: VertexId| {
        let starts = analysis.starts().iter().filter(|start| start.vertex == vertex);
        starts.map(|start| start.weight).fold(0, u64::saturating_add)
    };
    let nodes = (0..).map(VertexId).zip(&graph.vertices).map(|(number, vertex)| Node {
        id: ids[number.index()].clone(),
        kinds: [pascal("K8s", vertex.kind())],
        properties: NodeProperties {
            name: teller.name(number),
            cluster: subject.to_owned(),
            entry_weight: weight(number),
            goal: analysis.sinks().iter().any(|sink| sink.vertex == number),
        },
    });
    let end = |vertex: VertexId| End { match_by: "id", value: &ids[vertex.index()] };
    let edges = (0..).map(EdgeId).zip(&graph.edges).map(|(number, edge)| Edge {
        kind: pascal("K8s", edge.kind.id),
        start: end(graph.topology.from(number)),
        end: end(graph.topology.to(number)),
        properties: EdgeProperties {
            edge: edge.kind.id,
            description: edge.kind.title,
            difficulty: analysis.difficulty(number),
            certain: edge.assumptions.is_empty(),
            techniques: edge.kind.techniques,
            assumptions: edge.assumptions.iter().map(|assumption| assumption.text).collect(),
            evidence: edge.evidence.iter().map(|shown| evidence(teller, shown)).collect(),
            verify: edge.kind.verify,
            cut_by: analysis.fixes_of(number).into_iter().map(|fix| cut(teller, analysis, fix)).collect(),
        },
    });
    let document = Document {
        metadata: Metadata { source_kind: SOURCE },
        graph: Graph { nodes: nodes.collect(), edges: edges.collect() },
    };
    serde_json::to_writer(&mut *out, &document).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// Ids that stay: what was read, the kind, the name. BloodHound does not tell upper from lower case in them, and names may
/// come several times in one input; those that are told apart by neither get a number.
fn ids(teller: &Teller<'_>, subject: &str) -> Vec<String> {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let vertices = (0..).map(VertexId).zip(&teller.graph.vertices);
    let id = |(number, vertex): (VertexId, &paths::vertex::Vertex)| {
        let id = format!("{subject}|{}|{}", vertex.kind(), teller.name(number));
        let times = seen.entry(id.to_uppercase()).or_insert(0);
        *times += 1;
        if *times == 1 { id } else { format!("{id}|{times}") }
    };
    vertices.map(id).collect()
}

fn evidence(teller: &Teller<'_>, shown: &paths::graph::Evidence) -> String {
    let shown = teller.evidence(shown);
    let place = match (shown.path, shown.line) {
        (Some(path), Some(line)) => format!(" ({path}:{line})"),
        (Some(path), None) => format!(" ({path})"),
        (None, _) => String::new(),
    };
    let object = shown.object.map(|object| format!("{object}: ")).unwrap_or_default();
    format!("{object}{}{place}", shown.note)
}

fn cut(teller: &Teller<'_>, analysis: &Analysis<'_>, fix: paths::graph::FixId) -> String {
    let fix = teller.fix(fix, analysis);
    format!("{} in {}", fix.title, fix.object)
}

/// `exposed-to` as `K8sExposedTo`: kinds are letters and digits.
fn pascal(before: &str, id: &str) -> String {
    let mut out = before.to_owned();
    for word in id.split('-') {
        let mut letters = word.chars();
        out.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        out.extend(letters);
    }
    out
}
