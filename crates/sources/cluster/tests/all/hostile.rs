//! Servers that are slow, refuse, fail, forget and cut.

use std::time::{Duration, Instant};

use cluster::client::{Client, Limits, RequestError};
use cluster::kubeconfig::{Connection, Exec, User};
use cluster::lists::Scope;

use crate::server::{
    Answer, Answers, Server, config_maps, discovery, load, load_scope, load_within, names, not_seen, ok, status,
};

/// What comes of ConfigMaps that are answered so.
fn with(answers: Vec<Answer>) -> (Server, Vec<String>, Vec<String>) {
    let mut all = discovery();
    all.push(("/api/v1/configmaps", answers));
    let server = Server::new(all);
    let (inventory, _) = load(server.connection(), None);
    assert_eq!(inventory.complete, inventory.coverage.skipped.is_empty());
    (server, names(&inventory), not_seen(&inventory))
}

#[test]
fn pages_are_put_together_in_their_order() {
    let (server, names, skipped) = with(vec![ok(&config_maps(&["a", "b"], "t/1=")), ok(&config_maps(&["c"], ""))]);
    assert_eq!((names, skipped), (vec!["a".to_owned(), "b".to_owned(), "c".to_owned()], vec![]));
    let asked = server.asked.lock().unwrap();
    assert!(asked.iter().any(|(path, _)| path == "/api/v1/configmaps?limit=500&continue=t%2F1%3D"), "{asked:?}");
    assert!(asked.iter().all(|(_, authorization)| authorization == "bearer abc"), "{asked:?}");
}

#[test]
fn a_server_that_asks_for_patience_or_fails_at_first_is_asked_again() {
    for refusal in [
        status(429, "Retry-After: 0\r\n", "{}"),
        status(500, "", "{}"),
        status(503, "Retry-After: 0\r\n", "not JSON"),
        Answer::Cut(config_maps(&["x"; 2000], "")),
        Answer::Late(Duration::from_secs(2)),
    ] {
        let (server, names, skipped) = with(vec![refusal, ok(&config_maps(&["a"], ""))]);
        assert_eq!((names, skipped), (vec!["a".to_owned()], vec![]));
        assert_eq!(server.times("/api/v1/configmaps"), 2);
    }
}

#[test]
fn a_server_that_trickles_holds_one_kind_and_not_the_others() {
    let start = Instant::now();
    let mut all = discovery();
    all.retain(|(path, _)| *path != "/api/v1/pods");
    all.push(("/api/v1/configmaps", vec![ok(&config_maps(&["a"], ""))]));
    all.push(("/api/v1/pods", vec![Answer::Trickle]));
    let server = Server::new(all);
    let (inventory, _) = load(server.connection(), None);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    assert_eq!(names(&inventory), ["a"]);
    let [skipped] = &not_seen(&inventory)[..] else { panic!("{:?}", not_seen(&inventory)) };
    let expected = "not observed: `pods`: no whole answer to `GET /api/v1/pods?limit=500` in ";
    assert!(skipped.starts_with(expected) && skipped.ends_with("`--timeout` waits longer"), "{skipped}");
}

