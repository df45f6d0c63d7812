//! Policies of the network in their dialects: what a rule lets through as it is written.
//!
//! Sources: networking/v1, policy.networking.k8s.io, and the references of Cilium and Calico. Who reaches whom in the
//! end is not asked here: that takes all policies together.

use model::address::{Block, first_of_everywhere};
use model::document::Value;
use model::object::Object;

/// Who reads the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// NetworkPolicy.
    Kubernetes,
    /// AdminNetworkPolicy, BaselineAdminNetworkPolicy, ClusterNetworkPolicy.
    Admin,
    /// CiliumNetworkPolicy.
    Cilium,
    /// CiliumClusterwideNetworkPolicy.
    CiliumCluster,
    /// Calico's NetworkPolicy and GlobalNetworkPolicy.
    Calico,
}

/// Which way the connection is opened, as the pods see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// To the pods.
    Ingress,
    /// From the pods.
    Egress,
}

/// A block of addresses that a rule lets through.
#[derive(Clone, Copy)]
pub(crate) struct AllowedBlock<'d> {
    /// The block.
    pub(crate) cidr: Value<'d>,
    /// What is taken out of it again.
    pub(crate) except: Option<Value<'d>>,
    /// The mapping that has both, where there can be an `except`.
    pub(crate) mapping: Option<Value<'d>>,
}

impl Dialect {
    /// The dialect of the object, if it is a policy of the network.
    pub(crate) fn of(object: &Object<'_>) -> Option<Self> {
        Some(match (object.group(), &*object.kind) {
            ("networking.k8s.io" | "extensions", "NetworkPolicy") => Self::Kubernetes,
            (
                "policy.networking.k8s.io",
                "AdminNetworkPolicy" | "BaselineAdminNetworkPolicy" | "ClusterNetworkPolicy",
            ) => Self::Admin,
            ("cilium.io", "CiliumNetworkPolicy") => Self::Cilium,
            ("cilium.io", "CiliumClusterwideNetworkPolicy") => Self::CiliumCluster,
            ("projectcalico.org" | "crd.projectcalico.org", "NetworkPolicy" | "GlobalNetworkPolicy") => Self::Calico,
            _ => return None,
        })
    }
}

impl Direction {
    /// Both.
    pub(crate) const BOTH: [Self; 2] = [Self::Ingress, Self::Egress];

    fn rules(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Ingress => "Ingress",
            Self::Egress => "Egress",
        }
    }

    fn peers(self) -> &'static str {
        match self {
            Self::Ingress => "from",
            Self::Egress => "to",
        }
    }
}

/// The rules of one direction, those that have an effect.
pub(crate) fn rules<'d>(object: &Object<'d>, dialect: Dialect, direction: Direction) -> Vec<Value<'d>> {
    let spec = object.value.get("spec");
    let rules_of = |spec: Value<'d>| spec.get(direction.rules()).into_iter().flat_map(Value::items);
    match dialect {
        Dialect::Cilium | Dialect::CiliumCluster => {
            let specs = object.value.get("specs").into_iter().flat_map(Value::items);
            spec.into_iter().chain(specs).flat_map(rules_of).collect()
        }
        Dialect::Kubernetes | Dialect::Calico => {
            let key = if dialect == Dialect::Calico { "types" } else { "policyTypes" };
            // Where the directions are listed, the rules of another one are not looked at.
            let lists_others = spec.and_then(|spec| spec.get(key)).is_some_and(|types| {
                let mut types = types.items().peekable();
                types.peek().is_some() && !types.any(|name| name.text() == direction.name())
            });
            if lists_others { Vec::new() } else { spec.into_iter().flat_map(rules_of).collect() }
        }
        Dialect::Admin => spec.into_iter().flat_map(rules_of).collect(),
    }
}

