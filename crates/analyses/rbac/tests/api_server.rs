//! The evaluator answers as a real API server does: random roles, bindings and aggregations are loaded into one, and
//! every `SubjectAccessReview` has to agree.
//!
//! The server is `e2e/api-server`, whose README says how to build it. `PLIMSOLL_API_SERVER` names the binary; without
//! it this test says that it is left out. `PLIMSOLL_API_SERVER_CASES` is how many clusters are made.

#![expect(clippy::unwrap_used, reason = "what a test cannot go on without fails it")]
#![expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "the reference is another program")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use model::inventory::Inventory;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config as RunnerConfig, RngAlgorithm, TestRng, TestRunner};
use rbac::{Config, Decision, Evaluator, Identity, Request};
use serde_json::{Value, json};

const USERS: [&str; 3] = ["ann", "bob", "system:serviceaccount:NS:builder"];
const GROUPS: [&str; 2] = ["dev", "system:serviceaccounts:NS"];
const VERBS: [&str; 6] = ["get", "list", "create", "delete", "escalate", "use"];
const RESOURCES: [&str; 8] =
    ["pods", "pods/log", "pods/exec", "deployments", "deployments/scale", "secrets", "nodes/proxy", "widgets"];
const PATHS: [&str; 6] = ["/healthz", "/healthz/etcd", "/metrics", "/", "/logs/a", "/healthzz"];

/// A control plane, which ends with the test.
struct Server {
    process: Child,
    binary: String,
    kubeconfig: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its standard input ends, and it stops by itself.
        drop(self.process.stdin.take());
        self.process.wait().ok();
    }
}

impl Server {
    fn start() -> Option<Self> {
        let Some(binary) = std::env::var("PLIMSOLL_API_SERVER").ok().filter(|path| !path.is_empty()) else {
            let line = "left out: comparison with an API server: PLIMSOLL_API_SERVER is not set\n";
            std::io::stderr().write_all(line.as_bytes()).unwrap();
            return None;
        };
        let mut process =
            Command::new(&binary).arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let kubeconfig = ready["kubeconfigs"]["admin"].as_str().unwrap().to_owned();
        Some(Self { process, binary, kubeconfig })
    }

