//! What is kept of policies of the network for the evaluator of connections, and of what a running cluster adds.

mod admin;
mod calico;
mod calico_selector;
mod cilium;
mod network_policy;
mod others;

use super::Observer;
use crate::address::Block;
use crate::document::Value;
use crate::inventory::{
    AllowList, DoorFact, Expression, InstanceFact, NodeLabelsFact, PodSet, PortReference, RefusedPolicy,
    ServiceReachFact, TrafficFacts, TrafficPort,
};
use crate::labels::{Selector, labels};
use crate::load_balancer;
use crate::object::Object;
use crate::place::Place;
use crate::symbols::Symbol;
use crate::workload::Workload;

const ADMIN: &str = "policy.networking.k8s.io";
const GATEWAY: &str = "gateway.networking.k8s.io";

/// Why the API refuses a policy, and where.
struct Refusal {
    place: Place,
    reason: String,
}

impl Observer<'_> {
    pub(super) fn traffic(&self, object: &Object<'_>, workloads: &[Workload<'_>], facts: &mut TrafficFacts) {
        match (object.group(), &*object.kind) {
            ("extensions", "NetworkPolicy") => {
                let gone =
                    "no server takes `extensions/v1beta1` of it since Kubernetes 1.16: write `networking.k8s.io/v1`";
                self.keep(self.refuse(object.value, gone), facts);
            }
            ("networking.k8s.io", "NetworkPolicy") => {
                facts.idle.extend(self.idle_rules(object));
                self.keep(self.traffic_network_policy(object), facts);
            }
            (ADMIN, "AdminNetworkPolicy" | "BaselineAdminNetworkPolicy" | "ClusterNetworkPolicy") => {
                self.keep(self.traffic_admin_policy(object, &mut facts.unmodelled), facts);
            }
            ("cilium.io", "CiliumNetworkPolicy" | "CiliumClusterwideNetworkPolicy") => {
                self.traffic_cilium(object, facts);
            }
            ("projectcalico.org" | "crd.projectcalico.org", kind) => self.traffic_calico(object, kind, facts),
            ("", "Service") => facts.services.push(self.service_reach(object)),
            ("", "Node") => facts.nodes.push(NodeLabelsFact {
                resource: self.resource,
                labels: labels(object.metadata.and_then(|metadata| metadata.get("labels")), self.symbols),
            }),
            ("networking.k8s.io" | "extensions", "Ingress") | (GATEWAY, "Gateway") => {
                facts.doors.push(self.door(object));
            }
            ("route.openshift.io" | "", "Route") => facts.doors.push(self.openshift_door(object)),
            (group, kind) => self.traffic_others(object, group, kind, facts),
        }
        if !workloads.is_empty() {
            facts.instances.extend(self.instance(object));
        }
    }

    fn keep(&self, policy: Result<crate::inventory::TrafficPolicy, Refusal>, facts: &mut TrafficFacts) {
        match policy {
            Ok(policy) => facts.policies.push(policy),
            Err(Refusal { place, reason }) => {
                let reason = self.symbols.intern(&reason);
                facts.refused.push(RefusedPolicy { resource: self.resource, place, reason });
            }
        }
    }

    fn refuse<T>(&self, value: Value<'_>, reason: impl Into<String>) -> Result<T, Refusal> {
        Err(Refusal { place: self.place(value), reason: reason.into() })
    }

    /// Whether a value is a mapping with these fields, if it is written: the API refuses another shape, and `kubectl` a field
    /// that is not known. A server that takes such a field drops it, so that the policy says less than its text.
    fn check_mapping(&self, value: Option<Value<'_>>, fields: &[&str]) -> Result<(), Refusal> {
        let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(()) };
        if !value.is_mapping() {
            return self.refuse(value, "a mapping belongs here");
        }
        match value.entries().find(|(key, _)| !fields.contains(&&*key.text())) {
            Some((key, _)) => {
                self.refuse(key, format!("there is no field `{}`: known are {}", key.text(), fields.join(", ")))
            }
            None => Ok(()),
        }
    }

    /// Whether a value is a list, if it is written.
    fn check_list(&self, value: Option<Value<'_>>) -> Result<(), Refusal> {
        match value.filter(|value| !value.is_null() && !value.is_sequence()) {
            Some(value) => self.refuse(value, "a list belongs here: a dash is missing"),
            None => Ok(()),
        }
    }

    fn check_selector_shape(&self, value: Value<'_>) -> Result<(), Refusal> {
        self.check_mapping(Some(value), &["matchLabels", "matchExpressions"])?;
        self.check_list(value.get("matchExpressions"))?;
        let labels = value.get("matchLabels").filter(|labels| !labels.is_null());
        if let Some(labels) = labels.filter(|labels| !labels.is_mapping()) {
            return self.refuse(labels, "a mapping belongs here");
        }
        let mut values = labels.into_iter().flat_map(Value::entries).map(|(_, value)| value);
        match values.find(|value| !value.is_text() && !value.is_null()) {
            Some(value) => self.refuse(value, format!("`{}` is no text: labels are, so it needs quotes", value.text())),
            None => Ok(()),
        }
    }

    /// A selector that the API accepts.
    fn checked_selector(&self, value: Value<'_>) -> Result<Selector, Refusal> {
        self.check_selector_shape(value)?;
        let selector = Selector::new(value, self.symbols);
        if selector.invalid {
            return self.refuse(value, "a condition has an operator that does not exist, or one without its values");
        }
        for condition in items(value.get("matchExpressions")) {
            let operator = condition.get("operator").map(Value::text).unwrap_or_default();
            let takes_none = matches!(&*operator, "Exists" | "DoesNotExist");
            if takes_none && items(condition.get("values")).next().is_some() {
                return self.refuse(condition, format!("`{operator}` takes no values"));
            }
        }
        Ok(selector)
    }

    fn checked_block(&self, value: Value<'_>) -> Result<Block, Refusal> {
        let text = value.text();
        match Block::parse(&text).filter(|_| text.contains('/')) {
            Some(block) => Ok(block),
            None => self.refuse(value, format!("`{text}` is no block of addresses, such as `10.0.0.0/8`")),
        }
    }

    fn all_of(&self, requirement: Option<Value<'_>>) -> Result<Expression, Refusal> {
        match requirement {
            Some(selector) => Ok(Expression::Labels(self.checked_selector(selector)?)),
            None => Ok(Expression::All),
        }
    }

    fn instance(&self, object: &Object<'_>) -> Option<InstanceFact> {
        let owners = object.metadata.and_then(|metadata| metadata.get("ownerReferences"));
        let owner = items(owners).find(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true));
        let status = |keys: &[&str]| object.value.get("status").and_then(|status| status.at(keys));
        let is_pod = object.group().is_empty() && object.kind == "Pod";
        let own = |value: Option<Value<'_>>| if is_pod { self.symbol(value) } else { Symbol::EMPTY };
        let mut addresses: Vec<Symbol> = Vec::new();
        if is_pod {
            let listed = items(status(&["podIPs"])).filter_map(|address| address.get("ip"));
            addresses.extend(listed.chain(status(&["podIP"])).map(|address| self.symbol(Some(address))));
            addresses.retain(|address| !address.is_empty());
            addresses.dedup();
        }
        let phase = status(&["phase"]).map(Value::text);
        let fact = InstanceFact {
            resource: self.resource,
            owner: owner.map_or((Symbol::EMPTY, Symbol::EMPTY), |owner| {
                (self.symbol(owner.get("kind")), self.symbol(owner.get("name")))
            }),
            ended: is_pod && matches!(phase.as_deref(), Some("Succeeded" | "Failed")),
            addresses: addresses.into(),
            node: own(object.value.at(&["spec", "nodeName"])),
        };
        let says_something = fact.ended
            || !fact.addresses.is_empty()
            || !fact.node.is_empty()
            || fact.owner != (Symbol::EMPTY, Symbol::EMPTY);
        says_something.then_some(fact)
    }

    fn service_reach(&self, object: &Object<'_>) -> ServiceReachFact {
        let spec = |key| object.value.at(&["spec", key]);
        let symbols = |key| items(spec(key)).map(|item| self.symbol(Some(item))).collect::<Vec<Symbol>>();
        let mut addresses = symbols("clusterIPs");
        if addresses.is_empty() {
            addresses.extend(spec("clusterIP").map(|address| self.symbol(Some(address))));
        }
        let ranges = load_balancer::source_ranges(object);
        ServiceReachFact {
            resource: self.resource,
            external_addresses: symbols("externalIPs").into(),
            addresses: addresses.into(),
            keeps_client: spec("externalTrafficPolicy").is_some_and(|policy| policy.text() == "Local"),
            source_ranges: ranges.iter().map(|(range, _)| self.symbols.intern(range)).collect(),
            node_ports: spec("allocateLoadBalancerNodePorts").and_then(Value::as_bool) != Some(false),
            dual_stack: spec("ipFamilyPolicy").is_some_and(|policy| policy.text() == "RequireDualStack")
                || ["IPv4", "IPv6"].iter().all(|family| items(spec("ipFamilies")).any(|own| own.text() == *family)),
            certificate: load_balancer::has_certificate(object),
            place: match spec("type") {
                Some(kind) => self.place(kind),
                None => self.name_place(object),
            },
        }
    }

    fn door(&self, object: &Object<'_>) -> DoorFact {
        let spec = |key| object.value.at(&["spec", key]);
        let mut tls = Vec::new();
        for entry in items(spec("tls")) {
            let hosts: Vec<Symbol> = items(entry.get("hosts")).map(|host| self.symbol(Some(host))).collect();
            if hosts.is_empty() { tls.push(Symbol::EMPTY) } else { tls.extend(hosts) }
        }
        DoorFact {
            resource: self.resource,
            place: self.name_place(object),
            tls: tls.into(),
            allowed: self.allowed_addresses(object),
            class: self.symbol(spec("gatewayClassName")),
            target: None,
        }
    }

    fn openshift_door(&self, object: &Object<'_>) -> DoorFact {
        let spec = |keys: &[&str]| object.value.get("spec").and_then(|spec| spec.at(keys));
        let tls = spec(&["tls"]).map(|_| Symbol::EMPTY);
        let target = spec(&["port", "targetPort"]).and_then(|target| self.port_reference(target));
        DoorFact {
            resource: self.resource,
            place: self.name_place(object),
            tls: tls.into_iter().collect(),
            allowed: self.allowed_addresses(object),
            class: Symbol::EMPTY,
            target,
        }
    }

    /// Annotations of controllers that list the blocks of addresses that may connect.
    fn allowed_addresses(&self, object: &Object<'_>) -> Box<[(AllowList, Symbol)]> {
        const ANNOTATIONS: &[(&str, AllowList)] = &[
            ("nginx.ingress.kubernetes.io/whitelist-source-range", AllowList::Nginx),
            ("nginx.ingress.kubernetes.io/allowlist-source-range", AllowList::Nginx),
            ("nginx.org/allowlist-source-range", AllowList::Nginx),
            ("haproxy.org/allow-list", AllowList::Haproxy),
            ("haproxy-ingress.github.io/allowlist-source-range", AllowList::Haproxy),
            ("haproxy-ingress.github.io/whitelist-source-range", AllowList::Haproxy),
            ("haproxy.router.openshift.io/ip_allowlist", AllowList::OpenShift),
            ("haproxy.router.openshift.io/ip_whitelist", AllowList::OpenShift),
            ("alb.ingress.kubernetes.io/inbound-cidrs", AllowList::Aws),
        ];
        let mut ranges = Vec::new();
        for (key, list) in object.annotations() {
            let Some((_, whose)) = ANNOTATIONS.iter().find(|(name, _)| *name == key.text()) else { continue };
            let text = list.text();
            let words = text.split([',', ' ']).map(str::trim).filter(|word| !word.is_empty());
            ranges.extend(words.map(|word| (*whose, self.symbols.intern(word))));
        }
        ranges.into()
    }

    /// A number or a name, as policies have it.
    fn checked_port(&self, value: Value<'_>) -> Result<PortReference, Refusal> {
        if let Some(number) = value.as_int() {
            return match super::network::port_number(value) {
                Some(number) => Ok(PortReference::Number(number)),
                None => self.refuse(value, format!("`{number}` is no port: ports go from 1 to 65535")),
            };
        }
        let name = value.text();
        if !is_port_name(&name) {
            return self.refuse(value, format!("`{name}` is neither a port nor the name of one"));
        }
        Ok(PortReference::Name(self.symbol(Some(value))))
    }
}

/// Names of ports: RFC 6335, section 5.1.
fn is_port_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    (1..=15).contains(&bytes.len())
        && bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
        && bytes.iter().any(u8::is_ascii_lowercase)
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}

/// The pods of the policy's own namespace that are selected.
fn own(pods: Expression) -> PodSet {
    PodSet { namespaces: None, pods }
}

fn all_ports(protocol: Option<crate::inventory::Protocol>, place: Place) -> TrafficPort {
    TrafficPort { protocol, port: None, end: None, place }
}

fn items(list: Option<Value<'_>>) -> impl Iterator<Item = Value<'_>> {
    list.into_iter().flat_map(Value::items)
}
