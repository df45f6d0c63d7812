//! `plimsoll paths`, as a user meets it.

use serde_json::Value;

use crate::program::Folder;

/// A shop: a load balancer leads to a web server without a token; an agent that listens holds the cluster.
const SHOP: &str = "\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      automountServiceAccountToken: false
      containers: [{name: web, image: 'web:1', ports: [{containerPort: 8080}]}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: agent, namespace: watch}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: agent, namespace: watch}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      serviceAccountName: agent
      containers: [{name: agent, image: 'agent:1', ports: [{containerPort: 9100}]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: agent}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: agent, namespace: watch}]
";

/// Lets nobody but pods of its own namespace to the agent.
const POLICY: &str = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: agent, namespace: watch}
spec: {podSelector: {}, policyTypes: [Ingress]}
";

fn paths(folder: &Folder, arguments: &[&str]) -> (i32, Value) {
    let mut all = vec!["paths"];
    all.extend_from_slice(arguments);
    all.extend_from_slice(&["--output", "json"]);
    let said = folder.run(&all);
    (said.code, serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}{}", said.out, said.err)))
}

fn edges(path: &Value) -> Vec<&str> {
    path["steps"].as_array().unwrap().iter().map(|step| step["edge"].as_str().unwrap()).collect()
}

const WAY: [&str; 9] = [
    "exposed-to",
    "exploit-service",
    "connect",
    "connect",
    "move-by-network",
    "use-service-account",
    "holds",
    "holds",
    "everything",
];

/// Everybody who can log in may do everything.
const BINDING: &str = "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: b}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: system:authenticated}]
";

