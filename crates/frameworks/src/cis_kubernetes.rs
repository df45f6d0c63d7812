//! CIS Kubernetes Benchmark. Its texts are licensed: here are its numbers, and our own words.

use crate::Need::{Cloud, Cluster, Image, Manifests, Node, Person};
use crate::{Framework, Requirement, requirement};

/// The framework.
pub static FRAMEWORK: Framework = Framework {
    id: "cis-kubernetes",
    title: "CIS Kubernetes",
    edition: "1.12 and 2.0.1",
    publisher: "Center for Internet Security",
    url: "https://www.cisecurity.org/benchmark/kubernetes",
    published: Some(131),
    extent: "All recommendations. Both editions number them alike: 1.12 is for Kubernetes 1.32 to 1.34, 2.0.1 for 1.34 \
             and 1.35.",
    requirements: REQUIREMENTS,
};

static REQUIREMENTS: &[Requirement] = &[
    requirement("1.1.1", "Only root can write the static pod manifest of the API server", &[Node])
        .section("1.1 Files of the control plane")
        .level("Level 1"),
    requirement("1.1.2", "root owns the static pod manifest of the API server", &[Node])
        .section("1.1 Files of the control plane")
        .level("Level 1"),
    requirement("1.1.3", "Only root can write the static pod manifest of the controller manager", &[Node])
        .section("1.1 Files of the control plane")
        .level("Level 1"),
    requirement("1.1.4", "root owns the static pod manifest of the controller manager", &[Node])
        .section("1.1 Files of the control plane")
        .level("Level 1"),
    requirement("1.1.5", "Only root can write the static pod manifest of the scheduler", &[Node])
        .section("1.1 Files of the control plane")
        .level("Level 1"),
    requirement("1.1.6", "root owns the static pod manifest of the scheduler", &[Node])
        .section("1.1 Files of the control plane")
        .level("Level 1"),
    requirement("1.1.7", "Only root can write the static pod manifest of etcd", &[Node])
        .section("1.1 Files of the control plane")
        .level("Level 1"),
    requirement("1.1.8", "root owns the static pod manifest of etcd", &[Node])
        .section("1.1 Files of the control plane")
        .level("Level 1"),
    requirement("1.1.9", "Only root can read and write the configuration of the CNI", &[Node])
        .section("1.1 Files of the control plane")
        .level("Level 1"),
    requirement("1.1.10", "root owns the configuration of the CNI", &[Node])
        .section("1.1 Files of the control plane")
        .level("Level 1"),
    requirement("1.1.11", "Only etcd can enter its data directory", &[Node])
        .section("1.1 Files of the control plane")
        .level("Level 1"),
    requirement("1.1.12", "The user of etcd owns its data directory", &[Node])
        .section("1.1 Files of the control plane")
        .level("Level 1"),
    requirement("1.1.13", "Only root can read the administrator's kubeconfig on the node", &[Node])
        .section("1.1 Files of the control plane")
        .level("Level 1"),
    requirement("1.1.14", "root owns the administrator's kubeconfig on the node", &[Node])
        .section("1.1 Files of the control plane")
        .level("Level 1"),
    requirement("1.1.15", "Only root can read the kubeconfig of the scheduler", &[Node])
        .section("1.1 Files of the control plane")
        .level("Level 1"),
    requirement("1.1.16", "root owns the kubeconfig of the scheduler", &[Node])
        .section("1.1 Files of the control plane")
        .level("Level 1"),
    requirement("1.1.17", "Only root can read the kubeconfig of the controller manager", &[Node])
        .section("1.1 Files of the control plane")
        .level("Level 1"),
    requirement("1.1.18", "root owns the kubeconfig of the controller manager", &[Node])
        .section("1.1 Files of the control plane")
        .level("Level 1"),
    requirement("1.1.19", "root owns the folder of keys and certificates and what is in it", &[Node])
        .section("1.1 Files of the control plane")
        .level("Level 1"),
    requirement("1.1.20", "Nobody but root can write the certificates of the control plane", &[Node])
        .section("1.1 Files of the control plane")
        .level("Level 1"),
    requirement("1.1.21", "Nobody but root can read the private keys of the control plane", &[Node])
        .section("1.1 Files of the control plane")
        .level("Level 1"),
    requirement("1.2.1", "The API server refuses anonymous requests", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 1"),
    requirement("1.2.2", "The API server knows no static tokens", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 1"),
    requirement("1.2.3", "Services cannot claim external addresses", &[Manifests, Cluster, Node])
        .section("1.2 API server")
        .level("Level 1"),
    requirement("1.2.4", "The API server shows kubelets a client certificate", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 1"),
    requirement("1.2.5", "The API server verifies the certificates of kubelets", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 1"),
    requirement("1.2.6", "The API server does not allow every request", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 1"),
    requirement("1.2.7", "Kubelets are held to what their own node needs", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 1"),
    requirement("1.2.8", "Requests are authorised by RBAC", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 1"),
    requirement("1.2.9", "The API server limits the rate of events", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 1"),
    requirement("1.2.10", "The admission plugin that lets everything through is off", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 1"),
    requirement("1.2.11", "Images are pulled with the credentials of whoever uses them", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 1"),
    requirement("1.2.12", "Pods get a ServiceAccount from the admission plugin", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 2"),
    requirement("1.2.13", "Nothing is created in namespaces that are gone or going", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 2"),
    requirement("1.2.14", "Kubelets can change only their own node and its pods", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 2"),
    requirement("1.2.15", "The API server offers no profiling", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 1"),
    requirement("1.2.16", "The API server writes an audit log", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 1"),
    requirement("1.2.17", "Audit logs are kept for 30 days or as long as rules ask for", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 1"),
    requirement("1.2.18", "At least ten old audit logs are kept", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 1"),
    requirement("1.2.19", "Audit logs are rotated at 100 MB or another set size", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 1"),
    requirement("1.2.20", "Requests to the API server end after a time that suits the cluster", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 1"),
    requirement("1.2.21", "Tokens of deleted ServiceAccounts are refused", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 1"),
    requirement("1.2.22", "Tokens of ServiceAccounts are verified with a key of their own", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 1"),
    requirement("1.2.23", "The API server shows etcd a client certificate", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 1"),
    requirement("1.2.24", "The API server serves a certificate that its clients can verify", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 1"),
    requirement("1.2.25", "The API server verifies client certificates", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 1"),
    requirement("1.2.26", "The API server verifies the certificate of etcd", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 1"),
    requirement("1.2.27", "Secrets are encrypted where etcd keeps them", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 1"),
    requirement("1.2.28", "The encryption of Secrets is strong, and in use", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 1"),
    requirement("1.2.29", "The API server speaks strong ciphers only", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 1"),
    requirement("1.2.30", "Tokens of ServiceAccounts are not extended to a year", &[Cluster, Node])
        .section("1.2 API server")
        .level("Level 1"),
    requirement("1.3.1", "Finished pods are removed at a number that suits the cluster", &[Cluster, Node])
        .section("1.3 Controller manager")
        .level("Level 1"),
    requirement("1.3.2", "The controller manager offers no profiling", &[Cluster, Node])
        .section("1.3 Controller manager")
        .level("Level 1"),
    requirement("1.3.3", "Every controller has an identity of its own", &[Cluster, Node])
        .section("1.3 Controller manager")
        .level("Level 1"),
    requirement("1.3.4", "Tokens of ServiceAccounts are signed with a key of their own", &[Cluster, Node])
        .section("1.3 Controller manager")
        .level("Level 1"),
    requirement("1.3.5", "Pods get the certificate by which they verify the API server", &[Cluster, Node])
        .section("1.3 Controller manager")
        .level("Level 1"),
    requirement("1.3.6", "Serving certificates of kubelets are renewed", &[Cluster, Node])
        .section("1.3 Controller manager")
        .level("Level 1"),
    requirement("1.3.7", "The controller manager listens on the loopback address only", &[Cluster, Node])
        .section("1.3 Controller manager")
        .level("Level 1"),
    requirement("1.4.1", "The scheduler offers no profiling", &[Cluster, Node])
        .section("1.4 Scheduler")
        .level("Level 1"),
    requirement("1.4.2", "The scheduler listens on the loopback address only", &[Cluster, Node])
        .section("1.4 Scheduler")
        .level("Level 1"),
    requirement("2.1", "etcd serves its clients over TLS", &[Cluster, Node]).section("2 etcd").level("Level 1"),
    requirement("2.2", "etcd asks its clients for a certificate", &[Cluster, Node]).section("2 etcd").level("Level 1"),
    requirement("2.3", "etcd does not sign its own certificate for clients", &[Cluster, Node])
        .section("2 etcd")
        .level("Level 1"),
    requirement("2.4", "Members of etcd speak TLS with each other", &[Cluster, Node])
        .section("2 etcd")
        .level("Level 1"),
    requirement("2.5", "Members of etcd ask each other for a certificate", &[Cluster, Node])
        .section("2 etcd")
        .level("Level 1"),
    requirement("2.6", "Members of etcd do not sign their own certificates", &[Cluster, Node])
        .section("2 etcd")
        .level("Level 1"),
    requirement("2.7", "etcd has a certificate authority of its own", &[Cluster, Node])
        .section("2 etcd")
        .level("Level 2"),
    requirement("3.1.1", "People do not log in with client certificates", &[Manifests, Cluster, Person])
        .section("3.1 Logins of people")
        .level("Level 1"),
    requirement("3.1.2", "People do not log in with tokens of ServiceAccounts", &[Manifests, Cluster, Person])
        .section("3.1 Logins of people")
        .level("Level 1"),
    requirement("3.1.3", "People do not log in with bootstrap tokens", &[Manifests, Cluster, Person])
        .section("3.1 Logins of people")
        .level("Level 1"),
    requirement("3.2.1", "There is an audit policy", &[Cluster, Node]).section("3.2 Audit").level("Level 1"),
    requirement("3.2.2", "The audit policy records what matters", &[Cluster, Node])
        .section("3.2 Audit")
        .level("Level 2"),
    requirement("4.1.1", "Only root can write the service file of the kubelet", &[Node])
        .section("4.1 Files of nodes")
        .level("Level 1"),
    requirement("4.1.2", "root owns the service file of the kubelet", &[Node])
        .section("4.1 Files of nodes")
        .level("Level 1"),
    requirement("4.1.3", "Only root can read the kubeconfig of kube-proxy", &[Node])
        .section("4.1 Files of nodes")
        .level("Level 1"),
    requirement("4.1.4", "root owns the kubeconfig of kube-proxy", &[Node])
        .section("4.1 Files of nodes")
        .level("Level 1"),
    requirement("4.1.5", "Only root can read the kubeconfig of the kubelet", &[Node])
        .section("4.1 Files of nodes")
        .level("Level 1"),
    requirement("4.1.6", "root owns the kubeconfig of the kubelet", &[Node])
        .section("4.1 Files of nodes")
        .level("Level 1"),
    requirement("4.1.7", "Nobody but root can write the kubelet's list of client authorities", &[Node])
        .section("4.1 Files of nodes")
        .level("Level 1"),
    requirement("4.1.8", "root owns the kubelet's list of client authorities", &[Node])
        .section("4.1 Files of nodes")
        .level("Level 1"),
    requirement("4.1.9", "Only root can read and write the configuration of the kubelet", &[Node])
        .section("4.1 Files of nodes")
        .level("Level 1"),
    requirement("4.1.10", "root owns the configuration of the kubelet", &[Node])
        .section("4.1 Files of nodes")
        .level("Level 1"),
    requirement("4.2.1", "The kubelet refuses anonymous requests", &[Cluster, Node])
        .section("4.2 Kubelet")
        .level("Level 1"),
    requirement("4.2.2", "The kubelet does not allow every request", &[Cluster, Node])
        .section("4.2 Kubelet")
        .level("Level 1"),
    requirement("4.2.3", "The kubelet verifies client certificates", &[Cluster, Node])
        .section("4.2 Kubelet")
        .level("Level 1"),
    requirement("4.2.4", "The kubelet has no port without authentication", &[Cluster, Node])
        .section("4.2 Kubelet")
        .level("Level 1"),
    requirement("4.2.5", "The kubelet closes idle streams", &[Cluster, Node]).section("4.2 Kubelet").level("Level 1"),
    requirement("4.2.6", "The kubelet manages its packet filter chains", &[Cluster, Node])
        .section("4.2 Kubelet")
        .level("Level 1"),
    requirement("4.2.7", "The kubelet uses the node's own name", &[Cluster, Node])
        .section("4.2 Kubelet")
        .level("Level 1"),
    requirement("4.2.8", "The kubelet loses no events that matter", &[Cluster, Node])
        .section("4.2 Kubelet")
        .level("Level 2"),
    requirement("4.2.9", "The kubelet serves a certificate that its clients can verify", &[Cluster, Node])
        .section("4.2 Kubelet")
        .level("Level 1"),
    requirement("4.2.10", "The client certificate of the kubelet is renewed", &[Cluster, Node])
        .section("4.2 Kubelet")
        .level("Level 1"),
    requirement("4.2.11", "The serving certificate of the kubelet is renewed", &[Cluster, Node])
        .section("4.2 Kubelet")
        .level("Level 1"),
    requirement("4.2.12", "The kubelet speaks strong ciphers only", &[Cluster, Node])
        .section("4.2 Kubelet")
        .level("Level 1"),
    requirement("4.2.13", "Pods cannot start processes without limit", &[Cluster, Node])
        .section("4.2 Kubelet")
        .level("Level 1"),
    requirement(
        "4.2.14",
        "Pods run under the runtime's system call filter unless they say otherwise",
        &[Cluster, Node],
    )
    .section("4.2 Kubelet")
    .level("Level 1"),
    requirement("4.3.1", "Metrics of kube-proxy stay on the node", &[Cluster])
        .section("4.3 kube-proxy")
        .level("Level 1"),
    requirement("5.1.1", "Only those who need it are cluster-admin", &[Manifests, Cluster])
        .section("5.1 RBAC and ServiceAccounts")
        .level("Level 1"),
    requirement("5.1.2", "Only those who need them can read Secrets", &[Manifests, Cluster])
        .section("5.1 RBAC and ServiceAccounts")
        .level("Level 1"),
    requirement("5.1.3", "Roles name what they grant, without wildcards", &[Manifests, Cluster])
        .section("5.1 RBAC and ServiceAccounts")
        .level("Level 1"),
    requirement("5.1.4", "Only those who need it can create pods", &[Manifests, Cluster])
        .section("5.1 RBAC and ServiceAccounts")
        .level("Level 1"),
    requirement("5.1.5", "The default ServiceAccount is not used", &[Manifests, Cluster])
        .section("5.1 RBAC and ServiceAccounts")
        .level("Level 1"),
    requirement("5.1.6", "Only pods that call the API carry a token", &[Manifests, Cluster])
        .section("5.1 RBAC and ServiceAccounts")
        .level("Level 1"),
    requirement("5.1.7", "Nobody uses the group `system:masters`", &[Manifests, Cluster])
        .section("5.1 RBAC and ServiceAccounts")
        .level("Level 1"),
    requirement("5.1.8", "Nobody can bind, escalate or impersonate without need", &[Manifests, Cluster])
        .section("5.1 RBAC and ServiceAccounts")
        .level("Level 1"),
    requirement("5.1.9", "Only those who need it can create PersistentVolumes", &[Manifests, Cluster])
        .section("5.1 RBAC and ServiceAccounts")
        .level("Level 1"),
    requirement("5.1.10", "Only those who need it can call kubelets through the API", &[Manifests, Cluster])
        .section("5.1 RBAC and ServiceAccounts")
        .level("Level 1"),
    requirement("5.1.11", "Only those who need it can approve certificate requests", &[Manifests, Cluster])
        .section("5.1 RBAC and ServiceAccounts")
        .level("Level 1"),
    requirement("5.1.12", "Only those who need it can change admission webhooks", &[Manifests, Cluster])
        .section("5.1 RBAC and ServiceAccounts")
        .level("Level 1"),
    requirement("5.1.13", "Only those who need it can issue tokens of ServiceAccounts", &[Manifests, Cluster])
        .section("5.1 RBAC and ServiceAccounts")
        .level("Level 1"),
    requirement(
        "5.2.1",
        "Every namespace with workloads has a mechanism that admits or refuses pods",
        &[Manifests, Cluster, Node],
    )
    .section("5.2 Pod security")
    .level("Level 1"),
    requirement("5.2.2", "No container runs privileged", &[Manifests, Cluster])
        .section("5.2 Pod security")
        .level("Level 1"),
    requirement("5.2.3", "No pod shares the process namespace of its node", &[Manifests, Cluster])
        .section("5.2 Pod security")
        .level("Level 1"),
    requirement("5.2.4", "No pod shares the IPC namespace of its node", &[Manifests, Cluster])
        .section("5.2 Pod security")
        .level("Level 1"),
    requirement("5.2.5", "No pod shares the network of its node", &[Manifests, Cluster])
        .section("5.2 Pod security")
        .level("Level 1"),
    requirement("5.2.6", "No container can gain more privileges than its parent", &[Manifests, Cluster])
        .section("5.2 Pod security")
        .level("Level 1"),
    requirement("5.2.7", "No container runs as root", &[Manifests, Cluster])
        .section("5.2 Pod security")
        .level("Level 2"),
    requirement("5.2.8", "No container can open raw sockets", &[Manifests, Cluster])
        .section("5.2 Pod security")
        .level("Level 1"),
    requirement("5.2.9", "Containers give up the capabilities that they do not need", &[Manifests, Cluster])
        .section("5.2 Pod security")
        .level("Level 2"),
    requirement("5.2.10", "No Windows container runs as a process of its host", &[Manifests, Cluster])
        .section("5.2 Pod security")
        .level("Level 1"),
    requirement("5.2.11", "No pod mounts a folder of its node", &[Manifests, Cluster])
        .section("5.2 Pod security")
        .level("Level 1"),
    requirement("5.2.12", "No container binds a port of its node", &[Manifests, Cluster])
        .section("5.2 Pod security")
        .level("Level 1"),
    requirement("5.3.1", "The network plugin enforces network policies", &[Cluster, Node, Cloud])
        .section("5.3 Network policies")
        .level("Level 1"),
    requirement("5.3.2", "Every namespace has network policies", &[Manifests, Cluster])
        .section("5.3 Network policies")
        .level("Level 2"),
    requirement("5.4.1", "Secrets reach containers as files, not as environment", &[Manifests, Cluster])
        .section("5.4 Secrets")
        .level("Level 2"),
    requirement("5.4.2", "The use of a store of secrets outside the cluster was considered", &[Cluster, Person])
        .section("5.4 Secrets")
        .level("Level 2"),
    requirement("5.5.1", "The cluster admits only images whose origin is proven", &[Cluster, Image])
        .section("5.5 Admission")
        .level("Level 2"),
    requirement("5.6.1", "Namespaces separate what does not belong together", &[Cluster, Person])
        .section("5.6 Namespaces and the rest")
        .level("Level 1"),
    requirement("5.6.2", "Pods ask for the runtime's system call filter", &[Manifests, Cluster])
        .section("5.6 Namespaces and the rest")
        .level("Level 2"),
    requirement("5.6.3", "Pods and containers have a security context", &[Manifests, Cluster])
        .section("5.6 Namespaces and the rest")
        .level("Level 2"),
    requirement("5.6.4", "Nothing lives in the namespace `default`", &[Manifests, Cluster])
        .section("5.6 Namespaces and the rest")
        .level("Level 2"),
];
