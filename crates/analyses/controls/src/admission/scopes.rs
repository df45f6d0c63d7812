//! What policies leave out: objects by their labels, namespaces by theirs.

use model::document::Value;
use model::inventory::{Inventory, PolicyScopeFact};
use model::parameter::Words;

/// Whether a selector asks for anything.
pub(crate) fn demands(selector: Value<'_>) -> bool {
    selector.get("matchLabels").is_some_and(|labels| labels.entries().next().is_some())
        || selector.get("matchExpressions").is_some_and(|list| list.items().next().is_some())
}

/// The keys of labels, other than the name, by which a selector leaves out namespaces.
pub(crate) fn excluding(selector: Value<'_>) -> Vec<Value<'_>> {
    let labels = selector.get("matchLabels").into_iter().flat_map(Value::entries).map(|(key, _)| key);
    let expressions = selector.get("matchExpressions").into_iter().flat_map(Value::items);
    let keys = expressions.filter_map(|expression| expression.get("key"));
    labels.chain(keys).filter(|key| key.text() != "kubernetes.io/metadata.name").collect()
}

/// The first namespace of users that a policy is not for.
pub(crate) fn left_out(inventory: &Inventory, scope: &PolicyScopeFact, system: Words<'_>) -> Option<String> {
    if scope.namespaces.is_empty() {
        return None;
    }
    let selected: std::collections::BTreeSet<_> =
        inventory.selected_namespaces(&scope.namespaces).map(|namespace| namespace.resource).collect();
    let others = inventory.facts.namespaces.iter().filter(|namespace| !selected.contains(&namespace.resource));
    let names = others.map(|namespace| inventory.symbols.text(inventory.resource(namespace.resource).name));
    names.filter(|name| !name.is_empty()).find(|name| !system.contains(name))
}
