//! What can be taken out of a rule so that it no longer grants something.

use rbac::{Config, Evaluator, Request, RoleId};

use crate::setup::{can, cluster_wide, inventory};

/// The items that are told, as `list item`.
fn needed(rule: &str, asked: &[(&str, &str, &str)]) -> Vec<String> {
    let inventory = inventory(&cluster_wide(rule));
    let evaluator = Evaluator::new(&inventory, &Config { assume_built_in: false, ..Config::default() });
    let rule = evaluator.role(RoleId(0)).rules[0];
    let requests: Vec<Request> =
        asked.iter().map(|(verb, group, resource)| Request::resource(verb, group, resource)).collect();
    let items = evaluator.items_needed(rule, &requests).into_iter();
    items.map(|item| format!("{} {}", item.list.key(), evaluator.item_text(rule, item))).collect()
}

#[test]
fn an_item_is_told_where_the_rule_grants_none_of_it_without_the_item() {
    let read = [("get", "", "secrets"), ("list", "", "secrets")];
    let rule = "verbs: [get, list], apiGroups: [''], resources: [pods, secrets]";
    assert_eq!(needed(rule, &read), ["resources secrets"]);
    assert_eq!(needed(rule, &read[..1]), ["verbs get", "resources secrets"]);
    // Without it the server says no, and to the others as before.
    let without = cluster_wide("verbs: [get, list], apiGroups: [''], resources: [pods]");
    assert!(!can(&without, "u", "get secrets") && can(&without, "u", "list pods"));
}

#[test]
fn what_is_granted_twice_what_would_be_empty_and_wildcards_are_not_told() {
    let exec = [("create", "", "pods/exec")];
    assert_eq!(needed("verbs: [create], apiGroups: [''], resources: [pods/exec]", &exec), [""; 0]);
    let twice = "verbs: [create, create], apiGroups: [''], resources: [pods/exec, '*/exec', pods]";
    assert_eq!(needed(twice, &exec), [""; 0]);
    assert_eq!(needed("verbs: [get, '*'], apiGroups: [''], resources: ['*', pods]", &exec), [""; 0]);
    assert_eq!(needed("verbs: ['*'], apiGroups: [''], resources: ['*/exec', pods]", &exec), ["resources */exec"]);
}

#[test]
fn what_is_created_by_name_needs_patch_beside_it() {
    let create = [("create", "", "pods")];
    let named = "verbs: [create, patch, get], apiGroups: [''], resources: [pods], resourceNames: [a]";
    assert_eq!(needed(named, &create), ["verbs create", "verbs patch"]);
    let all = "verbs: [create, patch, get], apiGroups: [''], resources: [pods]";
    assert_eq!(needed(all, &create), ["verbs create"]);
}

#[test]
fn a_name_is_told_where_there_are_others() {
    let named = |names: &str| {
        let rule = format!("verbs: [get], apiGroups: [''], resources: [secrets], resourceNames: [{names}]");
        let inventory = inventory(&cluster_wide(&rule));
        let evaluator = Evaluator::new(&inventory, &Config { assume_built_in: false, ..Config::default() });
        let rule = evaluator.role(RoleId(0)).rules[0];
        evaluator.item_naming(rule, inventory.symbols.intern("b")).map(|item| item.at)
    };
    assert_eq!([named("a, b"), named("b"), named("a"), named("b, b")], [Some(1), None, None, None]);
}
