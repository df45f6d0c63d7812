//! What decides which connections are made: policies of every kind in one form, and what a running cluster adds.
//!
//! Policies of all kinds become ordered rules in stages, so that one evaluator reads them all. Sources: networking/v1,
//! policy.networking.k8s.io v1alpha1 and v1alpha2, the references of Cilium, Calico, Antrea and Istio.

use crate::address::Block;
use crate::inventory::list::{List, pairs};
use crate::inventory::{PortReference, Protocol, ResourceId};
use crate::labels::{Labels, Selector};
use crate::place::Place;
use crate::symbols::Symbol;

/// What decides which connections are made.
#[derive(Debug, Default)]
pub struct TrafficFacts {
    /// Policies, each with its rules.
    pub policies: List<TrafficPolicy>,
    /// Policies that the API refuses: they are not in `policies`.
    pub refused: List<RefusedPolicy>,
    /// Policies, or parts of them, that are not evaluated: what they select is not known.
    pub unmodelled: List<UnmodelledPolicy>,
    /// Rules that are written and never asked.
    pub idle: List<IdleRules>,
    /// Tiers of Calico.
    pub tiers: List<TierFact>,
    /// What is known of single pods.
    pub instances: List<InstanceFact>,
    /// How Services are reached from outside.
    pub services: List<ServiceReachFact>,
    /// How Ingresses and Gateways are reached from outside.
    pub doors: List<DoorFact>,
    /// Labels of Nodes.
    pub nodes: List<NodeLabelsFact>,
}

/// A policy of whatever kind.
#[derive(Debug, PartialEq)]
pub struct TrafficPolicy {
    /// The object.
    pub resource: ResourceId,
    /// Its name.
    pub place: Place,
    /// Who enforces it.
    pub kind: TrafficPolicyKind,
    /// When it is judged.
    pub stage: Stage,
    /// The pods that it is for.
    pub subject: PodSet,
    /// Where that is written.
    pub subject_place: Place,
    /// What it says of connections to the pods; none if nothing.
    pub ingress: Option<TrafficDirection>,
    /// What it says of connections from the pods; none if nothing.
    pub egress: Option<TrafficDirection>,
}

/// The kinds of policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrafficPolicyKind {
    /// NetworkPolicy of networking/v1.
    NetworkPolicy,
    /// AdminNetworkPolicy and BaselineAdminNetworkPolicy, v1alpha1.
    AdminNetworkPolicy,
    /// ClusterNetworkPolicy, v1alpha2.
    ClusterNetworkPolicy,
    /// Cilium's.
    Cilium,
    /// Calico's.
    Calico,
}

/// When a policy is judged. Earlier stages decide first; what a stage leaves open is for the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stage {
    /// What Cilium denies goes before everything.
    First,
    /// The tier of administrators, by ascending priority.
    Admin(i64),
    /// A tier of Calico, by its order; its policies by theirs. No order is the last.
    Tier {
        /// The name of the tier.
        name: Symbol,
        /// The order of the policy in it.
        order: Option<f64>,
    },
    /// NetworkPolicies, and what is judged together with them.
    Policies,
    /// What holds where nothing else decides, by ascending priority.
    Baseline(i64),
}

/// What a policy says of one direction.
#[derive(Debug, PartialEq)]
pub struct TrafficDirection {
    /// Whether what no rule of the stage decides is refused.
    pub closes: bool,
    /// The rules, in order.
    pub rules: Box<[TrafficRule]>,
}

