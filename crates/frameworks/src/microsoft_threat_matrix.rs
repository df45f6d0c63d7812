//! Microsoft's threat matrix. Controls do not name its techniques themselves: who serves which is said here.

use crate::Need::{Cloud, Cluster, Image, Manifests, Node, Person};
use crate::{Framework, Requirement, requirement};

/// The framework.
pub static FRAMEWORK: Framework = Framework {
    id: "microsoft-threat-matrix",
    title: "Microsoft Threat Matrix for Kubernetes",
    edition: "2022",
    publisher: "Microsoft",
    url: "https://microsoft.github.io/Threat-Matrix-for-Kubernetes/",
    published: Some(40),
    extent: "All techniques, each as the state that takes it away. One that several tactics share stands in the first. \
             That its controls pass does not say that nobody uses it.",
    requirements: REQUIREMENTS,
};

static REQUIREMENTS: &[Requirement] = &[
    requirement("MS-TA9001", "Cloud credentials do not lead into the cluster", &[Manifests, Cluster, Cloud])
        .section("Initial access")
        .controls(&["cloud-rbac-integration-missing", "aws-auth-writable"]),
    requirement("MS-TA9002", "Images in registries are what their makers put there", &[Manifests, Cluster, Image])
        .section("Initial access")
        .controls(&[
            "image-registry-not-allowed",
            "image-not-pinned-to-digest",
            "image-signature-missing",
            "image-provenance-not-enforced",
        ]),
    requirement("MS-TA9003", "Kubeconfig files lie where nobody finds them", &[Manifests, Cluster, Node])
        .section("Initial access")
        .controls(&[
            "kubeconfig-in-object",
            "admin-kubeconfig-permissions-too-open",
            "users-authenticate-with-certificates",
        ]),
    requirement("MS-TA9004", "Applications that are exposed have no known holes", &[Manifests, Cluster, Image])
        .section("Initial access")
        .controls(&["image-critical-vulnerability-exposed", "external-exposure"]),
    requirement("MS-TA9005", "Sensitive interfaces are not exposed", &[Manifests, Cluster, Cloud])
        .section("Initial access")
        .controls(&["sensitive-interface-exposed", "dashboard-deployed", "control-plane-endpoint-public"]),
    requirement("MS-TA9006", "Nobody can run commands in containers without need", &[Manifests, Cluster])
        .section("Execution")
        .controls(&["pod-exec-allowed", "nodes-proxy-allowed"]),
    requirement("MS-TA9007", "Containers have no shell to run commands with", &[Person]).section("Execution"),
    requirement("MS-TA9008", "Nobody can start containers without need", &[Manifests, Cluster])
        .section("Execution")
        .controls(&["pods-creatable", "debug-or-scan-image-running"]),
    requirement("MS-TA9009", "Holes in applications give little to who uses them", &[Manifests, Cluster, Image])
        .section("Execution")
        .controls(&[
            "image-critical-vulnerability-exposed",
            "privilege-escalation-allowed",
            "run-as-non-root-not-required",
        ]),
    requirement("MS-TA9010", "No SSH server runs in containers", &[Manifests, Cluster])
        .section("Execution")
        .controls(&["ssh-port-exposed"]),
    requirement("MS-TA9011", "Nobody can inject containers into running pods", &[Manifests, Cluster])
        .section("Execution")
        .controls(&["webhook-configuration-writable", "ephemeral-containers-addable"]),
    requirement("MS-TA9012", "Nobody can keep a container of theirs running", &[Manifests, Cluster])
        .section("Persistence")
        .controls(&["pods-creatable"]),
    requirement("MS-TA9013", "Pods cannot write folders of their node", &[Manifests, Cluster])
        .section("Persistence")
        .controls(&["writable-host-path", "host-path-volume", "persistent-volume-on-host-path"]),
    requirement("MS-TA9014", "Nobody can plant a job without need", &[Manifests, Cluster])
        .section("Persistence")
        .controls(&["pods-creatable", "cronjob-inventory"]),
    requirement("MS-TA9015", "Nobody can plant an admission controller", &[Manifests, Cluster])
        .section("Persistence")
        .controls(&["webhook-configuration-writable", "admission-webhook-inventory"]),
    requirement("MS-TA9016", "Containers carry no token that they do not need", &[Manifests, Cluster])
        .section("Persistence")
        .controls(&["service-account-token-automounted", "token-mounted-with-permissions"]),
    requirement("MS-TA9017", "Nothing starts static pods of users", &[Manifests, Cluster, Node])
        .section("Persistence")
        .controls(&["static-pod-user-workload", "kubelet-static-pod-path-set", "writable-host-path"]),
    requirement("MS-TA9018", "No container runs privileged", &[Manifests, Cluster])
        .section("Privilege escalation")
        .controls(&["privileged-container", "dangerous-capability-added"]),
    requirement("MS-TA9019", "Nobody can become cluster-admin", &[Manifests, Cluster])
        .section("Privilege escalation")
        .controls(&["cluster-admin-bound", "role-bind-allowed", "role-escalate-allowed", "role-bindings-writable"]),
    requirement("MS-TA9020", "Pods cannot reach the cloud account", &[Manifests, Cluster, Node, Cloud])
        .section("Privilege escalation")
        .controls(&[
            "cloud-identity-on-broad-service-account",
            "node-identity-reachable",
            "cloud-credentials-host-path",
        ]),
    requirement("MS-TA9021", "Logs of containers are kept where a container cannot delete them", &[Manifests, Cluster])
        .section("Defence evasion")
        .controls(&["pod-logs-not-shipped", "pod-logs-deletable", "host-log-directory-writable"]),
    requirement("MS-TA9022", "Nobody can delete events", &[Manifests, Cluster])
        .section("Defence evasion")
        .controls(&["events-deletable"]),
    requirement("MS-TA9023", "Pods with names like those of the system are noticed", &[Manifests, Cluster])
        .section("Defence evasion")
        .controls(&["user-workload-in-kube-system"]),
    requirement("MS-TA9024", "Traffic that hides behind proxies is noticed", &[Person]).section("Defence evasion"),
    requirement("MS-TA9025", "Only those who need them can read Secrets", &[Manifests, Cluster])
        .section("Credential access")
        .controls(&["secrets-readable", "secrets-mintable"]),
    requirement("MS-TA9026", "The service principal of the node is out of reach of pods", &[Manifests, Cluster])
        .section("Credential access")
        .controls(&["cloud-credentials-host-path", "sensitive-host-path"]),
    requirement("MS-TA9027", "Configuration holds no credentials", &[Manifests, Cluster])
        .section("Credential access")
        .controls(&[
            "secret-literal-in-environment",
            "secret-in-configmap",
            "secret-in-command",
            "secret-in-metadata",
            "secret-manifest-in-repository",
        ]),
    requirement(
        "MS-TA9028",
        "Managed identities are out of reach of pods that do not need them",
        &[Manifests, Cluster, Node, Cloud],
    )
    .section("Credential access")
    .controls(&["node-identity-reachable", "cloud-identity-on-broad-service-account"]),
    requirement("MS-TA9029", "Pods that do not need it cannot ask the API server", &[Manifests, Cluster])
        .section("Discovery")
        .controls(&["service-account-token-automounted", "token-mounted-with-permissions", "anonymous-access-granted"]),
    requirement("MS-TA9030", "Pods cannot ask kubelets", &[Cluster, Node]).section("Discovery").controls(&[
        "kubelet-anonymous-auth-enabled",
        "kubelet-read-only-port-open",
        "kubelet-port-reachable-from-pods",
    ]),
    requirement("MS-TA9031", "Pods cannot map the network", &[Manifests, Cluster]).section("Discovery").controls(&[
        "pod-not-isolated-ingress",
        "pod-not-isolated-egress",
        "namespace-without-network-policy",
    ]),
    requirement("MS-TA9033", "Pods cannot reach the metadata service of the cloud", &[Manifests, Cluster, Node, Cloud])
        .section("Discovery")
        .controls(&["node-identity-reachable", "metadata-endpoint-allowed-by-policy"]),
    requirement("MS-TA9034", "Pods cannot reach neighbours that they do not need", &[Manifests, Cluster, Node, Cloud])
        .section("Lateral movement")
        .controls(&["pod-not-isolated-ingress", "default-deny-missing", "network-policy-not-enforced"]),
    requirement("MS-TA9035", "Nobody can change the answers of CoreDNS", &[Person]).section("Lateral movement"),
    requirement("MS-TA9036", "Containers cannot forge packets", &[Manifests, Cluster])
        .section("Lateral movement")
        .controls(&["net-raw-capability-kept"]),
    requirement("MS-TA9037", "Pull secrets give no more than pulling", &[Manifests, Cluster, Cloud])
        .section("Collection")
        .controls(&["default-service-account-pull-secret", "registry-access-too-broad"]),
    requirement("MS-TA9041", "Nobody can copy data out of pods", &[Manifests, Cluster])
        .section("Collection")
        .controls(&["pod-exec-allowed", "pod-port-forward-allowed"]),
    requirement("MS-TA9038", "Nobody can delete workloads and data without need", &[Manifests, Cluster])
        .section("Impact")
        .controls(&["workload-deletable", "backup-missing"]),
    requirement(
        "MS-TA9039",
        "Workloads cannot take more than their share, and miners are noticed",
        &[Manifests, Cluster],
    )
    .section("Impact")
    .controls(&["cpu-limit-missing", "crypto-miner-indicator", "resource-quota-missing"]),
    requirement("MS-TA9040", "Nobody can exhaust a node", &[Manifests, Cluster, Node]).section("Impact").controls(&[
        "cpu-limit-missing",
        "memory-limit-missing",
        "ephemeral-storage-unbounded",
        "kubelet-pod-pids-unlimited",
    ]),
];
