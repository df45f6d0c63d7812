//! The Pod Security Standards of Kubernetes: the levels, and the checks by the names that the admission plugin
//! gives them.

use crate::Need::{Cluster, Manifests};
use crate::{Framework, Requirement, requirement};

/// The framework.
pub static FRAMEWORK: Framework = Framework {
    id: "pss",
    title: "Pod Security Standards",
    edition: "1.0 to 1.37",
    publisher: "Kubernetes",
    url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
    published: Some(21),
    extent: "The two levels that refuse something, and the 19 checks of the admission plugin. Its own verdict, version \
             by version, is that of `plimsoll pod-security`.",
    requirements: REQUIREMENTS,
};

static REQUIREMENTS: &[Requirement] = &[
    requirement(
        "baseline",
        "Pods meet the level baseline: nothing that is known to lead to the node",
        &[Manifests, Cluster],
    )
    .section("Levels"),
    requirement("restricted", "Pods meet the level restricted: what hardening asks for", &[Manifests, Cluster])
        .section("Levels"),
    requirement("privileged", "No container runs privileged", &[Manifests, Cluster])
        .section("Checks")
        .level("baseline")
        .controls(&["privileged-container"]),
    requirement("hostNamespaces", "No pod shares namespaces of its node", &[Manifests, Cluster])
        .section("Checks")
        .level("baseline")
        .controls(&["host-pid-namespace", "host-ipc-namespace", "host-network-namespace"]),
    requirement("hostPathVolumes", "No pod mounts a folder of its node", &[Manifests, Cluster])
        .section("Checks")
        .level("baseline")
        .controls(&["host-path-volume"]),
    requirement("hostPorts", "No container binds a port of its node", &[Manifests, Cluster])
        .section("Checks")
        .level("baseline")
        .controls(&["host-port"]),
    requirement("hostProbesAndHostLifecycle", "Probes and hooks go to the pod itself", &[Manifests, Cluster])
        .section("Checks")
        .level("baseline")
        .controls(&["host-probe-target"]),
    requirement(
        "capabilities_baseline",
        "Containers add no capabilities beyond the default ones",
        &[Manifests, Cluster],
    )
    .section("Checks")
    .level("baseline")
    .controls(&["capability-beyond-default"]),
    requirement("appArmorProfile", "AppArmor profiles are not switched off", &[Manifests, Cluster])
        .section("Checks")
        .level("baseline")
        .controls(&["apparmor-disabled"]),
    requirement("seLinuxOptions", "SELinux types are those made for containers", &[Manifests, Cluster])
        .section("Checks")
        .level("baseline")
        .controls(&["selinux-options-custom"]),
    requirement("procMount", "`/proc` is masked", &[Manifests, Cluster])
        .section("Checks")
        .level("baseline")
        .controls(&["proc-mount-unmasked"]),
    requirement("seccompProfile_baseline", "The system call filter is not switched off", &[Manifests, Cluster])
        .section("Checks")
        .level("baseline")
        .controls(&["seccomp-unconfined"]),
    requirement("sysctls", "Only safe kernel parameters are set", &[Manifests, Cluster])
        .section("Checks")
        .level("baseline")
        .controls(&["sysctl-unsafe"]),
    requirement("windowsHostProcess", "No Windows container runs as a process of its host", &[Manifests, Cluster])
        .section("Checks")
        .level("baseline")
        .controls(&["windows-host-process"]),
    requirement("restrictedVolumes", "Only volumes of the harmless types are mounted", &[Manifests, Cluster])
        .section("Checks")
        .level("restricted")
        .controls(&["volume-type-restricted"]),
    requirement(
        "allowPrivilegeEscalation",
        "No container can gain more privileges than its parent",
        &[Manifests, Cluster],
    )
    .section("Checks")
    .level("restricted")
    .controls(&["privilege-escalation-allowed"]),
    requirement("runAsNonRoot", "Containers must run without root", &[Manifests, Cluster])
        .section("Checks")
        .level("restricted")
        .controls(&["run-as-non-root-not-required"]),
    requirement("runAsUser", "No container asks for user 0", &[Manifests, Cluster])
        .section("Checks")
        .level("restricted")
        .controls(&["run-as-root-user"]),
    requirement("seccompProfile_restricted", "Pods ask for the system call filter", &[Manifests, Cluster])
        .section("Checks")
        .level("restricted")
        .controls(&["seccomp-profile-missing"]),
    requirement("capabilities_restricted", "Containers drop all capabilities", &[Manifests, Cluster])
        .section("Checks")
        .level("restricted")
        .controls(&["capabilities-not-dropped"]),
    requirement(
        "procMount_restricted",
        "`/proc` is masked in pods with users of their own, too",
        &[Manifests, Cluster],
    )
    .section("Checks")
    .level("restricted")
    .controls(&["proc-mount-unmasked"]),
];
