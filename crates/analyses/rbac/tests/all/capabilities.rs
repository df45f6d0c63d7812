//! What is dangerous, by effective rights.

use crate::setup::*;
use model::severity::Severity;
use rbac::capability::Capabilities;
use rbac::{Config, Evaluator, catalogue};

const RBAC: &str = "apiGroups: [rbac.authorization.k8s.io]";

/// What everybody can do, as `name scope: danger, danger`, built-in subjects left out.
fn dangers_at(yaml: &str, minor: u8) -> Vec<String> {
    let inventory = inventory(yaml);
    let config = Config { kubernetes_minor: minor, assume_built_in: false, ..Config::default() };
    let capabilities = Capabilities::new(&Evaluator::new(&inventory, &config));
    let evaluator = capabilities.evaluator();
    let lines = capabilities.holdings().iter().map(|holding| {
        let names = holding.dangers.iter().map(|danger| {
            let limited = if holding.limited.has(danger) { " (named)" } else { "" };
            assert!(
                !capabilities.evidence(holding, danger).is_empty(),
                "{} has no evidence",
                catalogue::ALL[danger].id
            );
            format!("{}{limited}", catalogue::ALL[danger].id)
        });
        let scope = holding.namespace.map_or("*".to_owned(), |namespace| evaluator.text(namespace));
        format!("{} {scope}: {}", evaluator.describe(holding.subject).1, names.collect::<Vec<_>>().join(", "))
    });
    lines.collect()
}

fn dangers(yaml: &str) -> Vec<String> {
    dangers_at(yaml, 37)
}

fn wide(rules: &str) -> Vec<String> {
    dangers(&cluster_wide(rules))
}

fn narrow(rules: &str) -> Vec<String> {
    dangers(&in_namespace(rules))
}

#[test]
fn bind_is_looked_for_on_roles_and_needs_the_writing_of_bindings() {
    let both =
        format!("verbs: [bind], {RBAC}, resources: [clusterroles]\nverbs: [create], {RBAC}, resources: [rolebindings]");
    assert_eq!(narrow(&both), ["u a: bind-roles, pass-on-own-rights"]);
    assert_eq!(wide(&both), ["u *: bind-roles, pass-on-own-rights"]);
    let only = format!("verbs: [bind], {RBAC}, resources: [clusterroles]");
    assert!(wide(&only).is_empty());
    let wrong = format!("verbs: [bind, create], {RBAC}, resources: [rolebindings]");
    assert_eq!(wide(&wrong), ["u *: pass-on-own-rights"]);
    let named = format!(
        "verbs: [bind], {RBAC}, resources: [clusterroles], resourceNames: [view]\nverbs: [create], {RBAC}, resources: [rolebindings]"
    );
    assert_eq!(narrow(&named), ["u a: bind-roles (named), pass-on-own-rights"]);
}

#[test]
fn what_it_takes_may_come_from_several_bindings_and_groups() {
    let yaml = role("one", &format!("verbs: [bind], {RBAC}, resources: [clusterroles]"))
        + &role("two", &format!("verbs: [create], {RBAC}, resources: [rolebindings]"))
        + &binding("b", "ClusterRole/one", "kind: Group, name: 'system:serviceaccounts'")
        + &binding("a/c", "ClusterRole/two", "kind: ServiceAccount, name: robot");
    assert_eq!(dangers(&yaml), ["a/robot a: bind-roles, pass-on-own-rights"]);
}

#[test]
fn a_role_binding_does_not_grant_what_is_of_the_whole_cluster() {
    for rules in [
        "verbs: [get], apiGroups: [''], resources: [nodes/proxy]",
        "verbs: [impersonate], apiGroups: [''], resources: [users]",
        "verbs: [create], apiGroups: [''], resources: [persistentvolumes]",
    ] {
        assert!(narrow(rules).is_empty(), "{rules}");
        assert_eq!(wide(rules).len(), 1, "{rules}");
    }
    assert_eq!(narrow("verbs: [impersonate], apiGroups: [''], resources: [serviceaccounts]"), ["u a: impersonate"]);
    assert_eq!(narrow("verbs: [patch], apiGroups: [''], resources: [namespaces]"), ["u a: drop-pod-security-labels"]);
}

