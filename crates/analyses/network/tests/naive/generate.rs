//! Clusters that are generated, and how they are written down.

use std::fmt::Write as _;

use model::inventory::Protocol;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;

const NAMESPACES: &[&str] = &["a", "b", "c"];
const PAIRS: &[(&str, &str)] = &[("app", "web"), ("app", "api"), ("tier", "1"), ("tier", "2")];
const NUMBERS: &[u16] = &[53, 80, 90, 443, 8080, 65535];
const NAMES: &[&str] = &["http", "dns"];
const BLOCKS: &[(&str, &[&str])] = &[
    ("0.0.0.0/0", &["10.0.0.0/8", "10.1.0.0/16", "192.168.0.0/16"]),
    ("10.0.0.0/8", &["10.1.2.0/24", "10.1.0.0/16"]),
    ("10.1.2.77/24", &["10.1.2.3/32"]),
    ("::/0", &["fd00::/8", "2001:db8::/32"]),
    ("fd00::/8", &["fd00:1::/32"]),
];
const ADDRESSES: &[&str] = &["10.1.2.4", "10.1.3.4", "10.2.0.1", "fd00:1::9"];

fn labels() -> impl Strategy<Value = Labels> {
    (option::of(select(&["web", "api"][..])), option::of(select(&["1", "2"][..]))).prop_map(|(app, tier)| {
        app.map(|app| ("app", app)).into_iter().chain(tier.map(|tier| ("tier", tier))).collect()
    })
}

fn selector() -> impl Strategy<Value = Selector> {
    let plain = option::of(select(PAIRS)).prop_map(|pair| pair.into_iter().collect::<Labels>());
    let expression = prop_oneof![
        (select(&["In", "NotIn"][..]), subsequence(&["web", "api"][..], 1..=2))
            .prop_map(|(op, values)| ("app", op, values)),
        (select(&["app", "tier"][..]), select(&["Exists", "DoesNotExist"][..])).prop_map(|(key, op)| (key, op, vec![])),
    ];
    (plain, vec(expression, 0..2)).prop_map(|(labels, expressions)| Selector { labels, expressions })
}

fn namespace_selector() -> impl Strategy<Value = Selector> {
    let named = select(NAMESPACES)
        .prop_map(|name| Selector { labels: vec![("kubernetes.io/metadata.name", name)], expressions: Vec::new() });
    prop_oneof![selector(), named, Just(Selector::default())]
}

fn protocol() -> impl Strategy<Value = Protocol> {
    prop_oneof![3 => Just(Protocol::Tcp), 2 => Just(Protocol::Udp), 1 => Just(Protocol::Sctp)]
}

fn port() -> impl Strategy<Value = Port> {
    let which = prop_oneof![
        3 => select(NUMBERS).prop_map(Which::Number),
        2 => select(NAMES).prop_map(Which::Name),
    ];
    (option::of(protocol()), option::weighted(0.8, which), option::weighted(0.3, 0u16..20)).prop_map(
        |(protocol, port, more)| {
            let end = match (&port, more) {
                (Some(Which::Number(first)), Some(more)) => Some(first.saturating_add(more)),
                _ => None,
            };
            Port { protocol, port, end }
        },
    )
}

fn block() -> impl Strategy<Value = (&'static str, Vec<&'static str>)> {
    select(BLOCKS).prop_flat_map(|(cidr, inner)| (Just(cidr), subsequence(inner, 0..=inner.len())))
}

fn peer() -> impl Strategy<Value = Peer> {
    prop_oneof![
        2 => selector().prop_map(|pods| Peer::Pods(Some(pods), None)),
        2 => namespace_selector().prop_map(|namespaces| Peer::Pods(None, Some(namespaces))),
        2 => (selector(), namespace_selector()).prop_map(|(pods, spaces)| Peer::Pods(Some(pods), Some(spaces))),
        3 => block().prop_map(|(cidr, except)| Peer::Block(cidr, except)),
    ]
}

