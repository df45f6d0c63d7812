//! Whom a policy or a binding is for: resources, operations, names, and labels of objects and namespaces.

use std::sync::Arc;

use super::{Request, Tree};

/// Whether a request is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Matched {
    /// It is, in this group and version.
    Yes { group: String, version: String },
    /// It is not.
    No,
    /// That depends on something that is not known.
    Unknown(Arc<str>),
}

/// A selector of labels.
#[derive(Debug, Clone, Default)]
pub(super) struct Selector {
    requirements: Vec<(String, Operator, Vec<String>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

impl Selector {
    /// The selector that is written.
    pub(super) fn of(tree: Option<&Tree>) -> Selector {
        let Some(tree) = tree else { return Selector::default() };
        let labels = tree.get("matchLabels").map(Tree::entries).unwrap_or_default();
        let equal = labels
            .iter()
            .map(|(key, value)| (key.to_string(), Operator::In, vec![value.text().unwrap_or_default().to_owned()]));
        let written = tree.items_of("matchExpressions").iter().filter_map(|one| {
            let operator = match one.text_at(&["operator"]) {
                "In" => Operator::In,
                "NotIn" => Operator::NotIn,
                "Exists" => Operator::Exists,
                "DoesNotExist" => Operator::DoesNotExist,
                _ => return None,
            };
            Some((one.text_at(&["key"]).to_owned(), operator, texts(one, "values")))
        });
        Selector { requirements: equal.chain(written).collect() }
    }

    /// Whether labels match: `Err` where that depends on one that is not known.
    pub(super) fn matches(&self, labels: Option<&Tree>) -> Result<bool, Arc<str>> {
        let mut unknown = None;
        for (key, operator, values) in &self.requirements {
            let open = match labels {
                Some(Tree::Map(_, open)) => open.clone(),
                Some(Tree::Unknown(on)) => Some(on.clone()),
                _ => None,
            };
            let value = match labels.and_then(|labels| labels.get(key)) {
                Some(Tree::Unknown(on)) => Err(on.clone()),
                Some(value) => Ok(value.text()),
                None => open.map_or(Ok(None), Err),
            };
            let value = match value {
                Ok(value) => value,
                Err(on) => {
                    unknown = Some(on);
                    continue;
                }
            };
            let is_among = value.is_some_and(|value| values.iter().any(|own| own == value));
            let holds = match operator {
                Operator::In => is_among,
                Operator::NotIn => !is_among,
                Operator::Exists => value.is_some(),
                Operator::DoesNotExist => value.is_none(),
            };
            if !holds {
                return Ok(false);
            }
        }
        unknown.map_or(Ok(true), Err)
    }

    /// Whether it selects everything.
    fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }
}

/// The texts of a list.
fn texts(tree: &Tree, name: &str) -> Vec<String> {
    tree.items_of(name).iter().filter_map(Tree::text).map(str::to_owned).collect()
}

#[derive(Debug, Clone)]
struct Rule {
    groups: Vec<String>,
    versions: Vec<String>,
    resources: Vec<String>,
    operations: Vec<String>,
    names: Vec<String>,
    scope: String,
}

/// `matchConstraints` of a policy, or `matchResources` of a binding.
#[derive(Debug, Clone)]
pub(super) struct Matching {
    rules: Vec<Rule>,
    excluded: Vec<Rule>,
    is_exact: bool,
    namespaces: Selector,
    objects: Selector,
}

/// What is known of the object besides its request.
pub(super) struct Labels<'a> {
    /// Of the object.
    pub(super) object: Option<&'a Tree>,
    /// Of its namespace.
    pub(super) namespace: Option<&'a Tree>,
}

impl Matching {
    /// What is written.
    pub(super) fn of(tree: &Tree) -> Matching {
        let rules = |name: &str| {
            let rules = tree.items_of(name).iter().map(|rule| Rule {
                groups: texts(rule, "apiGroups"),
                versions: texts(rule, "apiVersions"),
                resources: texts(rule, "resources"),
                operations: texts(rule, "operations"),
                names: texts(rule, "resourceNames"),
                scope: rule.text_at(&["scope"]).to_owned(),
            });
            rules.collect()
        };
        Matching {
            rules: rules("resourceRules"),
            excluded: rules("excludeResourceRules"),
            is_exact: tree.text_at(&["matchPolicy"]) == "Exact",
            namespaces: Selector::of(tree.get("namespaceSelector")),
            objects: Selector::of(tree.get("objectSelector")),
        }
    }

