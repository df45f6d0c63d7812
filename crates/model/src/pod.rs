//! A pod specification, read once: every field that an analysis asks for has its name here.
//!
//! Fields are places, not values, so that a finding can point at them; `null` is the same as not set, as
//! the API has it. Source of the fields: the core/v1 API, `PodSpec` and `Container`.

mod gap;

use std::borrow::Cow;
use std::cell::OnceCell;

use crate::document::{NodeId, Value};

pub use self::gap::{Gap, GapKind};

/// One of the three lists of containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerList {
    /// `initContainers`, sidecars among them.
    Init,
    /// `containers`.
    Main,
    /// `ephemeralContainers`.
    Ephemeral,
}

/// The specification of a pod.
#[derive(Clone, Debug)]
pub struct Pod<'d> {
    /// The mapping that holds it.
    pub spec: Value<'d>,
    /// The metadata of the pod or of its template.
    pub metadata: Option<Value<'d>>,
    /// All containers: init, main, ephemeral, each in the order written.
    pub containers: Vec<Container<'d>>,
    /// `volumes`.
    pub volumes: Vec<Volume<'d>>,
    /// The volumes in the order of their names, where they are many: see `volume`.
    /// **Invariant:** no volume is added after the first was asked for.
    pub(crate) volumes_by_name: OnceCell<Vec<usize>>,
    /// The mounts in the order of the names of their volumes: see `mounts_of`.
    /// **Invariant:** no container is added after the first was asked for.
    pub(crate) mounts_by_volume: OnceCell<Vec<Mount>>,
    /// `securityContext` of the pod.
    pub security_context: Option<SecurityContext<'d>>,
    /// `hostNetwork`.
    pub host_network: Option<Value<'d>>,
    /// `hostPID`.
    pub host_pid: Option<Value<'d>>,
    /// `hostIPC`.
    pub host_ipc: Option<Value<'d>>,
    /// `hostUsers`.
    pub host_users: Option<Value<'d>>,
    /// `serviceAccountName`, or the older `serviceAccount` where that is not set.
    pub service_account_name: Option<Value<'d>>,
    /// `automountServiceAccountToken`.
    pub automount_service_account_token: Option<Value<'d>>,
    /// `nodeName`.
    pub node_name: Option<Value<'d>>,
    /// `nodeSelector`.
    pub node_selector: Option<Value<'d>>,
    /// `affinity`.
    pub affinity: Option<Value<'d>>,
    /// `tolerations`.
    pub tolerations: Option<Value<'d>>,
    /// `os.name`.
    pub os_name: Option<Value<'d>>,
    /// `resources` of the pod as a whole.
    pub resources: Option<Value<'d>>,
    /// `resourceClaims`.
    pub resource_claims: Option<Value<'d>>,
    /// `imagePullSecrets`.
    pub image_pull_secrets: Option<Value<'d>>,
    /// `dnsPolicy`.
    pub dns_policy: Option<Value<'d>>,
    /// `restartPolicy`.
    pub restart_policy: Option<Value<'d>>,
    /// `runtimeClassName`.
    pub runtime_class_name: Option<Value<'d>>,
    /// `shareProcessNamespace`.
    pub share_process_namespace: Option<Value<'d>>,
    /// Why the pod is not known, if it is not.
    pub gap: Option<Gap<'d>>,
}

/// A container of any list.
#[derive(Clone, Debug)]
pub struct Container<'d> {
    /// The mapping that holds it.
    pub value: Value<'d>,
    /// The list it is in.
    pub list: ContainerList,
    /// Its index in that list.
    pub index: usize,
    /// `name`.
    pub name: Option<Value<'d>>,
    /// `image`.
    pub image: Option<Value<'d>>,
    /// `imagePullPolicy`.
    pub image_pull_policy: Option<Value<'d>>,
    /// `command`.
    pub command: Option<Value<'d>>,
    /// `args`.
    pub args: Option<Value<'d>>,
    /// `env`.
    pub env: Option<Value<'d>>,
    /// `envFrom`.
    pub env_from: Option<Value<'d>>,
    /// `ports`.
    pub ports: Option<Value<'d>>,
    /// `resources`.
    pub resources: Option<Value<'d>>,
    /// `volumeMounts`.
    pub volume_mounts: Option<Value<'d>>,
    /// `volumeDevices`.
    pub volume_devices: Option<Value<'d>>,
    /// `livenessProbe`.
    pub liveness_probe: Option<Value<'d>>,
    /// `readinessProbe`.
    pub readiness_probe: Option<Value<'d>>,
    /// `startupProbe`.
    pub startup_probe: Option<Value<'d>>,
    /// `lifecycle`.
    pub lifecycle: Option<Value<'d>>,
    /// `restartPolicy`; `Always` makes an init container a sidecar.
    pub restart_policy: Option<Value<'d>>,
    /// `securityContext`.
    pub security_context: Option<SecurityContext<'d>>,
}

