//! `procMount` and `procMount_restricted`: `/proc` without what hides the node.

use model::workload::Workload;

use crate::pod_security::wording::{Forbidden, Names, Set, quoted};

pub(super) fn check(workload: &Workload<'_>) -> Option<Forbidden> {
    let mut values = Set::new();
    let setting = Names::of(&workload.pod, |container| {
        let Some(value) = container.security_context.as_ref().and_then(|context| context.proc_mount) else {
            return false;
        };
        let text = value.text();
        let is_wrong = text != "Default";
        if is_wrong {
            values.insert(text);
        }
        is_wrong
    });
    (!setting.is_empty()).then(|| Forbidden {
        reason: "procMount",
        detail: format!("{} must not set securityContext.procMount to {}", setting.text(), quoted(&values)),
    })
}

pub(super) fn check_in_user_namespace(workload: &Workload<'_>) -> Option<Forbidden> {
    if workload.pod.has_user_namespace() { None } else { check(workload) }
}
