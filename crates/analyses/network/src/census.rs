//! Who there is: workloads, the classes of pods that no policy tells apart, nodes, and the outside.

use std::net::IpAddr;

use foldhash::fast::FixedState;
use model::inventory::{InstanceFact, Inventory, Protocol, ResourceId, WorkloadFact};
use model::labels::Labels;
use model::symbols::Symbol;

use crate::addresses::Range;
use crate::config::{Config, HostNetwork};

pub(crate) type Map<K, V> = hashbrown::HashMap<K, V, FixedState>;

/// The label that every namespace has, with its name.
pub(crate) const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// Labels that controllers give to the pods of a StatefulSet, each pod its own.
const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";
const POD_INDEX: &str = "apps.kubernetes.io/pod-index";

/// How many pods of a StatefulSet are told apart, where policies do.
const MOST_TOLD_APART: i64 = 256;

/// A workload: what controls pods, or a pod that nothing controls.
#[derive(Debug)]
pub struct Workload {
    /// The object, or a pod of it if the object itself is not in the input.
    pub resource: ResourceId,
    /// The kind.
    pub kind: Symbol,
    /// The namespace; `default` where none is written.
    pub namespace: Symbol,
    /// The name.
    pub name: Symbol,
    /// The indexes of its pods and templates among the facts.
    pub members: Vec<u32>,
    /// How many pods it has, if that is known.
    pub pods: Option<u32>,
}

/// What a class of endpoints is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// Pods with addresses of their own.
    Pod,
    /// Pods on the network of their node, where those are the node.
    HostPod,
    /// Nodes.
    Node,
    /// For whichever pods are asked for, the node that they run on.
    OwnNode,
    /// Addresses outside.
    Outside,
}

/// Which connections a class takes part in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Family {
    #[default]
    Any,
    V4,
    V6,
}

impl Family {
    /// Whether an address is one of it.
    pub(crate) fn has(self, address: &IpAddr) -> bool {
        match self {
            Self::Any => true,
            Self::V4 => address.is_ipv4(),
            Self::V6 => address.is_ipv6(),
        }
    }
}

/// Endpoints that no policy tells apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Class {
    pub(crate) kind: Kind,
    /// Whether its pods are on the network of their node.
    pub(crate) is_host: bool,
    pub(crate) namespace: u32,
    /// Labels that some selector asks for, sorted.
    pub(crate) labels: Box<[(Symbol, Symbol)]>,
    /// Named ports that some rule asks for, sorted.
    pub(crate) ports: Box<[(Symbol, Protocol, u16)]>,
    pub(crate) family: Family,
    /// The atoms of its addresses; none if they are not known.
    pub(crate) atoms: Box<[u32]>,
}

/// A class as a part of a workload.
pub(crate) struct Member {
    pub(crate) workload: u32,
    pub(crate) class: u32,
    /// What tells it from the other pods of its workload, where something does.
    pub(crate) note: String,
    /// Whether it is one pod of its workload.
    pub(crate) is_one_pod: bool,
}

/// A namespace.
pub(crate) struct Namespace {
    pub(crate) name: Symbol,
    pub(crate) labels: Vec<(Symbol, Symbol)>,
}

/// What policies ask for, so that the rest is left out.
#[derive(Default)]
pub(crate) struct Asked {
    pub(crate) labels: hashbrown::HashSet<Symbol, FixedState>,
    pub(crate) ports: hashbrown::HashSet<Symbol, FixedState>,
    /// Whether pods are told apart by their addresses.
    pub(crate) addresses: bool,
}

/// Everybody.
pub(crate) struct Census {
    pub(crate) workloads: Vec<Workload>,
    pub(crate) classes: Vec<Class>,
    pub(crate) members: Vec<Member>,
    pub(crate) namespaces: Vec<Namespace>,
    pub(crate) namespace_index: Map<Symbol, u32>,
    /// The ranges of addresses that no block tells apart.
    pub(crate) ranges: Vec<Range>,
    /// The class of the first range; the others follow.
    pub(crate) first_outside: u32,
    /// Nodes, each with its class.
    pub(crate) nodes: Vec<(Symbol, u32)>,
    /// The class of the node that pods run on.
    pub(crate) own_node: u32,
}

