//! Rights as a report has them: expanded to every resource that is known, or as rules are written, to be compared.

use std::collections::{BTreeMap, BTreeSet};

use model::symbols::Symbol;
use rbac::{Evaluator, Identity, Right, Rule, resources};
use reports::rbac::RightReport;

/// Namespace, group (none for a URL), resource and names. Of a rule with names there is one for each name.
type Key = (Option<String>, Option<String>, String, Vec<String>);

/// A rule that comes to more than this is not taken apart by its names.
const MOST_NAMED: usize = 50_000;

/// What somebody may do by his own bindings, as the rules are written: `*` is `*`.
#[derive(Default, PartialEq, Eq)]
pub(super) struct Written {
    verbs: BTreeMap<Key, BTreeSet<String>>,
    /// URLs that end in `*`, by the verb.
    prefixes: Vec<(String, String)>,
}

impl Written {
    pub(super) fn new(evaluator: &Evaluator<'_>, identity: &Identity) -> Self {
        let mut all = Self::default();
        for right in evaluator.rights(identity) {
            all.add(evaluator, evaluator.granted(right.grant), right.namespace);
        }
        all.prefixes.sort();
        all.prefixes.dedup();
        all
    }

    fn add(&mut self, evaluator: &Evaluator<'_>, rule: &Rule, namespace: Option<Symbol>) {
        let texts = |words: &[Symbol]| -> Vec<String> { words.iter().map(|word| evaluator.text(*word)).collect() };
        let words = &rule.words;
        let (groups, resources, verbs) = (texts(&words.groups), texts(&words.resources), texts(&words.verbs));
        let namespace = namespace.map(|namespace| evaluator.text(namespace));
        let all = texts(&words.names);
        let is_vast = all.len().saturating_mul(groups.len()).saturating_mul(resources.len()) > MOST_NAMED;
        let names: Vec<Vec<String>> = match all.is_empty() || is_vast {
            true => vec![all],
            false => all.into_iter().map(|name| vec![name]).collect(),
        };
        for resource in &resources {
            let plural = resource.split('/').next().unwrap_or_default();
            // A RoleBinding grants nothing of the whole cluster, but the Namespace that it is in.
            if namespace.is_some() && rbac::resources::is_cluster_scoped(plural) && plural != "namespaces" {
                continue;
            }
            for group in &groups {
                for names in &names {
                    let key = (namespace.clone(), Some(group.clone()), resource.clone(), names.clone());
                    self.verbs.entry(key).or_default().extend(verbs.iter().cloned());
                }
            }
        }
        if namespace.is_some() {
            return;
        }
        for url in texts(&words.urls) {
            if url.ends_with('*') {
                self.prefixes.extend(verbs.iter().map(|verb| (verb.clone(), url.trim_end_matches('*').to_owned())));
            }
            self.verbs.entry((None, None, url, Vec::new())).or_default().extend(verbs.iter().cloned());
        }
    }

    /// What is here and not in `others`, without what is here twice: in a namespace and in the whole cluster, for some
    /// names and for all, by itself and by a wildcard.
    pub(super) fn without(&self, others: &Self) -> Vec<RightReport> {
        type Place = (Option<String>, Option<String>, String, Vec<String>);
        let mut found: BTreeMap<Place, Vec<String>> = BTreeMap::new();
        for (key, verbs) in &self.verbs {
            let is_new =
                |verb: &&String| !others.covers(key, verb, Itself::Too) && !self.covers(key, verb, Itself::Not);
            let verbs: Vec<String> = verbs.iter().filter(is_new).cloned().collect();
            if !verbs.is_empty() {
                let (namespace, group, resource, names) = key.clone();
                found.entry((namespace, group, resource, verbs)).or_default().extend(names);
            }
        }
        let report = |((namespace, group, resource, verbs), names): (Place, Vec<String>)| {
            let resource = if group.is_none() { shown(resource) } else { resource };
            RightReport { namespace, group: group.unwrap_or_default(), resource, verbs, names }
        };
        found.into_iter().map(report).collect()
    }

    fn covers(&self, key: &Key, verb: &str, itself: Itself) -> bool {
        let (namespace, group, resource, names) = key;
        let Some(group) = group else { return self.covers_url(resource, verb, itself) };
        let mut groups = vec![&**group, "*"];
        let subresource = resource.split_once('/').map(|(_, subresource)| format!("*/{subresource}"));
        let every = [Some(&**resource), Some("*"), subresource.as_deref()];
        let mut resources: Vec<&str> = every.into_iter().flatten().collect();
        groups.dedup();
        resources.dedup();
        let mut namespaces = vec![namespace, &None];
        namespaces.dedup();
        let mut limits: Vec<&[String]> = vec![names, &[]];
        limits.dedup();
        for namespace in namespaces {
            for group in &groups {
                for resource in &resources {
                    for limit in &limits {
                        let group = Some((*group).to_owned());
                        let other = (namespace.clone(), group, (*resource).to_owned(), limit.to_vec());
                        let Some(known) = self.verbs.get(&other) else { continue };
                        let is_itself = itself == Itself::Not && other == *key;
                        if known.contains("*") && !(is_itself && verb == "*") || known.contains(verb) && !is_itself {
                            return true;
                        }
                    }
                }
            }
        }
        false
    }