fn rule() -> impl Strategy<Value = Rule> {
    (vec(peer(), 0..3), vec(port(), 0..3)).prop_map(|(peers, ports)| Rule { peers, ports })
}

fn policy() -> impl Strategy<Value = Policy> {
    let types = option::of(select(&[(true, false), (false, true), (true, true)][..]));
    (select(NAMESPACES), selector(), types, vec(rule(), 0..3), vec(rule(), 0..3)).prop_map(
        |(namespace, selector, types, ingress, egress)| Policy { namespace, selector, types, ingress, egress },
    )
}

fn pod() -> impl Strategy<Value = Pod> {
    let ports = vec((select(NAMES), protocol(), select(NUMBERS), proptest::bool::weighted(0.8)), 0..3);
    let host = proptest::bool::weighted(0.15);
    (select(NAMESPACES), labels(), host, ports, option::of(select(ADDRESSES))).prop_map(
        |(namespace, labels, host_network, ports, address)| Pod {
            namespace,
            name: String::new(),
            labels,
            host_network,
            ports,
            address,
        },
    )
}

fn admin_rule() -> impl Strategy<Value = AdminRule> {
    let peer = prop_oneof![
        namespace_selector().prop_map(AdminPeer::Namespaces),
        (namespace_selector(), selector()).prop_map(|(namespaces, pods)| AdminPeer::Pods(namespaces, pods)),
        vec(block().prop_map(|(cidr, _)| cidr), 1..3).prop_map(AdminPeer::Networks),
    ];
    let port = prop_oneof![
        (protocol(), select(NUMBERS)).prop_map(|(protocol, number)| AdminPort::Number(protocol, number)),
        (protocol(), select(&NUMBERS[..5]), 1u16..20).prop_map(|(p, first, more)| AdminPort::Range(
            p,
            first,
            first + more
        )),
        select(NAMES).prop_map(AdminPort::Name),
    ];
    (select(&["Allow", "Deny", "Pass"][..]), vec(peer, 1..3), vec(port, 0..3))
        .prop_map(|(action, peers, ports)| AdminRule { action, peers, ports })
}

fn admin() -> impl Strategy<Value = Admin> {
    let form = select(&[Form::Admin, Form::Baseline, Form::ClusterAdmin, Form::ClusterBaseline][..]);
    let rules = || vec(admin_rule(), 0..3);
    (form, namespace_selector(), option::of(selector()), rules(), rules()).prop_map(
        |(form, namespaces, pods, ingress, egress)| {
            let mut policy = Admin { form, priority: 0, namespaces, pods, ingress, egress };
            // v1alpha1 has no networks among those who connect; the baseline of it cannot pass.
            if matches!(form, Form::Admin | Form::Baseline) {
                policy.ingress.iter_mut().for_each(|rule| {
                    rule.peers.retain(|peer| !matches!(peer, AdminPeer::Networks(_)));
                });
                policy.ingress.retain(|rule| !rule.peers.is_empty());
            }
            if form == Form::Baseline {
                let rules = policy.ingress.iter_mut().chain(&mut policy.egress);
                rules.filter(|rule| rule.action == "Pass").for_each(|rule| rule.action = "Deny");
            }
            policy
        },
    )
}

pub(crate) fn cluster() -> impl Strategy<Value = Cluster> {
    let namespaces = vec(labels(), 3).prop_map(|labels| NAMESPACES.iter().copied().zip(labels).take(2).collect());
    let same = vec(proptest::bool::weighted(0.25), 4);
    (namespaces, vec(pod(), 1..7), vec(policy(), 0..5), vec(admin(), 0..4), same).prop_map(
        |(namespaces, mut pods, policies, mut admin, same)| {
            pods.iter_mut().enumerate().for_each(|(number, pod)| pod.name = format!("p{number}"));
            // There is one baseline of v1alpha1. Of policies of equal priority the order is not defined.
            let mut baseline = false;
            admin.retain(|policy| policy.form != Form::Baseline || !std::mem::replace(&mut baseline, true));
            let mut priority = 0;
            for (policy, same) in admin.iter_mut().zip(same) {
                priority += u32::from(!same || priority == 0);
                policy.priority = if policy.form == Form::Baseline { 0 } else { priority };
            }
            Cluster { namespaces, pods, policies, admin }
        },
    )
}

