//! What every single change cuts, and the changes that are best made, in order.
//!
//! A change removes *parts*: vertices or edges. What an entry and a sink count together is cut when the entry no longer
//! reaches the sink. Changes with one part are all measured in one pass for each sink: rooted at it, against the edges,
//! the change cuts what its part dominates. Changes with several parts make pieces of a tree of ways fall.

use crate::algorithms::condensed::Condensed;
use crate::algorithms::cut::{Cheapest, Separation};
use crate::algorithms::dominators::{Dominators, Successors};
use crate::algorithms::toward::Toward;
use crate::topology::{EdgeId, Removed, Set, Topology, VertexId};

pub use crate::algorithms::cut::Cut;

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

/// Where an attacker must not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sink {
    /// The vertex.
    pub vertex: VertexId,
    /// How much it counts: an entry that reaches it counts this many times its own weight.
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
    pub sinks: &'a [Sink],
    /// What does not count from the beginning.
    pub removed: &'a Removed,
    /// The edges that hang on something that is not known.
    pub uncertain: &'a Set,
}

/// A step of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The index of the change.
    pub change: usize,
    /// The weight that it cuts after the steps before it.
    pub cut: u64,
    /// The weight that still reaches sinks after it.
    pub left: u64,
    /// The weight that still reaches sinks by ways that hang on nothing that is not known.
    pub certain: u64,
    /// The number of the group of steps that it belongs to. Those of one group cut together what none of them cuts alone.
    pub group: u32,
}

/// Changes in the order in which they are best made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The weight that reaches a sink before anything is changed.
    pub before: u64,
    /// The weight that does by ways that hang on nothing that is not known.
    pub certain: u64,
    /// The steps.
    pub steps: Vec<Step>,
}

impl Plan {
    /// The weight that reaches sinks after it, and that by certain ways.
    pub fn ends(&self) -> (u64, u64) {
        self.steps.last().map_or((self.before, self.certain), |step| (step.left, step.certain))
    }
}

