//! `plimsoll rbac least-privilege --audit`: what a log says, what roles come of it, and what was not used.

use std::fs;
use std::process::{Command, Output};

use serde_json::{Value, json};

const ROBOT: &str = "system:serviceaccount:shop:robot";

const ROLES: &str = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: shop}
rules:
  - {apiGroups: [''], resources: [secrets], resourceNames: [a, b], verbs: [get]}
  - {apiGroups: [''], resources: [configmaps], verbs: [get, list, watch, patch]}
  - {apiGroups: [apps], resources: ['*'], verbs: ['*']}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: robot}, {kind: ServiceAccount, name: idle}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: pods}
rules:
  - {apiGroups: [''], resources: [pods], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: pods}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: pods}
subjects: [{kind: Group, name: developers, apiGroup: rbac.authorization.k8s.io}]
";

fn event(number: u32, user: &str, verb: &str, object: &Value, code: u32) -> Value {
    let groups = match user.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':')) {
        Some((namespace, _)) => {
            json!(["system:serviceaccounts", format!("system:serviceaccounts:{namespace}"), "system:authenticated"])
        }
        None => json!(["developers", "system:authenticated"]),
    };
    json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "auditID": number.to_string(),
        "stage": "ResponseComplete", "verb": verb, "user": {"username": user, "groups": groups}, "objectRef": object,
        "responseStatus": {"code": code},
        "annotations": {"authorization.k8s.io/decision": if code == 403 { "forbid" } else { "allow" }},
    })
}

fn with(mut event: Value, pointer: &str, value: Value) -> Value {
    event[pointer] = value;
    event
}

fn object(resource: &str, name: &str) -> Value {
    json!({"resource": resource, "namespace": "shop", "name": name, "apiVersion": "v1"})
}

/// What comes of these events.
fn least(events: &[Value], options: &[&str]) -> (Value, Output) {
    let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
    least_of(&[&lines], options)
}

/// What comes of these logs.
fn least_of(logs: &[&str], options: &[&str]) -> (Value, Output) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("roles.yaml");
    fs::write(&file, ROLES).unwrap();
    let run = |output: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        command.args(["rbac", "least-privilege", "--output", output]).args(options).arg(&file);
        for (number, log) in logs.iter().enumerate() {
            let path = folder.path().join(format!("audit-{number}.log"));
            fs::write(&path, log).unwrap();
            command.arg("--audit").arg(path);
        }
        command.env("NO_COLOR", "1").output().unwrap()
    };
    let said = run("json");
    let report: Value = serde_json::from_slice(&said.stdout).unwrap_or_else(|error| panic!("{error}: {said:?}"));
    (report["leastPrivilege"].clone(), run("text"))
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The rules of the roles as `verbs on resources (names)`, with the namespace of the role before them.
fn rules(least: &Value) -> Vec<String> {
    let roles = least["roles"].as_str().unwrap();
    let mut found = Vec::new();
    let mut namespace = String::new();
    let list = |line: &str| line.split_once('[').unwrap().1.trim_end_matches(']').to_owned();
    for line in roles.lines() {
        match line.trim_start_matches([' ', '-']) {
            line if line.starts_with("kind: Role") || line.starts_with("kind: ClusterRole") => namespace.clear(),
            line if line.starts_with("namespace: ") => namespace = line.replace("namespace: ", ""),
            line if line.starts_with("resources: ") || line.starts_with("nonResourceURLs: ") => {
                found.push(format!("{namespace}: {}", list(line)));
            }
            line if line.starts_with("resourceNames: ") => {
                let last = found.last_mut().unwrap();
                *last = format!("{last} ({})", list(line));
            }
            line if line.starts_with("verbs: ") => {
                let last = found.last_mut().unwrap();
                *last = format!("{last} {}", list(line));
            }
            _ => {}
        }
    }
    found
}

