//! Who can come in from outside: every entry point of every workload, and what policies leave of it.

mod controllers;
mod judge;
mod routes;
mod services;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use model::inventory::{InstanceFact, PortReference, Protocol, ResourceId, WorkloadFact};
use model::place::Place;
use model::symbols::Symbol;

use crate::addresses::Range;
use crate::census::namespace_of;
use crate::network::{EndpointId, Identity, Network};
use crate::ports::Ports;
use controllers::Controller;
pub(crate) use judge::Judge;

/// How somebody comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// A load balancer of a Service.
    LoadBalancer,
    /// `externalIPs` of a Service.
    ExternalAddress,
    /// A port on every node.
    NodePort,
    /// An Ingress.
    Ingress,
    /// A route of the Gateway API.
    Gateway,
    /// A Route of OpenShift.
    OpenShiftRoute,
    /// A port of a container on its node.
    HostPort,
    /// The network of the node.
    HostNetwork,
}

/// Who may use an entry, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Whoever reaches the provider's public addresses.
    Internet,
    /// Addresses that a list names.
    Listed(Vec<Range>),
    /// Whoever reaches the nodes.
    NodeNetwork,
    /// Whoever reaches the provider's own network.
    ProviderNetwork,
    /// Whoever reaches the controller: it is not in the input, or what opens it is not.
    Controller,
    /// Pods of the cluster alone: nothing opens the controller to the outside.
    Inside,
}

/// The addresses outside from which somebody may use an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// Those that may for certain.
    pub certain: Vec<Range>,
    /// Those that may, if what is not known is in their favour.
    pub possible: Vec<Range>,
}

/// Who a pod sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The client's own address.
    Client,
    /// The address of a node.
    Node,
    /// Pods of a controller.
    Pods(Vec<EndpointId>),
    /// Pods of a controller that is not in the input.
    UnknownPods,
    /// No policy stands between.
    Unprotected,
}

/// What policies leave of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// These ports.
    Admitted(Ports),
    /// Nothing.
    Refused,
    /// It depends on who the controller's pods are.
    DependsOnController,
    /// These ports, if the pods see the address of the client: policies admit some of those, and not nodes.
    DependsOnSource(Ports),
    /// These ports, if nodes, whose addresses are not known, have some that policies admit: who comes over them comes in.
    DependsOnNodes(Ports),
}

/// Whether an entry speaks TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tls {
    /// It does.
    Yes,
    /// It does not, as far as objects say: the pod may.
    No,
    /// It hands the connection on as it is.
    PassedThrough,
}

/// A way in to the pods of a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The pods, or the outside.
    pub endpoint: EndpointId,
    /// The address behind it, where that is none of a pod: somebody listed it for a Service by hand.
    pub address: Option<IpAddr>,
    /// How.
    pub way: Way,
    /// The object that opens it.
    pub opened_by: ResourceId,
    /// Where that is written.
    pub place: Place,
    /// What is connected to: ports, names of hosts, paths.
    pub door: String,
    /// The ports at the pods.
    pub pod_ports: Ports,
    /// Who may use it.
    pub reach: Reach,
    /// The addresses of those that alone may, if a list names them and `reach` does not.
    pub limit: Vec<Range>,
    /// Who the pods see.
    pub arrival: Arrival,
    /// Whether it speaks TLS.
    pub tls: Tls,
    /// What policies leave of it.
    pub answer: Answer,
    /// Who may use it from outside, after policies.
    pub sources: Sources,
    /// The ways in to the controller that brings the traffic.
    pub front: Arc<[Entry]>,
    /// Policies of equal priority that contradict each other, where what is left of it depends on which of them counts.
    pub rivals: Vec<(ResourceId, ResourceId)>,
}

/// Ports on which something answers that ought not to be open, with what it is.
const SENSITIVE: &[(u16, &str)] = &[
    (22, "SSH"),
    (111, "rpcbind"),
    (1433, "SQL Server"),
    (1521, "Oracle"),
    (2049, "NFS"),
    (2375, "Docker"),
    (2379, "etcd"),
    (3306, "MySQL"),
    (3389, "RDP"),
    (4194, "cAdvisor"),
    (5432, "PostgreSQL"),
    (5672, "AMQP"),
    (5900, "VNC"),
    (5984, "CouchDB"),
    (6379, "Redis"),
    (6443, "API server"),
    (7000, "Cassandra"),
    (8086, "InfluxDB"),
    (8200, "Vault"),
    (8500, "Consul"),
    (9042, "Cassandra"),
    (9092, "Kafka"),
    (9200, "Elasticsearch"),
    (10250, "kubelet"),
    (11211, "memcached"),
    (15672, "RabbitMQ"),
    (27017, "MongoDB"),
];