impl Removed {
    /// What is gone of both.
    pub(crate) fn with(&self, other: &Self) -> Self {
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

/// So many groups of entries are looked at by themselves: those that count most.
const GROUPS: usize = 3;

/// Groups of so many changes are ordered by what they leave.
const ORDERED: usize = 16;

/// Changes that are made one after another, because only together they cut.
struct Course {
    changes: Vec<usize>,
    gain: u64,
    cost: u64,
}

impl Problem<'_> {
    /// The weight of the starts that reach sinks without what is removed, for each sink that they reach.
    pub fn weight(&self, removed: &Removed) -> u64 {
        let removed = self.removed.with(removed);
        let weights = self.weights();
        let of_sink = |sink: &Sink| {
            let reaching = self.topology.reach(&[sink.vertex], crate::topology::Direction::Backward, &removed);
            let reaching = weights.iter().enumerate().filter(|(at, _)| reaching.contains(*at));
            let sum = reaching.fold(0_u64, |sum, (_, weight)| sum.saturating_add(*weight));
            sum.saturating_mul(sink.weight)
        };
        self.sinks.iter().map(of_sink).fold(0, u64::saturating_add)
    }

    /// What begins at each vertex, as it counts.
    fn weights(&self) -> Vec<u64> {
        let mut weights = vec![0_u64; self.topology.vertices()];
        for start in self.starts {
            let weight = &mut weights[start.vertex.index()];
            *weight = weight.saturating_add(start.weight);
        }
        weights
    }

    /// For every change the weight that it cuts by itself, beside what is removed already.
    pub fn effects(&self, removed: &Removed) -> Vec<u64> {
        let removed = self.removed.with(removed);
        let weights = self.weights();
        let mut effects = vec![0_u64; self.changes.len()];
        let starts: Vec<VertexId> = self.starts.iter().map(|start| start.vertex).collect();
        let from = self.topology.reach(&starts, crate::topology::Direction::Forward, &removed);
        for sink in self.sinks {
            let mut ways = Toward::new(self.topology, sink.vertex, &removed, &weights);
            // Where nothing comes, nothing can be cut.
            let relevant = |vertex: VertexId| from.contains(vertex.index()) && ways.reaches(vertex);
            let parts = self.parts_between(&relevant, &removed);
            let single = self.single_effects(sink.vertex, &parts, &relevant, &weights, &removed);
            for ((effect, parts), single) in effects.iter_mut().zip(&parts).zip(single) {
                let cut = match (parts.len(), single) {
                    (0, _) => 0,
                    (_, Some(cut)) => cut,
                    (_, None) => ways.lost(parts),
                };
                *effect = effect.saturating_add(cut.saturating_mul(sink.weight));
            }
        }
        effects
    }

    /// The parts of each change that are on a way.
    fn parts_between(&self, relevant: &dyn Fn(VertexId) -> bool, removed: &Removed) -> Vec<Vec<Part>> {
        let on_a_way = |part: &Part| match part {
            Part::Vertex(vertex) => relevant(*vertex),
            Part::Edge(edge) => self.is_relevant(*edge, relevant, removed),
        };
        let of_change = |change: &Change| {
            let mut parts: Vec<Part> = change.parts.iter().copied().filter(|part| on_a_way(part)).collect();
            parts.sort_unstable();
            parts.dedup();
            parts
        };
        self.changes.iter().map(of_change).collect()
    }

    fn is_relevant(&self, edge: EdgeId, relevant: &dyn Fn(VertexId) -> bool, removed: &Removed) -> bool {
        !removed.edges.contains(edge.index()) && relevant(self.topology.from(edge)) && relevant(self.topology.to(edge))
    }

    /// The effects of the changes that have one part on a way to the sink, by dominators; `None` for the others.
    fn single_effects(
        &self,
        sink: VertexId,
        parts: &[Vec<Part>],
        relevant: &dyn Fn(VertexId) -> bool,
        weights: &[u64],
        removed: &Removed,
    ) -> Vec<Option<u64>> {
        let mut edges_of_changes = Set::new(self.topology.edges());
        for part in parts.iter().filter(|parts| parts.len() == 1).flatten() {
            if let Part::Edge(edge) = part {
                edges_of_changes.insert(edge.index());
            }
        }
        let root = self.topology.vertices() as u32;
        let mut ends: Vec<(u32, u32)> = if relevant(sink) { vec![(root, sink.0)] } else { Vec::new() };
        let mut own_vertex = vec![u32::MAX; self.topology.edges()];
        let mut next = root + 1;
        for edge in (0..self.topology.edges() as u32).map(EdgeId) {
            if !self.is_relevant(edge, relevant, removed) {
                continue;
            }
            let (from, to) = (self.topology.from(edge).0, self.topology.to(edge).0);
            if edges_of_changes.contains(edge.index()) {
                ends.extend([(to, next), (next, from)]);
                own_vertex[edge.index()] = next;
                next += 1;
            } else {
                ends.push((to, from));
            }
        }
        let mut sums = weights.to_vec();
        for (at, weight) in sums.iter_mut().enumerate() {
            *weight = if relevant(VertexId(at as u32)) { *weight } else { 0 };
        }
        sums.resize(next as usize, 0);
        let sums = Dominators::new(&Successors::new(next as usize, &ends), root).sums(&sums);
        let effect = |parts: &Vec<Part>| match parts.as_slice() {
            [Part::Vertex(vertex)] => Some(sums[vertex.index()]),
            [Part::Edge(edge)] => Some(sums[own_vertex[edge.index()] as usize]),
            _ => None,
        };
        parts.iter().map(effect).collect()
    }

    /// The cheapest changes known that let no start reach any sink, by their indices, and a bound: nothing cheaper than
    /// it can do so. `None` if some way has nothing that can be changed.
    pub fn cut(&self, removed: &Removed) -> Option<Cut> {
        let starts: Vec<VertexId> = self.starts.iter().map(|start| start.vertex).collect();
        let sinks: Vec<VertexId> = self.sinks.iter().map(|sink| sink.vertex).collect();
        let (Self { topology, changes, .. }, removed) = (*self, &self.removed.with(removed));
        let cheapest = &Cheapest::new(topology, changes);
        Separation { topology, changes, starts: &starts, sinks: &sinks, removed, cheapest }.cut()
    }

    /// At most `budget` changes. Each step is the change, or the group of changes, that cuts most for its cost after those
    /// before it. Groups are found where ways go around each other: what keeps the entries of one weight, or all, from one
    /// sink. Where nothing that fits into the budget cuts anything, what cuts most of the certain ways is taken. What the
    /// others make needless is left out in the end.
    pub fn plan(&self, budget: usize) -> Plan {
        let plan = self.greedy(budget);
        let needed = self.needed(&plan, budget);
        if needed.len() == plan.steps.len() && plan.steps.iter().all(|step| needed.contains(&step.change)) {
            return plan;
        }
        let mut changes: Vec<Change> =
            self.changes.iter().map(|change| Change { parts: Vec::new(), cost: change.cost }).collect();
        for &change in &needed {
            changes[change] = self.changes[change].clone();
        }
        let again = Problem { changes: &changes, ..*self }.greedy(budget);
        if again.ends() <= plan.ends() { again } else { plan }
    }

    fn greedy(&self, budget: usize) -> Plan {
        let none = Removed::default();
        let mut plan = Plan { before: self.weight(&none), certain: self.weight_of_certain(&none), steps: Vec::new() };
        let mut taken = vec![false; self.changes.len()];
        let mut group = 0;
        let mut condensed = Condensed::new(self, &none);
        while plan.ends().0 > 0 && plan.steps.len() < budget {
            let problem = condensed.problem();
            let Some(course) = problem.next(plan.ends(), budget - plan.steps.len(), &taken) else { break };
            let mut removed = Removed::default();
            let mut rest = course.changes;
            while !rest.is_empty() && plan.ends().0 > 0 && plan.steps.len() < budget {
                let change = problem.first_of(&mut rest, &removed);
                taken[change] = true;
                removed.apply(&problem.changes[change]);
                let left = problem.weight(&removed);
                let certain = problem.weight_of_certain(&removed);
                plan.steps.push(Step { change, cut: plan.ends().0 - left, left, certain, group });
            }
            group += 1;
            condensed = Condensed::new(&problem, &removed);
        }
        plan
    }

    /// Takes out what cuts most of what is left, of those that cut alike the cheapest. Where a group is long, its rest is
    /// taken in the order of what it costs.
    fn first_of(&self, rest: &mut Vec<usize>, removed: &Removed) -> usize {
        let at = if rest.len() > 1 && rest.len() <= ORDERED {
            let effects = self.effects(removed);
            let best = (0..rest.len()).max_by_key(|&at| (effects[rest[at]], std::cmp::Reverse(at)));
            best.unwrap_or(0)
        } else {
            0
        };
        rest.remove(at)
    }

    /// The changes of a plan without those that the others make needless, the dearest tried first; or the cheapest that
    /// are known to cut everything, if the plan does and they cost less.
    fn needed(&self, plan: &Plan, budget: usize) -> Vec<usize> {
        let condensed = Condensed::new(self, &Removed::default());
        let problem = condensed.problem();
        let mut needed: Vec<usize> = plan.steps.iter().map(|step| step.change).collect();
        let mut tried = needed.clone();
        tried.sort_by_key(|&at| (std::cmp::Reverse(problem.changes[at].cost), at));
        for at in tried {
            let mut removed = Removed::default();
            needed.iter().filter(|other| **other != at).for_each(|&other| removed.apply(&problem.changes[other]));
            let is_needless = match plan.ends().0 {
                0 => !problem.is_any_left(&removed),
                left => problem.weight(&removed) == left && problem.weight_of_certain(&removed) == plan.ends().1,
            };
            if is_needless {
                needed.retain(|other| *other != at);
            }
        }
        let cost = |changes: &[usize]| changes.iter().map(|&at| self.changes[at].cost).fold(0, u64::saturating_add);
        if plan.ends().0 == 0 && plan.steps.len() > 1 {
            let cheapest = problem.cut(&Removed::default()).map(|cut| cut.changes);
            if let Some(cheapest) = cheapest.filter(|cut| cut.len() <= budget && cost(cut) < cost(&needed)) {
                return cheapest;
            }
        }
        needed
    }

    /// Whether any start reaches any sink without this.
    fn is_any_left(&self, removed: &Removed) -> bool {
        let removed = self.removed.with(removed);
        let starts: Vec<VertexId> = self.starts.iter().map(|start| start.vertex).collect();
        let reached = self.topology.reach(&starts, crate::topology::Direction::Forward, &removed);
        self.sinks.iter().any(|sink| reached.contains(sink.vertex.index()))
    }

    /// The weight that reaches sinks by ways that hang on nothing that is not known.
    pub fn weight_of_certain(&self, removed: &Removed) -> u64 {
        if self.uncertain.is_empty() {
            return self.weight(removed);
        }
        let mut removed = removed.clone();
        removed.edges.extend(self.uncertain);
        self.weight(&removed)
    }

    /// What is best done next, and fits into the budget.
    fn next(&self, (left, certain): (u64, u64), budget: usize, taken: &[bool]) -> Option<Course> {
        let found = self.best(left, budget, taken);
        if found.is_some() || certain == 0 || self.uncertain.is_empty() {
            return found;
        }
        let mut removed = self.removed.clone();
        removed.edges.extend(self.uncertain);
        Problem { removed: &removed, ..*self }.best(certain, budget, taken)
    }

    fn best(&self, left: u64, budget: usize, taken: &[bool]) -> Option<Course> {
        let effects = self.effects(&Removed::default());
        // Compares gain by cost without division, so that order does not hang on rounding.
        let better = |a: &Course, b: &Course| {
            let worth = |one: &Course, other: &Course| u128::from(one.gain) * u128::from(other.cost);
            worth(a, b).cmp(&worth(b, a)).then_with(|| b.changes.cmp(&a.changes))
        };
        let singles = (0..self.changes.len()).filter(|&at| effects[at] > 0 && !taken[at]).map(|at| Course {
            changes: vec![at],
            gain: effects[at],
            cost: self.changes[at].cost,
        });
        let single = singles.max_by(better);
        let courses = self.courses(left, taken).into_iter();
        let fit = courses.filter(|course| course.changes.len() <= budget && course.gain > 0);
        single.into_iter().chain(fit).max_by(better)
    }

    /// For every sink what keeps all entries from it, and those that count most.
    fn courses(&self, left: u64, taken: &[bool]) -> Vec<Course> {
        let Self { topology, changes: known, removed, .. } = *self;
        let cheapest = &Cheapest::new(topology, known);
        let mut weights: Vec<u64> = self.starts.iter().map(|start| start.weight).collect();
        weights.sort_unstable_by(|a, b| b.cmp(a));
        weights.dedup();
        let groups = weights.iter().take(if weights.len() > 1 { GROUPS } else { 0 }).map(|weight| Some(*weight));
        let mut courses = Vec::new();
        for only in groups.chain([None]) {
            let starts = self.starts.iter().filter(|start| only.is_none_or(|weight| start.weight == weight));
            let starts: Vec<VertexId> = starts.map(|start| start.vertex).collect();
            for sink in self.sinks {
                let sinks = &[sink.vertex];
                let separation = Separation { topology, changes: known, starts: &starts, sinks, removed, cheapest };
                let Some(cut) = separation.cut() else { continue };
                let mut changes: Vec<usize> = cut.changes.into_iter().filter(|at| !taken[*at]).collect();
                if changes.is_empty() {
                    continue;
                }
                changes.sort_by_key(|&at| (self.changes[at].cost, at));
                let mut without = Removed::default();
                changes.iter().for_each(|&at| without.apply(&self.changes[at]));
                let gain = left - self.weight(&without);
                let cost = changes.iter().map(|&at| self.changes[at].cost).fold(0, u64::saturating_add);
                courses.push(Course { changes, gain, cost });
            }
        }
        courses
    }
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
        sinks: Vec<Sink>,
        removed: Removed,
        uncertain: Set,
    }

