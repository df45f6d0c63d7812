//! Workloads: every object that carries a pod template, and the pods in it.
//!
//! Built-in kinds and known custom resources are found by a table of paths; custom resources that build their
//! pods from parts have a reader in `custom`; everything else is found by its structure: a mapping under a key
//! that ends in `template` whose `spec` has containers of any list, a `podTemplate` with a `spec`, and a whole Pod inside
//! another object. Whole objects inside others are found by `embedded`.

mod custom;
mod embedded;

use crate::document::Value;
use crate::object::Object;
use crate::pod::{ContainerList, Gap, GapKind, Pod};

pub use self::embedded::embedded;

/// A pod, or the template of one, with the object that it is in.
#[derive(Clone, Debug)]
pub struct Workload<'d> {
    /// The object.
    pub object: &'d Object<'d>,
    /// What the pod is made of.
    pub pod: Pod<'d>,
    /// Whether it is a pod itself or a template of pods.
    pub form: Form,
}

/// What the object says about its pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The object is the pod.
    Pod,
    /// A whole pod template.
    Template,
    /// Parts of a pod that a controller completes: fields that are not there may be set by the controller.
    Parts,
}

struct Known {
    group: &'static str,
    kind: &'static str,
    /// Paths to pod templates; `*` stands for every item or every value.
    templates: &'static [&'static str],
}

const fn known(group: &'static str, kind: &'static str, templates: &'static [&'static str]) -> Known {
    Known { group, kind, templates }
}

const TEMPLATE: &[&str] = &["spec.template"];

/// Where known kinds keep their pod templates.
const KNOWN: &[Known] = &[
    known("", "PodTemplate", &["template"]),
    known("", "ReplicationController", TEMPLATE),
    known("apps", "Deployment", TEMPLATE),
    known("apps", "ReplicaSet", TEMPLATE),
    known("apps", "StatefulSet", TEMPLATE),
    known("apps", "DaemonSet", TEMPLATE),
    known("extensions", "Deployment", TEMPLATE),
    known("extensions", "ReplicaSet", TEMPLATE),
    known("extensions", "DaemonSet", TEMPLATE),
    known("batch", "Job", TEMPLATE),
    known("batch", "CronJob", &["spec.jobTemplate.spec.template"]),
    known("apps.openshift.io", "DeploymentConfig", TEMPLATE),
    known("", "DeploymentConfig", TEMPLATE),
    known("argoproj.io", "Rollout", TEMPLATE),
    known("serving.knative.dev", "Service", TEMPLATE),
    known("serving.knative.dev", "Configuration", TEMPLATE),
    known("serving.knative.dev", "Revision", &["."]),
    known("apps.kruise.io", "CloneSet", TEMPLATE),
    known("apps.kruise.io", "StatefulSet", TEMPLATE),
    known("apps.kruise.io", "DaemonSet", TEMPLATE),
    known("apps.kruise.io", "BroadcastJob", TEMPLATE),
    known("apps.kruise.io", "SidecarSet", &["."]),
    known(
        "apps.kruise.io",
        "AdvancedCronJob",
        &["spec.template.jobTemplate.spec.template", "spec.template.broadcastJobTemplate.spec.template"],
    ),
    known(
        "apps.kruise.io",
        "UnitedDeployment",
        &[
            "spec.template.statefulSetTemplate.spec.template",
            "spec.template.advancedStatefulSetTemplate.spec.template",
            "spec.template.cloneSetTemplate.spec.template",
            "spec.template.deploymentTemplate.spec.template",
        ],
    ),
    known("jobset.x-k8s.io", "JobSet", &["spec.replicatedJobs.*.template.spec.template"]),
    known(
        "leaderworkerset.x-k8s.io",
        "LeaderWorkerSet",
        &["spec.leaderWorkerTemplate.leaderTemplate", "spec.leaderWorkerTemplate.workerTemplate"],
    ),
    known("kubeflow.org", "PyTorchJob", &["spec.pytorchReplicaSpecs.*.template"]),
    known("kubeflow.org", "TFJob", &["spec.tfReplicaSpecs.*.template"]),
    known("kubeflow.org", "MPIJob", &["spec.mpiReplicaSpecs.*.template"]),
    known("kubeflow.org", "XGBoostJob", &["spec.xgbReplicaSpecs.*.template"]),
    known("kubeflow.org", "PaddleJob", &["spec.paddleReplicaSpecs.*.template"]),
    known("kubeflow.org", "JAXJob", &["spec.jaxReplicaSpecs.*.template"]),
    known("kubeflow.org", "Notebook", TEMPLATE),
    known("ray.io", "RayCluster", &["spec.headGroupSpec.template", "spec.workerGroupSpecs.*.template"]),
    known(
        "ray.io",
        "RayJob",
        &[
            "spec.rayClusterSpec.headGroupSpec.template",
            "spec.rayClusterSpec.workerGroupSpecs.*.template",
            "spec.submitterPodTemplate",
        ],
    ),
    known(
        "ray.io",
        "RayService",
        &["spec.rayClusterConfig.headGroupSpec.template", "spec.rayClusterConfig.workerGroupSpecs.*.template"],
    ),
    known("batch.volcano.sh", "Job", &["spec.tasks.*.template"]),
    known("keda.sh", "ScaledJob", &["spec.jobTargetRef.template"]),
    known("agents.x-k8s.io", "Sandbox", &["spec.podTemplate"]),
    known("extensions.agents.x-k8s.io", "SandboxTemplate", &["spec.podTemplate"]),
    known("agents.x-k8s.io", "SandboxTemplate", &["spec.podTemplate"]),
];

