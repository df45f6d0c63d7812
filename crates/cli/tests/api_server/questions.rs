//! Every question about a cluster has one answer: that of the cluster, and that of its snapshot, byte for byte.

use serde_json::{Value, json};

use crate::server::{Server, until};

const QUESTIONS: [&[&str]; 18] = [
    &["rbac", "can", "sa:payments/api", "get", "secrets", "-n", "payments", "--output", "json"],
    &["rbac", "why", "group:system:masters", "delete", "nodes", "--output", "json"],
    &["rbac", "who-can", "get", "secrets", "-n", "payments", "--output", "json"],
    &["rbac", "who-can", "create", "pods/exec", "--output", "json"],
    &["rbac", "subjects", "--output", "json"],
    &["rbac", "subjects", "sa:payments/api", "--output", "json"],
    &["rbac", "matrix", "--format", "json"],
    &["rbac", "matrix", "--format", "csv", "--all"],
    &["rbac", "graph", "--format", "json"],
    &["rbac", "graph", "--format", "svg"],
    &["rbac", "least-privilege", "--output", "json"],
    &["network", "list", "--output", "json"],
    &["network", "explain", "storefront/web", "payments/api", "8080", "--output", "json"],
    &["network", "exposure", "--output", "json"],
    &["network", "blast-radius", "payments/api", "--output", "json"],
    &["paths", "list", "--output", "json"],
    &["paths", "plan", "--output", "json"],
    &["pod-security", "--output", "json"],
];

#[test]
fn a_cluster_and_its_snapshot_answer_alike() {
    let Some(server) = Server::start(&[]) else { return };
    server.load_shop();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.snapshot").to_string_lossy().into_owned();
    let mut equal = 0;
    for question in QUESTIONS {
        let answer = until("the cluster comes to rest", || {
            let taken = server.run("admin", &["snapshot", "--qps", "2000", "--output", &file]);
            assert_eq!(taken.code, 0, "{}", taken.err);
            let live = server.run("admin", question);
            let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_plimsoll"));
            let kept = program.args(question).args(["--snapshot", &file]).output().unwrap();
            assert!(live.code < 3, "{question:?}: {}", live.err);
            let is_equal = live.out.as_bytes() == kept.stdout && Some(live.code) == kept.status.code();
            if is_equal { Ok(live) } else { Err(format!("{question:?}: {} {}", live.out.len(), kept.stdout.len())) }
        });
        let is_json = question.last() == Some(&"json");
        assert!(!answer.out.is_empty() && (!is_json || answer.json().is_object()), "{question:?}");
        equal += 1;
    }
    println!("{equal} questions asked of a cluster and of its snapshot, {equal} equal");
}

#[test]
fn two_snapshots_differ_in_what_was_changed_between_them() {
    let Some(server) = Server::start(&[]) else { return };
    server.load_shop();
    let folder = tempfile::tempdir().unwrap();
    let [before, after] = ["before", "after"].map(|name| folder.path().join(name).to_string_lossy().into_owned());
    let take = |file: &str| assert_eq!(server.run("admin", &["snapshot", "--qps", "2000", "--output", file]).code, 0);
    let program = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_plimsoll")).args(arguments).output().unwrap();
        let said: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
        (output.status.code(), said)
    };
    take(&before);
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {"name": "visitors", "namespace": "payments"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "visitor"}],
    });
    let policy = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": "nobody", "namespace": "storefront"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
    });
    server.load(&format!("{binding}\n---\n{policy}"));
    take(&after);
    let (code, same) = program(&["rbac", "diff", &before, &before, "--output", "json"]);
    assert_eq!((code, same["changes"].as_array().map(Vec::len)), (Some(0), Some(0)));
    let (code, said) = program(&["rbac", "diff", &before, &after, "--output", "json"]);
    assert_eq!(code, Some(1), "somebody gains rights");
    let changed: Vec<&Value> =
        said["changes"].as_array().unwrap().iter().map(|change| &change["subject"]["name"]).collect();
    assert_eq!(changed, ["visitor"]);
    let (_, back) = program(&["rbac", "diff", &after, &before, "--output", "json"]);
    assert_eq!(back["changes"][0]["lost"], said["changes"][0]["gained"]);
    // A policy that refuses everything makes no connection new.
    let (code, _) = program(&["network", "diff", &before, &after, "--fail-on-new", "--output", "json"]);
    assert_eq!(code, Some(0));
    let (code, _) = program(&["network", "diff", &after, &before, "--fail-on-new", "--output", "json"]);
    assert_eq!(code, Some(1), "what it refused is new without it");
}
