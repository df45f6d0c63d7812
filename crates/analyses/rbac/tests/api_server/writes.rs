//! Writes of roles and bindings: what the server takes and refuses of users who may not raise their rights.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config as RunnerConfig, RngAlgorithm, TestRng, TestRunner};
use rbac::{Config, Decision, Evaluator, Identity, Request, RoleWrite, Words};
use serde_json::{Value, json};

use crate::random::{cluster, inventory, own, rule};
use crate::server::{Server, agree};

const API: &str = "rbac.authorization.k8s.io";

/// How something is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Post,
    Put,
    /// Server-side apply of what is not there.
    Apply,
}

/// Something that somebody would write.
struct Write {
    identity: Identity,
    manner: Manner,
    object: Value,
}

/// A cluster, what somebody may do with `escalate` and `bind` in it, and roles that somebody would write.
fn written() -> impl Strategy<Value = (Vec<Value>, Vec<Value>, Vec<Vec<Value>>)> {
    let names = prop_oneof![
        3 => Just(vec![]),
        2 => subsequence(vec!["CASE-one", "CASE-new", "r1", "view", "new"], 1..=3),
    ];
    let power = (
        subsequence(vec!["escalate", "bind"], 1..=2),
        subsequence(vec!["roles", "clusterroles"], 1..=2),
        names,
        select(vec!["ann", "bob", "system:serviceaccount:NS:builder"]),
        any::<bool>(),
    );
    let powers = prop::collection::vec(power, 0..3).prop_map(|powers| {
        let mut all = Vec::new();
        for (number, (verbs, resources, names, user, everywhere)) in powers.into_iter().enumerate() {
            let name = format!("CASE-power{number}");
            let rules = json!([{"verbs": verbs, "apiGroups": [API], "resources": resources, "resourceNames": names}]);
            all.push(role("ClusterRole", &name, rules));
            all.push(binding(everywhere, &name, ("ClusterRole", &name), user));
        }
        let verbs = ["get", "create", "update", "patch"];
        let resources = ["roles", "clusterroles", "rolebindings", "clusterrolebindings"];
        let rules = json!([{"verbs": verbs, "apiGroups": [API], "resources": resources}]);
        all.push(role("ClusterRole", "CASE-writer", rules));
        // One of them may write in the namespace alone, and members of a group nowhere.
        for (user, everywhere) in [("ann", true), ("bob", false), ("system:serviceaccount:NS:builder", true)] {
            all.push(binding(
                everywhere,
                &format!("CASE-writer-{}", user.replace(':', "-")),
                ("ClusterRole", "CASE-writer"),
                user,
            ));
        }
        all
    });
    // One thing alone is held more often.
    let single = (
        select(vec!["get", "list", "create", "*"]),
        select(vec!["pods", "pods/log", "*/log", "secrets", "*", "pods/*"]),
        select(vec!["", "apps", "*"]),
        prop_oneof![2 => Just(vec![]), 1 => Just(vec!["a"])],
    );
    let single = single.prop_map(|(verb, resource, group, names)| {
        json!({"verbs": [verb], "resources": [resource], "apiGroups": [group], "resourceNames": names})
    });
    let rules = prop_oneof![3 => single.prop_map(|rule| vec![rule]), 1 => prop::collection::vec(rule(false), 0..3)];
    (cluster(), powers, prop::collection::vec(rules, 6))
}

fn role(kind: &str, name: &str, rules: Value) -> Value {
    let mut object =
        json!({"apiVersion": format!("{API}/v1"), "kind": kind, "metadata": {"name": name}, "rules": rules});
    if kind == "Role" {
        object["metadata"]["namespace"] = "NS".into();
    }
    object
}

fn binding(everywhere: bool, name: &str, (kind, role): (&str, &str), user: &str) -> Value {
    let mut object = json!({
        "apiVersion": format!("{API}/v1"),
        "kind": if everywhere { "ClusterRoleBinding" } else { "RoleBinding" },
        "metadata": {"name": name},
        "roleRef": {"apiGroup": API, "kind": kind, "name": role},
        "subjects": [{"kind": "User", "apiGroup": API, "name": user}],
    });
    if !everywhere {
        object["metadata"]["namespace"] = "NS".into();
    }
    object
}

