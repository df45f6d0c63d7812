//! What holds row by row: the semantics of NetworkPolicy, and what analysers are known to get wrong.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

mod support;

use network::{Answer, Config, Direction, Isolation, Network, Ports, Word};
use support::endpoint;

/// Pods `a/web` (app: web, port http 8080), `a/api` (app: api), `b/job` (no labels), then the policies.
fn cluster(policies: &str) -> String {
    format!(
        "\
apiVersion: v1
kind: Namespace
metadata: {{name: a, labels: {{team: x}}}}
---
apiVersion: v1
kind: Pod
metadata: {{name: web, namespace: a, labels: {{app: web}}}}
spec:
  initContainers: [{{name: i, ports: [{{name: init, containerPort: 9}}]}}]
  containers: [{{name: c, ports: [{{name: http, containerPort: 8080}}, {{name: dns, containerPort: 53, protocol: UDP}}]}}]
---
apiVersion: v1
kind: Pod
metadata: {{name: api, namespace: a, labels: {{app: api}}}}
spec: {{containers: [{{name: c, ports: [{{name: http, containerPort: 9090}}]}}]}}
---
apiVersion: v1
kind: Pod
metadata: {{name: job, namespace: b}}
spec: {{containers: [{{name: c}}]}}
{policies}"
    )
}

fn policy(spec: &str) -> String {
    cluster(&format!(
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p, namespace: a}}\nspec: {spec}\n"
    ))
}

fn connections(yaml: &str, from: &str, to: &str) -> String {
    let inventory = support::inventory(yaml);
    let network = Network::new(&inventory, &Config::default());
    network.connections(endpoint(&network, from), endpoint(&network, to)).to_string()
}

fn check(yaml: &str, from: &str, to: &str, expected: &str) {
    assert_eq!(connections(yaml, from, to), expected, "{from} -> {to}\n{yaml}");
}

const ALL: &str = "all ports";
const NONE: &str = "no port";

#[test]
fn nothing_is_refused_without_policies() {
    check(&cluster(""), "a/web", "b/job", ALL);
    check(&cluster(""), "8.8.8.8", "b/job", ALL);
    check(&cluster(""), "2001:db8::1", "b/job", ALL);
}

#[test]
fn directions_and_namespaces_are_isolated_apart() {
    let denies = policy("{podSelector: {}}");
    check(&denies, "b/job", "a/web", NONE);
    check(&denies, "a/web", "b/job", ALL);
    check(&denies, "a/web", "a/api", NONE);
    // A selector that is not there is one that selects everything.
    check(&policy("{}"), "b/job", "a/web", NONE);
}

#[test]
fn types_that_are_not_written_follow_the_rules() {
    check(&policy("{podSelector: {}, egress: []}"), "a/web", "b/job", ALL);
    check(&policy("{podSelector: {}, egress: [{to: [{podSelector: {}}]}]}"), "a/web", "b/job", NONE);
    check(&policy("{podSelector: {}, policyTypes: [Egress]}"), "a/web", "b/job", NONE);
    check(&policy("{podSelector: {}, policyTypes: [Egress]}"), "b/job", "a/web", ALL);
}

#[test]
fn peers_that_are_not_written_are_everybody() {
    for rule in ["{}", "{from: []}", "{ports: []}"] {
        let yaml = policy(&format!("{{podSelector: {{}}, ingress: [{rule}]}}"));
        check(&yaml, "b/job", "a/web", ALL);
        check(&yaml, "8.8.8.8", "a/web", ALL);
        check(&yaml, "2001:db8::1", "a/web", ALL);
    }
}

#[test]
fn one_item_is_and_and_two_are_or() {
    let both = "{podSelector: {app: web}, namespaceSelector: {matchLabels: {team: x}}}"
        .replace("podSelector: {app: web}", "podSelector: {matchLabels: {app: web}}");
    let and = policy(&format!("{{podSelector: {{matchLabels: {{app: api}}}}, ingress: [{{from: [{both}]}}]}}"));
    check(&and, "a/web", "a/api", ALL);
    check(&and, "b/job", "a/api", NONE);
    let or = policy(
        "{podSelector: {matchLabels: {app: api}}, ingress: [{from: [{podSelector: {matchLabels: {app: none}}}, {namespaceSelector: {}}]}]}",
    );
    check(&or, "b/job", "a/api", ALL);
    let own = policy("{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}");
    check(&own, "a/web", "a/api", ALL);
    check(&own, "b/job", "a/api", NONE);
}

