//! `allowPrivilegeEscalation`: that no process gains more than its parent has.

use model::workload::Workload;

use crate::pod_security::wording::{Forbidden, Names, is_false};

pub(super) fn check(workload: &Workload<'_>) -> Option<Forbidden> {
    let open = Names::of(&workload.pod, |container| {
        let context = container.security_context.as_ref();
        !is_false(context.and_then(|context| context.allow_privilege_escalation))
    });
    (!open.is_empty()).then(|| Forbidden {
        reason: "allowPrivilegeEscalation != false",
        detail: format!("{} must set securityContext.allowPrivilegeEscalation=false", open.text()),
    })
}

pub(super) fn check_but_windows(workload: &Workload<'_>) -> Option<Forbidden> {
    if workload.pod.is_windows() { None } else { check(workload) }
}
