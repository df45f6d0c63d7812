//! What only a running cluster says: who puts objects there, and which of them are not what their owners say.

use crate::inventory::ResourceId;
use crate::inventory::list::{List, Pairing};
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

impl LiveFacts {
    /// Does it with every list.
    pub(in crate::inventory) fn pair(&mut self, other: &mut Self, pairing: &mut impl Pairing) {
        let Self { clusters: _, custody, drifts } = self;
        pairing.pair(custody, &mut other.custody);
        pairing.pair(drifts, &mut other.drifts);
    }
}
