//! What comes of the graph: the ways from where attackers begin to where they must not come, one for each shape, and
//! the plan that cuts them.

use std::collections::{BTreeMap, BTreeSet};

use crate::algorithms::ranking::{Change, Cut, Part, Plan, Problem, Sink, Start};
use crate::algorithms::shortest::Ways;
use crate::edge::Assumptions;
use crate::graph::{Fix, FixId, Graph};
use crate::topology::{Direction, EdgeId, Removed, Set, VertexId};
use crate::vertex::Vertex;
use crate::world::World;

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
#[derive(Clone)]
pub struct Question<'q> {
    /// Where attackers begin, and how much each counts.
    pub entries: Vec<(Vertex, u64)>,
    /// Where they must not come, and how much each counts.
    pub sinks: Vec<(Vertex, u64)>,
    /// Vertices that no way may pass.
    pub without: Vec<Vertex>,
    /// Kinds of edges that no way may take.
    pub without_edges: Vec<&'static str>,
    /// How certain a way must be.
    pub certainty: Certainty,
    /// What a fix costs, where that is not as the edge has it.
    pub cost: &'q dyn Fn(FixId, &Fix) -> Option<u64>,
    /// Which fixes must not be made.
    pub pinned: &'q dyn Fn(FixId, &Fix) -> bool,
}

impl Default for Question<'_> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            sinks: Vec::new(),
            without: Vec::new(),
            without_edges: Vec::new(),
            certainty: Certainty::default(),
            cost: &|_, _| None,
            pinned: &|_, _| false,
        }
    }
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

/// The kind of each step, and of what it ends at.
type Shape = Vec<(&'static str, &'static str)>;

/// Vertices and edges of a graph.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// The vertices.
    pub vertices: Set,
    /// The edges.
    pub edges: Set,
}

/// An analysis: a graph and a question.
pub struct Analysis<'g> {
    /// The graph.
    pub graph: &'g Graph,
    starts: Vec<Start>,
    sinks: Vec<Sink>,
    removed: Removed,
    /// The edges that hang on something that is not known.
    uncertain: Set,
    /// The fixes of the graph, at the costs that count here.
    changes: Vec<Change>,
}

impl<'g> Analysis<'g> {
    /// Asks the graph. Entries and sinks that are not in it lead nowhere.
    pub fn new(graph: &'g Graph, question: &Question<'_>) -> Self {
        let starts = question
            .entries
            .iter()
            .filter_map(|(vertex, weight)| Some(Start { vertex: graph.vertex(*vertex)?, weight: *weight }));
        let mut removed = Removed::default();
        for vertex in question.without.iter().filter_map(|vertex| graph.vertex(*vertex)) {
            removed.vertices.insert(vertex.index());
        }
        let mut uncertain = Set::new(graph.edges.len());
        for (at, _) in graph.edges.iter().enumerate().filter(|(_, edge)| !edge.assumptions.is_empty()) {
            uncertain.insert(at);
        }
        if question.certainty == Certainty::Certain {
            removed.edges.extend(&uncertain);
        }
        for (at, _) in graph.edges.iter().enumerate().filter(|(_, edge)| question.without_edges.contains(&edge.kind.id))
        {
            removed.edges.insert(at);
        }
        let sinks = question
            .sinks
            .iter()
            .filter_map(|(vertex, weight)| Some(Sink { vertex: graph.vertex(*vertex)?, weight: *weight }));
        let mut changes = graph.changes.clone();
        for ((fix, known), change) in (0..).map(FixId).zip(&graph.fixes).zip(&mut changes) {
            match (question.pinned)(fix, known) {
                // What must not change takes nothing away.
                true => change.parts.clear(),
                false => change.cost = (question.cost)(fix, known).unwrap_or(change.cost).max(1),
            }
        }
        Self { graph, starts: starts.collect(), sinks: sinks.collect(), removed, uncertain, changes }
    }

    /// Where attackers begin, as far as the graph has it.
    pub fn starts(&self) -> &[Start] {
        &self.starts
    }

    /// Where they must not come, as far as the graph has it.
    pub fn sinks(&self) -> &[Sink] {
        &self.sinks
    }

    /// How dear a fix is.
    pub fn cost(&self, fix: FixId) -> u64 {
        self.changes[fix.0 as usize].cost
    }