    impl Case {
        fn problem(&self) -> Problem<'_> {
            let Self { topology, changes, starts, sinks, removed, uncertain } = self;
            Problem { topology, changes, starts, sinks, removed, uncertain }
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
                let uncertain = proptest::collection::vec(0..edge_count as usize, 0..4);
                (proptest::collection::vec(change, 1..7), weights, uncertain).prop_map(
                    move |(changes, weights, some)| {
                        let mut uncertain = Set::new(edge_count as usize);
                        for edge in some {
                            uncertain.insert(edge);
                        }
                        let ends = ends.iter().map(|&(from, to)| (VertexId(from), VertexId(to))).collect();
                        let starts = (0..).zip(weights).map(|(at, weight)| Start { vertex: VertexId(at), weight });
                        let sinks = vec![
                            Sink { vertex: VertexId(count as u32 - 2), weight: 3 },
                            Sink { vertex: VertexId(count as u32 - 1), weight: 1 },
                        ];
                        Case {
                            topology: Topology::new(count, ends),
                            changes,
                            starts: starts.collect(),
                            sinks,
                            removed: Removed::default(),
                            uncertain,
                        }
                    },
                )
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
            // None of it is needless, and what is known to be cheaper is taken.
            for needless in &done {
                prop_assert!(left > 0 || without(&case, done.iter().copied().filter(|at| at != needless)) > left);
            }
            let cost = |changes: &[usize]| changes.iter().map(|&at| case.changes[at].cost).sum::<u64>();
            if let Some(cut) = case.problem().cut(&Removed::default()).filter(|_| done.len() > 1) {
                prop_assert!(cost(&done) <= cost(&cut.changes));
            }
        }

        #[test]
        fn every_step_of_a_small_budget_cuts_something(case in cases(3), budget in 1_usize..4) {
            let plan = case.problem().plan(budget);
            prop_assert!(plan.steps.len() <= budget);
            let groups = plan.steps.chunk_by(|a, b| a.group == b.group);
            let mut before = (plan.before, plan.certain);
            for group in groups {
                let last = group.last().expect("a group has a step");
                prop_assert!((last.left, last.certain) < before);
                before = (last.left, last.certain);
            }
        }
    }
}