#[test]
fn what_lacks_a_key_is_not_in_any_values_of_it() {
    for operator in ["{key: app, operator: NotIn, values: [web]}", "{key: app, operator: DoesNotExist}"] {
        let yaml = policy(&format!(
            "{{podSelector: {{}}, ingress: [{{from: [{{namespaceSelector: {{}}, podSelector: {{matchExpressions: [{operator}]}}}}]}}]}}"
        ));
        check(&yaml, "b/job", "a/web", ALL);
        check(&yaml, "a/web", "a/api", NONE);
    }
}

#[test]
fn every_namespace_bears_its_name() {
    let yaml = policy(
        "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: b}}}]}]}",
    );
    check(&yaml, "b/job", "a/web", ALL);
    check(&yaml, "a/api", "a/web", NONE);
}

#[test]
fn ports_have_a_protocol_even_without_a_number() {
    for (ports, expected) in [
        ("[{}]", "TCP"),
        ("[{protocol: UDP}]", "UDP"),
        ("[{port: 80}]", "TCP 80"),
        ("[{port: 80, endPort: 90}, {port: 53, protocol: UDP}]", "TCP 80-90, UDP 53"),
        ("[{port: http}]", "TCP 8080"),
        ("[{port: http, protocol: UDP}]", NONE),
        ("[{port: dns, protocol: UDP}]", "UDP 53"),
        ("[{port: init}]", NONE),
        ("[{port: 3868, protocol: SCTP}]", "SCTP 3868"),
    ] {
        let yaml = policy(&format!("{{podSelector: {{matchLabels: {{app: web}}}}, ingress: [{{ports: {ports}}}]}}"));
        check(&yaml, "b/job", "a/web", expected);
    }
}

#[test]
fn a_name_means_another_number_at_every_destination() {
    let yaml = policy("{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]}");
    check(&yaml, "a/api", "a/web", "TCP 8080");
    check(&yaml, "a/web", "a/api", "TCP 9090");
    check(&yaml, "a/web", "b/job", NONE);
    check(&yaml, "a/web", "8.8.8.8", NONE);
}

#[test]
fn a_port_has_no_name_at_an_address() {
    let to = |peers: &str, ports: &str| {
        policy(&format!("{{podSelector: {{}}, policyTypes: [Egress], egress: [{{to: [{peers}], ports: [{ports}]}}]}}"))
    };
    let all = "{ipBlock: {cidr: 0.0.0.0/0}}";
    check(&to(all, "{port: http}"), "a/api", "a/web", NONE);
    check(&to(all, "{port: http}, {port: 443}"), "a/api", "a/web", "TCP 443");
    check(&to(&format!("{all}, {{podSelector: {{}}}}"), "{port: http}, {port: 443}"), "a/api", "a/web", "TCP 443,8080");
    check(&to("{podSelector: {}}", "{port: http}"), "a/api", "a/web", "TCP 8080");
    // What comes in is named at the pods that it comes to.
    let from = policy(&format!("{{podSelector: {{}}, ingress: [{{from: [{all}], ports: [{{port: http}}]}}]}}"));
    check(&from, "a/api", "a/web", "TCP 8080");
}

#[test]
fn ports_of_both_sides_are_intersected() {
    let yaml = policy(
        "{podSelector: {}, policyTypes: [Ingress, Egress], egress: [{ports: [{port: 80}]}], ingress: [{ports: [{port: 443}]}]}",
    );
    check(&yaml, "a/web", "a/api", NONE);
}

#[test]
fn families_of_addresses_are_apart() {
    let yaml = policy("{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}]}]}");
    check(&yaml, "8.8.8.8", "a/web", ALL);
    check(&yaml, "10.1.1.1", "a/web", NONE);
    check(&yaml, "2001:db8::1", "a/web", NONE);
    let yaml = policy("{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: '::/0'}}]}]}");
    check(&yaml, "2001:db8::1", "a/web", ALL);
    check(&yaml, "8.8.8.8", "a/web", NONE);
    let inventory = support::inventory(&yaml);
    let network = Network::new(&inventory, &Config::default());
    let id = network.outside_of("::1".parse().unwrap()).unwrap();
    assert_eq!(network.get(id).name, "::/0");
}

