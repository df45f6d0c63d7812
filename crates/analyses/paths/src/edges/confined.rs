//! What edges out of containers share: the containers that lack confinement, and what weakens every escape.

use model::inventory::{ConfinementFact, ContainerConfinementFact, HostMountFact, ResourceId};
use model::place::Place;

use crate::edge::{Assumptions, BECOMES_ROOT, FILES_ADMIT_USER, LEADS_THERE, SANDBOX_LEAKS, USER_NAMESPACE_LEAKS};
use crate::graph::{Action, FixKey};
use crate::placement;
use crate::vertex::Vertex;
use crate::world::World;

/// A container that lacks some of what holds it apart from its node.
pub(crate) struct Unconfined<'a> {
    /// The number of its workload.
    workload: u32,
    /// Its pod.
    pub(crate) pod: &'a ConfinementFact,
    /// The container.
    pub(crate) container: &'a ContainerConfinementFact,
    /// Its vertex.
    pub(crate) vertex: Vertex,
    /// What must hold for anything to come out of it: sandboxes and user namespaces are in the way.
    pub(crate) assumptions: Assumptions,
}

/// The containers, in the order of the input, without those of Windows: these have ways of their own.
pub(crate) fn containers<'a>(world: &'a World<'a>) -> impl Iterator<Item = Unconfined<'a>> {
    all_containers(world).filter(|container| !container.pod.windows)
}

/// The containers, those of Windows among them.
pub(crate) fn all_containers<'a>(world: &'a World<'a>) -> impl Iterator<Item = Unconfined<'a>> {
    world.unconfined().flat_map(|(number, pod)| {
        let assumptions = assumptions(pod);
        (0..).zip(&pod.containers).map(move |(at, container)| Unconfined {
            workload: number,
            pod,
            container,
            vertex: Vertex::Container(number, at),
            assumptions,
        })
    })
}

/// What must hold for anything to come out of a pod.
pub(crate) fn assumptions(pod: &ConfinementFact) -> Assumptions {
    let mut assumptions = Assumptions::NONE;
    if !pod.runtime_class.is_empty() {
        assumptions = assumptions.and(&SANDBOX_LEAKS);
    }
    if pod.user_namespace {
        assumptions = assumptions.and(&USER_NAMESPACE_LEAKS);
    }
    assumptions
}

impl Unconfined<'_> {
    /// The number of its workload.
    pub(crate) fn workload(&self) -> u32 {
        self.workload
    }

    /// What must hold for its processes to have what root of the node has: one that is not root has no capabilities.
    pub(crate) fn as_root(&self) -> Assumptions {
        if self.container.non_root { self.assumptions.and(&BECOMES_ROOT) } else { self.assumptions }
    }

    /// What must hold for its processes to use the files that a mount shows.
    pub(crate) fn uses(&self, mount: &HostMountFact) -> Assumptions {
        let mut assumptions = Assumptions::NONE;
        if self.container.non_root && self.container.privileged.is_none() {
            assumptions = assumptions.and(&FILES_ADMIT_USER);
        }
        if mount.below {
            assumptions = assumptions.and(&LEADS_THERE);
        }
        assumptions
    }

    /// The nodes that its pods run on, for people.
    pub(crate) fn nodes(&self, world: &World<'_>) -> String {
        placement::phrase(world, self.workload)
    }

    /// Where the container adds a capability, or all of them. Names are those of the kernel, without `CAP_`.
    pub(crate) fn capability(&self, world: &World<'_>, name: &str) -> Option<Place> {
        let all = world.inventory.symbols.intern("ALL");
        let wanted = world.inventory.symbols.intern(name);
        let added = self.container.capabilities.iter().find(|(added, _)| *added == wanted || *added == all);
        added.map(|(_, place)| *place)
    }

    /// What it mounts of the node, with the paths.
    pub(crate) fn mounts<'w>(&'w self, world: &'w World<'_>) -> impl Iterator<Item = (&'w HostMountFact, String)> {
        self.container.host_mounts.iter().map(|mount| (mount, world.text(mount.path)))
    }
}

/// The fix that makes a mount read-only.
pub(crate) fn read_only(resource: ResourceId, mount: &HostMountFact) -> FixKey {
    FixKey { resource, place: mount.place, action: Action::Insert("readOnly: true") }
}

/// Whether `path` is `of` or a directory that it is in. Both are clean.
pub(crate) fn covers(path: &str, of: &str) -> bool {
    path == "/" || path == of || of.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether one of the two is in the other: a mount of `/etc/kubernetes/manifests` leads to what lies in it, and so does
/// one of `/etc`.
pub(crate) fn meets(path: &str, of: &str) -> bool {
    covers(path, of) || covers(of, path)
}
