//! Policies of Calico: tiers, order, and rules that admit, deny and pass.
//!
//! Source: the reference of `projectcalico.org/v3`. NetworkPolicies are judged in the tier `default` at order 1000.

use super::{all_ports, calico_selector, items};
use crate::address::Block;
use crate::document::Value;
use crate::inventory::observe::Observer;
use crate::inventory::{
    BlockReach, Expression, PodSet, PortReference, Protocol, Stage, TierFact, TrafficAction, TrafficDirection,
    TrafficFacts, TrafficPeer, TrafficPolicy, TrafficPolicyKind, TrafficPort, TrafficRule, UnmodelledPolicy, Who,
};
use crate::object::Object;
use crate::place::Place;
use crate::symbols::Symbol;

/// What of an entity is evaluated.
const KNOWN: &[&str] = &["selector", "namespaceSelector", "nets", "ports"];

impl Observer<'_> {
    pub(super) fn traffic_calico(&self, object: &Object<'_>, kind: &str, facts: &mut TrafficFacts) {
        match kind {
            "NetworkPolicy" | "GlobalNetworkPolicy" => self.calico_traffic_policy(object, facts),
            "StagedNetworkPolicy" | "StagedGlobalNetworkPolicy" | "StagedKubernetesNetworkPolicy" => {}
            "Tier" => {
                let spec = |key| object.value.at(&["spec", key]);
                facts.tiers.push(TierFact {
                    resource: self.resource,
                    name: self.symbols.intern(&object.name()),
                    order: spec("order").and_then(number),
                    passes: spec("defaultAction").is_some_and(|action| action.text() == "Pass"),
                });
            }
            "NetworkSet" | "GlobalNetworkSet" => {
                let own = (kind == "NetworkSet").then_some(PodSet { namespaces: None, pods: Expression::All });
                let what = "rules that select this set of addresses by its labels are not evaluated for them";
                facts.unmodelled.push(UnmodelledPolicy {
                    resource: self.resource,
                    place: self.name_place(object),
                    what: self.symbols.intern(what),
                    subject: own,
                    outside: true,
                    nodes: false,
                    ingress: true,
                    egress: true,
                });
            }
            _ => {}
        }
    }

    fn calico_traffic_policy(&self, object: &Object<'_>, facts: &mut TrafficFacts) {
        let spec = |key| object.value.at(&["spec", key]);
        let text = |key| spec(key).map(Value::text).unwrap_or_default();
        let is_global = object.kind == "GlobalNetworkPolicy";
        let mut unread: Vec<(Place, String)> = Vec::new();
        let selector_place = self.place_or_missing(spec("selector"), object.value, "spec.selector");
        let pods = calico_selector::parse(&text("selector"), self.symbols);
        let namespaces = match is_global {
            true => calico_selector::parse(&text("namespaceSelector"), self.symbols).map(Some),
            false => Some(None),
        };
        let subject = match (pods, namespaces) {
            (Some(pods), Some(namespaces)) => Some(PodSet { namespaces, pods }),
            _ => None,
        };
        for key in ["serviceAccountSelector", "doNotTrack", "preDNAT", "applyOnForward"] {
            if let Some(value) = spec(key).filter(|value| value.as_bool() != Some(false)) {
                unread.push((self.place(value), format!("`{key}` of a Calico policy is not evaluated")));
            }
        }
        let types: Vec<_> = items(spec("types")).map(Value::text).collect();
        let has_rules = |key| items(spec(key)).next().is_some();
        let ingress = match types.is_empty() {
            true => has_rules("ingress") || !has_rules("egress"),
            false => types.iter().any(|name| name == "Ingress"),
        };
        let egress = if types.is_empty() { has_rules("egress") } else { types.iter().any(|name| name == "Egress") };
        let mut direction = |key: &'static str, is_on: bool| {
            let rules = (0..).zip(items(spec(key))).filter_map(|(number, rule)| {
                let read = self.calico_rule(rule, key, is_global, &mut unread)?;
                Some(TrafficRule { number, ..read })
            });
            let rules: Box<[TrafficRule]> = rules.collect();
            is_on.then_some(TrafficDirection { closes: true, rules })
        };
        let (into, out_of) = (direction("ingress", ingress), direction("egress", egress));
        let Some(subject) = subject else {
            let what = "the selector is not evaluated".to_owned();
            self.calico_unread(vec![(selector_place, what)], None, (ingress, egress), facts);
            return;
        };
        self.calico_unread(unread, Some(&subject), (ingress, egress), facts);
        let tier = spec("tier").map_or_else(|| self.symbols.intern("default"), |tier| self.symbol(Some(tier)));
        facts.policies.push(TrafficPolicy {
            resource: self.resource,
            place: self.name_place(object),
            kind: TrafficPolicyKind::Calico,
            stage: Stage::Tier { name: tier, order: spec("order").and_then(number) },
            subject,
            subject_place: selector_place,
            ingress: into,
            egress: out_of,
        });
    }

    fn calico_unread(
        &self,
        unread: Vec<(Place, String)>,
        subject: Option<&PodSet>,
        (ingress, egress): (bool, bool),
        facts: &mut TrafficFacts,
    ) {
        facts.unmodelled.extend(unread.into_iter().map(|(place, what)| UnmodelledPolicy {
            resource: self.resource,
            place,
            what: self.symbols.intern(&what),
            subject: subject.cloned(),
            outside: false,
            nodes: false,
            ingress,
            egress,
        }));
    }

    fn calico_rule(
        &self,
        rule: Value<'_>,
        key: &str,
        is_global: bool,
        unread: &mut Vec<(Place, String)>,
    ) -> Option<TrafficRule> {
        let action = match rule.get("action").map(Value::text).as_deref() {
            Some("Allow") => TrafficAction::Allow,
            Some("Deny") => TrafficAction::Deny,
            Some("Pass") => TrafficAction::Pass,
            // It is written down, and the next rule is asked.
            Some("Log") => return None,
            _ => {
                unread.push((self.place(rule), "a rule has no action that is known".to_owned()));
                return None;
            }
        };
        let protocol = match self.calico_protocol(rule, unread) {
            Ok(protocol) => protocol,
            Err(()) => return None,
        };
        if let Some(value) = rule.get("notProtocol") {
            unread.push((self.place(value), "`notProtocol` of a Calico rule is not evaluated".to_owned()));
        }
        let (near, far) = if key == "ingress" { ("destination", "source") } else { ("source", "destination") };
        let (near, far) = (rule.get(near), rule.get(far));
        let before = unread.len();
        let peers = self.calico_peers(far, is_global, unread);
        let only = self.calico_only(near, unread);
        let destination = rule.get("destination").and_then(|entity| entity.get("ports"));
        let ports = self.calico_ports(destination, protocol, rule);
        let peers = self.calico_family(rule, peers, unread);
        if let Some(ports) = rule.get("source").and_then(|source| source.get("ports")) {
            unread.push((self.place(ports), "ports of the source are not evaluated".to_owned()));
        }
        // A rule that is not read whole admits nothing; what it would refuse is said to be not known.
        if unread.len() > before {
            return None;
        }
        Some(TrafficRule {
            number: 0,
            place: self.place(rule),
            name: Symbol::EMPTY,
            action,
            peers,
            ports,
            only,
            narrowed: rule.get("http").is_some(),
        })
    }

    /// The protocol of a rule; an error for one whose connections are none of TCP, UDP and SCTP.
    fn calico_protocol(&self, rule: Value<'_>, unread: &mut Vec<(Place, String)>) -> Result<Option<Protocol>, ()> {
        let Some(value) = rule.get("protocol") else { return Ok(None) };
        match &*value.text() {
            "TCP" | "6" => Ok(Some(Protocol::Tcp)),
            "UDP" | "17" => Ok(Some(Protocol::Udp)),
            "SCTP" | "132" => Ok(Some(Protocol::Sctp)),
            "ICMP" | "ICMPv6" | "1" | "58" => Err(()),
            other => {
                unread.push((self.place(value), format!("the protocol `{other}` is not evaluated")));
                Err(())
            }
        }
    }

    fn calico_peers(
        &self,
        entity: Option<Value<'_>>,
        is_global: bool,
        unread: &mut Vec<(Place, String)>,
    ) -> Option<Box<[TrafficPeer]>> {
        let entity = entity?;
        for (key, value) in entity.entries() {
            let key = key.text();
            if !KNOWN.contains(&&*key) {
                unread.push((self.place(value), format!("`{key}` of a Calico rule is not evaluated")));
            }
        }
        let place = self.place(entity);
        let nets = entity.get("nets").filter(|nets| nets.items().next().is_some());
        let text = |key| entity.get(key).map(Value::text).filter(|text| !text.trim().is_empty());
        let (selector, namespaces) = (text("selector"), text("namespaceSelector"));
        if selector.is_some() || namespaces.is_some() {
            if nets.is_some() {
                unread.push((place, "addresses beside a selector are not evaluated".to_owned()));
            }
            if namespaces.as_deref() == Some("global()") {
                unread.push((place, "`global()` means sets of addresses, which are not evaluated".to_owned()));
                return Some(Box::default());
            }
            let pods = calico_selector::parse(selector.as_deref().unwrap_or("all()"), self.symbols);
            let spaces = match namespaces.as_deref() {
                Some(text) => calico_selector::parse(text, self.symbols).map(Some),
                None if is_global => Some(Some(Expression::All)),
                None => Some(None),
            };
            let (Some(pods), Some(namespaces)) = (pods, spaces) else {
                unread.push((place, "a selector of a Calico rule is not evaluated".to_owned()));
                return Some(Box::default());
            };
            return Some(Box::new([TrafficPeer { place, who: Who::Pods(PodSet { namespaces, pods }) }]));
        }
        let nets = nets?;
        let blocks = nets.items().filter_map(|net| {
            let block = Block::parse(&net.text())?;
            let who = Who::Block { block, except: Box::default(), reach: BlockReach::Anything };
            Some(TrafficPeer { place: self.place(net), who })
        });
        Some(blocks.collect())
    }

    /// The peers of a rule that is for one version of IP alone.
    fn calico_family(
        &self,
        rule: Value<'_>,
        peers: Option<Box<[TrafficPeer]>>,
        unread: &mut Vec<(Place, String)>,
    ) -> Option<Box<[TrafficPeer]>> {
        let Some(version) = rule.get("ipVersion") else { return peers };
        let (everything, is_v6) = match &*version.text() {
            "4" => ("0.0.0.0/0", false),
            "6" => ("::/0", true),
            _ => ("", false),
        };
        let is_block = |peer: &TrafficPeer| matches!(peer.who, Who::Block { .. });
        let Some(block) = Block::parse(everything).filter(|_| peers.iter().flatten().all(is_block)) else {
            unread.push((self.place(version), "`ipVersion` beside a selector is not evaluated".to_owned()));
            return peers;
        };
        let place = self.place(version);
        let all =
            || TrafficPeer { place, who: Who::Block { block, except: Box::default(), reach: BlockReach::Anything } };
        let of_version = |peer: &TrafficPeer| matches!(peer.who, Who::Block { block, .. } if block.is_v6() == is_v6);
        Some(match peers {
            None => Box::new([all()]),
            Some(peers) => peers.into_iter().filter(of_version).collect(),
        })
    }

    /// What a rule asks of the pods of the policy themselves.
    fn calico_only(&self, entity: Option<Value<'_>>, unread: &mut Vec<(Place, String)>) -> Option<Box<PodSet>> {
        let entity = entity?;
        for (key, value) in entity.entries() {
            let key = key.text();
            if !matches!(&*key, "selector" | "ports") {
                unread.push((self.place(value), format!("`{key}` of a policy's own pods is not evaluated")));
            }
        }
        let text = entity.get("selector").map(Value::text)?;
        match calico_selector::parse(&text, self.symbols) {
            Some(pods) => Some(Box::new(PodSet { namespaces: Some(Expression::All), pods })),
            None => {
                unread.push((self.place(entity), "a selector of a Calico rule is not evaluated".to_owned()));
                None
            }
        }
    }

    fn calico_ports(
        &self,
        list: Option<Value<'_>>,
        protocol: Option<Protocol>,
        rule: Value<'_>,
    ) -> Option<Box<[TrafficPort]>> {
        let Some(list) = list.filter(|list| list.items().next().is_some()) else {
            return protocol.map(|protocol| [all_ports(Some(protocol), self.place(rule))].into());
        };
        let ports = list.items().map(|value| {
            let text = value.text();
            let range = text.split_once(':').and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
            let (port, end) = match (text.parse::<u16>().ok(), range) {
                (Some(number), _) => (PortReference::Number(number), None),
                (None, Some((first, last))) => (PortReference::Number(first), Some(last)),
                (None, None) => (PortReference::Name(self.symbols.intern(&text)), None),
            };
            TrafficPort { protocol, port: Some(port), end, place: self.place(value) }
        });
        Some(ports.collect())
    }
}

/// A number with or without a fraction.
fn number(value: Value<'_>) -> Option<f64> {
    value.text().parse().ok().filter(|number: &f64| number.is_finite())
}
