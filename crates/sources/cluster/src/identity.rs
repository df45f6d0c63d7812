//! What a cluster is: its nodes, its provider, its distribution, its network plugins.

use std::collections::{BTreeMap, BTreeSet};

use model::document::Value;
use model::inventory::Cluster;
use model::object::Object;

/// What has been seen of a cluster so far.
#[derive(Default)]
pub struct Seen {
    nodes: u32,
    kubelets: BTreeMap<String, u32>,
    providers: BTreeSet<&'static str>,
    distributions: BTreeSet<&'static str>,
    network: BTreeSet<&'static str>,
}

/// The beginning of `spec.providerID` of a node, and who that is.
const PROVIDERS: &[(&str, &str)] = &[
    ("aws://", "aws"),
    ("azure://", "azure"),
    ("gce://", "google"),
    ("digitalocean://", "digitalocean"),
    ("hcloud://", "hetzner"),
    ("ibm://", "ibm"),
    ("ibmvpc://", "ibm"),
    ("linode://", "akamai"),
    ("oci://", "oracle"),
    ("ocid1.", "oracle"),
    ("openstack://", "openstack"),
    ("scaleway://", "scaleway"),
    ("vsphere://", "vsphere"),
    ("vultr://", "vultr"),
];

/// A part of a version of a kubelet or server, and the distribution that writes it so.
const VERSIONS: &[(&str, &str)] =
    &[("-eks-", "eks"), ("-gke.", "gke"), ("+k3s", "k3s"), ("+rke2", "rke2"), ("+k0s", "k0s"), ("-aliyun", "ack")];

/// A label of nodes, and the distribution that sets it.
const LABELS: &[(&str, &str)] = &[
    ("eks.amazonaws.com/nodegroup", "eks"),
    ("eks.amazonaws.com/compute-type", "eks"),
    ("cloud.google.com/gke-nodepool", "gke"),
    ("kubernetes.azure.com/cluster", "aks"),
    ("node.openshift.io/os_id", "openshift"),
    ("minikube.k8s.io/name", "minikube"),
    ("microk8s.io/cluster", "microk8s"),
    ("doks.digitalocean.com/node-pool", "doks"),
    ("lke.linode.com/pool-id", "lke"),
];

/// Names of DaemonSets, and the network plugins that they are.
const NETWORK: &[(&str, &str)] = &[
    ("antrea-agent", "antrea"),
    ("aws-node", "amazon-vpc-cni"),
    ("azure-cns", "azure-cni"),
    ("calico-node", "calico"),
    ("canal", "canal"),
    ("rke2-canal", "canal"),
    ("cilium", "cilium"),
    ("kindnet", "kindnet"),
    ("kube-flannel", "flannel"),
    ("kube-flannel-ds", "flannel"),
    ("kube-multus-ds", "multus"),
    ("kube-router", "kube-router"),
    ("multus", "multus"),
    ("netd", "gke-netd"),
    ("anetd", "gke-dataplane-v2"),
    ("ovnkube-node", "ovn-kubernetes"),
    ("sdn", "openshift-sdn"),
    ("weave-net", "weave"),
];

impl Seen {
    /// Takes from an object what it says of its cluster.
    pub fn observe(&mut self, object: &Object<'_>) {
        if object.is("", "Node") {
            self.node(object);
        } else if object.is("apps", "DaemonSet") {
            let name = object.name();
            self.network.extend(NETWORK.iter().filter(|(known, _)| *known == name).map(|(_, plugin)| *plugin));
        }
    }

    fn node(&mut self, node: &Object<'_>) {
        self.nodes += 1;
        let text = |path: &[&str]| node.value.at(path).map(Value::text).unwrap_or_default();
        let version = text(&["status", "nodeInfo", "kubeletVersion"]);
        let provider = text(&["spec", "providerID"]);
        self.distributions.extend(of_version(&version));
        self.providers.extend(PROVIDERS.iter().filter(|(start, _)| provider.starts_with(start)).map(|(_, name)| *name));
        if provider.starts_with("kind://") {
            self.distributions.insert("kind");
        }
        if text(&["status", "nodeInfo", "osImage"]).starts_with("Talos") {
            self.distributions.insert("talos");
        }
        for (label, _) in node.labels() {
            self.distributions.extend(LABELS.iter().filter(|(known, _)| label.is_key(known)).map(|(_, name)| *name));
        }
        *self.kubelets.entry(version.into_owned()).or_insert(0) += 1;
    }

    /// The cluster, as far as it can be told. `nodes_seen` says whether its nodes could be listed.
    pub fn cluster(&self, name: &str, version: &str, nodes: Option<()>) -> Cluster {
        let mut distributions = self.distributions.clone();
        distributions.extend(of_version(version));
        let joined = |all: &BTreeSet<&str>| all.iter().copied().collect::<Vec<_>>().join(", ");
        Cluster {
            name: name.to_owned(),
            version: version.to_owned(),
            provider: joined(&self.providers),
            distribution: joined(&distributions),
            network: self.network.iter().map(|plugin| (*plugin).to_owned()).collect(),
            nodes: nodes.map(|()| self.nodes),
            kubelets: self.kubelets.iter().map(|(version, count)| (version.clone(), *count)).collect(),
        }
    }
}

fn of_version(version: &str) -> impl Iterator<Item = &'static str> {
    VERSIONS.iter().filter(move |(part, _)| version.contains(part)).map(|(_, name)| *name)
}