#[test]
fn the_way_from_the_internet_to_cluster_admin_is_told_with_its_places() {
    let folder = Folder::new(&[("shop.yaml", SHOP)]);
    let (code, report) = paths(&folder, &["list", "--from", "internet", "--to", "cluster-admin"]);
    assert_eq!(code, 1);
    let found = report["paths"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{report}");
    assert_eq!(edges(&found[0]), WAY);
    let steps = &found[0]["steps"];
    assert_eq!(steps[4]["to"], "Deployment watch/agent");
    assert_eq!(steps[4]["assumptions"], serde_json::json!(["service-exploitable"]));
    assert_eq!((&steps[5]["evidence"][0]["path"], &steps[5]["evidence"][0]["line"]), (&"shop.yaml".into(), &28.into()));
    assert_eq!(found[0]["certain"], false);
}

#[test]
fn what_hangs_on_what_is_not_known_can_be_left_out() {
    let folder = Folder::new(&[("shop.yaml", SHOP)]);
    let (code, report) = paths(&folder, &["list", "--from", "internet", "--certain"]);
    assert_eq!((code, &report["paths"]), (0, &serde_json::json!([])));
    let (code, _) = paths(&folder, &["list", "--from", "internet", "--without", "move-by-network"]);
    assert_eq!(code, 0);
    let (code, report) = paths(&folder, &["list", "--from", "watch/agent", "--to", "cluster-admin", "--certain"]);
    assert_eq!((code, edges(&report["paths"][0])), (1, vec!["use-service-account", "holds", "holds", "everything"]));
}

#[test]
fn a_plan_promises_what_the_graph_gives_when_it_is_asked_again() {
    let folder = Folder::new(&[("shop.yaml", SHOP)]);
    let (_, report) = paths(&folder, &["plan", "--from", "internet"]);
    let plan = &report["plan"];
    assert_eq!((&plan["verified"], &plan["left"]), (&true.into(), &0.into()), "{plan}");
    // What must not change is left alone, and what is dear is done last.
    let pinned = ["plan", "--from", "internet", "--pin", "Deployment/watch/agent", "--pin", "ServiceAccount/watch/*"];
    let (_, report) = paths(&folder, &pinned);
    let steps = report["plan"]["steps"].as_array().unwrap();
    assert!(!steps.is_empty());
    assert!(steps.iter().all(|step| step["fix"]["object"] != "Deployment watch/agent"), "{steps:?}");
    let (_, report) = paths(&folder, &["plan", "--from", "internet", "--budget", "1", "--cost", "Service/shop/web=1"]);
    assert_eq!(report["plan"]["steps"][0]["fix"]["object"], "Service shop/web");
}

#[test]
fn what_a_change_opens_and_closes_is_told() {
    let folder = Folder::new(&[("shop/shop.yaml", SHOP), ("policy.yaml", POLICY)]);
    let (code, report) = paths(&folder, &["what-if", "shop", "--from", "internet", "--apply", "policy.yaml"]);
    assert_eq!(code, 0);
    let changes = &report["changes"];
    assert_eq!(changes["gained"], serde_json::json!([]));
    assert!(changes["lost"].as_array().unwrap().iter().any(|path| edges(path) == WAY), "{changes}");
    assert_eq!(changes["after"]["reaching"], 0);
    let (_, report) = paths(&folder, &["what-if", "shop", "--delete", "ClusterRoleBinding/agent"]);
    assert!(!report["changes"]["lost"].as_array().unwrap().is_empty());
    // A Namespace that is applied takes the place of itself alone; with one that is deleted goes all that is in it.
    let folder = Folder::new(&[
        ("shop/shop.yaml", SHOP),
        ("namespace.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: watch}\n"),
        ("list.yaml", &format!("apiVersion: v1\nkind: List\nitems:\n- {}", POLICY.trim_end().replace('\n', "\n  "))),
    ]);
    let asked = ["what-if", "shop", "--from", "internet"];
    let (_, report) = paths(&folder, &[&asked[..], &["--apply", "namespace.yaml"]].concat());
    assert_eq!(report["changes"]["after"]["reaching"], 1000);
    let (_, report) = paths(&folder, &[&asked[..], &["--delete", "Namespace/watch"]].concat());
    assert_eq!(report["changes"]["after"]["reaching"], 0);
    let (_, report) = paths(&folder, &[&asked[..], &["--apply", "list.yaml"]].concat());
    assert_eq!(report["changes"]["after"]["reaching"], 0);
    // What stands in a list takes the place of what stands in a list.
    let list = |text: &str| format!("apiVersion: v1\nkind: List\nitems:\n- {}", text.trim_end().replace('\n', "\n  "));
    let both =
        format!("{}\n- {}", list(BINDING), BINDING.replace("name: b", "name: c").trim_end().replace('\n', "\n  "));
    let folder = Folder::new(&[
        ("was/all.yaml", &both),
        ("new/all.yaml", &list(&BINDING.replace("name: cluster-admin", "name: view"))),
    ]);
    let (_, report) = paths(&folder, &["what-if", "was", "--apply", "new", "--from", "authenticated"]);
    assert_eq!(report["changes"]["after"]["reaching"], 300, "the other binding is left");
    let (_, report) = paths(
        &folder,
        &["what-if", "was", "--apply", "new", "--delete", "ClusterRoleBinding/c", "--from", "authenticated"],
    );
    assert_eq!(report["changes"]["after"]["reaching"], 0);
    // The other way round a way is new.
    let folder = Folder::new(&[("shop/policy.yaml", POLICY), ("shop/shop.yaml", SHOP)]);
    let delete = ["what-if", "shop", "--from", "internet", "--delete", "NetworkPolicy/watch/agent"];
    let (code, _) = paths(&folder, &delete);
    assert_eq!(code, 0);
    let (code, report) = paths(&folder, &[&delete[..], &["--fail-on-new-paths"]].concat());
    assert_eq!(code, 1);
    assert!(!report["changes"]["gained"].as_array().unwrap().is_empty());
}

/// An exposed workload that is privileged, and its service.
fn exposed(name: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: a}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      automountServiceAccountToken: false
      containers: [{{name: c, image: x, ports: [{{containerPort: 80}}], securityContext: {{privileged: true}}}}]
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: a}}
spec: {{type: LoadBalancer, selector: {{app: {name}}}, ports: [{{port: 80}}]}}
"
    )
}

