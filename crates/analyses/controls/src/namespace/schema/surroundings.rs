//! What stands around the `spec` of a pod in the object that makes it: fields of pods do not belong there.

use model::document::Value;
use model::finding::{Finding, Findings};
use model::object::Object;

use super::expected::METADATA;
use super::fields::{self, home, misplaced};

/// The groups of the kinds that come with Kubernetes.
const BUILT_IN_GROUPS: &[&str] = &[
    "",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "extensions",
    "flowcontrol.apiserver.k8s.io",
    "internal.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "storagemigration.k8s.io",
];

/// Whether the object is of a group that comes with Kubernetes.
pub(crate) fn is_built_in(object: &Object<'_>) -> bool {
    BUILT_IN_GROUPS.contains(&object.group())
}

/// Whether the object is of a kind that comes with Kubernetes and makes pods, or a pod.
pub(crate) fn makes_pods(object: &Object<'_>) -> bool {
    match object.group() {
        "" => matches!(&*object.kind, "Pod" | "PodTemplate" | "ReplicationController"),
        "apps" | "extensions" => matches!(&*object.kind, "DaemonSet" | "Deployment" | "ReplicaSet" | "StatefulSet"),
        "batch" => matches!(&*object.kind, "CronJob" | "Job"),
        _ => false,
    }
}

/// A mapping between an object and its pod.
struct Place {
    /// The path to it.
    path: &'static [&'static str],
    /// What it is called in messages.
    name: &'static str,
    /// The fields that have the name of one of a pod's and belong here all the same.
    own: &'static [&'static str],
}

const ROOT: Place = Place { path: &[], name: "the object beside `spec`", own: &[] };
const SPEC: Place = Place { path: &["spec"], name: "`spec` beside `template`", own: &[] };
const TEMPLATE: Place = Place { path: &["spec", "template"], name: "the template beside `spec`", own: &[] };
const JOB: Place = Place { own: &["activeDeadlineSeconds"], ..SPEC };

const OF_CONTROLLER: &[Place] = &[ROOT, SPEC, TEMPLATE];
const OF_JOB: &[Place] = &[ROOT, JOB, TEMPLATE];
const OF_POD: &[Place] = &[ROOT];
const OF_POD_TEMPLATE: &[Place] = &[ROOT, Place { path: &["template"], name: "the template beside `spec`", own: &[] }];
const OF_CRON_JOB: &[Place] = &[
    ROOT,
    Place { path: &["spec"], name: "`spec` beside `jobTemplate`", own: &[] },
    Place { path: &["spec", "jobTemplate"], name: "the template of the job beside `spec`", own: &[] },
    Place { path: &["spec", "jobTemplate", "spec"], ..JOB },
    Place { path: &["spec", "jobTemplate", "spec", "template"], ..TEMPLATE },
];

/// Reports fields of pods that stand between the object and the `spec` of its pod.
pub(crate) fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    let places = match &*object.kind {
        "Pod" => OF_POD,
        "PodTemplate" => OF_POD_TEMPLATE,
        "Job" => OF_JOB,
        "CronJob" => OF_CRON_JOB,
        _ => OF_CONTROLLER,
    };
    for place in places {
        let Some(value) = object.value.at(place.path) else { continue };
        for (key, child) in value.entries().filter(|(_, child)| !child.is_null()) {
            if let Some(finding) = stray(place, key, child) {
                findings.report(finding);
            }
        }
        if place.path.last().is_some_and(|last| *last == "template")
            && let Some(metadata) = value.get("metadata")
        {
            fields::check(metadata, &METADATA, findings);
        }
    }
}

fn stray<'d>(place: &Place, key: Value<'d>, value: Value<'d>) -> Option<Finding<'d>> {
    let name = key.text();
    // What nearly every key is.
    if matches!(&*name, "apiVersion" | "kind" | "metadata" | "replicas" | "selector" | "spec" | "template") {
        return None;
    }
    let (home, field) = home(&name, None)?;
    let is_own = place.own.contains(&&*name);
    (!is_own).then(|| misplaced(value, field, place.name, home))
}
