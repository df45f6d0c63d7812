//! What is assumed of the cluster: how its network plugin reads what the specification leaves open.

use std::collections::BTreeSet;

use model::address::Block;
use model::inventory::ResourceId;
use model::symbols::Symbol;

use crate::ports::Cuts;

/// What is assumed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// How the plugin reads policies.
    pub dialect: Dialect,
    /// The blocks that pods have their addresses from, where that is known.
    pub pod_blocks: Vec<Block>,
    /// Where pods and nodes are whose addresses are not known.
    pub unknown_addresses: UnknownAddresses,
    /// Objects that are taken not to be there.
    pub without: BTreeSet<ResourceId>,
    /// Policies of those that may come: what they ask for is told apart already, so that they cost no compiling then.
    pub prepared: BTreeSet<ResourceId>,
    /// Labels by which pods are told apart besides those that policies ask for: questions may ask for others.
    pub labels: BTreeSet<Symbol>,
    /// Where ports are cut besides where rules cut them: worlds that are compared are cut alike.
    pub cuts: Cuts,
}

/// Where pods and nodes are whose addresses are not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownAddresses {
    /// In no block that has not all addresses of IPv4.
    #[default]
    Elsewhere,
    /// In every block of IPv4, and in no exception.
    Inside,
}

/// How a plugin reads what specifications leave open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dialect {
    /// Whether anything enforces policies at all.
    pub enforcement: Enforcement,
    /// What `ipBlock` finds.
    pub blocks: BlockMatching,
    /// What pods on the network of their node are.
    pub host_network: HostNetwork,
    /// Whether ranges of ports are enforced.
    pub ranges: PortRanges,
    /// Which policies of administrators are enforced.
    pub admin: AdminTiers,
    /// Whether policies of Cilium and of Calico are enforced.
    pub own_kinds: OwnKinds,
    /// What pods and the node that they run on are to one another.
    pub own_node: OwnNode,
    /// What a pod is to itself.
    pub own_pod: SelfAccess,
}

/// Whether anything enforces policies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Enforcement {
    /// A plugin does.
    #[default]
    Present,
    /// Nothing does: policies exist, and have no effect.
    Absent,
}

/// What `ipBlock` of a NetworkPolicy finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BlockMatching {
    /// Whatever has such an address: pods and nodes too.
    #[default]
    Anything,
    /// Addresses outside the cluster and of nodes, and no pods.
    NoPods,
    /// Addresses outside the cluster alone: identities go before addresses.
    OutsideOnly,
}

/// What pods on the network of their node are to policies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HostNetwork {
    /// The node: selectors of pods do not find them, and nothing protects them.
    #[default]
    Node,
    /// Pods as all others.
    Pod,
}

/// Whether `endPort` is enforced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PortRanges {
    /// It is.
    #[default]
    Enforced,
    /// The first port alone is.
    FirstOnly,
}

/// Which policies of administrators are enforced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AdminTiers {
    /// All versions.
    #[default]
    All,
    /// AdminNetworkPolicy and BaselineAdminNetworkPolicy.
    Alpha1,
    /// ClusterNetworkPolicy.
    Alpha2,
    /// None.
    Ignored,
}

/// Whose own kinds of policies are enforced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OwnKinds {
    /// Those that are there: whoever writes them has the plugin.
    #[default]
    All,
    /// Cilium's.
    Cilium,
    /// Calico's.
    Calico,
    /// None.
    Neither,
}

/// What pods and the node that they run on are to one another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OwnNode {
    /// No policy is asked, in either direction: so the API says.
    #[default]
    Exempt,
    /// No policy is asked for what comes from the node; what goes there is judged.
    FromNode,
    /// Policies are asked.
    Judged,
}

/// What a pod is to itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SelfAccess {
    /// No policy is asked: so the API says.
    #[default]
    Exempt,
    /// Policies are asked.
    Judged,
}

/// A network plugin, as users name it.
pub struct Plugin {
    /// Its name.
    pub name: &'static str,
    /// How it reads policies.
    pub dialect: Dialect,
}

