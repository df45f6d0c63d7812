//! What every single change cuts, the cheapest set of changes that cuts all, and the best few.
//!
//! A change removes *parts*: vertices or edges. The weight of an entry is cut when it no longer reaches any sink.
//! Changes with one part are all measured in one pass: rooted at the sinks, against the edges, the change cuts what
//! its part dominates. Changes with several parts are measured by a search without them.

use crate::algorithms::dominators::{Dominators, Successors};
use crate::algorithms::min_cut::{Network, UNCUTTABLE};
use crate::topology::{Direction, EdgeId, Removed, Set, Topology, VertexId};

/// A thing that a change takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// A vertex, with all its edges.
    Vertex(VertexId),
    /// An edge.
    Edge(EdgeId),
}

/// One action of a person.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// What it takes away.
    pub parts: Vec<Part>,
    /// How dear it is, at least 1; what must not change is left out by the caller.
    pub cost: u64,
}

/// Where an attacker may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// The vertex.
    pub vertex: VertexId,
    /// How much it counts.
    pub weight: u64,
}

/// What is asked.
#[derive(Clone, Copy)]
pub struct Problem<'a> {
    /// The graph.
    pub topology: &'a Topology,
    /// What can be done.
    pub changes: &'a [Change],
    /// Where attackers begin.
    pub starts: &'a [Start],
    /// Where they must not come.
    pub sinks: &'a [VertexId],
    /// What does not count from the beginning.
    pub removed: &'a Removed,
}

/// A step of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The index of the change.
    pub change: usize,
    /// The weight that it cuts after the steps before it.
    pub cut: u64,
    /// The weight that still reaches a sink after it.
    pub left: u64,
}

/// Changes in the order in which they are best made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The weight that reaches a sink before anything is changed.
    pub before: u64,
    /// The steps.
    pub steps: Vec<Step>,
}

impl Removed {
    /// What is gone of both.
    fn with(&self, other: &Self) -> Self {
        let mut all = self.clone();
        all.vertices.extend(&other.vertices);
        all.edges.extend(&other.edges);
        all
    }

    /// Takes the parts of a change away.
    pub fn apply(&mut self, change: &Change) {
        for part in &change.parts {
            match part {
                Part::Vertex(vertex) => self.vertices.insert(vertex.index()),
                Part::Edge(edge) => self.edges.insert(edge.index()),
            };
        }
    }
}

