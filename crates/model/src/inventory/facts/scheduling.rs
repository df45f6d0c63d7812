//! Which nodes take which pods.

use crate::labels::Labels;
use crate::symbols::Symbol;

/// What a pod asks of its node. Pods that ask nothing have none.
#[derive(Debug, Default, PartialEq)]
pub struct SchedulingFact {
    /// `nodeSelector`.
    pub selector: Labels,
    /// The terms of the node affinity that is required: one of them has to hold. `None` if none is required.
    pub terms: Option<Box<[NodeTerm]>>,
    /// Its tolerations.
    pub tolerations: Box<[TolerationFact]>,
}

/// One term of a node affinity: all of it has to hold.
pub type NodeTerm = Box<[NodeRequirement]>;

/// What is required of a label of a node, or of its name.
#[derive(Debug, PartialEq)]
pub struct NodeRequirement {
    /// The label; empty for the name of the node.
    pub key: Symbol,
    /// `In`, `NotIn`, `Exists`, `DoesNotExist`, `Gt` or `Lt`.
    pub operator: Symbol,
    /// The values.
    pub values: Box<[Symbol]>,
}

/// A toleration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TolerationFact {
    /// The key of the taint; empty for all.
    pub key: Symbol,
    /// Whether the operator is `Exists`: the value is not asked for.
    pub exists: bool,
    /// The value.
    pub value: Symbol,
    /// The effect; empty for all.
    pub effect: Symbol,
}

/// A taint of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaintFact {
    /// Its key.
    pub key: Symbol,
    /// Its value.
    pub value: Symbol,
    /// `NoSchedule`, `NoExecute` or `PreferNoSchedule`.
    pub effect: Symbol,
}
