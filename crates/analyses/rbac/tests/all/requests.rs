//! Rules and requests. Source: `pkg/apis/rbac/v1/evaluation_helpers.go`; `requestinfo.go`.

use crate::setup::*;
use rbac::Request;

const PODS: &str = "verbs: [get, list], apiGroups: [''], resources: [pods]";

#[test]
fn a_verb_is_exact_or_everything() {
    assert_user(&cluster_wide(PODS), &["get pods", "list pods -n a"], &["watch pods", "create pods", "GET pods"]);
    let every = cluster_wide("verbs: ['*'], apiGroups: [''], resources: [pods]");
    let special = ["bind pods", "impersonate-on:user-info:get pods", "anything-new pods", "deletecollection pods"];
    assert_user(&every, &special, &["get secrets"]);
    assert_user(
        &cluster_wide("verbs: [frobnicate], apiGroups: [''], resources: [pods]"),
        &["frobnicate pods"],
        &["get pods"],
    );
}

#[test]
fn a_group_is_exact_or_everything() {
    let core = cluster_wide("verbs: [get], apiGroups: [''], resources: [deployments]");
    assert_user(&core, &["get deployments"], &["get deployments.apps", "get deployments.extensions"]);
    let all = cluster_wide("verbs: [get], apiGroups: ['*'], resources: [deployments]");
    assert_user(&all, &["get deployments", "get deployments.apps", "get deployments.example.com"], &["get pods"]);
    assert_user(&cluster_wide("verbs: [get], apiGroups: [core], resources: [pods]"), &[], &["get pods"]);
    assert_user(&cluster_wide("verbs: [get], resources: [pods]"), &[], &["get pods"]);
}

#[test]
fn a_resource_is_not_its_subresources() {
    assert_user(&cluster_wide(PODS), &["get pods"], &["get pods/exec", "get pods/log"]);
    let exec = cluster_wide("verbs: [create], apiGroups: [''], resources: [pods/exec]");
    assert_user(&exec, &["create pods/exec", "create pods/exec -n a --name x"], &["create pods", "create pods/attach"]);
    let every = cluster_wide("verbs: [create], apiGroups: [''], resources: ['*']");
    assert_user(&every, &["create pods", "create pods/exec", "create things/new"], &["get pods"]);
}

#[test]
fn a_subresource_of_every_resource_is_a_wildcard_and_every_subresource_is_none() {
    let exec = cluster_wide("verbs: [create], apiGroups: ['*'], resources: ['*/exec']");
    assert_user(&exec, &["create pods/exec", "create things/exec.example.com"], &["create pods", "create pods/attach"]);
    let nothing = cluster_wide("verbs: [create, get], apiGroups: [''], resources: ['pods/*']");
    assert_user(&nothing, &[], &["create pods/exec", "get pods", "get pods/log"]);
    assert_user(&cluster_wide("verbs: [get], apiGroups: [''], resources: [Pod, pod]"), &[], &["get pods"]);
}

#[test]
fn names_are_exact_and_a_request_without_a_name_matches_none() {
    let named = cluster_wide(
        "verbs: [get, list, create, watch], apiGroups: [''], resources: [secrets], resourceNames: [x, '*']",
    );
    let yes = ["get secrets --name x -n a", "list secrets --name x", "get secrets --name *"];
    let no = ["get secrets --name y", "list secrets", "create secrets", "get secrets --name xx", "watch secrets -n a"];
    assert_user(&named, &yes, &no);
    let apply = cluster_wide(
        "verbs: [patch, create], apiGroups: [''], resources: [configmaps], resourceNames: [x]\nverbs: [create], apiGroups: [''], resources: [serviceaccounts/token], resourceNames: [robot]",
    );
    // A server-side apply of what does not exist is asked as `create` with the name.
    let yes = ["patch configmaps --name x", "create configmaps --name x", "create serviceaccounts/token --name robot"];
    assert_user(&apply, &yes, &["create configmaps", "create serviceaccounts/token --name admin"]);
}

#[test]
fn urls_are_everything_exact_or_a_prefix() {
    let urls = cluster_wide("verbs: [get], nonResourceURLs: [/healthz, /apis/*, /metrics*]");
    let yes = ["get /healthz", "get /apis/apps", "get /apis/", "get /metrics", "get /metrics/cadvisor"];
    assert_user(&urls, &yes, &["get /apis", "get /healthz/ping", "post /healthz", "get /", "head /healthz"]);
    assert_user(&cluster_wide("verbs: ['*'], nonResourceURLs: ['*']"), &["get /", "post /anything"], &["get pods"]);
    assert_user(&cluster_wide("verbs: [get], nonResourceURLs: [/a*b]"), &["get /a*b"], &["get /axb", "get /a"]);
}

#[test]
fn both_sides_of_a_mixed_rule_count() {
    let mixed = cluster_wide("verbs: [get], apiGroups: [''], resources: [pods], nonResourceURLs: [/metrics]");
    assert_user(&mixed, &["get pods", "get /metrics"], &["get secrets", "get /healthz"]);
    let names = cluster_wide("verbs: [get], nonResourceURLs: [/metrics], resourceNames: [x]");
    assert_user(&names, &["get /metrics"], &[]);
}

#[test]
fn an_empty_list_of_verbs_grants_nothing() {
    assert_user(&cluster_wide("verbs: [], apiGroups: ['*'], resources: ['*']"), &[], &["get pods"]);
}

#[test]
fn a_binding_in_a_namespace_reaches_no_further() {
    let yaml = in_namespace("verbs: ['*'], apiGroups: ['*'], resources: ['*']\nverbs: ['*'], nonResourceURLs: ['*']");
    let yes = ["get pods -n a", "create pods/exec -n a", "impersonate serviceaccounts -n a"];
    let no = ["get pods", "get pods -n b", "get nodes/proxy", "get /metrics", "impersonate users", "list namespaces"];
    assert_user(&yaml, &yes, &no);
    // The URL of a Namespace carries its own name as namespace.
    assert_user(&yaml, &["patch namespaces -n a --name a"], &["patch namespaces -n b --name b"]);
}

#[test]
fn requests_are_built_as_urls_build_them() {
    let normal = |request: Request| request.normalized();
    let of = |verb, resource| Request::resource(verb, "", resource);
    assert_eq!(normal(of("get", "nodes/proxy").in_namespace("a").named("n")), of("get", "nodes/proxy").named("n"));
    assert_eq!(normal(of("patch", "namespaces").named("x")), of("patch", "namespaces").named("x").in_namespace("x"));
    assert_eq!(normal(of("list", "namespaces").in_namespace("x")), of("list", "namespaces"));
    assert_eq!(normal(of("create", "pods").named("x").in_namespace("a")), of("create", "pods").in_namespace("a"));
    let exec = of("create", "pods/exec").named("x").in_namespace("a");
    assert_eq!(normal(exec.clone()), exec);
    let custom = Request::resource("get", "example.com", "things").in_namespace("a");
    assert_eq!(normal(custom.clone()), custom);
    let users = of("impersonate", "users").in_namespace("a").named("bob");
    assert_eq!(normal(users), of("impersonate", "users").named("bob"));
}
