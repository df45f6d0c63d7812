//! What `plimsoll network` says where addresses, nodes or controllers are not in the input: never more than is known.

use serde_json::Value;

use crate::program::{Folder, Said};

/// `x/web` and `x/cli`, without addresses; a policy lets a block in to `x/web`.
const BLOCK: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: x}
spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, ports: [{containerPort: 80}]}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cli, namespace: x}
spec: {selector: {matchLabels: {app: cli}}, template: {metadata: {labels: {app: cli}}, spec: {containers: [{name: c}]}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: x}
spec: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}
";

fn service(spec: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: x}}\nspec: {{selector: {{app: web}}, ports: [{{port: 80}}], {spec}}}\n"
    )
}

fn node(name: &str, address: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Node\nmetadata: {{name: {name}}}\nstatus: {{addresses: [{{type: InternalIP, address: {address}}}]}}\n"
    )
}

fn json(said: &Said) -> Value {
    serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}{}", said.out, said.err))
}

/// The verdicts of rules.
fn verdicts(objects: &str, rules: &str, more: &[&str]) -> Vec<String> {
    let folder = Folder::new(&[("all.yaml", objects), ("rules.yaml", &format!("rules:\n{rules}"))]);
    let arguments = [&["network", "check", "all.yaml", "--rules", "rules.yaml", "--output", "json"], more].concat();
    let report = json(&folder.run(&arguments));
    let rules = report["rules"].as_array().unwrap().iter();
    rules.map(|rule| rule["verdict"].as_str().unwrap().to_owned()).collect()
}

/// The ways in: what they are for, the answer and who may use them.
fn ways_in(objects: &str, more: &[&str]) -> Vec<[String; 4]> {
    let folder = Folder::new(&[("all.yaml", objects)]);
    let report = json(&folder.run(&[&["network", "exposure", "all.yaml", "--output", "json"], more].concat()));
    let text = |entry: &Value, key: &str| entry[key].as_str().unwrap().to_owned();
    let entries = report["entries"].as_array().unwrap().iter();
    entries.map(|entry| ["workload", "door", "answer", "reach"].map(|key| text(entry, key))).collect()
}

const BETWEEN: &str = "  - forbid: {from: x/cli, to: x/web}\n  - forbid: {from: nodes, to: x/web}\n";

#[test]
fn addresses_that_are_not_known_stay_unknown_where_the_plugin_is_known() {
    for cni in ["calico", "antrea", "ovn-k"] {
        let folder = Folder::new(&[("all.yaml", BLOCK)]);
        let list = json(&folder.run(&["network", "list", "all.yaml", "--cni", cni, "--output", "json"]));
        let depends = list["dependsOn"].as_array().unwrap();
        let pairs: Vec<(&str, &str)> =
            depends.iter().map(|one| (one["from"].as_str().unwrap(), one["to"].as_str().unwrap())).collect();
        assert!(pairs.contains(&("x/cli[Deployment]", "x/web[Deployment]")), "{cni}: {pairs:?}");
        assert!(pairs.contains(&("nodes", "x/web[Deployment]")), "{cni}: {pairs:?}");
        let said = folder.run(&["network", "explain", "x/cli", "x/web", "80", "all.yaml", "--cni", cni]);
        let out = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(out.contains("not admitted, which depends on addresses that are not known"), "{out}");
        assert_eq!(verdicts(BLOCK, BETWEEN, &["--cni", cni]), ["undecidable"; 2], "{cni}");
    }
    // Cilium's blocks find neither pods nor nodes.
    assert_eq!(verdicts(BLOCK, BETWEEN, &["--cni", "cilium"]), ["kept"; 2]);
    // Where pods have their addresses from decides of pods, if the block has all of those; of nodes it says nothing.
    let known = ["--cni", "calico", "--pod-cidr", "10.244.0.0/16"];
    assert_eq!(verdicts(BLOCK, BETWEEN, &known), ["broken", "undecidable"]);
    let elsewhere = ["--cni", "calico", "--pod-cidr", "192.168.0.0/16"];
    assert_eq!(verdicts(BLOCK, BETWEEN, &elsewhere), ["kept", "undecidable"]);
    let around = ["--cni", "calico", "--pod-cidr", "0.0.0.0/1"];
    assert_eq!(verdicts(BLOCK, BETWEEN, &around), ["undecidable"; 2]);
    // And nodes in the input decide of nodes.
    let inside = [BLOCK, &node("n", "10.0.0.5")].concat();
    assert_eq!(verdicts(&inside, BETWEEN, &known), ["broken"; 2]);
    let outside = [BLOCK, &node("n", "172.16.0.5")].concat();
    assert_eq!(verdicts(&outside, BETWEEN, &elsewhere), ["kept"; 2]);
}