#[test]
fn a_server_that_asks_for_more_patience_than_there_is_does_not_get_it() {
    let start = Instant::now();
    let (server, _, skipped) = with(vec![status(429, "Retry-After: 86400\r\n", "{}")]);
    assert_eq!(skipped, ["not observed: `configmaps`: the server asks to come back in 24 h (429)"]);
    assert_eq!(server.times("/api/v1/configmaps"), 1);
    // What is asked for again and again is not got either.
    let (_, _, skipped) = with(vec![status(503, "Retry-After: 0\r\n", "{}")]);
    assert_eq!(skipped, ["not observed: `configmaps`: the server asks to come back in 0.0 s (503)"]);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn that_a_server_is_waited_for_is_said_once() {
    let wait = || vec![status(429, "Retry-After: 2\r\n", "{}"), ok(&config_maps(&["a"], ""))];
    let mut all = discovery();
    all.retain(|(path, _)| *path != "/api/v1/secrets");
    all.extend([("/api/v1/configmaps", wait()), ("/api/v1/secrets", wait())]);
    let server = Server::new(all);
    let (inventory, said) = load_within(Duration::from_secs(10), server.connection(), None);
    assert_eq!(not_seen(&inventory), Vec::<String>::new());
    assert_eq!(said, ["`test` asks for patience (429): it is asked again in 2 s"]);
}

#[test]
fn what_is_refused_is_named_and_nothing_is_asked_twice() {
    let (server, names, skipped) = with(vec![status(403, "", r#"{"message":"no"}"#)]);
    assert_eq!((names, skipped), (vec![], vec!["not observed: `configmaps`: forbidden".to_owned()]));
    assert_eq!(server.times("/api/v1/configmaps"), 1);
}

const FORBIDDEN: &str = r#"{"message":"no"}"#;

/// A server that lets ConfigMaps be listed in `a` and `c`, and not in `b` and not in all.
fn in_some_namespaces() -> Answers {
    let mut all = discovery();
    all.push(("/api/v1/configmaps", vec![status(403, "", FORBIDDEN)]));
    all.push(("/api/v1/namespaces/a/configmaps", vec![ok(&config_maps(&["x"], "n")), ok(&config_maps(&["y"], ""))]));
    all.push(("/api/v1/namespaces/b/configmaps", vec![status(403, "", FORBIDDEN)]));
    all.push(("/api/v1/namespaces/c/configmaps", vec![ok(&config_maps(&["z"], ""))]));
    all
}

/// The names, what was not seen, and whether that is all.
fn seen(answers: Answers, namespace: Option<&str>) -> (Server, Vec<String>, Vec<String>) {
    let server = Server::new(answers);
    let connection = Connection { namespace: namespace.map(str::to_owned), ..server.connection() };
    let (inventory, _) = load(connection, None);
    assert_eq!(inventory.complete, inventory.coverage.skipped.is_empty());
    (server, names(&inventory), not_seen(&inventory))
}

#[test]
fn what_is_forbidden_in_the_cluster_is_read_where_it_is_not() {
    let mut all = in_some_namespaces();
    all.push(("/api/v1/namespaces", vec![ok(&config_maps(&["a", "b", "c"], ""))]));
    let (_, names, skipped) = seen(all, None);
    assert_eq!(names, ["x", "y", "z"]);
    assert_eq!(skipped, ["not observed: `configmaps`: forbidden, except in `a`, `c`"]);
}

#[test]
fn all_namespaces_together_are_the_cluster() {
    let mut all = in_some_namespaces();
    all.push(("/api/v1/namespaces", vec![ok(&config_maps(&["c", "a"], ""))]));
    let (_, names, skipped) = seen(all, None);
    assert_eq!((names, skipped), (["z", "x", "y"].map(str::to_owned).to_vec(), vec![]));
}

#[test]
fn the_namespace_of_the_context_is_asked_where_namespaces_are_not_listed() {
    let mut all = in_some_namespaces();
    all.push(("/api/v1/namespaces", vec![status(403, "", FORBIDDEN)]));
    let (_, names, skipped) = seen(all, Some("c"));
    assert_eq!(names, ["z"]);
    assert_eq!(skipped, ["not observed: `configmaps`: forbidden, except in `c`"]);
}

/// A server of namespaces that may not be listed: `shop` may be got, and `other` may not.
fn namespaces_by_name() -> Answers {
    let namespaces = r#"{"name":"namespaces","kind":"Namespace","namespaced":false,"verbs":["list","watch"]}"#;
    let shop = r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop","labels":{"a":"b"}}}"#;
    let mut all = discovery();
    all.retain(|(path, _)| *path != "/api/v1");
    all.push(("/api/v1", vec![ok(&format!(r#"{{"resources":[{namespaces}]}}"#))]));
    all.push(("/api/v1/namespaces", vec![status(403, "", FORBIDDEN)]));
    all.push(("/api/v1/namespaces/shop", vec![ok(shop)]));
    all.push(("/api/v1/namespaces/other", vec![status(403, "", FORBIDDEN)]));
    all
}

#[test]
fn a_namespace_that_may_not_be_listed_is_got_by_its_name() {
    for (namespace, expected, skipped) in [
        ("shop", vec!["shop"], vec!["not observed: `namespaces`: forbidden, except in `shop`"]),
        ("other", vec![], vec!["not observed: `namespaces`: forbidden"]),
    ] {
        let (_, names, not_seen) = seen(namespaces_by_name(), Some(namespace));
        assert_eq!(
            (names, not_seen),
            (
                expected.iter().map(|name| (*name).to_owned()).collect(),
                skipped.iter().map(|text| (*text).to_owned()).collect()
            )
        );
    }
}

#[test]
fn a_namespace_that_is_asked_for_is_got_and_what_is_left_out_is_said() {
    for (namespace, expected, skipped) in [
        ("shop", vec!["shop"], vec![]),
        ("other", vec![], vec!["not observed: `namespaces` in `other`: forbidden"]),
        ("gone", vec![], vec!["nothing was found in namespace `gone`: is that its name?"]),
    ] {
        let server = Server::new(namespaces_by_name());
        let scope = Scope { namespaces: vec![namespace.to_owned()], ..Scope::default() };
        let inventory = load_scope(&server, &scope);
        let skipped: Vec<String> = skipped.iter().map(|text: &&str| (*text).to_owned()).collect();
        assert_eq!(names(&inventory), expected, "{namespace}");
        // One that is there and empty has at least an account; here there are no other kinds.
        let not_seen: Vec<String> = not_seen(&inventory)
            .into_iter()
            .filter(|text| namespace != "shop" || text.starts_with("not observed"))
            .collect();
        assert_eq!(not_seen, skipped, "{namespace}");
        let [note] = &inventory.coverage.notes[..] else { panic!("{:?}", inventory.coverage.notes) };
        let said = format!("only namespace `{namespace}` was looked at: not what is in others, nor what is in none");
        assert!(note.text.starts_with(&said) && !inventory.complete, "{}", note.text);
    }
}

#[test]
fn a_namespace_is_not_asked_for_what_the_server_says_that_it_refuses() {
    let rule = r#"{"verbs":["get"],"apiGroups":["*"],"resources":["*"]}"#;
    for (status_of_review, asked) in [
        (format!(r#"{{"resourceRules":[{rule}],"incomplete":false}}"#), 0),
        (format!(r#"{{"resourceRules":[{rule}],"incomplete":true}}"#), 1),
        (r#"{"resourceRules":[{"verbs":["list"],"apiGroups":[""],"resources":["*"]}]}"#.to_owned(), 1),
        (
            r#"{"resourceRules":[{"verbs":["*"],"apiGroups":[""],"resources":["configmaps"],"resourceNames":["x"]}]}"#
                .to_owned(),
            0,
        ),
    ] {
        let mut all = in_some_namespaces();
        all.push(("/api/v1/namespaces", vec![ok(&config_maps(&["c"], ""))]));
        let review = status(201, "", &format!(r#"{{"status":{status_of_review}}}"#));
        all.push(("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", vec![review]));
        let (server, _, skipped) = seen(all, None);
        assert_eq!(server.times("/api/v1/namespaces/c/configmaps"), asked, "{status_of_review}");
        assert_eq!(skipped.len(), 1 - asked, "{skipped:?}");
    }
}

#[test]
fn a_list_that_breaks_off_keeps_what_came_and_says_so() {
    let (_, names, skipped) =
        with(vec![ok(&config_maps(&["a"], "next")), status(400, "", r#"{"message":"odd\u001b[2J"}"#)]);
    assert_eq!(names, ["a"]);
    assert_eq!(skipped, ["not observed: `configmaps`: the server answers 400: odd[2J"]);
}

#[test]
fn a_forgotten_list_goes_on_where_the_server_says() {
    let gone = status(410, "", r#"{"metadata":{"continue":"later"}}"#);
    let (server, names, skipped) = with(vec![ok(&config_maps(&["a"], "next")), gone, ok(&config_maps(&["b"], ""))]);
    assert_eq!((names, skipped), (vec!["a".to_owned(), "b".to_owned()], vec![]));
    let asked = server.asked.lock().unwrap();
    assert!(asked.iter().any(|(path, _)| path.ends_with("continue=later")));
}

#[test]
fn a_forgotten_list_without_that_begins_anew_and_has_nothing_twice() {
    let again = vec![
        ok(&config_maps(&["a"], "next")),
        status(410, "", "{}"),
        ok(&config_maps(&["a", "b"], "more")),
        ok(&config_maps(&["c"], "")),
    ];
    let (_, names, skipped) = with(again);
    assert_eq!((names, skipped), (vec!["a".to_owned(), "b".to_owned(), "c".to_owned()], vec![]));
}

#[test]
fn items_that_are_no_objects_are_counted() {
    let (_, names, skipped) = with(vec![ok(r#"{"items":[{"metadata":{"name":"a"}},7,null]}"#)]);
    assert_eq!(names, ["a"]);
    assert_eq!(skipped, ["not observed: `configmaps`: 2 of its items are no objects"]);
}

#[test]
fn an_answer_that_is_no_list_is_no_empty_list() {
    for body in ["", "[]", "<html>", r#"{"items":7}"#, r#"{"items":["#] {
        let (_, names, skipped) = with(vec![ok(body)]);
        assert_eq!((names.len(), skipped.len()), (0, 1), "{body} {skipped:?}");
    }
}

/// What was not seen where the group's server is down.
fn with_group_down(group: &str) -> Vec<String> {
    let mut all = discovery();
    all.retain(|(path, _)| *path != "/apis");
    let groups =
        format!(r#"{{"kind":"APIGroupList","groups":[{{"name":"{group}","versions":[{{"version":"v1"}}]}}]}}"#);
    all.push(("/apis", vec![ok(&groups)]));
    let down = || vec![status(400, "", r#"{"message":"down"}"#)];
    all.extend([("/apis/example.com/v1", down()), ("/apis/metrics.k8s.io/v1", down())]);
    all.push(("/api/v1/configmaps", vec![ok(&config_maps(&["a"], ""))]));
    let (inventory, _) = load(Server::new(all).connection(), None);
    assert_eq!(names(&inventory), ["a"]);
    not_seen(&inventory)
}

#[test]
fn a_group_whose_server_is_down_is_named() {
    let expected = ["not observed: the kinds of `example.com/v1`: the server answers 400: down"];
    assert_eq!(with_group_down("example.com"), expected);
}

#[test]
fn that_measurements_are_not_there_costs_nothing() {
    assert_eq!(with_group_down("metrics.k8s.io"), Vec::<String>::new());
}

#[cfg(unix)]
fn plugin(folder: &std::path::Path, script: &str) -> Connection {
    use std::os::unix::fs::PermissionsExt as _;
    let command = folder.join("plugin");
    std::fs::write(&command, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&command, std::fs::Permissions::from_mode(0o755)).unwrap();
    let exec = Exec {
        api_version: "client.authentication.k8s.io/v1".to_owned(),
        command,
        arguments: vec!["--one".to_owned(), "t\u{1b}wo".to_owned()],
        environment: vec![("EXTRA".to_owned(), "yes".to_owned())],
        ..Exec::default()
    };
    Connection { name: "test".to_owned(), user: User { exec: Some(exec), ..User::default() }, ..Connection::default() }
}

#[cfg(unix)]
#[test]
fn a_plugin_is_announced_run_as_configured_and_run_again_when_its_token_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let count = folder.path().join("count");
    let script = format!(
        r#"echo "$@ $EXTRA" >> {0}
echo "{{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{{\"token\":\"t$(wc -l < {0} | tr -d ' ')\"}}}}""#,
        count.display()
    );
    let mut all = discovery();
    all.push(("/api/v1/configmaps", vec![status(401, "", "{}"), ok(&config_maps(&["a"], ""))]));
    let server = Server::new(all);
    let connection = Connection { server: server.address.clone(), ..plugin(folder.path(), &script) };
    let (inventory, said) = load(connection, None);
    assert_eq!(names(&inventory), ["a"]);
    assert_eq!(std::fs::read_to_string(&count).unwrap(), "--one t\u{1b}wo yes\n".repeat(2));
    assert_eq!(said.len(), 2);
    assert!(said[0].contains("plugin --one two`, which the kubeconfig names"), "{said:?}");
    assert!(server.asked.lock().unwrap().iter().any(|(_, authorization)| authorization == "bearer t2"));
}

#[cfg(unix)]
#[test]
fn a_plugin_that_says_the_same_again_is_not_asked_a_third_time_nor_at_all_if_it_was_never_believed() {
    let folder = tempfile::tempdir().unwrap();
    let count = folder.path().join("count");
    let token = r#"{"apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t"}}"#;
    let script = format!("echo run >> {}\necho '{token}'", count.display());
    let runs = || std::fs::read_to_string(&count).unwrap().lines().count();
    let refused = || vec![status(401, "", "{}")];
    let mut all = discovery();
    all.retain(|(path, _)| !["/api/v1/pods", "/api/v1/secrets"].contains(path));
    let lists = ["/api/v1/configmaps", "/api/v1/secrets", "/api/v1/pods"];
    all.extend(lists.map(|path| (path, refused())));
    let server = Server::new(all);
    let connection = Connection { server: server.address.clone(), ..plugin(folder.path(), &script) };
    let (inventory, _) = load(connection, None);
    assert_eq!((runs(), not_seen(&inventory).len()), (2, 3));

    std::fs::remove_file(&count).unwrap();
    let server = Server::new(vec![("/version", refused())]);
    let connection = Connection { server: server.address.clone(), ..plugin(folder.path(), &script) };
    let client = Client::new(connection, Limits::default(), &|_| {}).unwrap();
    assert!(matches!(cluster::discovery::discover(&client), Err(RequestError::Unauthorized)));
    assert_eq!((runs(), server.times("/version")), (1, 1));
}

#[cfg(unix)]
#[test]
fn a_plugin_that_fails_or_prints_something_else_is_an_error_without_what_it_printed() {
    let folder = tempfile::tempdir().unwrap();
    for script in ["exit 1", "echo s3cr3t", r#"echo '{"apiVersion":"v1","status":{"token":"s3cr3t"}}'"#] {
        let connection = Connection { server: "http://127.0.0.1:1".to_owned(), ..plugin(folder.path(), script) };
        let Err(error) = Client::new(connection, Limits::default(), &|_| {}) else { panic!("{script}") };
        assert!(matches!(error, RequestError::Credentials(_)) && !error.to_string().contains("s3cr3t"), "{error}");
    }
}

#[test]
fn an_object_as_large_as_etcd_takes_is_read_like_any_other() {
    let large = format!(
        r#"{{"metadata":{{"continue":""}},"items":[{{"metadata":{{"name":"large"}},"data":{{"all":"{}"}}}},{{"metadata":{{"name":"small"}}}}]}}"#,
        "x".repeat(1_500_000)
    );
    let (_, names, skipped) = with(vec![ok(&large)]);
    assert_eq!((names, skipped), (vec!["large".to_owned(), "small".to_owned()], Vec::new()));
}

#[test]
fn five_hundred_definitions_are_five_hundred_kinds() {
    let kinds = 500;
    let resource =
        |at: usize| format!(r#"{{"name":"kind{at}s","kind":"Kind{at}","namespaced":true,"verbs":["list","watch"]}}"#);
    let all: Vec<String> = (0..kinds).map(resource).collect();
    let groups = r#"{"kind":"APIGroupList","groups":[{"name":"example.com","versions":[{"groupVersion":"example.com/v1","version":"v1"}],"preferredVersion":{"groupVersion":"example.com/v1","version":"v1"}}]}"#;
    let list = |at: usize| ok(&format!(r#"{{"metadata":{{}},"items":[{{"metadata":{{"name":"o{at}"}}}}]}}"#));
    // What answers by path has its paths for as long as the test.
    let path = |at: usize| -> &'static str { Box::leak(format!("/apis/example.com/v1/kind{at}s").into_boxed_str()) };
    let mut answers = discovery();
    answers.retain(|(path, _)| *path != "/apis");
    answers.push(("/apis", vec![ok(groups)]));
    answers.push(("/apis/example.com/v1", vec![ok(&format!(r#"{{"resources":[{}]}}"#, all.join(",")))]));
    answers.push(("/api/v1/configmaps", vec![ok(r#"{"items":[]}"#)]));
    answers.extend((0..kinds).map(|at| (path(at), vec![list(at)])));
    let server = Server::new(answers);
    let (inventory, _) = load(server.connection(), None);
    assert_eq!((names(&inventory).len(), not_seen(&inventory)), (kinds, Vec::new()));
}
