//! Which ways one graph has that another has not: what a change opens, and, asked the other way round, what it closes.
//!
//! Things are the same if they are called so in both; numbers of sets, rules and objects say nothing. Pods are sorted anew
//! into sets of what they may connect to whenever one comes or goes, so that such steps are no news: what is news is a pod
//! that could not be come to.

use std::collections::{BTreeMap, BTreeSet};

use crate::algorithms::shortest::Ways;
use crate::analysis::{Analysis, Certainty, Path};
use crate::edge::Assumptions;
use crate::topology::{EdgeId, Removed, Topology, VertexId};
use crate::vertex::Vertex;
use crate::world::World;

/// A graph that was asked, and what names its things.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// What names its things.
    pub world: &'a World<'a>,
    /// What was asked.
    pub analysis: &'a Analysis<'a>,
}

/// Why a way is one that the other graph has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Novelty {
    /// There, no way leads from its beginning to its end.
    New,
    /// There, all of these ways hang on something that is not known.
    Certain,
    /// There are others there, but not this one.
    Another,
}

/// Ways of one shape that one graph has and the other has not.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The ways.
    pub path: Path,
    /// Why they are news.
    pub novelty: Novelty,
}

/// So many ways that are news are tried for a beginning and an end between which there are others.
const TRIED: usize = 4;

/// So many times another rest of a way is looked for, where the easiest goes back to what was passed.
const DETOURS: usize = 64;

/// The ways of `after` that `before` has not: for each beginning and end one.
pub fn opened(before: Side<'_>, after: Side<'_>) -> Vec<Opened> {
    let mut names = Names::default();
    let (old, new) = (names.of(before), names.of(after));
    let of_level = |side: Side<'_>, own: &[u32], certainty| {
        let pairs = side.analysis.reaching(&side.analysis.removed_at(certainty));
        pairs.into_iter().map(|(from, to)| (own[from.index()], own[to.index()])).collect::<BTreeSet<(u32, u32)>>()
    };
    let was_possible = of_level(before, &old, Certainty::Possible);
    let was_certain = of_level(before, &old, Certainty::Certain);
    let mut found: Vec<(Novelty, Path)> = Vec::new();
    let mut told: BTreeSet<(VertexId, VertexId)> = BTreeSet::new();
    for certainty in [Certainty::Certain, Certainty::Possible] {
        for path in after.analysis.easiest(certainty) {
            let pair = (new[path.entry.index()], new[path.sink.index()]);
            let known = if certainty == Certainty::Certain { &was_certain } else { &was_possible };
            if !known.contains(&pair) && told.insert((path.entry, path.sink)) {
                let novelty = if was_possible.contains(&pair) { Novelty::Certain } else { Novelty::New };
                found.push((novelty, path));
            }
        }
    }
    let others = Others { before, after, old: &old, new: &new }.find(&told);
    found.extend(others.into_iter().map(|path| (Novelty::Another, path)));
    let mut all = Vec::new();
    for novelty in [Novelty::New, Novelty::Certain, Novelty::Another] {
        let paths = found.iter().filter(|(own, _)| *own == novelty).map(|(_, path)| path.clone());
        all.extend(after.analysis.of_one_shape(paths).into_iter().map(|path| Opened { path, novelty }));
    }
    all
}

/// Numbers for what things are called.
#[derive(Default)]
struct Names(BTreeMap<String, u32>);

impl Names {
    /// The number of every vertex; what is called alike has one.
    fn of(&mut self, side: Side<'_>) -> Vec<u32> {
        let number = |vertex: &Vertex| {
            let next = self.0.len() as u32;
            *self.0.entry(vertex.identity(side.world)).or_insert(next)
        };
        side.analysis.graph.vertices.iter().map(number).collect()
    }
}

/// A place in a way that makes it news: an edge that the other graph has not, or a pod that some could not come to.
struct Turn {
    /// How hard the rest of the way is.
    rest: u64,
    /// Where it is.
    at: VertexId,
    /// The edge that leaves it, if that is the news.
    edge: Option<EdgeId>,
}

/// What is news between beginnings and ends that have other ways too.
struct Others<'a> {
    before: Side<'a>,
    after: Side<'a>,
    old: &'a [u32],
    new: &'a [u32],
}

