//! `privileged`: containers that are not confined at all.

use model::workload::Workload;

use crate::pod_security::wording::{Forbidden, Names, is_true};

pub(super) fn check(workload: &Workload<'_>) -> Option<Forbidden> {
    let privileged = Names::of(&workload.pod, |container| {
        is_true(container.security_context.as_ref().and_then(|context| context.privileged))
    });
    (!privileged.is_empty()).then(|| Forbidden {
        reason: "privileged",
        detail: format!("{} must not set securityContext.privileged=true", privileged.text()),
    })
}
