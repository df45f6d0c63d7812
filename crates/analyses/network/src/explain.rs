//! Why two endpoints may connect or not: every policy and rule that has to do with it, tier by tier.

use std::net::IpAddr;

use model::inventory::{
    Expression, PodSet, ResourceId, TrafficAction, TrafficPeer, TrafficPolicy, UnmodelledPolicy, Who,
};
use model::place::Place;

use crate::census::{Class, Kind, namespace_of};
use crate::compile::{Direction, Doubtful, Rule, Side, is_enforced};
use crate::evaluate::slot;
use crate::exempt::{Exempt, OwnNodePorts, Placed};
use crate::network::{EndpointId, Network};
use crate::ports::Ports;

/// Why two endpoints may connect or not.
pub struct Explanation {
    /// Who connects.
    pub from: EndpointId,
    /// Who is connected to.
    pub to: EndpointId,
    /// The ports that were asked for.
    pub asked: Ports,
    /// What the side of the one that connects says.
    pub egress: Half,
    /// What the side of the one that is connected to says.
    pub ingress: Half,
    /// The ports of those asked for that both sides admit. Where policies of equal priority contradict each other, what
    /// one of them lets through is among them.
    pub admitted: Ports,
    /// Those of them of which policies of equal priority decide, so that nobody knows.
    pub undecided: Ports,
    /// Why policies are not asked after all.
    pub exempt: Option<Exempt>,
    /// What holds for the node that the pods run on, where one end is pods and the other nodes.
    pub own_node: Option<OwnNodePorts>,
}

/// One side of a connection.
pub struct Half {
    /// Whose side: that of who connects, or of who is connected to.
    pub direction: Direction,
    /// Whether policies apply at all: they do not to nodes, to the outside, and to pods on the network of their node.
    pub applies: bool,
    /// The ports that this side admits.
    pub admitted: Ports,
    /// Those that it admits whichever of policies of equal priority counts.
    pub certain: Ports,
    /// Policies of equal priority that contradict each other for what was asked.
    pub rivals: Vec<(ResourceId, ResourceId)>,
    /// Policies and rules, in the order in which they are asked.
    pub steps: Vec<Reason>,
    /// The policies because of which what no rule admits is refused.
    pub isolated_by: Vec<ResourceId>,
}

/// What a policy or a rule does to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Word {
    /// It lets the ports through.
    Admits,
    /// It is for the pods, and lets nothing of what was asked for through.
    DoesNotAdmit,
    /// It refuses the ports, whatever comes later.
    Denies,
    /// It leaves the ports to the next tier.
    Passes,
    /// It is not for the pods, or not for this direction.
    NotApplicable,
    /// It may change the answer, and is not evaluated.
    Undecidable,
}

impl Word {
    /// As people read it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Admits => "admits",
            Self::DoesNotAdmit => "does not admit",
            Self::Denies => "denies",
            Self::Passes => "passes",
            Self::NotApplicable => "not applicable",
            Self::Undecidable => "undecidable",
        }
    }
}

/// A policy or a rule, and what it does.
pub struct Reason {
    /// The policy.
    pub policy: ResourceId,
    /// Which of its rules, from 0.
    pub rule: Option<u32>,
    /// Where it is written.
    pub place: Place,
    /// What it does.
    pub word: Word,
    /// The ports that it decides.
    pub ports: Ports,
    /// Why, where that is not plain from the word: what is missing.
    pub because: String,
    /// How many conditions fail; the fewer, the nearer.
    pub failing: u32,
    /// Whether conditions above ports narrow it further.
    pub narrowed: bool,
}

