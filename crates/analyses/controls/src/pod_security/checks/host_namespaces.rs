//! `hostNamespaces`: namespaces that are the node's.

use model::workload::Workload;

use crate::pod_security::wording::{Forbidden, is_true};

pub(super) fn check(workload: &Workload<'_>) -> Option<Forbidden> {
    let pod = &workload.pod;
    let mut detail = String::new();
    for (field, text) in
        [(pod.host_network, "hostNetwork=true"), (pod.host_pid, "hostPID=true"), (pod.host_ipc, "hostIPC=true")]
    {
        if is_true(field) {
            detail.push_str(if detail.is_empty() { "" } else { ", " });
            detail.push_str(text);
        }
    }
    (!detail.is_empty()).then_some(Forbidden { reason: "host namespaces", detail })
}
