//! Which namespaces belong to the system, and which objects stand in one.

use model::object::Object;

/// The namespaces that every cluster has for itself. A prefix such as `kube-` is no proof of origin.
pub(crate) const SYSTEM: &[&str] = &["kube-system", "kube-public", "kube-node-lease"];

/// Whether a namespace is one of the system's.
pub(crate) fn is_system(namespace: &str) -> bool {
    SYSTEM.contains(&namespace)
}

/// Whether the object is a pod or a common controller of pods.
pub(crate) fn holds_a_pod(object: &Object<'_>) -> bool {
    matches!(
        (object.group(), &*object.kind),
        ("", "Pod" | "ReplicationController" | "PodTemplate")
            | ("apps", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet")
            | ("batch", "Job" | "CronJob")
            | ("argoproj.io", "Rollout" | "Workflow" | "CronWorkflow")
            | ("serving.knative.dev", "Service")
            | ("apps.kruise.io", _)
            | ("jobset.x-k8s.io", "JobSet")
            | ("kubevirt.io", "VirtualMachine" | "VirtualMachineInstance")
    )
}

/// Whether objects of a built-in kind stand in a namespace and are what an application is made of.
pub(crate) fn is_in_one(group: &str, kind: &str) -> bool {
    matches!(
        (group, kind),
        (
            "",
            "Service"
                | "Endpoints"
                | "ConfigMap"
                | "Secret"
                | "ServiceAccount"
                | "PersistentVolumeClaim"
                | "LimitRange"
                | "ResourceQuota"
        ) | ("discovery.k8s.io", "EndpointSlice")
            | ("networking.k8s.io" | "extensions", "Ingress" | "NetworkPolicy")
            | ("rbac.authorization.k8s.io", "Role" | "RoleBinding")
            | ("policy", "PodDisruptionBudget")
            | ("autoscaling", "HorizontalPodAutoscaler")
    )
}
