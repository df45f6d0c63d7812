//! Connections that no policy is asked for: a pod and itself, and a pod and the node that it runs on.
//!
//! Source: the documentation of NetworkPolicy: a pod cannot block access to itself, and traffic to and from the node where
//! it runs is always allowed. Nodes that an answer is for are the others.

use std::collections::BTreeSet;

use model::inventory::ResourceId;
use model::symbols::Symbol;

use crate::census::{Kind, Map};
use crate::compile::Direction;
use crate::config::{BlockMatching, Enforcement, OwnNode, SelfAccess};
use crate::evaluate::Scratch;
use crate::network::{EndpointId, Identity, Network};
use crate::ports::Ports;

/// Why no policy is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exempt {
    /// It is one pod.
    Itself,
    /// It is the node that the pods run on.
    OwnNode,
}

/// Whether the node that pods run on is one of some nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Placed {
    /// All of the pods run on that one node.
    There,
    /// Some do, or where they run is not known.
    Perhaps,
    /// None does.
    Elsewhere,
}

/// What holds between pods and the node that they run on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnNodePorts {
    /// Whether that node was asked for.
    pub placed: Placed,
    /// The ports that are admitted.
    pub admitted: Ports,
    /// The ports that would be if the plugin asked policies.
    pub judged: Ports,
}

impl Network<'_> {
    /// Whether no policy is asked for a connection, and why.
    pub fn exempt(&self, from: EndpointId, to: EndpointId) -> Option<Exempt> {
        if from == to {
            let exempts = self.config.dialect.own_pod == SelfAccess::Exempt;
            return (exempts && self.is_one_pod(from)).then_some(Exempt::Itself);
        }
        let (pods, nodes, direction) = self.pods_and_nodes(from, to)?;
        let is_there = self.placed(pods, nodes, None) == Placed::There;
        (is_there && self.is_free(direction)).then_some(Exempt::OwnNode)
    }

    /// Whether an endpoint is a single pod.
    pub fn is_one_pod(&self, endpoint: EndpointId) -> bool {
        self.workload_of(endpoint).is_some_and(|workload| workload.pods == Some(1))
            || self.census.members.get(endpoint.0 as usize).is_some_and(|member| member.is_one_pod)
    }

    /// What holds between pods and the node that they run on, where one of two is pods and the other nodes; of those the
    /// one with a name, if there is one.
    pub fn own_node(&self, from: EndpointId, to: EndpointId, node: Option<&str>) -> Option<OwnNodePorts> {
        let (pods, nodes, direction) = self.pods_and_nodes(from, to)?;
        let placed = self.placed(pods, nodes, node);
        let mut judged = self.judged_own_node(pods, direction);
        if self.config.dialect.blocks != BlockMatching::OutsideOnly && placed != Placed::Elsewhere {
            // Where policies go by addresses, a node is met at its own.
            let own = self.compiled.own_sides(direction, self.get(pods).behaviour, &mut Scratch::default());
            let masks: Vec<u64> = own.iter().map(|page| page[self.get(nodes).behaviour as usize]).collect();
            judged = judged.union(&self.compiled.atoms.ports(&masks));
        }
        let admitted = if self.is_free(direction) { Ports::all() } else { judged.clone() };
        Some(OwnNodePorts { placed, admitted, judged })
    }

    /// The ports on which pods may connect to the node that they run on, or are connected to from there.
    pub fn own_node_ports(&self, pods: EndpointId, direction: Direction) -> Ports {
        if self.is_free(direction) { Ports::all() } else { self.judged_own_node(pods, direction) }
    }

    fn judged_own_node(&self, pods: EndpointId, direction: Direction) -> Ports {
        let compiled = &self.compiled;
        let own_node = compiled.of_class[self.census.own_node as usize] as usize;
        let sides = compiled.own_sides(direction, self.get(pods).behaviour, &mut Scratch::default());
        let masks: Vec<u64> = sides.iter().map(|page| page[own_node]).collect();
        compiled.atoms.ports(&masks)
    }

    /// Whether the plugin asks no policy between pods and their own node.
    pub(crate) fn is_free(&self, direction: Direction) -> bool {
        if self.config.dialect.enforcement == Enforcement::Absent {
            return true;
        }
        match (self.config.dialect.own_node, direction) {
            (OwnNode::Exempt, _) | (OwnNode::FromNode, Direction::Ingress) => true,
            (OwnNode::Judged, _) | (OwnNode::FromNode, Direction::Egress) => false,
        }
    }

    /// Pods with addresses of their own, nodes, and the direction of a connection between them as the pods see it.
    fn pods_and_nodes(&self, from: EndpointId, to: EndpointId) -> Option<(EndpointId, EndpointId, Direction)> {
        let is_nodes = |endpoint| matches!(self.get(endpoint).identity, Identity::Nodes(_));
        let is_pods = |endpoint| self.class(endpoint).kind == Kind::Pod;
        match () {
            () if is_pods(from) && is_nodes(to) => Some((from, to, Direction::Egress)),
            () if is_nodes(from) && is_pods(to) => Some((to, from, Direction::Ingress)),
            () => None,
        }
    }

    /// Whether pods run on the only one of nodes, or on the one of them with a name.
    fn placed(&self, pods: EndpointId, nodes: EndpointId, node: Option<&str>) -> Placed {
        let Identity::Nodes(names) = &self.get(nodes).identity else { return Placed::Elsewhere };
        let meant: BTreeSet<&str> =
            names.iter().map(String::as_str).filter(|name| node.is_none_or(|own| own == *name)).collect();
        let known = self.nodes_of(pods);
        if meant.is_empty() || known.is_empty() {
            return Placed::Perhaps;
        }
        let (there, elsewhere): (Vec<&Option<Symbol>>, Vec<&Option<Symbol>>) =
            known.iter().partition(|of| of.is_some_and(|of| meant.contains(&&*self.inventory.symbols.text(of))));
        let is_unknown = known.contains(&None);
        match (there.is_empty(), meant.len(), elsewhere.is_empty()) {
            (false, 1, true) => Placed::There,
            (false, _, _) => Placed::Perhaps,
            (true, _, _) if is_unknown => Placed::Perhaps,
            (true, _, _) => Placed::Elsewhere,
        }
    }

    /// The nodes that pods run on; none among them if that of some is not known.
    fn nodes_of(&self, pods: EndpointId) -> BTreeSet<Option<Symbol>> {
        let members = self.workload_of(pods).map_or(&[][..], |workload| &workload.members);
        let nodes = self.placement();
        let of = |member: &u32| nodes.get(&self.inventory.facts.workloads[*member as usize].resource).copied();
        members.iter().map(of).collect()
    }

    /// The nodes of pods, where they are known.
    fn placement(&self) -> &Map<ResourceId, Symbol> {
        self.placement.get_or_init(|| {
            let instances = self.inventory.facts.traffic.instances.iter();
            let placed = instances.filter(|instance| !instance.node.is_empty());
            placed.map(|instance| (instance.resource, instance.node)).collect()
        })
    }
}