#[test]
fn a_change_opens_what_is_no_other_than_ways_that_are_there() {
    let still = "apiVersion: v1
kind: Pod
metadata: {name: still, namespace: a}
spec: {automountServiceAccountToken: false, containers: [{name: c, image: x}]}
";
    let folder = Folder::new(&[("b/a.yaml", &exposed("d")), ("n/a.yaml", &exposed("d2")), ("still.yaml", still)]);
    let ask = |change: &[&str]| paths(&folder, &[&["what-if", "b", "--fail-on-new-paths"][..], change].concat());
    let (code, report) = ask(&["--apply", "n", "--to", "node"]);
    let gained = report["changes"]["gained"].as_array().unwrap();
    let told = |path: &Value| format!("{} {} {}", path["news"], path["from"], path["begins"]).replace('"', "");
    let gained: Vec<String> = gained.iter().map(told).collect();
    let expected = [
        "only Deployment a/d2 [Deployment a/d2]",
        "another the internet [the internet]",
        "another Deployment a/d [Deployment a/d]",
    ];
    assert_eq!((code, gained), (1, expected.map(str::to_owned).to_vec()));
    assert_eq!(report["changes"]["lost"], serde_json::json!([]));
    // From outside nothing is new with a pod that nobody comes to; and what goes opens nothing.
    let (code, report) = ask(&["--apply", "still.yaml", "--from", "internet"]);
    assert_eq!((code, &report["changes"]["gained"]), (0, &serde_json::json!([])));
    let (code, report) = ask(&["--delete", "Service/a/d"]);
    assert_eq!((code, &report["changes"]["gained"]), (0, &serde_json::json!([])));
    assert!(!report["changes"]["lost"].as_array().unwrap().is_empty());
    let said = folder.run(&["paths", "what-if", "b", "--apply", "n"]);
    assert!(said.out.contains("gained, where there was no way"), "{}", said.out);
    assert!(said.out.contains("gained, where there were other ways"), "{}", said.out);
}

#[test]
fn only_whole_objects_take_the_place_of_others() {
    let piece = "apiVersion: apps/v1
kind: Deployment
metadata: {name: d, namespace: a}
spec: {template: {spec: {serviceAccountName: s}}}
";
    let binding = "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: b}
subjects: []
";
    let folder = Folder::new(&[
        ("b/a.yaml", &exposed("d")),
        ("b/b.yaml", BINDING),
        ("piece.yaml", piece),
        ("binding.yaml", binding),
        ("old.yaml", &exposed("d").replace("apps/v1", "extensions/v1beta1").replace("privileged: true", "")),
    ]);
    for (file, object) in [("piece.yaml", "`deployment/a/d`"), ("binding.yaml", "`clusterrolebinding/b`")] {
        let said = folder.run(&["paths", "what-if", "b", "--apply", file]);
        let expected = format!("`{file}` line 1 has a piece of {object} and not the object");
        assert!(said.code == 3 && said.err.contains(&expected), "{}", said.err);
    }
    // What has the name in another group is another object.
    let (_, report) = paths(&folder, &["what-if", "b", "--apply", "old.yaml"]);
    assert_eq!(report["changes"]["lost"], serde_json::json!([]));
}

#[test]
fn a_change_is_read_from_standard_input() {
    let folder = Folder::new(&[("b/a.yaml", &exposed("d"))]);
    let asked = ["paths", "what-if", "b", "--apply", "-", "--fail-on-new-paths", "--from", "internet"];
    let said = folder.run_with_input(&asked, exposed("d2").as_bytes());
    assert!(said.code == 1 && said.out.contains("a/d2"), "{}", said.out);
    let said = folder.run_with_input(&["paths", "what-if", "-", "--delete", "Service/a/d"], exposed("d").as_bytes());
    assert!(said.code == 0 && said.out.contains("0 ways gained"), "{}{}", said.out, said.err);
    let said = folder.run_with_input(&["paths", "what-if", "-", "--apply", "-"], exposed("d").as_bytes());
    assert!(said.code == 3 && said.err.contains("standard input is read once"), "{}", said.err);
}

