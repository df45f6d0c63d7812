//! The Spark operator: a driver and its executors, each a pod. Source: the sparkoperator.k8s.io/v1beta2 API,
//! `SparkApplicationSpec` and `SparkPodSpec`.

use super::{Add, fill, items, mounted};
use crate::document::Value;
use crate::object::Object;
use crate::pod::{Container, ContainerList, Pod, SecurityContext};

/// Reads the pods of an application.
pub(super) fn read_application<'d>(object: &'d Object<'d>, add: Add<'_, 'd>) {
    if let Some(spec) = object.value.get("spec") {
        read(spec, add);
    }
}

/// Reads the pods of an application that is run at certain times.
pub(super) fn read_scheduled_application<'d>(object: &'d Object<'d>, add: Add<'_, 'd>) {
    if let Some(spec) = object.value.at(&["spec", "template"]) {
        read(spec, add);
    }
}

fn read<'d>(spec: Value<'d>, add: Add<'_, 'd>) {
    for (role, container) in [("driver", "spark-kubernetes-driver"), ("executor", "spark-kubernetes-executor")] {
        let role = spec.entries().filter(|(key, value)| key.is_key(role) && value.is_mapping()).last();
        if let Some((name, role)) = role {
            add(pod(spec, name, role, container));
        }
    }
}

/// The pod of a driver or an executor. What stands beside its template wins.
fn pod<'d>(spec: Value<'d>, name: Value<'d>, role: Value<'d>, main_name: &str) -> Pod<'d> {
    // Labels and annotations stand in it directly, as they do in metadata.
    let mut pod = Pod::empty(role, Some(role));
    pod.add_containers(ContainerList::Init, role.get("initContainers"));
    pod.containers.push(main_container(spec, name, role));
    pod.add_containers(ContainerList::Main, role.get("sidecars"));
    pod.security_context = role.get("podSecurityContext").map(SecurityContext::new);
    pod.service_account_name = role.get("serviceAccount");
    pod.host_network = role.get("hostNetwork");
    pod.share_process_namespace = role.get("shareProcessNamespace");
    pod.node_selector = role.get("nodeSelector").or_else(|| spec.get("nodeSelector"));
    pod.affinity = role.get("affinity");
    pod.tolerations = role.get("tolerations");
    pod.image_pull_secrets = spec.get("imagePullSecrets");
    if let Some(template) = role.get("template") {
        add_template(&mut pod, template, main_name);
    }
    // The operator gives a pod the volumes that it mounts.
    let volumes = mounted(&pod, items(spec, "volumes"));
    pod.volumes.extend(volumes);
    pod
}

fn main_container<'d>(spec: Value<'d>, name: Value<'d>, role: Value<'d>) -> Container<'d> {
    let mut container = Container::new(role, ContainerList::Main, 0);
    // People know it as the driver or the executor.
    container.name = Some(name);
    container.image = container.image.or_else(|| spec.get("image"));
    container.image_pull_policy = spec.get("imagePullPolicy");
    container
}

/// The containers of a template, of which one is the main container.
fn add_template<'d>(pod: &mut Pod<'d>, template: Value<'d>, main_name: &str) {
    let Some(spec) = template.get("spec").filter(|spec| spec.is_mapping()) else { return };
    let mut template = Pod::new(spec, template.get("metadata"));
    let is_main = |container: &Container<'d>| container.list == ContainerList::Main;
    let named = |container: &Container<'d>| container.name.is_some_and(|name| name.text() == main_name);
    let main = template.containers.iter().position(|container| is_main(container) && named(container));
    let main = main.or_else(|| template.containers.iter().position(is_main));
    if let Some(main) = main {
        let defaults = template.containers.remove(main);
        if let Some(container) = pod.containers.iter_mut().find(|container| container.value.id() == pod.spec.id()) {
            fill::container(container, &defaults);
        }
    }
    fill::pod(pod, template);
}
