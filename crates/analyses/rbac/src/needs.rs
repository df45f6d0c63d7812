//! Which needs of the catalogue every rule and role meets, as bits.

use model::symbols::Symbol;

use crate::catalogue::{self, Need, Special};
use crate::evaluator::Evaluator;
use crate::identity::SERVICE_ACCOUNT;
use crate::map::Set;
use crate::parameters::{self, Parameters};
use crate::resources;
use crate::rule::Rule;

/// Needs by their bits. A need that is met for some names only is among the second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Met {
    pub(crate) whole: u128,
    pub(crate) named: u128,
}

/// What a rule or role meets, bound in the whole cluster and bound in a namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    pub(crate) cluster: Met,
    pub(crate) namespace: Met,
}

impl Met {
    pub(crate) fn add(&mut self, other: Self) {
        self.whole |= other.whole;
        self.named |= other.named;
    }

    pub(crate) fn with(mut self, other: Self) -> Self {
        self.add(other);
        self
    }
}

/// A way to a danger: the needs that it takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    pub(crate) danger: usize,
    pub(crate) needs: u128,
}

struct Compiled {
    bit: u128,
    verbs: u64,
    other_verbs: Vec<Symbol>,
    /// Verbs whose requests have no name, unless they are of a subresource.
    nameless: u64,
    group: Symbol,
    any_resource: bool,
    resources: Vec<Wanted>,
    names: Vec<Symbol>,
    /// Whether it is to be let bind roles.
    binds: bool,
    any_will_do: bool,
    parameters: Vec<Parameters>,
    /// For `bind` the names of roles that give something critical.
    powerful: Set<Symbol>,
    special: Special,
}

struct Wanted {
    combined: Symbol,
    subresource: Symbol,
    in_namespace: bool,
}

/// The needs of the whole catalogue.
pub(crate) struct Needs {
    compiled: Vec<Compiled>,
    pub(crate) ways: Vec<Way>,
}

impl Needs {
    pub(crate) fn new(evaluator: &Evaluator<'_>) -> Self {
        let (mut compiled, mut ways, mut next) = (Vec::new(), Vec::new(), 0);
        for (danger, entry) in catalogue::ALL.iter().enumerate() {
            for way in entry.ways {
                let mut needs = 0;
                for alternatives in *way {
                    let bit = 1u128 << next;
                    next += 1;
                    needs |= bit;
                    let holds = |need: &&Need| need.before == 0 || evaluator.kubernetes_minor() < need.before;
                    compiled.extend(alternatives.iter().filter(holds).map(|need| compile(need, bit, evaluator)));
                }
                ways.push(Way { danger, needs });
            }
        }
        Self { compiled, ways }
    }

    /// Tells the names of roles that give something critical: to be let bind one of these is as good as to bind any.
    pub(crate) fn set_powerful(&mut self, names: &Set<Symbol>) {
        for need in self.compiled.iter_mut().filter(|need| need.binds) {
            need.powerful.clone_from(names);
        }
    }

    /// The bits of a way, each by itself.
    pub(crate) fn bits(way: Way) -> impl Iterator<Item = u128> {
        (0..128).map(|at| 1u128 << at).filter(move |bit| way.needs & bit != 0)
    }

    pub(crate) fn of_rule(&self, rule: &Rule, evaluator: &Evaluator<'_>) -> Reach {
        let mut reach = Reach::default();
        for need in &self.compiled {
            match need.special {
                Special::Everything if rule.is_everything() => {
                    reach.cluster.whole |= need.bit;
                    reach.namespace.whole |= need.bit;
                }
                Special::ImpersonateOn if rule.has_constrained_verb() => {
                    reach.cluster.whole |= need.bit;
                    reach.namespace.whole |= need.bit;
                }
                Special::None => need.judge(rule, evaluator, &mut reach),
                Special::Parameters => need.judge_parameters(rule, &mut reach),
                Special::Everything | Special::ImpersonateOn => {}
            }
        }
        reach
    }
}