#[test]
fn anonymous_is_the_user_of_that_name_too() {
    let bound = BINDING.replace("kind: Group, name: system:authenticated", "kind: User, name: system:anonymous");
    let folder = Folder::new(&[("a.yaml", &bound)]);
    for arguments in [&["list", "--to", "cluster-admin"][..], &["list", "--from", "Anonymous", "--certain"]] {
        let (code, report) = paths(&folder, arguments);
        assert_eq!((code, &report["paths"][0]["certain"]), (1, &true.into()), "{report}");
    }
}

#[test]
fn entries_have_one_order_whatever_the_order_of_files() {
    let pod = |name: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{containers: [{{name: c, image: x}}]}}\n"
        )
    };
    let entries = |names: [&str; 3]| {
        let folder = Folder::new(&[("a.yaml", &names.map(pod).join("---\n"))]);
        paths(&folder, &["list"]).1["entries"].clone()
    };
    assert_eq!(entries(["p1", "p2", "p3"]), entries(["p3", "p1", "p2"]));
}

#[test]
fn two_objects_of_one_name_are_both_meant() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: a}\nspec: {hostPID: true, containers: [{name: c, image: x, securityContext: {privileged: true}}]}\n";
    let folder = Folder::new(&[("a.yaml", pod), ("b.yaml", pod)]);
    let (code, report) = paths(&folder, &["list", "--from", "a/p", "--to", "node"]);
    assert_eq!((code, report["entries"].as_array().unwrap().len()), (1, 2), "{report}");
}

#[test]
fn a_plan_has_no_change_that_the_others_make_needless() {
    let folder = Folder::at(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap());
    let plan = |budget: &str| paths(&folder, &["plan", "examples/shop", "--budget", budget]).1["plan"].clone();
    let whole = plan("100");
    let steps = whole["steps"].as_array().unwrap();
    let cost: u64 = steps.iter().map(|step| step["fix"]["cost"].as_u64().unwrap()).sum();
    assert_eq!((&whole["left"], &whole["costOfAll"]), (&0.into(), &cost.into()), "{whole}");
    // A single change is one that cuts, of what is certain if nothing else.
    let one = plan("1");
    let left = one["steps"][0]["certainLeft"].as_u64().unwrap();
    let is_cut = one["left"].as_u64() < one["before"].as_u64() || left < one["certainBefore"].as_u64().unwrap();
    assert!(is_cut, "{one}");
}

#[test]
fn a_small_budget_is_spent_on_what_is_certain_where_nothing_else_is_cut() {
    let pods: Vec<String> = (0..9).map(|number| {
        format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: p{number}, namespace: a}}\nspec: {{automountServiceAccountToken: false, containers: [{{name: c, image: x, ports: [{{containerPort: 80}}], securityContext: {{privileged: true}}}}]}}\n")
    }).collect();
    let folder = Folder::new(&[("a.yaml", &pods.join("---\n"))]);
    let plan = paths(&folder, &["plan", "--to", "node", "--budget", "3"]).1["plan"].clone();
    let steps = plan["steps"].as_array().unwrap();
    let certain: Vec<u64> = steps.iter().map(|step| step["certainLeft"].as_u64().unwrap()).collect();
    assert_eq!((&plan["certainBefore"], certain), (&90.into(), vec![80, 70, 60]), "{plan}");
    let said = folder.run(&["paths", "plan", "--to", "node", "--budget", "3"]);
    assert!(said.out.contains("67 % of what is certain"), "{}", said.out);
}

#[test]
fn a_patch_of_files_elsewhere_is_named_as_there() {
    let folder = Folder::new(&[("there/deep/a.yaml", &exposed("d")), ("here/x.txt", "")]);
    let here = Folder::at(&folder.path().join("here"));
    let said = here.run(&["paths", "plan", "../there", "--to", "node", "-o", "patch=p.patch"]);
    assert!(said.err.contains("as they are in `../there/deep`"), "{}", said.err);
    let patch = std::fs::read_to_string(folder.path().join("here/p.patch")).unwrap();
    assert!(patch.starts_with("--- a/a.yaml\n"), "{patch}");
    let (_, report) = paths(&here, &["what-if", "../there", "--apply", "p.patch", "--to", "node"]);
    assert_eq!(report["changes"]["after"]["reaching"], 0, "{report}");
}

