//! `plimsoll network check`, as a user meets it.

use serde_json::Value;

use crate::program::{Folder, Said};

/// A shop of three namespaces: only the API may reach the database, on its port; nothing else is restricted.
const SHOP: &str = "\
apiVersion: v1
kind: Namespace
metadata: {name: data, labels: {tier: back}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: storefront}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: web}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: payments}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api, team: pay}}
    spec: {containers: [{name: c, image: api}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: postgres, namespace: data}
spec:
  replicas: 3
  selector: {matchLabels: {app: postgres}}
  template:
    metadata: {labels: {app: postgres}}
    spec: {containers: [{name: c, image: postgres}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: postgres, namespace: data}
spec:
  podSelector: {matchLabels: {app: postgres}}
  ingress:
    - from:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: payments}}
      ports: [{port: 5432}]
";

fn check(objects: &str, rules: &str) -> Said {
    let folder = Folder::new(&[("shop.yaml", objects), ("rules.yaml", rules)]);
    folder.run(&["network", "check", "shop.yaml", "--rules", "rules.yaml"])
}

#[test]
fn a_file_of_rules_may_stand_first() {
    let rules = "rules:\n  - forbid: {from: storefront/web, to: data/postgres}\n";
    let folder = Folder::new(&[("shop.yaml", SHOP), ("rules.yaml", rules)]);
    let expected = folder.run(&["network", "check", "shop.yaml", "--rules", "rules.yaml"]);
    for arguments in [&["network", "check", "rules.yaml", "shop.yaml"][..], &["network", "check", "rules.yaml"][..]] {
        let said = folder.run(arguments);
        assert_eq!((said.out.as_str(), said.code), (expected.out.as_str(), expected.code), "{arguments:?}");
    }
    // An object with rules of its own is no such file.
    let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\nrules: []\n";
    let folder = Folder::new(&[("role.yaml", role), ("shop.yaml", SHOP)]);
    let said = folder.run(&["network", "check", "role.yaml", "shop.yaml", "--output", "json"]);
    let report: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(report["rules"].as_array().map(Vec::len), Some(0), "{report}");
}

/// The verdict of the only rule, and how many pairs are not as demanded.
fn verdict_in(objects: &str, rule: &str) -> (String, u64, i32) {
    let folder = Folder::new(&[("shop.yaml", objects), ("rules.yaml", &format!("rules:\n  - {rule}\n"))]);
    let said = folder.run(&["network", "check", "shop.yaml", "--rules", "rules.yaml", "--output", "json"]);
    let report: Value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}{}", said.out, said.err));
    let rule = &report["rules"][0];
    (rule["verdict"].as_str().unwrap().to_owned(), rule["broken"].as_u64().unwrap(), said.code)
}

fn expect(rule: &str, verdict: &str, broken: u64, code: i32) {
    assert_eq!(verdict_in(SHOP, rule), (verdict.to_owned(), broken, code), "{rule}");
}

#[test]
fn what_is_forbidden_is_found() {
    expect("forbid: {from: internet, to: {namespace: data}}", "kept", 0, 0);
    expect("forbid: {from: storefront/web, to: {namespace: data}}", "kept", 0, 0);
    expect("forbid: {from: payments/api, to: data/postgres}", "broken", 1, 1);
    expect("forbid: {from: payments/api, to: data/postgres, ports: 5432}", "broken", 1, 1);
    expect("forbid: {from: payments/api, to: data/postgres, ports: [5433, udp/5432]}", "kept", 0, 0);
    // The two others are not restricted, and reach each other both ways.
    expect("forbid: {from: {namespace: [storefront, payments]}, to: {namespace: '*o*'}}", "broken", 1, 1);
}

#[test]
fn what_is_required_is_missed() {
    expect("require: {from: {labels: {team: pay}}, to: {labels: {app: postgres}}, ports: 5432}", "kept", 0, 0);
    expect("require: {from: payments/api, to: data/postgres, ports: [5432, 9187]}", "broken", 1, 1);
    expect("require: {from: storefront/web, to: data/postgres, ports: 5432}", "broken", 1, 1);
    // Nothing restricts what leaves.
    expect("require: {from: data/postgres, to: 203.0.113.7, ports: tcp}", "kept", 0, 0);
}

