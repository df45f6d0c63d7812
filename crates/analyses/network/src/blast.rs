//! The blast radius: all that becomes reachable when one endpoint is taken over, and what would cut most of it.

use std::collections::BTreeSet;
use std::net::IpAddr;

use model::inventory::{Protocol, ResourceId};

use crate::addresses::{Range, common, public};
use crate::closure::Step;
use crate::compile::Direction;
use crate::exempt::Placed;
use crate::exposure::{Answer, Entry, sensitive};
use crate::network::{EndpointId, Identity, Isolation, Network};
use crate::ports::Ports;
use crate::targets::{KUBELET_PORTS, METADATA_PORT, MetadataService};

/// What an attacker looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TargetKind {
    /// A store of data.
    Store,
    /// The addresses where clouds hand out credentials to nodes.
    Metadata,
    /// The kubelet of a node, which runs commands in pods for those that it trusts.
    Kubelet,
    /// The kubelet of the node that the pods run on, which other pods do not reach from there.
    OwnKubelet,
    /// Nodes, on other ports.
    Nodes,
    /// The internet: where data goes to.
    Internet,
    /// A workload on the network of its node.
    HostNetwork,
    /// A workload of the cluster itself.
    System,
}

/// Something that an attacker looks for, and the shortest way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// What it is.
    pub kind: TargetKind,
    /// The endpoints from the first to the target, with the ports of each step.
    pub way: Vec<(EndpointId, Ports)>,
}

/// A policy that would cut some of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The endpoint to which a policy would be given.
    pub endpoint: EndpointId,
    /// The direction that would be restricted.
    pub direction: Direction,
    /// How many workloads would no longer be reached.
    pub spared: usize,
}

/// The blast radius.
pub struct Blast {
    /// Where it begins.
    pub start: Vec<EndpointId>,
    /// The ways in that were taken, if it begins outside: of each endpoint the most open one.
    pub entries: Vec<Entry>,
    /// All that is reached, in the order of the distance.
    pub steps: Vec<Step>,
    /// Workloads that are reached directly.
    pub direct: usize,
    /// Workloads that are reached over any number of connections.
    pub reached: usize,
    /// All other workloads.
    pub all: usize,
    /// Those of them that are reached only if of policies of equal priority, which contradict each other, the right one
    /// counts: each with the policies that decide of the last step, if they do.
    pub undecided: Vec<(EndpointId, Vec<(ResourceId, ResourceId)>)>,
    /// What an attacker looks for, the nearest first.
    pub targets: Vec<Target>,
    /// The policies that would cut most, the best first.
    pub cuts: Vec<Cut>,
}

/// The most targets and cuts that are looked for.
const MOST: usize = 12;