#[test]
fn names_that_mean_nothing_are_answered_with_those_that_do() {
    let folder = Folder::new(&[("shop.yaml", SHOP)]);
    let said = folder.run(&["paths", "list", "--from", "watch/agnt"]);
    assert!(said.code == 3 && said.err.contains("Deployment watch/agent"), "{}", said.err);
    let said = folder.run(&["paths", "list", "--from", "sa:watch/agnet"]);
    assert!(said.code == 3 && said.err.contains("there is ServiceAccount watch/agent"), "{}", said.err);
    let said = folder.run(&["paths", "list", "--from", "nobody"]);
    assert!(said.code == 3 && said.err.contains("cluster-admin"), "{}", said.err);
    // What every cluster has is not what somebody looks for.
    for name in ["secret:shop/x", "zz/controller", ""] {
        let said = folder.run(&["paths", "list", "--from", name]);
        assert!(said.code == 3 && !said.err.contains("system:") && !said.err.contains("rule "), "{}", said.err);
    }
    let said = folder.run(&["paths", "what-if", "."]);
    assert!(said.code == 3 && said.err.contains("--apply"), "{}", said.err);
}

#[test]
fn workloads_and_subjects_say_what_they_come_to_and_what_leads_to_them() {
    let folder = Folder::new(&[("shop.yaml", SHOP)]);
    let (code, report) = paths(&folder, &["workload", "watch/agent"]);
    assert_eq!(code, 1);
    let all = report["paths"].as_array().unwrap();
    assert!(all.iter().any(|path| path["from"] == "Deployment watch/agent" && path["to"] == "cluster-admin"));
    assert!(all.iter().any(|path| path["from"] == "the internet" && path["to"] == "Deployment watch/agent"));
    let (code, report) = paths(&folder, &["subject", "sa:watch/agent"]);
    assert_eq!((code, &report["paths"][0]["from"]), (1, &"ServiceAccount watch/agent".into()));
}

/// A pod whose account has this rule in the whole cluster.
fn holding(rules: &str) -> String {
    format!(
        "\
apiVersion: v1
kind: ServiceAccount
metadata: {{name: default, namespace: shop}}
---
apiVersion: v1
kind: Pod
metadata: {{name: web, namespace: shop}}
spec: {{containers: [{{name: web, image: 'web:1'}}]}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: web}}
rules:
{rules}---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {{name: web}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: web}}
subjects: [{{kind: ServiceAccount, name: default, namespace: shop}}]
"
    )
}