    /// The fixes that take an edge away and may be made.
    pub fn fixes_of(&self, edge: EdgeId) -> Vec<FixId> {
        let mut fixes = self.graph.fixes_of(edge);
        fixes.retain(|fix| !self.changes[fix.0 as usize].parts.is_empty());
        fixes
    }

    /// What a fix takes away, if it may be made.
    pub fn parts(&self, fix: FixId) -> &[Part] {
        &self.changes[fix.0 as usize].parts
    }

    /// All vertices and edges that any way from an entry to a sink passes.
    pub fn on_ways(&self) -> Parts {
        let topology = &self.graph.topology;
        let entries: Vec<VertexId> = self.starts.iter().map(|start| start.vertex).collect();
        let sinks: Vec<VertexId> = self.sinks.iter().map(|sink| sink.vertex).collect();
        let reached = topology.reach(&entries, Direction::Forward, &self.removed);
        let reaching = topology.reach(&sinks, Direction::Backward, &self.removed);
        let mut on_ways = Parts::default();
        let is_on = |vertex: VertexId| reached.contains(vertex.index()) && reaching.contains(vertex.index());
        for vertex in (0..topology.vertices()).filter(|vertex| is_on(VertexId(*vertex as u32))) {
            on_ways.vertices.insert(vertex);
        }
        for edge in (0..topology.edges()).filter(|edge| !self.removed.edges.contains(*edge)) {
            let id = EdgeId(edge as u32);
            if is_on(topology.from(id)) && is_on(topology.to(id)) {
                on_ways.edges.insert(edge);
            }
        }
        on_ways
    }

    /// How much of the entries reaches sinks without this, for each sink as often as that counts.
    pub fn left(&self, removed: &Removed) -> u64 {
        self.problem().weight(removed)
    }

    /// The same, by ways that hang on nothing that is not known.
    pub fn certainly_left(&self, removed: &Removed) -> u64 {
        self.problem().weight_of_certain(removed)
    }

    /// Which entries reach which sinks without this.
    pub fn reaching(&self, removed: &Removed) -> BTreeSet<(VertexId, VertexId)> {
        let removed = self.removed.with(removed);
        let of_sink = |sink: &Sink| {
            let reaching = self.graph.topology.reach(&[sink.vertex], Direction::Backward, &removed);
            let starts = self.starts.iter().map(|start| start.vertex);
            let starts = starts.filter(|start| reaching.contains(start.index()));
            starts.map(|start| (start, sink.vertex)).collect::<Vec<_>>()
        };
        self.sinks.iter().flat_map(of_sink).collect()
    }

    /// How hard a step is for an attacker.
    pub fn difficulty(&self, edge: EdgeId) -> u64 {
        let edge = &self.graph.edges[edge.index()];
        let assumed = edge.assumptions.iter().map(|assumption| u64::from(assumption.hardness));
        u64::from(edge.kind.difficulty) + assumed.sum::<u64>()
    }

    /// The ways, for each sink the easiest first; of each shape one.
    pub fn paths(&self) -> Vec<Path> {
        self.of_one_shape(self.easiest(Certainty::Possible))
    }

    /// The easiest way from each entry to each sink.
    pub(crate) fn easiest(&self, certainty: Certainty) -> Vec<Path> {
        let topology = &self.graph.topology;
        let removed = self.removed.with(&self.removed_at(certainty));
        let mut found = Vec::new();
        for sink in self.sinks.iter().map(|sink| sink.vertex) {
            let ways = Ways::new(topology, &[sink], &removed, &|edge| self.difficulty(edge));
            for start in &self.starts {
                let Some(difficulty) = ways.distance(start.vertex) else { continue };
                let edges: Vec<EdgeId> = ways.edges(topology, start.vertex).collect();
                if !edges.is_empty() {
                    found.push(self.path(start.vertex, sink, edges, difficulty));
                }
            }
        }
        found
    }

