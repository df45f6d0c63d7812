//! What is said of a cluster that is followed is, at every rest, what a scan of it says.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::server::{Server, until};

/// What is wrong: resource, control, fingerprint.
type Finding = (String, String, String);

/// The program, following.
struct Watch {
    process: Child,
    lines: Receiver<Value>,
    /// What was said to be wrong, and not to be gone.
    findings: BTreeSet<Finding>,
    not_observed: BTreeSet<String>,
    /// Lines since the last rest.
    said: Vec<Value>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

impl Watch {
    fn start(server: &Server, user: &str) -> Self {
        let mut program = server.program(user, &["scan", "--cluster", "--watch", "--output", "json", "--qps", "2000"]);
        let mut process = program.stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(process.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let line: Value = serde_json::from_str(&line).unwrap();
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let (findings, not_observed, said) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        let mut watch = Self { process, lines, findings, not_observed, said };
        watch.wait_for("that it is ready", |line| line["event"] == "ready");
        watch
    }

    fn take(&mut self, line: Value) {
        let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
        let finding = (text("resource"), text("control"), text("fingerprint"));
        match &*text("event") {
            // Nothing comes twice, and nothing goes that did not come.
            "finding" | "new" => assert!(self.findings.insert(finding), "{line}"),
            "gone" => assert!(self.findings.remove(&finding), "{line}"),
            "notObserved" => assert!(self.not_observed.insert(text("message")), "{line}"),
            "observed" => assert!(self.not_observed.remove(&text("message")), "{line}"),
            _ => {}
        }
        self.said.push(line);
    }

    fn wait_for(&mut self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(60));
            let line = line.unwrap_or_else(|error| panic!("{what}: {error}; last {:#?}", self.said.last()));
            let found = is_it(&line).then(|| line.clone());
            self.take(line);
            if let Some(found) = found {
                return found;
            }
        }
    }

    /// Waits until this is said of a control and a resource; returns how long it took the program.
    fn says(&mut self, event: &str, control: &str, resource: &str) -> u64 {
        let is_it = |line: &Value| line["event"] == event && line["control"] == control && line["resource"] == resource;
        self.wait_for(&format!("{event} {control} of {resource}"), is_it)["afterMs"].as_u64().unwrap()
    }

    /// Waits until a scan says the same, and returns what was said since the last rest.
    fn rest(&mut self, server: &Server, user: &str) -> Vec<Value> {
        until("following and scanning say the same", || {
            while let Ok(line) = self.lines.try_recv() {
                self.take(line);
            }
            let scanned = scan(server, user);
            let [only_scan, only_watch] = [scanned.difference(&self.findings), self.findings.difference(&scanned)];
            let (only_scan, only_watch): (Vec<_>, Vec<_>) = (only_scan.collect(), only_watch.collect());
            if only_scan.is_empty() && only_watch.is_empty() {
                return Ok(());
            }
            Err(format!("only the scan: {only_scan:#?}, only what was followed: {only_watch:#?}"))
        });
        std::mem::take(&mut self.said)
    }
}

/// What a scan says is wrong.
fn scan(server: &Server, user: &str) -> BTreeSet<Finding> {
    let said = server.run(user, &["scan", "--cluster", "--qps", "2000", "--output", "json"]).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut all = BTreeSet::new();
    for result in said["results"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|result| result["status"] == "fail" && result["umbrella"] != true)
    {
        for occurrence in result["occurrences"].as_array().unwrap() {
            if occurrence["standing"].as_str().is_none_or(|standing| standing == "open") {
                all.insert((text(&result["resource"]), text(&result["control"]), text(&occurrence["fingerprint"])));
            }
        }
    }
    all
}

fn changes(said: &[Value]) -> Vec<&Value> {
    said.iter().filter(|line| line["event"] == "new" || line["event"] == "gone").collect()
}

fn pod_spec(privileged: bool) -> Value {
    json!({"containers": [{"name": "c", "image": "registry.example/a:1", "securityContext": {"privileged": privileged}}]})
}

fn deployment(privileged: bool) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "followed"},
        "spec": {
            "replicas": 2, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": pod_spec(privileged)},
        },
    })
}

fn binding(name: &str) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": "builder", "namespace": "followed"}],
    })
}

fn definition() -> Value {
    let schema = json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": schema}],
        },
    })
}

#[test]
fn what_is_said_of_changes_is_what_a_scan_says_after_restarts_and_lost_history_too() {
    let Some(mut server) = Server::start(&[]) else { return };
    server.load_shop();
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "followed"}});
    server.load(&namespace.to_string());
    let mut watch = Watch::start(&server, "admin");
    watch.rest(&server, "admin");

    let object = "Deployment.apps/followed/web";
    server.load(&deployment(true).to_string());
    let mut waits = vec![watch.says("new", "privileged-container", object)];
    let path = "/apis/apps/v1/namespaces/followed/deployments/web";
    server.send("PUT", path, &deployment(false));
    waits.push(watch.says("gone", "privileged-container", object));
    watch.rest(&server, "admin");
    server.send("DELETE", path, &Value::Null);
    watch.says("gone", "image-not-pinned-to-digest", object);
    // What takes several objects.
    server.load(&binding("all-rights").to_string());
    waits.push(watch.says("new", "cluster-admin-bound", "ClusterRoleBinding.rbac.authorization.k8s.io/all-rights"));
    watch.rest(&server, "admin");

    // A kind that was not there, and an object of it that holds a pod.
    server.load(&definition().to_string());
    let widget = json!({
        "apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": "followed"},
        "spec": {"podTemplate": {"spec": pod_spec(true)}},
    });
    server.load(&widget.to_string());
    watch.says("new", "privileged-container", "Widget.example.com/followed/w");
    watch.rest(&server, "admin");

    // The server goes and comes back, and nothing has changed.
    server.command("restart");
    std::thread::sleep(Duration::from_secs(3));
    let said = watch.rest(&server, "admin");
    let changes: Vec<String> = changes(&said).iter().take(3).map(|line| line.to_string()).collect();
    assert!(changes.is_empty(), "{changes:#?}");
    server.load(&binding("after-restart").to_string());
    watch.says("new", "cluster-admin-bound", "ClusterRoleBinding.rbac.authorization.k8s.io/after-restart");

    // It comes back without its history, and something has changed.
    let version = server.send("GET", "/api/v1/namespaces", &Value::Null)["metadata"]["resourceVersion"].clone();
    for number in 0..20 {
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("m{number}"), "namespace": "followed"}});
        server.load(&map.to_string());
    }
    let path = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/after-restart";
    server.send("DELETE", path, &Value::Null);
    server.command("compact");
    server.command("restart");
    let old = format!("/api/v1/configmaps?watch=1&timeoutSeconds=2&resourceVersion={}", version.as_str().unwrap());
    let answer = server.requests(&[json!({"method": "GET", "path": old})]).remove(0);
    assert!(answer["status"] == 410 || answer["body"]["object"]["code"] == 410, "{answer}");
    watch.says("gone", "cluster-admin-bound", "ClusterRoleBinding.rbac.authorization.k8s.io/after-restart");
    server.send("DELETE", "/api/v1/namespaces/followed/configmaps/m0", &Value::Null);
    until("everything is observed again", || {
        watch.rest(&server, "admin");
        if watch.not_observed.is_empty() { Ok(()) } else { Err(format!("{:?}", watch.not_observed)) }
    });
    println!("following said what a scan says, at every rest; three changes were said {waits:?} ms after they came");
}