/// What in the rule lets everybody through on every port, if something does.
pub(crate) fn allows_all<'d>(rule: Value<'d>, dialect: Dialect, direction: Direction) -> Option<Value<'d>> {
    let has_items = |key| rule.get(key).is_some_and(|list| list.items().next().is_some());
    match dialect {
        Dialect::Kubernetes if has_items("ports") && !is_every_port(rule) => None,
        Dialect::Kubernetes if !has_items(direction.peers()) => Some(rule),
        Dialect::Kubernetes => {
            peers(rule, direction).find(|peer| is_everybody(*peer)).or_else(|| together(rule, dialect, direction))
        }
        Dialect::Admin if !allows(rule) || has_items("ports") || has_items("protocols") => None,
        Dialect::Admin => {
            let peer = peers(rule, direction).find(|peer| is_everybody_of_admin(*peer));
            peer.or_else(|| together(rule, dialect, direction))
        }
        Dialect::Cilium | Dialect::CiliumCluster if has_items("toPorts") || has_items("icmps") => None,
        Dialect::Cilium | Dialect::CiliumCluster => {
            cilium_allows_all(rule, dialect, direction).or_else(|| together(rule, dialect, direction))
        }
        Dialect::Calico => calico_allows_all(rule, direction),
    }
}

/// Whether the ports of a rule are all ports of all three protocols.
fn is_every_port(rule: Value<'_>) -> bool {
    let is_whole = |port: &Value<'_>| {
        let number = |key| port.get(key).and_then(Value::as_int);
        match port.get("port") {
            None => true,
            Some(_) => number("port").is_some_and(|first| first <= 1) && number("endPort") == Some(65535),
        }
    };
    let is_of = |port: Value<'_>, wanted: &str| match port.get("protocol") {
        Some(protocol) => protocol.text() == wanted,
        None => wanted == "TCP",
    };
    let ports = || rule.get("ports").into_iter().flat_map(Value::items).filter(is_whole);
    ["TCP", "UDP", "SCTP"].iter().all(|wanted| ports().any(|port| is_of(port, wanted)))
}

