//! Answers of `plimsoll network` that nobody can give, or that are not whole: they say so, and why.

use serde_json::Value;

use crate::program::{Folder, Said};

/// `a/web` and `b/job`, one pod each.
const PODS: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: a, labels: {app: web}}
spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: job, namespace: b, labels: {app: job}}
spec: {containers: [{name: c}]}
";

fn admin(name: &str, action: &str) -> String {
    format!(
        "---\napiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {{name: {name}}}\nspec: {{tier: Admin, priority: 5, subject: {{namespaces: {{matchLabels: {{kubernetes.io/metadata.name: a}}}}}}, ingress: [{{action: {action}, from: [{{namespaces: {{}}}}], protocols: [{{tcp: {{destinationPort: {{number: 80}}}}}}]}}]}}\n"
    )
}

fn json(said: &Said) -> Value {
    serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}{}", said.out, said.err))
}

#[test]
fn policies_of_one_priority_that_contradict_each_other_are_named() {
    let objects = [PODS.to_owned(), admin("let-in", "Accept"), admin("keep-out", "Deny")].concat();
    let rules = "rules:\n  - forbid: {from: b/job, to: a/web, ports: 80}\n  - forbid: {from: b/job, to: a/web, ports: udp/80}\n  - require: {from: b/job, to: a/web, ports: 80}\n";
    let folder = Folder::new(&[("all.yaml", &objects), ("rules.yaml", rules)]);
    let both = ["ClusterNetworkPolicy keep-out", "ClusterNetworkPolicy let-in"];
    for more in [&[][..], &["--cni", "calico"]] {
        let run = |arguments: &[&str]| folder.run(&[&["network"], arguments, &["all.yaml"], more].concat());
        let said = run(&["explain", "b/job", "a/web", "80"]);
        assert_eq!(said.code, 2, "{}", said.out);
        assert!(said.out.contains("undecidable: policies of equal priority contradict each other"), "{}", said.out);
        assert!(both.iter().all(|policy| said.out.contains(policy)), "{}", said.out);
        assert_eq!(run(&["explain", "b/job", "a/web", "81"]).code, 0);
        assert_eq!(run(&["explain", "a/web", "b/job"]).code, 0);

        let said = run(&["list", "--output", "json"]);
        assert_eq!(said.code, 2);
        let undecidable = &json(&said)["undecidable"];
        assert_eq!(undecidable.as_array().unwrap().len(), 1, "{undecidable:#}");
        assert_eq!(undecidable[0]["connection"], serde_json::json!({"TCP": [[80, 80]]}));
        assert_eq!(undecidable[0]["policies"], serde_json::json!(both));
        let said = run(&["list"]);
        assert!(said.out.contains("undecidable: b/job[Pod] => a/web[Pod]: TCP 80: "), "{}", said.out);

        let said = run(&["check", "--rules", "rules.yaml", "--output", "json"]);
        let rules = json(&said)["rules"].as_array().unwrap().clone();
        let verdicts: Vec<&str> = rules.iter().map(|rule| rule["verdict"].as_str().unwrap()).collect();
        assert_eq!((&*verdicts, said.code), (&["undecidable", "broken", "undecidable"][..], 2));
        let doubt = rules[0]["doubts"][0].as_str().unwrap();
        assert!(both.iter().all(|policy| doubt.contains(policy)), "{doubt}");
    }
}