#[test]
fn bits_after_the_prefix_are_not_looked_at() {
    let yaml = policy("{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.10.1.12/24}}]}]}");
    check(&yaml, "10.10.1.200", "a/web", ALL);
    check(&yaml, "10.10.2.1", "a/web", NONE);
}

#[test]
fn what_the_api_refuses_costs_that_policy_alone() {
    for spec in [
        "{podSelector: {matchExpressions: [{key: a, operator: Near}]}}",
        "{podSelector: {matchExpressions: [{key: a, operator: In}]}}",
        "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/40}}]}]}",
        "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]}]}",
        "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]}",
        "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}]}]}",
        "{podSelector: {}, ingress: [{from: [{}]}]}",
        "{podSelector: {}, ingress: [{ports: [{port: 90, endPort: 80}]}]}",
        "{podSelector: {}, ingress: [{ports: [{port: http, endPort: 80}]}]}",
        "{podSelector: {}, ingress: [{ports: [{port: 70000}]}]}",
        "{podSelector: {}, ingress: [{ports: [{protocol: ICMP}]}]}",
        "{podSelector: {}, policyTypes: [Ingress, Egress, Ingress]}",
        "{podSelector: {}, policyTypes: [Sideways]}",
    ] {
        let other = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: q, namespace: a}\nspec: {podSelector: {matchLabels: {app: api}}}\n";
        let yaml = policy(spec) + other;
        let inventory = support::inventory(&yaml);
        assert_eq!(inventory.facts.traffic.refused.len(), 1, "{spec}");
        assert!(inventory.facts.traffic.refused[0].place.line > 0);
        check(&yaml, "b/job", "a/web", ALL);
        check(&yaml, "b/job", "a/api", NONE);
    }
}

#[test]
fn pods_that_have_ended_are_nobody() {
    let yaml = cluster(
        "---\napiVersion: v1\nkind: Pod\nmetadata: {name: done, namespace: b}\nspec: {containers: [{name: c}]}\nstatus: {phase: Succeeded}\n",
    );
    let inventory = support::inventory(&yaml);
    let network = Network::new(&inventory, &Config::default());
    assert!(network.endpoints().all(|(_, endpoint)| !endpoint.name.contains("done")));
}

#[test]
fn pods_on_the_network_of_their_node_are_not_isolated() {
    let host = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: host, namespace: a, labels: {app: web}}\nspec: {hostNetwork: true, containers: [{name: c}]}\n";
    let yaml = policy("{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}") + host;
    check(&yaml, "b/job", "a/host", ALL);
    check(&yaml, "a/host", "a/api", NONE);
    let inventory = support::inventory(&yaml);
    let network = Network::new(&inventory, &Config::default());
    let id = endpoint(&network, "a/host");
    assert_eq!(network.isolation(id, Direction::Ingress), Isolation::NotApplicable);
}

#[test]
fn single_pods_of_a_stateful_set_are_told_apart() {
    let yaml = cluster(
        "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db, namespace: a}\nspec: {replicas: 3, template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c}]}}}\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: a}\nspec: {podSelector: {matchLabels: {statefulset.kubernetes.io/pod-name: db-0}}}\n",
    );
    check(&yaml, "b/job", "a/db[StatefulSet] (db-0)", NONE);
    check(&yaml, "b/job", "a/db[StatefulSet] (db-1)", ALL);
}

#[test]
fn replicas_of_one_workload_are_governed_by_policies() {
    let yaml = cluster(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: peer, namespace: a}\nspec: {replicas: 2, template: {metadata: {labels: {app: peer}}, spec: {containers: [{name: c}]}}}\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: a}\nspec: {podSelector: {matchLabels: {app: peer}}}\n",
    );
    check(&yaml, "a/peer", "a/peer", NONE);
}