#[test]
fn ports_of_nodes_are_not_out_of_reach() {
    let port = service("type: NodePort");
    let rule = "  - forbid: {from: internet, to: x/web}\n  - forbid: {from: internet, to: x/web, ports: 81}\n";
    let calico: &[&str] = &["--cni", "calico"];
    let answer = |objects: &str| ways_in(objects, calico).into_iter().map(|[_, _, answer, _]| answer).next().unwrap();
    // Nodes may have addresses that the policy admits: then everybody comes in.
    let unknown = [BLOCK, &port].concat();
    assert_eq!(answer(&unknown), "dependsOnNodes");
    assert_eq!(verdicts(&unknown, rule, calico), ["undecidable", "kept"]);
    let said = Folder::new(&[("all.yaml", &*unknown)]).run(&["network", "exposure", "all.yaml"]);
    let out = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(out.contains("if policies admit the addresses of nodes, which are not known"), "{out}");
    // One has such an address, and whether the internet reaches it is not known.
    let inside = [BLOCK, &port, &node("n", "10.0.0.5")].concat();
    assert_eq!(answer(&inside), "admitted");
    assert_eq!(verdicts(&inside, rule, calico), ["undecidable", "kept"]);
    // None has: private addresses alone come in, and those are not the internet.
    let outside = [BLOCK, &port, &node("n", "172.16.0.5")].concat();
    assert_eq!(answer(&outside), "dependsOnSource");
    assert_eq!(verdicts(&outside, rule, calico), ["kept"; 2]);
    let blast = Folder::new(&[("all.yaml", &*outside)]);
    let blast = json(&blast.run(&["network", "blast-radius", "internet", "all.yaml", "--output", "json"]));
    assert_eq!(blast["reached"], 0, "{blast:#}");
}

#[test]
fn a_list_of_addresses_is_believed_of_the_controller_that_reads_it() {
    let of_class = |class: &str, annotation: &str| {
        let ingress = format!(
            "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: web, namespace: x, annotations: {{{annotation}: 10.0.0.0/8}}}}\nspec: {{ingressClassName: {class}, defaultBackend: {{service: {{name: web, port: {{number: 80}}}}}}}}\n"
        );
        let open = BLOCK.split("---\napiVersion: networking").next().unwrap();
        let [_, _, _, reach] = ways_in(&[open, &service("type: ClusterIP"), &ingress].concat(), &[]).remove(0);
        reach
    };
    let nginx = "nginx.ingress.kubernetes.io/whitelist-source-range";
    assert_eq!(of_class("nginx", nginx), "listed");
    assert_eq!(of_class("nginx-internal", nginx), "listed");
    for class in ["traefik", "alb", "haproxy", "own"] {
        assert_eq!(of_class(class, nginx), "controller", "{class}");
    }
    assert_eq!(of_class("haproxy", "haproxy.org/allow-list"), "listed");
    assert_eq!(of_class("alb", "alb.ingress.kubernetes.io/inbound-cidrs"), "listed");
    assert_eq!(of_class("nginx", "alb.ingress.kubernetes.io/inbound-cidrs"), "controller");
}

/// A Gateway with listeners, and a route of a kind to `x/web`.
fn routed(listeners: &str, kind: &str, spec: &str) -> Vec<[String; 4]> {
    let open = BLOCK.split("---\napiVersion: networking").next().unwrap();
    let gateway = format!(
        "---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {{name: gw, namespace: x}}\nspec: {{gatewayClassName: c, listeners: {listeners}}}\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: {kind}\nmetadata: {{name: r, namespace: x}}\nspec: {spec}\n"
    );
    ways_in(&[open, &service("type: ClusterIP"), &gateway].concat(), &[])
}