impl Network<'_> {
    /// Why `from` may connect to `to` or not, on some ports.
    pub fn explain(&self, from: EndpointId, to: EndpointId, asked: Ports) -> Explanation {
        self.explain_at(from, to, asked, None)
    }

    /// The same, of nodes the one with a name.
    pub fn explain_at(&self, from: EndpointId, to: EndpointId, asked: Ports, node: Option<&str>) -> Explanation {
        let egress = self.half(from, to, Direction::Egress, &asked);
        let ingress = self.half(to, from, Direction::Ingress, &asked);
        let both = egress.admitted.intersection(&ingress.admitted).intersection(&asked);
        // Between what is no workload no policy stands, and nothing is known.
        let mut admitted = if self.can_meet(from, to) { both.clone() } else { Ports::none() };
        let own_node = self.own_node(from, to, node).filter(|own| own.placed != Placed::Elsewhere);
        let mut exempt = self.exempt(from, to);
        if let Some(own) = own_node.as_ref().filter(|own| own.placed == Placed::There) {
            admitted = own.admitted.intersection(&asked);
            exempt = exempt.or_else(|| own.admitted.is_all().then_some(Exempt::OwnNode));
        }
        if exempt.is_some() {
            admitted = asked.clone();
        }
        let certain = egress.certain.intersection(&ingress.certain);
        let undecided = if exempt.is_some() { Ports::none() } else { both.without(&certain).intersection(&admitted) };
        Explanation { from, to, asked, egress, ingress, admitted, undecided, exempt, own_node }
    }

    /// Whether there are connections between two at all: one of them is of a workload, and both have addresses of one family.
    pub fn can_meet(&self, from: EndpointId, to: EndpointId) -> bool {
        let of = |endpoint| &self.compiled.behaviours[self.get(endpoint).behaviour as usize];
        of(from).connects(of(to))
    }

    fn half(&self, own: EndpointId, other: EndpointId, direction: Direction, asked: &Ports) -> Half {
        let subject = self.get(own).behaviour;
        let applies = self.compiled.behaviours[subject as usize].is_pod;
        let mut half = Half {
            direction,
            applies,
            admitted: Ports::all(),
            certain: Ports::all(),
            rivals: Vec::new(),
            steps: Vec::new(),
            isolated_by: Vec::new(),
        };
        if !applies {
            return half;
        }
        let mut question = Question {
            network: self,
            own,
            other,
            direction,
            asked: asked.clone(),
            doubtful: Doubtful::Refused,
            open: Ports::all(),
            admitted: Ports::none(),
            half: &mut half,
        };
        // Twice, if it is not known which of some policies count: the second time is the one that is told.
        if self.compiled.has_rivals {
            question.stages();
            let certain = question.admitted.union(&question.open);
            half = Half { certain, steps: Vec::new(), rivals: Vec::new(), isolated_by: Vec::new(), ..half };
            question = Question {
                network: self,
                own,
                other,
                direction,
                asked: asked.clone(),
                doubtful: self.compiled.doubtful,
                open: Ports::all(),
                admitted: Ports::none(),
                half: &mut half,
            };
        }
        question.stages();
        let admitted = question.admitted.union(&question.open);
        if !self.compiled.has_rivals {
            half.certain = admitted.clone();
        }
        half.admitted = admitted;
        self.add_not_applicable(own, direction, &mut half);
        half.steps.extend(self.unmodelled_between(own, other, direction).map(|policy| Reason {
            policy: policy.resource,
            rule: None,
            place: policy.place,
            word: Word::Undecidable,
            ports: asked.clone(),
            because: self.inventory.symbols.text(policy.what),
            failing: 0,
            narrowed: false,
        }));
        half
    }

    /// Policies of the same namespace that are not for the pods: who looks for a policy finds out why it says nothing.
    fn add_not_applicable(&self, own: EndpointId, direction: Direction, half: &mut Half) {
        let class = self.class(own);
        let Some(workload) = self.workload_of(own) else { return };
        for policy in &self.inventory.facts.traffic.policies {
            if policy.subject.namespaces.is_some()
                || namespace_of(self.inventory, policy.resource) != workload.namespace
                || !is_enforced(policy, &self.config)
            {
                continue;
            }
            let written = if direction == Direction::Ingress { &policy.ingress } else { &policy.egress };
            let because = match (policy.subject.pods.matches(&class.labels), written) {
                (false, _) => format!("its selector wants {}", self.missing(&policy.subject.pods, class)),
                (true, None) => "it says nothing of this direction".to_owned(),
                (true, Some(_)) => continue,
            };
            half.steps.push(Reason {
                policy: policy.resource,
                rule: None,
                place: policy.subject_place,
                word: Word::NotApplicable,
                ports: Ports::none(),
                because,
                failing: 1,
                narrowed: false,
            });
        }
    }

    pub(crate) fn class(&self, endpoint: EndpointId) -> &Class {
        &self.census.classes[self.get(endpoint).class as usize]
    }

    /// The policies that are not evaluated and may change connections of an endpoint with another.
    pub fn unmodelled_between(
        &self,
        own: EndpointId,
        other: EndpointId,
        direction: Direction,
    ) -> impl Iterator<Item = &UnmodelledPolicy> {
        let is_outside = self.class(other).kind == Kind::Outside;
        self.unmodelled(own, direction).into_iter().filter(move |policy| is_outside || !policy.outside)
    }

    /// The policies that are not evaluated and may change connections of the endpoint.
    pub fn unmodelled(&self, endpoint: EndpointId, direction: Direction) -> Vec<&UnmodelledPolicy> {
        let class = self.class(endpoint);
        let is_on = |policy: &&UnmodelledPolicy| match direction {
            Direction::Ingress => policy.ingress,
            Direction::Egress => policy.egress,
        };
        let of_nodes = match class.kind {
            Kind::Pod => false,
            Kind::Node | Kind::OwnNode | Kind::HostPod => true,
            Kind::Outside => return Vec::new(),
        };
        let present = self.inventory.facts.traffic.unmodelled.iter();
        let present =
            present.filter(|policy| policy.nodes == of_nodes && !self.config.without.contains(&policy.resource));
        let is_for = |policy: &&UnmodelledPolicy| {
            let own = namespace_of(self.inventory, policy.resource);
            policy.subject.as_ref().is_none_or(|subject| self.selects(subject, own, class))
        };
        present.filter(is_on).filter(is_for).collect()
    }

    fn selects(&self, set: &PodSet, own: model::symbols::Symbol, class: &Class) -> bool {
        let Some(namespace) = self.census.namespaces.get(class.namespace as usize) else { return false };
        let in_namespace = match &set.namespaces {
            None => namespace.name == own,
            Some(expression) => expression.matches(&namespace.labels),
        };
        in_namespace && set.pods.matches(&class.labels)
    }

    /// What an expression wants that labels do not have.
    fn missing(&self, expression: &Expression, class: &Class) -> String {
        self.missing_of(expression, &class.labels)
    }

    pub(crate) fn missing_of(
        &self,
        expression: &Expression,
        labels: &[(model::symbols::Symbol, model::symbols::Symbol)],
    ) -> String {
        use model::labels::Operator;
        let Expression::Labels(selector) = expression else { return "other labels".to_owned() };
        let text = |symbol| self.inventory.symbols.text(symbol);
        let one = |requirement: &model::labels::Requirement| {
            let key = text(requirement.key);
            let values: Vec<String> = requirement.values.iter().map(|value| text(*value)).collect();
            match requirement.operator {
                Operator::In if values.len() == 1 => format!("`{key}: {}`", values[0]),
                Operator::In => format!("`{key}` one of {}", values.join(", ")),
                Operator::NotIn => format!("`{key}` none of {}", values.join(", ")),
                Operator::Exists => format!("a label `{key}`"),
                Operator::DoesNotExist => format!("no label `{key}`"),
            }
        };
        let failing = selector.requirements.iter().filter(|requirement| {
            let only = model::labels::Selector {
                requirements: vec![(*requirement).clone()].into(),
                invalid: selector.invalid,
            };
            !only.matches(labels)
        });
        failing.map(one).collect::<Vec<_>>().join(" and ")
    }

    /// Who a policy is, among the facts.
    pub(crate) fn policy(&self, number: u32) -> &TrafficPolicy {
        &self.inventory.facts.traffic.policies[number as usize]
    }
}

