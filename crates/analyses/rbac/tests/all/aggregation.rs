//! Aggregated ClusterRoles. Source: `pkg/controller/clusterroleaggregation`.

use crate::setup::*;
use rbac::{Config, Evaluator, Identity};

fn aggregated(name: &str, selects: &str, label: &str, rules: &str) -> String {
    let label = if label.is_empty() { String::new() } else { format!(", labels: {{{label}: 'true'}}") };
    format!(
        "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: {name}{label}}}\n\
         aggregationRule: {{clusterRoleSelectors: [{selects}]}}\nrules: [{rules}]\n"
    )
}

fn plain(name: &str, label: &str, rules: &str) -> String {
    format!(
        "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n\
         metadata: {{name: {name}, labels: {{{label}}}}}\nrules: [{{{rules}}}]\n"
    )
}

const PODS: &str = "verbs: [get], apiGroups: [''], resources: [pods]";
const SECRETS: &str = "verbs: [get], apiGroups: [''], resources: [secrets]";
const NODES: &str = "verbs: [get], apiGroups: [''], resources: [nodes]";

fn bound(role: &str) -> String {
    binding("b", &format!("ClusterRole/{role}"), "kind: User, name: u")
}

#[test]
fn rules_as_written_are_replaced() {
    let yaml = aggregated("all", "{matchLabels: {in: all}}", "", &format!("{{{SECRETS}}}"))
        + &plain("part", "in: all", PODS)
        + &plain("other", "in: others", NODES)
        + &bound("all");
    assert_user(&yaml, &["get pods"], &["get secrets", "get nodes"]);
}

#[test]
fn selectors_are_alternatives_and_their_labels_are_not() {
    let yaml =
        aggregated("all", "{matchLabels: {a: '1', b: '1'}}, {matchExpressions: [{key: c, operator: Exists}]}", "", "")
            + &plain("one", "a: '1', b: '1'", PODS)
            + &plain("two", "a: '1'", NODES)
            + &plain("three", "c: anything", SECRETS)
            + &bound("all");
    assert_user(&yaml, &["get pods", "get secrets"], &["get nodes"]);
}

#[test]
fn aggregation_is_followed_through_aggregated_roles() {
    let yaml = aggregated("outer", "{matchLabels: {to-outer: 'true'}}", "", "")
        + &aggregated("inner", "{matchLabels: {to-inner: 'true'}}", "to-outer", "")
        + &plain("leaf", "to-inner: 'true'", PODS)
        + &bound("outer");
    assert_user(&yaml, &["get pods"], &["get nodes"]);
}

#[test]
fn cycles_end_and_a_role_does_not_choose_itself() {
    let yaml = aggregated("a", "{matchLabels: {x: 'true'}}", "x", &format!("{{{SECRETS}}}"))
        + &aggregated("b", "{matchLabels: {x: 'true'}}", "x", "")
        + &plain("leaf", "x: 'true'", PODS)
        + &bound("a");
    assert_user(&yaml, &["get pods"], &["get secrets"]);
}

#[test]
fn an_empty_selector_chooses_everything_and_an_empty_rule_nothing_so_that_written_rules_stay() {
    let yaml = aggregated("all", "{}", "", "") + &plain("one", "a: b", PODS) + &role("two", NODES) + &bound("all");
    assert_user(&yaml, &["get pods", "get nodes"], &["get secrets"]);
    let yaml = aggregated("all", "", "", &format!("{{{PODS}}}")) + &bound("all");
    assert_user(&yaml, &["get pods"], &["get nodes"]);
}

#[test]
fn a_namespaced_role_is_not_aggregated() {
    let yaml = aggregated("all", "{}", "", "") + &role("a/r", PODS) + &bound("all");
    assert_user(&yaml, &[], &["get pods", "get pods -n a"]);
}

#[test]
fn a_label_changes_the_roles_that_every_cluster_has() {
    let yaml = plain("crd-view", "rbac.authorization.k8s.io/aggregate-to-view: 'true'", SECRETS)
        + &binding("a/v", "ClusterRole/view", "kind: User, name: v")
        + &binding("a/e", "ClusterRole/admin", "kind: User, name: e");
    let inventory = inventory(&yaml);
    let evaluator = Evaluator::new(&inventory, &Config::default());
    for user in ["v", "e"] {
        let answer = evaluator.can(&Identity::parse(user), &request("get secrets -n a"));
        let rule = answer.reasons.iter().map(|grant| evaluator.role(grant.role).rules[grant.rule as usize]);
        let written: Vec<_> = rule.filter_map(|rule| evaluator.place_of_rule(rule)).collect();
        assert_eq!(written.len(), 1, "{user}: the rule is shown where it is written");
    }
}

#[test]
fn a_thousand_roles_that_choose_each_other_end() {
    let mut yaml = String::new();
    for number in 0..1000 {
        yaml += &aggregated(&format!("r{number}"), "{}", "", "");
    }
    yaml += &plain("leaf", "a: b", PODS);
    yaml += &bound("r7");
    let inventory = inventory(&yaml);
    let evaluator = Evaluator::new(&inventory, &Config { assume_built_in: false, ..Config::default() });
    assert!(evaluator.allows(&Identity::parse("u"), &request("get pods")));
}