fn name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Tcp => "TCP",
        Protocol::Udp => "UDP",
        Protocol::Sctp => "SCTP",
    }
}

fn map(labels: &Labels) -> String {
    let items: Vec<String> = labels.iter().map(|(key, value)| format!("\"{key}\": \"{value}\"")).collect();
    format!("{{{}}}", items.join(", "))
}

fn list<T>(items: &[T], write: impl Fn(&T) -> String) -> String {
    format!("[{}]", items.iter().map(write).collect::<Vec<_>>().join(", "))
}

fn write_selector(selector: &Selector) -> String {
    let expressions = list(&selector.expressions, |(key, operator, values)| {
        let values = if values.is_empty() { String::new() } else { format!(", values: {values:?}") };
        format!("{{key: {key}, operator: {operator}{values}}}")
    });
    format!("{{matchLabels: {}, matchExpressions: {expressions}}}", map(&selector.labels))
}

fn write_rule(rule: &Rule, peers: &str) -> String {
    let written = list(&rule.peers, |peer| match peer {
        Peer::Pods(pods, namespaces) => {
            let pods = pods.as_ref().map(|pods| format!("podSelector: {}", write_selector(pods)));
            let namespaces = namespaces.as_ref().map(|n| format!("namespaceSelector: {}", write_selector(n)));
            format!("{{{}}}", pods.into_iter().chain(namespaces).collect::<Vec<_>>().join(", "))
        }
        Peer::Block(cidr, except) => format!("{{ipBlock: {{cidr: \"{cidr}\", except: {except:?}}}}}"),
    });
    let ports = list(&rule.ports, |port| {
        let protocol = port.protocol.map(|protocol| format!("protocol: {}", name(protocol)));
        let which = port.port.as_ref().map(|which| match which {
            Which::Number(number) => format!("port: {number}"),
            Which::Name(name) => format!("port: {name}"),
        });
        let end = port.end.map(|end| format!("endPort: {end}"));
        let parts: Vec<String> = protocol.into_iter().chain(which).chain(end).collect();
        format!("{{{}}}", parts.join(", "))
    });
    format!("{{{peers}: {written}, ports: {ports}}}")
}

fn write_admin_rule(rule: &AdminRule, peers: &str, form: Form) -> String {
    let is_cluster = matches!(form, Form::ClusterAdmin | Form::ClusterBaseline);
    let action = if is_cluster && rule.action == "Allow" { "Accept" } else { rule.action };
    let written = list(&rule.peers, |peer| match peer {
        AdminPeer::Namespaces(selector) => format!("{{namespaces: {}}}", write_selector(selector)),
        AdminPeer::Pods(namespaces, pods) => format!(
            "{{pods: {{namespaceSelector: {}, podSelector: {}}}}}",
            write_selector(namespaces),
            write_selector(pods)
        ),
        AdminPeer::Networks(cidrs) => format!("{{networks: {cidrs:?}}}"),
    });
    let ports = list(&rule.ports, |port| match (port, is_cluster) {
        (AdminPort::Number(protocol, number), false) => {
            format!("{{portNumber: {{protocol: {}, port: {number}}}}}", name(*protocol))
        }
        (AdminPort::Range(protocol, first, last), false) => {
            format!("{{portRange: {{protocol: {}, start: {first}, end: {last}}}}}", name(*protocol))
        }
        (AdminPort::Name(port), false) => format!("{{namedPort: {port}}}"),
        (AdminPort::Number(protocol, number), true) => {
            format!("{{{}: {{destinationPort: {{number: {number}}}}}}}", name(*protocol).to_lowercase())
        }
        (AdminPort::Range(protocol, first, last), true) => format!(
            "{{{}: {{destinationPort: {{range: {{start: {first}, end: {last}}}}}}}}}",
            name(*protocol).to_lowercase()
        ),
        (AdminPort::Name(port), true) => format!("{{destinationNamedPort: {port}}}"),
    });
    let key = if is_cluster { "protocols" } else { "ports" };
    format!("{{action: {action}, {peers}: {written}, {key}: {ports}}}")
}

