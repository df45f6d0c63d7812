//! What is dangerous to be able to do: themes, and the requests that each danger takes.

mod entries;
mod wanted;

use model::severity::Severity;

pub use entries::ALL;

/// Something dangerous that somebody may be able to do.
#[derive(Debug)]
pub struct Danger {
    /// Its id, kebab-case, stable.
    pub id: &'static str,
    /// What can be done, as a phrase that follows "can".
    pub title: &'static str,
    /// What it is about.
    pub theme: Theme,
    /// How bad it is in the whole cluster.
    pub severity: Severity,
    /// Techniques of MITRE ATT&CK for Containers.
    pub techniques: &'static [&'static str],
    /// What it leads to, as a clause.
    pub why: &'static str,
    /// The ways to it. Each takes all of its needs; of the alternatives of a need one is enough.
    pub ways: &'static [&'static [&'static [Need]]],
    /// Where it is a danger.
    pub place: Where,
}

/// What a danger is about, in the order in which lists have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Theme {
    /// Everything.
    Everything,
    /// Roles, bindings, tokens, certificates: who is who and may do what.
    Identity,
    /// Secrets and other data.
    Secrets,
    /// Pods and what makes them.
    Workloads,
    /// Nodes and kubelets.
    Nodes,
    /// Admission control and extensions of the API.
    Admission,
    /// Services, policies, DNS.
    Network,
    /// Deleting, hiding, disturbing.
    Destruction,
}

impl Theme {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Everything,
        Self::Identity,
        Self::Secrets,
        Self::Workloads,
        Self::Nodes,
        Self::Admission,
        Self::Network,
        Self::Destruction,
    ];

    /// Its name, for headings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Everything => "everything",
            Self::Identity => "roles and identities",
            Self::Secrets => "secrets and data",
            Self::Workloads => "workloads",
            Self::Nodes => "nodes",
            Self::Admission => "admission and extensions",
            Self::Network => "network",
            Self::Destruction => "destruction and traces",
        }
    }
}

/// Where something is a danger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// Wherever it is allowed.
    Anywhere,
    /// In the whole cluster or in `kube-system`.
    KubeSystem,
    /// The same, of a cluster of EKS.
    Eks,
    /// Wherever it is allowed, and in a namespace it is worth the whole cluster.
    Outright,
    /// Where a Service is that the API server asks.
    WebhookNamespaces,
    /// Where an admission policy has its parameters.
    Parameters,
}

/// Requests of which one is enough.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    /// Verbs of which one is enough.
    pub verbs: &'static [&'static str],
    /// The group.
    pub group: &'static str,
    /// Resources of which one is enough; `*` is any of the group.
    pub resources: &'static [&'static str],
    /// Names of which one is enough; none means any.
    pub names: &'static [&'static str],
    /// The first minor version of Kubernetes in which it is no longer enough; 0 for none.
    pub before: u8,
    /// Whether any object of it will do, so that a rule for some names is as good as one for all.
    pub any_will_do: bool,
    /// What cannot be said by verbs and resources.
    pub special: Special,
}

/// What cannot be said by verbs and resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// Nothing.
    None,
    /// A rule with `*` for verbs, groups and resources.
    Everything,
    /// Any verb that begins with `impersonate-on:`.
    ImpersonateOn,
    /// Changing what an admission policy has as parameter.
    Parameters,
}

impl Need {
    /// A rule with `*` for verbs, groups and resources.
    pub const EVERYTHING: Self = Self { special: Special::Everything, ..need(&[], "", &[]) };
    /// Any verb that begins with `impersonate-on:`.
    pub const IMPERSONATE_ON: Self = Self { special: Special::ImpersonateOn, ..need(&[], "", &[]) };

    /// Changing or deleting what an admission policy has as parameter.
    pub const PARAMETERS: Self =
        Self { special: Special::Parameters, ..need(&["update", "patch", "delete", "deletecollection"], "", &[]) };

    const fn any_will_do(self) -> Self {
        Self { any_will_do: true, ..self }
    }

    const fn named(self, names: &'static [&'static str]) -> Self {
        Self { names, ..self }
    }

    const fn before(self, before: u8) -> Self {
        Self { before, ..self }
    }
}

const fn need(verbs: &'static [&'static str], group: &'static str, resources: &'static [&'static str]) -> Need {
    Need { verbs, group, resources, names: &[], before: 0, any_will_do: false, special: Special::None }
}

/// The index of the danger of that id.
pub fn index(id: &str) -> Option<usize> {
    ALL.iter().position(|danger| danger.id == id)
}
