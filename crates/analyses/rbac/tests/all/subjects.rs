//! Subjects, bindings, and what is not known. Source: `pkg/registry/rbac/validation/rule.go`.

use crate::setup::*;
use rbac::{Config, Decision, Evaluator, Identity, Request, SubjectKey, Unknown};

const READ: &str = "verbs: [get], apiGroups: [''], resources: [secrets]";

fn bound(name: &str, subjects: &str) -> String {
    role("r", READ) + &binding(name, "ClusterRole/r", subjects)
}

#[test]
fn users_are_exact() {
    let yaml = bound("b", "kind: User, name: Alice\nkind: User, name: '*'");
    assert!(can(&yaml, "Alice", "get secrets"));
    assert!(!can(&yaml, "alice", "get secrets"));
    assert!(can(&yaml, "*", "get secrets") && !can(&yaml, "bob", "get secrets"));
}

#[test]
fn a_service_account_is_the_user_of_its_name() {
    let yaml = bound("b", "kind: User, name: 'system:serviceaccount:a:robot'");
    assert!(can(&yaml, "sa:a/robot", "get secrets") && !can(&yaml, "sa:b/robot", "get secrets"));
    let yaml = bound("b", "kind: ServiceAccount, name: robot, namespace: a");
    assert!(can(&yaml, "system:serviceaccount:a:robot", "get secrets -n x"));
    assert!(!can(&yaml, "robot", "get secrets"));
}

#[test]
fn the_namespace_of_an_account_is_that_of_the_binding_where_none_is_written() {
    let yaml = bound("a/b", "kind: ServiceAccount, name: robot");
    assert!(can(&yaml, "sa:a/robot", "get secrets -n a") && !can(&yaml, "sa:b/robot", "get secrets -n a"));
    assert!(!can(&bound("b", "kind: ServiceAccount, name: robot"), "sa:default/robot", "get secrets"));
    let other = bound("a/b", "kind: ServiceAccount, name: robot, namespace: b");
    assert!(can(&other, "sa:b/robot", "get secrets -n a") && !can(&other, "sa:b/robot", "get secrets -n b"));
}

#[test]
fn groups_are_expanded() {
    let group = |name: &str| bound("b", &format!("kind: Group, name: '{name}'"));
    let table = [
        ("system:serviceaccounts", "sa:a/x", true),
        ("system:serviceaccounts:a", "sa:a/x", true),
        ("system:serviceaccounts:a", "sa:b/x", false),
        ("system:authenticated", "sa:a/x", true),
        ("system:authenticated", "bob", true),
        ("system:authenticated", "system:anonymous", false),
        ("system:unauthenticated", "system:anonymous", true),
        ("system:unauthenticated", "bob", false),
        ("system:nodes", "system:node:n1", true),
        ("system:nodes", "bob", false),
        ("devs", "group:devs", true),
        ("system:authenticated", "group:devs", true),
        ("system:serviceaccounts", "group:system:serviceaccounts:a", true),
    ];
    for (name, who, expected) in table {
        assert_eq!(can(&group(name), who, "get secrets"), expected, "{name} for {who}");
    }
}

#[test]
fn members_of_masters_are_allowed_before_rbac_is_asked() {
    assert!(can(&role("r", READ), "group:system:masters", "delete nodes"));
    let inventory = inventory(&role("r", READ));
    let answer = Evaluator::new(&inventory, &Config::default())
        .can(&Identity::user("bob", &["system:masters".to_owned()]), &Request::path("get", "/"));
    assert!(answer.outside.is_some());
}

#[test]
fn a_role_is_of_the_namespace_of_its_binding() {
    let yaml = role("a/r", READ) + &binding("b/b", "Role/r", "kind: User, name: u");
    assert_user(&yaml, &[], &["get secrets -n a", "get secrets -n b"]);
    let yaml = role("a/r", READ) + &binding("a/b", "Role/r", "kind: User, name: u");
    assert_user(&yaml, &["get secrets -n a"], &["get secrets -n b", "get secrets"]);
    // A ClusterRoleBinding to a Role is not valid.
    assert_user(&(role("default/r", READ) + &binding("b", "Role/r", "kind: User, name: u")), &[], &["get secrets"]);
}

#[test]
fn a_role_that_does_not_exist_grants_nothing_and_one_that_was_not_seen_is_not_known() {
    let yaml = binding("b", "ClusterRole/nowhere", "kind: User, name: u");
    let mut inventory = inventory(&yaml);
    let ask = |inventory: &_| {
        Evaluator::new(inventory, &Config::default()).can(&Identity::parse("u"), &request("get secrets"))
    };
    assert_eq!(ask(&inventory).decision, Decision::NoOpinion);
    inventory.complete = false;
    let answer = ask(&inventory);
    assert_eq!(answer.decision, Decision::Unknown);
    assert!(matches!(answer.unknown[..], [Unknown::Role(_)]));
    let other = Evaluator::new(&inventory, &Config::default()).can(&Identity::parse("v"), &request("get secrets"));
    assert_eq!(other.decision, Decision::NoOpinion);
}