/// A rule.
#[derive(Debug, PartialEq)]
pub struct TrafficRule {
    /// Its number in the list that it is written in, from 0: what is never asked is counted.
    pub number: u32,
    /// Where it is written.
    pub place: Place,
    /// Its name; empty if it has none.
    pub name: Symbol,
    /// What it does.
    pub action: TrafficAction,
    /// Who is on the other side; none means everybody.
    pub peers: Option<Box<[TrafficPeer]>>,
    /// The ports at the destination; none means all of all protocols.
    pub ports: Option<Box<[TrafficPort]>>,
    /// The pods of the subject that it is for, if not all.
    pub only: Option<Box<PodSet>>,
    /// Whether conditions above ports narrow it further: paths, names of hosts, authentication.
    pub narrowed: bool,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TrafficAction {
    /// Admits, and nothing later is asked.
    Allow,
    /// Refuses, and nothing later is asked.
    Deny,
    /// Leaves it to the next stage.
    Pass,
}

/// Who is on the other side.
#[derive(Debug, PartialEq)]
pub struct TrafficPeer {
    /// Where that is written.
    pub place: Place,
    /// Who.
    pub who: Who,
}

/// Who is on the other side.
#[derive(Clone, Debug, PartialEq)]
pub enum Who {
    /// Pods.
    Pods(PodSet),
    /// Addresses.
    Block {
        /// The block.
        block: Block,
        /// What is taken out of it.
        except: Box<[Block]>,
        /// Whether pods and nodes are found by their addresses.
        reach: BlockReach,
    },
    /// Nodes that have these labels.
    Nodes(Selector),
    /// The node that the pods run on.
    OwnNode,
    /// All nodes but that one.
    OtherNodes,
    /// Everything outside the cluster.
    Outside,
    /// Every pod and every node.
    Inside,
    /// Everybody.
    Everybody,
    /// Names of hosts: some addresses outside.
    Names(Box<[Symbol]>),
}

/// What a block of addresses finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BlockReach {
    /// Whatever has such an address: the specification says so.
    Anything,
    /// Addresses outside the cluster alone.
    Outside,
    /// What the enforcing plugin makes of it.
    Plugin,
}

/// A set of pods.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PodSet {
    /// The namespaces; none means that of the policy.
    pub namespaces: Option<Expression>,
    /// The pods of them.
    pub pods: Expression,
}

/// A condition on labels.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Expression {
    /// Everything.
    All,
    /// What the selector selects.
    Labels(Selector),
    /// What the inner one does not select.
    Not(Box<Self>),
    /// What all of them select.
    And(Box<[Self]>),
    /// What any of them selects.
    Or(Box<[Self]>),
}

/// Ports at the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrafficPort {
    /// The protocol; none means all three.
    pub protocol: Option<Protocol>,
    /// The port, or the first of several; none means all of the protocol.
    pub port: Option<PortReference>,
    /// The last port, if there are several.
    pub end: Option<u16>,
    /// Where it is written.
    pub place: Place,
}

/// A policy that the API refuses, so that nothing enforces it.
#[derive(Debug, PartialEq)]
pub struct RefusedPolicy {
    /// The object.
    pub resource: ResourceId,
    /// What is wrong.
    pub place: Place,
    /// Why it is wrong.
    pub reason: Symbol,
}

/// A policy, or a part of one, that is not evaluated.
#[derive(Debug, PartialEq)]
pub struct UnmodelledPolicy {
    /// The object.
    pub resource: ResourceId,
    /// Where.
    pub place: Place,
    /// What is not evaluated.
    pub what: Symbol,
    /// The pods whose connections it may change; none means any.
    pub subject: Option<PodSet>,
    /// Whether it may change connections with the outside alone: names of hosts do.
    pub outside: bool,
    /// It is for nodes, and for what uses their network, instead of pods.
    pub nodes: bool,
    /// Whether it may change connections to the pods.
    pub ingress: bool,
    /// Whether it may change connections from the pods.
    pub egress: bool,
}

/// Rules for a direction that a NetworkPolicy does not have: `policyTypes` leaves it out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IdleRules {
    /// The object.
    pub resource: ResourceId,
    /// Where they are written.
    pub place: Place,
    /// Whether they are for what leaves the pods.
    pub egress: bool,
    /// Whether it is a list without rules, and there are no `policyTypes`: it looks as if it refused everything.
    pub empty: bool,
}

/// A tier of Calico.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TierFact {
    /// The object.
    pub resource: ResourceId,
    /// Its name.
    pub name: Symbol,
    /// Its order; none is the last.
    pub order: Option<f64>,
    /// Whether what no rule in it decides is passed on instead of refused.
    pub passes: bool,
}

