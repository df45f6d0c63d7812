//! Policies of administrators: AdminNetworkPolicy and BaselineAdminNetworkPolicy (v1alpha1), ClusterNetworkPolicy
//! (v1alpha2).

use super::{Refusal, all_ports, items};
use crate::document::Value;
use crate::inventory::observe::Observer;
use crate::inventory::{
    BlockReach, Expression, List, PodSet, PortReference, Protocol, Stage, TrafficAction, TrafficDirection, TrafficPeer,
    TrafficPolicy, TrafficPolicyKind, TrafficPort, TrafficRule, UnmodelledPolicy, Who,
};
use crate::labels::Selector;
use crate::object::Object;

/// The most rules, peers and blocks that v1alpha1 and v1alpha2 take.
const MOST_ALPHA1: usize = 100;
const MOST_ALPHA2: usize = 25;

/// What is read of a rule: a field that is not known makes it fail closed.
enum Read<T> {
    Known(T),
    Unknown,
}

impl Observer<'_> {
    pub(super) fn traffic_admin_policy(
        &self,
        object: &Object<'_>,
        unmodelled: &mut List<UnmodelledPolicy>,
    ) -> Result<TrafficPolicy, Refusal> {
        let is_cluster = object.kind == "ClusterNetworkPolicy";
        let subject = object.value.at(&["spec", "subject"]);
        let Some(subject) = subject else { return self.refuse(object.value, "`spec.subject` is missing") };
        let pods = self.admin_subject(subject)?;
        let wanted = if is_cluster { "v1alpha2" } else { "v1alpha1" };
        let version = object.api_version.rsplit('/').next().unwrap_or_default();
        if version != wanted {
            unmodelled.push(UnmodelledPolicy {
                resource: self.resource,
                place: self.place(subject),
                what: self.symbols.intern(&format!("`{}` is not a version that is evaluated", object.api_version)),
                subject: Some(pods.clone()),
                outside: false,
                nodes: false,
                ingress: object.value.at(&["spec", "ingress"]).is_some(),
                egress: object.value.at(&["spec", "egress"]).is_some(),
            });
        }
        let (ingress, egress) =
            (self.admin_rules(object, "ingress", "from")?, self.admin_rules(object, "egress", "to")?);
        let mut peers = egress.iter().flat_map(|egress| &egress.rules).flat_map(|rule| rule.peers.iter().flatten());
        if let Some(named) = peers.find(|peer| matches!(peer.who, Who::Names(_))) {
            unmodelled.push(UnmodelledPolicy {
                resource: self.resource,
                place: named.place,
                what: self.symbols.intern("which addresses the names in `domainNames` have is not known"),
                subject: Some(pods.clone()),
                outside: true,
                nodes: false,
                ingress: false,
                egress: true,
            });
        }
        Ok(TrafficPolicy {
            resource: self.resource,
            place: self.name_place(object),
            kind: match is_cluster {
                true => TrafficPolicyKind::ClusterNetworkPolicy,
                false => TrafficPolicyKind::AdminNetworkPolicy,
            },
            stage: self.admin_stage(object)?,
            subject: pods,
            subject_place: self.place(subject),
            ingress,
            egress,
        })
    }

    fn admin_stage(&self, object: &Object<'_>) -> Result<Stage, Refusal> {
        if object.kind == "BaselineAdminNetworkPolicy" {
            if object.name() != "default" {
                return self.refuse(object.value, "the one BaselineAdminNetworkPolicy is named `default`");
            }
            return Ok(Stage::Baseline(0));
        }
        let spec = |key| object.value.at(&["spec", key]);
        let priority = spec("priority").and_then(Value::as_int).filter(|priority| (0..=1000).contains(priority));
        let Some(priority) = priority else {
            return self.refuse(spec("priority").unwrap_or(object.value), "`priority` goes from 0 to 1000");
        };
        if object.kind == "AdminNetworkPolicy" {
            return Ok(Stage::Admin(priority));
        }
        match spec("tier").map(Value::text).as_deref() {
            Some("Admin") => Ok(Stage::Admin(priority)),
            Some("Baseline") => Ok(Stage::Baseline(priority)),
            _ => self.refuse(spec("tier").unwrap_or(object.value), "`tier` is `Admin` or `Baseline`"),
        }
    }

    fn admin_subject(&self, subject: Value<'_>) -> Result<PodSet, Refusal> {
        match (subject.get("namespaces"), subject.get("pods")) {
            (Some(namespaces), None) => self.of_namespaces(namespaces),
            (None, Some(pods)) => self.of_pods(pods),
            _ => self.refuse(subject, "a subject names either `namespaces` or `pods`"),
        }
    }

    fn of_namespaces(&self, selector: Value<'_>) -> Result<PodSet, Refusal> {
        let namespaces = Expression::Labels(self.checked_selector(selector)?);
        Ok(PodSet { namespaces: Some(namespaces), pods: Expression::All })
    }

    fn of_pods(&self, pods: Value<'_>) -> Result<PodSet, Refusal> {
        let namespaces = self.all_of(pods.get("namespaceSelector"))?;
        Ok(PodSet { namespaces: Some(namespaces), pods: self.all_of(pods.get("podSelector"))? })
    }

    fn admin_rules(&self, object: &Object<'_>, key: &str, peers: &str) -> Result<Option<TrafficDirection>, Refusal> {
        let Some(list) = object.value.at(&["spec", key]) else { return Ok(None) };
        let most = if object.kind == "ClusterNetworkPolicy" { MOST_ALPHA2 } else { MOST_ALPHA1 };
        if list.items().count() > most {
            return self.refuse(list, format!("there are more than {most} rules"));
        }
        let numbered = (0..).zip(list.items());
        let rules: Result<Box<[TrafficRule]>, Refusal> = numbered
            .map(|(number, rule)| Ok(TrafficRule { number, ..self.admin_rule(object, rule, peers)? }))
            .collect();
        let rules = rules?;
        Ok((!rules.is_empty()).then_some(TrafficDirection { closes: false, rules }))
    }

    fn admin_rule(&self, object: &Object<'_>, rule: Value<'_>, peers: &str) -> Result<TrafficRule, Refusal> {
        let is_cluster = object.kind == "ClusterNetworkPolicy";
        let is_baseline = object.kind == "BaselineAdminNetworkPolicy";
        let written = rule.get("action").map(Value::text).unwrap_or_default();
        let action = match (&*written, is_cluster, is_baseline) {
            ("Accept", true, _) | ("Allow", false, _) => TrafficAction::Allow,
            ("Deny", _, _) => TrafficAction::Deny,
            ("Pass", _, false) => TrafficAction::Pass,
            _ => return self.refuse(rule, format!("there is no action `{written}` in a {}", object.kind)),
        };
        let ports_key = if is_cluster { "protocols" } else { "ports" };
        let known = ["name", "action", peers, ports_key];
        let mut unknown = rule.entries().any(|(key, _)| !known.contains(&&*key.text()));
        if items(rule.get(peers)).next().is_none() {
            return self.refuse(rule, format!("`{peers}` is missing or empty"));
        }
        let mut found = Vec::new();
        for peer in items(rule.get(peers)) {
            match self.admin_peer(peer, action, is_cluster)? {
                Read::Known(peers) => found.extend(peers),
                Read::Unknown => unknown = true,
            }
        }
        let mut ports = Vec::new();
        for entry in items(rule.get(ports_key)) {
            match self.admin_port(entry, is_cluster)? {
                Read::Known(port) => ports.push(port),
                Read::Unknown => unknown = true,
            }
        }
        let mut read = TrafficRule {
            number: 0,
            place: self.place(rule),
            name: self.symbol(rule.get("name")),
            action,
            peers: Some(found.into()),
            ports: (!ports.is_empty()).then(|| ports.into()),
            only: None,
            narrowed: false,
        };
        if unknown {
            // Fail closed: what is not understood admits nothing, and refuses everything.
            match action {
                TrafficAction::Allow => read.peers = Some(Box::default()),
                TrafficAction::Deny | TrafficAction::Pass => {
                    (read.action, read.peers, read.ports) = (TrafficAction::Deny, None, None);
                }
            }
        }
        Ok(read)
    }

    fn admin_peer(
        &self,
        peer: Value<'_>,
        action: TrafficAction,
        is_cluster: bool,
    ) -> Result<Read<Vec<TrafficPeer>>, Refusal> {
        let place = self.place(peer);
        let mut entries = peer.entries();
        let (Some((key, value)), None) = (entries.next(), entries.next()) else { return Ok(Read::Unknown) };
        let one = |who| Ok(Read::Known(vec![TrafficPeer { place, who }]));
        match &*key.text() {
            "namespaces" => one(Who::Pods(self.of_namespaces(value)?)),
            "pods" => one(Who::Pods(self.of_pods(value)?)),
            "nodes" => {
                let selector: Selector = self.checked_selector(value)?;
                one(Who::Nodes(selector))
            }
            "networks" => {
                let mut peers = Vec::new();
                for cidr in value.items() {
                    let (block, except) = (self.checked_block(cidr)?, Box::default());
                    let who = Who::Block { block, except, reach: BlockReach::Anything };
                    peers.push(TrafficPeer { place: self.place(cidr), who });
                }
                Ok(Read::Known(peers))
            }
            "domainNames" if action == TrafficAction::Allow || !is_cluster => {
                one(Who::Names(value.items().map(|name| self.symbol(Some(name))).collect()))
            }
            "domainNames" => self.refuse(peer, "`domainNames` go with `Accept` only"),
            _ => Ok(Read::Unknown),
        }
    }

    fn admin_port(&self, entry: Value<'_>, is_cluster: bool) -> Result<Read<TrafficPort>, Refusal> {
        let place = self.place(entry);
        let Some((key, value)) = entry.entries().next() else { return Ok(Read::Unknown) };
        let key = key.text();
        if matches!(&*key, "namedPort" | "destinationNamedPort") {
            let port = Some(PortReference::Name(self.symbol(Some(value))));
            return Ok(Read::Known(TrafficPort { protocol: None, port, end: None, place }));
        }
        if !is_cluster {
            let protocol = Some(super::super::network::protocol(value));
            return match &*key {
                "portNumber" => self.admin_number(value.get("port"), protocol, entry),
                "portRange" => self.admin_range(value, protocol),
                _ => Ok(Read::Unknown),
            };
        }
        let protocol = match &*key {
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            "sctp" => Protocol::Sctp,
            _ => return Ok(Read::Unknown),
        };
        let Some(port) = value.get("destinationPort") else {
            return Ok(Read::Known(all_ports(Some(protocol), place)));
        };
        match (port.get("number"), port.get("range")) {
            (Some(number), None) => self.admin_number(Some(number), Some(protocol), entry),
            (None, Some(range)) => self.admin_range(range, Some(protocol)),
            _ => Ok(Read::Unknown),
        }
    }

    fn admin_number(
        &self,
        number: Option<Value<'_>>,
        protocol: Option<Protocol>,
        entry: Value<'_>,
    ) -> Result<Read<TrafficPort>, Refusal> {
        let Some(port) = number.and_then(super::super::network::port_number) else {
            return self.refuse(number.unwrap_or(entry), "the port is no number from 1 to 65535");
        };
        let port = Some(PortReference::Number(port));
        Ok(Read::Known(TrafficPort { protocol, port, end: None, place: self.place(entry) }))
    }

    fn admin_range(&self, range: Value<'_>, protocol: Option<Protocol>) -> Result<Read<TrafficPort>, Refusal> {
        let number = |key| range.get(key).and_then(super::super::network::port_number);
        match (number("start"), number("end")) {
            (Some(first), Some(last)) if first < last => {
                let port = Some(PortReference::Number(first));
                Ok(Read::Known(TrafficPort { protocol, port, end: Some(last), place: self.place(range) }))
            }
            _ => self.refuse(range, "a range of ports needs `start` before `end`"),
        }
    }
}
