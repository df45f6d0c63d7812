//! Which network plugin a cluster has, by what of it is in the input.

use model::inventory::Inventory;

use crate::config::{Plugin, plugin};

/// An image by which a plugin is known.
pub struct PluginImage {
    /// A part of its name.
    pub part: &'static str,
    /// The plugin that it belongs to, if its dialect is known.
    pub plugin: Option<&'static str>,
    /// Whether it enforces policies.
    pub enforces: Enforces,
}

/// Whether what runs from an image enforces policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enforces {
    /// It does.
    Always,
    /// It may: an argument, a release or another image decides.
    Maybe,
    /// It only connects pods.
    Never,
}

const fn image(part: &'static str, plugin: &'static str, enforces: Enforces) -> PluginImage {
    PluginImage { part, plugin: Some(plugin), enforces }
}

/// The images of plugins. What enforces policies goes before what only connects pods: Calico beside flannel is Calico.
pub static PLUGIN_IMAGES: &[PluginImage] = &[
    image("cilium/cilium", "cilium", Enforces::Always),
    image("calico/node", "calico", Enforces::Always),
    image("antrea/antrea", "antrea", Enforces::Always),
    image("ovn-kubernetes", "ovn-k", Enforces::Always),
    image("ovnkube", "ovn-k", Enforces::Always),
    image("kube-ovn", "kube-ovn", Enforces::Always),
    image("kube-network-policies", "kube-network-policies", Enforces::Always),
    image("cloudnativelabs/kube-router", "kube-router", Enforces::Always),
    image("weaveworks/weave-kube", "weave", Enforces::Always),
    PluginImage { part: "azure-npm", plugin: None, enforces: Enforces::Always },
    image("aws-network-policy-agent", "vpc-cni", Enforces::Maybe),
    PluginImage { part: "kindnetd", plugin: None, enforces: Enforces::Maybe },
    PluginImage { part: "amazon-k8s-cni", plugin: None, enforces: Enforces::Never },
    image("flannel", "flannel", Enforces::Never),
];

/// The plugin whose pods are in the input, if any is.
pub fn detect(inventory: &Inventory) -> Option<&'static Plugin> {
    let known = |image: &str| {
        let found = PLUGIN_IMAGES.iter().position(|known| image.contains(known.part));
        found.filter(|at| PLUGIN_IMAGES[*at].plugin.is_some())
    };
    let images = inventory.facts.workloads.iter().flat_map(|workload| &workload.images);
    let best = images.filter_map(|used| known(&inventory.symbols.text(used.image))).min()?;
    plugin(PLUGIN_IMAGES[best].plugin?)
}
