//! `sysctls`: kernel parameters that reach beyond the pod.

use model::document::Value;
use model::workload::Workload;

use crate::pod_security::wording::{Forbidden, text_of};

/// What may be set, and what follows `v1.` in the first version that allows it.
pub(crate) const ALLOWED: &[(&str, u64)] = &[
    ("kernel.shm_rmid_forced", 0),
    ("net.ipv4.ip_local_port_range", 0),
    ("net.ipv4.tcp_syncookies", 0),
    ("net.ipv4.ping_group_range", 0),
    ("net.ipv4.ip_unprivileged_port_start", 0),
    ("net.ipv4.ip_local_reserved_ports", 27),
    ("net.ipv4.tcp_keepalive_time", 29),
    ("net.ipv4.tcp_fin_timeout", 29),
    ("net.ipv4.tcp_keepalive_intvl", 29),
    ("net.ipv4.tcp_keepalive_probes", 29),
    ("net.ipv4.tcp_rmem", 32),
    ("net.ipv4.tcp_wmem", 32),
    ("net.ipv4.tcp_slow_start_after_idle", 37),
    ("net.ipv4.tcp_notsent_lowat", 37),
];

pub(super) fn check<const MINOR: u64>(workload: &Workload<'_>) -> Option<Forbidden> {
    let sysctls = workload.pod.security_context.as_ref()?.sysctls?;
    let is_allowed = |name: &str| ALLOWED.iter().any(|&(allowed, first)| allowed == name && first <= MINOR);
    let names = sysctls.items().map(|sysctl: Value<'_>| text_of(sysctl.get("name")));
    // In the order of the list, with repetitions and without quotes, unlike in the other checks.
    let wrong: Vec<_> = names.filter(|name| !is_allowed(name)).collect();
    (!wrong.is_empty()).then(|| Forbidden { reason: "forbidden sysctls", detail: wrong.join(", ") })
}
