//! How far a break-in gets: what is reached directly, and what is reached from there.

use std::collections::VecDeque;

use crate::bits::Bits;
use crate::network::{EndpointId, Identity, Network};
use crate::pairs::Adjacency;

/// Who reaches whom, over any number of connections.
pub struct Closure {
    /// For every behaviour the component that it is in.
    component: Vec<u32>,
    /// For every component the behaviours that are reached from it.
    reached: Vec<Bits>,
}

impl Closure {
    /// Whether one is reached from the other.
    pub fn reaches(&self, network: &Network<'_>, from: EndpointId, to: EndpointId) -> bool {
        let of = |endpoint| network.get(endpoint).behaviour;
        self.reached[self.component[of(from) as usize] as usize].contains(of(to))
    }

    /// How many workloads are reached from an endpoint, besides its own.
    pub fn count(&self, network: &Network<'_>, from: EndpointId) -> usize {
        let reached = &self.reached[self.component[network.get(from).behaviour as usize] as usize];
        let endpoints = reached.iter().flat_map(|behaviour| &network.of_behaviour[behaviour as usize]);
        endpoints.filter(|other| **other != from && network.is_pod(**other)).count()
    }
}

impl Network<'_> {
    /// Who reaches whom over any number of connections between pods. What is outside the cluster, and nodes, are reached
    /// and not gone through: what happens there is not known to policies.
    pub fn closure(&self) -> Closure {
        self.closure_of(&self.adjacency())
    }

    /// The same, of pairs that are known.
    pub fn closure_of(&self, adjacency: &Adjacency) -> Closure {
        let adjacency = &adjacency.rows;
        let goes_on: Vec<bool> = self.compiled.behaviours.iter().map(|behaviour| behaviour.is_workload).collect();
        let component = components(adjacency, &goes_on);
        let count = component.iter().max().map_or(0, |last| *last as usize + 1);
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); count];
        (0..).zip(&component).for_each(|(behaviour, of)| members[*of as usize].push(behaviour));
        let mut reached: Vec<Bits> = vec![Bits::default(); count];
        let goes: Vec<bool> = members.iter().map(|of| of.iter().any(|member| goes_on[*member as usize])).collect();
        // Components are numbered so that what is reached from one has a smaller number. Those that are not gone through
        // reach others as well, if that is where one starts: they come last.
        let (first, last): (Vec<usize>, Vec<usize>) = (0..count).partition(|own| goes[*own]);
        for own in first.into_iter().chain(last) {
            let mut direct = Bits::new(adjacency.len());
            for member in &members[own] {
                direct.union(&adjacency[*member as usize]);
            }
            let mut all = direct.clone();
            let mut seen = Bits::new(count);
            for to in direct.iter().filter(|to| goes_on[*to as usize]) {
                let of = component[to as usize];
                if of as usize != own && !seen.contains(of) {
                    seen.insert(of);
                    all.union(&reached[of as usize]);
                }
            }
            reached[own] = all;
        }
        Closure { component, reached }
    }

    /// The endpoints that are reached from `from`, in the order of their distance, each with the one before it on a
    /// shortest way.
    pub fn ways(&self, from: &[EndpointId]) -> Vec<Step> {
        self.ways_with(from, &[])
    }

    /// The same, where some are reached from the start besides, each with where from.
    pub(crate) fn ways_with(&self, from: &[EndpointId], besides: &[(EndpointId, EndpointId)]) -> Vec<Step> {
        let mut queue: VecDeque<(EndpointId, u32)> = from.iter().map(|start| (*start, 0)).collect();
        let mut seen = vec![false; self.endpoints.len()];
        from.iter().for_each(|start| seen[start.0 as usize] = true);
        let mut steps = Vec::new();
        for &(endpoint, before) in besides {
            if !std::mem::replace(&mut seen[endpoint.0 as usize], true) {
                steps.push(Step { endpoint, before, distance: 1 });
                queue.push_back((endpoint, 1));
            }
        }
        while let Some((current, distance)) = queue.pop_front() {
            let is_start = distance == 0;
            if !is_start && !self.is_gone_through(current) {
                continue;
            }
            let row = self.row(current);
            for (other, _) in self.endpoints() {
                if seen[other.0 as usize] || !row.reaches(other) {
                    continue;
                }
                seen[other.0 as usize] = true;
                steps.push(Step { endpoint: other, before: current, distance: distance + 1 });
                queue.push_back((other, distance + 1));
            }
        }
        steps
    }

    fn is_gone_through(&self, endpoint: EndpointId) -> bool {
        matches!(self.get(endpoint).identity, Identity::Workload { .. })
    }
}

