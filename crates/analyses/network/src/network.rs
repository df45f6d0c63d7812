//! The network of an inventory: who there is, and who may connect to whom on which ports.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use model::address::Block;
use model::inventory::{Inventory, ResourceId};
use model::symbols::Symbol;

use crate::addresses::{self, Range};
use crate::bits::Bits;
use crate::census::{Census, Kind, Map, Workload};
use crate::compile::{self, Compiled, Direction, Doubtful};
use crate::config::Config;
use crate::evaluate::Scratch;
use crate::exposure::Entry;
use crate::ports::Ports;

/// The number of an endpoint in its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointId(pub u32);

/// Who connects, or is connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The pods of a workload, or those of them that policies tell from the rest.
    Workload {
        /// The workload, among those of the network.
        workload: u32,
        /// What tells these pods from the other pods of the workload; empty if they are all of them.
        note: String,
    },
    /// Nodes. No name means all that there are.
    Nodes(Vec<String>),
    /// Addresses outside the cluster.
    Outside(Vec<Range>),
}

/// Who connects, or is connected to.
pub struct Endpoint {
    /// Who.
    pub identity: Identity,
    /// Whether its pods are on the network of their node, so that no policy protects them.
    pub host_network: bool,
    /// Its name: `namespace/name[Kind]`, or the addresses.
    pub name: String,
    pub(crate) class: u32,
    pub(crate) behaviour: u32,
}

/// Whether a direction of pods is restricted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// No policy of the kind that refuses by default is for the pods.
    Open,
    /// Some is.
    Restricted,
    /// Policies do not apply: it is a node or outside.
    NotApplicable,
}

/// The network.
pub struct Network<'a> {
    pub(crate) inventory: &'a Inventory,
    pub(crate) config: Config,
    pub(crate) census: Arc<Census>,
    pub(crate) compiled: Arc<Compiled>,
    pub(crate) endpoints: Arc<Vec<Endpoint>>,
    /// The endpoints of each behaviour.
    pub(crate) of_behaviour: Arc<Vec<Vec<EndpointId>>>,
    /// Ways in, whatever policies leave of them.
    pub(crate) openings: Arc<OnceLock<Vec<Entry>>>,
    /// The nodes that pods run on.
    pub(crate) placement: Arc<OnceLock<Map<ResourceId, Symbol>>>,
    /// Who is restricted, in either direction.
    restricted: OnceLock<[Bits; 2]>,
}

/// A network without the inventory that it was made from: what is kept beside that.
struct Kept {
    config: Config,
    census: Arc<Census>,
    compiled: Arc<Compiled>,
    endpoints: Arc<Vec<Endpoint>>,
    of_behaviour: Arc<Vec<Vec<EndpointId>>>,
}

/// What one endpoint may send to every other.
pub struct Row<'n> {
    network: &'n Network<'n>,
    /// Masks of every page, those of one behaviour beside one another.
    masks: Vec<Vec<u64>>,
}

impl<'a> Network<'a> {
    /// Compiles the policies of an inventory.
    pub fn new(inventory: &'a Inventory, config: &Config) -> Self {
        let (mut asked, mut ranges) = compile::asked(inventory, config);
        ranges.extend(config.pod_blocks.iter().map(Range::of).filter(|_| asked.addresses));
        asked.addresses &= !ranges.is_empty();
        let ranges = addresses::cut(ranges.into_iter());
        let census = Census::new(inventory, config, &asked, ranges);
        let compiled = compile::compile(inventory, config, &census);
        let mut network = Self {
            inventory,
            config: config.clone(),
            census: census.into(),
            compiled: compiled.into(),
            endpoints: Arc::default(),
            of_behaviour: Arc::default(),
            openings: Arc::default(),
            placement: Arc::default(),
            restricted: OnceLock::new(),
        };
        network.name_endpoints();
        network
    }

