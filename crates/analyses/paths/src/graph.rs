//! The graph: what attackers can hold, how they come from one to the next, and what takes that away.

use std::collections::{BTreeMap, BTreeSet};

use model::inventory::ResourceId;
use model::place::Place;
use model::symbols::Symbol;
use rbac::{BindingId, Item, List, RoleId, RoleRule, SubjectKey};

use crate::algorithms::ranking::{Change, Part};
use crate::edge::{Assumption, Assumptions, EdgeKind};
use crate::placement;
use crate::topology::{EdgeId, Topology, VertexId};
use crate::vertex::Vertex;
use crate::world::{RightId, Wanted, World};

/// The index of a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FixId(pub u32);

/// What shows that an edge is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The object.
    pub resource: Option<ResourceId>,
    /// The place in it.
    pub place: Option<Place>,
    /// What is there, in words.
    pub note: Symbol,
}

/// An edge.
#[derive(Clone, Debug)]
pub struct Edge {
    /// What the attacker does.
    pub kind: &'static EdgeKind,
    /// What is not known and must hold.
    pub assumptions: Assumptions,
    /// What shows it; the first is the main thing.
    pub evidence: Box<[Evidence]>,
}

/// A change that a person can make, as an edit of one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FixKey {
    /// The object that is changed.
    pub resource: ResourceId,
    /// Where.
    pub place: Place,
    /// How.
    pub action: Action,
}

/// What a fix does at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Takes the field or item away.
    Remove,
    /// Writes this in place of the value.
    Replace(&'static str),
    /// Writes these lines of YAML into the mapping.
    Insert(&'static str),
    /// Takes the whole object away.
    Delete,
    /// Adds a NetworkPolicy for its pods.
    Isolate,
}

/// A fix.
#[derive(Clone, Debug)]
pub struct Fix {
    /// What is changed.
    pub key: FixKey,
    /// What to do, as an instruction without the object: `take \`privileged: true\` out`.
    pub title: Symbol,
    /// How dear it is: 1 for what nobody notices, 100 for what surely breaks something.
    pub cost: u32,
}

/// Everything that was found.
#[derive(Debug, Default)]
pub struct Graph {
    /// The vertices, ordered by kind, and then as the input is or by name.
    pub vertices: Vec<Vertex>,
    /// The numbers of the vertices.
    numbers: BTreeMap<Vertex, VertexId>,
    /// The edges, ordered by where they begin, where they end, and their kind.
    pub edges: Vec<Edge>,
    /// Who is joined with whom.
    pub topology: Topology,
    /// What can be done.
    pub fixes: Vec<Fix>,
    /// What each fix takes away.
    pub changes: Vec<Change>,
    /// The fixes that take a part away.
    by_part: BTreeMap<Part, Vec<FixId>>,
}

impl Graph {
    /// Finds all edges of these kinds.
    pub fn new<'k>(world: &World<'_>, kinds: impl IntoIterator<Item = &'k &'static EdgeKind>) -> Self {
        let mut found = Found::default();
        for kind in kinds {
            found.narrowed.clear();
            (kind.find)(world, &mut Drafts { kind, found: &mut found, world });
        }
        found.into_graph(world)
    }

    /// The fixes that take an edge away, its own before those of its ends.
    pub fn fixes_of(&self, edge: EdgeId) -> Vec<FixId> {
        let parts = [Part::Edge(edge), Part::Vertex(self.topology.from(edge)), Part::Vertex(self.topology.to(edge))];
        let of = |part: &Part| self.by_part.get(part).map_or(&[][..], Vec::as_slice).iter().copied();
        parts.iter().flat_map(of).collect()
    }

    /// The edges that a fix takes away, in order: its own, and those of the vertices that it takes away.
    pub fn edges_cut_by(&self, fix: FixId) -> Vec<EdgeId> {
        let cut = self.changes[fix.0 as usize].parts.iter().flat_map(|part| match part {
            Part::Edge(own) => vec![*own],
            Part::Vertex(vertex) => [self.topology.leaving(*vertex), self.topology.arriving(*vertex)].concat(),
        });
        let cut: BTreeSet<u32> = cut.map(|edge| edge.0).collect();
        cut.into_iter().map(EdgeId).collect()
    }

    /// The number of a vertex, if it is in the graph.
    pub fn vertex(&self, vertex: Vertex) -> Option<VertexId> {
        self.numbers.get(&vertex).copied()
    }
}

