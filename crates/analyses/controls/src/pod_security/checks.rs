//! The checks of the standards: which there are, from which version on, and in which order they are evaluated.

mod app_armor;
mod capabilities;
mod host_namespaces;
mod host_ports;
mod host_probes;
mod privilege_escalation;
mod privileged;
mod proc_mount;
mod run_as;
pub(crate) mod se_linux;
mod seccomp;
pub(crate) mod sysctls;
pub(crate) mod volumes;
mod windows_host_process;

use model::workload::Workload;

use super::Level;
use super::wording::Forbidden;

/// What a check asks in one version and those after it. `None` is: allowed.
pub(super) type Variant = fn(&Workload<'_>) -> Option<Forbidden>;

/// One check.
pub(super) struct Check {
    pub(super) id: &'static str,
    /// The lowest level that has it.
    pub(super) level: Level,
    /// The check that is left out where this one is evaluated.
    pub(super) overrides: Option<&'static str>,
    /// What follows `v1.` in the first version of each variant.
    pub(super) variants: &'static [(u64, Variant)],
}

impl Check {
    /// The variant for the version `v1.⟨minor⟩`, if the check exists there.
    pub(super) fn variant(&self, minor: u64) -> Option<Variant> {
        self.variants.iter().rev().find(|(first, _)| *first <= minor).map(|(_, variant)| *variant)
    }
}

const fn baseline(id: &'static str, variants: &'static [(u64, Variant)]) -> Check {
    Check { id, level: Level::Baseline, overrides: None, variants }
}

const fn restricted(id: &'static str, variants: &'static [(u64, Variant)]) -> Check {
    Check { id, level: Level::Restricted, overrides: None, variants }
}

impl Check {
    const fn instead_of(mut self, id: &'static str) -> Self {
        self.overrides = Some(id);
        self
    }
}

/// All checks in the order of evaluation: by level, then by the bytes of their ids.
pub(super) static CHECKS: &[Check] = &[
    baseline("appArmorProfile", &[(0, app_armor::check)]),
    baseline("capabilities_baseline", &[(0, capabilities::check_added)]),
    baseline("hostNamespaces", &[(0, host_namespaces::check)]),
    baseline("hostPathVolumes", &[(0, volumes::check_host_path)]),
    baseline("hostPorts", &[(0, host_ports::check)]),
    baseline("hostProbesAndHostLifecycle", &[(34, host_probes::check)]),
    baseline("privileged", &[(0, privileged::check)]),
    baseline("procMount", &[(0, proc_mount::check), (35, proc_mount::check_in_user_namespace)]),
    baseline("seLinuxOptions", &[(0, se_linux::check_1_0), (31, se_linux::check_1_31)]),
    baseline("seccompProfile_baseline", &[(0, seccomp::check_annotations), (19, seccomp::check_set)]),
    baseline(
        "sysctls",
        &[
            (0, sysctls::check::<0>),
            (27, sysctls::check::<27>),
            (29, sysctls::check::<29>),
            (32, sysctls::check::<32>),
            (37, sysctls::check::<37>),
        ],
    ),
    baseline("windowsHostProcess", &[(0, windows_host_process::check)]),
    restricted(
        "allowPrivilegeEscalation",
        &[(8, privilege_escalation::check), (25, privilege_escalation::check_but_windows)],
    ),
    restricted(
        "capabilities_restricted",
        &[(22, capabilities::check_dropped), (25, capabilities::check_dropped_but_windows)],
    )
    .instead_of("capabilities_baseline"),
    restricted("procMount_restricted", &[(35, proc_mount::check)]).instead_of("procMount"),
    restricted("restrictedVolumes", &[(0, volumes::check_types)]).instead_of("hostPathVolumes"),
    restricted("runAsNonRoot", &[(0, run_as::check_non_root), (35, run_as::check_non_root_in_user_namespace)]),
    restricted("runAsUser", &[(23, run_as::check_user), (35, run_as::check_user_in_user_namespace)]),
    restricted(
        "seccompProfile_restricted",
        &[(19, seccomp::check_required), (25, seccomp::check_required_but_windows)],
    )
    .instead_of("seccompProfile_baseline"),
];