#[test]
fn a_field_that_is_not_known_fails_closed() {
    let rule = |action: &str| {
        cluster(&format!(
            "---\napiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {{name: c}}\nspec: {{tier: Admin, priority: 1, subject: {{namespaces: {{matchLabels: {{team: x}}}}}}, ingress: [{{action: {action}, from: [{{moons: {{}}}}]}}, {{action: Deny, from: [{{namespaces: {{}}}}], protocols: [{{tcp: {{destinationPort: {{number: 80}}}}}}]}}]}}\n"
        ))
    };
    check(&rule("Accept"), "b/job", "a/web", "TCP 1-79,81-65535, UDP, SCTP");
    check(&rule("Deny"), "b/job", "a/web", NONE);
    check(&rule("Pass"), "b/job", "a/web", NONE);
}

#[test]
fn networks_of_administrators_cut_pods_too() {
    let yaml = cluster(
        "---\napiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: c}\nspec: {tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{networks: [0.0.0.0/0]}]}]}\n",
    );
    check(&yaml, "a/web", "a/api", NONE);
    check(&yaml, "a/web", "8.8.8.8", NONE);
    check(&yaml, "a/web", "2001:db8::1", ALL);
}

#[test]
fn which_of_two_policies_of_one_priority_counts_is_not_known() {
    let admin = |name: &str, priority: u32, action: &str, port: u16| {
        format!(
            "---\napiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {{name: {name}}}\nspec: {{tier: Admin, priority: {priority}, subject: {{namespaces: {{}}}}, ingress: [{{action: {action}, from: [{{namespaces: {{}}}}], protocols: [{{tcp: {{destinationPort: {{number: {port}}}}}}}]}}]}}\n"
        )
    };
    let of = |policies: String| {
        let inventory = support::inventory(&cluster(&policies));
        let network = Network::new(&inventory, &Config::default());
        let explained = network.explain(endpoint(&network, "b/job"), endpoint(&network, "a/web"), Ports::all());
        let rivals: Vec<String> = explained
            .ingress
            .rivals
            .iter()
            .flat_map(|(own, other)| {
                [own, other].map(|policy| inventory.symbols.text(inventory.resource(*policy).name))
            })
            .collect();
        let of_row = network
            .without_doubts()
            .map(|certain| certain.connections(endpoint(&network, "b/job"), endpoint(&network, "a/web")).to_string());
        (explained.undecided.to_string(), rivals.join(" "), of_row)
    };
    let all_but = Some("TCP 1-79,81-65535, UDP, SCTP".to_owned());
    let contradicting = of(admin("x", 5, "Accept", 80) + &admin("y", 5, "Deny", 80));
    assert_eq!(contradicting, ("TCP 80".to_owned(), "x y".to_owned(), all_but.clone()));
    // The order in which they are written, and their names, say nothing.
    let contradicting = of(admin("y", 5, "Deny", 80) + &admin("x", 5, "Accept", 80));
    assert_eq!(contradicting, ("TCP 80".to_owned(), "x y".to_owned(), all_but));
    // They do not meet, agree, or one goes before the other.
    let fine = |policies: String| {
        let (undecided, rivals, _) = of(policies);
        assert_eq!((&*undecided, &*rivals), (NONE, ""));
    };
    fine(admin("x", 5, "Accept", 80) + &admin("y", 5, "Deny", 81));
    fine(admin("x", 5, "Deny", 80) + &admin("y", 5, "Deny", 80));
    fine(admin("x", 5, "Accept", 80) + &admin("y", 6, "Deny", 80));
    // What is refused in any case is not in doubt, whatever they say.
    fine(admin("w", 4, "Deny", 80) + &admin("x", 5, "Accept", 80) + &admin("y", 5, "Deny", 80));
}