struct Question<'q, 'n> {
    network: &'q Network<'n>,
    own: EndpointId,
    other: EndpointId,
    direction: Direction,
    asked: Ports,
    /// What is taken to hold where policies of equal priority contradict each other.
    doubtful: Doubtful,
    open: Ports,
    admitted: Ports,
    half: &'q mut Half,
}

/// What each of several policies of equal priority decides.
#[derive(Default)]
struct Rivals {
    number: u32,
    /// What was open before them.
    open: Ports,
    /// Each with what it admits, denies and passes.
    policies: Vec<(u32, Place, [Ports; 3])>,
}

impl Question<'_, '_> {
    fn stages(&mut self) {
        for stage in &self.network.compiled.stages {
            self.stage(stage.side(self.direction));
        }
    }

    /// Closes what policies of equal priority decide, each for itself.
    fn settle(&mut self, rivals: &mut Rivals, passed: &mut Ports) {
        let Rivals { number: _, open, policies } = std::mem::take(rivals);
        if policies.is_empty() {
            return;
        }
        let any = |slot: usize| policies.iter().fold(Ports::none(), |all, (_, _, of)| all.union(&of[slot]));
        let [admitted, denied, left] = [any(0), any(1), any(2)];
        let decided = admitted.union(&denied).union(&left);
        self.open = open.without(&decided);
        let (admits, passes) = match self.doubtful {
            Doubtful::Admitted => (admitted.clone(), left.without(&admitted)),
            Doubtful::Refused => (admitted.without(&denied).without(&left), left.without(&denied)),
        };
        self.admitted = self.admitted.union(&admits);
        *passed = passed.union(&passes);
        for (at, (policy, place, own)) in policies.iter().enumerate() {
            for (other, _, theirs) in &policies[at + 1..] {
                let mut contested = Ports::none();
                for (slot, own) in own.iter().enumerate() {
                    let others = theirs.iter().enumerate().filter(|(other, _)| *other != slot);
                    others.for_each(|(_, theirs)| contested = contested.union(&own.intersection(theirs)));
                }
                let contested = contested.intersection(&self.asked);
                if contested.is_empty() {
                    continue;
                }
                let [own, other] = [policy, other].map(|policy| self.network.policy(*policy).resource);
                let inventory = self.network.inventory;
                let name = inventory.symbols.text(inventory.resource(other).name);
                self.half.rivals.push((own, other));
                self.half.steps.push(Reason {
                    policy: own,
                    rule: None,
                    place: *place,
                    word: Word::Undecidable,
                    ports: contested,
                    because: format!(
                        "`{name}` has the same priority and decides otherwise: which counts is not defined"
                    ),
                    failing: 0,
                    narrowed: false,
                });
            }
        }
    }

