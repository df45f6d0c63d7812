//! What is kept of policies of the network.
//!
//! Sources: networking/v1, policy.networking.k8s.io, the references of Cilium and Calico.

use super::network::{port_number, protocol};
use super::{NAMESPACE_NAME, Observer};
use crate::address::Block;
use crate::document::Value;
use crate::inventory::{
    NetworkFacts, NetworkPolicyFact, OtherPolicyFact, Peer, PeerFact, PolicyDialect, PolicyEffect, PolicyPortFact,
    PolicyRuleFact, Reach,
};
use crate::labels::{Operator, Requirement, Selector};
use crate::object::Object;

const ADMIN: &str = "policy.networking.k8s.io";

impl Observer<'_> {
    pub(super) fn policies(&self, object: &Object<'_>, facts: &mut NetworkFacts) {
        match (object.group(), &*object.kind) {
            ("networking.k8s.io" | "extensions", "NetworkPolicy") => facts.policies.push(self.network_policy(object)),
            (ADMIN, "AdminNetworkPolicy" | "BaselineAdminNetworkPolicy" | "ClusterNetworkPolicy") => {
                facts.other_policies.push(self.admin_policy(object));
            }
            ("cilium.io", "CiliumNetworkPolicy" | "CiliumClusterwideNetworkPolicy") => {
                let specs = object.value.get("specs").into_iter().flat_map(Value::items);
                let specs = object.value.get("spec").into_iter().chain(specs);
                facts.other_policies.extend(specs.filter_map(|spec| self.cilium_policy(object, spec)));
            }
            ("projectcalico.org" | "crd.projectcalico.org", "NetworkPolicy" | "GlobalNetworkPolicy") => {
                facts.other_policies.push(self.calico_policy(object));
            }
            _ => {}
        }
    }

    fn network_policy(&self, object: &Object<'_>) -> NetworkPolicyFact {
        let spec = |key| object.value.at(&["spec", key]);
        let types: Option<Vec<_>> = spec("policyTypes")
            .map(|types| types.items().map(|name| name.text()).collect())
            .filter(|types: &Vec<_>| !types.is_empty());
        // Not written: always ingress, and egress if there are rules for it.
        let has = |name: &str, default: bool| types.as_ref().map_or(default, |types| types.iter().any(|t| t == name));
        let has_egress = spec("egress").is_some_and(|rules| rules.items().next().is_some());
        let rules = |key, peers| {
            spec(key).into_iter().flat_map(Value::items).map(|rule| self.policy_rule(rule, peers)).collect()
        };
        let selector = spec("podSelector");
        NetworkPolicyFact {
            resource: self.resource,
            selector: selector.map(|selector| Selector::new(selector, self.symbols)).unwrap_or_default(),
            selector_place: self.place_or_missing(selector, object.value, "spec.podSelector"),
            ingress: has("Ingress", true).then(|| rules("ingress", "from")),
            egress: has("Egress", has_egress).then(|| rules("egress", "to")),
        }
    }

    fn policy_rule(&self, rule: Value<'_>, peers: &str) -> PolicyRuleFact {
        let items = |key| rule.get(key).into_iter().flat_map(Value::items);
        PolicyRuleFact {
            peers: items(peers).map(|peer| self.peer(peer)).collect(),
            ports: items("ports")
                .map(|port| PolicyPortFact {
                    protocol: protocol(port),
                    port: port.get("port").and_then(|number| self.port_reference(number)),
                    end: port.get("endPort").and_then(port_number),
                })
                .collect(),
        }
    }

    fn peer(&self, peer: Value<'_>) -> PeerFact {
        let selector = |key| peer.get(key).map(|selector| Selector::new(selector, self.symbols));
        let what = match peer.get("ipBlock") {
            Some(block) => {
                let except = block.get("except").into_iter().flat_map(Value::items);
                Peer::Block {
                    cidr: self.symbol(block.get("cidr")),
                    except: except.map(|block| self.symbol(Some(block))).collect(),
                }
            }
            None => Peer::Pods { pods: selector("podSelector"), namespaces: selector("namespaceSelector") },
        };
        PeerFact { peer: what, place: self.place(peer) }
    }

    fn admin_policy(&self, object: &Object<'_>) -> OtherPolicyFact {
        let subject = object.value.at(&["spec", "subject"]);
        let of = |keys: &[&str]| subject.and_then(|subject| subject.at(keys));
        let namespaces = of(&["namespaces"]).or_else(|| of(&["pods", "namespaceSelector"]));
        let pods = of(&["pods", "podSelector"]);
        let baseline = object.kind == "BaselineAdminNetworkPolicy"
            || object.value.at(&["spec", "tier"]).is_some_and(|tier| tier.text() == "Baseline");
        let dialect = if baseline { PolicyDialect::Baseline } else { PolicyDialect::Admin };
        OtherPolicyFact {
            resource: self.resource,
            dialect,
            namespaces: match namespaces {
                Some(selector) => Reach::Selected(Selector::new(selector, self.symbols)),
                None => Reach::Unknown,
            },
            pods: Some(pods.map(|selector| Selector::new(selector, self.symbols)).unwrap_or_default()),
            place: self.place_or_missing(subject, object.value, "spec.subject"),
            ingress: self.admin_effect(object, "ingress", "from", dialect),
            egress: self.admin_effect(object, "egress", "to", dialect),
        }
    }

    fn admin_effect(&self, object: &Object<'_>, rules: &str, peers: &str, dialect: PolicyDialect) -> PolicyEffect {
        let mut effect = PolicyEffect::default();
        let mut overrides = Vec::new();
        for rule in object.value.at(&["spec", rules]).into_iter().flat_map(Value::items) {
            let limited = ["ports", "protocols"]
                .iter()
                .any(|key| rule.get(key).is_some_and(|list| list.items().next().is_some()));
            let peers: Vec<PeerFact> =
                rule.get(peers).into_iter().flat_map(Value::items).flat_map(|peer| self.admin_peers(peer)).collect();
            match rule.get("action").map(Value::text).as_deref() {
                Some("Deny") => {
                    effect.isolates = true;
                    effect.denies_all |= !limited && peers.iter().any(|peer| self.is_everybody(&peer.peer));
                }
                Some("Allow" | "Accept") if dialect == PolicyDialect::Admin => overrides.extend(peers),
                _ => {}
            }
        }
        effect.overrides = overrides.into();
        effect
    }

    fn admin_peers(&self, peer: Value<'_>) -> Vec<PeerFact> {
        let place = self.place(peer);
        let selector = |value: Option<Value<'_>>| value.map(|value| Selector::new(value, self.symbols));
        if let Some(namespaces) = peer.get("namespaces") {
            return vec![PeerFact { peer: Peer::Pods { pods: None, namespaces: selector(Some(namespaces)) }, place }];
        }
        if let Some(pods) = peer.get("pods") {
            let (pods, namespaces) = (selector(pods.get("podSelector")), selector(pods.get("namespaceSelector")));
            return vec![PeerFact { peer: Peer::Pods { pods, namespaces }, place }];
        }
        let networks = peer.get("networks").into_iter().flat_map(Value::items);
        let block = |cidr| Peer::Block { cidr: self.symbol(Some(cidr)), except: Box::default() };
        networks.map(|cidr| PeerFact { peer: block(cidr), place: self.place(cidr) }).collect()
    }

    fn is_everybody(&self, peer: &Peer) -> bool {
        match peer {
            Peer::Pods { pods, namespaces } => {
                namespaces.as_ref().is_some_and(Selector::is_empty) && pods.as_ref().is_none_or(Selector::is_empty)
            }
            Peer::Block { cidr, except } => {
                except.is_empty() && Block::parse(&self.symbols.text(*cidr)).is_some_and(|block| block.is_everything())
            }
        }
    }

    /// Policies for nodes are left out.
    fn cilium_policy(&self, object: &Object<'_>, spec: Value<'_>) -> Option<OtherPolicyFact> {
        let selector = spec.get("endpointSelector")?;
        let (mut pods, mut namespaces) = (Vec::new(), Vec::new());
        let parsed = Selector::new(selector, self.symbols);
        for requirement in parsed.requirements {
            let text = self.symbols.text(requirement.key);
            let key = text.strip_prefix("k8s:").or_else(|| text.strip_prefix("any:")).unwrap_or(&text);
            let of_namespace = key.strip_prefix("io.cilium.k8s.namespace.labels.");
            let of_namespace = if key == "io.kubernetes.pod.namespace" { Some(NAMESPACE_NAME) } else { of_namespace };
            let key = self.symbols.intern(of_namespace.unwrap_or(key));
            let list = if of_namespace.is_some() { &mut namespaces } else { &mut pods };
            list.push(Requirement { key, ..requirement });
        }
        let selector_of =
            |requirements: Vec<Requirement>| Selector { requirements: requirements.into(), invalid: parsed.invalid };
        Some(OtherPolicyFact {
            resource: self.resource,
            dialect: PolicyDialect::Cilium,
            namespaces: match object.kind == "CiliumNetworkPolicy" {
                true => Reach::Own,
                false => Reach::Selected(selector_of(namespaces)),
            },
            pods: Some(selector_of(pods)),
            place: self.place(selector),
            ingress: cilium_effect(spec, "ingress", "ingressDeny"),
            egress: cilium_effect(spec, "egress", "egressDeny"),
        })
    }

    fn calico_policy(&self, object: &Object<'_>) -> OtherPolicyFact {
        let spec = |key| object.value.at(&["spec", key]);
        let text = |key| spec(key).map(Value::text).unwrap_or_default();
        let namespaces = match object.kind == "NetworkPolicy" {
            true => Reach::Own,
            false => match self.calico_selector(&text("namespaceSelector")) {
                Some(selector) => Reach::Selected(selector),
                None => Reach::Unknown,
            },
        };
        let has_rules = |key| spec(key).is_some_and(|rules| rules.items().next().is_some());
        let types: Vec<_> = spec("types").into_iter().flat_map(Value::items).map(Value::text).collect();
        let ingress = if types.is_empty() {
            has_rules("ingress") || !has_rules("egress")
        } else {
            types.iter().any(|name| name == "Ingress")
        };
        let egress = if types.is_empty() { has_rules("egress") } else { types.iter().any(|name| name == "Egress") };
        OtherPolicyFact {
            resource: self.resource,
            dialect: PolicyDialect::Calico,
            namespaces,
            pods: self.calico_selector(&text("selector")),
            place: self.place_or_missing(spec("selector"), object.value, "spec.selector"),
            ingress: if ingress { calico_effect(spec("ingress")) } else { PolicyEffect::default() },
            egress: if egress { calico_effect(spec("egress")) } else { PolicyEffect::default() },
        }
    }

    /// An expression of Calico that is a list of conditions; `None` for one that is more.
    fn calico_selector(&self, text: &str) -> Option<Selector> {
        let text = text.trim();
        if text.is_empty() || text == "all()" {
            return Some(Selector::default());
        }
        let conditions = text.split("&&").map(|condition| self.calico_condition(condition.trim()));
        Some(Selector { requirements: conditions.collect::<Option<Box<[Requirement]>>>()?, invalid: false })
    }

    fn calico_condition(&self, condition: &str) -> Option<Requirement> {
        let inside = |prefix: &str| condition.strip_prefix(prefix)?.strip_suffix(')').map(str::trim);
        let (key, operator, values) = if let Some(key) = inside("has(") {
            (key, Operator::Exists, Vec::new())
        } else if let Some(key) = inside("!has(") {
            (key, Operator::DoesNotExist, Vec::new())
        } else if let Some((key, value)) = condition.split_once("==") {
            (key.trim(), Operator::In, vec![quoted(value)?])
        } else if let Some((key, value)) = condition.split_once("!=") {
            (key.trim(), Operator::NotIn, vec![quoted(value)?])
        } else if let Some((key, set)) = condition.split_once(" not in ") {
            (key.trim(), Operator::NotIn, quoted_set(set)?)
        } else {
            let (key, set) = condition.split_once(" in ")?;
            (key.trim(), Operator::In, quoted_set(set)?)
        };
        let key = if key == "projectcalico.org/name" { NAMESPACE_NAME } else { key };
        let is_plain = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
        // Labels that Calico adds itself are not known here.
        if !is_plain || key.is_empty() || key.starts_with("projectcalico.org/") {
            return None;
        }
        let values = values.into_iter().map(|value| self.symbols.intern(value)).collect();
        Some(Requirement { key: self.symbols.intern(key), operator, values })
    }
}