#[test]
fn ways_in_and_break_ins_that_policies_of_one_priority_decide_are_marked() {
    let admin = |name: &str, action: &str| {
        format!(
            "---\napiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {{name: {name}}}\nspec: {{tier: Admin, priority: 5, subject: {{namespaces: {{matchLabels: {{kubernetes.io/metadata.name: a}}}}}}, ingress: [{{action: {action}, from: [{{namespaces: {{}}}}, {{pods: {{namespaceSelector: {{}}, podSelector: {{}}}}}}]}}]}}\n"
        )
    };
    let front = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: ingress, namespace: b, labels: {app: ingress}}\nspec: {containers: [{name: c, image: registry.k8s.io/ingress-nginx/controller}]}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: ingress, namespace: b}\nspec: {type: LoadBalancer, selector: {app: ingress}, ports: [{port: 80}]}\n---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web, namespace: a}\nspec: {ingressClassName: nginx, defaultBackend: {service: {name: web, port: {number: 80}}}}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: a}\nspec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}\n";
    let both = ["ClusterNetworkPolicy keep-out", "ClusterNetworkPolicy let-in"];
    let objects = [PODS, front, &admin("let-in", "Accept"), &admin("keep-out", "Deny")].concat();
    let folder = Folder::new(&[("all.yaml", &*objects)]);
    let said = folder.run(&["network", "exposure", "all.yaml", "--output", "json"]);
    assert_eq!(said.code, 2);
    let report = json(&said);
    let entries = report["entries"].as_array().unwrap();
    let of = |workload: &str| entries.iter().find(|entry| entry["workload"] == workload).unwrap();
    assert_eq!(of("a/web[Pod]")["undecidable"], serde_json::json!(both));
    assert_eq!(of("b/ingress[Pod]")["undecidable"], serde_json::json!([]));
    let said = folder.run(&["network", "blast-radius", "b/job", "all.yaml", "--output", "json"]);
    assert_eq!(said.code, 2);
    let report = json(&said);
    let steps = report["steps"].as_array().unwrap();
    let step = |workload: &str| steps.iter().find(|step| step["endpoint"] == workload).unwrap();
    assert_eq!(step("a/web[Pod]")["undecidable"], true);
    assert_eq!(step("a/web[Pod]")["policies"], serde_json::json!(both));
    assert_eq!(step("b/ingress[Pod]")["undecidable"], false);
    let said = folder.run(&["network", "blast-radius", "b/job", "all.yaml"]);
    assert!(said.out.contains("undecidable: a/web[Pod]: "), "{}", said.out);
    // Where the order is known nothing is in doubt.
    let objects = objects.replacen("priority: 5", "priority: 4", 1);
    let folder = Folder::new(&[("all.yaml", &*objects)]);
    assert_eq!(folder.run(&["network", "exposure", "all.yaml"]).code, 0);
    assert_eq!(folder.run(&["network", "blast-radius", "b/job", "all.yaml"]).code, 0);
}

/// A Service of the type LoadBalancer for `a/web`, with more in its spec.
fn balancer(spec: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: a}}\nspec: {{type: LoadBalancer, allocateLoadBalancerNodePorts: false, selector: {{app: web}}, ports: [{{port: 80, targetPort: 8080}}]{spec}}}\n"
    )
}

/// A policy that lets a block in to pods of `a`.
fn lets_in(selector: &str, block: &str) -> String {
    format!(
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p, namespace: a}}\nspec: {{podSelector: {selector}, ingress: [{{from: [{{ipBlock: {block}}}]}}]}}\n"
    )
}

/// The ways in to `a/web`: who may use each, what policies leave, and for whom for certain and perhaps.
fn ways_in(objects: &str) -> Vec<(String, String, Vec<String>, Vec<String>)> {
    let folder = Folder::new(&[("all.yaml", objects)]);
    let report = json(&folder.run(&["network", "exposure", "all.yaml", "--cni", "calico", "--output", "json"]));
    let texts = |value: &Value| value.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect();
    let entries = report["entries"].as_array().unwrap().iter();
    let of_web = entries.filter(|entry| entry["workload"] == "a/web[Pod]");
    of_web
        .map(|entry| {
            let who = format!("{}: {}", entry["reach"].as_str().unwrap(), entry["who"].as_str().unwrap());
            let answer = entry["answer"].as_str().unwrap().to_owned();
            (who, answer, texts(&entry["certainSources"]), texts(&entry["possibleSources"]))
        })
        .collect()
}

fn expect_way(objects: &[&str], who: &str, answer: &str, certain: &[&str], possible: &[&str]) {
    let objects = objects.concat();
    let owned = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect::<Vec<String>>();
    let expected = vec![(who.to_owned(), answer.to_owned(), owned(certain), owned(possible))];
    assert_eq!(ways_in(&objects), expected, "{objects}");
}

const LOCAL: &str = ", externalTrafficPolicy: Local";
const ALL: [&str; 2] = ["0.0.0.0/0", "::/0"];

