//! What only a running cluster says: who puts objects there, and which of them are not what their owners say.

use crate::finding::ControlId;
use crate::inventory::ResourceId;
use crate::inventory::list::{List, Pairing};
use crate::labels::Labels;
use crate::symbols::Symbol;

/// What running clusters say.
#[derive(Debug, Default)]
pub struct LiveFacts {
    /// The clusters that were looked at, in their order.
    pub clusters: Vec<Cluster>,
    /// Who puts objects there, ordered by resource.
    pub custody: List<CustodyFact>,
    /// Pods that are not what their owners say, ordered by resource.
    pub drifts: List<DriftFact>,
    /// What the API server has given an identity or an owner, of objects in files, until it is decided who counts.
    pub made: List<MadeFact>,
    /// What counts for its owner and is not here.
    pub evidence: Vec<EvidenceFact>,
}

/// An object that a controller made and that counts for what it was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceFact {
    /// Its kind.
    pub kind: Symbol,
    /// Its namespace.
    pub namespace: Symbol,
    /// Its name.
    pub name: Symbol,
    /// Kind and name of what is judged for it, or of what leads there.
    pub by: (Symbol, Symbol),
    /// The node that it runs on; empty for what does not run itself.
    pub node: Symbol,
    /// The labels of its pods.
    pub labels: Labels,
}

/// A cluster that was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    /// How the user calls it: the context.
    pub name: String,
    /// The version of its API server, such as `v1.37.2`; empty if it does not say.
    pub version: String,
    /// Who runs it, such as `eks`; empty if nothing says so.
    pub provider: String,
    /// What it is made of, such as `openshift` or `k3s`; empty if nothing says so.
    pub distribution: String,
    /// Its network plugins.
    pub network: Vec<String>,
    /// How many nodes it has; `None` if they could not be listed.
    pub nodes: Option<u32>,
    /// Versions of the kubelets, and how many nodes have each.
    pub kubelets: Vec<(String, u32)>,
}

/// What puts an object into the cluster: the place to change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CustodyFact {
    /// The object.
    pub resource: ResourceId,
    /// The tool, such as `Helm`.
    pub tool: Symbol,
    /// The release, application or kustomization, with its namespace if it has one.
    pub name: Symbol,
}

/// A pod that is not what its owner says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DriftFact {
    /// The pod.
    pub resource: ResourceId,
    /// Kind and name of the owner, as `ReplicaSet/api-6f`.
    pub owner: Symbol,
    /// What is different, as a sentence without full stop.
    pub what: Symbol,
}

/// An object as a cluster has it: one that controllers know by its identity, or that a controller has made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeFact {
    /// The object.
    pub resource: ResourceId,
    /// What it is to those that it makes; empty if it makes none.
    pub uid: Symbol,
    /// Who made it.
    pub owner: Option<Owner>,
    /// What matters of its pod, part by part.
    pub shape: Box<[(Symbol, u64)]>,
    /// Whether it makes no pods any more, or ran to its end.
    pub over: bool,
    /// The controls that have judged it, each as often as it stands here, if somebody counts.
    pub judged: Box<[ControlId]>,
}

/// What made an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Its identity.
    pub uid: Symbol,
    /// Kind and name, as `ReplicaSet/api-6f`.
    pub name: Symbol,
    /// Whether it is a node, which says nothing of the pods on it.
    pub is_node: bool,
}

impl LiveFacts {
    /// Does it with every list.
    pub(in crate::inventory) fn pair(&mut self, other: &mut Self, pairing: &mut impl Pairing) {
        let Self { clusters: _, custody, drifts, made, evidence: _ } = self;
        pairing.pair(custody, &mut other.custody);
        pairing.pair(drifts, &mut other.drifts);
        pairing.pair(made, &mut other.made);
    }
}
