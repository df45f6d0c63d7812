//! The form in which answers about the network are exchanged.
//!
//! Two computations of the same network give the same bytes: keys are sorted, ranges that touch and are equal are one.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ::network::{
    BlockMatching, Config, Direction, Enforcement, HostNetwork, Identity, Isolation, LAST_ONE_STAYS, Network, OwnNode,
    PROTOCOLS, PortRanges, Ports, UNKNOWN_ADDRESSES, protocol_name,
};
use model::inventory::{Inventory, ResourceId};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::json::{JsonCoverage, Tool};

/// A set of ports: `"*"` for all of all protocols, or the ranges of each protocol, both ends included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection(pub Ports);

impl Serialize for Connection {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_all() {
            return serializer.serialize_str("*");
        }
        let present = || PROTOCOLS.into_iter().filter(|protocol| !self.0.ranges(*protocol).is_empty());
        let mut map = serializer.serialize_map(Some(present().count()))?;
        for protocol in present() {
            map.serialize_entry(protocol_name(protocol), self.0.ranges(protocol))?;
        }
        map.end()
    }
}

impl JsonSchema for Connection {
    fn schema_name() -> Cow<'static, str> {
        "Connection".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let range = serde_json::json!({
            "type": "array", "minItems": 2, "maxItems": 2,
            "items": { "type": "integer", "minimum": 1, "maximum": 65535 }
        });
        let ranges = serde_json::json!({ "type": "array", "items": range });
        json_schema!({
            "description": "`\"*\"` for all ports of all protocols, or the ranges of each protocol, both ends included",
            "oneOf": [
                { "const": "*" },
                {
                    "type": "object",
                    "properties": { "TCP": ranges, "UDP": ranges, "SCTP": ranges },
                    "additionalProperties": false
                }
            ]
        })
    }
}

/// Addresses from the first to the last, and the connections with them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RangeConnection(
    /// The first address.
    pub String,
    /// The last address.
    pub String,
    /// The connections.
    pub Connection,
);

/// What was assumed of the cluster.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Assumed {
    /// The network plugin; null if it is not known.
    pub plugin: Option<String>,
    /// How the plugin was found: `asked`, `detected` or `none`.
    pub found_by: String,
    /// Whether anything enforces policies.
    pub enforced: bool,
    /// What `ipBlock` finds: `anything`, `nodesAndOutside` or `outside`.
    pub blocks: String,
    /// What pods on the network of their node are to policies: `node` or `pod`.
    pub host_network: String,
    /// Whether `endPort` is enforced.
    pub port_ranges: bool,
    /// Whether no policy is asked between pods and the node that they run on: `both`, `fromNode` or `neither` direction.
    pub own_node_exempt: String,
    /// The blocks that pods have their addresses from; empty if that is not known.
    pub pod_blocks: Vec<String>,
}

/// A policy that has no effect, or whose effect is not evaluated.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyNote {
    /// The policy: `Kind namespace/name`.
    pub policy: String,
    /// The file.
    pub path: String,
    /// The line.
    pub line: u32,
    /// Why.
    pub reason: String,
}

/// An endpoint.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndpointInfo {
    /// Its name: `namespace/name[Kind]`, the nodes, or the addresses.
    pub name: String,
    /// `workload`, `nodes` or `outside`.
    pub is: String,
    /// The namespace of a workload.
    pub namespace: Option<String>,
    /// The kind of a workload.
    pub kind: Option<String>,
    /// How many pods it has, if that is known.
    pub pods: Option<u32>,
    /// Whether its pods are on the network of their node.
    pub host_network: bool,
    /// Whether connections to it are restricted: `open`, `restricted` or `notApplicable`.
    pub ingress: String,
    /// Whether connections from it are restricted.
    pub egress: String,
    /// Whether policies that are not evaluated may change the answer.
    pub incomplete: bool,
    /// The file.
    pub path: Option<String>,
    /// The line.
    pub line: Option<u32>,
}

/// The connections of a workload with the outside.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutsideConnections {
    /// Who may connect to it.
    pub ingress: Vec<RangeConnection>,
    /// To whom it may connect.
    pub egress: Vec<RangeConnection>,
}

