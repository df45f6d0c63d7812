//! A user with exactly the role that `doctor` prints for a feature sees everything that the feature needs; without any
//! rule of it, something is not observed.

use serde_json::{Value, json};

use crate::server::{Said, Server, until};

const FEATURES: [&str; 5] = ["scan", "snapshot", "rbac", "network", "paths"];

/// What a user of the feature runs.
fn use_it(server: &Server, feature: &str) -> Said {
    let arguments: &[&str] = match feature {
        "scan" => &["scan", "--cluster", "--qps", "2000", "--output", "json"],
        "snapshot" => &["snapshot", "--qps", "2000", "--output", "of-a-role.snapshot"],
        "rbac" => &["rbac", "subjects", "--cluster", "--output", "json"],
        "network" => &["network", "list", "--cluster", "--output", "json"],
        _ => &["paths", "list", "--cluster", "--output", "json"],
    };
    server.run(feature, arguments)
}

fn role_path(feature: &str) -> String {
    format!("/apis/rbac.authorization.k8s.io/v1/clusterroles/plimsoll-{feature}")
}

/// Waits until the server answers by these rules, and returns what doctor says that `feature` lacks.
fn lacking(server: &Server, feature: &str, expected: &[String]) {
    until("the rights of the user", || {
        let said = server.run(feature, &["doctor", "--cluster", "--qps", "2000", "--output", "json"]).json();
        let missing = said["clusters"][0]["missing"].as_array().unwrap().iter();
        let missing = missing.filter(|one| one["features"].as_array().unwrap().iter().any(|name| name == feature));
        let mut names: Vec<String> = missing.map(|one| one["resource"].as_str().unwrap().to_owned()).collect();
        names.sort();
        if names == expected { Ok(()) } else { Err(format!("{feature} lacks {names:?}, not {expected:?}")) }
    });
}

#[test]
fn the_role_of_a_feature_is_enough_and_none_of_its_rules_is_too_much() {
    let Some(server) = Server::start(&FEATURES) else { return };
    server.load_shop();
    let mut runs = 0;
    for feature in FEATURES {
        let said = server.run("admin", &["doctor", "--cluster", "--role", feature]);
        assert_eq!(said.code, 0, "{}", said.err);
        server.load(&said.out);
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": format!("plimsoll-{feature}")},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": format!("plimsoll-{feature}")},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": feature}],
        });
        server.load(&binding.to_string());
        lacking(&server, feature, &[]);
        let said = use_it(&server, feature);
        assert!(said.code < 2, "{feature}: {}{}", said.out, said.err);

        let whole = server.send("GET", &role_path(feature), &Value::Null);
        for left_out in 0..whole["rules"].as_array().unwrap().len() {
            let mut role = whole.clone();
            role["metadata"] = json!({"name": whole["metadata"]["name"]});
            let rule = role["rules"].as_array_mut().unwrap().remove(left_out);
            server.send("PUT", &role_path(feature), &role);
            let names = rule["resources"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned());
            let mut names: Vec<String> = names.collect();
            names.sort();
            lacking(&server, feature, &names);
            let said = use_it(&server, feature);
            runs += 1;
            assert_eq!(said.code, 2, "{feature} without {rule}: {}", said.out);
            for name in names {
                let is_said = [format!("`{name}`"), format!("`{name}.")].iter().any(|name| {
                    said.out.contains(&format!("not observed: {name}"))
                        || said.err.contains(&format!("not observed: {name}"))
                });
                assert!(is_said, "{feature} without `{name}`: {}{}", said.out, said.err);
            }
        }
    }
    println!("5 roles are enough, and each of {runs} rules of them is needed");
}

#[test]
fn of_a_namespace_is_said_what_it_can_answer() {
    let Some(server) = Server::start(&["ann"]) else { return };
    server.load_shop();
    let namespace = "shop-of-ann";
    let group = "rbac.authorization.k8s.io";
    let rules = json!([{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get"]}]);
    for object in [
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}),
        json!({"apiVersion": format!("{group}/v1"), "kind": "Role", "metadata": {"name": "own", "namespace": namespace}, "rules": rules}),
        json!({
            "apiVersion": format!("{group}/v1"), "kind": "RoleBinding",
            "metadata": {"name": "own", "namespace": namespace},
            "roleRef": {"apiGroup": group, "kind": "Role", "name": "own"},
            "subjects": [{"apiGroup": group, "kind": "User", "name": "ann"}],
        }),
    ] {
        server.load(&object.to_string());
    }
    let asked = ["--cluster", "--qps", "2000", "-n", namespace, "--output", "json"];
    until("the right to get a namespace", || {
        let said = server.run("ann", &[&["doctor"], &asked[..]].concat()).json();
        let cluster = &said["clusters"][0];
        let missing = cluster["missing"].as_array().unwrap();
        let lacks_it =
            missing.iter().any(|one| one["resource"] == "namespaces" && one["list"]["everywhere"] == json!(false));
        let beyond: Vec<&Value> =
            cluster["features"].as_array().unwrap().iter().filter(|one| one["beyond"] == json!(true)).collect();
        let names: Vec<&str> = beyond.iter().map(|one| one["feature"].as_str().unwrap()).collect();
        assert_eq!(names, ["rbac", "network", "paths"]);
        if lacks_it { Err(format!("{missing:?}")) } else { Ok(()) }
    });
    let said = server.run("ann", &[&["scan"], &asked[..]].concat());
    let report = said.json();
    let resources = report["resources"].as_array().unwrap();
    assert!(resources.iter().all(|one| one["kind"] == "Namespace"), "{resources:?}");
    assert!(
        !said.out.contains("not observed: `namespaces`") && said.out.contains("not observed: `pods`"),
        "{}",
        said.out
    );
    let note = report["coverage"]["notes"][0]["text"].as_str().unwrap();
    assert!(note.contains("nor what is in none") && said.code == 2, "{note}");
}
