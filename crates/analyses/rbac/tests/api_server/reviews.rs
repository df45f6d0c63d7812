//! Requests: every `SubjectAccessReview` agrees.

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config as RunnerConfig, RngAlgorithm, TestRng, TestRunner};
use rbac::{Config, Decision, Evaluator, Identity, Request};
use serde_json::{Value, json};

use crate::random::{GROUPS, PATHS, RESOURCES, USERS, VERBS, cluster, inventory, own};
use crate::server::{Server, agree};

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
    let cases = crate::cases();
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(RunnerConfig::default(), rng);
    let (mut asked, mut allowed) = (0, 0);
    for case in 0..cases {
        let objects = cluster().new_tree(&mut runner).unwrap().current();
        let text = own(&serde_json::to_string(&objects).unwrap(), case);
        let objects: Vec<Value> = serde_json::from_str(&text).unwrap();
        let loaded = server.run("load", &objects);
        assert_eq!(loaded[0]["errors"], json!([]), "{text}");
        let inventory = inventory(&objects);
        let evaluator = Evaluator::new(&inventory, &Config::default());
        let requests = requests(case);
        let ours: Vec<bool> = requests
            .iter()
            .map(|(identity, request, _)| evaluator.can(identity, request).decision == Decision::Allowed)
            .collect();
        let lines: Vec<Value> = requests.iter().map(|(.., spec)| review(spec)).collect();
        agree(&server, &lines, &|at, answer| {
            let allowed = &answer["body"]["status"]["allowed"];
            let (identity, request, _) = &requests[at];
            (allowed.as_bool() != Some(ours[at]))
                .then(|| format!("{identity:?} {request:?}: ours {}, the server's {answer}\n{text}", ours[at]))
        });
        asked += requests.len();
        allowed += ours.iter().filter(|allowed| **allowed).count();
    }
    // An evaluator that always says no would agree with a server that has nothing.
    assert!(cases == 0 || allowed * 20 > asked, "{allowed} of {asked}");
    println!("{asked} requests in {cases} clusters asked, {asked} equal, {allowed} of them allowed");
}
