//! What subjects were granted and did not use: the old rights minus those that a log shows.

use std::collections::{BTreeMap, BTreeSet};

use model::symbols::Symbol;

use crate::compile::SubjectKey;
use crate::evaluator::Evaluator;
use crate::identity::Identity;
use crate::least::Watch;
use crate::request::Request;
use crate::rule::{Words, url_matches};

/// Verbs that somebody was granted and did not use, or of which less was used than was granted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unused {
    /// The namespace; none for the whole cluster.
    pub namespace: Option<String>,
    /// The group, as the rule has it.
    pub group: String,
    /// The resource with its subresource, or the URL, as the rule has it.
    pub resource: String,
    /// The names that were not used of a rule that has names; empty means all.
    pub names: Vec<String>,
    /// What was used of it, if something was: of a wildcard, or in which namespaces.
    pub used: Vec<String>,
    /// The verbs, as the rule has them.
    pub verbs: Vec<String>,
}

/// Namespace, group, resource, names and what was used of it.
type Key = (Option<String>, String, String, Vec<String>, Vec<String>);

/// What the bindings of a subject itself give it, without what every cluster gives, and what of that none of `requests`
/// needs. Of a group these are the requests of its members.
pub fn unused<'r>(
    evaluator: &Evaluator<'_>,
    subject: SubjectKey,
    requests: impl IntoIterator<Item = &'r Request>,
    watch: Watch,
) -> Vec<Unused> {
    let asked = Asked::new(requests, watch);
    let alone = match subject {
        SubjectKey::User(name) => Identity { user: evaluator.text(name), groups: Vec::new() },
        SubjectKey::Group(name) => Identity { user: String::new(), groups: vec![evaluator.text(name)] },
        SubjectKey::Nobody => return Vec::new(),
    };
    let mut found: BTreeMap<Key, BTreeSet<String>> = BTreeMap::new();
    for right in evaluator.rights(&alone) {
        if evaluator.is_shipped_binding(right.grant.binding) {
            continue;
        }
        let namespace = right.namespace.map(|namespace| evaluator.text(namespace));
        let texts = Texts::new(evaluator, &evaluator.granted(right.grant).words);
        texts.each_atom(|atom| {
            let Some((names, used)) = asked.leaves(&atom, namespace.as_deref(), &texts.names) else { return };
            let key = (namespace.clone(), atom.group.to_owned(), atom.what.to_owned(), names, used);
            found.entry(key).or_default().insert(atom.verb.to_owned());
        });
    }
    let unused = |((namespace, group, resource, names, used), verbs): (Key, BTreeSet<String>)| Unused {
        namespace,
        group,
        resource,
        names,
        used,
        verbs: verbs.into_iter().collect(),
    };
    found.into_iter().map(unused).collect()
}

/// The words of a rule as texts.
struct Texts {
    verbs: Vec<String>,
    groups: Vec<String>,
    resources: Vec<String>,
    names: Vec<String>,
    urls: Vec<String>,
}

/// One verb on one resource or URL of a rule.
struct Atom<'t> {
    verb: &'t str,
    group: &'t str,
    what: &'t str,
    is_url: bool,
}

impl Texts {
    fn new(evaluator: &Evaluator<'_>, words: &Words) -> Self {
        let texts = |words: &[Symbol]| words.iter().map(|word| evaluator.text(*word)).collect();
        Self {
            verbs: texts(&words.verbs),
            groups: texts(&words.groups),
            resources: texts(&words.resources),
            names: texts(&words.names),
            urls: texts(&words.urls),
        }
    }

    fn each_atom(&self, mut each: impl FnMut(Atom<'_>)) {
        for verb in &self.verbs {
            for group in &self.groups {
                for what in &self.resources {
                    each(Atom { verb, group, what, is_url: false });
                }
            }
            for what in &self.urls {
                each(Atom { verb, group: "", what, is_url: true });
            }
        }
    }
}

impl Atom<'_> {
    fn is_wild(&self) -> bool {
        self.verb == "*" || self.group == "*" || self.what == "*" || self.what.starts_with("*/")
            // Of a URL that ends so, the prefix.
            || (self.is_url && self.what.ends_with('*'))
    }

    fn matches(&self, kind: &Kind) -> bool {
        if self.verb != "*" && self.verb != kind.verb || kind.is_url != self.is_url {
            return false;
        }
        if self.is_url {
            return url_matches(self.what, &kind.what);
        }
        let is_subresource =
            || matches!((self.what.strip_prefix("*/"), kind.what.split_once('/')), (Some(a), Some((_, b))) if a == b);
        (self.group == "*" || self.group == kind.group)
            && (self.what == "*" || self.what == kind.what || is_subresource())
    }
}

/// What a request asks for, without where.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    verb: String,
    group: String,
    what: String,
    is_url: bool,
}

/// Requests by what they ask for: in which namespaces (an empty one is the whole cluster), for which names.
struct Asked {
    kinds: BTreeMap<Kind, BTreeSet<(String, String)>>,
}

impl Asked {
    fn new<'r>(requests: impl IntoIterator<Item = &'r Request>, watch: Watch) -> Self {
        let mut kinds: BTreeMap<Kind, BTreeSet<(String, String)>> = BTreeMap::new();
        for request in requests {
            let (group, what, name, is_url) = match request {
                Request::Path { verb: _, path } => (String::new(), path.clone(), String::new(), true),
                Request::Resource(asked) => (asked.group.clone(), asked.combined(), asked.name.clone(), false),
            };
            let mut add = |verb: &str| {
                let kind = Kind { verb: verb.to_owned(), group: group.clone(), what: what.clone(), is_url };
                kinds.entry(kind).or_default().insert((request.namespace().to_owned(), name.clone()));
            };
            add(request.verb());
            if request.verb() == "list" && !is_url && watch == Watch::WithList {
                add("watch");
            }
        }
        Self { kinds }
    }

    /// The names of an atom that were not used, and what was used of it; none if all of it was.
    fn leaves(&self, atom: &Atom<'_>, namespace: Option<&str>, names: &[String]) -> Option<(Vec<String>, Vec<String>)> {
        let reaches = |(at, _): &&(String, String)| namespace.is_none_or(|namespace| at == namespace);
        let mut used_names: BTreeSet<&str> = BTreeSet::new();
        let mut used: BTreeSet<String> = BTreeSet::new();
        let mut everywhere = atom.is_url || namespace.is_some();
        for (kind, places) in self.kinds.iter().filter(|(kind, _)| atom.matches(kind)) {
            for (at, name) in places.iter().filter(reaches) {
                if !names.is_empty() && !names.contains(name) {
                    continue;
                }
                used_names.insert(name);
                everywhere |= at.is_empty();
                used.insert(match atom.is_wild() {
                    true => wild_use(kind, at, namespace.is_none()),
                    false => format!("in `{at}`"),
                });
            }
        }
        let left: Vec<String> = names.iter().filter(|name| !used_names.contains(&***name)).cloned().collect();
        if used.is_empty() {
            return Some((left, Vec::new()));
        }
        match names.is_empty() {
            true if atom.is_wild() || !everywhere => Some((Vec::new(), used.into_iter().collect())),
            true => None,
            false => (!left.is_empty()).then_some((left, Vec::new())),
        }
    }
}

/// What was used of a wildcard.
fn wild_use(kind: &Kind, at: &str, in_cluster: bool) -> String {
    let group = if kind.group.is_empty() { String::new() } else { format!(".{}", kind.group) };
    let place = if in_cluster && !at.is_empty() { format!(" in `{at}`") } else { String::new() };
    format!("{} {}{group}{place}", kind.verb, kind.what)
}
