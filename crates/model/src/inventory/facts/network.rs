//! Facts of the network: Services and what leads to them, and the policies between pods.

use std::net::IpAddr;

use crate::inventory::list::{List, pairs};
use crate::inventory::{ResourceId, TaintFact};
use crate::labels::{Labels, Selector};
use crate::place::Place;
use crate::symbols::Symbol;

/// What joins need to know of the network.
#[derive(Debug, Default)]
pub struct NetworkFacts {
    /// Services.
    pub services: List<ServiceFact>,
    /// Endpoints and EndpointSlices.
    pub endpoints: List<EndpointsFact>,
    /// Nodes.
    pub nodes: List<NodeFact>,
    /// Ingresses.
    pub ingresses: List<IngressFact>,
    /// Gateways of the Gateway API.
    pub gateways: List<GatewayFact>,
    /// Routes of the Gateway API.
    pub routes: List<RouteFact>,
    /// ReferenceGrants of the Gateway API.
    pub grants: List<GrantFact>,
    /// Routes of OpenShift.
    pub openshift_routes: List<OpenShiftRouteFact>,
    /// NetworkPolicies.
    pub policies: List<NetworkPolicyFact>,
    /// Policies of other kinds: those of administrators, of Cilium, of Calico.
    pub other_policies: List<OtherPolicyFact>,
    /// ConfigMaps that say whether ingress-nginx takes snippets.
    pub snippet_settings: List<SnippetSettingFact>,
}

/// A protocol above IP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// TCP, which is also what holds where nothing is written.
    #[default]
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

/// A port by its number or by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PortReference {
    /// Its number.
    Number(u16),
    /// Its name.
    Name(Symbol),
}

/// What a pod has to do with the network.
#[derive(Debug, Default, PartialEq)]
pub struct PodNetworkFact {
    /// Whether it uses the network of its node.
    pub host_network: bool,
    /// The ports that its containers declare.
    pub ports: Box<[ContainerPortFact]>,
    /// What its labels and annotations say to service meshes.
    pub mesh: Box<[MeshSetting]>,
    /// What an argument of a container says of policies, if it is a plugin that enforces them when it is told to
    /// (`--enable-network-policy`).
    pub enforces_policies: Option<bool>,
}

/// A declared port. Processes listen on others too: a declaration gives the port a name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ContainerPortFact {
    /// The name of the container.
    pub container: Symbol,
    /// The name of the port; empty if it has none.
    pub name: Symbol,
    /// `containerPort`, if it is the number of a port.
    pub number: Option<u16>,
    /// The protocol.
    pub protocol: Protocol,
    /// `hostPort`, if it is the number of a port.
    pub host_port: Option<u16>,
    /// `hostIP`, if the port of the node is open at that address alone.
    pub host_address: Option<IpAddr>,
    /// Whether the container runs as long as the pod does: not an init container that ends.
    pub stays: bool,
}

impl ContainerPortFact {
    /// The port of the node, if others than the node itself reach it: what is bound to its loopback stays inside.
    pub fn open_host_port(&self) -> Option<u16> {
        self.host_port.filter(|_| !self.host_address.is_some_and(|address| address.is_loopback()))
    }
}

/// A label or an annotation that a service mesh reads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeshSetting {
    /// Its key.
    pub key: Symbol,
    /// Its value.
    pub value: Symbol,
    /// Where the value is written.
    pub place: Place,
}

/// `spec.type` of a Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceKind {
    /// Reached in the cluster.
    ClusterIp,
    /// A port on every node.
    NodePort,
    /// A load balancer of the provider.
    LoadBalancer,
    /// Another name for a name.
    ExternalName,
}

/// A Service.
#[derive(Debug, PartialEq)]
pub struct ServiceFact {
    /// The object.
    pub resource: ResourceId,
    /// Its labels.
    pub labels: Labels,
    /// Its type.
    pub kind: ServiceKind,
    /// Whether it has no address of its own (`clusterIP: None`).
    pub headless: bool,
    /// Whether an annotation makes its load balancer internal.
    pub internal: bool,
    /// Whether it claims external addresses.
    pub external_ips: bool,
    /// The pods behind it; empty if it has no selector.
    pub selector: Selector,
    /// Where the selector is written, or would be.
    pub selector_place: Place,
    /// Its ports.
    pub ports: Box<[ServicePortFact]>,
}

/// A port of a Service.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ServicePortFact {
    /// Its name; empty if it has none.
    pub name: Symbol,
    /// The protocol.
    pub protocol: Protocol,
    /// The port, if it is the number of one.
    pub port: Option<u16>,
    /// The port of the pod: `targetPort`, or else the same number.
    pub target: Option<PortReference>,
    /// Where that is written.
    pub target_place: Place,
    /// `nodePort`, if it is the number of a port.
    pub node_port: Option<u16>,
}

