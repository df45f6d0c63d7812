//! The facts that joins need, one list for each kind of object.
//!
//! A control that has to know more of an object than is here adds a field, and `observe` fills it.

mod admission;
mod confinement;
mod live;
mod mentions;
mod mesh;
mod network;
mod rbac;
mod scheduling;
mod traffic;

pub use admission::*;
pub use confinement::*;
pub use live::*;
pub use mentions::*;
pub use mesh::*;
pub use network::*;
pub use rbac::*;
pub use scheduling::*;
pub use traffic::*;

use super::list::{Append, List, Pairing};
use crate::inventory::ResourceId;
use crate::labels::{Labels, Selector};
use crate::place::Place;
use crate::symbols::Symbol;
use crate::workload::Form;

/// What joins need to know of all objects.
#[derive(Debug, Default)]
pub struct Facts {
    /// Pods and pod templates.
    pub workloads: List<WorkloadFact>,
    /// Pods and pod templates that lack some of what holds them apart from their nodes.
    pub confinement: List<ConfinementFact>,
    /// ServiceAccounts.
    pub service_accounts: List<ServiceAccountFact>,
    /// Secrets.
    pub secrets: List<SecretFact>,
    /// Plain copies of what is in secret stores.
    pub synced_secrets: List<SyncedSecretFact>,
    /// LimitRanges.
    pub limit_ranges: List<LimitRangeFact>,
    /// ResourceQuotas.
    pub quotas: List<QuotaFact>,
    /// Namespaces.
    pub namespaces: List<NamespaceFact>,
    /// PodDisruptionBudgets.
    pub budgets: List<BudgetFact>,
    /// Services that StatefulSets name.
    pub governing_services: List<GoverningServiceFact>,
    /// ServiceMonitors.
    pub monitors: List<MonitorFact>,
    /// HorizontalPodAutoscalers.
    pub autoscalers: List<AutoscalerFact>,
    /// PersistentVolumes.
    pub volumes: List<VolumeFact>,
    /// PersistentVolumeClaims.
    pub claims: List<ClaimFact>,
    /// CustomResourceDefinitions.
    pub definitions: List<DefinitionFact>,
    /// Roles and ClusterRoles.
    pub roles: List<RoleFact>,
    /// RoleBindings and ClusterRoleBindings.
    pub bindings: List<BindingFact>,
    /// The network.
    pub network: NetworkFacts,
    /// What decides which connections are made.
    pub traffic: TrafficFacts,
    /// Service meshes.
    pub mesh: MeshFacts,
    /// Admission control.
    pub admission: AdmissionFacts,
    /// Names of hosts that objects mention.
    pub mentions: MentionFacts,
    /// What only running clusters say.
    pub live: LiveFacts,
}

/// A CustomResourceDefinition. Its schemas are read when there is something to hold against them.
#[derive(Debug, PartialEq)]
pub struct DefinitionFact {
    /// The object.
    pub resource: ResourceId,
    /// The group that it defines a kind of.
    pub group: Symbol,
    /// The kind.
    pub kind: Symbol,
}

/// A pod or pod template.
#[derive(Debug, PartialEq)]
pub struct WorkloadFact {
    /// Its object.
    pub resource: ResourceId,
    /// Where the object has its name, or would have it.
    pub place: Place,
    /// Whether the pod is written whole, or in parts that a controller completes.
    pub form: Form,
    /// The labels of the pods.
    pub labels: Labels,
    /// `spec.replicas` of the object, if it is a number.
    pub replicas: Option<i64>,
    /// Where that is written.
    pub replicas_place: Option<Place>,
    /// The ServiceAccount's name as written; empty means `default`.
    pub service_account: Symbol,
    /// Where the name is written, or where it would be.
    pub service_account_place: Place,
    /// `automountServiceAccountToken` of the pod.
    pub automount: Option<bool>,
    /// Where automount is written, or where it would be.
    pub automount_place: Place,
    /// Every container has a mount of its own at the place where the token would appear.
    pub token_path_covered: bool,
    /// A projected token for the API server's audience, whatever automount says.
    pub projected_token: Option<Place>,
    /// The same, where a container mounts it.
    pub mounted_token: Option<Place>,
    /// Audiences of projected tokens, and where they are written.
    pub token_audiences: Box<[(Symbol, Place)]>,
    /// Claims that are made for each of its pods, as templates say.
    pub claim_templates: Box<[ClaimTemplate]>,
    /// Uses of claims.
    pub claims: Box<[ClaimUse]>,
    /// Names of the Secrets it uses, each use once.
    pub secrets: Box<[(Symbol, SecretUse)]>,
    /// The Secrets that its containers see, each use once: those of volumes that no container mounts are none.
    pub given: Box<[GivenSecret]>,
    /// The Secrets and ConfigMaps without which its pods do not start.
    pub references: Box<[Reference]>,
    /// What its containers run.
    pub images: Box<[ImageUse]>,
    /// Whether the pod names Secrets for pulling its images.
    pub pull_secrets: bool,
    /// Secrets whose files every user in the container can read, though the pod has a group for them; and where the
    /// mode is, or would be.
    pub readable_secrets: Box<[(Symbol, Place)]>,
    /// What it has to do with the network.
    pub network: PodNetworkFact,
    /// `nodeName`; empty if it is not set.
    pub node: Symbol,
    /// What it asks of its node, if it asks anything.
    pub scheduling: Option<Box<SchedulingFact>>,
    /// Whether it is the mirror of a static pod: these have no tokens of the API server.
    pub mirror: bool,
}