/// The namespace in which an object is: `default` where none is written.
pub(crate) fn namespace_of(inventory: &Inventory, resource: ResourceId) -> Symbol {
    let written = inventory.namespace(resource);
    if written.is_empty() { inventory.symbols.intern("default") } else { written }
}

impl Census {
    pub(crate) fn new(inventory: &Inventory, config: &Config, asked: &Asked, ranges: Vec<Range>) -> Self {
        let workloads = workloads(inventory, config);
        let (namespaces, namespace_index) = namespaces(inventory, config, &workloads);
        let mut census = Self {
            workloads,
            classes: Vec::new(),
            members: Vec::new(),
            namespaces,
            namespace_index,
            ranges,
            first_outside: 0,
            nodes: Vec::new(),
            own_node: 0,
        };
        let (known, pod_kind) = (Map::default(), inventory.symbols.intern("Pod"));
        Builder { inventory, config, asked, known, instances: instances(inventory), pod_kind }.fill(&mut census);
        census
    }

    /// The range that a class outside is.
    pub(crate) fn range(&self, class: u32) -> Range {
        self.ranges[(class - self.first_outside) as usize]
    }
}

fn instances(inventory: &Inventory) -> Map<ResourceId, &InstanceFact> {
    inventory.facts.traffic.instances.iter().map(|instance| (instance.resource, instance)).collect()
}

type Key = (Symbol, Symbol, Symbol);

/// Objects that hold pods of others, and never have pods themselves.
const NO_WORKLOADS: &[&str] = &["PodTemplate", "SidecarSet"];

fn workloads(inventory: &Inventory, config: &Config) -> Vec<Workload> {
    let instances = instances(inventory);
    let facts = &inventory.facts.workloads;
    let mut objects: Map<Key, ResourceId> = Map::default();
    for fact in facts.iter().filter(|fact| !config.without.contains(&fact.resource)) {
        objects.insert(key(inventory, fact.resource), fact.resource);
    }
    let no_workloads: Vec<Symbol> = NO_WORKLOADS.iter().filter_map(|kind| inventory.symbols.find(kind)).collect();
    let mut found: Map<Key, Workload> = Map::default();
    for (number, fact) in (0..).zip(facts) {
        let instance = instances.get(&fact.resource);
        let resource = inventory.resource(fact.resource);
        let is_gone = config.without.contains(&fact.resource) || instance.is_some_and(|instance| instance.ended);
        if is_gone || no_workloads.contains(&resource.kind) {
            continue;
        }
        let (top, own) = top(inventory, &objects, &instances, fact);
        // ReplicaSets of former templates have no pods.
        if own != fact.resource && fact.replicas == Some(0) {
            continue;
        }
        let entry = found.entry(top).or_insert_with(|| Workload {
            resource: own,
            kind: top.0,
            namespace: top.1,
            name: top.2,
            members: Vec::new(),
            pods: None,
        });
        entry.members.push(number);
    }
    let mut workloads: Vec<Workload> = found.into_values().collect();
    let text = |symbol| inventory.symbols.text(symbol);
    workloads.sort_by_cached_key(|workload| (text(workload.namespace), text(workload.name), text(workload.kind)));
    workloads.iter_mut().for_each(|workload| keep_live_pods(inventory, workload));
    workloads
}

/// Where pods of a template are known, they stand for it.
fn keep_live_pods(inventory: &Inventory, workload: &mut Workload) {
    let pod = inventory.symbols.intern("Pod");
    let is_pod = |number: &u32| inventory.resource(inventory.facts.workloads[*number as usize].resource).kind == pod;
    let pods = workload.members.iter().filter(|number| is_pod(number)).count();
    if pods > 0 && pods < workload.members.len() {
        workload.members.retain(is_pod);
    }
    let replicas = |number: &u32| inventory.facts.workloads[*number as usize].replicas;
    workload.pods = match pods {
        0 => workload.members.iter().find_map(replicas).and_then(|count| u32::try_from(count).ok()),
        pods => u32::try_from(pods).ok(),
    };
}

fn key(inventory: &Inventory, resource: ResourceId) -> Key {
    let object = inventory.resource(resource);
    (object.kind, namespace_of(inventory, resource), object.name)
}