/// One endpoint that is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Who is reached.
    pub endpoint: EndpointId,
    /// From whom.
    pub before: EndpointId,
    /// Over how many connections.
    pub distance: u32,
}

/// The strongly connected components, numbered so that edges go to smaller numbers. Iterative: a chain may be long. What
/// does not go on is a component of its own.
fn components(adjacency: &[Bits], goes_on: &[bool]) -> Vec<u32> {
    const NONE: u32 = u32::MAX;
    let count = adjacency.len();
    let mut search = Search {
        order: vec![NONE; count],
        low: vec![0; count],
        component: vec![NONE; count],
        unvisited: Bits::new(count),
        active: Bits::new(count),
        stack: Vec::new(),
        next: 0,
        components: 0,
    };
    (0..count as u32).for_each(|node| search.unvisited.insert(node));
    let nothing = Bits::new(count);
    for root in 0..count as u32 {
        if search.order[root as usize] != NONE {
            continue;
        }
        let mut path = vec![root];
        search.enter(root);
        while let Some(&node) = path.last() {
            let edges = if goes_on[node as usize] { &adjacency[node as usize] } else { &nothing };
            if let Some(next) = edges.first_common(&search.unvisited) {
                search.enter(next);
                path.push(next);
                continue;
            }
            path.pop();
            search.leave(node, edges, path.last().copied());
        }
    }
    search.component
}

struct Search {
    order: Vec<u32>,
    low: Vec<u32>,
    component: Vec<u32>,
    unvisited: Bits,
    /// On the stack, so that an edge to it closes a circle.
    active: Bits,
    stack: Vec<u32>,
    next: u32,
    components: u32,
}

impl Search {
    fn enter(&mut self, node: u32) {
        self.order[node as usize] = self.next;
        self.low[node as usize] = self.next;
        self.next += 1;
        self.unvisited.remove(node);
        self.active.insert(node);
        self.stack.push(node);
    }

    fn leave(&mut self, node: u32, edges: &Bits, parent: Option<u32>) {
        let low = edges.common(&self.active).map(|to| self.order[to as usize]).min().unwrap_or(u32::MAX);
        self.low[node as usize] = self.low[node as usize].min(low);
        if self.low[node as usize] == self.order[node as usize] {
            while let Some(member) = self.stack.pop() {
                self.active.remove(member);
                self.component[member as usize] = self.components;
                if member == node {
                    break;
                }
            }
            self.components += 1;
        }
        if let Some(parent) = parent {
            self.low[parent as usize] = self.low[parent as usize].min(self.low[node as usize]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(u32, u32)], count: usize) -> Vec<Bits> {
        let mut graph = vec![Bits::new(count); count];
        edges.iter().for_each(|(from, to)| graph[*from as usize].insert(*to));
        graph
    }

    #[test]
    fn circles_are_one_component_and_edges_go_to_smaller_numbers() {
        let edges = [(0, 1), (1, 2), (2, 0), (2, 3), (3, 4), (4, 3), (5, 0), (1, 5)];
        let found = components(&graph(&edges, 7), &[true; 7]);
        assert_eq!(found[0], found[1]);
        assert_eq!(found[0], found[2]);
        assert_eq!(found[0], found[5]);
        assert_eq!(found[3], found[4]);
        assert!(found[3] < found[0] && found[6] != found[0]);
        let cut = components(&graph(&edges, 7), &[true, true, false, true, true, true, true]);
        assert_ne!(cut[0], cut[2]);
    }

    #[test]
    fn a_long_chain_does_not_exhaust_the_stack() {
        let edges: Vec<(u32, u32)> = (0..2000).map(|node| (node, node + 1)).collect();
        assert_eq!(components(&graph(&edges, 2001), &[true; 2001])[2000], 0);
    }
}