/// What is known of a pod, or of an object that another owns.
#[derive(Debug, PartialEq)]
pub struct InstanceFact {
    /// The object.
    pub resource: ResourceId,
    /// Kind and name of the object that controls it; empty if none does.
    pub owner: (Symbol, Symbol),
    /// Whether it has ended, so that it has no address.
    pub ended: bool,
    /// Its addresses.
    pub addresses: Box<[Symbol]>,
    /// The node it runs on; empty if that is not known.
    pub node: Symbol,
}

/// How a Service is reached from outside.
#[derive(Debug, PartialEq)]
pub struct ServiceReachFact {
    /// The object.
    pub resource: ResourceId,
    /// `externalIPs`.
    pub external_addresses: Box<[Symbol]>,
    /// `clusterIPs`.
    pub addresses: Box<[Symbol]>,
    /// `externalTrafficPolicy: Local`: pods see who connects.
    pub keeps_client: bool,
    /// `loadBalancerSourceRanges`, or the annotations that say the same.
    pub source_ranges: Box<[Symbol]>,
    /// Whether ports are opened on nodes for a load balancer.
    pub node_ports: bool,
    /// Whether `ipFamilies` or `ipFamilyPolicy` ask for addresses of both families.
    pub dual_stack: bool,
    /// Whether the load balancer itself speaks TLS.
    pub certificate: bool,
    /// Where the type is written, or the name.
    pub place: Place,
}

/// How an Ingress, a Gateway or a Route is reached from outside.
#[derive(Debug, PartialEq)]
pub struct DoorFact {
    /// The object.
    pub resource: ResourceId,
    /// Its name.
    pub place: Place,
    /// The hosts for which it speaks TLS; an empty name means all.
    pub tls: Box<[Symbol]>,
    /// The blocks of addresses that may connect, if annotations list them, each with whose annotation it is.
    pub allowed: Box<[(AllowList, Symbol)]>,
    /// `gatewayClassName`, if it is a Gateway.
    pub class: Symbol,
    /// `targetPort` of an OpenShift Route.
    pub target: Option<PortReference>,
}

/// Whose annotation lists the blocks of addresses that may connect: no other controller reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllowList {
    /// Controllers of nginx: that of the Kubernetes project, and that of F5.
    Nginx,
    /// Controllers of HAProxy: that of HAProxy Technologies, and that of the community.
    Haproxy,
    /// Load balancers of AWS.
    Aws,
    /// Routers of OpenShift.
    OpenShift,
}

/// The labels of a Node.
#[derive(Debug, PartialEq)]
pub struct NodeLabelsFact {
    /// The object.
    pub resource: ResourceId,
    /// Its labels.
    pub labels: Labels,
}

impl Expression {
    /// Whether `labels` are selected.
    pub fn matches(&self, labels: &[(Symbol, Symbol)]) -> bool {
        match self {
            Self::All => true,
            Self::Labels(selector) => selector.matches(labels),
            Self::Not(inner) => !inner.matches(labels),
            Self::And(all) => all.iter().all(|part| part.matches(labels)),
            Self::Or(any) => any.iter().any(|part| part.matches(labels)),
        }
    }

    /// Calls `see` with every selector in it.
    pub fn selectors<'a>(&'a self, see: &mut dyn FnMut(&'a Selector)) {
        match self {
            Self::All => {}
            Self::Labels(selector) => see(selector),
            Self::Not(inner) => inner.selectors(see),
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.selectors(see)),
        }
    }

    /// Whether it selects everything, whatever the labels are.
    pub fn is_everything(&self) -> bool {
        match self {
            Self::All => true,
            Self::Labels(selector) => selector.is_empty(),
            Self::And(parts) => parts.iter().all(Self::is_everything),
            Self::Or(parts) => parts.iter().any(Self::is_everything),
            Self::Not(_) => false,
        }
    }
}

pairs!(TrafficFacts: policies, refused, unmodelled, idle, tiers, instances, services, doors, nodes);
