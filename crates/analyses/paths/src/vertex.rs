//! What an attacker can hold: the vertices of the graph, by what they are and not by number.

use model::inventory::ResourceId;
use model::symbols::Symbol;
use rbac::{BindingId, SubjectKey};

use crate::placement;
use crate::templates;
use crate::world::{RightId, World};

/// A thing that an attacker can hold or be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Vertex {
    /// Somebody outside.
    Internet,
    /// A way in from outside: the object that opens it.
    EntryPoint(ResourceId),
    /// What some workloads may connect to: the number of that set.
    Segment(u32),
    /// Code in a pod of a workload: its number among the workloads of the inventory. All replicas are one.
    Workload(u32),
    /// Code in one container of a workload: the number of the workload, and that of the container among those of it
    /// that lack confinement.
    Container(u32, u32),
    /// A user, a ServiceAccount or a group, as the API server compares them.
    Subject(SubjectKey),
    /// What a binding gives.
    Binding(BindingId),
    /// A rule of a role where it holds.
    Right(RightId),
    /// All pods of a namespace, or of the cluster.
    Pods(Option<Symbol>),
    /// The templates of all objects of a kind in a namespace, or in the cluster: the number of the kind among
    /// `templates::KINDS`.
    Templates(u32, Option<Symbol>),
    /// All ServiceAccounts of a namespace, or of the cluster.
    Accounts(Option<Symbol>),
    /// All Secrets of a namespace, or of the cluster.
    Secrets(Option<Symbol>),
    /// All rights in a namespace.
    Namespace(Symbol),
    /// A Secret: namespace and name. Never its values.
    Secret(Symbol, Symbol),
    /// A ConfigMap: namespace and name.
    ConfigMap(Symbol, Symbol),
    /// What the files of a node say: keys, tokens, kubeconfigs that lie there.
    NodeFiles,
    /// Root on a node that runs pods.
    Node,
    /// Root on the node of that name.
    NamedNode(Symbol),
    /// Root on one of several nodes: the number of that set among those of `placement`.
    OneOfNodes(u32),
    /// Pods that come to one of several nodes: the number of that set.
    Placed(u32),
    /// Root on any node of the cluster that the attacker chooses.
    EveryNode,
    /// Root on a node that runs the control plane.
    ControlPlaneNode,
    /// What the cloud gives a node through its metadata service.
    NodeCloudIdentity,
    /// An identity at the cloud provider: its name as the account's annotation has it.
    CloudIdentity(Symbol),
    /// What pods of a namespace, or of the cluster, send each other.
    Traffic(Option<Symbol>),
    /// What is stored in a namespace, or in the cluster: it can be destroyed.
    Data(Option<Symbol>),
    /// All rights over the cluster.
    ClusterAdmin,
}