/// How dear it is to take a rule out of a role.
pub(crate) const RULE_COST: u32 = 20;

/// What is to be done with a rule.
pub(crate) const TAKE_RULE: &str = "take the rule out of the role";

/// How dear it is to take one verb, resource or name out of a rule.
pub(crate) const ITEM_COST: u32 = 12;

/// The same of a verb that is there for nothing but to get around what the API server forbids.
pub(crate) const STRONG_VERB_COST: u32 = 10;

const STRONG_VERBS: [&str; 3] = ["bind", "escalate", "impersonate"];

/// How dear it is to take a subject out of a binding.
pub(crate) const SUBJECT_COST: u32 = 15;

/// What is to be done with a subject.
pub(crate) const TAKE_SUBJECT: &str = "take the subject out of the binding";

/// Where edges of one kind are filed.
pub struct Drafts<'f> {
    kind: &'static EdgeKind,
    found: &'f mut Found,
    world: &'f World<'f>,
}

#[derive(Default)]
struct Found {
    edges: Vec<(Vertex, Vertex, Edge, Vec<FixId>)>,
    fixes: Vec<Fix>,
    by_key: BTreeMap<FixKey, FixId>,
    /// Fixes that take a vertex away.
    of_vertices: Vec<(Vertex, FixId)>,
    /// For what the edges of the kind are granted by, and each rule that was asked: the fixes without which it does not.
    narrowed: Vec<Narrowed>,
}

/// For each rule that was asked, by its role and its number there, what takes an item out so that it grants none of these.
struct Narrowed {
    wanted: Vec<Wanted>,
    fixes: BTreeMap<(RoleId, u32), Vec<FixId>>,
}

/// An edge that is being filed.
#[must_use = "an edge that is not filed is not there"]
pub struct Draft<'d, 'f> {
    drafts: &'d mut Drafts<'f>,
    from: Vertex,
    to: Vertex,
    assumptions: Assumptions,
    evidence: Vec<Evidence>,
    fixes: Vec<FixId>,
}

impl<'f> Drafts<'f> {
    /// Begins an edge.
    pub fn edge<'d>(&'d mut self, from: Vertex, to: Vertex) -> Draft<'d, 'f> {
        let assumptions = Assumptions::NONE;
        Draft { drafts: self, from, to, assumptions, evidence: Vec::new(), fixes: Vec::new() }
    }

    /// The fix with that key. The first title and cost that are told for it stay.
    pub fn fix(&mut self, key: FixKey, cost: u32, title: &str) -> FixId {
        let Found { fixes, by_key, .. } = &mut *self.found;
        *by_key.entry(key).or_insert_with(|| {
            fixes.push(Fix { key, title: self.world.inventory.symbols.intern(title), cost });
            FixId(fixes.len() as u32 - 1)
        })
    }

    /// The fixes that take an item out of a rule, so that it grants none of these.
    fn narrowing(&mut self, rule: RoleRule, wanted: &[Wanted]) -> Vec<FixId> {
        let key = (rule.origin, rule.index);
        let at = self.found.narrowed.iter().position(|known| known.wanted == wanted).unwrap_or_else(|| {
            self.found.narrowed.push(Narrowed { wanted: wanted.to_vec(), fixes: BTreeMap::new() });
            self.found.narrowed.len() - 1
        });
        if let Some(known) = self.found.narrowed[at].fixes.get(&key) {
            return known.clone();
        }
        let requests: Vec<rbac::Request> = wanted.iter().copied().map(Wanted::request).collect();
        let items = match self.world.rbac.place_of_rule(rule) {
            Some(_) => self.world.rbac.items_needed(rule, &requests),
            None => Vec::new(),
        };
        let fixes: Vec<FixId> = items.into_iter().filter_map(|item| self.without_item(rule, item)).collect();
        self.found.narrowed[at].fixes.insert(key, fixes.clone());
        fixes
    }

    /// The fix that takes an item out of a rule, if that is in the input.
    fn without_item(&mut self, rule: RoleRule, item: Item) -> Option<FixId> {
        let (resource, place) = self.world.rbac.place_of_rule(rule)?;
        let symbols = &self.world.inventory.symbols;
        let list = item.list.key();
        let field = symbols.intern(&format!("{}.{list}[{}]", symbols.text(place.field), item.at));
        let word = self.world.rbac.item_text(rule, item);
        let title = format!("take `{word}` out of the `{list}` of the rule");
        let key = FixKey { resource, place: Place { field, ..place }, action: Action::Remove };
        let is_strong = item.list == List::Verbs && STRONG_VERBS.contains(&&*word);
        Some(self.fix(key, if is_strong { STRONG_VERB_COST } else { ITEM_COST }, &title))
    }

    /// Says that a fix takes a vertex away with all its edges.
    pub fn takes_away(&mut self, fix: FixId, vertex: Vertex) {
        self.found.of_vertices.push((vertex, fix));
    }
}

