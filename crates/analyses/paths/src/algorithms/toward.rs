//! What reaches one sink, and what no longer does when something is taken away.
//!
//! A tree holds one way to the sink for each vertex that has any. What is taken away makes parts of the tree fall; what
//! fell and has another way stands up again. That is exact, and takes no longer than what fell is large.

use crate::algorithms::ranking::Part;
use crate::topology::{Removed, Topology, VertexId};

const NONE: u32 = u32::MAX;
/// Stands in the place of the next edge at the sink itself.
const ROOT: u32 = u32::MAX - 1;

/// The ways to one sink.
pub(crate) struct Toward<'a> {
    topology: &'a Topology,
    removed: &'a Removed,
    /// What each vertex counts that begins there.
    weights: &'a [u64],
    /// The next edge of the way of each vertex.
    next: Vec<u32>,
    first_child: Vec<u32>,
    next_sibling: Vec<u32>,
    /// The question in which a vertex fell, was taken away, or an edge was.
    fallen: Vec<u32>,
    taken: Vec<u32>,
    taken_edges: Vec<u32>,
    question: u32,
    list: Vec<u32>,
    open: Vec<u32>,
}

impl<'a> Toward<'a> {
    /// Finds the ways to `sink` that are not removed.
    pub(crate) fn new(topology: &'a Topology, sink: VertexId, removed: &'a Removed, weights: &'a [u64]) -> Self {
        let count = topology.vertices();
        let mut ways = Self {
            topology,
            removed,
            weights,
            next: vec![NONE; count],
            first_child: vec![NONE; count],
            next_sibling: vec![NONE; count],
            fallen: vec![0; count],
            taken: vec![0; count],
            taken_edges: vec![0; topology.edges()],
            question: 0,
            list: Vec::new(),
            open: Vec::new(),
        };
        ways.grow(sink);
        ways
    }

    /// Breadth first, so that the tree is flat and little of it falls at a time.
    fn grow(&mut self, sink: VertexId) {
        if self.removed.vertices.contains(sink.index()) {
            return;
        }
        self.next[sink.index()] = ROOT;
        let mut order = vec![sink];
        let mut at = 0;
        while let Some(&vertex) = order.get(at) {
            at += 1;
            for &edge in self.topology.arriving(vertex) {
                let from = self.topology.from(edge);
                let is_gone = self.removed.edges.contains(edge.index()) || self.removed.vertices.contains(from.index());
                if is_gone || self.next[from.index()] != NONE {
                    continue;
                }
                self.next[from.index()] = edge.0;
                self.next_sibling[from.index()] = self.first_child[vertex.index()];
                self.first_child[vertex.index()] = from.0;
                order.push(from);
            }
        }
    }

    /// Whether the vertex has a way.
    pub(crate) fn reaches(&self, vertex: VertexId) -> bool {
        self.next[vertex.index()] != NONE
    }

    /// What has no way any more without these parts, as it counts.
    pub(crate) fn lost(&mut self, parts: &[Part]) -> u64 {
        self.question += 1;
        self.list.clear();
        self.take(parts);
        self.fall();
        self.stand_up();
        let still = self.list.iter().filter(|at| self.fallen[**at as usize] == self.question);
        still.fold(0, |sum, at| sum.saturating_add(self.weights[*at as usize]))
    }

    fn take(&mut self, parts: &[Part]) {
        for part in parts {
            let falls = match *part {
                Part::Vertex(vertex) => {
                    self.taken[vertex.index()] = self.question;
                    self.reaches(vertex).then_some(vertex.0)
                }
                Part::Edge(edge) => {
                    self.taken_edges[edge.index()] = self.question;
                    let from = self.topology.from(edge);
                    (self.next[from.index()] == edge.0).then_some(from.0)
                }
            };
            if let Some(vertex) = falls.filter(|vertex| self.fallen[*vertex as usize] != self.question) {
                self.fallen[vertex as usize] = self.question;
                self.list.push(vertex);
            }
        }
    }

    /// All above what fell falls too.
    fn fall(&mut self) {
        let mut at = 0;
        while let Some(&vertex) = self.list.get(at) {
            at += 1;
            let mut child = self.first_child[vertex as usize];
            while child != NONE {
                if self.fallen[child as usize] != self.question {
                    self.fallen[child as usize] = self.question;
                    self.list.push(child);
                }
                child = self.next_sibling[child as usize];
            }
        }
    }

    fn stand_up(&mut self) {
        self.open.clear();
        for at in 0..self.list.len() {
            let vertex = self.list[at];
            if self.stands_by_itself(vertex) {
                self.fallen[vertex as usize] = 0;
                self.open.push(vertex);
            }
        }
        while let Some(vertex) = self.open.pop() {
            for &edge in self.topology.arriving(VertexId(vertex)) {
                let from = self.topology.from(edge).index();
                let is_free = self.fallen[from] == self.question
                    && self.taken[from] != self.question
                    && self.taken_edges[edge.index()] != self.question
                    && !self.removed.edges.contains(edge.index());
                if is_free {
                    self.fallen[from] = 0;
                    self.open.push(from as u32);
                }
            }
        }
    }

    /// Whether an edge leads from it to something that stands.
    fn stands_by_itself(&self, vertex: u32) -> bool {
        let is_taken = self.taken[vertex as usize] == self.question;
        let mut leaving = self.topology.leaving(VertexId(vertex)).iter();
        // The sink fell only if it was taken itself.
        !is_taken
            && leaving.any(|edge| {
                let to = self.topology.to(*edge).index();
                self.next[to] != NONE
                    && self.fallen[to] != self.question
                    && self.taken_edges[edge.index()] != self.question
                    && !self.removed.edges.contains(edge.index())
            })
    }
}