    /// Runs a role of the binary over lines of input; returns the lines of its output.
    fn run(&self, role: &str, lines: &[Value]) -> Vec<Value> {
        let mut child = Command::new(&self.binary)
            .args([role, "--kubeconfig", &self.kubeconfig])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let mut stdin = child.stdin.take().unwrap();
        let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn words(all: &'static [&'static str], wild: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    let mut known: Vec<&str> = all.to_vec();
    known.extend(wild);
    subsequence(known, 2..=3).prop_map(|words| words.into_iter().map(str::to_owned).collect())
}

/// A rule for resources, or for paths if the role is of the whole cluster.
fn rule(cluster: bool) -> impl Strategy<Value = Value> {
    let verbs = words(&VERBS, &["*"]);
    let resources = (
        verbs,
        words(&RESOURCES, &["*", "*/log", "*/scale", "pods/*", "*/*"]),
        words(&["", "apps"], &["*", "example.com", "*"]),
        prop_oneof![2 => Just(vec![]), 1 => subsequence(vec!["a", "b"], 1..=2)],
    );
    let resources = resources.prop_map(|(verbs, resources, groups, names)| {
        json!({"verbs": verbs, "resources": resources, "apiGroups": groups, "resourceNames": names})
    });
    let paths = (words(&["get", "post"], &["*"]), words(&PATHS, &["*", "/healthz/*", "/healthz*", "/logs/*"]));
    let paths = paths.prop_map(|(verbs, paths)| json!({"verbs": verbs, "nonResourceURLs": paths}));
    let weight = u32::from(cluster);
    if weight == 0 { resources.boxed() } else { prop_oneof![3 => resources, 1 => paths].boxed() }
}

/// Roles, bindings and aggregations; `NS` and `CASE` stand for what makes them this cluster's own.
fn cluster() -> impl Strategy<Value = Vec<Value>> {
    let rules = |cluster| prop::collection::vec(rule(cluster), 0..6);
    let roles = (rules(true), rules(true), rules(true), rules(false), rules(false));
    let subject = prop_oneof![
        select(USERS.to_vec())
            .prop_map(|name| json!({"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": name})),
        select(GROUPS.to_vec())
            .prop_map(|name| json!({"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": name})),
        Just(json!({"kind": "ServiceAccount", "name": "builder", "namespace": "NS"})),
    ];
    // The kind of the role, its name (the last one is nowhere), and whether the binding is of the whole cluster.
    let reference = select(vec![
        ("ClusterRole", "CASE-one"),
        ("ClusterRole", "CASE-two"),
        ("ClusterRole", "CASE-sum"),
        ("Role", "r1"),
        ("Role", "r2"),
        ("ClusterRole", "view"),
        ("Role", "nowhere"),
    ]);
    let binding = (reference, prop::collection::vec(subject, 0..4), any::<bool>());
    (roles, prop::collection::vec(binding, 2..9)).prop_map(|((one, two, sum, r1, r2), bindings)| {
        let api = "rbac.authorization.k8s.io/v1";
        let mut all = vec![
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "NS"}}),
            json!({"apiVersion": api, "kind": "ClusterRole", "metadata": {"name": "CASE-one", "labels": {"into": "CASE"}}, "rules": one}),
            json!({"apiVersion": api, "kind": "ClusterRole", "metadata": {"name": "CASE-two"}, "rules": two}),
            json!({"apiVersion": api, "kind": "ClusterRole", "metadata": {"name": "CASE-sum"}, "rules": sum,
                "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"into": "CASE"}}]}}),
            json!({"apiVersion": api, "kind": "Role", "metadata": {"name": "r1", "namespace": "NS"}, "rules": r1}),
            json!({"apiVersion": api, "kind": "Role", "metadata": {"name": "r2", "namespace": "NS"}, "rules": r2}),
        ];
        for (number, ((kind, role), subjects, of_cluster)) in bindings.into_iter().enumerate() {
            let of_cluster = of_cluster && kind == "ClusterRole";
            let kind_of_binding = if of_cluster { "ClusterRoleBinding" } else { "RoleBinding" };
            let mut metadata = json!({"name": format!("CASE-b{number}")});
            if !of_cluster {
                metadata["namespace"] = "NS".into();
            }
            let reference = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role});
            all.push(json!({"apiVersion": api, "kind": kind_of_binding, "metadata": metadata, "roleRef": reference, "subjects": subjects}));
        }
        all
    })
}

/// Makes a cluster, and users and groups, this case's own.
fn own(text: &str, case: usize) -> String {
    let named = text.replace("NS", &format!("ns{case}")).replace("CASE", &format!("case{case}"));
    ["ann", "bob", "dev"]
        .iter()
        .fold(named, |text, name| text.replace(&format!("\"{name}\""), &format!("\"{name}{case}\"")))
}