/// What usually answers on a port, if that is a store or an interface for administration.
pub fn sensitive(ports: &Ports) -> Option<&'static str> {
    let few = |ports: &Ports| ports.count() <= 64;
    let found = SENSITIVE.iter().find(|(port, _)| few(ports) && ports.contains(Protocol::Tcp, *port));
    found.map(|(_, name)| *name)
}

impl Entry {
    /// The name of what is behind it: the pods, or an address.
    pub fn behind(&self, network: &Network<'_>) -> String {
        match self.address {
            Some(address) => format!("{address} (no pod of the input)"),
            None => network.get(self.endpoint).name.clone(),
        }
    }

    /// The ports that policies leave, as far as is known.
    pub fn open_ports(&self) -> &Ports {
        match &self.answer {
            Answer::Admitted(ports) | Answer::DependsOnSource(ports) | Answer::DependsOnNodes(ports) => ports,
            Answer::Refused | Answer::DependsOnController => &self.pod_ports,
        }
    }

    /// Who may use it, whatever a list of addresses says: of a controller whoever reaches that.
    pub(crate) fn widest(&self) -> &Reach {
        let is_public = |reach: &Reach| matches!(reach, Reach::Internet | Reach::Listed(_));
        match &self.arrival {
            Arrival::UnknownPods => &Reach::Controller,
            Arrival::Pods(_) if self.front.is_empty() && self.reach != Reach::Inside => &Reach::Controller,
            Arrival::Pods(_) if is_public(&self.reach) => {
                let fronts = self.front.iter().map(|front| &front.reach);
                fronts.clone().find(|reach| is_public(reach)).or_else(|| fronts.min()).unwrap_or(&self.reach)
            }
            Arrival::Client | Arrival::Node | Arrival::Pods(_) | Arrival::Unprotected => &self.reach,
        }
    }

    /// Whether somebody outside may come in, as far as is known.
    pub fn is_open(&self) -> bool {
        self.answer != Answer::Refused && self.reach != Reach::Inside
    }

    /// Entries in the order in which they should be looked at: those that everybody may use, and policies leave open,
    /// first; of those the ones that lead to a store or an interface for administration, and the ones without TLS.
    pub fn rank(&self) -> (u8, u8, u8, u8) {
        let answer = match &self.answer {
            Answer::Admitted(_) if self.reach == Reach::Inside => 2,
            Answer::Admitted(_) => 0,
            Answer::DependsOnController | Answer::DependsOnSource(_) | Answer::DependsOnNodes(_) => 1,
            Answer::Refused => 3,
        };
        let reach = match &self.reach {
            Reach::Internet => 0,
            Reach::Controller => 1,
            Reach::NodeNetwork => 2,
            Reach::ProviderNetwork => 3,
            Reach::Listed(ranges) if ranges.iter().any(Range::is_everything) => 0,
            Reach::Listed(_) => 4,
            Reach::Inside => 5,
        };
        (answer, reach, u8::from(sensitive(&self.pod_ports).is_none()), u8::from(self.tls != Tls::No))
    }
}

impl Network<'_> {
    /// Every way in from outside, the most open first.
    pub fn exposure(&self) -> Vec<Entry> {
        let mut judge = Judge::new(self);
        let certain = self.without_doubts();
        let mut sure = certain.as_ref().map(Judge::new);
        let judged = self.openings().iter().map(|entry| {
            let mut judged = judge.judged(entry);
            let sure = sure.as_mut().map(|sure| sure.judged(entry));
            if sure.is_some_and(|sure| (&sure.answer, &sure.sources) != (&judged.answer, &judged.sources)) {
                judged.rivals = self.rivals_of(&judged);
            }
            judged
        });
        let mut entries: Vec<Entry> = judged.collect();
        entries.sort_by_cached_key(|entry| (entry.rank(), entry.way, entry.behind(self), entry.door.clone()));
        entries.dedup();
        entries
    }

    /// The policies of equal priority that decide of a way in.
    fn rivals_of(&self, entry: &Entry) -> Vec<(ResourceId, ResourceId)> {
        /// More parts of the outside decide nothing else.
        const MOST: usize = 64;
        let mut found = std::collections::BTreeSet::new();
        for entry in std::iter::once(entry).chain(entry.front.iter()) {
            let sources = match &entry.arrival {
                Arrival::Pods(pods) => pods.clone(),
                Arrival::Client | Arrival::Node => self.elsewhere(|_| true),
                Arrival::UnknownPods | Arrival::Unprotected => Vec::new(),
            };
            for from in sources.into_iter().take(MOST) {
                found.extend(self.rivals(from, entry.endpoint, &entry.pod_ports));
            }
        }
        found.into_iter().collect()
    }

    /// The policies of equal priority that contradict each other on a connection.
    pub(crate) fn rivals(&self, from: EndpointId, to: EndpointId, ports: &Ports) -> Vec<(ResourceId, ResourceId)> {
        let explanation = self.explain(from, to, ports.clone());
        [explanation.egress, explanation.ingress].into_iter().flat_map(|half| half.rivals).collect()
    }

    /// Every way in, before policies are asked: as if they left nothing.
    pub(crate) fn openings(&self) -> &[Entry] {
        self.openings.get_or_init(|| {
            let mut entries = Vec::new();
            let index = WorkloadIndex::new(self);
            self.add_services(&index, &mut entries);
            self.add_routes(&index, &mut entries);
            self.add_hosts(&mut entries);
            entries
        })
    }

    /// Of nodes and the outside, which come after all pods.
    fn elsewhere(&self, is: impl Fn(&Identity) -> bool) -> Vec<EndpointId> {
        let first = self.census.members.len();
        let numbered = (first as u32..).map(EndpointId).zip(&self.endpoints[first..]);
        numbered.filter(|(_, endpoint)| is(&endpoint.identity)).map(|(number, _)| number).collect()
    }
}

