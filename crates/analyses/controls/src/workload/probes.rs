//! Probes: which containers ought to have them, and whether they do anything.

use model::document::Value;
use model::workload::{Form, Workload};

/// Whether the pods of a workload run until somebody stops them.
pub(crate) fn is_long_running(workload: &Workload<'_>) -> bool {
    let kind = &*workload.object.kind;
    let ends = kind.ends_with("Job")
        || kind.ends_with("Run")
        || kind.ends_with("Task")
        || kind.ends_with("Workflow")
        || kind.ends_with("WorkflowTemplate")
        || kind.starts_with("Spark")
        || matches!(kind, "JobSet" | "PodTemplate" | "VirtualMachine" | "VirtualMachineInstance");
    let policy = workload.pod.restart_policy.map(Value::text).unwrap_or_default();
    !ends && workload.form != Form::Parts && matches!(&*policy, "" | "Always")
}

/// Whether a probe asks anything: an empty one does not.
pub(crate) fn is_probe(probe: Option<Value<'_>>) -> bool {
    probe.is_some_and(|probe| ["httpGet", "tcpSocket", "exec", "grpc"].iter().any(|key| probe.get(key).is_some()))
}

/// Whether two values say the same, whatever the order of their keys.
pub(crate) fn is_equal(a: Value<'_>, b: Value<'_>) -> bool {
    if a.is_mapping() && b.is_mapping() {
        let count = |value: Value<'_>| value.entries().filter(|(_, child)| !child.is_null()).count();
        return count(a) == count(b)
            && a.entries()
                .filter(|(_, child)| !child.is_null())
                .all(|(key, child)| b.get(&key.text()).is_some_and(|other| is_equal(child, other)));
    }
    if a.is_sequence() && b.is_sequence() {
        return a.items().count() == b.items().count() && a.items().zip(b.items()).all(|(a, b)| is_equal(a, b));
    }
    a.is_scalar() && b.is_scalar() && a.text() == b.text()
}
