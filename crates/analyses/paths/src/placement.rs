//! On which nodes the pods of a workload run, or may run.
//!
//! What pods say of their nodes is known. Where none is there, the Nodes of the input say which of them take such a pod, as
//! the scheduler would. Where no Node is in the input nothing is known.

use std::collections::{BTreeMap, BTreeSet};

use model::inventory::{Inventory, NodeFact, NodeRequirement, SchedulingFact, TaintFact, TolerationFact, WorkloadFact};
use model::symbols::Symbol;

use crate::edge::{Assumption, CONTROL_PLANE_SCHEDULABLE};
use crate::standing::Standing;
use crate::vertex::Vertex;
use crate::world::World;

/// Labels and taints of nodes that run the control plane. Source: kubeadm, k3s, and before 1.24 kubeadm too.
const CONTROL_PLANE: [&str; 2] = ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];

/// What nodes are like at the moment, and not what they are for: they come and go.
const STATES: &str = "node.kubernetes.io/";

/// The nodes, and which pods are on them.
pub(crate) struct Placement {
    /// The nodes of pods that say theirs, by the number of the workload that stands for them.
    known: BTreeMap<u32, BTreeSet<Symbol>>,
    /// Every node that is in the input, or that a pod names.
    nodes: BTreeSet<Symbol>,
    /// Those that run the control plane, as far as it is said.
    control_plane: BTreeSet<Symbol>,
    /// Whether Nodes are in the input.
    has_nodes: bool,
}

impl Placement {
    /// Looks through the Nodes and the pods.
    pub(crate) fn new(inventory: &Inventory, standing: &Standing) -> Self {
        let name = |node: &NodeFact| inventory.resource(node.resource).name;
        let facts = &inventory.facts.network.nodes;
        let marks = CONTROL_PLANE.map(|mark| inventory.symbols.intern(mark));
        let is_marked = |node: &&NodeFact| {
            node.labels.iter().any(|(key, _)| marks.contains(key)) || node.taints.iter().any(|t| marks.contains(&t.key))
        };
        let mut control_plane: BTreeSet<Symbol> = facts.iter().filter(is_marked).map(name).collect();
        let mut nodes: BTreeSet<Symbol> = facts.iter().map(name).collect();
        let server = ["component", "kube-apiserver"].map(|text| inventory.symbols.intern(text));
        let mut known: BTreeMap<u32, BTreeSet<Symbol>> = BTreeMap::new();
        // Pods that count for their owners say where these run.
        if !inventory.facts.live.evidence.is_empty() {
            for (number, workload) in (0..).zip(&inventory.facts.workloads) {
                let Some(above) = standing.of(number) else { continue };
                let pods = inventory.evidence_of(workload.resource);
                let on: Vec<Symbol> = pods.iter().map(|pod| pod.node).filter(|node| !node.is_empty()).collect();
                if !on.is_empty() {
                    known.entry(above).or_default().extend(&on);
                    nodes.extend(on);
                }
            }
        }
        for (number, workload) in (0..).zip(&inventory.facts.workloads).filter(|(_, one)| !one.node.is_empty()) {
            let Some(above) = standing.of(number) else { continue };
            known.entry(above).or_default().insert(workload.node);
            nodes.insert(workload.node);
            if workload.mirror && workload.labels.contains(&(server[0], server[1])) {
                control_plane.insert(workload.node);
            }
        }
        Self { known, nodes, control_plane, has_nodes: !facts.is_empty() }
    }

    /// Every node that is known by name.
    pub(crate) fn nodes(&self) -> &BTreeSet<Symbol> {
        &self.nodes
    }

    /// Whether that node runs the control plane, as far as it is said.
    pub(crate) fn is_control_plane(&self, node: Symbol) -> bool {
        self.control_plane.contains(&node)
    }

    /// Whether the control plane runs on nodes of the cluster; `None` if no Node is in the input.
    pub(crate) fn has_control_plane(&self) -> Option<bool> {
        if self.control_plane.is_empty() { self.has_nodes.then_some(false) } else { Some(true) }
    }
}

/// On which nodes the pods of a workload are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum On {
    /// On each of these.
    Each(Vec<Symbol>),
    /// On some of these.
    Some(Vec<Symbol>),
    /// On none that is known.
    Outside,
    /// Nothing is known.
    Unknown,
}

/// The number of the nodes of which nothing is known.
pub(crate) const UNKNOWN: u32 = u32::MAX;