impl Others<'_> {
    fn find(&self, told: &BTreeSet<(VertexId, VertexId)>) -> Vec<Path> {
        let analysis = self.after.analysis;
        let topology = &analysis.graph.topology;
        let edges = self.edges_not_known();
        let starts: Vec<VertexId> = analysis.starts().iter().map(|start| start.vertex).collect();
        let starts_before: Vec<Option<VertexId>> = {
            let known: BTreeMap<u32, VertexId> = self
                .before
                .analysis
                .starts()
                .iter()
                .map(|start| (self.old[start.vertex.index()], start.vertex))
                .collect();
            starts.iter().map(|start| known.get(&self.new[start.index()]).copied()).collect()
        };
        let now = Reached::new(topology, &starts.iter().copied().map(Some).collect::<Vec<_>>(), analysis.removed());
        let was = Reached::new(&self.before.analysis.graph.topology, &starts_before, self.before.analysis.removed());
        let known: BTreeMap<u32, usize> = self.old.iter().enumerate().map(|(at, name)| (*name, at)).collect();
        let news = Newly { now: &now, was: &was, known: &known, names: self.new };
        let mut found = Vec::new();
        for sink in analysis.sinks().iter().map(|sink| sink.vertex) {
            let ways = Ways::new(topology, &[sink], analysis.removed(), &|edge| analysis.difficulty(edge));
            let turns = self.turns(&edges, &ways, &news);
            let mut search = Search { analysis, sink, ways: &ways, to: BTreeMap::new(), detours: DETOURS };
            for (number, start) in starts.iter().enumerate() {
                let is_asked = ways.distance(*start).is_some_and(|rest| rest > 0) && !told.contains(&(*start, sink));
                if !is_asked {
                    continue;
                }
                let own = turns.iter().filter(|turn| match turn.edge {
                    Some(_) => now.contains(number, turn.at.index()),
                    None => news.comes_to(number, turn.at),
                });
                found.extend(own.take(TRIED).find_map(|turn| search.way(*start, turn)));
            }
        }
        found
    }

    /// The edges that the other graph has not, or only with more that is not known.
    fn edges_not_known(&self) -> Vec<EdgeId> {
        let graph = self.before.analysis.graph;
        let mut known: BTreeMap<(u32, &str, u32), Vec<Assumptions>> = BTreeMap::new();
        for (at, edge) in graph.edges.iter().enumerate() {
            let (from, to) = ends(&graph.topology, EdgeId(at as u32));
            let step = (self.old[from.index()], edge.kind.id, self.old[to.index()]);
            known.entry(step).or_default().push(edge.assumptions);
        }
        let graph = self.after.analysis.graph;
        let is_set = |vertex: VertexId| matches!(graph.vertices[vertex.index()], Vertex::Segment(_));
        let all = graph.edges.iter().enumerate().map(|(at, edge)| (EdgeId(at as u32), edge));
        let new = all.filter(|(id, edge)| {
            let (from, to) = ends(&graph.topology, *id);
            let step = (self.new[from.index()], edge.kind.id, self.new[to.index()]);
            let is_known = || {
                let known = known.get(&step).map_or(&[][..], Vec::as_slice);
                known.iter().any(|known| known.is_within(edge.assumptions))
            };
            !is_set(from) && !is_set(to) && !self.after.analysis.removed().edges.contains(id.index()) && !is_known()
        });
        new.map(|(id, _)| id).collect()
    }

    /// Where ways to one end become news, the nearest to it first. What is new is left by an edge to something that both
    /// have, so that these edges are enough.
    fn turns(&self, edges: &[EdgeId], ways: &Ways, news: &Newly<'_>) -> Vec<Turn> {
        let analysis = self.after.analysis;
        let graph = analysis.graph;
        let of_edge = |edge: &EdgeId| {
            let (from, to) = ends(&graph.topology, *edge);
            let is_both = news.known.contains_key(&self.new[to.index()]);
            let rest = ways.distance(to).filter(|_| is_both)?.saturating_add(analysis.difficulty(*edge));
            Some(Turn { rest, at: from, edge: Some(*edge) })
        };
        let of_pod = |at: usize| {
            let vertex = VertexId(at as u32);
            let is_pod = matches!(graph.vertices[at], Vertex::Workload(_));
            let is_news = is_pod && news.known.contains_key(&self.new[at]) && news.is_any(vertex);
            let rest = ways.distance(vertex).filter(|_| is_news)?;
            Some(Turn { rest, at: vertex, edge: None })
        };
        let mut turns: Vec<Turn> = edges.iter().filter_map(of_edge).collect();
        turns.extend((0..graph.vertices.len()).filter_map(of_pod));
        turns.sort_by_key(|turn| (turn.rest, turn.at, turn.edge));
        turns
    }
}

