//! The questions that `plimsoll network check` asks of policies themselves.

use serde_json::Value;

use crate::program::Folder;

/// Pods `a/web` (app: web, port http), `a/api` (app: api), `b/db` (app: db), and a resolver.
const PODS: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: a, labels: {app: web}}
spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: a, labels: {app: api}}
spec: {containers: [{name: c}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: b, labels: {app: db}}
spec: {containers: [{name: c}]}
---
apiVersion: v1
kind: Pod
metadata: {name: coredns, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec: {containers: [{name: c}]}
";

fn policy(name: &str, namespace: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {spec}\n"
    )
}

/// Questions and lines, as `question policy`.
fn asked(objects: &str, more: &[&str]) -> (Vec<String>, Value, i32) {
    let folder = Folder::new(&[("all.yaml", objects)]);
    let said = folder.run(&[&["network", "check", "all.yaml", "--output", "json"], more].concat());
    let report: Value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}{}", said.out, said.err));
    let oddities = report["oddities"].as_array().unwrap().clone();
    let name = |oddity: &Value| {
        format!(
            "{} {}",
            oddity["question"].as_str().unwrap(),
            oddity["policy"].as_str().unwrap().rsplit(['/', ' ']).next().unwrap()
        )
    };
    (oddities.iter().map(name).collect(), report, said.code)
}

fn expect(policies: &[String], expected: &[&str]) {
    let objects = format!("{PODS}{}", policies.concat());
    let (found, report, _) = asked(&objects, &["--cni", "calico"]);
    assert_eq!(found, expected, "{objects}\n{report:#}");
}

/// One policy `p` in the namespace `a` for all pods.
fn one(rules: &str, expected: &[&str]) {
    expect(&[policy("p", "a", &format!("{{podSelector: {{}}, {rules}}}"))], expected);
}

const DNS: &str = "{to: [{namespaceSelector: {}, podSelector: {matchLabels: {k8s-app: kube-dns}}}], ports: [{port: 53, protocol: UDP}]}";

#[test]
fn policies_that_are_as_they_should_be_are_not_talked_about() {
    one("ingress: [{from: [{podSelector: {matchLabels: {app: api}}}], ports: [{port: http}]}]", &[]);
    one("policyTypes: [Ingress, Egress]", &[]);
    one(&format!("policyTypes: [Egress], egress: [{DNS}]"), &[]);
    expect(&[], &[]);
}

#[test]
fn a_rule_that_admits_a_pod_to_itself_alone() {
    // `web` is one pod, and nobody else has a port of that name: a pod reaches itself without a rule.
    one("ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: http}]}]", &["redundant p"]);
}

#[test]
fn policies_that_select_nobody() {
    let of =
        |selector: &str, namespace: &str| policy("p", namespace, &format!("{{podSelector: {selector}, ingress: []}}"));
    expect(&[of("{matchLabels: {app: shop}}", "a")], &["selects-nothing p"]);
    expect(&[of("{}", "c")], &["empty-namespace p"]);
    let (_, report, _) = asked(&format!("{PODS}{}", of("{matchLabels: {app: wbe}}", "a")), &[]);
    assert_eq!(report["oddities"][0]["advice"], "the nearest pods are those of a/web[Pod]: they lack `app: wbe`");
}

#[test]
fn rules_and_peers_that_match_nobody() {
    one("ingress: [{from: [{podSelector: {matchLabels: {app: shop}}}]}]", &["matches-nothing p"]);
    one(
        "ingress: [{from: [{podSelector: {matchLabels: {app: shop}}}, {podSelector: {matchLabels: {app: api}}}]}]",
        &["peer-matches-nothing p"],
    );
    one("ingress: [{from: [{namespaceSelector: {matchLabels: {team: x}}}]}]", &["not-seen p"]);
    // Nobody of the namespace has a port of that name but `web`; for UDP nobody has.
    one("ingress: [{ports: [{port: http}]}]", &[]);
    one("ingress: [{ports: [{port: http, protocol: UDP}]}]", &["port-resolves-nowhere p"]);
    one(
        &format!(
            "policyTypes: [Egress], egress: [{DNS}, {{to: [{{podSelector: {{matchLabels: {{app: api}}}}}}], ports: [{{port: http}}]}}]"
        ),
        &["port-resolves-nowhere p"],
    );
}

