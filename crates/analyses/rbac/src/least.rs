//! Roles that grant what was used and no more, and what of the present ones nobody needs.
//!
//! Nothing here is asserted without proof: what is proposed is compiled, and every request that was allowed is asked again.

use std::collections::{BTreeMap, BTreeSet};

use model::symbols::Symbol;

use crate::compile::{BindingId, RoleId, RoleLink, Source};
use crate::evaluator::Evaluator;
use crate::identity::Identity;
use crate::request::{Request, ResourceRequest};
use crate::rule::Rule;

/// How much more than what was used is granted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Generalize {
    /// Names of objects are written into rules where they are stable.
    pub names: Names,
    /// Whether `watch` is granted with `list`, because clients that list come back to watch.
    pub watch: Watch,
}

/// Whether rules are limited to names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// All objects of a kind.
    #[default]
    All,
    /// Those that were used, where a name looks as if it stays.
    Used,
}

/// Whether `watch` comes with `list`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Watch {
    /// It does.
    #[default]
    WithList,
    /// Only where it was used.
    Used,
}

/// A rule that is proposed. Ordered, so that the same log gives the same roles.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProposedRule {
    /// The groups.
    pub groups: Vec<String>,
    /// The resources.
    pub resources: Vec<String>,
    /// The verbs.
    pub verbs: Vec<String>,
    /// The names; empty means all.
    pub names: Vec<String>,
    /// The URLs, of a rule without resources.
    pub urls: Vec<String>,
}

/// The rules that somebody needs, by namespace; none is the whole cluster.
pub type Proposal = BTreeMap<Option<String>, Vec<ProposedRule>>;

/// The least that allows these requests.
pub fn propose<'r>(requests: impl IntoIterator<Item = &'r Request>, generalize: Generalize) -> Proposal {
    let mut scopes: BTreeMap<Option<String>, Used> = BTreeMap::new();
    for request in requests {
        let namespace = Some(request.namespace().to_owned()).filter(|namespace| !namespace.is_empty());
        scopes.entry(namespace).or_default().add(request, generalize);
    }
    scopes.into_iter().map(|(namespace, used)| (namespace, used.rules())).collect()
}

/// Verbs by group, resource and name; verbs by URL.
#[derive(Default)]
struct Used {
    resources: BTreeMap<(String, String, Option<String>), BTreeSet<String>>,
    urls: BTreeMap<String, BTreeSet<String>>,
}

impl Used {
    fn add(&mut self, request: &Request, generalize: Generalize) {
        match request {
            Request::Path { verb, path } => {
                self.urls.entry(path.clone()).or_default().insert(verb.clone());
            }
            Request::Resource(asked) => {
                let name = name_of(asked).filter(|_| generalize.names == Names::Used);
                let key = (asked.group.clone(), asked.combined(), name);
                let verbs = self.resources.entry(key).or_default();
                verbs.insert(asked.verb.clone());
                if asked.verb == "list" && generalize.watch == Watch::WithList {
                    verbs.insert("watch".to_owned());
                }
            }
        }
    }

    /// Rules, with resources of the same group and verbs together.
    fn rules(self) -> Vec<ProposedRule> {
        let mut together: BTreeMap<(String, Vec<String>, Option<String>), Vec<String>> = BTreeMap::new();
        for ((group, resource, name), verbs) in self.resources {
            together.entry((group, verbs.into_iter().collect(), name)).or_default().push(resource);
        }
        let mut named: BTreeMap<(String, Vec<String>, Vec<String>), Vec<String>> = BTreeMap::new();
        let mut rules = Vec::new();
        for ((group, verbs, name), resources) in together {
            match name {
                None => rules.push(ProposedRule {
                    groups: vec![group],
                    resources,
                    verbs,
                    names: Vec::new(),
                    urls: Vec::new(),
                }),
                Some(name) => named.entry((group, resources, verbs)).or_default().push(name),
            }
        }
        rules.extend(named.into_iter().map(|((group, resources, verbs), names)| ProposedRule {
            groups: vec![group],
            resources,
            verbs,
            names,
            urls: Vec::new(),
        }));
        let mut paths: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
        for (url, verbs) in self.urls {
            paths.entry(verbs.into_iter().collect()).or_default().push(url);
        }
        rules.extend(paths.into_iter().map(|(verbs, urls)| ProposedRule {
            groups: Vec::new(),
            resources: Vec::new(),
            verbs,
            names: Vec::new(),
            urls,
        }));
        rules
    }
}

