//! From what the evaluator says to what is written.

use model::inventory::ResourceId;
use model::place::Place;
use rbac::{Binding, BindingId, Evaluator, Grant, Request, RoleId, Rule, SubjectKey, Unknown};
use reports::rbac::{ChainReport, ObjectReport, RequestReport, RuleReport, SubjectName};
use reports::report::display_path;

/// A subject by kind and name.
pub(super) fn subject(evaluator: &Evaluator<'_>, key: SubjectKey) -> SubjectName {
    let (kind, name) = evaluator.describe(key);
    SubjectName { kind: kind.to_owned(), name }
}

fn optional(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// A request as it is asked.
pub(super) fn request(request: &Request) -> RequestReport {
    let verb = request.verb().to_owned();
    match request {
        Request::Path { verb: _, path } => {
            RequestReport { verb, group: None, resource: None, namespace: None, name: None, path: Some(path.clone()) }
        }
        Request::Resource(resource) => RequestReport {
            verb,
            group: Some(resource.group.clone()),
            resource: Some(resource.combined()),
            namespace: optional(&resource.namespace),
            name: optional(&resource.name),
            path: None,
        },
    }
}

/// The file of an object.
fn path(evaluator: &Evaluator<'_>, resource: ResourceId) -> String {
    let inventory = evaluator.inventory();
    display_path(&inventory.files[inventory.resource(resource).file as usize])
}

fn object(
    evaluator: &Evaluator<'_>,
    kind: &str,
    (namespace, name): (String, String),
    place: Option<(ResourceId, Place)>,
) -> ObjectReport {
    ObjectReport {
        kind: kind.to_owned(),
        namespace: optional(&namespace),
        name,
        path: place.map(|(resource, _)| path(evaluator, resource)),
        line: place.map(|(_, place)| place.line),
        built_in: place.is_none(),
    }
}

/// A binding, at the line of its role.
pub(super) fn binding(evaluator: &Evaluator<'_>, id: BindingId) -> ObjectReport {
    let Binding { cluster, namespace, name, .. } = evaluator.binding(id);
    let kind = if *cluster { "ClusterRoleBinding" } else { "RoleBinding" };
    let place = evaluator.binding_fact(id).map(|fact| (fact.resource, fact.role_place));
    object(evaluator, kind, (evaluator.text(*namespace), evaluator.text(*name)), place)
}

/// A role, at the line of its name.
pub(super) fn role(evaluator: &Evaluator<'_>, id: RoleId) -> ObjectReport {
    let role = evaluator.role(id);
    let kind = if role.cluster { "ClusterRole" } else { "Role" };
    let place = evaluator.role_fact(id).map(|fact| (fact.resource, fact.place));
    object(evaluator, kind, (evaluator.text(role.namespace), evaluator.text(role.name)), place)
}

/// What is said of roles of one name that do not grant the same.
pub(super) fn collision(evaluator: &Evaluator<'_>, id: RoleId) -> String {
    let all = evaluator.namesakes(id);
    let written: Vec<ObjectReport> = all.iter().map(|id| role(evaluator, *id)).filter(|role| !role.built_in).collect();
    let place = |role: &ObjectReport| Some(format!("{}:{}", role.path.as_ref()?, role.line?));
    let mut places: Vec<String> = written.iter().take(MOST_PLACES).filter_map(place).collect();
    if written.len() > MOST_PLACES {
        places.push(format!("{} more", written.len() - MOST_PLACES));
    }
    let of = role(evaluator, id);
    let what = format!("{} `{}`", of.kind, of.namespace.map_or(of.name.clone(), |at| format!("{at}/{}", of.name)));
    let places = places.join(", ");
    match written.len() {
        1 => format!("{what} grants what {places} says, and what every API server ships under the name"),
        count => {
            format!("{what} is there {count} times and is not the same ({places}): it grants what any of them says")
        }
    }
}

/// Places of roles of one name that are told.
const MOST_PLACES: usize = 4;

/// How a right reaches its subject.
pub(super) fn chain(evaluator: &Evaluator<'_>, grant: Grant) -> ChainReport {
    let Grant { binding: id, subject: number, role: role_id, rule } = grant;
    let rule = evaluator.role(role_id).rules[rule as usize];
    let place = evaluator.place_of_rule(rule);
    let aggregated_from = evaluator.aggregated_from(role_id, rule);
    // Of several roles of one name the one that has the rule.
    let role_id = if aggregated_from.is_none() { rule.origin } else { role_id };
    ChainReport {
        subject: subject(evaluator, evaluator.binding(id).subjects[number as usize]),
        binding: binding(evaluator, id),
        role: role(evaluator, role_id),
        rule: RuleReport {
            index: rule.index,
            aggregated_from: aggregated_from.map(|origin| evaluator.text(evaluator.role(origin).name)),
            text: rule_text(evaluator, evaluator.rule(rule)),
            path: place.map(|(resource, _)| path(evaluator, resource)),
            line: place.map(|(_, place)| place.line),
        },
    }
}

/// A rule in words: `get, list on secrets, deployments.apps (only a, b)`.
pub(super) fn rule_text(evaluator: &Evaluator<'_>, rule: &Rule) -> String {
    let texts =
        |words: &[model::symbols::Symbol]| -> Vec<String> { words.iter().map(|word| evaluator.text(*word)).collect() };
    let words = &rule.words;
    let mut what = Vec::new();
    let groups = texts(&words.groups);
    for resource in texts(&words.resources) {
        for group in &groups {
            what.push(match &**group {
                "" => resource.clone(),
                group => format!("{resource}.{group}"),
            });
        }
    }
    what.extend(texts(&words.urls));
    let names = match words.names.is_empty() {
        true => String::new(),
        false => format!(" (only {})", texts(&words.names).join(", ")),
    };
    format!("{} on {}{names}", texts(&words.verbs).join(", "), what.join(", "))
}

/// What was not seen, in words.
pub(super) fn unknown(evaluator: &Evaluator<'_>, unknown: &Unknown) -> String {
    match unknown {
        Unknown::Role(id) => {
            let of = binding(evaluator, *id);
            let role = evaluator.text(evaluator.binding(*id).role_name);
            format!("{} {} refers to role `{role}`, which is not in the input", of.kind, of.name)
        }
        Unknown::Rights => "roles or bindings were not looked at: they may grant it".to_owned(),
        Unknown::NodeAuthorizer => "the Node authorizer allows it if a pod on the node refers to the object".to_owned(),
        Unknown::Aggregation(id) => {
            let name = evaluator.text(evaluator.role(*id).name);
            format!("more rules are aggregated into `{name}` than are looked at")
        }
    }
}