/// Endpoints or an EndpointSlice.
#[derive(Debug, PartialEq)]
pub struct EndpointsFact {
    /// The object.
    pub resource: ResourceId,
    /// The Service that it belongs to.
    pub service: Symbol,
    /// Whether the controller of the cluster keeps it.
    pub controlled: bool,
    /// Its addresses, and where.
    pub addresses: Box<[(Symbol, Place)]>,
    /// Its ports: the name, which is that of the port of the Service, the protocol and the number.
    pub ports: Box<[(Symbol, Protocol, u16)]>,
}

/// A Node.
#[derive(Debug, PartialEq)]
pub struct NodeFact {
    /// The object.
    pub resource: ResourceId,
    /// Its addresses.
    pub addresses: Box<[Symbol]>,
    /// Whose machine it is: what stands before the colon of `spec.providerID`, such as `aws`; empty if nothing does.
    pub provider: Symbol,
    /// Its labels.
    pub labels: Labels,
    /// Its taints.
    pub taints: Box<[TaintFact]>,
}

/// The Service that a route leads to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BackendFact {
    /// Its namespace as written; empty means that of the route.
    pub namespace: Symbol,
    /// Its name.
    pub name: Symbol,
    /// Where the name is written.
    pub place: Place,
    /// The port of the Service, if one is named.
    pub port: Option<PortReference>,
    /// Where the port is written, or else the name.
    pub port_place: Place,
}

/// An Ingress.
#[derive(Debug, PartialEq)]
pub struct IngressFact {
    /// The object.
    pub resource: ResourceId,
    /// Its class; empty if it names none.
    pub class: Symbol,
    /// Its rules.
    pub rules: Box<[IngressRuleFact]>,
    /// Where what no rule matches goes.
    pub default_backend: Option<BackendFact>,
}

/// A rule of an Ingress.
#[derive(Debug, PartialEq)]
pub struct IngressRuleFact {
    /// Its host; empty means all of them.
    pub host: Symbol,
    /// Its paths.
    pub paths: Box<[IngressPathFact]>,
}

/// A path of a rule of an Ingress.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IngressPathFact {
    /// The path; empty if it is not written.
    pub path: Symbol,
    /// `pathType`; empty if it is not written.
    pub kind: Symbol,
    /// Where the path is written, or would be.
    pub place: Place,
    /// Where it goes, if that is a Service.
    pub backend: Option<BackendFact>,
}

/// A Gateway.
#[derive(Debug, PartialEq)]
pub struct GatewayFact {
    /// The object.
    pub resource: ResourceId,
    /// What it listens for.
    pub listeners: Box<[ListenerFact]>,
}

/// A listener of a Gateway.
#[derive(Debug, PartialEq)]
pub struct ListenerFact {
    /// Its name.
    pub name: Symbol,
    /// Its port, if it is the number of one.
    pub port: Option<u16>,
    /// The protocol, as written.
    pub protocol: Symbol,
    /// Where the protocol is written, or would be.
    pub protocol_place: Place,
    /// The host; empty means all of them.
    pub hostname: Symbol,
    /// The namespaces whose routes it takes.
    pub routes_from: RoutesFrom,
    /// The kinds of routes that it takes; none written means those that its protocol is for.
    pub kinds: Box<[Symbol]>,
}

/// Whose routes a listener takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RoutesFrom {
    /// Those of its own namespace, which is what holds where nothing is written.
    #[default]
    Same,
    /// Those of every namespace.
    All,
    /// Those of the namespaces that have these labels.
    Selected(Selector),
    /// None.
    None,
}

/// A route of the Gateway API, of whatever protocol.
#[derive(Debug, PartialEq)]
pub struct RouteFact {
    /// The object.
    pub resource: ResourceId,
    /// Its hosts, and where. None means those of the listener.
    pub hosts: Box<[(Symbol, Place)]>,
    /// Where the hosts are written, or would be.
    pub hosts_place: Place,
    /// The Gateways that it asks to be attached to.
    pub parents: Box<[ParentFact]>,
    /// Its rules.
    pub rules: Box<[RouteRuleFact]>,
}

/// A Gateway that a route asks to be attached to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParentFact {
    /// Its namespace as written; empty means that of the route.
    pub namespace: Symbol,
    /// Its name.
    pub name: Symbol,
    /// The listener; empty means all of them.
    pub section: Symbol,
    /// The port of the listeners; none means all of them.
    pub port: Option<u16>,
}

/// A rule of a route.
#[derive(Debug, PartialEq)]
pub struct RouteRuleFact {
    /// What it matches: equal conditions have equal symbols.
    pub matches: Box<[(Symbol, Place)]>,
    /// Where it leads; what has no weight is left out.
    pub backends: Box<[BackendFact]>,
    /// Who gets a copy of the traffic.
    pub mirrors: Box<[BackendFact]>,
    /// Whether all it does is to send the client to HTTPS.
    pub redirects: bool,
}