#[test]
fn cilium_denies_first_and_finds_no_pods_by_address() {
    let cilium = |spec: &str| {
        cluster(&format!(
            "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {{name: c, namespace: a}}\nspec: {{endpointSelector: {{matchLabels: {{app: web}}}}, {spec}}}\n"
        ))
    };
    let entities = cilium("ingress: [{fromEntities: [world]}]");
    check(&entities, "8.8.8.8", "a/web", ALL);
    check(&entities, "a/api", "a/web", NONE);
    check(&entities, "a/web", "a/api", ALL);
    let denied = cilium(
        "ingress: [{fromEntities: [all]}], ingressDeny: [{fromEndpoints: [{matchLabels: {app: api}}], toPorts: [{ports: [{port: '80', protocol: TCP}]}]}]",
    );
    check(&denied, "a/api", "a/web", "TCP 1-79,81-65535, UDP, SCTP");
    check(&denied, "b/job", "a/web", ALL);
    let blocks = cilium("ingress: [{fromCIDR: [0.0.0.0/0]}]");
    check(&blocks, "8.8.8.8", "a/web", ALL);
    check(&blocks, "a/api", "a/web", NONE);
    check(&cilium("ingress: [{}]"), "a/api", "a/web", NONE);
    let other = cilium("ingress: [{fromEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': b}}]}]");
    check(&other, "b/job", "a/web", ALL);
    check(&other, "a/api", "a/web", NONE);
    check(&cilium("enableDefaultDeny: {ingress: false}, ingress: [{fromEntities: [world]}]"), "a/api", "a/web", ALL);
}

#[test]
fn calico_orders_tiers_and_policies() {
    let calico = |order: u32, action: &str| {
        format!(
            "---\napiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {{name: g{order}}}\nspec: {{order: {order}, selector: app == 'web', types: [Ingress], ingress: [{{action: {action}, protocol: TCP, source: {{selector: app == 'api'}}, destination: {{ports: ['80:90']}}}}]}}\n"
        )
    };
    check(&cluster(&calico(1, "Allow")), "a/api", "a/web", "TCP 80-90");
    check(&cluster(&calico(1, "Allow")), "b/job", "a/web", NONE);
    check(&cluster(&(calico(1, "Deny") + &calico(2, "Allow"))), "a/api", "a/web", NONE);
    check(&cluster(&(calico(2, "Deny") + &calico(1, "Allow"))), "a/api", "a/web", "TCP 80-90");
    // NetworkPolicies are judged in the same tier.
    let own = policy("{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 443}]}]}");
    check(&(own + &calico(1, "Deny")), "a/api", "a/web", "TCP 443");
}

#[test]
fn kinds_that_are_not_evaluated_make_the_answer_incomplete() {
    let yaml = cluster(
        "---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: i, namespace: a}\nspec: {selector: {matchLabels: {app: web}}}\n",
    );
    let inventory = support::inventory(&yaml);
    let network = Network::new(&inventory, &Config::default());
    let of = |name: &str| network.unmodelled(endpoint(&network, name), Direction::Ingress).len();
    assert_eq!((of("a/web"), of("a/api"), of("b/job")), (1, 0, 0));
    let explained = network.explain(endpoint(&network, "b/job"), endpoint(&network, "a/web"), Ports::all());
    assert!(explained.ingress.steps.iter().any(|step| step.word == Word::Undecidable));
}

#[test]
fn names_of_hosts_and_policies_for_nodes_make_the_answer_incomplete() {
    let of = |policies: &str, name: &str, direction: Direction| {
        let inventory = support::inventory(&cluster(policies));
        let network = Network::new(&inventory, &Config::default());
        network.unmodelled(endpoint(&network, name), direction).len()
    };
    let cilium = "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: c, namespace: a}\nspec: {endpointSelector: {matchLabels: {app: web}}, egress: [{toFQDNs: [{matchPattern: '*'}]}]}\n";
    let admin = "---\napiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: c}\nspec: {tier: Admin, priority: 1, subject: {pods: {podSelector: {matchLabels: {app: web}}}}, egress: [{action: Accept, to: [{domainNames: ['*.example.com']}]}]}\n";
    for policies in [cilium, admin] {
        assert_eq!(of(policies, "a/web", Direction::Egress), 1, "{policies}");
        assert_eq!(of(policies, "a/web", Direction::Ingress), 0, "{policies}");
        assert_eq!(of(policies, "a/api", Direction::Egress), 0, "{policies}");
    }
    let nodes = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: host, namespace: a}\nspec: {hostNetwork: true, containers: [{name: c}]}\n---\napiVersion: cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy\nmetadata: {name: c}\nspec: {nodeSelector: {}, ingress: [{fromEntities: [health]}]}\n";
    assert_eq!(of(nodes, "a/host", Direction::Ingress), 1);
    assert_eq!(of(nodes, "a/web", Direction::Ingress), 0);
}