/// All that everybody would write.
fn writes(objects: &[Value], candidates: &[Vec<Value>], case: usize) -> Vec<(String, Manner, Value)> {
    let mut all = Vec::new();
    for user in ["ann", "bob", "system:serviceaccount:NS:builder", "nobody"] {
        let mut add = |manner, object: Value| all.push((user.to_owned(), manner, object));
        let rules_of = |object: &Value| object["rules"].clone();
        let known = objects.iter().filter(|object| object["rules"].is_array()).map(rules_of).take(5);
        let all_rules: Vec<Value> = candidates.iter().map(|rules| json!(rules)).chain(known).collect();
        for (number, rules) in all_rules.into_iter().enumerate() {
            let has_paths = rules.as_array().unwrap().iter().any(|rule| rule["nonResourceURLs"].is_array());
            let manner = if number % 3 == 0 { Manner::Apply } else { Manner::Post };
            add(manner, role("ClusterRole", "CASE-new", rules.clone()));
            add(Manner::Put, role("ClusterRole", "CASE-one", rules.clone()));
            if !has_paths {
                add(manner, role("Role", "new", rules.clone()));
                add(Manner::Put, role("Role", "r1", rules));
            }
        }
        let mut aggregated = role("ClusterRole", "CASE-new", json!([]));
        aggregated["aggregationRule"] = json!({"clusterRoleSelectors": [{"matchLabels": {"into": "CASE"}}]});
        add(Manner::Post, aggregated);
        for (kind, name) in [
            ("ClusterRole", "CASE-one"),
            ("ClusterRole", "CASE-two"),
            ("ClusterRole", "CASE-sum"),
            ("ClusterRole", "view"),
            ("ClusterRole", "cluster-admin"),
            ("ClusterRole", "nowhere"),
            ("Role", "r1"),
            ("Role", "r2"),
            ("Role", "nowhere"),
        ] {
            let manner = if name.len() % 2 == 0 { Manner::Apply } else { Manner::Post };
            add(manner, binding(false, "CASE-bound", (kind, name), "eve"));
            if kind == "ClusterRole" {
                add(manner, binding(true, "CASE-bound", (kind, name), "eve"));
            }
        }
        // A binding that is there, to somebody else.
        let bound = objects.iter().filter(|object| object["roleRef"].is_object());
        for object in bound.filter(|object| object["metadata"]["name"].as_str().is_some_and(|name| name.contains("-b")))
        {
            let mut object = object.clone();
            object["subjects"] = json!([{"kind": "User", "apiGroup": API, "name": "eve"}]);
            add(Manner::Put, object);
        }
    }
    let own_case = |(user, manner, object): (String, Manner, Value)| {
        let user = own(&format!("\"{user}\""), case).trim_matches('"').to_owned();
        (user, manner, serde_json::from_str(&own(&object.to_string(), case)).unwrap())
    };
    all.into_iter().map(own_case).collect()
}