    /// The same, compiled once for all that ask with the same assumptions.
    pub fn shared(inventory: &'a Inventory, config: &Config) -> Self {
        let kept = inventory.indexes.derived(|| {
            let Self {
                inventory: _,
                config,
                census,
                compiled,
                endpoints,
                of_behaviour,
                openings: _,
                placement: _,
                restricted: _,
            } = Self::new(inventory, config);
            Kept { config, census, compiled, endpoints, of_behaviour }
        });
        if kept.config != *config {
            return Self::new(inventory, config);
        }
        Self {
            inventory,
            config: config.clone(),
            census: Arc::clone(&kept.census),
            compiled: Arc::clone(&kept.compiled),
            endpoints: Arc::clone(&kept.endpoints),
            of_behaviour: Arc::clone(&kept.of_behaviour),
            // They are found later, of other facts than the rest.
            openings: Arc::default(),
            placement: Arc::default(),
            restricted: OnceLock::new(),
        }
    }

    /// The same network without these objects in place of those that it is without now: at the price of a few bits, if
    /// only policies come and go that it knows or was prepared for. None otherwise: it has to be made from the beginning.
    pub fn with(&self, without: &BTreeSet<ResourceId>) -> Option<Self> {
        let policies = &self.inventory.facts.traffic.policies;
        let changed: BTreeSet<ResourceId> = self.config.without.symmetric_difference(without).copied().collect();
        let known = policies.iter().filter(|policy| compile::is_compiled(policy, &self.config));
        let known = known.filter(|policy| changed.contains(&policy.resource)).map(|policy| policy.resource);
        if known.collect::<BTreeSet<_>>() != changed {
            return None;
        }
        let mut config = Config { without: without.clone(), ..self.config.clone() };
        config.prepared.extend(changed);
        Some(Self {
            inventory: self.inventory,
            compiled: self.compiled.of_present(self.inventory, &config).into(),
            config,
            census: Arc::clone(&self.census),
            endpoints: Arc::clone(&self.endpoints),
            of_behaviour: Arc::clone(&self.of_behaviour),
            openings: Arc::clone(&self.openings),
            placement: Arc::clone(&self.placement),
            restricted: OnceLock::new(),
        })
    }

    /// The same network where only what all policies of equal priority let through is taken to be admitted; this one takes
    /// it that whatever one of them lets through may be. None if there are no such policies, so that nothing is in doubt.
    pub fn without_doubts(&self) -> Option<Self> {
        let mut compiled = Compiled::clone(&self.compiled);
        compiled.doubtful = Doubtful::Refused;
        let is_possible = self.compiled.has_rivals && self.compiled.doubtful == Doubtful::Admitted;
        is_possible.then(|| Self {
            inventory: self.inventory,
            config: self.config.clone(),
            census: Arc::clone(&self.census),
            compiled: compiled.into(),
            endpoints: Arc::clone(&self.endpoints),
            of_behaviour: Arc::clone(&self.of_behaviour),
            openings: Arc::clone(&self.openings),
            placement: Arc::clone(&self.placement),
            restricted: OnceLock::new(),
        })
    }