/// A `PATCH` or `PUT` of what is not there is asked a second time, as `create`.
#[test]
fn what_is_created_by_applying_needs_create() {
    let (found, _) = least(&[event(1, ROBOT, "patch", &object("configmaps", "x"), 201)], &["--exact"]);
    assert_eq!(rules(&found), ["shop: configmaps create, patch"]);
    let (found, _) = least(&[event(1, ROBOT, "update", &object("configmaps", "x"), 201)], &["--exact", "--names"]);
    assert_eq!(rules(&found), ["shop: configmaps (x) create, update"]);
    let (found, _) = least(&[event(1, ROBOT, "patch", &object("configmaps", "x"), 200)], &["--exact"]);
    assert_eq!(rules(&found), ["shop: configmaps patch"]);
    // What a proxied program answers says nothing of the cluster.
    let proxied = json!({"resource": "services", "subresource": "proxy", "namespace": "shop", "name": "x"});
    let (found, _) = least(&[event(1, ROBOT, "update", &proxied, 201)], &["--exact"]);
    assert_eq!(rules(&found), ["shop: services/proxy update"]);
}

/// `POST /api/v1/namespaces` is in no namespace, though the event has the name of the new one.
#[test]
fn a_namespace_is_created_in_no_namespace() {
    let (found, _) = least(&[event(1, ROBOT, "create", &json!({"resource": "namespaces", "name": "x"}), 201)], &[]);
    assert_eq!(rules(&found), [": namespaces create"]);
    let (found, _) = least(&[event(1, ROBOT, "get", &json!({"resource": "namespaces", "name": "x"}), 200)], &[]);
    assert_eq!(rules(&found), ["x: namespaces get"]);
}

#[test]
fn who_acts_as_another_needs_all_that_he_set() {
    let other = |user: Value| {
        let acts = with(event(1, ROBOT, "get", &object("pods", "p"), 200), "impersonatedUser", user);
        rules(&least(&[acts], &["--exact", "--names"]).0)
    };
    let extra = json!({"scopes": ["view"], "example.com/team": ["a"]});
    let found =
        other(json!({"username": "jane", "uid": "42", "groups": ["ops", "system:authenticated"], "extra": extra}));
    let expected = [
        "shop: pods (p) get",
        ": groups (ops) impersonate",
        ": users (jane) impersonate",
        ": uids (\"42\") impersonate",
        ": userextras/example.com/team (a) impersonate",
        ": userextras/scopes (view) impersonate",
    ];
    let sorted = |mut rules: Vec<String>| {
        rules.sort();
        rules
    };
    assert_eq!(sorted(found), sorted(expected.map(str::to_owned).to_vec()));
    // The groups of a ServiceAccount come by themselves, others do not.
    let own = json!(["system:serviceaccounts", "system:serviceaccounts:a", "system:authenticated"]);
    let found = other(json!({"username": "system:serviceaccount:a:b", "groups": own}));
    assert_eq!(sorted(found), ["a: serviceaccounts (b) impersonate", "shop: pods (p) get"]);
    let found = other(json!({"username": "system:serviceaccount:a:b", "groups": ["ops", "system:authenticated"]}));
    assert!(found.contains(&": groups (ops) impersonate".to_owned()), "{found:?}");
}

/// Constrained impersonation: a verb of its own on the user, and another on what is done.
#[test]
fn constrained_impersonation_needs_its_own_verbs() {
    let acts = with(
        event(1, ROBOT, "get", &object("pods", "p"), 200),
        "impersonatedUser",
        json!({"username": "jane", "groups": ["system:authenticated"]}),
    );
    let acts = with(acts, "authenticationMetadata", json!({"impersonationConstraint": "impersonate:user-info"}));
    let (found, _) = least(&[acts], &["--exact"]);
    let mut found = rules(&found);
    found.sort();
    // The verbs have a colon, which YAML quotes.
    let expected =
        [": users \"impersonate:user-info\"", "shop: pods \"impersonate-on:user-info:get\"", "shop: pods get"];
    assert_eq!(found, expected);
}

/// What somebody does in another's name is refused to the other: the right to act as him was used all the same.
#[test]
fn acting_as_another_who_may_not_is_use_of_impersonation_alone() {
    let acts = with(
        event(1, ROBOT, "delete", &object("pods", "p"), 403),
        "impersonatedUser",
        json!({"username": "jane", "groups": ["system:authenticated"]}),
    );
    let (found, _) = least(&[acts], &[]);
    assert_eq!(rules(&found), [": users impersonate"]);
    assert_eq!(found["used"]["refused"][0]["subject"]["name"], "jane");
}