/// The object at the top of those that control `resource`, and the last of them that is in the input.
fn top(
    inventory: &Inventory,
    objects: &Map<Key, ResourceId>,
    instances: &Map<ResourceId, &InstanceFact>,
    fact: &WorkloadFact,
) -> (Key, ResourceId) {
    /// Pod, ReplicaSet, Deployment, and some custom resources above.
    const HIGHEST: usize = 8;
    let mut current = (key(inventory, fact.resource), fact.resource);
    for _ in 0..HIGHEST {
        let Some(instance) = instances.get(&current.1) else { break };
        let (kind, name) = instance.owner;
        if kind.is_empty() || name.is_empty() {
            break;
        }
        let above = (kind, current.0.1, name);
        match objects.get(&above) {
            Some(&object) if object != current.1 => current = (above, object),
            _ => return (deployment_of(inventory, above, &fact.labels), current.1),
        }
    }
    current
}

/// The Deployment of a ReplicaSet that is not in the input: its name is that of the ReplicaSet without the hash that
/// stands in a label of the pod.
fn deployment_of(inventory: &Inventory, (kind, namespace, name): Key, labels: &[(Symbol, Symbol)]) -> Key {
    let symbols = &inventory.symbols;
    let hash_key = symbols.find("pod-template-hash");
    if symbols.text(kind) != "ReplicaSet" {
        return (kind, namespace, name);
    }
    let hash = labels.iter().find(|(key, _)| Some(*key) == hash_key).map(|(_, value)| symbols.text(*value));
    let text = symbols.text(name);
    let stem = hash.and_then(|hash| text.strip_suffix(&hash)?.strip_suffix('-').map(str::to_owned));
    match stem {
        Some(stem) => (symbols.intern("Deployment"), namespace, symbols.intern(&stem)),
        None => (kind, namespace, name),
    }
}

fn namespaces(inventory: &Inventory, config: &Config, workloads: &[Workload]) -> (Vec<Namespace>, Map<Symbol, u32>) {
    let mut labels: Map<Symbol, Vec<(Symbol, Symbol)>> = Map::default();
    for fact in inventory.facts.namespaces.iter().filter(|fact| !config.without.contains(&fact.resource)) {
        labels.insert(inventory.resource(fact.resource).name, fact.labels.to_vec());
    }
    for workload in workloads {
        labels.entry(workload.namespace).or_default();
    }
    let policies = inventory.facts.traffic.policies.iter().map(|policy| policy.resource);
    let may_come = |resource: &ResourceId| !config.without.contains(resource) || config.prepared.contains(resource);
    for resource in policies.filter(may_come) {
        labels.entry(namespace_of(inventory, resource)).or_default();
    }
    let name_label = inventory.symbols.intern(NAMESPACE_NAME);
    let mut named: Vec<(String, Namespace)> = labels
        .into_iter()
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, mut labels)| {
            labels.retain(|(key, _)| *key != name_label);
            labels.push((name_label, name));
            (inventory.symbols.text(name), Namespace { name, labels })
        })
        .collect();
    named.sort_by(|left, right| left.0.cmp(&right.0));
    let namespaces: Vec<Namespace> = named.into_iter().map(|(_, namespace)| namespace).collect();
    let index = (0..).zip(&namespaces).map(|(number, namespace)| (namespace.name, number)).collect();
    (namespaces, index)
}

struct Builder<'a> {
    inventory: &'a Inventory,
    config: &'a Config,
    asked: &'a Asked,
    known: Map<Class, u32>,
    instances: Map<ResourceId, &'a InstanceFact>,
    pod_kind: Symbol,
}

