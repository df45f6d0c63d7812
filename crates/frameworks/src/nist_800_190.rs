//! NIST's guide to container security, by countermeasure.

use crate::Need::{Cloud, Cluster, Image, Manifests, Node, Person};
use crate::{Framework, Requirement, requirement};

/// The framework.
pub static FRAMEWORK: Framework = Framework {
    id: "nist-800-190",
    title: "NIST SP 800-190",
    edition: "2017",
    publisher: "NIST",
    url: "https://csrc.nist.gov/pubs/sp/800/190/final",
    published: Some(23),
    extent: "All countermeasures of sections 4.1 to 4.5.",
    requirements: REQUIREMENTS,
};

static REQUIREMENTS: &[Requirement] = &[
    requirement(
        "4.1.1",
        "Images are scanned for known holes, and those with holes are not run",
        &[Cluster, Image, Cloud],
    )
    .section("4.1 Images"),
    requirement("4.1.2", "Images are configured safely", &[Image]).section("4.1 Images"),
    requirement("4.1.3", "Images are watched for malicious code", &[Person]).section("4.1 Images"),
    requirement("4.1.4", "Images and manifests hold no secrets in the clear", &[Manifests, Cluster, Image])
        .section("4.1 Images"),
    requirement("4.1.5", "Only trusted images run", &[Manifests, Cluster, Image]).section("4.1 Images"),
    requirement("4.2.1", "Connections to registries are encrypted", &[Manifests, Cluster, Node])
        .section("4.2 Registries"),
    requirement("4.2.2", "Stale images are not used", &[Manifests, Cluster, Image]).section("4.2 Registries"),
    requirement("4.2.3", "Reading from and writing to registries is authenticated and limited", &[Cloud])
        .section("4.2 Registries"),
    requirement("4.3.1", "Administrators of the orchestrator can do what they need and no more", &[Manifests, Cluster])
        .section("4.3 Orchestrator"),
    requirement("4.3.2", "Access to the orchestrator is through strong, central logins", &[Person])
        .section("4.3 Orchestrator"),
    requirement("4.3.3", "Traffic between containers of different sensitivity is separated", &[Manifests, Cluster])
        .section("4.3 Orchestrator"),
    requirement("4.3.4", "Workloads of different sensitivity do not share nodes", &[Manifests, Cluster])
        .section("4.3 Orchestrator"),
    requirement("4.3.5", "Nodes join safely, and one lost node does not give the cluster away", &[Manifests, Cluster])
        .section("4.3 Orchestrator"),
    requirement("4.4.1", "The container runtime is up to date", &[Cluster, Node, Cloud]).section("4.4 Containers"),
    requirement("4.4.2", "Traffic out of containers is limited", &[Manifests, Cluster]).section("4.4 Containers"),
    requirement("4.4.3", "Containers run with safe settings", &[Manifests, Cluster]).section("4.4 Containers"),
    requirement("4.4.4", "Holes in running applications are noticed and contained", &[Person])
        .section("4.4 Containers"),
    requirement("4.4.5", "Containers that nobody planned are noticed", &[Cluster]).section("4.4 Containers"),
    requirement("4.5.1", "Nodes run an operating system made for containers", &[Cluster]).section("4.5 Nodes"),
    requirement("4.5.2", "Containers share as little of the kernel as possible", &[Manifests, Cluster])
        .section("4.5 Nodes"),
    requirement("4.5.3", "The components of nodes are up to date", &[Cluster, Node]).section("4.5 Nodes"),
    requirement("4.5.4", "Logins to nodes are few and audited", &[Node]).section("4.5 Nodes"),
    requirement("4.5.5", "Containers cannot change the file systems of nodes", &[Manifests, Cluster])
        .section("4.5 Nodes"),
];