impl Vertex {
    /// The word for its kind.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Internet => "internet",
            Self::EntryPoint(_) => "entry-point",
            Self::Segment(_) => "segment",
            Self::Workload(_) => "workload",
            Self::Container(..) => "container",
            Self::Subject(_) => "subject",
            Self::Binding(_) => "binding",
            Self::Right(_) => "right",
            Self::Pods(_) => "pods",
            Self::Templates(..) => "templates",
            Self::Accounts(_) => "service-accounts",
            Self::Secrets(_) => "secrets",
            Self::Namespace(_) => "namespace",
            Self::Secret(..) => "secret",
            Self::ConfigMap(..) => "config-map",
            Self::NodeFiles => "node-files",
            Self::Node => "node",
            Self::NamedNode(_) => "named-node",
            Self::OneOfNodes(_) => "one-of-nodes",
            Self::Placed(_) => "placed-pods",
            Self::EveryNode => "nodes",
            Self::ControlPlaneNode => "control-plane-node",
            Self::NodeCloudIdentity => "node-cloud-identity",
            Self::CloudIdentity(_) => "cloud-identity",
            Self::Traffic(_) => "traffic",
            Self::Data(_) => "data",
            Self::ClusterAdmin => "cluster-admin",
        }
    }

    /// What it is ordered by: its kind and its name, whatever numbers texts have and in whatever files objects stand. What
    /// has the same name is ordered as the input is.
    pub(crate) fn order(self, world: &World<'_>) -> (&'static str, String, u32, u32) {
        let (first, second) = match self {
            Self::EntryPoint(resource) => (resource.0, 0),
            Self::Workload(number) | Self::Segment(number) | Self::OneOfNodes(number) | Self::Placed(number) => {
                (number, 0)
            }
            Self::Container(number, container) => (number, container),
            _ => (0, 0),
        };
        (self.kind(), self.name(world), first, second)
    }

    /// What it is called in any inventory that has it: its kind and name, of a rule those of its role, since rules have
    /// numbers only. What sets hold changes with every pod: all are one.
    pub(crate) fn identity(self, world: &World<'_>) -> String {
        let name = match self {
            Self::Segment(_) => String::new(),
            Self::Right(right) => {
                format!("{} in {}", role_name(world, right), scope_name(world, world.right(right).scope))
            }
            _ => self.name(world),
        };
        format!("{} {name}", self.kind())
    }

    /// How it is called: `Deployment shop/web`, `ServiceAccount shop/web`, `a node`.
    pub fn name(self, world: &World<'_>) -> String {
        let text = |symbol| world.inventory.symbols.text(symbol);
        match self {
            Self::Internet => "the internet".to_owned(),
            Self::EntryPoint(resource) => world.object_name(resource),
            Self::Segment(number) => world.segments().name(world, number),
            Self::Workload(number) => workload_name(world, number),
            Self::Container(number, container) => {
                let name = world.container(number, container).map(|container| text(container.name)).unwrap_or_default();
                format!("{}, container {name}", workload_name(world, number))
            }
            Self::Subject(subject) => {
                let (kind, name) = world.rbac.describe(subject);
                format!("{kind} {name}")
            }
            Self::Binding(binding) => binding_name(world, binding),
            Self::Right(right) => right_name(world, right),
            Self::Pods(scope) => format!("all pods of {}", scope_name(world, scope)),
            Self::Templates(kind, scope) => {
                format!("all {}s of {}", templates::KINDS[kind as usize].kind, scope_name(world, scope))
            }
            Self::Accounts(scope) => format!("all ServiceAccounts of {}", scope_name(world, scope)),
            Self::Secrets(scope) => format!("all Secrets of {}", scope_name(world, scope)),
            Self::Namespace(name) => format!("all of namespace {}", text(name)),
            Self::Secret(namespace, name) => format!("Secret {}/{}", text(namespace), text(name)),
            Self::ConfigMap(namespace, name) => format!("ConfigMap {}/{}", text(namespace), text(name)),
            Self::NodeFiles => "files of a node".to_owned(),
            Self::Node => "a node".to_owned(),
            Self::NamedNode(name) => format!("Node {}", text(name)),
            Self::OneOfNodes(set) => placement::set_name(world, set),
            Self::Placed(set) => format!("pods that come to {}", placement::set_name(world, set)),
            Self::EveryNode => "every node".to_owned(),
            Self::ControlPlaneNode => "a control-plane node".to_owned(),
            Self::NodeCloudIdentity => "the cloud identity of a node".to_owned(),
            Self::CloudIdentity(name) => format!("cloud identity {}", text(name)),
            Self::Traffic(scope) => format!("traffic of {}", scope_name(world, scope)),
            Self::Data(scope) => format!("data of {}", scope_name(world, scope)),
            Self::ClusterAdmin => "cluster-admin".to_owned(),
        }
    }
}

fn scope_name(world: &World<'_>, scope: Option<Symbol>) -> String {
    scope.map_or_else(|| "the cluster".to_owned(), |namespace| format!("namespace {}", world.text(namespace)))
}

fn binding_name(world: &World<'_>, id: BindingId) -> String {
    let binding = world.rbac.binding(id);
    let name = world.text(binding.name);
    if binding.cluster {
        format!("ClusterRoleBinding {name}")
    } else {
        format!("RoleBinding {}/{name}", world.text(binding.namespace))
    }
}

/// The role, the number of the rule, and where it holds.
fn right_name(world: &World<'_>, id: RightId) -> String {
    let right = world.right(id);
    format!("rule {} of {} in {}", right.rule.index + 1, role_name(world, id), scope_name(world, right.scope))
}

fn role_name(world: &World<'_>, id: RightId) -> String {
    let role = world.rbac.role(world.right(id).rule.origin);
    let name = world.text(role.name);
    if role.cluster { format!("ClusterRole {name}") } else { format!("Role {}/{name}", world.text(role.namespace)) }
}

fn workload_name(world: &World<'_>, number: u32) -> String {
    let resource = world.inventory.facts.workloads[number as usize].resource;
    world.object_name(resource)
}
