//! The easiest way from every vertex to a sink.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::topology::{EdgeId, Removed, Topology, VertexId};

/// The easiest ways to one set of sinks.
#[derive(Clone, Debug)]
pub struct Ways {
    /// How hard the rest of the way is; `None` where there is none.
    distance: Vec<Option<u64>>,
    /// The first edge of it.
    next: Vec<Option<EdgeId>>,
}

impl Ways {
    /// The easiest ways to `sinks`; `difficulty` of each edge is at least 1. Of equally easy ways the one with the
    /// smaller edge numbers is taken, so that the answer does not hang on the order of a search.
    pub fn new(topology: &Topology, sinks: &[VertexId], removed: &Removed, difficulty: &dyn Fn(EdgeId) -> u64) -> Self {
        let mut ways = Self { distance: vec![None; topology.vertices()], next: vec![None; topology.vertices()] };
        let mut open = BinaryHeap::new();
        for &sink in sinks.iter().filter(|sink| !removed.vertices.contains(sink.index())) {
            ways.distance[sink.index()] = Some(0);
            open.push(Reverse((0_u64, sink)));
        }
        while let Some(Reverse((distance, vertex))) = open.pop() {
            if ways.distance[vertex.index()] != Some(distance) {
                continue;
            }
            for &edge in topology.arriving(vertex) {
                let from = topology.from(edge);
                if removed.edges.contains(edge.index()) || removed.vertices.contains(from.index()) {
                    continue;
                }
                let through = distance.saturating_add(difficulty(edge).max(1));
                match ways.distance[from.index()] {
                    Some(known) if known < through => {}
                    Some(known) if known == through => {
                        ways.next[from.index()] = ways.next[from.index()].map(|next| next.min(edge));
                    }
                    _ => {
                        ways.distance[from.index()] = Some(through);
                        ways.next[from.index()] = Some(edge);
                        open.push(Reverse((through, from)));
                    }
                }
            }
        }
        ways
    }

    /// How hard the way from `vertex` is; `None` if there is none, 0 if it is a sink.
    pub fn distance(&self, vertex: VertexId) -> Option<u64> {
        self.distance[vertex.index()]
    }

    /// The edges of the way from `vertex`.
    pub fn edges<'a>(&'a self, topology: &'a Topology, vertex: VertexId) -> impl Iterator<Item = EdgeId> + 'a {
        let mut at = vertex;
        std::iter::from_fn(move || {
            let edge = self.next[at.index()]?;
            at = topology.to(edge);
            Some(edge)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_easier_way_wins_though_it_is_longer() {
        let vertex = VertexId;
        let ends = vec![(vertex(0), vertex(3)), (vertex(0), vertex(1)), (vertex(1), vertex(2)), (vertex(2), vertex(3))];
        let topology = Topology::new(4, ends);
        let ways = Ways::new(&topology, &[vertex(3)], &Removed::default(), &|edge| if edge.0 == 0 { 9 } else { 2 });
        assert_eq!(ways.distance(vertex(0)), Some(6));
        assert_eq!(ways.edges(&topology, vertex(0)).collect::<Vec<_>>(), [EdgeId(1), EdgeId(2), EdgeId(3)]);
    }
}
