//! What the graph knows, in words and places.

use std::cmp::Reverse;

use model::inventory::ResourceId;
use model::place::Place;
use paths::algorithms::ranking::Plan;
use paths::analysis::{Analysis, Path};
use paths::edge::Assumptions;
use paths::graph::{Action, Evidence, FixId, Graph};
use paths::topology::{EdgeId, Removed, VertexId};
use paths::world::World;

use super::{AssumptionInfo, EntryInfo, EvidenceInfo, FixInfo, PathInfo, PlanInfo, PlanStep, StepInfo, Weight};
use crate::report::display_path;

/// Tells what a graph of a world holds.
#[derive(Clone, Copy)]
pub struct Teller<'a> {
    /// The world.
    pub world: &'a World<'a>,
    /// The graph.
    pub graph: &'a Graph,
}

/// So many beginnings of ways of one shape are named.
const BEGINS: usize = 20;
/// So many steps that a change takes away are named.
const TAKEN: usize = 10;

impl Teller<'_> {
    /// The name of a vertex.
    pub fn name(&self, vertex: VertexId) -> String {
        self.graph.vertices[vertex.index()].name(self.world)
    }

    /// Where attackers begin: what counts most, and then by name, whatever the order of files.
    pub fn entries(&self, analysis: &Analysis<'_>) -> Vec<EntryInfo> {
        let starts = analysis.starts().iter();
        let entries = starts.map(|start| EntryInfo { name: self.name(start.vertex), weight: start.weight });
        let mut entries: Vec<EntryInfo> = entries.collect();
        entries.sort_by(|a, b| (Reverse(a.weight), &a.name).cmp(&(Reverse(b.weight), &b.name)));
        entries
    }

    /// How much reaches a sink.
    pub fn reached(&self, analysis: &Analysis<'_>) -> Weight {
        let (reaching, of) = analysis.reached();
        Weight { reaching, of }
    }

    /// A way.
    pub fn path(&self, path: &Path, analysis: &Analysis<'_>) -> PathInfo {
        PathInfo {
            from: self.name(path.entry),
            to: self.name(path.sink),
            difficulty: path.difficulty,
            certain: path.assumptions.is_empty(),
            assumptions: assumptions(path.assumptions),
            alike: path.entries.len(),
            begins: path.entries.iter().take(BEGINS).map(|entry| self.name(*entry)).collect(),
            steps: path.edges.iter().map(|edge| self.step(*edge, analysis)).collect(),
            news: None,
        }
    }

    fn step(&self, id: EdgeId, analysis: &Analysis<'_>) -> StepInfo {
        let edge = &self.graph.edges[id.index()];
        let kind = edge.kind;
        StepInfo {
            from: self.name(self.graph.topology.from(id)),
            to: self.name(self.graph.topology.to(id)),
            to_kind: self.graph.vertices[self.graph.topology.to(id).index()].kind().to_owned(),
            edge: kind.id.to_owned(),
            title: kind.title.to_owned(),
            techniques: kind.techniques.iter().map(|&technique| technique.to_owned()).collect(),
            difficulty: kind.difficulty,
            assumptions: edge.assumptions.iter().map(|assumption| assumption.id.to_owned()).collect(),
            evidence: edge.evidence.iter().map(|evidence| self.evidence(evidence)).collect(),
            verify: kind.verify.to_owned(),
            fixes: analysis.fixes_of(id).into_iter().map(|fix| self.fix(fix, analysis)).collect(),
        }
    }

    pub(super) fn evidence(&self, evidence: &Evidence) -> EvidenceInfo {
        let (path, line) = match evidence.resource {
            Some(resource) => self.file(resource, evidence.place),
            None => (None, None),
        };
        let field = evidence.place.map(|place| self.world.text(place.field)).filter(|field| !field.is_empty());
        EvidenceInfo {
            object: evidence.resource.map(|resource| self.world.object_name(resource)),
            field,
            path,
            line,
            note: self.world.text(evidence.note),
        }
    }

    fn file(&self, resource: ResourceId, place: Option<Place>) -> (Option<String>, Option<u32>) {
        let object = self.world.inventory.resource(resource);
        let path = self.world.inventory.files.get(object.file as usize).map(|path| display_path(path));
        let line = place.map(|place| place.line).filter(|line| *line > 0).or(Some(object.line));
        (path, line.filter(|line| *line > 0))
    }

    /// A change.
    pub fn fix(&self, id: FixId, analysis: &Analysis<'_>) -> FixInfo {
        let fix = &self.graph.fixes[id.0 as usize];
        let (path, line) = self.file(fix.key.resource, Some(fix.key.place));
        let (action, value) = match fix.key.action {
            Action::Remove => ("remove", None),
            Action::Replace(value) => ("replace", Some(value)),
            Action::Insert(value) => ("insert", Some(value)),
            Action::Delete => ("delete", None),
            Action::Isolate => ("isolate", None),
        };
        FixInfo {
            title: self.world.text(fix.title),
            object: self.world.object_name(fix.key.resource),
            field: self.world.text(fix.key.place.field),
            action: action.to_owned(),
            value: value.map(str::to_owned),
            path: path.unwrap_or_default(),
            line,
            cost: analysis.cost(id),
        }
    }

    /// The changes of a plan, and what the graph says when it is asked again without what they take away.
    pub fn plan(&self, analysis: &Analysis<'_>, plan: &Plan) -> PlanInfo {
        let mut removed = Removed::default();
        let mut verified = true;
        let mut steps = Vec::new();
        for (number, step) in plan.steps.iter().enumerate() {
            let change = &self.graph.changes[step.change];
            removed.apply(change);
            // What a group promises is asked when all of it is gone.
            let ends_group = plan.steps.get(number + 1).is_none_or(|next| next.group != step.group);
            verified &= !ends_group
                || (analysis.left(&removed), analysis.certainly_left(&removed)) == (step.left, step.certain);
            let id = FixId(step.change as u32);
            steps.push(PlanStep {
                fix: self.fix(id, analysis),
                cuts: step.cut,
                left: step.left,
                certain_left: step.certain,
                group: step.group,
                takes_away: self.taken(id),
            });
        }
        let (left, _) = plan.ends();
        let cost_of = |changes: &mut dyn Iterator<Item = usize>| {
            changes.map(|change| analysis.cost(FixId(change as u32))).fold(0, u64::saturating_add)
        };
        let own = (left == 0).then(|| cost_of(&mut plan.steps.iter().map(|step| step.change)));
        let known = analysis.cut().map(|cut| cost_of(&mut cut.changes.into_iter()));
        PlanInfo {
            before: plan.before,
            left,
            certain_before: plan.certain,
            steps,
            cost_of_all: own.into_iter().chain(known).min(),
            verified,
        }
    }

    fn taken(&self, fix: FixId) -> Vec<String> {
        let mut taken: Vec<EdgeId> = self.graph.edges_cut_by(fix);
        taken.truncate(TAKEN);
        let told = taken.into_iter().map(|edge| {
            let (from, to) = (self.graph.topology.from(edge), self.graph.topology.to(edge));
            format!("{}: {} -> {}", self.graph.edges[edge.index()].kind.id, self.name(from), self.name(to))
        });
        told.collect()
    }
}

fn assumptions(all: Assumptions) -> Vec<AssumptionInfo> {
    let told = |assumption: &'static paths::edge::Assumption| AssumptionInfo {
        id: assumption.id.to_owned(),
        text: assumption.text.to_owned(),
    };
    all.iter().map(told).collect()
}