/// Objects that hold pieces of pod templates which never become pods as they stand: schemas, and policies that
/// match or change the pods of others.
const NOT_WORKLOADS: &[&str] = &[
    "apiextensions.k8s.io",
    "admissionregistration.k8s.io",
    "kyverno.io",
    "policies.kyverno.io",
    "templates.gatekeeper.sh",
    "constraints.gatekeeper.sh",
    "mutations.gatekeeper.sh",
    "policies.kubewarden.io",
    "policy.open-cluster-management.io",
];

/// Whether objects of this kind are workloads wherever they stand.
pub fn is_workload_kind(group: &str, kind: &str) -> bool {
    (group.is_empty() && kind == "Pod")
        || KNOWN.iter().any(|known| known.group == group && known.kind == kind)
        || custom::is_known(group, kind)
}

/// The pods and pod templates in an object.
pub fn workloads<'d>(object: &'d Object<'d>) -> Vec<Workload<'d>> {
    let group = object.group();
    if group.is_empty() && object.kind == "Pod" {
        let Some(spec) = object.value.get("spec").filter(|spec| spec.is_mapping()) else { return Vec::new() };
        return vec![Workload { object, pod: whole(object, spec, object.metadata), form: Form::Pod }];
    }
    let mut found = Vec::new();
    if let Some(known) = KNOWN.iter().find(|known| known.kind == object.kind && known.group == group) {
        for path in known.templates {
            if *path == "." {
                add_template(object, object.value, Form::Template, &mut found);
            } else {
                follow(object.value, path, &mut |template| add_template(object, template, Form::Template, &mut found));
            }
        }
        return found;
    }
    if custom::read(object, &mut found) || !has_structure(object) {
        return found;
    }
    search(object, object.value, &mut found);
    found
}

fn add_template<'d>(object: &'d Object<'d>, template: Value<'d>, form: Form, found: &mut Vec<Workload<'d>>) {
    let Some(spec) = template.get("spec").filter(|spec| spec.is_mapping()) else { return };
    found.push(Workload { object, pod: whole(object, spec, template.get("metadata")), form });
}

/// A pod that is written as one. Without containers it is refused, or completed by the controller of a custom resource.
fn whole<'d>(object: &Object<'d>, spec: Value<'d>, metadata: Option<Value<'d>>) -> Pod<'d> {
    let mut pod = Pod::new(spec, metadata);
    if pod.gap.is_none() && pod.containers_of(ContainerList::Main).next().is_none() {
        let is_built_in = ["", "apps", "batch", "extensions"].contains(&object.group());
        let kind = if is_built_in { GapKind::Refused } else { GapKind::Elsewhere };
        pod.gap = Some(Gap { at: spec, kind });
    }
    pod
}

/// Calls `on_value` with every value that `path` leads to.
fn follow<'d>(value: Value<'d>, path: &str, on_value: &mut dyn FnMut(Value<'d>)) {
    let (key, rest) = match path.split_once('.') {
        Some((key, rest)) => (key, Some(rest)),
        None => (path, None),
    };
    let mut step = |next: Value<'d>| match rest {
        Some(rest) => follow(next, rest, on_value),
        None => on_value(next),
    };
    if key == "*" {
        value.items().for_each(&mut step);
        value.entries().for_each(|(_, child)| step(child));
    } else if let Some(next) = value.get(key) {
        step(next);
    }
}

fn has_structure(object: &Object<'_>) -> bool {
    !NOT_WORKLOADS.contains(&object.group())
        && !object.group().is_empty()
        && ["ontainers", "odTemplate"]
            .iter()
            .any(|word| memchr::memmem::find(object.value.source().as_bytes(), word.as_bytes()).is_some())
}

/// Finds templates by their structure. Iterative: documents may be deep.
fn search<'d>(object: &'d Object<'d>, value: Value<'d>, found: &mut Vec<Workload<'d>>) {
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        if is_pod(value) {
            add_template(object, value, Form::Pod, found);
            continue;
        }
        open.extend(value.items().filter(|item| !item.is_scalar()));
        for (key, child) in value.entries().filter(|(_, child)| !child.is_scalar()) {
            let key = key.text();
            let is_template = key.ends_with("emplate")
                && child.get("spec").is_some_and(|spec| {
                    let has = |list| spec.get(list).is_some_and(Value::is_sequence);
                    has("containers") || has("initContainers") || key.ends_with("odTemplate") && spec.is_mapping()
                });
            if is_template {
                add_template(object, child, Form::Template, found);
            } else {
                open.push(child);
            }
        }
    }
    found.sort_by_key(|workload| workload.pod.spec.id());
}

/// Whether a mapping is a whole Pod, as a controller is given it to make.
fn is_pod(value: Value<'_>) -> bool {
    let is = |key, text| value.get(key).is_some_and(|value| value.text() == text);
    value.is_mapping()
        && is("kind", "Pod")
        && is("apiVersion", "v1")
        && value.get("spec").is_some_and(Value::is_mapping)
}