#[test]
fn accounts_of_controllers_that_the_input_does_not_have_can_be_taken() {
    let steps = |rules: &str| {
        let folder = Folder::new(&[("web.yaml", &holding(rules))]);
        let (_, report) = paths(&folder, &["list", "--from", "shop/web", "--to", "cluster-admin"]);
        let assumed = |path: &Value| path["assumptions"].as_array().unwrap().len();
        report["paths"]
            .as_array()
            .unwrap()
            .iter()
            .map(|path| (edges(path).join(" "), assumed(path)))
            .collect::<Vec<_>>()
    };
    let tokens = steps("  - {apiGroups: [\"\"], resources: [serviceaccounts/token], verbs: [create]}\n");
    assert!(tokens[0].0.ends_with("mint-token contains contains escalate") && tokens[0].1 == 1, "{tokens:?}");
    let controller = "resourceNames: [clusterrole-aggregation-controller]";
    let tokens = steps(&format!(
        "  - {{apiGroups: [\"\"], resources: [serviceaccounts/token], verbs: [create], {controller}}}\n"
    ));
    assert!(tokens[0].0.ends_with("mint-token escalate") && tokens[0].1 == 1, "{tokens:?}");
    // Nobody asks whether the account that is impersonated is there.
    let accounts = steps("  - {apiGroups: [\"\"], resources: [serviceaccounts], verbs: [impersonate]}\n");
    assert!(accounts[0].0.ends_with("impersonate escalate") && accounts[0].1 == 0, "{accounts:?}");
    let groups = steps(
        "  - {apiGroups: [\"\"], resources: [groups], verbs: [impersonate], resourceNames: [\"system:masters\"]}
  - {apiGroups: [\"\"], resources: [users], verbs: [impersonate], resourceNames: [jane]}
",
    );
    assert!(groups[0].0.ends_with("use-service-account impersonate") && groups[0].1 == 0, "{groups:?}");
    let alone = steps(
        "  - {apiGroups: [\"\"], resources: [groups], verbs: [impersonate], resourceNames: [\"system:masters\"]}\n",
    );
    assert!(alone.is_empty(), "{alone:?}");
}

#[test]
fn edges_are_explained() {
    let folder = Folder::new(&[]);
    let said = folder.run(&["explain", "escape-runtime-socket"]);
    assert!(said.code == 0 && said.out.contains("when it is there"), "{}", said.out);
    for known in ::paths::not_drawn::NOT_DRAWN {
        assert!(::paths::edges::EDGES.iter().all(|edge| edge.id != known.id), "{}", known.id);
        let is_edge = |id: &&str| ::paths::edges::EDGES.iter().any(|edge| edge.id == *id);
        assert!(known.told_by.iter().all(is_edge), "{}", known.id);
        let said = folder.run(&["explain", known.id]);
        let expected = if known.told_by.is_empty() { "Not available yet" } else { "told by" };
        assert!(said.code == 0 && said.out.contains(expected), "{}", said.out);
    }
    let said = folder.run(&["paths", "coverage"]);
    assert!(said.code == 0 && said.out.contains("MS-TA9034") && said.out.contains("move-by-network"), "{}", said.out);
}

#[test]
fn charts_are_asked_as_manifests_are() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let folder = Folder::at(&root);
    let story = |form: &str| {
        let (_, report) = paths(&folder, &["list", form, "--all", "--from", "internet"]);
        let all = report["paths"].as_array().unwrap().clone();
        all.iter()
            .map(|path| (edges(path).join(" "), path["to"].to_string()))
            .collect::<std::collections::BTreeSet<_>>()
    };
    let manifests = story("examples/shop");
    assert!(!manifests.is_empty());
    assert_eq!(story("examples/shop-chart"), manifests);
}

#[test]
fn a_node_is_asked_for_by_name() {
    let estate = "apiVersion: v1
kind: Node
metadata: {name: worker-1}
---
apiVersion: v1
kind: Node
metadata: {name: main-1, labels: {node-role.kubernetes.io/control-plane: ''}}
spec: {taints: [{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}]}
---
apiVersion: v1
kind: Pod
metadata: {name: open, namespace: n}
spec: {nodeName: worker-1, containers: [{name: a, image: i, securityContext: {privileged: true}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: beside, namespace: n}
spec: {nodeName: worker-1, containers: [{name: a, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: elsewhere, namespace: n}
spec: {nodeName: main-1, containers: [{name: a, image: i, securityContext: {privileged: true}}]}
";
    let folder = Folder::new(&[("estate.yaml", estate)]);
    let ends = |name: &str, to: &[&str]| {
        let (_, report) = paths(&folder, &[&["node", name, "estate.yaml"][..], to].concat());
        let all = report["paths"].as_array().unwrap().clone();
        all.iter().map(|path| format!("{} -> {}", path["from"], path["to"]).replace('"', "")).collect::<Vec<_>>()
    };
    let worker = ends("worker-1", &["--certain"]);
    assert!(worker.contains(&"Pod n/open -> Node worker-1".to_owned()), "{worker:?}");
    // Who holds the control plane holds every node.
    assert!(worker.contains(&"Pod n/elsewhere -> Node worker-1".to_owned()), "{worker:?}");
    assert_eq!(worker.len(), 2, "{worker:?}");
    let main = ends("main-1", &["--certain"]);
    assert!(main.contains(&"Node main-1 -> cluster-admin".to_owned()), "{main:?}");
    assert!(main.contains(&"Pod n/elsewhere -> Node main-1".to_owned()), "{main:?}");
    let (_, report) = paths(&folder, &["list", "estate.yaml", "--from", "node:worker-1", "--to", "n/beside"]);
    assert_eq!(edges(&report["paths"][0]), ["node-hosts"]);
    let (_, report) =
        paths(&folder, &["list", "estate.yaml", "--certain", "--from", "node:worker-1", "--to", "n/elsewhere"]);
    assert_eq!(report["paths"], serde_json::json!([]));
    let said = folder.run(&["paths", "node", "worker-9", "estate.yaml"]);
    assert!(said.code == 3 && said.err.contains("Node worker-1"), "{}", said.err);
    let said = folder.run(&["paths", "node", "estate.yaml"]);
    assert!(said.code < 3, "{}", said.err);
}

#[test]
fn what_pins_and_costs_name_is_there() {
    let folder = Folder::new(&[("shop.yaml", SHOP)]);
    for arguments in [["--pin", "Deployment/watch/agnet"], ["--cost", "Deployment/watch/agnet=3"]] {
        let said = folder.run(&[&["paths", "plan", "shop.yaml"][..], &arguments].concat());
        assert!(said.code == 3 && said.err.contains("did you mean `Deployment/watch/agent`?"), "{}", said.err);
    }
    let said = folder.run(&["paths", "plan", "shop.yaml", "--pin", "Deployment/*", "--cost", "*=3"]);
    assert!(said.code < 3, "{}", said.err);
    let said = folder.run(&["paths", "list", "shop.yaml", "--track", "nothing-like-it"]);
    assert!(said.err.contains("`nothing-like-it`: `plimsoll paths tracks` lists them"), "{}", said.err);
}

#[test]
fn ways_have_one_order_whatever_files_are_called() {
    let pod = |name: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: n}}\nspec: {{hostPID: true, containers: [{{name: a, image: i, securityContext: {{privileged: true}}}}]}}\n"
        )
    };
    let told = |files: [(&str, &str); 2]| {
        let files: Vec<(&str, String)> = files.iter().map(|(file, name)| (*file, pod(name))).collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(file, text)| (*file, text.as_str())).collect();
        let (_, report) = paths(&Folder::new(&files), &["list", "."]);
        let all = report["paths"].as_array().unwrap().clone();
        all.iter().map(|path| (path["from"].clone(), edges(path).join(" "))).collect::<Vec<_>>()
    };
    assert_eq!(told([("a.yaml", "one"), ("b.yaml", "two")]), told([("a.yaml", "two"), ("b.yaml", "one")]));
}