impl Problem<'_> {
    /// The weight of the starts that reach a sink without what is removed.
    pub fn weight(&self, removed: &Removed) -> u64 {
        let removed = &self.removed.with(removed);
        let reaching = self.topology.reach(self.sinks, Direction::Backward, removed);
        let starts = self.starts.iter().filter(|start| reaching.contains(start.vertex.index()));
        starts.fold(0, |sum, start| sum.saturating_add(start.weight))
    }

    /// The vertices that are on a way from a start to a sink.
    pub fn relevant(&self, removed: &Removed) -> Set {
        let removed = &self.removed.with(removed);
        let starts: Vec<VertexId> = self.starts.iter().map(|start| start.vertex).collect();
        let from = self.topology.reach(&starts, Direction::Forward, removed);
        let to = self.topology.reach(self.sinks, Direction::Backward, removed);
        let mut both = Set::new(self.topology.vertices());
        for at in (0..self.topology.vertices()).filter(|&at| from.contains(at) && to.contains(at)) {
            both.insert(at);
        }
        both
    }

    /// For every change the weight that it cuts by itself, beside what is removed already.
    pub fn effects(&self, removed: &Removed) -> Vec<u64> {
        let relevant = self.relevant(removed);
        let on_a_way = |part: &Part| match part {
            Part::Vertex(vertex) => relevant.contains(vertex.index()),
            Part::Edge(edge) => self.is_relevant(*edge, &relevant, removed),
        };
        let parts: Vec<Vec<Part>> = self
            .changes
            .iter()
            .map(|change| change.parts.iter().copied().filter(|part| on_a_way(part)).collect())
            .collect();
        let single = self.single_effects(&parts, &relevant, removed);
        let before = self.weight(removed);
        let effect = |(parts, single): (&Vec<Part>, Option<u64>)| match (parts.len(), single) {
            (0, _) => 0,
            (_, Some(cut)) => cut,
            (_, None) => {
                let mut without = removed.clone();
                without.apply(&Change { parts: parts.clone(), cost: 1 });
                before - self.weight(&without)
            }
        };
        parts.iter().zip(single).map(effect).collect()
    }

    fn is_relevant(&self, edge: EdgeId, relevant: &Set, removed: &Removed) -> bool {
        !removed.edges.contains(edge.index())
            && !self.removed.edges.contains(edge.index())
            && relevant.contains(self.topology.from(edge).index())
            && relevant.contains(self.topology.to(edge).index())
    }

    /// The effects of the changes that have one part on a way, by dominators; `None` for the others.
    fn single_effects(&self, parts: &[Vec<Part>], relevant: &Set, removed: &Removed) -> Vec<Option<u64>> {
        let mut edges_of_changes = Set::new(self.topology.edges());
        for part in parts.iter().filter(|parts| parts.len() == 1).flatten() {
            if let Part::Edge(edge) = part {
                edges_of_changes.insert(edge.index());
            }
        }
        let vertices = self.topology.vertices() as u32;
        let root = vertices;
        let mut ends: Vec<(u32, u32)> = self.sinks.iter().map(|sink| (root, sink.0)).collect();
        let mut own_vertex = std::collections::BTreeMap::new();
        let mut next = root + 1;
        for edge in (0..self.topology.edges() as u32).map(EdgeId) {
            if !self.is_relevant(edge, relevant, removed) {
                continue;
            }
            let (from, to) = (self.topology.from(edge).0, self.topology.to(edge).0);
            if edges_of_changes.contains(edge.index()) {
                ends.extend([(to, next), (next, from)]);
                own_vertex.insert(edge, next);
                next += 1;
            } else {
                ends.push((to, from));
            }
        }
        let mut weights = vec![0_u64; next as usize];
        for start in self.starts.iter().filter(|start| relevant.contains(start.vertex.index())) {
            let weight = &mut weights[start.vertex.index()];
            *weight = weight.saturating_add(start.weight);
        }
        let sums = Dominators::new(&Successors::new(next as usize, &ends), root).sums(&weights);
        parts
            .iter()
            .map(|parts| match parts.as_slice() {
                [Part::Vertex(vertex)] => Some(sums[vertex.index()]),
                [Part::Edge(edge)] => own_vertex.get(edge).map(|&vertex| sums[vertex as usize]),
                _ => None,
            })
            .collect()
    }

    /// The cheapest changes known that let no start reach a sink, by their indices, and a bound: nothing cheaper than
    /// it can do so. `None` if some way has nothing that can be changed.
    ///
    /// Exact where every change has one part; where changes have several, the set is made small by leaving out what is
    /// not needed, and the bound says how far from the best it may be.
    pub fn cut(&self, removed: &Removed) -> Option<Cut> {
        let relevant = self.relevant(removed);
        let cheapest = self.cheapest_of_parts();
        let vertices = self.topology.vertices() as u32;
        let (source, sink) = (vertices * 2, vertices * 2 + 1);
        let mut network = Network::new(vertices as usize * 2 + 2);
        for at in (0..vertices).filter(|&at| relevant.contains(at as usize)) {
            network.add(at * 2, at * 2 + 1, cheapest.vertices[at as usize]);
        }
        for edge in (0..self.topology.edges() as u32).map(EdgeId) {
            if self.is_relevant(edge, &relevant, removed) {
                let (from, to) = (self.topology.from(edge).0, self.topology.to(edge).0);
                network.add(from * 2 + 1, to * 2, cheapest.edges[edge.index()]);
            }
        }
        for start in self.starts.iter().filter(|start| relevant.contains(start.vertex.index())) {
            network.add(source, start.vertex.0 * 2, UNCUTTABLE);
        }
        for target in self.sinks.iter().filter(|target| relevant.contains(target.index())) {
            network.add(target.0 * 2 + 1, sink, UNCUTTABLE);
        }
        let flow = network.max_flow(source, sink)?;
        let side = network.side(source);
        let mut is_cut = Removed::default();
        for at in (0..vertices).filter(|&at| side[at as usize * 2] && !side[at as usize * 2 + 1]) {
            is_cut.vertices.insert(at as usize);
        }
        for edge in (0..self.topology.edges() as u32).map(EdgeId) {
            let (from, to) = (self.topology.from(edge).0, self.topology.to(edge).0);
            if side[from as usize * 2 + 1] && !side[to as usize * 2] && self.is_relevant(edge, &relevant, removed) {
                is_cut.edges.insert(edge.index());
            }
        }
        let changes = self.cover(&is_cut, removed);
        let several = self.changes.iter().map(|change| change.parts.len()).max().unwrap_or(1).max(1) as u64;
        Some(Cut { bound: if several == 1 { flow } else { flow.div_ceil(several) }, changes })
    }

    fn cheapest_of_parts(&self) -> Cheapest {
        let mut cheapest = Cheapest {
            vertices: vec![UNCUTTABLE; self.topology.vertices()],
            edges: vec![UNCUTTABLE; self.topology.edges()],
        };
        for change in self.changes {
            for part in &change.parts {
                let cost = match part {
                    Part::Vertex(vertex) => &mut cheapest.vertices[vertex.index()],
                    Part::Edge(edge) => &mut cheapest.edges[edge.index()],
                };
                *cost = (*cost).min(change.cost);
            }
        }
        cheapest
    }

    /// Changes that take all these parts away, without those that are not needed.
    fn cover(&self, is_cut: &Removed, removed: &Removed) -> Vec<usize> {
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
        let mut kept: Vec<usize> = useful.iter().map(|&(at, _)| at).collect();
        for (at, _) in useful {
            let without: Vec<usize> = kept.iter().copied().filter(|&other| other != at).collect();
            let mut all = removed.clone();
            without.iter().for_each(|&other| all.apply(&self.changes[other]));
            if self.weight(&all) == 0 {
                kept = without;
            }
        }
        kept.sort_unstable();
        kept
    }

    /// At most `budget` changes, each the one that cuts most for its cost after those before it. Where no single change
    /// cuts anything, because there are ways around all of them, the cheapest set that cuts everything is followed.
    pub fn plan(&self, budget: usize) -> Plan {
        let mut removed = Removed::default();
        let before = self.weight(&removed);
        let mut plan = Plan { before, steps: Vec::new() };
        let mut left = before;
        let mut course: Vec<usize> = Vec::new();
        while left > 0 && plan.steps.len() < budget {
            let effects = self.effects(&removed);
            let taken = |at: &usize| plan.steps.iter().any(|step| step.change == *at);
            // Compares cut by cost without division, so that order does not hang on rounding.
            let better = |a: &usize, b: &usize| {
                let worth = |at: usize, other: usize| u128::from(effects[at]) * u128::from(self.changes[other].cost);
                worth(*a, *b).cmp(&worth(*b, *a)).then(b.cmp(a))
            };
            let best = (0..self.changes.len()).filter(|at| effects[*at] > 0 && !taken(at)).max_by(better);
            let change = match best {
                Some(change) => change,
                None => {
                    course.retain(|at| !taken(at));
                    if course.is_empty() {
                        course = self.cut(&removed).map(|cut| cut.changes).unwrap_or_default();
                        course.reverse();
                    }
                    let Some(change) = course.pop() else { break };
                    change
                }
            };
            removed.apply(&self.changes[change]);
            let now = self.weight(&removed);
            plan.steps.push(Step { change, cut: left - now, left: now });
            left = now;
        }
        plan
    }
}

