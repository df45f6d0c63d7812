//! The cheapest changes that let nothing reach a sink.

use std::collections::BTreeMap;

use crate::algorithms::min_cut::{Network, UNCUTTABLE};
use crate::algorithms::ranking::{Change, Part};
use crate::topology::{Direction, EdgeId, Removed, Set, Topology, VertexId};

/// Changes that cut everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Their indices.
    pub changes: Vec<usize>,
    /// No set of changes that cuts everything costs less.
    pub bound: u64,
}

/// From where no way may lead where.
#[derive(Clone, Copy)]
pub(crate) struct Separation<'a> {
    pub(crate) topology: &'a Topology,
    pub(crate) changes: &'a [Change],
    pub(crate) starts: &'a [VertexId],
    pub(crate) sinks: &'a [VertexId],
    /// What is gone already.
    pub(crate) removed: &'a Removed,
    /// What the cheapest change of each part costs.
    pub(crate) cheapest: &'a Cheapest,
}

impl Separation<'_> {
    /// The cheapest changes known that let no start reach a sink, and a bound. `None` if some way has nothing that can be
    /// changed.
    ///
    /// Exact where every change has one part; where changes have several, the set is made small by leaving out what is
    /// not needed, and the bound says how far from the best it may be.
    pub(crate) fn cut(&self) -> Option<Cut> {
        let relevant = self.relevant();
        let count = relevant.vertices.len() as u32;
        if count == 0 {
            return Some(Cut { changes: Vec::new(), bound: 0 });
        }
        let (source, sink) = (count * 2, count * 2 + 1);
        let edges: Vec<(EdgeId, u32, u32)> = self.edges_between(&relevant).collect();
        // A change that takes several edges away that leave one vertex is paid once: they leave it together.
        let mut bundles: BTreeMap<(u32, u32), Vec<u32>> = BTreeMap::new();
        for (edge, from, to) in &edges {
            let change = self.cheapest.changes[edge.index()];
            if change != NONE {
                bundles.entry((*from, change)).or_default().push(*to);
            }
        }
        bundles.retain(|_, ends| ends.len() > 1);
        let mut network = Network::new(count as usize * 2 + 2 + bundles.len());
        for (at, vertex) in (0..).zip(&relevant.vertices) {
            network.add(at * 2, at * 2 + 1, self.cheapest.vertices[*vertex as usize]);
        }
        for (edge, from, to) in &edges {
            if !bundles.contains_key(&(*from, self.cheapest.changes[edge.index()])) {
                network.add(from * 2 + 1, to * 2, self.cheapest.edges[edge.index()]);
            }
        }
        for (bundle, ((from, change), ends)) in (sink + 1..).zip(&bundles) {
            network.add(from * 2 + 1, bundle, self.changes[*change as usize].cost);
            for to in ends {
                network.add(bundle, to * 2, UNCUTTABLE);
            }
        }
        for start in self.starts.iter().filter_map(|start| relevant.number(*start)) {
            network.add(source, start * 2, UNCUTTABLE);
        }
        for target in self.sinks.iter().filter_map(|target| relevant.number(*target)) {
            network.add(target * 2 + 1, sink, UNCUTTABLE);
        }
        let flow = network.max_flow(source, sink)?;
        let side = network.side(source);
        let mut is_cut = Removed::default();
        for (at, vertex) in relevant.vertices.iter().enumerate() {
            if side[at * 2] && !side[at * 2 + 1] {
                is_cut.vertices.insert(*vertex as usize);
            }
        }
        for (edge, from, to) in edges {
            if side[from as usize * 2 + 1] && !side[to as usize * 2] {
                is_cut.edges.insert(edge.index());
            }
        }
        let several = self.changes.iter().map(|change| change.parts.len()).max().unwrap_or(1).max(1) as u64;
        Some(Cut { bound: flow.div_ceil(several), changes: self.cover(&is_cut) })
    }

    /// The vertices that are on a way from a start to a sink.
    fn relevant(&self) -> Relevant {
        let from = self.topology.reach(self.starts, Direction::Forward, self.removed);
        let to = self.topology.reach(self.sinks, Direction::Backward, self.removed);
        let mut relevant = Relevant { vertices: Vec::new(), numbers: vec![u32::MAX; self.topology.vertices()] };
        for at in (0..self.topology.vertices()).filter(|&at| from.contains(at) && to.contains(at)) {
            relevant.numbers[at] = relevant.vertices.len() as u32;
            relevant.vertices.push(at as u32);
        }
        relevant
    }

    /// The edges between relevant vertices, with the numbers of these.
    fn edges_between<'s>(&'s self, relevant: &'s Relevant) -> impl Iterator<Item = (EdgeId, u32, u32)> + 's {
        (0..self.topology.edges() as u32).map(EdgeId).filter_map(|edge| {
            let from = relevant.number(self.topology.from(edge))?;
            let to = relevant.number(self.topology.to(edge))?;
            (!self.removed.edges.contains(edge.index())).then_some((edge, from, to))
        })
    }

    /// Changes that take all these parts away, without those that are not needed.
    fn cover(&self, is_cut: &Removed) -> Vec<usize> {
        let covers = |part: &Part| match part {
            Part::Vertex(vertex) => is_cut.vertices.contains(vertex.index()),
            Part::Edge(edge) => is_cut.edges.contains(edge.index()),
        };
        let mut useful: Vec<(usize, u64)> = (0..)
            .zip(self.changes)
            .filter_map(|(at, change)| {
                let parts = change.parts.iter().filter(|part| covers(part)).count() as u64;
                (parts > 0).then(|| (at, change.cost.saturating_mul(1_000) / parts))
            })
            .collect();
        // The dearest for what they do are tried first: what goes without them, goes.
        useful.sort_by_key(|&(at, price)| (std::cmp::Reverse(price), at));
        let mut sides = Sides::new(self, useful.iter().map(|&(at, _)| at));
        let mut kept: Vec<usize> =
            useful.iter().map(|&(at, _)| at).filter(|&at| !sides.gives_back(&self.changes[at])).collect();
        kept.sort_unstable();
        kept
    }
}

