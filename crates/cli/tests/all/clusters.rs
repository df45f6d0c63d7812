//! Several clusters of one kubeconfig, of which some cannot be looked into.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use serde_json::Value;

use crate::program::Folder;

/// A cluster with one ConfigMap, for as long as somebody asks.
fn cluster() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream));
        }
    });
    port
}

fn answer(mut stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut request = String::new();
        if reader.read_line(&mut request).unwrap_or(0) == 0 {
            return;
        }
        let mut header = String::new();
        while reader.read_line(&mut header).unwrap_or(0) > 2 {
            header.clear();
        }
        let path = request.split(' ').nth(1).unwrap_or_default();
        let (code, body) = match path.split('?').next().unwrap_or_default() {
            "/version" => (200, r#"{"major":"1","minor":"34","gitVersion":"v1.34.0"}"#),
            "/api" => (200, r#"{"kind":"APIVersions","versions":["v1"]}"#),
            "/apis" => (200, r#"{"kind":"APIGroupList","apiVersion":"v1","groups":[]}"#),
            "/api/v1" => (
                200,
                r#"{"kind":"APIResourceList","groupVersion":"v1","resources":[{"name":"configmaps","singularName":"configmap","namespaced":true,"kind":"ConfigMap","verbs":["get","list","watch"]}]}"#,
            ),
            "/api/v1/configmaps" => (
                200,
                r#"{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"web","namespace":"shop"},"data":{"a":"b"}}]}"#,
            ),
            _ => (404, r#"{"kind":"Status","apiVersion":"v1","status":"Failure","code":404}"#),
        };
        let head =
            format!("HTTP/1.1 {code} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
        if stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).is_err() {
            return;
        }
    }
}

fn kubeconfig(contexts: &[(&str, &str)]) -> String {
    let mut text = "apiVersion: v1\nkind: Config\nusers: [{name: u, user: {token: t}}]\nclusters:\n".to_owned();
    for (name, server) in contexts {
        text += &format!("- {{name: {name}, cluster: {{server: '{server}'}}}}\n");
    }
    text += "contexts:\n";
    for (name, _) in contexts {
        text += &format!("- {{name: {name}, context: {{cluster: {name}, user: u}}}}\n");
    }
    text + "- {name: lost, context: {cluster: nowhere, user: u}}\n"
}

#[test]
fn a_cluster_that_cannot_be_looked_into_costs_no_other() {
    let good = format!("http://127.0.0.1:{}", cluster());
    let folder = Folder::new(&[("config", &kubeconfig(&[("closed", "http://127.0.0.1:1"), ("open", &good)]))]);
    let said = folder.run(&["scan", "--all-contexts", "--kubeconfig", "config", "--output", "json"]);
    assert_eq!(said.code, 2, "{}{}", said.out, said.err);
    let report: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(report["coverage"]["resources"], 1);
    let skipped = report["coverage"]["skipped"].as_array().unwrap();
    for name in ["closed", "lost"] {
        let is_said = |entry: &Value| entry["path"] == name && entry["kind"] == "unavailable";
        assert!(skipped.iter().any(is_said), "{name}: {skipped:?}");
    }
}

#[test]
fn where_no_cluster_can_be_looked_into_each_is_named() {
    let folder = Folder::new(&[("config", &kubeconfig(&[("closed", "http://127.0.0.1:1")]))]);
    let said = folder.run(&["scan", "--all-contexts", "--kubeconfig", "config"]);
    assert!(said.code != 0 && said.code != 1, "{}", said.code);
    assert!(said.err.contains("`closed`") && said.err.contains("`lost`"), "{}", said.err);
}

#[test]
fn what_selects_nothing_is_refused_before_anything_is_asked() {
    // Who asks this cluster waits for an error of another sort.
    let folder = Folder::new(&[("config", &kubeconfig(&[("closed", "http://127.0.0.1:1")]))]);
    let cluster = ["--kubeconfig", "config", "--context", "closed"];
    for (command, arguments, expected) in [
        ("scan", ["-n", ""], "`--namespace ''` names no namespace"),
        ("scan", ["-n", "shop,Not_A_Label"], "`--namespace Not_A_Label` names no namespace"),
        ("scan", ["-l", "a in ("], "`--selector a in (` is no label selector: `,` or `)` is expected at character 7"),
        ("snapshot", ["-l", "a b"], "`--selector a b` is no label selector"),
        ("doctor", ["-n", "-x"], "`--namespace -x` names no namespace"),
        ("scan", ["--qps", "NaN"], "a number above 0 is expected"),
    ] {
        let given = arguments.map(str::to_owned);
        let joined = if given[1].starts_with('-') { vec![given.concat()] } else { given.to_vec() };
        let joined: Vec<&str> = joined.iter().map(String::as_str).collect();
        let said = folder.run(&[&[command], &cluster[..], &joined].concat());
        assert_eq!(said.code, 3, "{command} {arguments:?} {}", said.err);
        assert!(said.err.contains(expected), "{}", said.err);
    }
}

#[test]
fn a_snapshot_is_read_however_it_is_named() {
    let good = format!("http://127.0.0.1:{}", cluster());
    let folder = Folder::new(&[("config", &kubeconfig(&[("open", &good)]))]);
    let said = folder.run(&["snapshot", "--kubeconfig", "config", "--context", "open", "-o", "a.snapshot"]);
    assert_eq!(said.code, 0, "{}", said.err);
    for output in ["json", "text"] {
        let by_path = folder.run(&["scan", "a.snapshot", "--output", output]);
        let by_flag = folder.run(&["scan", "--snapshot", "a.snapshot", "--output", output]);
        assert_eq!((by_path.code, by_path.out), (by_flag.code, by_flag.out));
        assert_eq!(by_path.code, 0, "{}", by_path.err);
    }
    for command in ["pod-security", "baseline"] {
        let arguments: &[&str] = if command == "baseline" { &["write", "a.snapshot"] } else { &["a.snapshot"] };
        let said = folder.run(&[&[command], arguments].concat());
        assert_eq!(said.code, 0, "{command} {} {}", said.out, said.err);
    }
}