/// A security context of a pod or a container. A field that does not exist at its level is read all the same,
/// so that `schema-invalid` can say so; no verdict uses it.
#[derive(Clone, Debug)]
pub struct SecurityContext<'d> {
    /// The mapping that holds it.
    pub value: Value<'d>,
    /// `privileged` (container).
    pub privileged: Option<Value<'d>>,
    /// `allowPrivilegeEscalation` (container).
    pub allow_privilege_escalation: Option<Value<'d>>,
    /// `readOnlyRootFilesystem` (container).
    pub read_only_root_filesystem: Option<Value<'d>>,
    /// `procMount` (container).
    pub proc_mount: Option<Value<'d>>,
    /// `capabilities` (container).
    pub capabilities: Option<Value<'d>>,
    /// `runAsUser`.
    pub run_as_user: Option<Value<'d>>,
    /// `runAsGroup`.
    pub run_as_group: Option<Value<'d>>,
    /// `runAsNonRoot`.
    pub run_as_non_root: Option<Value<'d>>,
    /// `seccompProfile`.
    pub seccomp_profile: Option<Value<'d>>,
    /// `appArmorProfile`.
    pub app_armor_profile: Option<Value<'d>>,
    /// `seLinuxOptions`.
    pub se_linux_options: Option<Value<'d>>,
    /// `windowsOptions`.
    pub windows_options: Option<Value<'d>>,
    /// `sysctls` (pod).
    pub sysctls: Option<Value<'d>>,
    /// `fsGroup` (pod).
    pub fs_group: Option<Value<'d>>,
    /// `supplementalGroups` (pod).
    pub supplemental_groups: Option<Value<'d>>,
}

/// A volume in a container: an entry of `volumeMounts` or `volumeDevices`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mount {
    /// The name of the volume.
    name: NodeId,
    device: bool,
    /// The index of the container among those of the pod.
    container: usize,
    entry: NodeId,
}

/// A volume of a pod.
#[derive(Clone, Debug)]
pub struct Volume<'d> {
    /// The mapping that holds it.
    pub value: Value<'d>,
    /// Its name, empty if it has none.
    pub name: Cow<'d, str>,
    /// Key and value of the source: the first key that is not `name` and whose value is not null.
    pub source: Option<(Value<'d>, Value<'d>)>,
}