/// A Secret or ConfigMap that a pod cannot do without.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reference {
    /// Whether it is a Secret.
    pub is_secret: bool,
    /// Its name.
    pub name: Symbol,
    /// Where it is named.
    pub place: Place,
}

/// A Secret that containers see.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GivenSecret {
    /// Its name.
    pub name: Symbol,
    /// The keys that they see; `None` for all.
    pub keys: Option<Box<[Symbol]>>,
    /// Whether the pod starts without it.
    pub optional: bool,
}

/// How a pod uses a Secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretUse {
    /// As files.
    Volume,
    /// As environment variables.
    Environment,
    /// For pulling images.
    Pull,
}

/// An image that a container runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ImageUse {
    /// The image as written.
    pub image: Symbol,
    /// The name of the container.
    pub container: Symbol,
    /// Where the image is written.
    pub place: Place,
}

/// A volume of a pod that is a claim.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClaimUse {
    /// The claim's name.
    pub claim: Symbol,
    /// Where it is named.
    pub place: Place,
    /// A container that mounts it writable, if there is one; the mount's place.
    pub writable: Option<(Symbol, Place)>,
    /// A container that uses it as a block device, and where.
    pub device: Option<(Symbol, Place)>,
    /// Whether any container mounts it.
    pub mounted: bool,
}

/// A claim that a StatefulSet makes for each of its pods: its name, that of the StatefulSet, and the number of the pod.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClaimTemplate {
    /// How it is used; the name is that of the template.
    pub used: ClaimUse,
    /// `spec.volumeName`; empty if it is not set.
    pub volume: Symbol,
    /// `spec.storageClassName`, if it is set.
    pub storage_class: Option<Symbol>,
}

/// A ServiceAccount.
#[derive(Debug, PartialEq)]
pub struct ServiceAccountFact {
    /// The object.
    pub resource: ResourceId,
    /// `imagePullSecrets[].name`.
    pub pull_secret_names: Box<[Symbol]>,
    /// `automountServiceAccountToken`.
    pub automount: Option<bool>,
    /// Where that is written, or else the name.
    pub place: Place,
    /// `secrets[].name`, and where.
    pub secrets: Box<[(Symbol, Place)]>,
    /// Names of annotations.
    pub annotations: Box<[Symbol]>,
    /// The identity at a cloud provider that it names: the annotation, what it says, and where.
    pub cloud_identity: Option<(Symbol, Symbol, Place)>,
    /// `imagePullSecrets`, if it is there and not empty.
    pub pull_secrets: Option<Place>,
}

/// A Secret. Its values are never kept.
#[derive(Debug, PartialEq)]
pub struct SecretFact {
    /// The object.
    pub resource: ResourceId,
    /// Whether it holds a token of a ServiceAccount.
    pub is_token: bool,
    /// The name of that account in its namespace; empty if it is none, or not said.
    pub account: Symbol,
    /// Where its name is written.
    pub place: Place,
    /// `type`; empty if it is not set.
    pub kind: Symbol,
    /// Whether the control plane has declared its token invalid, as nobody used it for long.
    pub is_invalid: bool,
    /// Where a key has the name of a kubeconfig.
    pub kubeconfig: Option<Place>,
}

/// A plain Secret that a secret store is copied into.
#[derive(Debug, PartialEq)]
pub struct SyncedSecretFact {
    /// The object that has it copied.
    pub resource: ResourceId,
    /// The name of the Secret.
    pub name: Symbol,
    /// Where that is asked for.
    pub place: Place,
}

/// A LimitRange.
#[derive(Debug, PartialEq)]
pub struct LimitRangeFact {
    /// The object.
    pub resource: ResourceId,
    /// What it gives containers that ask for nothing.
    pub defaults: ContainerDefaults,
}

/// What a LimitRange gives containers that ask for nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContainerDefaults {
    /// A limit of CPU.
    pub cpu_limit: bool,
    /// A limit of memory.
    pub memory_limit: bool,
    /// A limit of space on the node's disk.
    pub storage_limit: bool,
    /// A request of CPU.
    pub cpu_request: bool,
    /// A request of memory.
    pub memory_request: bool,
}

/// A ResourceQuota.
#[derive(Debug, PartialEq)]
pub struct QuotaFact {
    /// The object.
    pub resource: ResourceId,
    /// Whether it bounds pods, or both CPU and memory, and of all pods.
    pub bounds: bool,
    /// Whether it bounds anything.
    pub empty: bool,
    /// `spec.hard`, or where it would be.
    pub place: Place,
}