fn ends(topology: &Topology, edge: EdgeId) -> (VertexId, VertexId) {
    (topology.from(edge), topology.to(edge))
}

/// Which starts reach which vertices.
struct Reached {
    /// A word for each vertex, for every 64 starts.
    words: Vec<Vec<u64>>,
}

impl Reached {
    fn new(topology: &Topology, starts: &[Option<VertexId>], removed: &Removed) -> Self {
        let of_some = |starts: &[Option<VertexId>]| {
            let mut words = vec![0_u64; topology.vertices()];
            let mut open = Vec::new();
            for (bit, start) in starts.iter().enumerate() {
                let Some(start) = start.filter(|start| !removed.vertices.contains(start.index())) else { continue };
                words[start.index()] |= 1 << bit;
                open.push(start);
            }
            while let Some(vertex) = open.pop() {
                for &edge in topology.leaving(vertex) {
                    let to = topology.to(edge);
                    if removed.edges.contains(edge.index()) || removed.vertices.contains(to.index()) {
                        continue;
                    }
                    let all = words[to.index()] | words[vertex.index()];
                    if all != words[to.index()] {
                        words[to.index()] = all;
                        open.push(to);
                    }
                }
            }
            words
        };
        Self { words: starts.chunks(64).map(of_some).collect() }
    }

    fn contains(&self, start: usize, vertex: usize) -> bool {
        self.words[start / 64][vertex] & (1 << (start % 64)) != 0
    }
}

/// What starts come to that could not before.
struct Newly<'a> {
    now: &'a Reached,
    was: &'a Reached,
    /// The vertices of the other graph, by the numbers of their names.
    known: &'a BTreeMap<u32, usize>,
    names: &'a [u32],
}

impl Newly<'_> {
    fn comes_to(&self, start: usize, vertex: VertexId) -> bool {
        let before = self.known.get(&self.names[vertex.index()]);
        self.now.contains(start, vertex.index()) && !before.is_some_and(|before| self.was.contains(start, *before))
    }

    fn is_any(&self, vertex: VertexId) -> bool {
        let before = self.known.get(&self.names[vertex.index()]);
        self.now.words.iter().zip(&self.was.words).any(|(now, was)| {
            let was = before.map_or(0, |before| was[*before]);
            now[vertex.index()] & !was != 0
        })
    }
}

/// The search for ways to one end that pass a turn and nothing twice.
struct Search<'a> {
    analysis: &'a Analysis<'a>,
    sink: VertexId,
    ways: &'a Ways,
    /// The ways to each turn.
    to: BTreeMap<(VertexId, Option<EdgeId>), Ways>,
    detours: usize,
}

impl Search<'_> {
    fn way(&mut self, start: VertexId, turn: &Turn) -> Option<Path> {
        let Self { analysis, sink, .. } = *self;
        let topology = &analysis.graph.topology;
        let difficulty = |edge: EdgeId| analysis.difficulty(edge);
        let next = turn.edge.map_or(turn.at, |edge| topology.to(edge));
        let to = self.to.entry((turn.at, turn.edge)).or_insert_with(|| {
            let mut removed = analysis.removed().clone();
            for passed in [next, sink].into_iter().filter(|passed| *passed != turn.at) {
                removed.vertices.insert(passed.index());
            }
            Ways::new(topology, &[turn.at], &removed, &difficulty)
        });
        to.distance(start)?;
        let mut edges: Vec<EdgeId> = to.edges(topology, start).chain(turn.edge).collect();
        let mut passed: BTreeSet<VertexId> = edges.iter().map(|edge| topology.from(*edge)).collect();
        passed.insert(start);
        passed.remove(&next);
        let rest: Vec<EdgeId> = self.ways.edges(topology, next).collect();
        if rest.iter().any(|edge| passed.contains(&topology.to(*edge))) {
            self.detours = self.detours.checked_sub(1)?;
            let mut removed = analysis.removed().clone();
            for vertex in &passed {
                removed.vertices.insert(vertex.index());
            }
            let around = Ways::new(topology, &[sink], &removed, &difficulty);
            around.distance(next)?;
            edges.extend(around.edges(topology, next));
        } else {
            edges.extend(rest);
        }
        let difficulty = edges.iter().map(|edge| analysis.difficulty(*edge)).fold(0, u64::saturating_add);
        Some(analysis.path(start, sink, edges, difficulty))
    }
}
