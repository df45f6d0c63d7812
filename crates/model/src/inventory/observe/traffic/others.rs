//! Policies of kinds that are not evaluated: their presence makes the answer for the pods they select incomplete.

use super::items;
use crate::document::Value;
use crate::inventory::observe::Observer;
use crate::inventory::{Expression, PodSet, TrafficFacts, UnmodelledPolicy};
use crate::labels::Selector;
use crate::object::Object;

impl Observer<'_> {
    pub(super) fn traffic_others(&self, object: &Object<'_>, group: &str, kind: &str, facts: &mut TrafficFacts) {
        let (subject, ingress, egress) = match (group, kind) {
            ("crd.antrea.io", "NetworkPolicy" | "ClusterNetworkPolicy") => {
                let has = |key| items(object.value.at(&["spec", key])).next().is_some();
                (self.antrea_subject(object, kind == "NetworkPolicy"), has("ingress"), has("egress"))
            }
            ("security.istio.io", "AuthorizationPolicy") => {
                let is_audit = object.value.at(&["spec", "action"]).is_some_and(|action| action.text() == "AUDIT");
                (Some(self.istio_subject(object)), !is_audit, false)
            }
            ("k8s.cni.cncf.io", "MultiNetworkPolicy") => {
                let selector = object.value.at(&["spec", "podSelector"]);
                let pods = selector.map_or(Expression::All, |s| Expression::Labels(Selector::new(s, self.symbols)));
                (Some(PodSet { namespaces: None, pods }), true, true)
            }
            ("cilium.io", "CiliumEgressGatewayPolicy" | "CiliumLocalRedirectPolicy") => return,
            _ => return,
        };
        if !ingress && !egress {
            return;
        }
        facts.unmodelled.push(UnmodelledPolicy {
            resource: self.resource,
            place: self.name_place(object),
            what: self.symbols.intern(&format!("{kind} of `{group}` is not evaluated")),
            subject,
            outside: false,
            nodes: false,
            ingress,
            egress,
        });
    }

    fn antrea_subject(&self, object: &Object<'_>, namespaced: bool) -> Option<PodSet> {
        let applied = object.value.at(&["spec", "appliedTo"])?;
        let mut entries = applied.items();
        let (Some(entry), None) = (entries.next(), entries.next()) else { return None };
        let expression = |value: Option<Value<'_>>| {
            value.map_or(Expression::All, |value| Expression::Labels(Selector::new(value, self.symbols)))
        };
        let namespaces = (!namespaced).then(|| expression(entry.get("namespaceSelector")));
        Some(PodSet { namespaces, pods: expression(entry.get("podSelector")) })
    }

    /// Policies in Istio's own namespace hold everywhere.
    fn istio_subject(&self, object: &Object<'_>) -> PodSet {
        let selector = object.value.at(&["spec", "selector", "matchLabels"]);
        let everywhere = selector.is_none() && object.namespace() == "istio-system";
        PodSet {
            namespaces: everywhere.then_some(Expression::All),
            pods: Expression::Labels(Selector::from_labels(selector, self.symbols)),
        }
    }
}