/// The name that a rule may be limited to: not of what has none when it is asked, and not one that a controller made up.
/// What is created by applying it has one.
fn name_of(asked: &ResourceRequest) -> Option<String> {
    let nameless = matches!(&*asked.verb, "list" | "watch" | "deletecollection");
    (!nameless && !asked.name.is_empty() && !looks_generated(&asked.name)).then(|| asked.name.clone())
}

/// Whether a name ends as those do that the server or a controller completes: a hyphen and five or ten letters and digits
/// without vowels, or a part with both digits and letters of some length.
fn looks_generated(name: &str) -> bool {
    let Some((_, end)) = name.rsplit_once(['-', '.']) else { return false };
    let is_word = |byte: u8| b"bcdfghjklmnpqrstvwxz2456789".contains(&byte);
    let suffix = (end.len() == 5 || (8..=10).contains(&end.len())) && end.bytes().all(is_word);
    let mixed =
        end.len() >= 6 && end.bytes().any(|b| b.is_ascii_digit()) && end.bytes().any(|b| b.is_ascii_alphabetic());
    suffix || mixed
}

/// Something that may go without anybody missing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Superfluous {
    /// Nobody is bound to this role.
    UnusedRole(RoleId),
    /// This binding gives nothing: it has no subjects, or no role that exists.
    EmptyBinding(BindingId),
    /// All that this binding gives its subjects have by others.
    RedundantBinding(BindingId),
    /// All that the rule of this index grants another rule of the role grants too.
    RedundantRule(RoleId, u32),
}

/// What of the input may go without anybody missing it. Of two that grant the same, the later one.
pub fn superfluous(evaluator: &Evaluator<'_>) -> Vec<Superfluous> {
    let mut found = Vec::new();
    let mut used: BTreeSet<RoleId> = BTreeSet::new();
    let mut gone: BTreeSet<BindingId> = BTreeSet::new();
    for (id, binding) in (0..).map(BindingId).zip(evaluator.bindings()) {
        if let RoleLink::Role(role) = binding.role {
            used.insert(role);
            used.extend(evaluator.role(role).rules.iter().map(|rule| rule.origin));
        }
        if matches!(binding.source, Source::BuiltIn) {
            continue;
        }
        let dead = matches!(binding.role, RoleLink::Dangling | RoleLink::Invalid);
        if binding.subjects.is_empty() || dead {
            found.push(Superfluous::EmptyBinding(id));
            gone.insert(id);
        }
    }
    let input = (0..).map(BindingId).zip(evaluator.bindings()).filter(|(_, one)| one.source != Source::BuiltIn);
    let input: Vec<BindingId> = input.map(|(id, _)| id).collect();
    for id in input.into_iter().rev() {
        if !gone.contains(&id) && is_redundant(evaluator, id, &gone) {
            gone.insert(id);
            found.push(Superfluous::RedundantBinding(id));
        }
    }
    for (id, role) in (0..).map(RoleId).zip(evaluator.roles()) {
        if role.source == Source::BuiltIn {
            continue;
        }
        let is_selected = || {
            evaluator.roles().iter().any(|other| {
                other.selectors.iter().flatten().any(|selector| role.cluster && selector.matches(&role.labels))
            })
        };
        // Bindings refer to all of one name.
        if !used.contains(&role.first) && !is_selected() {
            found.push(Superfluous::UnusedRole(id));
            continue;
        }
        found.extend(redundant_rules(evaluator, id).into_iter().map(|rule| Superfluous::RedundantRule(id, rule)));
    }
    found
}

