//! What may be written into roles and bindings. Source: `policy_comparator.go`, `policybased/storage.go`.

use crate::setup::*;
use model::inventory::Inventory;
use rbac::{Config, Escalation, Evaluator, Identity, RoleWrite, Words};

fn evaluate<T>(yaml: &str, ask: impl FnOnce(&Evaluator<'_>) -> T) -> T {
    let inventory = inventory(yaml);
    ask(&Evaluator::new(&inventory, &Config { assume_built_in: false, ..Config::default() }))
}

fn words(inventory: &Inventory, name: &str) -> Vec<Words> {
    let facts = &inventory.facts.roles;
    let fact = facts.iter().find(|fact| inventory.symbols.text(inventory.resource(fact.resource).name) == name);
    fact.unwrap().rules.iter().map(Words::from).collect()
}

fn covers(owner: &str, wanted: &str) -> bool {
    let yaml =
        role("owner", owner) + &role("wanted", wanted) + &binding("b", "ClusterRole/owner", "kind: User, name: u");
    let inventory = inventory(&yaml);
    let evaluator = Evaluator::new(&inventory, &Config { assume_built_in: false, ..Config::default() });
    evaluator.covers(&Identity::parse("u"), "", &words(&inventory, "wanted")).is_ok()
}

fn resource(verbs: &str, resources: &str) -> String {
    format!("verbs: [{verbs}], apiGroups: [''], resources: [{resources}]")
}

#[test]
fn every_atom_is_covered_by_one_rule() {
    assert!(covers(&resource("get, list", "pods, nodes"), &resource("get", "pods, nodes")));
    assert!(!covers(&resource("get", "pods"), &resource("get, list", "pods")));
    let two = resource("get", "pods") + "\n" + &resource("list", "pods");
    assert!(covers(&two, &resource("get, list", "pods")));
    assert!(covers("verbs: ['*'], apiGroups: ['*'], resources: ['*']", &resource("get", "pods/exec")));
}

#[test]
fn an_enumeration_never_covers_everything() {
    let all = "get, list, watch, create, update, patch, delete, deletecollection";
    assert!(!covers(&resource(all, "pods"), &resource("'*'", "pods")));
    assert!(!covers(
        "verbs: [get], apiGroups: ['', apps], resources: [pods]",
        "verbs: [get], apiGroups: ['*'], resources: [pods]"
    ));
    assert!(!covers(&resource("get", "pods, secrets"), &resource("get", "'*'")));
}

#[test]
fn a_subresource_of_everything_covers_that_of_one() {
    assert!(covers(&resource("get", "'*/exec'"), &resource("get", "pods/exec")));
    assert!(!covers(&resource("get", "'*/exec'"), &resource("get", "pods")));
    assert!(!covers(&resource("get", "pods/exec"), &resource("get", "'*/exec'")));
}

#[test]
fn names_cover_names_only() {
    let named = |names: &str| resource("get", "pods") + &format!(", resourceNames: [{names}]");
    assert!(covers(&named("a, b"), &named("a")) && covers(&resource("get", "pods"), &named("a")));
    assert!(!covers(&named("a"), &resource("get", "pods")) && !covers(&named("a"), &named("b")));
    let split = named("a") + "\n" + &named("b");
    assert!(covers(&split, &named("a, b")));
}

#[test]
fn urls_cover_by_prefix() {
    let url = |url: &str| format!("verbs: [get], nonResourceURLs: ['{url}']");
    let table = [
        ("*", "/metrics", true),
        ("*", "", true),
        ("/metrics/*", "/metrics/a", true),
        ("/metrics/*", "/metrics", false),
        ("/metrics*", "/metrics", true),
        ("/*", "", false),
        ("/*", "*", false),
        ("/a*b", "/axb", false),
        ("/a**", "/ab", true),
        ("/metrics", "/metrics", true),
    ];
    for (owner, wanted, expected) in table {
        assert_eq!(covers(&url(owner), &url(wanted)), expected, "`{owner}` and `{wanted}`");
    }
}

const RBAC: &str = "apiGroups: [rbac.authorization.k8s.io]";

fn bind(rules: &str, namespace: &str, wanted: (&str, &str)) -> Escalation {
    let yaml = role("big", "verbs: ['*'], apiGroups: ['*'], resources: ['*']")
        + &role("small", "verbs: [get], apiGroups: [''], resources: [pods]")
        + &if namespace.is_empty() { cluster_wide(rules) } else { in_namespace(rules) };
    evaluate(&yaml, |evaluator| evaluator.may_bind(&Identity::parse("u"), namespace, wanted))
}

#[test]
fn the_verb_is_asked_on_roles_with_the_name_in_the_namespace_of_the_binding() {
    let any = format!("verbs: [bind], {RBAC}, resources: [clusterroles]");
    assert_eq!(bind(&any, "", ("ClusterRole", "big")), Escalation::ByVerb);
    assert_eq!(bind(&any, "a", ("ClusterRole", "big")), Escalation::ByVerb);
    assert_eq!(bind(&any, "", ("ClusterRole", "not there")), Escalation::ByVerb);
    assert!(!bind(&any, "a", ("Role", "big")).allowed());
    let named = format!("verbs: [bind], {RBAC}, resources: [clusterroles], resourceNames: [small]");
    assert_eq!(bind(&named, "", ("ClusterRole", "small")), Escalation::ByVerb);
    assert!(!bind(&named, "", ("ClusterRole", "big")).allowed());
    let wrong = format!("verbs: [bind, create], {RBAC}, resources: [clusterrolebindings, rolebindings]");
    assert!(!bind(&wrong, "", ("ClusterRole", "big")).allowed());
}

#[test]
fn what_is_held_may_be_handed_on() {
    let rules =
        format!("verbs: [get], apiGroups: [''], resources: [pods]\nverbs: [create], {RBAC}, resources: [rolebindings]");
    assert_eq!(bind(&rules, "a", ("ClusterRole", "small")), Escalation::Covered);
    assert!(matches!(bind(&rules, "a", ("ClusterRole", "big")), Escalation::Refused(_)));
    assert_eq!(bind(&rules, "a", ("Role", "nowhere")), Escalation::NoSuchRole);
}

fn write(rules: &str, name: &str, aggregates: bool) -> Escalation {
    let yaml = role("big", "verbs: ['*'], apiGroups: ['*'], resources: ['*']") + &cluster_wide(rules);
    let inventory = inventory(&yaml);
    let evaluator = Evaluator::new(&inventory, &Config { assume_built_in: false, ..Config::default() });
    let wanted = if aggregates { Vec::new() } else { words(&inventory, "big") };
    let write = RoleWrite { namespace: "", name, rules: &wanted, aggregates };
    evaluator.may_write_role(&Identity::parse("u"), &write)
}

#[test]
fn a_named_escalate_helps_updates_and_not_posts() {
    let any = format!("verbs: [escalate], {RBAC}, resources: [clusterroles]");
    assert_eq!(write(&any, "", false), Escalation::ByVerb);
    let named = format!("verbs: [escalate], {RBAC}, resources: [clusterroles], resourceNames: [mine]");
    assert_eq!(write(&named, "mine", false), Escalation::ByVerb);
    assert!(!write(&named, "", false).allowed() && !write(&named, "other", false).allowed());
}

#[test]
fn an_aggregation_rule_needs_full_authority() {
    let most = "verbs: [get, create, update], apiGroups: ['*'], resources: ['*']";
    assert!(!write(most, "x", true).allowed());
    // Every verb is `escalate` among them.
    assert_eq!(write("verbs: ['*'], apiGroups: ['*'], resources: ['*']", "x", true), Escalation::ByVerb);
}

#[test]
fn masters_are_not_asked() {
    let yaml = role("big", "verbs: ['*'], apiGroups: ['*'], resources: ['*']");
    let masters = Identity::parse("group:system:masters");
    let answer = evaluate(&yaml, |evaluator| evaluator.may_bind(&masters, "", ("ClusterRole", "big")));
    assert_eq!(answer, Escalation::Master);
}

#[test]
fn the_target_of_escalate_is_a_role_that_can_be_updated() {
    let ask = |rules: &str| {
        evaluate(&cluster_wide(rules), |evaluator| {
            evaluator.may_escalate(&Identity::parse("u"), "", evaluator.role_named("", "r").unwrap())
        })
    };
    assert!(ask(&format!("verbs: [escalate, patch], {RBAC}, resources: [clusterroles]")));
    assert!(!ask(&format!("verbs: [escalate], {RBAC}, resources: [clusterroles]")));
    assert!(!ask(&format!("verbs: [escalate, create], {RBAC}, resources: [clusterroles]")));
}