const SPECIFIED: Dialect = Dialect {
    enforcement: Enforcement::Present,
    blocks: BlockMatching::Anything,
    host_network: HostNetwork::Node,
    ranges: PortRanges::Enforced,
    admin: AdminTiers::Ignored,
    own_kinds: OwnKinds::Neither,
    own_node: OwnNode::Exempt,
    own_pod: SelfAccess::Exempt,
};

pub(crate) const ABSENT: Dialect = Dialect { enforcement: Enforcement::Absent, ..SPECIFIED };

/// The plugins whose dialect is known. Sources: their documentation, and the lists of implementations of the network
/// policy API.
pub static PLUGINS: &[Plugin] = &[
    Plugin { name: "antrea", dialect: Dialect { admin: AdminTiers::Alpha1, ..SPECIFIED } },
    Plugin { name: "calico", dialect: Dialect { admin: AdminTiers::Alpha2, own_kinds: OwnKinds::Calico, ..SPECIFIED } },
    Plugin {
        name: "cilium",
        // Pods are reached from their own node always; what they send there is to the entity `host`, and is judged.
        dialect: Dialect {
            blocks: BlockMatching::OutsideOnly,
            own_kinds: OwnKinds::Cilium,
            own_node: OwnNode::FromNode,
            ..SPECIFIED
        },
    },
    Plugin { name: "flannel", dialect: ABSENT },
    Plugin { name: "kube-network-policies", dialect: Dialect { admin: AdminTiers::Alpha2, ..SPECIFIED } },
    Plugin { name: "kube-ovn", dialect: Dialect { admin: AdminTiers::All, ..SPECIFIED } },
    Plugin { name: "kube-router", dialect: SPECIFIED },
    Plugin { name: "kubenet", dialect: ABSENT },
    Plugin { name: "none", dialect: ABSENT },
    Plugin { name: "ovn-k", dialect: Dialect { admin: AdminTiers::Alpha1, ..SPECIFIED } },
    Plugin { name: "vpc-cni", dialect: SPECIFIED },
    Plugin { name: "weave", dialect: Dialect { ranges: PortRanges::FirstOnly, ..SPECIFIED } },
];

/// The plugin of that name.
pub fn plugin(name: &str) -> Option<&'static Plugin> {
    PLUGINS.iter().find(|plugin| plugin.name.eq_ignore_ascii_case(name))
}

/// How plugins read ranges of ports that are older than those.
pub(crate) const FIRST_PORT_ONLY: &str = "only the first port of a range is enforced";

/// Where pods and nodes may be whose addresses are not known, whatever the plugin is.
pub const UNKNOWN_ADDRESSES: &str =
    "addresses of pods or nodes that are not known are in the blocks that policies name";

/// What a cluster makes of policies with one name: who is applied last is there.
pub const LAST_ONE_STAYS: &str = "of policies with one name the last takes the place of the others";

/// What would have to be otherwise for another answer.
#[derive(Clone, Debug)]
pub struct Alternative {
    /// What would have to be so, as a clause.
    pub condition: &'static str,
    /// The same assumptions with that one changed.
    pub config: Config,
}

impl Config {
    /// The ways in which another plugin, or other addresses, may make another answer of the same objects.
    pub fn alternatives(&self) -> [Alternative; 5] {
        let with = |condition, dialect| Alternative { condition, config: Self { dialect, ..self.clone() } };
        let dialect = self.dialect;
        [
            with(
                "`ipBlock` finds no pods (so Cilium reads it)",
                Dialect { blocks: BlockMatching::OutsideOnly, ..dialect },
            ),
            with("pods with `hostNetwork` are treated as pods", Dialect { host_network: HostNetwork::Pod, ..dialect }),
            with(FIRST_PORT_ONLY, Dialect { ranges: PortRanges::FirstOnly, ..dialect }),
            with("policies of administrators are ignored", Dialect { admin: AdminTiers::Ignored, ..dialect }),
            Alternative {
                condition: UNKNOWN_ADDRESSES,
                config: Self { unknown_addresses: UnknownAddresses::Inside, ..self.clone() },
            },
        ]
    }
}
