//! Which namespaces and pods are in a service mesh, as their labels and annotations say.

use model::inventory::{Inventory, MeshSetting, WorkloadFact};
use model::symbols::Symbol;

/// A service mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mesh {
    /// Istio, with sidecars or without.
    Istio,
    /// Linkerd.
    Linkerd,
}

/// The mesh that the labels and annotations of a namespace put its pods into.
pub(crate) fn of_namespace(inventory: &Inventory, settings: &[MeshSetting]) -> Option<Mesh> {
    let is_off = has(inventory, settings, "istio-injection", &["disabled"]);
    let is_injected = has(inventory, settings, "istio-injection", &["enabled"])
        || has(inventory, settings, "istio.io/dataplane-mode", &["ambient"])
        || (!is_off && find(inventory, settings, "istio.io/rev").is_some());
    if is_injected {
        return Some(Mesh::Istio);
    }
    has(inventory, settings, "linkerd.io/inject", &["enabled", "ingress"]).then_some(Mesh::Linkerd)
}

/// The mesh that a pod is in, of those that `namespace` or its own labels and annotations say.
pub(crate) fn of_workload(inventory: &Inventory, namespace: Option<Mesh>, workload: &WorkloadFact) -> Option<Mesh> {
    let settings = &workload.network.mesh;
    if opts_out(inventory, settings).is_some() {
        return None;
    }
    let own = if has(inventory, settings, "sidecar.istio.io/inject", &["true"]) {
        Some(Mesh::Istio)
    } else {
        has(inventory, settings, "linkerd.io/inject", &["enabled", "ingress"]).then_some(Mesh::Linkerd)
    };
    own.or(namespace)
}

/// What takes a pod out of the mesh of its namespace.
pub(crate) fn opts_out<'a>(inventory: &Inventory, settings: &'a [MeshSetting]) -> Option<&'a MeshSetting> {
    const OUT: &[(&str, &str)] =
        &[("sidecar.istio.io/inject", "false"), ("istio.io/dataplane-mode", "none"), ("linkerd.io/inject", "disabled")];
    OUT.iter().find_map(|(key, value)| {
        find(inventory, settings, key).filter(|setting| inventory.symbols.find(value) == Some(setting.value))
    })
}

fn has(inventory: &Inventory, settings: &[MeshSetting], key: &str, values: &[&str]) -> bool {
    let value = find(inventory, settings, key).map(|setting| setting.value);
    value.is_some_and(|value| values.iter().any(|wanted| inventory.symbols.find(wanted) == Some(value)))
}

/// The setting of that name, if it says anything.
fn find<'a>(inventory: &Inventory, settings: &'a [MeshSetting], key: &str) -> Option<&'a MeshSetting> {
    let key: Symbol = inventory.symbols.find(key)?;
    settings.iter().rev().find(|setting| setting.key == key && !setting.value.is_empty())
}

/// Whether a setting of a pod lets some connections pass the proxy by.
pub(crate) fn passes_by(inventory: &Inventory, setting: &MeshSetting) -> bool {
    const LISTS: &[&str] = &[
        "traffic.sidecar.istio.io/excludeInboundPorts",
        "traffic.sidecar.istio.io/excludeOutboundPorts",
        "traffic.sidecar.istio.io/excludeOutboundIPRanges",
        "config.linkerd.io/skip-inbound-ports",
        "config.linkerd.io/skip-outbound-ports",
    ];
    !setting.value.is_empty() && LISTS.iter().any(|key| inventory.symbols.find(key) == Some(setting.key))
}