#[test]
fn who_may_use_a_way_in_is_what_policies_leave_of_the_clients() {
    let (local, cluster) = (balancer(LOCAL), balancer(""));
    let office = lets_in("{}", "{cidr: 203.0.113.0/24}");
    let all = "internet: everybody may use it";
    expect_way(&[PODS, &local], all, "admitted", &ALL, &ALL);
    expect_way(&[PODS, &cluster], all, "admitted", &ALL, &ALL);
    // The pods see the client.
    let office_only = "listed: 203.0.113.0/24 may use it";
    let block = ["203.0.113.0/24"];
    expect_way(&[PODS, &local, &office], office_only, "admitted", &block, &block);
    // Nodes may put their address in its place.
    let perhaps = "listed: 203.0.113.0/24 may use it, if the pods see their address and not that of a node";
    expect_way(&[PODS, &cluster, &office], perhaps, "dependsOnSource", &[], &block);
    // Lists of the Service narrow it further, and leave nobody where both have nothing in common.
    let listed = |list: &str| balancer(&format!("{LOCAL}, loadBalancerSourceRanges: [{list}]"));
    let half = ["203.0.113.0/25"];
    let half_only = "listed: 203.0.113.0/25 may use it";
    expect_way(&[PODS, &listed("203.0.113.0/25"), &office], half_only, "admitted", &half, &half);
    let other = "listed: 198.51.100.0/24 may use it";
    expect_way(&[PODS, &listed("198.51.100.0/24"), &office], other, "refused", &[], &[]);
    // A hole in the internet is still the internet.
    let but = "internet: everybody but 10.0.0.0/8, ::/0 may use it";
    let outside = ["0.0.0.0-9.255.255.255", "11.0.0.0-255.255.255.255"];
    let but_private = lets_in("{}", "{cidr: 0.0.0.0/0, except: [10.0.0.0/8]}");
    expect_way(&[PODS, &local, &but_private], but, "admitted", &outside, &outside);
    // Policies that admit nodes admit whoever hides behind them.
    let node = "---\napiVersion: v1\nkind: Node\nmetadata: {name: n}\nstatus: {addresses: [{type: InternalIP, address: 10.0.0.9}]}\n";
    let found = ways_in(&[PODS, &cluster, node, &lets_in("{}", "{cidr: 10.0.0.0/8}")].concat());
    let (who, answer, certain, possible) = &found[0];
    assert_eq!(
        (answer.as_str(), &certain[..], &possible[..]),
        ("admitted", &["10.0.0.0/8".to_owned()][..], &["0.0.0.0/0".to_owned()][..])
    );
    assert!(who.contains("10.0.0.0/8 whatever nodes do to addresses"), "{who}");
}

#[test]
fn a_break_in_from_outside_begins_where_that_address_may_come_in() {
    let objects = [PODS, &balancer(LOCAL), &lets_in("{}", "{cidr: 203.0.113.0/24}")].concat();
    let folder = Folder::new(&[("all.yaml", &objects)]);
    let run = |start: &str| folder.run(&["network", "blast-radius", start, "all.yaml", "--cni", "calico"]).out;
    assert!(run("203.0.113.9").contains("2 of 2 workloads are reached, 1 of them directly"), "{}", run("203.0.113.9"));
    assert!(run("198.51.100.9").contains("0 of 2 workloads are reached"), "{}", run("198.51.100.9"));
    let internet = run("internet");
    assert!(internet.contains("203.0.113.0/24 may use it"), "{internet}");
}

/// An Ingress for `a/web`, and its controller with a Service.
fn ingress(service: &str, more: &str) -> String {
    let controller = if service.is_empty() {
        String::new()
    } else {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: controller, namespace: edge, labels: {{app: nginx}}}}\nspec: {{containers: [{{name: c, image: registry.k8s.io/ingress-nginx/controller:v1.12.0{more}}}]}}\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: controller, namespace: edge}}\nspec: {{type: {service}, selector: {{app: nginx}}, ports: [{{port: 80}}]}}\n"
        )
    };
    format!(
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: a}}\nspec: {{selector: {{app: web}}, ports: [{{port: 80, targetPort: 8080}}]}}\n---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: web, namespace: a}}\nspec: {{ingressClassName: nginx, rules: [{{host: shop.example.com, http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: web, port: {{number: 80}}}}}}}}]}}}}]}}\n{controller}"
    )
}