#[test]
fn names_of_ports_are_those_of_the_pods_that_are_connected_to() {
    let shop = SHOP.replace("image: postgres}", "image: postgres, ports: [{name: sql, containerPort: 5432}]}");
    let expect = |rule: &str, verdict: &str, broken: u64, code: i32| {
        assert_eq!(verdict_in(&shop, rule), (verdict.to_owned(), broken, code), "{rule}");
    };
    expect("require: {from: payments/api, to: data/postgres, ports: sql}", "kept", 0, 0);
    expect("forbid: {from: payments/api, to: data/postgres, ports: [9187, sql]}", "broken", 1, 1);
    expect("forbid: {from: payments/api, to: data/postgres, ports: tcp/sql}", "broken", 1, 1);
    expect("forbid: {from: storefront/web, to: data/postgres, ports: sql}", "kept", 0, 0);
    expect("allow only: {into: data/postgres, from: [{zone: payments/api, ports: sql}]}", "kept", 0, 0);
    // It is the name of the destination, whoever connects.
    let out_of =
        |zone: &str| format!("allow only: {{out of: payments/api, to: [{zone}, storefront/web, nodes, outside]}}");
    expect(&out_of("{zone: data/postgres, ports: sql}"), "kept", 0, 0);
    expect(&out_of("{zone: data/postgres, ports: udp/53}"), "broken", 1, 1);
    // A name that nobody there has says nothing.
    expect("require: {from: payments/api, to: data/postgres, ports: metrics}", "unfounded", 0, 2);
    expect("forbid: {from: payments/api, to: data/postgres, ports: udp/sql}", "unfounded", 0, 2);
    expect("forbid: {from: data/postgres, to: payments/api, ports: sql}", "unfounded", 0, 2);
}

#[test]
fn only_what_is_listed_is_allowed() {
    expect("allow only: {into: data/postgres, from: payments/api}", "kept", 0, 0);
    expect("allow only: {into: data/postgres, from: [{zone: payments/api, ports: 5432}]}", "kept", 0, 0);
    expect("allow only: {into: data/postgres, from: [{zone: payments/api, ports: 5431}]}", "broken", 1, 1);
    expect("allow only: {into: data/postgres, from: []}", "broken", 1, 1);
    expect("allow only: {out of: storefront/web, to: [cluster, outside, nodes]}", "kept", 0, 0);
    // A part of the outside is not all of it; IPv6 is outside as well.
    expect("allow only: {out of: storefront/web, to: [cluster, nodes, 0.0.0.0/0]}", "broken", 1, 1);
    expect("allow only: {out of: storefront/web, to: [cluster, nodes, 0.0.0.0/0, '::/0']}", "kept", 0, 0);
}

#[test]
fn pods_of_one_workload_among_themselves_are_judged_where_they_are_asked_for() {
    // The database admits the API alone, so that its own pods do not reach each other.
    expect("require: {from: data/postgres, to: data/postgres, ports: 5432}", "broken", 1, 1);
    expect("require: {from: cluster, to: storefront/web}", "kept", 0, 0);
    expect("forbid: {from: storefront/web, to: storefront/web}", "broken", 1, 1);
}

#[test]
fn namespaces_are_found_by_their_labels() {
    expect("forbid: {from: storefront/web, to: {namespace labels: {tier: back}}}", "kept", 0, 0);
    expect("forbid: {from: payments/api, to: {namespace labels: {tier: '*'}}}", "broken", 1, 1);
    expect("forbid: {from: payments/api, to: {namespace labels: {tier: front}}}", "unfounded", 0, 2);
}

#[test]
fn a_rule_that_selects_nothing_is_never_passed() {
    let rules = "\
zones:
  database: {namespace: dat}
rules:
  - name: the database is ours
    forbid: {from: internet, to: database}
";
    let said = check(SHOP, rules);
    assert_eq!(said.code, 2, "{}", said.out);
    assert!(said.out.contains("unfounded") && said.out.contains("`database` (line 5) selects nothing"), "{}", said.out);
}

#[test]
fn a_broken_rule_shows_who_and_which_policies_decide() {
    let rules = "\
zones:
  database: {namespace: data, labels: {app: postgres}}
rules:
  - name: the database is closed
    forbid: {from: cluster, to: database}
";
    let said = check(SHOP, rules);
    assert_eq!(said.code, 1, "{}", said.out);
    let line = 1 + SHOP.lines().position(|line| line.contains("- from:")).unwrap();
    let arriving = format!("arriving   admitted by rule 1: NetworkPolicy data/postgres  shop.yaml:{line}");
    for part in [
        "the database is closed  rules.yaml:4",
        "payments/api[Deployment] → data/postgres[StatefulSet]  TCP 5432",
        "leaving    no policy restricts it",
        &arriving,
        "1 of 2 pairs are not as demanded",
        "1 rule: 1 broken · policies: nothing odd",
    ] {
        assert!(said.out.contains(part), "{part}\n{}", said.out);
    }
}

