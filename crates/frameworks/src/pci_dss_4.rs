//! PCI DSS, as far as clusters contribute. Its texts are licensed: here are its numbers, and our own words.

use crate::Need::{Cluster, Manifests, Node};
use crate::{Framework, Requirement, requirement};

/// The framework.
pub static FRAMEWORK: Framework = Framework {
    id: "pci-dss-4",
    title: "PCI DSS",
    edition: "4.0.1",
    publisher: "PCI Security Standards Council",
    url: "https://www.pcisecuritystandards.org/document_library/",
    published: None,
    extent: "The 38 requirements to which configuration of a cluster contributes. A mapping is support, not proof.",
    requirements: REQUIREMENTS,
};

static REQUIREMENTS: &[Requirement] = &[
    requirement("1.2.8", "Configuration of network controls is protected and in step", &[Cluster, Node]),
    requirement("1.3.1", "Inbound traffic to card data is limited to what is needed", &[Cluster, Node]),
    requirement("1.3.2", "Outbound traffic from card data is limited to what is needed", &[Cluster, Node]),
    requirement("1.4.5", "Internal addresses are shown only to those who need them", &[Manifests, Cluster]),
    requirement("3.3.1.3", "PINs are not kept after authorisation", &[Cluster, Node]),
    requirement("3.3.3", "Issuers protect the authentication data that they keep", &[Cluster, Node]),
    requirement("3.5.1", "Card numbers are unreadable where they are stored", &[Cluster, Node]),
    requirement("3.5.1.1", "Hashes of card numbers are keyed", &[Manifests, Cluster]),
    requirement("3.5.1.3", "Disk encryption is unlocked apart from the operating system's logins", &[Cluster, Node]),
    requirement("3.6.1", "Keys of stored data are protected", &[Manifests, Cluster]),
    requirement("3.6.1.2", "Keys are stored in a safe form", &[Cluster, Node]),
    requirement("3.6.1.3", "Few people can reach keys in the clear", &[Cluster, Node]),
    requirement("3.6.1.4", "Keys are in as few places as possible", &[Manifests, Cluster]),
    requirement("3.7.1", "Keys are made strong", &[Cluster, Node]),
    requirement("3.7.2", "Keys are handed on safely", &[Manifests, Cluster]),
    requirement("3.7.4", "Keys are changed when their time is over", &[Cluster, Node]),
    requirement("3.7.6", "Nobody alone handles keys in the clear", &[Manifests, Cluster, Node]),
    requirement("3.7.7", "Keys cannot be exchanged unnoticed", &[Cluster, Node]),
    requirement("4.2.1.1", "There is an inventory of trusted keys and certificates", &[Cluster, Node]),
    requirement("5.3.4", "Logs of the malware protection are kept", &[Cluster, Node]),
    requirement("7.2.1", "Access follows a model of needs and roles", &[Manifests, Cluster]),
    requirement("7.2.2", "Access is given by role, with the least privilege", &[Manifests, Cluster]),
    requirement("7.2.3", "Privileges are approved", &[Manifests, Cluster]),
    requirement("7.2.5", "Accounts of applications and systems have the least privilege", &[Cluster, Node]),
    requirement("7.3.1", "A system enforces access by need", &[Cluster, Node]),
    requirement("7.3.2", "That system enforces roles", &[Cluster, Node]),
    requirement("7.3.3", "That system denies by default", &[Cluster, Node]),
    requirement("8.3.2", "Credentials are encrypted in transit and in store", &[Cluster, Node]),
    requirement("8.4.1", "Administrators use more than one factor", &[Cluster, Node]),
    requirement("8.4.2", "Everybody who reaches card data uses more than one factor", &[Cluster, Node]),
    requirement("10.2.2", "Log records have the details that are needed", &[Cluster, Node]),
    requirement("10.3.2", "Logs cannot be changed", &[Cluster, Node]),
    requirement("10.3.3", "Logs are copied to a safe place at once", &[Cluster, Node]),
    requirement("10.3.4", "Changes of logs are noticed", &[Cluster, Node]),
    requirement("10.5.1", "Logs are kept for a year, three months of it at hand", &[Cluster, Node]),
    requirement("A1.1.3", "Tenants reach only their own resources", &[Cluster, Node]),
    requirement("A1.2.1", "Every tenant has logs of its own", &[Cluster, Node]),
    requirement("A3.4.1", "Access to card data is reviewed", &[Cluster, Node]),
];
