//! Tekton: a task is a pod whose containers are its steps and sidecars. Source: the tekton.dev API, v1 and v1beta1,
//! `TaskSpec`, `PodTemplate`, `TaskRunSpec` and `PipelineRunSpec`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::{Add, Shared, fill, items, written_image};
use crate::document::Value;
use crate::object::Object;
use crate::pod::{Container, ContainerList, Gap, GapKind, Pod, SecurityContext, Volume};

/// Reads the pod of a task, without what a run of it will add.
pub(super) fn read_task<'d>(object: &'d Object<'d>, add: Add<'_, 'd>) {
    if let Some(spec) = object.value.get("spec") {
        Reader::new(object, add).add_task(spec, Run::UNKNOWN);
    }
}

/// Reads the tasks that are written in a pipeline.
pub(super) fn read_pipeline<'d>(object: &'d Object<'d>, add: Add<'_, 'd>) {
    let mut reader = Reader::new(object, add);
    let tasks = object.value.get("spec").map(embedded_tasks).unwrap_or_default();
    tasks.into_iter().for_each(|(_, task)| reader.add_task(task, Run::UNKNOWN));
}

/// Reads a step that tasks use: a pod of one container.
pub(super) fn read_step_action<'d>(object: &'d Object<'d>, add: Add<'_, 'd>) {
    let Some(spec) = object.value.get("spec") else { return };
    let mut container = step(spec, 0);
    container.name = object.metadata.and_then(|metadata| metadata.get("name"));
    container.image = written_image(container.image, PLACEHOLDER);
    let mut pod = Pod::empty(spec, object.metadata);
    pod.containers.push(container);
    add(pod);
}

/// Reads the pod of a run of a task.
pub(super) fn read_task_run<'d>(object: &'d Object<'d>, add: Add<'_, 'd>) {
    let Some(spec) = object.value.get("spec") else { return };
    let run = Run { template: spec.get("podTemplate"), service_account_name: spec.get("serviceAccountName") };
    let mut reader = Reader::new(object, add);
    match spec.get("taskSpec") {
        Some(task) => reader.add_task(task, run),
        None => reader.add_run(spec, run),
    }
}

/// Reads the pods of a run of a pipeline.
pub(super) fn read_pipeline_run<'d>(object: &'d Object<'d>, add: Add<'_, 'd>) {
    let Some(spec) = object.value.get("spec") else { return };
    // Version v1 has both in `taskRunTemplate`, v1beta1 in the run itself.
    let of_all = spec.get("taskRunTemplate").unwrap_or(spec);
    let run = Run { template: of_all.get("podTemplate"), service_account_name: of_all.get("serviceAccountName") };
    let own_runs: Vec<(Cow<'d, str>, Value<'d>)> = items(spec, "taskRunSpecs")
        .map(|value| (value.get("pipelineTaskName").map(Value::text).unwrap_or_default(), value))
        .collect();
    let by_task: BTreeMap<&str, Value<'d>> = own_runs.iter().map(|(name, value)| (&**name, *value)).collect();
    let mut reader = Reader::new(object, add);
    let mut written = BTreeSet::new();
    let tasks = spec.get("pipelineSpec").map(embedded_tasks).unwrap_or_default();
    for &(name, task) in &tasks {
        let name = name.map(Value::text).unwrap_or_default();
        reader.add_task(task, by_task.get(&*name).map_or(run, |own| run.of_task(*own)));
        written.insert(name);
    }
    for (_, own) in own_runs.iter().filter(|(name, _)| !written.contains(name)) {
        reader.add_run(*own, run.of_task(*own));
    }
    if tasks.is_empty() {
        reader.add_run(of_all, run);
    }
}

/// What a run says of the pods of its tasks.
#[derive(Clone, Copy)]
struct Run<'d> {
    template: Option<Value<'d>>,
    service_account_name: Option<Value<'d>>,
}

impl<'d> Run<'d> {
    /// A run that is written elsewhere.
    const UNKNOWN: Self = Self { template: None, service_account_name: None };