#[test]
fn what_was_refused_is_counted_and_named() {
    let refused = |number| event(number, ROBOT, "delete", &object("pods", "p"), 403);
    let later = with(
        event(3, ROBOT, "create", &object("pods", "p"), 403),
        "annotations",
        json!({"authorization.k8s.io/decision": "allow"}),
    );
    let busy = with(event(4, ROBOT, "list", &object("pods", ""), 429), "annotations", json!({}));
    let (found, screen) =
        least(&[refused(1), refused(2), later, busy, event(5, ROBOT, "get", &object("secrets", "a"), 200)], &[]);
    assert_eq!(rules(&found), ["shop: secrets get"]);
    assert_eq!((found["used"]["events"].as_u64(), found["used"]["denied"].as_u64()), (Some(1), Some(4)));
    let named: Vec<(&str, u64)> = found["used"]["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["request"]["verb"].as_str().unwrap(), one["count"].as_u64().unwrap()))
        .collect();
    assert_eq!(named, [("delete", 2), ("create", 1), ("list", 1)]);
    let said = text(&screen);
    assert!(said.contains("refused (2 times): ServiceAccount shop/robot delete pods `p`"), "{said}");
    assert!(said.contains("admission or the check against escalation"), "{said}");
}

/// A log without an event is no success, and no roles are written of it.
#[test]
fn a_log_without_an_event_says_so() {
    let received = with(event(1, ROBOT, "get", &object("pods", "p"), 200), "stage", json!("RequestReceived"));
    let folder = tempfile::tempdir().unwrap();
    let written = folder.path().join("least.yaml");
    let written = written.to_str().unwrap();
    for log in ["", "\n", "no event\n", "[]", "{\"kind\":\"EventList\",\"items\":[]}", &received.to_string()] {
        let (found, screen) = least_of(&[log], &["--write", written]);
        assert_eq!(screen.status.code(), Some(2), "{log}");
        assert!(text(&screen).contains("no event of it says how a request ended"), "{log}: {}", text(&screen));
        assert_eq!((&found["roles"], &found["proof"], &found["unused"]), (&Value::Null, &Value::Null, &Value::Null));
        assert!(!std::path::Path::new(written).exists());
    }
}

/// What takes long has an event when it begins to be answered, and one when it ends, if it ends.
#[test]
fn a_request_counts_once_whichever_events_it_has() {
    let ended = event(1, ROBOT, "watch", &object("configmaps", ""), 200);
    let begun = with(ended.clone(), "stage", json!("ResponseStarted"));
    let received = with(ended.clone(), "stage", json!("RequestReceived"));
    let exec = json!({"resource": "pods", "subresource": "exec", "namespace": "shop", "name": "p"});
    let exec = with(event(2, ROBOT, "create", &exec, 101), "stage", json!("ResponseStarted"));
    let other = with(event(3, ROBOT, "get", &object("pods", "p"), 200), "stage", json!("RequestReceived"));
    for events in [
        vec![received.clone(), begun.clone(), ended.clone(), exec.clone(), other.clone()],
        vec![exec.clone(), ended.clone(), other.clone(), begun.clone(), received.clone()],
        vec![other, begun, exec],
    ] {
        let (found, screen) = least(&events, &["--exact"]);
        let mut said = rules(&found);
        said.sort();
        assert_eq!(said, ["shop: configmaps watch", "shop: pods/exec create"]);
        assert_eq!(found["used"]["events"], 2);
        assert_eq!(found["used"]["unfinished"], 1);
        assert!(text(&screen).contains("the log does not say how 1 request ended"), "{}", text(&screen));
    }
}

/// Several servers write several logs, in any order, and clients may choose the id of their requests.
#[test]
fn logs_of_several_servers_are_put_together() {
    let at = |event: Value, time: &str| with(event, "requestReceivedTimestamp", json!(time));
    let one = at(event(1, ROBOT, "get", &object("secrets", "a"), 200), "2026-05-02T00:00:00.000000Z");
    let two = at(event(1, ROBOT, "get", &object("configmaps", "x"), 200), "2026-05-01T00:00:00.000000Z");
    let (found, _) = least_of(&[&format!("{one}\n"), &format!("{two}\n{one}\n")], &["--exact"]);
    assert_eq!(rules(&found), ["shop: configmaps, secrets get"]);
    assert_eq!(found["used"]["events"], 2);
    assert_eq!(found["used"]["first"], "2026-05-01T00:00:00.000000Z");
    assert_eq!(found["used"]["last"], "2026-05-02T00:00:00.000000Z");
}

#[test]
fn paths_are_asked_as_the_server_asks_them() {
    let path = |uri: &str| {
        let mut event = with(event(1, ROBOT, "get", &Value::Null, 200), "requestURI", json!(uri));
        event.as_object_mut().unwrap().remove("objectRef");
        event
    };
    let (found, _) = least(&[path("/custom%20metrics/a?verbose=1")], &[]);
    assert_eq!(rules(&found), [": \"/custom metrics/a\" get"]);
    // What every cluster gives needs no role.
    let (found, _) = least(&[path("/healthz?verbose=true")], &[]);
    assert_eq!(found["roles"], "");
    // The path of a resource is none that a rule may have, and a `*` would grant more than was used.
    for uri in ["/api/v1/namespaces/shop/pods", "/apis/apps/v1/deployments", "/a*", "no path", ""] {
        let (found, screen) = least(&[path(uri)], &[]);
        assert_eq!((found["used"]["unread"].as_u64(), screen.status.code()), (Some(1), Some(2)), "{uri}");
    }
    let wild = event(1, ROBOT, "get", &object("*", "x"), 404);
    assert_eq!(least(&[wild], &[]).0["used"]["unread"], 1);
}

/// The old rights minus the new.
#[test]
fn what_was_granted_and_not_used_is_listed() {
    let jane = |number, namespace: &str| {
        event(number, "jane", "get", &json!({"resource": "pods", "namespace": namespace, "name": "p"}), 200)
    };
    let scale = json!({"resource": "deployments", "apiGroup": "apps", "subresource": "scale", "namespace": "shop", "name": "d"});
    let events = [
        event(1, ROBOT, "get", &object("secrets", "a"), 200),
        event(2, ROBOT, "list", &object("configmaps", ""), 200),
        event(3, ROBOT, "patch", &scale, 200),
        jane(4, "shop"),
    ];
    let (found, screen) = least(&events, &[]);
    assert_eq!(screen.status.code(), Some(1));
    let said = text(&screen);
    let lines: Vec<&str> = said.lines().skip_while(|line| !line.starts_with("granted and not used")).skip(1).collect();
    let expected = [
        "  ServiceAccount shop/idle (nothing of it was used)",
        "    - get, list, patch, watch on configmaps in namespace `shop`",
        "    - get on secrets (only a, b) in namespace `shop`",
        "    - * on *.apps in namespace `shop`",
        "  ServiceAccount shop/robot (3 distinct requests)",
        "    - get, patch on configmaps in namespace `shop`",
        "    - get on secrets (only b) in namespace `shop`",
        "    ~ * on *.apps in namespace `shop`; used: patch deployments/scale.apps",
        "  Group developers (1 distinct request)",
        "    ~ get on pods in the whole cluster; used: in `shop`",
        "",
    ];
    assert_eq!(lines[..expected.len()], expected, "{said}");
    assert_eq!(found["unused"].as_array().unwrap().len(), 3);
    // Without the generalisation `watch` was not used either.
    let (_, exact) = least(&events, &["--exact"]);
    assert!(text(&exact).contains("- get, patch, watch on configmaps"), "{}", text(&exact));
}

/// Whoever needs no role, or has those of the cluster itself, is left out, and named.
#[test]
fn who_is_left_out_is_named() {
    let scheduler = event(1, "system:kube-scheduler", "get", &object("pods", "p"), 200);
    let admin = with(
        event(2, "kubernetes-admin", "get", &object("pods", "p"), 200),
        "user",
        json!({"username": "kubernetes-admin", "groups": ["system:masters", "system:authenticated"]}),
    );
    let (found, screen) = least(&[scheduler, admin], &[]);
    assert_eq!((&found["roles"], found["used"]["leftOut"].as_array().unwrap().len()), (&json!(""), 2));
    let said = text(&screen);
    assert!(said.contains("left out: User system:kube-scheduler (1 distinct request)"), "{said}");
    assert!(said.contains("members of `system:masters` need no role"), "{said}");
}
