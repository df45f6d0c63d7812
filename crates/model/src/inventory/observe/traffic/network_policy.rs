//! NetworkPolicy of networking/v1, with the validation of the API: what the API refuses is not evaluated.

use super::{Refusal, items, own};
use crate::document::Value;
use crate::inventory::observe::Observer;
use crate::inventory::{
    BlockReach, Expression, IdleRules, PodSet, PortReference, Protocol, Stage, TrafficAction, TrafficDirection,
    TrafficPeer, TrafficPolicy, TrafficPolicyKind, TrafficPort, TrafficRule, Who,
};
use crate::object::Object;
use crate::symbols::Symbol;

impl Observer<'_> {
    pub(super) fn traffic_network_policy(&self, object: &Object<'_>) -> Result<TrafficPolicy, Refusal> {
        let spec = |key| object.value.at(&["spec", key]);
        self.check_mapping(object.value.get("spec"), &["podSelector", "policyTypes", "ingress", "egress"])?;
        ["policyTypes", "ingress", "egress"].iter().try_for_each(|key| self.check_list(spec(key)))?;
        let types = self.policy_types(spec("policyTypes"))?;
        // Not written: always ingress, and egress if there are rules for it.
        let has_egress = items(spec("egress")).next().is_some();
        let (ingress, egress) = types.unwrap_or((true, has_egress));
        let selector = spec("podSelector");
        // What is not in force is validated as well.
        let rules_in = self.traffic_rules(spec("ingress"), "from")?;
        let rules_out = self.traffic_rules(spec("egress"), "to")?;
        let direction = |rules| TrafficDirection { closes: true, rules };
        Ok(TrafficPolicy {
            resource: self.resource,
            place: self.name_place(object),
            kind: TrafficPolicyKind::NetworkPolicy,
            stage: Stage::Policies,
            subject: own(self.all_of(selector)?),
            subject_place: self.place_or_missing(selector, object.value, "spec.podSelector"),
            ingress: ingress.then(|| direction(rules_in)),
            egress: egress.then(|| direction(rules_out)),
        })
    }

    /// Rules for directions that the policy does not have.
    pub(super) fn idle_rules(&self, object: &Object<'_>) -> Vec<IdleRules> {
        let spec = |key| object.value.at(&["spec", key]);
        let listed: Vec<String> = items(spec("policyTypes")).map(|name| name.text().into_owned()).collect();
        let mut idle = Vec::new();
        for (key, name) in [("ingress", "Ingress"), ("egress", "Egress")] {
            let Some(list) = spec(key).filter(|list| list.is_sequence()) else { continue };
            let has_rules = items(Some(list)).next().is_some();
            let empty = listed.is_empty() && key == "egress" && !has_rules;
            if empty || has_rules && !listed.is_empty() && !listed.iter().any(|listed| listed == name) {
                let (resource, place) = (self.resource, self.place(list));
                idle.push(IdleRules { resource, place, egress: key == "egress", empty });
            }
        }
        idle
    }

    /// Whether ingress and egress are listed; none if nothing is written.
    fn policy_types(&self, list: Option<Value<'_>>) -> Result<Option<(bool, bool)>, Refusal> {
        let Some(list) = list else { return Ok(None) };
        if list.items().count() > 2 {
            return self.refuse(list, "`policyTypes` has more than two items");
        }
        let mut found = (false, false);
        for name in list.items() {
            match &*name.text() {
                "Ingress" => found.0 = true,
                "Egress" => found.1 = true,
                other => return self.refuse(name, format!("there is no policy type `{other}`")),
            }
        }
        Ok((found != (false, false)).then_some(found))
    }

    fn traffic_rules(&self, list: Option<Value<'_>>, peers: &str) -> Result<Box<[TrafficRule]>, Refusal> {
        let numbered = (0..).zip(items(list));
        numbered.map(|(number, rule)| Ok(TrafficRule { number, ..self.traffic_rule(rule, peers)? })).collect()
    }

    fn traffic_rule(&self, rule: Value<'_>, peers: &str) -> Result<TrafficRule, Refusal> {
        self.check_mapping(Some(rule), &[peers, "ports"])?;
        [peers, "ports"].iter().try_for_each(|key| self.check_list(rule.get(key)))?;
        let list = |key| rule.get(key).filter(|list| list.items().next().is_some());
        let peers = list(peers).map(|list| list.items().map(|peer| self.traffic_peer(peer)).collect());
        let ports = list("ports").map(|list| list.items().map(|port| self.traffic_port(port)).collect());
        Ok(TrafficRule {
            number: 0,
            place: self.place(rule),
            name: Symbol::EMPTY,
            action: TrafficAction::Allow,
            peers: peers.transpose()?,
            ports: ports.transpose()?,
            only: None,
            narrowed: false,
        })
    }

    fn traffic_peer(&self, peer: Value<'_>) -> Result<TrafficPeer, Refusal> {
        self.check_mapping(Some(peer), &["podSelector", "namespaceSelector", "ipBlock"])?;
        let pods = peer.get("podSelector");
        let namespaces = peer.get("namespaceSelector");
        let place = self.place(peer);
        let Some(block) = peer.get("ipBlock") else {
            if pods.is_none() && namespaces.is_none() {
                return self.refuse(peer, "a peer has to name pods, namespaces or a block of addresses");
            }
            let namespaces = namespaces.map(|selector| self.checked_selector(selector)).transpose()?;
            let set = PodSet { namespaces: namespaces.map(Expression::Labels), pods: self.all_of(pods)? };
            return Ok(TrafficPeer { place, who: Who::Pods(set) });
        };
        if pods.is_some() || namespaces.is_some() {
            return self.refuse(peer, "`ipBlock` stands beside a selector: a peer is one or the other");
        }
        self.check_mapping(Some(block), &["cidr", "except"])?;
        self.check_list(block.get("except"))?;
        let Some(cidr) = block.get("cidr") else { return self.refuse(block, "`ipBlock` has no `cidr`") };
        let outer = self.checked_block(cidr)?;
        let mut except = Vec::new();
        for inner in items(block.get("except")) {
            let parsed = self.checked_block(inner)?;
            if !outer.covers(&parsed) || parsed.prefix() == outer.prefix() {
                return self.refuse(inner, format!("`{}` is not a part of `{}`", inner.text(), cidr.text()));
            }
            except.push(parsed);
        }
        let who = Who::Block { block: outer, except: except.into(), reach: BlockReach::Plugin };
        Ok(TrafficPeer { place, who })
    }

    fn traffic_port(&self, entry: Value<'_>) -> Result<TrafficPort, Refusal> {
        self.check_mapping(Some(entry), &["protocol", "port", "endPort"])?;
        if !entry.is_mapping() {
            return self.refuse(entry, "a mapping belongs here, such as `{port: 80}`");
        }
        let protocol = match entry.get("protocol").map(Value::text).as_deref() {
            None | Some("TCP") => Protocol::Tcp,
            Some("UDP") => Protocol::Udp,
            Some("SCTP") => Protocol::Sctp,
            Some(other) => return self.refuse(entry, format!("there is no protocol `{other}`")),
        };
        let port = entry.get("port").map(|port| self.checked_port(port)).transpose()?;
        let end = entry.get("endPort");
        let end_number = end.and_then(super::super::network::port_number);
        if let Some(end) = end {
            match (port, end_number) {
                (Some(PortReference::Number(first)), Some(last)) if last >= first => {}
                (Some(PortReference::Number(_)), Some(_)) => {
                    return self.refuse(end, "`endPort` is before `port`");
                }
                (_, None) => return self.refuse(end, format!("`{}` is no port", end.text())),
                _ => return self.refuse(end, "`endPort` needs a `port` that is a number"),
            }
        }
        Ok(TrafficPort { protocol: Some(protocol), port, end: end_number, place: self.place(entry) })
    }
}
