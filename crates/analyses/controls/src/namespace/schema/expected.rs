//! The fields of pods, with their types. Source: the core/v1 API of Kubernetes 1.37, `PodSpec` and what is in it.

use Shape::{Any, Bool, HiddenText, Int, IntOrText, List, Map, Quantity, Text};

/// What a value has to be.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Whatever it is, it is not judged.
    Any,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// Text.
    Text,
    /// Text that may be a secret, so that a wrong value is not shown.
    HiddenText,
    /// A whole number or a name.
    IntOrText,
    /// Text or a number: `100m`, `2`.
    Quantity,
    /// A mapping of the fields of this record.
    Record(&'static Record),
    /// A mapping with any keys, whose values have this shape.
    Map(&'static Shape),
    /// A sequence of values of this shape.
    List(&'static Shape),
}

/// A mapping whose fields are known.
#[derive(Debug)]
pub(crate) struct Record {
    /// What it is called in messages.
    pub(crate) name: &'static str,
    /// Its fields.
    pub(crate) fields: &'static [Field],
    /// Whether `fields` is all there is.
    pub(crate) complete: bool,
}

/// A field of a record.
#[derive(Debug)]
pub(crate) struct Field {
    /// Its key.
    pub(crate) name: &'static str,
    /// What its value has to be.
    pub(crate) shape: Shape,
    /// Whether it decides how well the pod is locked in.
    pub(crate) security: bool,
}

impl Record {
    /// The field of that name.
    pub(crate) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

const fn field(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, security: false }
}

const fn security(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, security: true }
}

const fn record(name: &'static str, fields: &'static [Field]) -> Record {
    Record { name, fields, complete: true }
}

const MAPPING: Shape = Map(&Any);
const SEQUENCE: Shape = List(&Any);
const TEXTS: Shape = List(&Text);

/// `spec` of a pod.
pub(crate) static POD: Record = record(
    "the `spec` of the pod",
    &[
        field("activeDeadlineSeconds", Int),
        field("affinity", MAPPING),
        security("automountServiceAccountToken", Bool),
        security("containers", List(&Shape::Record(&CONTAINER))),
        field("dnsConfig", MAPPING),
        field("dnsPolicy", Text),
        field("enableServiceLinks", Bool),
        security("ephemeralContainers", List(&Shape::Record(&CONTAINER))),
        field("evictionResponders", SEQUENCE),
        field("hostAliases", SEQUENCE),
        security("hostIPC", Bool),
        security("hostNetwork", Bool),
        security("hostPID", Bool),
        security("hostUsers", Bool),
        field("hostname", Text),
        field("hostnameOverride", Text),
        field("imagePullSecrets", List(&Shape::Record(&REFERENCE))),
        security("initContainers", List(&Shape::Record(&CONTAINER))),
        field("nodeName", Text),
        field("nodeSelector", Map(&Text)),
        field("os", Shape::Record(&OS)),
        field("overhead", Map(&Quantity)),
        field("preemptionPolicy", Text),
        field("priority", Int),
        field("priorityClassName", Text),
        field("readinessGates", SEQUENCE),
        field("resourceClaims", SEQUENCE),
        field("resources", Shape::Record(&RESOURCES)),
        field("restartPolicy", Text),
        security("runtimeClassName", Text),
        field("schedulerName", Text),
        field("schedulingGates", SEQUENCE),
        field("schedulingGroup", MAPPING),
        security("securityContext", Shape::Record(&POD_CONTEXT)),
        security("serviceAccount", Text),
        security("serviceAccountName", Text),
        field("setHostnameAsFQDN", Bool),
        security("shareProcessNamespace", Bool),
        field("subdomain", Text),
        field("terminationGracePeriodSeconds", Int),
        field("tolerations", List(&Shape::Record(&TOLERATION))),
        field("topologySpreadConstraints", SEQUENCE),
        field("volumes", List(&Shape::Record(&VOLUME))),
        // Version 1.35 has it, later ones have `schedulingGroup` in its place.
        field("workloadRef", MAPPING),
    ],
);

/// A container of any list.
pub(crate) static CONTAINER: Record = record(
    "a container",
    &[
        field("args", List(&HiddenText)),
        field("command", List(&HiddenText)),
        field("env", List(&Shape::Record(&ENV))),
        field("envFrom", List(&Shape::Record(&ENV_FROM))),
        field("image", Text),
        field("imagePullPolicy", Text),
        field("lifecycle", Shape::Record(&LIFECYCLE)),
        field("livenessProbe", Shape::Record(&PROBE)),
        field("name", Text),
        field("ports", List(&Shape::Record(&PORT))),
        field("readinessProbe", Shape::Record(&PROBE)),
        field("resizePolicy", SEQUENCE),
        field("resources", Shape::Record(&RESOURCES)),
        field("restartPolicy", Text),
        field("restartPolicyRules", SEQUENCE),
        security("securityContext", Shape::Record(&CONTAINER_CONTEXT)),
        field("startupProbe", Shape::Record(&PROBE)),
        field("stdin", Bool),
        field("stdinOnce", Bool),
        // Of ephemeral containers only.
        field("targetContainerName", Text),
        field("terminationMessagePath", Text),
        field("terminationMessagePolicy", Text),
        field("tty", Bool),
        field("volumeDevices", List(&Shape::Record(&VOLUME_DEVICE))),
        field("volumeMounts", List(&Shape::Record(&VOLUME_MOUNT))),
        field("workingDir", Text),
    ],
);

/// `securityContext` of a pod.
pub(crate) static POD_CONTEXT: Record = record(
    "the `securityContext` of the pod",
    &[
        security("appArmorProfile", Shape::Record(&PROFILE)),
        security("fsGroup", Int),
        security("fsGroupChangePolicy", Text),
        security("runAsGroup", Int),
        security("runAsNonRoot", Bool),
        security("runAsUser", Int),
        security("seLinuxChangePolicy", Text),
        security("seLinuxOptions", Shape::Record(&SE_LINUX)),
        security("seccompProfile", Shape::Record(&PROFILE)),
        security("supplementalGroups", List(&Int)),
        security("supplementalGroupsPolicy", Text),
        security("sysctls", List(&Shape::Record(&SYSCTL))),
        security("windowsOptions", Shape::Record(&WINDOWS)),
    ],
);

/// `securityContext` of a container.
pub(crate) static CONTAINER_CONTEXT: Record = record(
    "the `securityContext` of a container",
    &[
        security("allowPrivilegeEscalation", Bool),
        security("appArmorProfile", Shape::Record(&PROFILE)),
        security("capabilities", Shape::Record(&CAPABILITIES)),
        security("privileged", Bool),
        security("procMount", Text),
        security("readOnlyRootFilesystem", Bool),
        security("runAsGroup", Int),
        security("runAsNonRoot", Bool),
        security("runAsUser", Int),
        security("seLinuxOptions", Shape::Record(&SE_LINUX)),
        security("seccompProfile", Shape::Record(&PROFILE)),
        security("windowsOptions", Shape::Record(&WINDOWS)),
    ],
);

/// `metadata` of an object or a template, as far as it is judged.
pub(crate) static METADATA: Record = Record {
    name: "`metadata`",
    fields: &[
        field("annotations", Map(&HiddenText)),
        field("generateName", Text),
        field("labels", Map(&Text)),
        field("name", Text),
        field("namespace", Text),
    ],
    complete: false,
};

static CAPABILITIES: Record = record("`capabilities`", &[security("add", TEXTS), security("drop", TEXTS)]);

static PROFILE: Record = record("the profile", &[security("localhostProfile", Text), security("type", Text)]);

static SE_LINUX: Record = record(
    "`seLinuxOptions`",
    &[security("level", Text), security("role", Text), security("type", Text), security("user", Text)],
);

static WINDOWS: Record = record(
    "`windowsOptions`",
    &[
        security("gmsaCredentialSpec", Text),
        security("gmsaCredentialSpecName", Text),
        security("hostProcess", Bool),
        security("runAsUserName", Text),
    ],
);

static SYSCTL: Record = record("a sysctl", &[security("name", Text), security("value", Text)]);

static OS: Record = record("`os`", &[field("name", Text)]);

static REFERENCE: Record = record("a reference", &[field("name", Text)]);

static TOLERATION: Record = record(
    "a toleration",
    &[
        field("effect", Text),
        field("key", Text),
        field("operator", Text),
        field("tolerationSeconds", Int),
        field("value", Text),
    ],
);

static RESOURCES: Record = record(
    "`resources`",
    &[field("claims", SEQUENCE), field("limits", Map(&Quantity)), field("requests", Map(&Quantity))],
);

static ENV: Record =
    record("an environment variable", &[field("name", Text), field("value", HiddenText), field("valueFrom", MAPPING)]);

static ENV_FROM: Record = record(
    "an item of `envFrom`",
    &[field("configMapRef", MAPPING), field("prefix", Text), field("secretRef", MAPPING)],
);

static PORT: Record = record(
    "a port",
    &[
        field("containerPort", Int),
        field("hostIP", Text),
        security("hostPort", Int),
        field("name", Text),
        field("protocol", Text),
    ],
);

static VOLUME_MOUNT: Record = record(
    "a volume mount",
    &[
        field("bindMountOptions", TEXTS),
        field("mountPath", Text),
        security("mountPropagation", Text),
        field("name", Text),
        security("readOnly", Bool),
        field("recursiveReadOnly", Text),
        field("subPath", Text),
        field("subPathExpr", Text),
    ],
);

static VOLUME_DEVICE: Record = record("a volume device", &[field("devicePath", Text), field("name", Text)]);

/// The sources of volumes are many; those that are read are judged.
static VOLUME: Record = Record {
    name: "a volume",
    fields: &[
        security("hostPath", Shape::Record(&HOST_PATH)),
        field("name", Text),
        field("persistentVolumeClaim", Shape::Record(&CLAIM)),
        field("projected", Shape::Record(&PROJECTED)),
    ],
    complete: false,
};

static HOST_PATH: Record = record("`hostPath`", &[security("path", Text), field("type", Text)]);

static CLAIM: Record = record("`persistentVolumeClaim`", &[field("claimName", Text), security("readOnly", Bool)]);

static PROJECTED: Record =
    record("`projected`", &[field("defaultMode", Int), field("defaultUser", Int), field("sources", SEQUENCE)]);

static PROBE: Record = record(
    "a probe",
    &[
        field("exec", Shape::Record(&EXEC)),
        field("failureThreshold", Int),
        field("grpc", MAPPING),
        field("httpGet", Shape::Record(&HTTP_GET)),
        field("initialDelaySeconds", Int),
        field("periodSeconds", Int),
        field("successThreshold", Int),
        field("tcpSocket", Shape::Record(&TCP_SOCKET)),
        field("terminationGracePeriodSeconds", Int),
        field("timeoutSeconds", Int),
    ],
);

static LIFECYCLE: Record = record(
    "`lifecycle`",
    &[field("postStart", Shape::Record(&HOOK)), field("preStop", Shape::Record(&HOOK)), field("stopSignal", Text)],
);

static HOOK: Record = record(
    "a hook",
    &[
        field("exec", Shape::Record(&EXEC)),
        field("httpGet", Shape::Record(&HTTP_GET)),
        field("sleep", MAPPING),
        field("tcpSocket", Shape::Record(&TCP_SOCKET)),
    ],
);

static EXEC: Record = record("`exec`", &[field("command", TEXTS)]);

static HTTP_GET: Record = record(
    "`httpGet`",
    &[
        field("host", Text),
        field("httpHeaders", SEQUENCE),
        field("path", Text),
        field("port", IntOrText),
        field("protocol", Text),
        field("scheme", Text),
    ],
);

static TCP_SOCKET: Record = record("`tcpSocket`", &[field("host", Text), field("port", IntOrText)]);