#[test]
fn built_in_roles_and_bindings_are_known() {
    let yaml = binding("a/b", "ClusterRole/edit", "kind: User, name: u")
        + &binding("c", "ClusterRole/view", "kind: User, name: v");
    let inventory = inventory(&yaml);
    let evaluator = Evaluator::new(&inventory, &Config::default());
    let can = |who: &str, what: &str| evaluator.allows(&Identity::parse(who), &request(what));
    // `edit` is every ServiceAccount of the namespace.
    for what in ["get secrets", "create pods/exec", "create serviceaccounts/token", "impersonate serviceaccounts"] {
        assert!(can("u", &format!("{what} -n a")), "{what}");
        assert!(!can("u", &format!("{what} -n b")), "{what}");
    }
    assert!(!can("u", "create rolebindings.rbac.authorization.k8s.io -n a"));
    assert!(can("v", "list pods -n x") && !can("v", "list secrets -n x"));
    assert!(can("bob", "create selfsubjectaccessreviews.authorization.k8s.io") && can("bob", "get /healthz"));
    assert!(can("system:anonymous", "get /healthz") && !can("system:anonymous", "get /api"));
    assert!(can("system:kube-scheduler", "create pods/binding -n x"));
    assert!(can("sa:kube-system/generic-garbage-collector", "delete pods -n x"));
}

/// A server that starts gives the roles it ships what they lack: rules, and what is aggregated into them, which takes the
/// place of rules. Source: `ReconcileRoleOptions` and the controller of aggregated roles.
#[test]
fn an_object_of_the_input_hides_no_built_in_role_of_its_name() {
    let yaml = role("view", READ)
        + &role("cluster-admin", READ)
        + &binding("b", "ClusterRole/view", "kind: User, name: u")
        + &binding("c", "ClusterRole/cluster-admin", "kind: User, name: v");
    let inventory = inventory(&yaml);
    let evaluator = Evaluator::new(&inventory, &Config::default());
    let can = |who: &str, what: &str| evaluator.allows(&Identity::parse(who), &request(what));
    assert!(can("u", "get pods") && !can("u", "get secrets"));
    assert!(can("v", "get secrets") && can("v", "delete nodes"));
}

#[test]
fn who_can_names_every_subject_with_what_grants_it() {
    let yaml = role("r", READ)
        + &role("a/s", READ)
        + &binding("b", "ClusterRole/r", "kind: User, name: u\nkind: Group, name: devs")
        + &binding("a/c", "Role/s", "kind: ServiceAccount, name: robot\nkind: User, name: u");
    let inventory = inventory(&yaml);
    let evaluator = Evaluator::new(&inventory, &Config { assume_built_in: false, ..Config::default() });
    let names = |asked: &str| -> Vec<String> {
        let found = evaluator.who_can(&request(asked));
        found.iter().map(|(subject, grants)| format!("{} {}", evaluator.describe(*subject).1, grants.len())).collect()
    };
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    assert_eq!(sorted(names("get secrets")), ["devs 1", "system:masters 0", "u 1"]);
    assert_eq!(sorted(names("get secrets -n a")), ["a/robot 1", "devs 1", "system:masters 0", "u 2"]);
    assert_eq!(sorted(names("list secrets -n a")), ["system:masters 0"]);
    let key = SubjectKey::User(inventory.symbols.intern("u"));
    let grant = evaluator.who_can(&request("get secrets"))[&key][0];
    let (resource, place) = evaluator.place_of_rule(evaluator.role(grant.role).rules[grant.rule as usize]).unwrap();
    assert_eq!(evaluator.text(inventory.resource(resource).name), "r");
    assert_eq!(evaluator.text(place.field), "rules[0]");
}

#[test]
fn kubelets_are_answered_by_the_node_authorizer() {
    let inventory = inventory(&role("r", READ));
    let evaluator = Evaluator::new(&inventory, &Config::default());
    let ask = |asked: &str| evaluator.can(&Identity::parse("system:node:n1"), &request(asked)).decision;
    assert_eq!(ask("get secrets -n a --name x"), Decision::Unknown);
    assert_eq!(ask("list secrets -n a"), Decision::NoOpinion);
    // Its own pods, which a field selector or the pod says.
    assert_eq!(ask("list pods"), Decision::NoOpinion);
    assert_eq!(ask("get pods -n a --name p"), Decision::Unknown);
    assert_eq!(ask("delete deployments.apps -n a --name x"), Decision::NoOpinion);
    assert_eq!(ask("update leases.coordination.k8s.io -n kube-node-lease --name n1"), Decision::Allowed);
    assert_eq!(ask("update leases.coordination.k8s.io -n kube-node-lease --name n2"), Decision::NoOpinion);
}
