//! The compiled evaluator and a literal one, which reads the rules as the server's source does, agree on random roles,
//! bindings and requests.

use std::cell::Cell;
use std::fmt::Write as _;

use crate::setup::inventory;
use proptest::prelude::*;
use rbac::request::ResourceRequest;
use rbac::{Config, Decision, Evaluator, Identity, Request};

#[derive(Clone, Debug)]
struct Rule {
    verbs: Vec<&'static str>,
    groups: Vec<&'static str>,
    resources: Vec<&'static str>,
    names: Vec<&'static str>,
    urls: Vec<&'static str>,
}

#[derive(Clone, Debug)]
struct Role {
    namespace: &'static str,
    name: &'static str,
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Binding {
    namespace: &'static str,
    role: (&'static str, &'static str),
    subjects: Vec<(&'static str, &'static str, &'static str)>,
}

const VERBS: &[&str] = &["get", "list", "create", "bind", "*", "frobnicate", "impersonate-on:user-info:get"];
const GROUPS: &[&str] = &["", "apps", "*", "example.com"];
const RESOURCES: &[&str] = &["pods", "pods/exec", "*", "*/exec", "pods/*", "secrets", "*/log", "deployments"];
const NAMES: &[&str] = &["x", "y", "*", ""];
const URLS: &[&str] = &["*", "/metrics", "/metrics/*", "/a*b", "/*", "/metrics**"];
const NAMESPACES: &[&str] = &["", "a", "b"];
const ROLES: &[&str] = &["r", "s", "t"];
const SUBJECTS: &[(&str, &str)] = &[
    ("User", "u"),
    ("User", "system:serviceaccount:a:robot"),
    ("Group", "devs"),
    ("Group", "system:authenticated"),
    ("Group", "system:serviceaccounts:a"),
    ("ServiceAccount", "robot"),
    ("Robot", "u"),
];

fn some(words: &'static [&'static str], most: usize) -> impl Strategy<Value = Vec<&'static str>> {
    proptest::collection::vec(proptest::sample::select(words), 0..=most)
}

fn rule() -> impl Strategy<Value = Rule> {
    (some(VERBS, 2), some(GROUPS, 2), some(RESOURCES, 2), some(NAMES, 1), some(URLS, 1))
        .prop_map(|(verbs, groups, resources, names, urls)| Rule { verbs, groups, resources, names, urls })
}

fn role() -> impl Strategy<Value = Role> {
    let names = (proptest::sample::select(NAMESPACES), proptest::sample::select(ROLES));
    (names, proptest::collection::vec(rule(), 0..3)).prop_map(|((namespace, name), rules)| Role {
        namespace,
        name,
        rules,
    })
}

fn binding() -> impl Strategy<Value = Binding> {
    let role = (proptest::sample::select(&["Role", "ClusterRole", "Thing"][..]), proptest::sample::select(ROLES));
    let subject = (proptest::sample::select(SUBJECTS), proptest::sample::select(NAMESPACES))
        .prop_map(|((kind, name), namespace)| (kind, namespace, name));
    (proptest::sample::select(NAMESPACES), role, proptest::collection::vec(subject, 0..3))
        .prop_map(|(namespace, role, subjects)| Binding { namespace, role, subjects })
}

fn request() -> impl Strategy<Value = Request> {
    let words = |list| proptest::sample::select(list);
    let resource = (words(VERBS), words(GROUPS), words(RESOURCES), words(NAMESPACES), words(NAMES)).prop_map(
        |(verb, group, resource, namespace, name)| {
            let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
            Request::Resource(ResourceRequest {
                verb: verb.to_owned(),
                group: group.to_owned(),
                resource: resource.to_owned(),
                subresource: subresource.to_owned(),
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            })
        },
    );
    let paths = &["/metrics", "/metrics/x", "/", "", "/a*b", "/axb", "/metricsx"][..];
    let path = (words(VERBS), words(paths)).prop_map(|(verb, path)| Request::path(verb, path));
    prop_oneof![3 => resource, 1 => path]
}

fn identities() -> Vec<Identity> {
    vec![
        Identity::parse("u"),
        Identity::parse("sa:a/robot"),
        Identity::parse("sa:b/robot"),
        Identity::user("v", &["devs".to_owned()]),
        Identity::parse("system:anonymous"),
    ]
}

