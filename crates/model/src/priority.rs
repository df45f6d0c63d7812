//! What findings contribute to what an attacker can do, and which changes take most of that away.

use crate::inventory::ResourceId;
use crate::place::Place;
use crate::symbols::Symbol;

/// Where an attacker begins, from the least to the most open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A workload that is broken into.
    Workload,
    /// Whoever can log in.
    Authenticated,
    /// Whoever talks to the API server without a name.
    Anonymous,
    /// Whoever comes in from outside.
    Internet,
}

/// What an attacker comes to, from the least to the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Goal {
    /// The values of all Secrets.
    Secrets,
    /// Root on a node.
    Node,
    /// Root on a node of the control plane.
    ControlPlane,
    /// All rights over the cluster.
    ClusterAdmin,
}

impl Origin {
    /// A word for machines.
    pub fn word(self) -> &'static str {
        match self {
            Self::Workload => "workload",
            Self::Authenticated => "authenticated",
            Self::Anonymous => "anonymous",
            Self::Internet => "internet",
        }
    }

    /// As the beginning of a way: `a way from the internet`.
    pub fn text(self) -> &'static str {
        match self {
            Self::Workload => "a workload that is broken into",
            Self::Authenticated => "anybody who can log in",
            Self::Anonymous => "anybody who reaches the API server",
            Self::Internet => "the internet",
        }
    }
}

impl Goal {
    /// A word for machines.
    pub fn word(self) -> &'static str {
        match self {
            Self::Secrets => "secrets",
            Self::Node => "node",
            Self::ControlPlane => "control-plane",
            Self::ClusterAdmin => "cluster-admin",
        }
    }

    /// As the end of a way: `to root on a node`.
    pub fn text(self) -> &'static str {
        match self {
            Self::Secrets => "all Secrets",
            Self::Node => "root on a node",
            Self::ControlPlane => "root on the control plane",
            Self::ClusterAdmin => "cluster-admin",
        }
    }
}

/// What the finding of one control about one resource contributes. Those that contribute nothing have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contribution {
    /// The resource.
    pub resource: ResourceId,
    /// The id of the control.
    pub control: &'static str,
    /// How much of the risk is gone when it alone is mended, in thousandths.
    pub cut: u16,
    /// How much is gone when it is mended with the others of its group of the changes that are best made; 0 if it is in
    /// none.
    pub together: u16,
    /// Its share of that, or what it cuts alone, whichever is more.
    pub share: u16,
    /// The most open beginning of a way that uses it.
    pub from: Origin,
    /// The greatest end of a way that uses it.
    pub to: Goal,
}

/// A change that is best made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstChange {
    /// The object that is changed.
    pub resource: ResourceId,
    /// Where.
    pub place: Place,
    /// The number of the file; `None` if it is that of the object.
    pub file: Option<u32>,
    /// What to do, as an instruction: `take \`privileged: true\` out`.
    pub title: Symbol,
    /// The number of its group: changes of one group cut only together.
    pub group: u32,
    /// How much of the risk is left after it, in thousandths.
    pub left: u16,
}

/// What comes first, and why.
#[derive(Clone, Debug, Default)]
pub struct Priorities {
    /// What findings contribute, ordered by resource and control.
    pub contributions: Vec<Contribution>,
    /// The changes that are best made, in order.
    pub first: Vec<FirstChange>,
    /// The risk that these changes are measured by.
    pub risk: u64,
}

impl Priorities {
    /// What the finding of a control about a resource contributes.
    pub fn of(&self, resource: ResourceId, control: &str) -> Option<&Contribution> {
        let at = self.contributions.binary_search_by(|known| (known.resource, known.control).cmp(&(resource, control)));
        self.contributions.get(at.ok()?)
    }

    /// Adds what was found in another part of the input, whose resources have these numbers now. The changes are those of
    /// the part with the greater risk. `sort` ends it.
    pub fn add(
        &mut self,
        other: &Self,
        number: &dyn Fn(ResourceId) -> Option<ResourceId>,
        place: &dyn Fn(ResourceId, Place) -> (Option<u32>, Place),
    ) {
        for contribution in &other.contributions {
            if let Some(resource) = number(contribution.resource) {
                self.contributions.push(Contribution { resource, ..*contribution });
            }
        }
        if other.risk > self.risk {
            let change = |change: &FirstChange| {
                let (file, at) = place(change.resource, change.place);
                let file = file.or(change.file);
                Some(FirstChange { resource: number(change.resource)?, file, place: at, ..*change })
            };
            self.first = other.first.iter().filter_map(change).collect();
            self.risk = other.risk;
        }
    }

    /// Puts contributions in order. Of several about one thing the greatest stays.
    pub fn sort(&mut self) {
        self.contributions.sort_by(|a, b| {
            let order = (a.resource, a.control).cmp(&(b.resource, b.control));
            order.then_with(|| (b.share, b.cut, b.from, b.to).cmp(&(a.share, a.cut, a.from, a.to)))
        });
        self.contributions.dedup_by_key(|contribution| (contribution.resource, contribution.control));
    }
}
