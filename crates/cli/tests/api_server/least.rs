//! Roles that come of the audit log of a real server: with them alone, what was done can be done again.

use serde_json::{Value, json};

use crate::server::{Server, until};

const BEFORE: &str = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: before-applier}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: admin}
subjects: [{kind: User, name: applier, apiGroup: rbac.authorization.k8s.io}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: before-actor}
rules:
  - {apiGroups: ['', authentication.k8s.io], resources: ['*'], verbs: [impersonate]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: before-actor}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: before-actor}
subjects: [{kind: User, name: actor, apiGroup: rbac.authorization.k8s.io}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: before-constrained}
rules:
  - {apiGroups: ['authentication.k8s.io'], resources: [users, groups, uids, userextras/example.com/team], verbs: ['impersonate:user-info']}
  - {apiGroups: [''], resources: [pods], verbs: ['impersonate-on:user-info:list']}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: before-constrained}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: before-constrained}
subjects: [{kind: User, name: constrained, apiGroup: rbac.authorization.k8s.io}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: before-jane, namespace: default}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}]
";

const BINDINGS: [&str; 4] = [
    "clusterrolebindings/before-applier",
    "clusterrolebindings/before-actor",
    "clusterrolebindings/before-constrained",
    "namespaces/default/rolebindings/before-jane",
];

/// Who does what. Every one of them succeeds, and changes what the next run finds only where it is undone.
fn requests() -> Vec<(&'static str, Value)> {
    let apply = json!({"Content-Type": ["application/apply-patch+yaml"]});
    let applied = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied"}});
    let lease = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "put"}});
    let header = json!({
        "Impersonate-User": ["jane"], "Impersonate-Uid": ["42"], "Impersonate-Group": ["ops"],
        "Impersonate-Extra-Example.com%2fteam": ["a"],
    });
    let pods = "/api/v1/namespaces/default/pods";
    vec![
        (
            "applier",
            json!({"method": "PATCH", "path": "/api/v1/namespaces/default/configmaps/applied?fieldManager=test",
                   "body": applied, "header": apply}),
        ),
        ("applier", json!({"method": "GET", "path": "/api/v1/namespaces/default"})),
        (
            "applier",
            json!({"method": "GET", "path": "/api/v1/namespaces/default/secrets?fieldSelector=metadata.name=x"}),
        ),
        (
            "applier",
            json!({"method": "PUT", "path": "/apis/coordination.k8s.io/v1/namespaces/default/leases/put", "body": lease}),
        ),
        ("actor", json!({"method": "GET", "path": pods, "header": header})),
        ("actor", json!({"method": "GET", "path": "/version", "as": "system:serviceaccount:default:default"})),
        ("constrained", json!({"method": "GET", "path": pods, "header": header})),
    ]
}

fn statuses(server: &Server) -> Vec<u64> {
    for path in
        ["/api/v1/namespaces/default/configmaps/applied", "/apis/coordination.k8s.io/v1/namespaces/default/leases/put"]
    {
        server.requests(&[json!({"method": "DELETE", "path": path})]);
    }
    let answer = |(user, request): (&str, Value)| server.requests_of(user, &[request]).remove(0);
    let answers: Vec<Value> = requests().into_iter().map(answer).collect();
    answers.iter().map(|answer| answer["status"].as_u64().unwrap()).collect()
}

#[test]
fn what_was_done_can_be_done_with_the_roles_of_the_log_alone() {
    let users = ["applier", "actor", "constrained"];
    let Some(server) = Server::start_with(&users, &["--audit"]) else { return };
    server.load(BEFORE);
    let expected = [201, 200, 200, 201, 200, 200, 200];
    until("the rights are there", || {
        let said = statuses(&server);
        if said == expected { Ok(()) } else { Err(format!("{said:?}")) }
    });
    let folder = tempfile::tempdir().unwrap();
    let written = folder.path().join("least.yaml");
    let mut question = vec!["rbac", "least-privilege", "--output", "json", "--audit", server.audit_log()];
    question.extend(["--names", "--exact", "--write", written.to_str().unwrap()]);
    let said = server.run("admin", &[&question[..], &["--cluster"]].concat());
    let least = said.json()["leastPrivilege"].clone();
    let (allowed, asked) = (least["proof"]["allowed"].as_u64().unwrap(), least["proof"]["requests"].as_u64().unwrap());
    assert!(allowed == asked && asked > 10, "{}", least["proof"]);
    for binding in BINDINGS {
        server.send("DELETE", &format!("/apis/rbac.authorization.k8s.io/v1/{binding}"), &json!({}));
    }
    until("the old rights are gone", || {
        let said = statuses(&server);
        if said.iter().all(|status| *status == 403) { Ok(()) } else { Err(format!("{said:?}")) }
    });
    server.load(&std::fs::read_to_string(&written).unwrap());
    let again = until("the new rights are there", || {
        let said = statuses(&server);
        if said == expected { Ok(said) } else { Err(format!("{said:?}\n{}", least["roles"].as_str().unwrap())) }
    });
    println!("{} requests done with the roles of the log alone, {} as before", again.len(), expected.len());
}