    /// Whether a request is meant.
    pub(super) fn matches(&self, request: &Request, labels: &Labels<'_>) -> Matched {
        let is_in_none = request.namespace.is_empty() && !request.is_of_namespace();
        let by_namespace = match self.namespaces.is_empty() || is_in_none {
            true => Ok(true),
            false => self.namespaces.matches(if request.is_of_namespace() { labels.object } else { labels.namespace }),
        };
        let by_object = self.objects.matches(labels.object);
        if by_namespace == Ok(false) || by_object == Ok(false) {
            return Matched::No;
        }
        let excluded = self.among(&self.excluded, request);
        let own = || Matched::Yes { group: request.group.clone(), version: request.version.clone() };
        let matched = if self.rules.is_empty() { own() } else { self.among(&self.rules, request) };
        match (excluded, matched) {
            (Matched::Yes { .. }, _) | (_, Matched::No) => Matched::No,
            (Matched::Unknown(on), _) | (_, Matched::Unknown(on)) => Matched::Unknown(on),
            (Matched::No, yes) => match by_namespace.and(by_object) {
                Ok(_) => yes,
                Err(on) => Matched::Unknown(on),
            },
        }
    }

    fn among(&self, rules: &[Rule], request: &Request) -> Matched {
        let mut unknown = None;
        let own = (request.group.as_str(), request.version.as_str());
        let equivalents = if self.is_exact { Vec::new() } else { equivalents(request) };
        for version in std::iter::once(own).chain(equivalents) {
            for rule in rules {
                match rule.matches(request, version) {
                    Ok(true) => return Matched::Yes { group: version.0.to_owned(), version: version.1.to_owned() },
                    Ok(false) => {}
                    Err(on) => unknown = Some(Arc::from(on)),
                }
            }
        }
        unknown.map_or(Matched::No, Matched::Unknown)
    }
}

/// The other groups and versions that serve the same objects.
fn equivalents(request: &Request) -> Vec<(&'static str, &'static str)> {
    let schemas = schemas::kubernetes();
    let newest = schemas.newest();
    let is_event = request.kind == "Event" && ["", "events.k8s.io"].contains(&request.group.as_str());
    let all = schemas.kinds().iter().filter(|kind| kind.kind == request.kind && kind.versions.contains(newest));
    all.filter_map(|kind| {
        let (group, version) = kind.api_version.split_once('/').unwrap_or(("", kind.api_version));
        let is_same = group == request.group && version == request.version;
        let is_equivalent = group == request.group || (is_event && ["", "events.k8s.io"].contains(&group));
        (is_equivalent && !is_same).then_some((group, version))
    })
    .collect()
}

fn names(items: &[String], name: &str) -> bool {
    items.iter().any(|item| item == "*" || item == name)
}

impl Rule {
    fn matches(&self, request: &Request, (group, version): (&str, &str)) -> Result<bool, &'static str> {
        let is_in_none = request.namespace.is_empty() || request.is_of_namespace();
        let is_in_scope = match self.scope.as_str() {
            "" | "*" => true,
            "Namespaced" => !is_in_none,
            "Cluster" => is_in_none,
            _ => false,
        };
        let is_general = is_in_scope
            && names(&self.operations, "CREATE")
            && names(&self.groups, group)
            && names(&self.versions, version);
        if !is_general {
            return Ok(false);
        }
        let mut is_asked = false;
        for resource in &self.resources {
            let (resource, sub) = resource.split_once('/').unwrap_or((resource, ""));
            if !matches!(sub, "" | "*") {
                continue;
            }
            match &request.plural {
                _ if resource == "*" => is_asked = true,
                Some(plural) => is_asked |= plural == resource,
                None => return Err("the resource of a kind whose definition is not in the input"),
            }
        }
        if !is_asked || self.names.is_empty() {
            return Ok(is_asked);
        }
        match &request.name {
            Some(name) => Ok(self.names.contains(name)),
            None => Ok(false),
        }
    }
}
