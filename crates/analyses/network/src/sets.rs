//! Sets of classes: those that selectors select, each found once.

use model::address::Block;
use model::inventory::{BlockReach, Expression, PodSet, TrafficPeer, TrafficPolicyKind, Who};
use model::labels::{Operator, Selector};
use model::symbols::Symbol;

use crate::addresses::Range;
use crate::census::{Census, Class, Kind, Map};
use crate::config::{BlockMatching, Config, UnknownAddresses};

/// The number of a set.
pub(crate) type SetId = u32;

/// The set of all classes.
pub(crate) const EVERYBODY: SetId = 0;

/// Sets that are found once. Their members are sorted.
pub(crate) struct Sets<'a> {
    census: &'a Census,
    config: &'a Config,
    /// The classes of pods of each namespace.
    of_namespace: Vec<Vec<u32>>,
    /// The classes of pods that have a label.
    of_label: Map<(Symbol, Symbol), Vec<u32>>,
    namespaces: Map<Expression, Vec<u32>>,
    pods: Map<(Option<u32>, bool, PodSet), SetId>,
    known: Map<Box<[u32]>, SetId>,
    sets: Vec<Box<[u32]>>,
}

impl<'a> Sets<'a> {
    pub(crate) fn new(census: &'a Census, config: &'a Config) -> Self {
        let mut of_namespace = vec![Vec::new(); census.namespaces.len()];
        let mut of_label: Map<_, Vec<u32>> = Map::default();
        for (number, class) in (0..).zip(&census.classes).filter(|(_, class)| class.kind == Kind::Pod) {
            of_namespace[class.namespace as usize].push(number);
            for &label in &class.labels {
                of_label.entry(label).or_default().push(number);
            }
        }
        let mut sets = Self {
            census,
            config,
            of_namespace,
            of_label,
            namespaces: Map::default(),
            pods: Map::default(),
            known: Map::default(),
            sets: Vec::new(),
        };
        sets.intern((0..census.classes.len() as u32).collect());
        sets
    }

    /// The members of a set.
    pub(crate) fn members(&self, set: SetId) -> &[u32] {
        &self.sets[set as usize]
    }

    /// All sets, by their numbers.
    pub(crate) fn into_sets(self) -> Vec<Box<[u32]>> {
        self.sets
    }

    /// The number of the set with these members, which are sorted.
    pub(crate) fn intern(&mut self, members: Vec<u32>) -> SetId {
        let members = members.into_boxed_slice();
        if let Some(&known) = self.known.get(&members) {
            return known;
        }
        let number = self.sets.len() as SetId;
        self.sets.push(members.clone());
        self.known.insert(members, number);
        number
    }

    /// The pods that `set` selects, seen from a policy in the namespace `own`.
    pub(crate) fn pods(&mut self, set: &PodSet, own: Option<u32>, kind: TrafficPolicyKind) -> SetId {
        // Policies of administrators never mean pods on the network of their node.
        let with_host = !is_admin(kind);
        let own = if set.namespaces.is_none() { own } else { None };
        let key = (own, with_host, set.clone());
        if let Some(&known) = self.pods.get(&key) {
            return known;
        }
        let members = self.find_pods(set, own, with_host);
        let number = self.intern(members);
        self.pods.insert(key, number);
        number
    }

    fn find_pods(&mut self, set: &PodSet, own: Option<u32>, with_host: bool) -> Vec<u32> {
        let namespaces: Vec<u32> = match &set.namespaces {
            None => own.into_iter().collect(),
            Some(expression) => self.namespaces_of(expression).to_vec(),
        };
        let classes = &self.census.classes;
        let fits = |class: &Class| (with_host || !class.is_host) && set.pods.matches(&class.labels);
        // Where many namespaces are meant, whoever has the label is fewer than whoever is in one of them.
        const MANY: usize = 4;
        let label = single_label(&set.pods).filter(|_| namespaces.len() > MANY);
        let mut members: Vec<u32> = match label {
            Some(label) => {
                let mut meant = vec![false; self.census.namespaces.len()];
                namespaces.iter().for_each(|namespace| meant[*namespace as usize] = true);
                let candidates = self.of_label.get(&label).map_or(&[][..], Vec::as_slice).iter().copied();
                candidates.filter(|number| meant[classes[*number as usize].namespace as usize]).collect()
            }
            None => namespaces.iter().flat_map(|namespace| &self.of_namespace[*namespace as usize]).copied().collect(),
        };
        members.retain(|number| fits(&classes[*number as usize]));
        members.sort_unstable();
        members
    }

    fn namespaces_of(&mut self, expression: &Expression) -> &[u32] {
        let census = self.census;
        self.namespaces.entry(expression.clone()).or_insert_with(|| {
            let all = (0..).zip(&census.namespaces);
            all.filter(|(_, namespace)| expression.matches(&namespace.labels)).map(|(number, _)| number).collect()
        })
    }

