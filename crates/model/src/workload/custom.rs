//! Custom resources that build their pods from parts: Argo Workflows, Tekton, Spark, KubeVirt, Prometheus Operator.
//!
//! Each reader knows where its controller takes the parts of a pod from and which one wins. What a controller adds
//! by itself, from its own configuration or from objects that are named here, is not known: the form is `Parts`.

mod argo;
mod fill;
mod kubevirt;
mod prometheus;
mod spark;
mod tekton;

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeSet;

use super::{Form, Workload};
use crate::document::Value;
use crate::object::Object;
use crate::pod::{Pod, Volume};

/// Where the reader of a kind puts the pods that it finds.
type Add<'a, 'd> = &'a mut dyn FnMut(Pod<'d>);

struct Reader {
    group: &'static str,
    kind: &'static str,
    read: for<'a, 'd> fn(&'d Object<'d>, Add<'a, 'd>),
}

const fn reader(group: &'static str, kind: &'static str, read: for<'a, 'd> fn(&'d Object<'d>, Add<'a, 'd>)) -> Reader {
    Reader { group, kind, read }
}

const READERS: &[Reader] = &[
    reader("argoproj.io", "Workflow", argo::read_workflow),
    reader("argoproj.io", "WorkflowTemplate", argo::read_workflow),
    reader("argoproj.io", "ClusterWorkflowTemplate", argo::read_workflow),
    reader("argoproj.io", "CronWorkflow", argo::read_cron_workflow),
    reader("tekton.dev", "Task", tekton::read_task),
    reader("tekton.dev", "ClusterTask", tekton::read_task),
    reader("tekton.dev", "StepAction", tekton::read_step_action),
    reader("tekton.dev", "TaskRun", tekton::read_task_run),
    reader("tekton.dev", "Pipeline", tekton::read_pipeline),
    reader("tekton.dev", "PipelineRun", tekton::read_pipeline_run),
    reader("sparkoperator.k8s.io", "SparkApplication", spark::read_application),
    reader("sparkoperator.k8s.io", "ScheduledSparkApplication", spark::read_scheduled_application),
    reader("kubevirt.io", "VirtualMachine", kubevirt::read_template),
    reader("kubevirt.io", "VirtualMachineInstance", kubevirt::read_instance),
    reader("kubevirt.io", "VirtualMachineInstanceReplicaSet", kubevirt::read_template),
    reader("pool.kubevirt.io", "VirtualMachinePool", kubevirt::read_pool),
    reader("monitoring.coreos.com", "Alertmanager", prometheus::read),
    reader("monitoring.coreos.com", "Prometheus", prometheus::read),
    reader("monitoring.coreos.com", "PrometheusAgent", prometheus::read),
    reader("monitoring.coreos.com", "ThanosRuler", prometheus::read),
];

fn find(group: &str, kind: &str) -> Option<&'static Reader> {
    READERS.iter().find(|reader| reader.kind == kind && reader.group == group)
}

/// Whether the kind is known here.
pub(super) fn is_known(group: &str, kind: &str) -> bool {
    find(group, kind).is_some()
}

/// Reads the pods of an object of a kind that is known here. False if the kind is not.
pub(super) fn read<'d>(object: &'d Object<'d>, found: &mut Vec<Workload<'d>>) -> bool {
    let Some(reader) = find(object.group(), &object.kind) else { return false };
    (reader.read)(object, &mut |pod| found.push(Workload { object, pod, form: Form::Parts }));
    true
}

/// The items of the sequence under `key`.
fn items<'d>(value: Value<'d>, key: &str) -> impl Iterator<Item = Value<'d>> + use<'d> {
    value.get(key).into_iter().flat_map(Value::items)
}

/// The image of a container, if it is written out. One with a placeholder is whatever a run puts in its place.
fn written_image<'d>(image: Option<Value<'d>>, placeholder: &str) -> Option<Value<'d>> {
    image.filter(|image| !image.text().contains(placeholder))
}

/// Those of `volumes` that a container of the pod mounts.
fn mounted<'d>(pod: &Pod<'d>, volumes: impl Iterator<Item = Value<'d>>) -> Vec<Volume<'d>> {
    let mounts = pod.containers.iter().filter_map(|container| container.volume_mounts).flat_map(Value::items);
    let names: BTreeSet<Cow<'d, str>> = mounts.filter_map(|mount| mount.get("name")).map(Value::text).collect();
    let volumes = volumes.filter(|volume| volume.is_mapping()).map(Volume::new);
    volumes.filter(|volume| names.contains(&volume.name)).collect()
}

/// Parts that many pods of one object share. They are looked at once for every pod, so that a small object could
/// be the work of a large one: past a limit that no honest object comes near they are left out.
struct Shared {
    /// How many nodes may still be handed out.
    left: Cell<usize>,
}

impl Shared {
    /// So many times the size of an object its parts may be repeated.
    const TIMES: usize = 64;

    fn new(object: Value<'_>) -> Self {
        Self { left: Cell::new(object.size() * Self::TIMES) }
    }

    /// The value for one more pod.
    fn share<'d>(&self, value: Option<Value<'d>>) -> Option<Value<'d>> {
        let size = value?.size();
        // Single values are as many as there are pods.
        if size > 1 {
            self.left.set(self.left.get().checked_sub(size)?);
        }
        value
    }
}