#[test]
fn an_ingress_is_as_open_as_its_controller() {
    let inside = "inside: pods of the cluster alone may: nothing opens its controller to the outside";
    expect_way(&[PODS, &ingress("ClusterIP", "")], inside, "admitted", &[], &[]);
    let internet = "internet: everybody may use it";
    expect_way(&[PODS, &ingress("LoadBalancer", "")], internet, "admitted", &ALL, &ALL);
    let node = "nodeNetwork: whoever reaches a node may use it";
    expect_way(
        &[PODS, &ingress("ClusterIP", ", ports: [{containerPort: 80, hostPort: 80}]")],
        node,
        "admitted",
        &ALL,
        &ALL,
    );
    let assumed = "controller: whoever reaches its controller, which is not in the input and taken to be open";
    expect_way(&[PODS, &ingress("", "")], assumed, "admitted", &[], &ALL);
    // What lets nobody in to the controller lets nobody in behind it, and a list there is one here.
    let at_edge = |block: &str| lets_in("{}", block).replace("namespace: a", "namespace: edge");
    let local = ingress("LoadBalancer, externalTrafficPolicy: Local", "");
    let block = ["203.0.113.0/24"];
    let office_only = "listed: 203.0.113.0/24 may use it";
    expect_way(&[PODS, &local, &at_edge("{cidr: 203.0.113.0/24}")], office_only, "admitted", &block, &block);
    let nobody = at_edge("{cidr: 203.0.113.0/24}").replace("{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}", "");
    let found = ways_in(&[PODS, &local, &nobody].concat());
    assert_eq!((found.len(), found[0].1.as_str()), (1, "refused"));
}

#[test]
fn what_is_open_to_pods_alone_is_not_open_to_the_outside() {
    let rules = "rules:\n  - forbid: {from: internet, to: a/web}\n";
    for (service, counts, ways, reached, code) in [
        ("ClusterIP", "0 open, 1 inside alone", "0 ways in from outside", "0 of 3 workloads", 0),
        ("LoadBalancer", "2 open", "2 ways in from outside", "3 of 3 workloads", 1),
    ] {
        let service = format!("{service}, allocateLoadBalancerNodePorts: false");
        let closed =
            lets_in("{}", "{cidr: 192.0.2.0/24}").replace("{ipBlock: {cidr: 192.0.2.0/24}}", "{namespaceSelector: {}}");
        let objects = [PODS, &ingress(&service, ""), &closed].concat();
        let folder = Folder::new(&[("all.yaml", &objects), ("rules.yaml", rules)]);
        let run =
            |arguments: &[&str]| folder.run(&[&["network"], arguments, &["all.yaml", "--cni", "calico"]].concat());
        assert!(run(&["exposure"]).out.contains(counts), "{}", run(&["exposure"]).out);
        assert!(run(&["list"]).out.contains(ways), "{}", run(&["list"]).out);
        assert!(run(&["blast-radius", "internet"]).out.contains(reached), "{}", run(&["blast-radius", "internet"]).out);
        assert_eq!(run(&["check", "--rules", "rules.yaml", "--severity-threshold", "high"]).code, code);
    }
    // A controller that is not there may be open, and that is said.
    let folder = Folder::new(&[("all.yaml", &[PODS, &ingress("", "")].concat())]);
    let said = folder.run(&["network", "exposure", "all.yaml"]).out;
    assert!(said.contains("0 open, 1 open if its controller is"), "{said}");
}

/// What `network list` says of a direction of `a/web`.
fn column(policies: &str, direction: &str) -> String {
    let folder = Folder::new(&[("all.yaml", &[PODS, policies].concat())]);
    let report = json(&folder.run(&["network", "list", "all.yaml", "--output", "json"]));
    let mut endpoints = report["endpoints"].as_array().unwrap().iter();
    let web = endpoints.find(|endpoint| endpoint["name"] == "a/web[Pod]").unwrap();
    web[direction].as_str().unwrap().to_owned()
}

