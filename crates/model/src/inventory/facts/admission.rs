//! Facts of admission control: who is asked before an object is taken, and what is demanded of pods.

use crate::inventory::ResourceId;
use crate::inventory::list::{List, pairs};
use crate::labels::Selector;
use crate::place::Place;
use crate::symbols::Symbol;

/// What joins need to know of admission control.
#[derive(Debug, Default)]
pub struct AdmissionFacts {
    /// Services that the API server asks.
    pub webhooks: List<WebhookServiceFact>,
    /// Namespaces that policies are for, or not.
    pub scopes: List<PolicyScopeFact>,
    /// ValidatingAdmissionPolicies and MutatingAdmissionPolicies.
    pub policies: List<AdmissionPolicyFact>,
    /// Their bindings.
    pub bindings: List<PolicyBindingFact>,
    /// What holds pods to a level, other than the labels of namespaces.
    pub enforcements: List<EnforcementFact>,
    /// SecurityContextConstraints that are wide.
    pub wide_constraints: List<WideConstraintsFact>,
}

/// A Service that the API server asks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WebhookServiceFact {
    /// The object.
    pub resource: ResourceId,
    /// The namespace of the Service.
    pub namespace: Symbol,
    /// Its name.
    pub name: Symbol,
    /// Where the name is written.
    pub place: Place,
    /// What it is asked for.
    pub purpose: WebhookPurpose,
    /// Which objects it is asked about.
    pub asked: AskedAbout,
    /// Which of them when they are made or changed.
    pub writes: AskedAbout,
    /// The name of the webhook; empty for what is none.
    pub hook: Symbol,
    /// Whether labels of objects or conditions say which of them it is asked about.
    pub narrowed: bool,
}

/// Which objects a webhook is asked about, wherever they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AskedAbout {
    /// Pods.
    pub pods: bool,
    /// Secrets.
    pub secrets: bool,
    /// What has a template of pods.
    pub templates: bool,
    /// Roles of the cluster, and bindings.
    pub rights: bool,
}

/// What the API server asks a Service for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookPurpose {
    /// Whether to take an object; what it may not take when there is no answer.
    AdmissionRequired,
    /// Whether to take an object, which it takes when there is no answer.
    AdmissionOptional,
    /// An object in another version.
    Conversion,
    /// A group of the API that it serves.
    AggregatedApi,
}

/// SecurityContextConstraints of OpenShift that let a pod have its node, or be any user.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WideConstraintsFact {
    /// The object.
    pub resource: ResourceId,
    /// Its name.
    pub name: Symbol,
    /// The field that is the widest.
    pub place: Place,
}

/// The namespaces that a policy is for, where it does not name all of them.
#[derive(Debug, PartialEq)]
pub struct PolicyScopeFact {
    /// The object.
    pub resource: ResourceId,
    /// What kind of object it is.
    pub kind: ScopeKind,
    /// The name of the webhook; for a policy that of the object.
    pub name: Symbol,
    /// Whether it is asked about pods or Secrets.
    pub guards: bool,
    /// The namespaces.
    pub namespaces: Selector,
    /// Where they are selected.
    pub place: Place,
}

/// What selects namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeKind {
    /// A webhook.
    Webhook,
    /// An admission policy or its binding.
    Policy,
}

/// A ValidatingAdmissionPolicy or MutatingAdmissionPolicy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdmissionPolicyFact {
    /// The object.
    pub resource: ResourceId,
    /// Whether it changes objects.
    pub mutating: bool,
    /// Where its name is written.
    pub place: Place,
    /// The kind of its parameters; empty if it has none.
    pub parameter_kind: Symbol,
    /// The `apiVersion` of that kind.
    pub parameter_version: Symbol,
    /// Whether it is asked about new pods, or some of them.
    pub about_pods: bool,
    /// Whether it refuses pods when it cannot be evaluated, and is asked about them at all.
    pub covers_pods: bool,
}

/// A binding of such a policy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PolicyBindingFact {
    /// The object.
    pub resource: ResourceId,
    /// Whether it is of a policy that changes objects.
    pub mutating: bool,
    /// The name of the policy.
    pub policy: Symbol,
    /// Whether what fails is refused.
    pub denies: bool,
    /// Whether it is for every object of every namespace.
    pub everywhere: bool,
    /// The parameters, if it refers to any.
    pub parameters: Option<ParametersFact>,
    /// The parameters, if what is not found is let through.
    pub optional_parameter: Option<ParameterReference>,
}

/// What a binding takes parameters from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParametersFact {
    /// Their namespace; empty for that of the object that is judged, and for what is in none.
    pub namespace: Symbol,
    /// The name of the object; empty if labels choose them.
    pub name: Symbol,
}

/// A reference to an object that holds parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParameterReference {
    /// Its namespace as written; empty if it is not.
    pub namespace: Symbol,
    /// Its name.
    pub name: Symbol,
    /// Where `parameterNotFoundAction` is written.
    pub place: Place,
}

/// Something that holds pods to the Pod Security Standards, other than the labels of namespaces.
#[derive(Debug, PartialEq)]
pub struct EnforcementFact {
    /// The object.
    pub resource: ResourceId,
    /// What is demanded.
    pub demand: Demand,
    /// The namespace, for a policy that is for its own only; empty for all.
    pub namespace: Symbol,
    /// Namespaces that are left out by name.
    pub except: Box<[Symbol]>,
}

/// What is demanded of pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Demand {
    /// A level, by a policy engine.
    Level(EnforcedLevel),
    /// A level, by the admission plugin where a namespace has no label.
    DefaultLevel(EnforcedLevel),
    /// A part of the level `baseline`.
    Part(BaselinePart),
    /// What OpenShift's SecurityContextConstraints allow.
    SecurityContextConstraints,
}

/// A level of the Pod Security Standards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EnforcedLevel {
    /// Everything is taken.
    Privileged,
    /// What is known to give power over the node is refused.
    Baseline,
    /// Hardening is demanded.
    Restricted,
}

/// What policy engines have a policy of its own for; all of them together are a pack that stands for `baseline`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BaselinePart {
    /// Privileged containers.
    Privileged,
    /// Namespaces of the host.
    HostNamespaces,
    /// Directories of the host.
    HostPath,
    /// Ports of the host.
    HostPorts,
    /// Capabilities.
    Capabilities,
}

impl BaselinePart {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Privileged, Self::HostNamespaces, Self::HostPath, Self::HostPorts, Self::Capabilities];
}

pairs!(AdmissionFacts: webhooks, scopes, policies, bindings, enforcements, wide_constraints);