impl Draft<'_, '_> {
    /// What is not known and must hold.
    pub fn if_(mut self, assumption: &Assumption) -> Self {
        self.assumptions = self.assumptions.and(assumption);
        self
    }

    /// All of these must hold.
    pub fn assuming(mut self, assumptions: Assumptions) -> Self {
        self.assumptions = assumptions.iter().fold(self.assumptions, |all, assumption| all.and(assumption));
        self
    }

    /// What shows it.
    pub fn shown_by(mut self, resource: ResourceId, place: Place, note: &str) -> Self {
        let note = self.drafts.world.inventory.symbols.intern(note);
        self.evidence.push(Evidence { resource: Some(resource), place: Some(place), note });
        self
    }

    /// Shown by the rule that grants it. What takes the rule away takes the right away, and this edge with it.
    pub fn by_right(self, right: RightId) -> Self {
        let world = self.drafts.world;
        match world.rbac.place_of_rule(world.right(right).rule) {
            Some((resource, place)) => self.shown_by(resource, place, "the rule"),
            None => self,
        }
    }

    /// The same, and what takes a verb or a resource out of the rule, so that it grants none of these, takes this edge away.
    pub fn granted_by(self, right: RightId, wanted: &[Wanted]) -> Self {
        self.by_right(right).cut_by_narrowing(right, wanted)
    }

    /// What takes that name out of the rule of this right takes the edge away.
    pub fn by_name(mut self, right: RightId, name: Option<Symbol>) -> Self {
        let rule = self.drafts.world.right(right).rule;
        let item = name.and_then(|name| self.drafts.world.rbac.item_naming(rule, name));
        let fix = item.and_then(|item| self.drafts.without_item(rule, item));
        self.fixes.extend(fix);
        self
    }

    /// Taking a verb or a resource out of the rule of this right takes the edge away, if it grants none of these then.
    pub(crate) fn cut_by_narrowing(mut self, right: RightId, wanted: &[Wanted]) -> Self {
        let rule = self.drafts.world.right(right).rule;
        self.fixes.extend(self.drafts.narrowing(rule, wanted));
        self
    }

    /// Taking the rule of this right out of its role takes the edge away.
    pub fn cut_by_taking(self, right: RightId) -> Self {
        let world = self.drafts.world;
        match world.rbac.place_of_rule(world.right(right).rule) {
            Some((resource, place)) => self.cut_by_removing(resource, place, RULE_COST, TAKE_RULE),
            None => self,
        }
    }

    /// Taking the subject out of the binding takes the edge away, if no other gives it any of these rights.
    pub fn cut_by_unbinding(self, subject: SubjectKey, rights: &[RightId]) -> Self {
        let world = self.drafts.world;
        let groups = world.rbac.identity(subject).groups;
        let groups = groups.iter().map(|group| SubjectKey::Group(world.inventory.symbols.intern(group)));
        let own: BTreeSet<SubjectKey> = std::iter::once(subject).chain(groups).collect();
        let gives = |binding: &BindingId| {
            rights.iter().any(|right| world.right(*right).bindings.binary_search(binding).is_ok())
        };
        let entries = own.into_iter().flat_map(|subject| world.rbac.bindings_naming(subject));
        let mut giving = entries.filter(|(binding, _)| gives(binding));
        let (Some((binding, at)), None) = (giving.next(), giving.next()) else { return self };
        let fact = world.rbac.binding_fact(*binding);
        match fact.and_then(|fact| Some((fact.resource, fact.subjects.get(*at as usize)?.place))) {
            Some((resource, place)) => self.cut_by_removing(resource, place, SUBJECT_COST, TAKE_SUBJECT),
            None => self,
        }
    }

