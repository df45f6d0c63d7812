//! What is kept of roles and bindings. Source: the rbac/v1 API.

use super::Observer;
use crate::document::Value;
use crate::inventory::{BindingFact, RoleFact, RuleFact, SubjectFact};
use crate::labels::{Selector, labels};
use crate::object::Object;
use crate::symbols::Symbol;

impl Observer<'_> {
    pub(super) fn role(&self, object: &Object<'_>) -> RoleFact {
        let rules = || object.value.get("rules").into_iter().flat_map(Value::items);
        let aggregation = object.value.get("aggregationRule");
        let selectors = object.value.at(&["aggregationRule", "clusterRoleSelectors"]);
        RoleFact {
            resource: self.resource,
            cluster: object.kind == "ClusterRole",
            place: self.name_place(object),
            rules: rules().map(|rule| self.rule(rule)).collect(),
            // An empty list of verbs grants nothing.
            grants: rules().any(|rule| rule.get("verbs").is_some_and(|verbs| verbs.items().next().is_some())),
            aggregated: aggregation.is_some(),
            selectors: selectors
                .into_iter()
                .flat_map(Value::items)
                .map(|selector| Selector::new(selector, self.symbols))
                .collect(),
            aggregation_place: self.place_or_missing(aggregation, object.value, "aggregationRule"),
            labels: labels(object.value.at(&["metadata", "labels"]), self.symbols),
            reads_logs: rules().any(reads_logs),
            is_reconciled: is_reconciled(object),
        }
    }

    fn rule(&self, rule: Value<'_>) -> RuleFact {
        let words = |key| {
            let items = rule.get(key).into_iter().flat_map(Value::items);
            items.map(|word| self.symbols.intern(&word.text())).collect::<Box<[Symbol]>>()
        };
        RuleFact {
            verbs: words("verbs"),
            groups: words("apiGroups"),
            resources: words("resources"),
            names: words("resourceNames"),
            urls: words("nonResourceURLs"),
            place: self.place(rule),
        }
    }

    pub(super) fn binding(&self, object: &Object<'_>) -> BindingFact {
        let role = |key| object.value.at(&["roleRef", key]);
        let subjects = object.value.get("subjects").into_iter().flat_map(Value::items);
        BindingFact {
            resource: self.resource,
            cluster: object.kind == "ClusterRoleBinding",
            role_kind: self.symbol(role("kind")),
            cluster_role: role("kind").is_some_and(|kind| kind.text() == "ClusterRole"),
            role: self.symbol(role("name")),
            role_place: self.place_or_missing(role("name"), object.value, "roleRef.name"),
            subjects: subjects
                .map(|subject| SubjectFact {
                    kind: self.symbol(subject.get("kind")),
                    api_group: self.symbol(subject.get("apiGroup")),
                    namespace: self.symbol(subject.get("namespace")),
                    name: self.symbol(subject.get("name")),
                    place: self.place(subject.get("name").unwrap_or(subject)),
                })
                .collect(),
            labels: labels(object.value.at(&["metadata", "labels"]), self.symbols),
            is_reconciled: is_reconciled(object),
        }
    }
}

/// Whether a server that starts puts back what it ships under the name of the object. What has an identity was read from a
/// server, which did so already. Source: `pkg/registry/rbac/reconciliation`.
fn is_reconciled(object: &Object<'_>) -> bool {
    let autoupdate = object.value.at(&["metadata", "annotations", "rbac.authorization.kubernetes.io/autoupdate"]);
    object.value.at(&["metadata", "uid"]).is_none() && autoupdate.is_none_or(|value| value.text() != "false")
}

/// Whether a rule grants `get` on `pods/log` or `nodes/log`. Source: the RBAC authorizer, `ResourceMatches`: `*` is every
/// resource and subresource, `*/log` that subresource of all; `pods/*` is nothing.
fn reads_logs(rule: Value<'_>) -> bool {
    let has = |key: &str, wanted: &[&str]| {
        rule.get(key).into_iter().flat_map(Value::items).any(|word| wanted.contains(&&*word.text()))
    };
    has("verbs", &["*", "get"])
        && has("apiGroups", &["*", ""])
        && has("resources", &["*", "*/log", "pods/log", "nodes/log"])
}
