//! What pods ask of their nodes, and what nodes ask of their pods.

use super::Observer;
use crate::document::Value;
use crate::inventory::{NodeRequirement, NodeTerm, SchedulingFact, TaintFact, TolerationFact};
use crate::labels::labels;
use crate::object::Object;
use crate::pod::Pod;
use crate::symbols::Symbol;

impl Observer<'_> {
    /// `None` if the pod asks nothing.
    pub(super) fn scheduling(&self, pod: &Pod<'_>) -> Option<Box<SchedulingFact>> {
        let required = pod.affinity.and_then(|affinity| {
            affinity.at(&["nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"])
        });
        let fact = SchedulingFact {
            selector: labels(pod.node_selector, self.symbols),
            terms: required.map(|terms| terms.items().map(|term| self.node_term(term)).collect()),
            tolerations: pod.tolerations.into_iter().flat_map(Value::items).map(|one| self.toleration(one)).collect(),
        };
        (fact != SchedulingFact::default()).then(|| Box::new(fact))
    }

    fn node_term(&self, term: Value<'_>) -> NodeTerm {
        let of = |field: &str, is_name: bool| -> Vec<NodeRequirement> {
            let all = term.get(field).into_iter().flat_map(Value::items);
            all.map(|one| NodeRequirement {
                key: if is_name { Symbol::EMPTY } else { self.symbol(one.get("key")) },
                operator: self.symbol(one.get("operator")),
                values: one.get("values").into_iter().flat_map(Value::items).map(|v| self.symbol(Some(v))).collect(),
            })
            .collect()
        };
        of("matchExpressions", false).into_iter().chain(of("matchFields", true)).collect()
    }

    fn toleration(&self, value: Value<'_>) -> TolerationFact {
        TolerationFact {
            key: self.symbol(value.get("key")),
            exists: value.get("operator").is_some_and(|operator| operator.text() == "Exists"),
            value: self.symbol(value.get("value")),
            effect: self.symbol(value.get("effect")),
        }
    }

    /// The taints of a Node.
    pub(super) fn taints(&self, object: &Object<'_>) -> Box<[TaintFact]> {
        let taints = object.value.at(&["spec", "taints"]).into_iter().flat_map(Value::items);
        let taint = |taint: Value<'_>| TaintFact {
            key: self.symbol(taint.get("key")),
            value: self.symbol(taint.get("value")),
            effect: self.symbol(taint.get("effect")),
        };
        taints.map(taint).collect()
    }
}