/// The number of the nodes that are not in the input.
pub(crate) const OUTSIDE: u32 = u32::MAX - 1;

/// Nodes that pods come to, in sets: many workloads share one.
#[derive(Debug, Default)]
pub(crate) struct Sets {
    /// The nodes of each.
    pub(crate) all: Vec<Vec<Symbol>>,
    /// The number of the set of each workload that has one.
    of: BTreeMap<u32, u32>,
}

impl Sets {
    pub(crate) fn new(world: &World<'_>) -> Self {
        let mut numbers: BTreeMap<Vec<Symbol>, u32> = BTreeMap::new();
        let mut of_workloads = BTreeMap::new();
        let mut all = Vec::new();
        for (workload, _) in world.workloads() {
            let On::Some(nodes) = of(world, workload) else { continue };
            let number = *numbers.entry(nodes).or_insert_with_key(|nodes| {
                all.push(nodes.clone());
                all.len() as u32 - 1
            });
            of_workloads.insert(workload, number);
        }
        Self { all, of: of_workloads }
    }
}

/// The number of the nodes that the pods of a workload come to, where it is not known on which of them they are.
pub(crate) fn set_of(world: &World<'_>, workload: u32) -> u32 {
    match of(world, workload) {
        On::Outside => OUTSIDE,
        On::Each(_) | On::Some(_) | On::Unknown => world.node_sets().of.get(&workload).copied().unwrap_or(UNKNOWN),
    }
}

/// How a set of nodes is called.
pub(crate) fn set_name(world: &World<'_>, set: u32) -> String {
    match world.node_sets().all.get(set as usize) {
        Some(nodes) => format!("one of the {}", listed(world, nodes)),
        None if set == OUTSIDE => "a node that is not in the input".to_owned(),
        None => "a node that is not known".to_owned(),
    }
}

/// On which nodes the pods of a workload are, or may be.
pub(crate) fn of(world: &World<'_>, workload: u32) -> On {
    let placement = world.placement();
    if let Some(known) = placement.known.get(&workload) {
        return On::Each(known.iter().copied().collect());
    }
    if !placement.has_nodes {
        return On::Unknown;
    }
    let inventory = world.inventory;
    let fact = &inventory.facts.workloads[workload as usize];
    let takes = |node: &&NodeFact| takes(world, node, fact);
    let mut taking: Vec<Symbol> =
        inventory.facts.network.nodes.iter().filter(takes).map(|node| inventory.resource(node.resource).name).collect();
    taking.sort_unstable();
    taking.dedup();
    let is_everywhere = world.text(inventory.resource(fact.resource).kind) == "DaemonSet";
    match taking.len() {
        0 => On::Outside,
        1 => On::Each(taking),
        _ if is_everywhere => On::Each(taking),
        _ => On::Some(taking),
    }
}

/// Whether pods of a workload run on one of these nodes; `None` if it is not known.
pub(crate) fn runs_on(world: &World<'_>, workload: u32, nodes: &[Symbol]) -> Option<bool> {
    match of(world, workload) {
        On::Each(on) => Some(nodes.iter().any(|node| on.contains(node))),
        On::Some(on) => {
            if nodes.iter().any(|node| on.contains(node)) {
                None
            } else {
                Some(false)
            }
        }
        On::Outside => Some(false),
        On::Unknown => None,
    }
}

/// What root on the node of a workload is root on, each with what must hold.
pub(crate) fn nodes_of(world: &World<'_>, workload: u32) -> Vec<(Vertex, Option<&'static Assumption>)> {
    let placement = world.placement();
    match of(world, workload) {
        On::Each(nodes) => nodes.into_iter().map(|node| (Vertex::NamedNode(node), None)).collect(),
        On::Some(nodes) if nodes.iter().all(|node| placement.is_control_plane(*node)) => {
            vec![(Vertex::ControlPlaneNode, None), (Vertex::OneOfNodes(set_of(world, workload)), None)]
        }
        On::Some(nodes) => {
            let some = nodes.iter().any(|node| placement.is_control_plane(*node));
            let control_plane = some.then_some((Vertex::ControlPlaneNode, Some(&CONTROL_PLANE_SCHEDULABLE)));
            [(Vertex::OneOfNodes(set_of(world, workload)), None)].into_iter().chain(control_plane).collect()
        }
        On::Outside => vec![(Vertex::OneOfNodes(OUTSIDE), None)],
        On::Unknown if placement.nodes.is_empty() => vec![(Vertex::Node, None)],
        On::Unknown => vec![(Vertex::OneOfNodes(UNKNOWN), None)],
    }
}