    /// Of each shape the easiest, for each sink the easiest first.
    pub(crate) fn of_one_shape(&self, all: impl IntoIterator<Item = Path>) -> Vec<Path> {
        let mut of_sinks: BTreeMap<VertexId, BTreeMap<Shape, Path>> = BTreeMap::new();
        for path in all {
            match of_sinks.entry(path.sink).or_default().entry(self.shape(&path)) {
                std::collections::btree_map::Entry::Vacant(free) => drop(free.insert(path)),
                std::collections::btree_map::Entry::Occupied(mut known) => {
                    let known = known.get_mut();
                    let mut entries = std::mem::take(&mut known.entries);
                    entries.extend(&path.entries);
                    if (path.difficulty, path.entry) < (known.difficulty, known.entry) {
                        *known = path;
                    }
                    known.entries = entries;
                }
            }
        }
        let mut found = Vec::new();
        for sink in &self.sinks {
            let shapes = of_sinks.remove(&sink.vertex).unwrap_or_default();
            let mut of_sink: Vec<Path> = shapes.into_values().collect();
            for path in &mut of_sink {
                path.entries.sort_unstable();
            }
            of_sink.sort_by_key(|path| (path.difficulty, path.entry));
            found.extend(of_sink);
        }
        found
    }

    /// What no way may use from the beginning.
    pub(crate) fn removed(&self) -> &Removed {
        &self.removed
    }

    /// The edges that do not count where ways must be so certain.
    pub(crate) fn removed_at(&self, certainty: Certainty) -> Removed {
        let mut removed = Removed::default();
        if certainty == Certainty::Certain {
            removed.edges.extend(&self.uncertain);
        }
        removed
    }

    pub(crate) fn path(&self, entry: VertexId, sink: VertexId, edges: Vec<EdgeId>, difficulty: u64) -> Path {
        let assumed = edges.iter().flat_map(|edge| self.graph.edges[edge.index()].assumptions.iter());
        let assumptions = assumed.fold(Assumptions::NONE, Assumptions::and);
        Path { entry, sink, edges, difficulty, assumptions, entries: vec![entry] }
    }

    fn shape(&self, path: &Path) -> Shape {
        let step = |edge: &EdgeId| {
            let to = self.graph.vertices[self.graph.topology.to(*edge).index()];
            (self.graph.edges[edge.index()].kind.id, to.kind())
        };
        path.edges.iter().map(step).collect()
    }

    fn problem(&self) -> Problem<'_> {
        Problem {
            topology: &self.graph.topology,
            changes: &self.changes,
            starts: &self.starts,
            sinks: &self.sinks,
            removed: &self.removed,
            uncertain: &self.uncertain,
        }
    }

    /// How much of the entries reaches any sink, and how much there is.
    pub fn reached(&self) -> (u64, u64) {
        let sinks: Vec<VertexId> = self.sinks.iter().map(|sink| sink.vertex).collect();
        let reaching = self.graph.topology.reach(&sinks, Direction::Backward, &self.removed);
        let weight = |starts: &mut dyn Iterator<Item = &Start>| {
            starts.fold(0_u64, |sum, start| sum.saturating_add(start.weight))
        };
        let reached = weight(&mut self.starts.iter().filter(|start| reaching.contains(start.vertex.index())));
        (reached, weight(&mut self.starts.iter()))
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
pub fn usual_sinks() -> Vec<(Vertex, u64)> {
    let usual = [Vertex::ClusterAdmin, Vertex::ControlPlaneNode, Vertex::Node, Vertex::Secrets(None)];
    usual.into_iter().map(|sink| (sink, weight_of_sink(sink))).collect()
}

/// How much a sink counts: what gives the whole cluster twice what gives a node or all Secrets.
pub fn weight_of_sink(sink: Vertex) -> u64 {
    match sink {
        Vertex::ClusterAdmin | Vertex::ControlPlaneNode => 2,
        _ => 1,
    }
}

/// Where attackers begin, if nobody says otherwise: somebody outside, somebody without a name, somebody who can log in, and
/// each workload that may be broken into.
pub fn usual_entries(world: &World<'_>) -> Vec<(Vertex, u64)> {
    let group = |name| Vertex::Subject(rbac::SubjectKey::Group(world.inventory.symbols.intern(name)));
    let outside = [Vertex::Internet, group(NAMELESS), group("system:authenticated")];
    let workloads = world.workloads().map(|(number, _)| Vertex::Workload(number));
    outside.into_iter().chain(workloads).map(|vertex| (vertex, weight_of_entry(vertex))).collect()
}

/// The group of those without a name.
pub const NAMELESS: &str = "system:unauthenticated";

/// How much an entry counts: what is open to everybody outside most, a workload that has to be broken into least.
pub fn weight_of_entry(vertex: Vertex) -> u64 {
    match vertex {
        Vertex::Internet => 1000,
        Vertex::Subject(rbac::SubjectKey::Group(_)) => 300,
        _ => 10,
    }
}
