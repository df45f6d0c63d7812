//! Who may connect to pods through the API server: rights joined with the network.

use std::collections::BTreeMap;

use model::inventory::Inventory;
use model::symbols::Symbol;
use rbac::{Config, Evaluator, Grant, Request, SubjectKey};
use reports::network::exposure::ExposureProxy;

/// What leads to pods, and the verbs of which any is enough. Source: the authorization of the API server, which maps a
/// method of HTTP to a verb; a forwarded port is a `POST`, or a `GET` over WebSockets.
const WAYS: &[(&str, &[&str])] = &[
    ("pods/portforward", &["create", "get"]),
    ("pods/proxy", &["get", "create"]),
    ("services/proxy", &["get", "create"]),
    ("nodes/proxy", &["get", "create"]),
];

/// Everybody who may; none if there are no rights in the input.
pub(super) fn proxies(inventory: &Inventory) -> Option<Vec<ExposureProxy>> {
    if inventory.facts.bindings.is_empty() {
        return None;
    }
    let evaluator = Evaluator::shared(inventory, &Config::default());
    let mut namespaces: Vec<Symbol> =
        evaluator.bindings().iter().filter(|binding| !binding.cluster).map(|binding| binding.namespace).collect();
    namespaces.sort_unstable();
    namespaces.dedup();
    let mut found = Found::new();
    for &(way, verbs) in WAYS {
        let everywhere = who(&evaluator, way, verbs, None);
        let is_of_nodes = way == "nodes/proxy";
        for &namespace in namespaces.iter().filter(|_| !is_of_nodes) {
            for (subject, because) in who(&evaluator, way, verbs, Some(namespace)) {
                if !everywhere.contains_key(&subject) {
                    add(&mut found, (subject, Some(namespace)), way, because);
                }
            }
        }
        for (subject, because) in everywhere {
            add(&mut found, (subject, None), way, because);
        }
    }
    let mut proxies: Vec<ExposureProxy> = found
        .into_iter()
        .map(|((subject, namespace), (ways, because))| {
            let (kind, name) = evaluator.describe(subject);
            let namespace = namespace.map(|namespace| evaluator.text(namespace));
            ExposureProxy { kind: kind.to_owned(), name, ways, namespace, because }
        })
        .collect();
    proxies.sort_by(|left, right| {
        let rank = |proxy: &ExposureProxy| (proxy.namespace.is_some(), proxy.namespace.clone(), proxy.kind.clone());
        (rank(left), &left.name).cmp(&(rank(right), &right.name))
    });
    Some(proxies)
}

/// The ways of somebody in a namespace, or everywhere, and the bindings that say so.
type Found = BTreeMap<(SubjectKey, Option<Symbol>), (Vec<String>, Vec<String>)>;

fn add(found: &mut Found, key: (SubjectKey, Option<Symbol>), way: &str, because: Vec<String>) {
    let known = found.entry(key).or_default();
    known.0.push(way.to_owned());
    for one in because {
        if !known.1.contains(&one) {
            known.1.push(one);
        }
    }
}

/// Those who may, with the bindings that say so, apart from what every cluster has.
fn who(
    evaluator: &Evaluator<'_>,
    way: &str,
    verbs: &[&str],
    namespace: Option<Symbol>,
) -> BTreeMap<SubjectKey, Vec<String>> {
    let mut all: BTreeMap<SubjectKey, Vec<String>> = BTreeMap::new();
    for verb in verbs {
        let request = Request::resource(verb, "", way);
        let request = match namespace {
            Some(namespace) => request.in_namespace(&evaluator.text(namespace)),
            None => request,
        };
        for (subject, grants) in evaluator.who_can(&request.normalized()) {
            let because: Vec<String> = grants.iter().filter_map(|grant| binding(evaluator, grant)).collect();
            if !because.is_empty() {
                all.entry(subject).or_default().extend(because);
            }
        }
    }
    all
}

/// The binding of a grant with its place, unless every cluster has it.
fn binding(evaluator: &Evaluator<'_>, grant: &Grant) -> Option<String> {
    let binding = evaluator.binding(grant.binding);
    let (namespace, name) = (evaluator.text(binding.namespace), evaluator.text(binding.name));
    if evaluator.is_shipped_binding(grant.binding) {
        return None;
    }
    let inventory = evaluator.inventory();
    let fact = evaluator.binding_fact(grant.binding)?;
    let resource = inventory.resource(fact.resource);
    let path = inventory.files.get(resource.file as usize).map(|path| path.display().to_string()).unwrap_or_default();
    let name =
        if binding.cluster { format!("ClusterRoleBinding {name}") } else { format!("RoleBinding {namespace}/{name}") };
    // What is in a running cluster has no line.
    let line = if resource.line == 0 { String::new() } else { format!(":{}", resource.line) };
    Some(format!("{name} {path}{line}"))
}
