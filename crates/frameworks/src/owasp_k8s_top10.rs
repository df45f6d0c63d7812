//! The ten risks of OWASP, each turned round into what holds where the risk is met.

use crate::Need::{Cloud, Cluster, Image, Manifests, Node};
use crate::{Framework, Requirement, requirement};

/// The framework.
pub static FRAMEWORK: Framework = Framework {
    id: "owasp-k8s-top10",
    title: "OWASP Kubernetes Top 10",
    edition: "2025",
    publisher: "OWASP",
    url: "https://owasp.org/www-project-kubernetes-top-ten/",
    published: Some(10),
    extent: "All ten risks, each as the state in which it is met.",
    requirements: REQUIREMENTS,
};

static REQUIREMENTS: &[Requirement] = &[
    requirement("K01", "Workloads are configured safely", &[Manifests, Cluster, Node, Image]),
    requirement("K02", "Nobody is allowed more than needed", &[Manifests, Cluster, Node]),
    requirement("K03", "Secrets are stored, handed on and changed safely", &[Manifests, Cluster, Node, Image, Cloud]),
    requirement("K04", "The cluster enforces policies on what it admits", &[Manifests, Cluster, Node]),
    requirement("K05", "The network is divided, and what is not needed is shut", &[Manifests, Cluster, Node, Cloud]),
    requirement("K06", "Parts of the cluster are not exposed", &[Manifests, Cluster, Node, Cloud]),
    requirement(
        "K07",
        "Parts of the cluster are configured safely and up to date",
        &[Manifests, Cluster, Node, Image, Cloud],
    ),
    requirement("K08", "Who is in a pod cannot get into the cloud account", &[Manifests, Cluster, Node, Cloud]),
    requirement("K09", "Logins are strong, short and accountable", &[Manifests, Cluster, Node, Cloud]),
    requirement("K10", "What happens is logged and watched", &[Manifests, Cluster, Node, Cloud]),
];