    /// Whether another is the same network with other policies.
    pub(crate) fn is_variant_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.census, &other.census)
    }

    fn name_endpoints(&mut self) {
        let mut endpoints = Vec::new();
        for member in &self.census.members {
            let workload = &self.census.workloads[member.workload as usize];
            let note = member.note.clone();
            let mut name = self.workload_name(workload);
            if !note.is_empty() {
                name = format!("{name} ({note})");
            }
            let identity = Identity::Workload { workload: member.workload, note };
            endpoints.push(self.endpoint(identity, name, member.class));
        }
        let mut nodes: BTreeMap<u32, (u32, Vec<String>)> = BTreeMap::new();
        for &(name, class) in &self.census.nodes {
            let behaviour = self.compiled.of_class[class as usize];
            let entry = nodes.entry(behaviour).or_insert((class, Vec::new()));
            entry.1.extend((!name.is_empty()).then(|| self.inventory.symbols.text(name)));
        }
        let one_kind = nodes.len() == 1;
        for (class, names) in nodes.into_values() {
            let name = match &*names {
                _ if one_kind => "nodes".to_owned(),
                [name] => format!("node {name}"),
                names => format!("nodes {}", names.join(", ")),
            };
            endpoints.push(self.endpoint(Identity::Nodes(names), name, class));
        }
        endpoints.extend(self.outside());
        let mut of_behaviour = vec![Vec::new(); self.compiled.behaviours.len()];
        for (number, endpoint) in (0..).zip(&endpoints) {
            of_behaviour[endpoint.behaviour as usize].push(EndpointId(number));
        }
        self.of_behaviour = of_behaviour.into();
        self.endpoints = endpoints.into();
    }

    fn outside(&self) -> Vec<Endpoint> {
        let mut groups: Vec<(u32, Vec<Range>)> = Vec::new();
        let mut index: Map<u32, usize> = Map::default();
        for class in self.census.first_outside..self.census.classes.len() as u32 {
            let behaviour = self.compiled.of_class[class as usize];
            let at = *index.entry(behaviour).or_insert_with(|| {
                groups.push((class, Vec::new()));
                groups.len() - 1
            });
            groups[at].1.push(self.census.range(class));
        }
        let endpoints = groups.into_iter().map(|(class, mut ranges)| {
            addresses::merge(&mut ranges);
            let name = ranges.iter().map(Range::text).collect::<Vec<_>>().join(", ");
            self.endpoint(Identity::Outside(ranges), name, class)
        });
        endpoints.collect()
    }

    fn endpoint(&self, identity: Identity, name: String, class: u32) -> Endpoint {
        let host_network = self.census.classes[class as usize].is_host;
        Endpoint { identity, host_network, name, class, behaviour: self.compiled.of_class[class as usize] }
    }

    /// `namespace/name[Kind]`.
    pub fn workload_name(&self, workload: &Workload) -> String {
        let text = |symbol| self.inventory.symbols.text(symbol);
        format!("{}/{}[{}]", text(workload.namespace), text(workload.name), text(workload.kind))
    }

    /// What it was made from.
    pub fn inventory(&self) -> &'a Inventory {
        self.inventory
    }

    /// What was assumed.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Everybody, ordered by namespace and name, then nodes, then the outside.
    pub fn endpoints(&self) -> impl Iterator<Item = (EndpointId, &Endpoint)> {
        (0..).map(EndpointId).zip(self.endpoints.iter())
    }

    /// An endpoint.
    pub fn get(&self, endpoint: EndpointId) -> &Endpoint {
        &self.endpoints[endpoint.0 as usize]
    }

    /// The workloads, ordered by namespace and name.
    pub fn workloads(&self) -> &[Workload] {
        &self.census.workloads
    }

    /// How many workloads pods are of: those of one that policies, or families of addresses, tell apart are one.
    pub fn count_workloads(&self, endpoints: impl IntoIterator<Item = EndpointId>) -> usize {
        let workload = |endpoint| match self.get(endpoint).identity {
            Identity::Workload { workload, .. } => Some(workload),
            Identity::Nodes(_) | Identity::Outside(_) => None,
        };
        endpoints.into_iter().filter_map(workload).collect::<BTreeSet<u32>>().len()
    }

    /// The names of pods, by their workloads where all of those are among them.
    pub fn names_of(&self, endpoints: &[EndpointId]) -> Vec<String> {
        let mut by_workload: BTreeMap<u32, Vec<EndpointId>> = BTreeMap::new();
        for &endpoint in endpoints {
            if let Identity::Workload { workload, .. } = self.get(endpoint).identity {
                by_workload.entry(workload).or_default().push(endpoint);
            }
        }
        let mut sizes: BTreeMap<u32, usize> = BTreeMap::new();
        for member in self.census.members.iter().filter(|member| by_workload.contains_key(&member.workload)) {
            *sizes.entry(member.workload).or_default() += 1;
        }
        let mut names = Vec::new();
        for (workload, own) in by_workload {
            match sizes.get(&workload) == Some(&own.len()) {
                true => names.push(self.workload_name(&self.census.workloads[workload as usize])),
                false => names.extend(own.iter().map(|endpoint| self.get(*endpoint).name.clone())),
            }
        }
        names
    }

    /// Whether there are pods or nodes whose addresses are not known.
    pub(crate) fn has_unknown_addresses(&self) -> bool {
        let is_inside = |kind| matches!(kind, Kind::Pod | Kind::HostPod | Kind::Node);
        self.census.classes.iter().any(|class| is_inside(class.kind) && class.atoms.is_empty())
    }

    /// The workload of an endpoint, if it is one.
    pub fn workload_of(&self, endpoint: EndpointId) -> Option<&Workload> {
        match self.get(endpoint).identity {
            Identity::Workload { workload, .. } => Some(&self.census.workloads[workload as usize]),
            Identity::Nodes(_) | Identity::Outside(_) => None,
        }
    }

    /// The endpoint outside that has an address.
    pub fn outside_of(&self, address: IpAddr) -> Option<EndpointId> {
        let has = |endpoint: &Endpoint| match &endpoint.identity {
            Identity::Outside(ranges) => ranges.iter().any(|range| range.contains(address)),
            Identity::Workload { .. } | Identity::Nodes(_) => false,
        };
        self.endpoints().find(|(_, endpoint)| has(endpoint)).map(|(number, _)| number)
    }

    /// The endpoints of the object, those of its pods among them.
    pub fn endpoints_of(&self, resource: ResourceId) -> Vec<EndpointId> {
        let is = |workload: &Workload| {
            workload.resource == resource
                || workload
                    .members
                    .iter()
                    .any(|fact| self.inventory.facts.workloads[*fact as usize].resource == resource)
        };
        let all = self.endpoints().filter(|(number, _)| self.workload_of(*number).is_some_and(is));
        all.map(|(number, _)| number).collect()
    }

    /// The ports on which one may connect to the other.
    pub fn connections(&self, from: EndpointId, to: EndpointId) -> Ports {
        if self.exempt(from, to).is_some() { Ports::all() } else { self.row(from).to(to) }
    }

    /// What policies let an endpoint send to every other.
    pub fn row(&self, from: EndpointId) -> Row<'_> {
        self.row_of(self.get(from).behaviour, &mut Scratch::default())
    }

    fn row_of(&self, behaviour: u32, scratch: &mut Scratch) -> Row<'_> {
        Row { network: self, masks: self.compiled.lines(Direction::Egress, behaviour, scratch) }
    }

    /// Calls `see` with the row of every endpoint. Endpoints that policies do not tell apart share theirs, and come one
    /// after another.
    pub fn rows(&self, see: &mut dyn FnMut(EndpointId, &Row<'_>)) {
        let mut scratch = Scratch::default();
        for (behaviour, endpoints) in (0..).zip(self.of_behaviour.iter()) {
            if endpoints.is_empty() {
                continue;
            }
            let row = self.row_of(behaviour, &mut scratch);
            endpoints.iter().for_each(|endpoint| see(*endpoint, &row));
        }
    }

    /// Whether policies restrict the pods of an endpoint: some refuses what no rule admits, or denies something. Where
    /// policies of administrators admit everything before that, nothing restricts them.
    pub fn isolation(&self, endpoint: EndpointId, direction: Direction) -> Isolation {
        let behaviour = self.get(endpoint).behaviour;
        if !self.compiled.behaviours[behaviour as usize].is_pod {
            return Isolation::NotApplicable;
        }
        let [ingress, egress] = self
            .restricted
            .get_or_init(|| [Direction::Ingress, Direction::Egress].map(|direction| self.restricted_in(direction)));
        let restricted = if direction == Direction::Ingress { ingress } else { egress };
        if restricted.contains(behaviour) { Isolation::Restricted } else { Isolation::Open }
    }

    fn restricted_in(&self, direction: Direction) -> Bits {
        let compiled = &self.compiled;
        let mut restricted = Bits::new(compiled.behaviours.len());
        let is_ordered =
            compiled.stages.len() > 1 || compiled.stages.iter().any(|stage| !stage.side(direction).admits_only);
        let own_node = compiled.of_class[self.census.own_node as usize];
        let (mut scratch, mut rules) = (Scratch::default(), Vec::new());
        for (own, behaviour) in (0..).zip(compiled.behaviours.iter()).filter(|(_, behaviour)| behaviour.is_pod) {
            let is_closed = compiled.is_closed(own, direction);
            if !is_ordered {
                if is_closed {
                    restricted.insert(own);
                }
                continue;
            }
            let pages = compiled.own_sides(direction, own, &mut scratch);
            let others = (0..).zip(compiled.behaviours.iter());
            let mut met = others.filter(|(other, known)| behaviour.connects(known) && *other != own_node);
            let refuses = met.any(|(other, _)| {
                pages.iter().enumerate().any(|(page, line)| line[other as usize] != compiled.atoms.all(page))
            });
            // A policy that lets everything in restricts pods in name alone, unless it is an administrator who does.
            let mut has_admin = || {
                compiled.stages.iter().any(|stage| {
                    let side = stage.side(direction);
                    compiled.rules_of_subject(side, own, &mut rules);
                    !side.closed.contains(own) && !rules.is_empty()
                })
            };
            if refuses || is_closed && !has_admin() {
                restricted.insert(own);
            }
        }
        restricted
    }

    /// The group of an endpoint: those of one group are treated alike, in both directions and by everybody.
    pub fn group_of(&self, endpoint: EndpointId) -> u32 {
        self.get(endpoint).behaviour
    }

    /// How many kinds of endpoints policies tell apart.
    pub fn behaviours(&self) -> usize {
        self.compiled.behaviours.len()
    }

    /// Whether pods of this kind exist at all: what is listed for humans leaves out the rest.
    pub fn is_pod(&self, endpoint: EndpointId) -> bool {
        matches!(self.census.classes[self.get(endpoint).class as usize].kind, Kind::Pod | Kind::HostPod)
    }

    /// The blocks that pods are known to have their addresses from.
    pub fn pod_blocks(&self) -> &[Block] {
        &self.config.pod_blocks
    }
}

