//! What of a problem lies on ways from a start to a sink, with numbers of its own: what is asked of it has the same answers,
//! and little is left to look at where much is cut.

use crate::algorithms::ranking::{Change, Part, Problem, Sink, Start};
use crate::topology::{Direction, EdgeId, Removed, Set, Topology, VertexId};

const NONE: u32 = u32::MAX;

/// A problem without what is on no way. Its changes have the numbers that they had.
pub(crate) struct Condensed {
    topology: Topology,
    changes: Vec<Change>,
    starts: Vec<Start>,
    sinks: Vec<Sink>,
    removed: Removed,
    uncertain: Set,
}

impl Condensed {
    /// Leaves out what is removed, and what is on no way then.
    pub(crate) fn new(problem: &Problem<'_>, removed: &Removed) -> Self {
        let removed = problem.removed.with(removed);
        let topology = problem.topology;
        let starts: Vec<VertexId> = problem.starts.iter().map(|start| start.vertex).collect();
        let sinks: Vec<VertexId> = problem.sinks.iter().map(|sink| sink.vertex).collect();
        let from = topology.reach(&starts, Direction::Forward, &removed);
        let to = topology.reach(&sinks, Direction::Backward, &removed);
        let mut count = 0;
        let mut number_if = |is_there: bool| {
            count += u32::from(is_there);
            if is_there { count - 1 } else { NONE }
        };
        let vertices: Vec<u32> =
            (0..topology.vertices()).map(|at| number_if(from.contains(at) && to.contains(at))).collect();
        let mut ends = Vec::new();
        let mut edges = vec![NONE; topology.edges()];
        for (at, number) in edges.iter_mut().enumerate().filter(|(at, _)| !removed.edges.contains(*at)) {
            let edge = EdgeId(at as u32);
            let (from, to) = (vertices[topology.from(edge).index()], vertices[topology.to(edge).index()]);
            if from != NONE && to != NONE {
                *number = ends.len() as u32;
                ends.push((VertexId(from), VertexId(to)));
            }
        }
        let part = |part: &Part| match *part {
            Part::Vertex(vertex) => {
                Some(vertices[vertex.index()]).filter(|number| *number != NONE).map(VertexId).map(Part::Vertex)
            }
            Part::Edge(edge) => Some(edges[edge.index()]).filter(|number| *number != NONE).map(EdgeId).map(Part::Edge),
        };
        let change =
            |change: &Change| Change { parts: change.parts.iter().filter_map(part).collect(), cost: change.cost };
        let number = |vertex: VertexId| Some(VertexId(vertices[vertex.index()])).filter(|vertex| vertex.0 != NONE);
        let mut uncertain = Set::new(ends.len());
        for (at, number) in edges.iter().enumerate().filter(|(_, number)| **number != NONE) {
            if problem.uncertain.contains(at) {
                uncertain.insert(*number as usize);
            }
        }
        Self {
            changes: problem.changes.iter().map(change).collect(),
            starts: problem
                .starts
                .iter()
                .filter_map(|start| Some(Start { vertex: number(start.vertex)?, ..*start }))
                .collect(),
            sinks: problem
                .sinks
                .iter()
                .filter_map(|sink| Some(Sink { vertex: number(sink.vertex)?, ..*sink }))
                .collect(),
            topology: Topology::new(vertices.iter().filter(|number| **number != NONE).count(), ends),
            removed: Removed::default(),
            uncertain,
        }
    }

    /// As a problem.
    pub(crate) fn problem(&self) -> Problem<'_> {
        let Self { topology, changes, starts, sinks, removed, uncertain } = self;
        Problem { topology, changes, starts, sinks, removed, uncertain }
    }
}
