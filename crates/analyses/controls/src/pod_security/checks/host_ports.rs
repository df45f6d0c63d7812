//! `hostPorts`: ports of the node.

use std::collections::BTreeSet;

use model::document::Value;
use model::pod::ContainerList;
use model::workload::{Form, Workload};

use crate::pod_security::wording::{Forbidden, Names, is_true, plural};

pub(super) fn check(workload: &Workload<'_>) -> Option<Forbidden> {
    let pod = &workload.pod;
    let is_defaulted = workload.form == Form::Pod && is_true(pod.host_network);
    // The plugin sorts them as texts.
    let mut ports = BTreeSet::new();
    let binding = Names::of(pod, |container| {
        let is_defaulted = is_defaulted && container.list != ContainerList::Ephemeral;
        let mut binds = false;
        for port in container.ports.into_iter().flat_map(Value::items) {
            let number = |key| port.get(key).and_then(Value::as_int).filter(|&number| number != 0);
            let default = || number("containerPort").filter(|_| is_defaulted);
            if let Some(host_port) = number("hostPort").or_else(default) {
                binds = true;
                ports.insert(host_port.to_string());
            }
        }
        binds
    });
    if binding.is_empty() {
        return None;
    }
    let verb = plural(binding.len(), "uses", "use");
    let noun = plural(ports.len(), "hostPort", "hostPorts");
    let ports = Vec::from_iter(ports).join(", ");
    Some(Forbidden { reason: "hostPort", detail: format!("{} {verb} {noun} {ports}", binding.text()) })
}