/// Vertices, and their numbers among themselves.
struct Relevant {
    vertices: Vec<u32>,
    numbers: Vec<u32>,
}

impl Relevant {
    fn number(&self, vertex: VertexId) -> Option<u32> {
        Some(self.numbers[vertex.index()]).filter(|number| *number != u32::MAX)
    }
}

/// What the cheapest change of each vertex and edge costs.
pub(crate) struct Cheapest {
    vertices: Vec<u64>,
    edges: Vec<u64>,
    /// The cheapest change of each edge, the first of several.
    changes: Vec<u32>,
}

/// No change.
const NONE: u32 = u32::MAX;

impl Cheapest {
    pub(crate) fn new(topology: &Topology, changes: &[Change]) -> Self {
        let mut cheapest = Self {
            vertices: vec![UNCUTTABLE; topology.vertices()],
            edges: vec![UNCUTTABLE; topology.edges()],
            changes: vec![NONE; topology.edges()],
        };
        for (number, change) in (0..).zip(changes) {
            for part in &change.parts {
                match part {
                    Part::Vertex(vertex) => {
                        let cost = &mut cheapest.vertices[vertex.index()];
                        *cost = (*cost).min(change.cost);
                    }
                    Part::Edge(edge) if change.cost < cheapest.edges[edge.index()] => {
                        cheapest.edges[edge.index()] = change.cost;
                        cheapest.changes[edge.index()] = number;
                    }
                    Part::Edge(_) => {}
                }
            }
        }
        cheapest
    }
}

/// What starts reach, and what reaches sinks, while changes are given back one by one.
struct Sides<'a> {
    topology: &'a Topology,
    removed: &'a Removed,
    starts: Set,
    sinks: Set,
    /// How many of the changes that are made take a part away.
    vertices: Vec<u32>,
    edges: Vec<u32>,
    before: Set,
    behind: Set,
}