#[test]
fn a_gateway_that_is_not_in_the_input_is_taken_to_be_open() {
    let spec = "{parentRefs: [{name: far, namespace: infra}], hostnames: [a.example.com], rules: [{backendRefs: [{name: web, port: 80}]}]}";
    let found = routed("[]", "HTTPRoute", spec);
    assert_eq!(found, [["x/web[Deployment]", "a.example.com", "admitted", "controller"].map(str::to_owned)]);
    // Meshes attach routes to Services: nobody comes in by those.
    let mesh = "{parentRefs: [{kind: Service, group: '', name: web}], rules: [{backendRefs: [{name: web, port: 80}]}]}";
    assert_eq!(routed("[]", "HTTPRoute", mesh).len(), 0);
}

#[test]
fn listeners_take_the_routes_that_they_are_for() {
    let doors = |listeners: &str, kind: &str, hosts: &str| -> Vec<String> {
        let spec =
            format!("{{parentRefs: [{{name: gw}}], {hosts}rules: [{{backendRefs: [{{name: web, port: 80}}]}}]}}");
        routed(listeners, kind, &spec).into_iter().map(|[_, door, ..]| door).collect()
    };
    let https = "[{name: a, port: 443, protocol: HTTPS, hostname: '*.example.com'}]";
    assert_eq!(doors(https, "HTTPRoute", ""), ["*.example.com on 443"]);
    assert_eq!(doors(https, "HTTPRoute", "hostnames: [foo.other.org], "), [""; 0]);
    assert_eq!(doors(https, "HTTPRoute", "hostnames: [a.b.example.com, x.y.z], "), ["a.b.example.com on 443"]);
    assert_eq!(doors(https, "HTTPRoute", "hostnames: [example.com], "), [""; 0]);
    let one = "[{name: a, port: 80, protocol: HTTP, hostname: a.example.com}]";
    assert_eq!(doors(one, "HTTPRoute", "hostnames: ['*.example.com'], "), ["a.example.com on 80"]);
    for (protocol, kind, is_taken) in [
        ("TCP", "HTTPRoute", false),
        ("TCP", "TCPRoute", true),
        ("TLS", "HTTPRoute", false),
        ("TLS", "TLSRoute", true),
        ("HTTP", "GRPCRoute", true),
        ("HTTP", "TCPRoute", false),
        // The port of the Service is one of TCP.
        ("UDP", "UDPRoute", false),
    ] {
        let listener = format!("[{{name: a, port: 9, protocol: {protocol}}}]");
        assert_eq!(doors(&listener, kind, "").len(), usize::from(is_taken), "{protocol} {kind}");
    }
    let kinds = "[{name: a, port: 80, protocol: HTTP, allowedRoutes: {kinds: [{kind: GRPCRoute}]}}]";
    assert_eq!(doors(kinds, "HTTPRoute", "").len(), 0);
    assert_eq!(doors(kinds, "GRPCRoute", "").len(), 1);
}

#[test]
fn who_gets_a_copy_of_the_traffic_is_reached() {
    let mirror = "{parentRefs: [{name: gw}], rules: [{filters: [{type: RequestMirror, requestMirror: {backendRef: {name: web, port: 80}}}], backendRefs: [{name: other, port: 80}]}]}";
    let found = routed("[{name: a, port: 80, protocol: HTTP}]", "HTTPRoute", mirror);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0][0], "x/web[Deployment]");
}

/// A Deployment with its ReplicaSet and one pod, as a cluster writes them.
fn made(name: &str, addresses: &str) -> String {
    let template = format!(
        "metadata: {{labels: {{app: {name}}}}}, spec: {{containers: [{{name: c, image: i, ports: [{{containerPort: 80}}]}}]}}"
    );
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: x, uid: d-{name}}}\nspec: {{selector: {{matchLabels: {{app: {name}}}}}, template: {{{template}}}}}\n---\napiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {{name: {name}-5c, namespace: x, uid: r-{name}, ownerReferences: [{{apiVersion: apps/v1, kind: Deployment, name: {name}, uid: d-{name}, controller: true}}]}}\nspec: {{replicas: 1, selector: {{matchLabels: {{app: {name}}}}}, template: {{{template}}}}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}-5c-a, namespace: x, uid: p-{name}, labels: {{app: {name}}}, ownerReferences: [{{apiVersion: apps/v1, kind: ReplicaSet, name: {name}-5c, uid: r-{name}, controller: true}}]}}\nspec: {{nodeName: n, containers: [{{name: c, image: i, ports: [{{containerPort: 80}}]}}]}}\nstatus: {{phase: Running, podIPs: [{addresses}]}}\n"
    )
}