impl Cluster {
    pub(crate) fn yaml(&self) -> String {
        let mut out = String::new();
        for (name, labels) in &self.namespaces {
            writeln!(out, "---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}, labels: {}}}", map(labels))
                .unwrap();
        }
        for pod in &self.pods {
            let containers = |stays: bool| {
                let of: Vec<_> = pod.ports.iter().filter(|(_, _, _, is)| *is == stays).collect();
                list(&of, |(port, protocol, number, _)| {
                    format!("{{name: {port}, protocol: {}, containerPort: {number}}}", name(*protocol))
                })
            };
            writeln!(
                out,
                "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {}, namespace: {}, labels: {}}}\nspec:\n  hostNetwork: {}\n  initContainers: [{{name: i, ports: {}}}]\n  containers: [{{name: c, ports: {}}}]",
                pod.name, pod.namespace, map(&pod.labels), pod.host_network, containers(false), containers(true)
            )
            .unwrap();
            if let Some(address) = pod.address {
                writeln!(out, "status: {{podIP: \"{address}\"}}").unwrap();
            }
        }
        for (number, policy) in self.policies.iter().enumerate() {
            writeln!(
                out,
                "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: n{number}, namespace: {}}}\nspec:\n  podSelector: {}",
                policy.namespace, write_selector(&policy.selector)
            )
            .unwrap();
            if let Some((ingress, egress)) = policy.types {
                let types: Vec<&str> =
                    ingress.then_some("Ingress").into_iter().chain(egress.then_some("Egress")).collect();
                writeln!(out, "  policyTypes: {types:?}").unwrap();
            }
            writeln!(out, "  ingress: {}", list(&policy.ingress, |rule| write_rule(rule, "from"))).unwrap();
            writeln!(out, "  egress: {}", list(&policy.egress, |rule| write_rule(rule, "to"))).unwrap();
        }
        self.admin.iter().enumerate().for_each(|(number, policy)| write_admin(number, policy, &mut out));
        out
    }
}

fn write_admin(number: usize, policy: &Admin, out: &mut String) {
    let (version, kind, tier) = match policy.form {
        Form::Admin => ("v1alpha1", "AdminNetworkPolicy", ""),
        Form::Baseline => ("v1alpha1", "BaselineAdminNetworkPolicy", ""),
        Form::ClusterAdmin => ("v1alpha2", "ClusterNetworkPolicy", "  tier: Admin\n"),
        Form::ClusterBaseline => ("v1alpha2", "ClusterNetworkPolicy", "  tier: Baseline\n"),
    };
    let name = if policy.form == Form::Baseline { "default".to_owned() } else { format!("c{number}") };
    let priority =
        if policy.form == Form::Baseline { String::new() } else { format!("  priority: {}\n", policy.priority) };
    let subject = match &policy.pods {
        None => format!("namespaces: {}", write_selector(&policy.namespaces)),
        Some(pods) => format!(
            "pods: {{namespaceSelector: {}, podSelector: {}}}",
            write_selector(&policy.namespaces),
            write_selector(pods)
        ),
    };
    let rules = |rules: &[AdminRule], peers: &str| list(rules, |rule| write_admin_rule(rule, peers, policy.form));
    write!(
        out,
        "---\napiVersion: policy.networking.k8s.io/{version}\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n{tier}{priority}  subject: {{{subject}}}\n  ingress: {}\n  egress: {}\n",
        rules(&policy.ingress, "from"),
        rules(&policy.egress, "to")
    )
    .unwrap();
}
