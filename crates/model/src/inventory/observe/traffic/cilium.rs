//! Policies of Cilium: who and which ports. Conditions above ports are noted as narrower.
//!
//! Source: the reference of `cilium.io/v2`. What is denied goes before everything; what is admitted joins
//! NetworkPolicies; an empty rule admits nothing.

use super::{all_ports, items};
use crate::address::Block;
use crate::document::Value;
use crate::inventory::observe::{NAMESPACE_NAME, Observer};
use crate::inventory::{
    BlockReach, Expression, PodSet, PortReference, Protocol, Stage, TrafficAction, TrafficDirection, TrafficFacts,
    TrafficPeer, TrafficPolicy, TrafficPolicyKind, TrafficPort, TrafficRule, UnmodelledPolicy, Who,
};
use crate::labels::{Operator, Requirement, Selector};
use crate::object::Object;
use crate::place::Place;
use crate::symbols::Symbol;

/// The keys under which peers of a rule stand.
const PEERS: &[&str] = &["Endpoints", "Entities", "CIDR", "CIDRSet", "Nodes"];

impl Observer<'_> {
    pub(super) fn traffic_cilium(&self, object: &Object<'_>, facts: &mut TrafficFacts) {
        let specs = object.value.get("spec").into_iter().chain(items(object.value.get("specs")));
        for spec in specs {
            let is_on = |keys: [&str; 2]| keys.iter().any(|key| spec.get(key).is_some());
            let Some(selector) = spec.get("endpointSelector") else {
                let what = match spec.get("nodeSelector") {
                    Some(_) => "policies for nodes are not evaluated",
                    None => continue,
                };
                facts.unmodelled.push(UnmodelledPolicy {
                    resource: self.resource,
                    place: self.name_place(object),
                    what: self.symbols.intern(what),
                    subject: None,
                    outside: false,
                    nodes: true,
                    ingress: is_on(["ingress", "ingressDeny"]),
                    egress: is_on(["egress", "egressDeny"]),
                });
                continue;
            };
            let is_clusterwide = object.kind == "CiliumClusterwideNetworkPolicy";
            let subject = self.cilium_pods(selector, is_clusterwide);
            let subject = if is_clusterwide { subject } else { PodSet { namespaces: None, ..subject } };
            let mut unread = Vec::new();
            let direction = |key: &str, unread: &mut Vec<(Place, String)>| {
                let (rules, closes) = self.cilium_rules(spec, key, is_clusterwide, unread);
                spec.get(key).is_some().then_some(TrafficDirection { closes, rules })
            };
            let policy = |stage, ingress, egress| TrafficPolicy {
                resource: self.resource,
                place: self.name_place(object),
                kind: TrafficPolicyKind::Cilium,
                stage,
                subject: subject.clone(),
                subject_place: self.place(selector),
                ingress,
                egress,
            };
            let denies = [direction("ingressDeny", &mut unread), direction("egressDeny", &mut unread)];
            let allows = [direction("ingress", &mut unread), direction("egress", &mut unread)];
            let closed = |deny: &Option<TrafficDirection>, allow: Option<TrafficDirection>, key: &str| {
                // Rules of either kind put the pods into the mode where what is not admitted is refused.
                let closes = self.cilium_default_deny(spec, key)
                    && (deny.as_ref().is_some_and(|deny| !deny.rules.is_empty())
                        || allow.as_ref().is_some_and(|allow| allow.closes));
                let rules = allow.map(|allow| allow.rules).unwrap_or_default();
                (closes || !rules.is_empty()).then_some(TrafficDirection { closes, rules })
            };
            let [ingress, egress] = allows;
            let ingress = closed(&denies[0], ingress, "ingress");
            let egress = closed(&denies[1], egress, "egress");
            facts.policies.push(policy(Stage::Policies, ingress, egress));
            if denies.iter().any(Option::is_some) {
                let [ingress, egress] = denies.map(|deny| deny.map(|deny| TrafficDirection { closes: false, ..deny }));
                facts.policies.push(policy(Stage::First, ingress, egress));
            }
            facts.unmodelled.extend(unread.into_iter().map(|(place, what)| UnmodelledPolicy {
                resource: self.resource,
                place,
                what: self.symbols.intern(&what),
                subject: Some(subject.clone()),
                // Identities go before addresses: what a name is resolved to is no pod.
                outside: what.contains("`toFQDNs`"),
                nodes: false,
                ingress: is_on(["ingress", "ingressDeny"]),
                egress: is_on(["egress", "egressDeny"]),
            }));
        }
    }

    fn cilium_default_deny(&self, spec: Value<'_>, key: &str) -> bool {
        spec.get("enableDefaultDeny").and_then(|set| set.get(key)).and_then(Value::as_bool) != Some(false)
    }

    fn cilium_rules(
        &self,
        spec: Value<'_>,
        key: &str,
        is_clusterwide: bool,
        unread: &mut Vec<(Place, String)>,
    ) -> (Box<[TrafficRule]>, bool) {
        let action = if key.ends_with("Deny") { TrafficAction::Deny } else { TrafficAction::Allow };
        let side = if key.starts_with("ingress") { "from" } else { "to" };
        let mut rules = Vec::new();
        let mut closes = false;
        for (number, rule) in (0..).zip(items(spec.get(key))) {
            closes = true;
            // An empty rule admits nothing: it is there to refuse the rest.
            if rule.entries().next().is_none() {
                continue;
            }
            let read = self.cilium_rule(rule, side, action, is_clusterwide, unread);
            rules.extend(read.map(|read| TrafficRule { number, ..read }));
        }
        (rules.into(), closes)
    }

    fn cilium_rule(
        &self,
        rule: Value<'_>,
        side: &str,
        action: TrafficAction,
        is_clusterwide: bool,
        unread: &mut Vec<(Place, String)>,
    ) -> Option<TrafficRule> {
        let mut narrowed = false;
        for (name, value) in rule.entries() {
            let name = name.text();
            let is_known = name.strip_prefix(side).is_some_and(|rest| PEERS.contains(&rest));
            match &*name {
                "toPorts" => {}
                "authentication" => narrowed = true,
                // Neither TCP nor UDP nor SCTP.
                "icmps" => {}
                _ if is_known => {}
                "toFQDNs" if action == TrafficAction::Allow => {
                    unread.push((
                        self.place(value),
                        "which addresses the names in `toFQDNs` have is not known".to_owned(),
                    ));
                }
                other => unread.push((self.place(value), format!("`{other}` of a Cilium rule is not evaluated"))),
            }
        }
        let peers = self.cilium_peers(rule, side, is_clusterwide, unread);
        let unknown_peers =
            ["Requires", "Groups", "Services"].iter().any(|rest| rule.get(&format!("{side}{rest}")).is_some());
        // What is only reached by a part that is not evaluated is not taken to be admitted.
        let peers = if unknown_peers && peers.is_none() { Some(Box::default()) } else { peers };
        if rule.get("icmps").is_some() && rule.get("toPorts").is_none() {
            return None;
        }
        let (ports, by_layer_7) = self.cilium_ports(rule, unread);
        Some(TrafficRule {
            number: 0,
            place: self.place(rule),
            name: Symbol::EMPTY,
            action,
            peers,
            ports,
            only: None,
            narrowed: narrowed || by_layer_7,
        })
    }

    fn cilium_peers(
        &self,
        rule: Value<'_>,
        side: &str,
        is_clusterwide: bool,
        unread: &mut Vec<(Place, String)>,
    ) -> Option<Box<[TrafficPeer]>> {
        let of = |rest: &str| rule.get(&format!("{side}{rest}"));
        let mut peers = Vec::new();
        let mut some = false;
        let mut add = |value: Value<'_>, who: Who| peers.push(TrafficPeer { place: self.place(value), who });
        if let Some(list) = of("Endpoints") {
            some = true;
            list.items().for_each(|item| add(item, Who::Pods(self.cilium_pods(item, is_clusterwide))));
        }
        if let Some(list) = of("Entities") {
            some = true;
            for item in list.items() {
                match entity(&item.text()) {
                    Some(who) => add(item, who),
                    None if item.text() == "none" => {}
                    None => unread.push((self.place(item), format!("the entity `{}` is not evaluated", item.text()))),
                }
            }
        }
        if let Some(list) = of("CIDR") {
            some = true;
            for item in list.items() {
                if let Some(block) = Block::parse(&item.text()) {
                    add(item, Who::Block { block, except: Box::default(), reach: BlockReach::Outside });
                }
            }
        }
        if let Some(list) = of("CIDRSet") {
            some = true;
            for item in list.items() {
                let Some(block) = item.get("cidr").and_then(|cidr| Block::parse(&cidr.text())) else {
                    unread.push((self.place(item), "a group of addresses is not evaluated".to_owned()));
                    continue;
                };
                let except = items(item.get("except")).filter_map(|inner| Block::parse(&inner.text())).collect();
                add(item, Who::Block { block, except, reach: BlockReach::Outside });
            }
        }
        if let Some(list) = of("Nodes") {
            some = true;
            list.items().for_each(|item| add(item, Who::Nodes(Selector::new(item, self.symbols))));
        }
        if let Some(list) = rule.get("toFQDNs") {
            some = true;
            let names = list.items().filter_map(|item| item.get("matchName").or_else(|| item.get("matchPattern")));
            add(list, Who::Names(names.map(|name| self.symbol(Some(name))).collect()));
        }
        some.then(|| peers.into())
    }

    /// Labels of namespaces stand among those of pods, behind a prefix. Without one a policy means its own namespace.
    fn cilium_pods(&self, selector: Value<'_>, is_clusterwide: bool) -> PodSet {
        let (mut pods, mut namespaces) = (Vec::new(), Vec::new());
        let parsed = Selector::new(selector, self.symbols);
        for requirement in parsed.requirements {
            let text = self.symbols.text(requirement.key);
            let key = text.strip_prefix("k8s:").or_else(|| text.strip_prefix("any:")).unwrap_or(&text);
            let of_namespace = key.strip_prefix("io.cilium.k8s.namespace.labels.");
            let of_namespace = if key == "io.kubernetes.pod.namespace" { Some(NAMESPACE_NAME) } else { of_namespace };
            let key = self.symbols.intern(of_namespace.unwrap_or(key));
            let list = if of_namespace.is_some() { &mut namespaces } else { &mut pods };
            list.push(Requirement { key, operator: requirement.operator, values: requirement.values });
        }
        let selector = |list: Vec<Requirement>| {
            Expression::Labels(Selector { requirements: list.into(), invalid: parsed.invalid })
        };
        let anywhere = is_clusterwide || namespaces.iter().any(|requirement| requirement.operator == Operator::Exists);
        PodSet { namespaces: (anywhere || !namespaces.is_empty()).then(|| selector(namespaces)), pods: selector(pods) }
    }

    fn cilium_ports(&self, rule: Value<'_>, unread: &mut Vec<(Place, String)>) -> (Option<Box<[TrafficPort]>>, bool) {
        let Some(list) = rule.get("toPorts").filter(|list| list.items().next().is_some()) else { return (None, false) };
        let mut narrowed = false;
        let mut ports = Vec::new();
        for entry in list.items() {
            narrowed |=
                ["rules", "serverNames", "originatingTLS", "terminatingTLS"].iter().any(|key| entry.get(key).is_some());
            let written = entry.get("ports").filter(|ports| ports.items().next().is_some());
            let Some(written) = written else {
                ports.push(all_ports(None, self.place(entry)));
                continue;
            };
            for port in written.items() {
                let protocol = match port.get("protocol").map(Value::text).as_deref() {
                    Some("TCP") => Some(Protocol::Tcp),
                    Some("UDP") => Some(Protocol::Udp),
                    Some("SCTP") => Some(Protocol::Sctp),
                    None | Some("ANY" | "") => None,
                    Some(other) => {
                        unread.push((self.place(port), format!("the protocol `{other}` is not evaluated")));
                        continue;
                    }
                };
                let text = port.get("port").map(Value::text).unwrap_or_default();
                let number = text.parse::<u16>().ok();
                let reference = match (number, text.is_empty()) {
                    (Some(0), _) | (None, true) => None,
                    (Some(number), _) => Some(PortReference::Number(number)),
                    (None, false) => Some(PortReference::Name(self.symbols.intern(&text.to_ascii_lowercase()))),
                };
                let end = port.get("endPort").and_then(super::super::network::port_number);
                ports.push(TrafficPort { protocol, port: reference, end, place: self.place(port) });
            }
        }
        (Some(ports.into()), narrowed)
    }
}

/// Who the entities of Cilium are.
fn entity(name: &str) -> Option<Who> {
    match name {
        "all" => Some(Who::Everybody),
        "world" => Some(Who::Outside),
        "cluster" => Some(Who::Inside),
        "host" => Some(Who::OwnNode),
        "remote-node" => Some(Who::OtherNodes),
        "kube-apiserver" => Some(Who::Nodes(Selector::default())),
        "world-ipv4" | "world-ipv6" => Block::parse(if name.ends_with('4') { "0.0.0.0/0" } else { "::/0" })
            .map(|block| Who::Block { block, except: Box::default(), reach: BlockReach::Outside }),
        _ => None,
    }
}
