//! `capabilities_baseline` and `capabilities_restricted`: what containers add, and that they drop everything.

use model::pod::Pod;
use model::workload::Workload;

use crate::pod_security::wording::{Forbidden, Names, Set, quoted, text_of};
use crate::workload::capabilities::DEFAULT;

pub(super) fn check_added(workload: &Workload<'_>) -> Option<Forbidden> {
    let detail = added_beyond(&workload.pod, DEFAULT)?;
    Some(Forbidden { reason: "non-default capabilities", detail })
}

pub(super) fn check_dropped(workload: &Workload<'_>) -> Option<Forbidden> {
    let without_drop =
        Names::of(&workload.pod, |container| container.dropped_capabilities().all(|name| name.text() != "ALL"));
    let drop = (!without_drop.is_empty())
        .then(|| format!("{} must set securityContext.capabilities.drop=[\"ALL\"]", without_drop.text()));
    let add = added_beyond(&workload.pod, &["NET_BIND_SERVICE"]);
    let detail = match (drop, add) {
        (None, None) => return None,
        (Some(drop), Some(add)) => format!("{drop}; {add}"),
        (Some(detail), None) | (None, Some(detail)) => detail,
    };
    Some(Forbidden { reason: "unrestricted capabilities", detail })
}

pub(super) fn check_dropped_but_windows(workload: &Workload<'_>) -> Option<Forbidden> {
    if workload.pod.is_windows() { None } else { check_dropped(workload) }
}

/// Names are compared as they are written: `CAP_CHOWN` and `chown` are other names than `CHOWN`.
fn added_beyond(pod: &Pod<'_>, allowed: &[&str]) -> Option<String> {
    let mut added = Set::new();
    let adding = Names::of(pod, |container| {
        let mut adds = false;
        for name in container.added_capabilities() {
            let name = text_of(Some(name));
            if !allowed.contains(&&*name) {
                adds = true;
                added.insert(name);
            }
        }
        adds
    });
    let detail =
        || format!("{} must not include {} in securityContext.capabilities.add", adding.text(), quoted(&added));
    (!adding.is_empty()).then(detail)
}