impl<'d> Pod<'d> {
    /// Reads the specification in `spec`, with the metadata of the pod or template that it belongs to.
    pub fn new(spec: Value<'d>, metadata: Option<Value<'d>>) -> Self {
        let mut pod = Self::empty(spec, metadata);
        let (mut init, mut main, mut ephemeral, mut written_volumes) = (None, None, None, None);
        let mut older_account = None;
        for (key, value) in spec.entries() {
            let value = (!value.is_null()).then_some(value);
            match &*key.text() {
                "containers" => main = value,
                "initContainers" => init = value,
                "ephemeralContainers" => ephemeral = value,
                "volumes" => written_volumes = value,
                "securityContext" => pod.security_context = value.map(SecurityContext::new),
                "hostNetwork" => pod.host_network = value,
                "hostPID" => pod.host_pid = value,
                "hostIPC" => pod.host_ipc = value,
                "hostUsers" => pod.host_users = value,
                "serviceAccountName" => pod.service_account_name = value,
                "serviceAccount" => older_account = value,
                "automountServiceAccountToken" => pod.automount_service_account_token = value,
                "nodeName" => pod.node_name = value,
                "nodeSelector" => pod.node_selector = value,
                "affinity" => pod.affinity = value,
                "tolerations" => pod.tolerations = value,
                "os" => pod.os_name = value.and_then(|os| os.get("name")),
                "resources" => pod.resources = value,
                "resourceClaims" => pod.resource_claims = value,
                "imagePullSecrets" => pod.image_pull_secrets = value,
                "dnsPolicy" => pod.dns_policy = value,
                "restartPolicy" => pod.restart_policy = value,
                "runtimeClassName" => pod.runtime_class_name = value,
                "shareProcessNamespace" => pod.share_process_namespace = value,
                _ => {}
            }
        }
        pod.service_account_name = pod.service_account_name.or(older_account);
        for (list, values) in
            [(ContainerList::Init, init), (ContainerList::Main, main), (ContainerList::Ephemeral, ephemeral)]
        {
            pod.add_containers(list, values);
        }
        pod.volumes = written_volumes.map(volumes).unwrap_or_default();
        let written = gap::Written { containers: [init, main, ephemeral], volumes: written_volumes };
        pod.gap = gap::find(&pod, &written);
        pod
    }

    /// A pod without anything, for custom resources that spread its parts over places of their own.
    pub fn empty(spec: Value<'d>, metadata: Option<Value<'d>>) -> Self {
        Self {
            spec,
            metadata,
            containers: Vec::new(),
            volumes: Vec::new(),
            volumes_by_name: OnceCell::new(),
            mounts_by_volume: OnceCell::new(),
            security_context: None,
            host_network: None,
            host_pid: None,
            host_ipc: None,
            host_users: None,
            service_account_name: None,
            automount_service_account_token: None,
            node_name: None,
            node_selector: None,
            affinity: None,
            tolerations: None,
            os_name: None,
            resources: None,
            resource_claims: None,
            image_pull_secrets: None,
            dns_policy: None,
            restart_policy: None,
            runtime_class_name: None,
            share_process_namespace: None,
            gap: None,
        }
    }

    /// Adds the containers in the sequence `values` to one of the lists.
    pub fn add_containers(&mut self, list: ContainerList, values: Option<Value<'d>>) {
        let items = values.into_iter().flat_map(Value::items).enumerate().filter(|(_, value)| value.is_mapping());
        self.containers.extend(items.map(|(index, value)| Container::new(value, list, index)));
    }