/// What is asked for again and again, found once.
struct WorkloadIndex {
    /// Workloads by namespace, each with its endpoints.
    by_namespace: BTreeMap<Symbol, Vec<(u32, Vec<EndpointId>)>>,
    /// Pods by their addresses.
    by_address: BTreeMap<IpAddr, Vec<EndpointId>>,
    /// What objects list for Services, by the namespace and the name of those.
    listed: BTreeMap<(Symbol, Symbol), Vec<u32>>,
    /// The controllers that were looked for, by what tells them apart.
    controllers: RefCell<BTreeMap<String, Controller>>,
}

impl WorkloadIndex {
    fn new(network: &Network<'_>) -> Self {
        let mut endpoints: Vec<Vec<EndpointId>> = vec![Vec::new(); network.workloads().len()];
        for (number, endpoint) in network.endpoints() {
            if let Identity::Workload { workload, .. } = endpoint.identity {
                endpoints[workload as usize].push(number);
            }
        }
        let (by_address, listed) = (by_address(network, &endpoints), listed(network));
        let mut by_namespace: BTreeMap<Symbol, Vec<_>> = BTreeMap::new();
        for ((number, workload), endpoints) in (0..).zip(network.workloads()).zip(endpoints) {
            by_namespace.entry(workload.namespace).or_default().push((number, endpoints));
        }
        Self { by_namespace, by_address, listed, controllers: RefCell::default() }
    }

    fn of(&self, namespace: Symbol) -> &[(u32, Vec<EndpointId>)] {
        self.by_namespace.get(&namespace).map_or(&[], Vec::as_slice)
    }
}

fn by_address(network: &Network<'_>, endpoints: &[Vec<EndpointId>]) -> BTreeMap<IpAddr, Vec<EndpointId>> {
    let facts = &network.inventory.facts;
    if facts.network.endpoints.is_empty() {
        return BTreeMap::new();
    }
    let instances: BTreeMap<ResourceId, &InstanceFact> =
        facts.traffic.instances.iter().map(|instance| (instance.resource, instance)).collect();
    let mut found = BTreeMap::new();
    for (workload, endpoints) in network.workloads().iter().zip(endpoints) {
        let members = workload.members.iter().map(|member| facts.workloads[*member as usize].resource);
        for address in members.filter_map(|member| instances.get(&member)).flat_map(|instance| &instance.addresses) {
            if let Ok(address) = network.inventory.symbols.text(*address).parse() {
                found.insert(address, endpoints.clone());
            }
        }
    }
    found
}

fn listed(network: &Network<'_>) -> BTreeMap<(Symbol, Symbol), Vec<u32>> {
    let mut listed: BTreeMap<(Symbol, Symbol), Vec<u32>> = BTreeMap::new();
    let facts = (0..).zip(&network.inventory.facts.network.endpoints);
    for (number, fact) in facts.filter(|(_, fact)| !network.config.without.contains(&fact.resource)) {
        let namespace = namespace_of(network.inventory, fact.resource);
        listed.entry((namespace, fact.service)).or_default().push(number);
    }
    listed
}

/// The port of a pod that a Service means: a number, or what a container calls so.
pub(crate) fn target_ports(fact: &WorkloadFact, protocol: Protocol, target: PortReference) -> Ports {
    let mut ports = Ports::none();
    match target {
        PortReference::Number(number) => ports.insert(protocol, number, number),
        PortReference::Name(name) => {
            let named = fact.network.ports.iter().filter(|port| port.stays && port.name == name);
            for number in named.filter(|port| port.protocol == protocol).filter_map(|port| port.number) {
                ports.insert(protocol, number, number);
            }
        }
    }
    ports
}