impl Builder<'_> {
    fn fill(mut self, census: &mut Census) {
        let workloads = std::mem::take(&mut census.workloads);
        for (number, workload) in (0..).zip(&workloads) {
            let first = census.members.len();
            for &member in &workload.members {
                let fact = &self.inventory.facts.workloads[member as usize];
                self.add(fact, number, workload, census);
            }
            // A note tells pods of one workload apart; where nothing does, none is needed.
            if census.members.len() == first + 1 {
                census.members[first].note.clear();
            }
        }
        census.workloads = workloads;
        self.add_nodes(census);
        census.own_node = self.intern(plain(Kind::OwnNode), census);
        census.first_outside = census.classes.len() as u32;
        for atom in 0..census.ranges.len() {
            let family = if census.ranges[atom].first.is_ipv4() { Family::V4 } else { Family::V6 };
            census.classes.push(Class { atoms: [atom as u32].into(), family, ..plain(Kind::Outside) });
        }
    }

    fn add(&mut self, fact: &WorkloadFact, number: u32, workload: &Workload, census: &mut Census) {
        let namespace = census.namespace_index[&workload.namespace];
        let (is_host, addresses) = (fact.network.host_network, self.addresses(fact, census));
        let kind = match (is_host, self.config.dialect.host_network) {
            (true, HostNetwork::Node) => Kind::HostPod,
            (true, HostNetwork::Pod) | (false, _) => Kind::Pod,
        };
        let ports = if kind == Kind::Pod { self.named_ports(fact) } else { Box::default() };
        for (labels, note) in self.labels(fact, workload) {
            for (family, atoms) in &addresses {
                let class = Class {
                    kind,
                    is_host,
                    namespace,
                    labels: if kind == Kind::Pod { labels.clone() } else { Box::default() },
                    ports: ports.clone(),
                    family: *family,
                    atoms: atoms.clone(),
                };
                let class = self.intern(class, census);
                let is_one_pod = !note.is_empty() || self.inventory.resource(fact.resource).kind == self.pod_kind;
                let note = self.note(fact, workload, &note, *family);
                let of_workload = census.members.iter().rev().take_while(|member| member.workload == number);
                match of_workload.into_iter().position(|member| member.class == class) {
                    None => census.members.push(Member { workload: number, class, note, is_one_pod }),
                    // The pods of one class are one member.
                    Some(before) => {
                        let at = census.members.len() - 1 - before;
                        census.members[at].is_one_pod = false;
                    }
                }
            }
        }
    }

    fn note(&self, fact: &WorkloadFact, workload: &Workload, note: &str, family: Family) -> String {
        let object = self.inventory.resource(fact.resource);
        let pod = if workload.members.len() > 1 && fact.resource != workload.resource {
            self.inventory.symbols.text(object.name)
        } else {
            note.to_owned()
        };
        let family = match family {
            Family::Any => "",
            Family::V4 => "IPv4",
            Family::V6 => "IPv6",
        };
        [pod.as_str(), family].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }

    fn intern(&mut self, class: Class, census: &mut Census) -> u32 {
        if let Some(&known) = self.known.get(&class) {
            return known;
        }
        let number = census.classes.len() as u32;
        census.classes.push(class.clone());
        self.known.insert(class, number);
        number
    }

    /// The labels of the pods that policies ask for; those of a StatefulSet one by one, where policies tell them apart.
    fn labels(&self, fact: &WorkloadFact, workload: &Workload) -> Vec<(Labels, String)> {
        let symbols = &self.inventory.symbols;
        let mut own: Vec<(Symbol, Symbol)> = Vec::new();
        for &(key, value) in fact.labels.iter().rev() {
            // A key that stands twice: the last one wins.
            if self.asked.labels.contains(&key) && own.iter().all(|(known, _)| *known != key) {
                own.push((key, value));
            }
        }
        let kind = symbols.text(workload.kind);
        let namespace = ("projectcalico.org/namespace", workload.namespace);
        let job = [("batch.kubernetes.io/job-name", workload.name), ("job-name", workload.name)];
        let added = [namespace].into_iter().chain(job.into_iter().filter(|_| kind == "Job"));
        for (key, value) in added {
            let key = symbols.intern(key);
            if self.asked.labels.contains(&key) && own.iter().all(|(known, _)| *known != key) {
                own.push((key, value));
            }
        }
        let of_pod = [POD_NAME, POD_INDEX].map(|key| symbols.intern(key));
        let told_apart = kind == "StatefulSet" && of_pod.iter().any(|key| self.asked.labels.contains(key));
        if !told_apart || own.iter().any(|(key, _)| of_pod.contains(key)) {
            own.sort_unstable();
            return vec![(own.into(), String::new())];
        }
        let name = symbols.text(workload.name);
        let replicas = fact.replicas.unwrap_or(1).clamp(1, MOST_TOLD_APART);
        let of = |index: i64| {
            let pod = format!("{name}-{index}");
            let mut labels = own.clone();
            let values = [symbols.intern(&pod), symbols.intern(&index.to_string())];
            labels.extend(of_pod.into_iter().zip(values).filter(|(key, _)| self.asked.labels.contains(key)));
            labels.sort_unstable();
            (labels.into_boxed_slice(), pod)
        };
        (0..replicas).map(of).collect()
    }

    fn named_ports(&self, fact: &WorkloadFact) -> Box<[(Symbol, Protocol, u16)]> {
        let asked = fact.network.ports.iter().filter(|port| port.stays && self.asked.ports.contains(&port.name));
        let mut ports: Vec<_> = asked.filter_map(|port| Some((port.name, port.protocol, port.number?))).collect();
        ports.sort_unstable();
        ports.dedup();
        ports.into()
    }

    /// Where pods are told apart by their addresses: the families that they have, each with its atoms.
    fn addresses(&self, fact: &WorkloadFact, census: &Census) -> Vec<(Family, Box<[u32]>)> {
        let known = self.instances.get(&fact.resource).map(|instance| &*instance.addresses);
        let addresses: Vec<IpAddr> = known
            .into_iter()
            .flatten()
            .filter_map(|address| self.inventory.symbols.text(*address).parse().ok())
            .collect();
        if !self.asked.addresses || addresses.is_empty() {
            return vec![(Family::Any, Box::default())];
        }
        let atoms = |v4: bool| -> Box<[u32]> {
            let of_family = addresses.iter().filter(|address| address.is_ipv4() == v4);
            of_family.filter_map(|address| atom(&census.ranges, *address)).collect()
        };
        let both = [(Family::V4, atoms(true)), (Family::V6, atoms(false))];
        let has_both = both.iter().all(|(_, atoms)| !atoms.is_empty());
        let present = both.into_iter().filter(|(_, atoms)| !atoms.is_empty());
        present.map(|(family, atoms)| (if has_both { family } else { Family::Any }, atoms)).collect()
    }

    /// Nodes, or one that stands for all where none is in the input.
    fn add_nodes(&mut self, census: &mut Census) {
        let traffic = self.inventory.facts.traffic.nodes.iter();
        let labels_of: Map<ResourceId, _> = traffic.map(|node| (node.resource, &node.labels)).collect();
        let facts = self.inventory.facts.network.nodes.iter();
        for fact in facts.filter(|fact| !self.config.without.contains(&fact.resource)) {
            let addresses = fact.addresses.iter();
            let parsed = addresses.filter_map(|address| self.inventory.symbols.text(*address).parse().ok());
            let mut atoms: Vec<u32> = parsed.filter_map(|address| atom(&census.ranges, address)).collect();
            atoms.sort_unstable();
            atoms.dedup();
            let of_node = labels_of.get(&fact.resource);
            let mut labels: Vec<(Symbol, Symbol)> = of_node.map(|labels| labels.to_vec()).unwrap_or_default();
            labels.retain(|(key, _)| self.asked.labels.contains(key));
            labels.sort_unstable();
            let class = Class { labels: labels.into(), atoms: atoms.into(), ..plain(Kind::Node) };
            let class = self.intern(class, census);
            census.nodes.push((self.inventory.resource(fact.resource).name, class));
        }
        if census.nodes.is_empty() {
            let class = self.intern(plain(Kind::Node), census);
            census.nodes.push((Symbol::EMPTY, class));
        }
    }
}

fn plain(kind: Kind) -> Class {
    Class {
        kind,
        is_host: false,
        namespace: u32::MAX,
        labels: Box::default(),
        ports: Box::default(),
        family: Family::Any,
        atoms: Box::default(),
    }
}

/// The range that an address is in.
fn atom(ranges: &[Range], address: IpAddr) -> Option<u32> {
    let at = ranges.partition_point(|range| range.first <= address).checked_sub(1)?;
    ranges[at].contains(address).then_some(at as u32)
}