#[test]
fn a_rule_that_admits_everything() {
    one("ingress: [{}]", &["admits-everything p"]);
    one("ingress: [{ports: [{port: 80}]}]", &[]);
}

#[test]
fn the_dash_that_turns_one_peer_into_two() {
    let space = "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: b}}}";
    one(
        &format!("ingress: [{{from: [{space}, {{podSelector: {{matchLabels: {{app: db}}}}}}]}}]"),
        &["split-peer p", "peer-matches-nothing p"],
    );
    // Pods of the own namespace are meant: those labels are here and not there.
    one(&format!("ingress: [{{from: [{space}, {{podSelector: {{matchLabels: {{app: api}}}}}}]}}]"), &[]);
    one(
        "ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: b}}, podSelector: {matchLabels: {app: db}}}]}]",
        &[],
    );
}

#[test]
fn rules_without_which_nothing_would_change() {
    let db = "{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: db}}}], ports: [{port: 80}]}";
    let all_of_b = "{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: b}}}]}";
    one(&format!("ingress: [{all_of_b}, {db}]"), &["redundant p"]);
    // Of two that are alike, the later one is said to be too much, and one alone.
    one(&format!("ingress: [{db}, {db}]"), &["redundant p"]);
    expect(
        &[
            policy("p", "a", &format!("{{podSelector: {{matchLabels: {{app: web}}}}, ingress: [{db}]}}")),
            policy("q", "a", &format!("{{podSelector: {{}}, ingress: [{all_of_b}]}}")),
        ],
        &["redundant p"],
    );
    one(
        &format!("ingress: [{db}, {{from: [{{podSelector: {{matchLabels: {{app: api}}}}}}], ports: [{{port: 80}}]}}]"),
        &[],
    );
}

#[test]
fn rules_that_the_other_end_refuses() {
    expect(
        &[
            policy(
                "p",
                "a",
                "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: b}}}]}]}",
            ),
            policy("q", "b", "{podSelector: {}, policyTypes: [Egress]}"),
        ],
        &["refused-elsewhere p"],
    );
}

#[test]
fn exceptions_that_take_nothing_out() {
    let outer = "{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}";
    one(&format!("ingress: [{{from: [{outer}, {{ipBlock: {{cidr: 10.0.0.0/8}}}}]}}]"), &["exception-without-effect p"]);
    one(&format!("ingress: [{{from: [{outer}, {{ipBlock: {{cidr: 10.0.0.0/9}}}}]}}]"), &[]);
}

#[test]
fn directions_that_a_policy_does_not_have() {
    one(&format!("policyTypes: [Ingress], egress: [{DNS}]"), &["idle-direction p"]);
    one("egress: []", &["idle-direction p"]);
    one("policyTypes: [Ingress, Egress], egress: []", &[]);
}

#[test]
fn names_that_cannot_be_looked_up() {
    let to_db = "{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: b}}}], ports: [{port: 5432}]}";
    one(&format!("policyTypes: [Egress], egress: [{to_db}]"), &["no-name-resolution p"]);
    one(&format!("policyTypes: [Egress], egress: [{to_db}, {DNS}]"), &[]);
    // Only addresses: no name is looked up.
    one("policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 203.0.113.7/32}}]}]", &[]);
    // Without the resolver in the input, a rule that may mean it is taken to.
    let (pods, _) = PODS.split_at(PODS.rfind("---").unwrap());
    let own = |rules: &str| {
        let objects = format!(
            "{pods}{}",
            policy("p", "a", &format!("{{podSelector: {{}}, policyTypes: [Egress], egress: [{rules}]}}"))
        );
        asked(&objects, &["--cni", "calico"]).0
    };
    let elsewhere = "{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}], ports: [{port: 53, protocol: UDP}]}";
    assert_eq!(own(&format!("{to_db}, {elsewhere}")), ["not-seen p"]);
    assert_eq!(own(to_db), ["no-name-resolution p"]);
}

