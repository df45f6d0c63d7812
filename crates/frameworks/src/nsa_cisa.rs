//! The hardening guide of NSA and CISA, by chapter.

use crate::Need::{Cloud, Cluster, Manifests, Node};
use crate::{Framework, Requirement, requirement};

/// The framework.
pub static FRAMEWORK: Framework = Framework {
    id: "nsa-cisa",
    title: "NSA/CISA Kubernetes Hardening Guide",
    edition: "1.2",
    publisher: "NSA and CISA",
    url: "https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
    published: None,
    extent: "The guide is prose without numbers: these are its chapters, under names of our own.",
    requirements: REQUIREMENTS,
};

static REQUIREMENTS: &[Requirement] = &[
    requirement(
        "pod-security",
        "Containers run without root, with few privileges, and cannot reach their node",
        &[Manifests, Cluster],
    ),
    requirement(
        "network-separation",
        "Namespaces and policies keep workloads apart",
        &[Manifests, Cluster, Node, Cloud],
    ),
    requirement("resource-policies", "Namespaces and pods are limited in what they use", &[Manifests, Cluster]),
    requirement(
        "control-plane",
        "The control plane and kubelets are hardened and not exposed",
        &[Cluster, Node, Cloud],
    ),
    requirement("encryption", "Traffic and Secrets at rest are encrypted", &[Cluster, Node]),
    requirement("secrets", "Secrets are kept in Secrets or better, not in configuration", &[Manifests, Cluster]),
    requirement("authentication", "Anonymous and weak logins are off", &[Manifests, Cluster, Node]),
    requirement("rbac", "Roles grant what is needed and no more", &[Manifests, Cluster, Node]),
    requirement("logging", "What happens is logged, kept and watched", &[Cluster, Node]),
];
