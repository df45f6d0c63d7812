//! What an attacker can hold: the vertices of the graph, by what they are and not by number.

use model::inventory::{Inventory, ResourceId};
use model::symbols::Symbol;

use crate::world::World;

/// A thing that an attacker can hold or be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Vertex {
    /// Somebody outside.
    Internet,
    /// A way in from outside: the object that opens it.
    EntryPoint(ResourceId),
    /// Code in a pod of a workload: its number among the workloads of the inventory. All replicas are one.
    Workload(u32),
    /// Code in one container of a workload: the number of the workload, and that of the container among those of it
    /// that lack confinement.
    Container(u32, u32),
    /// A ServiceAccount: namespace and name.
    Account(Symbol, Symbol),
    /// A user.
    User(Symbol),
    /// A group.
    Group(Symbol),
    /// A Secret: namespace and name. Never its values.
    Secret(Symbol, Symbol),
    /// A ConfigMap: namespace and name.
    ConfigMap(Symbol, Symbol),
    /// What the files of a node say: keys, tokens, kubeconfigs that lie there.
    NodeFiles,
    /// Root on a node that runs pods.
    Node,
    /// Root on a node that runs the control plane.
    ControlPlaneNode,
    /// What the cloud gives a node through its metadata service.
    NodeCloudIdentity,
    /// An identity at the cloud provider: its name as the account's annotation has it.
    CloudIdentity(Symbol),
    /// All rights over the cluster.
    ClusterAdmin,
}

impl Vertex {
    /// The word for its kind.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Internet => "internet",
            Self::EntryPoint(_) => "entry-point",
            Self::Workload(_) => "workload",
            Self::Container(..) => "container",
            Self::Account(..) => "service-account",
            Self::User(_) => "user",
            Self::Group(_) => "group",
            Self::Secret(..) => "secret",
            Self::ConfigMap(..) => "config-map",
            Self::NodeFiles => "node-files",
            Self::Node => "node",
            Self::ControlPlaneNode => "control-plane-node",
            Self::NodeCloudIdentity => "node-cloud-identity",
            Self::CloudIdentity(_) => "cloud-identity",
            Self::ClusterAdmin => "cluster-admin",
        }
    }

    /// What it is ordered by: its kind, its number in the input, and then its name, whatever numbers texts have.
    pub(crate) fn order(self, world: &World<'_>) -> (&'static str, u32, u32, String) {
        let kind = self.kind();
        match self {
            Self::EntryPoint(resource) => (kind, resource.0, 0, String::new()),
            Self::Workload(number) => (kind, number, 0, String::new()),
            Self::Container(number, container) => (kind, number, container, String::new()),
            _ => (kind, 0, 0, self.name(world)),
        }
    }

    /// How it is called: `Deployment shop/web`, `ServiceAccount shop/web`, `a node`.
    pub fn name(self, world: &World<'_>) -> String {
        let text = |symbol| world.inventory.symbols.text(symbol);
        match self {
            Self::Internet => "the internet".to_owned(),
            Self::EntryPoint(resource) => object_name(world.inventory, resource, world.namespace(resource)),
            Self::Workload(number) => workload_name(world, number),
            Self::Container(number, container) => {
                let name = world.container(number, container).map(|container| text(container.name)).unwrap_or_default();
                format!("{}, container {name}", workload_name(world, number))
            }
            Self::Account(namespace, name) => format!("ServiceAccount {}/{}", text(namespace), text(name)),
            Self::User(name) => format!("User {}", text(name)),
            Self::Group(name) => format!("Group {}", text(name)),
            Self::Secret(namespace, name) => format!("Secret {}/{}", text(namespace), text(name)),
            Self::ConfigMap(namespace, name) => format!("ConfigMap {}/{}", text(namespace), text(name)),
            Self::NodeFiles => "files of a node".to_owned(),
            Self::Node => "a node".to_owned(),
            Self::ControlPlaneNode => "a control-plane node".to_owned(),
            Self::NodeCloudIdentity => "the cloud identity of a node".to_owned(),
            Self::CloudIdentity(name) => format!("cloud identity {}", text(name)),
            Self::ClusterAdmin => "cluster-admin".to_owned(),
        }
    }
}

fn workload_name(world: &World<'_>, number: u32) -> String {
    let resource = world.inventory.facts.workloads[number as usize].resource;
    object_name(world.inventory, resource, world.namespace(resource))
}

fn object_name(inventory: &Inventory, resource: ResourceId, namespace: Symbol) -> String {
    let object = inventory.resource(resource);
    let text = |symbol| inventory.symbols.text(symbol);
    format!("{} {}/{}", text(object.kind), text(namespace), text(object.name))
}
