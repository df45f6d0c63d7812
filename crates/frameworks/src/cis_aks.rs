//! CIS Microsoft AKS Benchmark. Its texts are licensed: here are its numbers, and our own words.

use crate::Need::{Cloud, Cluster, Image, Manifests, Node, Person};
use crate::{Framework, Requirement, requirement};

/// The framework.
pub static FRAMEWORK: Framework = Framework {
    id: "cis-aks",
    title: "CIS AKS",
    edition: "1.8",
    publisher: "Center for Internet Security",
    url: "https://www.cisecurity.org/benchmark/kubernetes",
    published: Some(51),
    extent: "49 of the 51 recommendations; the other two are not looked at.",
    requirements: REQUIREMENTS,
};

static REQUIREMENTS: &[Requirement] = &[
    requirement("2.1.1", "The control plane's audit logs are written and exported", &[Cluster, Node, Cloud])
        .section("2.1 Logs"),
    requirement("3.1.1", "Only root can read the kubeconfig of the kubelet", &[Node]).section("3.1 Files of nodes"),
    requirement("3.1.2", "root owns the kubeconfig of the kubelet", &[Node]).section("3.1 Files of nodes"),
    requirement("3.1.3", "Only root can write the configuration of the kubelet", &[Node]).section("3.1 Files of nodes"),
    requirement("3.1.4", "root owns the configuration of the kubelet", &[Node]).section("3.1 Files of nodes"),
    requirement("3.2.1", "The kubelet refuses anonymous requests", &[Cluster, Node]).section("3.2 Kubelet"),
    requirement("3.2.2", "The kubelet does not allow every request", &[Cluster, Node]).section("3.2 Kubelet"),
    requirement("3.2.3", "The kubelet verifies client certificates", &[Cluster, Node]).section("3.2 Kubelet"),
    requirement("3.2.4", "The kubelet has no port without authentication", &[Cluster, Node]).section("3.2 Kubelet"),
    requirement("3.2.5", "The kubelet closes idle streams", &[Cluster, Node]).section("3.2 Kubelet"),
    requirement("3.2.6", "The kubelet keeps the kernel's settings as they ought to be", &[Cluster, Node])
        .section("3.2 Kubelet"),
    requirement("3.2.7", "The kubelet manages its packet filter chains", &[Cluster, Node]).section("3.2 Kubelet"),
    requirement("3.2.8", "The kubelet uses the node's own name", &[Cluster, Node]).section("3.2 Kubelet"),
    requirement("3.2.9", "The kubelet loses no events that matter", &[Cluster, Node]).section("3.2 Kubelet"),
    requirement("3.2.10", "The client certificate of the kubelet is renewed", &[Cluster, Node]).section("3.2 Kubelet"),
    requirement("3.2.11", "The serving certificate of the kubelet is renewed", &[Cluster, Node]).section("3.2 Kubelet"),
    requirement("4.1.1", "Only those who need it are cluster-admin", &[Manifests, Cluster])
        .section("4.1 RBAC and ServiceAccounts"),
    requirement("4.1.2", "Only those who need them can read Secrets", &[Manifests, Cluster])
        .section("4.1 RBAC and ServiceAccounts"),
    requirement("4.1.3", "Roles name what they grant, without wildcards", &[Manifests, Cluster])
        .section("4.1 RBAC and ServiceAccounts"),
    requirement("4.1.4", "Only those who need it can create pods", &[Manifests, Cluster])
        .section("4.1 RBAC and ServiceAccounts"),
    requirement("4.1.5", "The default ServiceAccount is not used", &[Manifests, Cluster])
        .section("4.1 RBAC and ServiceAccounts"),
    requirement("4.1.6", "Only pods that call the API carry a token", &[Manifests, Cluster])
        .section("4.1 RBAC and ServiceAccounts"),
    requirement("4.1.9", "Only those who need it can call kubelets through the API", &[Manifests, Cluster])
        .section("4.1 RBAC and ServiceAccounts"),
    requirement("4.1.10", "Only those who need it can approve certificate requests", &[Manifests, Cluster])
        .section("4.1 RBAC and ServiceAccounts"),
    requirement("4.1.11", "Only those who need it can change admission webhooks", &[Manifests, Cluster])
        .section("4.1 RBAC and ServiceAccounts"),
    requirement("4.1.12", "Only those who need it can issue tokens of ServiceAccounts", &[Manifests, Cluster])
        .section("4.1 RBAC and ServiceAccounts"),
    requirement("4.2.8", "Namespaces enforce Pod Security Standards", &[Manifests, Cluster])
        .section("4.2 Pod security"),
    requirement("4.4.1", "The network plugin enforces network policies", &[Cluster, Node, Cloud])
        .section("4.4 Network policies"),
    requirement("4.4.2", "Every namespace has network policies", &[Manifests, Cluster]).section("4.4 Network policies"),
    requirement("4.5.1", "Secrets reach containers as files, not as environment", &[Manifests, Cluster])
        .section("4.5 Secrets"),
    requirement("4.5.2", "The use of a store of secrets outside the cluster was considered", &[Cluster, Person])
        .section("4.5 Secrets"),
    requirement("4.7.1", "Namespaces separate what does not belong together", &[Cluster, Person])
        .section("4.7 Namespaces"),
    requirement("4.7.2", "Pods and containers have a security context", &[Manifests, Cluster])
        .section("4.7 Namespaces"),
    requirement("4.7.3", "Nothing lives in the namespace `default`", &[Manifests, Cluster]).section("4.7 Namespaces"),
    requirement("5.1.1", "Images in the registry are scanned for vulnerabilities", &[Cluster, Image, Cloud])
        .section("5.1 Registry"),
    requirement("5.1.2", "The cluster can read from the registry and nothing more", &[Cloud]).section("5.1 Registry"),
    requirement("5.1.3", "Only those who need it can reach the registry", &[Cloud]).section("5.1 Registry"),
    requirement("5.1.4", "Images come from approved registries", &[Manifests, Cluster]).section("5.1 Registry"),
    requirement("5.2.1", "Workloads have identities of their own", &[Manifests, Cluster]).section("5.2 Identities"),
    requirement("5.2.2", "People are authenticated by the provider's identity service", &[Cloud])
        .section("5.2 Identities"),
    requirement("5.3.1", "Secrets are encrypted with a managed key", &[Cluster, Node]).section("5.3 Keys"),
    requirement("5.4.1", "The endpoint of the control plane is limited to known addresses", &[Cloud])
        .section("5.4 Networks"),
    requirement("5.4.2", "The endpoint of the control plane is private", &[Cloud]).section("5.4 Networks"),
    requirement("5.4.3", "Nodes have no public addresses", &[Cluster, Cloud]).section("5.4 Networks"),
    requirement("5.4.4", "Network policies are on, and as they ought to be", &[Cluster, Node, Cloud])
        .section("5.4 Networks"),
    requirement("5.4.5", "Traffic to load balancers is encrypted", &[Manifests, Cluster]).section("5.4 Networks"),
    requirement("5.5.1", "Access to the API is authorised by roles", &[Cluster, Node]).section("5.5 Authorization"),
    requirement("5.6.1", "Workloads that are not trusted run apart from the others", &[Manifests, Cluster])
        .section("5.6 Sandboxes"),
    requirement("5.6.2", "Workloads of hostile tenants run in a sandbox", &[Manifests, Cluster])
        .section("5.6 Sandboxes"),
];
