//! Who may connect to pods through the API server: rights joined with the network.

use std::collections::BTreeMap;

use model::inventory::Inventory;
use model::symbols::Symbol;
use rbac::{BindingId, Config, Evaluator, Grant, Request, RoleLink, SubjectKey};
use reports::network::exposure::ExposureProxy;

/// What leads to pods, and the verbs of which any is enough. Source: the authorization of the API server, which maps a
/// method of HTTP to a verb; a forwarded port is a `POST`, or a `GET` over WebSockets.
const WAYS: &[(&str, &[&str])] = &[
    ("pods/portforward", &["create", "get"]),
    ("pods/exec", &["create", "get"]),
    ("pods/attach", &["create", "get"]),
    ("pods/ephemeralcontainers", &["patch", "update"]),
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
                    add(&mut found, (subject, Some(namespace), Symbol::EMPTY), way, because);
                }
            }
        }
        for (subject, because) in everywhere {
            add(&mut found, (subject, None, Symbol::EMPTY), way, because);
        }
    }
    add_named(&evaluator, &mut found);
    let mut proxies: Vec<ExposureProxy> = found
        .into_iter()
        .map(|((subject, namespace, object), (ways, because))| {
            let (kind, name) = evaluator.describe(subject);
            let namespace = namespace.map(|namespace| evaluator.text(namespace));
            let object = (object != Symbol::EMPTY).then(|| evaluator.text(object));
            ExposureProxy { kind: kind.to_owned(), name, ways, namespace, object, because }
        })
        .collect();
    proxies.sort_by(|left, right| {
        let rank = |proxy: &ExposureProxy| {
            let place = (proxy.object.is_some(), proxy.namespace.is_some(), proxy.namespace.clone());
            (place, proxy.kind.clone(), proxy.name.clone(), proxy.object.clone())
        };
        rank(left).cmp(&rank(right))
    });
    Some(proxies)
}

/// Somebody, the namespace, or none for all, and the object that the rights are for, or an empty name for all.
type Key = (SubjectKey, Option<Symbol>, Symbol);

/// The ways of somebody, and the bindings that say so.
type Found = BTreeMap<Key, (Vec<String>, Vec<String>)>;

/// Those who may by rules that name objects (`resourceNames`), and not of all objects anyway.
fn add_named(evaluator: &Evaluator<'_>, found: &mut Found) {
    for (number, binding) in (0..).zip(evaluator.bindings()) {
        let RoleLink::Role(role) = binding.role else { continue };
        let rules: Vec<_> = evaluator.role(role).rules.iter().map(|rule| evaluator.rule(*rule)).collect();
        let named: Vec<_> = rules.into_iter().filter(|rule| !rule.words.names.is_empty()).collect();
        if named.is_empty() || evaluator.is_shipped_binding(BindingId(number)) {
            continue;
        }
        let namespace = (!binding.cluster).then_some(binding.namespace);
        let Some(because) = told(evaluator, BindingId(number)) else { continue };
        for &(way, verbs) in WAYS.iter().filter(|(way, _)| *way != "nodes/proxy" || namespace.is_none()) {
            let grants: Vec<_> = verbs
                .iter()
                .map(|verb| evaluator.grants_apart_from_names(&Request::resource(verb, "", way).normalized()))
                .collect();
            for rule in named.iter().filter(|rule| grants.iter().any(|grants| grants(rule))) {
                for (&subject, &object) in
                    binding.subjects.iter().flat_map(|subject| rule.words.names.iter().map(move |name| (subject, name)))
                {
                    let whole = [(subject, None, Symbol::EMPTY), (subject, namespace, Symbol::EMPTY)];
                    let has = |key| {
                        found.get(key).is_some_and(|(ways, _): &(Vec<String>, _)| ways.iter().any(|own| own == way))
                    };
                    if subject != SubjectKey::Nobody && !whole.iter().any(has) {
                        add(found, (subject, namespace, object), way, vec![because.clone()]);
                    }
                }
            }
        }
    }
}

fn add(found: &mut Found, key: Key, way: &str, because: Vec<String>) {
    let known = found.entry(key).or_default();
    if !known.0.iter().any(|own| own == way) {
        known.0.push(way.to_owned());
    }
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
    if evaluator.is_shipped_binding(grant.binding) { None } else { told(evaluator, grant.binding) }
}

/// A binding with its place, if it is in the input.
fn told(evaluator: &Evaluator<'_>, id: BindingId) -> Option<String> {
    let binding = evaluator.binding(id);
    let (namespace, name) = (evaluator.text(binding.namespace), evaluator.text(binding.name));
    let inventory = evaluator.inventory();
    let fact = evaluator.binding_fact(id)?;
    let resource = inventory.resource(fact.resource);
    let path = inventory.files.get(resource.file as usize).map(|path| path.display().to_string()).unwrap_or_default();
    let name =
        if binding.cluster { format!("ClusterRoleBinding {name}") } else { format!("RoleBinding {namespace}/{name}") };
    // What is in a running cluster has no line.
    let line = if resource.line == 0 { String::new() } else { format!(":{}", resource.line) };
    Some(format!("{name} {path}{line}"))
}
