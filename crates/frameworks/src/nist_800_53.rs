//! NIST's catalogue of controls, as far as clusters contribute. Other frameworks lean on it (`Requirement::through`).

use crate::Need::{Cloud, Cluster, Image, Manifests, Node};
use crate::{Framework, Requirement, requirement};

/// The framework.
pub static FRAMEWORK: Framework = Framework {
    id: "nist-800-53",
    title: "NIST SP 800-53",
    edition: "r5",
    publisher: "NIST",
    url: "https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final",
    published: None,
    extent: "The 43 controls to which configuration of a cluster contributes. A mapping is support, not proof: most of \
             each control is organisation.",
    requirements: REQUIREMENTS,
};

static REQUIREMENTS: &[Requirement] = &[
    requirement("AC-2", "Accounts are known, needed and removed when they are not", &[Manifests, Cluster, Node, Cloud])
        .section("AC Access"),
    requirement("AC-3", "Access is enforced", &[Manifests, Cluster, Node]).section("AC Access"),
    requirement("AC-4", "Information flows where it may", &[Manifests, Cluster]).section("AC Access"),
    requirement("AC-6", "Everybody and everything has the least privilege", &[Manifests, Cluster, Node, Image, Cloud])
        .section("AC Access"),
    requirement("AC-14", "What works without a login is known and little", &[Manifests, Cluster]).section("AC Access"),
    requirement("AC-17", "Remote access is controlled", &[Manifests, Cluster, Node, Cloud]).section("AC Access"),
    requirement("AU-2", "It is decided which events are logged", &[Cluster, Node]).section("AU Audit"),
    requirement("AU-3", "Log records say what happened, when, where and by whom", &[Cluster, Node]).section("AU Audit"),
    requirement("AU-4", "There is room for the logs", &[Cluster, Node]).section("AU Audit"),
    requirement("AU-6", "Logs are reviewed", &[Cluster, Cloud]).section("AU Audit"),
    requirement("AU-9", "Logs cannot be changed or deleted", &[Manifests, Cluster]).section("AU Audit"),
    requirement("AU-11", "Logs are kept long enough", &[Cluster, Node]).section("AU Audit"),
    requirement("AU-12", "The events are logged", &[Cluster, Node, Cloud]).section("AU Audit"),
    requirement("CM-2", "There is a baseline to which things are held", &[Manifests, Cluster, Node])
        .section("CM Configuration"),
    requirement("CM-3", "Changes go through a process", &[Cluster]).section("CM Configuration"),
    requirement("CM-5", "Only those who may can change things", &[Manifests, Cluster]).section("CM Configuration"),
    requirement("CM-6", "Settings are safe, and deviations are known", &[Manifests, Cluster, Node])
        .section("CM Configuration"),
    requirement("CM-7", "What is not needed is off", &[Manifests, Cluster, Node]).section("CM Configuration"),
    requirement("CM-8", "It is known what there is", &[Manifests, Cluster]).section("CM Configuration"),
    requirement("CP-9", "There are backups", &[Cluster]).section("CP Contingency"),
    requirement("IA-2", "Users are identified and authenticated", &[Manifests, Cluster, Node, Cloud])
        .section("IA Authentication"),
    requirement("IA-3", "Devices and components authenticate each other", &[Cluster, Node])
        .section("IA Authentication"),
    requirement("IA-5", "Credentials are managed, protected and short-lived", &[Manifests, Cluster, Node, Image])
        .section("IA Authentication"),
    requirement("IA-8", "Users from outside are identified and authenticated", &[Cluster, Node])
        .section("IA Authentication"),
    requirement("RA-5", "Vulnerabilities are looked for", &[Cluster, Node, Image, Cloud]).section("RA Risk"),
    requirement("SA-22", "Nothing is used that has no support", &[Manifests, Cluster, Cloud]).section("SA Acquisition"),
    requirement("SC-2", "What users run is apart from what administers", &[Manifests, Cluster])
        .section("SC Protection of systems and traffic"),
    requirement("SC-3", "Security functions are isolated", &[Cluster, Node])
        .section("SC Protection of systems and traffic"),
    requirement("SC-5", "Denial of service is limited", &[Manifests, Cluster, Node])
        .section("SC Protection of systems and traffic"),
    requirement("SC-6", "Resources are shared out", &[Manifests, Cluster])
        .section("SC Protection of systems and traffic"),
    requirement("SC-7", "Boundaries are guarded", &[Manifests, Cluster, Node, Cloud])
        .section("SC Protection of systems and traffic"),
    requirement("SC-8", "Traffic is encrypted", &[Manifests, Cluster, Node])
        .section("SC Protection of systems and traffic"),
    requirement("SC-10", "Connections end", &[Cluster, Node]).section("SC Protection of systems and traffic"),
    requirement("SC-12", "Keys are made and managed well", &[Manifests, Cluster, Node])
        .section("SC Protection of systems and traffic"),
    requirement("SC-13", "The cryptography is strong", &[Cluster, Node])
        .section("SC Protection of systems and traffic"),
    requirement("SC-17", "Certificates come from approved authorities", &[Manifests, Cluster])
        .section("SC Protection of systems and traffic"),
    requirement("SC-28", "Data at rest is protected", &[Manifests, Cluster, Node, Cloud])
        .section("SC Protection of systems and traffic"),
    requirement("SC-39", "Processes are isolated from each other", &[Manifests, Cluster, Node])
        .section("SC Protection of systems and traffic"),
    requirement("SI-2", "Flaws are mended", &[Manifests, Cluster, Node, Image, Cloud]).section("SI Integrity"),
    requirement("SI-4", "The system is watched", &[Manifests, Cluster]).section("SI Integrity"),
    requirement("SI-7", "Software and data cannot be changed unnoticed", &[Manifests, Cluster, Image])
        .section("SI Integrity"),
    requirement("SI-10", "Input is checked", &[Manifests, Cluster]).section("SI Integrity"),
    requirement("SR-4", "It is known where things come from", &[Image]).section("SR Supply chain"),
];