    /// Who the peers are. No list means everybody.
    pub(crate) fn peers(&mut self, peers: Option<&[TrafficPeer]>, own: Option<u32>, kind: TrafficPolicyKind) -> SetId {
        let Some(peers) = peers else { return EVERYBODY };
        let mut members: Vec<u32> = Vec::new();
        for peer in peers {
            match &peer.who {
                Who::Everybody => return EVERYBODY,
                Who::Pods(set) => {
                    let set = self.pods(set, own, kind);
                    members.extend(self.members(set));
                }
                who => {
                    let all = (0..).zip(&self.census.classes);
                    members.extend(all.filter(|(_, class)| self.is(who, class)).map(|(number, _)| number));
                }
            }
        }
        members.sort_unstable();
        members.dedup();
        self.intern(members)
    }

    /// Those peers who are not meant by their addresses alone, so that their ports have names.
    pub(crate) fn named_peers(&mut self, peers: &[TrafficPeer], own: Option<u32>, kind: TrafficPolicyKind) -> SetId {
        let mut members: Vec<u32> = Vec::new();
        for peer in peers {
            if !matches!(peer.who, Who::Block { .. }) {
                let set = self.peers(Some(std::slice::from_ref(peer)), own, kind);
                members.extend(self.members(set));
            }
        }
        members.sort_unstable();
        members.dedup();
        self.intern(members)
    }

    fn is(&self, who: &Who, class: &Class) -> bool {
        match who {
            Who::Everybody => true,
            Who::Outside => class.kind == Kind::Outside,
            Who::Inside => class.kind != Kind::Outside,
            Who::Nodes(selector) => match class.kind {
                Kind::Node => selector.matches(&class.labels),
                // It has the address of a node; of which is not known.
                Kind::HostPod | Kind::OwnNode => selector.is_empty(),
                Kind::Pod | Kind::Outside => false,
            },
            Who::OwnNode => class.kind == Kind::OwnNode,
            Who::OtherNodes => matches!(class.kind, Kind::Node | Kind::HostPod),
            Who::Block { block, except, reach } => self.reaches(*reach, class) && self.is_in(block, except, class),
            // Which addresses a name has is not known.
            Who::Names(_) => false,
            Who::Pods(_) => false,
        }
    }

    fn reaches(&self, reach: BlockReach, class: &Class) -> bool {
        match (reach, self.config.dialect.blocks) {
            (BlockReach::Anything, _) | (BlockReach::Plugin, BlockMatching::Anything) => true,
            (BlockReach::Outside, _) | (BlockReach::Plugin, BlockMatching::OutsideOnly) => class.kind == Kind::Outside,
            (BlockReach::Plugin, BlockMatching::NoPods) => class.kind != Kind::Pod,
        }
    }

    fn is_in(&self, block: &Block, except: &[Block], class: &Class) -> bool {
        if class.atoms.is_empty() {
            return self.is_in_for_certain(block, except, class);
        }
        class.atoms.iter().any(|atom| {
            let address = self.census.ranges[*atom as usize].first;
            block.contains(address) && !except.iter().any(|inner| inner.contains(address))
        })
    }

    /// Whether an address that is not known is in the block whatever it is. Without anything known of it, it is taken to
    /// be one of IPv4.
    fn is_in_for_certain(&self, block: &Block, except: &[Block], class: &Class) -> bool {
        let pods = match class.kind {
            Kind::Pod => &*self.config.pod_blocks,
            Kind::HostPod | Kind::Node | Kind::OwnNode | Kind::Outside => &[],
        };
        if self.config.unknown_addresses == UnknownAddresses::Inside && pods.is_empty() {
            return !block.is_v6();
        }
        let touches = |inner: &Block, own: &Block| inner.covers(own) || own.covers(inner);
        if pods.is_empty() {
            return block.is_everything() && !block.is_v6() && except.is_empty();
        }
        if self.config.unknown_addresses == UnknownAddresses::Inside {
            return pods.iter().any(|own| touches(block, own) && !except.iter().any(|inner| inner.covers(own)));
        }
        pods.iter().any(|own| block.covers(own) && !except.iter().any(|inner| touches(inner, own)))
    }
}

/// Whether a kind of policy is one of administrators.
pub(crate) fn is_admin(kind: TrafficPolicyKind) -> bool {
    matches!(kind, TrafficPolicyKind::AdminNetworkPolicy | TrafficPolicyKind::ClusterNetworkPolicy)
}

/// The ranges at whose ends addresses are cut for a peer.
pub(crate) fn ranges_of(who: &Who) -> Vec<Range> {
    match who {
        Who::Block { block, except, reach: _ } => std::iter::once(block).chain(except).map(Range::of).collect(),
        _ => Vec::new(),
    }
}

/// A label that everything selected has.
fn single_label(expression: &Expression) -> Option<(Symbol, Symbol)> {
    let of_selector = |selector: &Selector| {
        selector.requirements.iter().find_map(|requirement| match (requirement.operator, &*requirement.values) {
            (Operator::In, &[value]) => Some((requirement.key, value)),
            (Operator::In | Operator::NotIn | Operator::Exists | Operator::DoesNotExist, _) => None,
        })
    };
    match expression {
        Expression::Labels(selector) => of_selector(selector),
        Expression::And(parts) => parts.iter().find_map(single_label),
        Expression::All | Expression::Not(_) | Expression::Or(_) => None,
    }
}