#[test]
fn a_track_is_its_from_to_and_without() {
    let folder = Folder::new(&[("shop.yaml", SHOP)]);
    let (_, named) = paths(&folder, &["list", "--all", "--track", "exposed-cluster-admin"]);
    let (_, said) = paths(&folder, &["list", "--all", "--from", "internet", "--to", "cluster-admin"]);
    assert!(!named["paths"].as_array().unwrap().is_empty());
    assert_eq!(named["paths"], said["paths"]);
    // What is open to the internet itself holds no token here: the way leads over another pod.
    let (code, report) = paths(&folder, &["list", "--track", "exposed-token"]);
    assert_eq!((code, &report["paths"]), (0, &serde_json::json!([])));
    for track in ::paths::tracks::TRACKS {
        let said = folder.run(&["paths", "list", "--track", track.id]);
        assert!(said.code < 2, "{}: {}", track.id, said.err);
    }
    let said = folder.run(&["paths", "list", "--track", "exposed-hots"]);
    assert!(said.code == 3 && said.err.contains("`exposed-host`"), "{}", said.err);
    assert!(folder.run(&["paths", "tracks"]).out.contains("--from internet --to cluster-admin"));
}

#[test]
fn controls_that_edges_and_the_matrix_name_are_there() {
    let known: std::collections::BTreeSet<&str> = controls::all().map(|registered| registered.control.id).collect();
    let of_edges = ::paths::edges::EDGES.iter().flat_map(|kind| kind.found_by).copied();
    let of_matrix = ::paths::matrix::MICROSOFT.iter().flat_map(|technique| match technique.beside {
        ::paths::matrix::Beside::Controls(controls) => controls,
        _ => &[],
    });
    let unknown: Vec<&str> = of_edges.chain(of_matrix.copied()).filter(|id| !known.contains(id)).collect();
    assert_eq!(unknown, [""; 0]);
}