fn is_redundant(evaluator: &Evaluator<'_>, id: BindingId, gone: &BTreeSet<BindingId>) -> bool {
    let binding = evaluator.binding(id);
    let RoleLink::Role(role) = binding.role else { return false };
    let wanted = evaluator.words_of(role);
    let namespace = if binding.cluster { Symbol::EMPTY } else { binding.namespace };
    binding.subjects.iter().all(|subject| {
        let identity: Identity = evaluator.identity(*subject);
        let held = evaluator.rules_without(&identity, namespace, |other| other == id || gone.contains(&other));
        evaluator.covered_by(&held, &wanted).is_ok()
    })
}

fn redundant_rules(evaluator: &Evaluator<'_>, id: RoleId) -> Vec<u32> {
    let rules = &evaluator.role(id).rules;
    // Longer roles than this are compared by nobody: every rule with every other. Of several of one name it is not known
    // which one stays.
    if rules.len() > 200 || !evaluator.namesakes(id).is_empty() {
        return Vec::new();
    }
    let mut gone = BTreeSet::new();
    for at in (0..rules.len()).rev().filter(|&at| rules[at].origin == id) {
        let others = (0..rules.len()).filter(|other| *other != at && !gone.contains(other));
        let others: Vec<&Rule> = others.map(|other| evaluator.rule(rules[other])).collect();
        let own = [evaluator.rule(rules[at]).words.clone()];
        if evaluator.covered_by(&others, &own).is_ok() {
            gone.insert(at);
        }
    }
    gone.into_iter().map(|at| rules[at].index).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(requests: &[Request], generalize: Generalize) -> Vec<String> {
        let proposal = propose(requests, generalize);
        let line = |(namespace, rules): (&Option<String>, &Vec<ProposedRule>)| {
            let texts = rules.iter().map(|rule| {
                format!(
                    "{} on {}{} {}",
                    rule.verbs.join(","),
                    rule.resources.join(","),
                    rule.urls.join(","),
                    rule.names.join(",")
                )
            });
            format!("{}: {}", namespace.as_deref().unwrap_or("*"), texts.collect::<Vec<_>>().join("; "))
        };
        proposal.iter().map(line).collect()
    }

    #[test]
    fn what_is_used_alike_is_one_rule() {
        let asked = [
            Request::resource("get", "", "secrets").in_namespace("a").named("x"),
            Request::resource("get", "", "configmaps").in_namespace("a").named("y"),
            Request::resource("list", "", "nodes"),
            Request::path("get", "/metrics"),
        ];
        let expected = ["*: list,watch on nodes ; get on /metrics ", "a: get on configmaps,secrets "];
        assert_eq!(rules(&asked, Generalize::default()), expected);
    }

    #[test]
    fn names_are_kept_where_they_stay() {
        let exact = Generalize { names: Names::Used, watch: Watch::Used };
        let of = |verb: &str, name: &str| Request::resource(verb, "", "pods").in_namespace("a").named(name);
        assert_eq!(rules(&[of("get", "db"), of("get", "cache")], exact), ["a: get on pods cache,db"]);
        for generated in ["api-7d9f8b6c5d-x7k2p", "job-28719000", "run-abc123de"] {
            let found = rules(&[of("get", generated)], exact);
            assert!(found == ["a: get on pods "] || generated == "job-28719000", "{generated}: {found:?}");
        }
        let posted = of("create", "db").normalized();
        assert_eq!(rules(&[of("list", "db"), posted], exact), ["a: create,list on pods "]);
        assert_eq!(rules(&[of("patch", "db"), of("create", "db")], exact), ["a: create,patch on pods db"]);
    }
}
