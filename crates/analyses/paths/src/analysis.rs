//! What comes of the graph: the ways from where attackers begin to where they must not come, one for each shape, and
//! the plan that cuts them.

use std::collections::BTreeMap;

use crate::algorithms::ranking::{Cut, Plan, Problem, Start};
use crate::algorithms::shortest::Ways;
use crate::edge::Assumptions;
use crate::graph::Graph;
use crate::topology::{EdgeId, Removed, VertexId};
use crate::vertex::Vertex;

/// How certain the edges of a way must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Certainty {
    /// Edges that hang on what is not known count as well.
    #[default]
    Possible,
    /// They do not.
    Certain,
}

/// What is asked of the graph.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Where attackers begin, and how much each counts.
    pub entries: Vec<(Vertex, u64)>,
    /// Where they must not come.
    pub sinks: Vec<Vertex>,
    /// Vertices that no way may pass.
    pub without: Vec<Vertex>,
    /// How certain a way must be.
    pub certainty: Certainty,
}

/// Ways of one shape: the same steps between things of the same kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// Where the easiest of them begins.
    pub entry: VertexId,
    /// Where they end.
    pub sink: VertexId,
    /// The steps of the easiest of them.
    pub edges: Vec<EdgeId>,
    /// How hard it is.
    pub difficulty: u64,
    /// What must hold for it and is not known.
    pub assumptions: Assumptions,
    /// Where all of them begin, the easiest first among them.
    pub entries: Vec<VertexId>,
}

/// How much an assumption adds to the difficulty of a step: a way that hangs on nothing is told first.
const UNKNOWN: u64 = 40;

/// An analysis: a graph and a question.
pub struct Analysis<'g> {
    /// The graph.
    pub graph: &'g Graph,
    starts: Vec<Start>,
    sinks: Vec<VertexId>,
    removed: Removed,
}

impl<'g> Analysis<'g> {
    /// Asks the graph. Entries and sinks that are not in it lead nowhere.
    pub fn new(graph: &'g Graph, question: &Question) -> Self {
        let starts = question
            .entries
            .iter()
            .filter_map(|(vertex, weight)| Some(Start { vertex: graph.vertex(*vertex)?, weight: *weight }));
        let mut removed = Removed::default();
        for vertex in question.without.iter().filter_map(|vertex| graph.vertex(*vertex)) {
            removed.vertices.insert(vertex.index());
        }
        if question.certainty == Certainty::Certain {
            for (at, _) in graph.edges.iter().enumerate().filter(|(_, edge)| !edge.assumptions.is_empty()) {
                removed.edges.insert(at);
            }
        }
        let sinks = question.sinks.iter().filter_map(|sink| graph.vertex(*sink));
        Self { graph, starts: starts.collect(), sinks: sinks.collect(), removed }
    }

    /// How hard a step is for an attacker.
    pub fn difficulty(&self, edge: EdgeId) -> u64 {
        let edge = &self.graph.edges[edge.index()];
        u64::from(edge.kind.difficulty) + UNKNOWN * edge.assumptions.iter().count() as u64
    }

    /// The ways, for each sink the easiest first; of each shape one.
    pub fn paths(&self) -> Vec<Path> {
        let topology = &self.graph.topology;
        let mut found = Vec::new();
        for &sink in &self.sinks {
            let ways = Ways::new(topology, &[sink], &self.removed, &|edge| self.difficulty(edge));
            let mut shapes: BTreeMap<Vec<(&'static str, &'static str)>, Path> = BTreeMap::new();
            for start in &self.starts {
                let Some(difficulty) = ways.distance(start.vertex) else { continue };
                let edges: Vec<EdgeId> = ways.edges(topology, start.vertex).collect();
                if edges.is_empty() {
                    continue;
                }
                let path = self.path(start.vertex, sink, edges, difficulty);
                match shapes.entry(self.shape(&path)) {
                    std::collections::btree_map::Entry::Vacant(free) => drop(free.insert(path)),
                    std::collections::btree_map::Entry::Occupied(mut known) => {
                        let known = known.get_mut();
                        let mut entries = std::mem::take(&mut known.entries);
                        if (path.difficulty, path.entry) < (known.difficulty, known.entry) {
                            *known = path;
                        }
                        entries.push(start.vertex);
                        known.entries = entries;
                    }
                }
            }
            let mut of_sink: Vec<Path> = shapes.into_values().collect();
            for path in &mut of_sink {
                path.entries.sort_unstable();
            }
            of_sink.sort_by_key(|path| (path.difficulty, path.entry));
            found.extend(of_sink);
        }
        found
    }

    fn path(&self, entry: VertexId, sink: VertexId, edges: Vec<EdgeId>, difficulty: u64) -> Path {
        let assumed = edges.iter().flat_map(|edge| self.graph.edges[edge.index()].assumptions.iter());
        let assumptions = assumed.fold(Assumptions::NONE, Assumptions::and);
        Path { entry, sink, edges, difficulty, assumptions, entries: vec![entry] }
    }

    fn shape(&self, path: &Path) -> Vec<(&'static str, &'static str)> {
        let step = |edge: &EdgeId| {
            let to = self.graph.vertices[self.graph.topology.to(*edge).index()];
            (self.graph.edges[edge.index()].kind.id, to.kind())
        };
        path.edges.iter().map(step).collect()
    }

    fn problem(&self) -> Problem<'_> {
        Problem {
            topology: &self.graph.topology,
            changes: &self.graph.changes,
            starts: &self.starts,
            sinks: &self.sinks,
            removed: &self.removed,
        }
    }

    /// How much of the entries reaches a sink, and how much there is.
    pub fn reached(&self) -> (u64, u64) {
        let all = self.starts.iter().fold(0_u64, |sum, start| sum.saturating_add(start.weight));
        (self.problem().weight(&Removed::default()), all)
    }

    /// The changes that are best made, at most so many.
    pub fn plan(&self, budget: usize) -> Plan {
        self.problem().plan(budget)
    }

    /// The cheapest changes known that cut every way; `None` if some way has nothing that can be changed.
    pub fn cut(&self) -> Option<Cut> {
        self.problem().cut(&Removed::default())
    }

    /// For every fix of the graph what it cuts by itself.
    pub fn effects(&self) -> Vec<u64> {
        self.problem().effects(&Removed::default())
    }
}

/// Where attackers must not come, if nobody says otherwise.
pub fn usual_sinks() -> Vec<Vertex> {
    vec![Vertex::ClusterAdmin, Vertex::ControlPlaneNode, Vertex::Node, Vertex::Secrets(None)]
}
