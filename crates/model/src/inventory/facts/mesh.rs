//! Facts of service meshes.

use crate::inventory::ResourceId;
use crate::inventory::list::{List, pairs};
use crate::labels::Selector;
use crate::place::Place;
use crate::symbols::Symbol;

/// What joins need to know of service meshes.
#[derive(Debug, Default)]
pub struct MeshFacts {
    /// PeerAuthentications of Istio.
    pub peer_authentications: List<PeerAuthenticationFact>,
    /// AuthorizationPolicies of Istio.
    pub authorization_policies: List<AuthorizationPolicyFact>,
    /// Servers of Linkerd.
    pub servers: List<ServerFact>,
    /// AuthorizationPolicies and ServerAuthorizations of Linkerd.
    pub authorizations: List<AuthorizationFact>,
}

/// Whether plain text is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MutualTls {
    /// Not said: as what is above it says.
    #[default]
    Unset,
    /// TLS of both sides only.
    Strict,
    /// Plain text too.
    Permissive,
    /// Plain text only.
    Disabled,
}

/// A PeerAuthentication.
#[derive(Debug, PartialEq)]
pub struct PeerAuthenticationFact {
    /// The object.
    pub resource: ResourceId,
    /// The pods that it is for; none means all of its namespace.
    pub selector: Option<Selector>,
    /// What it demands.
    pub mode: MutualTls,
    /// Where that is written, or would be.
    pub place: Place,
}

/// An AuthorizationPolicy of Istio.
#[derive(Debug, PartialEq)]
pub struct AuthorizationPolicyFact {
    /// The object.
    pub resource: ResourceId,
    /// The pods that it is for; none means all of its namespace.
    pub selector: Option<Selector>,
    /// Whether it names its targets by reference.
    pub targeted: bool,
    /// Whether it refuses anything: not one that only lets everybody in.
    pub restricts: bool,
}

/// A Server of Linkerd: a port of pods that has a policy.
#[derive(Debug, PartialEq)]
pub struct ServerFact {
    /// The object.
    pub resource: ResourceId,
    /// Its name, where it is written.
    pub place: Place,
}

/// What authorizes clients of a Server of Linkerd.
#[derive(Debug, PartialEq)]
pub struct AuthorizationFact {
    /// The object.
    pub resource: ResourceId,
    /// The name of the Server; none means all of the namespace.
    pub server: Option<Symbol>,
}

pairs!(MeshFacts: peer_authentications, authorization_policies, servers, authorizations);