#[test]
fn policies_of_administrators_restrict_pods_and_set_them_free() {
    let isolates = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: a}\nspec: {podSelector: {}}\n";
    let all_ports =
        |action: &str| admin("x", action).replace(", protocols: [{tcp: {destinationPort: {number: 80}}}]", "");
    let cilium = "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: c, namespace: a}\nspec: {endpointSelector: {}, enableDefaultDeny: {ingress: false}, ingressDeny: [{fromEntities: [world]}]}\n";
    let calico = "---\napiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: c, namespace: a}\nspec: {types: [Ingress], ingress: [{action: Deny, source: {nets: [203.0.113.0/24]}}, {action: Allow}]}\n";
    let free = all_ports("Accept")
        .replace("from: [{namespaces: {}}]", "from: [{namespaces: {}}, {networks: [0.0.0.0/0, '::/0']}]");
    for (policies, expected) in [
        ("", "open"),
        (isolates, "restricted"),
        (&admin("x", "Deny"), "restricted"),
        (&admin("x", "Accept"), "open"),
        (&[isolates, &admin("x", "Accept")].concat(), "restricted"),
        (&[isolates, &free].concat(), "open"),
        (cilium, "restricted"),
        (calico, "restricted"),
    ] {
        assert_eq!(column(policies, "ingress"), expected, "{policies}");
        assert_eq!(column(policies, "egress"), "open", "{policies}");
    }
}

#[test]
fn names_of_hosts_leave_what_is_inside_as_it_is() {
    let policy = "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: c, namespace: a}\nspec: {endpointSelector: {}, egress: [{toFQDNs: [{matchName: example.com}]}]}\n";
    let rules = "rules:\n  - forbid: {from: a/web, to: b/job}\n  - forbid: {from: a/web, to: internet}\n";
    let folder = Folder::new(&[("all.yaml", &[PODS, policy].concat()), ("rules.yaml", rules)]);
    let said = folder.run(&["network", "check", "all.yaml", "--rules", "rules.yaml", "--output", "json"]);
    let rules = json(&said)["rules"].as_array().unwrap().clone();
    let verdicts: Vec<&str> = rules.iter().map(|rule| rule["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["kept", "undecidable"]);
    let explain = |to: &str| folder.run(&["network", "explain", "a/web", to, "all.yaml", "--cni", "cilium"]).out;
    assert!(explain("b/job").contains("b/job[Pod]: not admitted\n"), "{}", explain("b/job"));
    assert!(explain("8.8.8.8").contains("as far as what is evaluated says"), "{}", explain("8.8.8.8"));
}

#[test]
fn a_range_of_ports_is_what_the_api_says_it_is() {
    let policy = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: a}\nspec: {podSelector: {}, ingress: [{ports: [{port: 80, endPort: 90}]}]}\n";
    let rules = "rules:\n  - forbid: {from: b/job, to: a/web, ports: 85}\n  - forbid: {from: b/job, to: a/web, ports: 91}\n  - require: {from: b/job, to: a/web, ports: 80-90}\n";
    let folder = Folder::new(&[("all.yaml", &[PODS, policy].concat()), ("rules.yaml", rules)]);
    let said = folder.run(&["network", "check", "all.yaml", "--rules", "rules.yaml", "--output", "json"]);
    let rules = json(&said)["rules"].as_array().unwrap().clone();
    let verdicts: Vec<&str> = rules.iter().map(|rule| rule["verdict"].as_str().unwrap()).collect();
    assert_eq!((&*verdicts, said.code), (&["broken", "kept", "kept"][..], 1));
    let notes = |at: usize| rules[at]["notes"].as_array().unwrap().len();
    assert_eq!((notes(0), notes(1), notes(2)), (1, 0, 1));
    let text = folder.run(&["network", "check", "all.yaml", "--rules", "rules.yaml"]).out;
    assert!(text.contains("only the first port of a range is enforced"), "{text}");
}

#[test]
fn rules_keep_their_numbers_where_others_are_never_asked() {
    let policy = "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: c, namespace: a}\nspec: {endpointSelector: {}, ingress: [{}, {icmps: [{fields: [{type: 8}]}]}, {fromEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': b}}]}]}\n";
    let folder = Folder::new(&[("all.yaml", &[PODS, policy].concat())]);
    let said = folder.run(&["network", "explain", "b/job", "a/web", "all.yaml", "--cni", "cilium"]).out;
    assert!(said.contains("admits         CiliumNetworkPolicy a/c rule 3"), "{said}");
}

#[test]
fn deleting_a_rule_that_is_not_needed_keeps_what_it_refuses() {
    let policy = |name: &str, spec: &str| {
        format!(
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: a}}\nspec: {{podSelector: {{}}, {spec}}}\n"
        )
    };
    let rule = "egress: [{to: [{namespaceSelector: {}}], ports: [{port: 53, protocol: UDP}, {port: 80}]}]";
    let narrow = "egress: [{to: [{namespaceSelector: {}}], ports: [{port: 80}]}]";
    let first = policy("p", &format!("policyTypes: [Ingress, Egress], {rule}"))
        .replace("podSelector: {}", "podSelector: {matchLabels: {app: web}}");
    let objects = [PODS, &first, &policy("q", narrow)].concat();
    let folder = Folder::new(&[("all.yaml", &objects)]);
    let said = folder.run(&["network", "check", "all.yaml", "--cni", "calico", "--output", "json"]);
    let report = json(&said);
    let odd = report["oddities"].as_array().unwrap().iter().find(|odd| odd["question"] == "redundant").unwrap();
    assert_eq!(odd["policy"], "NetworkPolicy a/q");
    let advice = odd["advice"].as_str().unwrap();
    assert!(advice.contains("keep `Egress` in `policyTypes`"), "{advice}");
    // Followed to the letter it changes nothing; without the types it would, once the other policy is gone.
    let kept = [PODS, &first, &policy("q", "policyTypes: [Ingress, Egress]")].concat();
    let folder = Folder::new(&[("before/all.yaml", &objects), ("after/all.yaml", &kept)]);
    let said = folder.run(&["network", "diff", "before", "after", "--cni", "calico", "--output", "json"]);
    let report = json(&said);
    for key in ["gained", "lost", "turned"] {
        assert_eq!(report[key], serde_json::json!([]), "{key}");
    }
}