/// An empty rule matches nothing: it only makes what is not let through elsewhere refused.
fn cilium_effect(spec: Value<'_>, allow: &str, deny: &str) -> PolicyEffect {
    let has_items = |key| spec.get(key).is_some_and(|rules| rules.items().next().is_some());
    let by_default = spec.get("enableDefaultDeny").and_then(|set| set.get(allow)).and_then(Value::as_bool);
    let isolates = (has_items(allow) || has_items(deny)) && by_default != Some(false);
    let mut rules = spec.get(allow).into_iter().flat_map(Value::items);
    PolicyEffect {
        isolates,
        denies_all: isolates && rules.all(|rule| rule.entries().next().is_none()),
        overrides: Box::default(),
    }
}

fn calico_effect(rules: Option<Value<'_>>) -> PolicyEffect {
    let is = |rule: Value<'_>, wanted: &str| rule.get("action").is_some_and(|action| action.text() == wanted);
    let rules = || rules.into_iter().flat_map(Value::items);
    let lets_all_through = rules().any(|rule| is(rule, "Allow") && rule.entries().count() == 1);
    PolicyEffect {
        isolates: !lets_all_through,
        denies_all: !rules().any(|rule| is(rule, "Allow") || is(rule, "Pass")),
        overrides: Box::default(),
    }
}

fn quoted(text: &str) -> Option<&str> {
    let text = text.trim();
    let inside = |quote| text.strip_prefix(quote)?.strip_suffix(quote).filter(|inside| !inside.contains(quote));
    inside('\'').or_else(|| inside('"'))
}

fn quoted_set(text: &str) -> Option<Vec<&str>> {
    text.trim().strip_prefix('{')?.strip_suffix('}')?.split(',').map(quoted).collect()
}
