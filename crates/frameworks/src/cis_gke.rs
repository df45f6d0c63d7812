//! CIS Google GKE Benchmark. Its texts are licensed: here are its numbers, and our own words.

use crate::Need::{Cloud, Cluster, Image, Manifests, Node, Person};
use crate::{Framework, Requirement, requirement};

/// The framework.
pub static FRAMEWORK: Framework = Framework {
    id: "cis-gke",
    title: "CIS GKE",
    edition: "1.9",
    publisher: "Center for Internet Security",
    url: "https://www.cisecurity.org/benchmark/kubernetes",
    published: Some(57),
    extent: "40 of the 57 recommendations; the others are settings of the provider that are not looked at.",
    requirements: REQUIREMENTS,
};

static REQUIREMENTS: &[Requirement] = &[
    requirement("3.1.1", "Only root can read the kubeconfig of kube-proxy", &[Node]).section("3.1 Files of nodes"),
    requirement("3.1.2", "root owns the kubeconfig of kube-proxy", &[Node]).section("3.1 Files of nodes"),
    requirement("3.1.3", "Only root can write the configuration of the kubelet", &[Node]).section("3.1 Files of nodes"),
    requirement("3.1.4", "root owns the configuration of the kubelet", &[Node]).section("3.1 Files of nodes"),
    requirement("4.1.1", "Only those who need it are cluster-admin", &[Manifests, Cluster])
        .section("4.1 RBAC and ServiceAccounts"),
    requirement("4.1.2", "Only those who need them can read Secrets", &[Manifests, Cluster])
        .section("4.1 RBAC and ServiceAccounts"),
    requirement("4.1.3", "Roles name what they grant, without wildcards", &[Manifests, Cluster])
        .section("4.1 RBAC and ServiceAccounts"),
    requirement("4.1.4", "The default ServiceAccount is not used", &[Manifests, Cluster])
        .section("4.1 RBAC and ServiceAccounts"),
    requirement("4.1.5", "Only pods that call the API carry a token", &[Manifests, Cluster])
        .section("4.1 RBAC and ServiceAccounts"),
    requirement("4.1.6", "Nobody uses the group `system:masters`", &[Manifests, Cluster])
        .section("4.1 RBAC and ServiceAccounts"),
    requirement("4.1.7", "Nobody can bind, escalate or impersonate without need", &[Manifests, Cluster])
        .section("4.1 RBAC and ServiceAccounts"),
    requirement("4.1.8", "Nothing is bound to anonymous users", &[Manifests, Cluster])
        .section("4.1 RBAC and ServiceAccounts"),
    requirement("4.1.10", "Nothing beyond the defaults is bound to all authenticated users", &[Manifests, Cluster])
        .section("4.1 RBAC and ServiceAccounts"),
    requirement("4.2.1", "Namespaces enforce Pod Security Standards, at least baseline", &[Manifests, Cluster])
        .section("4.2 Pod security"),
    requirement("4.3.1", "The network plugin enforces network policies", &[Cluster, Node, Cloud])
        .section("4.3 Network policies"),
    requirement("4.3.2", "Every namespace has network policies", &[Manifests, Cluster]).section("4.3 Network policies"),
    requirement("4.4.1", "Secrets reach containers as files, not as environment", &[Manifests, Cluster])
        .section("4.4 Secrets"),
    requirement("4.4.2", "The use of a store of secrets outside the cluster was considered", &[Cluster, Person])
        .section("4.4 Secrets"),
    requirement("4.5.1", "The cluster admits only images whose origin is proven", &[Cluster]).section("4.5 Admission"),
    requirement("4.6.1", "Namespaces separate what does not belong together", &[Cluster, Person])
        .section("4.6 Namespaces and the rest"),
    requirement("4.6.2", "Pods ask for the runtime's system call filter", &[Manifests, Cluster])
        .section("4.6 Namespaces and the rest"),
    requirement("4.6.3", "Pods and containers have a security context", &[Manifests, Cluster])
        .section("4.6 Namespaces and the rest"),
    requirement("4.6.4", "Nothing lives in the namespace `default`", &[Manifests, Cluster])
        .section("4.6 Namespaces and the rest"),
    requirement("5.1.1", "Images in the registry are scanned for vulnerabilities", &[Cluster, Image, Cloud])
        .section("5.1 Registry"),
    requirement("5.1.2", "Only those who need it can reach the registry", &[Cloud]).section("5.1 Registry"),
    requirement("5.1.3", "The cluster can read from the registry and nothing more", &[Cloud]).section("5.1 Registry"),
    requirement("5.1.4", "Images come from approved registries", &[Manifests, Cluster]).section("5.1 Registry"),
    requirement("5.2.2", "Workloads have cloud identities of their own", &[Manifests, Cluster])
        .section("5.2 Cloud identities"),
    requirement("5.3.1", "Secrets are encrypted with a managed key", &[Cluster, Node]).section("5.3 Keys"),
    requirement("5.5.1", "Nodes run an operating system made for containers", &[Cluster]).section("5.5 Nodes"),
    requirement("5.6.3", "The endpoint of the control plane is limited to known addresses", &[Cloud])
        .section("5.6 Networks"),
    requirement("5.6.4", "The endpoint of the control plane is private", &[Cloud]).section("5.6 Networks"),
    requirement("5.6.5", "Nodes have no public addresses", &[Cluster, Cloud]).section("5.6 Networks"),
    requirement("5.6.7", "Load balancers serve HTTPS with managed certificates", &[Manifests, Cluster])
        .section("5.6 Networks"),
    requirement("5.7.1", "Logs and metrics of the cluster are collected", &[Cluster, Node, Cloud]).section("5.7 Logs"),
    requirement("5.8.1", "People do not log in with client certificates", &[Manifests, Cluster, Person])
        .section("5.8 Logins"),
    requirement("5.8.2", "Access is granted to groups of the provider's identity service", &[Cloud])
        .section("5.8 Logins"),
    requirement("5.8.3", "The older, attribute-based authorizer is off", &[Cluster, Node]).section("5.8 Logins"),
    requirement("5.10.1", "The Kubernetes dashboard is not deployed", &[Manifests, Cluster])
        .section("5.10 Other settings"),
    requirement("5.10.3", "Workloads that are not trusted run in a sandbox", &[Manifests, Cluster])
        .section("5.10 Other settings"),
];
