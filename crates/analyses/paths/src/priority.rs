//! What findings contribute: which of them a way of an attacker uses, and how much of the risk is gone without.

use std::collections::BTreeMap;

use model::inventory::{Inventory, ResourceId};
use model::priority::{Contribution, FirstChange, Goal, Origin, Priorities};
use rbac::SubjectKey;

use crate::algorithms::ranking::Plan;
use crate::analysis::{Analysis, NAMELESS, Question, usual_entries, usual_sinks};
use crate::edges::EDGES;
use crate::graph::Graph;
use crate::topology::{Direction, EdgeId, Removed, Set, VertexId};
use crate::vertex::Vertex;
use crate::world::{Config, World};

/// So many changes are looked for.
const CHANGES: usize = 10;

/// What comes first in an inventory, and why.
pub fn priorities(inventory: &Inventory, config: &Config) -> Priorities {
    if inventory.facts.workloads.is_empty() && inventory.facts.bindings.is_empty() {
        return Priorities::default();
    }
    let world = World::new(inventory, config);
    let graph = Graph::new(&world, EDGES);
    let question = Question { entries: usual_entries(&world), sinks: usual_sinks(), ..Question::default() };
    let analysis = Analysis::new(&graph, &question);
    let plan = analysis.plan(CHANGES);
    if plan.before == 0 {
        return Priorities::default();
    }
    let mut priorities = Priorities {
        contributions: contributions(&world, &graph, &analysis, &plan),
        first: Vec::new(),
        risk: plan.before,
    };
    priorities.sort();
    priorities.first = plan
        .steps
        .iter()
        .map(|step| {
            let fix = &graph.fixes[step.change];
            FirstChange {
                resource: fix.key.resource,
                place: fix.key.place,
                file: None,
                title: fix.title,
                group: step.group,
                left: thousandths(step.left, plan.before),
            }
        })
        .collect();
    priorities
}

/// Never nothing of something.
fn thousandths(part: u64, of: u64) -> u16 {
    let share = (u128::from(part) * 1000).div_ceil(u128::from(of.max(1)));
    u16::try_from(share).unwrap_or(1000).min(1000)
}

fn contributions(world: &World<'_>, graph: &Graph, analysis: &Analysis<'_>, plan: &Plan) -> Vec<Contribution> {
    let topology = &graph.topology;
    let none = Removed::default();
    let reach = |vertices: &[VertexId], direction| topology.reach(vertices, direction, &none);
    let origins: Vec<(Origin, Set)> = [Origin::Internet, Origin::Anonymous, Origin::Authenticated, Origin::Workload]
        .into_iter()
        .map(|origin| {
            let starts = analysis.starts().iter().map(|start| start.vertex);
            let own: Vec<VertexId> = starts.filter(|at| origin_of(world, graph, *at) == Some(origin)).collect();
            (origin, reach(&own, Direction::Forward))
        })
        .collect();
    let goals: Vec<(Goal, Set)> = [Goal::ClusterAdmin, Goal::ControlPlane, Goal::Node, Goal::Secrets]
        .into_iter()
        .filter_map(|goal| Some((goal, reach(&[graph.vertex(vertex_of(goal))?], Direction::Backward))))
        .collect();
    let shares = shares(analysis, plan);
    let mut found: Vec<Contribution> = Vec::new();
    for (at, edge) in (0..).map(EdgeId).zip(&graph.edges) {
        let controls = edge.kind.found_by;
        if controls.is_empty() {
            continue;
        }
        let (start, end) = (topology.from(at).index(), topology.to(at).index());
        let from = origins.iter().find(|(_, set)| set.contains(start)).map(|(origin, _)| *origin);
        let to = goals.iter().find(|(_, set)| set.contains(end)).map(|(goal, _)| *goal);
        let (Some(from), Some(to)) = (from, to) else { continue };
        let mut cuts: BTreeMap<ResourceId, Share> =
            edge.evidence.iter().filter_map(|evidence| Some((evidence.resource?, Share::default()))).collect();
        for fix in graph.fixes_of(at) {
            let cut = cuts.entry(graph.fixes[fix.0 as usize].key.resource).or_default();
            *cut = (*cut).max(shares[fix.0 as usize]);
        }
        for (resource, Share { share, cut, together }) in cuts {
            let of = |control: &&'static str| Contribution { resource, control, cut, together, share, from, to };
            found.extend(controls.iter().map(of));
        }
    }
    found
}

/// How much of the risk a fix cuts, in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Share {
    share: u16,
    cut: u16,
    together: u16,
}

/// For every fix what it cuts by itself, and its share of what its group in the plan does.
fn shares(analysis: &Analysis<'_>, plan: &Plan) -> Vec<Share> {
    let alone = analysis.effects().into_iter().map(|cut| thousandths(cut, plan.before));
    let mut shares: Vec<Share> = alone.map(|cut| Share { share: cut, cut, together: 0 }).collect();
    let mut rest = plan.steps.as_slice();
    while let Some(first) = rest.first() {
        let count = rest.iter().take_while(|step| step.group == first.group).count();
        let (group, others) = rest.split_at(count);
        let cut = group.iter().map(|step| step.cut).fold(0, u64::saturating_add);
        for step in group {
            let known = &mut shares[step.change];
            known.together = thousandths(cut, plan.before);
            known.share = known.share.max(thousandths(cut / count as u64, plan.before));
        }
        rest = others;
    }
    shares
}

fn origin_of(world: &World<'_>, graph: &Graph, vertex: VertexId) -> Option<Origin> {
    match graph.vertices[vertex.index()] {
        Vertex::Internet => Some(Origin::Internet),
        Vertex::Workload(_) => Some(Origin::Workload),
        Vertex::Subject(SubjectKey::Group(name)) if world.text(name) == NAMELESS => Some(Origin::Anonymous),
        Vertex::Subject(_) => Some(Origin::Authenticated),
        _ => None,
    }
}

fn vertex_of(goal: Goal) -> Vertex {
    match goal {
        Goal::Secrets => Vertex::Secrets(None),
        Goal::Node => Vertex::Node,
        Goal::ControlPlane => Vertex::ControlPlaneNode,
        Goal::ClusterAdmin => Vertex::ClusterAdmin,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_is_never_nothing() {
        assert_eq!(
            [thousandths(0, 9), thousandths(1, 1_000_000), thousandths(9, 9), thousandths(1, 0)],
            [0, 1, 1000, 1000]
        );
    }
}
