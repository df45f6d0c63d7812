//! Clusters and an evaluator of them that is slow and obvious: a connection is asked for, and every policy is read from
//! the beginning. Nothing of the evaluator under test is used.

pub(crate) mod generate;

use std::net::IpAddr;

use model::inventory::Protocol;
use network::{BlockMatching, Dialect, HostNetwork, PortRanges};

/// Addresses outside the cluster that are asked for.
pub(crate) const OUTSIDE: &[&str] = &["8.8.8.8", "10.1.2.3", "10.1.9.9", "192.168.7.7", "2001:db8::1", "fd00:1::5"];

pub(crate) type Labels = Vec<(&'static str, &'static str)>;

#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    pub(crate) namespaces: Vec<(&'static str, Labels)>,
    pub(crate) pods: Vec<Pod>,
    pub(crate) policies: Vec<Policy>,
    pub(crate) admin: Vec<Admin>,
}

#[derive(Clone, Debug)]
pub(crate) struct Pod {
    pub(crate) namespace: &'static str,
    pub(crate) name: String,
    pub(crate) labels: Labels,
    pub(crate) host_network: bool,
    /// Name, protocol, number, and whether the container stays.
    pub(crate) ports: Vec<(&'static str, Protocol, u16, bool)>,
    pub(crate) address: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) namespace: &'static str,
    pub(crate) selector: Selector,
    pub(crate) types: Option<(bool, bool)>,
    pub(crate) ingress: Vec<Rule>,
    pub(crate) egress: Vec<Rule>,
}

#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) peers: Vec<Peer>,
    pub(crate) ports: Vec<Port>,
}

#[derive(Clone, Debug)]
pub(crate) enum Peer {
    Pods(Option<Selector>, Option<Selector>),
    Block(&'static str, Vec<&'static str>),
}

#[derive(Clone, Debug)]
pub(crate) struct Port {
    pub(crate) protocol: Option<Protocol>,
    pub(crate) port: Option<Which>,
    pub(crate) end: Option<u16>,
}

