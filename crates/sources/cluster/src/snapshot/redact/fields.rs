//! Which fields have names that people chose, which have labels, and which are words of Kubernetes.

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    /// A word of Kubernetes, which stays.
    Word,
    /// A name, or several that are put together.
    Name,
    /// The key of a label.
    LabelKey,
    /// The value of a label of which the key is elsewhere.
    LabelValue,
    /// A selector as one text.
    Selector,
    /// A text in which names may stand.
    Free,
}

/// Fields that are names wherever they are.
const NAMES: &[&str] = &[
    "namespace",
    "namespaces",
    "notNamespaces",
    "serviceAccountName",
    "serviceAccount",
    "serviceAccounts",
    "notServiceAccounts",
    "serviceName",
    "secretName",
    "configMapName",
    "claimName",
    "volumeName",
    "nodeName",
    "podName",
    "containerName",
    "generateName",
    "host",
    "hosts",
    "hostname",
    "hostnames",
    "sniHosts",
    "serverNames",
    "subdomain",
    "domains",
    "externalName",
    "matchName",
    "matchPattern",
    "commonName",
    "dnsNames",
    "schedulerName",
    "priorityClassName",
    "storageClassName",
    "ingressClassName",
    "gatewayClassName",
    "runtimeClassName",
    "resourceNames",
    "resourceClaimName",
    "resourceClaimTemplateName",
    "deviceClassName",
    "policyName",
    "claimRef",
    "username",
    "gateways",
    "exportTo",
    "egressGateway",
    "principals",
    "notPrincipals",
    "requestPrincipals",
    "notRequestPrincipals",
    "spiffeIDs",
    "clusterName",
    "targetContainerName",
];

/// Fields whose words mean something to Kubernetes, and are no names though they may look like some.
const WORDS: &[&str] = &[
    "kind",
    "apiVersion",
    "apiVersions",
    "apiGroup",
    "apiGroups",
    "group",
    "signerName",
    "version",
    "resource",
    "resources",
    "verbs",
    "verb",
    "operations",
    "operator",
    "nonResourceURLs",
    "uid",
    "type",
    "protocol",
    "policyTypes",
    "effect",
    "scope",
    "phase",
    "imagePullPolicy",
    "restartPolicy",
    "sysctl",
    "capabilities",
    "add",
    "drop",
    "procMount",
    "seccompProfile",
    "fieldPath",
    "pathType",
];

/// Lists and mappings whose `name` is a word, or a name of which nobody but the program that it is for knows.
const NAMED_BY_PROGRAMS: &[&str] = &[
    "env",
    "sysctls",
    "headers",
    "httpHeaders",
    "requestHeaders",
    "responseHeaders",
    "set",
    "queryParams",
    "cookies",
    "cookie",
    "variables",
    "matchConditions",
    "ports",
    "port",
    "listeners",
    "versions",
    "additionalPrinterColumns",
    "parameters",
    "params",
    "args",
    "options",
    "conditions",
    "resource",
    "metric",
    "filters",
    "attributes",
    "auditAnnotations",
    "httpFilters",
    "claims",
    "expressions",
];

/// What a text is in a field of this name; `above` is the name of the field that this one stands in.
pub(super) fn of(key: &str, above: &str) -> Text {
    match (key, above) {
        ("name", above) if NAMED_BY_PROGRAMS.contains(&above) => Text::Free,
        ("name" | "users" | "groups", _) => Text::Name,
        ("key", "matchExpressions" | "tolerations" | "taints" | "matchFields")
        | ("topologyKey" | "matchLabelKeys", _) => Text::LabelKey,
        ("values", "matchExpressions" | "matchFields") | ("value", "tolerations" | "taints") => Text::LabelValue,
        ("selector" | "namespaceSelector" | "podSelector" | "labelSelector" | "serviceAccountSelector", _) => {
            Text::Selector
        }
        (key, _) if NAMES.contains(&key) => Text::Name,
        (key, _) if WORDS.contains(&key) => Text::Word,
        _ => Text::Free,
    }
}

/// Whether names in this list are those of the parts of a pod.
pub(super) fn is_inside_pod(above: &str) -> bool {
    matches!(
        above,
        "containers" | "initContainers" | "ephemeralContainers" | "volumes" | "volumeMounts" | "volumeDevices"
    )
}