/// The first of the blocks that let every address through together.
fn together(rule: Value<'_>, dialect: Dialect, direction: Direction) -> Option<Value<'_>> {
    let has_except = |block: &AllowedBlock<'_>| block.except.is_some_and(|except| except.items().next().is_some());
    let whole = blocks(rule, dialect, direction).into_iter().filter(|block| !has_except(block));
    let parsed: Vec<(Value<'_>, Block)> =
        whole.filter_map(|block| Some((block.cidr, Block::parse(&block.cidr.text())?))).collect();
    let first = first_of_everywhere(parsed.iter().map(|(_, block)| block))?;
    parsed.get(first).map(|(place, _)| *place)
}

/// The blocks of addresses that the rule lets through.
pub(crate) fn blocks(rule: Value<'_>, dialect: Dialect, direction: Direction) -> Vec<AllowedBlock<'_>> {
    let plain = |cidr| AllowedBlock { cidr, except: None, mapping: None };
    let items = |key| rule.get(key).into_iter().flat_map(Value::items);
    match dialect {
        Dialect::Kubernetes => peers(rule, direction).filter_map(|peer| with_except(peer.get("ipBlock")?)).collect(),
        Dialect::Admin | Dialect::Calico if !allows(rule) => Vec::new(),
        Dialect::Admin => {
            let networks = peers(rule, direction).filter_map(|peer| peer.get("networks")).flat_map(Value::items);
            networks.map(plain).collect()
        }
        Dialect::Cilium | Dialect::CiliumCluster => {
            let (list, sets) = cilium_blocks(direction);
            items(list).map(plain).chain(items(sets).filter_map(with_except)).collect()
        }
        Dialect::Calico => {
            let Some(peer) = rule.get(calico_peer(direction)) else { return Vec::new() };
            let nets = peer.get("nets").into_iter().flat_map(Value::items);
            nets.map(|cidr| AllowedBlock { cidr, except: peer.get("notNets"), mapping: None }).collect()
        }
    }
}

fn with_except(block: Value<'_>) -> Option<AllowedBlock<'_>> {
    Some(AllowedBlock { cidr: block.get("cidr")?, except: block.get("except"), mapping: Some(block) })
}

fn peers(rule: Value<'_>, direction: Direction) -> impl Iterator<Item = Value<'_>> {
    rule.get(direction.peers()).into_iter().flat_map(Value::items)
}

fn allows(rule: Value<'_>) -> bool {
    rule.get("action").is_some_and(|action| matches!(&*action.text(), "Allow" | "Accept"))
}

fn is_everybody(peer: Value<'_>) -> bool {
    if let Some(block) = peer.get("ipBlock") {
        let has_except = block.get("except").is_some_and(|except| except.items().next().is_some());
        return !has_except && block.get("cidr").is_some_and(is_every_address);
    }
    is_empty_at(peer, "namespaceSelector") && peer.get("podSelector").is_none_or(is_empty_selector)
}

fn is_everybody_of_admin(peer: Value<'_>) -> bool {
    let pods =
        peer.get("pods").is_some_and(|pods| is_empty_at(pods, "namespaceSelector") && is_empty_at(pods, "podSelector"));
    let namespaces = peer.get("namespaces").is_some_and(is_empty_selector);
    let mut networks = peer.get("networks").into_iter().flat_map(Value::items);
    pods || namespaces || networks.any(is_every_address)
}

fn is_every_address(cidr: Value<'_>) -> bool {
    Block::parse(&cidr.text()).is_some_and(|block| block.is_everything())
}

fn is_empty_at(value: Value<'_>, key: &str) -> bool {
    value.get(key).is_some_and(is_empty_selector)
}

fn is_empty_selector(selector: Value<'_>) -> bool {
    let labels = selector.get("matchLabels").is_none_or(|labels| labels.entries().next().is_none());
    labels && selector.get("matchExpressions").is_none_or(|expressions| expressions.items().next().is_none())
}

/// The fields of a rule that list blocks: plain ones, and those with exceptions.
fn cilium_blocks(direction: Direction) -> (&'static str, &'static str) {
    match direction {
        Direction::Ingress => ("fromCIDR", "fromCIDRSet"),
        Direction::Egress => ("toCIDR", "toCIDRSet"),
    }
}

/// A rule without peers and without ports matches nothing there.
fn cilium_allows_all<'d>(rule: Value<'d>, dialect: Dialect, direction: Direction) -> Option<Value<'d>> {
    let (entities, endpoints) = match direction {
        Direction::Ingress => ("fromEntities", "fromEndpoints"),
        Direction::Egress => ("toEntities", "toEndpoints"),
    };
    let items = |key| rule.get(key).into_iter().flat_map(Value::items);
    // `world` is every address outside the cluster, as `0.0.0.0/0` is.
    let entity = items(entities).find(|entity| matches!(&*entity.text(), "all" | "world"));
    // In a namespaced policy the empty selector is for pods of the namespace.
    let endpoint = || items(endpoints).find(|peer| dialect == Dialect::CiliumCluster && is_empty_selector(*peer));
    let (list, sets) = cilium_blocks(direction);
    let block = || items(list).find(|cidr| is_every_address(*cidr));
    let set = || items(sets).find(|set| set.get("except").is_none() && set.get("cidr").is_some_and(is_every_address));
    entity.or_else(endpoint).or_else(block).or_else(set)
}

fn calico_peer(direction: Direction) -> &'static str {
    match direction {
        Direction::Ingress => "source",
        Direction::Egress => "destination",
    }
}

fn calico_allows_all(rule: Value<'_>, direction: Direction) -> Option<Value<'_>> {
    if !allows(rule) {
        return None;
    }
    let limits = |key: Value<'_>| !matches!(&*key.text(), "action" | "source" | "destination" | "metadata");
    if rule.entries().any(|(key, value)| limits(key) && !value.is_null()) {
        return None;
    }
    let other = match direction {
        Direction::Ingress => "destination",
        Direction::Egress => "source",
    };
    if rule.get(other).is_some_and(|own| own.entries().next().is_some()) {
        return None;
    }
    let Some(peer) = rule.get(calico_peer(direction)) else { return rule.get("action") };
    let is_open = peer.entries().all(|(key, value)| match &*key.text() {
        "nets" => {
            let blocks: Vec<Block> = value.items().filter_map(|cidr| Block::parse(&cidr.text())).collect();
            first_of_everywhere(&blocks).is_some()
        }
        "selector" => matches!(value.text().trim(), "" | "all()"),
        _ => value.is_null(),
    });
    if peer.entries().next().is_none() { rule.get("action") } else { is_open.then_some(peer) }
}
