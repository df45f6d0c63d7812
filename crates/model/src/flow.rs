//! Connections that were seen: who connected to whom, as far as whoever saw them says.

use std::net::IpAddr;

use crate::inventory::Protocol;

/// A connection that was made, once or many times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Who connected.
    pub from: FlowEnd,
    /// Who was connected to.
    pub to: FlowEnd,
    /// The protocol.
    pub protocol: Protocol,
    /// The port of the destination, as it was seen.
    pub port: u16,
    /// How often.
    pub count: u64,
    /// When first, as written; empty if that is not known.
    pub first: String,
    /// When last.
    pub last: String,
    /// The line on which it stands first.
    pub line: u32,
}

/// One end of a connection. What is not known is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowEnd {
    /// The namespace of the pod.
    pub namespace: String,
    /// The workload.
    pub workload: String,
    /// The pod.
    pub pod: String,
    /// The Service that was connected to.
    pub service: String,
    /// The address.
    pub address: Option<IpAddr>,
}
