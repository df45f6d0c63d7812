//! From YAML to answers.

use model::finding::Origin;
use model::inventory::{Inventory, Part};
use model::object::Object;
use model::place::LineIndex;
use model::workload::workloads;
use rbac::{Config, Decision, Evaluator, Identity, Request};

pub(crate) fn inventory(yaml: &str) -> Inventory {
    let mut inventory = Inventory { complete: true, ..Inventory::default() };
    let mut part = Part::default();
    for range in yaml::separate::documents(yaml) {
        let line = 1 + yaml[..range.start].matches('\n').count() as u32;
        let document = yaml::parse_document(&yaml[range]).unwrap();
        let lines = LineIndex::new(line);
        let object = Object::new(document.root()).unwrap();
        let origin = Origin { root: object.value, lines: &lines };
        part.observe(&object, &workloads(&object), 0, origin, &inventory.symbols);
    }
    inventory.append(part);
    inventory
}

/// A ClusterRole or, with `namespace/name`, a Role.
pub(crate) fn role(name: &str, rules: &str) -> String {
    let (kind, metadata) = match name.split_once('/') {
        Some((namespace, name)) => ("Role", format!("{{name: '{name}', namespace: '{namespace}'}}")),
        None => ("ClusterRole", format!("{{name: '{name}'}}")),
    };
    let rules: String = rules.lines().map(|rule| format!("  - {{{}}}\n", rule.trim())).collect();
    format!("---\napiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {metadata}\nrules:\n{rules}")
}

/// A ClusterRoleBinding or, with `namespace/name`, a RoleBinding; the role is `Kind/name`.
pub(crate) fn binding(name: &str, role: &str, subjects: &str) -> String {
    let (kind, metadata) = match name.split_once('/') {
        Some((namespace, name)) => ("RoleBinding", format!("{{name: '{name}', namespace: '{namespace}'}}")),
        None => ("ClusterRoleBinding", format!("{{name: '{name}'}}")),
    };
    let (role_kind, role) = role.split_once('/').unwrap();
    let subjects: String = subjects.lines().map(|subject| format!("  - {{{}}}\n", subject.trim())).collect();
    format!(
        "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {metadata}\n\
         roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: {role_kind}, name: '{role}'}}\nsubjects:\n{subjects}"
    )
}

/// A user `u` who is bound in the whole cluster to these rules.
pub(crate) fn cluster_wide(rules: &str) -> String {
    role("r", rules) + &binding("b", "ClusterRole/r", "kind: User, name: u")
}

/// A user `u` who is bound in the namespace `a` to these rules, which a ClusterRole has.
pub(crate) fn in_namespace(rules: &str) -> String {
    role("r", rules) + &binding("a/b", "ClusterRole/r", "kind: User, name: u")
}

/// Whether `user` may do what `asked` says: `get pods/exec.GROUP -n NAMESPACE --name NAME`, or `get /healthz`.
pub(crate) fn can(yaml: &str, user: &str, asked: &str) -> bool {
    let inventory = inventory(yaml);
    let evaluator = Evaluator::new(&inventory, &Config { assume_built_in: false, ..Config::default() });
    let answer = evaluator.can(&Identity::parse(user), &request(asked));
    assert_eq!(answer.reasons.is_empty(), answer.decision != Decision::Allowed || answer.outside.is_some());
    answer.decision == Decision::Allowed
}

/// The request that a line of text asks for, as its attributes say.
pub(crate) fn request(asked: &str) -> Request {
    let words: Vec<&str> = asked.split(' ').collect();
    let after = |flag: &str| words.iter().position(|word| *word == flag).map(|at| words[at + 1]);
    if words[1].starts_with('/') {
        return Request::path(words[0], words[1]);
    }
    let (resource, group) = words[1].split_once('.').unwrap_or((words[1], ""));
    let mut request = Request::resource(words[0], group, resource);
    if let Some(namespace) = after("-n") {
        request = request.in_namespace(namespace);
    }
    if let Some(name) = after("--name") {
        request = request.named(name);
    }
    request
}

/// Asserts that `u` may do each of `yes` and none of `no`.
pub(crate) fn assert_user(yaml: &str, yes: &[&str], no: &[&str]) {
    for asked in yes {
        assert!(can(yaml, "u", asked), "should be allowed: {asked}\n{yaml}");
    }
    for asked in no {
        assert!(!can(yaml, "u", asked), "should not be allowed: {asked}\n{yaml}");
    }
}