#[test]
fn exec_by_get_ends_with_1_35() {
    let yaml = cluster_wide("verbs: [get], apiGroups: [''], resources: [pods/exec, pods/portforward]");
    assert_eq!(dangers_at(&yaml, 34), ["u *: exec-pods, tunnel-to-pods"]);
    assert!(dangers_at(&yaml, 35).is_empty());
    assert_eq!(wide("verbs: [create], apiGroups: [''], resources: [pods/exec]"), ["u *: exec-pods"]);
    assert!(wide("verbs: [create], apiGroups: [''], resources: ['pods/*']").is_empty());
    assert_eq!(wide("verbs: [create], apiGroups: [''], resources: ['*/exec']"), ["u *: exec-pods"]);
}

#[test]
fn names_do_not_help_what_has_none() {
    assert!(wide("verbs: [create], apiGroups: [''], resources: [pods], resourceNames: [x]").is_empty());
    let token = "verbs: [create], apiGroups: [''], resources: [serviceaccounts/token], resourceNames: [x]";
    assert_eq!(wide(token), ["u *: mint-service-account-tokens (named)"]);
}

#[test]
fn certificates_take_the_approval_and_the_signer() {
    let approve = |name: &str| {
        format!(
            "verbs: [update], apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests/approval]\n\
             verbs: [approve], apiGroups: [certificates.k8s.io], resources: [signers], resourceNames: ['{name}']"
        )
    };
    assert_eq!(wide(&approve("kubernetes.io/kube-apiserver-client")), ["u *: approve-requests"]);
    assert_eq!(wide(&approve("kubernetes.io/*")), ["u *: approve-requests"]);
    // Who can make the request as well has the certificate.
    let whole = approve("kubernetes.io/*")
        + "\nverbs: [create], apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests]";
    assert_eq!(wide(&whole), ["u *: approve-certificates, approve-requests"]);
    assert!(wide(&approve("kubernetes.io/kube-apiserver-client-kubelet")).is_empty());
}

#[test]
fn a_subject_that_can_do_it_everywhere_is_not_said_to_in_a_namespace() {
    let read = "verbs: [get], apiGroups: [''], resources: [secrets]";
    let yaml = cluster_wide(read) + &binding("a/n", "ClusterRole/r", "kind: User, name: u");
    assert_eq!(dangers(&yaml), ["u *: read-secrets"]);
}

#[test]
fn config_maps_of_names_are_dangers_where_they_are() {
    let write = "verbs: [update], apiGroups: [''], resources: [configmaps], resourceNames: [coredns]";
    assert!(wide(write)[0].contains("rewrite-dns"));
    assert!(!narrow(write)[0].contains("rewrite-dns"));
}

#[test]
fn a_namespace_weighs_less_unless_it_leads_to_the_cluster() {
    let read = role("r", "verbs: [get], apiGroups: [''], resources: [secrets]")
        + &binding("a/b", "ClusterRole/r", "kind: User, name: u");
    let severity = |yaml: &str| {
        let inventory = inventory(yaml);
        let config = Config { assume_built_in: false, ..Config::default() };
        let capabilities = Capabilities::new(&Evaluator::new(&inventory, &config));
        let danger = catalogue::index("read-secrets").unwrap();
        let mine =
            capabilities.holdings().iter().find(|holding| holding.dangers.has(danger) && holding.namespace.is_some());
        capabilities.severity(mine.unwrap(), danger)
    };
    assert_eq!(severity(&read), Severity::High);
    let strong = role("all", "verbs: ['*'], apiGroups: ['*'], resources: ['*']")
        + &binding("x", "ClusterRole/all", "kind: ServiceAccount, name: root, namespace: a");
    assert_eq!(severity(&(read + &strong)), Severity::Critical);
}

#[test]
fn a_hostile_role_of_ten_thousand_rules_is_judged() {
    let rules: Vec<String> = (0..10_000)
        .map(|n| format!("verbs: [get], apiGroups: [g{n}], resources: [r{n}], resourceNames: [x{n}]"))
        .collect();
    assert!(wide(&rules.join("\n")).is_empty());
}