#[test]
fn ipv6_that_is_left_out() {
    let service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: a}\nspec: {ipFamilies: [IPv4, IPv6], ports: [{port: 80}]}\n";
    let all = "policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}]}]";
    let both = "policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}, {ipBlock: {cidr: '::/0'}}]}]";
    one(all, &[]);
    let p = |rules: &str| policy("p", "a", &format!("{{podSelector: {{}}, {rules}}}"));
    expect(&[service.to_owned(), p(all)], &["ipv6-forgotten p"]);
    expect(&[service.to_owned(), p(both)], &[]);
}

fn cluster_policy(name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {{name: {name}}}\nspec: {spec}\n"
    )
}

#[test]
fn policies_of_administrators_whose_order_is_not_known() {
    let of = |name: &str, action: &str, priority: u32| {
        cluster_policy(
            name,
            &format!(
                "{{tier: Admin, priority: {priority}, subject: {{namespaces: {{matchLabels: {{kubernetes.io/metadata.name: a}}}}}}, ingress: [{{action: {action}, from: [{{namespaces: {{matchLabels: {{kubernetes.io/metadata.name: b}}}}}}]}}]}}"
            ),
        )
    };
    expect(&[of("p", "Deny", 5), of("q", "Accept", 5)], &["equal-priority q"]);
    expect(&[of("p", "Deny", 5), of("q", "Deny", 5)], &["shadowed q"]);
    expect(&[of("p", "Deny", 5), of("q", "Accept", 6)], &["shadowed q"]);
    expect(&[of("p", "Deny", 5)], &[]);
}

#[test]
fn a_block_of_all_addresses_that_cuts_pods_off() {
    let deny = "{action: Deny, to: [{networks: [0.0.0.0/0]}]}";
    let pass = "{action: Pass, to: [{namespaces: {}}]}";
    let of = |rules: &str| {
        cluster_policy("p", &format!("{{tier: Admin, priority: 1, subject: {{namespaces: {{}}}}, egress: [{rules}]}}"))
    };
    expect(&[of(deny)], &["block-cuts-pods p"]);
    expect(&[of(&format!("{pass}, {deny}"))], &[]);
}

#[test]
fn kinds_that_the_plugin_does_not_enforce() {
    let cnp = cluster_policy(
        "p",
        "{tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{networks: [203.0.113.0/24]}]}]}",
    );
    let objects = format!("{PODS}{cnp}");
    assert_eq!(asked(&objects, &["--cni", "cilium"]).0, ["not-enforced p"]);
    assert_eq!(asked(&objects, &["--cni", "calico"]).0, [""; 0]);
    let flannel = asked(&format!("{objects}{}", policy("q", "a", "{podSelector: {}}")), &["--cni", "flannel"]);
    assert_eq!(flannel.0, ["not-enforced p", "not-enforced q"]);
}

#[test]
fn the_threshold_decides_about_the_exit_code() {
    let objects = format!("{PODS}{}", policy("p", "a", "{podSelector: {}, ingress: [{}]}"));
    assert_eq!(asked(&objects, &["--cni", "calico"]).2, 0);
    assert_eq!(asked(&objects, &["--cni", "calico", "--severity-threshold", "low"]).2, 1);
    let objects = format!("{PODS}{}", policy("p", "a", "{podSelector: {matchLabels: {app: shop}}}"));
    assert_eq!(asked(&objects, &["--cni", "calico"]).2, 1);
    assert_eq!(asked(&objects, &["--cni", "calico", "--severity-threshold", "high"]).2, 0);
}

#[test]
fn oddities_are_shown_with_their_place_and_the_way_out() {
    let objects = format!("{PODS}{}", policy("p", "a", "{podSelector: {matchLabels: {app: shop}}}"));
    let folder = Folder::new(&[("all.yaml", &objects)]);
    let said = folder.run(&["network", "check", "all.yaml"]);
    let line = 1 + objects.lines().position(|line| line.starts_with("spec: {podSelector")).unwrap();
    for part in [
        format!("selects-nothing  NetworkPolicy a/p  all.yaml:{line}"),
        "it selects no pods, so it protects nobody".to_owned(),
        "fix: correct the selector, or delete the policy".to_owned(),
    ] {
        assert!(said.out.contains(&part), "{part}\n{}", said.out);
    }
}