/// Every request of a grid: who, and what.
fn requests(case: usize) -> Vec<(Identity, Request, Value)> {
    let name = |text: &str| own(&format!("\"{text}\""), case).trim_matches('"').to_owned();
    let mut all = Vec::new();
    let identities = USERS.iter().map(|user| (name(user), vec!["system:authenticated".to_owned()]));
    let members = GROUPS.iter().map(|group| (format!("somebody{case}"), vec![name(group)]));
    for (user, groups) in identities.chain(members) {
        let identity = Identity { user: user.clone(), groups: groups.clone() };
        let mut add = |request: Request, attributes: Value| {
            let mut spec = attributes;
            spec["user"] = user.as_str().into();
            spec["groups"] = groups.clone().into();
            all.push((identity.clone(), request, spec));
        };
        for (number, resource) in RESOURCES.iter().enumerate() {
            let (plain, sub) = resource.split_once('/').unwrap_or((resource, ""));
            for (turn, verb) in VERBS.iter().enumerate() {
                let group = ["", "apps", "example.com"][(number + turn) % 3];
                let namespace = ["", "NS", "other"][(number / 2 + turn) % 3];
                let namespace = name(namespace);
                let object = ["", "a", "c"][(number + turn / 2) % 3];
                let request = Request::resource(verb, group, resource).in_namespace(&namespace).named(object);
                add(
                    request,
                    json!({"resourceAttributes": {"verb": verb, "group": group, "resource": plain, "subresource": sub,
                    "namespace": namespace, "name": object}}),
                );
            }
        }
        for path in PATHS {
            for verb in ["get", "post", "put"] {
                add(Request::path(verb, path), json!({"nonResourceAttributes": {"verb": verb, "path": path}}));
            }
        }
    }
    all
}

fn review(spec: &Value) -> Value {
    let body = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec});
    json!({"method": "POST", "path": "/apis/authorization.k8s.io/v1/subjectaccessreviews", "body": body})
}

#[test]
fn every_subject_access_review_agrees() {
    let Some(server) = Server::start() else { return };
    let cases: usize = std::env::var("PLIMSOLL_API_SERVER_CASES").map_or(20, |cases| cases.parse().unwrap());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(RunnerConfig::default(), rng);
    let (mut asked, mut allowed) = (0, 0);
    for case in 0..cases {
        let objects = cluster().new_tree(&mut runner).unwrap().current();
        let text = own(&serde_json::to_string(&objects).unwrap(), case);
        let objects: Vec<Value> = serde_json::from_str(&text).unwrap();
        let loaded = server.run("load", &objects);
        assert_eq!(loaded[0]["errors"], json!([]), "{text}");
        let documents: String = objects.iter().map(|object| format!("---\n{object}\n")).collect();
        let mut inventory = Inventory::default();
        manifests::load::load_bytes(Path::new("cluster"), documents.as_bytes(), &mut inventory, &|_, _, _| {});
        let evaluator = Evaluator::new(&inventory, &Config::default());
        let requests = requests(case);
        let ours: Vec<bool> = requests
            .iter()
            .map(|(identity, request, _)| evaluator.can(identity, request).decision == Decision::Allowed)
            .collect();
        agree(&server, &requests, &ours, &text);
        asked += requests.len();
        allowed += ours.iter().filter(|allowed| **allowed).count();
    }
    // An evaluator that always says no would agree with a server that has nothing.
    assert!(cases == 0 || allowed * 20 > asked, "{allowed} of {asked}");
    println!("{asked} requests in {cases} clusters asked, {asked} equal, {allowed} of them allowed");
}

/// Asks until all answers agree; the server's caches and its aggregation need a moment.
fn agree(server: &Server, requests: &[(Identity, Request, Value)], ours: &[bool], cluster: &str) {
    let mut open: Vec<usize> = (0..requests.len()).collect();
    let start = Instant::now();
    loop {
        let lines: Vec<Value> = open.iter().map(|&at| review(&requests[at].2)).collect();
        let answers = server.run("requests", &lines);
        assert_eq!(answers.len(), open.len());
        let says = |answer: &Value| answer["body"]["status"]["allowed"].as_bool().unwrap_or_else(|| panic!("{answer}"));
        let wrong = open.iter().zip(&answers).filter(|(at, answer)| says(answer) != ours[**at]);
        let last = wrong.clone().next().map(|(at, answer)| (*at, answer.clone()));
        open = wrong.map(|(at, _)| *at).collect();
        let Some((at, answer)) = last else { return };
        let (identity, request, _) = &requests[at];
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "{identity:?} {request:?}: ours {}, the server's {answer}\n{cluster}",
            ours[at]
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}