#[test]
fn pods_keep_their_addresses_where_what_they_are_made_of_is_in_the_input() {
    let policy = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: x}\nspec: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{ipBlock: {cidr: 10.1.0.0/16}}]}]}\n";
    let rules = "  - forbid: {from: x/near, to: x/web}\n  - forbid: {from: x/far, to: x/web}\n";
    let pods = [made("web", "{ip: 10.1.0.1}"), made("near", "{ip: 10.1.0.2}"), made("far", "{ip: 10.2.0.1}")];
    let objects = [&pods.concat(), policy].concat();
    assert_eq!(verdicts(&objects, rules, &["--cni", "calico"]), ["broken", "kept"]);
    let folder = Folder::new(&[("all.yaml", &objects)]);
    let said = folder.run(&["network", "explain", "10.1.0.2", "x/web", "all.yaml"]);
    assert!(said.out.contains("x/near[Deployment]"), "{}", said.out);
    // A pod and the Deployment that it is of are one workload.
    let list = json(&folder.run(&["network", "list", "all.yaml", "--output", "json"]));
    let names: Vec<&str> =
        list["endpoints"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names.iter().filter(|name| name.starts_with("x/")).count(), 3, "{names:?}");
}

#[test]
fn what_pods_of_both_families_need_outside_is_needed_of_one() {
    let objects = made("web", "{ip: 10.1.0.2}, {ip: 'fd00::2'}");
    let flows = "{\"from\": \"x/web\", \"to\": {\"address\": \"203.0.113.53\"}, \"protocol\": \"UDP\", \"port\": 53, \"count\": 5}\n";
    let folder = Folder::new(&[("all.yaml", &objects), ("flows.jsonl", flows)]);
    let said = folder.run(&["network", "generate", "all.yaml", "--flows", "flows.jsonl"]);
    assert!(said.out.contains("203.0.113.53/32"), "{}{}", said.out, said.err);
    assert!(said.err.contains("evaluated again: every one of them is admitted"), "{}", said.err);
}