/// Changes that cut everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Their indices.
    pub changes: Vec<usize>,
    /// No set of changes that cuts everything costs less.
    pub bound: u64,
}

struct Cheapest {
    vertices: Vec<u64>,
    edges: Vec<u64>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug)]
    struct Case {
        topology: Topology,
        changes: Vec<Change>,
        starts: Vec<Start>,
        sinks: Vec<VertexId>,
        removed: Removed,
    }

    impl Case {
        fn problem(&self) -> Problem<'_> {
            let Self { topology, changes, starts, sinks, removed } = self;
            Problem { topology, changes, starts, sinks, removed }
        }
    }

    /// Graphs of up to ten vertices; the first three may be starts, the last two are sinks, and nothing takes a start
    /// or a sink away.
    fn cases(most_parts: usize) -> impl Strategy<Value = Case> {
        (6_usize..10).prop_flat_map(move |count| {
            let end = 0..count as u32;
            let edges = proptest::collection::vec((end.clone(), end), 4..26);
            (Just(count), edges).prop_flat_map(move |(count, ends)| {
                let edge_count = ends.len() as u32;
                let part = prop_oneof![
                    (3..count as u32 - 2).prop_map(|at| Part::Vertex(VertexId(at))),
                    (0..edge_count).prop_map(|at| Part::Edge(EdgeId(at))),
                ];
                let change = (proptest::collection::vec(part, 1..=most_parts), 1_u64..4)
                    .prop_map(|(parts, cost)| Change { parts, cost });
                let weights = proptest::collection::vec(1_u64..9, 3);
                (proptest::collection::vec(change, 1..7), weights).prop_map(move |(changes, weights)| {
                    let ends = ends.iter().map(|&(from, to)| (VertexId(from), VertexId(to))).collect();
                    let starts = (0..).zip(weights).map(|(at, weight)| Start { vertex: VertexId(at), weight });
                    let sinks = vec![VertexId(count as u32 - 2), VertexId(count as u32 - 1)];
                    Case {
                        topology: Topology::new(count, ends),
                        changes,
                        starts: starts.collect(),
                        sinks,
                        removed: Removed::default(),
                    }
                })
            })
        })
    }

    fn without(case: &Case, changes: impl IntoIterator<Item = usize>) -> u64 {
        let mut removed = Removed::default();
        changes.into_iter().for_each(|at| removed.apply(&case.changes[at]));
        case.problem().weight(&removed)
    }

    proptest! {
        #[test]
        fn effects_are_what_a_search_without_the_change_finds(case in cases(3)) {
            let problem = case.problem();
            let before = problem.weight(&Removed::default());
            for (at, cut) in problem.effects(&Removed::default()).into_iter().enumerate() {
                prop_assert_eq!(cut, before - without(&case, [at]));
            }
        }

        #[test]
        fn a_cut_cuts_all_and_none_of_it_can_be_left_out(case in cases(3)) {
            let all = without(&case, 0..case.changes.len());
            match case.problem().cut(&Removed::default()) {
                None => prop_assert!(all > 0),
                Some(cut) => {
                    prop_assert_eq!(without(&case, cut.changes.iter().copied()), 0);
                    for left_out in &cut.changes {
                        prop_assert!(without(&case, cut.changes.iter().copied().filter(|at| at != left_out)) > 0);
                    }
                }
            }
        }

        #[test]
        fn with_changes_of_one_part_a_cut_is_the_cheapest(case in cases(1)) {
            let cost = |mask: u32| (0..case.changes.len()).filter(|at| mask & (1 << at) != 0).map(|at| case.changes[at].cost).sum::<u64>();
            let masks = 0..1_u32 << case.changes.len();
            let cutting = masks.filter(|mask| without(&case, (0..case.changes.len()).filter(|at| mask & (1 << at) != 0)) == 0);
            let cheapest = cutting.map(cost).min();
            let found = case.problem().cut(&Removed::default());
            prop_assert_eq!(found.as_ref().map(|cut| cut.changes.iter().map(|&at| case.changes[at].cost).sum::<u64>()), cheapest);
            prop_assert_eq!(found.map(|cut| cut.bound), cheapest);
        }

        #[test]
        fn no_cut_is_cheaper_than_its_bound(case in cases(3)) {
            let cost = |mask: u32| (0..case.changes.len()).filter(|at| mask & (1 << at) != 0).map(|at| case.changes[at].cost).sum::<u64>();
            let masks = 0..1_u32 << case.changes.len();
            let cutting = masks.filter(|mask| without(&case, (0..case.changes.len()).filter(|at| mask & (1 << at) != 0)) == 0);
            if let (Some(cheapest), Some(found)) = (cutting.map(cost).min(), case.problem().cut(&Removed::default())) {
                prop_assert!(found.bound <= cheapest);
            }
        }

        #[test]
        fn a_plan_keeps_what_it_promises_and_ends_only_where_nothing_helps(case in cases(3)) {
            let plan = case.problem().plan(usize::MAX);
            let mut done = Vec::new();
            let mut left = plan.before;
            for step in &plan.steps {
                done.push(step.change);
                prop_assert_eq!(without(&case, done.iter().copied()), step.left);
                prop_assert_eq!(step.cut, left - step.left);
                left = step.left;
            }
            let can_all_be_cut = without(&case, 0..case.changes.len()) == 0;
            prop_assert!(left == 0 || !can_all_be_cut);
        }
    }
}