/// Whether pods of a workload come to a node of the control plane: what must hold for that; `None` if they do not.
pub(crate) fn on_control_plane(world: &World<'_>, workload: u32) -> Option<Option<&'static Assumption>> {
    let placement = world.placement();
    let conditional = Some(Some(&CONTROL_PLANE_SCHEDULABLE));
    match of(world, workload) {
        On::Each(nodes) if nodes.iter().any(|node| placement.is_control_plane(*node)) => Some(None),
        // Without Nodes nobody says which of them run the control plane.
        On::Each(_) if !placement.has_nodes => conditional,
        On::Each(_) => None,
        On::Some(nodes) if nodes.iter().all(|node| placement.is_control_plane(*node)) => Some(None),
        On::Some(nodes) if nodes.iter().any(|node| placement.is_control_plane(*node)) => conditional,
        On::Some(_) => None,
        On::Outside | On::Unknown => conditional,
    }
}

/// The nodes of a workload, for people: `node a`, `nodes a, b and 3 more`; `the node` if they are not known.
pub(crate) fn phrase(world: &World<'_>, workload: u32) -> String {
    let On::Each(nodes) = of(world, workload) else { return "the node".to_owned() };
    listed(world, &nodes)
}

/// Nodes by name: `nodes a, b and 3 more`.
fn listed(world: &World<'_>, nodes: &[Symbol]) -> String {
    const NAMED: usize = 3;
    let mut names: Vec<String> = nodes.iter().map(|node| world.text(*node)).collect();
    names.sort();
    match &names[..] {
        [one] => format!("node {one}"),
        all if all.len() <= NAMED => format!("nodes {}", all.join(", ")),
        all => format!("nodes {} and {} more", all[..NAMED].join(", "), all.len() - NAMED),
    }
}

/// Whether a node takes the pods. Source: kube-scheduler, `plugins/nodeaffinity` and `plugins/tainttoleration`.
fn takes(world: &World<'_>, node: &NodeFact, workload: &WorkloadFact) -> bool {
    let nothing = SchedulingFact::default();
    let asked = workload.scheduling.as_deref().unwrap_or(&nothing);
    let has = |key: Symbol, value: Symbol| node.labels.contains(&(key, value));
    let name = world.inventory.resource(node.resource).name;
    let holds = |term: &[NodeRequirement]| {
        // A term that is empty selects nothing.
        !term.is_empty() && term.iter().all(|requirement| is_met(world, node, name, requirement))
    };
    let is_kept_off = |taint: &&TaintFact| {
        let effect = world.text(taint.effect);
        let counts = matches!(&*effect, "NoSchedule" | "NoExecute") && !world.text(taint.key).starts_with(STATES);
        counts && !asked.tolerations.iter().any(|toleration| tolerates(toleration, taint))
    };
    asked.selector.iter().all(|(key, value)| has(*key, *value))
        && asked.terms.as_deref().is_none_or(|terms| terms.iter().any(|term| holds(term)))
        && !node.taints.iter().any(|taint| is_kept_off(&taint))
}

fn is_met(world: &World<'_>, node: &NodeFact, name: Symbol, requirement: &NodeRequirement) -> bool {
    let value = match requirement.key.is_empty() {
        true => Some(name),
        false => node.labels.iter().find(|(key, _)| *key == requirement.key).map(|(_, value)| *value),
    };
    let is_in = value.is_some_and(|value| requirement.values.contains(&value));
    let number = |symbol: Symbol| world.text(symbol).parse::<i64>().ok();
    let compared = || Some((number(value?)?, number(*requirement.values.first()?)?));
    match &*world.text(requirement.operator) {
        "In" => is_in,
        "NotIn" => !is_in,
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => compared().is_some_and(|(own, asked)| own > asked),
        "Lt" => compared().is_some_and(|(own, asked)| own < asked),
        _ => false,
    }
}

fn tolerates(toleration: &TolerationFact, taint: &TaintFact) -> bool {
    let effect = toleration.effect.is_empty() || toleration.effect == taint.effect;
    let key = toleration.key == taint.key || toleration.key.is_empty() && toleration.exists;
    effect && key && (toleration.exists || toleration.value == taint.value)
}
