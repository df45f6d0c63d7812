//! `hostProbesAndHostLifecycle`: requests that the kubelet makes to other hosts.

use model::workload::Workload;

use crate::pod_security::wording::{Forbidden, Set, containers, plural, quoted, text_of};

pub(super) fn check(workload: &Workload<'_>) -> Option<Forbidden> {
    // Unlike in the other checks, the names of containers are sorted here and not repeated.
    let (mut asking, mut hosts) = (Set::new(), Set::new());
    for container in &workload.pod.containers {
        for handler in container.handlers() {
            for action in ["httpGet", "tcpSocket"] {
                let host = text_of(handler.at(&[action, "host"]));
                if !host.is_empty() {
                    asking.insert(text_of(container.name));
                    hosts.insert(host);
                }
            }
        }
    }
    if asking.is_empty() {
        return None;
    }
    let verb = plural(asking.len(), "uses", "use");
    let noun = plural(hosts.len(), "probe or lifecycle host", "probe or lifecycle hosts");
    Some(Forbidden {
        reason: "probe or lifecycle host",
        detail: format!("{} {verb} {noun} {}", containers(asking.len(), &asking), quoted(&hosts)),
    })
}