    /// A fix that takes it away: taking a field or an item out.
    pub fn cut_by_removing(self, resource: ResourceId, place: Place, cost: u32, title: &str) -> Self {
        self.cut_by(FixKey { resource, place, action: Action::Remove }, cost, title)
    }

    /// A fix that takes it away.
    pub fn cut_by(mut self, key: FixKey, cost: u32, title: &str) -> Self {
        let fix = self.drafts.fix(key, cost, title);
        self.fixes.push(fix);
        self
    }

    /// Files it. What leads out of a pod to its node leads to the nodes that it is known to be on; what leads to a node
    /// otherwise leads to any that the attacker chooses.
    pub fn file(self) {
        let Self { drafts, from, to, assumptions, evidence, fixes } = self;
        let world = drafts.world;
        let targets = match (from, to) {
            (Vertex::Workload(workload) | Vertex::Container(workload, _), Vertex::Node) => {
                placement::nodes_of(world, workload)
            }
            (Vertex::NamedNode(_) | Vertex::OneOfNodes(_), _) => vec![(to, None)],
            (_, Vertex::Node) if !world.placement().nodes().is_empty() => {
                vec![(to, None), (Vertex::EveryNode, None)]
            }
            _ => vec![(to, None)],
        };
        for (to, assumed) in targets {
            let assumptions = assumed.into_iter().fold(assumptions, |all, one| all.and(one));
            let edge = Edge { kind: drafts.kind, assumptions, evidence: evidence.clone().into() };
            drafts.found.edges.push((from, to, edge, fixes.clone()));
        }
    }
}

impl Found {
    fn into_graph(self, world: &World<'_>) -> Graph {
        let Self { edges, fixes, by_key: _, of_vertices, narrowed: _ } = self;
        let mut vertices: Vec<Vertex> = edges.iter().flat_map(|(from, to, ..)| [*from, *to]).collect();
        vertices.sort_unstable();
        vertices.dedup();
        // Numbers of texts differ from run to run; the texts do not.
        vertices.sort_by_cached_key(|vertex| vertex.order(world));
        let numbers: BTreeMap<Vertex, VertexId> =
            vertices.iter().zip(0..).map(|(&vertex, at)| (vertex, VertexId(at))).collect();
        let mut edges: Vec<(VertexId, VertexId, Edge, Vec<FixId>)> =
            edges.into_iter().map(|(from, to, edge, fixes)| (numbers[&from], numbers[&to], edge, fixes)).collect();
        // Stable: what one kind files between two vertices stays in the order in which it was filed.
        edges.sort_by_key(|(from, to, edge, _)| (*from, *to, edge.kind.id));
        let mut changes: Vec<Change> =
            fixes.iter().map(|fix| Change { parts: Vec::new(), cost: u64::from(fix.cost.max(1)) }).collect();
        let mut ends = Vec::with_capacity(edges.len());
        for (at, (from, to, _, fixes)) in (0..).zip(&edges) {
            ends.push((*from, *to));
            for fix in fixes {
                changes[fix.0 as usize].parts.push(Part::Edge(EdgeId(at)));
            }
        }
        for (vertex, fix) in of_vertices {
            changes[fix.0 as usize].parts.extend(numbers.get(&vertex).map(|&vertex| Part::Vertex(vertex)));
        }
        for change in &mut changes {
            change.parts.sort_unstable();
            change.parts.dedup();
        }
        let mut by_part: BTreeMap<Part, Vec<FixId>> = BTreeMap::new();
        for (fix, change) in (0..).map(FixId).zip(&changes) {
            for part in &change.parts {
                by_part.entry(*part).or_default().push(fix);
            }
        }
        let topology = Topology::new(vertices.len(), ends);
        let edges = edges.into_iter().map(|(_, _, edge, _)| edge).collect();
        Graph { vertices, numbers, edges, topology, fixes, changes, by_part }
    }
}