/// A ReferenceGrant: objects elsewhere may refer to objects of its namespace.
#[derive(Debug, PartialEq)]
pub struct GrantFact {
    /// The object.
    pub resource: ResourceId,
    /// Kind and namespace of who may refer.
    pub from: Box<[(Symbol, Symbol)]>,
    /// Kind and name of what may be referred to; without a name all of the kind.
    pub to: Box<[(Symbol, Symbol)]>,
}

/// A Route of OpenShift.
#[derive(Debug, PartialEq)]
pub struct OpenShiftRouteFact {
    /// The object.
    pub resource: ResourceId,
    /// Its host; empty if the router chooses one.
    pub host: Symbol,
    /// Its path; empty for all.
    pub path: Symbol,
    /// Where the host is written, or would be.
    pub place: Place,
    /// Where it leads; what has no weight is left out.
    pub backends: Box<[BackendFact]>,
}

/// A NetworkPolicy.
#[derive(Debug, PartialEq)]
pub struct NetworkPolicyFact {
    /// The object.
    pub resource: ResourceId,
    /// The pods that it is for.
    pub selector: Selector,
    /// Where the selector is written, or would be.
    pub selector_place: Place,
    /// What may reach the pods; none if the policy says nothing of it.
    pub ingress: Option<Box<[PolicyRuleFact]>>,
    /// What the pods may reach; none if the policy says nothing of it.
    pub egress: Option<Box<[PolicyRuleFact]>>,
}

/// A rule of a NetworkPolicy.
#[derive(Debug, PartialEq)]
pub struct PolicyRuleFact {
    /// Who is on the other side. None means everybody.
    pub peers: Box<[PeerFact]>,
    /// The ports. None means all of all protocols.
    pub ports: Box<[PolicyPortFact]>,
}

/// Who is on the other side.
#[derive(Debug, PartialEq)]
pub struct PeerFact {
    /// Who.
    pub peer: Peer,
    /// Where that is written.
    pub place: Place,
}

/// Who is on the other side.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// Pods.
    Pods {
        /// Which; none means all.
        pods: Option<Selector>,
        /// Of which namespaces; none means that of the policy.
        namespaces: Option<Selector>,
    },
    /// Addresses.
    Block {
        /// The block as written.
        cidr: Symbol,
        /// What is taken out of it.
        except: Box<[Symbol]>,
    },
}

/// A port of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyPortFact {
    /// The protocol.
    pub protocol: Protocol,
    /// The port, or the first of several; none means all of the protocol.
    pub port: Option<PortReference>,
    /// The last port, if there are several.
    pub end: Option<u16>,
}

/// Who reads a policy that is no NetworkPolicy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyDialect {
    /// AdminNetworkPolicy, and ClusterNetworkPolicy of the tier `Admin`: before NetworkPolicies.
    Admin,
    /// BaselineAdminNetworkPolicy, and ClusterNetworkPolicy of the tier `Baseline`: after them.
    Baseline,
    /// Cilium.
    Cilium,
    /// Calico.
    Calico,
}

/// A policy of the network that is no NetworkPolicy.
#[derive(Debug, PartialEq)]
pub struct OtherPolicyFact {
    /// The object.
    pub resource: ResourceId,
    /// Who reads it.
    pub dialect: PolicyDialect,
    /// The namespaces whose pods it is for.
    pub namespaces: Reach,
    /// The pods of them; none if it is not known which.
    pub pods: Option<Selector>,
    /// Where the pods are selected, or would be.
    pub place: Place,
    /// What it does to connections to the pods.
    pub ingress: PolicyEffect,
    /// What it does to connections from the pods.
    pub egress: PolicyEffect,
}

/// Which namespaces are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// That of the object.
    Own,
    /// Those that have these labels.
    Selected(Selector),
    /// Some; an expression that is not read here says which.
    Unknown,
}

/// What a policy does to connections of one direction.
#[derive(Debug, Default, PartialEq)]
pub struct PolicyEffect {
    /// Whether some connection is refused because of it.
    pub isolates: bool,
    /// Whether all that is not let through elsewhere is refused because of it.
    pub denies_all: bool,
    /// What it lets through, whatever policies after it say.
    pub overrides: Box<[PeerFact]>,
}

/// A ConfigMap that says whether ingress-nginx takes snippets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SnippetSettingFact {
    /// The object.
    pub resource: ResourceId,
    /// Whether it does.
    pub allows: bool,
}

pairs!(NetworkFacts: services, endpoints, nodes, ingresses, gateways, routes, grants, openshift_routes, policies, other_policies, snippet_settings);
