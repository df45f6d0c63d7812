//! What people demand of the network: who may, must, and alone may connect to whom.
//!
//! Here is what a file of rules says; `sources/configuration` reads it, `analyses/network` holds it against policies.

use crate::address::Block;
use crate::inventory::Protocol;

/// A demand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What it is for, in the words of whoever wrote it; empty if they said nothing.
    pub name: String,
    /// The line in its file, from 1.
    pub line: u32,
    /// What is demanded.
    pub demand: Demand,
}

/// What is demanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demand {
    /// No connection from one side to the other.
    Forbid(Connection),
    /// Every connection from one side to the other.
    Require(Connection),
    /// No connection at one end but those that are listed.
    AllowOnly {
        /// Whose connections are meant.
        subject: Side,
        /// Which of them.
        towards: Towards,
        /// Who may be at the other end, and on which ports.
        peers: Vec<(Side, PortSet)>,
    },
}

/// Which connections of somebody are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Towards {
    /// Those that arrive.
    Into,
    /// Those that leave.
    OutOf,
}

/// Connections from somebody to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Who connects.
    pub from: Side,
    /// Who is connected to.
    pub to: Side,
    /// The ports at the destination.
    pub ports: PortSet,
}

/// Ports; neither numbers nor names means all of all protocols.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PortSet {
    /// By number.
    pub ranges: Vec<PortRange>,
    /// By what the pods that are connected to call them.
    pub names: Vec<PortName>,
}

impl PortSet {
    /// Whether all ports are meant.
    pub fn is_all(&self) -> bool {
        self.ranges.is_empty() && self.names.is_empty()
    }
}

/// A port by its name in the pods that are connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortName {
    /// The protocol; none means whichever the pods have it for.
    pub protocol: Option<Protocol>,
    /// The name.
    pub name: String,
    /// The line on which it stands.
    pub line: u32,
}

/// Ports from one to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortRange {
    /// The protocol.
    pub protocol: Protocol,
    /// The first port.
    pub first: u16,
    /// The last port.
    pub last: u16,
}

/// One end of connections: whoever any of its parts means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// What it is made of. Each has to mean somebody.
    pub parts: Vec<Part>,
}

/// A part of one end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name, as written.
    pub name: String,
    /// The line on which that stands.
    pub line: u32,
    /// Who is meant.
    pub who: Party,
}

/// Who is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Party {
    /// Pods.
    Pods(PodChoice),
    /// Addresses outside the cluster.
    Blocks(Vec<Block>),
    /// Addresses outside the cluster that are not private.
    Internet,
    /// All addresses outside the cluster.
    Outside,
    /// Nodes, and pods on their network.
    Nodes,
    /// All pods.
    Cluster,
    /// Everybody.
    Everybody,
}

/// Which pods are meant: those of which everything holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodChoice {
    /// Names of namespaces, with `*`; none means all.
    pub namespaces: Vec<String>,
    /// Labels of namespaces, each with the values that are meant; no value means any.
    pub namespace_labels: Vec<(String, Vec<String>)>,
    /// Labels of pods.
    pub labels: Vec<(String, Vec<String>)>,
    /// Names of workloads, `name`, `namespace/name` or `Kind/namespace/name`, with `*`; none means all.
    pub workloads: Vec<String>,
}

impl Side {
    /// Its name, as written.
    pub fn name(&self) -> String {
        self.parts.iter().map(|part| part.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

impl Demand {
    /// All its sides.
    pub fn sides(&self) -> Vec<&Side> {
        match self {
            Self::Forbid(connection) | Self::Require(connection) => vec![&connection.from, &connection.to],
            Self::AllowOnly { subject, towards: _, peers } => {
                std::iter::once(subject).chain(peers.iter().map(|(side, _)| side)).collect()
            }
        }
    }
}
