//! Techniques of ATT&CK that the configuration of a cluster makes easier or harder.

use crate::Need::{Cloud, Cluster, Image, Manifests, Node};
use crate::{Framework, Requirement, requirement};

/// The framework.
pub static FRAMEWORK: Framework = Framework {
    id: "mitre",
    title: "MITRE ATT&CK for Containers",
    edition: "18.1",
    publisher: "MITRE",
    url: "https://attack.mitre.org/matrices/enterprise/containers/",
    published: Some(48),
    extent: "The 26 techniques, of 48, that configuration makes easier or harder. A technique is no rule: that its \
             controls pass does not say that nobody uses it.",
    requirements: REQUIREMENTS,
};

static REQUIREMENTS: &[Requirement] = &[
    requirement("T1046", "Network service discovery: pods cannot probe their neighbours", &[Manifests, Cluster]),
    requirement("T1053.007", "Container orchestration job: nobody can plant a job without need", &[Manifests, Cluster]),
    requirement(
        "T1059.013",
        "Container command line and API: nobody can run commands in containers without need",
        &[Manifests, Cluster],
    ),
    requirement(
        "T1068",
        "Exploitation for privilege escalation: a hole in the kernel or a set-uid program is out of reach",
        &[Manifests, Cluster, Node],
    ),
    requirement("T1070", "Indicator removal: events cannot be deleted", &[Manifests, Cluster]),
    requirement("T1078", "Valid accounts: accounts are few, short-lived and not too powerful", &[Manifests, Cluster]),
    requirement("T1078.001", "Default accounts: default and anonymous accounts can do nothing", &[Manifests, Cluster]),
    requirement("T1098", "Account manipulation: nobody can give themselves lasting access", &[Manifests, Cluster]),
    requirement(
        "T1098.006",
        "Additional container cluster roles: nobody can give themselves roles",
        &[Manifests, Cluster],
    ),
    requirement(
        "T1133",
        "External remote services: management interfaces are not exposed",
        &[Manifests, Cluster, Cloud],
    ),
    requirement(
        "T1190",
        "Exploitation of public-facing applications: what is exposed is patched and asks who is there",
        &[Manifests, Cluster, Node, Image],
    ),
    requirement("T1204.003", "Malicious image: images come from known registries", &[Manifests, Cluster]),
    requirement("T1485", "Data destruction: nobody can delete workloads without need", &[Manifests, Cluster]),
    requirement("T1490", "Inhibited recovery: there are backups", &[Cluster]),
    requirement("T1499", "Endpoint denial of service: nobody can exhaust a node", &[Manifests, Cluster, Node]),
    requirement("T1525", "Implanted internal image: images are pinned and signed", &[Manifests, Cluster, Image]),
    requirement(
        "T1528",
        "Theft of application access tokens: pods carry no token that they do not need",
        &[Manifests, Cluster],
    ),
    requirement("T1543.005", "Container service: nothing starts containers beside the API", &[Cluster, Node]),
    requirement(
        "T1550.001",
        "Use of application access tokens: nobody can mint tokens without need",
        &[Manifests, Cluster],
    ),
    requirement(
        "T1552.001",
        "Credentials in files: no credentials lie in manifests or images",
        &[Manifests, Cluster, Image],
    ),
    requirement(
        "T1552.007",
        "Container API: pods cannot read the credentials of others",
        &[Manifests, Cluster, Node, Cloud],
    ),
    requirement("T1562.001", "Impaired defences: nobody can switch admission or logs off", &[Manifests, Cluster, Node]),
    requirement(
        "T1609",
        "Container administration command: nobody can enter containers without need",
        &[Manifests, Cluster, Node],
    ),
    requirement("T1610", "Deployed container: nobody can start containers without need", &[Manifests, Cluster]),
    requirement("T1611", "Escape to host: a container cannot reach its node", &[Manifests, Cluster, Node]),
    requirement("T1613", "Container and resource discovery: inventories need authentication", &[Cluster, Node]),
];