#[test]
fn what_an_answer_is_not_all_of_is_said_where_the_exit_code_says_so() {
    let refused = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: bad, namespace: a}\nspec: {podSelector: {}, ingress: [{ports: [{port: 90, endPort: 80}]}]}\n";
    let folder = Folder::new(&[("in/all.yaml", &[PODS, refused].concat()), ("in/broken.yaml", "a: [")]);
    for arguments in [
        &["list", "in"][..],
        &["explain", "a/web", "b/job", "in"],
        &["exposure", "in"],
        &["blast-radius", "a/web", "in"],
        &["diff", "in", "in"],
        &["generate", "in"],
    ] {
        let said = folder.run(&[&["network"], arguments].concat());
        let all = format!("{}{}", said.out, said.err);
        assert_eq!(said.code, 2, "{arguments:?}\n{all}");
        assert!(all.contains("no effect: NetworkPolicy a/bad in/all.yaml:"), "{arguments:?}\n{all}");
        assert!(all.contains("not looked at: in/broken.yaml"), "{arguments:?}\n{all}");
    }
}

#[test]
fn what_is_new_is_said_where_not_everything_could_be_looked_at() {
    let policy = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: a}\nspec: {podSelector: {}}\n";
    let before = [PODS, policy].concat();
    let folder = Folder::new(&[("before/all.yaml", &before), ("after/all.yaml", PODS), ("after/broken.yaml", "a: [")]);
    let said = folder.run(&["network", "diff", "before", "after", "--fail-on-new"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("are new; the exit code is 2 and not 1"), "{}", said.err);
}

#[test]
fn flows_that_show_no_connection_are_counted() {
    let flows = [
        r#"{"flow":{"verdict":"DROPPED","l4":{"TCP":{"source_port":4,"destination_port":8080}},"source":{"namespace":"b","pod_name":"job"},"destination":{"namespace":"a","pod_name":"web"}}}"#,
        r#"{"flow":{"verdict":"FORWARDED","is_reply":true,"l4":{"TCP":{"source_port":8080,"destination_port":4}}}}"#,
        r#"{"from": "gone/pod", "to": "a/web", "port": 8080, "count": 3}"#,
    ]
    .join("\n");
    let folder = Folder::new(&[("all.yaml", PODS), ("flows.jsonl", &flows)]);
    let said = folder.run(&["network", "generate", "all.yaml", "--flows", "flows.jsonl", "--certificate", "c.json"]);
    assert!(said.err.contains("flows: 1 connection; lines passed over: 1 refused, 1 answer"), "{}", said.err);
    assert!(said.err.contains("the flows show no connection of workloads that are here"), "{}", said.err);
    assert!(!said.err.contains("give flows with `--flows`"), "{}", said.err);
    let certificate: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("c.json")).unwrap()).unwrap();
    assert_eq!((&certificate["flows"]["refused"], &certificate["flows"]["replies"]), (&1.into(), &1.into()));
    let said = folder.run(&["network", "generate", "all.yaml"]);
    assert!(said.err.contains("no connection was observed"), "{}", said.err);
}

