//! Where people look for a field: the order in which the fields of an object are usually written.

/// Orders of fields; the one that shares most with a mapping is the mapping's.
const ORDERS: &[&[&str]] = &[
    // Objects.
    &["apiVersion", "kind", "metadata", "automountServiceAccountToken", "imagePullSecrets", "spec", "data", "status"],
    &["name", "generateName", "namespace", "labels", "annotations", "ownerReferences", "finalizers"],
    // Pods.
    &[
        "restartPolicy",
        "serviceAccountName",
        "serviceAccount",
        "automountServiceAccountToken",
        "enableServiceLinks",
        "runtimeClassName",
        "priorityClassName",
        "hostNetwork",
        "hostPID",
        "hostIPC",
        "hostUsers",
        "shareProcessNamespace",
        "dnsPolicy",
        "dnsConfig",
        "securityContext",
        "imagePullSecrets",
        "terminationGracePeriodSeconds",
        "nodeSelector",
        "affinity",
        "tolerations",
        "topologySpreadConstraints",
        "initContainers",
        "containers",
        "ephemeralContainers",
        "volumes",
    ],
    // Containers.
    &[
        "name",
        "image",
        "imagePullPolicy",
        "restartPolicy",
        "command",
        "args",
        "workingDir",
        "stdin",
        "tty",
        "ports",
        "envFrom",
        "env",
        "startupProbe",
        "livenessProbe",
        "readinessProbe",
        "lifecycle",
        "securityContext",
        "resources",
        "volumeDevices",
        "volumeMounts",
    ],
    // Security contexts.
    &[
        "runAsNonRoot",
        "runAsUser",
        "runAsGroup",
        "fsGroup",
        "fsGroupChangePolicy",
        "supplementalGroups",
        "supplementalGroupsPolicy",
        "allowPrivilegeEscalation",
        "privileged",
        "readOnlyRootFilesystem",
        "capabilities",
        "seccompProfile",
        "appArmorProfile",
        "seLinuxOptions",
        "procMount",
        "sysctls",
        "windowsOptions",
    ],
    &["add", "drop"],
    // Workloads.
    &[
        "schedule",
        "timeZone",
        "concurrencyPolicy",
        "suspend",
        "startingDeadlineSeconds",
        "replicas",
        "parallelism",
        "completions",
        "backoffLimit",
        "activeDeadlineSeconds",
        "ttlSecondsAfterFinished",
        "serviceName",
        "revisionHistoryLimit",
        "minReadySeconds",
        "selector",
        "strategy",
        "updateStrategy",
        "template",
        "volumeClaimTemplates",
    ],
    &["name", "mountPath", "subPath", "subPathExpr", "readOnly", "recursiveReadOnly", "mountPropagation"],
    &["minAvailable", "maxUnavailable", "unhealthyPodEvictionPolicy", "selector"],
    &["type", "clusterIP", "externalTrafficPolicy", "selector", "ports"],
    &["secretName", "defaultMode", "optional", "items"],
];

/// As many keys in the order of the alphabet are no accident.
const SORTED: usize = 4;

/// After which of `keys` a new `key` is written: the number of the key, or nothing for before all of them.
pub(super) fn after(keys: &[String], key: &str) -> Option<usize> {
    let last = keys.len().checked_sub(1)?;
    if keys.len() >= SORTED && keys.is_sorted() {
        return keys.partition_point(|known| known.as_str() < key).checked_sub(1);
    }
    let shared = |order: &&&[&str]| keys.iter().filter(|known| order.contains(&known.as_str())).count();
    let knowing = ORDERS.iter().filter(|order| order.contains(&key));
    let Some(order) = knowing.max_by_key(shared).filter(|order| shared(order) > 0) else { return Some(last) };
    let rank = |name: &str| order.iter().position(|known| *known == name);
    let own = rank(key);
    let before = keys.iter().rposition(|known| rank(known).is_some() && rank(known) < own);
    let next = keys.iter().position(|known| rank(known) > own);
    match (before, next) {
        (Some(before), _) => Some(before),
        (None, Some(next)) => next.checked_sub(1),
        (None, None) => Some(last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(keys: &[&str], key: &str, expected: Option<&str>) {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        assert_eq!(after(&keys, key).map(|at| keys[at].as_str()), expected, "{keys:?} {key}");
    }

    #[test]
    fn fields_stand_where_people_look_for_them() {
        check(&["name", "image", "ports", "resources"], "securityContext", Some("ports"));
        check(&["containers", "volumes"], "securityContext", None);
        check(&["serviceAccountName", "containers"], "securityContext", Some("serviceAccountName"));
        check(&["capabilities"], "allowPrivilegeEscalation", None);
        check(&["runAsUser", "seccompProfile"], "runAsNonRoot", None);
        check(&["foo", "bar"], "baz", Some("bar"));
        check(&["a", "c", "d", "e"], "b", Some("a"));
        check(&["image", "name", "ports", "resources"], "securityContext", Some("resources"));
    }
}
