//! Services, and who counts on them.

use super::Observer;
use crate::document::Value;
use crate::inventory::{GoverningServiceFact, MonitorFact};
use crate::labels::Selector;
use crate::object::Object;

impl Observer<'_> {
    pub(super) fn governing_service(&self, object: &Object<'_>) -> Option<GoverningServiceFact> {
        let name = object.value.at(&["spec", "serviceName"]).filter(|name| !name.text().is_empty())?;
        let service = self.symbols.intern(&name.text());
        Some(GoverningServiceFact { resource: self.resource, service, place: self.place(name) })
    }

    pub(super) fn monitor(&self, object: &Object<'_>) -> MonitorFact {
        let selector = object.value.at(&["spec", "selector"]);
        let spaces = object.value.at(&["spec", "namespaceSelector"]);
        let names = spaces.and_then(|spaces| spaces.get("matchNames"));
        let anywhere = spaces.and_then(|spaces| spaces.get("any")).and_then(Value::as_bool) == Some(true);
        let named = || names.into_iter().flat_map(Value::items).map(|name| self.symbols.intern(&name.text()));
        let own = || [self.symbols.intern(&object.namespace())].into_iter();
        let namespaces = match (anywhere, names) {
            (true, _) => None,
            (false, Some(_)) => Some(named().collect()),
            (false, None) => Some(own().collect()),
        };
        MonitorFact {
            resource: self.resource,
            selector: selector.map(|selector| Selector::new(selector, self.symbols)).unwrap_or_default(),
            namespaces,
            place: self.origin.place_of_missing(object.value, "spec.selector", self.symbols),
        }
    }
}
