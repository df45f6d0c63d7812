//! Which network plugin a cluster has, by what of it is in the input.

use model::inventory::Inventory;

use crate::config::{Plugin, plugin};

/// Parts of the names of images, and the plugin that they belong to. What enforces policies goes before what only
/// connects pods: Calico beside flannel is Calico.
const IMAGES: &[(&str, &str)] = &[
    ("cilium/cilium", "cilium"),
    ("calico/node", "calico"),
    ("antrea/antrea", "antrea"),
    ("ovn-kubernetes", "ovn-k"),
    ("ovnkube", "ovn-k"),
    ("kube-ovn", "kube-ovn"),
    ("kube-network-policies", "kube-network-policies"),
    ("cloudnativelabs/kube-router", "kube-router"),
    ("weaveworks/weave-kube", "weave"),
    ("aws-network-policy-agent", "vpc-cni"),
    ("flannel", "flannel"),
];

/// The plugin whose pods are in the input, if any is.
pub fn detect(inventory: &Inventory) -> Option<&'static Plugin> {
    let mut best: Option<usize> = None;
    for used in inventory.facts.workloads.iter().flat_map(|workload| &workload.images) {
        let image = inventory.symbols.text(used.image);
        let found = IMAGES.iter().position(|(part, _)| image.contains(part));
        best = match (best, found) {
            (Some(known), Some(found)) => Some(known.min(found)),
            (known, found) => known.or(found),
        };
    }
    plugin(IMAGES[best?].1)
}