    fn stage(&mut self, side: &Side) {
        let compiled = &self.network.compiled;
        let subject = self.network.get(self.own).behaviour;
        let other = self.network.get(self.other).behaviour;
        let mut rules = Vec::new();
        compiled.rules_of_subject(side, subject, &mut rules);
        let mut passed = Ports::none();
        let mut rivals = Rivals::default();
        // A rule with named ports is several: those whose destination is another say nothing here.
        let mut at = 0;
        while let Some(first) = rules.get(at).map(|rule| &side.rules[*rule as usize]) {
            let same = rules[at..].iter().map(|rule| &side.rules[*rule as usize]);
            let same: Vec<_> =
                same.take_while(|rule| (rule.policy, rule.number) == (first.policy, first.number)).collect();
            at += same.len();
            let hit = same.iter().find(|rule| compiled.is_in(other, rule.peers));
            let ports = hit.map_or_else(Ports::none, |rule| compiled.atoms.ports(&rule.masks));
            if rivals.number != first.rivals {
                self.settle(&mut rivals, &mut passed);
            }
            if first.rivals > 0 {
                self.rival(first, &ports, &mut rivals);
            } else {
                self.rule(first.policy, first.number, &ports, &mut passed);
            }
        }
        self.settle(&mut rivals, &mut passed);
        let present = side.closing.iter().filter(|(_, policy)| compiled.is_present(*policy));
        let closing = present.filter(|(set, _)| compiled.is_in(subject, *set));
        let closing: Vec<u32> = closing.map(|(_, policy)| *policy).collect();
        self.add_ruleless(&closing);
        if !closing.is_empty() {
            self.open = Ports::none();
            let policies = closing.iter().map(|policy| self.network.policy(*policy).resource);
            self.half.isolated_by.extend(policies);
        }
        self.open = self.open.union(&passed);
    }

    /// Policies that are for the pods and have no rule: they refuse everything.
    fn add_ruleless(&mut self, closing: &[u32]) {
        for &number in closing {
            let policy = self.network.policy(number);
            let written = match self.direction {
                Direction::Ingress => &policy.ingress,
                Direction::Egress => &policy.egress,
            };
            if written.as_ref().is_some_and(|written| written.rules.is_empty()) {
                self.half.steps.push(Reason {
                    policy: policy.resource,
                    rule: None,
                    place: policy.subject_place,
                    word: Word::DoesNotAdmit,
                    ports: Ports::none(),
                    because: "it has no rule for this direction, so it admits nothing".to_owned(),
                    failing: u32::MAX,
                    narrowed: false,
                });
            }
        }
    }

    /// A rule of one of several policies of equal priority: those of the others do not come before it.
    fn rival(&mut self, rule: &Rule, ports: &Ports, rivals: &mut Rivals) {
        if rivals.policies.is_empty() {
            rivals.number = rule.rivals;
            rivals.open = self.open.clone();
        }
        if rivals.policies.last().is_none_or(|(policy, ..)| *policy != rule.policy) {
            let place = self.network.policy(rule.policy).place;
            rivals.policies.push((rule.policy, place, <[Ports; 3]>::default()));
            self.open = rivals.open.clone();
        }
        let decided = self.open.intersection(ports);
        let (admitted, mut passed) = (self.admitted.clone(), Ports::none());
        self.rule(rule.policy, rule.number, ports, &mut passed);
        self.admitted = admitted;
        if let Some((_, _, of)) = rivals.policies.last_mut() {
            let of = &mut of[slot(rule.action)];
            *of = of.union(&decided);
        }
    }