    fn covers_url(&self, url: &str, verb: &str, itself: Itself) -> bool {
        let exact = self.verbs.get(&(None, None, url.to_owned(), Vec::new()));
        let by_exact = exact.is_some_and(|known| {
            known.contains(verb) && itself == Itself::Too
                || known.contains("*") && (itself == Itself::Too || verb != "*")
        });
        let is_itself = |known: &str, prefix: &str| {
            itself == Itself::Not && known == verb && url.ends_with('*') && url.trim_end_matches('*') == prefix
        };
        let by_prefix = |(known, prefix): &(String, String)| {
            (known == "*" || known == verb) && url.starts_with(&**prefix) && !is_itself(known, prefix)
        };
        by_exact || self.prefixes.iter().any(by_prefix)
    }
}

/// Whether a right covers itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Itself {
    Too,
    Not,
}

/// A URL as it is told: `*` alone would look like every resource.
fn shown(url: String) -> String {
    if url == "*" { "/*".to_owned() } else { url }
}

/// What rules grant, by scope and resource: wildcards are expanded by the resources that are known.
pub(super) fn expand(evaluator: &Evaluator<'_>, rights: &[Right]) -> Vec<RightReport> {
    type Key = (Option<String>, String, String, Vec<String>);
    let mut all: BTreeMap<Key, BTreeSet<String>> = BTreeMap::new();
    for right in rights {
        let rule = evaluator.granted(right.grant);
        let namespace = right.namespace.map(|namespace| evaluator.text(namespace));
        let names: Vec<String> = rule.words.names.iter().map(|name| evaluator.text(*name)).collect();
        for (group, resource, verbs) in targets(evaluator, rule, namespace.is_some()) {
            all.entry((namespace.clone(), group, resource, names.clone())).or_default().extend(verbs);
        }
    }
    all.into_iter()
        .map(|((namespace, group, resource, names), verbs)| RightReport {
            namespace,
            group,
            resource,
            verbs: verbs.into_iter().collect(),
            names,
        })
        .collect()
}

/// Group, resource and verbs of what a rule grants.
fn targets(evaluator: &Evaluator<'_>, rule: &Rule, in_namespace: bool) -> Vec<(String, String, Vec<String>)> {
    let texts = |words: &[Symbol]| -> Vec<String> { words.iter().map(|word| evaluator.text(*word)).collect() };
    let words = &rule.words;
    let (groups, written, verbs) = (texts(&words.groups), texts(&words.resources), texts(&words.verbs));
    let mut found = Vec::new();
    let verbs_of = |served: &[&str]| -> Vec<String> {
        match rule.has_every_verb() {
            true => served.iter().map(|&verb| verb.to_owned()).collect(),
            false => verbs.clone(),
        }
    };
    let reaches = |resource: &resources::Resource| {
        !in_namespace || resource.namespaced || (resource.group.is_empty() && resource.plural == "namespaces")
    };
    let is_wild = |resource: &str| resource == "*" || resource.starts_with("*/");
    let named = |group: &str| rule.has_every_group() || groups.iter().any(|known| known == group);
    for resource in resources::ALL.iter().filter(|resource| named(resource.group) && reaches(resource)) {
        let subresources = resource.subresources.iter().map(|(name, verbs)| (*name, verbs));
        for (subresource, served) in std::iter::once(("", &resource.verbs)).chain(subresources) {
            let combined = rbac::request::join(resource.plural, subresource);
            let is_written = written.contains(&combined);
            let is_expanded = written
                .iter()
                .any(|word| word == "*" || (!subresource.is_empty() && word.strip_prefix("*/") == Some(subresource)));
            if is_written || is_expanded {
                found.push((resource.group.to_owned(), combined, verbs_of(served)));
            }
        }
    }
    for group in &groups {
        for resource in &written {
            let (plural, subresource) = resource.split_once('/').unwrap_or((resource, ""));
            if in_namespace && resources::is_cluster_scoped(plural) && plural != "namespaces" {
                continue;
            }
            let is_served = |known: &resources::Resource| {
                known.plural == plural
                    && (subresource.is_empty() || known.subresources.iter().any(|(name, _)| *name == subresource))
            };
            let has_it = |known: &&resources::Resource| (group == "*" || known.group == *group) && is_served(known);
            let is_known = match is_wild(resource) {
                true => group == "*" || resources::ALL.iter().any(|known| known.group == *group),
                false => resources::ALL.iter().any(|known| has_it(&known)),
            };
            // What discovery does not know is there as it is written: `userextras/scopes` has no end.
            if !is_known {
                found.push((group.clone(), resource.clone(), verbs.clone()));
            }
        }
    }
    if !in_namespace {
        found.extend(texts(&words.urls).into_iter().map(|url| (String::new(), shown(url), verbs.clone())));
    }
    found
}