#[test]
fn what_is_not_evaluated_makes_a_rule_undecidable() {
    let mesh = "\
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: api, namespace: payments}
spec: {selector: {matchLabels: {app: api}}, rules: [{from: [{source: {namespaces: [storefront]}}]}]}
";
    let objects = format!("{SHOP}{mesh}");
    let (verdict, broken, code) = verdict_in(&objects, "forbid: {from: storefront/web, to: payments/api}");
    assert_eq!((verdict.as_str(), broken, code), ("undecidable", 0, 2));
}

#[test]
fn what_depends_on_the_plugin_is_undecidable() {
    let policy = "\
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: storefront}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]
";
    let objects = format!("{SHOP}{policy}");
    let rule = "forbid: {from: storefront/web, to: payments/api}";
    let (verdict, _, code) = verdict_in(&objects, rule);
    assert_eq!((verdict.as_str(), code), ("undecidable", 2));
    let folder = Folder::new(&[("shop.yaml", &objects), ("rules.yaml", &format!("rules:\n  - {rule}\n"))]);
    let with = |cni: &str| folder.run(&["network", "check", "shop.yaml", "--rules", "rules.yaml", "--cni", cni]).code;
    assert_eq!((with("cilium"), with("calico")), (0, 1));
}

#[test]
fn an_ingress_is_a_way_from_the_internet() {
    let door = "\
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: data}
spec: {type: LoadBalancer, selector: {app: postgres}, ports: [{port: 5432}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: nodes, namespace: data}
spec:
  podSelector: {}
  ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]
---
apiVersion: v1
kind: Node
metadata: {name: n}
status: {addresses: [{type: InternalIP, address: 10.1.2.3}]}
";
    let rule = "forbid: {from: internet, to: data/postgres}";
    let folder =
        Folder::new(&[("shop.yaml", &format!("{SHOP}{door}")), ("rules.yaml", &format!("rules:\n  - {rule}\n"))]);
    let said = folder.run(&["network", "check", "shop.yaml", "--rules", "rules.yaml", "--cni", "calico"]);
    assert_eq!(said.code, 1, "{}", said.out);
    assert!(said.out.contains("through    load balancer of Service data/db (shop.yaml:"), "{}", said.out);
}

#[test]
fn mistakes_in_rules_are_named_with_their_place() {
    for (rules, message) in [
        ("rules: []\n", "rules.yaml:1:8: `rules` has no rule"),
        ("zones: {}\n", "there are no `rules`"),
        ("rules:\n  - forbd: {from: a, to: b}\n", "rules.yaml:2:5: a rule has no key `forbd`: did you mean `forbid`?"),
        ("rules:\n  - forbid: {from: cluster}\n", "rules.yaml:2:13: `forbid` has `from` and `to`"),
        (
            "zones: {web: {namespace: a}}\nrules:\n  - forbid: {from: wep, to: web}\n",
            "there is no zone `wep`: did you mean `web`?",
        ),
        ("rules:\n  - forbid: {from: cluster, to: cluster, ports: 99999}\n", "`99999` is no port"),
        ("rules:\n  - forbid: {from: {namespace: a, cidrs: 10.0.0.0/8}, to: cluster}\n", "is either pods or `cidrs`"),
        (
            "rules:\n  - allow only: {into: cluster, to: cluster}\n",
            "`allow only` has `into` and `from`, or `out of` and `to`",
        ),
        (
            "zones: {internet: {namespace: a}}\nrules: [{forbid: {from: cluster, to: nodes}}]\n",
            "means the same in every file",
        ),
        (
            "rules:\n  - {forbid: {from: cluster, to: nodes}, require: {from: cluster, to: nodes}}\n",
            "a rule has one of",
        ),
        ("rules: [a: b: c]\n", "rules.yaml:1:"),
    ] {
        let said = check(SHOP, rules);
        assert_eq!(said.code, 3, "{rules}\n{}{}", said.out, said.err);
        assert!(said.err.contains(message), "{rules}\n{}", said.err);
        assert!(said.out.is_empty(), "{}", said.out);
    }
}
