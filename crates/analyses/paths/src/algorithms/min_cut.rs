//! The cheapest set of vertices and edges without which no source reaches a sink: Dinic's algorithm over split
//! vertices, without recursion.

/// What cannot be cut.
pub const UNCUTTABLE: u64 = u64::MAX / 4;

#[derive(Clone, Copy, Debug)]
struct Arc {
    to: u32,
    left: u64,
}

/// A network of capacities. Arcs and their reverses stand side by side.
#[derive(Debug, Default)]
pub struct Network {
    count: usize,
    arcs: Vec<Arc>,
    /// The arcs that leave each vertex, in the order in which they were added; made when they are first asked for.
    starts: Vec<u32>,
    rows: Vec<u32>,
}

impl Network {
    /// A network of so many vertices.
    pub fn new(count: usize) -> Self {
        Self { count, ..Self::default() }
    }

    /// Adds an arc.
    pub fn add(&mut self, from: u32, to: u32, capacity: u64) {
        self.arcs.push(Arc { to, left: capacity });
        self.arcs.push(Arc { to: from, left: 0 });
    }

    fn sort_into_rows(&mut self) {
        let mut starts = vec![0_u32; self.count + 1];
        let tail = |arc: usize| self.arcs[arc ^ 1].to as usize;
        for arc in 0..self.arcs.len() {
            starts[tail(arc) + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut rows = vec![0_u32; self.arcs.len()];
        for arc in 0..self.arcs.len() {
            let slot = &mut next[tail(arc)];
            rows[*slot as usize] = arc as u32;
            *slot += 1;
        }
        (self.starts, self.rows) = (starts, rows);
    }

    fn row(&self, vertex: u32) -> &[u32] {
        &self.rows[self.starts[vertex as usize] as usize..self.starts[vertex as usize + 1] as usize]
    }

    /// Sends as much as possible; `None` if that is without bound, because some way has nothing that can be cut.
    pub fn max_flow(&mut self, source: u32, sink: u32) -> Option<u64> {
        self.sort_into_rows();
        let mut flow = 0_u64;
        loop {
            let levels = self.levels(source, Some(sink));
            if levels[sink as usize] == u32::MAX {
                return Some(flow);
            }
            let mut next = vec![0_usize; self.count];
            while let Some(sent) = self.send(source, sink, &levels, &mut next) {
                flow = flow.saturating_add(sent);
                if flow >= UNCUTTABLE {
                    return None;
                }
            }
        }
    }

    /// What can still be reached from the source when the flow is greatest: the cut is between this and the rest.
    pub fn side(&self, source: u32) -> Vec<bool> {
        self.levels(source, None).into_iter().map(|level| level != u32::MAX).collect()
    }

    /// How far each vertex is from the source, or at least those that are nearer than `until`.
    fn levels(&self, source: u32, until: Option<u32>) -> Vec<u32> {
        let mut levels = vec![u32::MAX; self.count];
        levels[source as usize] = 0;
        let mut order = vec![source];
        let mut at = 0;
        while let Some(&vertex) = order.get(at) {
            at += 1;
            for &arc in self.row(vertex) {
                let Arc { to, left } = self.arcs[arc as usize];
                if left > 0 && levels[to as usize] == u32::MAX {
                    levels[to as usize] = levels[vertex as usize] + 1;
                    if until == Some(to) {
                        return levels;
                    }
                    order.push(to);
                }
            }
        }
        levels
    }

    /// Finds one way along the levels and fills it.
    fn send(&mut self, source: u32, sink: u32, levels: &[u32], next: &mut [usize]) -> Option<u64> {
        let mut way: Vec<u32> = Vec::new();
        let mut vertex = source;
        while vertex != sink {
            let row = self.row(vertex);
            let onward = row[next[vertex as usize]..].iter().position(|&arc| {
                let Arc { to, left } = self.arcs[arc as usize];
                left > 0 && levels[to as usize] == levels[vertex as usize] + 1
            });
            match onward {
                Some(skipped) => {
                    next[vertex as usize] += skipped;
                    let arc = row[next[vertex as usize]];
                    way.push(arc);
                    vertex = self.arcs[arc as usize].to;
                }
                None => {
                    next[vertex as usize] = row.len();
                    let arc = way.pop()?;
                    vertex = self.arcs[arc as usize ^ 1].to;
                    next[vertex as usize] += 1;
                }
            }
        }
        let sent = way.iter().map(|&arc| self.arcs[arc as usize].left).min()?;
        for arc in way {
            self.arcs[arc as usize].left -= sent;
            self.arcs[arc as usize ^ 1].left += sent;
        }
        Some(sent)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_cheaper_set_of_vertices_cuts(
            (count, ends, costs) in (3_usize..9).prop_flat_map(|count| {
                let end = 0..count as u32;
                (Just(count), proptest::collection::vec((end.clone(), end), 0..24), proptest::collection::vec(1_u64..5, count))
            })
        ) {
            let sink = count as u32 - 1;
            prop_assume!(!ends.contains(&(0, sink)));
            let mut network = Network::new(count * 2);
            for vertex in 0..count as u32 {
                let inner = vertex != 0 && vertex != sink;
                network.add(vertex * 2, vertex * 2 + 1, if inner { costs[vertex as usize] } else { UNCUTTABLE });
            }
            for &(from, to) in &ends {
                network.add(from * 2 + 1, to * 2, UNCUTTABLE);
            }
            let flow = network.max_flow(0, sink * 2 + 1);
            let reaches = |mask: u32| {
                let mut seen = mask;
                let mut open = vec![0];
                while let Some(vertex) = open.pop() {
                    if vertex == sink { return true; }
                    for &(from, to) in &ends {
                        if from == vertex && seen & (1 << to) == 0 { seen |= 1 << to; open.push(to); }
                    }
                }
                false
            };
            let inner = (0..1_u32 << count).filter(|mask| mask & 1 == 0 && mask & (1 << sink) == 0);
            let cost = |mask: u32| (0..count).filter(|at| mask & (1 << at) != 0).map(|at| costs[at]).sum::<u64>();
            let cheapest = inner.filter(|&mask| !reaches(mask)).map(cost).min();
            prop_assert_eq!(flow, cheapest);
        }
    }
}