impl Network<'_> {
    /// What is reached from somewhere. From outside, only what has a way in is reached first: addresses of pods are not
    /// reached from there.
    pub fn blast(&self, start: &[EndpointId]) -> Blast {
        self.blast_from(start, None)
    }

    /// The same, from one address outside, if there is one: lists of addresses may leave it out.
    pub fn blast_from(&self, start: &[EndpointId], address: Option<IpAddr>) -> Blast {
        let from_outside = start.iter().all(|start| matches!(self.get(*start).identity, Identity::Outside(_)));
        let entries = if from_outside { self.entries_for(start, address) } else { Vec::new() };
        let steps = if from_outside { self.steps_from_outside(start, &entries) } else { self.steps_from_inside(start) };
        let all = self.endpoints().map(|(number, _)| number).filter(|number| !start.contains(number));
        let all = self.count_workloads(all);
        let direct = steps.iter().filter(|step| step.distance == 1).map(|step| step.endpoint);
        let direct = self.count_workloads(direct);
        let reached = self.count_workloads(steps.iter().map(|step| step.endpoint));
        let targets = self.targets(start, &steps);
        let cuts = self.cuts(start, &steps, from_outside);
        let undecided = self.undecided(start, address, &steps);
        Blast { start: start.to_vec(), entries, steps, direct, reached, all, undecided, targets, cuts }
    }

    fn undecided(
        &self,
        start: &[EndpointId],
        address: Option<IpAddr>,
        steps: &[Step],
    ) -> Vec<(EndpointId, Vec<(ResourceId, ResourceId)>)> {
        let Some(certain) = self.without_doubts() else { return Vec::new() };
        let sure: BTreeSet<EndpointId> =
            certain.blast_from(start, address).steps.iter().map(|step| step.endpoint).collect();
        let doubtful = steps.iter().filter(|step| !sure.contains(&step.endpoint));
        doubtful.map(|step| (step.endpoint, self.rivals(step.before, step.endpoint, &Ports::all()))).collect()
    }

    /// The ways in that are open to addresses outside, the most open one of each endpoint.
    fn entries_for(&self, start: &[EndpointId], address: Option<IpAddr>) -> Vec<Entry> {
        // Private addresses are not on the internet.
        let ranges: Vec<Range> = match address {
            Some(address) => vec![Range { first: address, last: address }],
            None if start == self.internet() => public(),
            None => start.iter().flat_map(|start| self.ranges_of(*start)).copied().collect(),
        };
        let mut entries = self.exposure();
        let mut seen = BTreeSet::new();
        entries.retain(|entry| {
            let is_for = !common(&entry.sources.possible, &ranges).is_empty();
            // Whom the controller lets in is not known.
            let is_for = is_for || entry.answer == Answer::DependsOnController;
            entry.is_open() && is_for && seen.insert(entry.endpoint)
        });
        entries
    }

    fn ranges_of(&self, endpoint: EndpointId) -> &[Range] {
        match &self.get(endpoint).identity {
            Identity::Outside(ranges) => ranges,
            Identity::Workload { .. } | Identity::Nodes(_) => &[],
        }
    }

    fn steps_from_outside(&self, start: &[EndpointId], entries: &[Entry]) -> Vec<Step> {
        let mut first: Vec<EndpointId> = entries.iter().map(|entry| entry.endpoint).collect();
        first.sort_unstable();
        let Some(&outside) = start.first() else { return Vec::new() };
        let mut steps: Vec<Step> =
            first.iter().map(|entry| Step { endpoint: *entry, before: outside, distance: 1 }).collect();
        let further = self.ways(&first).into_iter().map(|step| Step { distance: step.distance + 1, ..step });
        steps.extend(further.filter(|step| !start.contains(&step.endpoint)));
        steps
    }

    /// From nodes, the pods that run on them are reached whatever policies say.
    fn steps_from_inside(&self, start: &[EndpointId]) -> Vec<Step> {
        let own = |number: EndpointId| -> Option<(EndpointId, EndpointId)> {
            let node = start.iter().find(|node| {
                let own = self.own_node(**node, number, None);
                own.is_some_and(|own| own.placed != Placed::Elsewhere && !own.admitted.is_empty())
            })?;
            Some((number, *node))
        };
        let is_of_nodes = start.iter().any(|start| matches!(self.get(*start).identity, Identity::Nodes(_)));
        let pods = self.endpoints().map(|(number, _)| number).filter(|number| is_of_nodes && self.is_pod(*number));
        let on_nodes: Vec<(EndpointId, EndpointId)> = pods.filter_map(own).collect();
        self.ways_with(start, &on_nodes)
    }

    fn targets(&self, start: &[EndpointId], steps: &[Step]) -> Vec<Target> {
        let mut before: Vec<Option<Step>> = vec![None; self.endpoints.len()];
        steps.iter().for_each(|step| before[step.endpoint.0 as usize] = Some(*step));
        let mut targets = Vec::new();
        for step in steps {
            let kinds = self.target_kinds(step);
            if kinds.is_empty() {
                continue;
            }
            let mut way = Vec::new();
            let mut current = Some(*step);
            while let Some(step) = current {
                way.push((step.endpoint, self.step_ports(&step)));
                current = before[step.before.0 as usize].filter(|_| !start.contains(&step.before));
                if way.len() > steps.len() {
                    break;
                }
            }
            way.reverse();
            targets.extend(kinds.into_iter().map(|kind| Target { kind, way: way.clone() }));
            if targets.len() >= MOST {
                break;
            }
        }
        if targets.iter().all(|target| target.kind != TargetKind::Kubelet) {
            targets.extend(self.own_kubelet(start));
        }
        targets
    }

    /// The ports of a step: what policies let through, and what goes past them from nodes to the pods on them.
    fn step_ports(&self, step: &Step) -> Ports {
        let admitted = self.connections(step.before, step.endpoint);
        if self.is_pod(step.before) {
            return admitted;
        }
        let own = self.own_node(step.before, step.endpoint, None).filter(|own| own.placed != Placed::Elsewhere);
        own.map_or_else(|| admitted.clone(), |own| own.admitted.union(&admitted))
    }

    /// The kubelet of the node that a pod runs on.
    fn own_kubelet(&self, start: &[EndpointId]) -> Option<Target> {
        let is_nodes = |endpoint: &EndpointId| matches!(self.get(*endpoint).identity, Identity::Nodes(_));
        let nodes = self.endpoints().map(|(number, _)| number).find(|number| is_nodes(number))?;
        let ports = start.iter().filter(|start| self.is_pod(**start)).find_map(|start| {
            let ports = self.own_node(*start, nodes, None)?.admitted;
            KUBELET_PORTS.iter().any(|port| ports.contains(Protocol::Tcp, *port)).then_some(ports)
        })?;
        Some(Target { kind: TargetKind::OwnKubelet, way: vec![(nodes, ports)] })
    }

    /// What an attacker finds at the end of a step.
    fn target_kinds(&self, step: &Step) -> Vec<TargetKind> {
        let tcp = |ports: &[u16]| {
            let admitted = self.step_ports(step);
            ports.iter().any(|port| admitted.contains(Protocol::Tcp, *port))
        };
        match &self.get(step.endpoint).identity {
            Identity::Nodes(_) => vec![if tcp(&KUBELET_PORTS) { TargetKind::Kubelet } else { TargetKind::Nodes }],
            Identity::Outside(ranges) => {
                let has = |address: IpAddr| ranges.iter().any(|range| range.contains(address));
                let metadata = self.metadata_services().into_iter().filter_map(MetadataService::ip).any(has);
                let internet = crate::find::INTERNET.iter().filter_map(|address| address.parse().ok()).any(has);
                let metadata = (metadata && tcp(&[METADATA_PORT])).then_some(TargetKind::Metadata);
                metadata.into_iter().chain(internet.then_some(TargetKind::Internet)).collect()
            }
            Identity::Workload { .. } => self.kind_of_workload(step.endpoint).into_iter().collect(),
        }
    }

    fn kind_of_workload(&self, endpoint: EndpointId) -> Option<TargetKind> {
        let known = self.get(endpoint);
        let workload = self.workload_of(endpoint)?;
        let facts = workload.members.iter().map(|member| &self.inventory.facts.workloads[*member as usize]);
        let mut declared = Ports::none();
        let mut is_store = false;
        for fact in facts {
            for port in fact.network.ports.iter() {
                port.number.into_iter().for_each(|number| declared.insert(port.protocol, number, number));
            }
            is_store |= fact.images.iter().any(|used| is_store_image(&self.inventory.symbols.text(used.image)));
        }
        if is_store || sensitive(&declared).is_some() {
            return Some(TargetKind::Store);
        }
        if known.host_network {
            return Some(TargetKind::HostNetwork);
        }
        (self.inventory.symbols.text(workload.namespace) == "kube-system").then_some(TargetKind::System)
    }

    /// What a restriction of one endpoint on the way would spare: those that are reached over it alone.
    fn cuts(&self, start: &[EndpointId], steps: &[Step], from_outside: bool) -> Vec<Cut> {
        let mut spared: Vec<usize> = vec![0; self.endpoints.len()];
        // Those behind an endpoint on shortest ways are what it stands before.
        for step in steps.iter().rev() {
            let own = spared[step.endpoint.0 as usize] + usize::from(self.is_pod(step.endpoint));
            spared[step.before.0 as usize] += own;
        }
        let candidates = steps.iter().map(|step| step.endpoint).chain(start.iter().copied().filter(|_| !from_outside));
        let mut cuts: Vec<Cut> = candidates
            .filter(|endpoint| self.isolation(*endpoint, Direction::Egress) == Isolation::Open)
            .map(|endpoint| Cut { endpoint, direction: Direction::Egress, spared: spared[endpoint.0 as usize] })
            .filter(|cut| cut.spared > 0)
            .collect();
        cuts.sort_by_key(|cut| (std::cmp::Reverse(cut.spared), cut.endpoint));
        cuts.truncate(3);
        cuts
    }

    /// The protocol and port on which a step is likely taken: the first that is admitted and declared.
    pub fn likely_port(&self, to: EndpointId, admitted: &Ports) -> Option<(Protocol, u16)> {
        let workload = self.workload_of(to)?;
        let facts = workload.members.iter().map(|member| &self.inventory.facts.workloads[*member as usize]);
        let ports = facts.flat_map(|fact| fact.network.ports.iter().filter(|port| port.stays));
        ports
            .filter_map(|port| Some((port.protocol, port.number?)))
            .find(|(protocol, number)| admitted.contains(*protocol, *number))
    }
}

fn is_store_image(image: &str) -> bool {
    const STORES: &[&str] = &[
        "postgres",
        "mysql",
        "mariadb",
        "mongo",
        "redis",
        "valkey",
        "memcached",
        "elasticsearch",
        "opensearch",
        "cassandra",
        "cockroach",
        "etcd",
        "clickhouse",
        "minio",
        "vault",
        "kafka",
        "rabbitmq",
        "couchdb",
        "influxdb",
        "neo4j",
        "mssql",
    ];
    let name = image.rsplit('/').next().unwrap_or(image).split([':', '@']).next().unwrap_or(image);
    STORES.iter().any(|store| name == *store || name.starts_with(&format!("{store}-")) || name == format!("{store}ql"))
}