/// A Namespace.
#[derive(Debug, PartialEq)]
pub struct NamespaceFact {
    /// The object.
    pub resource: ResourceId,
    /// Its name.
    pub place: Place,
    /// Its labels.
    pub labels: Labels,
    /// Where their values are written, in the same order.
    pub label_places: Box<[Place]>,
    /// What its labels and annotations say to service meshes.
    pub mesh: Box<[MeshSetting]>,
}

/// A PodDisruptionBudget.
#[derive(Debug, PartialEq)]
pub struct BudgetFact {
    /// The object.
    pub resource: ResourceId,
    /// The pods it is for; `None` if it has no selector.
    pub selector: Option<Selector>,
    /// `minAvailable` as written, and where.
    pub min_available: Option<(Symbol, Place)>,
    /// `maxUnavailable` as written, and where.
    pub max_unavailable: Option<(Symbol, Place)>,
    /// The `spec`, or the name if there is none.
    pub place: Place,
}

/// A HorizontalPodAutoscaler.
#[derive(Debug, PartialEq)]
pub struct AutoscalerFact {
    /// The object.
    pub resource: ResourceId,
    /// Kind of what it scales.
    pub target_kind: Symbol,
    /// Its API version.
    pub target_version: Symbol,
    /// Name of what it scales.
    pub target_name: Symbol,
    /// `minReplicas`; 1 if it is not set.
    pub min_replicas: i64,
    /// The name of what it scales, or where it would be.
    pub place: Place,
}

/// The Service that a StatefulSet names for its pods.
#[derive(Debug, PartialEq)]
pub struct GoverningServiceFact {
    /// The StatefulSet.
    pub resource: ResourceId,
    /// The name of the Service.
    pub service: Symbol,
    /// Where it is named.
    pub place: Place,
}

/// A ServiceMonitor.
#[derive(Debug, PartialEq)]
pub struct MonitorFact {
    /// The object.
    pub resource: ResourceId,
    /// The Services it is for.
    pub selector: Selector,
    /// The namespaces it looks in; `None` for all.
    pub namespaces: Option<Box<[Symbol]>>,
    /// The selector, or where it would be.
    pub place: Place,
}

/// A PersistentVolume.
#[derive(Debug, PartialEq)]
pub struct VolumeFact {
    /// The object.
    pub resource: ResourceId,
    /// The path, if the volume is `hostPath` or `local`.
    pub host_path: Option<Symbol>,
    /// Namespace and name of the claim that it is bound to; empty if none.
    pub claim: (Symbol, Symbol),
    /// Whether `volumeMode` is `Block`.
    pub block: bool,
    /// `storageClassName`.
    pub storage_class: Symbol,
}

/// A PersistentVolumeClaim.
#[derive(Debug, PartialEq)]
pub struct ClaimFact {
    /// The object.
    pub resource: ResourceId,
    /// `spec.volumeName`; empty if it is not set.
    pub volume: Symbol,
    /// `spec.storageClassName`, if it is set.
    pub storage_class: Option<Symbol>,
    /// `ReadWriteMany` in `spec.accessModes`.
    pub shared: Option<Place>,
}

impl Facts {
    /// Adds the facts of another part, whose resources are numbered from `base` on.
    pub fn append(&mut self, mut other: Self, base: u32) {
        self.live.clusters.append(&mut other.live.clusters);
        self.live.evidence.append(&mut other.live.evidence);
        self.pair(&mut other, &mut Append(base));
    }

    /// Does it with every list.
    pub(super) fn pair(&mut self, other: &mut Self, pairing: &mut impl Pairing) {
        let Self {
            workloads,
            confinement,
            service_accounts,
            secrets,
            synced_secrets,
            limit_ranges,
            quotas,
            namespaces,
            budgets,
            governing_services,
            monitors,
            autoscalers,
            volumes,
            claims,
            definitions,
            roles,
            bindings,
            network,
            traffic,
            mesh,
            admission,
            mentions,
            live,
        } = self;
        pairing.pair(workloads, &mut other.workloads);
        pairing.pair(confinement, &mut other.confinement);
        pairing.pair(service_accounts, &mut other.service_accounts);
        pairing.pair(secrets, &mut other.secrets);
        pairing.pair(synced_secrets, &mut other.synced_secrets);
        pairing.pair(limit_ranges, &mut other.limit_ranges);
        pairing.pair(quotas, &mut other.quotas);
        pairing.pair(namespaces, &mut other.namespaces);
        pairing.pair(budgets, &mut other.budgets);
        pairing.pair(governing_services, &mut other.governing_services);
        pairing.pair(monitors, &mut other.monitors);
        pairing.pair(autoscalers, &mut other.autoscalers);
        pairing.pair(volumes, &mut other.volumes);
        pairing.pair(claims, &mut other.claims);
        pairing.pair(definitions, &mut other.definitions);
        pairing.pair(roles, &mut other.roles);
        pairing.pair(bindings, &mut other.bindings);
        network.pair(&mut other.network, pairing);
        traffic.pair(&mut other.traffic, pairing);
        mesh.pair(&mut other.mesh, pairing);
        admission.pair(&mut other.admission, pairing);
        mentions.pair(&mut other.mentions, pairing);
        live.pair(&mut other.live, pairing);
    }
}
