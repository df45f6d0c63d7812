//! SOC 2, as far as clusters contribute. Its texts are licensed: here are its numbers, and our own words.

use crate::Need::{Cloud, Cluster, Image, Manifests, Node, Person};
use crate::{Framework, Requirement, requirement};

/// The framework.
pub static FRAMEWORK: Framework = Framework {
    id: "soc-2",
    title: "SOC 2",
    edition: "Trust Services Criteria 2017, revised 2022",
    publisher: "AICPA",
    url: "https://www.aicpa-cima.com/resources/landing/system-and-organization-controls-soc-suite-of-services",
    published: None,
    extent: "The 10 common criteria to which configuration of a cluster contributes, through the controls of NIST SP \
             800-53 that they correspond to. Support, not proof: a report covers months and an organisation.",
    requirements: REQUIREMENTS,
};

static REQUIREMENTS: &[Requirement] = &[
    requirement(
        "CC6.1",
        "Access to systems and data is limited, and both are protected",
        &[Manifests, Cluster, Node, Image, Cloud],
    )
    .section("CC6 Access")
    .through(&[
        ("nist-800-53", "AC-3"),
        ("nist-800-53", "IA-2"),
        ("nist-800-53", "IA-5"),
        ("nist-800-53", "SC-28"),
        ("nist-800-53", "SC-12"),
    ]),
    requirement("CC6.2", "Accounts are made, approved and removed", &[Manifests, Cluster, Node, Cloud])
        .section("CC6 Access")
        .through(&[("nist-800-53", "AC-2")]),
    requirement("CC6.3", "Access follows roles and the least privilege", &[Manifests, Cluster, Node, Image, Cloud])
        .section("CC6 Access")
        .through(&[("nist-800-53", "AC-6")]),
    requirement("CC6.6", "Boundaries keep out who is outside", &[Manifests, Cluster, Node, Cloud])
        .section("CC6 Access")
        .through(&[("nist-800-53", "SC-7"), ("nist-800-53", "AC-17")]),
    requirement("CC6.7", "Data is protected where it moves", &[Manifests, Cluster, Node])
        .section("CC6 Access")
        .through(&[("nist-800-53", "SC-8"), ("nist-800-53", "SC-13")]),
    requirement("CC6.8", "Software that nobody approved does not run", &[Manifests, Cluster, Node, Image])
        .section("CC6 Access")
        .through(&[("nist-800-53", "SI-7"), ("nist-800-53", "CM-7")]),
    requirement(
        "CC7.1",
        "Changes of configuration and new vulnerabilities are noticed",
        &[Manifests, Cluster, Node, Image, Cloud],
    )
    .section("CC7 Operation")
    .through(&[("nist-800-53", "CM-6"), ("nist-800-53", "RA-5"), ("nist-800-53", "SI-2")]),
    requirement("CC7.2", "Systems are watched for what is unusual", &[Manifests, Cluster, Node, Cloud])
        .section("CC7 Operation")
        .through(&[("nist-800-53", "SI-4"), ("nist-800-53", "AU-2"), ("nist-800-53", "AU-12")]),
    requirement("CC7.3", "Incidents are evaluated", &[Cluster, Cloud, Person])
        .section("CC7 Operation")
        .through(&[("nist-800-53", "AU-6")]),
    requirement("CC8.1", "Changes are approved, tested and recorded", &[Manifests, Cluster])
        .section("CC8 Change")
        .through(&[("nist-800-53", "CM-3"), ("nist-800-53", "CM-5")]),
];