/// Whether a field is a mapping of labels; `selector` is one where it has no further structure.
pub(super) fn is_labels(key: &str) -> bool {
    matches!(key, "labels" | "matchLabels" | "nodeSelector" | "selector" | "podLabels" | "commonLabels")
}

/// Domains of labels and annotations that projects chose, and no user.
const DOMAINS: &[&str] = &[
    "kubernetes.io",
    "k8s.io",
    "x-k8s.io",
    "helm.sh",
    "istio.io",
    "linkerd.io",
    "cilium.io",
    "projectcalico.org",
    "argoproj.io",
    "fluxcd.io",
    "amazonaws.com",
    "gke.io",
    "google.com",
    "azure.com",
    "azure.workload.identity",
    "openshift.io",
    "kyverno.io",
    "gatekeeper.sh",
    "knative.dev",
    "tekton.dev",
    "kubevirt.io",
    "cert-manager.io",
    "traefik.io",
    "konghq.com",
    "datadoghq.com",
    "prometheus.io",
    "hashicorp.com",
    "karpenter.sh",
    "keda.sh",
    "external-secrets.io",
    "rancher.io",
    "cattle.io",
    "metallb.io",
    "metallb.universe.tf",
    "haproxy.org",
    "haproxy-ingress.github.io",
    "nginx.org",
    "projectcontour.io",
    "envoyproxy.io",
    "hetzner.cloud",
    "linode.com",
    "digitalocean.com",
    "oraclecloud.com",
    "microk8s.io",
    "k3s.io",
    "crossplane.io",
    "velero.io",
    "jetstack.io",
    "coreos.com",
    "operatorframework.io",
];

/// Keys without a domain that many write, and controls know.
const PLAIN: &[&str] = &[
    "app",
    "name",
    "component",
    "tier",
    "version",
    "release",
    "role",
    "env",
    "environment",
    "stage",
    "team",
    "owner",
    "track",
    "run",
    "chart",
    "heritage",
    "instance",
    "part-of",
    "managed-by",
    "k8s-app",
    "control-plane",
    "istio",
    "istio-injection",
    "pod-template-hash",
    "pod-template-generation",
    "controller-revision-hash",
    "controller-uid",
    "job-name",
    "io.kubernetes.pod.namespace",
    "io.cilium.k8s.policy.serviceaccount",
    "io.cilium.k8s.policy.cluster",
];

/// Whether a key of a label or annotation is of a project or of many.
pub(super) fn is_known_key(key: &str) -> bool {
    match key.split_once('/') {
        None => PLAIN.contains(&key),
        Some((domain, _)) => DOMAINS
            .iter()
            .any(|known| domain.strip_suffix(known).is_some_and(|before| before.is_empty() || before.ends_with('.'))),
    }
}

/// Whether the value of a label of this key is a word of the project, and no name.
pub(super) fn is_word_label(key: &str) -> bool {
    const NAMED: &[&str] = &[
        "kubernetes.io/metadata.name",
        "kubernetes.io/hostname",
        "kubernetes.io/service-name",
        "app.kubernetes.io/name",
        "app.kubernetes.io/instance",
        "app.kubernetes.io/part-of",
        "app.kubernetes.io/component",
        "statefulset.kubernetes.io/pod-name",
        "batch.kubernetes.io/job-name",
        "argocd.argoproj.io/instance",
        "kustomize.toolkit.fluxcd.io/name",
        "kustomize.toolkit.fluxcd.io/namespace",
        "helm.toolkit.fluxcd.io/name",
        "helm.toolkit.fluxcd.io/namespace",
        "helm.sh/chart",
        "cilium.io/identity",
    ];
    key.contains('/') && is_known_key(key) && !NAMED.contains(&key)
}

/// Annotations of projects whose value is a name alone, or has one of an account or a host.
pub(super) fn is_name_annotation(key: &str) -> bool {
    const NAMED: &[&str] = &[
        "meta.helm.sh/release-name",
        "meta.helm.sh/release-namespace",
        "argocd.argoproj.io/tracking-id",
        "eks.amazonaws.com/role-arn",
        "iam.gke.io/gcp-service-account",
        "kubernetes.io/service-account.name",
        "external-dns.alpha.kubernetes.io/hostname",
        "kubernetes.io/ingress.class",
        "volume.kubernetes.io/selected-node",
        "volume.beta.kubernetes.io/storage-class",
        "kubectl.kubernetes.io/default-container",
    ];
    NAMED.contains(&key)
}
