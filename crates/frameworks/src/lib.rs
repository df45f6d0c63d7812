//! The frameworks that controls serve: who publishes them, and which edition the numbers are of.
//!
//! Texts of requirements are licensed by their publishers; here are numbers and our own words.

/// A published list of requirements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Framework {
    /// The id that mappings use.
    pub id: &'static str,
    /// The name that people use, with its edition.
    pub title: &'static str,
    /// Who publishes it.
    pub publisher: &'static str,
}

const fn framework(id: &'static str, title: &'static str, publisher: &'static str) -> Framework {
    Framework { id, title, publisher }
}

/// All frameworks, ordered by id.
pub static FRAMEWORKS: &[Framework] = &[
    framework("cis-aks", "CIS AKS 1.8", "Center for Internet Security"),
    framework("cis-eks", "CIS EKS 1.8", "Center for Internet Security"),
    framework("cis-gke", "CIS GKE 1.9", "Center for Internet Security"),
    framework("cis-kubernetes", "CIS Kubernetes 1.12 and 2.0.1", "Center for Internet Security"),
    framework("iso-27001", "ISO/IEC 27001:2022 Annex A", "ISO/IEC"),
    framework("mitre", "MITRE ATT&CK for Containers 18.1", "MITRE"),
    framework("nist-800-190", "NIST SP 800-190", "NIST"),
    framework("nist-800-53", "NIST SP 800-53 r5", "NIST"),
    framework("nsa-cisa", "NSA/CISA Hardening Guide 1.2", "NSA and CISA"),
    framework("owasp-k8s-top10", "OWASP Kubernetes Top 10 (2025)", "OWASP"),
    framework("pci-dss-4", "PCI DSS 4", "PCI Security Standards Council"),
    framework("pss", "Pod Security Standards", "Kubernetes"),
    framework("stig", "DISA Kubernetes STIG V2R6", "DISA"),
];

/// The framework of that id.
pub fn by_id(id: &str) -> Option<&'static Framework> {
    FRAMEWORKS.iter().find(|framework| framework.id == id)
}

#[cfg(test)]
mod tests {
    use super::FRAMEWORKS;

    #[test]
    fn ids_are_ordered_and_unique() {
        assert!(FRAMEWORKS.windows(2).all(|pair| pair[0].id < pair[1].id));
    }
}