impl<'a> Sides<'a> {
    fn new(separation: &Separation<'a>, made: impl Iterator<Item = usize>) -> Self {
        let Separation { topology, changes, starts, sinks, removed, cheapest: _ } = *separation;
        let set = |vertices: &[VertexId]| {
            let mut set = Set::new(topology.vertices());
            for vertex in vertices {
                set.insert(vertex.index());
            }
            set
        };
        let (mut vertices, mut edges) = (vec![0_u32; topology.vertices()], vec![0_u32; topology.edges()]);
        let mut all = removed.clone();
        for change in made.map(|at| &changes[at]) {
            all.apply(change);
            for part in &change.parts {
                match part {
                    Part::Vertex(vertex) => vertices[vertex.index()] += 1,
                    Part::Edge(edge) => edges[edge.index()] += 1,
                }
            }
        }
        Self {
            before: topology.reach(starts, Direction::Forward, &all),
            behind: topology.reach(sinks, Direction::Backward, &all),
            topology,
            removed,
            starts: set(starts),
            sinks: set(sinks),
            vertices,
            edges,
        }
    }

    /// Gives a change back, unless a way is there then; whether it was given back.
    fn gives_back(&mut self, change: &Change) -> bool {
        self.count(change, u32::wrapping_sub);
        let mut behind = Vec::new();
        let mut before = Vec::new();
        let is_free =
            self.grow(change, Direction::Backward, &mut behind) && self.grow(change, Direction::Forward, &mut before);
        if !is_free {
            behind.iter().for_each(|at| self.behind.remove(*at));
            before.iter().for_each(|at| self.before.remove(*at));
            self.count(change, u32::wrapping_add);
        }
        is_free
    }

    fn count(&mut self, change: &Change, count: fn(u32, u32) -> u32) {
        for part in &change.parts {
            let known = match part {
                Part::Vertex(vertex) => &mut self.vertices[vertex.index()],
                Part::Edge(edge) => &mut self.edges[edge.index()],
            };
            *known = count(*known, 1);
        }
    }

    fn has_vertex(&self, vertex: VertexId) -> bool {
        self.vertices[vertex.index()] == 0 && !self.removed.vertices.contains(vertex.index())
    }

    fn has_edge(&self, edge: EdgeId) -> bool {
        self.edges[edge.index()] == 0 && !self.removed.edges.contains(edge.index())
    }

    /// Adds to one side what the parts of the change open to it; false as soon as both sides meet.
    fn grow(&mut self, change: &Change, direction: Direction, added: &mut Vec<usize>) -> bool {
        let mut open: Vec<VertexId> = Vec::new();
        for part in &change.parts {
            open.extend(match *part {
                Part::Vertex(vertex) => self.is_opened(vertex, direction).then_some(vertex),
                Part::Edge(edge) => self.next_over(edge, direction),
            });
        }
        while let Some(vertex) = open.pop() {
            let (own, other) = match direction {
                Direction::Forward => (&mut self.before, &self.behind),
                Direction::Backward => (&mut self.behind, &self.before),
            };
            if other.contains(vertex.index()) {
                return false;
            }
            if own.insert(vertex.index()) {
                added.push(vertex.index());
                let topology = self.topology;
                let edges = match direction {
                    Direction::Forward => topology.leaving(vertex),
                    Direction::Backward => topology.arriving(vertex),
                };
                open.extend(edges.iter().filter_map(|edge| self.next_over(*edge, direction)));
            }
        }
        true
    }

    /// Whether a vertex is on this side now that it is there again.
    fn is_opened(&self, vertex: VertexId, direction: Direction) -> bool {
        let (ends, edges) = match direction {
            Direction::Forward => (&self.starts, self.topology.arriving(vertex)),
            Direction::Backward => (&self.sinks, self.topology.leaving(vertex)),
        };
        self.has_vertex(vertex)
            && (ends.contains(vertex.index())
                || edges.iter().any(|edge| self.next_over(*edge, direction) == Some(vertex)))
    }

    /// The vertex that an edge brings to this side, if it does.
    fn next_over(&self, edge: EdgeId, direction: Direction) -> Option<VertexId> {
        let (from, to) = (self.topology.from(edge), self.topology.to(edge));
        let (known, next, side) = match direction {
            Direction::Forward => (from, to, &self.before),
            Direction::Backward => (to, from, &self.behind),
        };
        let is_next = self.has_edge(edge) && self.has_vertex(next) && side.contains(known.index());
        (is_next && !side.contains(next.index())).then_some(next)
    }
}