    fn rule(&mut self, policy: u32, number: u32, ports: &Ports, passed: &mut Ports) {
        let policy = self.network.policy(policy);
        let written = match self.direction {
            Direction::Ingress => &policy.ingress,
            Direction::Egress => &policy.egress,
        };
        let Some(rule) = written.as_ref().and_then(|written| written.rules.get(number as usize)) else { return };
        let decided = self.open.intersection(ports);
        let relevant = decided.intersection(&self.asked);
        if !decided.is_empty() {
            self.open = self.open.without(&decided);
            match rule.action {
                TrafficAction::Allow => self.admitted = self.admitted.union(&decided),
                TrafficAction::Deny => {}
                TrafficAction::Pass => *passed = passed.union(&decided),
            }
        }
        let mut reason = Reason {
            policy: policy.resource,
            rule: Some(rule.number),
            place: rule.place,
            word: match rule.action {
                TrafficAction::Allow => Word::Admits,
                TrafficAction::Deny => Word::Denies,
                TrafficAction::Pass => Word::Passes,
            },
            ports: relevant,
            because: String::new(),
            failing: 0,
            narrowed: rule.narrowed,
        };
        if reason.ports.is_empty() {
            reason.word = match rule.action {
                TrafficAction::Allow => Word::DoesNotAdmit,
                TrafficAction::Deny | TrafficAction::Pass => Word::NotApplicable,
            };
            let own = namespace_of(self.network.inventory, policy.resource);
            let nearest = rule.peers.iter().flatten().map(|peer| self.peer(peer, own)).min();
            let (failing, peers) = match (&rule.peers, nearest) {
                (None, _) => (0, String::new()),
                (Some(_), Some(nearest)) => nearest,
                (Some(_), None) => (3, "it names nobody".to_owned()),
            };
            let is_port = !ports.is_empty() || failing == 0;
            reason.because = if is_port && failing == 0 {
                match ports.is_empty() {
                    true => "its ports mean no port of the destination".to_owned(),
                    false if ports.intersection(&self.asked).is_empty() => format!("it is for {ports}"),
                    false => "an earlier rule has decided".to_owned(),
                }
            } else {
                peers
            };
            reason.failing = failing.max(1);
        }
        self.half.steps.push(reason);
    }

    /// How far a peer is from the other end: how many conditions fail, and what is wanted.
    fn peer(&self, peer: &TrafficPeer, own: model::symbols::Symbol) -> (u32, String) {
        let network = self.network;
        let class = network.class(self.other);
        let text = |symbol| network.inventory.symbols.text(symbol);
        match &peer.who {
            Who::Pods(set) if class.kind == Kind::Pod => {
                let namespace = &network.census.namespaces[class.namespace as usize];
                let in_namespace = match &set.namespaces {
                    None => namespace.name == own,
                    Some(expression) => expression.matches(&namespace.labels),
                };
                let has_labels = set.pods.matches(&class.labels);
                let of_namespace = || match &set.namespaces {
                    None => format!("the namespace `{}`", text(own)),
                    Some(expression) => {
                        format!("a namespace with {}", network.missing_of(expression, &namespace.labels))
                    }
                };
                let of_pod = || format!("pods with {}", network.missing_of(&set.pods, &class.labels));
                match (in_namespace, has_labels) {
                    (true, true) => (0, String::new()),
                    (true, false) => (1, format!("it wants {}", of_pod())),
                    (false, true) => (1, format!("it wants {}", of_namespace())),
                    (false, false) => (2, format!("it wants {} in {}", of_pod(), of_namespace())),
                }
            }
            Who::Pods(_) => match class.kind {
                Kind::HostPod => (2, "it is for pods, and a pod on the network of its node is none".to_owned()),
                Kind::Pod | Kind::Node | Kind::OwnNode | Kind::Outside => (3, "it is for pods".to_owned()),
            },
            Who::Block { block, .. } => {
                let (first, _): (IpAddr, IpAddr) = block.bounds();
                let reach = if class.kind == Kind::Pod { ", where pods are not known to be" } else { "" };
                (2, format!("it is for `{first}/{}`{reach}", block.prefix()))
            }
            Who::Nodes(_) => (3, "it is for nodes".to_owned()),
            Who::OwnNode => (3, "it is for the node that the pods run on".to_owned()),
            Who::OtherNodes => (3, "it is for nodes that the pods do not run on".to_owned()),
            Who::Outside => (3, "it is for the outside".to_owned()),
            Who::Inside => (3, "it is for the cluster".to_owned()),
            Who::Everybody => (0, String::new()),
            Who::Names(_) => (2, "it is for names of hosts, whose addresses are not known".to_owned()),
        }
    }
}
