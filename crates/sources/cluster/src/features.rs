//! What a user asks of a cluster, which kinds each needs, and what is not known without one.

use crate::discovery::ApiResource;

/// What a user asks of a cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Feature {
    /// To judge everything.
    #[default]
    Scan,
    /// To write everything to a file.
    Snapshot,
    /// To judge everything, and what changes.
    Watch,
    /// Who may do what.
    Rbac,
    /// Who may connect to whom.
    Network,
    /// The ways of an attacker.
    Paths,
}

/// The groups of what decides who may do what.
const RBAC: &str = "rbac.authorization.k8s.io";

/// Plural names of the core group that answers on rights go by.
const OF_RBAC: &[&str] = &["configmaps", "namespaces", "serviceaccounts"];

/// Groups of which answers on rights need everything.
const GROUPS_OF_RBAC: &[&str] = &[RBAC, "admissionregistration.k8s.io", "apiextensions.k8s.io"];

/// Plural names of the core group that answers on connections go by.
const OF_NETWORK: &[&str] = &["configmaps", "namespaces", "nodes", "services"];

/// Groups of which answers on connections need everything.
const GROUPS_OF_NETWORK: &[&str] = &[
    RBAC,
    "cilium.io",
    "crd.antrea.io",
    "crd.projectcalico.org",
    "extensions",
    "gateway.networking.k8s.io",
    "k8s.cni.cncf.io",
    "networking.k8s.io",
    "policy.linkerd.io",
    "policy.networking.k8s.io",
    "projectcalico.org",
    "route.openshift.io",
    "security.istio.io",
];

/// Plural names of the core group that hold pods.
const WORKLOADS: &[&str] = &["pods", "replicationcontrollers"];

/// Groups of what makes pods. What others make is seen as pods.
const GROUPS_OF_WORKLOADS: &[&str] = &["apps", "apps.kruise.io", "apps.openshift.io", "argoproj.io", "batch"];

/// Plural names of the core group that only the ways of an attacker go by.
const OF_PATHS: &[&str] = &["persistentvolumeclaims", "persistentvolumes", "secrets"];

impl Feature {
    /// All of them, in the order of their names in help texts.
    pub const ALL: [Self; 6] = [Self::Scan, Self::Watch, Self::Snapshot, Self::Rbac, Self::Network, Self::Paths];

    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::Snapshot => "snapshot",
            Self::Watch => "watch",
            Self::Rbac => "rbac",
            Self::Network => "network",
            Self::Paths => "paths",
        }
    }

    /// The command that it is.
    pub fn command(self) -> &'static str {
        match self {
            Self::Scan => "plimsoll scan --cluster",
            Self::Snapshot => "plimsoll snapshot",
            Self::Watch => "plimsoll scan --cluster --watch",
            Self::Rbac => "plimsoll rbac … --cluster",
            Self::Network => "plimsoll network … --cluster",
            Self::Paths => "plimsoll paths … --cluster",
        }
    }

    /// What has to be allowed on every kind that it needs.
    pub fn verbs(self) -> &'static [&'static str] {
        if self == Self::Watch { &["list", "watch"] } else { &["list"] }
    }

    /// Whether it needs objects of that kind.
    pub fn needs(self, resource: &ApiResource) -> bool {
        let (group, name) = (&*resource.group, &*resource.name);
        let is_of = |names: &[&str], groups: &[&str]| match group {
            "" => names.contains(&name),
            _ => groups.contains(&group),
        };
        let workloads = || is_of(WORKLOADS, GROUPS_OF_WORKLOADS);
        match self {
            Self::Scan | Self::Snapshot | Self::Watch => true,
            Self::Rbac => is_of(OF_RBAC, GROUPS_OF_RBAC) || workloads(),
            Self::Network => is_of(OF_NETWORK, GROUPS_OF_NETWORK) || workloads(),
            Self::Paths => Self::Rbac.needs(resource) || Self::Network.needs(resource) || is_of(OF_PATHS, &[]),
        }
    }
}

/// What is not known if objects of a kind are not seen.
pub fn cost(resource: &ApiResource) -> &'static str {
    match (&*resource.group, &*resource.name) {
        ("", "namespaces") => "which namespaces there are; their Pod Security levels, default-deny, quotas",
        ("", "nodes") => "how many nodes there are and of what version; the provider",
        ("", "secrets") => "which Secrets there are, and what reads, mounts or leaves them unused",
        ("", "serviceaccounts") => "whose tokens are mounted where",
        ("", "configmaps") => "secrets in ConfigMaps; settings of DNS, ingress controllers, AWS users",
        ("", "services") => "what is exposed, and to whom",
        ("", "pods") => "pods that nobody owns, pods unlike their template, who connects to whom",
        ("", "persistentvolumes" | "persistentvolumeclaims") => "volumes on paths of nodes, and who shares them",
        ("", "limitranges" | "resourcequotas") | ("policy", _) => "limits and budgets that hold for workloads",
        (RBAC, _) => "who may do what: nothing of group rbac passes",
        ("apps" | "batch", _) | ("", "replicationcontrollers") => "what makes pods: only the pods are judged",
        ("networking.k8s.io" | "gateway.networking.k8s.io" | "route.openshift.io", "networkpolicies") => {
            "who may connect to whom"
        }
        ("networking.k8s.io" | "gateway.networking.k8s.io" | "route.openshift.io", _) => "the ways in from outside",
        ("admissionregistration.k8s.io", _) => "what admission refuses and changes",
        ("apiextensions.k8s.io", _) => "custom resources against their schemas",
        (group, _) if GROUPS_OF_NETWORK.contains(&group) => "who may connect to whom",
        _ => "objects of this kind",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(feature: Feature, group: &str, name: &str) -> bool {
        feature.needs(&ApiResource { group: group.to_owned(), name: name.to_owned(), ..ApiResource::default() })
    }

    #[test]
    fn questions_on_rights_and_connections_need_no_secrets() {
        for feature in Feature::ALL {
            let expected = !matches!(feature, Feature::Rbac | Feature::Network);
            assert_eq!(needs(feature, "", "secrets"), expected, "{}", feature.name());
        }
    }

    #[test]
    fn ways_of_attackers_need_what_rights_and_connections_need() {
        for (group, name) in [(RBAC, "roles"), ("networking.k8s.io", "networkpolicies"), ("", "nodes"), ("", "pods")] {
            assert!(needs(Feature::Paths, group, name), "{name}");
        }
        assert!(!needs(Feature::Paths, "storage.k8s.io", "storageclasses"));
    }
}