/// An answer that is another under another assumption.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DependsOn {
    /// Who connects.
    pub from: String,
    /// Who is connected to.
    pub to: String,
    /// What would have to be so.
    pub condition: String,
    /// The connections then.
    pub connection: Connection,
}

/// Ports of which two policies of equal priority decide otherwise, so that nobody knows. They are among the connections.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Undecidable {
    /// Who connects.
    pub from: String,
    /// Who is connected to.
    pub to: String,
    /// The ports.
    pub connection: Connection,
    /// The policies.
    pub policies: Vec<String>,
}

/// The answer of `plimsoll network list`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NetworkMap {
    /// The version of this form: `major.minor`.
    pub schema_version: String,
    /// The program that wrote it.
    pub tool: Tool,
    /// What was looked at, and what was not and why.
    pub coverage: JsonCoverage,
    /// What was assumed of the cluster.
    pub assumed: Assumed,
    /// Everybody.
    pub endpoints: Vec<EndpointInfo>,
    /// Who may connect to whom in the cluster: `from => to`, with the ports.
    pub connections: BTreeMap<String, Connection>,
    /// The connections of each workload with the outside.
    pub outside: BTreeMap<String, OutsideConnections>,
    /// Answers that depend on what was assumed.
    pub depends_on: Vec<DependsOn>,
    /// Connections of which policies of equal priority decide otherwise.
    pub undecidable: Vec<Undecidable>,
    /// What pods reach that ought to be out of their reach: metadata services of clouds, and kubelets.
    pub targets: Vec<super::exposure::ExposureTarget>,
    /// Policies that the API refuses, so that nothing enforces them.
    pub refused: Vec<PolicyNote>,
    /// Policies that are not evaluated, so that the answers for what they select are incomplete.
    pub incomplete: Vec<PolicyNote>,
}

/// The version of the forms of the network.
pub const SCHEMA_VERSION: &str = "1.0";

/// The JSON Schema of `network list`.
pub fn schema() -> String {
    serde_json::to_string_pretty(&schemars::schema_for!(NetworkMap)).expect("a schema is JSON") + "\n"
}

/// How the plugin was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PluginSource {
    /// The user named it.
    Asked(String),
    /// Objects in the input show it.
    Detected(String),
    /// It is not known.
    Unknown,
}

impl PluginSource {
    /// The plugin's name.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Asked(name) | Self::Detected(name) => Some(name),
            Self::Unknown => None,
        }
    }
}

/// What was assumed, for machines.
pub fn assumed(config: &Config, plugin: &PluginSource) -> Assumed {
    let dialect = &config.dialect;
    let block = |block: &model::address::Block| ::network::Range::of(block).text();
    Assumed {
        plugin: plugin.name().map(str::to_owned),
        found_by: match plugin {
            PluginSource::Asked(_) => "asked",
            PluginSource::Detected(_) => "detected",
            PluginSource::Unknown => "none",
        }
        .to_owned(),
        enforced: dialect.enforcement == Enforcement::Present,
        blocks: match dialect.blocks {
            BlockMatching::Anything => "anything",
            BlockMatching::NoPods => "nodesAndOutside",
            BlockMatching::OutsideOnly => "outside",
        }
        .to_owned(),
        host_network: match dialect.host_network {
            HostNetwork::Node => "node",
            HostNetwork::Pod => "pod",
        }
        .to_owned(),
        port_ranges: dialect.ranges == PortRanges::Enforced,
        own_node_exempt: match dialect.own_node {
            OwnNode::Exempt => "both",
            OwnNode::FromNode => "fromNode",
            OwnNode::Judged => "neither",
        }
        .to_owned(),
        pod_blocks: config.pod_blocks.iter().map(block).collect(),
    }
}

/// What was assumed, for people: one line.
pub fn assumed_text(plugin: &PluginSource) -> String {
    match plugin {
        PluginSource::Asked(name) => format!("the network plugin is {name}, as asked"),
        PluginSource::Detected(name) => format!("the network plugin is {name}: its objects are in the input"),
        PluginSource::Unknown => {
            "the network plugin is not known; policies are taken to be enforced as specified (`--cni NAME`)".to_owned()
        }
    }
}

