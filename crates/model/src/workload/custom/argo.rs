//! Argo Workflows: every template with something to run is a pod. Source: the argoproj.io/v1alpha1 API,
//! `WorkflowSpec` and `Template`, and how the controller of version 3.6 puts a pod together.
//!
//! **Invariant:** `podSpecPatch` is not read. It is a text with a patch in it, often with parameters, that may change
//! every field of the pod: what is not wrong without it is not known.

use super::{Add, Shared, fill, items, mounted, written_image};
use crate::document::Value;
use crate::object::Object;
use crate::pod::{Container, ContainerList, Gap, GapKind, Pod, SecurityContext};

/// Reads the pods of a workflow or of a template of workflows.
pub(super) fn read_workflow<'d>(object: &'d Object<'d>, add: Add<'_, 'd>) {
    if let Some(spec) = object.value.get("spec") {
        read(object, spec, add);
    }
}

/// Reads the pods of a workflow that is run at certain times.
pub(super) fn read_cron_workflow<'d>(object: &'d Object<'d>, add: Add<'_, 'd>) {
    if let Some(spec) = object.value.at(&["spec", "workflowSpec"]) {
        read(object, spec, add);
    }
}

fn read<'d>(object: &'d Object<'d>, spec: Value<'d>, add: Add<'_, 'd>) {
    let workflow = Workflow { spec, defaults: spec.get("templateDefaults"), shared: Shared::new(object.value) };
    for template in items(spec, "templates") {
        workflow.add_pod(template, add);
        // Templates that are written inside the steps which run them. They have no steps themselves.
        let steps = items(template, "steps").flat_map(Value::items);
        let tasks = template.get("dag").into_iter().flat_map(|dag| items(dag, "tasks"));
        for inline in steps.chain(tasks).filter_map(|step| step.get("inline")) {
            workflow.add_pod(inline, add);
        }
    }
}

/// Begins what a run fills in.
const PLACEHOLDER: &str = "{{";

struct Workflow<'d> {
    spec: Value<'d>,
    defaults: Option<Value<'d>>,
    shared: Shared,
}

impl<'d> Workflow<'d> {
    fn add_pod(&self, template: Value<'d>, add: Add<'_, 'd>) {
        let main = self.main_containers(template);
        // The controller runs a program of its own for these, with the account of the pod.
        let runs_executor = ["resource", "data"].iter().any(|kind| template.get(kind).is_some());
        if main.is_empty() && !runs_executor {
            return;
        }
        let mut pod = Pod::empty(template, None);
        pod.metadata = self.of_template(template, "metadata").or_else(|| self.of_workflow("podMetadata"));
        pod.add_containers(ContainerList::Init, self.of_template(template, "initContainers"));
        pod.containers.extend(main);
        pod.add_containers(ContainerList::Main, self.of_template(template, "sidecars"));
        pod.containers.iter_mut().for_each(|container| container.image = written_image(container.image, PLACEHOLDER));
        let volumes = [self.of_template(template, "volumes"), self.of_workflow("volumes")];
        // A pod is given the volumes that it mounts.
        pod.volumes = mounted(&pod, volumes.into_iter().flatten().flat_map(Value::items));
        pod.security_context = self.security_context(template);
        pod.service_account_name = self.inherited(template, "serviceAccountName");
        pod.automount_service_account_token = self.inherited(template, "automountServiceAccountToken");
        pod.node_selector = self.inherited(template, "nodeSelector");
        pod.affinity = self.inherited(template, "affinity");
        pod.tolerations = self.inherited(template, "tolerations");
        pod.host_network = self.of_workflow("hostNetwork");
        pod.dns_policy = self.of_workflow("dnsPolicy");
        pod.gap = self.gap(template);
        pod.image_pull_secrets = self.of_workflow("imagePullSecrets");
        add(pod);
    }

    fn gap(&self, template: Value<'d>) -> Option<Gap<'d>> {
        let patch = self.inherited(template, "podSpecPatch").map(|at| Gap { at, kind: GapKind::Patched });
        let manifest = template.get("resource").map(|at| Gap { at, kind: GapKind::Manifest });
        patch.or(manifest).or_else(|| template.get("data").map(|at| Gap { at, kind: GapKind::Elsewhere }))
    }

    /// What the template sets, or else the defaults of templates.
    fn of_template(&self, template: Value<'d>, key: &str) -> Option<Value<'d>> {
        template.get(key).or_else(|| self.shared.share(self.defaults?.get(key)))
    }

    /// What the workflow sets for all its pods.
    fn of_workflow(&self, key: &str) -> Option<Value<'d>> {
        self.shared.share(self.spec.get(key))
    }

    /// What the template sets, or its defaults, or else the workflow.
    fn inherited(&self, template: Value<'d>, key: &str) -> Option<Value<'d>> {
        self.of_template(template, key).or_else(|| self.of_workflow(key))
    }

    /// The defaults are merged into the context of a template; that of the workflow is taken if there is none.
    fn security_context(&self, template: Value<'d>) -> Option<SecurityContext<'d>> {
        let mut context = template.get("securityContext").map(SecurityContext::new);
        let defaults = self.shared.share(self.defaults.and_then(|defaults| defaults.get("securityContext")));
        fill::context(&mut context, defaults.map(SecurityContext::new).as_ref());
        context.or_else(|| self.of_workflow("securityContext").map(SecurityContext::new))
    }

    fn main_containers(&self, template: Value<'d>) -> Vec<Container<'d>> {
        let mut containers = Vec::new();
        for key in ["container", "script"] {
            let Some(value) = template.get(key).filter(|value| value.is_mapping()) else { continue };
            let mut container = Container::new(value, ContainerList::Main, 0);
            if let Some(defaults) = self.shared.share(self.defaults.and_then(|defaults| defaults.get(key))) {
                fill::container(&mut container, &Container::new(defaults, ContainerList::Main, 0));
            }
            // In the pod it is called `main`, whatever is written; people know it by the name of the template.
            container.name = template.get("name").or(container.name);
            containers.push(container);
        }
        let set = template.get("containerSet");
        for (index, value) in set.into_iter().flat_map(|set| items(set, "containers")).enumerate() {
            let mut container = Container::new(value, ContainerList::Main, index);
            container.volume_mounts = container.volume_mounts.or_else(|| self.shared.share(set?.get("volumeMounts")));
            containers.push(container);
        }
        containers
    }
}
