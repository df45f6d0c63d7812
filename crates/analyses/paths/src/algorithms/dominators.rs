//! Dominators: which vertices every way from the root must pass.
//!
//! Semi-NCA (Georgiadis, "Linear-Time Algorithms for Dominators and Related Problems", 2005, section 2.3), without
//! recursion: graphs may be as deep as they are large.

/// No vertex: not reached, or the root's own dominator.
pub const NONE: u32 = u32::MAX;

/// A graph as the algorithm needs it: rows of successors.
#[derive(Clone, Debug, Default)]
pub struct Successors {
    /// Where the row of each vertex starts; one more than vertices.
    pub starts: Vec<u32>,
    /// The vertices that follow.
    pub vertices: Vec<u32>,
}

impl Successors {
    /// Rows for so many vertices from pairs of ends.
    pub fn new(count: usize, ends: &[(u32, u32)]) -> Self {
        let mut starts = vec![0_u32; count + 1];
        for (from, _) in ends {
            starts[*from as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut vertices = vec![0; ends.len()];
        for &(from, to) in ends {
            let slot = &mut next[from as usize];
            vertices[*slot as usize] = to;
            *slot += 1;
        }
        Self { starts, vertices }
    }

    fn of(&self, vertex: u32) -> &[u32] {
        &self.vertices[self.starts[vertex as usize] as usize..self.starts[vertex as usize + 1] as usize]
    }

    fn count(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }
}

/// The tree of dominators.
#[derive(Clone, Debug)]
pub struct Dominators {
    /// The immediate dominator of each vertex; `NONE` for the root and for what is not reached.
    pub immediate: Vec<u32>,
    /// The vertices that are reached, each after its dominator.
    pub order: Vec<u32>,
}

impl Dominators {
    /// The dominators of everything that `root` reaches.
    pub fn new(graph: &Successors, root: u32) -> Self {
        let search = Search::new(graph, root);
        let semi = search.semidominators();
        // By numbers of the search; a dominator has a smaller number than what it dominates.
        let mut dominator: Vec<u32> = search.parent.clone();
        for at in 1..search.order.len() {
            let mut above = dominator[at];
            while above > semi[at] {
                above = dominator[above as usize];
            }
            dominator[at] = above;
        }
        let mut immediate = vec![NONE; graph.count()];
        for at in 1..search.order.len() {
            immediate[search.order[at] as usize] = search.order[dominator[at] as usize];
        }
        Self { immediate, order: search.order }
    }

    /// For every vertex the sum of `weights` over all that it dominates, itself included.
    pub fn sums(&self, weights: &[u64]) -> Vec<u64> {
        let mut sums = weights.to_vec();
        for &vertex in self.order.iter().skip(1).rev() {
            let above = self.immediate[vertex as usize] as usize;
            sums[above] = sums[above].saturating_add(sums[vertex as usize]);
        }
        sums
    }
}

/// A depth-first search: vertices in the order in which they were found, and who found them.
struct Search {
    order: Vec<u32>,
    parent: Vec<u32>,
    number: Vec<u32>,
    /// For each number the numbers of what leads there.
    before: Successors,
}

impl Search {
    fn new(graph: &Successors, root: u32) -> Self {
        let mut number = vec![NONE; graph.count()];
        let (mut order, mut parent) = (Vec::new(), Vec::new());
        let mut open = vec![(root, 0)];
        while let Some((vertex, from)) = open.pop() {
            if number[vertex as usize] != NONE {
                continue;
            }
            let own = order.len() as u32;
            number[vertex as usize] = own;
            order.push(vertex);
            parent.push(from);
            open.extend(
                graph.of(vertex).iter().rev().filter(|&&next| number[next as usize] == NONE).map(|&next| (next, own)),
            );
        }
        let mut ends = Vec::new();
        for (own, &vertex) in (0_u32..).zip(&order) {
            ends.extend(graph.of(vertex).iter().map(|&next| (number[next as usize], own)));
        }
        let before = Successors::new(order.len(), &ends);
        Self { order, parent, number, before }
    }

    fn semidominators(&self) -> Vec<u32> {
        debug_assert!(self.number.len() >= self.order.len());
        let count = self.order.len();
        let mut semi: Vec<u32> = (0..count as u32).collect();
        let mut forest = Forest { ancestor: vec![NONE; count], label: (0..count as u32).collect(), walked: Vec::new() };
        for own in (1..count as u32).rev() {
            let best = self.before.of(own).iter().map(|&from| {
                let label = forest.evaluate(from, &semi);
                semi[label as usize]
            });
            semi[own as usize] = best.min().unwrap_or(own).min(self.parent[own as usize]);
            forest.ancestor[own as usize] = self.parent[own as usize];
        }
        semi
    }
}

/// The part of the search tree that is done, with compressed paths.
struct Forest {
    ancestor: Vec<u32>,
    label: Vec<u32>,
    walked: Vec<u32>,
}

impl Forest {
    /// The vertex with the smallest semidominator between `vertex` and the root of its tree, the root left out.
    fn evaluate(&mut self, vertex: u32, semi: &[u32]) -> u32 {
        if self.ancestor[vertex as usize] == NONE {
            return vertex;
        }
        let mut at = vertex;
        while self.ancestor[self.ancestor[at as usize] as usize] != NONE {
            self.walked.push(at);
            at = self.ancestor[at as usize];
        }
        while let Some(below) = self.walked.pop() {
            let above = self.ancestor[below as usize];
            let (own, better) = (self.label[below as usize], self.label[above as usize]);
            if semi[better as usize] < semi[own as usize] {
                self.label[below as usize] = better;
            }
            self.ancestor[below as usize] = self.ancestor[above as usize];
        }
        self.label[vertex as usize]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reached(count: usize, ends: &[(u32, u32)], without: u32) -> Vec<bool> {
        let mut seen = vec![false; count];
        let mut open = vec![0];
        while let Some(vertex) = open.pop() {
            if vertex == without || std::mem::replace(&mut seen[vertex as usize], true) {
                continue;
            }
            open.extend(ends.iter().filter(|(from, _)| *from == vertex).map(|(_, to)| *to));
        }
        seen
    }

    proptest! {
        #[test]
        fn a_vertex_dominates_what_is_not_reached_without_it(
            (count, ends) in (2_usize..24).prop_flat_map(|count| {
                let end = 0..count as u32;
                (Just(count), proptest::collection::vec((end.clone(), end), 0..60))
            })
        ) {
            let dominators = Dominators::new(&Successors::new(count, &ends), 0);
            let all = reached(count, &ends, NONE);
            let sums = dominators.sums(&vec![1; count]);
            for vertex in 1..count as u32 {
                let without = reached(count, &ends, vertex);
                let lost = (0..count).filter(|&at| all[at] && !without[at]).count() as u64;
                prop_assert_eq!(if all[vertex as usize] { sums[vertex as usize] } else { 0 }, lost);
            }
        }
    }

    #[test]
    fn a_chain_as_long_as_the_graph_needs_no_stack() {
        let ends: Vec<(u32, u32)> = (0..300_000).map(|at| (at, at + 1)).collect();
        let dominators = Dominators::new(&Successors::new(300_001, &ends), 0);
        assert_eq!(dominators.immediate[300_000], 299_999);
    }
}
