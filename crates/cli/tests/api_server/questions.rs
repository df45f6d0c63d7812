//! Every question about a cluster has one answer: that of the cluster, and that of its snapshot, byte for byte.

use crate::server::{Server, until};

const QUESTIONS: [&[&str]; 13] = [
    &["rbac", "can", "sa:payments/api", "get", "secrets", "-n", "payments"],
    &["rbac", "why", "group:system:masters", "delete", "nodes"],
    &["rbac", "who-can", "get", "secrets", "-n", "payments"],
    &["rbac", "who-can", "create", "pods/exec"],
    &["rbac", "subjects"],
    &["rbac", "subjects", "sa:payments/api"],
    &["rbac", "least-privilege"],
    &["network", "list"],
    &["network", "exposure"],
    &["network", "blast-radius", "payments/api"],
    &["paths", "list"],
    &["paths", "plan"],
    &["pod-security"],
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
            let live = server.run("admin", &[question, &["--output", "json"]].concat());
            let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_plimsoll"));
            let kept = program.args(question).args(["--output", "json", "--snapshot", &file]).output().unwrap();
            assert!(live.code < 3, "{question:?}: {}", live.err);
            let is_equal = live.out.as_bytes() == kept.stdout && Some(live.code) == kept.status.code();
            if is_equal { Ok(live) } else { Err(format!("{question:?}: {} {}", live.out.len(), kept.stdout.len())) }
        });
        assert!(answer.json().is_object(), "{question:?}");
        equal += 1;
    }
    println!("{equal} questions asked of a cluster and of its snapshot, {equal} equal");
}
