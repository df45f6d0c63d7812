//! What stands in a file of a pod and does not tell what the pod will be: fields in which the API server finds something
//! else than it takes, and pods that are put together elsewhere. Nobody can say of such a pod that it is safe.

use super::{Container, Pod, SecurityContext};
use crate::document::Value;

/// Why a pod is not known, and where that is seen.
#[derive(Clone, Copy, Debug)]
pub struct Gap<'d> {
    /// The place.
    pub at: Value<'d>,
    /// Why.
    pub kind: GapKind,
}

/// Why a pod is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapKind {
    /// A field has the wrong form, or there are no containers: the API server refuses the object.
    Refused,
    /// The containers are written in another object, or are those of a controller.
    Elsewhere,
    /// A patch changes the pod when it is made.
    Patched,
    /// A controller runs a program of its own, which makes an object that is written as a text.
    Manifest,
}

impl GapKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Refused, Self::Elsewhere, Self::Patched, Self::Manifest];

    /// What is said of a control that finds nothing in the pod.
    pub fn message(self) -> &'static str {
        match self {
            Self::Refused => {
                "Not known: the API refuses this object, its pod has no containers or a field of a wrong form"
            }
            Self::Elsewhere => "Not known: the containers of this pod are not written here",
            Self::Patched => "Not known: `podSpecPatch` may change every field of this pod",
            Self::Manifest => "Not known: the controller runs its own container here, and `manifest` is not looked at",
        }
    }
}

/// The lists of a pod as they are written.
pub(super) struct Written<'d> {
    pub(super) containers: [Option<Value<'d>>; 3],
    pub(super) volumes: Option<Value<'d>>,
}

/// The first field with a form that the API server does not take, of those that decide how well a pod is locked in.
///
/// Texts that spell a truth or a number are read as what they spell.
pub(super) fn find<'d>(pod: &Pod<'d>, written: &Written<'d>) -> Option<Gap<'d>> {
    let lists = written.containers.into_iter().chain([written.volumes, pod.tolerations]);
    let at = lists.flatten().find_map(not_mappings);
    let truths = [pod.host_network, pod.host_pid, pod.host_ipc, pod.host_users, pod.automount_service_account_token];
    let at = at.or_else(|| truths.into_iter().flatten().find(|value| value.as_bool().is_none()));
    let at = at.or_else(|| pod.service_account_name.filter(|value| !value.is_scalar()));
    let at = at.or_else(|| pod.security_context.as_ref().and_then(of_context));
    let at = at.or_else(|| pod.containers.iter().find_map(of_container));
    at.map(|at| Gap { at, kind: GapKind::Refused })
}

/// The list if it is none, or its first item that is no mapping.
fn not_mappings(list: Value<'_>) -> Option<Value<'_>> {
    if list.is_sequence() { list.items().find(|item| !item.is_mapping()) } else { Some(list) }
}

fn of_container<'d>(container: &Container<'d>) -> Option<Value<'d>> {
    let scalars = [container.name, container.image, container.image_pull_policy, container.restart_policy];
    let mappings = [
        container.resources,
        container.liveness_probe,
        container.readiness_probe,
        container.startup_probe,
        container.lifecycle,
    ];
    let lists = [container.ports, container.env, container.env_from, container.volume_mounts, container.volume_devices];
    let at = lists.into_iter().flatten().find_map(not_mappings);
    let at = at.or_else(|| scalars.into_iter().flatten().find(|value| !value.is_scalar()));
    let at = at.or_else(|| mappings.into_iter().flatten().find(|value| !value.is_mapping()));
    at.or_else(|| container.security_context.as_ref().and_then(of_context))
}

fn of_context<'d>(context: &SecurityContext<'d>) -> Option<Value<'d>> {
    if !context.value.is_mapping() {
        return Some(context.value);
    }
    let truths = [
        context.privileged,
        context.allow_privilege_escalation,
        context.read_only_root_filesystem,
        context.run_as_non_root,
    ];
    let numbers = [context.run_as_user, context.run_as_group, context.fs_group];
    let mappings = [
        context.capabilities,
        context.seccomp_profile,
        context.app_armor_profile,
        context.se_linux_options,
        context.windows_options,
    ];
    let at = truths.into_iter().flatten().find(|value| value.as_bool().is_none());
    let at = at.or_else(|| numbers.into_iter().flatten().find(|value| value.as_int().is_none()));
    let at = at.or_else(|| mappings.into_iter().flatten().find(|value| !value.is_mapping()));
    let at = at.or_else(|| context.sysctls.and_then(not_mappings));
    let at = at.or_else(|| context.proc_mount.filter(|value| !value.is_scalar()));
    at.or_else(|| of_capabilities(context.capabilities?))
}

fn of_capabilities(capabilities: Value<'_>) -> Option<Value<'_>> {
    let lists = ["add", "drop"].into_iter().filter_map(|key| capabilities.get(key));
    let mut wrong = lists.filter_map(|list| match list.is_sequence() {
        true => list.items().find(|item| !item.is_text()),
        false => Some(list),
    });
    wrong.next()
}
