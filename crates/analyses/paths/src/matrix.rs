//! The Microsoft threat matrix for Kubernetes (2023), technique by technique: which edges stand for it, and what else
//! looks for it. Source: <https://microsoft.github.io/Threat-Matrix-for-Kubernetes/>, CC BY 4.0, Microsoft.

use crate::edges::EDGES;

/// A technique.
#[derive(Debug)]
pub struct Technique {
    /// Its id.
    pub id: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// The first of its tactics.
    pub tactic: &'static str,
    /// The technique of ATT&CK that it is; empty where there is none.
    pub attack: &'static str,
    /// What looks for it beside edges.
    pub beside: Beside,
}

/// What looks for a technique beside edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// Nothing has to.
    Nothing,
    /// These controls find what makes it easy.
    Controls(&'static [&'static str]),
    /// It is seen while it happens only, which needs what watches nodes.
    Watching,
    /// It begins outside the cluster, where nothing is read.
    Outside,
}

impl Technique {
    /// The edges that stand for it, by their ids.
    pub fn edges(&self) -> Vec<&'static str> {
        EDGES.iter().filter(|kind| kind.techniques.contains(&self.id)).map(|kind| kind.id).collect()
    }
}

/// The techniques, in the order of the matrix.
pub static MICROSOFT: &[Technique] = &[
    technique("MS-TA9001", "using cloud credentials", "initial access", "T1078.004", Beside::Outside),
    technique(
        "MS-TA9002",
        "compromised image in registry",
        "initial access",
        "T1525",
        Beside::Controls(&["image-not-pinned-to-digest", "image-tag-mutable", "image-registry-not-allowed"]),
    ),
    technique("MS-TA9003", "kubeconfig file", "initial access", "T1552", Beside::Nothing),
    technique("MS-TA9004", "application vulnerability", "initial access", "T1190", Beside::Nothing),
    technique("MS-TA9005", "exposed sensitive interface", "initial access", "T1133", Beside::Nothing),
    technique("MS-TA9006", "exec into container", "execution", "T1609", Beside::Nothing),
    technique("MS-TA9007", "shell in container", "execution", "T1059", Beside::Watching),
    technique("MS-TA9008", "new container", "execution", "T1610", Beside::Nothing),
    technique("MS-TA9009", "application exploit", "execution", "T1190", Beside::Nothing),
    technique("MS-TA9010", "SSH server in container", "execution", "", Beside::Controls(&["ssh-port-exposed"])),
    technique("MS-TA9011", "sidecar injection", "execution", "T1610", Beside::Nothing),
    technique("MS-TA9012", "backdoor container", "persistence", "T1543", Beside::Nothing),
    technique("MS-TA9013", "writable hostPath mount", "persistence", "T1611", Beside::Nothing),
    technique("MS-TA9014", "CronJob", "persistence", "T1053.007", Beside::Nothing),
    technique("MS-TA9015", "malicious admission controller", "persistence", "T1546", Beside::Nothing),
    technique("MS-TA9016", "container service account", "persistence", "T1528", Beside::Nothing),
    technique("MS-TA9017", "static pods", "persistence", "T1610", Beside::Nothing),
    technique("MS-TA9018", "privileged container", "privilege escalation", "T1611", Beside::Nothing),
    technique("MS-TA9019", "cluster-admin binding", "privilege escalation", "T1078.003", Beside::Nothing),
    technique("MS-TA9020", "access cloud resources", "privilege escalation", "T1078.004", Beside::Nothing),
    technique(
        "MS-TA9021",
        "clear container logs",
        "defense evasion",
        "T1070",
        Beside::Controls(&["pod-logs-deletable"]),
    ),
    technique("MS-TA9022", "delete events", "defense evasion", "T1070", Beside::Controls(&["events-deletable"])),
    technique("MS-TA9023", "name similarity", "defense evasion", "T1036.005", Beside::Watching),
    technique("MS-TA9024", "connect from proxy server", "defense evasion", "T1090", Beside::Nothing),
    technique("MS-TA9025", "list Secrets", "credential access", "T1552.007", Beside::Nothing),
    technique("MS-TA9026", "mount service principal", "credential access", "T1552.001", Beside::Nothing),
    technique("MS-TA9027", "credentials in configuration", "credential access", "T1552", Beside::Nothing),
    technique("MS-TA9028", "managed identity credentials", "credential access", "T1552.005", Beside::Nothing),
    technique("MS-TA9029", "access the API server", "discovery", "T1613", Beside::Nothing),
    technique("MS-TA9030", "access the kubelet API", "discovery", "T1613", Beside::Nothing),
    technique("MS-TA9031", "network mapping", "discovery", "T1046", Beside::Nothing),
    technique("MS-TA9033", "instance metadata API", "discovery", "T1552.005", Beside::Nothing),
    technique("MS-TA9034", "cluster internal networking", "lateral movement", "T1210", Beside::Nothing),
    technique("MS-TA9035", "CoreDNS poisoning", "lateral movement", "T1557", Beside::Nothing),
    technique("MS-TA9036", "ARP poisoning and IP spoofing", "lateral movement", "T1557", Beside::Nothing),
    technique(
        "MS-TA9037",
        "images from a private registry",
        "collection",
        "T1530",
        Beside::Controls(&["image-pull-secret-missing"]),
    ),
    technique("MS-TA9041", "collect data from pod", "collection", "T1530", Beside::Nothing),
    technique("MS-TA9038", "data destruction", "impact", "T1485", Beside::Nothing),
    technique("MS-TA9039", "resource hijacking", "impact", "T1496", Beside::Watching),
    technique(
        "MS-TA9040",
        "denial of service",
        "impact",
        "T1499",
        Beside::Controls(&["memory-limit-missing", "cpu-limit-missing", "limit-range-missing"]),
    ),
];

const fn technique(
    id: &'static str,
    name: &'static str,
    tactic: &'static str,
    attack: &'static str,
    beside: Beside,
) -> Technique {
    Technique { id, name, tactic, attack, beside }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn what_needs_nothing_beside_has_an_edge_and_edges_name_techniques_that_are_there() {
        for technique in MICROSOFT {
            let has_edge = !technique.edges().is_empty();
            assert!(has_edge || technique.beside != Beside::Nothing, "{}", technique.id);
        }
        let known: BTreeSet<&str> = MICROSOFT.iter().map(|technique| technique.id).collect();
        let named = EDGES.iter().flat_map(|kind| kind.techniques).filter(|id| id.starts_with("MS-"));
        assert_eq!(named.copied().filter(|id| !known.contains(id)).collect::<Vec<_>>(), [""; 0]);
    }
}