fn compile(need: &Need, bit: u128, evaluator: &Evaluator<'_>) -> Compiled {
    let intern = |text: &str| evaluator.inventory().symbols.intern(text);
    let vocabulary = evaluator.vocabulary();
    let verbs: Vec<Symbol> = need.verbs.iter().map(|verb| intern(verb)).collect();
    let bits = verbs.iter().fold(0, |bits, verb| bits | vocabulary.bit(*verb));
    let binds = need.verbs == ["bind"];
    let resources = need.resources.iter().map(|resource| Wanted {
        combined: intern(resource),
        subresource: intern(resource.split_once('/').map_or("", |(_, subresource)| subresource)),
        in_namespace: binds || reaches_namespace(need.group, resource),
    });
    Compiled {
        bit,
        verbs: bits,
        other_verbs: verbs.into_iter().filter(|verb| vocabulary.bit(*verb) == 0).collect(),
        nameless: ["create", "deletecollection"].iter().fold(0, |bits, verb| bits | vocabulary.bit(intern(verb))),
        group: intern(need.group),
        any_resource: need.resources == ["*"],
        resources: resources.collect(),
        names: need.names.iter().map(|name| intern(name)).collect(),
        binds,
        any_will_do: need.any_will_do,
        parameters: match need.special {
            Special::Parameters => parameters::find(evaluator),
            Special::None | Special::Everything | Special::ImpersonateOn => Vec::new(),
        },
        powerful: Set::default(),
        special: need.special,
    }
}

/// Whether a right on it can be given in a namespace. Requests for a Namespace by name carry that name as namespace.
fn reaches_namespace(group: &str, resource: &str) -> bool {
    let plural = resource.split_once('/').map_or(resource, |(plural, _)| plural);
    (group.is_empty() && plural == "namespaces") || resources::find(group, plural).is_none_or(|known| known.namespaced)
}

impl Compiled {
    fn judge(&self, rule: &Rule, evaluator: &Evaluator<'_>, reach: &mut Reach) {
        let verbs = rule.verbs_among(self.verbs);
        let has_other = || self.other_verbs.iter().any(|verb| rule.has_every_verb() || rule.words.verbs.contains(verb));
        let has_group = rule.has_every_group() || rule.words.groups.contains(&self.group);
        if !has_group || (verbs == 0 && !has_other()) {
            return;
        }
        let names_group = || rule.words.groups.contains(&self.group) && !rule.words.resources.is_empty();
        if self.any_resource && (rule.has_every_resource() || names_group()) {
            reach.cluster.whole |= self.bit;
        }
        for wanted in &self.resources {
            if !rule.matches_resource(wanted.combined, wanted.subresource) {
                continue;
            }
            let names = &rule.words.names;
            let meets = match (names.is_empty(), self.names.is_empty()) {
                (true, _) => Some(true),
                // What is created has no name yet, so that a rule with names never matches it.
                (false, _) if wanted.subresource.is_empty() && verbs & !self.nameless == 0 && verbs != 0 => None,
                (false, true) if self.any_will_do => self.has_usable(wanted, names, evaluator).then_some(true),
                (false, true) => Some(names.iter().any(|name| self.powerful.contains(name))),
                (false, false) => self.names.iter().any(|name| names.contains(name)).then_some(true),
            };
            let (whole, named) = match meets {
                Some(true) => (self.bit, 0),
                Some(false) => (0, self.bit),
                None => continue,
            };
            reach.cluster.add(Met { whole, named });
            if wanted.in_namespace {
                reach.namespace.add(Met { whole, named });
            }
        }
    }

    /// Whether a rule for some names is for any that can be used. The API server takes the name of an account for one of
    /// `serviceaccounts`, and never for a user.
    fn has_usable(&self, wanted: &Wanted, names: &[Symbol], evaluator: &Evaluator<'_>) -> bool {
        evaluator.text(wanted.combined) != "users"
            || names.iter().any(|name| !evaluator.text(*name).starts_with(SERVICE_ACCOUNT))
    }

    fn judge_parameters(&self, rule: &Rule, reach: &mut Reach) {
        let verbs = rule.verbs_among(self.verbs);
        let names = &rule.words.names;
        // What is deleted together has no name.
        if verbs == 0 || (!names.is_empty() && verbs & !self.nameless == 0) {
            return;
        }
        for parameters in &self.parameters {
            let has_group = rule.has_every_group() || rule.words.groups.contains(&parameters.group);
            if !has_group || !rule.matches_resource(parameters.plural, Symbol::EMPTY) {
                continue;
            }
            let met = match parameters.name {
                _ if names.is_empty() => Met { whole: self.bit, named: 0 },
                Some(name) if names.contains(&name) => Met { whole: self.bit, named: 0 },
                Some(_) => continue,
                None => Met { whole: 0, named: self.bit },
            };
            reach.cluster.add(met);
            if parameters.namespaced {
                reach.namespace.add(met);
            }
        }
    }
}
