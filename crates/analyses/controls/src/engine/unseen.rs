//! What follows from kinds of which not all objects were seen: a control that joins them finds what it finds, and nothing
//! passes it.

use model::inventory::Inventory;
use model::symbols::Symbol;

/// What is said of rights, if there are roles or bindings that were not seen.
pub(super) fn rights(inventory: &Inventory) -> Option<Symbol> {
    const KINDS: [&str; 4] = ["roles", "rolebindings", "clusterroles", "clusterrolebindings"];
    let is_of_rights = |(group, name): &&(String, String)| match (&**group, &**name) {
        ("", "") | ("rbac.authorization.k8s.io", "") => true,
        ("rbac.authorization.k8s.io", name) => KINDS.contains(&name),
        _ => false,
    };
    let (_, name) = inventory.unseen.iter().find(is_of_rights)?;
    let what = if name.is_empty() { "roles and bindings" } else { name };
    Some(inventory.symbols.intern(&format!("Not known: not all {what} of the cluster were seen")))
}