/// The server's rules, word for word.
fn literally(roles: &[Role], bindings: &[Binding], who: &Identity, request: &Request) -> bool {
    let in_cluster = bindings.iter().filter(|binding| binding.namespace.is_empty());
    let namespace = request.namespace();
    let in_namespace = bindings.iter().filter(|binding| !namespace.is_empty() && binding.namespace == namespace);
    in_cluster.chain(in_namespace).any(|binding| {
        let applies = binding.subjects.iter().any(|&(kind, own, name)| match kind {
            "User" => who.user == name,
            "Group" => who.groups.iter().any(|group| group == name),
            "ServiceAccount" => {
                let of = if own.is_empty() { binding.namespace } else { own };
                !of.is_empty() && who.user == format!("system:serviceaccount:{of}:{name}")
            }
            _ => false,
        });
        let wanted = match binding.role.0 {
            "Role" if !binding.namespace.is_empty() => binding.namespace,
            "ClusterRole" => "",
            _ => return false,
        };
        // Which one of several of one name is there in the end is not known: what any of them grants counts.
        let mut meant = roles.iter().filter(|role| role.namespace == wanted && role.name == binding.role.1);
        applies && meant.any(|role| role.rules.iter().any(|rule| allows(rule, request)))
    })
}

fn allows(rule: &Rule, request: &Request) -> bool {
    let verb = rule.verbs.iter().any(|verb| *verb == "*" || *verb == request.verb());
    match request {
        Request::Path { path, .. } => {
            verb && rule.urls.iter().any(|url| {
                *url == "*" || url == path || (url.ends_with('*') && path.starts_with(url.trim_end_matches('*')))
            })
        }
        Request::Resource(asked) => {
            let group = rule.groups.iter().any(|group| *group == "*" || *group == asked.group);
            let resource = rule.resources.iter().any(|resource| {
                *resource == "*"
                    || *resource == asked.combined()
                    || (!asked.subresource.is_empty() && *resource == format!("*/{}", asked.subresource))
            });
            let name = rule.names.is_empty() || rule.names.iter().any(|name| *name == asked.name);
            verb && group && resource && name
        }
    }
}

fn list(words: &[&str]) -> String {
    format!("[{}]", words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", "))
}

fn yaml(roles: &[Role], bindings: &[Binding]) -> String {
    let mut out = String::new();
    for role in roles {
        let kind = if role.namespace.is_empty() { "ClusterRole" } else { "Role" };
        let _ = write!(
            out,
            "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: {}, namespace: '{}'}}\nrules:\n",
            role.name, role.namespace
        );
        for Rule { verbs, groups, resources, names, urls } in &role.rules {
            let _ = writeln!(
                out,
                "  - {{verbs: {}, apiGroups: {}, resources: {}, resourceNames: {}, nonResourceURLs: {}}}",
                list(verbs),
                list(groups),
                list(resources),
                list(names),
                list(urls)
            );
        }
    }
    for (number, binding) in bindings.iter().enumerate() {
        let kind = if binding.namespace.is_empty() { "ClusterRoleBinding" } else { "RoleBinding" };
        let _ = write!(
            out,
            "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: b{number}, namespace: '{}'}}\n\
             roleRef: {{kind: {}, name: {}}}\nsubjects:\n",
            binding.namespace, binding.role.0, binding.role.1
        );
        for (kind, namespace, name) in &binding.subjects {
            let _ = writeln!(out, "  - {{kind: {kind}, namespace: '{namespace}', name: '{name}'}}");
        }
    }
    out
}

thread_local! {
    static ALLOWED: Cell<u32> = const { Cell::new(0) };
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_compiled_evaluator_is_the_literal_one(
        roles in proptest::collection::vec(role(), 1..6),
        bindings in proptest::collection::vec(binding(), 1..6),
        requests in proptest::collection::vec(request(), 60),
    ) {
        let inventory = inventory(&yaml(&roles, &bindings));
        let evaluator = Evaluator::new(&inventory, &Config { assume_built_in: false, ..Config::default() });
        for request in &requests {
            let who_can = evaluator.who_can(request);
            for who in identities() {
                let expected = literally(&roles, &bindings, &who, request);
                let answer = evaluator.can(&who, request);
                prop_assert_eq!(answer.decision == Decision::Allowed, expected, "{} {:?}", request, who);
                let names = |key: &rbac::SubjectKey| match key {
                    rbac::SubjectKey::User(name) => evaluator.text(*name) == who.user,
                    rbac::SubjectKey::Group(name) => who.groups.contains(&evaluator.text(*name)),
                    rbac::SubjectKey::Nobody => false,
                };
                prop_assert_eq!(who_can.keys().any(names), expected, "who can {}: {:?}", request, who);
                ALLOWED.with(|count| count.set(count.get() + u32::from(expected)));
            }
        }
    }
}