#[derive(Clone, Debug)]
pub(crate) enum Which {
    Number(u16),
    Name(&'static str),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Selector {
    pub(crate) labels: Labels,
    pub(crate) expressions: Vec<(&'static str, &'static str, Vec<&'static str>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Admin,
    Baseline,
    ClusterAdmin,
    ClusterBaseline,
}

#[derive(Clone, Debug)]
pub(crate) struct Admin {
    pub(crate) form: Form,
    pub(crate) priority: u32,
    pub(crate) namespaces: Selector,
    pub(crate) pods: Option<Selector>,
    pub(crate) ingress: Vec<AdminRule>,
    pub(crate) egress: Vec<AdminRule>,
}

#[derive(Clone, Debug)]
pub(crate) struct AdminRule {
    /// `Allow`, `Deny` or `Pass`.
    pub(crate) action: &'static str,
    pub(crate) peers: Vec<AdminPeer>,
    pub(crate) ports: Vec<AdminPort>,
}

#[derive(Clone, Debug)]
pub(crate) enum AdminPeer {
    Namespaces(Selector),
    Pods(Selector, Selector),
    Networks(Vec<&'static str>),
}

#[derive(Clone, Debug)]
pub(crate) enum AdminPort {
    Number(Protocol, u16),
    Range(Protocol, u16, u16),
    Name(&'static str),
}

/// One end of a connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Place {
    Pod(usize),
    Address(IpAddr),
}

fn has_labels(selector: &Selector, labels: &[(&str, &str)]) -> bool {
    let value = |key: &str| labels.iter().find(|(known, _)| *known == key).map(|(_, value)| *value);
    selector.labels.iter().all(|(key, wanted)| value(key) == Some(wanted))
        && selector.expressions.iter().all(|(key, operator, values)| match *operator {
            "In" => value(key).is_some_and(|value| values.contains(&value)),
            "NotIn" => value(key).is_none_or(|value| !values.contains(&value)),
            "Exists" => value(key).is_some(),
            _ => value(key).is_none(),
        })
}

fn in_block(cidr: &str, address: IpAddr) -> bool {
    let (base, prefix) = cidr.split_once('/').unwrap();
    let (base, prefix): (IpAddr, u32) = (base.parse().unwrap(), prefix.parse().unwrap());
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => address.octets().iter().flat_map(|b| (0..8).rev().map(move |at| b >> at & 1)).collect(),
        IpAddr::V6(address) => {
            address.octets().iter().flat_map(|b| (0..8).rev().map(move |at| b >> at & 1)).collect::<Vec<u8>>()
        }
    };
    base.is_ipv4() == address.is_ipv4()
        && bits(base).iter().zip(bits(address)).take(prefix as usize).all(|(left, right)| *left == right)
}

impl Cluster {
    fn namespace_labels(&self, name: &'static str) -> Labels {
        let known = self.namespaces.iter().find(|(known, _)| *known == name);
        let mut labels = known.map(|(_, labels)| labels.clone()).unwrap_or_default();
        labels.push(("kubernetes.io/metadata.name", name));
        labels
    }

    /// Whether a policy for pods sees the end as a pod.
    fn is_pod(&self, place: Place, dialect: Dialect) -> Option<&Pod> {
        let Place::Pod(pod) = place else { return None };
        let pod = &self.pods[pod];
        (!pod.host_network || dialect.host_network == HostNetwork::Pod).then_some(pod)
    }

    /// Whether a connection is made.
    pub(crate) fn admits(&self, from: Place, to: Place, protocol: Protocol, port: u16, dialect: Dialect) -> bool {
        self.may(from, to, protocol, port, dialect, true)
    }

    /// The same, where policies of equal priority may all go first: whether one order of them admits it, or all do.
    pub(crate) fn may(
        &self,
        from: Place,
        to: Place,
        protocol: Protocol,
        port: u16,
        dialect: Dialect,
        some_order: bool,
    ) -> bool {
        self.side(from, to, to, (protocol, port, some_order), false, dialect)
            && self.side(to, from, to, (protocol, port, some_order), true, dialect)
    }

    /// One side of a connection: that of `own`, with `other` on the other side.
    fn side(
        &self,
        own: Place,
        other: Place,
        destination: Place,
        (protocol, number, some_order): (Protocol, u16, bool),
        ingress: bool,
        dialect: Dialect,
    ) -> bool {
        let port = (protocol, number);
        let asked = (protocol, number, some_order);
        let Some(pod) = self.is_pod(own, dialect) else { return true };
        if let Some(answer) = self.tier(false, pod, other, destination, asked, ingress, dialect) {
            return answer;
        }
        let isolating: Vec<&Policy> = self.policies.iter().filter(|policy| isolates(policy, pod, ingress)).collect();
        if !isolating.is_empty() {
            let rules = isolating.iter().flat_map(|policy| {
                let rules = if ingress { &policy.ingress } else { &policy.egress };
                rules.iter().map(move |rule| (policy, rule))
            });
            return rules
                .into_iter()
                .any(|(policy, rule)| self.rule_admits(policy, rule, other, destination, port, dialect));
        }
        self.tier(true, pod, other, destination, asked, ingress, dialect).unwrap_or(true)
    }

    fn rule_admits(
        &self,
        policy: &Policy,
        rule: &Rule,
        other: Place,
        destination: Place,
        port: (Protocol, u16),
        dialect: Dialect,
    ) -> bool {
        let is_peer = |peer: &Peer| match peer {
            Peer::Pods(pods, namespaces) => self.is_pod(other, dialect).is_some_and(|pod| {
                let in_namespace = match namespaces {
                    Some(selector) => has_labels(selector, &self.namespace_labels(pod.namespace)),
                    None => pod.namespace == policy.namespace,
                };
                in_namespace && pods.as_ref().is_none_or(|selector| has_labels(selector, &pod.labels))
            }),
            Peer::Block(cidr, except) => self.block(cidr, except, other, dialect),
        };
        // A block that others are sent to has no names of ports.
        let is_egress = other == destination;
        let nameless = |peer: &Peer| is_egress && matches!(peer, Peer::Block(..));
        let peer = rule.peers.is_empty() || rule.peers.iter().any(is_peer);
        let named_peer = rule.peers.is_empty() || rule.peers.iter().any(|peer| is_peer(peer) && !nameless(peer));
        let ports = rule.ports.is_empty()
            || rule.ports.iter().any(|entry| {
                let protocol = entry.protocol.unwrap_or(Protocol::Tcp);
                match &entry.port {
                    None => protocol == port.0,
                    Some(Which::Number(first)) => {
                        let last = entry.end.filter(|_| dialect.ranges == PortRanges::Enforced).unwrap_or(*first);
                        protocol == port.0 && (*first..=last).contains(&port.1)
                    }
                    Some(Which::Name(name)) => {
                        named_peer
                            && self.is_pod(destination, dialect).is_some_and(|pod| {
                                let mut ports = pod.ports.iter();
                                ports.any(|(known, of, number, stays)| {
                                    *stays && known == name && *of == protocol && (*of, *number) == port
                                })
                            })
                    }
                }
            });
        peer && ports
    }

    fn block(&self, cidr: &str, except: &[&str], other: Place, dialect: Dialect) -> bool {
        let inside = |address: IpAddr| in_block(cidr, address) && !except.iter().any(|inner| in_block(inner, address));
        match other {
            Place::Address(address) => inside(address),
            Place::Pod(number) => {
                let pod = &self.pods[number];
                let is_pod = self.is_pod(other, dialect).is_some();
                let is_found = match dialect.blocks {
                    BlockMatching::Anything => true,
                    BlockMatching::NoPods => !is_pod,
                    BlockMatching::OutsideOnly => false,
                };
                is_found && self.address(pod).map_or_else(|| in_any_case(cidr, except), inside)
            }
        }
    }

    fn address(&self, pod: &Pod) -> Option<IpAddr> {
        pod.address.map(|address| address.parse().unwrap())
    }

    /// What a tier of administrators says; none if nothing.
    #[expect(clippy::too_many_arguments, reason = "all that the question consists of")]
    fn tier(
        &self,
        baseline: bool,
        pod: &Pod,
        other: Place,
        destination: Place,
        (protocol, number, some_order): (Protocol, u16, bool),
        ingress: bool,
        dialect: Dialect,
    ) -> Option<bool> {
        let port = (protocol, number);
        // Never for pods on the network of their node.
        if pod.host_network {
            return None;
        }
        let of_tier = |form: Form| matches!(form, Form::Baseline | Form::ClusterBaseline) == baseline;
        let mut policies: Vec<&Admin> = self.admin.iter().filter(|policy| of_tier(policy.form)).collect();
        policies.sort_by_key(|policy| policy.priority);
        for group in policies.chunk_by(|left, right| left.priority == right.priority) {
            let decide = |policy: &&Admin| {
                let selected = has_labels(&policy.namespaces, &self.namespace_labels(pod.namespace))
                    && policy.pods.as_ref().is_none_or(|pods| has_labels(pods, &pod.labels));
                let mut rules = if ingress { policy.ingress.iter() } else { policy.egress.iter() };
                let first = rules.find(|rule| {
                    let is_peer = |peer: &&AdminPeer| self.is_admin_peer(peer, other, dialect);
                    let nameless = |peer: &AdminPeer| !ingress && matches!(peer, AdminPeer::Networks(_));
                    let has_name = rule.peers.iter().filter(is_peer).any(|peer| !nameless(peer));
                    rule.peers.iter().any(|peer| is_peer(&peer))
                        && self.has_admin_port(rule, destination, port, has_name, dialect)
                });
                first.filter(|_| selected).map(|rule| rule.action)
            };
            let decisions: Vec<&str> = group.iter().filter_map(decide).collect();
            let order = if some_order { ["Allow", "Pass", "Deny"] } else { ["Deny", "Pass", "Allow"] };
            match order.into_iter().find(|action| decisions.contains(action)) {
                Some("Allow") => return Some(true),
                Some("Deny") => return Some(false),
                Some(_) => return None,
                None => {}
            }
        }
        None
    }

    fn is_admin_peer(&self, peer: &AdminPeer, other: Place, dialect: Dialect) -> bool {
        let pod = self.is_pod(other, dialect).filter(|pod| !pod.host_network);
        match peer {
            AdminPeer::Namespaces(selector) => {
                pod.is_some_and(|pod| has_labels(selector, &self.namespace_labels(pod.namespace)))
            }
            AdminPeer::Pods(namespaces, pods) => pod.is_some_and(|pod| {
                has_labels(namespaces, &self.namespace_labels(pod.namespace)) && has_labels(pods, &pod.labels)
            }),
            AdminPeer::Networks(cidrs) => cidrs.iter().any(|cidr| match other {
                Place::Address(address) => in_block(cidr, address),
                Place::Pod(number) => match self.address(&self.pods[number]) {
                    Some(address) => in_block(cidr, address),
                    None => in_any_case(cidr, &[]),
                },
            }),
        }
    }

    fn has_admin_port(
        &self,
        rule: &AdminRule,
        destination: Place,
        port: (Protocol, u16),
        has_name: bool,
        dialect: Dialect,
    ) -> bool {
        rule.ports.is_empty()
            || rule.ports.iter().any(|entry| match entry {
                AdminPort::Number(protocol, number) => (*protocol, *number) == port,
                AdminPort::Range(protocol, first, last) => {
                    let last = if dialect.ranges == PortRanges::Enforced { last } else { first };
                    *protocol == port.0 && (*first..=*last).contains(&port.1)
                }
                AdminPort::Name(name) => {
                    has_name
                        && self.is_pod(destination, dialect).is_some_and(|pod| {
                            pod.ports
                                .iter()
                                .any(|(known, of, number, stays)| *stays && known == name && (*of, *number) == port)
                        })
                }
            })
    }
}

/// Whether an address that nobody knows is in the block: of IPv4 addresses all have to be in it.
fn in_any_case(cidr: &str, except: &[&str]) -> bool {
    cidr == "0.0.0.0/0" && except.is_empty()
}

fn isolates(policy: &Policy, pod: &Pod, ingress: bool) -> bool {
    let (has_ingress, has_egress) = policy.types.unwrap_or((true, !policy.egress.is_empty()));
    policy.namespace == pod.namespace
        && has_labels(&policy.selector, &pod.labels)
        && if ingress { has_ingress } else { has_egress }
}