/// Where an object is: its file and a line.
pub fn place_of(inventory: &Inventory, resource: ResourceId, line: u32) -> (String, u32) {
    let object = inventory.resource(resource);
    let path = inventory.files.get(object.file as usize).map(|path| path.to_string_lossy().into_owned());
    (path.unwrap_or_default(), if line == 0 { object.line } else { line })
}

/// `Kind namespace/name`.
pub fn object_name(inventory: &Inventory, resource: ResourceId) -> String {
    let object = inventory.resource(resource);
    let text = |symbol| inventory.symbols.text(symbol);
    let namespace = text(object.namespace);
    let slash = if namespace.is_empty() { "" } else { "/" };
    format!("{} {namespace}{slash}{}", text(object.kind), text(object.name))
}

/// Policies that the API refuses.
pub fn refused(inventory: &Inventory) -> Vec<PolicyNote> {
    let refused = inventory.facts.traffic.refused.iter();
    refused.map(|policy| note(inventory, policy.resource, policy.place.line, policy.reason)).collect()
}

/// Policies that are not evaluated.
pub fn incomplete(inventory: &Inventory) -> Vec<PolicyNote> {
    let unmodelled = inventory.facts.traffic.unmodelled.iter();
    unmodelled.map(|policy| note(inventory, policy.resource, policy.place.line, policy.what)).collect()
}

fn note(inventory: &Inventory, resource: ResourceId, line: u32, reason: model::symbols::Symbol) -> PolicyNote {
    let (path, line) = place_of(inventory, resource, line);
    PolicyNote { policy: object_name(inventory, resource), path, line, reason: inventory.symbols.text(reason) }
}

/// The endpoints of a network.
pub fn endpoint_infos(network: &Network<'_>) -> Vec<EndpointInfo> {
    let inventory = network.inventory();
    let text = |symbol| inventory.symbols.text(symbol);
    let all = network.endpoints().map(|(number, endpoint)| {
        let workload = network.workload_of(number);
        let place = workload.map(|workload| place_of(inventory, workload.resource, 0));
        let directions = [Direction::Ingress, Direction::Egress];
        EndpointInfo {
            name: endpoint.name.clone(),
            is: match endpoint.identity {
                Identity::Workload { .. } => "workload",
                Identity::Nodes(_) => "nodes",
                Identity::Outside(_) => "outside",
            }
            .to_owned(),
            namespace: workload.map(|workload| text(workload.namespace)),
            kind: workload.map(|workload| text(workload.kind)),
            pods: workload.and_then(|workload| workload.pods),
            host_network: endpoint.host_network,
            ingress: isolation_name(network.isolation(number, Direction::Ingress)).to_owned(),
            egress: isolation_name(network.isolation(number, Direction::Egress)).to_owned(),
            incomplete: directions.iter().any(|direction| !network.unmodelled(number, *direction).is_empty()),
            path: place.as_ref().map(|(path, _)| path.clone()),
            line: place.map(|(_, line)| line),
        }
    });
    all.collect()
}

fn isolation_name(isolation: Isolation) -> &'static str {
    match isolation {
        Isolation::Open => "open",
        Isolation::Restricted => "restricted",
        Isolation::NotApplicable => "notApplicable",
    }
}

/// What an answer depends on that holds under a condition.
pub(super) fn depends_on(condition: &str) -> &'static str {
    match condition {
        UNKNOWN_ADDRESSES => "depends on addresses",
        LAST_ONE_STAYS => "depends on what is applied last",
        _ => "depends on the CNI",
    }
}

/// The names of policies that contradict each other, each once.
pub(super) fn rivals(inventory: &Inventory, pairs: &[(ResourceId, ResourceId)]) -> Vec<String> {
    let names = pairs.iter().flat_map(|(own, other)| [*own, *other]);
    let mut names: Vec<String> = names.map(|policy| object_name(inventory, policy)).collect();
    names.sort();
    names.dedup();
    names
}