impl Row<'_> {
    /// The ports on which the other may be connected to.
    pub fn to(&self, other: EndpointId) -> Ports {
        let behaviour = self.network.get(other).behaviour as usize;
        let masks: Vec<u64> = self.masks.iter().map(|page| page[behaviour]).collect();
        self.network.compiled.atoms.ports(&masks)
    }

    /// Whether the other may be connected to on some port.
    pub fn reaches(&self, other: EndpointId) -> bool {
        let behaviour = self.network.get(other).behaviour as usize;
        self.masks.iter().any(|page| page[behaviour] != 0)
    }

    /// Whether the other may be connected to on all ports.
    pub fn reaches_all(&self, other: EndpointId) -> bool {
        let behaviour = self.network.get(other).behaviour as usize;
        let atoms = &self.network.compiled.atoms;
        self.masks.iter().enumerate().all(|(number, page)| page[behaviour] == atoms.all(number))
    }

    /// Whether another row of the same endpoints says something else of one of them.
    pub(crate) fn differs(&self, other: &Row<'_>, to: EndpointId) -> bool {
        let of = self.network.get(to).behaviour as usize;
        self.masks.iter().zip(&other.masks).any(|(own, other)| own[of] != other[of])
    }

    /// The groups that may be connected to on some port, in order: those of `Network::group_of`.
    pub fn groups(&self) -> impl Iterator<Item = u32> + '_ {
        let is_reached = |group: &u32| self.masks.iter().any(|page| page[*group as usize] != 0);
        (0..self.masks.first().map_or(0, Vec::len) as u32).filter(is_reached)
    }

    /// On which ports a group may be connected to: what is the same admits the same.
    pub fn masks(&self, group: u32) -> impl Iterator<Item = u64> + '_ {
        self.masks.iter().map(move |page| page[group as usize])
    }

    /// Whether two others may be connected to on the same ports.
    pub fn same(&self, left: EndpointId, right: EndpointId) -> bool {
        let of = |endpoint| self.network.get(endpoint).behaviour as usize;
        self.masks.iter().all(|page| page[of(left)] == page[of(right)])
    }
}
