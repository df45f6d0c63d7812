//! How pods are held apart from their nodes, as far as they are not: what escapes are made of.

use crate::inventory::ResourceId;
use crate::place::Place;
use crate::pod::ContainerList;
use crate::symbols::Symbol;

/// A pod or template that lacks some of what holds pods apart from nodes. Pods that lack nothing are not kept.
#[derive(Debug, PartialEq)]
pub struct ConfinementFact {
    /// The object.
    pub resource: ResourceId,
    /// Which of the pods of the object, in the order of its workloads.
    pub number: u32,
    /// `hostPID: true`.
    pub host_pid: Option<Place>,
    /// `hostIPC: true`.
    pub host_ipc: Option<Place>,
    /// `hostNetwork: true`.
    pub host_network: Option<Place>,
    /// `shareProcessNamespace: true`.
    pub shared_processes: Option<Place>,
    /// `hostUsers: false`: root in the pod is nobody on the node.
    pub user_namespace: bool,
    /// `runtimeClassName`; empty if it is not set.
    pub runtime_class: Symbol,
    /// Whether the pod is for Windows.
    pub windows: bool,
    /// The containers that have something of their own.
    pub containers: Box<[ContainerConfinementFact]>,
}

/// A container that lacks some of what holds it apart from its node.
#[derive(Debug, PartialEq)]
pub struct ContainerConfinementFact {
    /// Its name.
    pub name: Symbol,
    /// The list it is in.
    pub list: ContainerList,
    /// Whether it runs as long as the pod does: not an init container that ends.
    pub stays: bool,
    /// Where the container stands.
    pub place: Place,
    /// `privileged: true`.
    pub privileged: Option<Place>,
    /// `hostProcess: true` of `windowsOptions`, of its own or of the pod.
    pub host_process: Option<Place>,
    /// What it adds of capabilities, as the kernel names them, and where.
    pub capabilities: Box<[(Symbol, Place)]>,
    /// The user that its processes run as; `None` where the image decides.
    pub user: Option<i64>,
    /// Whether it is said that its processes are not root's: another user, or `runAsNonRoot`.
    pub non_root: bool,
    /// What AppArmor does.
    pub app_armor: ProfileFact,
    /// What seccomp does.
    pub seccomp: ProfileFact,
    /// What it mounts of the node.
    pub host_mounts: Box<[HostMountFact]>,
}

/// What a profile of AppArmor or seccomp does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProfileFact {
    /// It is not set: the node decides.
    #[default]
    Unset,
    /// It confines.
    Confined,
    /// It is switched off.
    Unconfined,
}

/// A path of the node that a container sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostMountFact {
    /// The path on the node, the `subPath` of the mount included; clean (no `.`, `..`, `//`, no slash at the end).
    pub path: Symbol,
    /// Whether it is some directory below the path: `subPathExpr` names it when the pod starts.
    pub below: bool,
    /// Whether the container can write there.
    pub writable: bool,
    /// The mount.
    pub place: Place,
}