    /// The containers of one list.
    pub fn containers_of(&self, list: ContainerList) -> impl Iterator<Item = &Container<'d>> {
        self.containers.iter().filter(move |container| container.list == list)
    }

    /// The volume of that name.
    pub fn volume(&self, name: &str) -> Option<&Volume<'d>> {
        if self.volumes.len() <= FEW {
            return self.volumes.iter().find(|volume| volume.name == name);
        }
        let by_name = self.volumes_by_name.get_or_init(|| {
            let mut order: Vec<usize> = (0..self.volumes.len()).collect();
            // The first of a name comes first: the sort is stable.
            order.sort_by(|&a, &b| self.volumes[a].name.cmp(&self.volumes[b].name));
            order
        });
        let at = by_name.partition_point(|&at| &*self.volumes[at].name < name);
        let volume = &self.volumes[*by_name.get(at)?];
        (volume.name == name).then_some(volume)
    }

    /// The entries of `volumeMounts` that mount the volume of that name, each with its container, as they are written.
    pub fn mounts_of(&self, volume: &str) -> impl Iterator<Item = (&Container<'d>, Value<'d>)> {
        self.uses_of(volume, false)
    }

    /// The entries of `volumeDevices` that give the volume of that name to a container as a block device.
    pub fn devices_of(&self, volume: &str) -> impl Iterator<Item = (&Container<'d>, Value<'d>)> {
        self.uses_of(volume, true)
    }

    fn uses_of(&self, volume: &str, device: bool) -> impl Iterator<Item = (&Container<'d>, Value<'d>)> {
        let name = |mount: &Mount| self.containers[mount.container].value.document().value(mount.name).text();
        let all = self.mounts_by_volume.get_or_init(|| {
            let mut mounts: Vec<Mount> = Vec::new();
            for (container, of) in self.containers.iter().enumerate() {
                for (list, device) in [(of.volume_mounts, false), (of.volume_devices, true)] {
                    mounts.extend(list.into_iter().flat_map(Value::items).filter_map(|entry| {
                        let name = entry.get("name")?.id();
                        Some(Mount { name, device, container, entry: entry.id() })
                    }));
                }
            }
            // Stable: those of one volume stay in the order in which they are written.
            mounts.sort_by(|a, b| (name(a), a.device).cmp(&(name(b), b.device)));
            mounts
        });
        let wanted = (volume, device);
        let from = all.partition_point(|mount| (&*name(mount), mount.device) < wanted);
        let to = from + all[from..].partition_point(|mount| (&*name(mount), mount.device) == wanted);
        all[from..to].iter().map(|mount| {
            let container = &self.containers[mount.container];
            (container, container.value.document().value(mount.entry))
        })
    }

    /// Whether the pod says that it runs on Windows.
    pub fn is_windows(&self) -> bool {
        self.os_name.is_some_and(|name| name.text() == "windows")
    }

    /// Whether the pod has a user namespace of its own (`hostUsers: false`).
    pub fn has_user_namespace(&self) -> bool {
        self.host_users.and_then(Value::as_bool) == Some(false)
    }

    /// The labels of the pod or template.
    pub fn labels(&self) -> impl Iterator<Item = (Value<'d>, Value<'d>)> + use<'d> {
        self.metadata.and_then(|metadata| metadata.get("labels")).into_iter().flat_map(Value::entries)
    }

    /// The annotations of the pod or template.
    pub fn annotations(&self) -> impl Iterator<Item = (Value<'d>, Value<'d>)> + use<'d> {
        self.metadata.and_then(|metadata| metadata.get("annotations")).into_iter().flat_map(Value::entries)
    }

    /// What holds for `container` of a field that it inherits from the pod: its own value, or else the pod's.
    pub fn effective(
        &self,
        container: &Container<'d>,
        field: fn(&SecurityContext<'d>) -> Option<Value<'d>>,
    ) -> Option<Value<'d>> {
        let own = container.security_context.as_ref().and_then(field);
        own.or_else(|| self.security_context.as_ref().and_then(field))
    }
}

impl<'d> Container<'d> {
    /// Reads the container in `value`.
    pub fn new(value: Value<'d>, list: ContainerList, index: usize) -> Self {
        let mut container = Self {
            value,
            list,
            index,
            name: None,
            image: None,
            image_pull_policy: None,
            command: None,
            args: None,
            env: None,
            env_from: None,
            ports: None,
            resources: None,
            volume_mounts: None,
            volume_devices: None,
            liveness_probe: None,
            readiness_probe: None,
            startup_probe: None,
            lifecycle: None,
            restart_policy: None,
            security_context: None,
        };
        for (key, value) in value.entries() {
            let value = (!value.is_null()).then_some(value);
            match &*key.text() {
                "name" => container.name = value,
                "image" => container.image = value,
                "imagePullPolicy" => container.image_pull_policy = value,
                "command" => container.command = value,
                "args" => container.args = value,
                "env" => container.env = value,
                "envFrom" => container.env_from = value,
                "ports" => container.ports = value,
                "resources" => container.resources = value,
                "volumeMounts" => container.volume_mounts = value,
                "volumeDevices" => container.volume_devices = value,
                "livenessProbe" => container.liveness_probe = value,
                "readinessProbe" => container.readiness_probe = value,
                "startupProbe" => container.startup_probe = value,
                "lifecycle" => container.lifecycle = value,
                "restartPolicy" => container.restart_policy = value,
                "securityContext" => container.security_context = value.map(SecurityContext::new),
                _ => {}
            }
        }
        container
    }

