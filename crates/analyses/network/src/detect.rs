//! Which network plugin a cluster has, by what of it is in the input.

use model::inventory::Inventory;

use crate::config::{ABSENT, Plugin, plugin};

/// The plugin of AWS where it connects pods and enforces nothing.
static WITHOUT_POLICIES: Plugin = Plugin { name: "vpc-cni", dialect: ABSENT };

/// An image by which a plugin is known.
pub struct PluginImage {
    /// A part of its name.
    pub part: &'static str,
    /// Whether nothing but a tag or a digest follows: other images have names that begin so.
    pub is_last: bool,
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
    PluginImage { part, is_last: false, plugin: Some(plugin), enforces }
}

const fn last(part: &'static str, plugin: &'static str, enforces: Enforces) -> PluginImage {
    PluginImage { part, is_last: true, plugin: Some(plugin), enforces }
}

impl PluginImage {
    /// Whether an image is this one, from whichever registry.
    pub fn is(&self, image: &str) -> bool {
        let ends = |rest: &str| !self.is_last || rest.is_empty() || rest.starts_with([':', '@']);
        image.match_indices(self.part).any(|(at, part)| ends(&image[at + part.len()..]))
    }
}

/// The images of plugins. What enforces policies goes before what only connects pods: Calico beside flannel is Calico.
pub static PLUGIN_IMAGES: &[PluginImage] = &[
    last("cilium/cilium", "cilium", Enforces::Always),
    last("calico/node", "calico", Enforces::Always),
    // Rancher's copies.
    last("mirrored-cilium-cilium", "cilium", Enforces::Always),
    last("mirrored-calico-node", "calico", Enforces::Always),
    last("hardened-calico", "calico", Enforces::Always),
    image("antrea/antrea", "antrea", Enforces::Always),
    image("ovn-kubernetes", "ovn-k", Enforces::Always),
    image("ovnkube", "ovn-k", Enforces::Always),
    image("kube-ovn", "kube-ovn", Enforces::Always),
    image("kube-network-policies", "kube-network-policies", Enforces::Always),
    image("cloudnativelabs/kube-router", "kube-router", Enforces::Always),
    image("weaveworks/weave-kube", "weave", Enforces::Always),
    PluginImage { part: "azure-npm", is_last: false, plugin: None, enforces: Enforces::Always },
    image("aws-network-policy-agent", "vpc-cni", Enforces::Maybe),
    PluginImage { part: "kindnetd", is_last: false, plugin: None, enforces: Enforces::Maybe },
    PluginImage { part: "amazon-k8s-cni", is_last: false, plugin: Some("vpc-cni"), enforces: Enforces::Never },
    image("flannel", "flannel", Enforces::Never),
];

/// Workloads of a plugin whose images have no names: OpenShift pulls them by their digests.
const BY_NAME: &[((&str, &str), &str)] = &[(("openshift-ovn-kubernetes", "ovnkube-node"), "ovn-k")];

/// The plugin whose pods are in the input, if any is. Of several the one that enforces policies.
pub fn detect(inventory: &Inventory) -> Option<&'static Plugin> {
    let known = |image: &str| {
        let found = PLUGIN_IMAGES.iter().position(|known| known.is(image));
        found.filter(|at| PLUGIN_IMAGES[*at].plugin.is_some())
    };
    let workloads = &inventory.facts.workloads;
    let images = workloads.iter().flat_map(|workload| &workload.images);
    let best = images.filter_map(|used| known(&inventory.symbols.text(used.image))).min();
    let Some(best) = best.map(|best| &PLUGIN_IMAGES[best]) else {
        let named = workloads.iter().find_map(|workload| {
            let object = inventory.resource(workload.resource);
            let is = |symbol, text: &str| inventory.symbols.text(symbol) == text;
            BY_NAME.iter().find(|((namespace, name), _)| is(object.namespace, namespace) && is(object.name, name))
        });
        return plugin(named?.1);
    };
    let found = plugin(best.plugin?)?;
    // Its agent enforces nothing unless an argument says so, and no cluster begins with that.
    let is_told = || workloads.iter().any(|workload| workload.network.enforces_policies == Some(true));
    if found.name == WITHOUT_POLICIES.name && !is_told() {
        return Some(&WITHOUT_POLICIES);
    }
    Some(found)
}
