//! Annex A of ISO/IEC 27001, as far as clusters contribute. Its texts are licensed: here are its numbers, and our
//! own words.

use crate::Need::{Cluster, Manifests, Node};
use crate::{Framework, Requirement, requirement};

/// The framework.
pub static FRAMEWORK: Framework = Framework {
    id: "iso-27001",
    title: "ISO/IEC 27001 Annex A",
    edition: "2022",
    publisher: "ISO/IEC",
    url: "https://www.iso.org/standard/27001",
    published: None,
    extent: "The 16 controls, of 93, to which configuration of a cluster contributes. A mapping is support, not proof.",
    requirements: REQUIREMENTS,
};

static REQUIREMENTS: &[Requirement] = &[
    requirement("A.5.3", "Duties that conflict are in different hands", &[Manifests, Cluster])
        .section("A.5 Organisation"),
    requirement("A.5.13", "Information is labelled", &[Node]).section("A.5 Organisation"),
    requirement("A.5.15", "Access is controlled by rules", &[Manifests, Cluster, Node]).section("A.5 Organisation"),
    requirement("A.5.16", "Identities are managed through their whole life", &[Cluster, Node])
        .section("A.5 Organisation"),
    requirement("A.5.18", "Access rights are given, reviewed and taken away", &[Manifests, Cluster, Node])
        .section("A.5 Organisation"),
    requirement("A.8.1", "End devices are protected", &[Cluster, Node]).section("A.8 Technology"),
    requirement("A.8.2", "Privileged access is limited and managed", &[Manifests, Cluster, Node])
        .section("A.8 Technology"),
    requirement("A.8.3", "Access to information is restricted", &[Manifests, Cluster]).section("A.8 Technology"),
    requirement("A.8.5", "Authentication is secure", &[Manifests, Cluster, Node]).section("A.8 Technology"),
    requirement("A.8.10", "Information is deleted when it is not needed", &[Cluster, Node]).section("A.8 Technology"),
    requirement("A.8.11", "Data is masked where it need not be seen", &[Cluster, Node]).section("A.8 Technology"),
    requirement("A.8.13", "There are backups", &[Cluster, Node]).section("A.8 Technology"),
    requirement("A.8.14", "There is enough redundancy", &[Manifests, Cluster, Node]).section("A.8 Technology"),
    requirement("A.8.15", "Activities are logged", &[Cluster, Node]).section("A.8 Technology"),
    requirement("A.8.16", "Anomalies are watched for", &[Manifests, Cluster]).section("A.8 Technology"),
    requirement("A.8.24", "Cryptography is used by rules", &[Cluster, Node]).section("A.8 Technology"),
];
