//! `seccompProfile_baseline` and `seccompProfile_restricted`: which system calls can be made.

use model::pod::{Pod, SecurityContext};
use model::workload::Workload;

use crate::pod_security::annotations::wrong_annotations;
use crate::pod_security::wording::{Forbidden, Names, Set, Setters, plural, quoted, text_of};

const POD_ANNOTATION: &str = "seccomp.security.alpha.kubernetes.io/pod";
const CONTAINER_ANNOTATION: &str = "container.seccomp.security.alpha.kubernetes.io/";

const REASON: &str = "seccompProfile";

/// Before there were fields: annotations, of the pod and of containers that exist. An empty one is wrong.
pub(super) fn check_annotations(workload: &Workload<'_>) -> Option<Forbidden> {
    let pod = &workload.pod;
    let is_read = |key: &str| {
        let of_container = |name| pod.containers.iter().any(|container| text_of(container.name) == name);
        key == POD_ANNOTATION || key.strip_prefix(CONTAINER_ANNOTATION).is_some_and(of_container)
    };
    let wrong = wrong_annotations(pod, |key, value| {
        is_read(key) && !matches!(value, "runtime/default" | "docker/default") && !value.starts_with("localhost/")
    });
    (!wrong.is_empty()).then(|| Forbidden {
        reason: REASON,
        detail: format!(
            "{} {}",
            plural(wrong.len(), "forbidden annotation", "forbidden annotations"),
            Vec::from_iter(wrong).join(", ")
        ),
    })
}

pub(super) fn check_set(workload: &Workload<'_>) -> Option<Forbidden> {
    let mut types = Set::new();
    let setters = Setters::of(&workload.pod, |context| {
        let Some(profile) = context.seccomp_profile else { return false };
        let kind = text_of(profile.get("type"));
        let is_wrong = !matches!(&*kind, "RuntimeDefault" | "Localhost");
        if is_wrong {
            types.insert(kind);
        }
        is_wrong
    });
    (!setters.is_empty()).then(|| Forbidden {
        reason: REASON,
        detail: format!("{} must not set securityContext.seccompProfile.type to {}", setters.text(), quoted(&types)),
    })
}

pub(super) fn check_required(workload: &Workload<'_>) -> Option<Forbidden> {
    check_set(workload).or_else(|| check_missing(&workload.pod))
}

pub(super) fn check_required_but_windows(workload: &Workload<'_>) -> Option<Forbidden> {
    if workload.pod.is_windows() { None } else { check_required(workload) }
}

/// For a pod whose profiles are all right, as far as it has some.
fn check_missing(pod: &Pod<'_>) -> Option<Forbidden> {
    let has_profile =
        |context: Option<&SecurityContext<'_>>| context.is_some_and(|context| context.seccomp_profile.is_some());
    if has_profile(pod.security_context.as_ref()) {
        return None;
    }
    let open = Names::of(pod, |container| !has_profile(container.security_context.as_ref()));
    let ask = "must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"";
    (!open.is_empty()).then(|| Forbidden { reason: REASON, detail: format!("pod or {} {ask}", open.text()) })
}
