//! What is kept of how a pod is held apart from its node.

use super::Observer;
use crate::document::Value;
use crate::host_path::clean;
use crate::inventory::{ConfinementFact, ContainerConfinementFact, HostMountFact, ProfileFact};
use crate::pod::{Container, ContainerList, Pod};
use crate::workload::Workload;

/// Annotations of AppArmor are this and the name of the container.
/// Source: Kubernetes, `pkg/apis/core/annotation_key_constants.go`.
const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";

impl Observer<'_> {
    /// `None` if the pod lacks nothing that an escape is made of.
    pub(super) fn confinement(&self, workload: &Workload<'_>, number: u32) -> Option<ConfinementFact> {
        let pod = &workload.pod;
        let on = |value: Option<Value<'_>>| {
            value.filter(|value| value.as_bool() == Some(true)).map(|value| self.place(value))
        };
        let containers: Box<[ContainerConfinementFact]> =
            pod.containers.iter().filter_map(|container| self.container_confinement(pod, container)).collect();
        let fact = ConfinementFact {
            resource: self.resource,
            number,
            host_pid: on(pod.host_pid),
            host_ipc: on(pod.host_ipc),
            host_network: on(pod.host_network),
            shared_processes: on(pod.share_process_namespace),
            user_namespace: pod.has_user_namespace(),
            runtime_class: self.symbol(pod.runtime_class_name),
            windows: pod.is_windows(),
            containers,
        };
        let shares = [&fact.host_pid, &fact.host_ipc, &fact.host_network, &fact.shared_processes];
        (!fact.containers.is_empty() || shares.iter().any(|place| place.is_some())).then_some(fact)
    }

    fn container_confinement(&self, pod: &Pod<'_>, container: &Container<'_>) -> Option<ContainerConfinementFact> {
        let context = container.security_context.as_ref();
        let privileged = context.and_then(|context| context.privileged);
        let privileged = privileged.filter(|value| value.as_bool() == Some(true)).map(|value| self.place(value));
        let host_process = pod.effective(container, |context| context.windows_options?.get("hostProcess"));
        let host_process = host_process.filter(|value| value.as_bool() == Some(true)).map(|value| self.place(value));
        let capabilities = container.added_capabilities();
        let capabilities: Box<[_]> =
            capabilities.map(|added| (self.symbols.intern(&capability(&added.text())), self.place(added))).collect();
        let host_mounts = self.host_mounts(pod, container);
        let sees_processes = pod.host_pid.and_then(Value::as_bool) == Some(true);
        let lacks_nothing = privileged.is_none() && host_process.is_none() && capabilities.is_empty();
        if lacks_nothing && host_mounts.is_empty() && !sees_processes {
            return None;
        }
        let user = pod.effective(container, |context| context.run_as_user).and_then(Value::as_int);
        let non_root =
            pod.effective(container, |context| context.run_as_non_root).and_then(Value::as_bool) == Some(true);
        Some(ContainerConfinementFact {
            name: self.symbols.intern(&container.name()),
            list: container.list,
            stays: container.list == ContainerList::Ephemeral || super::network::stays(container),
            place: self.place(container.name.unwrap_or(container.value)),
            privileged,
            host_process,
            capabilities,
            user,
            non_root: user.map_or(non_root, |user| user != 0),
            app_armor: app_armor(pod, container),
            seccomp: pod
                .effective(container, |context| context.seccomp_profile)
                .map_or_else(ProfileFact::default, profile),
            host_mounts,
        })
    }

    fn host_mounts(&self, pod: &Pod<'_>, container: &Container<'_>) -> Box<[HostMountFact]> {
        let mounts = container.volume_mounts.into_iter().flat_map(Value::items);
        let host_mount = |mount: Value<'_>| {
            let volume = pod.volume(&mount.get("name")?.text())?;
            let source = volume.host_path().or_else(|| volume.source_of("hostDisk"))?;
            let path = source.get("path").map(Value::text).unwrap_or_default();
            let written =
                mount.get("subPath").or_else(|| mount.get("subPathExpr")).map(Value::text).unwrap_or_default();
            // As far as it is not made of variables.
            let known = match (mount.get("subPathExpr"), written.split_once("$(")) {
                (Some(_), Some((known, _))) => known.rsplit_once('/').map_or("", |(directory, _)| directory),
                _ => &written,
            };
            Some(HostMountFact {
                path: self.symbols.intern(&clean(&format!("{path}/{known}"))),
                below: known.len() < written.len(),
                writable: mount.get("readOnly").and_then(Value::as_bool) != Some(true),
                place: self.place(mount.get("name").unwrap_or(mount)),
            })
        };
        mounts.filter_map(host_mount).collect()
    }
}

fn profile(value: Value<'_>) -> ProfileFact {
    match value.get("type").map(Value::text).as_deref() {
        Some("RuntimeDefault" | "Localhost") => ProfileFact::Confined,
        Some("Unconfined") => ProfileFact::Unconfined,
        _ => ProfileFact::Unset,
    }
}

/// The field, or else the annotation that came before it.
fn app_armor(pod: &Pod<'_>, container: &Container<'_>) -> ProfileFact {
    if let Some(value) = pod.effective(container, |context| context.app_armor_profile) {
        return profile(value);
    }
    let name = container.name();
    let annotation = pod.annotations().find(|(key, _)| key.text().strip_prefix(APP_ARMOR) == Some(&*name));
    match annotation.map(|(_, value)| value.text()).as_deref() {
        Some("unconfined") => ProfileFact::Unconfined,
        Some("runtime/default") => ProfileFact::Confined,
        Some(text) if text.starts_with("localhost/") => ProfileFact::Confined,
        _ => ProfileFact::Unset,
    }
}

/// The name as the kernel has it: upper case, without `CAP_`. Runtimes take both spellings.
fn capability(name: &str) -> String {
    let upper = name.to_ascii_uppercase();
    upper.strip_prefix("CAP_").map_or(upper.clone(), str::to_owned)
}