    /// The name, or what stands for it where there is none: `containers[0]`.
    pub fn name(&self) -> Cow<'d, str> {
        if let Some(name) = self.name {
            return name.text();
        }
        let list = match self.list {
            ContainerList::Init => "initContainers",
            ContainerList::Main => "containers",
            ContainerList::Ephemeral => "ephemeralContainers",
        };
        Cow::Owned(format!("{list}[{}]", self.index))
    }

    /// The value of one environment variable, where it is written in place.
    pub fn env_entries(&self) -> impl Iterator<Item = (Value<'d>, Value<'d>)> + use<'d> {
        self.env.into_iter().flat_map(Value::items).filter_map(|entry| Some((entry.get("name")?, entry)))
    }

    /// `securityContext.capabilities.add` item by item.
    pub fn added_capabilities(&self) -> impl Iterator<Item = Value<'d>> + use<'d> {
        self.capabilities("add")
    }

    /// `securityContext.capabilities.drop` item by item.
    pub fn dropped_capabilities(&self) -> impl Iterator<Item = Value<'d>> + use<'d> {
        self.capabilities("drop")
    }

    fn capabilities(&self, key: &'static str) -> impl Iterator<Item = Value<'d>> + use<'d> {
        let capabilities = self.security_context.as_ref().and_then(|context| context.capabilities);
        capabilities.and_then(|capabilities| capabilities.get(key)).into_iter().flat_map(Value::items)
    }

    /// Every probe and lifecycle hook: its key (`livenessProbe`, `lifecycle.preStop` …) and the handler.
    pub fn handlers(&self) -> impl Iterator<Item = Value<'d>> + use<'d> {
        let hook = |key| self.lifecycle.and_then(|lifecycle| lifecycle.get(key));
        let handlers =
            [self.liveness_probe, self.readiness_probe, self.startup_probe, hook("postStart"), hook("preStop")];
        handlers.into_iter().flatten()
    }
}

impl<'d> SecurityContext<'d> {
    /// Reads the security context in `value`.
    pub fn new(value: Value<'d>) -> Self {
        let mut context = Self {
            value,
            privileged: None,
            allow_privilege_escalation: None,
            read_only_root_filesystem: None,
            proc_mount: None,
            capabilities: None,
            run_as_user: None,
            run_as_group: None,
            run_as_non_root: None,
            seccomp_profile: None,
            app_armor_profile: None,
            se_linux_options: None,
            windows_options: None,
            sysctls: None,
            fs_group: None,
            supplemental_groups: None,
        };
        for (key, value) in value.entries() {
            let value = (!value.is_null()).then_some(value);
            match &*key.text() {
                "privileged" => context.privileged = value,
                "allowPrivilegeEscalation" => context.allow_privilege_escalation = value,
                "readOnlyRootFilesystem" => context.read_only_root_filesystem = value,
                "procMount" => context.proc_mount = value,
                "capabilities" => context.capabilities = value,
                "runAsUser" => context.run_as_user = value,
                "runAsGroup" => context.run_as_group = value,
                "runAsNonRoot" => context.run_as_non_root = value,
                "seccompProfile" => context.seccomp_profile = value,
                "appArmorProfile" => context.app_armor_profile = value,
                "seLinuxOptions" => context.se_linux_options = value,
                "windowsOptions" => context.windows_options = value,
                "sysctls" => context.sysctls = value,
                "fsGroup" => context.fs_group = value,
                "supplementalGroups" => context.supplemental_groups = value,
                _ => {}
            }
        }
        context
    }
}

impl<'d> Volume<'d> {
    /// Reads the volume in `value`.
    pub fn new(value: Value<'d>) -> Self {
        let mut volume = Self { value, name: Cow::Borrowed(""), source: None };
        for (key, child) in value.entries() {
            if key.is_key("name") {
                volume.name = if child.is_null() { Cow::Borrowed("") } else { child.text() };
            } else if volume.source.is_none() && !child.is_null() {
                volume.source = Some((key, child));
            }
        }
        volume
    }

    /// The source of the volume if it is of that kind (`hostPath`, `secret` …).
    pub fn source_of(&self, kind: &str) -> Option<Value<'d>> {
        self.value.get(kind)
    }

    /// The path on the node, if the volume is a `hostPath`; empty if it has none.
    pub fn host_path(&self) -> Option<Value<'d>> {
        self.source_of("hostPath")
    }
}

/// Up to this many volumes are looked through one by one.
const FEW: usize = 16;

fn volumes(value: Value<'_>) -> Vec<Volume<'_>> {
    value.items().filter(|item| item.is_mapping()).map(Volume::new).collect()
}
