//! `seLinuxOptions`: SELinux contexts that confine less.

use model::workload::Workload;

use crate::pod_security::wording::{Forbidden, Set, Setters, plural, quoted, text_of};

/// The types that confine a container. The last one is allowed from 1.31 on.
pub(crate) const TYPES: &[&str] = &["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

pub(super) fn check_1_0(workload: &Workload<'_>) -> Option<Forbidden> {
    check(workload, &TYPES[..TYPES.len() - 1])
}

pub(super) fn check_1_31(workload: &Workload<'_>) -> Option<Forbidden> {
    check(workload, TYPES)
}

fn check(workload: &Workload<'_>, allowed: &[&str]) -> Option<Forbidden> {
    let mut types = Set::new();
    let (mut any_user, mut any_role) = (false, false);
    let setters = Setters::of(&workload.pod, |context| {
        let Some(options) = context.se_linux_options else { return false };
        let kind = text_of(options.get("type"));
        let is_type_wrong = !allowed.contains(&&*kind);
        if is_type_wrong {
            types.insert(kind);
        }
        let sets_user = !text_of(options.get("user")).is_empty();
        let sets_role = !text_of(options.get("role")).is_empty();
        any_user |= sets_user;
        any_role |= sets_role;
        is_type_wrong || sets_user || sets_role
    });
    if setters.is_empty() {
        return None;
    }
    let mut data = Vec::new();
    if !types.is_empty() {
        data.push(format!("{} {}", plural(types.len(), "type", "types"), quoted(&types)));
    }
    if any_user {
        data.push("user may not be set".to_owned());
    }
    if any_role {
        data.push("role may not be set".to_owned());
    }
    Some(Forbidden {
        reason: "seLinuxOptions",
        detail: format!("{} set forbidden securityContext.seLinuxOptions: {}", setters.text(), data.join("; ")),
    })
}
