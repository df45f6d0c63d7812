//! The levels of a pod, between which fields stray, and which fields decide how well a pod is locked in.

use std::sync::OnceLock;

use model::document::Value;
use model::object::Object;
use schemas::{DefinitionId, Lookup, Schemas, kubernetes};

/// A level of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// `spec`.
    Pod,
    /// `securityContext` of the pod.
    PodContext,
    /// A container of any list.
    Container,
    /// `securityContext` of a container.
    Context,
}

/// The definitions of the levels.
pub(crate) struct Levels {
    pod: DefinitionId,
    pod_context: DefinitionId,
    container: DefinitionId,
    ephemeral: DefinitionId,
    context: DefinitionId,
}

/// Definitions whose every field decides how well a pod is locked in.
const LOCKS: &[&str] = &[
    "core.v1.AppArmorProfile",
    "core.v1.Capabilities",
    "core.v1.PodSecurityContext",
    "core.v1.SELinuxOptions",
    "core.v1.SeccompProfile",
    "core.v1.SecurityContext",
    "core.v1.Sysctl",
    "core.v1.WindowsSecurityContextOptions",
];

/// Definitions of which some fields do.
const SOME_LOCKS: &[(&str, &[&str])] = &[
    (
        "core.v1.PodSpec",
        &[
            "automountServiceAccountToken",
            "containers",
            "ephemeralContainers",
            "hostIPC",
            "hostNetwork",
            "hostPID",
            "hostUsers",
            "initContainers",
            "runtimeClassName",
            "securityContext",
            "serviceAccount",
            "serviceAccountName",
            "shareProcessNamespace",
        ],
    ),
    ("core.v1.Container", &["securityContext"]),
    ("core.v1.EphemeralContainer", &["securityContext"]),
    ("core.v1.ContainerPort", &["hostPort"]),
    ("core.v1.HostPathVolumeSource", &["path"]),
    ("core.v1.PersistentVolumeClaimVolumeSource", &["readOnly"]),
    ("core.v1.Volume", &["hostPath"]),
    ("core.v1.VolumeMount", &["mountPropagation", "readOnly"]),
];

impl Level {
    /// What it is called in messages.
    pub(crate) fn called(self) -> &'static str {
        match self {
            Self::Pod => "the `spec` of the pod",
            Self::PodContext => "the `securityContext` of the pod",
            Self::Container => "a container",
            Self::Context => "the `securityContext` of a container",
        }
    }

    /// The name of its definition.
    fn definition(self) -> &'static str {
        match self {
            Self::Pod => "core.v1.PodSpec",
            Self::PodContext => "core.v1.PodSecurityContext",
            Self::Container => "core.v1.Container",
            Self::Context => "core.v1.SecurityContext",
        }
    }

    /// Whether it has a field of that name.
    fn has(self, name: &str) -> bool {
        let schemas = kubernetes();
        let id = schemas.definition_named(self.definition());
        id.is_some_and(|id| matches!(schemas.field(id, name, None), Lookup::Known(_)))
    }

    /// Whether its field of that name decides how well the pod is locked in.
    pub(crate) fn locks(self, name: &str) -> bool {
        locks(self.definition(), name)
    }
}

impl Levels {
    /// The definitions of the levels.
    pub(crate) fn known() -> &'static Self {
        static LEVELS: OnceLock<Levels> = OnceLock::new();
        LEVELS.get_or_init(|| {
            let schemas = kubernetes();
            let id = |name| schemas.definition_named(name).expect("the API has pods");
            Self {
                pod: id(Level::Pod.definition()),
                pod_context: id(Level::PodContext.definition()),
                container: id(Level::Container.definition()),
                ephemeral: id("core.v1.EphemeralContainer"),
                context: id(Level::Context.definition()),
            }
        })
    }

    /// Whether the definition is that of a container.
    pub(crate) fn is_container(&self, id: DefinitionId) -> bool {
        id == self.container || id == self.ephemeral
    }

    /// The level that the definition is.
    pub(crate) fn level(&self, id: DefinitionId) -> Option<Level> {
        Some(match id {
            _ if self.is_container(id) => Level::Container,
            _ if id == self.pod => Level::Pod,
            _ if id == self.pod_context => Level::PodContext,
            _ if id == self.context => Level::Context,
            _ => return None,
        })
    }
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

/// Whether that field of that definition decides how well a pod is locked in.
pub(crate) fn locks(definition: &str, field: &str) -> bool {
    LOCKS.contains(&definition)
        || SOME_LOCKS.iter().any(|(name, fields)| *name == definition && fields.contains(&field))
}

/// Whether a field of that name decides how well a pod is locked in, wherever it belongs.
pub(crate) fn is_security_field(name: &str) -> bool {
    [Level::Pod, Level::PodContext, Level::Container, Level::Context]
        .iter()
        .any(|level| level.has(name) && level.locks(name))
        || matches!(name, "add" | "drop" | "hostPath" | "hostPort")
}

/// What a mapping between an object and its pod is called in messages.
pub(crate) fn around(schemas: &Schemas, id: DefinitionId, is_root: bool) -> Option<&'static str> {
    if is_root {
        return Some("the object beside `spec`");
    }
    Some(match schemas.definition(id).name {
        "core.v1.PodTemplateSpec" => "the template beside `spec`",
        "batch.v1.JobTemplateSpec" => "the template of the job beside `spec`",
        "batch.v1.CronJobSpec" => "`spec` beside `jobTemplate`",
        "apps.v1.DaemonSetSpec"
        | "apps.v1.DeploymentSpec"
        | "apps.v1.ReplicaSetSpec"
        | "apps.v1.StatefulSetSpec"
        | "batch.v1.JobSpec"
        | "core.v1.ReplicationControllerSpec" => "`spec` beside `template`",
        _ => return None,
    })
}

/// The level of a pod to which a field belongs that stands at the level `here`, or outside the pod.
pub(crate) fn home(name: &str, here: Option<Level>) -> Option<Level> {
    // Too many things have a name.
    if name == "name" {
        return None;
    }
    let order = match here {
        Some(Level::Container) => [Level::Context, Level::Pod, Level::PodContext, Level::Container],
        Some(Level::Pod) => [Level::PodContext, Level::Context, Level::Container, Level::Pod],
        Some(Level::PodContext | Level::Context) => [Level::Context, Level::PodContext, Level::Pod, Level::Container],
        None => [Level::Pod, Level::PodContext, Level::Context, Level::Container],
    };
    order.into_iter().find(|level| Some(*level) != here && level.has(name))
}

/// Whether a field with this value was meant to lock the pod in.
pub(crate) fn protects(name: &str, value: Value<'_>) -> bool {
    match name {
        "allowPrivilegeEscalation"
        | "automountServiceAccountToken"
        | "hostIPC"
        | "hostNetwork"
        | "hostPID"
        | "hostUsers"
        | "privileged"
        | "shareProcessNamespace" => value.as_bool() == Some(false),
        "readOnlyRootFilesystem" | "runAsNonRoot" => value.as_bool() == Some(true),
        "appArmorProfile" | "capabilities" | "fsGroup" | "runAsGroup" | "runAsUser" | "runtimeClassName"
        | "seLinuxOptions" | "seccompProfile" | "securityContext" | "supplementalGroups" => !value.is_null(),
        _ => false,
    }
}
