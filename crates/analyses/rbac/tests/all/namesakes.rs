//! Several roles of one name: which one a cluster has in the end is not known, so that none hides another; and roles that
//! have the name of one that every API server makes, to which it adds what is missing.

use rbac::{Config, Evaluator, Identity};

use super::setup::{binding, inventory, request, role};

const READS: &str = "apiGroups: [''], resources: [secrets], verbs: [get]";
const LISTS: &str = "apiGroups: [''], resources: [pods], verbs: [list]";

/// Whether `u` may do each of these.
fn assert_can(yaml: &str, expected: &[(&str, bool)]) {
    let inventory = inventory(yaml);
    let evaluator = Evaluator::new(&inventory, &Config::default());
    for (asked, is) in expected {
        assert_eq!(evaluator.allows(&Identity::parse("u"), &request(asked)), *is, "{asked}\n{yaml}");
    }
}

#[test]
fn none_of_one_name_hides_another() {
    let bound = binding("b", "ClusterRole/r", "kind: User, name: u");
    for yaml in [role("r", READS) + &bound + &role("r", LISTS), role("r", LISTS) + &role("r", READS) + &bound] {
        assert_can(&yaml, &[("get secrets", true), ("list pods", true), ("delete pods", false)]);
    }
    let apart = role("a/r", READS) + &role("b/r", LISTS) + &binding("b/b", "Role/r", "kind: User, name: u");
    assert_can(&apart, &[("list pods -n b", true), ("get secrets -n b", false), ("get secrets -n a", false)]);
}

#[test]
fn that_they_differ_is_told() {
    let colliding = |yaml: &str| {
        let inventory = inventory(yaml);
        let evaluator = Evaluator::new(&inventory, &Config::default());
        let names = evaluator.colliding().map(|id| evaluator.text(evaluator.role(id).name));
        names.collect::<Vec<_>>()
    };
    assert_eq!(colliding(&(role("r", READS) + &role("r", LISTS))), ["r"]);
    assert!(colliding(&(role("r", READS) + &role("r", READS))).is_empty());
    assert!(colliding(&(role("a/r", READS) + &role("r", LISTS))).is_empty());
    assert_eq!(colliding(&role("cluster-admin", READS)), ["cluster-admin"]);
}

#[test]
fn a_role_of_a_shipped_name_has_what_is_shipped_too() {
    let bound = |name: &str| binding("b", &format!("ClusterRole/{name}"), "kind: User, name: u");
    assert_can(&(role("cluster-admin", LISTS) + &bound("cluster-admin")), &[("delete nodes", true)]);
    let node = role("system:node-problem-detector", READS) + &bound("system:node-problem-detector");
    assert_can(&node, &[("get secrets", true), ("get nodes", true)]);
    // What is aggregated is put in the place of what is written.
    let view = role("view", READS) + &bound("view");
    assert_can(&view, &[("get secrets -n a", false), ("list pods -n a", true)]);
}

#[test]
fn what_a_server_leaves_alone_is_as_it_is_written() {
    let bound = binding("b", "ClusterRole/cluster-admin", "kind: User, name: u");
    for kept in ["annotations: {rbac.authorization.kubernetes.io/autoupdate: 'false'}", "uid: 5d0c"] {
        let role = role("cluster-admin", LISTS).replace("metadata: {", &format!("metadata: {{{kept}, "));
        assert_can(&(role + &bound), &[("list pods", true), ("delete nodes", false)]);
    }
}

#[test]
fn a_binding_of_a_shipped_name_names_whom_the_shipped_one_names_too() {
    let other = binding("system:kube-scheduler", "ClusterRole/system:kube-scheduler", "kind: User, name: u");
    let inventory = inventory(&other);
    let evaluator = Evaluator::new(&inventory, &Config::default());
    for user in ["u", "system:kube-scheduler"] {
        assert!(evaluator.allows(&Identity::parse(user), &request("create pods/binding -n a")), "{user}");
    }
}