fn identity(user: &str) -> Identity {
    let mut groups = vec!["system:authenticated".to_owned()];
    if let Some(account) = user.strip_prefix("system:serviceaccount:") {
        let namespace = account.split(':').next().unwrap();
        groups.extend(["system:serviceaccounts".to_owned(), format!("system:serviceaccounts:{namespace}")]);
    }
    Identity { user: user.to_owned(), groups }
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn plural(object: &Value) -> String {
    format!("{}s", text(object, "/kind").to_lowercase())
}

/// Whether the server takes it, as we say.
fn takes(evaluator: &Evaluator<'_>, write: &Write) -> bool {
    let Write { identity, manner, object } = write;
    let (namespace, name) = (text(object, "/metadata/namespace"), text(object, "/metadata/name"));
    let can = |verb: &str, name: &str| {
        let request = Request::resource(verb, API, &plural(object)).in_namespace(namespace).named(name);
        evaluator.can(identity, &request).decision == Decision::Allowed
    };
    let ordinary = match manner {
        Manner::Post => can("create", ""),
        Manner::Put => can("update", name),
        Manner::Apply => can("patch", name) && can("create", name),
    };
    let symbols = &evaluator.inventory().symbols;
    let words = |rule: &Value, key: &str| -> Box<[_]> {
        let all = rule[key].as_array().into_iter().flatten();
        all.map(|word| symbols.intern(word.as_str().unwrap())).collect()
    };
    let rules: Vec<Words> = object["rules"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|rule| Words {
            verbs: words(rule, "verbs"),
            groups: words(rule, "apiGroups"),
            resources: words(rule, "resources"),
            names: words(rule, "resourceNames"),
            urls: words(rule, "nonResourceURLs"),
        })
        .collect();
    ordinary
        && match object["roleRef"].is_object() {
            true => {
                let role = (text(object, "/roleRef/kind"), text(object, "/roleRef/name"));
                evaluator.may_bind(identity, namespace, role).allowed()
            }
            false => {
                let name = if *manner == Manner::Post { "" } else { name };
                let aggregates = object["aggregationRule"].is_object();
                evaluator.may_write_role(identity, &RoleWrite { namespace, name, rules: &rules, aggregates }).allowed()
            }
        }
}

fn line(write: &Write) -> Value {
    let Write { identity, manner, object } = write;
    let name = text(object, "/metadata/name");
    let namespace = match text(object, "/metadata/namespace") {
        "" => String::new(),
        namespace => format!("namespaces/{namespace}/"),
    };
    let path = format!("/apis/{API}/v1/{namespace}{}", plural(object));
    let (method, path, kind) = match manner {
        Manner::Post => ("POST", format!("{path}?dryRun=All"), "application/json"),
        Manner::Put => ("PUT", format!("{path}/{name}?dryRun=All"), "application/json"),
        Manner::Apply => {
            ("PATCH", format!("{path}/{name}?dryRun=All&fieldManager=test"), "application/apply-patch+yaml")
        }
    };
    json!({"method": method, "path": path, "body": object, "as": identity.user, "groups": identity.groups,
        "header": {"Content-Type": [kind]}})
}

#[test]
fn every_write_of_a_role_or_binding_is_taken_or_refused_as_we_say() {
    let Some(server) = Server::start() else { return };
    let cases = crate::cases();
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[11; 32]);
    let mut runner = TestRunner::new_with_rng(RunnerConfig::default(), rng);
    let (mut asked, mut taken) = (0, 0);
    for case in (1000..).take(cases) {
        let (objects, powers, candidates) = written().new_tree(&mut runner).unwrap().current();
        let objects: Vec<Value> = objects.into_iter().chain(powers).collect();
        let named = own(&serde_json::to_string(&objects).unwrap(), case);
        let loaded: Vec<Value> = serde_json::from_str(&named).unwrap();
        assert_eq!(server.run("load", &loaded)[0]["errors"], json!([]), "{named}");
        let inventory = inventory(&loaded);
        let evaluator = Evaluator::new(&inventory, &Config::default());
        let writes: Vec<Write> = writes(&objects, &candidates, case)
            .into_iter()
            .map(|(user, manner, object)| Write { identity: identity(&user), manner, object })
            .collect();
        let ours: Vec<bool> = writes.iter().map(|write| takes(&evaluator, write)).collect();
        let lines: Vec<Value> = writes.iter().map(line).collect();
        agree(&server, &lines, &|at, answer| {
            let status = answer["status"].as_u64().unwrap();
            // What is refused for another reason than rights would prove nothing.
            assert!(matches!(status, 200 | 201 | 403 | 404), "{answer} to {}", lines[at]);
            let says = status < 300;
            (says != ours[at]).then(|| format!("ours {}, the server's {answer} to {}\n{named}", ours[at], lines[at]))
        });
        asked += writes.len();
        taken += ours.iter().filter(|taken| **taken).count();
    }
    assert!(cases == 0 || (taken * 20 > asked && (asked - taken) * 20 > asked), "{taken} of {asked}");
    println!("{asked} writes in {cases} clusters tried, {asked} equal, {taken} of them taken");
}
