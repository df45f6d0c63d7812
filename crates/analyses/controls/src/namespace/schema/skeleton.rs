//! What leads from an object to its pod: the schema lets it be left out, and validation does not.

use model::finding::{Finding, Findings};
use model::object::Object;

/// Reports the first thing that is missing on the way to the pod.
pub(crate) fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    let path: &[&str] = match &*object.kind {
        "Pod" => &["spec"],
        "PodTemplate" => &["template", "spec"],
        "CronJob" => &["spec", "jobTemplate", "spec", "template", "spec"],
        _ => &["spec", "template", "spec"],
    };
    // Elsewhere the schema has it among what is required.
    let may_be_missing = matches!(&*object.kind, "PodTemplate" | "ReplicaSet" | "ReplicationController");
    let mut around = object.value;
    for &key in path {
        match around.get(key) {
            Some(next) if next.is_mapping() => around = next,
            Some(_) => return,
            None => {
                if key == "spec" || key == "template" && may_be_missing {
                    let message = format!("There is no `{key}`: the API refuses an object without a pod");
                    findings.report(Finding::missing(around, key).message(message));
                }
                return;
            }
        }
    }
}