/// `a/web` and `a/api`, each with addresses of both families, and a policy that tells addresses apart.
const BOTH_FAMILIES: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: a, labels: {app: web}}
spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}
status: {podIPs: [{ip: 10.0.0.1}, {ip: 'fd00::1'}]}
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: a, labels: {app: api}}
spec: {containers: [{name: c}]}
status: {podIPs: [{ip: 10.0.0.2}, {ip: 'fd00::2'}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: a}
spec: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/24}}, {ipBlock: {cidr: 'fd00::/64'}}]}]}
";

#[test]
fn pods_with_addresses_of_both_families_are_one_workload_whose_families_do_not_meet() {
    let rules = "rules:\n  - require: {from: a/api, to: a/web}\n  - forbid: {from: internet, to: a/web}\n";
    let folder = Folder::new(&[("all.yaml", BOTH_FAMILIES), ("rules.yaml", rules)]);
    let run = |arguments: &[&str]| folder.run(&[&["network"], arguments, &["all.yaml", "--cni", "calico"]].concat());
    let said = run(&["list"]);
    assert!(said.out.contains(": 2 workloads, 1 policy"), "{}", said.out);
    assert!(said.out.contains("in: 1 of 2 restricted"), "{}", said.out);
    let said = run(&["blast-radius", "a/api"]);
    assert!(said.out.contains("1 of 1 workload is reached"), "{}", said.out);
    let said = run(&["check", "--rules", "rules.yaml", "--output", "json"]);
    let rules = json(&said)["rules"].as_array().unwrap().clone();
    let verdicts: Vec<&str> = rules.iter().map(|rule| rule["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["kept", "kept"], "{rules:#?}");
    let said = run(&["explain", "a/api", "a/web", "--output", "json"]);
    let answers = json(&said)["answers"].as_array().unwrap().clone();
    assert_eq!(answers.len(), 2);
    assert!(answers.iter().all(|answer| answer["admitted"] == "*"), "{answers:#?}");
}

#[test]
fn an_explanation_is_asked_for_with_ports_names_addresses_and_blocks() {
    let folder = Folder::new(&[("all.yaml", BOTH_FAMILIES)]);
    let run = |from: &str, to: &str, port: &str| {
        let said =
            folder.run(&["network", "explain", from, to, port, "all.yaml", "--cni", "calico", "--output", "json"]);
        let answers = json(&said)["answers"].as_array().unwrap().clone();
        answers
            .iter()
            .map(|answer| (answer["from"].clone(), answer["to"].clone(), answer["asked"].clone()))
            .collect::<Vec<_>>()
    };
    let v4 = |port: &str, asked: Value| {
        assert_eq!(
            run("10.0.0.2", "10.0.0.1", port),
            [("a/api[Pod] (IPv4)".into(), "a/web[Pod] (IPv4)".into(), asked)]
        );
    };
    v4("8000-8100", serde_json::json!({"TCP": [[8000, 8100]]}));
    v4("udp/53", serde_json::json!({"UDP": [[53, 53]]}));
    v4("tcp", serde_json::json!({"TCP": [[1, 65535]]}));
    v4("http", serde_json::json!({"TCP": [[8080, 8080]]}));
    let from_block = run("10.0.0.0/23", "a/web", "80");
    assert_eq!(from_block.len(), 2, "{from_block:?}");
    assert!(from_block.iter().all(|(_, to, _)| to == "a/web[Pod] (IPv4)"), "{from_block:?}");
    for word in ["htpt", "deploi/", "0", "90-80"] {
        let said = folder.run(&["network", "explain", "a/api", "a/web", word, "all.yaml"]);
        assert_eq!(said.code, 3, "{word}: {}", said.err);
    }
}