#[test]
fn an_explanation_names_the_nearest_rule() {
    let yaml = policy(
        "{podSelector: {matchLabels: {app: api}}, ingress: [{from: [{podSelector: {matchLabels: {app: front}}}], ports: [{port: 80}]}]}",
    );
    let inventory = support::inventory(&yaml);
    let network = Network::new(&inventory, &Config::default());
    let explained = network.explain(endpoint(&network, "a/web"), endpoint(&network, "a/api"), Ports::all());
    assert!(explained.admitted.is_empty());
    let step = &explained.ingress.steps[0];
    assert_eq!((step.word, step.rule, step.failing), (Word::DoesNotAdmit, Some(0), 1));
    assert_eq!(step.because, "it wants pods with `app: front`");
    assert!(step.place.line > 20);
}

#[test]
fn ways_in_do_not_depend_on_declared_ports() {
    let service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: b}\nspec: {type: NodePort, selector: {app: x}, ports: [{port: 80, targetPort: 7777, nodePort: 30080}]}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: x, namespace: b, labels: {app: x}}\nspec: {containers: [{name: c, ports: [{containerPort: 7777, protocol: UDP}]}]}\n";
    let inventory = support::inventory(&cluster(service));
    let network = Network::new(&inventory, &Config::default());
    let entries = network.exposure();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].door, "TCP 30080");
    assert_eq!(entries[0].pod_ports.to_string(), "TCP 7777");
    assert_eq!(entries[0].answer, Answer::Admitted(entries[0].pod_ports.clone()));
}

#[test]
fn a_port_of_the_node_is_open_at_its_address_and_not_outside_at_the_loopback() {
    for (address, doors) in [
        ("", vec!["TCP 80"]),
        ("0.0.0.0", vec!["TCP 80"]),
        ("'::'", vec!["TCP 80"]),
        ("10.0.0.9", vec!["TCP 80 at 10.0.0.9 alone"]),
        ("127.0.0.1", vec![]),
        ("127.0.1.9", vec![]),
        ("'::1'", vec![]),
        ("'::ffff:127.0.0.1'", vec![]),
    ] {
        let pod = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: x, namespace: b}}\nspec: {{containers: [{{name: c, ports: [{{containerPort: 8080, hostPort: 80, hostIP: {address}}}]}}]}}\n"
        );
        let inventory = support::inventory(&pod);
        let network = Network::new(&inventory, &Config::default());
        let found: Vec<String> = network.exposure().into_iter().map(|entry| entry.door).collect();
        assert_eq!(found, doors, "hostIP: {address}");
    }
}

#[test]
fn an_ingress_rule_without_paths_leads_to_the_default_backend() {
    let yaml = cluster(
        "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i, namespace: a}\nspec: {rules: [{host: h.example}], defaultBackend: {service: {name: s, port: {number: 80}}}}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: a}\nspec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}\n",
    );
    let inventory = support::inventory(&yaml);
    let network = Network::new(&inventory, &Config::default());
    let doors: Vec<String> = network.exposure().into_iter().map(|entry| entry.door).collect();
    assert_eq!(doors, ["every host", "h.example"]);
}

#[test]
fn the_closure_is_what_is_reached_over_any_number_of_connections() {
    let yaml = policy(
        "{podSelector: {matchLabels: {app: api}}, policyTypes: [Ingress, Egress], ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}",
    ) + "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: b, namespace: b}\nspec: {podSelector: {}, policyTypes: [Ingress]}\n";
    let inventory = support::inventory(&yaml);
    let network = Network::new(&inventory, &Config::default());
    let closure = network.closure();
    let [web, api, job] = ["a/web", "a/api", "b/job"].map(|name| endpoint(&network, name));
    assert!(closure.reaches(&network, job, api) && !network.row(job).reaches(api));
    assert!(!closure.reaches(&network, api, web) && !closure.reaches(&network, web, job));
    assert_eq!(closure.count(&network, job), 2);
    for from in [web, api, job] {
        let ways: Vec<_> = network.ways(&[from]).iter().map(|step| step.endpoint).collect();
        for to in [web, api, job].into_iter().filter(|to| *to != from) {
            assert_eq!(ways.contains(&to), closure.reaches(&network, from, to));
        }
    }
}
