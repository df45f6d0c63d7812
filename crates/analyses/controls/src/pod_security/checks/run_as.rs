//! `runAsNonRoot` and `runAsUser`: who processes run as.

use model::document::Value;
use model::workload::Workload;

use crate::pod_security::wording::{Forbidden, Names, Setters, is_false, is_true};

pub(super) fn check_non_root(workload: &Workload<'_>) -> Option<Forbidden> {
    let pod = &workload.pod;
    let reason = "runAsNonRoot != true";
    let setters = Setters::of(pod, |context| is_false(context.run_as_non_root));
    if !setters.is_empty() {
        let detail = format!("{} must not set securityContext.runAsNonRoot=false", setters.text());
        return Some(Forbidden { reason, detail });
    }
    if is_true(pod.security_context.as_ref().and_then(|context| context.run_as_non_root)) {
        return None;
    }
    let open = Names::of(pod, |container| {
        !is_true(container.security_context.as_ref().and_then(|context| context.run_as_non_root))
    });
    (!open.is_empty()).then(|| Forbidden {
        reason,
        detail: format!("pod or {} must set securityContext.runAsNonRoot=true", open.text()),
    })
}

pub(super) fn check_non_root_in_user_namespace(workload: &Workload<'_>) -> Option<Forbidden> {
    if workload.pod.has_user_namespace() { None } else { check_non_root(workload) }
}

pub(super) fn check_user(workload: &Workload<'_>) -> Option<Forbidden> {
    let setters = Setters::of(&workload.pod, |context| context.run_as_user.and_then(Value::as_int) == Some(0));
    (!setters.is_empty())
        .then(|| Forbidden { reason: "runAsUser=0", detail: format!("{} must not set runAsUser=0", setters.text()) })
}

pub(super) fn check_user_in_user_namespace(workload: &Workload<'_>) -> Option<Forbidden> {
    if workload.pod.has_user_namespace() { None } else { check_user(workload) }
}