    /// The same run for a task that has its own say in it: first the names of version v1, then those of v1beta1.
    fn of_task(self, own: Value<'d>) -> Self {
        let either = |new, old| own.get(new).or_else(|| own.get(old));
        Self {
            template: either("podTemplate", "taskPodTemplate").or(self.template),
            service_account_name: either("serviceAccountName", "taskServiceAccountName").or(self.service_account_name),
        }
    }
}

struct Reader<'a, 'd> {
    shared: Shared,
    metadata: Option<Value<'d>>,
    add: Add<'a, 'd>,
}

impl<'a, 'd> Reader<'a, 'd> {
    fn new(object: &'d Object<'d>, add: Add<'a, 'd>) -> Self {
        Self { shared: Shared::new(object.value), metadata: object.metadata, add }
    }

    /// Adds the pod of a task.
    fn add_task(&mut self, task: Value<'d>, run: Run<'d>) {
        // The task of another controller, which makes no pod that is known here.
        if task.get("steps").is_none() {
            return;
        }
        let mut pod = Pod::empty(run.template.unwrap_or(task), task.get("metadata"));
        for (index, value) in items(task, "steps").enumerate().filter(|(_, value)| value.is_mapping()) {
            let mut container = step(value, index);
            if let Some(defaults) = self.shared.share(task.get("stepTemplate")) {
                fill::container(&mut container, &step(defaults, 0));
            }
            pod.containers.push(container);
        }
        let sidecars = items(task, "sidecars").enumerate().filter(|(_, value)| value.is_mapping());
        pod.containers.extend(sidecars.map(|(index, value)| step(value, index)));
        pod.volumes = items(task, "volumes").filter(|volume| volume.is_mapping()).map(Volume::new).collect();
        // After the step template is filled in: a step with a placeholder does not run the template's image.
        pod.containers.iter_mut().for_each(|container| container.image = written_image(container.image, PLACEHOLDER));
        self.add_pod(pod, run);
    }

    /// Adds a pod whose containers are in another object.
    fn add_run(&mut self, written_in: Value<'d>, run: Run<'d>) {
        let mut pod = Pod::empty(run.template.unwrap_or(written_in), None);
        pod.gap = Some(Gap { at: written_in, kind: GapKind::Elsewhere });
        self.add_pod(pod, run);
    }

    /// A pod template has some of the fields of a pod.
    fn add_pod(&mut self, mut pod: Pod<'d>, run: Run<'d>) {
        // Labels and annotations of tasks and runs are handed on to their pods.
        pod.metadata = pod.metadata.or_else(|| self.shared.share(self.metadata));
        pod.service_account_name = run.service_account_name;
        if let Some(template) = self.shared.share(run.template) {
            let volumes = items(template, "volumes").filter(|volume| volume.is_mapping());
            pod.volumes.extend(volumes.map(Volume::new));
            pod.security_context = template.get("securityContext").map(SecurityContext::new);
            pod.host_network = template.get("hostNetwork");
            pod.automount_service_account_token = template.get("automountServiceAccountToken");
            pod.node_selector = template.get("nodeSelector");
            pod.affinity = template.get("affinity");
            pod.tolerations = template.get("tolerations");
            pod.runtime_class_name = template.get("runtimeClassName");
            pod.image_pull_secrets = template.get("imagePullSecrets");
            pod.dns_policy = template.get("dnsPolicy");
        }
        (self.add)(pod);
    }
}

/// Begins what a run fills in.
const PLACEHOLDER: &str = "$(";

fn step(value: Value<'_>, index: usize) -> Container<'_> {
    let mut container = Container::new(value, ContainerList::Main, index);
    // Version v1 has its own name for it.
    container.resources = value.get("computeResources").or(container.resources);
    container
}

/// Tasks that are written in a pipeline or in pipelines in it, with their names there.
fn embedded_tasks(pipeline: Value<'_>) -> Vec<(Option<Value<'_>>, Value<'_>)> {
    let mut tasks = Vec::new();
    let mut open = vec![pipeline];
    while let Some(pipeline) = open.pop() {
        for task in items(pipeline, "tasks").chain(items(pipeline, "finally")) {
            tasks.extend(task.get("taskSpec").map(|spec| (task.get("name"), spec)));
            open.extend(task.get("pipelineSpec"));
        }
    }
    tasks
}