/// What `network list` says has no effect.
fn refused(objects: &str) -> Vec<String> {
    let folder = Folder::new(&[("all.yaml", objects)]);
    let list = json(&folder.run(&["network", "list", "all.yaml", "--output", "json"]));
    let refused = list["refused"].as_array().unwrap().iter();
    refused.map(|one| one["reason"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn policies_of_another_shape_have_no_effect() {
    let policy = |version: &str, spec: &str| {
        let open = BLOCK.split("---\napiVersion: networking").next().unwrap();
        format!(
            "{open}---\napiVersion: {version}\nkind: NetworkPolicy\nmetadata: {{name: p, namespace: x}}\nspec: {spec}\n"
        )
    };
    for (spec, reason) in [
        ("{podSelector: {}, ingress: {from: [{podSelector: {}}]}}", "a list belongs here"),
        ("{podSelector: x}", "a mapping belongs here"),
        ("[]", "a mapping belongs here"),
        ("{podSelector: {}, ingress: [{from: all}]}", "a list belongs here"),
        ("{podSelector: {}, ingress: [{ports: [80]}]}", "a mapping belongs here"),
        ("{podSelector: {matchLabels: {app: 1}}}", "needs quotes"),
        ("{podSelector: {app: web}}", "there is no field `app`"),
        ("{podSelector: {}, ingres: []}", "there is no field `ingres`"),
        ("{podSelector: {}, ingress: [{form: [{podSelector: {}}]}]}", "there is no field `form`"),
        ("{podSelector: {}, egress: [{from: [{podSelector: {}}]}]}", "there is no field `from`"),
        ("{podSelector: {}, ingress: [{from: [{podSelector: {}, port: 80}]}]}", "there is no field `port`"),
        (
            "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: 10.1.0.0/16}}]}]}",
            "a list belongs",
        ),
    ] {
        let found = refused(&policy("networking.k8s.io/v1", spec));
        assert!(matches!(&*found, [only] if only.contains(reason)), "{spec}: {found:?}");
    }
    for spec in ["{podSelector: {}, ingress: null}", "{podSelector: {matchLabels: null}}", "{}", "{podSelector: {}}"] {
        assert_eq!(refused(&policy("networking.k8s.io/v1", spec)), [""; 0], "{spec}");
    }
    assert!(refused(&policy("extensions/v1beta1", "{podSelector: {}}"))[0].contains("no server takes"));
}

#[test]
fn of_policies_with_one_name_the_last_may_be_all_there_is() {
    let again = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: x}\nspec: {podSelector: {matchLabels: {app: cli}}}\n";
    let rule = "  - forbid: {from: x/cli, to: x/web}\n  - forbid: {from: x/web, to: x/cli}\n";
    let known = ["--cni", "calico", "--pod-cidr", "192.168.0.0/16"];
    assert_eq!(verdicts(BLOCK, rule, &known), ["kept", "broken"]);
    let both = [BLOCK, again].concat();
    assert_eq!(verdicts(&both, rule, &known), ["undecidable", "kept"]);
    let said = Folder::new(&[("all.yaml", &*both)]).run(&["network", "list", "all.yaml", "--cni", "calico"]);
    assert!(said.out.contains("depends on what is applied last"), "{}", said.out);
}

#[test]
fn blocks_in_rules_mean_the_pods_and_nodes_that_are_in_them() {
    let objects = [made("web", "{ip: 10.1.0.1}"), made("db", "{ip: 10.1.0.2}"), node("n", "10.9.0.1")].concat();
    let rules = "  - forbid: {from: 10.1.0.1, to: x/db, ports: 80}\n  - forbid: {from: 10.9.0.0/16, to: x/db, ports: 80}\n  - forbid: {from: 10.2.0.0/16, to: x/db, ports: 80}\n";
    let policy = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: x}\nspec: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {}}, {ipBlock: {cidr: 10.9.0.1/32}}]}]}\n";
    let objects = [&objects, policy].concat();
    assert_eq!(verdicts(&objects, rules, &["--cni", "calico"]), ["broken", "broken", "kept"]);
}

#[test]
fn rules_of_calico_are_for_one_version_of_ip() {
    let policy = |rules: &str| {
        let pods = [made("web", "{ip: 10.1.0.1}"), made("cli", "{ip: 10.1.0.2}")].concat();
        format!(
            "{pods}---\napiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {{name: p, namespace: x}}\nspec: {{selector: app == 'web', ingress: {rules}}}\n"
        )
    };
    let rule = "  - forbid: {from: x/cli, to: x/web}\n  - forbid: {from: 8.8.8.8, to: x/web}\n  - forbid: {from: '2001:db8::1', to: x/web}\n";
    let calico = ["--cni", "calico"];
    let of = |rules: &str| verdicts(&policy(rules), rule, &calico);
    assert_eq!(of("[{action: Deny, ipVersion: 6}, {action: Allow}]"), ["broken", "broken", "kept"]);
    assert_eq!(of("[{action: Allow, ipVersion: 6}]"), ["kept", "kept", "broken"]);
    assert_eq!(of("[{action: Allow, ipVersion: 4}]"), ["broken", "broken", "kept"]);
    // What is not evaluated is not decided.
    assert_eq!(of("[{action: Deny, source: {namespaceSelector: global()}}, {action: Allow}]")[0], "undecidable");
    assert_eq!(of("[{action: Allow, ipVersion: 4, source: {selector: app == 'cli'}}]")[0], "undecidable");
    let set = "---\napiVersion: projectcalico.org/v3\nkind: NetworkSet\nmetadata: {name: s, namespace: x, labels: {set: loc}}\nspec: {nets: [198.51.100.0/24]}\n";
    let objects = [&policy("[{action: Allow, source: {selector: set == 'loc'}}]"), set].concat();
    assert_eq!(verdicts(&objects, rule, &calico), ["kept", "undecidable", "undecidable"]);
}
