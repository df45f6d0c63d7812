//! Clusters that are made up: roles, bindings, aggregations, users and groups.

use std::path::Path;

use model::inventory::Inventory;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

pub(crate) const USERS: [&str; 3] = ["ann", "bob", "system:serviceaccount:NS:builder"];
pub(crate) const GROUPS: [&str; 2] = ["dev", "system:serviceaccounts:NS"];
pub(crate) const VERBS: [&str; 6] = ["get", "list", "create", "delete", "escalate", "use"];
pub(crate) const RESOURCES: [&str; 8] =
    ["pods", "pods/log", "pods/exec", "deployments", "deployments/scale", "secrets", "nodes/proxy", "widgets"];
pub(crate) const PATHS: [&str; 6] = ["/healthz", "/healthz/etcd", "/metrics", "/", "/logs/a", "/healthzz"];

fn words(all: &'static [&'static str], wild: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    let mut known: Vec<&str> = all.to_vec();
    known.extend(wild);
    subsequence(known, 2..=3).prop_map(|words| words.into_iter().map(str::to_owned).collect())
}

/// A rule for resources, or for paths if the role is of the whole cluster.
pub(crate) fn rule(cluster: bool) -> impl Strategy<Value = Value> {
    let verbs = words(&VERBS, &["*"]);
    let resources = (
        verbs,
        words(&RESOURCES, &["*", "*/log", "*/scale", "pods/*", "*/*"]),
        words(&["", "apps"], &["*", "example.com", "*"]),
        prop_oneof![2 => Just(vec![]), 1 => subsequence(vec!["a", "b"], 1..=2)],
    );
    let resources = resources.prop_map(|(verbs, resources, groups, names)| {
        json!({"verbs": verbs, "resources": resources, "apiGroups": groups, "resourceNames": names})
    });
    let paths = (words(&["get", "post"], &["*"]), words(&PATHS, &["*", "/healthz/*", "/healthz*", "/logs/*"]));
    let paths = paths.prop_map(|(verbs, paths)| json!({"verbs": verbs, "nonResourceURLs": paths}));
    let weight = u32::from(cluster);
    if weight == 0 { resources.boxed() } else { prop_oneof![3 => resources, 1 => paths].boxed() }
}

/// Roles, bindings and aggregations; `NS` and `CASE` stand for what makes them this cluster's own.
pub(crate) fn cluster() -> impl Strategy<Value = Vec<Value>> {
    let rules = |cluster| prop::collection::vec(rule(cluster), 0..6);
    let roles = (rules(true), rules(true), rules(true), rules(false), rules(false));
    let subject = prop_oneof![
        select(USERS.to_vec())
            .prop_map(|name| json!({"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": name})),
        select(GROUPS.to_vec())
            .prop_map(|name| json!({"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": name})),
        Just(json!({"kind": "ServiceAccount", "name": "builder", "namespace": "NS"})),
    ];
    // The kind of the role, its name (the last one is nowhere), and whether the binding is of the whole cluster.
    let reference = select(vec![
        ("ClusterRole", "CASE-one"),
        ("ClusterRole", "CASE-two"),
        ("ClusterRole", "CASE-sum"),
        ("Role", "r1"),
        ("Role", "r2"),
        ("ClusterRole", "view"),
        ("Role", "nowhere"),
    ]);
    let binding = (reference, prop::collection::vec(subject, 0..4), any::<bool>());
    (roles, prop::collection::vec(binding, 2..9)).prop_map(|((one, two, sum, r1, r2), bindings)| {
        let api = "rbac.authorization.k8s.io/v1";
        let mut all = vec![
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "NS"}}),
            json!({"apiVersion": api, "kind": "ClusterRole", "metadata": {"name": "CASE-one", "labels": {"into": "CASE"}}, "rules": one}),
            json!({"apiVersion": api, "kind": "ClusterRole", "metadata": {"name": "CASE-two"}, "rules": two}),
            json!({"apiVersion": api, "kind": "ClusterRole", "metadata": {"name": "CASE-sum"}, "rules": sum,
                "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"into": "CASE"}}]}}),
            json!({"apiVersion": api, "kind": "Role", "metadata": {"name": "r1", "namespace": "NS"}, "rules": r1}),
            json!({"apiVersion": api, "kind": "Role", "metadata": {"name": "r2", "namespace": "NS"}, "rules": r2}),
        ];
        for (number, ((kind, role), subjects, of_cluster)) in bindings.into_iter().enumerate() {
            let of_cluster = of_cluster && kind == "ClusterRole";
            let kind_of_binding = if of_cluster { "ClusterRoleBinding" } else { "RoleBinding" };
            let mut metadata = json!({"name": format!("CASE-b{number}")});
            if !of_cluster {
                metadata["namespace"] = "NS".into();
            }
            let reference = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role});
            all.push(json!({"apiVersion": api, "kind": kind_of_binding, "metadata": metadata, "roleRef": reference, "subjects": subjects}));
        }
        all
    })
}

/// Makes a cluster, and users and groups, this case's own.
pub(crate) fn own(text: &str, case: usize) -> String {
    let named = text.replace("NS", &format!("ns{case}")).replace("CASE", &format!("case{case}"));
    ["ann", "bob", "dev"]
        .iter()
        .fold(named, |text, name| text.replace(&format!("\"{name}\""), &format!("\"{name}{case}\"")))
}

/// What we know of a cluster.
pub(crate) fn inventory(objects: &[Value]) -> Inventory {
    let documents: String = objects.iter().map(|object| format!("---\n{object}\n")).collect();
    let mut inventory = Inventory::default();
    manifests::load::load_bytes(Path::new("cluster"), documents.as_bytes(), &mut inventory, &|_, _, _| {});
    inventory
}
