//! What bounds the tenants of a cluster: namespaces, quotas, limit ranges.

use super::{Observer, is_positive};
use crate::document::Value;
use crate::inventory::{ContainerDefaults, LimitRangeFact, NamespaceFact, QuotaFact};
use crate::labels::labels;
use crate::object::Object;

impl Observer<'_> {
    pub(super) fn limit_range(&self, object: &Object<'_>) -> LimitRangeFact {
        let limits = object.value.at(&["spec", "limits"]).into_iter().flat_map(Value::items);
        let of_containers: Vec<Value<'_>> =
            limits.filter(|limit| limit.get("type").is_some_and(|kind| kind.text() == "Container")).collect();
        // As `SetDefaults_LimitRangeItem`: the maximum is the default where none is given, and the default, or else the
        // minimum, is the request.
        let first = |keys: &[&str], resource| {
            of_containers
                .iter()
                .any(|limit| keys.iter().find_map(|key| limit.at(&[key, resource])).is_some_and(is_positive))
        };
        let limit = |resource| first(&["default", "max"], resource);
        let request = |resource| first(&["defaultRequest", "default", "max", "min"], resource);
        LimitRangeFact {
            resource: self.resource,
            defaults: ContainerDefaults {
                cpu_limit: limit("cpu"),
                memory_limit: limit("memory"),
                storage_limit: limit("ephemeral-storage"),
                cpu_request: request("cpu"),
                memory_request: request("memory"),
            },
        }
    }

    pub(super) fn quota(&self, object: &Object<'_>) -> QuotaFact {
        let hard = object.value.at(&["spec", "hard"]);
        let has = |keys: &[&str]| keys.iter().any(|key| hard.is_some_and(|hard| hard.get(key).is_some()));
        let pods = has(&["pods", "count/pods"]);
        // One with scopes is for some pods: those that end by themselves, those of a priority.
        let is_scoped = [&["spec", "scopes"][..], &["spec", "scopeSelector", "matchExpressions"]]
            .iter()
            .any(|path| object.value.at(path).is_some_and(|list| list.items().next().is_some()));
        QuotaFact {
            resource: self.resource,
            bounds: !is_scoped
                && (pods
                    || (has(&["cpu", "requests.cpu", "limits.cpu"])
                        && has(&["memory", "requests.memory", "limits.memory"]))),
            empty: hard.is_none_or(|hard| hard.entries().next().is_none()),
            place: self.place_or_missing(hard, object.value, "spec.hard"),
        }
    }

    pub(super) fn namespace(&self, object: &Object<'_>) -> NamespaceFact {
        NamespaceFact {
            resource: self.resource,
            place: self.name_place(object),
            labels: labels(object.metadata.and_then(|metadata| metadata.get("labels")), self.symbols),
            label_places: object.labels().map(|(_, value)| self.place(value)).collect(),
            mesh: self.mesh_settings(object.metadata),
        }
    }
}
